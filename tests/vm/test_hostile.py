# SPDX-License-Identifier: GPL-3.0-or-later
"""Twins, sticks without a serial number, strings that attack, descriptors that lie: right verdicts, escaped
output, no crash. The judge is the device itself: it counts what was read from it."""

import re
import sys
import time

sys.path.append(sys.path.pop(0))  # `gadget` is the harness's, not the folder beside this file
from gadget import Gadget, cases, install
from guest import Guest
from scenario import (Keyboard, Scenario, comes_true, enforcing, is_shut, last_sequence, media, rows, text_of,
                      usb_disks, wait_named, wait_rows)

# What passes by default; what is let in in part; all else stays shut.
PASSES = {"keyboard-only"}
IN_PART = {"composite", "many-interfaces", "second-configuration"}
# A keyboard until it is asked again: let in as what it was; what it becomes gets no driver.
IN_PART |= {"shapeshifter", "keyboard-grows-stick"}
# Not one device of ours: they take arguments, or the kernel itself gives up before anybody is asked.
LEFT_OUT = {"raw", "short-device"}
UNSEEN = {"no-interfaces"}  # may be refused by the kernel without an event

SIGN = "/run/turn"  # when this is there, the turncoat turns

CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e]")


def pid_of(guest):
    return guest.run("systemctl show -p MainPID --value sekishod").out.strip()


def decided(guest, after):
    return [r for r in rows(guest, "usb.*", after) if r["event"]["action"] in ("usb.allowed", "usb.blocked")]


def one_case(s, guest, name):
    before = last_sequence(guest)
    device = Gadget(guest, name)
    if comes_true(lambda: decided(guest, before), 8):
        time.sleep(0.5)  # for a second row, which there should not be
    disks = usb_disks(guest)
    report = device.unplug()
    if decided(guest, before):
        wait_rows(guest, "usb.removed", 1, before)
    new = rows(guest, "usb.*", before)
    s.check(f"{name}: nothing was read from it", report["bytes_read"] == 0 and not disks, (report, disks))
    blocked = [r for r in new if r["event"]["action"] == "usb.blocked"]
    if name in PASSES:
        s.check(f"{name}: allowed", not blocked and new, [text_of(r) for r in new])
    elif name not in UNSEEN:
        s.check(f"{name}: one row says blocked", len(blocked) == 1 or name in IN_PART, [text_of(r) for r in new])
    texts = [str(v) for r in new for v in strings(r)]
    s.check(f"{name}: no control character in any field", not any(CONTROL.search(t) for t in texts),
            [t for t in texts if CONTROL.search(t)][:2])


def strings(value):
    if isinstance(value, dict):
        for v in value.values():
            yield from strings(v)
    elif isinstance(value, list):
        for v in value:
            yield from strings(v)
    elif isinstance(value, str):
        yield value


def terminal_is_safe(s, guest):
    out = guest.run("sekisho log --format table; sekisho usb list").out
    s.check("the table on a terminal has no control characters", not CONTROL.search(out.replace("\n", "")), repr(CONTROL.search(out.replace("\n", ""))))
    csv = guest.run("sekisho log --format csv").out
    cells = [c.lstrip('"') for line in csv.splitlines() for c in line.split(",")]
    s.check("no cell of the CSV starts a formula", not [c for c in cells if c[:1] in "=+@" and c], [c for c in cells if c[:1] in "=+@" and c][:3])


def openings(guest):
    """How often the kernel was told to open a device, since it was started."""
    return guest.run("dmesg").out.count("authorized to connect")


