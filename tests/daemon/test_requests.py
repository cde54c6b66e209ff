# SPDX-License-Identifier: GPL-3.0-or-later
"""What people ask for and who decides it: the real sekishod on a private bus, with persons who are told apart by their
audit login alone. Runs as root."""

import contextlib
import csv
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import busworld
from busworld import NO_LOGIN, PATIENCE, SATO, TANAKA
from test_agent import DONE, FAILED, REFUSED, USAGE, AgentTest



def day(later=0):
    """So many days from now, in Japan."""
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() + (9 + 24 * later) * 3600))


TODAY, NEXT_WEEK = day(), day(6)
PEER = "192.0.2.7 tcp:7000 out"
ASK, APPROVE = "org.sekisho.agent1.ask", "org.sekisho.agent1.approve-requests"


class RequestTest(AgentTest):
    def setUp(self):
        super().setUp()
        self.machine.start_polkit("yes")

    def write_policy(self, text):
        folder = self.machine.policy / "policy.d"
        folder.mkdir(exist_ok=True)
        (folder / "test.conf").write_text(text, encoding="utf-8")
        self.assertEqual(self.machine.call("Reload").returncode, 0)

    def make(self, *what, uid=TANAKA, purpose="月次の納品", until=NEXT_WEEK):
        done = self.expect(DONE, "request", "make", *(what or ("1",)), "--purpose", purpose, "--until", until, "--json",
                           uid=uid, login=uid)
        return str(json.loads(done.stdout)["number"])

    def take_out(self, **options):
        return self.make("--medium", "USBメモリ 3号", "--contents", "住民税の帳票", "--destination", "市役所", **options)

    def approve(self, number, *options, login=SATO, status=DONE):
        return self.expect(status, "request", "approve", number, *options, "--json", login=login)

    def requests(self, **who):
        return json.loads(self.expect(DONE, "request", "list", "--json", **who).stdout)

    def request(self, number):
        [found] = [r for r in self.requests() if r["number"] == int(number)]
        return found

    def rows_of(self, kind):
        return self.machine.rows("--kind", kind)

    def kill(self):
        self.machine.agent.process.send_signal(signal.SIGKILL)
        self.machine.agent.process.wait(PATIENCE)


