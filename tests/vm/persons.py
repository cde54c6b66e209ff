# SPDX-License-Identifier: GPL-3.0-or-later
"""People who log in: what they type, and the rows that each of their acts has to leave, once."""

import fnmatch
import json
from pathlib import Path

from patience import Deadline
from scenario import last_sequence, rows

TYPIST = "/usr/local/bin/typist"
NAMED = ("service", "terminal", "address", "as", "account", "masked")
KINDS = ("login.", "session.")


def row(kind, thing, user=None, **details):
    """A row as it should be: `user` is the audit login, a value of `details` may have wildcards."""
    outcome = {"login.succeeded": "done", "login.failed": "failed", "login.refused": "refused",
               "login.ended": "ended", "session.locked": "locked", "session.unlocked": "unlocked"}
    return {"kind": kind, "object": thing, "user": user, "outcome": outcome[kind], **details}


def cut_off(wanted):
    return {**wanted, "outcome": "cut off"}


def told(document):
    """The same out of a document of `sekisho log`."""
    own = document["sekisho"]
    details = own.get("details") or {}
    kind = document["event"]["action"]
    # Whose login failed is no audit login yet: the document names the account.
    user = document.get("user", {}).get("name") if "id" in document.get("user", {}) else None
    return {"kind": kind, "object": own.get("object"), "user": user, "outcome": own.get("outcome"),
            **{key: details[key] for key in NAMED if key in details}}


def fits(found, wanted):
    return found.keys() == wanted.keys() and all(
        fnmatch.fnmatchcase(found[key], value) if isinstance(value, str) and isinstance(found[key], str)
        else found[key] == value for key, value in wanted.items())


def session_of(guest, user):
    """logind's number of the one session that somebody has."""
    [number] = guest.run(f"loginctl list-sessions --no-legend | awk '$3 == \"{user}\" {{print $1}}'").out.split()
    return number


def say_locked(guest, user, session, locked):
    """What a desktop tells logind about its screen, by a stand-in for it."""
    login1 = "org.freedesktop.login1"
    path = guest.run(f"busctl call {login1} /org/freedesktop/login1 {login1}.Manager GetSession s {session}").out
    path = path.partition(" ")[2].strip('"')
    guest.run(f"busctl call {login1} {path} {login1}.Session SetLockedHint b {str(locked).lower()}", user=user,
              loginuid=None)


class Record:
    """Sets what the ledger says beside what was done, act by act."""

    def __init__(self, s, guest):
        self.s, self.guest = s, guest
        self.last = last_sequence(guest)
        guest.push(Path(__file__).with_name("typist.py"), TYPIST, 0o755)

    def rows(self):
        return [each for each in rows(self.guest, after=self.last) if each["event"]["action"].startswith(KINDS)]

    def shows(self, sentence, *wanted, settle=1):
        """That since the last time these rows have come, in this order, and no others; a late one is the next one's."""
        deadline = Deadline(20)
        while len(found := self.rows()) < len(wanted) and not deadline.has_passed():
            pass
        self.guest.run(f"sleep {settle}")  # for one too many
        found = self.rows()
        self.last = last_sequence(self.guest)
        said = [told(each) for each in found]
        right = len(said) == len(wanted) and all(fits(*pair) for pair in zip(said, wanted))
        self.s.check(sentence, right, "\n  ".join(["told:", *map(str, said), "wanted:", *map(str, wanted)]))
        return found

    def talk(self, argv, *script, status=0):
        """Runs a program on a terminal, with nobody's audit login, and types at its prompts."""
        done = self.guest.run([TYPIST, json.dumps(script), *argv], loginuid=None, timeout=150, check=False)
        if status is not None and done.status != status:
            raise RuntimeError(f"{argv}: exit status {done.status}\n{done.out}\n{done.err}")
        return done.out
