# SPDX-License-Identifier: GPL-3.0-or-later
"""Guest images, built once and cached: bare, with a .deb installed, or prepared by commands.

    python3 tests/harness/image.py build [--deb sekisho.deb] [--suite bookworm] [--with PACKAGE]…
"""

import argparse
import dataclasses
import json
import re
import shutil
import sys
import time
from pathlib import Path

import aptsources
import bootfiles
import rootfs
from cache import Cache, Layer, key_of


@dataclasses.dataclass(frozen=True)
class Image:
    """A disk image and the kernels in it. It stays in the cache as long as this object lives."""

    layer: Layer
    suite: str

    @property
    def key(self):
        return self.layer.key

    @property
    def disk(self):
        return self.layer.path / "disk.ext4"

    @property
    def releases(self):
        """The kernel releases installed, newest first."""
        names = [p.name.partition("-")[2] for p in self.layer.path.glob("boot/kernel-*")]
        return sorted(names, key=_version, reverse=True)

    def kernel(self, release=None):
        return self.layer.path / "boot" / f"kernel-{release or self.releases[0]}"

    def packed_kernel(self, release=None):
        """The kernel as it is in /boot, of an encrypted image: eight seconds slower to start, but by its own
        loader, which tells it of the text screen."""
        return self.layer.path / "boot" / f"packed-{release or self.releases[0]}"

    def initrd(self, release=None):
        return self.layer.path / "boot" / f"initrd-{release or self.releases[0]}"


def _version(release):
    return [int(number) for number in re.findall(r"\d+", release)]


def base(suite, cache):
    """The tree that all images of a suite start from."""
    key = key_of(suite, aptsources.sources_for(suite), rootfs.PACKAGES, rootfs.CUSTOMIZE)
    return cache.layer(f"base-{suite}", key,
                       lambda folder: rootfs.bootstrap(folder / "root", suite))


def build(deb=None, suite=None, packages=(), cache=None, modules="list"):
    """An image of a Debian without (bare) or with a .deb; `packages` are added from Debian. Its initramfs has the
    modules on a list of what guests need or, with "most", those that it has on any Debian."""
    cache = cache or Cache()
    suite = suite or aptsources.host_suite()
    start = base(suite, cache)
    deb = Path(deb) if deb else None
    key = key_of(start.key, rootfs.finishing(modules), rootfs.DISK_SIZE, *sorted(rootfs.INSIDE.iterdir()),
                 " ".join(packages), *([deb] if deb else []))

    def fill(folder):
        with cache.scratch() as scratch:
            root = scratch / "root"
            rootfs.checked(["cp", "-a", "--reflink=auto", str(start.path / "root"), str(root)], 300)
            if deb or packages:
                rootfs.install(root, packages, deb)
            rootfs.finish(root, modules)
            rootfs.make_disk(root, folder / "disk.ext4")
        bootfiles.extract(folder / "disk.ext4", folder / "boot")

    return Image(cache.layer(f"{'deb' if deb else 'bare'}-{suite}", key, fill), suite)


def prepared(parent, commands, files=None, usb=(), cache=None, timeout=1200):
    """`parent` booted once: `files` ({guest path: host path}) pushed, commands run, powered off.

    Its initramfs is the one that stands on its disk afterwards, which is the point of it.
    """
    from guest import Guest  # guest needs images, not the other way round, but for this

    cache = cache or Cache()
    files = {target: Path(source) for target, source in (files or {}).items()}
    key = key_of(parent.key, json.dumps(list(commands)), *files.keys(), *files.values())

    def fill(folder):
        disk = folder / "disk.ext4"
        rootfs.checked(["cp", "--sparse=always", str(parent.disk), str(disk)], 300)
        with Guest(parent, disk=disk, usb=usb) as guest:
            guest.wait_booted()
            for target, source in files.items():
                guest.push(source, target)
            for command in commands:
                guest.run(command, timeout=timeout)
            guest.poweroff()
        bootfiles.extract(disk, folder / "boot")

    return Image(cache.layer(f"prepared-{parent.suite}", key, fill), parent.suite)


def encrypted(parent, passphrase, uuid, cache=None):
    """`parent` with its root file system inside LUKS2; kernels and initramfs as they were, outside.

    Theirs has to know the UUID (/etc/crypttab, option initramfs). Cheap to open, for an emulated
    processor; no guest with this disk can have it `persistent`, for /boot is not to be read any more.
    """
    cache = cache or Cache()

    def fill(folder):
        shutil.copytree(parent.layer.path / "boot", folder / "boot")
        for release in parent.releases:
            packed = folder / "boot" / f"packed-{release}"
            rootfs.checked(["debugfs", "-R", f"dump /boot/vmlinuz-{release} {packed}", str(parent.disk)], 60)
        rootfs.encrypt_disk(parent.disk, folder / "disk.ext4", passphrase, uuid)

    key = key_of(parent.key, passphrase, uuid, rootfs.ENCRYPTED_SIZE)
    return Image(cache.layer(f"encrypted-{parent.suite}", key, fill), parent.suite)


def bare(suite=None, packages=(), **options):
    """The image without sekisho: what the tests' oracles are proven on."""
    return build(None, suite, packages, **options)


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    verb = verbs.add_parser("build", help="build an image, or find it in the cache")
    verb.add_argument("--deb", type=Path, help="the package to install (none: a bare image)")
    verb.add_argument("--suite", help="bookworm or trixie (default: the host's own)")
    verb.add_argument("--with", dest="packages", action="append", default=[], metavar="PACKAGE",
                      help="a Debian package to add")
    verb.add_argument("--command", dest="commands", action="append", default=[], metavar="COMMAND",
                      help="boot the image once and run this in it")
    return parser.parse_args(argv)


def main(argv):
    arg = parse(argv)
    began = time.monotonic()
    image = build(arg.deb, arg.suite, arg.packages)
    if arg.commands:
        image = prepared(image, arg.commands)
    print(image.layer.path)
    print(f"{image.key}: {time.monotonic() - began:.1f} s", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
