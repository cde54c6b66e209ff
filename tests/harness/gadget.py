# SPDX-License-Identifier: GPL-3.0-or-later
"""Made-up USB devices plugged inside a guest: see tests/vm/gadget for what there is."""

import json
import re

import helpers

INSIDE = "/usr/local/bin/gadget"


class Gadget:
    """A plugged-in made-up device; pulled at the end of its `with` block at the latest.

    `report`, after unplug(), is what the device itself saw: configured, bytes_read, reports_sent …
    """

    def __init__(self, guest, case, **options):
        self.guest = guest
        self.report = None
        argv = [INSIDE, "plug", case]
        for name, value in options.items():
            for each in value if isinstance(value, list) else [value]:
                argv += [f"--{name}={each}"]
        install(guest)
        self._job = guest.start_job(argv)
        guest.wait_for(self._attached, 30, label=f"the gadget {case}")

    def _attached(self):
        result = self._job.poll()
        if result.status is not None:
            raise RuntimeError(f"the gadget ended: {result.err}")
        return re.search("^attached", result.out, re.M)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.report is None and self.guest.is_on:
            self.unplug()

    def wait(self, timeout):
        """Until it has been plugged in and pulled as often as `repeat` says; returns how often that was."""
        result = self._job.wait(timeout)
        reports = [json.loads(line) for line in result.out.splitlines() if line.startswith("{")]
        self.report = reports[-1]
        return len(reports)

    def unplug(self):
        """Pulls the device and returns its report."""
        self._job.kill()
        self.report = json.loads(self._job.wait(30).out.splitlines()[-1])
        return self.report


def install(guest):
    """Once a guest, or once in the making of an image."""
    if not guest.run(["test", "-x", INSIDE], check=False).ok:
        guest.push(helpers.gadget(), INSIDE)


def cases():
    """The names of all cases."""
    source = (helpers.VM / "gadget" / "cases.py").read_text(encoding="utf-8")
    return [name.replace("_", "-") for name in re.findall(r"^@case\ndef (\w+)", source, re.M)]
