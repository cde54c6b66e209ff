# SPDX-License-Identifier: GPL-3.0-or-later
"""How a machine is set up: a Debian as it comes, then each fault planted by the tools that people use, seen within
seconds, and mended again. What sshd itself says it would do is compared with what is told of it.

With the word "recorded": only that the agent sees a change by itself, from within its sandbox."""

import json
import sys
import time

from guest import Guest
from scenario import Scenario, comes_true, last_sequence, observing, rows, text_of

PACKAGES = ("lightdm", "lightdm-gtk-greeter", "openssh-server", "sudo", "openbox", "light-locker")
SECONDS = 10  # a look takes a second or two on an emulated machine
ROUND = 80  # the agent looks each minute, and when something changed
AUTOLOGIN = "/etc/lightdm/lightdm.conf.d/50-auto.conf"
GETTY = "/etc/systemd/system/getty@tty1.service.d/autologin.conf"
DROP_IN = "/etc/ssh/sshd_config.d/office.conf"
POLICY = 'posture = { administrators = [ "operator" ]; };\n'

# As Debian's packages leave it, and as the harness makes its guests: started without a boot loader, by a BIOS.
EXPECTED = {
    "autologin": "ok", "empty_passwords": "ok", "nullok": "ok", "pam": "ok", "shared_accounts": "ok", "uid_zero": "ok",
    "duplicate_uids": "ok", "ssh_root": "violation", "ssh_passwords": "violation", "ssh_keys": "ok",
    "boot_password": "unverified", "recovery": "unverified", "secure_boot": "not-applicable", "lockdown": "violation",
    "clock_source": "ok", "clock_rtc": "ok", "core_dumps": "violation", "sudo": "ok", "own_paths": "ok",
    "own_package": "ok",
}


def look(guest, user="root"):
    done = guest.run("sekisho check --json posture", check=False, user=user, timeout=90)
    return {row["check"].removeprefix("posture."): row for row in json.loads(done.out)["checks"]}


def as_it_comes(s, guest):
    found = look(guest)
    for name, finding in EXPECTED.items():
        s.check(f"a Debian as it comes: {name} is {finding}", found[name]["finding"] == finding, found[name])
    s.say(json.dumps({name: row["finding"] for name, row in found.items()}))
    mine = look(guest, "operator")
    s.check("an operator sees no less than nothing: what may not be read is unverified",
            mine["empty_passwords"]["finding"] == "unverified" and mine["sudo"]["finding"] == "unverified", mine)
    s.check("a file of ours that may not be looked at is none that was changed", mine["own_package"]["finding"] != "violation",
            mine["own_package"])
    s.check("and what may be read is told", mine["uid_zero"]["finding"] == "ok" and mine["pam"]["finding"] == "ok",
            mine)
    s.check("nothing of it is ok to an operator that is not to root",
            not [n for n, row in mine.items() if row["finding"] == "ok" and found[n]["finding"] != "ok"], mine)


class Fault:
    """What is done, which check says so, and how it is mended."""

    def __init__(self, name, done, mended, evidence, kind="violation"):
        self.name, self.done, self.mended, self.evidence, self.kind = name, done, mended, evidence, kind


