# SPDX-License-Identifier: GPL-3.0-or-later
"""Install, upgrade, downgrade, remove, purge: the defaults come back, and evidence stays as long as it must."""

import datetime
import subprocess
from pathlib import Path

from guest import Guest
from scenario import (Keyboard, Scenario, debian_package, enforcing, keyboard_works, observing, rows, usb_disks)

PARAMETER = "/sys/module/usbcore/parameters/authorized_default"
STATE = "/var/lib/sekisho"
APT = "DEBIAN_FRONTEND=noninteractive apt-get --yes -q"
PACKAGE = "/root/sekisho.deb"


def next_month():
    """Noon of the 15th of the month after this one: what the image wrote is then a past month's."""
    first = (datetime.date.today().replace(day=1) + datetime.timedelta(days=32)).replace(day=15)
    return datetime.datetime.combine(first, datetime.time(12))


def last_day(day):
    return (day.replace(day=28) + datetime.timedelta(days=4)).replace(day=1) - datetime.timedelta(days=1)


def other_version(s, version):
    """The same package under another version number."""
    tree, deb = Path(s.path(f"tree-{version}")), Path(s.path(f"sekisho-{version}.deb"))
    subprocess.run(["dpkg-deb", "-R", debian_package(), tree], check=True)
    control = tree / "DEBIAN/control"
    lines = control.read_text(encoding="utf-8").splitlines(keepends=True)
    control.write_text("".join(f"Version: {version}\n" if line.startswith("Version:") else line for line in lines),
                       encoding="utf-8")
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", tree, deb], check=True, stdout=subprocess.DEVNULL)
    return deb


def version_of(guest):
    return guest.run("dpkg-query --show --showformat='${Version}' sekisho", check=False).out


def months(guest):
    return guest.run(f"cd {STATE}/ledger && ls *.db", check=False).out.split()


def first_start(s):
    with Guest(observing(), usb=[Keyboard()]) as guest:
        guest.wait_booted()
        s.check("installed: keys are made at the first start", guest.run(f"ls {STATE}/keys/seal.*", check=False).ok)
        s.check("installed: only root reads them", guest.run(f"stat -c %a {STATE}/keys").out.strip() == "700")
        denied = guest.run("sekisho log", user="operator", check=False)
        s.check("an operator can't read the log", denied.status == 3, denied.status)
        s.check("an operator reads the status", guest.run("sekisho status", user="operator", check=False).ok)
        guest.run("useradd --create-home --groups sekisho-audit auditor")
        reads_as_auditor(s, guest, "installed")
        changed = guest.run("sekisho usb allow 0951:1666:MINE", user="operator", check=False)
        s.check("an operator can't approve", changed.status == 3, (changed.status, changed.err))


def reads_as_auditor(s, guest, when):
    """The group sekisho-audit reads the record while the agent, in its sandbox, writes it, and nothing else."""
    for command in ("sekisho log --limit 3", "sekisho verify --all"):
        done = guest.run(command, user="auditor", check=False)
        s.check(f"{when}: the group sekisho-audit can {command}", done.ok and done.out, done.out + done.err)
    files = guest.run(f"cd {STATE} && stat -c '%n %a %G' . ledger keys ledger/*.db ledger/*-wal ledger/*-shm").out.split("\n")
    wanted = {". 711 root", "ledger 2750 sekisho-audit", "keys 700 root"}
    s.check(f"{when}: folders have their modes", wanted <= set(files), files)
    rest = [line for line in files if line.startswith("ledger/")]
    s.check(f"{when}: files are the group's to read", rest and all(line.endswith(" 640 sekisho-audit") for line in rest), rest)
    kept = guest.run(f"cat {STATE}/registers.db {STATE}/keys/* || ls {STATE}", user="auditor", check=False)
    s.check(f"{when}: keys and registers are root's", not kept.ok, kept.out)


def has_older_modes(guest):
    """As the first versions left them."""
    guest.run(f"systemctl stop sekishod && chmod 700 {STATE} && chgrp -R root {STATE}/ledger && chmod 750 {STATE}/ledger"
              " && systemctl start sekishod")


def changes_version(s, guest, word, version):
    """Another version over the present one, while an unapproved stick is plugged in."""
    past = months(guest)[0]
    count, digest = len(rows(guest)), guest.run(f"sha256sum {STATE}/ledger/{past}").out
    guest.push(other_version(s, version), "/root/other.deb")
    result = guest.run(f"{APT} install --allow-downgrades /root/other.deb", timeout=600, check=False)
    s.check(f"{word} succeeds", result.ok and version_of(guest) == version, result.out[-500:] + result.err)
    guest.wait_for("systemctl is-active -q sekishod", 60)
    s.check(f"{word} keeps the rows", len(rows(guest)) > count, (len(rows(guest)), count))
    s.check(f"{word} keeps the old month as it was", guest.run(f"sha256sum {STATE}/ledger/{past}").out == digest)
    s.check(f"{word} keeps the approval", "KEPT" in guest.run(f"cat {STATE}/gate").out)
    s.check(f"{word} keeps the mode", guest.run("sekisho status --json").json["mode"]["usb"] == "enforce")
    s.check(f"{word} leaves the gate shut", not usb_disks(guest) and guest.run(f"cat {PARAMETER}").out == "0")
    verdict = guest.run("sekisho verify --all", check=False)
    s.check(f"{word}: all months verify", verdict.ok, verdict.out + verdict.err)


