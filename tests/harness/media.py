# SPDX-License-Identifier: GPL-3.0-or-later
"""Image files for sticks: raw patterns, partitions, file systems, LUKS. Nothing is mounted.

All functions take the path to write and a size in MiB, replace what was there, and return the
path. Every 512 bytes of a pattern name their own place, so that a test that finds a piece of it
somewhere can say which piece it is.
"""

import os
import subprocess
import tempfile
from pathlib import Path

from rootfs import checked

MIB = 1 << 20
FIRST = 2048  # sectors before the first partition, as every partitioning program leaves them
MARK = b"SEKISHO-TEST"
PASSPHRASE = "correct horse"
BASIC_DATA = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"  # the GPT type of what Windows formats


def sector(number, mark=MARK):
    """The pattern's 512 bytes for one sector."""
    return (b"%s %012d " % (mark, number)).ljust(64, b".") * 8


def pattern(path, size=32, mark=MARK):
    """A stick without partitions, full of a pattern that shows where each byte came from."""
    with open(path, "wb") as file:
        for start in range(0, size * MIB // 512, 2048):
            file.write(b"".join(sector(start + i, mark) for i in range(2048)))
    return Path(path)


def vfat(path, size=64, label="STICK"):
    """An MBR with one empty FAT partition, as sticks are sold."""
    blank(path, size)
    partition(path, f"label: dos\nstart={FIRST}, type=c\n")
    into(path, FIRST, lambda part: _make_vfat(part, label), size * MIB - FIRST * 512)
    return Path(path)


def ext4(path, size=64, files=None, label="STICK"):
    """An MBR with one ext4 partition that has `files` ({name: bytes}) in it."""
    blank(path, size)
    partition(path, f"label: dos\nstart={FIRST}, type=83\n")
    into(path, FIRST, lambda part: _make_ext4(part, files or {}, label), size * MIB - FIRST * 512)
    return Path(path)


def superfloppy(path, size=64, label="STICK"):
    """A FAT on the whole stick, no partition table."""
    blank(path, size)
    _make_vfat(path, label)
    return Path(path)


def luks(path, size=64, passphrase=PASSPHRASE):
    """LUKS2 on the whole stick; empty inside, for only a guest can open it."""
    blank(path, size)
    _make_luks(path, passphrase)
    return Path(path)


def luks_partition(path, size=64, passphrase=PASSPHRASE, plain_beside=False):
    """GPT with a LUKS2 partition; with `plain_beside` a FAT partition follows it."""
    middle = size * MIB // 512 * 2 // 3 // FIRST * FIRST if plain_beside else None
    end = middle or size * MIB // 512 - FIRST
    blank(path, size)
    script = f"label: gpt\nstart={FIRST}, size={end - FIRST}, type=linux\n"
    if plain_beside:
        script += f"start={middle}, type={BASIC_DATA}\n"
    partition(path, script)
    into(path, FIRST, lambda part: _make_luks(part, passphrase), (end - FIRST) * 512)
    if plain_beside:
        length = size * MIB - (middle + FIRST) * 512
        into(path, middle, lambda part: _make_vfat(part, "PLAIN"), length)
    return Path(path)


def gpt(path, size=64):
    """GPT (with its protective MBR) and two FAT partitions."""
    half = FIRST + (size * MIB // 512 - 2 * FIRST) // 2
    blank(path, size)
    partition(path, f"label: gpt\nstart={FIRST}, size={half - FIRST}, type={BASIC_DATA}\n"
                    f"start={half}, type={BASIC_DATA}\n")
    for number, start in enumerate((FIRST, half)):
        into(path, start, lambda part, n=number: _make_vfat(part, f"PART{n}"), (half - FIRST) * 512)
    return Path(path)


def hybrid(path, size=64):
    """MBR and GPT that disagree: readers of the one see other partitions than readers of the other."""
    gpt(path, size)
    sectors = size * MIB // 512
    entry = bytes([0, 0xFE, 0xFF, 0xFF, 0x0C, 0xFE, 0xFF, 0xFF])
    entry += (sectors // 2).to_bytes(4, "little") + (sectors // 4).to_bytes(4, "little")
    write_at(path, 446, entry)
    return Path(path)


def blank(path, size):
    """A sparse file of zeros, as long as the stick."""
    with open(path, "wb") as file:
        file.truncate(size * MIB)


def partition(path, script):
    """Writes a partition table, given in sfdisk's own language."""
    done = subprocess.run(["sfdisk", "--quiet", str(path)], input=script, text=True, timeout=30,
                          capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"sfdisk: {done.stderr}")


def into(path, start, make, length):
    """Has `make(file)` fill a file of `length` bytes and puts that at sector `start`."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        part = Path(folder) / "part"
        with open(part, "wb") as file:
            file.truncate(length)
        make(part)
        checked(["dd", f"if={part}", f"of={path}", "bs=512", f"seek={start}",
                 "conv=notrunc,sparse", "status=none"], 60)


def write_at(path, offset, data):
    with open(path, "r+b") as file:
        os.pwrite(file.fileno(), data, offset)


def _make_vfat(path, label):
    checked(["mkfs.vfat", "-n", label, str(path)], 30)


def _make_ext4(path, files, label):
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        for name, data in files.items():
            target = Path(folder) / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        checked(["mke2fs", "-q", "-t", "ext4", "-L", label, "-d", folder, str(path)], 60)


def _make_luks(path, passphrase):
    with tempfile.NamedTemporaryFile() as key:
        key.write(passphrase.encode())
        key.flush()
        checked(["cryptsetup", "luksFormat", "--batch-mode", "--type", "luks2", "--pbkdf", "pbkdf2",
                 "--pbkdf-force-iterations", "1000", "--key-file", key.name, str(path)], 60)
