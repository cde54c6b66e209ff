# SPDX-License-Identifier: GPL-3.0-or-later
"""What is neither hub nor input is blocked, and the row names what it is."""

import os

from devices import Hub, Mtp, SmartCard, Tablet, UsbAudio, UsbNet, UsbSerial
from guest import Guest
from scenario import Keyboard, Scenario, comes_true, enforcing, last_sequence, text_of, wait_rows


def drivers(guest):
    """Drivers bound to any USB interface but hubs and input."""
    return guest.run("for i in /sys/bus/usb/devices/*:*; do basename $(readlink $i/driver) 2>/dev/null; done | "
                     "grep -vx -e hub -e usbhid", check=False).out.split()


with Scenario("phones, networks, serial lines, sound and cards stay out") as s:
    folder = s.path("phone")
    os.mkdir(folder)
    others = {"phone": Mtp(folder), "network": UsbNet(), "vendor-specific": UsbSerial(), "audio": UsbAudio(),
              "smart-card": SmartCard()}
    with Guest(enforcing(), usb=[Keyboard()]) as guest:
        guest.wait_booted()
        for function, device in others.items():
            before = last_sequence(guest)
            plugged = guest.plug(device)
            blocked = wait_rows(guest, "usb.blocked", 1, before, timeout=20)
            s.check(f"{function}: one row", len(blocked) == 1, [text_of(r) for r in blocked])
            s.check(f"{function}: named in it, with the reason",
                    all(function in text_of(r) and "no-approval" in text_of(r) for r in blocked),
                    [text_of(r) for r in blocked])
            s.check(f"{function}: no driver bound", not drivers(guest), drivers(guest))
            guest.unplug(plugged)
        before = last_sequence(guest)
        hub = guest.plug(Hub("5"))
        tablet = guest.plug(Tablet(port="5.1"))
        allowed = wait_rows(guest, "usb.allowed", 2, before, timeout=20)
        s.check("a hub and a tablet behind it pass by default", len(allowed) == 2, [text_of(r) for r in allowed])
        s.check("and work", comes_true(lambda: guest.run("grep -qi tablet /proc/bus/input/devices", check=False).ok))
        before = last_sequence(guest)
        guest.plug(s.stick("BEHIND", port="5.2"))
        blocked = wait_rows(guest, "usb.blocked", 1, before)
        s.check("a stick behind the hub stays out", len(blocked) == 1 and "BEHIND" in text_of(blocked[0]))
