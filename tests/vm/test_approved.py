# SPDX-License-Identifier: GPL-3.0-or-later
"""What an approval gives: a usable stick, a read-only one, an encrypted one, one until a moment."""

from guest import Guest
from patience import patience
from scenario import (Keyboard, Scenario, Stick, comes_true, enforcing, is_shut, last_sequence, media, start_racer,
                      stop_racer, text_of, usb_disks, wait_named, wait_rows)

OPERATOR = 1000
QEMU_STICK = "46f4:0001"


def approve(guest, serial, *words):
    guest.run(["sekisho", "usb", "allow", f"{QEMU_STICK}:{serial}", *words])


def disk_of(guest, timeout=15):
    """The one USB disk, once it is there; None if none comes."""
    disks = comes_true(lambda: usb_disks(guest), timeout)
    guest.run("udevadm settle")
    return disks[0] if disks else None


def usable(s, guest):
    approve(guest, "PLAIN", "--reason", "for the test")
    stick = guest.plug(s.stick("PLAIN"))
    disk = disk_of(guest)
    s.check("an approved stick has its disk", disk is not None)
    written = guest.run(f"mount /dev/{disk}1 /mnt && echo hello > /mnt/a && sync && cat /mnt/a; umount /mnt", check=False)
    s.check("it is mounted, written to and read", "hello" in written.out, written.err)
    s.check("its mount is recorded", wait_rows(guest, "medium.mounted", 1) != [])
    s.check("its use is recorded as usb.allowed", wait_named(guest, "usb.allowed", "PLAIN") != [])
    guest.unplug(stick)


def read_only(s, guest):
    approve(guest, "READONLY", "--read-only")
    stick = guest.plug(s.stick("READONLY"))
    disk = disk_of(guest)
    s.check("a read-only stick has its disk", disk is not None)
    s.check("the kernel holds it read-only", guest.run(f"cat /sys/block/{disk}/ro", check=False).out.strip() == "1"
            or not guest.run(f"dd if=/dev/zero of=/dev/{disk} bs=512 count=1 conv=fsync", check=False).ok)
    # udev reads the partition table anew after each try: the partition's node goes and comes back.
    s.check("root can't write to the disk",
            not guest.run(f"dd if=/dev/zero of=/dev/{disk} bs=512 count=1 conv=fsync,nocreat", check=False).ok)
    guest.wait_for(f"udevadm settle; test -b /dev/{disk}1", 20)
    s.check("nor to its partition",
            not guest.run(f"dd if=/dev/zero of=/dev/{disk}1 bs=512 count=1 conv=fsync,nocreat", check=False).ok)
    guest.wait_for(f"udevadm settle; test -b /dev/{disk}1", 20)
    s.check("it can be read", guest.run(f"mount -o ro /dev/{disk}1 /mnt && umount /mnt", check=False).ok)
    guest.unplug(stick)


def refused_medium(s, guest, serial, path, what):
    """An identity approved for encrypted media only, with something readable on it."""
    before = last_sequence(guest)
    racer = start_racer(guest, uid=OPERATOR)
    stick = guest.plug(Stick(path, serial=serial))
    refused = wait_rows(guest, "medium.refused", 1, before, timeout=40)
    shut = comes_true(lambda: is_shut(guest))
    loot = stop_racer(racer)
    s.must(f"{what}: refused", len(refused) == 1, len(refused))
    s.must(f"{what}: the operator's racing reader got 0 bytes", loot["bytes"] == 0, loot)
    s.check(f"{what}: the device is shut", shut)
    guest.unplug(stick)


