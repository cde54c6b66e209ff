# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger of the real sekishod: who may read it while it is written to, and what becomes of it on a
full disk and after somebody changed it. Runs as root, with readers who are not."""

import json
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import threading
import time
import unittest

import busworld
from busworld import PATIENCE, SOURCE
from machine import Machine

READER, STRANGER = 65533, 65534
AUDIT = 54321  # the group that the ledger's folder belongs to; it needs no name
MEMBER = {"uid": READER, "groups": [AUDIT]}
DONE, FINDING, REFUSED = 0, 1, 3


class LedgerTest(unittest.TestCase):
    def setUp(self):
        self.machine = Machine()
        self.addCleanup(self.machine.close)
        self.ledger = self.machine.state / "ledger"
        self.machine.start_bus()
        self.machine.plug_stick()

    def expect(self, status, *command, **options):
        done = self.machine.sekisho(*command, **options)
        self.assertEqual(done.returncode, status, f"{command}: {done.stdout}{done.stderr}")
        return done

    def ask(self, status, verb, *options, **who):
        return self.expect(status, verb, "--state", self.machine.state, *options, **who)

    def wait_for(self, condition, what):
        until = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), until, what)
            time.sleep(0.05)

    def wait_for_row(self, kind):
        self.wait_for(lambda: self.machine.rows("--kind", kind), f"no row of {kind}")
        return self.machine.rows("--kind", kind)[-1]

    def status(self):
        done = self.machine.sekisho("status", "--json")
        self.assertIn(done.returncode, (DONE, FINDING), done.stderr)
        return json.loads(done.stdout)

    def kill(self):
        self.machine.agent.process.send_signal(signal.SIGKILL)
        self.machine.agent.process.wait(PATIENCE)


class Readers(LedgerTest):
    """The group's members against an agent that an older version had before."""

    def setUp(self):
        super().setUp()
        self.machine.state.mkdir(mode=0o700)
        self.ledger.mkdir(mode=0o750)
        os.chown(self.ledger, 0, AUDIT)
        self.machine.start()

    def mode(self, path):
        return stat.S_IMODE(path.stat().st_mode)

    def test_a_member_reads_while_the_agent_writes(self):
        self.wait_for_row("usb.blocked")
        for number in range(1, 6):
            self.expect(DONE, "usb", "allow", f"abcd:{number:04}")
            rows = json.loads(self.ask(DONE, "log", "--json", "--kind", "approval.granted",
                                       **MEMBER).stdout)
            self.assertEqual(len(rows), number)
            self.ask(DONE, "verify", "--all", **MEMBER)

    def test_a_member_has_the_report_and_the_csv(self):
        self.wait_for_row("usb.blocked")
        month, = (path.stem for path in self.ledger.glob("*.db"))
        template = self.machine.folder / "report.html"  # the source may lie where only root reads
        shutil.copy(SOURCE / "policy/templates/report.en.html", template)
        done = self.ask(DONE, "report", "--month", month, "--lang", "en", "--template", template,
                        **MEMBER)
        self.assertIn("0951:1666", done.stdout)
        self.assertIn("usb.blocked", self.ask(DONE, "log", "--format", "csv", **MEMBER).stdout)

    def test_a_member_follows(self):
        self.wait_for_row("usb.blocked")
        log = self.machine.start_sekisho("log", "--follow", "--json", "--state",
                                         self.machine.state, **MEMBER)
        self.wait_for(log.lines, "no old row")  # the newest few
        self.expect(DONE, "usb", "allow", "abcd:0001")
        self.wait_for(lambda: any(json.loads(line)["event"]["action"] == "approval.granted"
                                  for line in log.lines()), "no new row")
        log.process.send_signal(signal.SIGTERM)

    def test_a_member_reads_after_the_agent_was_killed_and_after_it_ended(self):
        self.wait_for_row("usb.blocked")
        before = self.machine.rows()
        self.kill()
        self.assertEqual(len(list(self.ledger.glob("*.db-wal"))), 1)
        self.assertEqual(json.loads(self.ask(DONE, "log", "--json", **MEMBER).stdout), before)
        self.ask(DONE, "verify", "--all", **MEMBER)
        self.machine.start()
        self.machine.agent.stop()
        self.assertEqual(list(self.ledger.glob("*.db-*")), [])
        rows = json.loads(self.ask(DONE, "log", "--json", **MEMBER).stdout)
        self.assertEqual(rows[:len(before)], before)
        self.ask(DONE, "verify", "--all", **MEMBER)

    def test_a_member_gets_at_nothing_else_and_changes_nothing(self):
        self.expect(DONE, "usb", "allow", "1")
        month, = self.ledger.glob("*.db")
        log = month.with_name(month.name + "-wal")
        memory = month.with_name(month.name + "-shm")
        for path in (month, log, memory):
            self.assertEqual((self.mode(path), path.stat().st_gid), (0o640, AUDIT), path)
        self.assertEqual(self.mode(self.machine.state), 0o711)
        for command in (("ls", self.machine.state), ("ls", self.machine.state / "keys"),
                        ("cat", self.machine.state / "registers.db"),
                        ("cat", self.machine.state / "gate"), ("touch", month), ("touch", log),
                        ("touch", memory), ("touch", self.ledger / "x")):
            self.assertNotEqual(self.machine.run(*command, **MEMBER).returncode, 0, command)

    def test_a_member_who_holds_a_lock_is_told_of_and_the_guard_goes_on(self):
        self.wait_for_row("usb.blocked")
        self.machine.settle()
        memory, = self.ledger.glob("*.db-shm")
        # SQLite's write lock; a right to read is enough to keep everybody from it.
        hold = ("import fcntl, os, sys; fd = os.open(sys.argv[1], os.O_RDONLY);"
                " fcntl.lockf(fd, fcntl.LOCK_SH, 1, 120); print('held', flush=True); sys.stdin.read()")
        holder = self.machine.start_program("/usr/bin/python3", "-c", hold, memory,
                                            stdin=subprocess.PIPE, **MEMBER)
        self.assertEqual(holder.line(), "held")
        self.assertNotEqual(self.machine.sekisho("usb", "allow", "1").returncode, DONE)
        self.assertFalse(self.status()["ledger"]["writable"])
        self.assertEqual(self.machine.devices()[0]["verdict"], "block")
        holder.process.stdin.close()
        self.wait_for(lambda: self.status()["ledger"]["writable"], "it never recovers")
        self.wait_for_row("agent.gap")
        gaps = [row["sekisho"]["details"] for row in self.machine.rows("--kind", "agent.gap")]
        self.assertIn("EBUSY", [gap.get("error") for gap in gaps])
        self.ask(DONE, "verify", "--all", **MEMBER)

    def test_anybody_else_is_refused_with_a_sentence(self):
        for verb in (("log",), ("verify", "--all")):
            done = self.ask(REFUSED, *verb, uid=STRANGER)
            self.assertIn("sekisho-audit", done.stderr)


