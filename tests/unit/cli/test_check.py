# SPDX-License-Identifier: GPL-3.0-or-later
"""sekisho check: the table, the JSON, and the exit status, on made-up machines."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

SEKISHO = os.environ["SEKISHO"]
PROGRAMS = str(Path(SEKISHO).parent)
AUDITD = """flush = DATA
max_log_file_action = keep_logs
space_left_action = SYSLOG
admin_space_left_action = SYSLOG
disk_full_action = HALT
disk_error_action = HALT
"""


class Check(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.root = Path(holder.name)
        self.put("etc/audit/auditd.conf", AUDITD)
        self.put("etc/audit/audit.rules", "-D\n-b 8192\n")
        self.put("proc/cmdline", "ro audit=1 audit_backlog_limit=8192\n")

    def put(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run_it(self, *arguments):
        environment = dict(os.environ, LC_ALL="C.UTF-8", LANGUAGE="")
        done = subprocess.run([SEKISHO, "check", "--root", str(self.root), "--programs", PROGRAMS, *arguments],
                              capture_output=True, text=True, env=environment, timeout=60,
                              check=False)
        self.assertNotIn("Sanitizer", done.stderr)
        return done

    def rows(self):
        done = self.run_it("--json", "audit")
        return done.returncode, {row["check"]: row for row in json.loads(done.stdout)["checks"]}

    def rows_of(self, *names):
        done = self.run_it("--json", *names)
        return {row["check"]: row for row in json.loads(done.stdout)["checks"]}

    def test_all_in_order_is_status_0_and_has_nothing_to_do(self):
        done = self.run_it("audit")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertNotIn("What to do", done.stdout)
        self.assertNotIn("violation", done.stdout)

    def test_a_violation_is_status_1_and_says_what_to_do(self):
        self.put("etc/audit/auditd.conf", AUDITD.replace("DATA", "INCREMENTAL_ASYNC"))
        done = self.run_it("audit")
        self.assertEqual(done.returncode, 1)
        self.assertIn("What to do\n  audit.flush: in /etc/audit/auditd.conf: “flush = DATA”",
                      done.stdout)
        status, rows = self.rows()
        self.assertEqual(status, 1)
        self.assertEqual(rows["audit.flush"]["finding"], "violation")
        self.assertEqual(rows["audit.flush"]["clause"], "5 (3), 5 (6)")
        self.assertNotIn("remedy", rows["audit.capacity"])

    def test_a_missing_file_is_unverified_and_status_1(self):
        (self.root / "etc/audit/audit.rules").unlink()
        status, rows = self.rows()
        self.assertEqual(status, 1)
        self.assertEqual(rows["audit.backlog"]["finding"], "unverified")
        self.assertEqual(rows["audit.flush"]["finding"], "ok")

    def test_of_another_machine_only_the_files_are_looked_at(self):
        rows = json.loads(self.run_it("--json").stdout)["checks"]
        rooms = {row["check"].split(".")[0] for row in rows}
        self.assertEqual(rooms, {"audit", "antivirus", "storage", "posture"})

    def test_the_table_is_in_the_order_of_the_clauses(self):
        clauses = [row["clause"] for row in json.loads(self.run_it("--json").stdout)["checks"]]
        self.assertEqual(clauses, sorted(clauses))

    def test_one_check_or_those_of_one_name_can_be_asked_for(self):
        self.assertEqual(set(self.rows_of("audit.flush")), {"audit.flush"})
        self.assertGreater(len(self.rows_of("audit")), 5)
        self.assertEqual(self.run_it("aud").returncode, 2)

    def test_without_the_program_that_looks_nothing_is_ok(self):
        done = self.run_it("--json", "--programs", "/nonexistent", "storage", "posture",
                           "antivirus")
        self.assertEqual(done.returncode, 1)
        self.assertNotIn("ok", {row["finding"] for row in json.loads(done.stdout)["checks"]})

    def test_wrong_usage_is_status_2(self):
        self.assertEqual(self.run_it("now").returncode, 2)
        self.assertEqual(self.run_it("--fast").returncode, 2)


if __name__ == "__main__":
    unittest.main()
