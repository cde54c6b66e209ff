# SPDX-License-Identifier: GPL-3.0-or-later
"""An administrator opens the gate by hand, as sekisho(7) says: it works, it ends when the agent comes, and
the agent records what it finds."""

from guest import Guest
from scenario import (Keyboard, Scenario, comes_true, enforcing, keyboard_works, last_sequence, rows, text_of,
                      usb_disks, wait_named, wait_plugged, wait_rows)

PARAMETER = "module/usbcore/parameters/authorized_default"
BOOT_MENU = "usbcore.authorized_default=1"
OPEN = "/usr/libexec/sekisho/usb-verdict --open-defaults"


def has_disks(guest, number):
    return comes_true(lambda: len(usb_disks(guest)) == number, 40)


def outcomes(guest, kind, serial, after=0):
    return [row["sekisho"]["outcome"] for row in wait_named(guest, kind, f':{serial}"', after)]


def agent_found_it_open(s, guest, how, serials, after=0, words=("found open",)):
    guest.wait_for("systemctl is-active -q sekishod", 60)
    s.check(f"{how}: the agent has shut the gate",
            has_disks(guest, 0) and guest.run(f"cat /sys/{PARAMETER}").out == "0")
    found = [text_of(r) for r in wait_named(guest, "agent.tampered", PARAMETER, after)]
    s.check(f"{how}: that it was open is recorded once, as a violation", len(found) == 1 and "violation" in found[0], found)
    for serial in serials:
        said = outcomes(guest, "usb.blocked", serial, after)
        s.check(f"{how}: {serial} is recorded as {' or '.join(words)}", len(said) == 1 and said[0] in words, said)
    s.check(f"{how}: the keyboard works", keyboard_works(guest))


def opened_at_the_boot_menu(s):
    how = "boot menu"
    with Guest(enforcing(), usb=[Keyboard(), s.stick("MENU", port="5")], cmdline=BOOT_MENU) as guest:
        guest.wait_booted()
        # While the machine starts udev may ask about the stick just after the agent came: then it is shut by that.
        agent_found_it_open(s, guest, how, ["MENU"], words=("found open", "blocked"))
        gap = [text_of(r) for r in wait_rows(guest, "agent.gap", 1)]
        s.check(f"{how}: the time before the agent is recorded as not watched", any("unwatched" in g for g in gap), gap)
        ends_with_the_agent(s, guest, how)
        s.check(f"{how}: the ledger verifies", guest.run("sekisho verify --all", check=False).ok)


def ends_with_the_agent(s, guest, how):
    """The parameter is on the command line still. The agent has shut the gate, and is gone: shut it stays."""
    guest.run("sekisho usb allow 46f4:0001:TIMED --until 2099-01-01")
    timed = guest.plug(s.stick("TIMED", port="6"))
    s.check(f"{how}: a timed approval works", has_disks(guest, 1))
    # In this order: of a masked unit systemd forgets what to run after its end.
    guest.run("systemctl kill -s SIGKILL sekishod; systemctl mask --runtime --now sekishod")
    s.check(f"{how}: with the agent killed, what only it can hold is shut", has_disks(guest, 0))
    guest.unplug(timed)
    stick = guest.plug(s.stick("AFTER", port="7"))
    wait_plugged(guest, "AFTER")
    guest.run("sleep 3")
    s.check(f"{how}: and a new stick stays out", not usb_disks(guest))
    guest.unplug(stick)
    guest.unplug(guest.usb[0])
    guest.wait_for("! ls /dev/input/by-path/*-event-kbd", 30)
    guest.plug(Keyboard(port="8"))
    guest.wait_for("ls /dev/input/by-path/*-event-kbd", 30)
    s.check(f"{how}: and a new keyboard works", keyboard_works(guest))


def opened_and_masked(s):
    how = "boot menu, agent masked"
    with Guest(enforcing(), usb=[Keyboard(), s.stick("MENU2", port="5")], persistent=True,
               cmdline=f"{BOOT_MENU} systemd.mask=sekishod.service") as guest:
        guest.wait_booted()
        s.check(f"{how}: a stick plugged in before works", has_disks(guest, 1))
        later = guest.plug(s.stick("MENU3", port="6"))
        s.check(f"{how}: and one plugged in after", has_disks(guest, 2))
        s.check(f"{how}: the keyboard works", keyboard_works(guest))
        guest.unplug(later)
        guest.cmdline = ""
        guest.reboot()
        guest.wait_booted()
        s.check(f"{how}: after the next boot the gate is shut", not usb_disks(guest))
        gaps = wait_named(guest, "agent.gap", "unwatched")
        s.check(f"{how}: the boot without the agent is recorded as not watched", gaps != [], [text_of(r) for r in rows(guest, "agent.gap")])


def opened_by_hand(s):
    how = "by hand"
    with Guest(enforcing(), usb=[Keyboard(), s.stick("HAND", port="5")]) as guest:
        guest.wait_booted()
        wait_rows(guest, "usb.blocked", 1)
        refused = guest.run(OPEN, check=False)
        s.check(f"{how}: refused while the agent runs, with what to do instead",
                refused.status == 4 and "sekisho mode usb observe" in refused.err, (refused.status, refused.err))
        s.check(f"{how}: and nothing was opened", not usb_disks(guest) and not rows(guest, "agent.tampered"))
        guest.run("systemctl stop sekishod")
        before = last_sequence(guest)
        guest.run(OPEN)
        s.check(f"{how}: with the agent stopped, what was shut works", has_disks(guest, 1))
        guest.plug(s.stick("HAND2", port="6"))
        s.check(f"{how}: and what is plugged in after", has_disks(guest, 2))
        s.check(f"{how}: the keyboard works", keyboard_works(guest))
        guest.run("systemctl start sekishod")
        agent_found_it_open(s, guest, "by hand, agent back", ["HAND", "HAND2"], before)
        s.check(f"{how}: the mark is gone", not guest.run("test -e /run/sekisho/opened", check=False).ok)
        s.check(f"{how}: the ledger verifies", guest.run("sekisho verify --all", check=False).ok)


with Scenario("the gate that was opened by hand is shut by the agent, and recorded") as s:
    opened_at_the_boot_menu(s)
    opened_and_masked(s)
    opened_by_hand(s)