class Live(LedgerTest):
    def setUp(self):
        super().setUp()
        self.machine.start()

    def test_the_ledger_verifies_at_any_moment(self):
        stop = threading.Event()
        made = []

        def write():
            while not stop.is_set():
                made.append(self.machine.call("Seal", "s", "export").returncode)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for _ in range(15):
                self.ask(DONE, "verify", "--all")
        finally:
            stop.set()
            writer.join()
        self.assertGreater(len(made), 3)
        self.assertEqual(set(made), {0})

    def test_it_verifies_while_the_agent_ends_and_begins(self):
        stop = threading.Event()
        found = set()

        def verify():
            while not stop.is_set():
                done = self.machine.sekisho("verify", "--all", "--state", self.machine.state)
                found.add((done.returncode, done.stderr if done.returncode else ""))

        reader = threading.Thread(target=verify)
        reader.start()
        try:
            for _ in range(5):
                self.machine.agent.stop()
                self.machine.start()
        finally:
            stop.set()
            reader.join()
        self.assertEqual(found, {(DONE, "")})


class FullDisk(LedgerTest):
    def setUp(self):
        super().setUp()
        self.machine.state.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=10m", "tmpfs", self.machine.state],
                       check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", self.machine.state], check=True)
        self.addCleanup(lambda: self.machine.agent and self.machine.agent.stop())

    def fill(self):
        with (self.machine.state / "filler").open("wb", buffering=0) as file:
            try:
                while file.write(bytes(4096)):
                    pass
            except OSError:
                pass

    def make_room(self):
        (self.machine.state / "filler").unlink()
        self.wait_for(lambda: self.status()["ledger"]["writable"], "it never recovers")

    def expect_it_guards(self):
        self.assertFalse(self.status()["ledger"]["writable"])
        device, *_ = self.machine.devices()
        self.assertEqual((device["identity"].split(":")[0], device["verdict"]), ("0951", "block"))

    def expect_it_told(self):
        self.wait_for_row("agent.gap")
        gaps = [row["sekisho"] for row in self.machine.rows("--kind", "agent.gap")]
        self.assertTrue([gap for gap in gaps if gap["outcome"] == "lost"
                         and gap["details"]["lost"] > 0], gaps)
        self.ask(DONE, "verify", "--all")

    def test_it_guards_before_the_very_first_row_and_records_later(self):
        self.fill()
        self.machine.start()
        self.expect_it_guards()
        self.make_room()
        self.expect_it_told()
        self.assertEqual(self.machine.rows()[0]["event"]["action"], "ledger.opened")

    def test_it_guards_with_what_was_approved_and_records_later(self):
        self.machine.start()
        self.expect(DONE, "usb", "allow", "abcd:0001")
        self.machine.agent.stop()
        (self.ledger / ".ballast").unlink()
        self.fill()
        self.machine.start()
        self.expect_it_guards()
        self.assertEqual([device["identity"] for device in self.machine.devices()][1:],
                         ["abcd:0001"])
        self.assertNotEqual(self.machine.sekisho("usb", "allow", "1").returncode, DONE)
        self.make_room()
        self.expect_it_told()
        self.expect(DONE, "usb", "allow", "1")

    def test_it_guards_after_a_power_cut_too(self):
        self.machine.start()
        self.expect(DONE, "usb", "allow", "abcd:0001")
        self.kill()
        (self.ledger / ".ballast").unlink()
        for memory in self.machine.state.rglob("*-shm"):
            memory.unlink()
        self.fill()
        self.machine.start()
        self.expect_it_guards()
        self.assertEqual(len(self.machine.devices()), 1, "what was approved can't be read")
        # Once it can, the agent begins anew with it; here nobody starts it again.
        (self.machine.state / "filler").unlink()
        self.assertEqual(self.machine.agent.process.wait(PATIENCE), 0)
        self.machine.start()
        self.expect_it_told()
        self.assertEqual([device["identity"] for device in self.machine.devices()][1:],
                         ["abcd:0001"])


