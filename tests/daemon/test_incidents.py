# SPDX-License-Identifier: GPL-3.0-or-later
"""Incidents: what the real sekishod opens for violations and takes from people, who may see and end them, their
deadlines and reminders by a clock that is set, and what is left after a kill. Runs as root."""

import csv
import io
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import busworld
from busworld import NO_LOGIN, SATO, TANAKA
from machine import Machine
from test_agent import DONE, FAILED, REFUSED, USAGE, AgentTest

HOUR = 3600
DAY = 24 * HOUR
CLOSING = ("--cause", "私物の USB を挿した", "--measure", "再教育を行った")
CAUSES_MAX = 240  # TALLY_CAUSES_MAX


def day(later):
    """This time of the day, so many days from now: the agent's days are those of its policy's zone."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + later * DAY))


class IncidentTest(AgentTest):
    """A stick that is not approved is there from the start: one violation."""

    def setUp(self):
        self.machine = Machine()
        self.addCleanup(self.machine.close)
        self.machine.start_bus()
        self.machine.start_polkit("yes")
        self.machine.set_mode("enforce")
        self.machine.plug_stick()
        self.machine.start()
        self.wait_for(lambda: self.blocked(), "the stick was not told")
        self.wait_for(lambda: self.of_kind(), "no incident was opened")

    def incidents(self, **options):
        return json.loads(self.expect(DONE, "incident", "list", "--json", **options).stdout)

    def of_kind(self, kind="usb.blocked", **options):
        return [incident for incident in self.incidents(**options) if incident["cause"]["kind"] == kind]

    def incident(self, number, **options):
        [incident] = [incident for incident in self.incidents(**options) if incident["number"] == int(number)]
        return incident

    def report(self, what="USB メモリを紛失した", *more, kind="loss", **options):
        done = self.expect(DONE, "incident", "open", "--kind", kind, "--what", what, *more, "--json", **options)
        return str(json.loads(done.stdout)["number"])

    def status(self):
        return json.loads(self.machine.sekisho("status", "--json").stdout)

    def opened(self):
        return [row for row in self.machine.rows("--kind", "incident.opened")
                if row["sekisho"]["details"]["cause"]["kind"] == "usb.blocked"]

    def blocked(self):
        return self.machine.rows("--kind", "usb.blocked", "--severity", "violation")

    def stop(self):
        self.assertEqual(self.machine.agent.stop(), 0)
        self.machine.programs.remove(self.machine.agent)

    def violate(self):
        """The stick was approved, is so no more, and is there when the agent starts: it is blocked once more."""
        before = len(self.blocked())
        self.expect(DONE, "usb", "allow", "1")
        self.expect(DONE, "usb", "forget", "1")
        self.stop()
        self.machine.start()
        self.wait_for(lambda: len(self.blocked()) > before, "not blocked again")

    def kill(self):
        self.machine.agent.process.send_signal(signal.SIGKILL)
        self.machine.agent.process.wait()
        self.machine.programs.remove(self.machine.agent)


class Opened(IncidentTest):
    def test_a_violation_opens_one_behind_its_row(self):
        [incident], [row], [opened] = self.of_kind(), self.blocked(), self.opened()
        self.assertEqual((incident["first"], incident["count"], incident["state"]), (row["event"]["sequence"], 1, "open"))
        self.assertEqual(incident["number"], opened["event"]["sequence"])
        self.assertGreater(incident["number"], incident["first"])
        self.assertEqual(incident["cause"]["object"], row["sekisho"]["object"])

    def test_rows_of_the_same_cause_fold_in_and_the_status_counts_incidents(self):
        for _ in range(5):
            self.violate()
        [incident] = self.of_kind()
        rows = self.blocked()
        self.assertEqual((incident["count"], incident["last"]), (len(rows), rows[-1]["event"]["sequence"]))
        self.assertEqual(len(self.opened()), 1)
        self.machine.settle()
        status, violations = self.status(), self.machine.rows("--severity", "violation")
        self.assertEqual(status["open_incidents"], len(self.machine.rows("--kind", "incident.opened")))
        self.assertEqual(status["incident_rows"], len(violations))
        self.assertLess(status["open_incidents"], len(violations))

    def test_a_thousand_violations_are_as_many_incidents_as_they_have_causes(self):
        switch = self.machine.root / "sys/bus/usb/devices/1-1/authorized"
        until = time.monotonic() + 150
        while len(rows := self.machine.rows("--severity", "violation")) < 1000:
            self.assertLess(time.monotonic(), until)
            for _ in range(200):  # somebody opens the blocked stick again and again
                switch.write_text("1\n", encoding="ascii")
                time.sleep(0.002)
        self.machine.settle()
        rows = self.machine.rows("--severity", "violation")
        causes = Counter((row["event"]["action"], row["sekisho"]["object"]) for row in rows)
        told = {(incident["cause"]["kind"], incident["cause"]["object"]): incident["count"]
                for incident in self.incidents()}
        self.assertEqual(told, dict(causes))
        self.assertLess(len(told), 5)

    def test_neither_a_kill_nor_a_restart_opens_it_again_or_loses_a_row(self):
        self.violate()
        number = self.of_kind()[0]["number"]
        for end in (self.kill, self.stop):
            end()
            self.machine.start()
            self.machine.settle()
            [incident] = self.of_kind()
            self.assertEqual((incident["number"], incident["count"]),
                             (number, len(self.blocked())))

    def test_killed_at_any_moment_each_violation_has_one_incident_in_the_end(self):
        for pause in range(6):
            self.machine.plug_stick(name=f"1-{pause + 2}", serial=f"S{pause}", address=pause + 3)
            self.stop()
            agent = self.machine._start(os.environ["SEKISHOD"], "--foreground", "--root", self.machine.root,
                                        "--state", self.machine.state, "--config", self.machine.policy)
            time.sleep(0.15 + 0.1 * pause)
            agent.process.send_signal(signal.SIGKILL)
            agent.process.wait()
            self.machine.programs.remove(agent)
            self.machine.start()
        self.machine.settle()
        blocked = {row["sekisho"]["object"] for row in self.blocked()}
        self.assertEqual(len(blocked), 7)
        self.assertEqual(Counter(row["sekisho"]["details"]["cause"]["object"] for row in self.opened()),
                         Counter(blocked))

    def test_a_closed_one_is_over_and_the_next_row_opens_another(self):
        number = self.of_kind()[0]["number"]
        self.expect(DONE, "incident", "close", str(number), *CLOSING)
        self.machine.settle()
        self.assertEqual([incident["state"] for incident in self.of_kind()], ["closed"])
        self.violate()
        self.wait_for(lambda: len(self.of_kind()) == 2, "no other one was opened")
        old, new = self.of_kind()
        self.assertEqual((old["state"], new["state"], new["count"]), ("closed", "open", 1))
        self.assertGreater(new["first"], old["last"])


class Played(IncidentTest):
    """A ledger of violations that no agent has opened incidents for: as a kill between the two rows leaves it."""

    def play(self, rows, paths):
        self.stop()
        shutil.rmtree(self.machine.state)
        self.machine.state.mkdir(mode=0o700)
        subprocess.run([os.environ["LEDGER_PLAY"], "--rows", str(rows), "--paths", str(paths), "--months", "1",
                        "--first", "2020-10", "--seal-every", "100000", "--quiet", self.machine.state],
                       check=True, stdout=subprocess.DEVNULL)
        played = self.blocked()
        self.machine.start()
        for _ in range(3):  # until nothing more is found out; all rows are too many to read each time
            before = None
            while (now := self.machine.rows("--limit", "1")[0]["event"]["sequence"]) != before:
                before = now
                time.sleep(1)
        return Counter((row.get("user", {}).get("id"), row["sekisho"]["object"]) for row in played)


class Many(Played):
    def test_hundreds_of_rows_are_as_many_incidents_as_causes(self):
        causes = self.play(30000, 1)
        self.assertGreater(sum(causes.values()), 200)
        incidents = [incident for incident in self.of_kind() if "関所" not in incident["cause"]["object"]]
        self.assertEqual(sorted(incident["count"] for incident in incidents), sorted(causes.values()))
        self.assertLessEqual(len(incidents), 6)

    def test_more_causes_than_there_is_room_for_are_one_incident_together(self):
        causes = self.play(40000, 5000)
        self.assertGreater(len(causes), CAUSES_MAX + 50)
        incidents = self.incidents()
        [rest] = [incident for incident in incidents if incident["cause"]["object"] == "further causes"]
        violations = len(self.machine.rows("--severity", "violation"))
        self.assertEqual(sum(incident["count"] for incident in incidents), violations)
        self.assertEqual(len(incidents), CAUSES_MAX + 1)
        self.report("and people can still report")
        self.expect(DONE, "incident", "close", str(rest["number"]), *CLOSING)
        before = len(self.incidents())
        self.stop()
        self.machine.start()
        self.assertEqual(len(self.incidents()), before)


class People(IncidentTest):
    def test_an_operator_reports_a_lost_stick_and_others_do_not_see_it(self):
        number = self.report(uid=TANAKA, login=TANAKA)
        incident = self.incident(number, uid=TANAKA, login=TANAKA)
        self.assertEqual((incident["breach"], incident["what"], incident["opened"]["uid"], incident["state"]),
                         ("loss", "USB メモリを紛失した", TANAKA, "open"))
        self.assertNotIn(int(number), [incident["number"] for incident in self.incidents(uid=SATO, login=SATO)])
        self.assertIn(int(number), [incident["number"] for incident in self.incidents()])
        for verb in ("show", "ack"):
            self.expect(FAILED, "incident", verb, number, uid=SATO, login=SATO)
        self.assertEqual(self.incident(number)["state"], "open")
        self.expect(DONE, "incident", "ack", number, uid=TANAKA, login=TANAKA)

    def test_nobody_reports_nothing(self):
        self.expect(REFUSED, "incident", "open", "--kind", "loss", "--what", "x", login=NO_LOGIN)
        self.assertEqual(self.of_kind("incident.opened"), [])

    def test_it_is_answered_noted_reported_and_closed_with_who_did_it(self):
        number = self.report(uid=TANAKA, login=TANAKA)
        self.expect(DONE, "incident", "ack", number, login=SATO)
        self.expect(DONE, "incident", "note", number, "本人に聞き取り中", login=SATO)
        self.expect(DONE, "incident", "report", number, "first", "--reference", "第12号", login=SATO)
        self.expect(USAGE, "incident", "close", number, *CLOSING, login=SATO)  # no final report yet
        self.expect(DONE, "incident", "report", number, "final", login=SATO)
        self.expect(USAGE, "incident", "report", number, "final", login=SATO)
        self.expect(DONE, "incident", "close", number, *CLOSING, login=SATO)
        incident = self.incident(number)
        self.assertEqual(incident["state"], "closed")
        self.assertEqual([incident[key]["uid"] for key in ("acknowledged", "closed")], [SATO, SATO])
        self.assertEqual((incident["notes"][0]["text"], incident["notes"][0]["uid"]), ("本人に聞き取り中", SATO))
        self.assertEqual((incident["reports"]["first"]["reference"], incident["reports"]["first"]["uid"]),
                         ("第12号", SATO))
        self.assertEqual((incident["found"], incident["measure"]), (CLOSING[1], CLOSING[3]))
        for kind in ("acknowledged", "noted", "reported", "closed"):
            rows = self.machine.rows("--kind", f"incident.{kind}")
            self.assertTrue(rows, kind)
            self.assertEqual({row["user"]["id"] for row in rows}, {str(SATO)}, kind)
        own = self.incident(number, uid=TANAKA, login=TANAKA)
        self.assertFalse({"notes", "found", "measure"} & set(own))  # what officers write is theirs

    def test_a_loss_is_closed_without_a_report_only_if_somebody_says_why(self):
        number = self.report()
        self.expect(USAGE, "incident", "close", number, *CLOSING)
        self.expect(DONE, "incident", "close", number, *CLOSING, "--no-report", "机の中で見つかった")
        self.assertEqual(self.incident(number)["waived"], "机の中で見つかった")

    def test_of_those_who_close_at_once_one_is_first_and_the_others_are_told(self):
        number = self.report()

        def close(login):
            return self.machine.sekisho("incident", "close", number, *CLOSING, "--no-report", "x",
                                        login=login).returncode
        with ThreadPoolExecutor(6) as pool:
            codes = sorted(pool.map(close, range(2000, 2006)))
        self.assertEqual(codes, [DONE] + [USAGE] * 5)
        self.assertEqual(len(self.machine.rows("--kind", "incident.closed")), 1)

    def test_one_account_can_not_fill_the_register(self):
        for i in range(8):
            self.report(f"{i}", uid=TANAKA, login=TANAKA)
        self.expect(FAILED, "incident", "open", "--kind", "loss", "--what", "9", uid=TANAKA, login=TANAKA)
        self.report("others still can", uid=SATO, login=SATO)

    def test_what_is_wrong_is_refused_and_leaves_no_row(self):
        number = self.report()
        rows = len(self.machine.rows("--kind", "incident.*"))
        for words in (("open", "--kind", "theft", "--what", "x"), ("open", "--kind", "loss"),
                      ("open", "--kind", "loss", "--what", "x" * 513),
                      ("open", "--kind", "loss", "--what", "x", "--known", day(3)),
                      ("open", "--kind", "loss", "--what", "x", "--known", "1999-01-01"),
                      ("note", number, "x" * 513), ("note", number, ""), ("report", number, "second"),
                      ("close", number, "--cause", "x"), ("ack", "0"), ("ack", "-1"), ("ack", "x")):
            self.expect(USAGE, "incident", *words)
        self.expect(FAILED, "incident", "ack", "999999")
        self.assertEqual(len(self.machine.rows("--kind", "incident.*")), rows)

    def test_the_notes_of_the_register_are_bounded_and_the_ledger_has_all(self):
        number = self.report()
        for i in range(15):
            self.expect(DONE, "incident", "note", number, f"{i}" + "記" * 160)
        incident = self.incident(number)
        self.assertEqual(len(incident["notes"]) + incident["notes_gone"], 15)
        self.assertTrue(incident["notes"][-1]["text"].startswith("14"))
        self.assertEqual(len(self.machine.rows("--kind", "incident.noted")), 15)
        self.assertIn("older ones", self.expect(DONE, "incident", "show", number, "--state", self.machine.state).stdout)

    def test_the_table_and_the_spreadsheet_say_it(self):
        number = self.report("=cmd", "--known", day(-9))
        self.assertIn("overdue", self.expect(DONE, "incident", "list").stdout)
        done = self.expect(DONE, "incident", "list", "--csv").stdout
        [row] = [row for row in csv.DictReader(io.StringIO(done.removeprefix("\ufeff"))) if row["number"] == number]
        self.assertEqual((row["what"], row["kind"], row["state"]), ("'=cmd", "loss", "open"))

    def test_who_may_not_is_refused_but_may_still_report(self):
        number = self.report()
        self.machine.polkit.stop()
        self.machine.programs.remove(self.machine.polkit)
        self.machine.start_polkit("no")
        for words in (("note", number, "x"), ("report", number, "first"), ("close", number, *CLOSING)):
            self.expect(REFUSED, "incident", *words, uid=TANAKA, login=TANAKA)
        self.assertEqual(len(self.machine.rows("--kind", "incident.noted")), 0)

    def test_show_prints_the_rows_it_is_about(self):
        self.violate()
        incident = self.of_kind()[0]
        done = self.expect(DONE, "incident", "show", str(incident["number"]), "--json", "--state", self.machine.state)
        shown = [row["sequence"] for row in json.loads(done.stdout)["rows"]]
        self.assertEqual(shown, sorted([row["event"]["sequence"] for row in self.blocked()] +
                                       [incident["number"]]))

    def test_the_register_is_built_again_as_it_was(self):
        number = self.report()
        self.expect(DONE, "incident", "note", number, "x")
        self.machine.settle()
        before = self.incidents()
        self.stop()
        with sqlite3.connect(self.machine.state / "registers.db") as db:
            stored = dict(db.execute("SELECT * FROM incidents"))
            db.execute("DELETE FROM incidents")
        db.close()
        self.assertIn(int(number), stored)
        self.machine.start()
        self.machine.settle()
        self.assertEqual(self.last("agent.tampered")["sekisho"]["outcome"], "rebuilt")
        told = {incident["number"]: incident for incident in self.incidents()}
        for incident in before:
            self.assertEqual(told[incident["number"]]["notes"], incident["notes"])
            self.assertEqual(told[incident["number"]]["opened"], incident["opened"])
        self.assertEqual([incident["count"] for incident in self.of_kind()], [len(self.blocked())])


class Violator(Played):
    def test_who_it_is_about_closes_it_only_where_one_person_works_alone(self):
        self.play(2000, 1)
        own, other = [incident for incident in self.of_kind() if incident["cause"]["uid"] != 2**32 - 1][:2]
        login = own["cause"]["uid"]
        self.expect(REFUSED, "incident", "close", str(own["number"]), *CLOSING, login=login)
        self.assertEqual(self.incident(own["number"])["state"], "open")
        self.expect(DONE, "incident", "close", str(other["number"]), *CLOSING, login=login)
        policy = self.machine.policy / "policy.d"
        policy.mkdir()
        (policy / "alone.conf").write_text("site: { self_approval = true; };\n", encoding="ascii")
        loaded = len(self.machine.rows("--kind", "policy.loaded"))
        self.machine.agent.process.send_signal(signal.SIGHUP)
        self.wait_for(lambda: len(self.machine.rows("--kind", "policy.loaded")) > loaded, "the policy was not read")
        self.expect(DONE, "incident", "close", str(own["number"]), *CLOSING, login=login)
        self.assertEqual(self.incident(own["number"])["closed"]["uid"], login)


if __name__ == "__main__":
    busworld.main()
