# SPDX-License-Identifier: GPL-3.0-or-later
"""The registers that people keep: attestations, visits, lent assets, reviews, audits: what the real sekishod takes, from
whom, and what is left of it after a kill. Runs as root."""

import csv
import hashlib
import io
import json
import os
import signal
import sqlite3
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import busworld
from busworld import NO_LOGIN, PATIENCE
from test_agent import DONE, FAILED, FINDING, REFUSED, STRANGER, USAGE, AgentTest

VISIT = ("--visitor", "山田 太郎", "--purpose", "空調の点検")
ASSET = ("--item", "ノートPC", "--lender", "市", "--holder", "佐藤")
UIDS = (1, 2, 3, 7, 8)  # accounts that every Debian has: one may not have twenty calls waiting
KEEP, READ = "org.sekisho.agent1.keep-registers", "org.sekisho.agent1.read-registers"


def last_month():
    now = time.localtime()
    return f"{now.tm_year - (now.tm_mon == 1)}-{(now.tm_mon - 2) % 12 + 1:02}"


class RegisterTest(AgentTest):
    def entries(self, command):
        return json.loads(self.expect(DONE, command, "list", "--json").stdout)

    def add(self, *command, **options):
        return json.loads(self.expect(DONE, *command, "--json", **options).stdout)["number"]

    def write_document(self, name="規程.pdf", data=b"the rules\n"):
        path = self.machine.folder / name
        path.write_bytes(data)
        return path

    def row_of(self, number):
        [row] = [row for row in self.machine.rows() if row["event"]["sequence"] == number]
        return row


class Attest(RegisterTest):
    def test_it_is_a_row_with_the_person_and_an_entry(self):
        path = self.write_document()
        number = self.add("attest", "1.1", "--statement", "基本方針を定めた", "--document", path, "--until", "2100-03-31",
                          login=1234)
        row = self.row_of(number)
        self.assertEqual((row["event"]["action"], row["user"]["id"], row["sekisho"]["object"]),
                         ("attestation.made", "1234", "1 (1)"))
        [entry] = self.entries("attest")
        self.assertEqual((entry["number"], entry["clause"], entry["statement"], entry["by_uid"], entry["state"]),
                         (number, "1 (1)", "基本方針を定めた", 1234, "open"))
        self.assertEqual(entry["document"], {"name": "規程.pdf", "sha256": hashlib.sha256(b"the rules\n").hexdigest(),
                                             "size": 10})
        self.assertEqual(row["sekisho"]["details"]["document"], entry["document"])

    def test_ended_it_stays_with_who_ended_it_and_why(self):
        number = self.add("attest", "8", "--statement", "x")
        self.expect(DONE, "attest", "end", str(number), "--reason", "規程を改めた", login=1234)
        [entry] = self.entries("attest")
        self.assertEqual((entry["state"], entry["ended_by_uid"], entry["fields"]), ("ended", 1234, {"reason": "規程を改めた"}))
        self.assertEqual(self.last("attestation.ended")["user"]["id"], "1234")
        self.assertIn("ended already", self.expect(USAGE, "attest", "end", str(number)).stderr)

    def test_a_file_is_its_document_or_is_not(self):
        path = self.write_document()
        self.assertIn("Nothing that is in force", self.expect(FINDING, "attest", "check", path).stdout)
        number = self.add("attest", "8", "--statement", "x", "--document", path)
        self.assertIn(f"number {number}, clause 8: in force", self.expect(DONE, "attest", "check", path).stdout)
        self.write_document(data=b"the rulez\n")
        self.assertIn("other contents", self.expect(FINDING, "attest", "check", path).stdout)
        self.write_document()
        self.expect(DONE, "attest", "end", str(number))
        self.expect(FINDING, "attest", "check", path)

    def test_what_is_no_file_is_no_document(self):
        fifo = self.machine.folder / "fifo"
        os.mkfifo(fifo)
        for path in (fifo, "/dev/zero", self.machine.folder, self.machine.folder / "none"):
            self.expect(FAILED, "attest", "8", "--statement", "x", "--document", path)
        self.assertEqual(self.entries("attest"), [])

    def test_the_table_and_the_spreadsheet_say_it(self):
        self.add("attest", "5.12", "--statement", "=HYPERLINK(1)")
        self.assertIn("in force", self.expect(DONE, "attest", "list").stdout)
        done = self.expect(DONE, "attest", "list", "--csv").stdout
        [row] = csv.DictReader(io.StringIO(done.removeprefix("\ufeff")))
        self.assertEqual((row["clause"], row["statement"], row["state"]), ("5 (12)", "'=HYPERLINK(1)", "in force"))

    def test_the_check_answers_by_it(self):
        def finding():
            done = self.machine.sekisho("check", "--json", "--state", self.machine.state)
            return {row["check"]: row["finding"] for row in json.loads(done.stdout)["checks"]}["attest.organisation"]
        self.assertEqual(finding(), "unverified")
        number = self.add("attest", "1.1", "--statement", "x")
        self.assertEqual(finding(), "ok")
        self.expect(DONE, "attest", "end", str(number))
        self.assertEqual(finding(), "unverified")


