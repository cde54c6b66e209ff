# SPDX-License-Identifier: GPL-3.0-or-later
"""The modes of the guards on a made-up machine with a stand-in for systemd: tried out, confirmed by
whom it may be, fallen back, killed half-way. Runs as root. Whoever sits at the machine confirms in
guests only (tests/vm/test_confirm.py): here nobody does."""

import json
import os
import signal
import subprocess
import sys
import time

import busworld
from busworld import NO_LOGIN, PATIENCE
from machine import Machine
from test_agent import DONE, FAILED, FINDING, REFUSED, USAGE, AgentTest

AIRGAP, INITRAMFS = "sekisho-airgap.service", "sekisho-initramfs.service"
TRIAL = 60
OBSERVE = {"usb": "observe", "network": "observe"}
# A connection that waits for the password, and is somebody's only once it came.
AT_THE_PROMPT = """
import sys
print("connected", flush=True)
sys.stdin.readline()
with open("/proc/self/loginuid", "w") as login:
    login.write("1000")
import os
os.execv(sys.argv[1], sys.argv[1:])
"""


class ModeTest(AgentTest):
    def setUp(self):
        self.machine = Machine()
        self.addCleanup(self.machine.close)
        self.machine.start_bus()
        self.systemd = self.machine.start_program(os.environ["FAKE_SYSTEMD"],
                                                  stdin=subprocess.PIPE)
        self.assertEqual(self.systemd.line(), "ready")
        self.addCleanup(self.systemd.process.stdin.close)
        self.mark = self.machine.root / "run/sekisho/airgap-trial"
        self.modprobe = self.machine.root / "etc/modprobe.d/sekisho.conf"
        self.machine.start()

    def let_units(self, end):
        """How the units end from now on: "done", "failed", or "wait" for what is said next."""
        self.say(self.systemd, end)
        while self.systemd.line() != end:
            pass

    @staticmethod
    def say(program, text):
        program.process.stdin.write(f"{text}\n".encode())
        program.process.stdin.flush()

    def runs(self, unit=AIRGAP):
        """How often the unit was started since this was last asked."""
        return self.systemd.lines().count(unit)

    def status(self):
        return json.loads(self.machine.sekisho("status", "--json").stdout)

    def modes(self):
        return self.status()["mode"]

    def changes(self, guard="network"):
        rows = self.machine.rows("--kind", "mode.changed")
        return [row["sekisho"]["outcome"] for row in rows
                if row["sekisho"]["object"] == guard and row["sekisho"]["outcome"] != "stated"]

    def await_changes(self, *outcomes, guard="network"):
        self.wait_for(lambda: self.changes(guard) == list(outcomes),
                      f"not {outcomes}: {self.changes(guard)}")

    def mode_file(self):
        path = self.machine.state / "mode"
        return path.read_text(encoding="ascii") if path.exists() else ""

    def connect(self, *command, login):
        program = self.machine.start_program(*command, login=login, stdin=subprocess.PIPE,
                                             stderr=subprocess.STDOUT)
        self.addCleanup(program.process.stdin.close)
        return program

    def log_in(self, login=1000):
        """Somebody's shell, as it is at the end of a connection."""
        return self.connect("sh", login=login)

    def type_in(self, shell, *arguments):
        """The exit status and what was printed."""
        self.say(shell, " ".join([str(self.machine.sekisho_path), *arguments]) + "; echo =$?")
        lines = [shell.line()]
        while not lines[-1].startswith("="):
            lines.append(shell.line())
        return int(lines[-1][1:]), "\n".join(lines[:-1])

    def confirm_anew(self, **options):
        """Each call is a login of its own. The kernel counts the beginning of a process in ticks:
        what comes in the very one in which the firewall was loaded is not new yet."""
        done = []

        def confirmed():
            done.append(self.machine.sekisho("mode", "--confirm", **options))
            return done[-1].returncode != REFUSED
        self.wait_for(confirmed, "never taken")
        return done[-1]

    def await_loaded(self):
        """A moment in which a new login is new."""
        time.sleep(1)