def twins(s, guest):
    first = s.stick("TWIN", port="1")
    second = s.stick("TWIN", port="2")
    second.path = media.vfat(s.path("twin2.img"), 8)
    before, opened = last_sequence(guest), openings(guest)
    guest.plug(first), guest.plug(second)
    blocked = wait_rows(guest, "usb.blocked", 2, before)
    s.check("two unapproved twins make two rows", len([r for r in blocked if "TWIN" in text_of(r)]) == 2)
    both = guest.run("sekisho usb allow 46f4:0001:TWIN", check=False)
    s.check("an identity that two devices have is not approved by its name", not both.ok, both.out)
    listed = guest.run("sekisho usb list --json").json
    guest.run(["sekisho", "usb", "allow", str(next(d["number"] for d in listed if d.get("serial") == "TWIN"))])
    guest.wait_for("ls -d /sys/block/sd*", 15)
    guest.run("udevadm settle; sleep 2")
    s.check("an approval lets one of them in, not both", len(usb_disks(guest)) == 1, usb_disks(guest))
    allowed = [text_of(r) for r in rows(guest, "usb.allowed", before)]
    s.check("not for a moment either", (len(allowed), openings(guest) - opened) == (1, 1), allowed)
    guest.unplug(first)
    wait_rows(guest, "usb.allowed", 2, before)
    s.check("the other one is let in when that one has gone", comes_true(lambda: len(usb_disks(guest)) == 1))
    guest.unplug(second)
    wait_rows(guest, "usb.removed", 2, before)


def without_serial(s, guest):
    before = last_sequence(guest)
    device = Gadget(guest, "stick")
    [row] = wait_rows(guest, "usb.blocked", 1, before)
    listed = [d for d in guest.run("sekisho usb list --json").json if d["plugged"] and d["vendor"] == "1209"]
    s.check("a stick without a serial number is listed", len(listed) == 1 and not listed[0].get("serial"), listed)
    guest.run(["sekisho", "usb", "allow", str(listed[0]["number"])])
    s.check("approved, it works at its port", comes_true(lambda: len(usb_disks(guest)) == 1))
    report = device.unplug()
    s.check("and was read by the kernel", report["commands"] > 0, report)


def reset(guest, serial):
    """What any program with the right to a device's node can ask for: the kernel reads the descriptors anew."""
    guest.run(f"""python3 - <<'END'
import fcntl, glob, pathlib
[device] = [p.parent for p in map(pathlib.Path, glob.glob("/sys/bus/usb/devices/*/serial")) if p.read_text() == "{serial}\\n"]
number = [int((device / name).read_text()) for name in ("busnum", "devnum")]
with open("/dev/bus/usb/%03d/%03d" % tuple(number), "wb") as node:
    fcntl.ioctl(node, 0x5514, 0)  # USBDEVFS_RESET
END""", check=False)  # it fails when the device is another one afterwards, which is the point


def turncoat(s, guest):
    """An approved stick, once it is in, shows other descriptors under the same ids."""
    before = last_sequence(guest)
    device = Gadget(guest, "turncoat", serial="TURN", **{"shift-when": SIGN})
    wait_named(guest, "usb.blocked", "TURN", before)
    listed = guest.run("sekisho usb list --json").json
    guest.run(["sekisho", "usb", "allow", str(next(d["number"] for d in listed if d.get("serial") == "TURN"))])
    s.check("turncoat: approved, it is let in", comes_true(lambda: len(usb_disks(guest)) == 1))
    reset(guest, "TURN")
    s.check("turncoat: a reset changes nothing as long as it is itself", comes_true(lambda: len(usb_disks(guest)) == 1))
    before = last_sequence(guest)
    guest.run(f"touch {SIGN}")
    reset(guest, "TURN")
    blocked = wait_named(guest, "usb.blocked", "TURN", before)
    s.check("turncoat: with other descriptors it is shut", comes_true(lambda: is_shut(guest)))
    s.check("turncoat: one row says so, a violation, with the reason",
            len(blocked) == 1 and "model-changed" in text_of(blocked[0]) and "violation" in text_of(blocked[0]),
            [text_of(r) for r in blocked])
    device.unplug()


with Scenario("hostile and lying devices get the right verdict") as s:
    with Guest(enforcing(), usb=[Keyboard(port="4")], memory=2048) as guest:
        guest.wait_booted()
        install(guest)
        daemon, last = pid_of(guest), last_sequence(guest)
        for name in cases():
            if name not in LEFT_OUT:
                one_case(s, guest, name)
        terminal_is_safe(s, guest)
        twins(s, guest)
        without_serial(s, guest)
        turncoat(s, guest)
        s.check("sekishod is the same process as before: no crash", pid_of(guest) == daemon)
        s.check("no helper crashed", "usb-verdict" not in guest.run("journalctl -b -k | grep -i segfault", check=False).out)
        s.check("the ledger verifies", guest.run("sekisho verify --all", check=False).ok)
