#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator does with protected files, numbered, each with files of its own. Runs in a guest as that operator; prints one line an
operation once it is done: its number and the wall time before and after, in nanoseconds.

    operations.py FOLDER FIRST COUNT PAUSE

`expected(folder, number)` says which rows the ledger has to have of an operation, and how often: it is the
oracle, and written from what is done here."""

import os
import shutil
import subprocess
import sys
import time

PREPARED = ("read", "write", "append", "rename", "delete", "chmod", "again", "save", "backup", "cp", "descriptor", "link")


def names(folder, number):
    """The files of an operation. No two operations share a name, in whatever folder."""
    who = os.path.basename(folder)
    return {word: f"{folder}/{word}-{who}-{number:06d}" for word in
            ("file", "new", "temporary", "copy", "folder", "hard")}


def prepare(folder, first, count):
    """What the operations need, made by somebody whom nobody watches (no login uid)."""
    for number in range(first, first + count):
        if KINDS[number % len(KINDS)].__name__ in PREPARED:
            with open(names(folder, number)["file"], "w", encoding="utf-8") as file:
                file.write("prepared\n")


# ---- The operations, and what the ledger has to say of each ------------------------------------------------


def create(n):
    os.close(os.open(n["file"], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))


def read(n):
    os.close(os.open(n["file"], os.O_RDONLY))


def write(n):
    os.close(os.open(n["file"], os.O_RDWR))


def append(n):
    subprocess.run(["/bin/sh", "-c", f"echo more >>'{n['file']}'"], check=True)


def rename(n):
    os.rename(n["file"], n["new"])


def delete(n):
    os.unlink(n["file"])


def chmod(n):
    os.chmod(n["file"], 0o640)


def again(n):
    """Seven times within a moment: one row, and one that says how many more."""
    for _ in range(7):
        os.close(os.open(n["file"], os.O_RDONLY))


def save(n):
    """As LibreOffice and most editors do: a new file is put in the old one's place."""
    os.close(os.open(n["temporary"], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))
    os.rename(n["temporary"], n["file"])


def backup(n):
    """As vim does: the old file is moved aside, a new one written, the old one deleted."""
    os.rename(n["file"], n["file"] + "~")
    os.close(os.open(n["file"], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))
    os.unlink(n["file"] + "~")


def cp(n):
    subprocess.run(["/bin/cp", n["file"], n["copy"]], check=True)


def mkdir(n):
    os.mkdir(n["folder"])
    os.rmdir(n["folder"])


def descriptor(n):
    """Relative to a folder's descriptor, as rm -r, tar and cp -r do it."""
    folder, name = os.path.split(n["file"])
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    os.unlink(name, dir_fd=fd)
    os.close(fd)


def link(n):
    os.link(n["file"], n["hard"])


KINDS = (create, read, write, append, rename, delete, chmod, again, save, backup, cp, mkdir, descriptor, link)


def expected(folder, number):
    """{(kind, object): times} of the rows about the operation's own files."""
    n = names(folder, number)
    f = n["file"]
    return {
        create: {("file.created", f): 1},
        read: {("file.read", f): 1},
        write: {("file.written", f): 1},
        append: {("file.written", f): 1},
        rename: {("file.renamed", f): 1},
        delete: {("file.deleted", f): 1},
        chmod: {("file.changed", f): 1},
        again: {("file.read", f): 7},
        save: {("file.created", n["temporary"]): 1, ("file.written", f): 1},
        backup: {("file.written", f): 1},
        cp: {("file.read", f): 1, ("file.created", n["copy"]): 1},
        mkdir: {("file.created", n["folder"]): 1, ("file.deleted", n["folder"]): 1},
        descriptor: {("file.deleted", f): 1},
        link: {("file.created", f): 1},
    }[KINDS[number % len(KINDS)]]


def expected_apart(folder, number):
    """The same, of an operation in whose midst the clock was set: that its steps are one save is a matter of time."""
    n = names(folder, number)
    f = n["file"]
    return {
        save: {("file.created", n["temporary"]): 1, ("file.renamed", n["temporary"]): 1},
        backup: {("file.renamed", f): 1, ("file.created", f): 1, ("file.deleted", f + "~"): 1},
    }.get(KINDS[number % len(KINDS)], expected(folder, number))


def main(folder, first, count, pause):
    for number in range(first, first + count):
        before = time.time_ns()
        KINDS[number % len(KINDS)](names(folder, number))
        print(number, before, time.time_ns(), flush=True)
        time.sleep(pause)


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        os.makedirs(sys.argv[2], exist_ok=True)
        shutil.chown(sys.argv[2], int(sys.argv[5]), int(sys.argv[5]))
        os.seteuid(int(sys.argv[5]))
        prepare(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    else:
        main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
