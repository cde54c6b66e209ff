# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is compared: no guard, Debian's usbguard, sekisho; all from one image that holds both packages.

Each is made from the same disk: both guards installed by apt and shelved (masked, their rules taken
out of udev's way), a reader in it that starts with sysinit.target, and a user who logs in at the
screen. What a contender adds is here.
"""

import dataclasses

import image
import media
from devices import Keyboard, Stick
from helpers import compiled
from scenario import SUITE, debian_package

KEYBOARD_PORT, STORAGE_PORT, UAS_PORT = "1", "2", "3"
APPROVED = {"usb-storage": "APPROVED", "uas": "APPROVEDUAS"}
IDS = {"usb-storage": "46f4:0001", "uas": "46f4:0003"}
PACKAGES = ("usbguard",)
RACER = "/usr/local/bin/racer"
BOOT_LOOT = "/run/boot-loot.json"

READER = f"""cat > /etc/systemd/system/boot-reader.service <<'END'
[Unit]
DefaultDependencies=no
[Service]
ExecStart={RACER}
StandardOutput=file:{BOOT_LOOT}
[Install]
WantedBy=sysinit.target
END
systemctl enable boot-reader.service"""
SOMEBODY_AT_THE_SCREEN = """mkdir -p /etc/systemd/system/getty@tty1.service.d
cat > /etc/systemd/system/getty@tty1.service.d/bench.conf <<'END'
[Service]
ExecStart=
ExecStart=-/sbin/agetty --autologin operator --noclear %I linux
END"""
SHELVE = [
    "dpkg-query --show usbguard sekisho",
    "systemctl mask --now usbguard.service usbguard-dbus.service sekishod.service",
    "for rule in /usr/lib/udev/rules.d/*-sekisho-*.rules; do ln -s /dev/null /etc/udev/rules.d/${rule##*/}; done",
    READER,
    SOMEBODY_AT_THE_SCREEN,
    "update-initramfs -u -k all",
]


@dataclasses.dataclass(frozen=True)
class Contender:
    name: str
    described: str  # what was done, for the reader of the table
    commands: tuple
    processes: tuple  # all that the package runs by default
    units: tuple
    version: str

    @property
    def is_guard(self):
        return bool(self.processes)


NONE = Contender("no guard", "both packages installed and masked", (), (), (), "echo -")

# As usbguard(1) and its quick start say: the policy is made of what is plugged in, then the daemon is
# enabled; its configuration is Debian's (ImplicitPolicyTarget=block, AuthorizedDefault=none,
# PresentDevicePolicy= and InsertedDevicePolicy=apply-policy), its D-Bus service comes with it.
USBGUARD = Contender(
    "usbguard", "`usbguard generate-policy` with keyboard and approved sticks plugged in; Debian's configuration",
    ("usbguard generate-policy > /etc/usbguard/rules.conf",
     *(f"grep '{serial}\"' /etc/usbguard/rules.conf" for serial in APPROVED.values()),
     "systemctl unmask usbguard.service usbguard-dbus.service",
     "systemctl is-enabled usbguard.service usbguard-dbus.service"),
    ("usbguard-daemon", "usbguard-dbus"), ("usbguard.service", "usbguard-dbus.service"),
    "dpkg-query --show --showformat='${Version}' usbguard")

SEKISHO = Contender(
    "sekisho", "`sekisho usb allow` for the approved sticks, `sekisho mode usb enforce --yes`; policy as shipped",
    ("rm /etc/udev/rules.d/*-sekisho-*.rules && udevadm control --reload",
     "systemctl unmask sekishod.service && systemctl start sekishod.service",
     *(f"sekisho usb allow {IDS[driver]}:{serial} --reason bench" for driver, serial in APPROVED.items()),
     "sekisho mode usb enforce --yes"),
    ("sekishod",), ("sekishod.service",), "dpkg-query --show --showformat='${Version}' sekisho")

ALL = (NONE, USBGUARD, SEKISHO)


def keyboard():
    return Keyboard(port=KEYBOARD_PORT)


def approved_sticks(path):
    """One of each kind, always in the same port: usbguard's rules name what a device hangs on."""
    ports = {"usb-storage": STORAGE_PORT, "uas": UAS_PORT}
    return {driver: Stick(media.vfat(path(f"{serial}.img"), 8), serial=serial, port=ports[driver], uas=driver == "uas")
            for driver, serial in APPROVED.items()}


def shelved():
    """The image that all start from. Without Debian's usbguard there is none, and no bench."""
    both = image.build(debian_package(), SUITE, packages=PACKAGES)
    return image.prepared(both, SHELVE, files={RACER: compiled("racer")}, usb=[keyboard()], timeout=900)


def image_of(contender, start, path):
    if not contender.commands:
        return start
    usb = [keyboard(), *approved_sticks(path).values()]
    return image.prepared(start, contender.commands, usb=usb, timeout=900)
