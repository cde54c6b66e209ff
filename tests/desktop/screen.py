# SPDX-License-Identifier: GPL-3.0-or-later
"""A real screen for the notifier: a display that no monitor shows, pictures of it, and a stick that is
blocked while somebody looks. Pictures are kept for people to look at."""

import json
import os
import shutil
import subprocess
import sys
import time
import unittest
from pathlib import Path

import busworld
from busworld import SATO, TANAKA
from desktop import Desktop

AT_ONCE = 1.0  # seconds from the plug to the pop-up
CHANGED_MIN = 15000  # pixels: a pop-up is about 300 by 100
PICTURES = Path(os.environ["PICTURES"])
TITLE, CONTACT = "USB機器の使用を止めました", "連絡先: 保護責任者 鈴木 花子 03-1234-5678"
PURPOSE, UNTIL = "何に使いますか?", "いつまで使いますか?"
SENT, APPROVED = "申請を送りました", "申請が承認されました"
STICK = "Kingston DataTraveler (0951:1666:1C6F654E59)"


class Screen(unittest.TestCase):
    def setUp(self):
        PICTURES.mkdir(exist_ok=True)
        self.desktop = Desktop(language="ja")
        self.addCleanup(self.desktop.close)
        self.desktop.begin()

    def start_x11(self):
        display = self.start("Xvfb", "-displayfd", "1", "-screen", "0", "1024x768x24", "-nolisten",
                             "tcp", stderr=subprocess.DEVNULL)
        self.desktop.environment["DISPLAY"] = f":{display.line()}"

    def start(self, *command, **options):
        """As the person who sits there; left running."""
        return self.desktop.start_program(*command, uid=TANAKA, **options)

    def run_there(self, *command):
        return self.desktop.run(*command, uid=TANAKA, login=TANAKA)

    def start_notifier(self):
        self.desktop.start_notifier()
        time.sleep(1)  # the session is there before the stick

    def plug(self, name="1-1", serial="1C6F654E59", **options):
        self.desktop.plug_blocked(name, serial=serial, **options)
        self.desktop.wake()

    def wait_for(self, condition, what="it did not happen"):
        """Answers how long it took."""
        begun = time.monotonic()
        while not condition():
            self.assertLess(time.monotonic() - begun, busworld.PATIENCE, what)
            time.sleep(0.02)
        return time.monotonic() - begun

    def answers(self):
        return self.desktop.rows("--kind", "incident.acknowledged")

    def requests(self):
        return json.loads(self.desktop.sekisho("request", "list", "--json", login=SATO).stdout)

    def approve_the_request(self):
        """By another person; what was blocked is open then, without having been plugged in again."""
        [request] = self.requests()
        self.assertEqual((request["asker_uid"], request["purpose"], request["state"]),
                         (TANAKA, "市からのデータ受領", "open"))
        self.assertFalse(self.desktop.is_authorized())
        done = self.desktop.sekisho("request", "approve", str(request["number"]), login=SATO)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.wait_for(self.desktop.is_authorized)

    def picture(self, name, *command):
        path = PICTURES / f"{name}.png"
        done = self.desktop.run(*(command or ("import", "-window", "root")), path)
        self.assertEqual(done.returncode, 0, done.stderr)
        return path

    def changed(self, before, after):
        """In how many pixels two pictures differ."""
        done = self.desktop.run("compare", "-metric", "AE", before, after, "null:")
        return int(float(done.stderr.split()[0]))


def main(*programs):
    missing = [name for name in programs if not shutil.which(name)]
    if missing:
        print(f"skipped: not installed: {', '.join(missing)}; see tests/install-dependencies.sh")
        sys.exit(77)
    busworld.main()
