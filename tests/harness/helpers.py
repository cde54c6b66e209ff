# SPDX-License-Identifier: GPL-3.0-or-later
"""The C programs that tests push into guests, compiled statically and kept in the cache."""

import zipapp
from pathlib import Path

from cache import Cache, key_of
from rootfs import checked

VM = Path(__file__).resolve().parent.parent / "vm"
FLAGS = ["-std=gnu17", "-O2", "-Wall", "-Wextra", "-static", "-pthread", "-D_GNU_SOURCE"]


def compiled(name, folder=VM, cache=None):
    """The program made from `folder`/`name`.c, as a host path to push."""
    source = folder / f"{name}.c"

    def build(target):
        checked(["gcc", *FLAGS, "-o", str(target / name), str(source)], timeout=120)

    return (cache or Cache()).layer(f"helper-{name}", key_of(source, FLAGS), build).path / name


def gadget(cache=None):
    """tests/vm/gadget as one file that a guest's Python runs."""
    folder = VM / "gadget"

    def build(target):
        zipapp.create_archive(folder, target / "gadget", interpreter="/usr/bin/python3",
                              filter=lambda path: path.suffix == ".py")
        (target / "gadget").chmod(0o755)

    key = key_of(*sorted(folder.glob("*.py")))
    return (cache or Cache()).layer("helper-gadget", key, build).path / "gadget"
