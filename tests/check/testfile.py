# SPDX-License-Identifier: GPL-3.0-or-later
"""The antivirus industry's test file stands plain in no tracked file and in no program: an antivirus would take it
away, and sekisho with it. Arguments: the programs."""

import sys
from pathlib import Path

import tree

# The file's bytes, each one higher by one.
SHIFTED = "Y6P\"Q&ABQ\\5]Q[Y65)Q_*8DD*8~%FJDBS.TUBOEBSE.BOUJWJSVT.UFTU.GJMF\"%I,I+"
PLAIN = "".join(chr(ord(sign) - 1) for sign in SHIFTED).encode()


def holds(data):
    """In any form that a scanner looks through: as it is, or its middle, or as UTF-16."""
    wide = PLAIN.decode().encode("utf-16-le")
    return PLAIN in data or PLAIN[27:-4] in data or wide in data


def check(paths):
    return [f"{path}: holds the antivirus test file" for path in paths if holds(Path(path).read_bytes())], len(paths)


if __name__ == "__main__":
    tree.finish(*check([tree.TOP / path for path in tree.tracked()] + sys.argv[1:]))
