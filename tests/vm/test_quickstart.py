# SPDX-License-Identifier: GPL-3.0-or-later
"""packaging/quickstart.sh where systemd is PID 1: on a Debian that never saw the package it installs it
in observe mode, starts it and prints its status. The .deb is built outside: --deb hands it over."""

import io
import re
import subprocess
import tarfile

import elsewhere
from guest import Guest
from scenario import ROOT, SUITE, Keyboard, Scenario, debian_package, image, usb_disks

SOURCE = "/srv/sekisho"


def dependencies(deb):
    """The Debian packages that the .deb wants: the guest has no mirror to fetch them from."""
    field = subprocess.run(["dpkg-deb", "--showformat=${Depends}, ${Recommends}", "--show", deb], check=True,
                           stdout=subprocess.PIPE, text=True).stdout
    return tuple(wanted.split()[0] for wanted in field.split(",") if "|" not in wanted)


def source():
    """The tracked files, as a clone has them."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for name in elsewhere.tracked():
            tar.add(ROOT / name, name)
    return archive.getvalue()


with Scenario("quickstart installs where systemd runs") as s:
    deb = debian_package()
    debian = image.bare(SUITE, dependencies(deb), modules="most")
    with Guest(debian, usb=[Keyboard(), s.stick("PRESENT")]) as guest:
        guest.wait_booted()
        s.check("the machine never saw the package", not guest.run("command -v sekisho", check=False).ok)
        guest.run(f"mkdir {SOURCE} && tar -C {SOURCE} -xz", input=source(), timeout=120)
        guest.push(deb, "/root/sekisho.deb")
        refused = guest.run(f"{SOURCE}/packaging/quickstart.sh", user="operator", check=False)
        s.check("without root it says what to type", "sudo" in refused.err and refused.status == 3, refused.err)
        done = guest.run(f"{SOURCE}/packaging/quickstart.sh --deb /root/sekisho.deb", timeout=400, check=False)
        s.check("it succeeds", done.ok, done.out[-1000:] + done.err)
        s.check("it prints the status, in observe mode", re.search(r"^Mode +usb: observe", done.out, re.M), done.out)
        s.check("the agent runs", guest.run("systemctl is-active sekishod", check=False).out == "active")
        s.check("and will at the next boot", guest.run("systemctl is-enabled sekishod", check=False).out == "enabled")
        s.check("the stick that was there goes on working", len(usb_disks(guest)) == 1, usb_disks(guest))
        s.check("the ledger verifies", guest.run("sekisho verify --all", check=False).ok)
        again = guest.run(f"{SOURCE}/packaging/quickstart.sh --deb /root/sekisho.deb", timeout=400, check=False)
        s.check("run again it succeeds again", again.ok, again.out[-1000:] + again.err)
        for line in done.out.splitlines():
            s.say(line)
