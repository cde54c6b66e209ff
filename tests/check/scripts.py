# SPDX-License-Identifier: GPL-3.0-or-later
"""Every shell script passes shellcheck, every Python file compiles, every XML file is well-formed."""

import subprocess
import xml.etree.ElementTree as ElementTree

import tree


def first_line(path):
    with (tree.TOP / path).open("rb") as file:
        return file.readline(200).decode(errors="replace")


def is_shell(path):
    head = first_line(path)
    return head.startswith("#!") and head.rstrip().endswith(("/sh", "/bash", "/sh -e"))


def check_shell(files, arguments=()):
    if not files:
        return []
    done = subprocess.run(["shellcheck", "--format=gcc", *arguments, *map(str, files)],
                          cwd=tree.TOP, capture_output=True, text=True, check=False)
    return done.stdout.splitlines() + done.stderr.splitlines()


def check_python(path):
    try:
        compile((tree.TOP / path).read_text(encoding="utf-8"), str(path), "exec")
    except SyntaxError as error:
        return [f"{path}:{error.lineno}: {error.msg}"]
    return []


def check_xml(path):
    try:
        ElementTree.parse(tree.TOP / path)
    except ElementTree.ParseError as error:
        return [f"{path}:{error.position[0]}: {error}"]
    return []


def main():
    everything = [path for path in tree.tracked() if "corpus" not in path.parts]
    shell = [path for path in everything if is_shell(path)]
    completion = [path for path in everything if path.suffix == ".bash"]
    python = [path for path in everything
              if path.suffix == ".py" or first_line(path).startswith("#!/usr/bin/python3")
              or first_line(path).startswith("#!/usr/bin/env python3")]
    xml = [path for path in everything if first_line(path).startswith("<?xml")]
    findings = check_shell(shell) + check_shell(completion, ["--shell=bash"])
    for path in python:
        findings += check_python(path)
    for path in xml:
        findings += check_xml(path)
    tree.finish(findings, len(shell) + len(completion) + len(python) + len(xml))


if __name__ == "__main__":
    main()