def encrypted(s, guest):
    approve(guest, "CRYPT", "--encrypted")
    racer = start_racer(guest, uid=OPERATOR)
    stick = guest.plug(Stick(media.luks(s.path("luks.img")), serial="CRYPT"))
    disk = disk_of(guest)
    s.check("an encrypted stick has its disk", disk is not None)
    guest.wait_for(f"udevadm info /dev/{disk} | grep -q 'SYSTEMD_READY=0' && exit 1; cryptsetup isLuks /dev/{disk}", 40)
    opened = guest.run(f"echo -n {media.PASSPHRASE} | cryptsetup open /dev/{disk} inside - && mkfs.ext4 -q /dev/mapper/inside "
                       "&& mount /dev/mapper/inside /mnt && echo secret > /mnt/s && sync && cat /mnt/s", check=False, timeout=180)
    s.check("it is unlocked, formatted and mounted", "secret" in opened.out, opened.err)
    s.check("its mount through dm-crypt is recorded", wait_named(guest, "medium.mounted", "inside") != [])
    guest.run("umount /mnt; cryptsetup close inside", check=False)
    loot = stop_racer(racer)
    s.must("the operator's racing reader got 0 bytes from it", loot["bytes"] == 0, loot)
    guest.unplug(stick)
    refused_medium(s, guest, "CRYPT", media.vfat(s.path("plain.img")), "same identity without LUKS")
    refused_medium(s, guest, "CRYPT", media.luks_partition(s.path("beside.img"), plain_beside=True),
                   "a plain partition beside the LUKS one")
    garbage = media.luks_partition(s.path("garbage.img"))
    media.write_at(garbage, 600 * 1024, b"secret notes")
    refused_medium(s, guest, "CRYPT", garbage, "bytes outside of every partition")


def until(s, guest):
    end = int(guest.run("date +%s").out) + int(patience(45))
    stamp = guest.run(f"date -u -d @{end} +%Y-%m-%dT%H:%M:%SZ").out.strip()
    before = last_sequence(guest)
    approve(guest, "TIMED", "--until", stamp)
    stick = guest.plug(s.stick("TIMED"))
    s.check("a timed approval works before its end", disk_of(guest) is not None)
    guest.run(f"sleep $(( {end} - $(date +%s) ))", timeout=600)
    s.check("after its end the stick is gone while plugged in", comes_true(lambda: is_shut(guest), 5),
            guest.run("sekisho usb list", check=False).out)
    ended = wait_named(guest, "usb.blocked", "TIMED", before)
    s.check("its end is recorded with the reason", len(ended) == 1 and "expired" in text_of(ended[0]), ended)
    guest.unplug(stick)


def forget(s, guest):
    stick = guest.plug(s.stick("PLAIN2"))
    wait_named(guest, "usb.blocked", "PLAIN2")
    listed = guest.run("sekisho usb list --json").json
    number = next(d["number"] for d in listed if d.get("serial") == "PLAIN2")
    guest.run(["sekisho", "usb", "allow", str(number)])
    s.check("approved by its number it works without re-plugging", disk_of(guest) is not None)
    guest.run(["sekisho", "usb", "forget", f"{QEMU_STICK}:PLAIN2"])
    s.check("forgotten it is gone while plugged in", comes_true(lambda: is_shut(guest), 5))
    guest.unplug(stick)


def agent_ended(s, guest):
    """However the agent ends, what only a living one may allow ends with it."""
    approve(guest, "CONDITIONAL", "--read-only")
    stick = guest.plug(s.stick("CONDITIONAL"))
    for how in ("systemctl kill -s SIGKILL sekishod; systemctl stop sekishod",
                "systemctl mask --runtime --now sekishod",
                "systemctl mask --runtime sekishod; systemctl kill -s SIGKILL sekishod"):
        s.check("a living agent allows it", disk_of(guest) is not None)
        guest.run(how)
        s.check(f"shut after: {how}", comes_true(lambda: is_shut(guest), 10), guest.run("lsblk").out)
        guest.run("systemctl unmask --runtime sekishod; systemctl start sekishod")
    guest.unplug(stick)


with Scenario("an approved stick is usable as far as it was approved") as s:
    with Guest(enforcing(), usb=[Keyboard()]) as guest:
        guest.wait_booted()
        for part in (usable, read_only, encrypted, until, forget, agent_ended):
            part(s, guest)
        s.check("the ledger verifies", guest.run("sekisho verify --all", check=False).ok)
