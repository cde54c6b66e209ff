# SPDX-License-Identifier: GPL-3.0-or-later
"""The real sekishod follows a log that this test writes as auditd would: killed, rotated, truncated and
out of room, each access stands in the ledger once, counts included. Runs as root."""

import collections
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
import unittest

from auditlog import DELETE, READ, WRITE, AuditLog
import busworld
from busworld import PATIENCE
from machine import Machine

DONE = 0
KILLS = 25
LOST = "the audit log does not go on where it was read"


class TrailTest(unittest.TestCase):
    Log = AuditLog

    def setUp(self):
        self.machine = Machine()
        self.addCleanup(self.machine.close)
        self.ledger = self.machine.state / "ledger"
        self.log = self.Log(self.machine.root / "var/log/audit")
        self.machine.start_bus()

    def wait_for(self, condition, what, patience=PATIENCE):
        until = time.monotonic() + patience
        while not condition():
            self.assertLess(time.monotonic(), until, what)
            time.sleep(0.1)

    def select(self, sql):
        rows = []
        for month in sorted(self.ledger.glob("????-??.db")):
            db = sqlite3.connect(f"file:{month}?mode=ro", uri=True)
            try:
                rows += db.execute(sql).fetchall()
            finally:
                db.close()
        return rows

    def checkpoints(self):
        return [seq for seq, in self.select("SELECT seq FROM events WHERE kind = 'trail.read'")]

    def gaps(self):
        return [json.loads(details) for details, in
                self.select("SELECT details FROM events WHERE kind = 'agent.gap'")]

    def recorded(self):
        """How often each access happened, as the rows say it; a follow-up row stands for as many as
        its count says, and is of a row that says the same."""
        found, first = collections.Counter(), {}
        for seq, kind, path, user, details in self.select(
                "SELECT seq, kind, object, uid, details FROM events WHERE kind LIKE 'file.%'"):
            details = json.loads(details or "{}")
            count = 1
            if "of" in details:
                count = details["count"]
                self.assertEqual(first[details["of"]], (kind, path, user))
                self.assertLessEqual(details["first_ns"], details["last_ns"])
            first[seq] = (kind, path, user)
            found[kind, path] += count
        return found

    def start(self):
        """Waits until it follows the log: before the first checkpoint it promises nothing."""
        before = len(self.checkpoints()) if self.ledger.exists() else 0
        self.machine.start()
        if not before:
            self.wait_for(self.checkpoints, "no first checkpoint")

    def kill(self):
        self.machine.agent.process.send_signal(signal.SIGKILL)
        self.machine.agent.process.wait(PATIENCE)

    def await_all(self):
        """Until folds have ended and everything is recorded."""
        until = time.monotonic() + 2 * PATIENCE
        while (found := self.recorded()) != self.log.written:
            if time.monotonic() > until:
                self.expect_all(found)
            time.sleep(0.2)

    def expect_all(self, found):
        missing, double = self.log.written - found, found - self.log.written
        self.assertFalse(missing or double,
                         f"missing {sum(missing.values())}: {missing.most_common(5)}, "
                         f"too often {sum(double.values())}: {double.most_common(5)}")

    def expect_verified(self):
        done = self.machine.sekisho("verify", "--all", "--state", self.machine.state)
        self.assertEqual(done.returncode, DONE, done.stdout + done.stderr)


