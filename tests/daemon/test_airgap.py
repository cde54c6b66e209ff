# SPDX-License-Identifier: GPL-3.0-or-later
"""The firewall of the air gap, loaded by the real `airgap`, with real packets: two network namespaces and a cable
between them. The judge sits at the far end and takes every frame off the cable. Runs as root."""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import re
import select
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

AIRGAP = os.environ["AIRGAP"]
PC, FAR = f"sekisho-pc-{os.getpid()}", f"sekisho-far-{os.getpid()}"
PEER4, OTHER4, OWN4 = "192.0.2.2", "192.0.2.3", "192.0.2.1"
PEER6, OTHER6, OWN6 = "2001:db8::2", "2001:db8::3", "2001:db8::1"
OWN_MAC = "52:54:00:00:00:01"
PEERS = [
    {"name": "server", "address": PEER4, "protocol": "tcp", "ports": "7000-7001", "direction": "out"},
    {"name": "server", "address": PEER4, "protocol": "udp", "ports": "7000", "direction": "out"},
    {"name": "server", "address": PEER4, "protocol": "icmp", "direction": "out"},
    {"name": "monitor", "address": PEER4, "protocol": "tcp", "ports": "7100", "direction": "in"},
    {"name": "server", "address": PEER6, "protocol": "tcp", "ports": "7000", "direction": "out"},
    {"name": "server", "address": PEER6, "protocol": "icmp", "direction": "both"},
]


def run(*words, check=True, **options):
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, check=False, **options)
    if check and done.returncode != 0:
        raise AssertionError(f"{words}: status {done.returncode}: {done.stdout}{done.stderr}")
    return done


def inside(namespace, *words, **options):
    return run("ip", "netns", "exec", namespace, *words, **options)


def in_namespace(name, work):
    """What `work` returns, done by a thread of its own inside of the namespace."""
    answer = []

    def go():
        with open(f"/run/netns/{name}", "rb") as handle:
            os_setns(handle.fileno())
        try:
            answer.append((True, work()))
        except Exception as error:  # handed to the caller
            answer.append((False, error))

    thread = threading.Thread(target=go)
    thread.start()
    thread.join()
    good, value = answer[0]
    if not good:
        raise value
    return value


def os_setns(fd):
    import ctypes
    if ctypes.CDLL(None, use_errno=True).setns(fd, 0x40000000) != 0:  # CLONE_NEWNET
        raise OSError(ctypes.get_errno(), "setns")


# ---- The judge -------------------------------------------------------------------------------------


def describe(frame):
    """One frame, as a judge who has never seen the rules would call it."""
    kind = struct.unpack("!H", frame[12:14])[0]
    if kind == 0x0806:
        return f"arp {struct.unpack('!H', frame[20:22])[0]} for {socket.inet_ntoa(frame[38:42])}"
    if kind == 0x0800:
        protocol, length = frame[23], (frame[14] & 15) * 4
        ports = struct.unpack("!HH", frame[14 + length:18 + length]) if protocol in (6, 17) else None
        return f"ipv4 {socket.inet_ntoa(frame[30:34])} protocol {protocol} ports {ports}"
    if kind == 0x86dd:
        protocol, to = frame[20], socket.inet_ntop(socket.AF_INET6, frame[38:54])
        if protocol == 58 and frame[54] in (135, 136):
            return f"ipv6 {to} neighbour {frame[54]} {socket.inet_ntop(socket.AF_INET6, frame[62:78])}"
        return f"ipv6 {to} protocol {protocol}"
    return f"ethertype {kind:04x}"


class Judge:
    """Takes what the PC sends off the far end of the cable."""

    def __init__(self):
        self.socket = in_namespace(FAR, self._open)

    @staticmethod
    def _open():
        taken = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        taken.bind(("far", 0))
        return taken

    def raw(self, settle=0.5):
        """All that the PC has sent since the last time."""
        found, own = [], bytes.fromhex(OWN_MAC.replace(":", ""))
        while select.select([self.socket], [], [], settle)[0]:
            frame, address = self.socket.recvfrom(65536)
            if address[2] != socket.PACKET_OUTGOING and frame[6:12] == own:
                found.append(frame)
        return found

    def frames(self, settle=0.5):
        return [describe(frame) for frame in self.raw(settle)]

    def close(self):
        self.socket.close()


