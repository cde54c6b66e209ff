# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices that plug themselves in again and again: bounded work, few rows, and the rest of the gate goes on."""

import sys

sys.path.append(sys.path.pop(0))  # `gadget` is the harness's, not the folder beside this file
from gadget import Gadget, install
from guest import Guest
from scenario import (FULL, Keyboard, Scenario, comes_true, enforcing, keyboard_works, last_sequence, rows, scaled,
                      sequence, taken_from, text_of, wait_named)

PLUGS = scaled(140, 10000)  # none of them a flood
FLOODED = scaled(500, 10000)
PORTS = range(8)  # of the virtual controller
PLUGGED, PULLED = scaled((1, 0.5), (0.4, 0.2))  # seconds at least; the kernel takes its own besides
SPARE = 1024  # KiB: what malloc and SQLite keep for later
QUIET = 150  # seconds: a minute of quiet, and the next round


class Agent:
    """What sekishod takes of the guest."""

    def __init__(self, guest):
        self.guest = guest
        self.pid = guest.run("systemctl show -p MainPID --value sekishod").out

    def memory(self):
        """KiB that nobody else shares."""
        lines = self.guest.run(f"cat /proc/{self.pid}/smaps_rollup").out.splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))

    def seconds(self):
        """Of processor time, so far."""
        words = self.guest.run(f"cat /proc/{self.pid}/stat").out.rsplit(")", 1)[1].split()
        return (int(words[11]) + int(words[12])) / 100


def ledger_size(guest):
    return int(guest.run("du -sk /var/lib/sekisho/ledger").out.split()[0])


def hurry(guest):
    """The kernel takes three tenths of a second for a plug; a bad device's port may well be a faster one."""
    guest.run("modprobe vhci-hcd; for q in /sys/devices/platform/vhci_hcd.0/usb*/*-0:1.0/usb*-port*/quirks; do echo 3 > $q; done")


def about(guest, word, after, kind="usb.*"):
    return [r for r in rows(guest, kind, after) if word in text_of(r)]


# ---- A flood ---------------------------------------------------------------------------------------


def flap(guest, name):
    """Events of a device that comes and goes 50 times a second, or as fast as this machine can; until its port is
    off. Real plugs are slower than that: the kernel waits 0.1 s for a connection to settle."""
    return guest.start_job(f"for i in $(seq {FLOODED}); do echo remove > /sys/bus/usb/devices/{name}/uevent && "
                           f"echo add > /sys/bus/usb/devices/{name}/uevent || break; sleep 0.02; done; echo $i")


def the_rest_goes_on(s, guest):
    """While the flood lasts."""
    before = last_sequence(guest)
    stranger = guest.plug(s.stick("STRANGER", port="5"))
    s.must("meanwhile an unapproved stick is blocked", wait_named(guest, "usb.blocked", "STRANGER", before) != [] and
            taken_from(guest, stranger) == 0)
    friend = guest.plug(s.stick("FRIEND", port="6"))
    used = guest.run("for i in $(seq 300); do mount /dev/disk/by-id/usb-*_FRIEND-*-part1 /mnt && break; sleep 0.1; done; "
                     "echo kept > /mnt/note && umount /mnt", check=False, timeout=90)
    s.check("meanwhile an approved one is usable", used.ok, used)
    s.check("meanwhile the keyboard works", keyboard_works(guest))
    guest.unplug(stranger), guest.unplug(friend)


def flooded(s, guest, agent):
    before = last_sequence(guest)
    flood = guest.plug(s.stick("FLOOD", port="7"))
    wait_named(guest, "usb.blocked", "FLOOD", before)
    name = guest.run("basename $(dirname $(grep -lx FLOOD /sys/bus/usb/devices/*/serial))").out
    bus, port = name.split("-")
    switch = f"/sys/bus/usb/devices/{bus}-0:1.0/usb{bus}-port{port}/disable"
    spent, size, memory = agent.seconds(), ledger_size(guest), agent.memory()
    flapping = flap(guest, name)
    the_rest_goes_on(s, guest)
    s.check("a port that is flooded is switched off", comes_true(lambda: guest.run(f"cat {switch}").out == "1", 60))
    begun = [r for r in about(guest, "FLOOD", before) if '"flooded"' in text_of(r)]
    s.check("one row says so, a violation", len(begun) == 1 and "violation" in text_of(begun[0]), begun)
    flapping.wait(120)
    after = [r for r in about(guest, "FLOOD", before) if sequence(r) > sequence(begun[0])] if begun else []
    s.say(f"a flood of {flapping.poll().out} plugs: {memory} → {agent.memory()} KiB private, {agent.seconds() - spent:.1f} s "
          f"of processor, {len(about(guest, 'FLOOD', before))} rows, the ledger grew by {ledger_size(guest) - size} KiB")
    # That plug itself is blocked, and goes.
    s.check("its further plugs have no rows of their own", len(after) <= 2, [text_of(r) for r in after][:3])
    s.check("and memory stays flat", agent.memory() <= memory + SPARE, memory)
    guest.unplug(flood)
    return before, switch


def ends(s, guest, before, switch):
    s.check("after a minute of quiet the port is on again", comes_true(lambda: guest.run(f"cat {switch}").out == "0", QUIET))
    folded = wait_named(guest, "usb.blocked", '"folded"', before)
    s.check("and one row counts what was folded", len(folded) == 1, [text_of(r) for r in folded])
    last = last_sequence(guest)
    guest.plug(s.stick("CALM", port="7"))
    s.check("and it serves again", len(wait_named(guest, "usb.blocked", "CALM", last)) == 1)


# ---- Many plugs that are no flood --------------------------------------------------------------------


def plug_often(guest, number):
    """So many plugs, over all ports, at most 20 in 10 seconds at each."""
    devices = [Gadget(guest, "stick", serial=f"OFTEN{port}", port=port, seconds=PLUGGED, pause=PULLED,
                      repeat=number // len(PORTS)) for port in PORTS]
    return sum(device.wait(number * 20) for device in devices)


def often(s, guest, agent):
    before = last_sequence(guest)
    done = plug_often(guest, PLUGS // 10)
    start, seconds, size = agent.memory(), agent.seconds(), ledger_size(guest)
    more = plug_often(guest, PLUGS - PLUGS // 10)
    end, spent, grown = agent.memory(), agent.seconds() - seconds, ledger_size(guest) - size
    s.say(f"{more} plugs: {start} → {end} KiB private, {1000 * spent / more:.1f} ms of processor a plug, "
          f"the ledger grew by {grown} KiB")
    blocked = about(guest, "OFTEN", before, "usb.blocked")
    s.say(f"{len(blocked)} of {done + more} were there for long enough to be looked at")
    s.check("what is no flood is not folded", blocked != [] and not [r for r in blocked if "flood" in text_of(r)])
    s.check("and memory stays flat", end <= start + SPARE, (start, end))


with Scenario("a device that plugs itself in again and again does no harm") as s:
    with Guest(enforcing(), usb=[Keyboard(port="4")]) as guest:
        guest.wait_booted()
        install(guest)
        hurry(guest)
        guest.run("sekisho usb allow 46f4:0001:FRIEND")
        agent = Agent(guest)
        before, switch = flooded(s, guest, agent)
        often(s, guest, agent)
        if FULL:
            ends(s, guest, before, switch)
        s.check("sekishod is the same process as before",
                guest.run("systemctl show -p MainPID --value sekishod").out == agent.pid)
        s.check("the ledger verifies", guest.run("sekisho verify --all", check=False, timeout=600).ok)
