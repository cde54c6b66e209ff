# SPDX-License-Identifier: GPL-3.0-or-later
"""Incidents in time: what answers an alert, deadlines and reminders by a clock that is set, what a new month restates,
and the draft of the report to the city. Runs as root."""

import json
import os
import re
import signal

import busworld
from busworld import SATO, SOURCE, TANAKA
from test_agent import DONE, USAGE
from test_incidents import CLOSING, DAY, HOUR, IncidentTest, day


class AlertTest(IncidentTest):
    def ask(self, method, number, uid=TANAKA):
        return self.machine.run("busctl", "--system", "--json=short", "call", "org.sekisho.Agent1",
                                "/org/sekisho/Agent1", "org.sekisho.Agent1", method, "t", str(number), uid=uid,
                                login=uid)

    def alerts(self, **options):
        listed = json.loads(self.ask("ListAlerts", 0, **options).stdout)["data"][0]
        return {alert["data"]["kind"]["data"]: alert["data"] for alert in listed}


class Answers(AlertTest):
    def test_an_answer_to_the_alert_answers_the_incident(self):
        incident = self.of_kind()[0]
        self.assertEqual(self.ask("Acknowledge", incident["last"]).returncode, 0)
        incident = self.of_kind()[0]
        self.assertEqual((incident["state"], incident["acknowledged"]["uid"]), ("acknowledged", TANAKA))

    def test_an_answer_to_the_incident_answers_the_alert(self):
        self.assertIn("usb.blocked", self.alerts())
        self.expect(DONE, "incident", "ack", str(self.of_kind()[0]["number"]))
        self.assertNotIn("usb.blocked", self.alerts())
        self.assertIn("already", self.expect(DONE, "incident", "ack", str(self.of_kind()[0]["number"])).stdout)

    def test_what_comes_after_the_answer_is_unanswered(self):
        number = self.of_kind()[0]["number"]
        self.expect(DONE, "incident", "ack", str(number))
        self.violate()
        incident = self.incident(number)
        self.assertEqual((incident["state"], incident["count"]), ("open", 2))
        self.assertIn("usb.blocked", self.alerts())

    def test_a_report_is_told_to_who_made_it_until_somebody_answers(self):
        number = self.report(uid=TANAKA, login=TANAKA)
        self.assertIn("incident.opened", self.alerts())
        self.assertNotIn("incident.opened", self.alerts(uid=SATO))
        self.expect(DONE, "incident", "close", number, *CLOSING, "--no-report", "x")
        self.assertNotIn("incident.opened", self.alerts())


class Clocks(AlertTest):
    """The wall clock of the agent is as late as a file says; what has passed is not."""

    def setUp(self):
        super().setUp()
        self.stop()
        self.clock = self.machine.folder / "clock"
        self.set_clock(0)
        options = self.machine.environment["ASAN_OPTIONS"] + ":verify_asan_link_order=0"
        self.machine.wrapper = ("env", f"LD_PRELOAD={os.environ['LATER_CLOCK_MODULE']}",
                                f"LATER_CLOCK={self.clock}", f"ASAN_OPTIONS={options}")
        self.machine.start()
        self.machine.settle()

    def set_clock(self, later):
        self.clock.write_text(f"{later}\n", encoding="ascii")

    def nudge(self):
        """Anything that has the agent look at the time."""
        self.machine.agent.process.send_signal(signal.SIGHUP)
        self.machine.settle()

    def reminded(self):
        return self.alerts(uid=0)["usb.blocked"]["reminded"]["data"]

    def overdue(self, number):
        return [row["sekisho"]["outcome"] for row in self.machine.rows("--kind", "incident.overdue")
                if row["sekisho"]["details"]["number"] == int(number)]

    def test_the_unanswered_ones_come_back_each_day_until_somebody_answers(self):
        self.nudge()
        self.assertEqual(self.reminded(), 0)
        self.set_clock(23 * HOUR)
        self.nudge()
        self.assertEqual(self.reminded(), 0)
        self.set_clock(25 * HOUR)
        self.nudge()
        self.assertEqual(self.reminded(), 1)
        self.nudge()
        self.assertEqual(self.reminded(), 1)
        self.set_clock(50 * HOUR)
        self.nudge()
        self.assertEqual(self.reminded(), 2)
        self.expect(DONE, "incident", "ack", str(self.of_kind()[0]["number"]))
        self.set_clock(100 * HOUR)
        self.nudge()
        self.assertNotIn("usb.blocked", self.alerts(uid=0))

    def test_each_deadline_is_told_once_by_the_clock_and_once_by_what_has_passed(self):
        number = self.report("x", "--known", day(-2))  # the third day is today
        self.nudge()
        self.assertEqual(self.overdue(number), [])
        self.set_clock(DAY)
        self.nudge()
        self.assertEqual(self.overdue(number), ["first"])
        self.assertEqual(self.incident(number)["reports"]["first"]["overdue"], 1)  # the clock alone says so
        self.nudge()
        self.assertEqual(self.overdue(number), ["first"])
        self.assertIn("incident.overdue", self.alerts(uid=0))
        self.stop()
        self.machine.start()  # by this start it is so
        self.machine.settle()
        self.assertEqual(self.overdue(number), ["first", "first"])
        self.assertEqual(self.incident(number)["reports"]["first"]["overdue"], 2)

    def test_a_clock_that_is_set_back_lengthens_nothing(self):
        number = self.report("x", "--known", day(-3))
        self.nudge()
        self.assertEqual(self.overdue(number), ["first"])
        other = self.report("y", "--known", day(-2))
        self.set_clock(-40 * DAY)
        self.nudge()
        self.assertEqual(self.overdue(number), ["first"])
        self.assertEqual(self.overdue(other), [])
        self.expect(DONE, "incident", "report", number, "first")

    def test_a_report_that_was_made_is_not_overdue(self):
        number = self.report("x", "--known", day(-2))
        self.expect(DONE, "incident", "report", number, "first")
        self.set_clock(5 * DAY)
        self.nudge()
        self.assertEqual(self.overdue(number), [])
        self.set_clock(40 * DAY)
        self.nudge()
        self.assertEqual(self.overdue(number), ["final"])

    def test_on_purpose_there_are_sixty_days_for_the_final_report(self):
        number = self.report("x", "--on-purpose")
        self.expect(DONE, "incident", "report", number, "first")
        self.set_clock(45 * DAY)
        self.nudge()
        self.assertEqual(self.overdue(number), [])
        self.set_clock(61 * DAY)
        self.nudge()
        self.assertEqual(self.overdue(number), ["final"])

    def test_a_new_month_restates_them(self):
        number = self.report()
        self.expect(DONE, "incident", "note", number, "x")
        before = self.incident(number)
        self.set_clock(32 * DAY)
        self.expect(DONE, "incident", "note", number, "y")  # the first row of another month
        self.machine.settle()
        stated = [row["sekisho"]["details"] for row in self.machine.rows("--kind", "register.stated")
                  if row["sekisho"]["object"] == "incidents"]
        self.assertGreaterEqual(len(stated), 1)
        [entry] = [entry for entry in stated[-1]["entries"] if entry["number"] == int(number)]
        self.assertEqual(entry["what"], before["what"])
        self.stop()
        months = sorted((self.machine.state / "ledger").glob("*.db"))
        self.assertEqual(len(months), 2)
        self.machine.start()
        self.machine.settle()
        self.assertEqual([note["text"] for note in self.incident(number)["notes"]], ["x", "y"])
        self.assertEqual(len(self.opened()), 1)


