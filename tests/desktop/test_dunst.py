# SPDX-License-Identifier: GPL-3.0-or-later
"""A stick is blocked, and within a second a Japanese pop-up stands on a real display, shown by dunst."""

import json
import sys
import time

import screen


class Dunst(screen.Screen):
    def setUp(self):
        super().setUp()
        self.start_x11()
        self.start("dunst")
        self.wait_for(lambda: self.dunstctl("count").returncode == 0)
        self.start_notifier()

    def dunstctl(self, *words):
        return self.run_there("dunstctl", *words)

    def displayed(self):
        return int(self.dunstctl("count", "displayed").stdout or 0)

    def await_displayed(self, n):
        return self.wait_for(lambda: self.displayed() == n)

    def history(self):
        """What dunst has closed, the newest first: title and body."""
        self.dunstctl("close-all")
        self.await_displayed(0)
        document = json.loads(self.dunstctl("history").stdout)
        return [(note["summary"]["data"], note["body"]["data"]) for note in document["data"][0]]

    def test_a_blocked_stick_is_on_the_screen_in_japanese_within_a_second(self):
        font = self.desktop.run("fc-match", "Monospace:lang=ja").stdout
        self.assertIn("IPA", font)  # there is one that has the glyphs
        before = self.picture("dunst-before")
        self.plug()
        took = self.await_displayed(1)
        print(f"on the screen after {took:.2f} s", file=sys.stderr)
        self.assertLess(took, screen.AT_ONCE)
        time.sleep(0.5)
        after = self.picture("dunst")
        self.assertGreater(self.changed(before, after), screen.CHANGED_MIN)
        [(title, body)] = self.history()
        self.assertEqual(title, screen.TITLE)
        self.assertIn(screen.STICK, body)
        self.assertIn(screen.CONTACT, body)

    def test_many_are_a_few_and_their_count(self):
        for i in range(1, 8):
            self.desktop.plug_blocked(f"1-{i}", serial=f"S{i}", address=i + 1)
        self.desktop.wake()
        self.await_displayed(5)
        time.sleep(0.5)
        self.picture("dunst-many")
        self.assertIn("ほかにも警告があります", [title for title, _ in self.history()])

    def test_it_stays_until_it_is_answered(self):
        self.plug()
        self.await_displayed(1)
        time.sleep(12)  # longer than dunst shows anything that is not critical
        self.assertEqual(self.displayed(), 1)
        self.dunstctl("action", "0")
        self.wait_for(self.answers)
        self.await_displayed(0)
        time.sleep(3)
        self.assertEqual(self.displayed(), 0)


if __name__ == "__main__":
    screen.main("Xvfb", "dunst", "dunstctl", "import", "compare", "fc-match")