class Ask(RequestTest):
    def test_it_is_a_row_with_the_person_and_opens_nothing(self):
        number = self.make()
        [row] = self.rows_of("request.made")
        self.assertEqual((row["event"]["sequence"], row["user"]["id"]), (int(number), str(TANAKA)))
        request = self.request(number)
        self.assertEqual((request["state"], request["asker_uid"], request["purpose"], request["what"]),
                         ("open", TANAKA, "月次の納品", "device"))
        self.assertIn("Kingston DataTraveler", request["subject"])
        self.assertEqual(self.device()["verdict"], "block")

    def test_the_same_of_the_same_person_is_one_and_of_another_a_second(self):
        first = self.make()
        self.assertEqual(self.make(purpose="ほかの目的"), first)
        self.assertNotEqual(self.make(uid=SATO), first)
        self.assertEqual(len(self.rows_of("request.made")), 2)

    def test_nobody_is_logged_in_and_nothing_is_asked(self):
        self.expect(REFUSED, "request", "make", "1", "--purpose", "x", "--until", NEXT_WEEK, login=NO_LOGIN)
        self.assertEqual(self.rows_of("request.made"), [])

    def test_nobody_asks_in_another_persons_name(self):
        """Not on the bus, whatever the terms name, nor by an option, the environment or another account's rights."""
        forged = "uid t 0 user s root asker s daemon asker_uid t 1 made_ns t 1 number t 1 state s approved decider_uid t 1"
        end = str(time.time_ns() + 86400 * 10**9)
        terms = f"11 device s 1-1 purpose s x until_ns t {end} {forged}"
        done = self.machine.call("MakeRequest", "sa{sv}", "device", *terms.split(), uid=TANAKA, login=TANAKA)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.machine.environment.update(USER="daemon", LOGNAME="daemon", SUDO_UID=str(SATO), SUDO_USER="daemon",
                                        PKEXEC_UID=str(SATO))
        by_rights = self.expect(DONE, "request", "make", "0951:1666:B", "--purpose", "y", "--until", NEXT_WEEK, "--json",
                                uid=SATO, login=TANAKA)
        for option in ("--user", "--uid", "--asker", "--for"):
            self.expect(USAGE, "request", "make", "0951:1666:C", "--purpose", "z", "--until", NEXT_WEEK, option, "daemon",
                        uid=TANAKA, login=TANAKA)
        self.assertEqual([(row["user"]["id"], row["user"]["name"]) for row in self.rows_of("request.made")],
                         [(str(TANAKA), "nobody")] * 2)
        found = self.requests()
        self.assertEqual([(r["asker_uid"], r["asker"], r["state"]) for r in found], [(TANAKA, "nobody", "open")] * 2)
        self.assertEqual({r["decider_uid"] for r in found if "decider_uid" in r} - {0}, set())
        self.assertGreater(min(r["made_ns"] for r in found), 10**18)
        self.assertEqual({str(r["number"]) for r in found} & {"1"}, set())
        self.assertEqual(self.device()["verdict"], "block")
        number = str(json.loads(by_rights.stdout)["number"])
        self.expect(REFUSED, "request", "withdraw", number, uid=TANAKA, login=SATO)
        self.assertEqual(self.request(number)["state"], "open")

    def test_without_a_purpose_an_end_or_for_too_long_it_is_refused(self):
        self.expect(USAGE, "request", "make", "1", "--purpose", "x")
        self.expect(USAGE, "request", "make", "1", "--until", NEXT_WEEK)
        self.expect(USAGE, "request", "make", "1", "--purpose", "x", "--until", "2030-01-01")
        for terms in ("2 device s 1-1 purpose s x", "3 device s 1-1 purpose s x until_ns t 1",
                      "2 purpose s x until_ns t 9000000000000000000", "0"):
            done = self.machine.call("MakeRequest", "sa{sv}", "device", *terms.split(), uid=TANAKA, login=TANAKA)
            self.assertNotEqual(done.returncode, 0, terms)
        self.assertEqual(self.rows_of("request.made"), [])

    def test_a_flood_of_one_person_ends_and_leaves_room_for_others(self):
        numbers = {self.make(f"0951:1666:S{i}") for i in range(8)}
        self.assertEqual(len(numbers), 8)
        done = self.expect(FAILED, "request", "make", "0951:1666:S9", "--purpose", "x", "--until", NEXT_WEEK,
                           uid=TANAKA, login=TANAKA)
        self.assertIn("withdraw", done.stderr)
        self.make(uid=SATO)
        self.expect(DONE, "request", "withdraw", min(numbers, key=int), uid=TANAKA, login=TANAKA)
        self.make("0951:1666:S9")

    def test_each_sees_his_own_and_administrators_and_auditors_all(self):
        own, other = self.make(), self.make(uid=SATO)
        self.assertEqual([r["number"] for r in self.requests(uid=TANAKA, login=TANAKA)], [int(own)])
        self.assertEqual([r["number"] for r in self.requests(uid=SATO, login=SATO)], [int(other)])
        self.assertEqual({r["number"] for r in self.requests(login=1234)}, {int(own), int(other)})
        done = self.machine.call("ListRequests", "t", other, uid=TANAKA, login=TANAKA)
        self.assertEqual((done.returncode, done.stdout.split()), (0, ["av", "0"]))

    def test_what_nobody_decides_runs_out_without_a_row(self):
        self.write_policy("requests: { expire_days = 1; };\n")
        number = self.make()
        request = self.request(number)
        self.assertEqual(request["expires_ns"] - request["made_ns"], 86400 * 10**9)

    def test_what_is_not_printable_is_escaped_and_what_is_long_is_refused(self):
        number = self.make(purpose="a\x1b[31m\nb")
        self.assertEqual(self.request(number)["purpose"], r"a\x1b[31m\x0ab")
        self.expect(USAGE, "request", "make", "0951:1666:L", "--purpose", "x" * 600, "--until", NEXT_WEEK)

    def test_withdrawn_by_the_person_alone(self):
        number = self.make()
        self.expect(REFUSED, "request", "withdraw", number, login=SATO)
        self.expect(DONE, "request", "withdraw", number, uid=TANAKA, login=TANAKA)
        self.assertEqual(self.request(number)["state"], "withdrawn")
        self.approve(number, status=FAILED)
        self.assertEqual(self.device()["verdict"], "block")

    def test_the_register_is_a_table_and_csv(self):
        number = self.make()
        self.approve(number, "--reason", "確認した")
        self.assertIn("月次の納品", self.expect(DONE, "request", "list").stdout)
        text = self.expect(DONE, "request", "list", "--csv").stdout
        [row] = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
        self.assertEqual((row["number"], row["asker"], row["decider"], row["purpose"], row["reason"]),
                         (number, "nobody", "daemon", "月次の納品", "確認した"))
        self.assertTrue(row["until_ns"] and row["grant"])


