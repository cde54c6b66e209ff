# SPDX-License-Identifier: GPL-3.0-or-later
"""The real sekishod and the real sekisho on a made-up machine: what is approved, recorded, restarted
and tampered with. Runs as root. What needs a kernel is tested in guests (tests/vm)."""

import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import time
import unittest

import busworld
from busworld import NO_LOGIN, PATIENCE, SOURCE
from machine import Machine

STRANGER = 65534  # nobody
DONE, FINDING, USAGE, REFUSED, FAILED = 0, 1, 2, 3, 4


class AgentTest(unittest.TestCase):
    def setUp(self):
        self.machine = Machine()
        self.addCleanup(self.machine.close)
        self.machine.start_bus()
        self.machine.plug_stick()
        self.machine.start()

    def expect(self, status, *command, **options):
        done = self.machine.sekisho(*command, **options)
        self.assertEqual(done.returncode, status, f"{command}: {done.stdout}{done.stderr}")
        return done

    def restart(self):
        self.machine.agent.stop()
        self.machine.start()

    def device(self):
        devices = self.machine.devices()
        self.assertEqual(len(devices), 1, devices)
        return devices[0]

    def kinds(self):
        return [row["event"]["action"] for row in self.machine.rows()]

    def await_rows(self, kind):
        """What the agent does by itself is written a moment after it answers."""
        self.wait_for(lambda: self.machine.rows("--kind", kind), f"no row of {kind}")
        return self.machine.rows("--kind", kind)

    def last(self, kind):
        return self.await_rows(kind)[-1]

    def wait_for(self, condition, what):
        until = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), until, what)
            time.sleep(0.05)


class Bus(AgentTest):
    def await_end(self, seconds):
        until = time.monotonic() + seconds
        while self.machine.agent.process.poll() is None:
            self.assertLess(time.monotonic(), until, "the agent lives on without its bus")
            time.sleep(0.05)

    def test_an_agent_whose_bus_ends_says_so_ends_and_is_as_before_with_the_next(self):
        self.expect(DONE, "usb", "allow", "1")
        self.machine.bus.process.kill()
        self.await_end(PATIENCE)
        self.assertEqual(self.machine.agent.stop(), 4)
        (self.machine.folder / "bus").unlink()
        self.machine.start_bus()
        self.machine.start()
        self.assertEqual(self.last("agent.stopped")["sekisho"]["details"], {"error": "ENOTCONN"})
        self.assertEqual(self.device()["verdict"], "allow")

    @unittest.skipUnless("SEKISHO_FULL" in os.environ, "takes a minute: with tests/run.sh --full")
    def test_an_agent_without_a_bus_starts_anew_when_there_is_one(self):
        self.machine.bus.process.kill()
        self.await_end(PATIENCE)
        (self.machine.folder / "bus").unlink()
        self.machine.agent.stop()
        self.machine.start_without_bus()
        time.sleep(3)
        self.assertIsNone(self.machine.agent.process.poll(), "a guard without a bus guards")
        self.machine.start_bus()
        self.await_end(90)
        self.machine.start()
        self.assertEqual(self.device()["verdict"], "block")


class Status(AgentTest):
    def test_a_fresh_machine_observes_and_is_well(self):
        status = json.loads(self.expect(DONE, "status", "--json", uid=STRANGER,
                                        login=NO_LOGIN).stdout)
        self.assertEqual(status["mode"], {"usb": "observe", "network": "observe"})
        self.assertTrue(status["ledger"]["writable"])
        self.assertEqual(status["open_incidents"], 0)
        self.assertEqual(status["policy"]["mistakes"], 0)
        self.assertEqual(status["devices"], {"plugged": 1, "allowed": 0, "blocked": 1})

    def test_each_key_that_is_documented_is_there(self):
        status = json.loads(self.expect(DONE, "status", "--json").stdout)
        for key in ("version", "host", "started_at_ns", "mode", "pending_confirmation",
                    "transition", "mode_changes", "guards", "ledger", "policy", "devices", "open_incidents"):
            self.assertIn(key, status)
        device = self.device()
        for key in ("number", "plugged", "sysname", "identity", "vendor", "product", "serial",
                    "manufacturer", "name", "function", "port", "hash", "verdict", "reason",
                    "rule", "authorized", "approval", "read_only", "encrypted"):
            self.assertIn(key, device)

    def test_a_policy_with_mistakes_is_a_finding_and_the_old_one_stays(self):
        policy = self.machine.policy / "policy.conf"
        before = json.loads(self.expect(DONE, "status", "--json").stdout)["policy"]["hash"]
        good = policy.read_text(encoding="utf-8")
        policy.write_text(good.replace('hubs = "allow"', 'hubs = "perhaps"'), encoding="utf-8")
        done = self.machine.call("Reload")
        self.assertNotEqual(done.returncode, 0)
        status = json.loads(self.expect(FINDING, "status", "--json").stdout)
        self.assertEqual(status["policy"]["hash"], before)
        self.assertGreater(status["policy"]["mistakes"], 0)
        policy.write_text(good, encoding="utf-8")
        self.assertEqual(self.machine.call("Reload").returncode, 0)
        self.expect(DONE, "status")


