# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may see what concerns others: one rule for alerts, incidents, requests and registers of the real sekishod. The
accounts are made up. Runs as root."""

import json

import accounts
from busworld import NO_LOGIN
from test_agent import DONE, FAILED, REFUSED, AgentTest

KANRI, KANSA, SATO, TANAKA = 2001, 2002, 2003, 2004
PEOPLE = {"kanri": KANRI, "kansa": KANSA, "sato": SATO, "tanaka": TANAKA}
GROUPS = {"sekisho-audit": (2100, ["kansa"])}
POLICY = 'posture: { administrators = ["kanri"]; };\noperators: { administrators = ["sato"]; };\n'


class SightTest(AgentTest):
    """Tanaka has asked for the stick, reported a loss and taken something out; polkit asks everybody for a password."""

    def setUp(self):
        super().setUp()
        self.machine.start_polkit("yes")
        self.write_policy(POLICY)
        self.machine.set_mode("enforce")
        self.restart()
        done = self.by(TANAKA, "request", "make", "1", "--purpose", "x", "--until", "today", "--json")
        self.request = json.loads(done.stdout)["number"]
        done = self.by(TANAKA, "incident", "open", "--kind", "loss", "--what", "USB stick", "--json")
        self.incident = json.loads(done.stdout)["number"]
        self.expect(DONE, "visit", "in", "--visitor", "山田", "--purpose", "空調")
        self.expect(DONE, "operator", "add", "tanaka", "--person", "田中")
        self.wait_for(lambda: self.alerts(TANAKA), "nobody was told of the report")
        self.answer_by_polkit("challenge")

    def answer_by_polkit(self, answer):
        self.machine.polkit.stop()
        self.machine.programs.remove(self.machine.polkit)
        self.machine.start_polkit(answer)

    def write_policy(self, text):
        folder = self.machine.policy / "policy.d"
        folder.mkdir(exist_ok=True)
        (folder / "test.conf").write_text(text, encoding="utf-8")
        self.assertEqual(self.machine.call("Reload").returncode, 0)

    def by(self, person, *command, status=DONE):
        return self.expect(status, *command, uid=person, login=person)

    def alerts(self, person):
        """Numbers of those that Tanaka's report and request are, and whether they are for this person."""
        done = self.machine.run("busctl", "--system", "--json=short", "call", "org.sekisho.Agent1",
                                "/org/sekisho/Agent1", "org.sekisho.Agent1", "ListAlerts", "t", "0", uid=person,
                                login=person)
        self.assertEqual(done.returncode, 0, done.stderr)
        told = [{key: value["data"] for key, value in alert["data"].items()}
                for alert in json.loads(done.stdout)["data"][0]]
        return {alert["sequence"]: alert["concerns"] for alert in told if alert.get("uid") == TANAKA}

    def sees(self, person):
        """The names of what this person is shown of Tanaka's."""
        seen = set()
        for name, command, number in (("requests", ("request", "list"), self.request),
                                      ("incidents", ("incident", "list"), self.incident)):
            if number in [one["number"] for one in json.loads(self.by(person, *command, "--json").stdout)]:
                seen.add(name)
        if self.machine.call("GetIncident", "t", self.incident, uid=person, login=person).returncode == 0:
            seen.add("incident")
        if self.incident in self.alerts(person):
            seen.add("alerts")
        if self.machine.call("GetAlert", "t", self.incident, uid=person, login=person).returncode == 0:
            seen.add("alert")
        for name, command in (("visits", ("visit", "list")), ("operators", ("operator", "list"))):
            if self.machine.sekisho(*command, uid=person, login=person).returncode == DONE:
                seen.add(name)
        return seen


ALL = {"requests", "incidents", "incident", "alerts", "alert", "visits", "operators"}


class Sight(SightTest):
    def test_administrators_and_auditors_see_all_and_operators_their_own(self):
        self.assertEqual(self.sees(0), ALL)
        self.assertEqual(self.sees(KANRI), ALL)
        self.assertEqual(self.sees(KANSA), ALL)
        self.assertEqual(self.sees(SATO), set())
        self.assertEqual(self.sees(TANAKA), ALL - {"visits", "operators"})

    def test_a_person_is_the_audit_login_whatever_account_acts(self):
        for uid, login, status in ((SATO, KANRI, DONE), (KANRI, SATO, REFUSED), (KANRI, NO_LOGIN, REFUSED)):
            self.expect(status, "visit", "list", uid=uid, login=login)
            seen = self.machine.call("GetIncident", "t", self.incident, uid=uid, login=login).returncode == 0
            self.assertEqual(seen, status == DONE, (uid, login))

    def test_what_concerns_others_is_marked_so_that_it_is_no_pop_up(self):
        self.assertTrue(self.alerts(TANAKA)[self.incident])
        self.assertFalse(self.alerts(KANRI)[self.incident])

    def test_who_sees_notes_and_may_answer_is_the_same(self):
        self.answer_by_polkit("yes")
        self.expect(DONE, "incident", "note", str(self.incident), "聞き取り中", login=KANRI, uid=0)
        for person, notes in ((KANRI, True), (KANSA, True), (TANAKA, False)):
            listed = json.loads(self.by(person, "incident", "list", "--json").stdout)
            [own] = [incident for incident in listed if incident["number"] == self.incident]
            self.assertEqual("notes" in own, notes, person)
        self.by(SATO, "incident", "ack", str(self.incident), status=FAILED)
        self.by(KANRI, "incident", "ack", str(self.incident))
        self.assertEqual(self.last("incident.acknowledged")["user"]["id"], str(KANRI))

    def test_who_is_named_no_longer_sees_no_longer(self):
        self.answer_by_polkit("yes")
        self.write_policy("")
        self.answer_by_polkit("challenge")
        self.assertEqual(self.sees(KANRI), set())
        self.assertEqual(self.sees(KANSA), ALL)


if __name__ == "__main__":
    accounts.main(PEOPLE, GROUPS)