class Decide(RequestTest):
    def test_approved_it_opens_without_plugging_again_and_ends_by_itself(self):
        self.machine.set_mode("enforce")
        self.restart()
        number = self.make()
        answer = json.loads(self.approve(number).stdout)
        device = self.device()
        self.assertEqual((device["verdict"], device["approval"], device["encrypted"]), ("allow", answer["grant"], True))
        self.assertEqual(device["until_ns"], self.request(number)["until_ns"])
        granted, approved = self.last("approval.granted"), self.last("request.approved")
        self.assertEqual(granted["sekisho"]["details"]["request"], int(number))
        self.assertEqual((granted["user"]["id"], approved["user"]["id"]), (str(SATO), str(SATO)))
        self.assertLess(granted["event"]["sequence"], approved["event"]["sequence"])
        self.assertFalse(answer["self_approval"])

    def test_nobody_approves_his_own_as_himself_by_sudo_or_su(self):
        number = self.make()
        for uid in (TANAKA, 0, SATO):  # his own account; sudo; su to another person
            done = self.expect(REFUSED, "request", "approve", number, uid=uid, login=TANAKA)
            self.assertIn("himself", done.stderr)
        self.assertEqual(self.rows_of("approval.granted"), [])
        self.assertEqual(self.request(number)["state"], "open")

    def test_root_without_a_login_approves_nothing(self):
        number = self.make()
        self.approve(number, login=NO_LOGIN, status=REFUSED)
        self.assertEqual(self.rows_of("approval.granted"), [])

    def test_who_polkit_refuses_decides_nothing(self):
        number = self.make()
        self.machine.polkit.stop()
        self.machine.programs.remove(self.machine.polkit)
        self.machine.start_polkit("no")
        self.expect(REFUSED, "request", "approve", number, uid=SATO, login=SATO)
        self.expect(REFUSED, "request", "refuse", number, uid=SATO, login=SATO)
        self.expect(REFUSED, "request", "make", "1", "--purpose", "x", "--until", NEXT_WEEK, uid=SATO, login=SATO)
        self.assertEqual(self.request(number)["state"], "open")

    def test_where_there_is_one_person_it_is_marked_wherever_it_stands(self):
        self.write_policy("site: { self_approval = true; };\n")
        number = self.make()
        answer = json.loads(self.approve(number, login=TANAKA).stdout)
        self.assertTrue(answer["self_approval"])
        row = self.last("request.approved")
        self.assertEqual((row["sekisho"]["outcome"], row["sekisho"]["details"]["self_approval"]), ("self-approved", True))
        self.assertTrue(self.request(number)["self_approval"])
        self.assertIn("same person", self.expect(DONE, "request", "list").stdout)

    def test_who_approves_narrows_and_never_widens(self):
        number = self.make()
        self.approve(number, "--until", "2030-01-01", status=USAGE)
        self.approve(number, "--until", TODAY, "--read-only", "--unencrypted", "--permit", "R8-4")
        device = self.device()
        self.assertEqual((device["read_only"], device["encrypted"], device["permit"]), (True, False, "R8-4"))
        self.assertLess(device["until_ns"], time.time_ns() + 86400 * 10**9 + 1)

    def test_what_the_asker_has_bounded_stays_bounded(self):
        number = self.make("1", "--read-only", "--encrypted")
        self.approve(number, "--unencrypted")
        device = self.device()
        self.assertEqual((device["read_only"], device["encrypted"]), (True, True))

    def test_another_device_of_the_same_name_is_not_what_was_approved(self):
        number = self.make()
        blob = self.machine.root / "sys/bus/usb/devices/1-1/descriptors"
        self.machine.agent.stop()
        data = bytearray(blob.read_bytes())
        data[12] = 9  # another release of it
        blob.write_bytes(bytes(data))
        self.machine.start()
        self.approve(number)
        self.assertEqual([d["verdict"] for d in self.machine.devices() if d["plugged"]], ["block"])

    def test_refused_it_stays_shut_with_the_reason(self):
        number = self.make()
        self.expect(DONE, "request", "refuse", number, "--reason", "庁内便を使う", login=SATO)
        request = self.request(number)
        self.assertEqual((request["state"], request["reason"], request["decider_uid"]), ("refused", "庁内便を使う", SATO))
        self.approve(number, status=FAILED)
        self.assertEqual(self.device()["verdict"], "block")

    def test_of_twenty_at_once_exactly_one_approves(self):
        number = self.make()
        uids = (1, 2, 3, 7, 8)  # daemon, bin, sys, lp, mail: every Debian has them
        with ThreadPoolExecutor(20) as pool:
            done = list(pool.map(lambda i: self.machine.sekisho("request", "approve", number, uid=uids[i % 5],
                                                                login=uids[i % 5]).returncode, range(20)))
        self.assertEqual((done.count(DONE), done.count(FAILED)), (1, 19), done)
        self.assertEqual((len(self.rows_of("approval.granted")), len(self.rows_of("request.approved"))), (1, 1))

    def test_a_peer_is_permitted_for_as_long_as_was_asked(self):
        number = self.make("--peer", PEER)
        answer = json.loads(self.approve(number).stdout)
        [permit] = json.loads(self.expect(DONE, "permit", "list", "--json").stdout)
        self.assertEqual((permit["number"], permit["request"], permit["until_ns"]),
                         (answer["grant"], int(number), self.request(number)["until_ns"]))
        self.assertEqual(permit["peers"][0]["address"], "192.0.2.7")

    def test_a_number_that_is_none_is_no_request(self):
        for number in ("0", "999999", "x", "1 ", "18446744073709551617", ""):
            self.expect(FAILED, "request", "approve", number, login=SATO)


