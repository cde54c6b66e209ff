# SPDX-License-Identifier: GPL-3.0-or-later
"""Every file starts with its license, and every source with a sentence that says what it is for."""

import re

import tree

LICENSE = "SPDX-License-Identifier: GPL-3.0-or-later"
# Formats without comments, documents, texts whose form somebody else prescribes, and raw inputs.
EXEMPT = re.compile(r"""
    (^|/)COPYING$ | \.md$ | \.json$ | \.gitignore$ | \.(png|svg)$
    | ^packaging/debian/(control|changelog|copyright|source/.*|.*\.lintian-overrides)$
    | (^|/)corpus/ | ^policy/templates/
""", re.VERBOSE)
SOURCE = (".c", ".h", ".def", ".py")


def check_file(name, text):
    """Why the file's head is not in order, or None."""
    lines = text.splitlines()
    at = next((i for i, line in enumerate(lines[:5]) if LICENSE in line), None)
    if at is None:
        return f"{name}:1: no line “{LICENSE}” at the top"
    # A unit test is for the file it mirrors: its name says so.
    if name.endswith(SOURCE) and not name.startswith("tests/unit/"):
        after = next((line for line in lines[at + 1:] if line.strip()), "")
        if not re.match(r'//|/\*|\s\*|#\s*\w|"""', after) or after.startswith("#include"):
            return f"{name}:{at + 2}: no sentence that says what the file is for"
    return None


def check(top, files):
    files = [path for path in files if not EXEMPT.search(path.as_posix())]
    found = (check_file(str(path), (top / path).read_text(encoding="utf-8")) for path in files)
    return [finding for finding in found if finding], len(files)


if __name__ == "__main__":
    tree.finish(*check(tree.TOP, tree.tracked()))
