# SPDX-License-Identifier: GPL-3.0-or-later
"""The air gap's month, by the real sekishod in a network namespace with real links: broken, restored, restated,
and broken while nobody watches. Runs as root."""

import json
import os
import signal
import subprocess
import time
import unittest

from busworld import PATIENCE, SOURCE
from machine import Machine

PC = f"sekisho-month-{os.getpid()}"
MAC, OTHER_MAC = "52:54:00:00:00:01", "52:54:00:00:00:02"
DONE = 0


def month_of(seconds):
    return time.strftime("%Y-%m", time.gmtime(seconds + 9 * 3600))  # in Japan


def ip(*words):
    subprocess.run(["ip", *words], check=True)


class Breaches(unittest.TestCase):
    def setUp(self):
        self.month = month_of(time.time())
        ip("netns", "add", PC)
        self.addCleanup(ip, "netns", "delete", PC)
        self.machine = Machine()
        self.addCleanup(self.machine.close)
        self.machine.wrapper = ("ip", "netns", "exec", PC)
        (self.machine.root / "sys/class").mkdir()
        (self.machine.root / "sys/class/net").symlink_to("/sys/class/net")  # of the namespace
        self.machine.start_bus()
        self.machine.state.mkdir()
        (self.machine.state / "mode").write_text("usb observe\nnetwork enforce\n", encoding="ascii")

    def plug(self, name, mac=MAC):
        """A link that is up; the other end of its cable is not."""
        ip("-n", PC, "link", "add", name, "address", mac, "type", "veth", "peer", "name", f"{name}-far")
        ip("-n", PC, "link", "set", name, "up")

    def permit(self, *macs):
        """Names these links in the policy, and no other."""
        links = ", ".join(f'{{ name = "link {n}"; mac = "{mac}"; }}' for n, mac in enumerate(macs))
        text = (SOURCE / "policy/policy.conf").read_text(encoding="utf-8")
        begin = text.index("    links = (")
        end = text.index(");", begin)
        changed = f"{text[:begin]}    links = ( {links} {text[end:]}"
        (self.machine.policy / "policy.conf").write_text(changed, encoding="utf-8")
        if self.machine.agent:
            done = self.machine.call("Reload")
            self.assertEqual(done.returncode, 0, done.stderr)

    def await_rows(self, kind, count):
        until = time.monotonic() + PATIENCE
        while len(self.machine.rows("--kind", kind)) < count:
            self.assertLess(time.monotonic(), until, f"no {count} rows of {kind}")
            time.sleep(0.05)
        return self.machine.rows("--kind", kind)

    def report(self, *options, month=None):
        done = self.machine.sekisho("report", "--month", month or self.month, "--state", self.machine.state, *options)
        self.assertEqual(done.returncode, DONE, done.stderr)
        return done.stdout

    def network(self, month=None):
        """What the report says of the network, and its finding."""
        document = json.loads(self.report("--json", month=month))
        finding, = [f for f in document["findings"] if f["key"] == "air-gap"]
        return document["network"], finding

    # ---- Whole -----------------------------------------------------------------------------------------

    def test_a_month_without_a_breach_and_watched_from_the_first_row_is_ok(self):
        self.plug("eth0")
        self.permit(MAC)
        self.machine.start()
        self.await_rows("network.changed", 1)
        self.machine.agent.stop()
        network, finding = self.network()
        self.assertEqual((finding["value"], finding["item"], finding["clause"]), ("ok", "12", "5 (1)"), finding)
        self.assertEqual(network["percent"], "100.0")
        self.assertEqual((network["breaches"]["count"], network["gaps"]["list"]), (0, []))

    # ---- Broken ----------------------------------------------------------------------------------------

    def test_a_breach_is_listed_with_its_cause_its_link_and_how_long_it_lasted(self):
        self.plug("eth0")
        self.machine.start()
        broken, = self.await_rows("airgap.broken", 1)
        self.assertEqual(broken["sekisho"]["object"], "eth0")
        self.permit(MAC)
        restored, = self.await_rows("airgap.restored", 1)
        self.assertEqual(restored["sekisho"]["details"]["since_ns"], broken["sekisho"]["details"]["since_ns"])
        network, finding = self.network()
        breach, = network["breaches"]["list"]
        self.assertEqual((breach["link"], breach["mac"], breach["reason"], breach["end"]),
                         ("eth0", MAC, "not-named", "ended"))
        self.assertGreater(breach["length"]["seconds"], 0)
        self.assertEqual((finding["value"], finding["count"]), ("violation", 1))
        self.assertIn("breaches", finding["remarks"])

    def test_a_breach_that_lasts_is_going_on(self):
        self.plug("eth0")
        self.machine.start()
        self.await_rows("airgap.broken", 1)
        network, finding = self.network()
        self.assertEqual(network["breaches"]["list"][0]["end"], "open")
        self.assertTrue(network["breaches"]["least"])
        self.assertIn("breaches-least", finding["remarks"])

    def test_of_a_breach_that_outlives_the_agent_the_end_is_not_known(self):
        self.plug("eth0")
        self.machine.start()
        self.await_rows("airgap.broken", 1)
        self.machine.agent.process.send_signal(signal.SIGKILL)
        self.machine.agent.process.wait(PATIENCE)
        ip("-n", PC, "link", "delete", "eth0")
        time.sleep(1.5)
        self.machine.start()
        self.await_rows("agent.started", 2)
        network, finding = self.network()
        breach, = network["breaches"]["list"]
        self.assertEqual(breach["end"], "unknown")
        self.assertEqual([gap["cause"] for gap in network["gaps"]["list"]], ["agent-away"])
        self.assertLess(float(network["percent"]), 100)
        self.assertIn("network-gaps", finding["remarks"])

    def test_two_links_are_two_breaches_at_one_time(self):
        self.plug("eth0")
        self.plug("eth1", OTHER_MAC)
        self.machine.start()
        self.await_rows("airgap.broken", 2)
        self.permit(OTHER_MAC)
        self.await_rows("airgap.restored", 1)
        network, _ = self.network()
        self.assertEqual({b["link"]: b["end"] for b in network["breaches"]["list"]},
                         {"eth0": "open", "eth1": "ended"})

    def test_a_breach_that_outlasts_the_month_is_in_both(self):
        clock = self.machine.folder / "later"
        clock.write_text("0", encoding="ascii")
        options = self.machine.environment["ASAN_OPTIONS"] + ":verify_asan_link_order=0"
        self.machine.wrapper += ("env", f"LD_PRELOAD={os.environ['LATER_CLOCK_MODULE']}", f"LATER_CLOCK={clock}",
                                 f"ASAN_OPTIONS={options}")
        self.plug("eth0")
        self.machine.start()
        self.await_rows("airgap.broken", 1)
        clock.write_text(str(31 * 86400), encoding="ascii")
        self.assertEqual(self.machine.sekisho("usb", "allow", "abcd:0001").returncode, DONE)
        stated = self.await_rows("airgap.broken", 2)[1]
        self.assertEqual((stated["sekisho"]["outcome"], stated["log"]["level"]), ("stated", "warning"))
        before, _ = self.network()
        self.assertEqual(before["breaches"]["list"][0]["end"], "continues")
        after, finding = self.network(month_of(time.time() + 31 * 86400))
        breach, = after["breaches"]["list"]
        self.assertEqual((breach["earlier"], breach["link"]), (True, "eth0"))
        self.assertEqual(finding["value"], "violation")

    # ---- Observe ---------------------------------------------------------------------------------------

    def test_while_it_only_observes_the_time_is_a_gap(self):
        (self.machine.state / "mode").write_text("usb observe\nnetwork observe\n", encoding="ascii")
        self.machine.start()
        self.await_rows("agent.started", 1)
        time.sleep(1.1)
        self.machine.agent.stop()
        network, finding = self.network()
        self.assertEqual([gap["cause"] for gap in network["gaps"]["list"]], ["observe"])
        self.assertEqual(finding["value"], "unverified")
        self.assertIn("observe", finding["remarks"])

    # ---- sekisho check ---------------------------------------------------------------------------------

    def check(self):
        done = self.machine.sekisho("check", "--json", "--state", self.machine.state)
        return {row["check"]: row for row in json.loads(done.stdout)["checks"] if row["clause"] == "5 (1)"}

    def test_check_says_what_breaks_it_now_and_that_it_was_broken_this_month(self):
        self.plug("eth0")
        self.machine.start()
        self.await_rows("airgap.broken", 1)
        found = self.check()
        self.assertEqual(found["airgap.mode"]["finding"], "ok")
        self.assertEqual(found["airgap.links"]["finding"], "violation")
        self.assertIn("eth0", found["airgap.links"]["evidence"])
        self.permit(MAC)
        self.await_rows("airgap.restored", 1)
        found = self.check()
        self.assertEqual(found["airgap.links"]["finding"], "ok")
        self.assertEqual(found["airgap.month"]["finding"], "violation")
        self.machine.agent.stop()
        self.assertEqual(self.check()["airgap.links"]["finding"], "unverified")

    # ---- The page --------------------------------------------------------------------------------------

    def test_the_page_and_the_spreadsheet_name_the_breach_in_both_languages(self):
        self.plug("eth0")
        self.machine.start()
        self.await_rows("airgap.broken", 1)
        for name in ("report.ja.html", "report.en.html", "report.ja.csv", "report.en.csv"):
            _, language, form = name.split(".")
            text = self.report("--lang", language, "--format", form, "--template",
                               SOURCE / "policy/templates" / name)
            self.assertIn(MAC, text, name)


if __name__ == "__main__":
    unittest.main(verbosity=2)
