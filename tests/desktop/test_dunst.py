# SPDX-License-Identifier: GPL-3.0-or-later
"""A stick is blocked, and within a second a Japanese pop-up stands on a real display, shown by a real
notification daemon (dunst). The picture of it is kept for people to look at."""

import json
import os
import shutil
import subprocess
import sys
import time
import unittest
from pathlib import Path

import busworld
from desktop import TANAKA, Desktop

PROGRAMS = ("Xvfb", "dunst", "dunstctl", "import", "compare", "fc-match")
AT_ONCE = 1.0  # seconds from the plug to the pop-up
CHANGED_MIN = 20000  # pixels: a pop-up is about 300 by 100
PICTURES = Path(os.environ["PICTURES"])


class Dunst(unittest.TestCase):
    def setUp(self):
        PICTURES.mkdir(exist_ok=True)
        self.desktop = Desktop(language="ja")
        self.addCleanup(self.desktop.close)
        self.desktop.begin()
        display = self.desktop.start_program(
            "Xvfb", "-displayfd", "1", "-screen", "0", "1024x768x24", "-nolisten", "tcp",
            uid=TANAKA, stderr=subprocess.DEVNULL)
        self.desktop.environment["DISPLAY"] = f":{display.line()}"
        self.start_dunst()
        self.desktop.start_notifier()
        time.sleep(1)  # the session is there before the stick

    def start_dunst(self):
        self.dunst = self.desktop.start_program("dunst", uid=TANAKA)
        until = time.monotonic() + busworld.PATIENCE
        while self.dunstctl("count").returncode != 0:
            self.assertLess(time.monotonic(), until)
            time.sleep(0.1)

    def dunstctl(self, *words):
        return self.desktop.run("dunstctl", *words, uid=TANAKA, login=TANAKA)

    def displayed(self):
        return int(self.dunstctl("count", "displayed").stdout or 0)

    def await_displayed(self, n, seconds=busworld.PATIENCE):
        begun = time.monotonic()
        while self.displayed() != n:
            self.assertLess(time.monotonic() - begun, seconds)
        return time.monotonic() - begun

    def picture(self, name):
        path = PICTURES / f"{name}.png"
        done = self.desktop.run("import", "-window", "root", path)
        self.assertEqual(done.returncode, 0, done.stderr)
        return path

    def history(self):
        """What dunst has closed, the newest first: title and body."""
        self.dunstctl("close-all")
        self.await_displayed(0)
        document = json.loads(self.dunstctl("history").stdout)
        return [(note["summary"]["data"], note["body"]["data"]) for note in document["data"][0]]

    def changed(self, before, after):
        done = self.desktop.run("compare", "-metric", "AE", before, after, "null:")
        return int(float(done.stderr.split()[0]))

    def plug(self, name="1-1", **options):
        self.desktop.plug_blocked(name, **options)
        self.desktop.wake()

    def test_a_blocked_stick_is_on_the_screen_in_japanese_within_a_second(self):
        font = self.desktop.run("fc-match", "Monospace:lang=ja").stdout
        self.assertIn("IPA", font)  # there is one that has the glyphs
        before = self.picture("before")
        self.plug(serial="1C6F654E59")
        took = self.await_displayed(1)
        print(f"on the screen after {took:.2f} s", file=sys.stderr)
        self.assertLess(took, AT_ONCE)
        time.sleep(0.5)
        after = self.picture("blocked")
        self.assertGreater(self.changed(before, after), CHANGED_MIN)
        [(title, body)] = self.history()
        self.assertEqual(title, "USB機器の使用を止めました")
        self.assertIn("Kingston DataTraveler (0951:1666:1C6F654E59)", body)
        self.assertIn("連絡先: 保護責任者 鈴木 花子 電話 03-1234-5678", body)

    def test_many_are_a_few_and_their_count(self):
        for i in range(1, 8):
            self.desktop.plug_blocked(f"1-{i}", serial=f"S{i}", address=i + 1)
        self.desktop.wake()
        self.await_displayed(5)
        time.sleep(0.5)
        self.picture("many")
        self.assertIn("ほかにも警告があります", [title for title, _ in self.history()])

    def test_it_stays_until_it_is_answered(self):
        self.plug()
        self.await_displayed(1)
        time.sleep(12)  # longer than dunst shows anything that is not critical
        self.assertEqual(self.displayed(), 1)
        self.dunstctl("action", "0")
        until = time.monotonic() + busworld.PATIENCE
        while not self.desktop.rows("--kind", "incident.acknowledged"):
            self.assertLess(time.monotonic(), until)
            time.sleep(0.1)
        self.await_displayed(0)
        time.sleep(3)
        self.assertEqual(self.displayed(), 0)


def main():
    missing = [name for name in PROGRAMS if not shutil.which(name)]
    if missing:
        print(f"skipped: not installed: {', '.join(missing)}; see tests/install-dependencies.sh")
        sys.exit(77)
    busworld.main()


if __name__ == "__main__":
    main()
