# SPDX-License-Identifier: GPL-3.0-or-later
"""The Debian package builds, and lintian finds neither an error nor a warning in it. The package's
build dependencies must be there already. Argument: the folder for the package."""

import subprocess
import sys
from pathlib import Path

import tree


def main():
    out = Path(sys.argv[1], "package")
    built = subprocess.run([tree.TOP / "packaging/build-deb.sh", out], capture_output=True,
                           text=True, check=False)
    if built.returncode != 0:
        tree.finish([built.stdout, built.stderr], 1)
    deb = built.stdout.splitlines()[-1]
    done = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", deb],
                          capture_output=True, text=True, check=False)
    findings = [line for line in (done.stdout + done.stderr).splitlines()
                if line[:2] in ("E:", "W:")]
    if done.returncode != 0 and not findings:
        findings = [done.stdout, done.stderr]
    tree.finish(findings, 1)


if __name__ == "__main__":
    main()
