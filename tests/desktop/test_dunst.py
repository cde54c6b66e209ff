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
        # Of several buttons dunst lets a menu program choose: this one takes the line that the test has named.
        self.chosen = self.desktop.runtime / "chosen"
        menu, config = self.desktop.runtime / "menu", self.desktop.runtime / "dunstrc"
        menu.write_text(f'#!/bin/sh\nexec grep -m1 -F "$(cat {self.chosen})"\n', encoding="utf-8")
        menu.chmod(0o755)
        config.write_text(f"[global]\ndmenu = {menu}\n", encoding="utf-8")
        self.start("dunst", "-conf", config)
        self.wait_for(lambda: self.dunstctl("count").returncode == 0)
        self.start_notifier()

    def dunstctl(self, *words):
        return self.run_there("dunstctl", *words)

    def press(self, label):
        self.chosen.write_text(label, encoding="utf-8")
        self.dunstctl("action", "0")

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

    def title(self):
        """Of the pop-up that is on the screen now."""
        titles = [title for title, _ in self.shown()]
        return titles[0] if titles else ""

    def shown(self):
        """Through the log of the session's bus, as dunst lists only what it has closed."""
        calls = [json.loads(line) for line in self.monitor.lines() if line.startswith("{")]
        self.notes += [call["payload"]["data"] for call in calls if call.get("member") == "Notify"]
        return [(note[3], note[4]) for note in reversed(self.notes)]

    def test_a_stick_is_applied_for_approved_by_another_person_and_open(self):
        self.notes = []
        self.monitor = self.start("busctl", "--user", "monitor", "--json=short", "org.freedesktop.Notifications")
        time.sleep(1)
        self.plug()
        self.wait_for(lambda: self.title() == screen.TITLE)
        time.sleep(0.5)
        self.picture("dunst-apply-0")
        for step, (label, title) in enumerate((("使用を申請する", screen.PURPOSE), ("市からのデータ受領", screen.UNTIL),
                                               ("今日まで", screen.SENT)), 1):
            self.press(label)
            self.wait_for(lambda title=title: self.title() == title, title)
            time.sleep(0.7)
            self.picture(f"dunst-apply-{step}")
        self.approve_the_request()
        self.wait_for(lambda: self.title() == screen.APPROVED)
        time.sleep(0.7)
        self.picture("dunst-apply-4")
        self.assertIn(screen.CONTACT, self.shown()[0][1])

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
        self.press("確認しました")
        self.wait_for(self.answers)
        self.await_displayed(0)
        time.sleep(3)
        self.assertEqual(self.displayed(), 0)


if __name__ == "__main__":
    screen.main("Xvfb", "dunst", "dunstctl", "import", "compare", "fc-match", "busctl")
