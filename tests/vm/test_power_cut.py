# SPDX-License-Identifier: GPL-3.0-or-later
"""The power goes at random moments while sticks come and go. What was acknowledged outside is there afterwards."""

import json
import random
import time

from guest import Guest
from patience import Deadline
from scenario import Keyboard, Scenario, bound_drivers, enforcing, rows, scaled, sequence, usb_disks

CUTS = scaled(3, 20)


class Acknowledged:
    """Follows the log from outside the guest: a row counts once its line has crossed the serial line."""

    def __init__(self, guest):
        self.rows = {}
        self.job = guest.start_job("exec sekisho log --follow --format json")

    def read(self):
        out = self.job.poll().out
        for line in out.splitlines():
            try:
                row = json.loads(line)
            except json.JSONDecodeError:
                continue  # the last line, cut by the power
            self.rows[sequence(row)] = line


def busy_until_cut(s, guest, cut, seconds):
    """Plugs and pulls until the moment of the cut; answers what was acknowledged by then."""
    acknowledged = Acknowledged(guest)
    deadline = time.monotonic() + seconds
    patient = Deadline(60)  # a crowded host may need long for the first row
    number = 0
    while time.monotonic() < deadline or not (acknowledged.rows or patient.has_passed()):
        stick = guest.plug(s.stick(f"CUT{cut}N{number}", uas=number % 2 == 1))
        time.sleep(random.uniform(0.05, 0.6))
        acknowledged.read()
        guest.unplug(stick)
        number += 1
    acknowledged.read()
    guest.kill()
    return acknowledged.rows


with Scenario("a power cut loses nothing that was acknowledged") as s:
    random.seed(seed := random.randrange(1 << 32))
    s.say(f"seed {seed}, {CUTS} cuts")
    with Guest(enforcing(), usb=[Keyboard(), s.stick("CUTBOOT", port="6")], persistent=True) as guest:
        guest.wait_booted()
        for cut in range(CUTS):
            before = busy_until_cut(s, guest, cut, random.uniform(2, 12))
            guest.start()
            s.check(f"cut {cut}: the gate is shut at the next boot", not usb_disks(guest) and not bound_drivers(guest))
            guest.wait_booted()
            guest.wait_for("systemctl is-active -q sekishod", 60)
            s.check(f"cut {cut}: the chain verifies", guest.run("sekisho verify --all", check=False, timeout=120).ok)
            after = {sequence(r): json.dumps(r, sort_keys=True) for r in rows(guest)}
            lost = [n for n, line in before.items()
                    if after.get(n) != json.dumps(json.loads(line), sort_keys=True)]
            s.must(f"cut {cut}: all {len(before)} acknowledged rows are there, unchanged", before and not lost, lost[:5])
