# SPDX-License-Identifier: GPL-3.0-or-later
"""lightdm on a real X server, by the keys that a person presses."""

import hashlib
import subprocess
import time

PACKAGES = ("lightdm", "lightdm-gtk-greeter", "xserver-xorg-core", "xserver-xorg-input-libinput", "openbox", "xterm",
            "light-locker", "dbus-x11")
# A desktop of a window, what locks the screen, and a terminal: who leaves that logs out.
SESSION = b"#!/bin/sh\nopenbox &\nlight-locker &\nexec xterm\n"
ENTRY = b"[Desktop Entry]\nType=Application\nName=Office\nExec=/usr/local/bin/office\n"
SEAT = b"[Seat:*]\nuser-session=office\ngreeter-hide-users=true\n"
STILL = 6  # pictures, half a second apart


def picture(guest):
    path = guest.folder / "screen.ppm"
    guest.qmp("screendump", filename=str(path))
    return hashlib.sha256(path.read_bytes()).digest()


def words_on_screen(guest):
    """What tesseract reads on the screen, in one line; it needs letters larger than a screen's."""
    picture(guest)
    large = guest.folder / "screen.png"
    subprocess.run(["convert", guest.folder / "screen.ppm", "-colorspace", "Gray", "-resize", "300%", large], check=True)
    done = subprocess.run(["tesseract", large, "-", "--psm", "11"], capture_output=True, text=True, check=True)
    return " ".join(done.stdout.split())


def stands_still(guest):
    """The screen shows nothing new any more; a cursor blinks, so there are two pictures of it."""
    seen = set()
    for _ in range(STILL):
        seen.add(picture(guest))
        time.sleep(0.5)
    return len(seen) <= 2


def wait_greeter(guest, number=1):
    guest.wait_for(lambda: int(guest.run("pgrep -c -f ^/usr/sbin/lightdm-gtk-greeter", check=False).out) >= number, 120,
                   label="the greeter")
    guest.wait_for(lambda: stands_still(guest), 120, label="a greeter that stands still")


def type_slowly(guest, text):
    guest.send_keys(text + "\n")
    time.sleep(2)


def give_password(guest, name, password):
    """Once the greeter is painted; it forgets what is typed before it has asked for the password."""
    wait_greeter(guest)
    guest.wait_for(lambda: "Log In" in words_on_screen(guest), 120, label="the greeter's button")
    type_slowly(guest, name)
    guest.wait_for(lambda: stands_still(guest), 60, label="a greeter that asks for the password")
    type_slowly(guest, password)


def prepare(guest):
    guest.run("mkdir -p /etc/lightdm/lightdm.conf.d")
    guest.push(SESSION, "/usr/local/bin/office", 0o755)
    guest.push(ENTRY, "/usr/share/xsessions/office.desktop")
    guest.push(SEAT, "/etc/lightdm/lightdm.conf.d/50-office.conf")
    guest.run("systemctl restart lightdm", timeout=120)