class Approvals(AgentTest):
    def test_an_approval_is_a_row_with_the_person_and_opens(self):
        done = self.expect(DONE, "usb", "allow", "1", "--reason", "月次データ", "--permit", "R8-1",
                           "--json", login=1234)
        number = json.loads(done.stdout)["number"]
        row = self.last("approval.granted")
        self.assertEqual(row["event"]["sequence"], number)
        self.assertEqual(row["user"]["id"], "1234")
        device = self.device()
        self.assertEqual((device["verdict"], device["reason"], device["approval"]),
                         ("allow", "approved", number))

    def test_a_caller_without_a_login_approves_nothing(self):
        done = self.expect(REFUSED, "usb", "allow", "1", login=NO_LOGIN)
        self.assertIn("log in", done.stderr)
        self.assertNotIn("approval.granted", self.kinds())
        self.assertEqual(self.device()["verdict"], "block")

    def test_an_unprivileged_account_approves_nothing(self):
        self.expect(REFUSED, "usb", "allow", "1", uid=STRANGER)
        self.assertNotIn("approval.granted", self.kinds())

    def test_an_approval_survives_a_restart_and_a_kill(self):
        self.expect(DONE, "usb", "allow", "1")
        self.restart()
        self.assertEqual(self.device()["verdict"], "allow")
        self.machine.agent.process.send_signal(signal.SIGKILL)
        self.machine.agent.process.wait(PATIENCE)
        self.machine.start()
        self.assertEqual(self.device()["verdict"], "allow")
        self.assertNotIn("agent.tampered", self.kinds())

    def test_a_forgotten_approval_is_gone_and_stays_gone(self):
        self.expect(DONE, "usb", "allow", "1")
        self.expect(DONE, "usb", "forget", "1")
        self.assertEqual(self.device()["verdict"], "block")
        self.restart()
        self.assertEqual(self.device()["verdict"], "block")
        self.expect(FAILED, "usb", "forget", "1")

    def test_an_approval_before_the_device_was_ever_seen_is_listed(self):
        self.expect(DONE, "usb", "allow", "abcd:0001:X", "--read-only")
        listed = self.machine.devices()
        self.assertEqual(len(listed), 2)
        self.assertEqual(listed[1]["identity"], "abcd:0001:X")
        self.assertFalse(listed[1]["plugged"])
        self.assertTrue(listed[1]["read_only"])
        self.expect(DONE, "usb", "forget", "2")
        self.assertEqual(len(self.machine.devices()), 1)

    def test_each_of_two_approvals_by_contents_is_forgotten_by_itself(self):
        one, two = "7796db80-b101-43dd-b570-94d40c326ecd", "4f42f162-5415-4196-96ec-69f7b2c530af"
        for uuid in (one, two):
            self.expect(DONE, "usb", "allow", "abcd:0001:X", f"--luks={uuid}")
        self.assertEqual([d["luks"] for d in self.machine.devices()[1:]], [one, two])
        self.expect(DONE, "usb", "forget", "2")
        self.assertEqual([d["luks"] for d in self.machine.devices()[1:]], [two])
        self.expect(FAILED, "usb", "allow", "1", "--luks")
        self.expect(FAILED, "usb", "allow", "abcd:0001:X", "--port")

    def test_twins_at_their_ports_are_forgotten_together_by_their_name(self):
        self.machine.plug_stick("1-3", address=8)
        self.restart()
        for number, device in enumerate(self.machine.devices(), 1):
            self.expect(DONE, "usb", "allow", str(number), "--port")
        self.assertEqual([d["verdict"] for d in self.machine.devices()], ["allow", "allow"])
        done = self.expect(DONE, "usb", "forget", self.machine.devices()[0]["identity"], "--json")
        self.assertEqual(json.loads(done.stdout)["ended"], 2)
        self.assertEqual([d["verdict"] for d in self.machine.devices()], ["block", "block"])

    def test_learning_approves_what_is_plugged_in(self):
        self.expect(DONE, "usb", "learn")
        self.assertEqual(self.device()["verdict"], "allow")
        done = self.expect(DONE, "usb", "learn", "--json")
        self.assertEqual(json.loads(done.stdout)["learned"], [])

    def test_nonsense_is_refused_with_a_sentence(self):
        for device in ("nonsense", "12345:1", "9-9", "0951:1666:", "x" * 1000):
            with self.subTest(device=device):
                done = self.expect(USAGE, "usb", "allow", device)
                self.assertGreater(len(done.stderr.split()), 4)
        self.assertNotIn("approval.granted", self.kinds())


