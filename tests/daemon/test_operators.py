# SPDX-License-Identifier: GPL-3.0-or-later
"""The register of operators and the real pam_sekisho.so against the real sekishod: who comes in, who does not and is
told why, and what holds while the daemon is dead, hangs or is being pestered. The accounts are made up, in a mount
namespace of this test. Runs as root."""

import concurrent.futures
import contextlib
import csv
import io
import json
import os
import signal
import sqlite3
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import accounts
from auditlog import READ, AuditLog
from busworld import NO_LOGIN
from test_agent import DONE, FAILED, FINDING, REFUSED, STRANGER, USAGE, AgentTest

PYTHON = "/usr/bin/python3"  # that anybody may run
# Login names, and the numbers that they have here.
PEOPLE = {"kanri": 2001, "sato": 2002, "suzuki": 2003, "tanaka": 2004, "hijou": 2005, "ito": 2006, "kato": 2007}
SUCCESS, DENIED, EXPIRED = 0, 6, 13  # of PAM
TODAY = date.today()
LONG_AGO = TODAY - timedelta(days=800)
POLICY = """
site = {{ time_zone = "Asia/Tokyo";
    officers = ( {{ role = "保護責任者"; name = "佐藤 次郎"; phone = "内線 1002"; }} ); }};
files = {{ protected = ( "/srv/tokutei", "/srv/nenkin" ); }};
operators = {{ administrators = [ "kanri" ]; break_glass = [ "hijou" ]; enforce = {enforce}; when_away = "{away}";
    {more} }};
"""


class OperatorTest(AgentTest):
    def setUp(self):
        super().setUp()
        self.pam = self.machine.folder / "pam.d"
        self.pam.mkdir()
        self.fallback = self.machine.state / "pam.fallback"
        self.socket = self.machine.root / "run/sekisho/pam.sock"
        for service in ("login", "sshd", "su", "sudo", "lightdm", "cron", "systemd-user", "lightdm-greeter", "kiosk"):
            (self.pam / service).write_text(
                f"account required {os.environ['PAM_SEKISHO']} socket={self.socket} fallback={self.fallback}\n"
                "account required pam_permit.so\n", encoding="ascii")

    def set_policy(self, enforce="true", away="refuse", more=""):
        (self.machine.policy / "policy.conf").write_text(POLICY.format(enforce=enforce, away=away, more=more),
                                                         encoding="utf-8")
        self.reload()

    def reload(self):
        before = len(self.machine.rows("--kind", "policy.*"))
        self.machine.agent.process.send_signal(signal.SIGHUP)
        self.wait_for(lambda: len(self.machine.rows("--kind", "policy.*")) > before, "the policy was not read")
        self.assertEqual(self.machine.rows("--kind", "policy.*")[-1]["event"]["action"], "policy.loaded")

    def operator(self, *words, status=DONE, **options):
        return self.expect(status, "operator", *words, **options)

    def register(self, login, *options, trained=TODAY):
        self.operator("add", login, "--person", f"{login} 太郎", *options)
        if trained:
            self.operator("trained", login, "--date", trained.isoformat())

    def operators(self):
        return json.loads(self.operator("list", "--json").stdout)

    def try_login(self, user, service="sshd", tty="", rhost="", times=1, threads=1, uid=0, language="C.UTF-8"):
        environment = self.machine.environment
        self.machine.environment = {**environment, "LC_ALL": language}
        try:
            done = self.machine.run(os.environ["PAM_TRY"], self.pam, service, user, tty, rhost, times, threads,
                                    uid=uid, login=NO_LOGIN)
        finally:
            self.machine.environment = environment
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def code(self, *arguments, **options):
        return self.try_login(*arguments, **options)["code"]

    def refusals(self):
        return [(r["sekisho"]["details"]["account"], r["sekisho"]["outcome"], r["sekisho"]["details"]["reason"])
                for r in self.machine.rows("--kind", "login.refused")]

    def kill_agent(self):
        self.machine.agent.process.kill()
        self.machine.agent.process.wait()


