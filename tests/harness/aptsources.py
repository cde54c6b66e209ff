# SPDX-License-Identifier: GPL-3.0-or-later
"""Where Debian packages come from: the host's own apt sources, carried over to another root.

No mirror is named in this tree: a workstation on a closed network has its own.
"""

import os
import re
import subprocess
from pathlib import Path

POCKETS = ("", "-updates", "-security")


def os_release():
    text = Path("/etc/os-release").read_text(encoding="utf-8")
    return dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', text, re.M))


def host_suite():
    return os_release()["VERSION_CODENAME"]


def sources_for(suite):
    """sources.list lines for `suite`: the host's Debian entries, with the suite's name put in."""
    if os.environ.get("SEKISHO_MIRROR"):
        return f"deb {os.environ['SEKISHO_MIRROR']} {suite} main\n"
    host = host_suite()
    found = {}
    for uri, name in _host_entries():
        if name in {host + pocket for pocket in POCKETS}:
            found[f"deb {uri} {suite}{name[len(host):]} main"] = None
    if not found:
        raise RuntimeError(f"the host's apt sources name no mirror for {host}; set SEKISHO_MIRROR")
    return "".join(f"{line}\n" for line in found)


def _host_entries():
    """(URI, suite) of all `deb` entries of the host, both of apt's file formats."""
    etc = Path("/etc/apt")
    for path in [etc / "sources.list", *sorted(etc.glob("sources.list.d/*.list"))]:
        if path.exists():
            yield from re.findall(r"^deb\s+(?:\[[^]]*\]\s+)?(\S+)\s+(\S+)",
                                  path.read_text(encoding="utf-8"), re.M)
    for path in sorted(etc.glob("sources.list.d/*.sources")):
        for stanza in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
            field = dict(re.findall(r"^([\w-]+):\s*(.*)$", stanza, re.M))
            if "deb" in field.get("Types", "").split():
                yield from ((uri, name) for uri in field.get("URIs", "").split()
                            for name in field.get("Suites", "").split())


def apt_settings():
    """The host's apt settings that decide whether a download works: proxies, dates, retries."""
    dump = subprocess.run(["apt-config", "dump"], check=True, capture_output=True, text=True)
    wanted = re.compile(r"^Acquire::.*(Proxy|Check-Date|Check-Valid-Until|Retries|Timeout)", re.I)
    return "".join(f"{line}\n" for line in dump.stdout.splitlines() if wanted.match(line))
