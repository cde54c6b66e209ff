# SPDX-License-Identifier: GPL-3.0-or-later
"""A desktop at which an operator sits: a display that no monitor shows, Xfce's notification service, Japanese. What is on
it is seen by its pixels and by a screen reader, pressed with the mouse, and kept as pictures for people to look at."""

import json
import os
import subprocess
from pathlib import Path

from scenario import ROOT, log_in

PACKAGES = ("xvfb", "xinit", "openbox", "xfce4-notifyd", "fonts-ipafont-gothic", "locales", "dbus-user-session", "xdotool",
            "at-spi2-core", "gir1.2-atspi-2.0", "python3-gi")
PICTURES = Path(os.environ.get("PICTURES", ROOT / "build/debug/pictures"))
RUNTIME = "/run/user/1000"
FRAMES = f"{RUNTIME}/Xvfb_screen0"
WIDTH, HEIGHT = 1024, 768
LANGUAGE = "ja_JP.UTF-8"
SESSION = {"DISPLAY": ":0", "XDG_RUNTIME_DIR": RUNTIME, "DBUS_SESSION_BUS_ADDRESS": f"unix:path={RUNTIME}/bus",
           "LANG": LANGUAGE}
OPERATOR = {"user": "operator", "env": SESSION}
EYES, READER = "/usr/local/bin/eyes", "/usr/local/bin/reader"

# Who logs in at the first terminal has a desktop, as a display manager would start it.
PROFILE = f"""[ "$(tty)" = /dev/tty1 ] || return
export LANG={LANGUAGE}
exec xinit /usr/local/bin/office -- /usr/bin/Xvfb :0 -screen 0 {WIDTH}x{HEIGHT}x24 -nolisten tcp -fbdir {RUNTIME}
""".encode()
OFFICE = b"""#!/bin/sh
dbus-update-activation-environment --systemd DISPLAY LANG
systemctl --user start office.target
exec openbox
"""
TARGET = b"[Unit]\nBindsTo=graphical-session.target\n"


def sit_down(guest):
    """The operator logs in, and has the desktop with the notifier in it."""
    guest.push(PROFILE, "/home/operator/.bash_profile")
    guest.push(OFFICE, "/usr/local/bin/office", 0o755)
    guest.push(TARGET, "/etc/systemd/user/office.target")
    for name, target in (("eyes.py", EYES), ("reader.py", READER)):
        guest.push(Path(__file__).with_name(name), target, 0o755)
    log_in(guest)
    guest.wait_for("systemctl --user is-active sekisho-notify", 90, **OPERATOR)
    guest.wait_for("busctl --user list --acquired | grep -q org.freedesktop.Notifications", 90, **OPERATOR)


class Reader:
    """What a screen reader reads now, once it stands still."""

    def __init__(self, guest):
        self.guest = guest
        self.job = guest.start_job([READER], **OPERATOR)

    def history(self):
        """The windows of each moment, the newest first."""
        return [json.loads(line) for line in reversed(self.job.poll().out.splitlines())]

    def windows(self):
        return next(iter(self.history()), [])

    def wait_title(self, title, timeout=60):
        """The window with this text in it, as it was last; news go by themselves after some seconds."""
        return self.guest.wait_for(lambda: next((window for windows in self.history() for window in windows
                                                 if title in window["texts"]), None), timeout, label=f"a pop-up {title}")

    def press(self, window, label):
        left, top, width, height = window["buttons"][label]
        self.guest.run(f"xdotool mousemove {left + width // 2} {top + height // 2} click 1", **OPERATOR)


def is_inside(rectangle, outer=(0, 0, WIDTH, HEIGHT)):
    left, top, width, height = rectangle
    return (left >= outer[0] and top >= outer[1] and left + width <= outer[0] + outer[2] and
            top + height <= outer[1] + outer[3])


class Picture:
    """What is on the screen now, kept as a PNG."""

    def __init__(self, guest, name):
        dump = guest.run(f"cat {FRAMES}").stdout
        PICTURES.mkdir(parents=True, exist_ok=True)
        subprocess.run(["convert", "xwd:-", PICTURES / f"{name}.png"], input=dump, check=True, timeout=60)
        self.pixels = memoryview(dump[-WIDTH * HEIGHT * 4:]).cast("I")

    def ink(self, rectangle):
        """The share of pixels of a rectangle that have another colour than most of them."""
        left, top, width, height = rectangle
        found = [each for y in range(top, top + height) for each in self.pixels[y * WIDTH + left:y * WIDTH + left + width]]
        return 1 - max(map(found.count, set(found))) / len(found)
