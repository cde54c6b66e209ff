# SPDX-License-Identifier: GPL-3.0-or-later
"""A stick present at power-on never binds, whatever became of the daemon; the keyboard always works."""

from scenario import (Keyboard, Mouse, Scenario, bound_drivers, enforcing, image, keyboard_works, last_sequence,
                      mouse_works, text_of, usb_disks, wait_plugged, wait_rows)
from guest import Guest

BROKEN = "echo 'usb: { hubs = ' > /etc/sekisho/policy.d/90-broken.conf"

# name → what is done to the guest's disk before it is powered on with the stick in it
STATES = {
    "as installed": [],
    "sekishod masked": ["systemctl mask --now sekishod.service"],
    "the policy broken": [BROKEN],
    "policy broken and daemon masked": [BROKEN, "systemctl mask --now sekishod.service"],
}


def look(s, guest, state, when):
    s.check(f"{state}: no driver is bound {when}", not bound_drivers(guest), bound_drivers(guest))
    s.check(f"{state}: no block node is there {when}", not usb_disks(guest), usb_disks(guest))


def inputs(s, guest, state):
    s.check(f"{state}: the keyboard works", keyboard_works(guest))
    s.check(f"{state}: the mouse works", mouse_works(guest))


def daemon_dies(s, guest):
    """SIGKILL and stop, with a stick plugged in meanwhile."""
    before = last_sequence(guest)
    for how in ("systemctl kill -s SIGKILL sekishod; systemctl mask --runtime --now sekishod",
                "systemctl unmask --runtime sekishod; systemctl start sekishod; systemctl stop sekishod"):
        guest.run(how, check=False)
        number = "KILL" if "KILL" in how else "STOP"
        stick = guest.plug(s.stick(f"DEAD{number}"))
        wait_plugged(guest, f"DEAD{number}")
        guest.run("sleep 2")
        look(s, guest, how, "after a hot-plug")
        inputs(s, guest, how)
        guest.unplug(stick)
    guest.run("systemctl start sekishod")
    late = wait_rows(guest, "usb.blocked", 2, before)
    for serial in ("DEADKILL", "DEADSTOP"):
        s.check(f"{serial}, plugged while the daemon was away, is recorded once",
                sum(serial in text_of(r) for r in late) == 1, len(late))


with Scenario("a stick present at power-on never binds") as s:
    for number, (state, commands) in enumerate(STATES.items()):
        debian = image.prepared(enforcing(), commands, usb=[Keyboard()]) if commands else enforcing()
        present = [Keyboard(), Mouse(), s.stick(f"BOOT{number}A"), s.stick(f"BOOT{number}B", uas=True)]
        with Guest(debian, usb=present) as guest:
            look(s, guest, state, "early")
            guest.wait_booted()
            look(s, guest, state, "when booted")
            inputs(s, guest, state)
            if "mask" in " ".join(commands):
                continue
            blocked = wait_rows(guest, "usb.blocked", 2)
            for serial in (f"BOOT{number}A", f"BOOT{number}B"):
                s.check(f"{state}: {serial} is recorded once",
                        sum(serial in text_of(r) for r in blocked) == 1, [text_of(r) for r in blocked])
            if not commands:
                daemon_dies(s, guest)
