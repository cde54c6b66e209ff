#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""In the guest: looks at an Xvfb's frame buffer until something as high as a pop-up is new on it, and prints when that was,
in seconds of CLOCK_MONOTONIC and of the wall clock.

eyes.py FILE: what `Xvfb -fbdir` keeps up to date (an X window dump). Prints "looking" once it does."""

import mmap
import struct
import sys
import time

COLOUR = 12  # bytes of an entry of the colour map
LINES = 60  # that differ; a pointer or a cursor is lower
PAUSE = 0.02


def lines_of(file):
    """Where the lines of pixels begin, and how long each is."""
    header = struct.unpack_from(">20I", file)  # X11/XWDFile.h
    size, height, stride, colours = header[0], header[5], header[12], header[19]
    begin = size + colours * COLOUR
    return [(at, at + stride) for at in range(begin, begin + height * stride, stride)]


def main(path):
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as screen:
        lines = lines_of(screen)
        before = screen[:]
        print("looking", flush=True)
        while sum(screen[a:b] != before[a:b] for a, b in lines) < LINES:
            time.sleep(PAUSE)
        print(time.monotonic(), time.time(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