class NetworkTrial(ModeTest):
    def test_it_enforces_at_once_and_not_for_the_next_boot(self):
        self.expect(DONE, "mode", "network", "enforce")
        self.wait_for(lambda: self.runs() == 1, "the firewall was not loaded")
        status = self.status()
        self.assertEqual(status["mode"], {"usb": "observe", "network": "enforce"})
        self.assertEqual(status["mode_changes"]["network"]["state"], "trial")
        self.assertEqual(status["pending_confirmation"]["guard"], "network")
        left = status["pending_confirmation"]["deadline_ns"] / 1e9 - time.time()
        self.assertTrue(TRIAL - 10 < left <= TRIAL, left)
        self.assertTrue(self.mark.exists(), "the loader is to enforce")
        self.assertNotIn("network enforce", self.mode_file())
        self.await_changes("trial")
        self.assertIn("from a new connection", self.machine.sekisho("status").stdout)
        self.assertFalse(self.modprobe.exists(), "that is the USB guard's")

    def test_the_connection_that_began_it_can_not_keep_it_and_a_new_one_can(self):
        shell = self.log_in()
        self.assertEqual(self.type_in(shell, "mode", "network", "enforce")[0], DONE)
        self.await_loaded()
        status, said = self.type_in(shell, "mode", "--confirm")
        self.assertEqual(status, REFUSED)
        self.assertIn("made after the trial began", said)
        self.assertEqual(self.status()["mode_changes"]["network"]["state"], "trial")
        self.assertEqual(self.confirm_anew(login=4321).returncode, DONE)
        status = self.status()
        self.assertEqual(status["mode"]["network"], "enforce")
        self.assertEqual((status["mode_changes"], status["pending_confirmation"]), ({}, None))
        self.assertEqual(self.mode_file(), "usb observe\nnetwork enforce\n")
        self.assertFalse(self.mark.exists())
        self.assertEqual(self.runs(), 1, "it is loaded already")
        self.await_changes("trial", "enforced")
        self.assertEqual(self.last("mode.changed")["user"]["id"], "4321")

    def test_what_was_kept_holds_after_a_restart(self):
        self.expect(DONE, "mode", "network", "enforce")
        self.confirm_anew()
        self.restart()
        self.assertEqual(self.modes(), {"usb": "observe", "network": "enforce"})
        self.await_changes("trial", "enforced")

    def test_a_login_of_before_can_not_keep_it(self):
        other = self.log_in(login=1234)
        self.expect(DONE, "mode", "network", "enforce")
        self.await_loaded()
        self.assertEqual(self.type_in(other, "mode", "--confirm")[0], REFUSED)

    def test_a_connection_of_before_can_not_keep_it_though_the_password_came_after(self):
        early = self.connect(sys.executable, "-c", AT_THE_PROMPT, self.machine.sekisho_path,
                             "mode", "--confirm", login=NO_LOGIN)
        self.assertEqual(early.line(), "connected")
        self.expect(DONE, "mode", "network", "enforce")
        self.await_loaded()
        self.say(early, "the password")
        self.assertEqual(early.process.wait(PATIENCE), REFUSED)

    def test_what_is_left_of_a_login_of_before_can_not_keep_it(self):
        """Its connection is cut, its first process gone: there are only younger ones."""
        old = self.log_in()
        self.expect(DONE, "mode", "network", "enforce")
        self.await_loaded()
        answer = self.machine.folder / "answer"
        self.say(old, f"(sleep 1; {self.machine.sekisho_path} mode --confirm; echo $? > {answer}) &"
                      " exit")
        self.assertEqual(old.process.wait(PATIENCE), 0)
        self.wait_for(lambda: answer.exists() and answer.read_text(encoding="ascii"), "no answer")
        self.assertEqual(int(answer.read_text(encoding="ascii")), REFUSED)

    def test_nothing_is_kept_before_the_firewall_is_loaded(self):
        self.let_units("wait")
        self.expect(DONE, "mode", "network", "enforce")
        self.assertEqual(self.systemd.line(), AIRGAP)
        self.expect(REFUSED, "mode", "--confirm")
        self.await_loaded()
        self.expect(REFUSED, "mode", "--confirm")
        self.let_units("done")
        self.assertEqual(self.confirm_anew().returncode, DONE)

    def test_observe_ends_it_at_once(self):
        self.expect(DONE, "mode", "network", "enforce")
        self.wait_for(lambda: self.runs() == 1, "the firewall was not loaded")
        done = self.expect(DONE, "mode", "network", "observe")
        self.assertEqual(done.stdout, "The mode is now: observe\n")
        self.assertEqual(self.modes(), OBSERVE)
        self.assertFalse(self.mark.exists())
        self.wait_for(lambda: self.runs() == 1, "the firewall was not taken away")
        self.await_changes("trial", "observing")
        self.expect(FAILED, "mode", "--confirm")

    def test_a_second_one_is_refused_while_it_lasts(self):
        self.expect(DONE, "mode", "network", "enforce")
        self.expect(FAILED, "mode", "network", "enforce")
        self.expect(FAILED, "mode", "enforce", "--yes")
        self.assertEqual(self.modes(), {"usb": "observe", "network": "enforce"})

    def test_killed_in_it_the_agent_comes_back_and_observes(self):
        self.expect(DONE, "mode", "network", "enforce")
        self.wait_for(lambda: self.runs() == 1, "the firewall was not loaded")
        self.await_changes("trial")  # durable
        self.machine.agent.process.send_signal(signal.SIGKILL)
        self.machine.agent.process.wait(PATIENCE)
        self.assertTrue(self.mark.exists())
        self.machine.start()
        self.assertEqual(self.modes(), OBSERVE)
        self.assertFalse(self.mark.exists())
        self.wait_for(lambda: self.runs() == 1, "the firewall was not taken away")
        self.await_changes("trial", "rolled back")
        self.assertEqual(self.mode_file(), "usb observe\nnetwork observe\n")
        self.expect(FAILED, "mode", "--confirm")

    def test_a_firewall_that_can_not_be_loaded_ends_it(self):
        self.let_units("failed")
        self.expect(DONE, "mode", "network", "enforce")
        self.await_changes("trial", "failed")
        self.assertEqual(self.modes(), OBSERVE)
        self.assertFalse(self.mark.exists())
        self.assertEqual(json.loads(self.expect(FINDING, "status", "--json").stdout)["transition"],
                         "failed")
        self.let_units("done")
        self.expect(DONE, "mode", "network", "observe")
        self.expect(DONE, "status")

    def test_there_and_back_and_there_again_the_last_word_holds(self):
        """systemd cancels the job before: that is not the end of the one after."""
        self.let_units("wait")
        for mode in ("enforce", "observe", "enforce"):
            self.expect(DONE, "mode", "network", mode)
        self.wait_for(lambda: self.changes() == ["trial", "observing", "trial"], "not so far")
        self.let_units("done")
        self.assertEqual(self.confirm_anew().returncode, DONE)
        self.await_changes("trial", "observing", "trial", "enforced")
        self.assertEqual(self.modes()["network"], "enforce")


