# SPDX-License-Identifier: GPL-3.0-or-later
"""One virtual machine: boot it, run commands in it, plug things into it, cut its power.

A guest is a `with` block. Its waits all have an end, and what goes wrong is told together with
the end of its console. Waits grow with the host's load; SEKISHO_PATIENCE=2 doubles them all.
"""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import bootfiles
import keys
import rootfs
from agentlink import AgentLink
from patience import patience
from qmp import Qmp
from remote import CommandFailed, GuestError, Job, Remote, Result

# The fastest under emulation of those tried: it has AES, and the kernel trusts its TSC.
CPU = "Westmere"
# Translated code is kept by virtual address: without address randomization a program that ran once
# need not be translated again, and a process starts five times as fast.
FAST = "norandmaps init_on_alloc=0 mitigations=off"

__all__ = ["CommandFailed", "Guest", "GuestError", "Job", "Result"]


class Guest(Remote):
    """See README.md for what each argument is good for."""

    def __init__(self, image, *, usb=(), persistent=False, disk=None, release=None, cmdline="",
                 memory=1536, smp=2, ps2=False, root_on="virtio", rtc="utc", extra=()):
        self.image = image
        self.usb = list(usb)
        self.cmdline = cmdline
        self.release = release
        self._machine = {"memory": memory, "smp": smp, "ps2": ps2, "root_on": root_on, "rtc": rtc,
                         "extra": list(extra)}
        self.folder = Path(tempfile.mkdtemp(prefix="sekisho-guest-", dir="/var/tmp"))
        self.persistent = persistent or disk is not None
        self.disk = Path(disk) if disk else image.disk
        self.kernel, self.initrd = image.kernel(release), image.initrd(release)
        self._process = self._qmp = self._link = None
        self.boot_id = None
        if persistent and not disk:
            self.disk = self.folder / "disk.ext4"
            rootfs.checked(["cp", "--sparse=always", str(image.disk), str(self.disk)], 300)

    # --- power ---------------------------------------------------------------------------------

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_):
        self.close()

    def start(self, timeout=150, wait=True):
        """Powers on and waits for the agent. A guest with a disk of its own boots what is on it."""
        (self.folder / "console.log").touch()
        with open(self.folder / "qemu.log", "ab") as log:
            # A test that dies must not leave a machine behind.
            self._process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *self._argv()],
                                             stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            self._qmp = Qmp(self.folder / "qmp.sock", patience(20))
            self._link = AgentLink(self.folder / "agent.sock", patience(20))
        except (OSError, ConnectionError) as error:
            raise self._error(f"QEMU did not start: {error}") from error
        return self.wait_agent(timeout) if wait else self

    def wait_agent(self, timeout=150):
        """Waits until an agent (again) says hello: after a power-on, or a reset from within."""
        timeout = patience(timeout)
        self.boot_id = self._link.wait_hello(timeout)
        if self.boot_id is None:
            why = "QEMU ended" if self._link.lost else f"no agent within {timeout:.0f} s"
            raise self._error(f"{why} after power-on")
        return self

    def wait_booted(self, timeout=150):
        """Waits until systemd has finished starting up, well or not; returns what it says."""
        states = ("running", "degraded", "maintenance")
        return self.wait_for(lambda: next((s for s in [self._state()] if s in states), None),
                             timeout, label="the end of the start-up")

    def _state(self):
        return self.run("systemctl is-system-running", check=False).out

    def poweroff(self, timeout=90):
        """Shuts down in order and waits for the power to go off."""
        self.run("systemctl --no-block poweroff")
        self._wait_exit(timeout)
        if self.persistent:
            self._take_boot_files(self.disk)

    def kill(self):
        """A power cut. What the guest had not written to its disk is lost."""
        self._process.kill()
        self._wait_exit(20)
        if self.persistent:
            copy = self.folder / "after-cut.ext4"
            rootfs.checked(["cp", "--sparse=always", str(self.disk), str(copy)], 300)
            subprocess.run(["e2fsck", "-y", "-E", "journal_only", str(copy)], check=False,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)
            self._take_boot_files(copy)
            copy.unlink()

    def reboot(self, timeout=150):
        """Shuts down and boots what is on the disk now, its new initramfs too."""
        self.poweroff()
        return self.start(timeout)

    def close(self):
        """Power off at once, and nothing is left behind (SEKISHO_KEEP=1 leaves the folder)."""
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait(20)
        self._disconnect()
        if not os.environ.get("SEKISHO_KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def is_on(self):
        return self._process is not None and self._process.poll() is None

    def _wait_exit(self, timeout):
        timeout = patience(timeout)
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise self._error(f"still on after {timeout:.0f} s") from None
        self._disconnect()

    def wait_off(self, timeout=90):
        """Waits for the power to go off by itself."""
        self._wait_exit(timeout)

    def _disconnect(self):
        for end in (self._qmp, self._link):
            if end:
                end.close()
        self._qmp = self._link = None

    def _take_boot_files(self, disk):
        """-kernel and -initrd come from the host's side, so they are fetched off the disk."""
        boot = self.folder / "boot"
        shutil.rmtree(boot, ignore_errors=True)
        bootfiles.extract(disk, boot)
        self.kernel = boot / self.image.kernel(self.release).name
        self.initrd = boot / self.image.initrd(self.release).name

    def _argv(self):
        machine = self._machine
        argv = ["qemu-system-x86_64", "-nodefaults", "-no-reboot", "-display", "none", "-vga", "std",
                "-machine", f"pc,i8042={'on' if machine['ps2'] else 'off'}",
                "-accel", os.environ.get("SEKISHO_QEMU_ACCEL", "tcg,thread=multi"), "-cpu", CPU,
                "-smp", str(machine["smp"]), "-m", str(machine["memory"]), "-rtc", f"base={machine['rtc']}",
                "-kernel", str(self.kernel), "-initrd", str(self.initrd),
                "-append", f"root=LABEL={rootfs.LABEL} rw console=tty0 console=ttyS0 panic=-1 "
                           f"{FAST} loglevel=5 {self.cmdline}",
                "-audiodev", "none,id=silence", "-device", "virtio-rng-pci",
                "-qmp", f"unix:{self.folder}/qmp.sock,server=on,wait=off",
                "-chardev", f"file,id=console,path={self.folder}/console.log,append=on",
                "-serial", "chardev:console",
                "-chardev", f"socket,id=agent,path={self.folder}/agent.sock,server=on,wait=off",
                "-device", "virtio-serial", "-device", "virtserialport,chardev=agent,name=org.sekisho.test.0",
                "-device", "qemu-xhci,id=usb,p2=15,p3=15"]
        argv += self._disk_argv()
        argv += [word for device in self.usb for word in device.argv()]
        return argv + machine["extra"]

    def _disk_argv(self):
        drive = f"id=root,if=none,format=raw,file={self.disk}"
        # directsync: a write that the guest's disk called done is on the host's disk.
        drive += ",cache=directsync" if self.persistent else ",snapshot=on,cache=unsafe"
        device = {"virtio": "virtio-blk-pci", "usb": "usb-storage,bus=usb.0,port=15",
                  "ahci": "ide-hd,bus=ahci.0"}[self._machine["root_on"]]
        ahci = ["-device", "ahci,id=ahci"] if self._machine["root_on"] == "ahci" else []
        return ["-drive", drive, *ahci, "-device", f"{device},drive=root"]

    # --- devices -------------------------------------------------------------------------------

    def plug(self, device):
        device.plug(self._qmp)
        return device

    def unplug(self, device):
        device.unplug(self._qmp)

    def qmp(self, command, **arguments):
        """Any other command to QEMU: stop, cont, system_reset, screendump …"""
        return self._qmp.execute(command, arguments)

    def send_keys(self, text):
        """Types on the keyboard that the guest has: without one, or ps2=True, nobody hears it."""
        for together in keys.strokes(text):
            self.send_key(*together)

    def send_key(self, *codes):
        """Presses keys together, by QEMU's names: send_key("ctrl", "alt", "f2")."""
        self._qmp.execute("send-key", {"keys": [{"type": "qcode", "data": c} for c in codes],
                                       "hold-time": 40})
        time.sleep(0.08)

    def mouse(self, dx=0, dy=0, button=None):
        """Moves the pointer, or clicks a button ("left", "right")."""
        moves = [{"type": "rel", "data": {"axis": axis, "value": value}}
                 for axis, value in (("x", dx), ("y", dy)) if value]
        clicks = [{"type": "btn", "data": {"button": button, "down": down}}
                  for down in (True, False) if button]
        for event in ([moves] if moves else []) + [[click] for click in clicks]:
            self._qmp.execute("input-send-event", {"events": event})

    # --- what it says --------------------------------------------------------------------------

    @property
    def console(self):
        """All that came over the serial console, over all boots."""
        path = self.folder / "console.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def screen(self, terminal=1):
        """The text on a virtual terminal, by its memory: to open the terminal would fail while getty hangs it up."""
        memory = self.run(f"cat /dev/vcsa{terminal}").stdout
        columns, text = memory[1], memory[4::2].decode("cp437")
        rows = (text[i:i + columns].rstrip() for i in range(0, len(text), columns))
        return "\n".join(rows).rstrip()

    def video_text(self):
        """All that is in the video memory, its lines one after the other, seen from outside: before anything in the
        guest can be asked. Only where the kernel drives a text screen: Image.packed_kernel(), and nomodeset."""
        path = self.folder / "video"
        self.qmp("pmemsave", val=0xB8000, size=0x8000, filename=str(path))
        return path.read_bytes()[::2].decode("cp437")

    def transfers(self, stick):
        """What QEMU's block layer has done for a stick: (operations, bytes), read and written."""
        for entry in self.qmp("query-blockstats"):
            if entry.get("node-name") == stick.lun["drive"]:
                stats = entry["stats"]
                return (stats["rd_operations"] + stats["wr_operations"], stats["rd_bytes"] + stats["wr_bytes"])
        raise self._error(f"QEMU has no medium {stick.lun['drive']}")

    def _error(self, message):
        """What went wrong, with the end of what QEMU and the console said."""
        log = self.folder / "qemu.log"
        said = log.read_text(errors="replace")[-1000:] if log.exists() else ""
        tail = "\n".join(self.console.splitlines()[-40:])
        return GuestError(f"{message}\n--- qemu\n{said}\n--- end of the console\n{tail}")