# ---- What is tried ---------------------------------------------------------------------------------


def connect(family, address, port, timeout=2):
    """"open", or the name of what went wrong."""
    def work():
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.settimeout(timeout)
            try:
                trial.connect((address, port))
                trial.sendall(b"hello\n")
                return trial.recv(16).decode()
            except OSError as error:
                return type(error).__name__ if not error.errno else os.strerror(error.errno)
    return in_namespace(PC, work)


def send_udp(family, address, port):
    def work():
        with socket.socket(family, socket.SOCK_DGRAM) as sender:
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            try:
                sender.sendto(b"hello", (address, port))
                return "sent"
            except OSError as error:
                return os.strerror(error.errno)
    return in_namespace(PC, work)


def send_raw(ethertype, payload):
    """As a DHCP client does, or worse: past the whole of IP, by a packet socket."""
    def work():
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
            sender.bind(("pc", 0))
            try:
                sender.send(b"\xff" * 6 + bytes.fromhex(OWN_MAC.replace(":", "")) + struct.pack("!H", ethertype) + payload)
            except OSError as error:  # as the kernel tells who sends what egress drops
                if error.errno != errno.ENOBUFS:
                    raise
    in_namespace(PC, work)


def broadcast_packet():
    """A DHCP discover's headers."""
    udp = struct.pack("!HHHH", 68, 67, 16, 0) + b"discover"
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, bytes(4), b"\xff" * 4)
    return ip + udp


def ping(address):
    return inside(PC, "ping", "-c", "1", "-W", "2", address, check=False).returncode == 0


def everything_forbidden():
    """Name and deed; each of these puts a frame on the cable where nobody holds it back."""
    return {
        "another address": lambda: connect(socket.AF_INET, OTHER4, 7000, 0.5),
        "another port": lambda: connect(socket.AF_INET, PEER4, 7002, 0.5),
        "another address of IPv6": lambda: connect(socket.AF_INET6, OTHER6, 7000, 0.5),
        "another port of IPv6": lambda: connect(socket.AF_INET6, PEER6, 7001, 0.5),
        "UDP where only TCP is named": lambda: send_udp(socket.AF_INET, PEER4, 7001),
        "DNS": lambda: send_udp(socket.AF_INET, "198.51.100.53", 53),
        "mDNS": lambda: send_udp(socket.AF_INET, "224.0.0.251", 5353),
        "mDNS of IPv6": lambda: send_udp(socket.AF_INET6, "ff02::fb%pc", 5353),
        "a broadcast": lambda: send_udp(socket.AF_INET, "255.255.255.255", 9),
        "ping to another": lambda: ping(OTHER4),
        "DHCP by a packet socket": lambda: send_raw(0x0800, broadcast_packet()),
        "an unknown protocol by a packet socket": lambda: send_raw(0x88b5, bytes(46)),
        "ARP by a packet socket": lambda: send_raw(0x0806, bytes(24) + socket.inet_aton(OTHER4) + bytes(18)),
    }


# ---- What a peer may try ---------------------------------------------------------------------------

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def segment(source, to, flags, sequence=1000):
    """A TCP segment without data between (address, port) and (address, port), with its pseudo header's checksum."""
    family = socket.AF_INET6 if ":" in to[0] else socket.AF_INET
    def header(summed):
        return struct.pack("!HHIIBBHHH", source[1], to[1], sequence, 2000, 5 << 4, flags, 512, summed, 0)
    pseudo = (socket.inet_pton(family, source[0]) + socket.inet_pton(family, to[0]) + struct.pack("!HH", 6, 20))
    return header(checksum(pseudo + header(0)))


def packet4(source, to, protocol, payload):
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0, socket.inet_aton(source),
                       socket.inet_aton(to)) + payload


