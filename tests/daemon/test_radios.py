# SPDX-License-Identifier: GPL-3.0-or-later
"""The real sekishod on a made-up machine whose /dev/rfkill is a named pipe: what the kernel would say, the test says.
What is written back needs a kernel (tests/vm/test_radios.py)."""

import fcntl
import json
import os
import signal
import struct
import time
import unittest

from busworld import PATIENCE
from machine import Machine

DONE, FINDING = 0, 1
WLAN, BLUETOOTH, GPS = 1, 2, 6
ADD, REMOVE, CHANGE = 0, 1, 2


class RadiosTest(unittest.TestCase):
    def setUp(self):
        self.machine = Machine()
        self.addCleanup(self.machine.close)
        self.machine.start_bus()
        node = self.machine.root / "dev/rfkill"
        os.mkfifo(node)
        self.kernel = os.open(node, os.O_RDWR | os.O_NONBLOCK)
        self.addCleanup(os.close, self.kernel)
        fcntl.fcntl(self.kernel, fcntl.F_SETFL, os.O_DIRECT | os.O_NONBLOCK)  # a packet a write: pipe(2)
        self.machine.start()

    def say(self, operation, index, kind=WLAN, soft=0, hard=0):
        os.write(self.kernel, struct.pack("=IBBBBB", index, kind, operation, soft, hard, 0))

    def listed(self):
        done = self.machine.sekisho("net", "list", "--json")
        return done.returncode, {radio["radio"]: radio for radio in json.loads(done.stdout)["radios"]}

    def wait_for(self, condition):
        until = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), until)
            time.sleep(0.05)

    def wait_state(self, name, **state):
        self.wait_for(lambda: state.items() <= self.listed()[1].get(name, {}).items())

    def rows(self, kind):
        return [row for row in self.machine.rows("--kind", kind) if "adio" in json.dumps(row)]

    def test_a_radio_that_is_on_is_listed_and_recorded_as_a_breach(self):
        self.say(ADD, 3)
        self.wait_state("rfkill3", soft_blocked=False)
        status, radios = self.listed()
        self.assertEqual(status, FINDING)
        self.assertEqual({"type": "wifi", "index": 3, "allowed": False, "breach": True, "reason": "radio"}.items() -
                         radios["rfkill3"].items(), set())
        self.assertIn("breaks the air gap", self.machine.sekisho("net", "list").stdout)
        self.wait_for(lambda: len(self.rows("airgap.broken")) == 1)
        self.say(CHANGE, 3, soft=1)
        self.wait_for(lambda: len(self.rows("airgap.restored")) == 1)
        self.assertEqual(self.listed()[0], DONE)

    def test_a_switch_ends_it_too_and_a_radio_that_goes_does(self):
        self.say(ADD, 1, BLUETOOTH)
        self.say(CHANGE, 1, BLUETOOTH, hard=1)
        self.wait_for(lambda: len(self.rows("airgap.restored")) == 1)
        self.say(CHANGE, 1, BLUETOOTH)
        self.say(REMOVE, 1, BLUETOOTH)
        self.wait_for(lambda: len(self.rows("airgap.restored")) == 2)
        self.wait_for(lambda: self.listed() == (DONE, {}))

    def test_a_breach_that_outlasts_the_month_is_stated_again(self):
        clock = self.machine.folder / "later"
        clock.write_text("0", encoding="ascii")
        options = self.machine.environment["ASAN_OPTIONS"] + ":verify_asan_link_order=0"
        self.machine.agent.process.terminate()
        self.machine.agent.process.wait()
        self.machine.wrapper = ("env", f"LD_PRELOAD={os.environ['LATER_CLOCK_MODULE']}", f"LATER_CLOCK={clock}",
                                f"ASAN_OPTIONS={options}")
        self.machine.start()
        self.say(ADD, 3)
        self.wait_for(lambda: len(self.rows("airgap.broken")) == 1)
        clock.write_text(str(31 * 86400), encoding="ascii")
        self.assertEqual(self.machine.sekisho("usb", "allow", "abcd:0001").returncode, DONE)
        self.wait_for(lambda: len(self.rows("airgap.broken")) == 2)
        first, stated = self.rows("airgap.broken")
        self.assertEqual((stated["sekisho"]["outcome"], stated["log"]["level"]), ("stated", "warning"))
        self.assertEqual(stated["sekisho"]["details"]["since_ns"], first["sekisho"]["details"]["since_ns"])

    def test_what_only_receives_breaks_nothing(self):
        self.say(ADD, 2, GPS)
        self.wait_state("rfkill2", allowed=True, breach=False, reason="receives")
        self.assertEqual(self.listed()[0], DONE)

    def test_the_policy_permits_a_kind_and_no_other(self):
        self.say(ADD, 1, BLUETOOTH)
        self.say(ADD, 2, WLAN)
        self.wait_state("rfkill2", breach=True)
        folder = self.machine.policy / "policy.d"
        folder.mkdir(exist_ok=True)
        (folder / "radios.conf").write_text('network = { radios = ["bluetooth"]; };\n', encoding="ascii")
        self.machine.agent.process.send_signal(signal.SIGHUP)
        self.wait_state("rfkill1", allowed=True, breach=False, reason="named")
        self.assertTrue(self.listed()[1]["rfkill2"]["breach"])

    def test_switched_as_fast_as_can_be_rows_stay_few(self):
        self.say(ADD, 1, soft=1)
        for i in range(500):
            self.wait_for(lambda soft=i % 2: self.try_to_say(soft))
        self.say(CHANGE, 1, soft=1)
        self.wait_state("rfkill1", soft_blocked=True)
        rows = self.machine.rows("--kind", "network.changed") + self.machine.rows("--kind", "airgap.broken")
        self.assertGreater(len(rows), 32)
        self.assertLessEqual(len(rows), 64)

    def try_to_say(self, soft):
        try:
            self.say(CHANGE, 1, soft=soft)
        except BlockingIOError:  # the pipe is full
            return False
        return True


if __name__ == "__main__":
    unittest.main(verbosity=2)