class Pieces(RequestTest):
    def newest(self):
        [path] = (self.machine.state / "ledger").glob("*.db")
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            return db.execute("SELECT max(seq) FROM event").fetchone()[0]

    def test_killed_between_the_rows_the_grant_and_the_decision_are_there_together(self):
        for i in range(8):
            number = self.make(f"0951:1666:K{i}")
            self.machine.settle()
            before = self.newest()
            with ThreadPoolExecutor(1) as pool:
                running = pool.submit(self.machine.sekisho, "request", "approve", number, login=SATO)
                until = time.monotonic() + PATIENCE
                while self.newest() == before and time.monotonic() < until:
                    pass
                self.kill()
                running.result()
            self.machine.start()
            granted = [row for row in self.rows_of("approval.granted")
                       if row["sekisho"]["details"]["request"] == int(number)]
            self.assertEqual(len(granted), 1)
            request = self.request(number)
            self.assertEqual((request["state"], request["grant"], request["decider_uid"]),
                             ("approved", granted[0]["event"]["sequence"], SATO))
        outcomes = [row["sekisho"]["outcome"] for row in self.rows_of("request.approved")]
        self.assertEqual(len(outcomes), 8)
        print(f"{outcomes.count('settled')} of 8 were cut between the rows", file=sys.stderr)
        self.assertGreater(outcomes.count("settled"), 0, "no kill came between the rows")
        self.assertNotIn("agent.tampered", self.kinds())
        self.assertEqual(self.machine.sekisho("verify", "--all", "--state", self.machine.state).returncode, DONE)

    def test_a_register_that_is_gone_or_changed_is_made_anew_from_the_rows(self):
        number = self.make()
        self.approve(number)
        other = self.make(uid=SATO)
        self.machine.agent.stop()
        path = self.machine.state / "registers.db"
        path.unlink()
        self.machine.start()
        self.assertEqual((self.request(number)["state"], self.request(other)["state"]), ("approved", "open"))
        self.assertNotIn("agent.tampered", self.kinds())
        self.machine.agent.stop()
        with sqlite3.connect(path) as db:
            changed = db.execute("DELETE FROM requests").rowcount
        self.assertEqual(changed, 2)
        self.machine.start()
        self.assertEqual((self.request(number)["state"], self.request(other)["state"]), ("approved", "open"))
        self.assertIn("agent.tampered", self.kinds())