def far_sends(source, to, protocol, payload):
    """From one of the far end's addresses, past all that its own kernel thinks of it."""
    family = socket.AF_INET6 if ":" in to else socket.AF_INET
    def work():
        with socket.socket(family, socket.SOCK_RAW, protocol) as sender:
            sender.bind((source, 0))
            sender.sendto(payload, (to, 0))
    in_namespace(FAR, work)


def error_about(quoted, mtu=0):
    """ICMP: port unreachable, or with an MTU that a fragment would be needed."""
    def message(summed):
        return struct.pack("!BBHHH", 3, 4 if mtu else 3, summed, 0, mtu) + quoted
    return message(checksum(message(0)))


class AirgapTest(unittest.TestCase):
    def setUp(self):
        self.root = Path(tempfile.mkdtemp(prefix="sekisho-airgap-"))
        self.addCleanup(shutil.rmtree, self.root)
        for folder in ("var/lib/sekisho", "run/sekisho", "sys/class"):
            (self.root / folder).mkdir(parents=True)
        (self.root / "sys/class/net").symlink_to("/sys/class/net")
        self.make_cable()
        self.serve()
        self.judge = Judge()
        self.addCleanup(self.judge.close)

    def make_cable(self):
        for name in (PC, FAR):
            run("ip", "netns", "add", name)
            self.addCleanup(run, "ip", "netns", "delete", name)
            inside(name, "ip", "link", "set", "lo", "up")
        inside(PC, "ip", "link", "add", "pc", "address", OWN_MAC, "type", "veth", "peer", "name", "far", "netns", FAR)
        inside(PC, "ip", "address", "add", f"{OWN4}/24", "dev", "pc")
        inside(PC, "ip", "-6", "address", "add", f"{OWN6}/64", "dev", "pc", "nodad")
        for address in (PEER4, OTHER4):
            inside(FAR, "ip", "address", "add", f"{address}/24", "dev", "far")
        for address in (PEER6, OTHER6):
            inside(FAR, "ip", "-6", "address", "add", f"{address}/64", "dev", "far", "nodad")
        inside(FAR, "ip", "link", "set", "far", "up")
        inside(PC, "ip", "link", "set", "pc", "up")
        # So that what leaves by a route is not stopped by the want of one.
        inside(PC, "ip", "route", "add", "default", "via", PEER4)

    def serve(self):
        """Answers by what it was sent, on all addresses of the far end."""
        def listen():
            servers = []
            for family, port in ((socket.AF_INET, 7000), (socket.AF_INET, 7002), (socket.AF_INET6, 7000)):
                server = socket.socket(family, socket.SOCK_STREAM)
                server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                server.bind(("", port))
                server.listen()
                servers.append(server)
            return servers

        def answer(server):
            while True:
                try:
                    taken, _ = server.accept()
                except OSError:
                    return
                self.addCleanup(taken.close)
                threading.Thread(target=lambda: taken.sendall(taken.recv(16)), daemon=True).start()

        for server in in_namespace(FAR, listen):
            self.addCleanup(server.close)
            self.addCleanup(server.shutdown, socket.SHUT_RDWR)
            threading.Thread(target=answer, args=(server,), daemon=True).start()

    # ---- airgap ----------------------------------------------------------------------------------------

    def write(self, mode="enforce", peers=PEERS):
        text = json.dumps({"mode": "observe", "links": [], "peers": peers}, separators=(",", ":"),
                          ensure_ascii=False).encode()
        digest = hashlib.sha256(text).hexdigest().encode()
        (self.root / "var/lib/sekisho/airgap").write_bytes(b"sekisho-airgap 1 " + digest + b"\n" + text)
        (self.root / "var/lib/sekisho/mode").write_text(f"usb observe\nnetwork {mode}\n", encoding="ascii")

    def airgap(self, verb, status=0):
        done = inside(PC, AIRGAP, "--root", self.root, verb, check=False)
        self.assertEqual(done.returncode, status, f"airgap {verb}: {done.stdout}{done.stderr}")
        return done

    def load(self, **options):
        self.write(**options)
        self.airgap("load")
        self.judge.frames(0.2)

    def counted(self, family, name):
        said = inside(PC, "nft", "list", "counter", family, "sekisho", name).stdout
        return int(re.search(r"packets (\d+)", said).group(1))

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