class Registers(AgentTest):
    def test_an_approval_smuggled_into_the_register_is_found_and_void(self):
        self.expect(DONE, "usb", "allow", "abcd:0001:X")
        self.machine.agent.stop()
        path = self.machine.state / "registers.db"
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        with sqlite3.connect(path) as db:
            db.execute("UPDATE approvals SET entry = replace(entry, '\"X\"', '\"Y\"')")
        db.close()
        self.machine.start()
        row = self.last("agent.tampered")
        self.assertEqual(row["sekisho"]["object"], "registers.db")
        self.assertEqual([d["identity"] for d in self.machine.devices()][1:], ["abcd:0001:X"])

    def test_a_lost_register_is_rebuilt_without_alarm(self):
        self.expect(DONE, "usb", "allow", "1")
        self.machine.agent.stop()
        for file in self.machine.state.glob("registers.db*"):
            file.unlink()
        self.machine.start()
        self.assertEqual(self.device()["verdict"], "allow")
        self.assertNotIn("agent.tampered", self.kinds())


class Record(AgentTest):
    def test_a_device_that_would_be_blocked_is_one_row(self):
        rows = self.await_rows("usb.blocked")
        self.assertEqual(len(rows), 1)
        self.assertEqual(rows[0]["sekisho"]["outcome"], "observed")
        self.assertEqual(rows[0]["sekisho"]["object"], "0951:1666:関所\\x1b1")

    def test_a_seal_on_request_covers_every_row(self):
        done = self.machine.call("Seal", "s", "export")
        self.assertEqual(done.returncode, 0, done.stderr)
        row = self.machine.rows()[-1]
        self.assertEqual(row["event"]["action"], "ledger.sealed")
        self.assertEqual(row["event"]["reason"], "export")

    def test_only_exports_and_reports_are_recorded_by_request(self):
        self.assertEqual(self.machine.call("Record", "ssa{sv}", "export.created", "2026-11", "1",
                                           "rows", "t", "7").returncode, 0)
        self.assertEqual(self.last("export.created")["sekisho"]["details"]["rows"], 7)
        self.assertNotEqual(self.machine.call("Record", "ssa{sv}", "agent.stopped", "x",
                                              "0").returncode, 0)
        self.assertNotIn("agent.stopped", self.kinds())

    def test_a_stop_is_a_row_and_the_next_start_too(self):
        self.restart()
        self.wait_for(lambda: self.kinds().count("agent.started") == 2, "no second start")
        kinds = self.kinds()
        self.assertLess(kinds.index("agent.stopped"), len(kinds) - kinds[::-1].index("agent.started"))

    def test_a_second_agent_does_not_start(self):
        done = self.machine.run(os.environ["SEKISHOD"], "--root", self.machine.root, "--state",
                                self.machine.state, "--config", self.machine.policy)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("another sekishod", done.stderr)


