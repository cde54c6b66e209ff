# SPDX-License-Identifier: GPL-3.0-or-later
"""From enforce back to observe: what was shut works again, and the next boot is the machine's own."""

from guest import Guest
from scenario import Keyboard, Scenario, comes_true, enforcing, keyboard_works, usb_disks

PARAMETER = "/sys/module/usbcore/parameters/authorized_default"

with Scenario("there is a way back from enforce") as s:
    with Guest(enforcing(), usb=[Keyboard(), s.stick("SHUT")]) as guest:
        guest.wait_booted()
        listed = guest.run("for i in /boot/initrd.img-*; do lsinitramfs $i | grep -q etc/modprobe.d/sekisho.conf || echo $i; done",
                           timeout=200).out.split()
        s.check("enforcing: every initramfs has the setting", not listed, listed)
        s.check("enforcing: the kernel's default is shut", guest.run(f"cat {PARAMETER}").out.strip() == "0")
        s.check("enforcing: the stick is shut", not usb_disks(guest))
        guest.run("sekisho mode usb observe")
        s.check("observing: the stick works without re-plugging", comes_true(lambda: len(usb_disks(guest)) == 1), usb_disks(guest))
        s.check("observing: the kernel's default is its own", guest.run(f"cat {PARAMETER}").out.strip() != "0")
        s.check("observing: the keyboard works", keyboard_works(guest))
        s.check("observing: the modprobe file is gone", not guest.run("test -e /etc/modprobe.d/sekisho.conf", check=False).ok)
        s.check("the ledger verifies", guest.run("sekisho verify --all", check=False).ok)
