# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the guest images that the scenarios boot, once, before the first of them."""

from scenario import Scenario, enforcing, observing

with Scenario("guest images are there") as s:
    s.check("one in observe mode, as the package leaves it", observing().disk.exists())
    s.check("one in enforce mode, entered by the command a user types", enforcing().disk.exists())
