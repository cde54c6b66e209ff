# SPDX-License-Identifier: GPL-3.0-or-later
"""What is tracked belongs to everybody: nothing generated, no path of somebody's machine, one
version everywhere."""

import re

import tree

GENERATED = re.compile(r"""
    ^build/ | ^debian/ | (^|/)__pycache__/ | (^|/)(crash|leak|timeout|oom)-[0-9a-f]{40}$
    | \.(o|a|so|mo|pot|pyc|deb|img|qcow2|log|orig|rej|swp)$ | ~$
""", re.VERBOSE)
FOREIGN = re.compile(r"(?<![\w.$}/-])/(?:work|home|Users)/[\w.-]+")
# People's folders that a guest of the tests or an example has.
KNOWN = re.compile(r"^/home/(operator2?|USER|hanako|tanaka)")


def check_text(name, text):
    findings = []
    for number, line in enumerate(text.splitlines(), 1):
        for match in FOREIGN.finditer(line):
            if not KNOWN.match(match.group(0)):
                findings.append(f"{name}:{number}: {match.group(0)}: a path of one machine")
    return findings


def version_findings(top):
    """The package's version is CMake's."""
    cmake = re.search(r"project\(sekisho VERSION (\S+)", (top / "CMakeLists.txt").read_text())
    debian = re.match(r"sekisho \(([^)]+)\)", (top / "packaging/debian/changelog").read_text())
    if cmake.group(1) == debian.group(1):
        return []
    return [f"packaging/debian/changelog:1: version {debian.group(1)}, but CMakeLists.txt says "
            f"{cmake.group(1)}"]


def check(top, files):
    findings = [f"{path}: is generated" for path in files if GENERATED.search(path.as_posix())]
    for path in files:
        data = (top / path).read_bytes()
        if b"\0" not in data and "corpus" not in path.parts:
            findings += check_text(path, data.decode(errors="replace"))
    return findings + version_findings(top), len(files)


if __name__ == "__main__":
    # This very file holds what it looks for.
    tree.finish(*check(tree.TOP, [path for path in tree.tracked()
                                  if path.parts[:2] != ("tests", "check")]))