class Month(AgentTest):
    def setUp(self):
        super().setUp()
        self.month = time.strftime("%Y-%m", time.gmtime(time.time() + 9 * 3600))  # in Japan
        self.out = self.machine.folder / "out"
        self.out.mkdir()

    def export(self):
        self.expect(DONE, "export", "--month", self.month, "--to", self.out, "--state",
                    self.machine.state, login=1234)
        package, = self.out.iterdir()
        return package

    def test_an_export_verifies_and_is_a_row_with_the_person(self):
        package = self.export()
        self.expect(DONE, "verify", package)
        row = self.last("export.created")
        self.assertEqual(row["user"]["id"], "1234")
        self.assertEqual(row["sekisho"]["object"], package.name)

    def test_a_changed_byte_in_an_export_is_found(self):
        package = self.export()
        ledger = package / f"{self.month}.db"
        data = bytearray(ledger.read_bytes())
        data[-1000] ^= 1
        ledger.write_bytes(data)
        self.expect(FINDING, "verify", package)

    def test_an_export_without_a_login_is_refused(self):
        self.expect(REFUSED, "export", "--month", self.month, "--to", self.out, "--state",
                    self.machine.state, login=NO_LOGIN)

    def test_the_head_code_of_the_status_proves_the_rows_before_it(self):
        code = json.loads(self.expect(DONE, "status", "--json").stdout)["ledger"]["head_code"]
        self.expect(DONE, "usb", "allow", "1")
        self.expect(DONE, "verify", "--all", "--state", self.machine.state, "--head", code)
        self.expect(FINDING, "verify", "--all", "--state", self.machine.state, "--head",
                    code[:-4] + ("0000" if code[-4:] != "0000" else "1111"))

    def test_a_ledger_that_was_put_back_is_found_by_a_later_head_code(self):
        self.machine.agent.stop()
        old = self.machine.folder / "old"
        shutil.copytree(self.machine.state / "ledger", old)
        self.machine.start()
        code = json.loads(self.expect(DONE, "status", "--json").stdout)["ledger"]["head_code"]
        self.expect(DONE, "verify", old / f"{self.month}.db")
        self.expect(FINDING, "verify", old / f"{self.month}.db", "--head", code)

    def test_the_report_names_the_blocked_device(self):
        template = SOURCE / "policy/templates/report.en.html"
        self.last("usb.blocked")  # its row is durable
        done = self.expect(DONE, "report", "--month", self.month, "--lang", "en", "--template",
                           template, "--state", self.machine.state)
        self.assertIn("0951:1666", done.stdout)


class Mode(AgentTest):
    def test_enforce_that_can_not_be_installed_is_not_entered(self):
        # Nobody answers for systemd on this bus, so the initramfs can't be written.
        self.expect(FAILED, "mode", "enforce", "--yes")
        self.assertEqual(json.loads(self.expect(DONE, "mode", "--json").stdout)["mode"],
                         {"usb": "observe", "network": "observe"})
        self.assertEqual(list((self.machine.root / "etc/modprobe.d").iterdir()), [])

    def test_an_initramfs_that_nobody_can_look_at_is_a_finding(self):
        self.machine.agent.stop()
        self.machine.set_mode("enforce")
        self.machine.start()
        self.assertEqual(self.last("posture.failed")["sekisho"]["outcome"], "unchecked")
        status = json.loads(self.expect(FINDING, "status", "--json").stdout)
        self.assertEqual(status["initramfs"], {"state": "unchecked", "kernels": []})

    def test_there_is_nothing_to_confirm_without_a_trial(self):
        self.expect(FAILED, "mode", "--confirm")

    def test_an_unknown_guard_or_mode_is_refused(self):
        self.expect(USAGE, "mode", "telepathy", "enforce")
        self.assertNotEqual(self.machine.call("SetMode", "ssb", "usb", "perhaps",
                                              "false").returncode, 0)


class Journal(AgentTest):
    """A journald that hangs: its socket is there and full, and nobody reads."""

    def setUp(self):
        self.machine = Machine()
        self.addCleanup(self.machine.close)
        self.machine.start_bus()
        self.machine.plug_stick()
        path = self.machine.root / "run/systemd/journal/socket"
        path.parent.mkdir(parents=True)
        self.journald = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.journald.close)
        self.journald.bind(str(path))
        self.stuffed = 0
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
            other.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while True:
                    other.sendto(b"MESSAGE=stuffing\n", str(path))
                    self.stuffed += 1
        self.machine.start()

    def test_the_agent_goes_on_and_tells_once_it_is_read(self):
        for _ in range(3):
            self.expect(DONE, "usb", "allow", "1")
            self.expect(DONE, "usb", "forget", "1")
        self.journald.settimeout(PATIENCE)
        for _ in range(self.stuffed):
            self.journald.recv(65536)
        wanted = [f"SEKISHO_SEQUENCE={row['event']['sequence']}\n".encode()
                  for row in self.machine.rows("--kind", "approval.*")]
        self.assertEqual(len(wanted), 6)
        while wanted:  # in order
            if wanted[0] in self.journald.recv(1 << 20):
                wanted.pop(0)

    def test_the_agent_can_be_stopped(self):
        self.assertEqual(self.machine.agent.stop(), 0)


