# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody logs in at the machine's own keyboard, tries enforce, and confirms it there."""

import time

from guest import Guest
from scenario import (Keyboard, Scenario, comes_true, keyboard_works, last_line, observing, rows, text_of, type_login,
                      wait_named)

SENTENCE = "Confirm at this machine's own keyboard"
PROMPT = "# "
TRIAL = 60
SIGN = "/run/confirm-now"
# What login makes of a connection from elsewhere, as sshd would: a session that logind calls remote.
ELSEWHERE = "script -qec 'login -h 192.0.2.1 -f root' /dev/null"
# Where a desktop's terminal runs its programs: below the user's manager, in no session.
AS_IN_A_DESKTOP = "systemd-run --user sekisho mode --confirm"


def type_line(guest, text, answer):
    """Types a line on a clean screen and waits for its answer there; the answer must not be in `text`."""
    guest.send_key("ctrl", "l")
    guest.wait_for(lambda: guest.screen().count("\n") == 0, 20, label="a clean screen")
    guest.send_keys(text + "\n")
    guest.wait_for(lambda: answer in guest.screen(), 60, label=f"{answer!r} on the screen")
    return guest.screen()


def log_in(s, guest):
    type_login(guest, "root", "root")
    guest.wait_for(lambda: last_line(guest).endswith(PROMPT.strip()), 90, label="the shell's prompt")
    s.check("somebody has logged in at the keyboard", "seat0" in guest.run("loginctl list-sessions --no-legend").out)


def status(guest):
    """Not all is well in it: nobody can tell what an initramfs holds where its tool is replaced."""
    return guest.run("sekisho status --json", check=False).json


def far_session(guest):
    """A session from elsewhere that confirms when it is told to: it takes a while to come about, a trial is short."""
    words = f"""loginctl show-session $XDG_SESSION_ID -p Remote; echo there
until test -e {SIGN}; do sleep 0.2; done; sekisho mode --confirm; echo status=$?; exit
"""
    job = guest.start_job(ELSEWHERE, input=words.encode(), loginuid=None)
    guest.wait_for(lambda: "\nthere" in job.poll().out.replace("\r", ""), 60, label="a session from elsewhere")
    return job


def refused(s, guest):
    far = far_session(guest)
    shown = type_line(guest, "sekisho mode usb enforce", "sekisho mode --confirm")
    s.check("the trial says until when, and what to type", "on trial until" in shown, shown)
    guest.run(f"touch {SIGN}")
    bare = guest.run("sekisho mode --confirm", check=False)
    s.check("a confirmation outside of any session is refused, with the sentence",
            bare.status == 3 and SENTENCE in bare.err, (bare.status, bare.err))
    said = far.wait(40).out
    s.check("so is one from a session elsewhere", all(w in said for w in ("Remote=yes", "status=3", SENTENCE)), said)
    s.check("it is on trial still", status(guest)["pending_confirmation"] is not None)
    type_line(guest, "sekisho mode usb observe", "now: observe")


def confirmed(s, guest):
    type_line(guest, "sekisho mode usb enforce", "sekisho mode --confirm")
    began = time.monotonic()
    type_line(guest, "sekisho mode --confirm", "Enforce is on")
    s.check("confirmed within the minute", time.monotonic() - began < TRIAL, time.monotonic() - began)
    guest.wait_for(lambda: "Enforce is installed" in guest.screen(), 60, label="the end of the installation")
    guest.wait_for(lambda: time.monotonic() > began + TRIAL + 5, TRIAL + 30)
    s.check("after the minute it enforces still", status(guest)["mode"]["usb"] == "enforce")
    s.check("nothing is pending", status(guest)["pending_confirmation"] is None and status(guest)["transition"] is None)
    s.check("it is installed for the next boot", guest.run("test -e /etc/modprobe.d/sekisho.conf", check=False).ok)
    wait_named(guest, "mode.changed", "enforced")
    changes = rows(guest, "mode.changed")
    outcomes = [row["sekisho"]["outcome"] for row in changes]
    s.check("trial and enforce are recorded, and no roll-back",
            "trial" in outcomes and "enforced" in outcomes and "rolled back" not in outcomes, outcomes)
    named = ['"root"' in text_of(row) for row in changes if row["sekisho"]["outcome"] in ("trial", "enforced")]
    s.check("with who did it", all(named), [text_of(row) for row in changes])
    s.check("the keyboard works", keyboard_works(guest))


def from_a_desktop(s, guest):
    """The same from a program that stands below the user's manager, as a desktop's terminal does."""
    type_line(guest, "sekisho mode usb observe", "now: observe")
    type_line(guest, "sekisho mode usb enforce", "sekisho mode --confirm")
    type_line(guest, AS_IN_A_DESKTOP, "Running as unit")
    s.check("a desktop's terminal at the machine can confirm",
            comes_true(lambda: status(guest)["pending_confirmation"] is None) and status(guest)["mode"]["usb"] == "enforce",
            guest.run("journalctl -b --user-unit 'run-*' -o cat", check=False).out[-500:])


with Scenario("enforce is confirmed at the machine's own keyboard") as s:
    with Guest(observing(), usb=[Keyboard()]) as guest:
        guest.wait_booted()
        # What it makes of the initramfs is seen in other scenarios, and takes minutes.
        guest.run("mount --bind /bin/true /usr/libexec/sekisho/initramfs-renew")
        log_in(s, guest)
        refused(s, guest)
        confirmed(s, guest)
        from_a_desktop(s, guest)
        s.check("the ledger verifies", guest.run("sekisho verify --all", check=False).ok)