class Draft(IncidentTest):
    def setUp(self):
        super().setUp()
        policy = self.machine.policy / "policy.d"
        policy.mkdir(exist_ok=True)
        self.forms = ("--templates", SOURCE / "policy/templates", "--state", self.machine.state)

    def test_it_says_what_is_known_and_what_is_not_and_where_in_the_chain_it_stands(self):
        number = self.report("<b>USB</b> メモリを紛失した", uid=TANAKA, login=TANAKA)
        self.expect(DONE, "incident", "note", number, "捜索中 & 確認中")
        noted = self.status()["ledger"]["head_code"]
        folder = self.machine.folder / "drafts"
        folder.mkdir()
        self.expect(DONE, "incident", "draft", number, "--to", folder, *self.forms)
        names = sorted(path.name for path in folder.iterdir())
        self.assertEqual(names, [f"incident-{number}-first.{end}" for end in ("en.html", "en.txt", "ja.html", "ja.txt")])
        page, text = ((folder / f"incident-{number}-first.ja.{end}").read_text(encoding="utf-8") for end in ("html", "txt"))
        self.assertIn("&lt;b&gt;USB&lt;/b&gt; メモリを紛失した", page)
        self.assertIn("<b>USB</b> メモリを紛失した", text)
        self.assertIn("捜索中 &amp; 確認中", page)
        for word in ("発生日時", "概要", "対象", "原因", "対応", "再発防止", "担当者", "調査中"):
            self.assertIn(word, page)
            self.assertIn(word, text)
        # Something else may have been recorded since the note, so it is no older than that.
        [code] = re.findall(r'<td class="code">(\d+-[0-9a-f]{4}-[0-9a-f]{4})</td>', page)
        self.assertIn(code, text)
        self.assertGreaterEqual(int(code.partition("-")[0]), int(noted.partition("-")[0]))
        done = self.machine.sekisho("verify", "--all", "--state", self.machine.state, "--head", code)
        self.assertEqual(done.returncode, DONE, done.stdout + done.stderr)

    def test_what_was_found_stands_in_the_final_one(self):
        incident = str(self.of_kind()[0]["number"])
        self.expect(DONE, "incident", "close", incident, *CLOSING)
        text = self.expect(DONE, "incident", "draft", incident, "--stage", "final", "--lang", "en", *self.forms).stdout
        for word in (CLOSING[1], CLOSING[3], "final report", "usb.blocked"):
            self.assertIn(word, text)

    def test_wrong_words_are_refused(self):
        number = self.report()
        for words in ((number, "--stage", "second"), (number, "--lang", "fr"), ("x",), ()):
            self.expect(USAGE, "incident", "draft", *words)


if __name__ == "__main__":
    busworld.main()
