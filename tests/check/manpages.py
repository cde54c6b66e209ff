# SPDX-License-Identifier: GPL-3.0-or-later
"""The man pages and --help agree: each program and command has a page, each option stands in both,
and neither mandoc nor man has anything to complain about. Arguments: PROGRAM=PATH …"""

import os
import re
import subprocess
import sys

import tree

MAN = tree.TOP / "packaging/man"
OPTION = re.compile(r"(?<![\w-])--([a-z][a-z-]*)")
ITEM = re.compile(r"^\.It\b(.*)$", re.MULTILINE)
COMMAND = re.compile(r"^  ([a-z]+)  ", re.MULTILINE)
EVERYWHERE = {"help", "version"}  # of every program; a page may or may not list them
COMMON = EVERYWHERE | {"json"}  # of every command: they stand in sekisho(1)


def told_by_help(program, *words):
    done = subprocess.run([program, *words, "--help"], capture_output=True, text=True, check=False,
                          env={**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": ""}, timeout=30)
    if done.returncode != 0:
        raise SystemExit(f"{program} {' '.join(words)} --help: status {done.returncode}\n"
                         f"{done.stderr}")
    return done.stdout


def told_by_page(page):
    """The options that have an item of their own in the page."""
    return {option for item in ITEM.findall(page) for option in re.findall(r"Fl -([a-z-]+)", item)}


def text_of(path, name):
    """A page's text; of one that only leads to another page, the part there about this command (“.Ss NAME”)."""
    text = path.read_text(encoding="utf-8")
    link = re.search(r"^\.so man\d/(\S+)$", text, re.MULTILINE)
    if not link:
        return text
    part = re.search(rf"^\.Ss {re.escape(name)}$(.*?)^\.S[sh] ", (MAN / link[1]).read_text(encoding="utf-8"),
                     re.MULTILINE | re.DOTALL)
    return part[1] if part else ""


def compare(name, help_options, page_options):
    return ([f"{name}: --help has --{option}, the page does not"
             for option in sorted(help_options - page_options)] +
            [f"{name}: the page has --{option}, --help does not"
             for option in sorted(page_options - help_options)])


def check_program(name, program, page_name, optional=frozenset(EVERYWHERE)):
    path = MAN / page_name
    if not path.is_file():
        return [f"packaging/man/{page_name}: missing"]
    words = name.split()[1:]
    options = set(OPTION.findall(told_by_help(program, *words)))
    return compare(page_name, options - optional,
                   told_by_page(text_of(path, name)) - optional)


def check_version(name, program):
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    if told.returncode == 0 and re.fullmatch(rf"{name} \d+\.\d+\.\d+\n", told.stdout):
        return []
    return [f"{name} --version: status {told.returncode}, “{told.stdout}”, not “{name} VERSION”"]


def check_commands(program):
    """Each command that `sekisho --help` lists has a page, is in sekisho(1) and in completion."""
    overview = told_by_help(program)
    commands = COMMAND.findall(overview)
    findings = [] if commands else ["sekisho --help: lists no command"]
    main_page = (MAN / "sekisho.1").read_text(encoding="utf-8")
    completion = (tree.TOP / "packaging/completion/sekisho.bash").read_text(encoding="utf-8")
    for command in commands:
        findings += check_program(f"sekisho {command}", program, f"sekisho-{command}.1", COMMON)
        if f"\n.It Ic {command}\n" not in main_page:
            findings.append(f"sekisho.1: does not list {command}")
        if not re.search(rf"'[^']*\b{command}\b[^']*--help --version'", completion):
            findings.append(f"sekisho.bash: does not offer {command}")
    return findings


def check_form(path):
    """What mandoc and man say of the page, if there is something in it."""
    if re.search(r"^\.so ", path.read_text(encoding="utf-8"), re.MULTILINE):
        return []
    lint = subprocess.run(["mandoc", "-Tlint", "-Wwarning", str(path)], capture_output=True,
                          text=True, check=False)
    shown = subprocess.run(["man", "--warnings", "--encoding=UTF-8", "--local-file", str(path)],
                           capture_output=True, text=True, check=False,
                           env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80"})
    told = shown.stderr.splitlines()
    if path.parent != MAN:
        # groff breaks lines at spaces, and Japanese has few.
        told = [line for line in told if not re.search("(can't break|cannot adjust) line", line)]
    return lint.stdout.splitlines() + told


def main():
    findings = []
    for argument in sys.argv[1:]:
        name, program = argument.split("=", 1)
        section = 1 if name == "sekisho" else 8
        page = "sekisho-notify" if name == "notify" else name  # a word that others use too
        findings += check_program(name, program, f"{page}.{section}")
        findings += check_version(name, program)
        if name == "sekisho":
            findings += check_commands(program)
    pages = sorted(path for path in MAN.rglob("*") if re.search(r"\.\d$", path.name))
    for page in pages:
        findings += check_form(page)
    tree.finish(findings, len(pages))


if __name__ == "__main__":
    main()
