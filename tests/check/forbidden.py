# SPDX-License-Identifier: GPL-3.0-or-later
"""No shell behind our back, and no string function that does not know where its buffer ends."""

import re
from pathlib import Path

import tree

INSTEAD = {
    "system": "posix_spawn with an argument list, or a systemd unit",
    "popen": "posix_spawn with an argument list",
    "strcpy": "text_dup or snprintf", "stpcpy": "text_dup or snprintf",
    "strcat": "text_format", "strncpy": "snprintf", "strncat": "text_format",
    "sprintf": "snprintf", "vsprintf": "vsnprintf",
    "gets": "getline", "strtok": "strsep or strtok_r",
    "atoi": "text_to_u64", "atol": "text_to_u64", "atoll": "text_to_u64", "atof": "strtod",
    "sscanf": "text_to_u64", "scanf": "getline",
    "tmpnam": "O_TMPFILE", "mktemp": "mkostemp", "tempnam": "mkostemp",
    "alloca": "malloc with a limit", "execlp": "execv", "execvp": "execv",
}
CALL = re.compile(r"(?<![\w.>])(" + "|".join(INSTEAD) + r")\s*\(")
NO_CODE = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def blank(match):
    """Comments and strings become spaces; lines stay where they are."""
    return re.sub(r"[^\n]", " ", match.group(0))


def check_text(name, text):
    code = NO_CODE.sub(blank, text)
    return [f"{name}:{code.count(chr(10), 0, match.start()) + 1}: {match.group(1)}(): "
            f"use {INSTEAD[match.group(1)]}" for match in CALL.finditer(code)]


def check(top, files):
    findings = []
    for path in files:
        findings += check_text(path, (top / path).read_text(encoding="utf-8"))
    return findings, len(files)


if __name__ == "__main__":
    tree.finish(*check(tree.TOP, [path for path in tree.tracked(".c", ".h")
                                  if path.is_relative_to(Path("agent"))]))
