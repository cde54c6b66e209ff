# SPDX-License-Identifier: GPL-3.0-or-later
"""Before sleep storage is unmounted and shut, after it is decided on anew: what was swapped
meanwhile does not pass, and what was not comes back."""

import contextlib
import time

from scenario import (Keyboard, Scenario, Stick, enforcing, keyboard_works, last_sequence, media, rows, start_racer,
                      stop_racer, text_of, usb_disks, wait_rows)
from guest import Guest
from patience import patience

OPERATOR = 1000
STICK = "46f4:0001"


def approve(guest, serial, *words):
    guest.run(["sekisho", "usb", "allow", f"{STICK}:{serial}", *words])


def authorized(guest, serial):
    """What the kernel says of the device with this serial number; empty without one."""
    return guest.run(f"d=$(grep -lx {serial} /sys/bus/usb/devices/*/serial) && cat ${{d%serial}}authorized",
                     check=False).out


def hash_of(guest, serial):
    listed = guest.run("sekisho usb list --json").json
    return next((d["hash"] for d in listed if d["plugged"] and d.get("serial") == serial), None)


@contextlib.contextmanager
def asleep(guest):
    """The guest sleeps while the block runs. It suspends all devices, loses the power of its USB ports, and wakes
    by itself (pm_test, Documentation/power/basic-pm-debugging.rst): QEMU ends when this machine wakes from S3."""
    length = round(patience(20))
    woken = "journalctl -k -o cat | grep -c 'PM: suspend exit'"
    before = int(guest.run(woken, check=False).out)
    guest.run(f"echo devices > /sys/power/pm_test; echo s2idle > /sys/power/mem_sleep; "
              f"echo {length} > /sys/module/suspend/parameters/pm_test_delay; systemctl suspend")
    began = time.monotonic()
    time.sleep(length / 3)
    yield
    guest.wait_for(f"test $({woken}) -gt {before}", length + 30)
    slept = time.monotonic() - began
    if slept < length:
        raise RuntimeError(f"it slept for {slept:.0f} s, not {length}")


with Scenario("storage does not sleep through") as s:
    with Guest(enforcing(), usb=[Keyboard(port="1")]) as guest:
        guest.wait_booted()
        for serial, words in (("SAME", ()), ("SWAPPED", ()), ("CLONED", ("--encrypted",))):
            approve(guest, serial, *words)
        guest.plug(s.stick("SAME", port="3"))
        swapped = guest.plug(s.stick("SWAPPED", port="4"))
        cloned = guest.plug(Stick(media.luks(s.path("luks.img")), serial="CLONED", port="5"))
        guest.wait_for(lambda: len(usb_disks(guest)) == 3, 60)
        guest.wait_for("ls /run/sekisho/media/*", 60)
        guest.run("udevadm settle; mount /dev/disk/by-id/usb-*_SAME-*-part1 /mnt && echo before > /mnt/note")
        s.check("logind is asked to wait for us", "sekisho" in guest.run("systemd-inhibit --list").out)
        s.check("the kernel forgets storage in sleep", guest.run(
            "d=$(grep -lx SAME /sys/bus/usb/devices/*/serial); cat ${d%serial}power/persist").out == "0")

        before, model = last_sequence(guest), hash_of(guest, "SAME")
        racer = start_racer(guest, uid=OPERATOR)
        with asleep(guest):
            guest.unplug(swapped)
            guest.unplug(cloned)
            guest.plug(s.stick("STRANGER", port="4"))
            guest.plug(Stick(media.vfat(s.path("clone.img"), 8), serial="CLONED", port="5"))

        blocked = wait_rows(guest, "usb.blocked", 1, before, timeout=60)
        refused = wait_rows(guest, "medium.refused", 1, before, timeout=60)
        s.check("what was mounted is unmounted", guest.run("mountpoint -q /mnt", check=False).status != 0)
        put_to_sleep = [r for r in rows(guest, "usb.removed", before) if '"asleep"' in text_of(r)]
        s.check("each stick's going to sleep is a row, and no violation", len(put_to_sleep) == 3 and
                not any("violation" in text_of(r) for r in put_to_sleep), [text_of(r) for r in put_to_sleep])
        s.check("the stranger in the place of an approved stick is shut",
                any("STRANGER" in text_of(r) for r in blocked) and authorized(guest, "STRANGER") == "0",
                [text_of(r) for r in blocked])
        s.check("the clone that is not encrypted is refused", len(refused) == 1, len(refused))
        guest.wait_for(lambda: authorized(guest, "CLONED") == "0", 20)
        loot = stop_racer(racer)
        s.must("the operator's racing reader got 0 bytes of both", loot["bytes"] == 0, loot)
        guest.wait_for(lambda: len(usb_disks(guest)) == 1, 60)
        allowed = [r for r in rows(guest, "usb.allowed", before) if "SAME" in text_of(r)]
        # Twice where the kernel takes it for a new one only after it was opened again.
        s.check("the stick that stayed is decided on anew", len(allowed) in (1, 2), len(allowed))
        s.check("it is the same device by its hash", model and hash_of(guest, "SAME") == model, model)
        note = guest.run("udevadm settle; mount /dev/disk/by-id/usb-*_SAME-*-part1 /mnt && cat /mnt/note", check=False)
        s.check("and has what was written before", note.out == "before", note)
        s.check("the keyboard works", keyboard_works(guest))
        s.check("nothing counts as tampering", rows(guest, "agent.tampered", before) == [])
        s.check("the ledger verifies", guest.run("sekisho verify --all", check=False).ok)

        guest.run("umount /mnt")
        before = last_sequence(guest)
        with asleep(guest):
            pass
        guest.wait_for(lambda: len(usb_disks(guest)) == 1, 60)
        s.check("a second sleep is kept watch over as well",
                any("SAME" in text_of(r) for r in wait_rows(guest, "usb.allowed", 1, before)))
