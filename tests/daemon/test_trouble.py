# SPDX-License-Identifier: GPL-3.0-or-later
"""The real sekishod while its disk is full, or its log's files come and go: nothing is lost that can be read later,
and what can't is a gap. Runs as root."""

import json
import shutil
import signal
import subprocess
import time

from auditlog import READ, WRITE
import busworld
from test_trail import DONE, LOST, TrailTest

FINDING = 1
MISSING = "a part of auditd's log is missing or torn"


class FullDisk(TrailTest):
    def setUp(self):
        super().setUp()
        self.machine.state.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", self.machine.state], check=True)
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.machine.state], check=True)
        self.filler = self.machine.state / "filler"

    def fill(self):
        with self.filler.open("ab", buffering=0) as file:
            for size in (1 << 16, 1 << 12):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    pass

    def status(self):
        done = self.machine.sekisho("status", "--json")
        return done.returncode, json.loads(done.stdout)

    def is_stuck(self):
        """The ballast makes room once; then there is none."""
        self.fill()
        self.log.access(*[(READ, f"/srv/juki/{len(self.log.written)}-{i}") for i in range(300)])
        return not self.status()[1]["trail"]["recorded"]

    def test_nothing_of_the_trail_is_lost_while_the_ledger_s_disk_is_full(self):
        self.start()
        pid = self.machine.agent.process.pid
        self.log.access((WRITE, "/srv/juki/before"))
        self.await_all()
        self.wait_for(self.is_stuck, "the ledger takes rows on a full disk")
        for number in range(20):
            self.log.access((READ, f"/srv/juki/full-{number}"), (READ, "/srv/juki/full-again"))
            time.sleep(0.1)
        returncode, status = self.status()
        self.assertEqual(returncode, FINDING)
        self.assertEqual(status["trail"]["cause"], "the ledger could not be written")
        self.assertIn("not recorded since", self.machine.sekisho("status").stdout)
        self.filler.unlink()
        self.await_all()
        self.assertEqual([gap for gap in self.gaps() if gap.get("source") == "audit"], [])
        self.wait_for(lambda: self.status()[1]["trail"]["recorded"], "recorded, and not said so")
        self.assertEqual(self.status()[0], DONE)
        self.assertEqual(self.machine.agent.process.pid, pid)
        self.assertIsNone(self.machine.agent.process.poll())
        self.expect_verified()

    def test_rows_that_are_lost_are_counted_once(self):
        """Those of others than the trail, which nobody can read again."""
        self.start()
        self.wait_for(self.is_stuck, "the ledger takes rows on a full disk")
        for _ in range(3):  # each is a policy.loaded
            self.machine.agent.process.send_signal(signal.SIGHUP)
            time.sleep(0.5)
        self.filler.unlink()
        self.await_all()
        told = [gap["lost"] for gap in self.gaps() if "lost" in gap]
        self.assertEqual(sum(told), 3)


class Files(TrailTest):
    def rotate(self, keep):
        """As auditd with num_logs = keep."""
        self.log.rotate()
        self.log.path.with_name(f"audit.log.{keep}").unlink(missing_ok=True)

    def stop_after(self, path):
        self.start()
        self.log.access((READ, path))
        self.await_all()
        self.machine.agent.stop()
        self.log.other()

    def test_a_file_that_is_held_is_read_though_auditd_has_deleted_it(self):
        self.stop_after("/srv/juki/a")
        for number in range(2):
            self.log.access((READ, f"/srv/juki/{number}"))
            self.rotate(2)
        self.log.access((READ, "/srv/juki/b"))
        self.start()
        self.await_all()
        self.assertEqual([gap for gap in self.gaps() if gap.get("source") == "audit"], [])

    def test_files_that_nobody_held_are_a_gap(self):
        self.stop_after("/srv/juki/a")
        self.log.access((READ, "/srv/juki/held"))
        self.rotate(2)
        for number in range(3):
            self.log.access((READ, f"/srv/juki/{number}"))
            self.rotate(2)
        self.log.access((READ, "/srv/juki/b"))
        for gone in range(2):
            del self.log.written[READ, f"/srv/juki/{gone}"]
        self.start()
        self.await_all()
        gap, = (gap for gap in self.gaps() if gap.get("source") == "audit")
        self.assertEqual(gap["cause"], MISSING)

    def test_a_log_that_was_copied_is_read_on_behind_a_gap(self):
        self.stop_after("/srv/juki/a")
        self.log.access((READ, "/srv/juki/unread"))
        copy = self.log.folder.with_name("copy")
        shutil.copytree(self.log.folder, copy)
        shutil.rmtree(self.log.folder)
        copy.rename(self.log.folder)
        self.log.access((READ, "/srv/juki/b"))
        self.start()
        self.await_all()
        gap, = (gap for gap in self.gaps() if gap.get("source") == "audit")
        self.assertEqual(gap["cause"], LOST)


if __name__ == "__main__":
    busworld.main()
