# SPDX-License-Identifier: GPL-3.0-or-later
"""clang-tidy 14 (Debian 12) finds nothing in any C file of agent/, as the build compiles it; see
tree.deciding. The scaled set has its analyzer follow fewer ways through a function, which takes a
seventh of the time; $SEKISHO_FULL all of them."""

import concurrent.futures
import json
import os
import subprocess
import sys
from pathlib import Path

import tree

SHALLOW = [f"--extra-arg={word}" for word in ("-Xclang", "-analyzer-config", "-Xclang", "mode=shallow")]


def sources(build):
    commands = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    files = {Path(command["directory"], command["file"]).resolve() for command in commands}
    return sorted(path for path in files if path.is_relative_to(tree.TOP / "agent"))


def look_at(program, build, path):
    depth = [] if os.environ.get("SEKISHO_FULL") else SHALLOW
    done = subprocess.run([program, "--quiet", "-p", str(build), *depth, str(path)], cwd=tree.TOP,
                          capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.strip()


def main():
    build = Path(sys.argv[1])
    program = tree.deciding("clang-tidy", 14)
    files = sources(build)
    findings = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for status, text in pool.map(lambda path: look_at(program, build, path), files):
            if status != 0:
                findings.append(text)
    tree.finish(findings, len(files))


if __name__ == "__main__":
    main()
