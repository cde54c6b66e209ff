# SPDX-License-Identifier: GPL-3.0-or-later
"""Includes go one way: a file includes only its own folder or a lower rank (the house's plan)."""

import re
import sys
from pathlib import Path

import tree

RANKS = {
    "base": 0,
    "fact": 1, "uevent": 1, "worker": 1,
    "policy": 2, "watch": 2,
    "decision": 3, "trail": 3,
    "enforce": 4, "ledger": 4, "site": 4,
    "report": 5, "bus": 5,
    "daemon": 6, "cli": 6, "udev": 6, "airgap": 6, "look": 6, "read": 6, "health": 6, "notify": 6, "pam": 6,
}
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def room_of(path):
    """The folder that owns a file below agent/: "ledger", and "watch/usb" for a watch."""
    parts = Path(path).parts[:-1]
    return "/".join(parts[:2] if parts[:1] == ("watch",) else parts[:1])


def rank_of(room):
    return RANKS.get(room.split("/")[0])


def judge(path, target):
    """Why `path` must not include `target` (both below agent/), or None."""
    room, other = room_of(path), room_of(target)
    if rank_of(other) is None:
        return "no such room"
    if other == room or (target == "watch/watch.h" and room.startswith("watch/")):
        return None
    if rank_of(other) < rank_of(room):
        return None
    return f"rank {rank_of(room)} must not include rank {rank_of(other)}"


def check(top):
    """Findings and the number of files looked at."""
    findings = []
    files = sorted(path for path in (top / "agent").rglob("*") if path.suffix in (".c", ".h"))
    for path in files:
        name = path.relative_to(top / "agent").as_posix()
        if rank_of(room_of(name)) is None:
            findings.append(f"agent/{name}: its folder has no rank")
            continue
        text = path.read_text(encoding="utf-8")
        for match in INCLUDE.finditer(text):
            line = text.count("\n", 0, match.start(1)) + 1
            target = match.group(1)
            reason = judge(name, target)
            if not reason and not (top / "agent" / target).is_file():
                reason = "no such file below agent/"
            if reason:
                findings.append(f'agent/{name}:{line}: "{target}": {reason}')
    return findings, len(files)


if __name__ == "__main__":
    tree.finish(*check(Path(sys.argv[1]) if len(sys.argv) > 1 else tree.TOP))