class Clock(RequestTest):
    """On a machine whose clock the test sets."""

    def setUp(self):
        super().setUp()
        self.machine.agent.stop()
        self.clock = self.machine.folder / "clock"
        self.set_clock(0)
        options = self.machine.environment["ASAN_OPTIONS"] + ":verify_asan_link_order=0"
        self.machine.wrapper = ("env", f"LD_PRELOAD={os.environ['LATER_CLOCK_MODULE']}", f"LATER_CLOCK={self.clock}",
                                f"ASAN_OPTIONS={options}")
        self.machine.start()

    def set_clock(self, days):
        self.clock.write_text(f"{days * 86400}\n", encoding="ascii")

    def test_what_nobody_decides_runs_out_and_grants_nothing(self):
        number = self.make(until=day(20))
        self.set_clock(6)
        self.assertEqual(self.request(number)["state"], "open")
        self.set_clock(8)
        self.assertEqual(self.request(number)["state"], "expired")
        self.assertIn("in time", self.approve(number, status=FAILED).stderr)
        self.assertEqual(self.rows_of("approval.granted"), [])
        self.assertNotEqual(self.make(until=day(20)), number)

    def test_a_clock_that_is_set_back_opens_none_again(self):
        number = self.make(until=day(20))
        self.set_clock(8)
        other = self.make("0951:1666:X", until=day(20))  # a row of that time
        self.set_clock(0)
        self.restart()
        self.assertEqual((self.request(number)["state"], self.request(other)["state"]), ("expired", "open"))
        self.approve(number, status=FAILED)

    def test_what_has_not_come_back_is_told_once_a_day_to_who_took_it(self):
        request = self.take_out(until=day(3))
        self.approve(request)
        done = self.expect(DONE, "medium", "out", "--request", request, "--carrier", "田中", "--encrypted", "--json",
                           uid=TANAKA, login=TANAKA)
        number = json.loads(done.stdout)["number"]
        self.restart()
        self.assertEqual(self.rows_of("medium.overdue"), [])
        self.set_clock(4)
        self.restart()
        row = self.await_rows("medium.overdue")[0]
        self.assertEqual((row["sekisho"]["details"]["number"], row["user"]["id"]), (number, str(TANAKA)))
        self.restart()
        self.machine.settle()
        self.assertEqual(len(self.rows_of("medium.overdue")), 1)
        for who, told in ((TANAKA, True), (SATO, False)):
            alerts = self.machine.call("ListAlerts", "t", "0", uid=who, login=who).stdout
            self.assertEqual("medium.overdue" in alerts, told)
        self.set_clock(6)
        self.restart()
        self.wait_for(lambda: len(self.rows_of("medium.overdue")) == 2, "it is told only once")
        [entry] = json.loads(self.expect(DONE, "medium", "list", "--json").stdout)
        self.assertEqual(entry["state"], "expired")
        self.expect(DONE, "medium", "in", str(number), uid=TANAKA, login=TANAKA)
        self.set_clock(8)
        self.restart()
        self.machine.settle()
        self.assertEqual(len(self.rows_of("medium.overdue")), 2)


