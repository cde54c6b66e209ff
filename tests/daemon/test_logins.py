# SPDX-License-Identifier: GPL-3.0-or-later
"""The real sekishod reads what login programs say of each attempt: each is one row. corpus/logins.txt is what
sshd 9.2, login, su and sudo of Debian 12 handed to libaudit while a person did what stands above it, in
the shape in which the kernel writes it; people have the accounts that every Debian has. Runs as root."""

import json
import re
import time
from pathlib import Path

from auditlog import AuditLog
import busworld
from test_trail import TrailTest

PEOPLE = {1: "daemon", 2: "bin", 3: "sys"}
CAME, FAILED, REFUSED, WENT = "succeeded", "failed", "refused", "ended"

# What was done, and the rows that it has to leave: kind, service, who is logged in, the account.
DONE = {
    "ssh, the right key": [(CAME, "sshd", "daemon", None), (WENT, "sshd", "daemon", None)],
    "ssh, a wrong key": [(FAILED, "sshd", None, "daemon")],
    "ssh, a key for a name that nobody has": [(FAILED, "sshd", None, "masked")],
    "ssh, the right password": [(CAME, "sshd", "bin", None), (WENT, "sshd", "bin", None)],
    "ssh, a wrong password": [(FAILED, "sshd", None, "bin")],
    "ssh, three wrong passwords": [(FAILED, "sshd", None, "bin")] * 3,
    "ssh, a name that nobody has and a wrong password": [(FAILED, "sshd", None, "masked")],
    "ssh with a terminal": [(CAME, "sshd", "daemon", None), (WENT, "sshd", "daemon", None)],
    "ssh, root's password": [(FAILED, "sshd", None, "root")],
    "ssh, an account that has expired": [(REFUSED, "sshd", None, "games")],
    "ssh, an account that has expired, by key": [(REFUSED, "sshd", None, "games")],
    "login, a wrong password, two names that nobody has, the right password": [
        (FAILED, "login", None, "daemon"), (FAILED, "login", None, "masked"),
        (FAILED, "login", None, "masked"), (CAME, "login", "daemon", None),
        (WENT, "login", "daemon", None)],
    "login, an account that has expired": [(REFUSED, "login", None, "games")],
    "ssh, one connection with two shells": [(CAME, "sshd", "daemon", None),
                                            (WENT, "sshd", "daemon", None)],
    "ssh, a wrong password, keyboard-interactive": [(FAILED, "sshd", None, "bin")],
    "ssh, the right password, keyboard-interactive": [(CAME, "sshd", "bin", None),
                                                      (WENT, "sshd", "bin", None)],
    "su": [(CAME, "sshd", "daemon", None), (CAME, "su", "daemon", "bin"),
           (WENT, "su", "daemon", "bin"), (WENT, "sshd", "daemon", None)],
    "su, a wrong password": [(CAME, "sshd", "daemon", None), (FAILED, "su", "daemon", "bin"),
                             (WENT, "sshd", "daemon", None)],
    "su, an account that has expired": [(CAME, "sshd", "daemon", None),
                                        (REFUSED, "su", "daemon", "games"),
                                        (WENT, "sshd", "daemon", None)],
    "sudo, a wrong password, then the right one": [
        (CAME, "sshd", "daemon", None), (FAILED, "sudo", "daemon", "daemon"),
        (CAME, "sudo", "daemon", "root"), (WENT, "sudo", "daemon", "root"),
        (WENT, "sshd", "daemon", None)],
    "sudo, three wrong passwords": [(CAME, "sshd", "daemon", None),
                                    *[(FAILED, "sudo", "daemon", "daemon")] * 3,
                                    (WENT, "sshd", "daemon", None)],
    "sudo -i": [(CAME, "sshd", "bin", None), (CAME, "sudo", "bin", "root"),
                (WENT, "sudo", "bin", "root"), (WENT, "sshd", "bin", None)],
    "sudo, by who may not": [(CAME, "sshd", "sys", None), (REFUSED, "sudo", "sys", None),
                             (WENT, "sshd", "sys", None)],
    "su behind sudo": [(CAME, "sshd", "bin", None), (CAME, "sudo", "bin", "root"),
                       (CAME, "su", "bin", "daemon"), (WENT, "su", "bin", "daemon"),
                       (WENT, "sudo", "bin", "root"), (WENT, "sshd", "bin", None)],
}


STAMP = re.compile(r"audit\((\d+)\.(\d+):SERIAL\)")


class LoginLog(AuditLog):
    def say(self, line, later):
        """`later`: seconds since it was said in truth."""
        self.serial += 1
        self._append(STAMP.sub(lambda m: f"audit({int(m[1]) + later}.{m[2]}:{self.serial})", line))


class Logins(TrailTest):
    Log = LoginLog

    def rows(self):
        found = []
        for kind, uid, details in self.select(
                "SELECT kind, uid, details FROM events WHERE kind LIKE 'login.%' ORDER BY seq"):
            details = json.loads(details)
            account = "masked" if details.get("masked") else details.get("as") or details.get("account")
            found.append((kind.removeprefix("login."), details["service"], PEOPLE.get(uid), account))
        return found

    def test_each_attempt_is_one_row(self):
        self.start()
        corpus = Path(__file__).with_name("corpus") / "logins.txt"
        lines = corpus.read_text(encoding="ascii").splitlines(True)
        self.assertEqual([line[2:-1] for line in lines if line.startswith("# ")], list(DONE))
        said = [line for line in lines if not line.startswith("# ")]
        later = int(time.time()) - int(STAMP.search(said[-1])[1])
        for line in said:
            self.log.say(line, later)
        wanted = [row for rows in DONE.values() for row in rows]
        self.wait_for(lambda: len(self.rows()) >= len(wanted), "rows are missing")
        self.log.access(("file.read", "/srv/juki/last"))  # behind it nothing is under way
        self.await_all()
        self.assertEqual(self.rows(), wanted)
        self.expect_verified()


if __name__ == "__main__":
    busworld.main()
