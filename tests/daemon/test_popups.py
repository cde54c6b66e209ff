# SPDX-License-Identifier: GPL-3.0-or-later
"""The notifier between the real sekishod and a stand-in for a desktop's notification service: what
is blocked is told at once, folded, answered, and lost by nothing that can end."""

import collections
import json
import signal
import time
import unittest

import busworld
from busworld import SATO, TANAKA
from desktop import Desktop

ACTIONS = ("body", "body-markup", "actions")


def is_blocked(popup):
    return popup["title"] == "A USB device was blocked"


def is_waiting(popup):
    return popup["title"] == "A request waits for your decision"


class Popups(unittest.TestCase):
    closes_when_pressed = False

    def setUp(self):
        self.desktop = Desktop()
        self.addCleanup(self.desktop.close)
        self.desktop.begin()

    def plug(self, name="1-1", **options):
        self.desktop.plug_blocked(name, **options)
        self.desktop.wake()

    def wait_for(self, condition, what="it did not happen"):
        until = time.monotonic() + busworld.PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), until, what)
            time.sleep(0.05)

    def blocked_rows(self):
        return self.desktop.rows("--kind", "usb.blocked")

    def unanswered(self):
        done = self.desktop.call("ListAlerts", "t", "0", uid=TANAKA, login=TANAKA)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.count('"usb.blocked"')

    def start_both(self, *capabilities):
        self.desktop.start_service(*(capabilities or ACTIONS))
        self.desktop.start_notifier()

    def test_a_blocked_stick_is_told_at_once_with_what_to_do_and_whom_to_call(self):
        self.start_both()
        time.sleep(1)
        begun = time.monotonic()
        self.plug(serial="<b>関所</b>")
        popup = self.desktop.await_popup(is_blocked)
        self.assertLess(time.monotonic() - begun, 3)  # sanitizers are slow; see tests/desktop
        self.assertEqual((popup["urgency"], popup["timeout"], popup["replaces"]), (2, 0, 0))
        self.assertEqual(popup["actions"], ["acknowledge", "I have read this", "apply", "Apply for use"])
        advice, contact, what = popup["body"].split("\n")
        self.assertTrue(what.startswith("Kingston DataTraveler (0951:1666:&lt;b&gt;関所&lt;/b&gt;)"),
                        what)
        self.assertIn("unplug", advice)
        self.assertEqual(contact, "Contact: 保護責任者 鈴木 花子, phone 03-1234-5678")

    def test_a_press_of_the_button_is_a_row_with_the_person_and_the_pop_up_goes(self):
        self.start_both()
        self.plug()
        popup = self.desktop.await_popup(is_blocked)
        self.desktop.tell(self.desktop.service, f"press {popup['id']}")
        self.wait_for(lambda: self.desktop.rows("--kind", "incident.acknowledged"))
        [row] = self.desktop.rows("--kind", "incident.acknowledged")
        self.assertEqual(row["user"]["id"], str(TANAKA))
        self.desktop.await_closed(popup["id"])
        self.assertEqual(self.unanswered(), 0)

    def test_an_answer_that_is_refused_is_said_and_the_pop_up_stays(self):
        self.start_both()
        self.plug()
        popup = self.desktop.await_popup(is_blocked)
        self.desktop.end(self.desktop.polkit)
        self.desktop.start_polkit("no")
        self.desktop.tell(self.desktop.service, f"press {popup['id']}")
        again = self.desktop.await_popup(lambda p: "could not be recorded" in p["body"])
        self.assertEqual(again["id"], popup["id"])
        self.assertEqual(self.unanswered(), 1)

    def test_a_service_without_buttons_and_markup_gets_none(self):
        self.start_both("body")
        self.plug(serial="A&B")
        popup = self.desktop.await_popup(is_blocked)
        self.assertEqual(popup["actions"], [])
        self.assertIn("0951:1666:A&B", popup["body"])
        self.assertIn("sekisho request make 1-1", popup["body"])

    def test_what_happened_before_the_session_began_is_shown_when_it_does(self):
        self.plug()
        self.wait_for(self.blocked_rows)
        self.desktop.start_notifier()
        time.sleep(1)  # it waits for a service to come
        self.desktop.start_service(*ACTIONS)
        self.desktop.await_popup(is_blocked)

    def test_a_killed_notifier_comes_back_to_the_same_pop_up(self):
        self.start_both()
        self.plug()
        popup = self.desktop.await_popup(is_blocked)
        self.wait_for((self.desktop.runtime / "sekisho-notify.json").exists)
        self.desktop.kill(self.desktop.notifier)
        self.desktop.popups().clear()
        self.desktop.start_notifier()
        again = self.desktop.await_popup(is_blocked)
        self.assertEqual((again["id"], again["replaces"]), (popup["id"], popup["id"]))

    def test_another_service_shows_what_is_unanswered_anew(self):
        self.start_both()
        self.plug()
        self.desktop.await_popup(is_blocked)
        self.desktop.kill(self.desktop.service)
        self.desktop.start_service(*ACTIONS)
        popup = self.desktop.await_popup(is_blocked)
        self.assertEqual(popup["replaces"], 0)

    def test_a_service_that_takes_its_time_shows_it_once(self):
        """As a desktop does that is only just starting: it has the call, and answers late."""
        self.start_both()
        time.sleep(1)
        self.desktop.service.process.send_signal(signal.SIGSTOP)
        self.plug()
        self.wait_for(self.blocked_rows)
        time.sleep(7)
        self.desktop.service.process.send_signal(signal.SIGCONT)
        popup = self.desktop.await_popup(is_blocked)
        time.sleep(2)
        self.assertEqual([each["id"] for each in self.desktop.popups() if "title" in each and is_blocked(each)],
                         [popup["id"]])
        self.press(popup, "acknowledge")
        self.desktop.await_closed(popup["id"])

    def press(self, popup, key):
        # A desktop that closes it does so in one go: nothing that it is asked for comes in between.
        closed = f"\nclose {popup['id']} 2" if self.closes_when_pressed else ""
        self.desktop.tell(self.desktop.service, f"press {popup['id']} {key}{closed}")

    def requests(self):
        return json.loads(self.desktop.sekisho("request", "list", "--json", login=SATO).stdout)

    def apply(self):
        """Through both questions; the pop-up that says that the request was sent."""
        self.plug()
        popup = self.desktop.await_popup(is_blocked)
        self.press(popup, "apply")
        purpose = self.desktop.await_popup(lambda p: p["title"] == "What do you need it for?")
        self.assertEqual((purpose["id"], purpose["urgency"]), (popup["id"], 2))
        self.assertEqual(purpose["actions"][1::2], ["Delivery to the city", "Data from the city", "Backup",
                                                    "Maintenance of equipment", "Cancel"])
        self.press(purpose, "choice-1")
        until = self.desktop.await_popup(lambda p: p["title"] == "Until when?")
        self.assertIn("Data from the city", until["body"])
        self.assertEqual(until["actions"][1], "Today")
        self.press(until, "choice-0")
        return popup, self.desktop.await_popup(lambda p: p["title"] == "Your request was sent")

    def test_a_request_from_the_pop_up_is_approved_by_another_person_and_the_device_opens(self):
        self.start_both()
        blocked, sent = self.apply()
        [request] = self.requests()
        self.assertEqual((request["state"], request["asker_uid"], request["purpose"]),
                         ("open", TANAKA, "Data from the city"))
        self.assertLess(request["until_ns"] - time.time_ns(), 86400 * 10**9 + 1)
        self.assertIn(f"Request no. {request['number']}", sent["body"])
        self.assertIn("Contact: 保護責任者 鈴木 花子, phone 03-1234-5678", sent["body"])
        self.desktop.await_closed(blocked["id"])
        self.assertFalse(self.desktop.is_authorized())
        done = self.desktop.sekisho("request", "approve", str(request["number"]), uid=TANAKA, login=TANAKA)
        self.assertEqual(done.returncode, 3, done.stderr)
        done = self.desktop.sekisho("request", "approve", str(request["number"]), login=SATO)
        self.assertEqual(done.returncode, 0, done.stderr)
        approved = self.desktop.await_popup(lambda p: p["title"] == "Your request was approved")
        self.assertEqual((approved["id"], approved["replaces"]), (sent["id"], sent["id"]))
        self.assertTrue(self.desktop.is_authorized())

    def test_a_desktop_that_closes_what_was_pressed_asks_on(self):
        """As those of Xfce, GNOME and KDE do: the form has a pop-up for each of its questions."""
        self.closes_when_pressed = True
        self.start_both()
        self.apply()
        [request] = self.requests()
        self.assertEqual((request["state"], request["asker_uid"]), ("open", TANAKA))

    def test_a_refusal_is_told_with_its_reason(self):
        self.start_both()
        _, sent = self.apply()
        [request] = self.requests()
        done = self.desktop.sekisho("request", "refuse", str(request["number"]), "--reason", "use the <courier>",
                                    login=SATO)
        self.assertEqual(done.returncode, 0, done.stderr)
        refused = self.desktop.await_popup(lambda p: p["title"] == "Your request was refused")
        self.assertEqual(refused["id"], sent["id"])
        self.assertIn("use the &lt;courier&gt;", refused["body"])
        self.assertFalse(self.desktop.is_authorized())

    def test_cancelled_nothing_is_asked(self):
        self.start_both()
        self.plug()
        popup = self.desktop.await_popup(is_blocked)
        self.press(popup, "choice-0")  # of no question that was asked
        self.press(popup, "apply")
        self.desktop.await_popup(lambda p: p["title"] == "What do you need it for?")
        self.press(popup, "choice-9")
        self.press(popup, "back")
        self.wait_for(lambda: [p for p in self.desktop.popups() if "title" in p][-1]["title"] ==
                      "A USB device was blocked")
        self.assertEqual(self.requests(), [])

    def test_a_request_that_is_not_taken_is_said_and_the_pop_up_stays(self):
        self.start_both()
        self.plug()
        popup = self.desktop.await_popup(is_blocked)
        self.desktop.end(self.desktop.polkit)
        self.desktop.start_polkit("no")
        for key, title in (("apply", "What do you need it for?"), ("choice-0", "Until when?")):
            self.press(popup, key)
            popup = self.desktop.await_popup(lambda p, title=title: p["title"] == title)
        self.press(popup, "choice-0")
        self.desktop.await_popup(lambda p: is_blocked(p) and "Your request was not sent." in p["body"])
        self.assertEqual(self.requests(), [])

    def name_administrator(self, name="nobody"):
        """Who sits here may decide."""
        text = f'posture: {{ administrators = ["{name}"]; }};\n' if name else ""
        (self.desktop.policy / "policy.d/administrators.conf").write_text(text, encoding="utf-8")
        self.assertEqual(self.desktop.call("Reload").returncode, 0)

    def ask_as(self, uid, purpose="monthly <delivery>", *more):
        done = self.desktop.sekisho("request", "make", "1", "--purpose", purpose, "--until", "today", "--json", *more,
                                    uid=uid, login=uid)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)["number"]

    def waiting(self):
        """Causes of the requests that the agent lists to who sits here."""
        done = self.desktop.call("ListAlerts", "t", "0", uid=TANAKA, login=TANAKA)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.count('"waiting"')

    def begin_as_approver(self):
        self.name_administrator()
        self.start_both()
        self.plug()
        self.desktop.await_popup(is_blocked)

    def test_who_may_decide_is_told_who_asks_for_what_and_approves_by_a_button(self):
        self.begin_as_approver()
        number = self.ask_as(SATO)
        popup = self.desktop.await_popup(is_waiting)
        self.assertEqual(popup["actions"], ["approve", "Approve", "refuse", "Refuse"])
        self.assertEqual(popup["urgency"], 1)
        how, until, what = popup["body"].split("\n")
        self.assertIn(f"sekisho request approve {number}", how)
        self.assertIn("for: monthly &lt;delivery&gt;", until)
        self.assertTrue(what.startswith("daemon asks for: 0951:1666:"), what)
        self.assertIn("Kingston DataTraveler", what)
        self.press(popup, "approve")
        self.desktop.await_closed(popup["id"])
        [request] = self.requests()
        self.assertEqual((request["state"], request["decider_uid"]), ("approved", TANAKA))
        self.assertTrue(self.desktop.is_authorized())
        asked = [line.split()[0] for line in self.desktop.polkit.lines()]
        self.assertIn("org.sekisho.agent1.approve-requests", asked)

    def test_refused_by_a_button_it_stays_shut(self):
        self.begin_as_approver()
        self.ask_as(SATO)
        popup = self.desktop.await_popup(is_waiting)
        self.press(popup, "refuse")
        self.desktop.await_closed(popup["id"])
        [request] = self.requests()
        self.assertEqual((request["state"], request["decider_uid"]), ("refused", TANAKA))
        self.assertFalse(self.desktop.is_authorized())

    def test_what_another_person_has_decided_waits_no_longer(self):
        self.begin_as_approver()
        for verb, login in (("refuse", 1234), ("withdraw", SATO)):
            number = self.ask_as(SATO)
            popup = self.desktop.await_popup(lambda p, n=number: is_waiting(p) and f"approve {n} " in p["body"])
            done = self.desktop.sekisho("request", verb, str(number), login=login)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.desktop.await_closed(popup["id"])
        self.assertEqual(self.waiting(), 0)

    def test_nobody_is_asked_to_decide_his_own_request(self):
        self.begin_as_approver()
        self.ask_as(TANAKA)
        self.desktop.await_popup(lambda p: p["title"] == "Your request was sent")
        time.sleep(2)
        self.assertEqual([p for p in self.desktop.popups() if "title" in p and is_waiting(p)], [])
        self.assertEqual(self.waiting(), 0)

    def test_who_is_no_administrator_is_not_told_of_the_requests_of_others(self):
        self.name_administrator("sys")
        self.start_both()
        self.plug()
        self.desktop.await_popup(is_blocked)
        self.ask_as(SATO)
        time.sleep(2)
        self.assertEqual([p["title"] for p in self.desktop.popups() if "title" in p],
                         ["A USB device was blocked"])
        self.assertEqual(self.waiting(), 0)

    def test_a_decision_that_polkit_forbids_is_said_and_the_request_still_waits(self):
        self.begin_as_approver()
        self.ask_as(SATO)
        popup = self.desktop.await_popup(is_waiting)
        self.desktop.end(self.desktop.polkit)
        self.desktop.start_polkit("no")
        self.press(popup, "approve")
        again = self.desktop.await_popup(lambda p: is_waiting(p) and "It is not decided." in p["body"])
        self.assertEqual(again["id"], popup["id"])
        self.assertEqual([request["state"] for request in self.requests()], ["open"])

    def test_a_request_waits_also_after_the_agent_and_the_notifier_were_started_anew(self):
        self.begin_as_approver()
        number = self.ask_as(SATO)
        popup = self.desktop.await_popup(is_waiting)
        self.desktop.tell(self.desktop.service, f"close {popup['id']} 2")
        self.desktop.kill(self.desktop.notifier)
        self.desktop.end(self.desktop.agent)
        self.desktop.popups().clear()
        self.desktop.start()
        self.desktop.start_notifier()
        again = self.desktop.await_popup(is_waiting)
        self.assertIn(f"approve {number} ", again["body"])

    def test_without_buttons_the_command_is_told(self):
        self.name_administrator()
        self.start_both("body")
        self.plug()
        self.desktop.await_popup(is_blocked)
        number = self.ask_as(SATO)
        popup = self.desktop.await_popup(is_waiting)
        self.assertEqual(popup["actions"], [])
        self.assertIn(f"sekisho request approve {number}", popup["body"])

    def test_a_forged_signal_shows_no_request(self):
        self.start_both()
        time.sleep(1)
        self.desktop.run("busctl", "emit", "/org/sekisho/Agent1", "org.sekisho.Agent1", "Alert", "tss", "7",
                         "request.approved", "notice", uid=SATO, login=SATO)
        time.sleep(2)
        self.assertEqual([p for p in self.desktop.popups() if "title" in p], [])

    def test_another_agent_is_followed(self):
        self.start_both()
        self.desktop.end(self.desktop.agent)
        self.desktop.start()
        self.plug()
        self.desktop.await_popup(is_blocked)

    def test_a_dismissed_pop_up_comes_back_with_the_unlocked_screen(self):
        self.start_both()
        self.plug()
        popup = self.desktop.await_popup(is_blocked)
        self.desktop.tell(self.desktop.service, f"close {popup['id']} 2")
        time.sleep(1)
        self.desktop.popups().clear()
        self.desktop.tell(self.desktop.logind, "locked")
        time.sleep(0.5)
        self.assertEqual(self.desktop.popups(), [])
        self.desktop.tell(self.desktop.logind, "unlocked")
        self.desktop.await_popup(is_blocked)

    def test_a_second_notifier_ends_by_itself(self):
        self.start_both()
        self.plug()
        self.desktop.await_popup(is_blocked)
        first = self.desktop.notifier
        second = self.desktop.start_notifier()
        self.assertEqual(second.process.wait(busworld.PATIENCE), 0)
        self.assertIsNone(first.process.poll())

    def test_one_that_waits_takes_the_place_of_the_first(self):
        self.start_both()
        self.plug()
        popup = self.desktop.await_popup(is_blocked)
        first, second = self.desktop.notifier, self.desktop.start_notifier("--wait")
        time.sleep(1)
        self.assertIsNone(second.process.poll())
        self.desktop.popups().clear()
        self.desktop.kill(first)
        self.assertEqual(self.desktop.await_popup(is_blocked)["id"], popup["id"])

    def test_many_causes_are_a_few_pop_ups_and_one_that_counts_the_rest(self):
        self.start_both()
        for i in range(1, 8):
            self.desktop.plug_blocked(f"1-{i}", serial=f"S{i}", address=i + 1)
        self.desktop.wake()
        rest = self.desktop.await_popup(lambda p: p["title"] == "There are more alerts")
        self.assertTrue(rest["body"].startswith("3 further"), rest)

        def standing():
            """Older ones may have been there until newer ones came."""
            popups = self.desktop.popups()
            return {p["id"] for p in popups if "title" in p and is_blocked(p)} - \
                {p["closed"] for p in popups if "closed" in p}
        self.wait_for(lambda: len(standing()) == 4)

    def violations(self):
        """How many rows each kind and object has."""
        return collections.Counter((row["event"]["action"], row["sekisho"]["object"])
                                   for row in self.desktop.rows("--severity", "violation"))

    def flood(self, n):
        """Somebody opens a blocked stick again and again, until so many rows are written."""
        switch = self.desktop.root / "sys/bus/usb/devices/1-1/authorized"
        until = time.monotonic() + 120
        while sum(self.violations().values()) < n:
            self.assertLess(time.monotonic(), until)
            for _ in range(200):
                switch.write_text("1\n", encoding="ascii")
                time.sleep(0.002)

    def test_a_flood_of_a_thousand_is_a_pop_up_for_each_cause_that_counts(self):
        self.start_both()
        self.plug()
        self.desktop.await_popup(is_blocked)
        begun = time.monotonic()
        self.flood(1000)

        def all_are_told():
            last = {popup["id"]: popup["body"] for popup in self.desktop.popups() if "title" in popup}
            causes = self.violations()
            return len(last) == len(causes) and all(
                any(f"happened {count} times" in body for body in last.values()) for count in causes.values())

        time.sleep(3)
        self.wait_for(all_are_told)
        took, popups, causes = time.monotonic() - begun, self.desktop.popups(), self.violations()
        self.assertLess(len(popups), len(causes) * (took + 2))  # each at most once a second

    def listen(self, act, n_alerts):
        """What goes over the system bus while something is done that sends so many signals: how
        often the agent is asked for its list."""
        watcher = self.desktop.start_program(
            "dbus-monitor", "--system", "type='method_call',member='ListAlerts'",
            "type='signal',member='Alert'", login=0)
        lines = []

        def count(word):
            lines.extend(watcher.lines())
            return sum(f"member={word}" in line for line in lines)
        self.wait_for(lambda: count("NameLost"))  # it only listens from here on
        act()
        self.wait_for(lambda: count("Alert") >= n_alerts)
        time.sleep(2)
        asked = count("ListAlerts")
        self.assertEqual(count("Alert"), n_alerts)
        self.desktop.end(watcher)
        return asked

    def forge(self, uid, *options):
        done = self.desktop.run("busctl", "--system", *options, "emit", "/org/sekisho/Agent1",
                                "org.sekisho.Agent1", "Alert", "tss", "7", "usb.blocked",
                                "violation", uid=uid, login=uid)
        self.assertEqual(done.returncode, 0, done.stderr)

    def notifier_name(self):
        """Its unique name on the system bus."""
        done = self.desktop.run("busctl", "--system", "--json=short", "list")
        [name] = [c["name"] for c in json.loads(done.stdout)
                  if c["process"] == "notify" and c["name"].startswith(":")]
        return name

    def test_signals_that_another_process_sends_are_no_alerts(self):
        self.start_both()
        self.plug()
        self.desktop.await_popup(is_blocked)  # it listens
        self.assertGreater(self.listen(lambda: self.plug("1-2", serial="B", address=3), 1), 0)
        name = self.notifier_name()

        def forge_all():
            for uid in (SATO, TANAKA, 0):
                self.forge(uid)
                self.forge(uid, f"--destination={name}")
        self.assertEqual(self.listen(forge_all, 6), 0)


if __name__ == "__main__":
    busworld.main()
