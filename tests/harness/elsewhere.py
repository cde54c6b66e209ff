# SPDX-License-Identifier: GPL-3.0-or-later
"""Another Debian than the host's, without a guest: builds its .deb, or runs a command in it.

    python3 tests/harness/elsewhere.py --suite trixie tests/run.sh --no-vm

The command runs as root in a fresh tree, in a copy of the tracked source, and may install what it
needs. Nothing of it is left.
"""

import argparse
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import image
import rootfs
from cache import Cache, key_of

TOP = Path(__file__).resolve().parents[2]
SOURCE = "root/sekisho"


def tracked():
    """The tracked files that still exist."""
    listing = subprocess.run(["git", "-c", f"safe.directory={TOP}", "ls-files", "-z"], cwd=TOP,
                             capture_output=True, text=True, check=True, timeout=60)
    return [name for name in listing.stdout.split("\0") if name and (TOP / name).is_file()]


def copy_of(tree, target):
    rootfs.checked(["cp", "-a", "--reflink=auto", str(tree), str(target)], 300)


def builder(suite, cache):
    """A tree of `suite` with all that a build of the package needs."""
    start = image.base(suite, cache)
    control = TOP / "packaging/debian/control"

    def fill(folder):
        root = folder / "root"
        copy_of(start.path / "root", root)
        rootfs.connect(root)
        rootfs.in_chroot(root, f"/{SOURCE}/packaging/build-deb.sh --dependencies", 900, {SOURCE: TOP})

    return cache.layer(f"builder-{suite}", key_of(start.key, control), fill)


def package(suite, folder, cache=None):
    """The .deb of this tree for `suite`, put into `folder` by packaging/build-deb.sh."""
    tree = builder(suite, cache or Cache())
    store = TOP / "build" / f"deb-{suite}"
    for path in (store, folder):
        path.mkdir(parents=True, exist_ok=True)
    rootfs.in_chroot(tree.path / "root",
                     f"rm -f /mnt/*.deb; SEKISHO_DEB_CACHE=/media /{SOURCE}/packaging/build-deb.sh /mnt", 900,
                     {SOURCE: TOP, "media": store, "mnt": folder.resolve(), "tmp": "tmpfs", "var/tmp": "tmpfs"})
    return next(folder.glob("sekisho_*.deb"))


def run(suite, command, cache=None):
    """Runs a command in a fresh tree, its output as it comes; returns its exit status."""
    cache = cache or Cache()
    start = image.base(suite, cache)
    with cache.scratch() as scratch:
        root = scratch / "root"
        copy_of(start.path / "root", root)
        rootfs.connect(root)
        for name in tracked():
            target = root / SOURCE / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(TOP / name, target)
        words = rootfs.chroot_command(root, f"cd /{SOURCE} && exec {shlex.join(command)}", {"tmp": "tmpfs"})
        return subprocess.run(words["argv"], env=words["env"], stdin=subprocess.DEVNULL, check=False).returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--suite", default="trixie", help="bookworm or trixie (default)")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="what to run in the source's copy")
    arg = parser.parse_args()
    if not arg.command:
        parser.error("which command?")
    sys.exit(run(arg.suite, arg.command))


if __name__ == "__main__":
    main()
