# SPDX-License-Identifier: GPL-3.0-or-later
"""`sekisho prune`: no month goes a day early, none without a sealed row, and none that vanished otherwise is overlooked."""

import datetime
import json
import os
import shutil
import subprocess
import unittest
from zoneinfo import ZoneInfo

import busworld
from machine import Machine

DONE, FINDING, USAGE, REFUSED, FAILED = 0, 1, 2, 3, 4
STRANGER = 65534  # nobody
DAY = 24 * 3600


def today():
    return datetime.datetime.now(ZoneInfo("Asia/Tokyo")).date()


def months_before(n):
    """YYYY-MM of that many months ago."""
    number = today().year * 12 + today().month - 1 - n
    return f"{number // 12:04}-{number % 12 + 1:02}"


def ended(days):
    """The last day of a contract whose records may go since so many days; 0: since today. Reckoned backwards from what
    has to come out: the day after it, a year later."""
    first = today() - datetime.timedelta(days=days)
    try:
        return str(first.replace(year=first.year - 1) - datetime.timedelta(days=1))
    except ValueError:  # a 29 February; the year before has none
        return str(first.replace(year=first.year - 1, day=27))


class PruneTest(unittest.TestCase):
    MONTHS, FIRST = 15, 15  # up to the month before this one

    def setUp(self):
        self.machine = Machine()
        self.addCleanup(self.machine.close)
        self.ledger = self.machine.state / "ledger"
        shutil.rmtree(self.machine.state, ignore_errors=True)
        self.machine.state.mkdir(mode=0o700)
        subprocess.run([os.environ["LEDGER_PLAY"], "--rows", "400", "--months", str(self.MONTHS), "--first",
                        months_before(self.FIRST), "--quiet", self.machine.state], check=True, stdout=subprocess.DEVNULL)
        self.played = self.files()
        self.assertEqual(len(self.played), self.MONTHS)
        self.machine.start_bus()

    def start(self, *ends):
        self.state_ends(*ends)
        self.machine.start()

    def state_ends(self, *ends):
        folder = self.machine.policy / "policy.d"
        folder.mkdir(exist_ok=True)
        list_of_them = ", ".join(f'"{end}"' for end in ends)
        (folder / "contract.conf").write_text(f"ledger = {{ contract_end = [{list_of_them}]; }};\n" if ends else "",
                                              encoding="ascii")

    def reload(self, *ends):
        self.state_ends(*ends)
        self.assertEqual(self.machine.agent.stop(), 0)
        self.machine.start()

    def files(self):
        return sorted(path.name for path in self.ledger.glob("*.db"))

    def expect(self, status, *arguments, **options):
        done = self.machine.sekisho(*arguments, **options)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def prune(self, status, *arguments, **options):
        return self.expect(status, "prune", *arguments, "--state", self.machine.state, **options)

    def told(self):
        return json.loads(self.prune(DONE, "--json").stdout)

    def verify(self, status):
        done = self.expect(status, "verify", "--all", "--state", self.machine.state, "--json")
        return json.loads(done.stdout)["results"][0]

    def assert_all_are_there(self):
        self.assertEqual(self.files()[:self.MONTHS], self.played)
        self.assertEqual(self.machine.rows("--kind", "ledger.pruned"), [])


class When(PruneTest):
    def test_without_an_end_nothing_goes(self):
        self.start()
        self.assertIn("contract_end", self.prune(REFUSED).stderr)
        self.prune(REFUSED, "--yes")
        self.assert_all_are_there()

    def test_not_one_day_early(self):
        self.start(ended(-1))
        self.assertFalse(self.told()["due"])
        self.assertIn("Until then they are kept", self.prune(DONE).stdout)
        self.assertIn("too early", self.prune(REFUSED, "--yes").stderr)
        self.prune(REFUSED, "--yes", "--today", str(today() + datetime.timedelta(days=2)))
        self.assert_all_are_there()

    def test_of_several_ends_the_latest_counts_and_one_that_was_named_once_still_does(self):
        self.start(ended(30), ended(-40), ended(60))
        self.assertEqual((self.told()["contract_end"], self.told()["due"]), (ended(-40), False))
        self.reload(ended(30))
        self.assertEqual((self.told()["contract_end"], self.told()["due"]), (ended(-40), False))
        self.prune(REFUSED, "--yes")
        self.assert_all_are_there()

    def test_a_clock_that_is_set_forward_is_not_believed(self):
        clock = self.machine.folder / "clock"
        clock.write_text("0\n", encoding="ascii")
        options = self.machine.environment["ASAN_OPTIONS"] + ":verify_asan_link_order=0"
        self.machine.wrapper = ("env", f"LD_PRELOAD={os.environ['LATER_CLOCK_MODULE']}", f"LATER_CLOCK={clock}",
                                f"ASAN_OPTIONS={options}")
        self.start(ended(-200))
        clock.write_text(f"{400 * DAY}\n", encoding="ascii")
        self.prune(REFUSED, "--yes")
        # Over a restart the ledger has months without a row: somebody has to state the day.
        self.machine.agent.stop()
        self.machine.start()
        self.assertEqual((self.told()["due"], self.told()["doubtful_clock"]), (True, True))
        self.assertIn("--today", self.prune(REFUSED, "--yes").stderr)
        self.assertIn("another day", self.prune(REFUSED, "--yes", "--today", str(today())).stderr)
        self.assert_all_are_there()

    def test_only_an_administrator_may(self):
        self.start(ended(0))
        self.prune(REFUSED, uid=STRANGER, login=STRANGER)
        self.expect(REFUSED, "prune", "--yes", "--state", self.machine.state, login=busworld.NO_LOGIN)
        self.assert_all_are_there()


