# SPDX-License-Identifier: GPL-3.0-or-later
"""root opens the gate by hand: it is shut again within a second, and both are recorded."""

import time

from scenario import (Keyboard, Scenario, enforcing, last_sequence, start_racer, stop_racer, text_of,
                      wait_named, wait_rows)
from guest import Guest
from patience import patience

SETTINGS = ["/sys/bus/usb/devices/usb1/authorized_default",
            "/sys/bus/usb/devices/usb2/authorized_default",
            "/sys/bus/usb/devices/usb1/interface_authorized_default",
            "/sys/module/usbcore/parameters/authorized_default"]


def shut_again(guest, path):
    """Milliseconds until the setting reads 0 again, measured inside the guest; None: not within 5 s."""
    script = f"""s=$(date +%s%N); echo 1 > {path}
for i in $(seq 1 {patience(500):.0f}); do [ "$(cat {path})" = 0 ] && {{ e=$(date +%s%N); echo $(( (e-s)/1000000 )); exit 0; }}; sleep 0.01; done; exit 1"""
    result = guest.run(script, check=False)
    return int(result.out) if result.ok else None


def within_a_second(took):
    """The promise is for a machine that has its processors for itself."""
    return took is not None and took < 1000 * patience(1)


with Scenario("the gate is put back when somebody opens it") as s:
    with Guest(enforcing(), usb=[Keyboard()]) as guest:
        guest.wait_booted()
        for path in SETTINGS:
            before = last_sequence(guest)
            took = shut_again(guest, path)
            s.check(f"{path} is put back within 1 s", within_a_second(took), took)
            found = wait_named(guest, "agent.tampered", path.removeprefix("/sys/"), before)
            s.check(f"{path}: recorded as agent.tampered", found != [], [text_of(r) for r in found])

        stick = guest.plug(s.stick("BYHAND", port="3"))
        wait_named(guest, "usb.blocked", "BYHAND")
        device = guest.run("grep -l BYHAND /sys/bus/usb/devices/*/serial").out.strip().rsplit("/", 1)[0]
        before = last_sequence(guest)
        racer = start_racer(guest)
        took = shut_again(guest, f"{device}/authorized")
        time.sleep(2)
        loot = stop_racer(racer)
        s.must("a device authorized by hand is shut within 1 s", within_a_second(took), took)
        s.must("and nothing was read from it", loot["bytes"] == 0, loot)
        found = wait_rows(guest, "agent.tampered", 1, before)
        s.check("and it is recorded as agent.tampered", len(found) >= 1, len(found))
        s.check("as a violation", all("violation" in text_of(r) for r in found), [text_of(r) for r in found])
        guest.unplug(stick)
