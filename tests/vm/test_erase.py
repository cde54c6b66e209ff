# SPDX-License-Identifier: GPL-3.0-or-later
"""What is left on the device of a file that was erased: a pattern that nobody else writes is put into a file, the file is
erased, and the raw device is searched for it. What the row claims must agree with what is found there."""

import json
import secrets

from guest import Guest
from scenario import Scenario, observing, rows

PACKAGES = ("cryptsetup-bin", "xfsprogs", "btrfs-progs")
FAST = "--pbkdf pbkdf2 --pbkdf-force-iterations 1000"
BRICKS = f"""
set -eu
mkdir -p /var/stacks /srv
[ -e /var/stacks/key ] || head -c 64 /dev/urandom > /var/stacks/key
disk() {{ truncate -s "$2M" /var/stacks/$1.img; losetup -f --show /var/stacks/$1.img; }}
luks() {{ cryptsetup luksFormat -q --type luks2 {FAST} --key-file /var/stacks/key $2 &&
         cryptsetup open --key-file /var/stacks/key $2 $1 && echo /dev/mapper/$1; }}
at() {{ mkdir -p /srv/$1; mount ${{3-}} "$2" /srv/$1; }}
"""
MAGNETIC, FLASH, UNPROVEN = "/dev/disk/by-id/*-WDC*", "/dev/disk/by-id/*-SSD*", "overwritten-unproven"

# (name, what makes it and mounts it at /srv/NAME; $d is left set to the raw device; after the write; the level; must the
# device be free of it, hold it, or either)
FREE, HELD, EITHER = "free", "held", "either"
STACKS = [
    ("magnetic", f"d=$(readlink -f {MAGNETIC}); mkfs.ext4 -q -F $d; at magnetic $d", "", "overwritten", FREE),
    ("magnetic-journal", f"umount /srv/magnetic; d=$(readlink -f {MAGNETIC}); mkfs.ext4 -q -F $d; at magnetic-journal $d '-o data=journal'",
     "", UNPROVEN, EITHER),
    ("magnetic-default", f"umount /srv/magnetic-journal; d=$(readlink -f {MAGNETIC}); mkfs.ext4 -q -F $d;"
     "tune2fs -o journal_data $d; at magnetic-default $d", "", UNPROVEN, EITHER),
    ("flash", f"d=$(readlink -f {FLASH}); mkfs.ext4 -q -F $d; at flash $d", "", UNPROVEN, FREE),
    ("loop", "d=$(disk loop 64); mkfs.ext4 -q $d; at loop $d", "", UNPROVEN, FREE),
    ("xfs", "d=$(disk xfs 320); mkfs.xfs -q $d; at xfs $d", "", UNPROVEN, FREE),
    ("xfs-copy", "d=$(disk xfscopy 320); mkfs.xfs -q $d; at xfs-copy $d", "cp --reflink=always $f $f.copy; sync", "unlinked-only",
     HELD),
    ("btrfs", "d=$(disk btrfs 256); mkfs.btrfs -q $d; at btrfs $d", "", "unlinked-only", EITHER),
    ("btrfs-snapshot", "d=$(disk snap 256); mkfs.btrfs -q $d; at btrfs-snapshot $d",
     "btrfs -q subvolume snapshot /srv/btrfs-snapshot /srv/btrfs-snapshot/before; sync", "unlinked-only", HELD),
    ("vfat", "d=$(disk vfat 64); mkfs.vfat $d >/dev/null; at vfat $d", "", UNPROVEN, FREE),
    ("luks", "d=$(disk luks 64); m=$(luks crypt $d); mkfs.ext4 -q $m; at luks $m", "", "encrypted-at-rest", FREE),
    ("tmpfs", "d=; at tmpfs none '-t tmpfs'", "", UNPROVEN, None),
    ("overlay", "d=$(losetup -j /var/stacks/loop.img | cut -d: -f1); mkdir /srv/loop/low /srv/loop/up /srv/loop/work;"
     "at overlay none '-t overlay -o lowerdir=/srv/loop/low,upperdir=/srv/loop/up,workdir=/srv/loop/work'", "",
     "unlinked-only", EITHER),
]


def pattern():
    return f"<{secrets.token_hex(24)}>"


def hits(guest, device, mark):
    """How often it is on the raw device now, past every cache."""
    told = guest.run(["bash", "-c", f"sync; echo 3 > /proc/sys/vm/drop_caches; grep -a -c -o -F '{mark}' {device} || true"], timeout=120)
    return int(told.out.strip() or 0)


def write(guest, name, mark, after):
    path = f"/srv/{name}/名簿.csv"
    guest.run(["bash", "-c", f"set -eu; f={path}; yes '{mark}' | head -c 300001 > $f; sync; {after or ':'}"], timeout=60)
    return path


