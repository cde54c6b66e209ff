# SPDX-License-Identifier: GPL-3.0-or-later
"""Controllers that come later, or again, are shut from their first moment; and nothing leaves by a port at which
this computer is the device, nor over the network."""

import sys
import time

sys.path.append(sys.path.pop(0))  # `gadget` is the harness's, not the folder beside this file
from devices import Controller
from gadget import Gadget, install
from guest import Guest
from patience import patience
from scenario import (Keyboard, Scenario, comes_true, enforcing, keyboard_works, last_sequence, pose_as_stick,
                      start_racer, stop_racer, taken_from, text_of, usb_disks, wait_named, wait_plugged)

QEMU_STICK = "46f4:0001"
DEVICES = "/sys/bus/usb/devices"


def device_of(guest, serial):
    """The kernel's name of a device: 1-2."""
    return guest.run(f"basename $(dirname $(grep -lx {serial} {DEVICES}/*/serial))").out


def open_buses(guest):
    return guest.run(f"grep -L '^0$' {DEVICES}/usb*/authorized_default", check=False).out.split()


def plug_behind(s, guest, driver, names):
    """A controller, and sticks behind it in the same moment; those with UAS in their name are."""
    controller = guest.plug(Controller(driver))
    return controller, [guest.plug(s.stick(name, bus=f"{controller.id}.0", uas="UAS" in name)) for name in names]


def expect_shut(s, guest, how, names, sticks, before):
    for name in names:
        wait_plugged(guest, name)
    time.sleep(patience(1.2))  # usb-storage itself waits 1 s
    s.check(f"{how}: every bus is shut", not open_buses(guest), open_buses(guest))
    for name, stick in zip(names, sticks):
        s.must(f"{how}: nothing was read from {name}", taken_from(guest, stick) == 0, taken_from(guest, stick))
        blocked = wait_named(guest, "usb.blocked", name, before)
        s.check(f"{how}: {name} is one row", len(blocked) == 1, [text_of(r) for r in blocked])


# ---- Controllers ---------------------------------------------------------------------------------


def hot_plugged(s, guest):
    racer = start_racer(guest)
    for driver, names in {"qemu-xhci": ["XHCIBOT", "XHCIUAS"], "usb-ehci": ["EHCI"], "piix3-usb-uhci": ["UHCI"]}.items():
        before = last_sequence(guest)
        controller, sticks = plug_behind(s, guest, driver, names)
        if driver == "qemu-xhci":
            guest.plug(Keyboard(bus=f"{controller.id}.0"))
        expect_shut(s, guest, driver, names, sticks, before)
    loot = stop_racer(racer)
    s.must("the racing reader got 0 bytes behind new controllers", loot["bytes"] == 0 and not loot["nodes"], loot)
    s.check("a keyboard behind a new controller works", keyboard_works(guest))


def bound_again(s, guest):
    """As a driver's update does, or somebody with root who hopes for open defaults."""
    guest.run(["sekisho", "usb", "allow", f"{QEMU_STICK}:FRIEND"])
    friend = guest.plug(s.stick("FRIEND", port="1"))
    stranger = guest.plug(s.stick("STRANGER", port="2"))
    guest.wait_for(lambda: len(usb_disks(guest)) == 1, 60)
    wait_named(guest, "usb.blocked", "STRANGER")
    before = last_sequence(guest)
    controller = guest.run(f"basename $(dirname $(readlink -f {DEVICES}/usb1))").out
    driver = f"$(readlink -f /sys/bus/pci/devices/{controller}/driver)"
    guest.run(f"d={driver}; echo {controller} > $d/unbind && echo {controller} > $d/bind")
    expect_shut(s, guest, "bound again", ["STRANGER"], [stranger], before)
    s.check("bound again: the approved stick is let in", comes_true(lambda: len(usb_disks(guest)) == 1, 60))
    used = guest.run("udevadm settle; mount /dev/disk/by-id/usb-*_FRIEND-*-part1 /mnt && umount /mnt", check=False)
    s.check("bound again: and usable", used.ok and taken_from(guest, friend) > 0, used)
    s.check("bound again: the keyboard works", keyboard_works(guest))
    guest.unplug(friend), guest.unplug(stranger)


def over_the_network(s, guest):
    """A virtual controller that was not there before; a device is plugged into it in the same moment."""
    before = last_sequence(guest)
    s.check("usbip: there was no virtual controller", not guest.run("test -e /sys/module/vhci_hcd", check=False).ok)
    with Gadget(guest, "stick", serial="NETWORK") as device:
        wait_plugged(guest, "NETWORK")
        time.sleep(patience(1.2))
        s.check("usbip: every bus is shut", not open_buses(guest), open_buses(guest))
        report = device.unplug()
    s.check("usbip: a device that came over the network was not configured",
            report["configured"] == [] and report["bytes_read"] == 0, report)
    s.check("usbip: it is one row", len(wait_named(guest, "usb.blocked", "NETWORK", before)) == 1)


