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

    def frames(self, settle=0.5):
        """All that the PC has sent since the last time."""
        found, own = [], bytes.fromhex(OWN_MAC.replace(":", ""))
        while select.select([self.socket], [], [], settle)[0]:
            frame, address = self.socket.recvfrom(65536)
            if address[2] != socket.PACKET_OUTGOING and frame[6:12] == own:
                found.append(describe(frame))
        return found

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
