# SPDX-License-Identifier: GPL-3.0-or-later
"""Each interface by itself: a keyboard with storage in it types, and its storage stays out; what is granted stays
granted after a reset; what turns into something else afterwards is shut. The judge is the made-up device itself: it
counts what was read from it and what it could type."""

import sys

sys.path.append(sys.path.pop(0))  # `gadget` is the harness's, not the folder beside this file
from gadget import Gadget, install
from guest import Guest
from patience import patience
from scenario import (Keyboard, Scenario, comes_true, enforcing, interface_drivers, is_shut, keyboard_works,
                      last_sequence, rows, text_of, usb_disks, wait_named)

SIGN = "/run/turn"  # when this is there, what changes its shape does so at the next look
TYPED = "echo sekisho\n"
PRESSES = 2 * len(TYPED)  # each key goes down and up
RESET = """
import fcntl, pathlib, sys
device = pathlib.Path("/sys/bus/usb/devices", sys.argv[1])
number = [int((device / name).read_text()) for name in ("busnum", "devnum")]
with open("/dev/bus/usb/%03d/%03d" % tuple(number), "wb") as node:
    fcntl.ioctl(node, 0x5514, 0)  # USBDEVFS_RESET
"""


def named(guest, serial):
    """The device with this serial number as `sekisho usb list` has it; {} without one."""
    listed = guest.run("sekisho usb list --json").json
    return next((d for d in listed if d["plugged"] and d.get("serial") == serial), {})


def approve(guest, serial):
    comes_true(lambda: named(guest, serial))
    guest.run(["sekisho", "usb", "allow", str(named(guest, serial)["number"])])


def reset(guest, sysname):
    """What any program with the right to a device's node can ask for: the kernel reads the descriptors anew. It
    fails when the device is another one afterwards, which is the point of some."""
    return guest.run(["python3", "-c", RESET, sysname], check=False)


def have_drivers(guest, sysname, expected):
    comes_true(lambda: interface_drivers(guest, sysname) == expected)
    return interface_drivers(guest, sysname)


def reauthorize(guest, sysname):
    guest.run(f"cd /sys/bus/usb/devices/{sysname} && echo 0 > authorized; echo 1 > authorized", check=False)


def typing_keyboard(s, guest):
    """Not approved: its keyboard passes by default, and its storage by nothing."""
    only_keyboard = {0: "usbhid", 1: ""}
    with Gadget(guest, "composite", serial="BOTH", type=TYPED) as device:
        sysname = comes_true(lambda: named(guest, "BOTH").get("sysname"))
        found = have_drivers(guest, sysname, only_keyboard)
        s.check("composite: the keyboard has its driver, the storage has none", found == only_keyboard, found)
        s.check("composite: the list says “partial”", named(guest, "BOTH").get("verdict") == "partial", named(guest, "BOTH"))
        reset(guest, sysname)
        found = have_drivers(guest, sysname, only_keyboard)
        s.check("composite: the same after a reset", found == only_keyboard, found)
        reauthorize(guest, sysname)
        found = have_drivers(guest, sysname, only_keyboard)
        s.check("composite: the same after it was de- and re-authorized by hand", found == only_keyboard, found)
        s.check("composite: nothing of it was ever a disk", is_shut(guest), usb_disks(guest))
        guest.run(f"echo 1 > /sys/bus/usb/devices/{sysname}:1.1/authorized; echo {sysname}:1.1 > /sys/bus/usb/drivers_probe",
                  check=False)
        comes_true(lambda: guest.run(f"cat /sys/bus/usb/devices/{sysname}:1.1/authorized", check=False).out == "0")
        report = device.unplug()
    s.check("composite: it typed all it had", report["reports_sent"] == PRESSES, report)


def granted(s, guest):
    """Approved as a whole, both of its interfaces are probed, again and again."""
    both = {0: "usbhid", 1: "usb-storage"}
    with Gadget(guest, "composite", serial="WHOLE", type="x") as device:
        approve(guest, "WHOLE")
        sysname = named(guest, "WHOLE")["sysname"]
        found = have_drivers(guest, sysname, both)
        s.check("approved: both interfaces have their drivers", found == both, found)
        for what, act in (("a reset", reset), ("it was de- and re-authorized", reauthorize)):
            act(guest, sysname)
            found = have_drivers(guest, sysname, both)
            s.check(f"approved: they have them again after {what}", found == both, found)
            s.check(f"approved: its disk is there after {what}", comes_true(lambda: len(usb_disks(guest)) == 1))
        s.check("approved: it is the same hash all along", named(guest, "WHOLE")["verdict"] == "allow", named(guest, "WHOLE"))
        report = device.unplug()
    s.check("approved: its disk was read", report["commands"] > 0, report)
    guest.run("sekisho usb forget 1209:0001:WHOLE")


def incident_of(guest, row):
    """The open one that counts this row as its last: a new one, or that of the device before it was approved."""
    return [incident for incident in guest.run("sekisho incident list --json").json
            if incident["state"] == "open" and incident.get("last") == row["event"]["sequence"]]


