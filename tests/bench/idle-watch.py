#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in a guest and wakes nobody: idle-watch.py SECONDS UNITS PROCESSES, the latter two with commas.

Prints, as JSON, in how many seconds each process did anything at all (a thread of it had gone to sleep
again: what it does within one second is one wake-up), and how often the units answered the watchdog."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path


def sleeps(pid):
    text = "".join(path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/status"))
    return sum(int(n) for n in re.findall(r"^voluntary_ctxt_switches:\s+(\d+)", text, re.M))


def answers(units):
    """When each of them last told systemd that it lives, if it does."""
    text = subprocess.run(["systemctl", "show", "--property=WatchdogTimestampMonotonic", *units],
                          capture_output=True, text=True, check=True).stdout
    return {n for n in re.findall(r"=(\d+)", text) if n != "0"}


def main(seconds, units, processes):
    pids = {name: int(subprocess.run(["pidof", name], capture_output=True, check=True).stdout) for name in processes}
    before, woken = {name: sleeps(pid) for name, pid in pids.items()}, dict.fromkeys(pids, 0)
    seen, began = answers(units), time.monotonic()
    first = len(seen)
    for second in range(seconds):
        time.sleep(1)
        for name, pid in pids.items():
            now = sleeps(pid)
            woken[name] += now != before[name]
            before[name] = now
        if second % 5 == 0:
            seen |= answers(units)
    print(json.dumps({"seconds": time.monotonic() - began, "pings": len(seen) - first, "wakeups": woken}))


main(int(sys.argv[1]), sys.argv[2].split(","), sys.argv[3].split(","))
