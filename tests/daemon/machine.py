# SPDX-License-Identifier: GPL-3.0-or-later
"""A made-up machine for the real sekishod: /sys with a USB bus, /etc, /var and /run below one
folder, on a private system bus. The kernel's side of it is missing: nothing moves by itself, and
what is written to /sys stays what was written."""

import json
import os
import shutil
import struct
import time
from pathlib import Path

from busworld import PATIENCE, SOURCE, World

CLASS_HUB, CLASS_STORAGE = (9, 0, 0), (8, 6, 0x50)


def descriptors(interface, vendor=0x0951, product=0x1666):
    """A device with one configuration of one interface and one endpoint."""
    device = struct.pack("<BBHBBBBHHHBBBB", 18, 1, 0x200, 0, 0, 0, 64, vendor, product, 0x110, 1, 2,
                         3, 1)
    parts = struct.pack("<BBBBBBBBB", 9, 4, 0, 0, 1, *interface, 0) + \
        struct.pack("<BBBBHB", 7, 5, 0x81, 2, 512, 0)
    return device + struct.pack("<BBHBBBBB", 9, 2, 9 + len(parts), 1, 1, 0, 0x80, 50) + parts


class Machine(World):
    def __init__(self):
        super().__init__()
        self.wrapper = ()  # a command that becomes the agent
        self.root = self.folder / "root"
        self.state = self.root / "var/lib/sekisho"
        self.policy = self.root / "etc/sekisho"
        for path in ("sys/bus/usb/devices", "sys/module/usbcore/parameters", "sys/devices",
                     "sys/block", "dev", "run", "etc/sekisho", "etc/modprobe.d", "var/lib",
                     "var/log/audit", "usr/libexec/sekisho"):
            (self.root / path).mkdir(parents=True)
        shutil.copy(os.environ["AUDIT_READ"], self.root / "usr/libexec/sekisho")
        (self.root / "var/log/audit/audit.log").touch(mode=0o600)
        (self.root / "sys/bus/usb/drivers_probe").touch()
        (self.root / "sys/module/usbcore/parameters/authorized_default").write_text("1\n")
        (self.root / "proc").symlink_to("/proc")  # mountinfo can't be made up: it is polled
        shutil.copy(SOURCE / "policy/policy.conf", self.policy)
        self.plug("usb1", descriptors(CLASS_HUB), address=1, authorized_default="1",
                  interface_authorized_default="1")

    def plug(self, name, blob, address, **attributes):
        """Puts a device there, as the kernel would for one that was present at boot."""
        below = "devices/pci0000:00/0000:00:04.0/usb1" + ("" if name == "usb1" else f"/{name}")
        where = self.root / "sys" / below
        where.mkdir(parents=True)
        (where / "descriptors").write_bytes(blob)
        for key, value in {"busnum": "1", "devnum": str(address), "authorized": "1",
                           **attributes}.items():
            (where / key).write_text(value + "\n", encoding="utf-8")
        (self.root / "sys/bus/usb/devices" / name).symlink_to(f"../../../{below}")

    def plug_stick(self, name="1-1", serial="関所\x1b1", address=2, **attributes):
        self.plug(name, descriptors(CLASS_STORAGE), address, manufacturer="Kingston",
                  product="DataTraveler", serial=serial, **attributes)

    def add_port(self, number, hub="usb1", interface="1-0:1.0"):
        """A port of a hub that can be switched off; returns where its switch is."""
        where = self.root / "sys/bus/usb/devices" / hub / interface
        port = where / f"{hub}-port{number}"
        port.mkdir(parents=True)
        (port / "disable").write_text("0", encoding="ascii")
        if not (where / "authorized").exists():
            (where / "authorized").write_text("1\n", encoding="ascii")
            self.link(f"bus/usb/devices/{interface}", f"{hub}/{interface}")
        return port / "disable"

    def plug_disk(self, name="1-1", disk="sda", number="8:0"):
        """The disk of a stick that is plugged in."""
        below = f"devices/pci0000:00/0000:00:04.0/usb1/{name}"
        block = f"{below}/{name}:1.0/host2/2:0:0:0/block/{disk}"
        (self.root / "sys" / below / "idVendor").write_text("0951\n")
        where = self.root / "sys" / block
        where.mkdir(parents=True)
        for key, value in {"dev": number, "size": "131072", "ro": "0", "diskseq": "9",
                           "uevent": ""}.items():
            (where / key).write_text(value + "\n", encoding="utf-8")
        (self.root / "dev" / disk).touch(mode=0o660)
        self.link(f"block/{disk}", f"../{block}")
        self.link(f"class/block/{disk}", f"../../{block}")
        self.link(f"dev/block/{number}", f"../../{block}")
        return where

    def link(self, path, target):
        link = self.root / "sys" / path
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)

    def run_from_disk(self, **options):
        """What this machine's / lies on is a disk on a stick."""
        for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
            if line.split()[4] == "/":
                number = line.split()[2]
        return self.plug_disk(number=number, **options)

    def resident_kb(self):
        """Of the agent. With sanitizers, what was freed counts too unless quarantine_size_mb is 0."""
        status = Path(f"/proc/{self.agent.process.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmRSS:")[1].split()[0])

    def set_mode(self, mode):
        self.state.mkdir(exist_ok=True)
        (self.state / "mode").write_text(f"usb {mode}\n", encoding="ascii")
        if mode == "enforce":  # as the initramfs has left it
            parameters = self.root / "sys/module/usbcore/parameters"
            (parameters / "authorized_default").write_text("0\n", encoding="ascii")
            (self.root / "etc/modprobe.d/sekisho.conf").touch()

    def is_authorized(self, name="1-1"):
        path = self.root / "sys/bus/usb/devices" / name / "authorized"
        return path.read_text(encoding="ascii").strip() == "1"

    def start_without_bus(self):
        """Starts the real agent, which nobody can ask."""
        self.agent = self._start(*self.wrapper, os.environ["SEKISHOD"], "--foreground", "--root", self.root,
                                 "--state", self.state, "--config", self.policy)

    def start(self):
        """Starts the real agent and waits until it answers."""
        self.start_without_bus()
        until = time.monotonic() + PATIENCE
        while self.sekisho("status").returncode == 4:
            assert time.monotonic() < until and self.agent.process.poll() is None
            time.sleep(0.05)

    def settle(self):
        """Waits until nothing more is found out about the machine: for two seconds no row, longer on a busy host."""
        before, until = -1, time.monotonic() + PATIENCE
        while (now := len(self.rows())) != before:
            assert time.monotonic() < until
            before = now
            time.sleep(2 * min(max(1, os.getloadavg()[0] / os.cpu_count()), 5))

    def devices(self):
        return json.loads(self.sekisho("usb", "list", "--json").stdout)

    def rows(self, *filters):
        """Rows of the ledger as `sekisho log --json` prints them: one array, oldest first."""
        done = self.sekisho("log", "--json", "--state", self.state, *filters)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)
