# SPDX-License-Identifier: GPL-3.0-or-later
"""A purge of the package deletes ledgers only when their retention has ended (clause 5 (6)). Plays the
package's own postrm in a folder instead of /var/lib/sekisho."""

import datetime
import subprocess
import tempfile
import unittest
import zoneinfo
from pathlib import Path

import tree

FIRST_PLACE, LAST_PLACE = "Pacific/Kiritimati", "Etc/GMT+12"  # where a day begins first, and last


def today(zone="Asia/Tokyo"):
    return datetime.datetime.now(zoneinfo.ZoneInfo(zone)).date()


def a_year_before(day):
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year - 1, day=28)


class Purge(unittest.TestCase):
    def purge(self, contract_end, *months, zone="Asia/Tokyo"):
        """What it says, and whether the ledgers are still there."""
        with tempfile.TemporaryDirectory() as folder:
            state = Path(folder, "state")
            (state / "ledger").mkdir(parents=True)
            for month in months:
                (state / "ledger" / f"{month}.db").write_text("rows")
            if contract_end is not None:
                (state / "contract-end").write_text(f"{contract_end} {zone}\n")
            script = (tree.TOP / "packaging/debian/postrm").read_text(encoding="utf-8")
            script = script.replace("/var/lib/sekisho", str(state))
            script = script.replace("/run/sekisho", f"{folder}/run")
            script = script.replace("deb-systemd-helper", "no-such-helper")
            done = subprocess.run(["sh", "-c", script, "postrm", "purge"], capture_output=True,
                                  text=True, check=True)
            self.assertEqual(done.stderr, "")
            kept = all((state / "ledger" / f"{month}.db").is_file() for month in months)
            self.assertEqual(state.exists(), kept)
            if kept:
                self.assertIn(f"the ledgers in {state}/ledger are kept", done.stdout)
            return kept

    def test_without_a_stated_end_they_stay(self):
        self.assertTrue(self.purge(None, "2019-01"))

    def test_with_an_end_that_is_no_date_they_stay(self):
        self.assertTrue(self.purge("soon", "2019-01"))

    def test_on_the_last_day_of_the_year_they_stay(self):
        end = a_year_before(today())
        self.assertTrue(self.purge(end, end.strftime("%Y-%m")))

    def test_on_the_day_after_it_they_go(self):
        end = a_year_before(today()) - datetime.timedelta(days=1)
        self.assertFalse(self.purge(end, end.strftime("%Y-%m")))

    def test_the_day_is_that_of_the_policys_time_zone(self):
        end = a_year_before(today(FIRST_PLACE)) - datetime.timedelta(days=1)
        self.assertTrue(self.purge(end, end.strftime("%Y-%m"), zone=LAST_PLACE))
        self.assertFalse(self.purge(end, end.strftime("%Y-%m"), zone=FIRST_PLACE))

    def test_31_march_ends_with_31_march_of_the_next_year(self):
        end = datetime.date(today().year, 3, 31)
        self.assertTrue(self.purge(end, f"{end.year}-03"))

    def test_a_29_february_of_long_ago_is_a_date(self):
        self.assertFalse(self.purge("2024-02-29", "2024-02", "2023-12"))

    def test_a_month_behind_the_end_keeps_all(self):
        self.assertTrue(self.purge("2020-03-31", "2020-03", "2020-04"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