FAULTS = (
    Fault("empty_passwords", "passwd -d operator2", "echo operator2:operator2 | chpasswd", "operator2"),
    Fault("nullok", "passwd -d operator2", "echo operator2:operator2 | chpasswd", "common-auth"),
    Fault("pam", "sed -i '1i auth sufficient pam_permit.so' /etc/pam.d/common-auth",
          "sed -i 1d /etc/pam.d/common-auth", "common-auth"),
    Fault("shared_accounts", "useradd -m -s /bin/bash guest && echo guest:guest | chpasswd", "userdel -r guest", "guest"),
    Fault("uid_zero", "useradd -o -u 0 toor", "sed -i /^toor:/d /etc/passwd /etc/shadow /etc/group /etc/gshadow", "toor"),
    Fault("duplicate_uids", "useradd -o -u 1001 twin", "sed -i /^twin:/d /etc/passwd /etc/shadow /etc/group /etc/gshadow", "operator2 = twin"),
    Fault("autologin", f"mkdir -p $(dirname {AUTOLOGIN}); printf '[Seat:*]\\nautologin-user=operator\\n' >{AUTOLOGIN}",
          f"rm {AUTOLOGIN}", "lightdm: operator"),
    Fault("autologin", f"mkdir -p $(dirname {GETTY}); printf '[Service]\\nExecStart=\\nExecStart=-/sbin/agetty -a root %%I\\n'"
          f" >{GETTY}", f"rm {GETTY}", "getty: root"),
    Fault("ssh_keys", "install -d -m 700 -o operator ~operator/.ssh && ssh-keygen -q -t ed25519 -N '' -f /tmp/k && "
          "cp /tmp/k.pub ~operator/.ssh/authorized_keys", "rm -r ~operator/.ssh /tmp/k /tmp/k.pub", "operator"),
    Fault("sudo", "echo 'operator2 ALL=(ALL) NOPASSWD: ALL' >/tmp/s && visudo -cf /tmp/s && "
          "EDITOR='cp /tmp/s' visudo -f /etc/sudoers.d/office", "rm /etc/sudoers.d/office", "operator2"),
    Fault("administrators", "adduser -q operator2 sudo 2>/dev/null || gpasswd -a operator2 sudo",
          "gpasswd -d operator2 sudo", "operator2"),
    Fault("own_paths", "chmod o+w /usr/libexec/sekisho", "chmod o-w /usr/libexec/sekisho", "/usr/libexec/sekisho"),
    Fault("own_paths", "chown operator /etc/sekisho/policy.conf", "chown root /etc/sekisho/policy.conf", "policy.conf"),
    Fault("own_package", "cp -a /usr/lib/udev/rules.d/60-sekisho-usb.rules /tmp/r && "
          "echo '# more' >>/usr/lib/udev/rules.d/60-sekisho-usb.rules",
          "cp -a /tmp/r /usr/lib/udev/rules.d/60-sekisho-usb.rules", "60-sekisho-usb.rules"),
    Fault("time_zone", "timedatectl set-timezone Europe/Berlin || ln -sf /usr/share/zoneinfo/Europe/Berlin /etc/localtime",
          "ln -sf /usr/share/zoneinfo/Asia/Tokyo /etc/localtime", "Europe/Berlin"),
    Fault("clock_rtc", "hwclock --set --date '2020-01-01 00:00:00' --utc", "hwclock --systohc --utc", "away from"),
    Fault("core_dumps", "sysctl -qw kernel.core_pattern=core", "sysctl -qw 'kernel.core_pattern=|/bin/false'", "core"),
    Fault("recovery", "mkdir -p /etc/systemd/system/rescue.service.d && "
          "printf '[Service]\\nEnvironment=SYSTEMD_SULOGIN_FORCE=1\\n' >/etc/systemd/system/rescue.service.d/x.conf",
          "rm -r /etc/systemd/system/rescue.service.d", "rescue.service.d"),
)


def set_up_well(guest):
    """What the checks ask for, so that each has a state in which it passes."""
    guest.push(POLICY.encode(), "/etc/sekisho/policy.d/posture.conf", 0o644)
    guest.run("gpasswd -a operator sudo; ln -sf /usr/share/zoneinfo/Asia/Tokyo /etc/localtime; hwclock --systohc --utc")
    guest.run("sysctl -qw 'kernel.core_pattern=|/bin/false' fs.suid_dumpable=0")
    guest.run("systemctl mask hibernate.target")
    guest.run(f"printf 'PermitRootLogin no\\nPasswordAuthentication no\\nKbdInteractiveAuthentication no\\n' >{DROP_IN}")
    guest.push(b"set superusers=\"root\"\npassword_pbkdf2 root grub.pbkdf2.sha512.10000.AA.BB\n"
               b"menuentry 'Debian' --unrestricted {\n linux /vmlinuz ro quiet\n}\n", "/tmp/grub.cfg", 0o600)
    guest.run("mkdir -p /boot/grub && cp /tmp/grub.cfg /boot/grub/grub.cfg; systemctl reload sekishod")


def becomes(guest, name, finding, evidence=""):
    """The row once it is so, within SECONDS; what it is then otherwise."""
    last = {}

    def is_so():
        last.update(look(guest)[name])
        return last["finding"] == finding and evidence in last["evidence"]

    return comes_true(is_so, SECONDS), last


def is_planted(s, guest, fault):
    so, row = becomes(guest, fault.name, "ok")
    s.check(f"{fault.name} passes before", so, row)
    guest.run(fault.done)
    so, row = becomes(guest, fault.name, fault.kind, fault.evidence)
    s.check(f"{fault.name} fails after: {fault.done[:50]}", so, row)
    s.check(f"{fault.name} says what to do", bool(row.get("remedy")), row)
    guest.run(fault.mended)
    so, row = becomes(guest, fault.name, "ok")
    s.check(f"{fault.name} passes again", so, row)


def well_set_up(s, guest):
    found = look(guest)
    bad = {name: row for name, row in found.items() if row["finding"] not in ("ok", "not-applicable")}
    s.check("all that can be set is in order", set(bad) <= {"lockdown", "screen_lock"}, bad)