def reads_the_past(s, guest, month):
    """The old month is still good for what a month is for."""
    made = guest.run(f"mkdir -p /root/out && sekisho export --month {month} --to /root/out", check=False, timeout=120)
    s.check("the old month is exported", made.ok, made.out + made.err)
    verdict = guest.run(f"sekisho verify /root/out/*-{month}", check=False)
    s.check("its export is whole, not partial, and verifies", verdict.ok, verdict.out + verdict.err)


def states_contract_end(guest, day):
    guest.run(f"sed -i 's|# contract_end = .*|contract_end = \"{day}\";|' /etc/sekisho/policy.conf && sekisho policy check")


def removed(s, guest):
    done = guest.run(f"{APT} remove sekisho", timeout=600, check=False)
    s.check("it can be removed", done.ok, done.out[-500:] + done.err)
    default = guest.run(f"cat {PARAMETER}").out.strip()
    s.check("removed: new devices are let in again", default in ("1", "-1"), default)
    s.check("removed: no modprobe file", not guest.run("test -e /etc/modprobe.d/sekisho.conf", check=False).ok)
    listed = guest.run("for i in /boot/initrd.img-*; do lsinitramfs $i; done | grep -i sekisho", check=False, timeout=200).out
    s.check("removed: no initramfs holds anything of it", listed == "", listed)
    s.check("removed: the stick that was shut works without re-plugging",
            guest.run("for i in $(seq 40); do ls /dev/sda1 2>/dev/null && exit; sleep .25; done; exit 1", check=False).ok)
    s.check("removed: the ledger is there", len(months(guest)) == 2, months(guest))
    guest.reboot()
    guest.wait_booted()
    s.check("removed: at the next boot the stick works", len(usb_disks(guest)) == 1, usb_disks(guest))
    s.check("removed: at the next boot the keyboard works", keyboard_works(guest))


def installed_again(s, guest):
    guest.push(debian_package(), PACKAGE)
    guest.run(f"{APT} install {PACKAGE}", timeout=600)
    guest.wait_for("systemctl is-active -q sekishod", 60)
    s.check("installed again: it observes", guest.run("sekisho status --json").json["mode"]["usb"] == "observe")
    verdict = guest.run("sekisho verify --all", check=False)
    s.check("installed again: it goes on with the same ledger", verdict.ok and len(months(guest)) == 2,
            verdict.out + verdict.err)


with Scenario("the package comes and goes, the ledger stays") as s:
    first_start(s)
    now = next_month()
    end = last_day(now.date())
    with Guest(enforcing(), usb=[Keyboard(), s.stick("SHUT")], persistent=True, rtc=now.isoformat()) as guest:
        guest.wait_booted()
        s.check("there is an old month beside the open one", len(months(guest)) == 2, months(guest))
        old = months(guest)[0].removesuffix(".db")
        guest.run("sekisho usb allow 0951:1666:KEPT --reason test")
        states_contract_end(guest, end)
        guest.run("useradd --create-home --groups sekisho-audit auditor")
        has_older_modes(guest)
        changes_version(s, guest, "upgrade", "99.0")
        reads_as_auditor(s, guest, "upgraded")
        changes_version(s, guest, "downgrade", "0.0.1")
        reads_the_past(s, guest, old)
        removed(s, guest)
        purge = guest.run(f"{APT} purge sekisho", timeout=300)
        prune = datetime.date(end.year + 1, end.month, end.day) + datetime.timedelta(days=1)
        s.check("purged: the ledgers are there, their retention has not ended", len(months(guest)) == 2, months(guest))
        s.check("purged: it says so, and until when", f"must not be deleted before {prune}" in purge.out, purge.out[-500:])
        s.check("purged: nothing else is left of it",
                not guest.run("ls -d /etc/sekisho /run/sekisho /usr/libexec/sekisho", check=False).out)
        installed_again(s, guest)
        states_contract_end(guest, end)
        guest.run(f"{APT} remove sekisho", timeout=600)
        guest.run(f"date --set '{prune} 12:00'")
        purge = guest.run(f"{APT} purge sekisho", timeout=300)
        s.check("purged after the retention's end: the ledgers are gone",
                not guest.run(f"test -e {STATE}", check=False).ok, purge.out[-500:])
