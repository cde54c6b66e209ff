# SPDX-License-Identifier: GPL-3.0-or-later
"""sekisho usage and sekisho log on a ledger that ledger-play made: an office's month."""

import csv
import io
import json
import os
import subprocess
import tempfile
import unittest

SEKISHO = os.environ["SEKISHO"]
PLAY = os.environ["LEDGER_PLAY"]


class Usage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.holder = tempfile.TemporaryDirectory()
        cls.state = cls.holder.name
        subprocess.run([PLAY, "--office", "--rows", "3000", "--months", "2", "--first", "2026-04",
                        "--quiet", cls.state], check=True, timeout=120, capture_output=True,
                       env=dict(os.environ, TZ="Asia/Tokyo"))

    @classmethod
    def tearDownClass(cls):
        cls.holder.cleanup()

    def run_it(self, *arguments):
        environment = dict(os.environ, LC_ALL="C.UTF-8", LANGUAGE="")
        done = subprocess.run([SEKISHO, *arguments, "--state", self.state], capture_output=True,
                              text=True, env=environment, timeout=60, check=False)
        self.assertNotIn("Sanitizer", done.stderr)
        return done

    def rows(self, *arguments):
        """The rows of the log, as the counts are made from."""
        done = self.run_it("log", "--json", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_totals_are_those_of_the_log(self):
        done = self.run_it("usage", "--month", "2026-05", "--json")
        document = json.loads(done.stdout)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(document["recorded"])
        for kind, count in (("file.read", "read"), ("file.written", "written"),
                            ("file.deleted", "deleted"), ("login.succeeded", "logins")):
            for person in document["persons"]:
                rows = self.rows("--kind", kind, "--user", person["user"], "--since", "2026-05-01",
                                 "--until", "2026-05-31")
                details = [row["sekisho"].get("details", {}) for row in rows]
                expected = sum(entry["count"] if "of" in entry else 1 for entry in details)
                self.assertEqual(person["counts"][count], expected, f"{person['user']} {kind}")

    def test_csv_and_table_have_a_line_a_person(self):
        persons = json.loads(self.run_it("usage", "--month", "2026-05", "--json").stdout)["persons"]
        lines = list(csv.DictReader(io.StringIO(
            self.run_it("usage", "--month", "2026-05", "--csv").stdout.removeprefix("\ufeff"))))
        self.assertEqual([line["user"] for line in lines], [p["user"] for p in persons])
        self.assertEqual([line["read"] for line in lines],
                         [str(p["counts"]["read"]) for p in persons])
        self.assertEqual({line["read_outside_office_hours"] for line in lines}, {""})
        table = self.run_it("usage", "--month", "2026-05").stdout.splitlines()
        self.assertEqual([line.split()[0] for line in table[1:6]], [p["user"] for p in persons])

    def test_a_month_without_a_ledger_is_status_4_and_no_month_status_2(self):
        self.assertEqual(self.run_it("usage", "--month", "2027-01").returncode, 4)
        self.assertEqual(self.run_it("usage", "--month", "2026-13").returncode, 2)
        self.assertEqual(self.run_it("usage").returncode, 2)
        self.assertEqual(
            self.run_it("usage", "--month", "2026-05", "--csv", "--json").returncode, 2)

    def test_a_month_before_the_first_was_not_recorded_and_says_so(self):
        done = self.run_it("usage", "--month", "2026-02")
        self.assertEqual(done.returncode, 1)
        self.assertIn("not recorded in this month", done.stdout)

    def test_the_table_of_the_log_leaves_checkpoints_out_unless_asked(self):
        checkpoints = self.run_it("log", "--kind", "trail.read").stdout.splitlines()
        everything = self.run_it("log").stdout
        self.assertGreater(len(checkpoints), 10)
        self.assertNotIn("checkpoint", everything)
        self.assertEqual(len(everything.splitlines()) + len(checkpoints), len(self.rows()))


if __name__ == "__main__":
    unittest.main()