def seconds_to_shut(guest, row):
    """From the moment when the kernel announced the last new device to the row that says it is shut."""
    announced = guest.run("dmesg | grep 'New USB device found' | tail -1 | sed 's/^\\[ *\\([0-9.]*\\)\\].*/\\1/'").out
    offset = guest.run("echo $(date +%s.%N) $(cut -d' ' -f1 /proc/uptime)").out.split()
    moment = guest.run(f"date -d '{row['@timestamp']}' +%s.%N").out
    return float(moment) - (float(offset[0]) - float(offset[1])) - float(announced)


def turn(s, guest, case, serial, reason, *, approved=None):
    """Lets it in, has it turn, and sees it shut."""
    guest.run(f"rm -f {SIGN}")
    if approved == "by name":
        guest.run(f"sekisho usb allow 1209:0001:{serial}")
    with Gadget(guest, case, serial=serial, type=TYPED, **{"shift-when": SIGN}) as device:
        if approved == "by number":
            approve(guest, serial)
        s.check(f"{case}: it is let in", comes_true(lambda: named(guest, serial).get("verdict") == "allow" and "usb" in
                "".join(interface_drivers(guest, named(guest, serial)["sysname"]).values())), named(guest, serial))
        sysname = named(guest, serial)["sysname"]
        reset(guest, sysname)
        s.check(f"{case}: a reset changes nothing as long as it is itself",
                comes_true(lambda: "usb" in "".join(interface_drivers(guest, sysname).values())), interface_drivers(guest, sysname))
        before = last_sequence(guest)
        guest.run(f"touch {SIGN}")
        reset(guest, sysname)
        blocked = wait_named(guest, "usb.blocked", serial, before)
        s.check(f"{case}: one row says that it is shut, a violation, “{reason}”", len(blocked) == 1 and
                f'"{reason}"' in text_of(blocked[0]) and "violation" in text_of(blocked[0]),
                [text_of(r) for r in rows(guest, "usb.*", before)])
        s.check(f"{case}: the row is in one incident that is open",
                blocked and comes_true(lambda: len(incident_of(guest, blocked[0])) == 1), blocked)
        s.check(f"{case}: nothing of it has a driver, and the kernel has it unauthorized",
                comes_true(lambda: not interface_drivers(guest, named(guest, serial).get("sysname", sysname))) and is_shut(guest) and
                guest.run(f"cat /sys/bus/usb/devices/{sysname}/authorized", check=False).out == "0",
                (interface_drivers(guest, sysname), named(guest, serial)))
        if blocked:
            took = seconds_to_shut(guest, blocked[0])
            s.say(f"{case}: shut {took:.2f} s after the kernel announced it")
            s.check(f"{case}: within a second", took < patience(1), took)
        guest.run("systemctl restart sekishod")
        s.check(f"{case}: it stays shut when the agent starts anew", comes_true(lambda: named(guest, serial)) and
                named(guest, serial)["verdict"] == "block", named(guest, serial))
        report = device.unplug()
    guest.run(f"sekisho usb forget 1209:0001:{serial}", check=False)
    return report


def turning(s, guest):
    report = turn(s, guest, "stick-then-keyboard", "SK", "turned", approved="by number")
    s.check("stick-then-keyboard: it never typed a key", report["reports_sent"] == 0, report)
    report = turn(s, guest, "stick-grows-keyboard", "SG", "turned", approved="by name")
    s.check("stick-grows-keyboard: it never typed a key", report["reports_sent"] == 0, report)
    turn(s, guest, "turncoat", "TC", "model-changed", approved="by number")
    report = turn(s, guest, "keyboard-grows-stick", "KG", "turned")
    s.check("keyboard-grows-stick: nothing was read from it", report["bytes_read"] == 0 and report["commands"] == 0, report)


def by_hand(s, guest):
    """An honest change of plugs: another device at the same port, a while later."""
    with Gadget(guest, "stick", serial="FIRST") as device:
        approve(guest, "FIRST")
        s.check("by hand: a stick is let in", comes_true(lambda: len(usb_disks(guest)) == 1))
        device.unplug()
    guest.run("sleep 3")  # the two seconds of sekisho-policy.conf(5) are over, however fast this machine is
    with Gadget(guest, "keyboard-only", serial="SECOND", type="x"):
        s.check("by hand: a keyboard at the same port afterwards passes",
                comes_true(lambda: named(guest, "SECOND").get("verdict") == "allow"), named(guest, "SECOND"))


with Scenario("each interface is decided on, and stays what it was") as s:
    with Guest(enforcing(), usb=[Keyboard(port="4")], memory=2048) as guest:
        guest.wait_booted()
        install(guest)
        for part in (typing_keyboard, granted, turning, by_hand):
            part(s, guest)
        s.check("the machine's own keyboard works", keyboard_works(guest))
        s.check("the ledger verifies", guest.run("sekisho verify --all", check=False).ok)