# ---- sshd -----------------------------------------------------------------------------------------

CONFIGS = (
    "PermitRootLogin no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n",
    "permitrootlogin=yes\nPermitRootLogin no\n",
    "PasswordAuthentication \"no\"\nChallengeResponseAuthentication yes\nUsePAM no\n",
    "PermitEmptyPasswords yes # why not\nAuthorizedKeysFile /etc/ssh/keys/%u .ssh/more\n",
    "Include /etc/ssh/more.conf\nPermitRootLogin no\n",
    "Match User nobody\nPermitRootLogin yes\nMatch all\nAuthenticationMethods publickey\n",
)
ASKED = ("permitrootlogin", "passwordauthentication", "kbdinteractiveauthentication", "permitemptypasswords", "usepam",
         "authorizedkeysfile", "pubkeyauthentication", "hostbasedauthentication")


def same(keyword, ours, theirs):
    names = {"prohibit-password": "without-password"}
    return names.get(ours, ours).lower() == theirs.lower()


def sshd_agrees(s, guest):
    guest.run("cp /etc/ssh/sshd_config /tmp/sshd_config; printf 'PermitRootLogin forced-commands-only\\n' >/etc/ssh/more.conf")
    guest.run(f"mv {DROP_IN} /tmp/drop-in; mkdir -p /run/sshd")
    for text in CONFIGS:
        guest.push(text.encode(), DROP_IN, 0o644)
        out = guest.run("sshd -T").out.splitlines()
        theirs = {}
        for line in out:
            keyword, _, value = line.partition(" ")
            theirs.setdefault(keyword, value)
        ours = json.loads(guest.run("/usr/libexec/sekisho/health posture").out)["ssh"]["global"]
        wrong = {k: (ours.get(k), theirs[k]) for k in ASKED if not same(k, ours.get(k, ""), theirs[k])}
        s.check(f"sshd -T says the same of: {text.splitlines()[0]}", not wrong, wrong)
    guest.run(f"mv /tmp/drop-in {DROP_IN}; rm /etc/ssh/more.conf")


# ---- The agent -----------------------------------------------------------------------------------

def named(guest, kind, check, after):
    return [r for r in rows(guest, kind, after) if check in text_of(r)]


def of_the_agent(guest):
    """What the agent says of each check now."""
    checks = guest.run("sekisho status --json", check=False).json["health"]["checks"]
    return {c["check"].removeprefix("posture."): c["finding"] for c in checks if c["check"].startswith("posture.")}


def differ(guest):
    mine = {name: row["finding"] for name, row in look(guest).items()}
    agent = of_the_agent(guest)
    return {name: (agent.get(name), finding) for name, finding in mine.items() if agent.get(name) != finding}


def is_recorded(s, guest):
    """A change is a row without anybody asking, well before the next minute's look; once, and once when it is over."""
    comes_true(lambda: of_the_agent(guest).get("uid_zero") == "ok", ROUND)
    time.sleep(3)
    before = last_sequence(guest)
    begun = time.monotonic()
    guest.run("useradd -o -u 0 toor")
    seen = comes_true(lambda: named(guest, "posture.failed", "posture.uid_zero", before), ROUND)
    s.check("a second root is recorded", bool(seen), [text_of(r) for r in rows(guest, None, before)][-5:])
    s.say(f"seen after {time.monotonic() - begun:.1f} s")
    guest.run("sed -i /^toor:/d /etc/passwd /etc/shadow /etc/group /etc/gshadow")
    over = comes_true(lambda: named(guest, "posture.ok", "posture.uid_zero", before), ROUND)
    s.check("and that it is over", bool(over), [text_of(r) for r in rows(guest, None, before)][-5:])
    s.check("each of them once", len(named(guest, "posture.failed", "posture.uid_zero", before)) == 1
            and len(named(guest, "posture.ok", "posture.uid_zero", before)) == 1)
    # Its sandbox hides nothing from it.
    s.check("the agent finds what the command finds", comes_true(lambda: not differ(guest), ROUND), differ(guest))


with Scenario("each fault in how the machine is set up is seen and said") as s:
    with Guest(observing(PACKAGES), memory=2048) as guest:
        guest.wait_booted()
        if "recorded" not in sys.argv[1:]:
            as_it_comes(s, guest)
        set_up_well(guest)
        if "recorded" not in sys.argv[1:]:
            well_set_up(s, guest)
            for fault in FAULTS:
                is_planted(s, guest, fault)
            sshd_agrees(s, guest)
        is_recorded(s, guest)
