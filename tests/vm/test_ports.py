# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports that the policy does not name are off while nothing is in them, nobody is locked out, and there is a way
back. QEMU's hub takes the setting of a switch and sees what is plugged in all the same; the kernel's own made-up
controller (dummy_hcd) obeys it."""

import time

from devices import Hub
from guest import Guest
from patience import patience
from scenario import (Keyboard, Mouse, Scenario, comes_true, enforcing, keyboard_works, mouse_works, pose_as_stick,
                      wait_plugged)

HUB = "9"  # at this port of the machine
ROUND = 150  # seconds: a hub has to be known for a minute


def is_off(guest, switch):
    return guest.run(f"cat {switch}/disable").out == "1"


def hub_port(number):
    return f"/sys/bus/usb/devices/1-{HUB}:1.0/1-{HUB}-port{number}"


NAMED, USED, EMPTY = hub_port(1), hub_port(2), hub_port(3)
DUMMY = "/sys/devices/platform/dummy_hcd.0/usb*/*-0:1.0/usb*-port1"


def are_off(guest):
    return [is_off(guest, port) for port in (NAMED, USED, EMPTY, DUMMY)]


def write_policy(guest, ports):
    guest.run(f"sed -i 's/^    ports = .*/    ports = {ports};/' /etc/sekisho/policy.conf && sekisho policy check")


def port_of(guest, sysname):
    return next(d["port"] for d in guest.run("sekisho usb list --json").json if d.get("sysname") == sysname)


def is_posing(guest):
    return guest.run("grep -qsx POSING /sys/bus/usb/devices/*/serial", check=False).ok


def really_off(s, guest):
    """Without the agent, which would unbind what is plugged in there."""
    guest.run("systemctl stop sekishod")
    s.check("without the agent ports stay off", are_off(guest) == [False, False, True, True], are_off(guest))
    pose_as_stick(guest)
    time.sleep(patience(3))
    s.check("what is plugged into a port that is off is not seen", not is_posing(guest) and is_off(guest, DUMMY))
    guest.run("/usr/libexec/sekisho/usb-verdict --open-defaults")
    s.check("the way back switches all ports on", not any(are_off(guest)), are_off(guest))
    wait_plugged(guest, "POSING")
    s.check("and what is plugged in there is seen", is_posing(guest))
    guest.run("systemctl start sekishod")
    s.check("the agent switches them off again", comes_true(lambda: are_off(guest) == [False, False, True, True], ROUND))


with Scenario("ports that the policy does not name are off while nothing is in them") as s:
    mouse = Mouse(port=f"{HUB}.2")
    # The hub before what is behind it.
    with Guest(enforcing(), usb=[Keyboard(port="4"), Hub(HUB, **{"port-power": True}), mouse]) as guest:
        guest.wait_booted()
        guest.run("modprobe dummy_hcd")
        guest.wait_for(f"test -e /sys/bus/usb/devices/1-{HUB}.2:1.0/driver", 30)
        named = port_of(guest, f"1-{HUB}") + ".1"
        s.check("without a list every port is on", not any(are_off(guest)))
        write_policy(guest, f'( "{named}" )')
        s.check("with a list the empty ports that it does not name are switched off",
                comes_true(lambda: is_off(guest, EMPTY) and is_off(guest, DUMMY), ROUND))
        s.check("a named one is on, and one that is used", not is_off(guest, NAMED) and not is_off(guest, USED))
        s.check("the keyboard works, in a port that is not named", keyboard_works(guest))

        guest.unplug(mouse)
        guest.wait_for(f"test ! -e /sys/bus/usb/devices/1-{HUB}.2", 30)
        guest.run("systemctl reload sekishod")
        guest.plug(Mouse(port=f"{HUB}.2"))
        s.check("what is pulled works again in its own port", mouse_works(guest))

        guest.run("systemctl restart sekishod && systemctl reload sekishod")
        s.check("a restart changes nothing", are_off(guest) == [False, False, True, True], are_off(guest))
        s.check("and what is plugged in works", keyboard_works(guest) and mouse_works(guest))

        write_policy(guest, '"all"')
        s.check("with all they are on again", comes_true(lambda: not any(are_off(guest)), 30))
        write_policy(guest, f'( "{named}" )')
        s.check("with the list they are off again", comes_true(lambda: is_off(guest, DUMMY), ROUND))
        really_off(s, guest)
        guest.run("sekisho mode usb observe")
        s.check("observe gives all ports back", comes_true(lambda: not any(are_off(guest)), 60))
        s.check("the ledger verifies", guest.run("sekisho verify --all", check=False).ok)
