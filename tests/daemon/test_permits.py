# SPDX-License-Identifier: GPL-3.0-or-later
"""Permits: what the real sekishod lets pass beside the policy, from which moment to which, whoever sets the clock.
The judge is what the real `airgap` would load into the kernel. Runs as root."""

import json
import os
import sqlite3
import time

import busworld
from busworld import NO_LOGIN
from test_agent import DONE, FAILED, REFUSED, STRANGER, USAGE, AgentTest

PEER = "192.0.2.7 tcp:7000-7001"
RULE = "ip daddr 192.0.2.7 tcp dport { 7000-7001 }"
HOUR = 3600


def moment(later):
    """So many seconds from now, as a person would type it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + later))


class PermitTest(AgentTest):
    def setUp(self):
        super().setUp()
        self.machine.agent.stop()
        self.clock = self.machine.folder / "clock"
        self.set_clock(0)
        options = self.machine.environment["ASAN_OPTIONS"] + ":verify_asan_link_order=0"
        self.machine.wrapper = ("env", f"LD_PRELOAD={os.environ['LATER_CLOCK_MODULE']}",
                                f"LATER_CLOCK={self.clock}", f"ASAN_OPTIONS={options}")
        self.machine.set_mode("observe")
        (self.machine.state / "mode").write_text("usb observe\nnetwork enforce\n", encoding="ascii")
        self.machine.start()

    def set_clock(self, later):
        self.clock.write_text(f"{later}\n", encoding="ascii")

    def rules(self):
        return self.machine.run(os.environ["AIRGAP"], "--root", self.machine.root, "print").stdout

    def opens(self):
        return RULE in self.rules()

    def permits(self):
        return json.loads(self.expect(DONE, "permit", "list", "--json").stdout)

    def permit(self, *options, number="R8-12", peer=PEER, until=HOUR):
        return self.expect(DONE, "permit", "add", number, "--peer", peer, "--until", moment(until), *options)

    def nudge(self):
        """Anything that has the agent look at the time."""
        self.expect(DONE, "net", "peer", "add", "192.0.2.250", "icmp")
        self.expect(DONE, "net", "peer", "remove", "192.0.2.250")

    def await_opening(self):
        self.wait_for(self.opens, "it did not begin")

    def await_closing(self):
        self.wait_for(lambda: not self.opens(), "it did not end")


class Grant(PermitTest):
    def test_nothing_is_permitted_at_first(self):
        self.assertEqual(self.permits(), [])
        self.assertFalse(self.opens())

    def test_it_opens_exactly_its_scope_and_is_a_row_with_the_person(self):
        before = self.rules()
        self.permit("--reason", "月次更新")
        self.await_opening()
        added = [line for line in self.rules().splitlines() if line not in before.splitlines()
                 and ("accept" in line or "jump" in line)]
        self.assertNotEqual(added, [])
        self.assertEqual([line for line in added if "192.0.2.7" not in line], [])
        [permit] = self.permits()
        self.assertEqual((permit["permit"], permit["state"], permit["in_force"], permit["reason"]),
                         ("R8-12", "in-force", True, "月次更新"))
        granted, opened = self.last("permit.granted"), self.last("network.allowed")
        self.assertEqual(granted["user"]["id"], "1000")
        self.assertEqual((granted["sekisho"]["object"], opened["sekisho"]["object"]), ("R8-12", "R8-12"))
        self.assertLess(granted["event"]["sequence"], opened["event"]["sequence"])

    def test_its_end_stands_in_the_kernels_rules(self):
        self.permit()
        self.await_opening()
        [rule] = {line.strip() for line in self.rules().splitlines() if RULE in line and "ct state" in line}
        until_ns = self.permits()[0]["until_ns"]
        self.assertTrue(rule.startswith(f'meta time < "{until_ns // 10**9}" ip daddr'), rule)

    def test_revoked_it_is_closed(self):
        self.permit()
        self.await_opening()
        self.expect(DONE, "permit", "revoke", "R8-12")
        self.assertFalse(self.opens())
        self.assertEqual(self.permits(), [])
        self.assertEqual(self.last("permit.ended")["sekisho"]["outcome"], "revoked")

    def test_one_number_of_the_citys_may_stand_for_several(self):
        self.permit()
        self.permit(peer="192.0.2.8 udp:5000")
        self.await_opening()
        self.expect(DONE, "permit", "revoke", "R8-12")
        self.assertEqual(self.permits(), [])

    def test_a_link_that_is_permitted_stands_in_the_file_with_its_row(self):
        self.expect(DONE, "net", "allow", "52:54:00:00:00:07")
        self.wait_for(lambda: "52:54:00:00:00:07" in self.airgap_file(), "the link is not in the file")
        self.expect(DONE, "net", "forget", "52:54:00:00:00:07")
        self.assertNotIn("52:54:00:00:00:07", self.airgap_file())
        self.expect(FAILED, "net", "forget", "52:54:00:00:00:07")

    def airgap_file(self):
        return (self.machine.state / "airgap").read_text(encoding="utf-8")

    def test_a_peer_by_hand_has_a_name_and_no_end(self):
        self.expect(DONE, "net", "peer", "add", "192.0.2.7", "tcp:7000-7001", "both", "--name", "2階プリンター")
        self.await_opening()
        self.assertNotIn("meta time", self.rules())
        network = json.loads(self.machine.sekisho("net", "list", "--json").stdout)
        [peer] = network["peers"]
        self.assertEqual((peer["name"], peer["direction"]), ("2階プリンター", "both"))
        self.expect(DONE, "net", "peer", "remove", "2階プリンター")
        self.assertFalse(self.opens())

    def test_who_is_not_allowed_to_permits_nothing(self):
        self.machine.start_polkit("no")
        self.expect(REFUSED, "permit", "add", "R8-12", "--peer", PEER, "--until", moment(HOUR), uid=STRANGER)
        self.expect(REFUSED, "net", "allow", "52:54:00:00:00:07", uid=STRANGER)
        self.assertFalse(self.opens())
        self.assertNotIn("permit.granted", self.kinds())

    def test_nobody_in_particular_permits_nothing(self):
        self.expect(REFUSED, "permit", "add", "R8-12", "--peer", PEER, "--until", moment(HOUR), login=NO_LOGIN)
        self.assertFalse(self.opens())


class Mistakes(PermitTest):
    def expect_mistake(self, *words, says):
        done = self.expect(USAGE, *words)
        self.assertIn(says, done.stderr)
        self.assertEqual(self.permits(), [])

    def test_each_is_told_and_permits_nothing(self):
        until = ("--until", moment(HOUR))
        for peer, says in {
                "192.0.2.7": "ADDRESS PROTOCOL",
                "192.0.2.300 icmp": "no address",
                "printer tcp:9100": "no address",
                "192.0.2.7/24 icmp": "bits set behind its prefix",
                "0.0.0.0/0 icmp": "out of range",
                "192.0.2.7/33 icmp": "out of range",
                "127.0.0.1 tcp:80": "this computer itself",
                "224.0.0.251 udp:5353": "multicast",
                "ff02::fb udp:5353": "multicast",
                "192.0.2.7 sctp:80": "no protocol",
                "192.0.2.7 tcp:0": "no list of ports",
                "192.0.2.7 tcp:70000": "no list of ports",
                "192.0.2.7 tcp:": "no list of ports",
                "192.0.2.7 icmp:80": "icmp has no ports",
                "192.0.2.7 tcp:80 sideways": "no direction",
                "192.0.2.7 tcp:80 out more": "ADDRESS PROTOCOL",
        }.items():
            self.expect_mistake("permit", "add", "R8-12", "--peer", peer, *until, says=says)
        for words, says in {
                ("--peer", PEER): "until when",
                ("--peer", PEER, "--until", "2001-01-01"): "past",
                ("--peer", PEER, "--until", "soon"): "no date",
                ("--peer", PEER, "--from", moment(2 * HOUR), *until): "before it begins",
                until: "what is permitted",
                ("--link", "nosuchlink0", *until): "no such link",
                ("--link", "lo", *until): "lo",
        }.items():
            self.expect_mistake("permit", "add", "R8-12", *words, says=says)
        self.expect_mistake("permit", "add", "--peer", PEER, *until, says="number")
        self.expect_mistake("permit", says="list, add or revoke")
        self.expect_mistake("net", "peer", "add", "192.0.2.7", says="which peer")

    def test_the_bus_asks_the_same(self):
        for terms in ('links av 0 peers av 0',
                      'links av 0'):
            done = self.machine.call("GrantPermit", "sa{sv}", "R8-12", str(terms.count("av")), *terms.split())
            self.assertNotEqual(done.returncode, 0)
        self.assertEqual(self.permits(), [])

    def test_what_is_not_there_cant_be_revoked(self):
        self.expect(FAILED, "permit", "revoke", "R8-99")


class Time(PermitTest):
    def test_it_begins_at_its_first_moment(self):
        self.permit("--from", moment(3))
        self.assertEqual(self.permits()[0]["state"], "ahead")
        self.assertFalse(self.opens())
        self.await_opening()
        self.assertGreaterEqual(time.time(), self.permits()[0]["from_ns"] / 1e9)

    def test_it_ends_at_its_last_and_that_is_a_row(self):
        self.permit(until=3)
        self.await_opening()
        self.await_closing()
        self.assertEqual(self.last("permit.ended")["sekisho"]["outcome"], "expired")
        self.assertEqual(self.kinds().count("permit.ended"), 1)
        self.wait_for(lambda: self.permits() == [], "it is still in the register")

    def test_a_clock_set_forward_begins_none(self):
        self.permit("--from", moment(HOUR), until=2 * HOUR)
        self.set_clock(HOUR + 60)
        self.nudge()
        self.assertFalse(self.opens())

    def test_a_clock_set_forward_ends_one_and_leaves_it_in_the_register(self):
        self.permit()
        self.await_opening()
        self.set_clock(2 * HOUR)
        self.nudge()
        self.assertFalse(self.opens())
        said = [r["sekisho"]["outcome"] for r in self.await_rows("network.allowed") if r["sekisho"]["object"] == "R8-12"]
        self.assertEqual(said, ["opened", "suspended"])
        [permit] = self.permits()
        self.assertEqual((permit["permit"], permit["state"]), ("R8-12", "ended"))
        self.assertNotIn("expired", [r["sekisho"]["outcome"] for r in self.machine.rows("--kind", "permit.ended")])

    def test_a_clock_set_back_begins_none_again_that_has_ended(self):
        self.permit(until=3)
        self.await_opening()
        self.await_closing()
        self.set_clock(-HOUR)
        self.nudge()
        self.assertFalse(self.opens())

    def test_a_clock_set_back_prolongs_none(self):
        self.permit(until=5)
        self.await_opening()
        self.set_clock(-HOUR)
        self.nudge()
        time.sleep(5.5)
        self.assertFalse(self.opens())

    def test_nor_does_it_with_a_restart(self):
        self.permit(until=4)
        self.await_opening()
        self.machine.agent.stop()
        time.sleep(4)
        self.set_clock(-HOUR)
        self.machine.start()
        self.nudge()
        self.assertFalse(self.opens())


class Leads(PermitTest):
    """What leads out although no link does: looked at with each round, and at the start."""

    def said(self, thing):
        rows = [r for r in self.machine.rows("--kind", "posture.*") if r["sekisho"]["object"] == thing]
        return [(r["event"]["action"], r["sekisho"].get("details", {}).get("value")) for r in rows]

    def write(self, name, text):
        (self.machine.root / "etc" / name).write_text(text, encoding="ascii")

    def test_a_name_server_that_is_no_peer_is_a_finding_until_it_is_named(self):
        self.write("resolv.conf", "nameserver 198.51.100.1\n")
        self.restart()
        self.wait_for(lambda: self.said("name server") == [("posture.failed", "198.51.100.1")], "no finding")
        self.expect(DONE, "net", "peer", "add", "198.51.100.1", "udp:53")
        self.wait_for(lambda: self.said("name server")[1:] == [("posture.ok", None)], "it is not over")

    def test_a_proxy_is_a_finding(self):
        self.write("environment", "https_proxy=http://198.51.100.7:3128\n")
        self.restart()
        self.wait_for(lambda: self.said("proxy") == [("posture.failed", "http://198.51.100.7:3128")], "no finding")

    def test_what_is_in_order_has_no_row(self):
        self.write("resolv.conf", "nameserver 127.0.0.53\n")
        self.restart()
        self.permit()
        self.await_opening()
        self.assertEqual(self.said("name server") + self.said("proxy"), [])


class Life(PermitTest):
    def test_it_is_in_force_again_after_a_restart(self):
        self.permit()
        self.await_opening()
        self.restart()
        self.await_opening()

    def test_without_the_agent_what_has_an_end_is_not_loaded(self):
        self.permit()
        self.expect(DONE, "net", "peer", "add", "192.0.2.9", "icmp")
        self.await_opening()
        self.machine.agent.stop()
        self.assertFalse(self.opens())
        self.assertIn("192.0.2.9", self.rules(), "what has none is")

    def test_killed_it_opens_no_more_than_before(self):
        self.permit("--from", moment(2))
        self.machine.agent.process.kill()
        self.machine.agent.process.wait()
        time.sleep(2.5)
        self.assertFalse(self.opens())
        self.machine.start()
        self.await_opening()

    def test_a_broken_policy_takes_none_away(self):
        self.permit()
        self.await_opening()
        policy = self.machine.policy / "policy.conf"
        policy.write_text("broken", encoding="ascii")
        self.assertNotEqual(self.machine.call("Reload").returncode, 0)
        self.assertTrue(self.opens())
        self.expect(DONE, "permit", "revoke", "R8-12")
        self.assertFalse(self.opens())

    def test_a_permit_smuggled_into_the_register_is_found_and_void(self):
        self.permit()
        self.await_opening()
        self.machine.agent.stop()
        with sqlite3.connect(self.machine.state / "registers.db") as db:
            db.execute("UPDATE permits SET entry = replace(entry, '7000-7001', '1-65535')")
        db.close()
        self.machine.start()
        self.assertEqual(self.last("agent.tampered")["sekisho"]["object"], "registers.db")
        self.await_opening()
        self.assertNotIn("1-65535", self.rules())


if __name__ == "__main__":
    busworld.main()
