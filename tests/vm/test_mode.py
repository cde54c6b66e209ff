# SPDX-License-Identifier: GPL-3.0-or-later
"""Installed it only observes; enforce falls back unless it is confirmed."""

import sys

sys.path.append(sys.path.pop(0))  # `gadget` is the harness's, not the folder beside this file
from gadget import Gadget
from guest import Guest
from scenario import (Keyboard, Scenario, Stick, comes_true, interface_drivers, keyboard_works, last_sequence, observing,
                      text_of, usb_disks, wait_named, wait_rows)

PARAMETER = "/sys/module/usbcore/parameters/authorized_default"


def mode_of(guest):
    return guest.run("sekisho status --json").json["mode"]["usb"]


def observes(s, guest):
    before = last_sequence(guest)
    s.check("as installed the mode is observe", mode_of(guest) == "observe")
    s.check("the kernel's default is untouched", guest.run(f"cat {PARAMETER}").out.strip() == "-1")
    s.check("there is no modprobe file", not guest.run("test -e /etc/modprobe.d/sekisho.conf", check=False).ok)
    stick = guest.plug(s.stick("OBSERVED"))
    s.check("an unapproved stick works while observing", comes_true(lambda: len(usb_disks(guest)) == 1))
    found = wait_rows(guest, "usb.blocked", 1, before)
    s.check("and is recorded as what would have been blocked",
            len(found) == 1 and "observed" in text_of(found[0]), [text_of(r) for r in found])
    return stick


def falls_back(s, guest):
    guest.run("sekisho mode usb enforce", check=False)
    s.check("a trial enforces at once", mode_of(guest) == "enforce" and not usb_disks(guest))
    refused = guest.run("sekisho mode --confirm", check=False)
    s.check("a confirmation that does not come from the machine's keyboard is refused", refused.status == 3, refused.err)
    s.check("the keyboard works during it", keyboard_works(guest))
    guest.wait_for(lambda: mode_of(guest) == "observe", 90)
    s.check("unconfirmed it has fallen back after 60 s", mode_of(guest) == "observe")
    s.check("the stick works again without re-plugging", comes_true(lambda: len(usb_disks(guest)) == 1), usb_disks(guest))
    wait_named(guest, "mode.changed", "rolled back")
    changes = [text_of(r) for r in wait_rows(guest, "mode.changed", 2)]
    s.check("trial and roll-back are recorded", any("trial" in c for c in changes) and any("rolled back" in c for c in changes), changes)


def node_of(guest, path):
    """Who may use it: "600 root", "660 disk"."""
    return guest.run(f"stat -c '%a %G' {path}", check=False).out.strip()


def is_held(guest, disk, sg):
    ready = guest.run(f"udevadm info /dev/{disk}", check=False).out
    return "SYSTEMD_READY=0" in ready and {node_of(guest, f"/dev/{disk}"), node_of(guest, sg)} == {"600 root"}


def is_given_back(guest, disk, sg):
    ready = guest.run(f"udevadm info /dev/{disk}", check=False).out
    return ("SYSTEMD_READY=0" not in ready and "UDISKS_IGNORE" not in ready and
            {node_of(guest, f"/dev/{disk}"), node_of(guest, sg)} == {"660 disk"})


def new_disk(guest, device):
    before = set(usb_disks(guest))
    guest.plug(device)
    guest.wait_for(lambda: set(usb_disks(guest)) - before, 20)
    guest.run("udevadm settle")
    return (set(usb_disks(guest)) - before).pop()


def there_and_back(s, guest):
    """What an approval holds is held from the moment that enforce begins, up to that it ends."""
    with open(s.path("blank.img"), "wb") as image:
        image.truncate(8 << 20)
    guest.run(["sekisho", "usb", "allow", "46f4:0001:BLANK", "--encrypted"])
    guest.run(["sekisho", "usb", "allow", "46f4:0001:READONLY", "--read-only"])
    blank = new_disk(guest, Stick(s.path("blank.img"), serial="BLANK"))
    readonly = new_disk(guest, s.stick("READONLY"))
    sg = "/dev/" + guest.run(f"ls /sys/block/{blank}/device/scsi_generic").out.strip()
    protected = f"/sys/block/{readonly}/ro"
    s.check("in observe nothing is held", is_given_back(guest, blank, sg))
    guest.run("sekisho mode usb enforce")
    guest.wait_for(f"udevadm settle; grep -q 1 {protected}", 10)
    s.check("enforce takes at once what has to be encrypted", is_held(guest, blank, sg), node_of(guest, sg))
    guest.run("sekisho mode usb observe")
    guest.wait_for(f"udevadm settle; grep -q 0 {protected}", 10)
    s.check("observe gives it back at once", is_given_back(guest, blank, sg),
            guest.run(f"udevadm info /dev/{blank}; ls -l /dev/{blank} {sg}").out)
    s.check("and lets a read-only one be written to",
            guest.run(f"dd if=/dev/zero of=/dev/{readonly} bs=512 count=1 conv=fsync", check=False).ok)


def in_part(s, guest):
    """A keyboard with storage in it: what passes in enforce passes all the time."""
    whole, keyboard = {0: "usbhid", 1: "usb-storage"}, {0: "usbhid", 1: ""}

    def has(expected):
        return comes_true(lambda: interface_drivers(guest, sysname) == expected)

    with Gadget(guest, "composite", serial="BOTH"):
        listed = comes_true(lambda: [d for d in guest.run("sekisho usb list --json").json if d.get("serial") == "BOTH"])
        sysname = listed[0]["sysname"]
        s.check("in observe all of a keyboard with storage in it works", has(whole), interface_drivers(guest, sysname))
        guest.run("sekisho mode usb enforce")
        s.check("enforce leaves the keyboard, and shuts the storage", has(keyboard), interface_drivers(guest, sysname))
        guest.run("sekisho mode usb observe")
        s.check("observe gives the storage back", has(whole), interface_drivers(guest, sysname))


with Scenario("enforce is a decision, and falls back") as s:
    with Guest(observing(), usb=[Keyboard()]) as guest:
        guest.wait_booted()
        observes(s, guest)
        falls_back(s, guest)
        there_and_back(s, guest)
        in_part(s, guest)
