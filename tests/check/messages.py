# SPDX-License-Identifier: GPL-3.0-or-later
"""Every message of the programs has a Japanese translation: none missing, fuzzy or left over."""

import subprocess
import tempfile
from pathlib import Path

import tree

PO = tree.TOP / "packaging/po"


def run(*command):
    return subprocess.run(list(map(str, command)), cwd=tree.TOP, capture_output=True, text=True,
                          check=True)


def entries(catalog, *selection):
    """The msgid lines of the chosen entries, the header left out."""
    text = run("msgattrib", "--no-wrap", *selection, catalog).stdout
    found = [line.removeprefix("#~ ") for line in text.splitlines()
             if line.removeprefix("#~ ").startswith("msgid ")]
    return [line for line in found if line != 'msgid ""'] + \
        [block for block in multi_line(text)]


def multi_line(text):
    """Entries whose msgid starts on the next line; the header has none there but its msgstr."""
    lines = text.splitlines()
    for line, after in zip(lines, lines[1:]):
        if line.removeprefix("#~ ") == 'msgid ""' and after.removeprefix("#~ ").startswith('"'):
            yield f"msgid {after.removeprefix('#~ ')}…"


def check(template, catalog):
    with tempfile.TemporaryDirectory() as folder:
        merged = Path(folder, "merged.po")
        run("msgmerge", "--quiet", "--no-wrap", "--no-fuzzy-matching", "-o", merged, catalog,
            template)
        findings = [f"{catalog.name}: not translated: {line}"
                    for line in entries(merged, "--untranslated", "--no-obsolete")]
        findings += [f"{catalog.name}: fuzzy: {line}"
                     for line in entries(catalog, "--only-fuzzy", "--no-obsolete")]
        findings += [f"{catalog.name}: not used any more: {line}"
                     for line in entries(merged, "--only-obsolete")]
    return findings


def main():
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder, "sekisho.pot")
        run(PO / "refresh.sh", "--template", template)
        run("msgfmt", "--check", "-o", "/dev/null", PO / "ja.po")
        count = template.read_text(encoding="utf-8").count("\nmsgid ") - 1
        tree.finish(check(template, PO / "ja.po"), count)


if __name__ == "__main__":
    main()
