# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a wait may last: every wait ends, and none ends early because the host is busy."""

import os
import time


class Deadline:
    """The end of a wait, moving away while the host gets busier."""

    def __init__(self, seconds):
        self._seconds = seconds
        self._began = time.monotonic()

    def has_passed(self):
        return time.monotonic() - self._began > patience(self._seconds)

    def __str__(self):
        return f"{time.monotonic() - self._began:.0f} s"


def patience(seconds):
    """Seconds, times the host's load a processor (at most 8), times $SEKISHO_PATIENCE."""
    crowd = os.getloadavg()[0] / os.cpu_count()
    return seconds * float(os.environ.get("SEKISHO_PATIENCE", "1")) * min(max(1, crowd), 8)
