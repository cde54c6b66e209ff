# SPDX-License-Identifier: GPL-3.0-or-later
"""What every scenario shares: the images with sekisho in them, the checks, and what the guest says.

A scenario is a script: `with Scenario("…") as s:`, s.check(sentence, truth, evidence) (or s.must) as often as
needed, and the exit status says whether all were true. Run one by hand with PYTHONPATH=tests/harness.
"""

import functools
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import aptsources
import elsewhere
import image
import media
from devices import Keyboard, Mouse, Stick
from helpers import compiled
from patience import Deadline

ROOT = Path(__file__).resolve().parent.parent.parent

FULL = os.environ.get("SEKISHO_FULL") == "1"
SUITE = os.environ.get("SEKISHO_SUITE") or aptsources.host_suite()  # the Debian that guests run
RACER = "/usr/local/bin/racer"
GADGET = "/sys/kernel/config/usb_gadget/g"
ENFORCE = ["sekisho mode usb enforce --yes"]
PACKAGES = ()


def scaled(everyday, full):
    """The number of rounds: the issue's own with tests/run.sh --full, a scaled one otherwise."""
    return full if FULL else everyday


@functools.cache
def debian_package():
    """The .deb of this tree, built (or reused) by the same script that a user runs; or $SEKISHO_DEB.
    One for another Debian than the host's is built in that Debian."""
    if given := os.environ.get("SEKISHO_DEB"):
        return Path(given)
    if SUITE != aptsources.host_suite():
        return elsewhere.package(SUITE, ROOT / "build" / f"package-{SUITE}")
    out = Path(os.environ.get("SEKISHO_DEB_DIR", ROOT / "build" / "deb"))
    out.mkdir(parents=True, exist_ok=True)
    run = subprocess.run([ROOT / "packaging" / "build-deb.sh", out], stdout=subprocess.PIPE,
                         text=True, check=True, timeout=1800)
    return Path(run.stdout.strip().splitlines()[-1])


def observing(packages=(), **options):
    """A guest as the package leaves it: observe mode. `packages` of Debian's stand beside it."""
    return image.build(debian_package(), SUITE, packages=(*PACKAGES, *packages), **options)


def enforcing():
    """The same guest after `sekisho mode usb enforce --yes`, its initramfs included: with tests/run.sh --full the
    one that Debian makes, which takes a guest minutes."""
    return image.prepared(observing(modules="most" if FULL else "list"), ENFORCE, usb=[Keyboard()],
                          timeout=1800 if FULL else 600)


class Scenario:
    """Counts what was checked; a scenario without a check has failed."""

    def __init__(self, name):
        self.name = name
        self.checks = 0
        self.failures = 0
        self.folder = None

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="sekisho-vm-", dir="/var/tmp")
        print(f"== {self.name}", flush=True)
        self.begun = time.monotonic()
        return self

    def __exit__(self, kind, error, _):
        self.folder.cleanup()
        if kind is not None:
            return False
        seconds = time.monotonic() - self.begun
        print(f"== {self.checks} checks, {self.failures} failed, {seconds:.0f} s", flush=True)
        if self.checks == 0 or self.failures:
            sys.exit(1)
        return False

    def check(self, sentence, truth, evidence=""):
        self.checks += 1
        self.failures += not truth
        mark = "ok  " if truth else "FAIL"
        print(f"{mark} {sentence}" + (f"   [{evidence}]" if evidence and not truth else ""), flush=True)
        return bool(truth)

    def must(self, sentence, truth, evidence=""):
        """A check of what may not go wrong even once: tests/run.sh gives a scenario in which it did no second try."""
        if not self.check(sentence, truth, evidence):
            print(f"NEVER {sentence}", flush=True)

    def say(self, text):
        print(f"     {text}", flush=True)

    def path(self, name):
        return str(Path(self.folder.name) / name)

    def stick(self, name, **options):
        """A stick with a file system full of a pattern, 8 MiB."""
        return Stick(media.vfat(self.path(f"{name}.img"), 8), serial=name, **options)


def rows(guest, kind=None, after=0):
    """The ledger's rows as `sekisho log` gives them, in their order."""
    words = f" --kind '{kind}'" if kind else ""
    out = guest.run(f"sekisho log --format json{words}", timeout=120).out
    documents = [json.loads(line) for line in out.splitlines() if line.strip()]
    return [d for d in documents if sequence(d) > after]


def sequence(row):
    return int(row["event"]["sequence"])


def last_sequence(guest):
    return max([sequence(r) for r in rows(guest)], default=0)


def wait_rows(guest, kind, number, after=0, timeout=30):
    """Waits until there are at least `number` rows of this kind, then half a second for any more."""
    deadline = Deadline(timeout)
    found = rows(guest, kind, after)
    while len(found) < number and not deadline.has_passed():
        time.sleep(0.3)
        found = rows(guest, kind, after)
    time.sleep(0.5)
    return rows(guest, kind, after)


def wait_named(guest, kind, word, after=0, timeout=30):
    """The rows of this kind that have `word` in them, once there is one."""
    comes_true(lambda: any(word in text_of(r) for r in rows(guest, kind, after)), timeout)
    time.sleep(0.5)
    return [r for r in rows(guest, kind, after) if word in text_of(r)]


