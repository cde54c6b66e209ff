# SPDX-License-Identifier: GPL-3.0-or-later
"""The system runs from a USB disk: enforce says first what to approve, then shuts all but that disk."""

import re

from guest import Guest
from scenario import (Keyboard, Scenario, bound_drivers, comes_true, image, keyboard_works, observing, text_of, usb_disks,
                      wait_named)


def root_disk(guest):
    """The kernel's name of the disk that the system runs from."""
    return guest.run("findmnt -no SOURCE /").out.removeprefix("/dev/")


def writes(guest):
    """Whether the root file system still takes data, down to the disk."""
    return guest.run("date +%N >/root/written && sync /root/written", check=False).ok


def only_root_is_open(s, guest, stick, when):
    root = root_disk(guest)
    s.check(f"{when}: the system runs from a USB disk", root.startswith("sd"), root)
    s.check(f"{when}: the other stick is shut",
            comes_true(lambda: usb_disks(guest) == [root] and len(bound_drivers(guest)) == 1),
            (usb_disks(guest), bound_drivers(guest)))
    s.check(f"{when}: the root disk takes data", writes(guest))
    return guest.transfers(stick)


def refused(s, guest):
    """Enforce would shut the disk. Returns what the refusal says to do."""
    said = guest.run("sekisho mode usb enforce --yes", check=False)
    remedy = re.search(r"sekisho usb allow '[^']+'", said.err)
    s.check("enforce is refused while the root disk is not approved", said.status == 3, (said.status, said.err))
    s.check("and the refusal names the command that helps", remedy, said.err)
    s.check("nothing has changed", guest.run("sekisho status --json").json["mode"]["usb"] == "observe" and
            not guest.run("test -e /etc/modprobe.d/sekisho.conf", check=False).ok)
    return remedy[0]


def enters_enforce(s, guest, stick):
    guest.run(refused(s, guest))
    guest.run("sekisho mode usb enforce --yes", timeout=900)
    s.check("approved, it can be entered", guest.run("sekisho status --json").json["mode"]["usb"] == "enforce")
    only_root_is_open(s, guest, stick, "enforcing")


def boots_shut(s, guest, stick):
    guest.reboot(timeout=300)
    guest.wait_booted()
    s.check("the machine boots from it with the gate shut",
            guest.run("cat /sys/module/usbcore/parameters/authorized_default").out == "0")
    transfers = only_root_is_open(s, guest, stick, "after the reboot")
    s.check("after the reboot: 0 bytes from the other stick", transfers == (0, 0), transfers)
    s.check("after the reboot: it is recorded as blocked", wait_named(guest, "usb.blocked", "OTHER"))
    s.check("after the reboot: the keyboard works", keyboard_works(guest))


def is_never_shut(s, guest, stick):
    """The approval is taken back, the agent dies: what the system stands on stays."""
    identity = guest.run("usb=$(readlink -f /sys/block/" + root_disk(guest) + "); "
                         "while ! test -e $usb/idVendor; do usb=${usb%/*}; done; "
                         "/usr/libexec/sekisho/usb-verdict identify ${usb##*/}").out
    guest.run(["sekisho", "usb", "forget", identity])
    kept = wait_named(guest, "usb.blocked", identity)
    s.check("its approval taken back, the disk is kept, and that is recorded",
            any('"kept"' in text_of(r) for r in kept), [text_of(r) for r in kept])
    only_root_is_open(s, guest, stick, "approval taken back")
    guest.run("systemctl kill -s SIGKILL sekishod; systemctl mask --runtime --now sekishod")
    guest.run("udevadm trigger --action=add --subsystem-match=usb; udevadm settle")
    only_root_is_open(s, guest, stick, "agent killed")


with Scenario("a system on a USB disk") as s:
    debian = observing()
    stick = s.stick("OTHER", port="2")
    with Guest(debian, usb=[Keyboard(port="1"), stick], root_on="usb", persistent=True) as guest:
        guest.wait_booted()
        enters_enforce(s, guest, stick)
        boots_shut(s, guest, stick)
        is_never_shut(s, guest, stick)