class FullDisk(RequestTest):
    def setUp(self):
        super().setUp()
        self.machine.agent.stop()
        files = subprocess.run(["cp", "-a", f"{self.machine.state}/.", f"{self.machine.folder}/kept"], check=False)
        self.assertEqual(files.returncode, 0)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", self.machine.state], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", self.machine.state], check=True)
        subprocess.run(["cp", "-a", f"{self.machine.folder}/kept/.", self.machine.state], check=True)
        self.addCleanup(self.machine.agent.stop)
        self.machine.start()
        self.addCleanup(lambda: self.machine.agent.stop())

    def fill(self):
        (self.machine.state / "ledger/.ballast").unlink()
        with contextlib.suppress(OSError), (self.machine.state / "filler").open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass

    def test_nothing_is_made_or_opened_and_afterwards_it_is(self):
        number = self.make()
        self.fill()
        done = self.machine.sekisho("request", "approve", number, login=SATO)
        self.assertNotEqual(done.returncode, DONE)
        self.assertEqual(self.device()["verdict"], "block")
        done = self.machine.sekisho("request", "make", "0951:1666:F", "--purpose", "x", "--until", NEXT_WEEK,
                                    uid=TANAKA, login=TANAKA)
        self.assertNotEqual(done.returncode, DONE)
        (self.machine.state / "filler").unlink()
        self.wait_for(lambda: json.loads(self.machine.sekisho("status", "--json").stdout)["ledger"]["writable"],
                      "it never recovers")
        self.machine.settle()
        state = self.request(number)["state"]
        self.assertIn(state, ("open", "approved"))  # a row that waited may have come after the answer
        if state == "open":
            self.approve(number)
        self.assertEqual((self.request(number)["state"], self.device()["verdict"]), ("approved", "allow"))
        self.assertEqual(len(self.rows_of("request.approved")), 1)