class Following(TrailTest):
    def test_a_new_installation_begins_at_the_end_of_the_log(self):
        self.log.access((READ, "/srv/juki/before"))
        self.log.written.clear()
        self.start()
        self.log.access((READ, "/srv/juki/after"))
        self.await_all()

    def test_raw_and_enriched_records_and_names_in_hexadecimal(self):
        self.start()
        for enriched in (False, True):
            self.log.access((READ, f"/srv/juki/{enriched}"), (WRITE, "/srv/juki/住民 \"1\".ods"),
                            (DELETE, f"/srv/juki/{enriched}.tmp"), enriched=enriched)
        self.await_all()

    def test_repeats_are_one_row_and_a_count(self):
        self.start()
        self.log.access(*[(READ, "/srv/juki/a")] * 40, *[(READ, "/srv/juki/b")] * 3)
        self.await_all()
        rows = self.select("SELECT count(*) FROM events WHERE kind = 'file.read'")
        self.assertEqual(rows, [(4,)], "a first row and one follow-up for each file")

    def test_a_restart_in_order_goes_on_where_it_ended(self):
        self.start()
        for number in range(4):
            self.log.access((READ, "/srv/juki/a"), (READ, f"/srv/juki/{number}"))
            self.machine.agent.stop()
            self.log.access((READ, "/srv/juki/a"), (DELETE, f"/srv/juki/{number}"))
            self.log.rotate()
            self.log.access((READ, "/srv/juki/a"))
            self.start()
        self.await_all()
        self.assertNotIn(LOST, [gap["cause"] for gap in self.gaps()])
        self.expect_verified()

    def test_more_than_a_group_at_once(self):
        self.start()
        self.log.access(*[(READ, f"/srv/juki/{number}") for number in range(5000)])
        self.await_all()
        self.expect_verified()

    def test_log_without_any_row_is_passed_over_by_a_checkpoint(self):
        self.start()
        before = len(self.checkpoints())
        self.log.other(3 << 20)
        self.wait_for(lambda: len(self.checkpoints()) > before, "no checkpoint")

    def expect_gap_after(self, change):
        """What was unread is lost to everybody; what comes then is recorded, behind a gap."""
        self.start()
        self.log.access((READ, "/srv/juki/a"))
        self.await_all()
        self.machine.agent.stop()
        change()
        self.start()
        self.log.access((READ, "/srv/juki/b"))
        self.wait_for(lambda: LOST in [gap["cause"] for gap in self.gaps()], "no gap")
        self.await_all()
        gap, = (gap for gap in self.gaps() if gap["cause"] == LOST)
        self.assertLess(0, gap["from_ns"])
        self.assertLessEqual(gap["from_ns"], gap["to_ns"])

    def test_a_log_that_was_put_in_place_of_another_is_a_gap(self):
        def replace():
            shutil.rmtree(self.log.folder / "sekisho-held")
            self.log.path.unlink()
            self.log.path.touch(mode=0o600)
        self.expect_gap_after(replace)

    def test_a_log_that_was_emptied_is_a_gap(self):
        self.expect_gap_after(self.log.truncate)

    def test_a_log_that_was_written_anew_is_a_gap(self):
        def write_anew():
            self.log.truncate()
            self.log.other(10000)
        self.expect_gap_after(write_anew)

    def test_a_log_that_was_only_removed_is_read_to_its_end(self):
        self.start()
        self.log.access((READ, "/srv/juki/a"))
        self.await_all()
        self.machine.agent.stop()
        self.log.access((READ, "/srv/juki/b"))
        self.log.path.unlink()
        self.log.path.touch(mode=0o600)
        self.log.access((READ, "/srv/juki/c"))
        self.start()
        self.await_all()

    def test_a_log_that_comes_later_is_followed(self):
        self.log.path.rename(self.log.path.with_name("away"))
        self.machine.start()
        time.sleep(2)
        self.assertEqual(self.checkpoints(), [])
        self.log.path.touch(mode=0o600)
        self.wait_for(self.checkpoints, "no first checkpoint")
        self.log.access((READ, "/srv/juki/a"))
        self.await_all()


class Months(TrailTest):
    def setUp(self):
        super().setUp()
        self.clock = self.machine.folder / "later"
        self.clock.write_text("0", encoding="ascii")
        options = self.machine.environment["ASAN_OPTIONS"] + ":verify_asan_link_order=0"
        self.machine.wrapper = ("env", f"LD_PRELOAD={os.environ['LATER_CLOCK_MODULE']}",
                                f"LATER_CLOCK={self.clock}", f"ASAN_OPTIONS={options}")
        # What is found out about the machine in a new month would be a row that begins its file.
        health = self.machine.root / "usr/libexec/sekisho/health"
        health.write_text("#!/bin/sh\nexec sleep 1000\n", encoding="ascii")
        health.chmod(0o755)
        self.start()

    def months(self):
        """How many checkpoints each file has."""
        found = []
        for month in sorted(self.ledger.glob("????-??.db")):
            with sqlite3.connect(f"file:{month}?mode=ro", uri=True) as db:
                found += db.execute("SELECT count(*) FROM events WHERE kind = 'trail.read'")
            db.close()
        return [count for count, in found]

    def let_a_month_pass(self):
        self.clock.write_text(str(31 * 86400), encoding="ascii")

    def test_a_file_that_begins_without_an_event_has_a_checkpoint_too(self):
        self.assertEqual(self.months(), [1])
        self.let_a_month_pass()
        self.assertEqual(self.machine.sekisho("usb", "allow", "abcd:0001").returncode, DONE)
        self.wait_for(lambda: self.months() == [1, 1], "no checkpoint in the new file")

    def test_a_group_that_begins_the_file_is_enough(self):
        self.let_a_month_pass()
        self.log.access((READ, "/srv/juki/a"))
        self.await_all()
        time.sleep(1)
        self.assertEqual(self.months(), [1, 1])
        self.expect_verified()


