# SPDX-License-Identifier: GPL-3.0-or-later
"""An operator with a shell tries the bus: every method and property that org.sekisho.Agent1.xml names, as another
account, with right, wrong, huge and random arguments, all at once, without a login, and without end. Whoever adds a
method is tried here by itself. Runs as root."""

import json
import random
import re
import subprocess
import sys
import time
import unittest
from pathlib import Path
from xml.etree import ElementTree

import busworld
from busworld import NO_LOGIN, PATIENCE, SATO, SOURCE, TANAKA
from machine import Machine

PROGRAM = str(SOURCE / "tests/daemon/hostile.py")
SEED = 20261126
XML = ElementTree.parse(SOURCE / "agent/bus/org.sekisho.Agent1.xml").getroot()
METHODS = {method.get("name"): "".join(arg.get("type") for arg in method.iter("arg") if arg.get("direction") == "in")
           for method in XML.iter("method")}
PROPERTIES = {each.get("name"): each.get("type") for each in XML.iter("property")}
# What anybody who is logged in may bring about, and what the agent then does by itself.
OPEN_KINDS = {"incident.acknowledged", "incident.opened", "request.made", "erase.begun", "erase.done", "ledger.sealed"}
WORDS = ("", "0951:1666", "1-1", "usb", "observe", "network", "visits", "assets", "attestations", "1", "export",
         "export.created", "../../etc/shadow", "%n%n%s", "関所", "\u202e", "a" * 1024, "'; DROP TABLE rows; --")
KEYS = ("reason", "until_ns", "read_only", "permit", "visitor", "purpose", "files", "links", "peers", "path", "level", "last",
        "statement", "clause", "document", "x" * 300, "")
NUMBERS = (0, 1, 2, 17, 2**31, 2**63 - 1, 2**63, 2**64 - 1)
GROWTH_KB = 16384  # under AddressSanitizer, whose own tables grow with what was ever used


def shipped_free():
    """The actions that the shipped policy grants to everybody."""
    policy = ElementTree.parse(SOURCE / "policy/polkit/org.sekisho.agent1.policy")
    return [action.get("id") for action in policy.iter("action") if action.find("defaults/allow_any").text == "yes"]


def free_methods():
    """The methods behind those actions, and those that only read."""
    text = (SOURCE / "agent/bus/method.c").read_text(encoding="utf-8")
    asked = dict(re.findall(r'\{"(\w+)", "[^"]*", ACTION "([a-z-]+)"', text))
    free = {action.rpartition(".")[2] for action in shipped_free()}
    return {name for name in METHODS if name not in asked or asked[name] in free}


