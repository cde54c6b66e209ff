# SPDX-License-Identifier: GPL-3.0-or-later
"""Unapproved sticks are hot-plugged against a root reader that takes what it can get."""

import time

from scenario import (Keyboard, Mouse, Scenario, bound_drivers, enforcing, keyboard_works, last_sequence,
                      mouse_works, scaled, start_racer, stop_racer, text_of, usb_disks, wait_plugged, wait_rows)
from guest import Guest
from patience import patience

ROUNDS = scaled(20, 200)

with Scenario("an unapproved stick is shut, and recorded once") as s:
    with Guest(enforcing(), usb=[Keyboard(), Mouse()]) as guest:
        guest.wait_booted()
        before = last_sequence(guest)
        racer = start_racer(guest)
        nodes, drivers = set(), set()
        for number in range(ROUNDS):
            stick = guest.plug(s.stick(f"HOT{number:04d}", uas=number % 2 == 1))
            wait_plugged(guest, f"HOT{number:04d}")
            time.sleep(patience(1.2))  # usb-storage itself waits 1 s
            nodes.update(usb_disks(guest))
            drivers.update(bound_drivers(guest))
            guest.unplug(stick)
        loot = stop_racer(racer)
        s.must("the racing reader got 0 bytes", loot["bytes"] == 0, loot)
        s.must("no block node appeared", not nodes and not loot["nodes"], (nodes, loot["nodes"]))
        s.must("no storage driver was bound", not drivers and not loot["drivers"], (drivers, loot["drivers"]))

        blocked = wait_rows(guest, "usb.blocked", ROUNDS, before, timeout=60)
        s.check(f"{ROUNDS} sticks make {ROUNDS} rows", len(blocked) == ROUNDS, len(blocked))
        missing = [n for n in range(ROUNDS) if sum(f"HOT{n:04d}" in text_of(r) for r in blocked) != 1]
        s.check("each stick stands in one row, by its serial number", not missing, missing)
        removed = wait_rows(guest, "usb.removed", ROUNDS, before)
        s.check("each was seen to go", len(removed) == ROUNDS, len(removed))
        s.check("the keyboard works", keyboard_works(guest))
        s.check("the mouse works", mouse_works(guest))
        s.check("the ledger verifies", guest.run("sekisho verify --all", check=False).ok)