def erase(guest, *arguments):
    told = guest.run(["sekisho", "erase", *arguments, "--yes", "--json"], check=False, timeout=120)
    return told, json.loads(told.out or "{}")


def is_erased(s, guest, name, commands, after, level, left):
    device = guest.run(["bash", "-c", BRICKS + commands + "; echo $d"], timeout=120).out.strip().splitlines()
    mark = pattern()
    path = write(guest, name, mark, after)
    before = hits(guest, device[-1], mark) if left else None
    if left and level != "encrypted-at-rest":
        s.must(f"{name}: the search finds it before", before > 0, before)
    told, answer = erase(guest, path)
    s.check(f"{name}: erased", told.status == 0, (told.out, told.err))
    [file] = rows(guest, "erase.done")[-1]["sekisho"]["details"]["files"]
    s.check(f"{name}: {level}", file.get("level") == level, file)
    s.check(f"{name}: the agent saw it before and not after", file.get("seen") and file.get("gone"), file)
    s.check(f"{name}: its name is gone", guest.run(["test", "-e", path], check=False).status != 0)
    now = hits(guest, device[-1], mark) if left else None
    s.say(f"{name}: {before} → {now} on {device[-1:]}, claimed {file.get('level')}")
    if left in (FREE, HELD):
        s.check(f"{name}: the device is {left}", (now == 0) == (left == FREE), now)
    if file.get("level") == "overwritten":
        s.check(f"{name}: what is claimed is so", now == 0, now)


def is_refused(s, guest, sentence, prepare, word, cleanup=":"):
    path = write(guest, "loop", "kept", "")
    guest.run(["bash", "-c", f"f={path}; {prepare}"], timeout=60)
    told, _ = erase(guest, path)
    guest.run(["bash", "-c", f"f={path}; {cleanup}"], timeout=60)
    s.check(f"{sentence}: refused, and says so", told.status == 1 and word in told.err, (told.status, told.err))
    s.check(f"{sentence}: untouched", guest.run(["head", "-c", "4", path]).out == "kept")


def refusals(s, guest):
    is_refused(s, guest, "immutable", "chattr +i $f", "chattr", "chattr -i $f")
    is_refused(s, guest, "mapped", "python3 -c 'import mmap,sys,time;f=open(sys.argv[1],\"r+b\");m=mmap.mmap(f.fileno(),0);"
               "f.close();time.sleep(60)' $f & echo $! > /run/mapper; sleep 3", "another program", "kill $(cat /run/mapper)")
    is_refused(s, guest, "a hard link", "ln $f /srv/loop/other", "hard links", "rm /srv/loop/other")


def survives_a_kill(s, guest):
    """Killed in the middle: the row before tells of it, and running it again finishes it."""
    path = "/srv/loop/long"
    guest.run(["bash", "-c", f"head -c 30000000 /dev/urandom > {path}; sync"], timeout=60)
    guest.run(["bash", "-c", f"sekisho erase {path} --yes & sleep 0.7; while ! sekisho log --json --kind erase.begun | grep -q {path};"
               "do sleep 0.05; done; kill -9 $!; wait || true"], check=False, timeout=60)
    begun = rows(guest, "erase.begun")[-1]
    s.check("killed: the intent is a row", path in begun["sekisho"]["object"], begun)
    there = guest.run(["test", "-e", path], check=False).status == 0
    s.say(f"killed: its name is {'still there' if there else 'gone already'}")
    if there:
        document = guest.run(f"sekisho erase certificate {begun['event']['sequence']} --json", check=False)
        s.check("killed: its certificate is not complete", document.status == 1, document.out)
        told, _ = erase(guest, path)
        s.check("killed: run again it is finished", told.status == 0, told.err)
    s.check("killed: nothing is left", guest.run(["test", "-e", path], check=False).status != 0)


def main():
    extra = []
    with Scenario("what is left of an erased file, and what is claimed") as s:
        for i, (model, rate) in enumerate((("WDC WD10EZEX", 7200), ("SSD 870", 1))):
            image = s.path(f"disk{i}.img")
            with open(image, "wb") as file:
                file.truncate(64 << 20)
            extra += ["-drive", f"id=erase{i},if=none,format=raw,file={image},discard=ignore",
                      "-device", f"ide-hd,drive=erase{i},bus=ide.{i},model={model},rotation_rate={rate},serial=E{i}"]
        with Guest(observing(PACKAGES), extra=extra) as guest:
            guest.wait_booted()
            guest.run("modprobe -a loop dm_crypt overlay xfs btrfs vfat || true")
            for stack in STACKS:
                is_erased(s, guest, *stack)
            refusals(s, guest)
            survives_a_kill(s, guest)
            verified = guest.run("sekisho verify --all", check=False, timeout=120)
            s.check("the ledger verifies", verified.status == 0, verified.out)


main()