class TakeOut(RequestTest):
    OUT = ("--carrier", "田中", "--encrypted")

    def out(self, number, *options, status=DONE, uid=TANAKA):
        return self.expect(status, "medium", "out", "--request", number, *(options or self.OUT), "--json", uid=uid,
                           login=uid)

    def entries(self):
        return json.loads(self.expect(DONE, "medium", "list", "--json").stdout)

    def test_out_by_an_approved_request_once_and_back(self):
        request = self.take_out()
        self.out(request, status=REFUSED)
        self.approve(request)
        number = str(json.loads(self.out(request).stdout)["number"])
        [entry] = self.entries()
        self.assertEqual((entry["state"], entry["by_uid"]), ("open", TANAKA))
        self.assertEqual({key: entry["fields"][key] for key in ("medium", "contents", "destination", "request",
                                                                "encryption", "carrier")},
                         {"medium": "USBメモリ 3号", "contents": "住民税の帳票", "destination": "市役所", "request": request,
                          "encryption": "stated-encrypted", "carrier": "田中"})
        self.out(request, status=REFUSED)
        self.expect(FAILED, "medium", "in", number, uid=SATO, login=SATO)
        self.expect(DONE, "medium", "in", number, uid=TANAKA, login=TANAKA)
        [entry] = self.entries()
        self.assertEqual((entry["state"], entry["fields"]["returned"]), ("ended", TODAY))
        self.out(request, status=REFUSED)
        self.assertEqual((len(self.rows_of("medium.taken")), len(self.rows_of("medium.returned"))), (1, 1))

    def test_nobody_goes_by_another_persons_request(self):
        request = self.take_out()
        self.approve(request)
        self.out(request, status=FAILED, uid=SATO)
        device = self.make()
        self.approve(device)
        self.out(device, status=FAILED)
        self.assertEqual(self.rows_of("medium.taken"), [])

    def test_nothing_leaves_unencrypted_without_the_citys_permit(self):
        request = self.take_out()
        self.approve(request)
        self.out(request, "--carrier", "田中", status=REFUSED)
        self.out(request, "--carrier", "田中", "--device", "1-1", "--encrypted", status=REFUSED)
        answer = json.loads(self.out(request, "--carrier", "田中", "--device", "1-1", "--permit", "R8-7").stdout)
        self.assertEqual(answer["encryption"], "none")

    def test_what_the_agent_enters_nobody_says(self):
        request = self.take_out()
        self.approve(request)
        for field in ("encryption s luks", "medium s x", "returned s 2020-01-01"):
            self.machine.call("TakeOut", "a{sv}", "4", "request", "s", request, "carrier", "s", "x", "encrypted", "b",
                              "true", *field.split(), uid=TANAKA, login=TANAKA)
        for entry in self.entries():
            self.assertEqual((entry["fields"]["encryption"], entry["fields"]["medium"]),
                             ("stated-encrypted", "USBメモリ 3号"))
        done = self.machine.call("AddRecord", "sa{sv}", "takeouts", "0")
        self.assertIn("denied", done.stderr)
        self.assertEqual(len(self.entries()), len(self.rows_of("medium.taken")))

    def record_export(self, place, encryption="none"):
        """As a program of somebody's own would record an export."""
        return self.machine.call("Record", "ssa{sv}", "export.created", "sekisho-pc-2026-11", "4", "place", "s", place,
                                 "medium", "s", "DataTraveler (sdb), /media/x", "destination", "s", "市役所", "encryption",
                                 "s", encryption)

    def test_an_export_that_leaves_is_a_line_in_the_register_before_it_is_one_of_exports(self):
        self.assertEqual(self.record_export("leaves", "luks").returncode, 0)
        [entry] = self.entries()
        self.assertEqual((entry["fields"]["medium"], entry["fields"]["contents"], entry["fields"]["destination"],
                          entry["fields"]["encryption"], entry["by_uid"], entry["state"]),
                         ("DataTraveler (sdb), /media/x", "sekisho-pc-2026-11", "市役所", "luks", 1000, "open"))
        self.assertNotIn("request", entry["fields"])
        taken, exported = self.last("medium.taken"), self.last("export.created")
        self.assertEqual(taken["sekisho"]["outcome"], "exported")
        self.assertLess(taken["event"]["sequence"], exported["event"]["sequence"])
        self.assertEqual(exported["sekisho"]["details"]["takeout"], entry["number"])
        self.expect(DONE, "medium", "in", str(entry["number"]))
        self.assertEqual(self.entries()[0]["state"], "ended")
        self.assertEqual(self.record_export("own-disk").returncode, 0)
        self.assertEqual((len(self.entries()), len(self.rows_of("export.created"))), (1, 2))

    def test_an_export_that_is_not_taken_there_is_recorded_all_the_same_and_that_is_said(self):
        self.assertNotEqual(self.record_export("leaves", "rot13").returncode, 0)
        self.assertEqual((self.entries(), len(self.rows_of("export.created"))), ([], 1))

    def export(self, prefix="", *options):
        month = time.strftime("%Y-%m", time.gmtime(time.time() + 9 * 3600))
        folder = self.machine.folder / "collection"
        folder.mkdir(exist_ok=True)
        command = f"{prefix}exec {self.machine.sekisho_path} export --month {month} --to {folder} --state {self.machine.state} "
        done = self.machine.run("unshare", "--mount", "sh", "-c", command + " ".join(options))
        self.assertEqual(done.returncode, DONE, done.stderr)
        return done.stdout

    def test_an_export_to_the_pcs_own_disk_is_no_take_out_and_says_so(self):
        self.assertIn("own disk: no take-out is entered", self.export())
        self.assertFalse(json.loads(self.export("", "--json"))["leaves"])
        self.assertEqual([row["sekisho"]["details"]["place"] for row in self.rows_of("export.created")], ["own-disk"] * 2)
        self.assertEqual(self.rows_of("medium.taken"), [])

    def test_an_export_to_what_nobody_can_tell_is_a_take_out(self):
        """Where the kernel's view of disks is hidden."""
        told = self.export("mount -t tmpfs none /sys && ", "--destination", "市の収集")
        [entry] = self.entries()
        self.assertIn(f"take-out number {entry['number']}", told)
        self.assertIn("not encrypted", told)
        self.assertEqual((entry["fields"]["destination"], entry["fields"]["encryption"]), ("市の収集", "none"))

    def test_of_twenty_at_once_one_leaves(self):
        request = self.take_out()
        self.approve(request)
        with ThreadPoolExecutor(8) as pool:
            done = list(pool.map(lambda _: self.machine.sekisho("medium", "out", "--request", request, *self.OUT,
                                                                uid=TANAKA, login=TANAKA).returncode, range(20)))
        self.assertEqual(done.count(DONE), 1, done)
        self.assertEqual(len(self.rows_of("medium.taken")), 1)


if __name__ == "__main__":
    busworld.main()
