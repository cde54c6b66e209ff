# SPDX-License-Identifier: GPL-3.0-or-later
"""The firewall of the air gap, loaded by the real `airgap`, with real packets. Runs as root."""

import contextlib
import fcntl
import socket
import struct
import subprocess
import time
import unittest

from cable import (
    AIRGAP, CableTest, connect, everything_forbidden, FAR, in_namespace, inside, OTHER4, OTHER6, OWN4, PC, PEER4,
    PEER6, PEERS, ping, send_udp,
)


class AirgapTest(CableTest):
    # ---- The judge can see -------------------------------------------------------------------------------

    def test_without_rules_each_of_them_is_on_the_cable(self):
        for name, deed in everything_forbidden().items():
            self.judge.frames(0.2)
            deed()
            self.assertNotEqual(self.judge.frames(0.3), [], name)

    # ---- Enforce ------------------------------------------------------------------------------------------

    def test_nothing_is_sent_to_anybody_who_is_not_named(self):
        self.load()
        for name, deed in everything_forbidden().items():
            deed()
            # Asking for the named peer's address is part of reaching it.
            sent = [f for f in self.judge.frames(0.3) if f != f"arp 1 for {PEER4}" and not f.endswith(f"135 {PEER6}")]
            self.assertEqual(sent, [], name)

    def test_a_link_that_is_set_up_says_nothing_by_itself(self):
        self.load()
        inside(PC, "ip", "link", "set", "pc", "down")
        inside(PC, "ip", "link", "set", "pc", "up")
        self.assertEqual(self.judge.frames(3), [], "no router solicitation, no report of groups, no duplicate detection")

    def test_a_named_peer_is_reached(self):
        self.load()
        self.assertEqual(connect(socket.AF_INET, PEER4, 7000), "hello\n")
        self.assertEqual(connect(socket.AF_INET6, PEER6, 7000), "hello\n")
        self.assertTrue(ping(PEER4))
        self.assertTrue(ping(PEER6))
        self.assertEqual(send_udp(socket.AF_INET, PEER4, 7000), "sent")
        self.assertIn("ipv4 192.0.2.2 protocol 17", " ".join(self.judge.frames()))

    def test_a_network_of_peers_is_reached_and_one_in_it_with_entries_of_its_own(self):
        self.load(peers=[
            {"name": "server", "address": PEER4, "protocol": "tcp", "ports": "7002", "direction": "out"},
            {"name": "all", "address": "192.0.2.0/24", "protocol": "tcp", "ports": "7000", "direction": "out"},
            {"name": "server", "address": PEER4, "protocol": "icmp", "direction": "out"},
        ])
        for address, port in ((PEER4, 7000), (PEER4, 7002), (OTHER4, 7000)):
            self.assertEqual(connect(socket.AF_INET, address, port), "hello\n", f"{address} {port}")
        self.assertNotEqual(connect(socket.AF_INET, OTHER4, 7002, 0.5), "hello\n")
        self.assertTrue(ping(PEER4))
        self.assertFalse(ping(OTHER4))

    def test_a_peer_that_may_begin_reaches_its_port_and_no_other(self):
        self.load()

        def listen():
            servers = [socket.create_server((OWN4, port)) for port in (7100, 7101)]
            for server in servers:
                server.settimeout(2)
            return servers

        named, other = in_namespace(PC, listen)
        with named, other:
            reach = "import socket, sys; socket.create_connection(('192.0.2.1', int(sys.argv[1])), 2)"
            self.assertEqual(inside(FAR, "python3", "-c", reach, "7100", check=False).returncode, 0)
            self.assertNotEqual(inside(FAR, "python3", "-c", reach, "7101", check=False).returncode, 0)

    def test_what_is_refused_is_refused_at_once(self):
        self.load()
        for family, address, port in ((socket.AF_INET, PEER4, 7002), (socket.AF_INET, OTHER4, 7000),
                                      (socket.AF_INET6, OTHER6, 7000)):
            began = time.monotonic()
            self.assertNotIn(connect(family, address, port, 20), ("hello\n", "timed out"))
            self.assertLess(time.monotonic() - began, 10, "a program that hangs")

    def test_a_connection_that_was_open_is_cut_when_its_peer_is_none_any_more(self):
        opened = in_namespace(PC, lambda: socket.create_connection((OTHER4, 7000), 5))
        with opened:
            self.load()
            try:
                opened.sendall(b"more")
            except OSError:
                pass
            self.assertEqual([f for f in self.judge.frames() if OTHER4 in f], [])

    def test_loopback_is_free(self):
        self.load()
        with in_namespace(PC, lambda: socket.create_server(("127.0.0.1", 7200))):
            self.assertNotEqual(connect(socket.AF_INET, "127.0.0.1", 7200, 0.5), "Connection refused")
        self.assertTrue(ping("127.0.0.1") and ping("::1"))

    # ---- What can go wrong ----------------------------------------------------------------------------------

    def test_without_a_file_that_can_be_read_nothing_but_loopback_passes(self):
        path = self.root / "var/lib/sekisho/airgap"
        for damage in (lambda: path.write_bytes(path.read_bytes().replace(b"7000", b"7009")),
                       lambda: path.write_bytes(b"sekisho-airgap 2 "), path.unlink):
            self.write()
            damage()
            said = self.airgap("load").stderr
            self.assertIn("nothing but loopback", said)
            self.judge.frames(0.2)
            self.assertNotEqual(connect(socket.AF_INET, PEER4, 7000, 0.5), "hello\n")
            self.assertFalse(ping(PEER6))
            self.assertEqual(self.judge.frames(), [])
            self.assertTrue(ping("127.0.0.1"))

    def test_a_mode_that_cant_be_read_is_taken_for_enforce(self):
        self.write()
        (self.root / "var/lib/sekisho/mode").write_text("usb observe\nnetwork enf\n", encoding="ascii")
        self.airgap("load")
        self.judge.frames(0.2)
        ping(OTHER4)
        self.assertEqual(self.judge.frames(), [])

    def test_a_trial_enforces_although_the_mode_file_does_not_say_so_yet(self):
        self.write(mode="observe")
        (self.root / "run/sekisho/airgap-trial").touch()
        self.airgap("load")
        self.judge.frames(0.2)
        ping(OTHER4)
        self.assertEqual(self.judge.frames(), [])

    # ---- The twin that is held ------------------------------------------------------------------------------

    def hold(self):
        holder = subprocess.Popen(["ip", "netns", "exec", PC, AIRGAP, "--root", str(self.root), "hold"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(holder.stdout.close)
        self.addCleanup(holder.wait)
        self.addCleanup(holder.kill)
        self.addCleanup(holder.stdin.close)
        return holder, holder.stdout.readline()

    def test_what_is_held_nobody_else_can_take_away(self):
        self.load()
        _, said = self.hold()
        self.assertEqual(said, "held\n")
        inside(PC, "nft", "flush", "ruleset")
        for family in ("inet", "netdev", "arp", "bridge"):
            done = inside(PC, "nft", "delete", "table", family, "sekisho-held", check=False)
            self.assertIn("not permitted", done.stderr)
        self.assertNotEqual(inside(PC, "nft", "add", "rule", "inet", "sekisho-held", "output", "accept",
                                   check=False).returncode, 0)
        self.judge.frames(0.2)
        for name, deed in everything_forbidden().items():
            deed()
            sent = [f for f in self.judge.frames(0.3) if f != f"arp 1 for {PEER4}" and not f.endswith(f"135 {PEER6}")]
            self.assertEqual(sent, [], name)
        self.assertEqual(connect(socket.AF_INET, PEER4, 7000), "hello\n", "a named peer is reached")

    def test_it_goes_with_its_holder(self):
        self.load()
        holder, _ = self.hold()
        holder.kill()
        holder.wait()
        time.sleep(0.5)
        self.assertNotIn("sekisho-held", inside(PC, "nft", "list", "tables").stdout)

    def test_it_follows_what_is_in_force(self):
        self.load()
        holder, _ = self.hold()
        self.assertEqual(connect(socket.AF_INET, PEER4, 7000), "hello\n")
        self.write(peers=[])
        holder.stdin.write("\n")
        holder.stdin.flush()
        self.assertEqual(holder.stdout.readline(), "held\n")
        self.assertNotEqual(connect(socket.AF_INET, PEER4, 7000), "hello\n")
        self.write(mode="observe")
        holder.stdin.write("\n")
        holder.stdin.flush()
        self.assertEqual(holder.stdout.readline(), "none\n")
        self.assertNotIn("sekisho-held", inside(PC, "nft", "list", "tables").stdout)

    # ---- Permits ------------------------------------------------------------------------------------------

    def permit(self, seconds):
        """The server's peers with an end in so many seconds."""
        end = time.time_ns() + seconds * 10 ** 9
        return [{**peer, "permit": 7, "until_ns": end} for peer in PEERS]

    def live(self):
        """As the daemon says that it lives."""
        path = self.root / "run/sekisho/alive"
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = path.open("w", encoding="ascii")
        self.addCleanup(handle.close)
        fcntl.fcntl(handle, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
        return handle

    def test_what_has_an_end_ends_with_nobody_to_take_it_away(self):
        self.live()
        self.load(peers=self.permit(4))
        self.assertEqual(connect(socket.AF_INET, PEER4, 7000), "hello\n")
        self.assertEqual(connect(socket.AF_INET6, PEER6, 7000), "hello\n")
        self.assertTrue(ping(PEER4))
        time.sleep(4)
        self.judge.frames(0.2)
        for family, address in ((socket.AF_INET, PEER4), (socket.AF_INET6, PEER6)):
            self.assertNotEqual(connect(family, address, 7000), "hello\n")
            ping(address)
        inside(PC, "ip", "neighbour", "flush", "all")
        ping(PEER4)
        self.assertEqual(self.judge.frames(), [], "no question for its address either")

    def test_a_connection_that_was_open_is_cut_at_the_end(self):
        self.live()
        self.load(peers=self.permit(3))
        conversation = in_namespace(PC, lambda: socket.create_connection((PEER4, 7000), 2))
        self.addCleanup(conversation.close)
        time.sleep(3)
        self.judge.frames(0.2)
        with contextlib.suppress(OSError):
            conversation.sendall(b"hello\n")
        self.assertEqual(self.judge.frames(), [])

    def test_without_the_daemon_what_has_an_end_is_not_loaded(self):
        self.load(peers=self.permit(3600))
        self.assertNotEqual(connect(socket.AF_INET, PEER4, 7000), "hello\n")
        holder = self.live()
        self.airgap("mend", status=3)
        self.assertEqual(connect(socket.AF_INET, PEER4, 7000), "hello\n")
        holder.close()
        self.airgap("mend", status=3)
        self.assertNotEqual(connect(socket.AF_INET, PEER4, 7000), "hello\n")

    def test_another_table_widens_nothing(self):
        self.load()
        for family, hook in (("inet", "output"), ("inet", "input")):
            inside(PC, "nft", f"add table {family} wide_{hook}")
            for priority in (-400, 400):
                chain = f"c{priority + 400}"
                inside(PC, "nft", f"add chain {family} wide_{hook} {chain} {{ type filter hook {hook} priority {priority}; policy accept; }}")
                inside(PC, "nft", f"add rule {family} wide_{hook} {chain} accept")
        ping(OTHER4)
        connect(socket.AF_INET, OTHER4, 7000, 0.5)
        self.assertEqual(self.judge.frames(), [])

    def test_what_somebody_changed_is_mended_and_told(self):
        self.load()
        self.airgap("mend", status=0)
        for change in ("flush ruleset", "delete table inet sekisho", "delete table netdev sekisho",
                       "insert rule inet sekisho output accept", "flush chain netdev sekisho egress0",
                       "add chain inet sekisho output { policy accept; }"):
            inside(PC, "nft", change)
            self.airgap("mend", status=1)
            self.airgap("mend", status=0)
            self.judge.frames(0.2)
            ping(OTHER4)
            self.assertEqual(self.judge.frames(0.3), [], change)

    def test_counting_is_no_change(self):
        self.load()
        ping(OTHER4)
        self.assertGreater(self.counted("inet", "output"), 0)
        self.airgap("mend", status=0)

    def test_a_link_that_comes_is_armed(self):
        self.load()
        inside(PC, "ip", "link", "add", "second", "type", "veth", "peer", "name", "nobody")
        self.airgap("mend", status=3)
        self.assertIn('device "second"', inside(PC, "nft", "list", "table", "netdev", "sekisho").stdout)

    def test_it_is_taken_away_without_a_trace(self):
        self.load()
        self.airgap("unload")
        self.assertEqual(inside(PC, "nft", "list", "ruleset").stdout, "")

    # ---- Observe --------------------------------------------------------------------------------------------

    def test_observe_counts_what_it_would_stop_and_stops_nothing(self):
        self.load(mode="observe")
        for name, deed in everything_forbidden().items():
            deed()
            self.assertNotEqual(self.judge.frames(0.3), [], name)
        self.assertGreater(self.counted("inet", "output"), 5)
        self.assertGreater(self.counted("netdev", "egress"), 5)
        before = self.counted("inet", "output")
        self.assertEqual(connect(socket.AF_INET, PEER4, 7000), "hello\n")
        self.assertEqual(self.counted("inet", "output"), before, "a named peer is none of it")


if __name__ == "__main__":
    unittest.main(verbosity=2)