# ---- The other direction -------------------------------------------------------------------------


def exported(s, guest):
    """An approved stick is given to another computer, as `usbip bind` does."""
    stick = guest.plug(s.stick("EXPORT", port="3"))
    wait_named(guest, "usb.blocked", "EXPORT")
    guest.run(["sekisho", "usb", "allow", f"{QEMU_STICK}:EXPORT"])
    guest.wait_for(lambda: len(usb_disks(guest)) == 1, 60)
    guest.run("udevadm settle")
    before = last_sequence(guest)
    name = device_of(guest, "EXPORT")
    drivers = "/sys/bus/usb/drivers"
    guest.run(f"modprobe usbip-host; printf 'add {name}' > {drivers}/usbip-host/match_busid; "
              f"echo {name} > {drivers}/usb/unbind; echo {name} > {drivers}/usbip-host/bind")
    s.check("exported: it is shut",
            comes_true(lambda: guest.run(f"cat {DEVICES}/{name}/authorized").out == "0"))
    blocked = wait_named(guest, "usb.blocked", "EXPORT", before)
    s.check("exported: one row says so, a violation", len(blocked) == 1 and "violation" in text_of(blocked[0]) and
            '"exported"' in text_of(blocked[0]), [text_of(r) for r in blocked])
    guest.run(f"printf 'del {name}' > {drivers}/usbip-host/match_busid; echo {name} > {drivers}/usbip-host/unbind; "
              f"echo {name} > /sys/bus/usb/drivers_probe")
    s.check("exported: taken back it is usable again", comes_true(lambda: len(usb_disks(guest)) == 1, 60))
    guest.unplug(stick)
    guest.wait_for(lambda: not usb_disks(guest), 30)


def is_posing(guest):
    return guest.run("test -e /sys/bus/gadget/devices/gadget.0/driver", check=False).ok


def stopped_posing(s, guest, how, before):
    s.check(f"{how}: it is unbound", comes_true(lambda: not is_posing(guest), 5))
    found = wait_named(guest, "agent.tampered", '"unbound"', before)
    s.check(f"{how}: one row says so, a violation", len(found) == 1 and "violation" in text_of(found[0]) and
            "configfs-gadget.g" in text_of(found[0]), [text_of(r) for r in found])


def posing(s, guest):
    before = last_sequence(guest)
    pose_as_stick(guest)
    stopped_posing(s, guest, "gadget", before)


# ---- Without the agent ---------------------------------------------------------------------------


def without_the_agent(s, guest):
    how = "agent killed"
    guest.run(["sekisho", "usb", "allow", f"{QEMU_STICK}:PLAIN"])
    before = last_sequence(guest)
    # In this order: of a masked unit systemd forgets what to run after its end.
    guest.run("systemctl kill -s SIGKILL sekishod; systemctl mask --runtime --now sekishod")
    racer = start_racer(guest)
    controller, sticks = plug_behind(s, guest, "qemu-xhci", ["DEADBOT", "DEADUAS"])
    pose_as_stick(guest)
    for name in ("DEADBOT", "DEADUAS", "POSING"):
        wait_plugged(guest, name)
    time.sleep(patience(1.2))
    s.check(f"{how}: every bus is shut", not open_buses(guest), open_buses(guest))
    loot = stop_racer(racer)
    s.must(f"{how}: nothing was read, from outside and from within",
            loot["bytes"] == 0 and [taken_from(guest, stick) for stick in sticks] == [0, 0], loot)
    s.check(f"{how}: nor from this computer as a stick", is_posing(guest) and
            guest.run(f"cat {DEVICES}/{device_of(guest, 'POSING')}/authorized").out == "0")
    guest.plug(s.stick("PLAIN", bus=f"{controller.id}.0"))
    s.check(f"{how}: a plain approval holds behind a new controller",
            comes_true(lambda: len(usb_disks(guest)) == 1, 60))
    s.check(f"{how}: the keyboard works", keyboard_works(guest))

    guest.run("systemctl unmask --runtime sekishod; systemctl start sekishod")
    for name in ("DEADBOT", "DEADUAS"):
        blocked = wait_named(guest, "usb.blocked", name, before)
        s.check(f"{how}: {name} is recorded afterwards", len(blocked) == 1, [text_of(r) for r in blocked])
    stopped_posing(s, guest, "gadget from before the agent", before)


with Scenario("controllers that come later, or again, are shut from their first moment") as s:
    with Guest(enforcing()) as guest:
        guest.wait_booted()
        install(guest)
        hot_plugged(s, guest)
        bound_again(s, guest)
        over_the_network(s, guest)
        exported(s, guest)
        posing(s, guest)
        without_the_agent(s, guest)
        s.check("the ledger verifies", guest.run("sekisho verify --all", check=False).ok)
