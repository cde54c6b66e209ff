# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts and groups that only one test has: /etc/passwd and /etc/group of its own, in a mount namespace."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import busworld

HIDDEN = "SEKISHO_TEST_ACCOUNTS"


def main(people, groups):
    """Runs the tests of the file that calls this where `people` (name: number) have accounts and `groups` (name:
    (number, members)) are as said."""
    if HIDDEN in os.environ or busworld.can_set_login():
        busworld.main()
    if subprocess.run(["unshare", "--mount", "true"], check=False).returncode != 0:
        print("skipped: no mount namespace can be made here")
        sys.exit(77)
    sys.exit(_again(people, groups))


def _again(people, groups):
    with tempfile.TemporaryDirectory(prefix="sekisho-accounts-") as folder:
        passwd = Path("/etc/passwd").read_text(encoding="utf-8")
        own = "".join(f"{name}:x:{uid}:{uid}:,,,:/:/bin/sh\n" for name, uid in people.items())
        Path(folder, "passwd").write_text(passwd + own, encoding="utf-8")
        group = "".join(line for line in Path("/etc/group").read_text(encoding="utf-8").splitlines(True)
                        if line.split(":")[0] not in groups)
        own = "".join(f"{name}:x:{gid}:{','.join(members)}\n" for name, (gid, members) in groups.items())
        Path(folder, "group").write_text(group + own, encoding="utf-8")
        script = f"mount --bind {folder}/passwd /etc/passwd && mount --bind {folder}/group /etc/group && exec \"$@\""
        return subprocess.run(["unshare", "--mount", "sh", "-c", script, "sh", sys.executable, "-B", *sys.argv],
                              env={**os.environ, HIDDEN: "1"}, check=False).returncode