class Removal(PruneTest):
    def test_on_the_day_each_month_goes_with_a_sealed_row_and_the_chain_stays_whole(self):
        self.start(ended(0))
        self.assertIn("sekisho prune --yes", self.prune(DONE).stdout)
        before, tampered = self.told()["months"], len(self.machine.rows("--kind", "agent.tampered"))
        self.assertEqual([f"{month['month']}.db" for month in before], self.played)
        self.assertIn("They were removed", self.prune(DONE, "--yes").stdout)
        self.assertEqual(self.files(), [f"{months_before(0)}.db"])
        rows = self.machine.rows("--kind", "ledger.pruned")
        self.assertEqual([row["sekisho"]["object"] for row in rows], [month["month"] for month in before])
        self.assertEqual([(row["sekisho"]["details"]["first"], row["sekisho"]["details"]["last"]) for row in rows],
                         [(month["first"], month["last"]) for month in before])
        self.assertEqual({row["user"]["id"] for row in rows}, {"1000"})
        self.assertNotIn("today", rows[0]["sekisho"]["details"])
        result = self.verify(DONE)
        self.assertEqual((result["pruned"], result["pruned_by"]), (before[-1]["last"], rows[-1]["event"]["sequence"]))
        self.assertGreaterEqual(result["sealed"], result["pruned_by"])
        self.reload(ended(0))
        self.assertEqual(len(self.machine.rows("--kind", "agent.tampered")), tampered)
        self.assertIn("only the records of this month", self.prune(DONE, "--yes").stdout)
        self.verify(DONE)

    def test_a_month_that_vanished_otherwise_is_found(self):
        self.start(ended(0))
        (self.ledger / self.played[0]).unlink()
        fault = self.verify(FINDING)["faults"][0]
        self.assertIn("no sealed row says that their time had come", fault["what"])
        self.assertIn("nothing is removed", self.prune(REFUSED, "--yes").stderr)
        self.assertEqual(self.files()[:self.MONTHS - 1], self.played[1:])

    def test_what_is_touched_is_kept(self):
        self.start(ended(0))
        file = self.ledger / self.played[3]
        file.write_bytes(file.read_bytes()[:-4096])
        self.prune(REFUSED, "--yes")
        self.assertEqual(self.files()[:self.MONTHS], self.played)

    def test_what_a_power_cut_left_is_removed_at_the_next_start(self):
        self.start(ended(0))
        kept = {name: (self.ledger / name).read_bytes() for name in self.played[-2:]}
        self.prune(DONE, "--yes")
        self.machine.agent.process.kill()
        self.machine.agent.process.wait()
        for name, content in kept.items():
            (self.ledger / name).write_bytes(content)
        self.verify(DONE)  # the rows of the cut are true, and so is what it left
        self.machine.start()
        self.assertEqual(self.files(), [f"{months_before(0)}.db"])
        self.verify(DONE)


class Hole(PruneTest):
    MONTHS, FIRST = 5, 15  # … and nothing since

    def test_after_months_without_records_somebody_states_the_day(self):
        self.start(ended(0))
        self.assertTrue(self.told()["doubtful_clock"])
        self.assertIn("--today DATE", self.prune(DONE).stdout)
        self.prune(REFUSED, "--yes")
        self.prune(REFUSED, "--yes", "--today", "2020-01-01")
        self.prune(USAGE, "--yes", "--today", "tomorrow")
        self.assert_all_are_there()
        self.prune(DONE, "--yes", "--today", str(today()))
        rows = self.machine.rows("--kind", "ledger.pruned")
        self.assertEqual({row["sekisho"]["details"]["today"] for row in rows}, {str(today())})
        self.verify(DONE)


if __name__ == "__main__":
    unittest.main(verbosity=2)