class Locks(TrailTest):
    """A desktop that tells logind; its sessions are what sd-login reads in /run/systemd/sessions."""

    def setUp(self):
        super().setUp()
        self.session = self.machine.folder / "session"
        self.machine.wrapper = (
            "unshare", "-m", "sh", "-c", "mount -t tmpfs tmpfs /run/systemd/sessions &&"
            f" cp {self.session} /run/systemd/sessions/3 && exec \"$@\"", "sh")
        self.logind = self.machine.start_program(os.environ["FAKE_LOGIND"], stdin=subprocess.PIPE)
        self.assertEqual(self.logind.line(), "ready")
        self.addCleanup(self.logind.process.stdin.close)

    def begin(self, kind):
        self.session.write_text(f"UID=65534\nCLASS={kind}\nSERVICE=lightdm\nDISPLAY=:7\n",
                                encoding="ascii")
        self.start()

    def tell(self, *words):
        for word in words:
            self.logind.process.stdin.write(f"{word}\n".encode())
            self.logind.process.stdin.flush()
            time.sleep(0.3)

    def locks(self):
        return self.select("SELECT kind, object, uid, user, session, outcome FROM events"
                           " WHERE kind LIKE 'session.%' ORDER BY seq")

    def test_each_change_is_one_row_with_its_person(self):
        self.begin("user")
        self.tell("locked", "locked", "unlocked")
        who = ("lightdm :7", 65534, "nobody", "3")
        expected = [("session.locked", *who, "locked"), ("session.unlocked", *who, "unlocked")]
        self.wait_for(lambda: self.locks() == expected, "no such rows")

    def test_the_greeter_is_no_person(self):
        self.begin("greeter")
        self.tell("locked", "unlocked")
        time.sleep(1)
        self.assertEqual(self.locks(), [])


class FullDisk(TrailTest):
    def setUp(self):
        super().setUp()
        self.machine.state.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", self.machine.state],
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

    def writable(self):
        done = self.machine.sekisho("status", "--json")
        return json.loads(done.stdout)["ledger"]["writable"]

    def test_what_does_not_get_in_is_read_again_and_counted_nowhere(self):
        self.start()
        self.fill()
        number = 0
        while self.writable():
            self.log.access(*[(READ, f"/srv/juki/{number}/{i}") for i in range(300)])
            number += 1
            self.assertLess(number, 200)
        self.log.access(*[(WRITE, f"/srv/juki/{i}") for i in range(1000)])
        time.sleep(3)
        (self.machine.state / "filler").unlink()
        self.await_all()
        self.assertEqual([gap for gap in self.gaps() if gap.get("lost")], [])
        self.expect_verified()


class Killed(TrailTest):
    """25 SIGKILLs at random moments."""

    def setUp(self):
        super().setUp()
        self.seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
        print(f"SEED={self.seed}", flush=True)
        self.random = random.Random(self.seed)
        self.writing = random.Random(self.seed + 1)
        self.pause = threading.Event()
        self.paused = threading.Event()
        self.over = threading.Event()
        self.failure = None

    def write_some(self, number):
        accesses = []
        for i in range(self.writing.randrange(1, 12)):
            path = f"/srv/juki/{number}-{i}"
            accesses += [(READ, path)] * self.writing.choice((1, 1, 2, 7))
            accesses += [(WRITE, path)] * self.writing.choice((0, 1, 3))
            accesses += [(DELETE, path)] * self.writing.choice((0, 0, 1))
        accesses += [(READ, "/srv/juki/every time")]
        self.log.access(*accesses, enriched=self.writing.random() < 0.5)
        if self.writing.random() < 0.1:
            self.log.other(self.writing.randrange(10000))
        if self.writing.random() < 0.03:
            self.log.rotate()

    def write(self):
        number = 0
        try:
            while not self.over.is_set():
                if self.pause.is_set():
                    self.paused.set()
                    time.sleep(0.01)
                    continue
                self.write_some(number)
                number += 1
                time.sleep(self.writing.random() * 0.2)
        except OSError as error:  # told by the main thread
            self.failure = error

    def truncate(self):
        """While nothing is unread: what is cut off unread is lost to everybody."""
        self.paused.clear()
        self.pause.set()
        self.assertTrue(self.paused.wait(PATIENCE))
        self.await_all()
        if self.random.random() < 0.5:
            self.kill()
            self.log.truncate()
            self.start()
        else:
            self.log.truncate()
        self.pause.clear()

    def test_every_access_is_recorded_once(self):
        self.start()
        writer = threading.Thread(target=self.write)
        writer.start()
        try:
            for number in range(KILLS):
                time.sleep(self.random.random() * self.random.choice((0.3, 1, 2.5)))
                self.kill()
                time.sleep(self.random.random() * 0.5)
                self.start()
                if number % 8 == 7:
                    self.truncate()
        finally:
            self.over.set()
            writer.join()
        self.assertIsNone(self.failure)
        self.await_all()
        self.machine.agent.stop()
        self.expect_all(self.recorded())
        self.expect_verified()
        lost = [gap for gap in self.gaps() if gap["cause"] == LOST]
        self.assertLessEqual(len(lost), KILLS // 8, "only where the log was truncated")


if __name__ == "__main__":
    busworld.main()