class Tampered(LedgerTest):
    def setUp(self):
        super().setUp()
        self.machine.start()
        self.wait_for_row("usb.blocked")

    def expect_a_new_ledger(self):
        self.machine.start()
        row = self.wait_for_row("agent.tampered")
        self.assertEqual((row["sekisho"]["object"], row["sekisho"]["outcome"]),
                         ("ledger", "set aside"))
        self.assertEqual(row["log"]["level"], "violation")
        self.ask(DONE, "verify", "--all")
        self.assertEqual(self.machine.rows()[0]["event"]["sequence"], 1)
        return self.machine.state / row["sekisho"]["details"]["folder"]

    def test_a_changed_ledger_is_set_aside_as_it_is_and_grants_nothing(self):
        self.expect(DONE, "usb", "allow", "1")
        self.machine.agent.stop()
        month, = self.ledger.glob("*.db")
        with sqlite3.connect(month) as db:
            db.execute("UPDATE event SET pid = pid + 1 WHERE seq = (SELECT max(seq) FROM event)")
        db.close()
        content = month.read_bytes()
        aside = self.expect_a_new_ledger()
        self.assertEqual((aside / "ledger" / month.name).read_bytes(), content)
        self.expect(FINDING, "verify", "--all", "--state", aside)
        self.assertEqual(self.machine.devices()[0]["verdict"], "block")
        self.assertEqual((aside.parent.stat().st_mode & 0o777, aside.stat().st_mode & 0o777),
                         (0o700, 0o700))

    def test_a_ledger_that_was_deleted_is_missed(self):
        self.machine.agent.stop()
        shutil.rmtree(self.ledger)
        self.expect_a_new_ledger()

    def test_a_ledger_that_was_put_back_is_noticed(self):
        self.machine.agent.stop()
        old = self.machine.folder / "old"
        shutil.copytree(self.ledger, old)
        self.machine.start()
        self.machine.agent.stop()
        shutil.rmtree(self.ledger)
        old.rename(self.ledger)
        self.expect_a_new_ledger()


if __name__ == "__main__":
    busworld.main()
