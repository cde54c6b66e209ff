# SPDX-License-Identifier: GPL-3.0-or-later
"""The same by Xfce's notification service: the pop-up is there at once, and it stays."""

import time
from pathlib import Path

import screen

NAME = "org.freedesktop.Notifications"


class Xfce(screen.Screen):
    def setUp(self):
        super().setUp()
        self.start_x11()
        self.start(next(Path("/usr/lib").glob("*/xfce4/notifyd/xfce4-notifyd")))
        self.wait_for(lambda: NAME in self.run_there("busctl", "--user", "list", "--acquired").stdout)
        self.start_notifier()

    def test_a_blocked_stick_is_on_the_screen_at_once_and_stays(self):
        before = self.picture("xfce-before")
        self.plug()
        time.sleep(screen.AT_ONCE)
        self.assertGreater(self.changed(before, self.picture("xfce")), screen.CHANGED_MIN)
        time.sleep(12)  # longer than it shows anything that is not critical
        self.assertGreater(self.changed(before, self.picture("xfce")), screen.CHANGED_MIN)
        self.assertEqual(self.answers(), [])


if __name__ == "__main__":
    screen.main("Xvfb", "import", "compare", "busctl", "xfce4-notifyd-config")