class Books(RegisterTest):
    def test_a_visitor_comes_and_goes(self):
        number = self.add("visit", "in", *VISIT, "--escort", "鈴木")
        [entry] = self.entries("visit")
        self.assertEqual((entry["fields"]["visitor"], entry["state"]), ("山田 太郎", "open"))
        self.assertLess(abs(time.time() - entry["made_ns"] / 1e9), PATIENCE)
        entered = time.mktime(time.strptime(entry["fields"]["entered"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
        self.assertLess(abs(time.time() - entered), PATIENCE)
        self.expect(DONE, "visit", "out", str(number))
        [entry] = self.entries("visit")
        self.assertEqual(entry["state"], "ended")
        self.assertIn("left", entry["fields"])
        self.assertEqual([row["sekisho"]["object"] for row in self.machine.rows("--kind", "visit.*")], ["山田 太郎"] * 2)

    def test_times_are_typed_in_the_sessions_zone(self):
        self.add("visit", "in", *VISIT, "--entered", "2026-01-05 09:00")
        self.assertEqual(self.entries("visit")[0]["fields"]["entered"], "2026-01-05T00:00:00Z")
        self.assertIn("2026-01-05 09:00", self.expect(DONE, "visit", "list").stdout)

    def test_nobody_leaves_before_he_came(self):
        number = self.add("visit", "in", *VISIT, "--entered", "2026-01-05 09:00")
        self.expect(USAGE, "visit", "out", str(number), "--left", "2026-01-05 08:59")
        self.assertEqual(self.entries("visit")[0]["state"], "open")
        self.expect(DONE, "visit", "out", str(number), "--left", "2026-01-05 09:30")

    def test_what_was_lent_is_given_back(self):
        number = self.add("asset", "add", *ASSET, "--identifier", "SN-1", "--received", "2026-04-01")
        self.assertEqual(self.last("asset.lent")["sekisho"]["object"], "ノートPC")
        self.expect(DONE, "asset", "return", str(number), "--returned", "2026-05-01")
        [entry] = self.entries("asset")
        self.assertEqual((entry["state"], entry["fields"]["returned"]), ("ended", "2026-05-01"))

    def test_a_review_holds_the_head_of_the_ledger_at_that_time(self):
        self.machine.settle()
        head = json.loads(self.expect(DONE, "status", "--json").stdout)["ledger"]["head_code"]
        number = self.add("review", "sign", "--month", last_month(), "--reviewer", "鈴木")
        [entry] = self.entries("review")
        self.assertEqual(entry["fields"]["head"], head)
        self.assertIn("no end", self.machine.call("EndRecord", "ssa{sv}", "reviews", str(number), "0").stderr)
        self.expect(USAGE, "review", "sign", "--month", time.strftime("%Y-%m"), "--reviewer", "鈴木")

    def test_an_audit_is_open_until_it_is_closed(self):
        number = self.add("audit", "add", "--auditor", "監査室", "--kind", "external", "--findings", "施錠の記録なし")
        self.expect(DONE, "audit", "close", str(number), "--measures", "記録簿を備えた")
        [entry] = self.entries("audit")
        self.assertEqual((entry["state"], entry["fields"]["measures"]), ("ended", "記録簿を備えた"))

    def test_a_number_of_another_register_ends_nothing(self):
        number = self.add("visit", "in", *VISIT)
        self.expect(FAILED, "asset", "return", str(number))
        self.assertEqual(self.entries("visit")[0]["state"], "open")


class Mistakes(RegisterTest):
    def test_each_is_told_and_enters_nothing(self):
        for command, says in {
                ("attest",): "what is to be done",
                ("attest", "4.9", "--statement", "x"): "“4 (1)” is near",
                ("attest", "rules", "--statement", "x"): "attest clauses",
                ("attest", "5.3", "--statement", "x"): "sekisho itself",
                ("attest", "1.1"): "--statement is missing",
                ("attest", "1.1", "1.2", "--statement", "x"): "1.2: unexpected",
                ("attest", "1.1", "--statement", "x", "--until", "2001-01-01"): "past",
                ("attest", "1.1", "--statement", "x", "--visitor", "x"): "unknown option",
                ("attest", "1.1", "--statement", "x" * 1025): "too long",
                ("visit", "enter"): "known are: in out list",
                ("visit", "in", "--visitor", "x"): "--purpose is missing",
                ("visit", "in", *VISIT, "--entered", "soon"): "no time",
                ("visit", "in", *VISIT, "--entered", "2100-01-01 10:00"): "future",
                ("visit", "in", *VISIT, "--escort", "x" * 513): "longer than 512",
                ("visit", "in", *VISIT, "--left", "2026-01-01 10:00"): "unknown option",
                ("visit", "out"): "which entry",
                ("asset", "add", *ASSET, "--received", "2026-02-30"): "no date",
                ("review", "sign", "--month", "2026-13", "--reviewer", "x"): "no month",
                ("audit", "add", "--auditor", "x", "--kind", "secret"): "one of: internal, external",
        }.items():
            self.assertIn(says, self.expect(USAGE, *command).stderr)
        for command in ("attest", "visit", "asset", "review", "audit"):
            self.assertEqual(self.entries(command), [])
        self.expect(FAILED, "visit", "out", "999999")

    def test_the_bus_asks_the_same(self):
        good = ("visitor", "s", "x", "purpose", "s", "x")
        for fields in (
                (),
                ("visitor", "s", "x"),
                (*good, "left", "s", "2026-01-01T00:00:00Z"),
                (*good, "more", "s", "x"),
                (*good, "head", "s", "x"),
                (*good, "statement", "s", "x"),
                (*good, "clause", "s", "4 (2)"),
                (*good, "until_ns", "t", "1"),
                (*good, "escort", "s", ""),
                (*good, "escort", "t", "7"),
                (*good, "escort", "s", "x" * 513),
                (*good, "entered", "s", "2026-01-01"),
                (*good, "entered", "s", "2100-01-01T00:00:00Z"),
        ):
            done = self.machine.call("AddRecord", "sa{sv}", "visits", str(len(fields) // 3), *fields)
            self.assertNotEqual(done.returncode, 0, fields)
        for name in ("", "permits", "Visits", "visits; DROP TABLE visits"):
            self.assertNotEqual(self.machine.call("AddRecord", "sa{sv}", name, "2", *good).returncode, 0)
        self.assertEqual(self.entries("visit"), [])
        self.assertEqual(self.machine.call("AddRecord", "sa{sv}", "visits", "2", *good).returncode, 0)

    def test_a_head_or_a_review_of_the_callers_own_making_is_refused(self):
        done = self.machine.call("AddRecord", "sa{sv}", "reviews", "3", "month", "s", last_month(), "reviewer", "s", "x",
                                 "head", "s", "ABCD")
        self.assertIn("does not ask for it", done.stderr)

    def test_what_is_not_printable_is_escaped(self):
        self.add("visit", "in", "--visitor", "a\x1b[31mb", "--purpose", "x")
        [entry] = self.entries("visit")
        self.assertNotIn("\x1b", entry["fields"]["visitor"])
        self.assertEqual(entry["fields"]["visitor"], "a\\x1b[31mb")
        self.add("visit", "in", "--visitor", "C:\\x", "--purpose", "x")
        self.assertEqual(self.entries("visit")[1]["fields"]["visitor"], "C:\\x5cx")


class Rights(RegisterTest):
    def questions(self):
        return [line.split()[0] for line in self.machine.polkit.lines()]

    def test_polkit_is_asked_for_each(self):
        self.machine.start_polkit("yes")
        number = self.add("visit", "in", *VISIT, uid=STRANGER)
        self.expect(DONE, "visit", "out", str(number), uid=STRANGER)
        self.expect(DONE, "visit", "list", uid=STRANGER)
        self.assertEqual(self.questions(), [KEEP, KEEP, READ])

    def ask_at_a_terminal(self, *command):
        """What polkit is asked, and whether it may ask for a password (its flag 1)."""
        keyboard, terminal = os.openpty()
        subprocess.run([self.machine.sekisho_path, *command], env=self.machine.environment, stdin=terminal,
                       capture_output=True, timeout=PATIENCE, check=False, preexec_fn=busworld.become(STRANGER, 1000))
        os.close(terminal)
        os.close(keyboard)
        return [line.split()[0::2] for line in self.machine.polkit.lines()]

    def test_a_check_asks_nobody_for_a_password(self):
        self.machine.start_polkit("challenge")
        self.assertEqual(self.ask_at_a_terminal("visit", "list"), [[READ, "1"]])
        # For the registers that people keep, and for that of operators.
        self.assertEqual(self.ask_at_a_terminal("check", "--state", self.machine.state), [[READ, "0"]] * 2)

    def test_who_is_not_allowed_to_enters_ends_and_reads_nothing(self):
        number = self.add("visit", "in", *VISIT)
        self.machine.start_polkit("no")
        self.expect(REFUSED, "visit", "in", *VISIT, uid=STRANGER)
        self.expect(REFUSED, "visit", "out", str(number), uid=STRANGER)
        done = self.expect(REFUSED, "visit", "list", uid=STRANGER)
        self.assertNotIn("山田", done.stdout + done.stderr)
        self.assertEqual([row["event"]["action"] for row in self.machine.rows("--kind", "visit.*")], ["visit.recorded"])

    def test_without_polkit_only_root_does(self):
        self.expect(REFUSED, "visit", "in", *VISIT, uid=STRANGER)
        self.expect(REFUSED, "visit", "list", uid=STRANGER)
        self.expect(DONE, "visit", "list")

    def test_nobody_in_particular_enters_nothing_but_reads(self):
        self.expect(REFUSED, "visit", "in", *VISIT, login=NO_LOGIN)
        self.assertEqual(self.entries("visit"), [])
        self.add("visit", "in", *VISIT)
        done = self.expect(DONE, "visit", "list", "--json", login=NO_LOGIN)
        self.assertEqual(len(json.loads(done.stdout)), 1)


class Life(RegisterTest):
    def names(self):
        return [entry["fields"]["visitor"] for entry in self.entries("visit")]

    def test_all_of_it_is_there_after_a_restart_and_after_a_kill(self):
        visit = self.add("visit", "in", *VISIT)
        self.add("attest", "8", "--statement", "x")
        self.add("asset", "add", *ASSET)
        self.expect(DONE, "visit", "out", str(visit))
        before = [self.entries(command) for command in ("attest", "visit", "asset")]
        self.restart()
        self.assertEqual([self.entries(command) for command in ("attest", "visit", "asset")], before)
        self.machine.agent.process.send_signal(signal.SIGKILL)
        self.machine.agent.process.wait(PATIENCE)
        self.machine.start()
        self.assertEqual([self.entries(command) for command in ("attest", "visit", "asset")], before)
        self.assertNotIn("agent.tampered", self.kinds())

    def test_of_twenty_at_once_each_is_there_once(self):
        self.machine.start_polkit("yes")

        def enter(i):
            return self.machine.sekisho("visit", "in", "--visitor", f"V{i}", "--purpose", "x", uid=UIDS[i % 5])
        with ThreadPoolExecutor(20) as pool:
            done = list(pool.map(enter, range(60)))
        entered = sorted(f"V{i}" for i, result in enumerate(done) if result.returncode == DONE)
        self.assertEqual(len(entered), 60, [result.stderr for result in done])
        self.assertEqual(sorted(self.names()), entered)
        self.assertEqual(len(self.machine.rows("--kind", "visit.recorded")), len(entered))

    def test_of_many_who_end_one_only_the_first_does(self):
        number = self.add("visit", "in", *VISIT)
        with ThreadPoolExecutor(8) as pool:
            done = list(pool.map(lambda _: self.machine.sekisho("visit", "out", str(number)).returncode, range(8)))
        self.assertEqual(done.count(DONE), 1, done)
        self.assertEqual(len(self.machine.rows("--kind", "visit.ended")), 1)

    def test_killed_in_the_midst_all_that_was_acknowledged_is_there_once(self):
        self.machine.start_polkit("yes")
        acknowledged = []

        def enter(i):
            done = self.machine.sekisho("visit", "in", "--visitor", f"V{i}", "--purpose", "x", uid=UIDS[i % 5])
            if done.returncode == DONE:
                acknowledged.append(f"V{i}")
        with ThreadPoolExecutor(12) as pool:
            tasks = [pool.submit(enter, i) for i in range(80)]
            self.wait_for(lambda: len(acknowledged) >= 15, "nothing is entered")
            self.machine.agent.process.send_signal(signal.SIGKILL)
            for task in tasks:
                task.result()
        self.machine.agent.process.wait(PATIENCE)
        self.machine.start()
        names = self.names()
        self.assertEqual(len(names), len(set(names)), "twice")
        self.assertEqual(sorted(set(acknowledged) - set(names)), [], "lost")
        self.assertLess(len(names), 80, "it was not killed in the midst")
        self.assertNotIn("agent.tampered", self.kinds())

    def test_registers_that_were_deleted_are_there_again(self):
        self.expect(DONE, "visit", "out", str(self.add("visit", "in", *VISIT)))
        before = self.entries("visit")
        self.machine.agent.stop()
        for path in self.machine.state.glob("registers.db*"):
            path.unlink()
        self.machine.start()
        self.assertEqual(self.entries("visit"), before)

    def test_an_entry_changed_in_the_file_is_found_and_void(self):
        self.add("attest", "8", "--statement", "we are not yet there")
        before = self.entries("attest")
        self.machine.agent.stop()
        with sqlite3.connect(self.machine.state / "registers.db") as db:
            changed = db.execute("UPDATE attestations SET entry = replace(entry, 'not yet', 'all')").rowcount
        db.close()
        self.assertEqual(changed, 1)
        self.machine.start()
        self.assertEqual(self.entries("attest"), before)
        self.assertEqual(self.last("agent.tampered")["sekisho"]["object"], "registers.db")

    def test_with_the_agent_away_nothing_is_entered(self):
        self.machine.agent.stop()
        self.expect(FAILED, "visit", "in", *VISIT)
        self.expect(FAILED, "visit", "list")


if __name__ == "__main__":
    busworld.main()
