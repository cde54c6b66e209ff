# SPDX-License-Identifier: GPL-3.0-or-later
"""One device of several logical units, disks and optical drives: each is held to what was approved."""

from devices import Enclosure, Lun
from guest import Guest
from scenario import (Keyboard, Scenario, comes_true, enforcing, is_shut, last_sequence, media, start_racer,
                      stop_racer, text_of, usb_disks, wait_rows)

OPERATOR = 1000
ENCLOSURE = "46f4:0001"


def approve(guest, serial, *words):
    guest.run(["sekisho", "usb", "allow", f"{ENCLOSURE}:{serial}", *words])


def wait_disks(guest, number):
    guest.wait_for(lambda: len(usb_disks(guest)) == number, 40, label=f"{number} disks on USB")
    guest.run("udevadm settle")
    return usb_disks(guest)


def property_of(guest, disk, name):
    return guest.run(f"udevadm info -q property --property={name} --value /dev/{disk}", check=False).out


def plain(s, name):
    return Lun(media.vfat(s.path(f"{name}.img"), 8))


def crypt(s, name):
    return Lun(media.luks(s.path(f"{name}.img")))


def disc(s, name, make=media.pattern):
    return Lun(make(s.path(f"{name}.iso"), 32), optical=True)


def unapproved(s, guest):
    before = last_sequence(guest)
    racer = start_racer(guest)
    device = guest.plug(Enclosure([plain(s, "u0"), plain(s, "u1"), disc(s, "u2"), Lun(optical=True)], serial="NOBODYS"))
    blocked = wait_rows(guest, "usb.blocked", 1, before)
    loot = stop_racer(racer)
    s.check("unapproved: one row for the device, not one for each unit",
            len(blocked) == 1 and "NOBODYS" in text_of(blocked[0]), [text_of(r) for r in blocked])
    s.must("unapproved: no unit has a node", not usb_disks(guest) and not loot["nodes"], (usb_disks(guest), loot))
    s.must("unapproved: nothing was read", loot["bytes"] == 0, loot)
    guest.unplug(device)


def usable(s, guest):
    approve(guest, "PLAIN")
    device = guest.plug(Enclosure([plain(s, "p0"), plain(s, "p1"), disc(s, "p2")], serial="PLAIN"))
    disks = wait_disks(guest, 3)
    for disk in disks:
        read = guest.run(f"dd if=/dev/{disk} of=/dev/null bs=2048 count=64", check=False)
        s.check(f"approved: {disk} is read", read.ok, read.err)
    s.check("approved: the optical drive is among them", [d[:2] for d in disks].count("sr") == 1, disks)
    guest.unplug(device)


def read_only(s, guest):
    approve(guest, "READONLY", "--read-only")
    device = guest.plug(Enclosure([plain(s, "r0"), plain(s, "r1"), disc(s, "r2")], serial="READONLY"))
    for disk in wait_disks(guest, 3):
        guest.wait_for(f"test $(cat /sys/block/{disk}/ro) = 1", 20)
        s.check(f"read-only: the kernel holds {disk} so", guest.run(f"blockdev --getro /dev/{disk}").out == "1")
        wrote = guest.run(f"dd if=/dev/zero of=/dev/{disk} bs=2048 count=1 conv=fsync,nocreat", check=False)
        s.check(f"read-only: root can't write to {disk}", not wrote.ok, wrote.err)
        s.check(f"read-only: {disk} is read", guest.run(f"dd if=/dev/{disk} of=/dev/null bs=2048 count=64", check=False).ok)
    guest.unplug(device)


