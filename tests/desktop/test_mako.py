# SPDX-License-Identifier: GPL-3.0-or-later
"""The same without X: mako on sway, which has no monitor either."""

import subprocess
import time

import screen


class Mako(screen.Screen):
    def setUp(self):
        super().setUp()
        config = self.desktop.runtime / "sway.conf"
        config.write_text("output HEADLESS-1 resolution 1024x768\n", encoding="ascii")
        self.desktop.environment.update(WLR_BACKENDS="headless", WLR_LIBINPUT_NO_DEVICES="1",
                                        WLR_RENDERER="pixman")
        self.start("sway", "-c", config, stderr=subprocess.DEVNULL)
        self.wait_for(self.displays)
        self.desktop.environment["WAYLAND_DISPLAY"] = self.displays()[0]
        self.start("mako")
        self.wait_for(lambda: self.makoctl("list").returncode == 0)
        self.start_notifier()

    def displays(self):
        return [path.name for path in self.desktop.runtime.glob("wayland-*")
                if path.suffix != ".lock"]

    def makoctl(self, *words):
        return self.run_there("makoctl", *words)

    def test_a_blocked_stick_is_on_the_screen_within_a_second_and_can_be_answered(self):
        before = self.picture("mako-before", "grim")
        self.plug()
        took = self.wait_for(lambda: screen.TITLE in self.makoctl("list").stdout)
        self.assertLess(took, screen.AT_ONCE)
        told = self.makoctl("list").stdout
        self.assertIn(screen.STICK, told)
        self.assertIn(screen.CONTACT, told)
        self.wait_for(lambda: self.changed(before, self.picture("mako", "grim")) >
                      screen.CHANGED_MIN)
        self.makoctl("invoke", "acknowledge")
        self.wait_for(self.answers)
        self.wait_for(lambda: screen.TITLE not in self.makoctl("list").stdout)

    def test_a_stick_is_applied_for_approved_by_another_person_and_open(self):
        self.plug()
        self.wait_for(lambda: screen.TITLE in self.makoctl("list").stdout)
        self.picture("mako-apply-0", "grim")
        for step, (key, title) in enumerate((("apply", screen.PURPOSE), ("choice-1", screen.UNTIL),
                                             ("choice-0", screen.SENT)), 1):
            self.makoctl("invoke", key)
            self.wait_for(lambda title=title: title in self.makoctl("list").stdout, title)
            time.sleep(0.3)
            self.picture(f"mako-apply-{step}", "grim")
        self.approve_the_request()
        self.wait_for(lambda: screen.APPROVED in self.makoctl("list").stdout)
        time.sleep(0.3)
        self.picture("mako-apply-4", "grim")


if __name__ == "__main__":
    screen.main("sway", "mako", "makoctl", "grim", "compare")