class Arguments:
    """Values of a type, some of which the method may even take."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def of(self, signature, depth=0):
        kinds = re.findall(r"a\{sv\}|av|[a-z]", signature)
        return [self.one(kind, depth) for kind in kinds]

    def one(self, kind, depth):
        pick = self.random.choice
        if kind == "s":
            return pick(WORDS)
        if kind == "t":
            return pick(NUMBERS)
        if kind == "b":
            return pick((0, 1))
        inner = ("s", "t", "b", "x", "d", "av", "a{sv}") if depth < 3 else ("s", "t", "b")
        n = self.random.randrange(6)
        values = [self.variant(pick(inner), depth + 1) for _ in range(n)]
        return values if kind == "av" else list(zip(self.random.sample(KEYS, n), values))

    def variant(self, kind, depth):
        if kind == "x":
            return [kind, self.random.randrange(-2**63, 2**63)]
        if kind == "d":
            return [kind, self.random.uniform(-1e300, 1e300)]
        return [kind, self.one(kind, depth)]


class Operator(unittest.TestCase):
    def setUp(self):
        self.machine = Machine()
        self.addCleanup(self.machine.close)
        self.machine.environment["ASAN_OPTIONS"] += ":quarantine_size_mb=0"
        self.machine.start_bus()
        self.machine.start_polkit(f"allow:{','.join(shipped_free())},")
        self.machine.set_mode("enforce")
        self.machine.plug_stick()
        self.machine.start()
        self.machine.settle()

    def environment(self, uid):
        return {**self.machine.environment, "HOSTILE_UID": str(uid)}

    def play(self, *part, uid=TANAKA, login=None, given="", seconds=120):
        """What it prints, a line each."""
        done = subprocess.run([sys.executable, "-B", PROGRAM, *map(str, part)], env=self.environment(uid), input=given,
                              text=True, capture_output=True, timeout=seconds, check=False,
                              preexec_fn=busworld.become(0, uid if login is None else login))
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.split()

    def start_part(self, *part, uid=TANAKA):
        self.machine.environment["HOSTILE_UID"] = str(uid)
        return self.machine.start_program(sys.executable, "-B", PROGRAM, *map(str, part), login=uid)

    def call_all(self, calls, **options):
        answers = self.play("calls", given="".join(json.dumps(call) + "\n" for call in calls), **options)
        self.assertEqual(len(answers), len(calls))
        return answers

    def state(self):
        """What nobody but an administrator may change, as an administrator sees it."""
        def ask(*command):
            done = self.machine.sekisho(*command, "--json")
            self.assertIn(done.returncode, (0, 1), done.stderr)
            return json.loads(done.stdout)
        status = ask("status")
        devices = [{key: value for key, value in device.items() if key != "authorized"} for device in ask("usb", "list")]
        registers = {name: ask(name, "list") for name in ("attest", "visit", "asset", "review", "audit", "dispose")}
        return {"mode": status["mode"], "changes": status["mode_changes"], "policy": status["policy"]["hash"],
                "devices": devices, "registers": registers, "permits": ask("permit", "list"),
                "authorized": self.machine.is_authorized()}

    def last_sequence(self):
        return self.machine.rows()[-1]["event"]["sequence"]

    def new_rows(self, after):
        """But those of how the machine is set up, which the agent looks at meanwhile."""
        own = ("posture.", "finding.", "storage.", "antivirus.")
        return [row for row in self.machine.rows() if row["event"]["sequence"] > after
                and not (row["event"]["action"].startswith(own) and "user" not in row)]

    def expect_nothing_gained(self, before, after, person=TANAKA):
        self.assertEqual(self.state(), before)
        for row in self.new_rows(after):
            who = row.get("user", {}).get("id")
            self.assertIn(row["event"]["action"], OPEN_KINDS, row)
            self.assertIn(who, (None, str(person)), row)
        self.assertIsNone(self.machine.agent.process.poll(), "the agent lives")

    def resident_kb(self):
        status = Path(f"/proc/{self.machine.agent.process.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmRSS:")[1].split()[0])

    # ---- Each method and property --------------------------------------------------------------

    def test_the_xml_names_what_is_tried_here(self):
        self.assertGreaterEqual(len(METHODS), 20)
        self.assertTrue({"Allow", "SetMode", "AddRecord", "BeginErasure"} <= set(METHODS))
        self.assertNotIn("Allow", free_methods())
        self.assertIn("Acknowledge", free_methods())

    def test_arguments_of_the_right_types_gain_nothing(self):
        before, after = self.state(), self.last_sequence()
        arguments, free = Arguments(SEED), free_methods()
        calls = [[name, signature, arguments.of(signature)] for name, signature in METHODS.items() for _ in range(12)]
        for (name, *_), answer in zip(calls, self.call_all(calls)):
            if name not in free:
                self.assertNotEqual(answer, "ok", name)
        self.expect_nothing_gained(before, after)

    def test_arguments_of_other_types_are_refused(self):
        before, after = self.state(), self.last_sequence()
        others = {"": ("s", ["x"]), "t": ("s", ["1"]), "s": ("t", [1]), "a{sv}": ("a{ss}", [[["k", "v"]]])}
        calls = []
        for name, signature in METHODS.items():
            kind, arguments = others.get(signature, ("ayg", [[1, 2, 3], "av"]))
            calls += [[name, kind, arguments], [name, signature + "s", Arguments(1).of(signature) + ["more"]]]
        self.assertNotIn("ok", self.call_all(calls))
        self.assertEqual(self.state(), before)
        self.assertEqual(self.new_rows(after), [])

    def test_properties_can_be_read_and_not_set(self):
        before, after = self.state(), self.last_sequence()
        of, interface = "org.freedesktop.DBus.Properties.", "org.sekisho.Agent1"
        for name, kind in PROPERTIES.items():
            value = {"s": "observe", "b": 0, "t": 0}[kind]
            self.assertEqual(self.call_all([[of + "Get", "ss", [interface, name]]]), ["ok"])
            [answer] = self.call_all([[of + "Set", "ssv", [interface, name, [kind, value]]]])
            self.assertNotEqual(answer, "ok", name)
        self.expect_nothing_gained(before, after)

    def test_who_is_not_logged_in_changes_nothing_by_any_method(self):
        before, after = self.state(), self.last_sequence()
        arguments = Arguments(SEED + 1)
        reading = {name for name in free_methods() if name.startswith(("List", "Status"))}
        calls = [[name, signature, arguments.of(signature)] for name, signature in METHODS.items() if name not in reading
                 for _ in range(3)]
        self.assertNotIn("ok", self.call_all(calls, login=NO_LOGIN))
        self.assertEqual(self.state(), before)
        self.assertEqual(self.new_rows(after), [])

    def test_the_person_of_a_row_is_the_login_whatever_the_arguments_name(self):
        """Another's name in every place of the arguments."""
        after = self.last_sequence()
        names = [["user", ["s", "root"]], ["uid", ["t", 0]], ["by", ["s", "root"]], ["by_uid", ["t", 0]],
                 ["who", ["s", "root"]], ["owner", ["t", 0]], ["reason", ["s", "root asked for it"]]]
        file = [["path", ["s", "/var/tmp/not-there"]], ["inode", ["t", 3]], ["size", ["t", 1]]] + names
        calls = [[name, "a{sv}" if signature == "a{sv}" else signature,
                  [names + [["files", ["av", [["a{sv}", file]]]]] if kind == "a{sv}" else "1" if kind == "s" else 1
                   for kind in re.findall(r"a\{sv\}|[a-z]", signature)]] for name, signature in METHODS.items()]
        self.call_all(calls)
        rows = [row for row in self.new_rows(after) if "id" in row.get("user", {})]
        self.assertIn("erase.begun", [row["event"]["action"] for row in rows])
        self.assertEqual({row["user"]["id"] for row in rows}, {str(TANAKA)})

    # ---- Much of it ----------------------------------------------------------------------------

    def test_huge_messages_cost_no_memory_and_gain_nothing(self):
        before, after = self.state(), self.last_sequence()

        def huge(n):
            """At most a few megabytes each: dbus-daemon takes 32 MiB, and gives a caller no more."""
            text, many = "x" * n, [[f"k{i}", ["t", i]] for i in range(n // 40)]
            values = {"s": text, "t": 1, "b": 1, "a{sv}": many}
            return [[name, signature, [values[kind] for kind in re.findall(r"a\{sv\}|[a-z]", signature)]]
                    for name, signature in METHODS.items() if "s" in signature]
        answers = self.call_all(huge(2_000_000))
        first = self.resident_kb()
        for _ in range(3):
            answers += self.call_all(huge(2_000_000))
        self.assertNotIn("ok", answers)
        self.assertLess(self.resident_kb() - first, GROWTH_KB)
        self.expect_nothing_gained(before, after)

    def test_what_is_no_message_reaches_nobody(self):
        before, after = self.state(), self.last_sequence()
        self.machine.may_be_rejected = True
        self.assertEqual(self.play("garbage", SEED, 300), ["300"])
        self.expect_nothing_gained(before, after)

    def test_a_flood_from_two_accounts_leaves_root_its_answer_and_the_memory_as_it_is(self):
        before, after = self.state(), self.last_sequence()
        self.play("flood", 3)  # what it needs once
        first, slowest = self.resident_kb(), 0
        floods = [self.start_part("flood", 12, uid=uid) for uid in (TANAKA, TANAKA, SATO, SATO)]
        until = time.monotonic() + 10
        while time.monotonic() < until:
            begun = time.monotonic()
            told = self.machine.sekisho("status")
            self.assertIn(told.returncode, (0, 1), f"{told.stderr} after {time.monotonic() - begun:.1f} s")
            slowest = max(slowest, time.monotonic() - begun)
        sent = sum(int(flood.line()) for flood in floods)
        print(f"{sent} calls in 12 s; root's slowest answer {slowest:.1f} s; "
              f"{self.resident_kb() - first} KB more", file=sys.stderr)
        self.assertGreater(sent, 500)
        self.assertLess(slowest, PATIENCE)  # under AddressSanitizer, on a machine that has other work
        self.assertLess(self.resident_kb() - first, GROWTH_KB)
        self.assertEqual(self.state(), before)
        for row in self.new_rows(after):
            self.assertIn(row["event"]["action"], OPEN_KINDS, row)

    def test_rows_that_anybody_may_make_come_no_faster_than_their_limit(self):
        after = self.last_sequence()
        file = ["a{sv}", [["path", ["s", "/var/tmp/not-there"]], ["inode", ["t", 3]], ["size", ["t", 1]]]]
        calls = [["BeginErasure", "a{sv}", [[["files", ["av", [file]]]]]]] * 400
        answers = self.call_all(calls)
        rows = [row for row in self.new_rows(after) if row["event"]["action"] == "erase.begun"]
        self.assertEqual(len(rows), answers.count("ok"))
        self.assertEqual(len(rows), 240)


if __name__ == "__main__":
    busworld.main()