def encrypted(s, guest):
    approve(guest, "CRYPT", "--encrypted")
    racer = start_racer(guest, uid=OPERATOR)
    before = last_sequence(guest)
    luns = [crypt(s, "c0"), crypt(s, "c1"), disc(s, "c2", media.luks), Lun(optical=True)]
    device = guest.plug(Enclosure(luns, serial="CRYPT"))
    disks = wait_disks(guest, 4)
    opened = sorted(disks)[:3]  # sda, sdb, sr0: the drive behind them is empty
    for disk in opened:
        guest.wait_for(lambda d=disk: property_of(guest, d, "SEKISHO_MEDIUM") == "open", 60, label=f"{disk} to be open")
        inside = guest.run(f"echo -n {media.PASSPHRASE} | cryptsetup open --readonly /dev/{disk} inside - && "
                           "dd if=/dev/mapper/inside of=/dev/null bs=4096 count=16; cryptsetup close inside", check=False)
        s.check(f"encrypted: what is in {disk} is unlocked and read", inside.ok, inside.err)
        s.check(f"encrypted: {disk} itself is root's alone", guest.run(f"stat -c %U:%a /dev/{disk}").out == "root:600")
    s.check("encrypted: the empty drive is held", property_of(guest, sorted(disks)[3], "SEKISHO_MEDIUM") == "hold")
    s.check("encrypted: nothing was refused", not wait_rows(guest, "medium.refused", 1, before, timeout=1))
    loot = stop_racer(racer)
    s.must("encrypted: the operator's racing reader got 0 bytes", loot["bytes"] == 0, loot)
    guest.unplug(device)


def one_is_plain(s, guest, what, luns):
    before = last_sequence(guest)
    racer = start_racer(guest, uid=OPERATOR)
    device = guest.plug(Enclosure(luns, serial="CRYPT"))
    refused = wait_rows(guest, "medium.refused", 1, before, timeout=60)
    shut = comes_true(lambda: is_shut(guest))
    loot = stop_racer(racer)
    s.check(f"{what}: refused", len(refused) == 1, [text_of(r) for r in refused])
    blocked = wait_rows(guest, "usb.blocked", 1, before)
    s.check(f"{what}: the whole device is shut, as a violation",
            shut and len(blocked) == 1 and "not-encrypted" in text_of(blocked[0]) and "violation" in text_of(blocked[0]),
            [text_of(r) for r in blocked])
    s.must(f"{what}: the operator's racing reader got 0 bytes", loot["bytes"] == 0, loot)
    guest.unplug(device)


def disc_comes_later(s, guest):
    """An empty drive is held; what is then put into it is looked at."""
    before = last_sequence(guest)
    device = guest.plug(Enclosure([Lun(optical=True)], serial="CRYPT"))
    [drive] = wait_disks(guest, 1)
    s.check("an empty drive: not refused", not wait_rows(guest, "medium.refused", 1, before, timeout=3))
    s.check("an empty drive: root's alone", guest.run(f"stat -c %U:%a /dev/{drive}").out == "root:600")
    racer = start_racer(guest, uid=OPERATOR)
    guest.qmp("blockdev-change-medium", id=f"{device.id}-lun0", filename=str(media.pattern(s.path("later.iso"), 8)),
              format="raw", **{"read-only-mode": "read-only"})
    refused = wait_rows(guest, "medium.refused", 1, before, timeout=60)
    s.check("a plain disc put in later: refused", len(refused) == 1 and comes_true(lambda: is_shut(guest)), [text_of(r) for r in refused])
    loot = stop_racer(racer)
    s.must("a plain disc put in later: the operator's racing reader got 0 bytes", loot["bytes"] == 0, loot)
    guest.unplug(device)


with Scenario("each logical unit is held to what its device is approved for") as s:
    with Guest(enforcing(), usb=[Keyboard()]) as guest:
        guest.wait_booted()
        for part in (unapproved, usable, read_only, encrypted):
            part(s, guest)
        one_is_plain(s, guest, "a plain disk behind an encrypted one", [crypt(s, "d0"), plain(s, "d1")])
        one_is_plain(s, guest, "a plain disc behind two encrypted disks", [crypt(s, "e0"), crypt(s, "e1"), disc(s, "e2")])
        disc_comes_later(s, guest)
        s.check("the ledger verifies", guest.run("sekisho verify --all", check=False).ok)
