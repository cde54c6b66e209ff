# SPDX-License-Identifier: GPL-3.0-or-later
"""The bus: who may ask, who may change, what comes in, what comes out, and what `sekisho` makes of
it. Runs as root."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest
import xml.etree.ElementTree as ElementTree

import busworld
from busworld import NO_LOGIN, PATIENCE, SOURCE, World

STRANGER, OTHER = 65534, 2  # accounts of every Debian, without rights: nobody, bin
DONE, FINDING, USAGE, REFUSED, FAILED = 0, 1, 2, 3, 4


class BusTest(unittest.TestCase):
    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)

    def start(self, polkit=None, *agent_arguments):
        self.world.start_bus()
        self.world.start_agent(*agent_arguments)
        if polkit:
            self.world.start_polkit(polkit)

    def expect(self, done, status, *words):
        """The exit status, and words on stderr."""
        self.assertEqual(done.returncode, status, done.stderr + done.stdout)
        self.assertNotIn("Sanitizer", done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)


class Reading(BusTest):
    def test_everybody_sees_the_status_without_a_login(self):
        self.start()
        done = self.world.sekisho("status", uid=STRANGER, login=NO_LOGIN)
        self.expect(done, DONE)
        for word in ("checkpoint", "usb: enforce", "network: observe (", "417-9f3a-77c0", "1 of them without approval"):
            self.assertIn(word, done.stdout)

    def test_the_status_as_json_is_one_document_with_its_nulls(self):
        self.start()
        done = self.world.sekisho("status", "--json", uid=STRANGER)
        self.expect(done, DONE)
        status = json.loads(done.stdout)
        self.assertEqual(set(status), {"version", "host", "started_at_ns", "mode", "guards",
                                       "mode_changes",
                                       "pending_confirmation", "transition", "ledger", "policy",
                                       "devices", "open_incidents"})
        self.assertIsNone(status["pending_confirmation"])
        self.assertEqual(status["started_at_ns"], 1795431600000000000)

    def test_a_degraded_guard_is_a_finding(self):
        self.start(None, "--degraded")
        self.expect(self.world.sekisho("status"), FINDING)
        self.expect(self.world.sekisho("status", "--json"), FINDING)

    def test_no_colour_goes_into_a_pipe(self):
        self.start()
        self.assertNotIn("\x1b", self.world.sekisho("status").stdout)

    def test_the_list_says_verdict_and_reason_in_words(self):
        self.start()
        done = self.world.sekisho("usb", "list", uid=STRANGER)
        self.expect(done, DONE)
        lines = done.stdout.splitlines()
        self.assertEqual(len(lines), 4)
        self.assertRegex(lines[1], r"^1 +blocked +0951:1666:関 .*Kingston DataTraveler +1-2 +Nobody")
        self.assertRegex(lines[2], r"^2 +allowed .*Read-only\. Until 2026-11-23")
        self.assertRegex(lines[3], r"^3 +not plugged in +abcd:0001")

    def test_the_list_as_json_is_an_array(self):
        self.start()
        devices = json.loads(self.world.sekisho("usb", "list", "--json").stdout)
        self.assertEqual([d["number"] for d in devices], [1, 2, 3])

    def test_mode_alone_only_shows(self):
        self.start()
        done = self.world.sekisho("mode", uid=STRANGER, login=NO_LOGIN)
        self.expect(done, DONE)
        self.assertEqual(done.stdout, "usb: enforce\nnetwork: observe\n")
        done = self.world.sekisho("mode", "network", uid=STRANGER, login=NO_LOGIN)
        self.expect(done, DONE)
        self.assertEqual(done.stdout, "network: observe\n")
        done = self.world.sekisho("mode", "usb", "--json", uid=STRANGER, login=NO_LOGIN)
        self.expect(done, DONE)
        self.assertEqual(json.loads(done.stdout)["mode"], {"usb": "enforce"})
        self.assertEqual(self.world.changes(), [])

    def test_the_properties_can_be_read(self):
        self.start()
        done = self.world.run("busctl", "--system", "get-property", "org.sekisho.Agent1",
                              "/org/sekisho/Agent1", "org.sekisho.Agent1", "Mode", "Version",
                              uid=STRANGER)
        self.assertRegex(done.stdout, r'^s "enforce"\ns "[0-9.]+"\n$')


class Away(BusTest):
    def expect_away(self):
        for command in (["status"], ["usb", "list"], ["usb", "allow", "0951:1666"], ["mode"],
                        ["mode", "observe"]):
            with self.subTest(command=command):
                self.expect(self.world.sekisho(*command), FAILED, "sekishod does not answer")

    def test_without_the_agent_every_command_says_so_and_fails(self):
        self.world.start_bus()
        self.expect_away()

    def test_without_a_bus_too(self):
        self.expect_away()

    def test_an_agent_that_dies_meanwhile_is_no_answer(self):
        self.start("silent")
        caller = self.world.start_sekisho("usb", "learn")
        self.world.polkit.line()
        self.world.agent.process.kill()
        self.assertEqual(caller.process.wait(PATIENCE), FAILED)


class Usage(BusTest):
    def test_wrong_usage_asks_nobody(self):
        for command in ([], ["nonsense"], ["usb"], ["usb", "allow"], ["usb", "eat", "1"],
                        ["usb", "list", "1"], ["usb", "list", "--read-only"],
                        ["usb", "allow", "1", "2"], ["usb", "allow", "1", "--until", "2026-02-30"],
                        ["usb", "allow", "1", "--until", "2001-01-01"],
                        ["usb", "allow", "1", "--luks=12"],
                        ["usb", "allow", "1", "--until"], ["usb", "allow", "1", "--nonsense"],
                        ["mode", "perhaps", "maybe"], ["mode", "--yes"], ["mode", "--confirm", "usb"],
                        ["status", "1"]):
            with self.subTest(command=command):
                self.expect(self.world.sekisho(*command), USAGE)

    def test_an_unknown_guard_is_wrong_usage(self):
        self.start()
        self.expect(self.world.sekisho("mode", "telepathy"), USAGE, "no such guard")


class Changing(BusTest):
    def test_the_agent_learns_which_person_it_was(self):
        self.start("yes")
        self.expect(self.world.sekisho("usb", "allow", "0951:1666:A", login=1234), DONE)
        change, = self.world.changes()
        self.assertEqual(change["method"], "Allow")
        self.assertEqual(change["person"]["uid"], 1234, "the login, not root")
        self.assertEqual(change["person"]["name"], "1234", "an account without a name")
        self.assertEqual(change["person"]["exe"], str(self.world.sekisho_path))
        self.assertGreater(change["person"]["pid"], 1)

    def test_a_login_name_is_looked_up(self):
        self.start("yes")
        self.expect(self.world.sekisho("usb", "learn", login=0), DONE)
        self.assertEqual(self.world.changes()[0]["person"]["name"], "root")

    def test_a_caller_without_a_login_is_refused_with_the_reason(self):
        self.start("yes")
        for command in (["usb", "allow", "0951:1666"], ["usb", "forget", "0951:1666"],
                        ["usb", "learn"], ["mode", "enforce"], ["mode", "--confirm"]):
            with self.subTest(command=command):
                self.expect(self.world.sekisho(*command, login=NO_LOGIN), REFUSED,
                            "nobody is logged in behind this", "log in")
        self.assertEqual(self.world.changes(), [])
        self.assertEqual(self.world.polkit.lines(), [], "polkit need not be asked")

    def test_the_options_of_allow_arrive(self):
        self.start("yes")
        done = self.world.sekisho("usb", "allow", "0951:1666:A", "--read-only", "--encrypted",
                                  "--until", "2099-12-31", "--permit", "R8-17", "--reason", "監査")
        self.expect(done, DONE)
        self.assertEqual(self.world.changes()[0]["arguments"],
                         {"first": "0951:1666:A",
                          "document": {"read_only": True, "encrypted": True, "permit": "R8-17",
                                       "reason": "監査",
                                       # the day itself included, in the zone of the caller
                                       "until_ns": 4102412400000000000}})
        self.assertEqual(done.stdout, "Approved: 0951:1666:A (approval 17)\n")

    def test_the_contents_and_the_port_are_named_or_taken_as_they_are(self):
        self.start("yes")
        uuid = "7796db80-b101-43dd-b570-94d40c326ecd"
        for words in (["--luks=" + uuid.upper(), "--port"], ["--luks", uuid], ["--luks"]):
            self.expect(self.world.sekisho("usb", "allow", *words, "0951:1666:A"), DONE)
        self.assertEqual([c["arguments"] for c in self.world.changes()],
                         [{"first": "0951:1666:A", "document": {"luks": uuid, "port": True}},
                          {"first": "0951:1666:A", "document": {"luks": uuid}},
                          {"first": "0951:1666:A", "document": {"luks": True}}])

    def test_a_number_from_the_list_is_what_stands_there(self):
        self.start("yes")
        self.expect(self.world.sekisho("usb", "allow", "1"), DONE)
        self.expect(self.world.sekisho("usb", "forget", "3"), DONE)
        self.assertEqual([c["arguments"]["first"] for c in self.world.changes()],
                         ["1-2", "abcd:0001"])
        self.expect(self.world.sekisho("usb", "allow", "4"), FAILED, "no device has this number")

    def test_control_characters_are_made_visible_on_the_way(self):
        self.start("yes")
        done = self.world.sekisho("usb", "allow", "0951:1666:\x1b[2J", "--reason", "a\nb\u202e")
        self.expect(done, DONE)
        arguments = self.world.changes()[0]["arguments"]
        self.assertEqual(arguments["first"], "0951:1666:\\x1b[2J")
        self.assertEqual(arguments["document"]["reason"], "a\\x0ab\\xe2\\x80\\xae")
        self.assertNotIn("\x1b", done.stdout)

    def test_what_the_agent_refuses_is_refused_and_its_words_are_printable(self):
        self.start("yes")
        done = self.world.sekisho("usb", "allow", "refused")
        self.expect(done, REFUSED, "the policy forbids\\x1b[31m this")

    def test_what_the_agent_can_not_do_fails(self):
        self.start("yes")
        self.expect(self.world.sekisho("usb", "allow", "failing"), FAILED, "the disk is full")

    def test_the_answer_as_json_is_one_document(self):
        self.start("yes")
        for command in (["usb", "allow", "0951:1666"], ["usb", "forget", "0951:1666"],
                        ["usb", "learn"], ["mode", "observe"], ["mode", "--confirm"]):
            with self.subTest(command=command):
                done = self.world.sekisho(*command, "--json")
                self.expect(done, DONE)
                self.assertIsInstance(json.loads(done.stdout), dict)

    def test_a_trial_tells_how_to_keep_it(self):
        self.start("yes")
        done = self.world.sekisho("mode", "usb", "enforce")
        self.expect(done, DONE)
        self.assertIn("sekisho mode --confirm", done.stdout)
        self.assertIn("own keyboard", done.stdout)
        done = self.world.sekisho("mode", "enforce", "--yes")
        self.assertEqual(done.stdout, "The mode is now: enforce\n")
        self.assertEqual([c["arguments"]["first"] for c in self.world.changes()], ["usb", "all"])

    def test_the_trial_of_each_guard_is_kept_in_its_own_way(self):
        self.start("yes")
        network = self.world.sekisho("mode", "network", "enforce")
        self.expect(network, DONE)
        self.assertRegex(network.stdout, r"^network: enforce is on trial until 2026-11-23")
        self.assertIn("log in anew over the network", network.stdout)
        self.assertNotIn("own keyboard", network.stdout)
        both = self.world.sekisho("mode", "enforce")
        self.assertRegex(both.stdout, r"(?m)^usb: enforce is on trial until 2026-11-23")
        self.assertIn(network.stdout, both.stdout)

    def test_a_confirmed_one_is_waited_for(self):
        self.start("yes")
        done = self.world.sekisho("mode", "--confirm")
        self.expect(done, DONE)
        self.assertIn("being installed", done.stdout)
        self.assertIn("Enforce is installed", done.stdout)


class Polkit(BusTest):
    def test_each_change_asks_for_its_own_permission(self):
        self.start("yes")
        calls = {"Allow": ("sa{sv}", "d", "0"), "Forget": ("s", "d"), "Learn": (),
                 "SetMode": ("ssb", "usb", "observe", "false"), "ConfirmMode": (), "Reload": (),
                 "Seal": ("s", "export"), "Acknowledge": ("t", "417"), "Record": ("ssa{sv}", "export.created", "o", "0")}
        actions = {"Allow": "manage-devices", "Forget": "manage-devices",
                   "Learn": "manage-devices", "SetMode": "manage-mode",
                   "ConfirmMode": "manage-mode", "Reload": "reload", "Seal": "seal",
                   "Record": "seal", "Acknowledge": "acknowledge"}
        for method, arguments in calls.items():
            with self.subTest(method=method):
                self.expect(self.world.call(method, *arguments, uid=STRANGER), DONE)
                action, sender, _, _ = self.world.polkit.line().split()
                self.assertEqual(action, f"org.sekisho.agent1.{actions[method]}")
                self.assertRegex(sender, r"^:1\.\d+$")
                self.assertEqual(self.world.changes()[0]["method"], method)

    def test_the_permissions_asked_for_are_those_that_are_shipped(self):
        policy = ElementTree.parse(SOURCE / "policy/polkit/org.sekisho.agent1.policy")
        shipped = {action.get("id") for action in policy.iter("action")}
        methods = (SOURCE / "agent/bus/method.c").read_text(encoding="utf-8")
        asked = {f"org.sekisho.agent1.{word}"
                 for word in re.findall(r'ACTION "([a-z-]+)"', methods)}
        self.assertEqual(asked, shipped)
        for action in policy.iter("action"):
            # Only a keyboard that waits may be answered for by whoever sits there.
            free = action.get("id").endswith(".accept-keyboard")
            # And that an alert was read may be said by whomever the agent shows it to.
            # And what one erased oneself, which the agent holds against what it sees; nor does anybody need
            # a password to report that a stick is lost.
            own = action.get("id").endswith((".acknowledge", ".record-erasure", ".report-incident"))
            for answer in action.find("defaults"):
                allowed = {"auth_admin", "auth_admin_keep"}
                if own or (free and answer.tag == "allow_active"):
                    allowed = {"yes"}
                # Asking gives nobody anything; from elsewhere it takes the person's own password.
                if action.get("id").endswith(".ask"):
                    allowed = {"auth_self"} if answer.tag == "allow_any" else {"yes"}
                self.assertIn(answer.text, allowed)

    def test_a_no_is_a_no(self):
        self.start("no")
        self.expect(self.world.sekisho("usb", "learn", uid=STRANGER), REFUSED, "administrator")
        self.assertEqual(self.world.changes(), [])

    def test_a_password_that_nobody_can_be_asked_for_is_a_no(self):
        self.start("challenge")
        self.expect(self.world.sekisho("usb", "learn", uid=STRANGER), REFUSED, "password", "sudo")
        self.assertEqual(self.world.polkit.line().split()[2], "0", "nobody sits at a pipe")
        self.assertEqual(self.world.changes(), [])

    def test_without_polkit_only_root_passes(self):
        self.start()
        self.expect(self.world.sekisho("usb", "learn", uid=STRANGER), REFUSED, "polkit is not")
        self.assertEqual(self.world.changes(), [])
        self.expect(self.world.sekisho("usb", "learn"), DONE)
        self.assertEqual(len(self.world.changes()), 1)

    def test_a_polkit_that_is_out_of_order_is_a_no(self):
        for answer in ("error", "broken"):
            with self.subTest(answer=answer):
                world = self.world = World()
                self.addCleanup(world.close)
                self.start(answer)
                self.expect(world.sekisho("usb", "learn", uid=STRANGER), REFUSED, "polkit")
                self.assertEqual(world.changes(), [])

    def test_who_goes_away_before_the_answer_changes_nothing(self):
        self.start("silent")
        caller = self.world.start_sekisho("usb", "learn", uid=STRANGER)
        question = self.world.polkit.line()
        caller.process.kill()
        self.assertEqual(self.world.polkit.line(), f"cancel {question.split()[3]}")
        self.world.polkit.process.send_signal(signal.SIGUSR1)
        self.assertEqual(self.world.polkit.line(), "released")
        self.expect(self.world.sekisho("status"), DONE)  # the agent has read all that came before
        self.assertEqual(self.world.changes(), [])

    def test_who_waits_for_the_answer_gets_it(self):
        self.start("silent")
        caller = self.world.start_sekisho("usb", "learn", uid=STRANGER)
        self.world.polkit.line()
        self.assertEqual(self.world.changes(), [])
        self.world.polkit.process.send_signal(signal.SIGUSR1)
        self.assertEqual(caller.process.wait(PATIENCE), DONE)
        self.assertEqual(len(self.world.changes()), 1)

    def test_one_account_can_not_fill_the_queue(self):
        self.start("silent")
        callers = [self.world.start_sekisho("usb", "learn", uid=STRANGER) for _ in range(8)]
        for _ in callers:
            self.world.polkit.line()
        self.expect(self.world.sekisho("usb", "learn", uid=STRANGER), FAILED, "too many requests")
        other = self.world.start_sekisho("usb", "learn", uid=OTHER)
        self.world.polkit.line()
        callers[0].process.kill()
        self.assertRegex(self.world.polkit.line(), "^cancel ")
        late = self.world.start_sekisho("usb", "learn", uid=STRANGER)
        self.world.polkit.line()
        self.world.polkit.process.send_signal(signal.SIGUSR1)
        for caller in (*callers[1:], other, late):
            self.assertEqual(caller.process.wait(PATIENCE), DONE)
        self.assertEqual(len(self.world.changes()), 9)


class Hostile(BusTest):
    """Calls that the command line would not make."""

    def setUp(self):
        super().setUp()
        self.start("yes")

    def expect_refused(self, method, *arguments):
        done = self.world.call(method, *arguments)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertEqual(self.world.changes(), [])
        self.expect(self.world.sekisho("status"), DONE)
        return done

    def test_other_arguments_than_the_method_takes(self):
        self.expect_refused("Allow", "s", "0951:1666")
        self.expect_refused("Learn", "s", "0951:1666")
        self.expect_refused("SetMode", "sss", "usb", "observe", "true")
        self.expect_refused("GetAlert", "s", "417")
        self.expect_refused("ListAlerts")
        self.expect_refused("Acknowledge", "x", "--", "-1")
        self.expect_refused("Nonsense")

    def test_a_huge_text(self):
        self.assertIn("too long", self.expect_refused("Forget", "s", "x" * 1025).stderr)
        self.expect_refused("Forget", "s", "x" * 100_000)
        self.expect_refused("Allow", "sa{sv}", "d", "1", "reason", "s", "x" * 100_000)

    def test_a_huge_number_of_options(self):
        options = [part for i in range(3000) for part in (f"key{i}", "b", "true")]
        self.assertIn("too long", self.expect_refused("Allow", "sa{sv}", "d", "3000",
                                                      *options).stderr)

    def test_a_doubled_option(self):
        self.expect_refused("Allow", "sa{sv}", "d", "2", "until_ns", "t", "1", "until_ns", "t", "0")

    def test_a_deeply_nested_option(self):
        depth = 20
        value = ["a{sv}", "1", "k"] * depth + ["b", "true"]
        self.expect_refused("Record", "ssa{sv}", "export.created", "o", "1", "k", *value)

    def test_options_of_other_types(self):
        self.expect_refused("Allow", "sa{sv}", "d", "1", "k", "as", "1", "x")
        self.expect_refused("Allow", "sa{sv}", "d", "1", "k", "(ss)", "x", "y")
        self.expect_refused("Allow", "sa{sv}", "d", "1", "k", "d", "inf")

    def test_many_calls_at_once_are_all_answered(self):
        callers = [self.world.start_sekisho("usb", "list", "--json", uid=STRANGER)
                   for _ in range(20)]
        for caller in callers:
            self.assertEqual(caller.process.wait(PATIENCE), DONE)


class Impostors(BusTest):
    """The bus names a process by the number it had when it connected."""

    def play(self, part):
        self.start("yes")
        done = self.world.run(sys.executable, "-B", SOURCE / "tests/daemon/impostor.py", part)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_an_honest_caller_of_this_kind_is_answered(self):
        self.assertEqual(self.play("honest"), "answered\n")
        self.assertEqual(len(self.world.changes()), 1)

    def test_a_connection_that_outlives_its_process_is_nobody(self):
        self.assertEqual(self.play("handed-over"), "AccessDenied\n")
        self.assertEqual(self.world.changes(), [])

    def test_a_process_that_is_another_account_by_now_is_nobody(self):
        self.assertEqual(self.play("changed"), "AccessDenied\n")
        self.assertEqual(self.world.changes(), [])


class Name(BusTest):
    def test_nobody_but_root_can_pose_as_the_agent(self):
        self.world.start_bus()
        agent = self.world.folder / "agent"
        shutil.copy(os.environ["FAKE_AGENT"], agent)
        self.assertNotEqual(self.world.run(agent, uid=STRANGER).returncode, 0)

    def test_two_agents_do_not_share_the_name(self):
        self.start()
        done = self.world.run(os.environ["FAKE_AGENT"])
        self.assertEqual(done.returncode, 1)
        self.assertNotIn("ready", done.stdout)


class Interface(BusTest):
    @staticmethod
    def members(root):
        """Method, property and signal names with their signatures."""
        interface = root.find("interface[@name='org.sekisho.Agent1']")
        found = {}
        for member in interface:
            if member.tag in ("method", "signal"):
                found[member.tag, member.get("name")] = [
                    (arg.get("name"), arg.get("type"), arg.get("direction", "out"))
                    for arg in member.iter("arg")]
            elif member.tag == "property":
                found[member.tag, member.get("name")] = [(member.get("type"), member.get("access"))]
        return found

    def test_what_is_documented_is_what_is_served(self):
        self.start()
        done = self.world.run("busctl", "--system", "introspect", "--xml-interface",
                              "org.sekisho.Agent1", "/org/sekisho/Agent1", uid=STRANGER)
        self.assertEqual(done.returncode, 0, done.stderr)
        documented = ElementTree.parse(SOURCE / "agent/bus/org.sekisho.Agent1.xml").getroot()
        self.assertEqual(self.members(ElementTree.fromstring(done.stdout)),
                         self.members(documented))

    def test_an_alert_says_only_number_kind_and_severity(self):
        self.start("yes")
        monitor = subprocess.Popen(
            ["dbus-monitor", "--address", self.world.environment["DBUS_SYSTEM_BUS_ADDRESS"],
             "type='signal',interface='org.sekisho.Agent1'"],
            stdout=subprocess.PIPE, text=True)
        self.addCleanup(monitor.stdout.close)
        self.addCleanup(monitor.wait)
        self.addCleanup(monitor.kill)
        time.sleep(1)  # dbus-monitor does not say when it listens
        self.expect(self.world.call("Seal", "s", "export"), DONE)
        lines = iter(monitor.stdout.readline, "")
        head = next(line for line in lines if "member=Alert" in line)
        self.assertIn("path=/org/sekisho/Agent1", head)
        self.assertEqual([next(lines).strip() for _ in range(3)],
                         ["uint64 417", 'string "usb.blocked"', 'string "violation"'])


if __name__ == "__main__":
    busworld.main()
