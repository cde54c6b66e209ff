# SPDX-License-Identifier: GPL-3.0-or-later
"""clang-format 14 (Debian 12) would change no line of any C file; see tree.deciding."""

import subprocess

import tree


def main():
    program = tree.deciding("clang-format", 14)
    files = tree.tracked(".c", ".h")
    done = subprocess.run([program, "--dry-run", "-Werror", *map(str, files)], cwd=tree.TOP,
                          capture_output=True, text=True, check=False)
    findings = [line for line in done.stderr.splitlines() if ": error:" in line]
    if done.returncode != 0 and not findings:
        findings = done.stderr.splitlines()
    tree.finish(findings, len(files))


if __name__ == "__main__":
    main()
