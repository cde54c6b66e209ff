# SPDX-License-Identifier: GPL-3.0-or-later
"""Alerts on the bus: the real sekishod tells each person what concerns it, folds what has one cause,
and records who has answered."""

import concurrent.futures
import json
import os
import pty
import time
import unittest

import busworld
from busworld import SATO, TANAKA
from machine import Machine


class Alerts(unittest.TestCase):
    def setUp(self):
        self.machine = Machine()
        self.addCleanup(self.machine.close)
        policy = self.machine.policy / "policy.d"
        policy.mkdir()
        (policy / "officers.conf").write_text(
            'site: { officers = (\n'
            '  { role = "保護責任者"; name = "前任"; phone = "03-0000-0000"; until = "2020-03-31"; },\n'
            '  { role = "保護責任者"; name = "鈴木 花子"; phone = "03-1234-5678"; } ); };\n',
            encoding="utf-8")
        # What was freed is not kept, so that what is resident says something.
        self.machine.environment["ASAN_OPTIONS"] += ":quarantine_size_mb=0"
        self.machine.start_bus()
        self.machine.start_polkit("yes")
        self.machine.set_mode("enforce")
        self.machine.plug_stick()
        self.machine.start()

    def ask(self, method, number, uid=TANAKA, login=None):
        return self.machine.run("busctl", "--system", "--json=short", "call", "org.sekisho.Agent1",
                                "/org/sekisho/Agent1", "org.sekisho.Agent1", method, "t", str(number),
                                uid=uid, login=uid if login is None else login)

    def listed(self, since=0, **options):
        done = self.ask("ListAlerts", since, **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [{key: value["data"] for key, value in alert["data"].items()}
                for alert in json.loads(done.stdout)["data"][0]]

    def blocked(self, **options):
        found = [alert for alert in self.listed(**options) if alert["kind"] == "usb.blocked"]
        self.assertEqual(len(found), 1, found)
        return found[0]

    def test_a_blocked_stick_is_told_to_whoever_sits_there_and_names_the_officer_of_now(self):
        alert = self.blocked()
        rows = self.machine.rows("--kind", "usb.blocked")
        self.assertEqual(alert["sequence"], rows[-1]["event"]["sequence"])
        self.assertEqual((alert["count"], alert["severity"]), (1, "violation"))
        self.assertEqual(alert["object"], "0951:1666:関所\\x1b1")
        officers = [{key: value["data"] for key, value in officer["data"].items()}
                    for officer in alert["officers"]]
        self.assertEqual(officers, [{"role": "保護責任者", "name": "鈴木 花子",
                                     "phone": "03-1234-5678"}])
        self.assertEqual(self.listed(since=alert["sequence"]), [])

    def test_an_answer_is_recorded_once_with_who_gave_it_and_outlives_the_agent(self):
        number = self.blocked()["sequence"]
        self.assertEqual(self.ask("Acknowledge", number).returncode, 0)
        self.assertEqual(self.ask("Acknowledge", number).returncode, 0)
        rows = self.machine.rows("--kind", "incident.acknowledged")
        self.assertEqual(len(rows), 1)
        self.assertEqual(rows[0]["user"]["id"], str(TANAKA))
        self.assertNotIn("usb.blocked", [alert["kind"] for alert in self.listed()])
        self.assertEqual(self.ask("GetAlert", number).returncode, 0)
        self.assertEqual(self.machine.agent.stop(), 0)
        self.machine.programs.remove(self.machine.agent)
        self.machine.start()
        self.assertNotIn(number, [alert["sequence"] for alert in self.listed()])

    def test_who_is_nobody_is_told_nothing_and_answers_nothing(self):
        number = self.blocked()["sequence"]
        for method in ("ListAlerts", "GetAlert", "Acknowledge"):
            done = self.ask(method, number, login=busworld.NO_LOGIN)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("Access denied", done.stderr)
        self.assertEqual(self.machine.rows("--kind", "incident.acknowledged"), [])

    def test_a_number_that_is_no_alert_is_refused(self):
        for number in (0, 1, 2**64 - 1):
            for method in ("GetAlert", "Acknowledge"):
                self.assertNotEqual(self.ask(method, number).returncode, 0)
        done = self.machine.call("GetAlert", "s", "1", uid=TANAKA)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(self.machine.rows("--kind", "incident.acknowledged"), [])

    def test_polkit_may_forbid_an_answer(self):
        number = self.blocked()["sequence"]
        self.machine.polkit.stop()
        self.machine.programs.remove(self.machine.polkit)
        self.machine.start_polkit("no")
        self.assertNotEqual(self.ask("Acknowledge", number).returncode, 0)
        self.assertEqual(self.machine.rows("--kind", "incident.acknowledged"), [])

    def test_an_account_that_asks_without_end_gains_nothing_and_costs_no_memory(self):
        number = self.blocked()["sequence"]
        calls = [(method, value) for method in ("ListAlerts", "GetAlert", "Acknowledge")
                 for value in (0, number, 2**64 - 1)]

        def ask_all(times):
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                return list(pool.map(lambda call: self.ask(*call, uid=SATO).returncode,
                                     calls * times))
        self.assertIn(0, ask_all(5))
        before = self.machine.resident_kb()
        self.assertNotIn(0, ask_all(30)[6::9])  # nothing makes an alert of 0
        self.assertLess(self.machine.resident_kb() - before, 4096)
        self.assertEqual(len(self.machine.rows("--kind", "incident.acknowledged")), 1)

    def test_an_answer_is_the_login_s_whatever_account_it_comes_from(self):
        number = self.blocked()["sequence"]
        self.assertEqual(self.ask("Acknowledge", number, uid=0, login=SATO).returncode, 0)
        [row] = self.machine.rows("--kind", "incident.acknowledged")
        self.assertEqual(row["user"]["id"], str(SATO))


class Terminals(unittest.TestCase):
    """Sessions of logind that exist only for the agent: files in a /run/systemd of its own."""

    def setUp(self):
        self.machine = Machine()
        self.addCleanup(self.machine.close)
        self.sessions = self.machine.folder / "logind/sessions"
        self.sessions.mkdir(parents=True)
        (self.machine.root / "dev/pts").symlink_to("/dev/pts")
        self.machine.wrapper = (
            "unshare", "--mount", "--propagation", "private", "sh", "-c",
            f'mkdir -p /run/systemd && mount --bind {self.machine.folder}/logind /run/systemd && '
            'exec "$@"', "sh")
        self.machine.set_mode("enforce")
        self.machine.plug_stick(authorized="0")

    def log_in(self, name, uid, owner=None, **fields):
        """A session with a terminal, whose other end is returned."""
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        self.addCleanup(os.close, theirs)
        os.set_blocking(ours, False)
        os.chown(os.ttyname(theirs), uid if owner is None else owner, -1)
        state = {"UID": uid, "CLASS": "user", "TYPE": "tty", "STATE": "active", "ACTIVE": "1",
                 "TTY": os.ttyname(theirs).removeprefix("/dev/"), **fields}
        (self.sessions / name).write_text(
            "".join(f"{key}={value}\n" for key, value in state.items()), encoding="ascii")
        return ours

    @staticmethod
    def read(terminal):
        try:
            return os.read(terminal, 65536).decode()
        except BlockingIOError:
            return ""

    def await_line(self, terminal):
        until = time.monotonic() + busworld.PATIENCE
        text = ""
        while "was blocked" not in text:
            self.assertLess(time.monotonic(), until, text)
            time.sleep(0.05)
            text += self.read(terminal)
        return text.replace("\r\r\n", "\r\n")  # the terminal makes one more

    def test_persons_at_terminals_get_one_line_and_nobody_else_does(self):
        tanaka, sato = self.log_in("3", TANAKA), self.log_in("4", SATO)
        others = {
            "greeter": self.log_in("c1", 110, CLASS="greeter"),
            "desktop": self.log_in("5", TANAKA, TYPE="x11"),
            "terminal of another account": self.log_in("6", TANAKA, owner=SATO),
            "no terminal": self.log_in("7", TANAKA, TTY="pts/../../etc/passwd"),
        }
        self.machine.start_bus()
        self.machine.start()
        lines = [self.await_line(terminal) for terminal in (tanaka, sato)]
        for line in lines:
            self.assertEqual(line, "\r\nsekisho: Kingston DataTraveler (0951:1666:関所\\x1b1) was "
                             "blocked (storage): Nobody has approved it.\r\n")
        for who, terminal in others.items():
            self.assertEqual(self.read(terminal), "", who)

    def test_a_terminal_that_takes_nothing_does_not_stop_the_agent(self):
        stopped, tanaka = self.log_in("3", TANAKA), self.log_in("4", TANAKA)
        name = (self.sessions / "3").read_text(encoding="ascii").split("TTY=")[1].split("\n")[0]
        writer = os.open(f"/dev/{name}", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        self.addCleanup(os.close, writer)
        with self.assertRaises(BlockingIOError):
            while True:
                os.write(writer, b"x" * 4096)
        self.machine.start_bus()
        self.machine.start()
        self.await_line(tanaka)
        self.assertNotIn("was blocked", self.read(stopped))


if __name__ == "__main__":
    busworld.main()