class NetworkUnattended(ModeTest):
    def test_it_is_kept_once_the_firewall_is_loaded(self):
        done = self.expect(DONE, "mode", "network", "enforce", "--yes")
        self.assertIn("Enforce is installed", done.stdout)
        self.assertEqual(self.mode_file(), "usb observe\nnetwork enforce\n")
        self.assertFalse(self.mark.exists())
        self.assertEqual(self.runs(), 1)
        self.await_changes("enforced")

    def test_it_is_not_kept_if_the_firewall_can_not_be_loaded(self):
        self.let_units("failed")
        done = self.expect(FAILED, "mode", "network", "enforce", "--yes")
        self.assertIn("sekisho-airgap", done.stderr)
        self.assertEqual(self.modes(), OBSERVE)
        self.assertNotIn("network enforce", self.mode_file())
        self.assertFalse(self.mark.exists())

    def test_killed_before_the_firewall_is_loaded_the_agent_observes(self):
        self.let_units("wait")
        command = self.machine.start_sekisho("mode", "network", "enforce", "--yes")
        self.assertEqual(self.systemd.line(), AIRGAP)
        self.wait_for(lambda: self.status()["transition"] == "installing", "not begun")
        self.assertTrue(self.mark.exists())
        self.machine.agent.process.send_signal(signal.SIGKILL)
        self.machine.agent.process.wait(PATIENCE)
        self.assertEqual(command.process.wait(PATIENCE), FAILED)
        self.machine.start()
        self.assertEqual(self.modes(), OBSERVE)
        self.assertFalse(self.mark.exists())
        self.await_changes("rolled back")

    def test_leaving_it_takes_the_firewall_away(self):
        self.expect(DONE, "mode", "network", "enforce", "--yes")
        self.assertEqual(self.runs(), 1)
        self.expect(DONE, "mode", "network", "observe")
        self.wait_for(lambda: self.runs() == 1, "the firewall was not taken away")
        self.assertEqual(self.mode_file(), "usb observe\nnetwork observe\n")
        self.await_changes("enforced", "observing")


