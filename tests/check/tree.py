# SPDX-License-Identifier: GPL-3.0-or-later
"""What every check shares: the tracked files, and how a finding is told."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
SKIPPED = 77  # CTest's SKIP_RETURN_CODE


def tracked(*suffixes, top=TOP):
    """Tracked files that still exist, those with one of the suffixes only; without git all files."""
    listing = subprocess.run(["git", "-c", f"safe.directory={top}", "ls-files", "-z"], cwd=top,
                             capture_output=True, check=False)
    if listing.returncode == 0:
        names = [name for name in listing.stdout.decode().split("\0") if name]
    else:
        names = sorted(str(path.relative_to(top)) for path in top.rglob("*")
                       if path.is_file() and path.relative_to(top).parts[0] != "build")
    return [Path(name) for name in names
            if (not suffixes or name.endswith(suffixes)) and (top / name).is_file()]


def finish(findings, checked):
    """Prints the findings and ends the check. What was looked at must not be nothing."""
    for finding in findings:
        print(finding)
    if not checked:
        print("nothing was found to check")
        sys.exit(1)
    print(f"{checked} checked, {len(findings)} not in order")
    sys.exit(1 if findings else 0)


def skip(reason):
    """Ends the check as skipped; CTest shows that, and the reason stands in the log."""
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def deciding(name, version):
    """The program whose major version decides. Other versions see some things their own way: where
    only such a one is, nothing is judged, and the check ends as skipped."""
    program = shutil.which(f"{name}-{version}") or shutil.which(name)
    if not program:
        finish([f"{name} is not installed"], 1)
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    found = int(re.search(r"version (\d+)", told).group(1))
    if found != version:
        skip(f"not judged here: {name} {version} (Debian 12) decides, and this is {found}")
    return program