class Register(OperatorTest):
    def test_each_change_is_a_row_with_its_person_and_the_register_follows(self):
        self.set_policy()
        self.operator("add", "sato", "--person", "佐藤 花子", "--from", "2026-04-01", "--until", "2027-03-31",
                      "--folder", "/srv/tokutei", "--folder", "/srv/nenkin")
        self.operator("trained", "sato", "--date", TODAY.isoformat(), "--subject", "個人情報保護研修")
        self.operator("change", "sato", "--folder", "/srv/nenkin")
        self.operator("remove", "sato", "--reason", "異動")
        kinds = ["operator.added", "operator.trained", "operator.changed", "operator.removed"]
        rows = [self.last(kind) for kind in kinds]
        self.assertEqual([r["sekisho"]["object"] for r in rows], ["sato"] * 4)
        self.assertEqual([r["user"]["id"] for r in rows], ["1000"] * 4)
        sequences = [r["event"]["sequence"] for r in rows]
        self.assertEqual(sequences, sorted(sequences))
        [entry] = self.operators()
        self.assertEqual((entry["login"], entry["uid"], entry["person"], entry["state"], entry["reason"]),
                         ("sato", 2002, "佐藤 花子", "ended", "異動"))
        self.assertEqual(entry["folders"], ["/srv/nenkin"])
        self.assertEqual(entry["trainings"], [{"date": TODAY.isoformat(), "subject": "個人情報保護研修"}])

    def status(self, status=DONE):
        """The line of logins for people, and what the document says of them."""
        document = json.loads(self.expect(status, "status", "--json").stdout)["logins"]
        return self.expect(status, "status").stdout, document

    def test_the_status_says_whether_anybody_is_refused(self):
        text, document = self.status()
        self.assertIn("the policy does not say who may log in", text)
        self.assertFalse(document["asked"])
        self.set_policy(enforce="false")
        text, document = self.status()
        self.assertIn("is recorded, not refused", text)
        self.assertEqual((document["asked"], document["enforced"]), (True, False))
        self.set_policy()
        text, document = self.status()
        self.assertIn("is refused at login", text)
        self.assertEqual(document, {"asked": True, "enforced": True, "answered": True, "fallback": True})

    def test_what_would_not_hold_without_the_agent_is_a_finding(self):
        self.set_policy()
        self.fallback.unlink()
        self.fallback.mkdir()
        self.set_policy(away="allow")
        text, document = self.status(FINDING)
        self.assertFalse(document["fallback"])
        self.assertIn("is not on the disk as it should be", text)

    def test_it_prints_as_a_table_and_as_csv(self):
        self.set_policy()
        self.register("sato", "--until", "2099-03-31", "--folder", "/srv/tokutei")
        table = self.operator("list").stdout
        self.assertRegex(table, rf"sato +sato 太郎 +may work +– +– +2099-03-31 +{TODAY}")
        done = self.machine.run(self.machine.sekisho_path, "operator", "list", "--csv")
        [row] = csv.DictReader(io.StringIO(done.stdout.lstrip("\ufeff")))
        self.assertEqual((row["login"], row["until"], row["trained"], row["folders"]),
                         ("sato", "2099-03-31", TODAY.isoformat(), "/srv/tokutei"))

    def test_it_outlives_the_daemon_and_a_lost_file(self):
        self.set_policy()
        self.register("sato")
        before = self.operators()
        self.kill_agent()
        (self.machine.state / "registers.db").unlink()
        self.machine.start()
        self.assertEqual(self.operators(), before)

    def test_what_does_not_exist_or_makes_no_sense_is_refused(self):
        self.set_policy()
        self.operator("add", "nobody-here", "--person", "誰か", status=FAILED)
        self.operator("add", "root", "--person", "管理", status=USAGE)
        self.operator("add", "../etc", "--person", "誰か", status=USAGE)
        self.operator("add", "sato", status=USAGE)
        self.operator("add", "sato", "--person", "佐藤", "--folder", "/srv/other", status=USAGE)
        self.operator("add", "sato", "--person", "佐藤", "--from", "2027-01-01", "--until", "2026-01-01", status=USAGE)
        self.operator("add", "sato", "--person", "佐" * 300, status=USAGE)
        self.operator("trained", "sato", "--date", TODAY.isoformat(), status=FAILED)
        self.assertEqual(self.operators(), [])
        self.register("sato")
        self.operator("add", "sato", "--person", "別人", status=FAILED)
        self.operator("trained", "sato", "--date", (TODAY + timedelta(days=2)).isoformat(), status=USAGE)
        self.operator("trained", "sato", "--date", "2026-02-30", status=USAGE)
        self.assertEqual([o["person"] for o in self.operators()], ["sato 太郎"])

    def test_who_may_not_change_it_does_not_even_with_a_name_on_the_bus(self):
        self.set_policy()
        self.operator("add", "sato", "--person", "佐藤", status=REFUSED, uid=STRANGER, login=STRANGER)
        self.operator("list", status=REFUSED, uid=STRANGER, login=STRANGER)
        self.operator("add", "sato", "--person", "佐藤", status=REFUSED, login=NO_LOGIN)
        self.assertEqual(self.operators(), [])

    def test_a_name_or_a_number_that_somebody_had_before_is_told(self):
        self.set_policy()
        self.register("sato")
        self.operator("remove", "sato")
        done = self.operator("add", "sato", "--person", "佐藤 二世")
        self.assertIn("another person had this login name", done.stdout)
        self.assertEqual(self.last("operator.added")["sekisho"]["outcome"], "added again")
        self.assertEqual([o["state"] for o in self.operators()], ["ended", "untrained"])

    def test_many_at_once_are_all_there(self):
        self.set_policy()
        names = [n for n in PEOPLE if n != "kanri"]
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            done = list(pool.map(lambda n: self.machine.sekisho("operator", "add", n, "--person", n), names * 2))
        self.assertEqual(sorted(d.returncode for d in done), [DONE] * 6 + [FAILED] * 6)
        self.assertEqual(sorted(o["login"] for o in self.operators()), sorted(names))