class Both(ModeTest):
    def test_each_keeps_its_mode_while_the_other_changes(self):
        self.expect(DONE, "mode", "usb", "enforce", "--yes")
        self.assertEqual((self.runs(INITRAMFS), self.mode_file()),
                         (1, "usb enforce\nnetwork observe\n"))
        self.assertTrue(self.modprobe.exists())
        self.expect(DONE, "mode", "network", "enforce", "--yes")
        self.assertEqual(self.mode_file(), "usb enforce\nnetwork enforce\n")
        self.expect(DONE, "mode", "usb", "observe")
        self.assertEqual(self.mode_file(), "usb observe\nnetwork enforce\n")
        self.assertEqual(self.modes(), {"usb": "observe", "network": "enforce"})
        self.assertFalse(self.modprobe.exists())
        self.await_changes("enforced", "observing", guard="usb")
        self.await_changes("enforced")

    def test_on_trial_together_what_may_be_confirmed_is_and_the_rest_waits(self):
        self.expect(DONE, "mode", "enforce")
        status = self.status()
        self.assertEqual(status["mode"], {"usb": "enforce", "network": "enforce"})
        self.assertEqual({g: c["state"] for g, c in status["mode_changes"].items()},
                         {"usb": "trial", "network": "trial"})
        self.assertEqual(status["pending_confirmation"]["guard"], "usb")
        done = self.confirm_anew()
        self.assertEqual(done.returncode, FINDING, done.stderr)
        self.assertIn("network: enforce\n", done.stdout)
        self.assertIn("usb: enforce is on trial", done.stdout)
        self.assertEqual(list(self.status()["mode_changes"]), ["usb"])
        self.assertEqual(self.mode_file(), "usb observe\nnetwork enforce\n")
        self.expect(REFUSED, "mode", "--confirm")
        self.expect(DONE, "mode", "observe")
        self.assertEqual(self.modes(), OBSERVE)
        self.assertEqual(self.mode_file(), "usb observe\nnetwork observe\n")

    def test_unattended_both_are_installed(self):
        self.expect(DONE, "mode", "enforce", "--yes")
        self.assertEqual(self.mode_file(), "usb enforce\nnetwork enforce\n")
        self.assertTrue(self.modprobe.exists())

    def test_unconfirmed_both_fall_back(self):
        self.expect(DONE, "mode", "enforce")
        began = time.monotonic()
        time.sleep(TRIAL - 10)
        self.assertEqual(self.modes(), {"usb": "enforce", "network": "enforce"}, "too early")
        self.wait_for(lambda: self.modes() == OBSERVE, "never")
        self.assertGreater(time.monotonic() - began, TRIAL - 3)
        self.await_changes("trial", "rolled back")
        self.await_changes("trial", "rolled back", guard="usb")
        self.assertFalse(self.mark.exists())
        self.assertEqual(self.runs(), 2, "loaded and taken away")
        self.assertEqual(self.mode_file(), "usb observe\nnetwork observe\n")

    def test_the_month_begins_with_the_mode_of_each(self):
        self.wait_for(lambda: len(self.machine.rows("--kind", "mode.changed")) == 2, "not stated")
        stated = {row["sekisho"]["object"]: row["sekisho"]["outcome"]
                  for row in self.machine.rows("--kind", "mode.changed")}
        self.assertEqual(stated, {"usb": "stated", "network": "stated"})

    def test_an_unknown_guard_is_refused(self):
        done = self.expect(USAGE, "mode", "telepathy", "enforce")
        self.assertIn("usb, network", done.stderr)


class File(ModeTest):
    def start_with(self, text):
        self.machine.agent.stop()
        (self.machine.state / "mode").write_text(text, encoding="ascii")
        self.machine.start()

    def test_one_that_knows_usb_only_leaves_the_network_observing(self):
        self.modprobe.touch()
        self.start_with("usb enforce\n")
        self.assertEqual(self.modes(), {"usb": "enforce", "network": "observe"})
        self.assertEqual(self.runs(), 0)

    def test_each_line_is_read(self):
        self.start_with("usb observe\nnetwork enforce\n")
        self.assertEqual(self.modes(), {"usb": "observe", "network": "enforce"})

    def test_of_a_damaged_one_nothing_is_taken_and_the_network_enforces(self):
        self.start_with("usb enforce\nnetwork observe\ntelepathy observe\n")
        self.assertEqual(self.modes(), {"usb": "observe", "network": "enforce"})
        self.modprobe.touch()
        self.start_with("usb obs")
        self.assertEqual(self.modes(), {"usb": "enforce", "network": "enforce"})


if __name__ == "__main__":
    busworld.main()
