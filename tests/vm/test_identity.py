# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of its like a device is: twins told apart by what is on them or by their ports, a phone in its modes, a
device without a serial number, and a stick wherever it is plugged in."""

import contextlib
import shutil
import subprocess
import sys

sys.path.append(sys.path.pop(0))  # `gadget` is the harness's, not the folder beside this file
from devices import Hub
from gadget import Gadget, install
from guest import Guest
from scenario import (Keyboard, Scenario, Stick, comes_true, enforcing, last_sequence, media, rows, start_racer,
                      stop_racer, text_of, usb_disks, wait_named, wait_rows)

OPERATOR = 1000
VENDOR, MADE_UP = "18d1", "1209"  # of the phone, and of every other made-up device
TWIN = "46f4:0001:TWIN"  # vendor and product of QEMU's sticks


def uuid_of(path):
    return subprocess.run(["cryptsetup", "luksUUID", str(path)], capture_output=True, text=True, check=True,
                          timeout=30).stdout.strip()


def allow(guest, *words):
    return guest.run(["sekisho", "usb", "allow", *map(str, words)]).out


def listed(guest, *, serial="TWIN", **fields):
    """What `sekisho usb list` says of those that are plugged in."""
    return [d for d in guest.run("sekisho usb list --json").json if d["plugged"] and d.get("serial") == serial
            and all(d.get(key) == value for key, value in fields.items())]


def number_at(guest, port):
    """The number in the list of the twin at this port."""
    found = comes_true(lambda: [d for d in listed(guest) if d["port"].endswith(f"-usb-0:{port}")])
    return found[0]["number"]


def medium_of(guest, disk):
    return guest.run(f"udevadm info -q property --property=SEKISHO_MEDIUM --value /dev/{disk}", check=False).out


def open_disks(guest):
    return [disk for disk in usb_disks(guest) if medium_of(guest, disk) == "open"]


def unlock(guest, disk):
    """The UUID of what is on this disk, if the passphrase opens it."""
    opened = guest.run(f"cryptsetup luksUUID /dev/{disk} && echo -n {media.PASSPHRASE} | cryptsetup open --readonly "
                       f"/dev/{disk} inside - && cryptsetup close inside", check=False, timeout=120)
    return opened.out.strip() if opened.ok else opened.err


@contextlib.contextmanager
def plugged(guest, device):
    yield guest.plug(device)
    guest.unplug(device)


def refused(s, guest, what, device, reason):
    """A third twin: shut for this reason, and the other two stay."""
    before = last_sequence(guest)
    racer = start_racer(guest, uid=OPERATOR)
    with plugged(guest, device):
        blocked = wait_named(guest, "usb.blocked", reason, before, timeout=60)
        s.check(f"{what}: a violation, “{reason}”", len(blocked) == 1 and "violation" in text_of(blocked[0]),
                [text_of(r) for r in rows(guest, "usb.*", before)])
        s.check(f"{what}: it is shut, and the other two are not", comes_true(lambda: len(usb_disks(guest)) == 2) and
                sorted(d["verdict"] for d in listed(guest)) == ["allow", "allow", "block"], listed(guest))
        loot = stop_racer(racer)
        s.must(f"{what}: the operator's racing reader got 0 bytes", loot["bytes"] == 0, loot)
    comes_true(lambda: len(listed(guest)) == 2)


def by_contents(s, guest):
    images = {name: media.luks(s.path(f"{name}.img"), 32) for name in ("one", "two", "foreign")}
    uuids = {name: uuid_of(path) for name, path in images.items()}
    for name in ("one", "two"):
        allow(guest, TWIN, "--luks", uuids[name], "--reason", name)
    before = last_sequence(guest)
    racer = start_racer(guest, uid=OPERATOR)
    with plugged(guest, Stick(images["one"], serial="TWIN", port="2")), \
            plugged(guest, Stick(images["two"], serial="TWIN", port="3")):
        s.check("two twins with approved contents are both let in", comes_true(lambda: len(open_disks(guest)) == 2, 60),
                listed(guest))
        found = sorted(unlock(guest, disk) for disk in open_disks(guest))
        s.check("and unlocked", found == sorted([uuids["one"], uuids["two"]]), found)
        told = {d["luks"]: d["approval"] for d in listed(guest)}
        s.check("the list names what is on each, and its own approval", len(told) == 2 and
                len(set(told.values())) == 2 and sorted(told) == found, listed(guest))
        table = guest.run("COLUMNS=250 sekisho usb list").out
        s.check("to people as well", all(uuid in table for uuid in found), table)
        known = [r for r in rows(guest, "usb.allowed", before) if '"identified"' in text_of(r)]
        s.check("a row for each says so", len(known) == 2, [text_of(r) for r in rows(guest, "usb.*", before)])
        s.check("neither was ever refused", not rows(guest, "usb.blocked", before))
        loot = stop_racer(racer)
        s.must("the operator's racing reader got 0 bytes", loot["bytes"] == 0, loot)

        refused(s, guest, "a third with foreign contents",
                Stick(images["foreign"], serial="TWIN", port="4"), "wrong-medium")
        refused(s, guest, "a third that is not encrypted",
                Stick(media.vfat(s.path("plain.img"), 8), serial="TWIN", port="4"), "not-encrypted")
        copy = shutil.copy(images["one"], s.path("copy.img"))
        refused(s, guest, "a copy of the first, bit by bit", Stick(copy, serial="TWIN", port="4"), "twin")

        guest.run("systemctl stop sekishod")
        s.check("while the agent is away both are out", comes_true(lambda: not usb_disks(guest)), usb_disks(guest))
        guest.run("systemctl start sekishod")
        s.check("when it is back both are in", comes_true(lambda: len(open_disks(guest)) == 2, 60), listed(guest))

        before = last_sequence(guest)
        guest.run(["sekisho", "usb", "forget", str(number_at(guest, 2))])
        gone = comes_true(lambda: [d["luks"] for d in listed(guest, verdict="block")])
        s.check("one of them forgotten, the other one stays", gone == [uuids["one"]] and len(usb_disks(guest)) == 1,
                listed(guest))
        ended = wait_rows(guest, "usb.blocked", 1, before)
        s.check("which is no violation", len(ended) == 1 and "violation" not in text_of(ended[0]),
                [text_of(r) for r in ended])
        allow(guest, number_at(guest, 2), "--luks")
        s.check("approved as it is, without naming its UUID, it is back",
                comes_true(lambda: len(open_disks(guest)) == 2, 60), listed(guest))
    guest.run(["sekisho", "usb", "forget", TWIN])
    comes_true(lambda: not listed(guest))


def unseen(s, guest):
    """Without a UUID nothing can be approved that nobody has looked at."""
    with plugged(guest, Stick(media.luks(s.path("unseen.img"), 32), serial="TWIN", port="2")):
        number = number_at(guest, 2)
        blind = guest.run(["sekisho", "usb", "allow", str(number), "--luks"], check=False)
        s.check("what nobody has looked at is not approved by its contents", not blind.ok and "UUID" in blind.err, blind)
        allow(guest, number, "--encrypted")
        s.check("approved as an encrypted one it is looked at",
                comes_true(lambda: listed(guest)[0].get("luks"), 60), listed(guest))
        allow(guest, number, "--luks")
        s.check("and then its contents can be", comes_true(lambda: listed(guest)[0].get("luks")) and
                len(open_disks(guest)) == 1, listed(guest))
    guest.run(["sekisho", "usb", "forget", TWIN])
    comes_true(lambda: not listed(guest))


def by_ports(s, guest):
    with plugged(guest, s.stick("TWIN", port="2")), \
            plugged(guest, Stick(media.vfat(s.path("other.img"), 8), serial="TWIN", port="3")):
        allow(guest, number_at(guest, 2), "--port")
        s.check("approved at its port, one of them is let in", comes_true(lambda: len(usb_disks(guest)) == 1))
        [other] = comes_true(lambda: listed(guest, reason="wrong-port")) or [{}]
        s.check("the other one is at the wrong port", other.get("verdict") == "block", listed(guest))
        allow(guest, number_at(guest, 3), "--port")
        s.check("each at its port, both are let in", comes_true(lambda: len(usb_disks(guest)) == 2), listed(guest))
        third = Stick(media.vfat(s.path("third.img"), 8), serial="TWIN", port="4")
        before = last_sequence(guest)
        with plugged(guest, third):
            blocked = wait_named(guest, "usb.blocked", "wrong-port", before)
            s.check("a third one at another port is not", len(blocked) == 1 and len(usb_disks(guest)) == 2,
                    [text_of(r) for r in blocked])
    guest.run(["sekisho", "usb", "forget", TWIN])
    comes_true(lambda: not listed(guest))


# ---- Ports, hubs -----------------------------------------------------------------------------------


def elsewhere(s, guest):
    """An approved stick at another port, behind a hub as in a dock, and when the dock comes back."""
    with plugged(guest, s.stick("TWIN", port="2")):
        allow(guest, number_at(guest, 2))
        s.check("approved at one port, it is let in", comes_true(lambda: len(usb_disks(guest)) == 1))
        [first] = listed(guest)
    comes_true(lambda: not listed(guest))

    def is_itself():
        found = listed(guest, verdict="allow", hash=first["hash"])
        return len(found) == 1 and len(usb_disks(guest)) == 1 and found[0]["port"] != first["port"]

    with plugged(guest, s.stick("TWIN", port="3")):
        s.check("at another port it is the same", comes_true(is_itself), listed(guest))
    comes_true(lambda: not listed(guest))
    for time in ("behind a hub, at another speed,", "when the dock comes back"):
        hub = guest.plug(Hub("5"))
        stick = guest.plug(s.stick("TWIN", port="5.2"))
        s.check(f"{time} it is the same", comes_true(is_itself, 60), listed(guest))
        guest.unplug(stick), guest.unplug(hub)  # as when the dock is pulled
        comes_true(lambda: not listed(guest))
    guest.run(["sekisho", "usb", "forget", TWIN])


# ---- Made-up devices -------------------------------------------------------------------------------


def of_vendor(guest, vendor, **fields):
    return [d for d in guest.run("sekisho usb list --json").json if d["plugged"] and d["vendor"] == vendor
            and all(d.get(key) == value for key, value in fields.items())]


def is_configured(guest, vendor):
    """Let in, and the kernel has said so to the device, which comes a moment after the verdict."""
    chosen = guest.run(f"cd /sys/bus/usb/devices; for d in $(grep -lx {vendor} */idVendor); do "
                       "cat ${d%/*}/bConfigurationValue; done", check=False).out
    return of_vendor(guest, vendor, verdict="allow", authorized=True) and chosen.strip()


def phone(s, guest):
    """Vendor and serial number stay, the rest is another device in each mode."""
    functions = {"charging": "vendor-specific", "mtp": "phone", "debugging": "phone", "tether": "network",
                 "tether-cdc": "network", "ptp": "phone"}
    hashes = {}
    for mode, function in functions.items():
        before = last_sequence(guest)
        with Gadget(guest, "phone", mode=mode, serial="PHONE") as device:
            blocked = wait_named(guest, "usb.blocked", "PHONE", before)
            [found] = of_vendor(guest, VENDOR) or [{}]
            s.check(f"a phone, {mode}: kept out as “{function}”", len(blocked) == 1 and
                    (found.get("verdict"), found.get("function")) == ("block", function), found)
            hashes[mode] = found.get("hash")
            if mode == "mtp":
                allow(guest, found["number"], "--reason", "photographs")
                s.check("approved in this mode, it is let in", comes_true(lambda: is_configured(guest, VENDOR)),
                        of_vendor(guest, VENDOR))
            s.check(f"a phone, {mode}: configured only where it was approved",
                    bool(device.unplug()["configured"]) == (mode == "mtp"), device.report)
    s.check("each mode is another model", len(set(hashes.values())) == len(functions), hashes)
    with Gadget(guest, "phone", mode="mtp", serial="PHONE"):
        s.check("back in the approved mode, it is let in again", comes_true(lambda: of_vendor(guest, VENDOR, verdict="allow")))
    with Gadget(guest, "phone", mode="mtp", serial="ANOTHER"):
        comes_true(lambda: of_vendor(guest, VENDOR, serial="ANOTHER"))
        s.check("another phone in the same mode is not",
                [d["verdict"] for d in of_vendor(guest, VENDOR)] == ["block"], of_vendor(guest, VENDOR))


def without_serial(s, guest):
    """Approved by its numbers it is one, whichever; approved from the list it is the one at its port."""
    guest.run("sekisho usb allow 1209:0007")
    with Gadget(guest, "stick", pid="0007"):
        s.check("without a serial: approved by its numbers it is let in",
                comes_true(lambda: of_vendor(guest, MADE_UP, verdict="allow")), of_vendor(guest, MADE_UP))
        before = last_sequence(guest)
        with Gadget(guest, "stick", pid="0007"):
            wait_named(guest, "usb.blocked", "1209:0007", before)
            s.check("without a serial: a second one at the same time is its twin",
                    sorted((d["verdict"], d["reason"]) for d in of_vendor(guest, MADE_UP)) ==
                    [("allow", "approved"), ("block", "twin")], of_vendor(guest, MADE_UP))
            for device in of_vendor(guest, MADE_UP):
                allow(guest, device["number"])  # from the list: each at its port
            guest.run("sekisho usb list")
            s.check("without a serial: each approved at its port, both are let in",
                    comes_true(lambda: len(of_vendor(guest, MADE_UP, verdict="allow", authorized=True)) == 2),
                    of_vendor(guest, MADE_UP))
            with Gadget(guest, "stick", pid="0007"):
                comes_true(lambda: len(of_vendor(guest, MADE_UP)) == 3)
                s.check("without a serial: a third one is not", sorted(d["verdict"] for d in of_vendor(guest, MADE_UP)) ==
                        ["allow", "allow", "block"], of_vendor(guest, MADE_UP))


with Scenario("a device is known from its like, and is the same everywhere") as s:
    with Guest(enforcing(), usb=[Keyboard(port="1")], memory=2048) as guest:
        guest.wait_booted()
        install(guest)
        for part in (by_contents, unseen, by_ports, elsewhere, phone, without_serial):
            try:
                part(s, guest)
            except RuntimeError:  # a command failed: what the agent and the kernel say to that
                s.say(guest.run("journalctl -b -u sekishod -n 40 --no-pager; dmesg | tail -40", check=False).out)
                raise
        s.check("the ledger verifies", guest.run("sekisho verify --all", check=False).ok)
