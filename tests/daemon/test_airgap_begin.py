# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may begin, with the air gap's firewall: what a named peer sends out of the blue, and what is told from what it may
send. Runs as root."""

import re
import socket
import struct
import time
import unittest
from pathlib import Path

from cable import (
    ACK, CableTest, connect, error_about, FAR, far_sends, FIN, in_namespace, inside, OTHER4, OWN4, OWN6, packet4, PC,
    PEER4, PEER6, PEERS, ping, PSH, RST, segment, send_raw, send_udp, SYN, URG,
)


class BeginTest(CableTest):
    # ---- Who may begin ------------------------------------------------------------------------------------

    def listen(self, *ports, family=socket.AF_INET):
        """Sockets of the PC's that somebody might reach."""
        own = OWN6 if family == socket.AF_INET6 else OWN4
        servers = in_namespace(PC, lambda: [socket.create_server((own, port), family=family) for port in ports])
        for server in servers:
            self.addCleanup(server.close)
            server.settimeout(0.3)
        return servers

    def know_each_other(self):
        """So that the question for an address is none of the frames that are counted."""
        self.assertEqual(connect(socket.AF_INET, PEER4, 7000), "hello\n")
        self.assertEqual(connect(socket.AF_INET6, PEER6, 7000), "hello\n")
        time.sleep(0.2)
        self.judge.frames(0.3)

    def test_a_peer_can_begin_nothing_from_the_port_that_it_serves(self):
        self.load()
        for own, peer, family in ((OWN4, PEER4, socket.AF_INET), (OWN6, PEER6, socket.AF_INET6)):
            [server] = self.listen(7300, family=family)
            self.know_each_other()
            before, sent = self.counted("inet", "input"), 0
            for flags in (SYN, SYN | FIN, SYN | PSH | URG, 0, FIN, FIN | PSH | URG):
                for port in (7300, 7301, 7000):
                    far_sends(peer, own, socket.IPPROTO_TCP, segment((peer, 7000), (own, port), flags))
                    sent += 1
            self.assertEqual([f for f in self.judge.frames() if "neighbour" not in f], [])
            self.assertEqual(self.counted("inet", "input") - before, sent, "each of them was stopped")
            self.assertRaises(TimeoutError, server.accept)

    def test_an_acknowledgement_out_of_the_blue_tells_no_port_from_another(self):
        self.load()
        for own, peer, family, head in ((OWN4, PEER4, socket.AF_INET, 34), (OWN6, PEER6, socket.AF_INET6, 54)):
            [server] = self.listen(7300, family=family)
            self.know_each_other()
            for flags in (ACK, ACK | FIN, ACK | PSH, SYN | ACK, SYN | ACK | FIN):
                answers = []
                for port in (7300, 7301):
                    far_sends(peer, own, socket.IPPROTO_TCP, segment((peer, 7000), (own, port), flags))
                    [answer] = [frame[head:] for frame in self.judge.raw(0.3)
                                if frame[23 if family == socket.AF_INET else 20] == socket.IPPROTO_TCP]
                    self.assertEqual(struct.unpack("!HH", answer[:4]), (port, 7000), "to the port that is named")
                    self.assertEqual(answer[13], RST)
                    answers.append(answer[4:16] + answer[18:])  # without the ports and the checksum
                self.assertEqual(answers[0], answers[1], f"{flags:#x}")
            for flags in (RST, RST | ACK, SYN | RST):
                far_sends(peer, own, socket.IPPROTO_TCP, segment((peer, 7000), (own, 7300), flags))
            self.assertEqual([f for f in self.judge.frames() if "neighbour" not in f], [])
            self.assertRaises(TimeoutError, server.accept)

    def test_an_acknowledgement_from_anywhere_else_is_stopped(self):
        self.load()
        self.listen(7300)
        self.know_each_other()
        before = self.counted("inet", "input")
        for source, port in ((PEER4, 7002), (PEER4, 7100), (OTHER4, 7000)):
            for flags in (SYN, ACK, SYN | ACK, RST):
                far_sends(source, OWN4, socket.IPPROTO_TCP, segment((source, port), (OWN4, 7300), flags))
        self.assertEqual(self.judge.frames(), [])
        self.assertEqual(self.counted("inet", "input") - before, 12)

    def test_we_begin_nothing_from_the_port_that_a_peer_may_come_to(self):
        self.load()
        self.know_each_other()

        def work():
            with socket.socket() as trial:
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                trial.bind((OWN4, 7100))
                trial.settimeout(0.5)
                trial.connect((PEER4, 7002))
        self.assertRaises(OSError, in_namespace, PC, work)
        for flags in (SYN, SYN | FIN, 0, FIN):
            send_raw(0x0800, packet4(OWN4, PEER4, 6, segment((OWN4, 7100), (PEER4, 7002), flags)))
        self.assertEqual(self.judge.frames(), [], "past the output hook neither")

    def test_what_a_peer_has_begun_lasts_in_both_directions(self):
        self.load()
        [server] = self.listen(7100)
        server.settimeout(5)
        theirs = in_namespace(FAR, lambda: socket.create_connection((OWN4, 7100), 5, source_address=(PEER4, 0)))
        ours, _ = server.accept()
        with theirs, ours:
            for number in range(20):
                (ours, theirs)[number % 2].sendall(bytes(20000))
                left = 20000
                while left:
                    left -= len((theirs, ours)[number % 2].recv(left))
        self.assertEqual(self.counted("inet", "input"), 0)

    def test_no_connection_is_tracked(self):
        self.load(peers=PEERS + [{"name": "log", "address": PEER4, "protocol": "udp", "ports": "7200", "direction": "in"}])
        self.know_each_other()
        send_udp(socket.AF_INET, PEER4, 7000)
        self.assertTrue(ping(PEER4))
        self.assertNotRegex(inside(PC, "nft", "list", "ruleset").stdout, r"\bct\b")
        self.assertEqual(in_namespace(PC, lambda: Path("/proc/thread-self/net/stat/nf_conntrack").exists()
                                      and Path("/proc/sys/net/netfilter/nf_conntrack_count").read_text().strip()), "0")

    # ---- UDP ------------------------------------------------------------------------------------------------

    def udp(self, namespace, address, port):
        def work():
            bound = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
            bound.bind((address, port))
            bound.settimeout(0.5)
            return bound
        bound = in_namespace(namespace, work)
        self.addCleanup(bound.close)
        return bound

    def test_a_peer_answers_by_udp_whom_it_was_asked_by_and_nobody_else(self):
        self.load(peers=PEERS + [{"name": "clock", "address": PEER6, "protocol": "udp", "ports": "7000", "direction": "out"}])
        for own, peer in ((OWN4, PEER4), (OWN6, PEER6)):
            asking, other = self.udp(PC, own, 7300), self.udp(PC, own, 7301)
            served, wrong = self.udp(FAR, peer, 7000), self.udp(FAR, peer, 7001)
            served.sendto(b"unasked", (own, 7300))
            self.assertRaises(TimeoutError, asking.recv, 16)
            asking.sendto(b"question", (peer, 7000))
            self.assertEqual(served.recvfrom(16)[0], b"question")
            for source, to in ((wrong, 7300), (served, 7301)):
                source.sendto(b"unasked", (own, to))
            served.sendto(b"answer", (own, 7300))
            self.assertEqual(asking.recv(16), b"answer")
            self.assertRaises(TimeoutError, asking.recv, 16)
            self.assertRaises(TimeoutError, other.recv, 16)
        self.assertEqual(self.counted("inet", "input"), 6)
        self.airgap("mend", status=0)

    def test_a_peer_that_asks_by_udp_is_answered_and_nobody_is_asked_from_there(self):
        self.load(peers=[{"name": "log", "address": peer, "protocol": "udp", "ports": "7200", "direction": "in"}
                         for peer in (PEER4, PEER6)])
        for own, peer in ((OWN4, PEER4), (OWN6, PEER6)):
            serving, asking, other = self.udp(PC, own, 7200), self.udp(FAR, peer, 7400), self.udp(FAR, peer, 7401)
            for to in (asking, other):
                self.assertRaises(OSError, serving.sendto, b"unasked", to.getsockname()[:2])
            asking.sendto(b"question", (own, 7200))
            question, source = serving.recvfrom(16)
            self.assertEqual(question, b"question")
            serving.sendto(b"answer", source)
            self.assertEqual(asking.recv(16), b"answer")
            self.assertRaises(OSError, serving.sendto, b"unasked", other.getsockname()[:2])
            self.assertRaises(TimeoutError, other.recv, 16)

    def remembered(self):
        """Seconds for which the one flow that is remembered is so from now on."""
        said = inside(PC, "nft", "list", "table", "inet", "sekisho").stdout
        [left] = re.findall(r"expires (?:(\d+)m)?(?:(\d+)s)?", said)
        return 60 * int(left[0] or 0) + int(left[1] or 0)

    def test_a_flow_of_udp_is_remembered_from_its_last_packet_on_whosever_that_is(self):
        self.load()
        asking, served = self.udp(PC, OWN4, 7300), self.udp(FAR, PEER4, 7000)
        asking.sendto(b"question", (PEER4, 7000))
        time.sleep(4)
        self.assertIn(self.remembered(), range(110, 117))
        served.sendto(b"answer", (OWN4, 7300))
        self.assertEqual(asking.recv(16), b"answer")
        self.assertGreaterEqual(self.remembered(), 118)

    def test_a_datagram_in_fragments_passes_like_a_whole_one(self):
        self.load(peers=PEERS + [{"name": "clock", "address": PEER6, "protocol": "udp", "ports": "7000", "direction": "out"}])
        for own, peer in ((OWN4, PEER4), (OWN6, PEER6)):
            asking, served = self.udp(PC, own, 7300), self.udp(FAR, peer, 7000)
            asking.sendto(bytes(5000), (peer, 7000))
            self.assertEqual(len(served.recv(8192)), 5000)
            served.sendto(bytes(6000), (own, 7300))
            self.assertEqual(len(asking.recv(8192)), 6000)
            served.sendto(bytes(6000), (own, 7301))
        self.assertEqual(self.counted("inet", "input"), 2, "the first fragment of what nobody has asked for")

    # ---- Errors ---------------------------------------------------------------------------------------------

    def test_an_error_about_what_a_peer_was_sent_reaches_its_program(self):
        self.load()
        self.know_each_other()
        asking = self.udp(PC, OWN4, 7300)
        asking.connect((PEER4, 7000))
        asking.send(b"question")
        time.sleep(0.2)
        self.assertRaises(ConnectionRefusedError, asking.recv, 16)

    def test_a_router_may_say_that_a_segment_to_a_peer_is_too_big(self):
        self.load()
        self.know_each_other()
        talking = in_namespace(PC, lambda: socket.create_connection((PEER4, 7000), 5))
        with talking:
            talking.sendall(b"hello\n")
            self.assertEqual(talking.recv(16), b"hello\n")
            sent = [frame[14:42] for frame in self.judge.raw() if frame[23] == 6]
            # The numbers of the last one are those of what comes next.
            self.assertEqual(talking.getsockopt(socket.IPPROTO_IP, 14), 1500)  # IP_MTU
            far_sends(OTHER4, OWN4, socket.IPPROTO_ICMP, error_about(sent[-1], 1300))
            self.assertEqual(talking.getsockopt(socket.IPPROTO_IP, 14), 1300)
        self.assertEqual(self.counted("inet", "input"), 0)

    def test_an_error_about_anything_else_is_stopped(self):
        self.load(peers=PEERS + [{"name": "network", "address": "198.51.100.0/28", "protocol": "tcp", "ports": "80-90",
                                  "direction": "out"}])
        self.know_each_other()
        before = self.counted("inet", "input")
        ours = (OWN4, 40000)
        quoted = [packet4(OWN4, to[0], protocol, segment(source, to, ACK)[:8]) for source, to, protocol in (
            (ours, (OTHER4, 7000), 6), (ours, (PEER4, 7002), 6), (ours, (PEER4, 7001), 17), (ours, (PEER4, 7000), 47),
            (ours, ("198.51.100.16", 80), 6), (ours, ("198.51.100.15", 91), 6), ((OWN4, 7101), (PEER4, 9), 6))]
        passed = [packet4(OWN4, to[0], protocol, segment(source, to, ACK)[:8]) for source, to, protocol in (
            (ours, (PEER4, 7001), 6), (ours, (PEER4, 7000), 17), (ours, ("198.51.100.15", 90), 6),
            ((OWN4, 7100), (PEER4, 9), 6))]
        echo = packet4(OWN4, PEER4, 1, struct.pack("!BBHHH", 8, 0, 0, 1, 1))
        for head in quoted:
            far_sends(OTHER4, OWN4, socket.IPPROTO_ICMP, error_about(head))
            far_sends(OTHER4, OWN4, socket.IPPROTO_ICMP, error_about(head, 1300))
        far_sends(OTHER4, OWN4, socket.IPPROTO_ICMP, error_about(echo, 1300))
        far_sends(OTHER4, OWN4, socket.IPPROTO_ICMP, error_about(echo[:12]))
        stopped = 2 * len(quoted) + 2
        self.assertEqual(self.counted("inet", "input") - before, stopped)
        for head in passed:
            far_sends(OTHER4, OWN4, socket.IPPROTO_ICMP, error_about(head))
        far_sends(OTHER4, OWN4, socket.IPPROTO_ICMP, error_about(echo))
        self.assertEqual(self.counted("inet", "input") - before, stopped, "what is about a peer")
        self.assertEqual([f for f in self.judge.frames() if "arp" not in f], [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
