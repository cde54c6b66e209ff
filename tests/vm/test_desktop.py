# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody logs in at a display manager's greeter, locks the screen, unlocks it and logs out: lightdm, on a real X
server, by the keys that a person presses."""

from greeter import PACKAGES, prepare, stands_still, type_slowly, wait_greeter
from guest import Guest
from persons import Record, row, say_locked, session_of
from scenario import Keyboard, Scenario, observing


def wait_session(guest):
    guest.wait_for("pgrep -u operator -x xterm", 120)
    guest.wait_for("pgrep -u operator -x light-locker", 60)
    guest.wait_for(lambda: stands_still(guest), 60, label="a session that stands still")


def comes_in(guest, record):
    failed = {"kind": "login.failed", "thing": "lightdm :0", "service": "lightdm", "terminal": ":0"}
    wait_greeter(guest)
    record.shows("the greeter is nobody's login")
    type_slowly(guest, "operator")
    type_slowly(guest, "wrong")
    record.shows("a wrong password at the greeter", row(**failed, account="operator"), settle=5)
    wait_greeter(guest)
    type_slowly(guest, "operator")
    type_slowly(guest, "operator")
    wait_session(guest)
    record.shows("the right one", row("login.succeeded", "lightdm :0", "operator", service="lightdm", terminal=":0"))


def locks(guest, record):
    """light-locker goes to the greeter and does not tell logind (its issue 106): sekisho-trail(7) says so."""
    type_slowly(guest, "light-locker-command -l")
    wait_greeter(guest)
    record.shows("a locker that does not say so is not told as locked", settle=5)
    type_slowly(guest, "wrong")
    record.shows("a wrong password does not unlock it",
                 row("login.failed", "lightdm :*", service="lightdm", terminal=":*", account="operator"), settle=5)
    type_slowly(guest, "operator")
    guest.wait_for("loginctl show-seat seat0 -p ActiveSession --value | "
                   "xargs loginctl show-session -p Name --value | grep -qx operator", 60)
    record.shows("the right one does, and is no login", settle=5)


def says_so(guest, record):
    session = session_of(guest, "operator")
    say_locked(guest, "operator", session, True)
    record.shows("a desktop that says it is locked", row("session.locked", "lightdm :0", "operator"))
    say_locked(guest, "operator", session, False)
    record.shows("and unlocked", row("session.unlocked", "lightdm :0", "operator"))


def leaves(guest, record):
    guest.wait_for(lambda: stands_still(guest), 60, label="a session that stands still")
    type_slowly(guest, "exit")
    record.shows("logging out", row("login.ended", "lightdm :0", "operator", service="lightdm", terminal=":0"),
                 settle=5)


with Scenario("a display manager's logins and locks are recorded right, once") as s:
    with Guest(observing(PACKAGES), usb=[Keyboard()], memory=2048) as guest:
        guest.wait_booted()
        record = Record(s, guest)
        prepare(guest)
        comes_in(guest, record)
        locks(guest, record)
        says_so(guest, record)
        leaves(guest, record)
        s.check("the ledger verifies", guest.run("sekisho verify --all", check=False, timeout=300).ok)