class Gate(OperatorTest):
    def test_each_gets_the_answer_that_is_due(self):
        self.set_policy()
        self.register("sato")
        self.register("suzuki", "--until", "2025-03-31")
        self.register("tanaka", trained=None)
        self.register("ito", "--from", "2098-01-01")
        self.register("kato", trained=LONG_AGO)
        self.assertEqual({name: self.code(name) for name in PEOPLE},
                         {"kanri": SUCCESS, "sato": SUCCESS, "suzuki": EXPIRED, "tanaka": DENIED, "hijou": SUCCESS,
                          "ito": DENIED, "kato": DENIED})
        self.wait_for(lambda: len(self.refusals()) == 4, "refusals are no rows")
        self.assertEqual(sorted(self.refusals()), [("ito", "refused", "not-yet"), ("kato", "refused", "untrained"),
                                                   ("suzuki", "refused", "ended"), ("tanaka", "refused", "untrained")])

    def test_who_is_not_registered_is_told_why_and_whom_to_call(self):
        self.set_policy()
        english = self.try_login("sato", "login", tty="/dev/tty1")
        self.assertEqual((english["code"], english["said"]),
                         (DENIED, "3:You are not registered to work on this PC, so you cannot log in. Please call: "
                          "保護責任者 佐藤 次郎 内線 1002"))
        japanese = self.try_login("sato", "lightdm", tty=":0", language="ja_JP.UTF-8")
        # As information: an error the greeter would put its own "Incorrect password" over.
        self.assertEqual(japanese["said"], "4:この端末の取扱担当者として登録されていないため、ログインできません。 "
                         "連絡先：保護責任者 佐藤 次郎 内線 1002")
        self.wait_for(lambda: len(self.refusals()) == 2, "refusals are no rows")
        rows = self.machine.rows("--kind", "login.refused")
        self.assertEqual([r["sekisho"]["object"] for r in rows], ["login tty1", "lightdm :0"])

    def test_training_that_is_overdue_warns_first(self):
        self.set_policy(more="training = { every = \"year\"; grace_days = 60; };")
        self.register("sato", trained=TODAY - timedelta(days=380))
        done = self.try_login("sato")
        self.assertEqual(done["code"], SUCCESS)
        self.assertIn("4:Your yearly training is overdue", done["said"])
        self.set_policy(more="training = { every = \"year\"; grace_days = 3; };")
        self.assertEqual(self.code("sato"), DENIED)
        self.set_policy(more="training = { every = \"year\"; grace_days = 3; enforce = false; };")
        self.assertEqual(self.code("sato"), SUCCESS)
        self.set_policy(more="training = { every = \"none\"; };")
        self.assertEqual(self.try_login("sato")["said"], "")

    def test_to_observe_lets_in_and_records(self):
        self.set_policy(enforce="false")
        done = self.try_login("sato")
        self.assertEqual((done["code"], done["said"]), (SUCCESS, ""))
        self.wait_for(self.refusals, "no row")
        self.assertEqual(self.refusals(), [("sato", "observed", "unregistered")])

    def test_without_the_section_nobody_is_asked_about(self):
        self.assertEqual(self.code("sato"), SUCCESS)
        self.kill_agent()
        self.assertEqual(self.code("sato"), SUCCESS)
        self.assertIn("asks no\n", self.fallback.read_text(encoding="utf-8"))

    def test_a_removal_counts_at_once(self):
        self.set_policy()
        self.register("sato")
        self.assertEqual(self.code("sato"), SUCCESS)
        self.operator("remove", "sato")
        self.assertEqual(self.code("sato"), EXPIRED)

    def test_an_account_with_another_number_is_another_one(self):
        self.set_policy()
        self.register("sato")
        passwd = Path("/etc/passwd").read_text(encoding="utf-8")
        self.addCleanup(lambda: Path("/etc/passwd").write_text(passwd, encoding="utf-8"))
        Path("/etc/passwd").write_text(passwd.replace("sato:x:2002:", "sato:x:2999:"), encoding="utf-8")
        self.assertEqual(self.code("sato"), DENIED)
        self.wait_for(self.refusals, "no row")
        self.assertEqual(self.refusals()[-1][2], "changed")
        self.assertEqual([o["account"] for o in self.operators()], ["changed"])

    def test_services_and_accounts_of_the_machine_s_own_are_left_alone(self):
        self.set_policy(more="exempt_services = [ \"kiosk\" ];")
        for service in ("cron", "systemd-user", "lightdm-greeter"):
            self.assertEqual(self.code("sato", service), SUCCESS, service)
        self.assertEqual(self.code("sato", "kiosk"), SUCCESS)
        self.assertEqual((self.code("root"), self.code("daemon"), self.code("nobody")), (SUCCESS,) * 3)
        self.kill_agent()
        self.assertEqual((self.code("sato", "cron"), self.code("sato", "kiosk"), self.code("root")), (SUCCESS,) * 3)

    def test_what_the_same_asks_again_and_again_is_one_row(self):
        self.set_policy()
        self.assertEqual(self.try_login("sato", times=50)["came_in"], 0)
        time.sleep(1)
        self.assertEqual(len(self.refusals()), 1)

    def test_a_thousand_logins_leave_nothing_behind(self):
        """In a program that ends with a leak check; the agent's memory is measured once it has all that it needs."""
        self.machine.agent.stop()
        self.machine.environment["ASAN_OPTIONS"] += ":quarantine_size_mb=0"
        self.machine.start()
        self.set_policy()
        self.register("sato")
        agent = Path(f"/proc/{self.machine.agent.process.pid}")
        self.try_login("sato", times=200)
        before, kib = len(list((agent / "fd").iterdir())), self.machine.resident_kb()
        done = self.try_login("sato", times=1000)
        self.assertEqual((done["came_in"], done["after"] - done["before"]), (1000, 0))
        self.assertEqual(len(list((agent / "fd").iterdir())), before)
        self.assertLess(self.machine.resident_kb() - kib, 1024)
        self.assertEqual(self.refusals(), [])
        self.assertLess(done["median_ms"], 100)  # a sanitized build; 5 ms are measured in a guest

    def test_nor_do_a_thousand_at_once_and_refused(self):
        self.set_policy()
        agent = Path(f"/proc/{self.machine.agent.process.pid}")
        before = len(list((agent / "fd").iterdir()))
        done = self.try_login("sato", times=125, threads=8)
        self.assertEqual((done["came_in"], done["after"] - done["before"]), (0, 0))
        self.assertEqual(len(list((agent / "fd").iterdir())), before)

    def test_a_policy_that_would_lock_the_owner_out_is_refused(self):
        self.set_policy()
        (self.machine.policy / "policy.d").mkdir(exist_ok=True)
        text = "operators = { enforce = true; };\n"
        (self.machine.policy / "policy.conf").write_text(text, encoding="utf-8")
        self.machine.agent.process.send_signal(signal.SIGHUP)
        self.last("policy.rejected")
        self.assertEqual(self.code("kanri"), SUCCESS)
        self.assertEqual(self.code("sato"), DENIED)
        self.restart()  # now there is none that could be read: what was in force holds
        self.assertEqual((self.code("kanri"), self.code("sato")), (SUCCESS, DENIED))