def comes_true(condition, timeout=20):
    """What the condition says at last: as soon as that is true, or when the time is over."""
    deadline = Deadline(timeout)
    while not (truth := condition()) and not deadline.has_passed():
        time.sleep(0.25)
    return truth


def wait_plugged(guest, serial):
    """Waits until the kernel has seen a device and udev has asked about it."""
    guest.wait_for(f"grep -qsx {serial} /sys/bus/usb/devices/*/serial", 30)
    guest.run("udevadm settle")


def text_of(row):
    return json.dumps(row, ensure_ascii=False)


def bound_drivers(guest):
    """Interfaces that storage drivers have taken."""
    return guest.run("ls -d /sys/bus/usb/drivers/usb-storage/*:* /sys/bus/usb/drivers/uas/*:* 2>/dev/null",
                     check=False).out.split()


def interface_drivers(guest, sysname):
    """The driver of each interface of a device, by number: {0: "usbhid", 1: ""}."""
    out = guest.run(f"for i in /sys/bus/usb/devices/{sysname}/{sysname}:*; do "
                    "echo ${i##*.} $(basename $(readlink $i/driver) 2>/dev/null); done", check=False).out
    pairs = [line.split() for line in out.splitlines() if line[:1].isdigit()]
    return {int(words[0]): "".join(words[1:]) for words in pairs}


def usb_disks(guest):
    """Block devices that live on USB."""
    listed = guest.run("for b in /sys/block/*; do case $(readlink -f $b) in */usb*) basename $b;; esac; done",
                       check=False).out.split()
    return [name for name in listed if re.match(r"^(sd|sr)", name)]


def start_racer(guest, *, uid=None):
    """The thief, already running when this returns."""
    guest.push(compiled("racer"), RACER, 0o755)
    words = [RACER] + (["--uid", str(uid)] if uid is not None else [])
    job = guest.start_job(words)
    guest.wait_for(lambda: "ready" in job.poll().err, 30)
    return job


def stop_racer(job):
    job.kill()
    return job.wait(30).json


def taken_from(guest, stick):
    """Bytes that were read from a stick's medium, as QEMU counts them from outside."""
    [found] = [each for each in guest.qmp("query-blockstats") if each.get("node-name") == f"{stick.id}-medium"]
    return found["stats"]["rd_bytes"]


def pose_as_stick(guest):
    """This computer becomes a stick; the computer it is plugged into is itself, too (dummy_hcd)."""
    guest.run(f"""set -e; modprobe dummy_hcd; modprobe libcomposite; truncate -s 8M /root/secrets; mkdir -p {GADGET}
cd {GADGET}; mkdir -p configs/c.1 functions/mass_storage.0 strings/0x409
echo > UDC || true # from the last time
echo 0x1d6b > idVendor; echo 0x0104 > idProduct; echo POSING > strings/0x409/serialnumber
echo /root/secrets > functions/mass_storage.0/lun.0/file
[ -e configs/c.1/mass_storage.0 ] || ln -s functions/mass_storage.0 configs/c.1/
ls /sys/class/udc > UDC || true # "busy" where it is unbound before that is done""")


def is_shut(guest):
    """Neither a disk on USB nor a storage driver that has one."""
    return not usb_disks(guest) and not bound_drivers(guest)


def keyboard_works(guest):
    """Presses a key that writes nothing on QEMU's USB keyboard, and looks for it at the input layer."""
    return heard(guest, "/dev/input/by-path/*-event-kbd", lambda: guest.send_key("shift"))


def mouse_works(guest):
    return heard(guest, "/dev/input/mice", lambda: guest.mouse(5, 5))


def heard(guest, node, act):
    """Whether anything comes out of an input node when `act` is done, again and again for a while."""
    job = guest.start_job(f"exec cat {node}")

    def once():
        act()
        return job.poll(timeout=0.5).stdout != b""

    try:
        return comes_true(once)
    finally:
        job.kill()


__all__ = ["FULL", "Keyboard", "Mouse", "ROOT", "SUITE", "Scenario", "Stick", "bound_drivers", "comes_true",
           "compiled", "debian_package", "enforcing", "image", "interface_drivers", "is_shut", "keyboard_works",
           "last_sequence", "media", "mouse_works", "observing", "pose_as_stick", "rows", "scaled", "sequence",
           "start_racer", "stop_racer", "taken_from", "text_of", "usb_disks", "wait_named", "wait_plugged", "wait_rows"]


def last_line(guest):
    return guest.screen().rpartition("\n")[2]


def type_login(guest, name, password):
    """At the machine's first terminal, by its keyboard."""
    guest.wait_for(lambda: last_line(guest).endswith("login:"), 90, label="the login prompt")
    guest.send_keys(name + "\n")
    guest.wait_for(lambda: last_line(guest).startswith("Password:"), 60, label="the password prompt")
    guest.send_keys(password + "\n")


def log_in(guest):
    """An operator sits down at the machine. On a busy host a key may be lost or come twice: then it is tried again."""
    is_in = "loginctl list-sessions --no-legend | grep -q 'operator.*tty1'"
    for _ in range(2):
        type_login(guest, "operator", "operator")
        if comes_true(lambda: guest.run(is_in, check=False).ok, 40):
            return
    type_login(guest, "operator", "operator")
    guest.wait_for(is_in, 90)