class Trial(AgentTest):
    """There and back, with a stick that may only be used encrypted."""

    ASKED = "change 7e0f6fd7-3c2b-4f6c-9f0e-5e4b15403e7b SEKISHO=1"

    def setUp(self):
        super().setUp()
        self.disk = self.machine.plug_disk()
        self.expect(DONE, "usb", "allow", "1", "--encrypted")

    def mode(self):
        return json.loads(self.expect(DONE, "mode", "--json").stdout)["mode"]["usb"]

    def asked(self):
        return (self.disk / "uevent").read_text(encoding="ascii").strip() == self.ASKED

    def test_enforce_takes_at_once_what_observe_let(self):
        self.assertFalse(self.asked())
        self.expect(DONE, "mode", "usb", "enforce")
        self.assertEqual(self.mode(), "enforce")
        self.wait_for(self.asked, "udev was not asked")

    def test_observe_gives_back_at_once_what_was_held(self):
        (self.machine.root / "dev/sda").chmod(0o600)  # as udev's rule holds it
        self.expect(DONE, "mode", "usb", "enforce")
        self.assertFalse(self.asked())  # it is held already
        self.expect(DONE, "mode", "usb", "observe")
        self.wait_for(self.asked, "udev was not asked")

    def test_what_was_shut_is_open_again(self):
        self.machine.plug_stick(name="1-3", serial="S3", address=4)
        self.restart()
        self.expect(DONE, "mode", "usb", "enforce")
        self.wait_for(lambda: not self.machine.is_authorized("1-3"), "not shut")
        self.expect(DONE, "mode", "usb", "observe")
        self.wait_for(lambda: self.machine.is_authorized("1-3"), "not open again")


class SystemOnUsb(AgentTest):
    """The machine's own root file system lies on the stick."""

    def setUp(self):
        self.machine = Machine()
        self.addCleanup(self.machine.close)
        self.machine.start_bus()
        self.machine.plug_stick(serial="S1")
        self.machine.run_from_disk()

    def start(self, mode):
        self.machine.set_mode(mode)
        self.machine.start()

    def changes(self):
        outcomes = [r["sekisho"]["outcome"] for r in self.machine.rows("--kind", "mode.changed")]
        return [o for o in outcomes if o != "stated"]  # the month's beginning

    def expect_refused(self):
        done = self.expect(REFUSED, "mode", "enforce", "--yes")
        self.assertIn("sekisho usb allow '0951:1666:S1'", done.stderr)
        self.assertEqual(json.loads(self.expect(DONE, "mode", "--json").stdout)["mode"],
                         {"usb": "observe", "network": "observe"})

    def test_enforce_is_refused_while_its_disk_has_no_approval(self):
        self.start("observe")
        self.expect_refused()
        self.assertEqual(self.changes(), [])

    def test_an_approval_with_a_condition_does_not_do(self):
        self.start("observe")
        for condition in (("--encrypted",), ("--read-only",), ("--until", "2099-01-01")):
            with self.subTest(condition=condition):
                self.expect(DONE, "usb", "allow", "1", *condition)
                self.expect_refused()

    def test_the_remedy_that_is_named_helps(self):
        self.start("observe")
        self.expect(DONE, "usb", "allow", "0951:1666:S1")
        # Not refused any more; this machine has no systemd to install it.
        self.expect(FAILED, "mode", "usb", "enforce", "--yes")
        self.wait_for(lambda: self.changes() == ["failed"], "it was not tried")

    def test_it_is_never_shut_and_that_is_a_violation(self):
        self.start("enforce")
        row = self.last("usb.blocked")
        self.assertEqual((row["sekisho"]["outcome"], row["log"]["level"]),
                         ("kept", "violation"))
        self.expect(DONE, "usb", "allow", "1")
        self.expect(DONE, "usb", "forget", "1")
        self.wait_for(lambda: len(self.machine.rows("--kind", "usb.blocked")) == 2, "no second row")
        self.assertEqual(self.last("usb.blocked")["sekisho"]["outcome"], "kept")
        self.assertTrue(self.machine.is_authorized())

    def test_a_violation_is_an_open_incident_also_after_a_restart(self):
        self.start("enforce")
        self.last("usb.blocked")
        status = json.loads(self.machine.sekisho("status", "--json").stdout)
        self.assertEqual(status["open_incidents"], 1)
        self.machine.agent.stop()
        self.machine.set_mode("observe")
        self.machine.start()
        self.assertEqual(json.loads(self.expect(DONE, "status", "--json").stdout)["open_incidents"],
                         1)

    def test_a_stick_beside_it_is_shut(self):
        self.machine.plug_stick(name="1-3", serial="S3", address=4)
        self.start("enforce")
        self.wait_for(lambda: not self.machine.is_authorized("1-3"), "not shut")
        self.assertTrue(self.machine.is_authorized())