class Away(OperatorTest):
    """The daemon is dead, or as good as that."""

    def setUp(self):
        super().setUp()
        self.set_policy()
        self.register("sato")
        self.register("suzuki", "--until", "2025-03-31")

    def codes(self):
        return [self.code(name) for name in ("kanri", "hijou", "sato", "suzuki", "tanaka")]

    def test_killed_it_leaves_a_way_in_for_the_owner(self):
        self.kill_agent()
        self.assertEqual(self.codes(), [SUCCESS, SUCCESS, DENIED, EXPIRED, DENIED])
        self.assertIn("does not answer", self.try_login("sato")["said"])

    def test_or_for_all_that_are_registered_if_the_policy_says_so(self):
        self.set_policy(away="allow")
        self.wait_for(lambda: "away allow" in self.fallback.read_text(encoding="utf-8"), "the file is an old one")
        self.kill_agent()
        self.assertEqual(self.codes(), [SUCCESS, SUCCESS, SUCCESS, EXPIRED, DENIED])

    def test_hanging_it_costs_half_a_second(self):
        self.machine.agent.process.send_signal(signal.SIGSTOP)
        try:
            done = [self.try_login(name) for name in ("kanri", "sato")]
            self.assertEqual([d["code"] for d in done], [SUCCESS, DENIED])
            self.assertEqual([d["longest_ms"] <= 500 for d in done], [True] * 2, done)
            self.assertEqual([d["longest_ms"] >= 250 for d in done], [True] * 2, done)
            crowd = self.try_login("kanri", times=4, threads=32)  # more than the socket's queue takes
            self.assertEqual((crowd["came_in"], crowd["after"] - crowd["before"]), (128, 0))
            self.assertLessEqual(crowd["longest_ms"], 1000)
        finally:
            self.machine.agent.process.send_signal(signal.SIGCONT)
        self.assertEqual(self.code("sato"), SUCCESS)

    def damaged(self):
        text = self.fallback.read_bytes()
        yield b""
        yield text[:-1]
        yield text[:len(text) // 2]
        yield text.replace(b"enforce yes", b"enforce no")
        yield text.replace(b"person sato", b"person tanaka")
        yield text + b"person tanaka 2004 0 0 0 0\n"
        yield b"\0" * 4096
        yield os.urandom(4096)

    def test_a_fallback_that_is_damaged_lets_in_nobody_but_members_of_sudo(self):
        self.kill_agent()
        whole = self.fallback.read_bytes()
        for text in list(self.damaged()):
            self.fallback.write_bytes(text)
            self.assertEqual([self.code(n) for n in ("kanri", "sato", "tanaka")], [SUCCESS, DENIED, DENIED], text[:80])
        self.fallback.unlink()
        self.assertEqual([self.code(n) for n in ("kanri", "sato", "tanaka")], [SUCCESS, DENIED, DENIED])
        self.fallback.write_bytes(whole)
        self.fallback.chmod(0o622)
        self.assertEqual(self.code("hijou"), DENIED)
        self.fallback.chmod(0o600)
        self.assertEqual(self.code("hijou"), SUCCESS)

    def test_who_is_not_root_poses_as_no_daemon(self):
        self.kill_agent()
        self.socket.unlink(missing_ok=True)
        self.socket.parent.chmod(0o777)
        code = ("import socket, sys, time\n"
                "s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.bind(sys.argv[1]); s.listen(9)\n"
                "print('ready', flush=True)\n"
                "while True:\n"
                "    c, _ = s.accept(); c.recv(2048)\n"
                "    c.send(b'sekisho-answer 1\\nverdict allowed\\nobserved no\\ncontact \\n'); c.close()\n")
        impostor = self.machine.start_program(PYTHON, "-c", code, str(self.socket), uid=STRANGER,
                                              login=STRANGER)
        self.assertEqual(impostor.line(), "ready")
        self.socket.chmod(0o777)
        self.assertEqual(self.code("tanaka"), DENIED)


class Damaged(OperatorTest):
    """A register or a roster that is not as it was left, while the agent works and while it does not."""

    ALLOWED = [SUCCESS, SUCCESS, SUCCESS, EXPIRED, DENIED]  # of those below

    def setUp(self):
        super().setUp()
        self.set_policy()
        self.register("sato")
        self.register("suzuki", "--until", "2025-03-31")
        self.register_file = self.machine.state / "registers.db"

    def codes(self):
        return [self.code(name) for name in ("kanri", "hijou", "sato", "suzuki", "tanaka")]

    def tampered(self):
        return [(r["sekisho"]["object"], r["sekisho"]["outcome"], (r["sekisho"].get("details") or {}).get("found"))
                for r in self.machine.rows("--kind", "agent.tampered")]

    def ways(self):
        """What can be done to the roster, and as what it is told while the agent works."""
        whole = self.fallback.read_bytes()
        yield lambda: self.fallback.write_bytes(b""), "changed"
        yield lambda: self.fallback.write_bytes(whole[:len(whole) // 2]), "changed"
        yield lambda: self.fallback.write_bytes(os.urandom(4096)), "changed"
        yield lambda: self.fallback.write_bytes(whole.replace(b"enforce yes", b"enforce no")), "changed"
        yield self.fallback.unlink, "missing"
        yield lambda: self.fallback.chmod(0o622), "rights"
        yield self.becomes_a_link, "rights"
        yield lambda: self.fallback.write_bytes(b"x" * 600 * 1024), "damaged"

    def becomes_a_link(self):
        other = self.machine.folder / "elsewhere"
        self.fallback.rename(other)
        self.fallback.symlink_to(other)

    def test_a_roster_that_somebody_changes_is_put_back_and_told_once(self):
        whole = self.fallback.read_bytes()
        told = []
        for change, word in self.ways():
            change()
            self.reload()
            told.append(("pam.fallback", "restored", word))
            self.wait_for(lambda: len(self.tampered()) >= len(told), f"{word} is no row")
            self.assertEqual(self.fallback.read_bytes(), whole)
            self.assertEqual(self.fallback.lstat().st_mode, 0o100600)
            self.assertEqual(self.codes(), self.ALLOWED)
        self.reload()
        self.assertEqual(self.tampered(), told)

    def test_so_is_one_that_was_changed_while_the_agent_was_away(self):
        told = []
        for change, word in self.ways():
            self.machine.agent.stop()
            change()
            self.machine.start()
            # What is no roster is damaged; without the memory of what stood there, no more can be said.
            told.append(("pam.fallback", "restored", "damaged" if word == "changed" else word))
            self.wait_for(lambda: len(self.tampered()) >= len(told), f"{word} is no row")
            self.assertEqual(self.codes(), self.ALLOWED)
            self.assertEqual(self.fallback.lstat().st_mode, 0o100600)
        self.restart()
        self.assertEqual(self.tampered(), told)

    def test_with_neither_roster_nor_policy_nobody_but_members_of_sudo_comes_in(self):
        self.machine.agent.stop()
        self.fallback.unlink()
        (self.machine.policy / "policy.conf").write_text("operators = {", encoding="utf-8")
        self.machine.start()
        self.wait_for(self.tampered, "no row")
        self.assertEqual(self.tampered(), [("pam.fallback", "failed", "missing")])
        self.assertEqual(self.codes(), [SUCCESS, DENIED, DENIED, DENIED, DENIED])
        self.set_policy()
        self.assertEqual(self.codes(), self.ALLOWED)
        self.assertEqual(len(self.tampered()), 1)

    def damages(self):
        """What can be done to the register's file."""
        whole = self.register_file.read_bytes()
        yield os.urandom(8192)
        yield whole[:len(whole) // 2]
        yield whole[:100]
        yield whole[:4096] + bytes(len(whole) - 4096)
        yield b"SQLite format 3\0" + os.urandom(4080)

    def test_a_register_that_is_damaged_is_rebuilt_told_and_lets_nobody_in(self):
        self.machine.agent.stop()
        damages = list(self.damages())
        for n, content in enumerate(damages, 1):
            self.register_file.write_bytes(content)
            self.machine.start()
            self.assertEqual(self.codes(), self.ALLOWED)
            self.wait_for(lambda: len(self.tampered()) >= n, "damage is no row")
            self.machine.agent.stop()
        self.machine.start()
        self.assertEqual(self.tampered(), [("registers.db", "rebuilt", None)] * len(damages))

    def test_so_is_one_in_which_a_person_was_added_by_hand(self):
        self.machine.agent.stop()
        with contextlib.closing(sqlite3.connect(self.register_file)) as db, db:
            [[entry]] = db.execute("SELECT entry FROM operators WHERE entry LIKE '%sato%'")
            forged = json.loads(entry)
            forged.update(login="tanaka", uid=PEOPLE["tanaka"])
            db.execute("INSERT INTO operators VALUES(99999, ?)", [json.dumps(forged)])
        self.machine.start()
        self.assertEqual(self.codes(), self.ALLOWED)
        self.wait_for(self.tampered, "no row")
        self.assertEqual(self.tampered(), [("registers.db", "rebuilt", None)])

    def test_a_register_that_is_damaged_under_a_running_agent_changes_nothing(self):
        self.register_file.write_bytes(os.urandom(8192))
        self.assertEqual(self.codes(), self.ALLOWED)
        self.register("tanaka")
        self.assertEqual(self.code("tanaka"), SUCCESS)
        self.kill_agent()
        self.machine.start()
        self.assertEqual(self.codes(), [*self.ALLOWED[:-1], SUCCESS])


class Socket(OperatorTest):
    def setUp(self):
        super().setUp()
        self.set_policy()
        self.register("sato")

    def ask(self, data, uid=0):
        """What the socket answers a datagram; None: it hangs up."""
        code = ("import socket, sys\n"
                "s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.settimeout(5); s.connect(sys.argv[1])\n"
                "s.send(bytes.fromhex(sys.argv[2])); print(s.recv(4096).decode(), end='')\n")
        done = self.machine.run(PYTHON, "-c", code, self.socket, data.hex(), uid=uid, login=NO_LOGIN)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout or None

    @staticmethod
    def question(user, uid, service="sshd"):
        return f"sekisho-ask 1\nuser {user}\nuid {uid}\nservice {service}\ntty \nrhost \n".encode()

    def test_who_is_not_root_asks_about_themselves_only(self):
        self.assertIn("verdict allowed", self.ask(self.question("sato", 2002), uid=2002))
        self.assertIsNone(self.ask(self.question("sato", 2002), uid=2003))
        self.assertIn("verdict unregistered", self.ask(self.question("suzuki", 2003), uid=2003))
        time.sleep(1)
        self.assertEqual(self.refusals(), [])  # nothing that could have let anybody in

    def test_what_is_no_question_gets_no_answer(self):
        good = self.question("sato", 2002)
        for data in (b"x", good[:-1], good + b"\n", good.replace(b"uid 2002", b"uid 02002"), good * 20,
                     good.replace(b"2002", b"99999999999"), good.replace(b"sato", b"sa to"), b"\0" * 2000,
                     good.replace(b"sekisho-ask 1", b"sekisho-ask 2"), good.replace(b"sato", b"s" * 64)):
            self.assertIsNone(self.ask(data), data[:60])
        self.assertIn("verdict allowed", self.ask(good))

    def test_who_pesters_it_takes_nobody_s_place(self):
        code = ("import socket, sys, time\n"
                "held = []\n"
                "print('ready', flush=True)\n"
                "while True:\n"
                "    try:\n"
                "        s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.setblocking(False)\n"
                "        s.connect(sys.argv[1]); held.append(s)\n"
                "    except OSError: time.sleep(0.001)\n"
                "    if len(held) > 200: held = []\n")
        agent = Path(f"/proc/{self.machine.agent.process.pid}/fd")
        before = len(list(agent.iterdir()))
        hostile = [self.machine.start_program(PYTHON, "-c", code, str(self.socket), uid=2003, login=2003)
                   for _ in range(2)]
        for each in hostile:
            each.line()
        done = self.try_login("sato", times=50)
        self.assertEqual(done["came_in"], 50, done)
        self.assertLessEqual(len(list(agent.iterdir())), before + 64)
        for each in hostile:
            each.stop()
        self.wait_for(lambda: len(list(agent.iterdir())) == before, "descriptors are left")

    def test_a_locker_without_rights_is_left_alone_when_nobody_answers(self):
        self.assertEqual(self.code("suzuki", uid=2003), DENIED)
        self.kill_agent()
        self.assertEqual(self.code("suzuki", uid=2003), SUCCESS)
        self.assertEqual(self.code("suzuki"), DENIED)


class Strangers(OperatorTest):
    """Who opens files in a folder that others handle."""

    def setUp(self):
        super().setUp()
        self.log = AuditLog(self.machine.root / "var/log/audit")
        self.wait_for(lambda: self.machine.rows("--kind", "trail.read"), "no first checkpoint")
        self.set_policy()

    def opens(self, login, *paths, kind=READ, **fields):
        uid = PEOPLE[login]
        for path in paths:
            self.log._append(self.log.records(kind, path, auid=uid, uid=uid, **fields))

    def files(self):
        return [(r["user"]["name"], r["sekisho"]["object"], r["sekisho"]["severity"] if "severity" in r["sekisho"]
                 else r["log"]["level"], (r["sekisho"].get("details") or {}).get("reason"))
                for r in self.machine.rows("--kind", "file.*")]

    def await_files(self, number):
        self.wait_for(lambda: len(self.files()) >= number, "files are no rows")
        return self.files()

    def test_the_register_names_who_handles_a_folder(self):
        self.register("sato", "--folder", "/srv/tokutei")
        self.opens("sato", "/srv/tokutei/a")
        self.opens("suzuki", "/srv/tokutei/a", "/srv/tokutei/b", "/srv/nenkin/c")
        found = self.await_files(4)
        self.assertEqual([(who, path, why) for who, path, _, why in found],
                         [("sato", "/srv/tokutei/a", None), ("suzuki", "/srv/tokutei/a", "not-a-handler"),
                          ("suzuki", "/srv/tokutei/b", "not-a-handler"), ("suzuki", "/srv/nenkin/c", None)])
        violations = self.machine.rows("--severity", "violation")
        self.assertEqual([r["sekisho"]["object"] for r in violations], ["/srv/tokutei/a"])
        sentences = self.expect(DONE, "log", "--state", self.machine.state, "--kind", "file.read").stdout
        self.assertIn("suzuki is no handler of /srv/tokutei and opened /srv/tokutei/a", sentences)

    def test_so_does_the_policy_and_both_count(self):
        text = POLICY.format(enforce="true", away="refuse", more="").replace(
            '"/srv/nenkin" );', '"/srv/nenkin" ); handlers = ( { folder = "/srv/tokutei"; users = [ "ito" ]; '
            'groups = [ "sudo" ]; } );')
        (self.machine.policy / "policy.conf").write_text(text, encoding="utf-8")
        self.reload()
        self.register("sato", "--folder", "/srv/tokutei")
        for login in ("ito", "sato", "kanri", "tanaka"):
            self.opens(login, f"/srv/tokutei/{login}")
        found = self.await_files(4)
        self.assertEqual([who for who, _, _, why in found if why], ["tanaka"])

    def test_a_removal_counts_for_files_too(self):
        self.register("sato", "--folder", "/srv/tokutei")
        self.register("ito", "--folder", "/srv/tokutei")
        self.operator("remove", "sato")
        self.opens("sato", "/srv/tokutei/a")
        self.assertEqual([why for *_, why in self.await_files(1)], ["not-a-handler"])

    def test_a_service_is_no_person(self):
        self.register("sato", "--folder", "/srv/tokutei")
        self.log._append(self.log.records(READ, "/srv/tokutei/a", auid=4294967295, uid=0, ses=4294967295))
        self.wait_for(lambda: self.machine.rows("--kind", "file.*"), "files are no rows")
        self.assertEqual(self.machine.rows("--severity", "violation"), [])

    def test_a_refusal_that_has_a_row_is_no_second_one(self):
        pid = self.refused_pid("suzuki")
        for login, who in (("suzuki", pid), ("tanaka", 4000)):
            self.log._append(
                f"type=USER_ACCT msg={self.log.stamp()}: pid={who} uid=0 auid=4294967295 ses=4294967295 subj=unconfined "
                f"msg='op=PAM:accounting grantors=? acct=\"{login}\" exe=\"/usr/sbin/sshd\" hostname=192.0.2.1 "
                "addr=192.0.2.1 terminal=ssh res=failed'\n")
        self.wait_for(lambda: len(self.machine.rows("--kind", "login.refused")) >= 2, "the other is no row")
        rows = [r["sekisho"]["details"] for r in self.machine.rows("--kind", "login.refused")]
        self.assertEqual([(d["account"], d.get("reason")) for d in rows],
                         [("suzuki", "unregistered"), ("tanaka", None)])

    def refused_pid(self, user):
        """Is refused, and tells which process that was."""
        process = self.machine.start_program(os.environ["PAM_TRY"], self.pam, "sshd", user, login=NO_LOGIN)
        self.assertIn(f'"code": {DENIED}', process.line())
        return process.process.pid


if __name__ == "__main__":
    accounts.main(PEOPLE, {"sudo": (27, ["kanri"])})
