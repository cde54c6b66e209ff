# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel and initramfs off a guest's disk, unpacked on the way.

An emulated processor takes eight seconds to unpack the two; the host's takes one. Nothing else
about them changes: the kernel starts by its PVH entry, the initramfs is the same archive.
"""

import gzip
import lzma
import shutil
import struct
import subprocess

from rootfs import checked

UNPACKERS = {b"\x1f\x8b": gzip.decompress,
             b"\xfd7zXZ": lambda data: lzma.LZMADecompressor().decompress(data),
             b"\x28\xb5\x2f\xfd": lambda data: piped(["zstd", "-dcq"], data),
             b"\x04\x22\x4d\x18": lambda data: piped(["lz4", "-dcq"], data)}
PREFIXES = {"vmlinuz-": "kernel", "initrd.img-": "initrd"}


def extract(disk, folder):
    """Fills `folder` with kernel-RELEASE and initrd-RELEASE from an ext4 image, without mounting."""
    raw = folder / "raw"
    raw.mkdir(parents=True)
    checked(["debugfs", "-R", f"rdump /boot {raw}", str(disk)], timeout=60)
    for path in (raw / "boot").iterdir():
        for prefix, kind in PREFIXES.items():
            if path.name.startswith(prefix):
                unpack = unpack_kernel if kind == "kernel" else unpack_initrd
                data = unpack(path.read_bytes())
                (folder / f"{kind}-{path.name.removeprefix(prefix)}").write_bytes(data)
    shutil.rmtree(raw)


def unpack_kernel(data):
    """The ELF inside a bzImage (its place stands in the boot header); as it was if there is none."""
    setup_sectors = data[0x1F1] or 4
    offset, length = struct.unpack_from("<II", data, 0x248)
    payload = data[(setup_sectors + 1) * 512 + offset:][:length]
    elf = unpack(payload)
    return elf if elf.startswith(b"\x7fELF") else data


def unpack_initrd(data):
    """An initramfs with its last archive unpacked; plain ones (microcode) may stand before it."""
    start = end_of_plain_archives(data)
    return data[:start] + unpack(data[start:])


def end_of_plain_archives(data):
    """Where the first thing begins that is neither a cpio member (newc) nor padding."""
    at = 0
    while True:
        while data[at:at + 4] == b"\0\0\0\0":
            at += 4
        if data[at:at + 6] != b"070701":
            return at
        size, name = (int(data[at + i:at + i + 8], 16) for i in (54, 94))
        at += -(-(110 + name) // 4) * 4
        at += -(-size // 4) * 4


def unpack(data):
    """What is inside, or the data as it is when nothing here can unpack it."""
    for magic, unpacker in UNPACKERS.items():
        if data.startswith(magic):
            try:
                return unpacker(data)
            except FileNotFoundError:  # no such tool on this host: slower, not wrong
                return data
    return data


def piped(argv, data):
    """Runs a filter; a kernel's payload has its length behind it, which unpackers complain about."""
    return subprocess.run(argv, input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          timeout=60, check=False).stdout