class Ports(AgentTest):
    """A port without a device that the policy does not name."""

    def setUp(self):
        self.machine = Machine()
        self.addCleanup(self.machine.close)
        self.machine.start_bus()
        self.machine.plug_stick()
        self.taken, self.empty, self.named = (self.machine.add_port(n) for n in (1, 2, 3))
        self.machine.set_mode("enforce")
        self.write_policy('( "pci-0000:00:04.0-usb-0:3" )')
        self.machine.start()

    def write_policy(self, ports):
        path = self.machine.policy / "policy.conf"
        shipped = (SOURCE / "policy/policy.conf").read_text(encoding="utf-8")
        path.write_text(shipped.replace('ports = "all";', f"ports = {ports};"), encoding="utf-8")

    def reload(self):
        self.assertEqual(self.machine.call("Reload").returncode, 0)

    def are_off(self):
        return [p.read_text(encoding="ascii").strip() == "1"
                for p in (self.taken, self.empty, self.named)]

    def test_it_is_switched_off_once_its_hub_is_known(self):
        self.assertEqual(self.are_off(), [False, False, False], "at the start")
        self.reload()
        self.wait_for(lambda: self.are_off() == [False, True, False], "not switched")

    def test_a_restart_leaves_it_off(self):
        self.reload()
        self.wait_for(lambda: self.are_off()[1], "not switched")
        self.restart()
        self.assertEqual(self.are_off(), [False, True, False])

    def test_it_comes_back_with_another_policy(self):
        self.reload()
        self.wait_for(lambda: self.are_off()[1], "not switched")
        self.write_policy('"all"')
        self.reload()
        self.wait_for(lambda: not any(self.are_off()), "not given back")
        self.assertFalse((self.machine.root / "run/sekisho/ports-off").exists())

    def test_it_comes_back_with_observe_after_a_restart_too(self):
        self.reload()
        self.wait_for(lambda: self.are_off()[1], "not switched")
        self.machine.agent.stop()
        self.assertTrue(self.are_off()[1], "a stop opens nothing")
        self.machine.set_mode("observe")
        self.machine.start()
        self.wait_for(lambda: not any(self.are_off()), "not given back")


class Gadgets(AgentTest):
    """This computer as a USB device of another one. The made-up kernel never lets a driver go."""

    def bind(self):
        where = self.machine.root / "sys/bus/gadget/devices/gadget.0"
        driver = self.machine.root / "sys/bus/gadget/drivers/configfs-gadget.g"
        where.mkdir(parents=True)
        driver.mkdir(parents=True)
        (driver / "unbind").touch()
        (where / "driver").symlink_to("../../drivers/configfs-gadget.g")
        return driver / "unbind"

    def start_anew(self, mode):
        self.machine.agent.stop()
        self.machine.set_mode(mode)
        self.machine.start()

    def test_one_that_is_bound_is_recorded_and_left_in_observe(self):
        unbind = self.bind()
        self.start_anew("observe")
        row = self.last("agent.tampered")
        self.assertEqual((row["sekisho"]["object"], row["sekisho"]["outcome"], row["log"]["level"]),
                         ("gadget.0", "observed", "warning"))
        self.assertEqual(row["sekisho"]["details"]["found"], "configfs-gadget.g")
        self.assertEqual(unbind.read_text(encoding="ascii"), "")

    def test_one_that_can_not_be_unbound_is_said_to_be(self):
        unbind = self.bind()
        self.start_anew("enforce")
        self.wait_for(lambda: any(r["sekisho"]["object"] == "gadget.0"
                                  for r in self.machine.rows("--kind", "agent.tampered")), "no row")
        [row] = [r for r in self.machine.rows("--kind", "agent.tampered")
                 if r["sekisho"]["object"] == "gadget.0"]
        self.assertEqual((row["sekisho"]["outcome"], row["log"]["level"]), ("failed", "violation"))
        self.assertEqual(unbind.read_text(encoding="ascii"), "gadget.0")


if __name__ == "__main__":
    busworld.main()
