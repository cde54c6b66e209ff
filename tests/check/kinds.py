# SPDX-License-Identifier: GPL-3.0-or-later
"""Every kind of event in kinds.def stands in sekisho-events(7) with its severity and object, in the
same order, and nothing else does; bash's completion offers the same ones."""

import re

import tree

KIND = re.compile(r'^KIND\(\w+,\s*"([^"]+)",\s*(\w+),\s*(\w+)\)', re.MULTILINE)
ITEM = re.compile(r"^\.It Sy (\S+) Pq (\w+) , (\w+)$", re.MULTILINE)


def defined(text):
    return [(name, severity.lower(), noun) for name, severity, noun in KIND.findall(text)
            if noun != "observation"]


def check(definitions, page, completion):
    wanted, told = defined(definitions), ITEM.findall(page)
    findings = [f"kinds.def has {' '.join(kind)}, sekisho-events.7 does not"
                for kind in wanted if kind not in told]
    findings += [f"sekisho-events.7 has {' '.join(kind)}, kinds.def does not"
                 for kind in told if kind not in wanted]
    if not findings and wanted != told:
        findings.append("sekisho-events.7 has another order than kinds.def")
    offered = set(completion.split())
    findings += [f"sekisho.bash does not offer {name}" for name, _, _ in wanted
                 if name not in offered]
    return findings, len(wanted)


def main():
    completion = (tree.TOP / "packaging/completion/sekisho.bash").read_text(encoding="utf-8")
    offered = re.search(r"_sekisho_kinds\(\)\n\{\n\s*echo '([^']*)'", completion).group(1)
    tree.finish(*check((tree.TOP / "agent/fact/kinds.def").read_text(encoding="utf-8"),
                       (tree.TOP / "packaging/man/sekisho-events.7").read_text(encoding="utf-8"),
                       offered))


if __name__ == "__main__":
    main()
