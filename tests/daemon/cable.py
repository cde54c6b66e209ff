# SPDX-License-Identifier: GPL-3.0-or-later
"""Two network namespaces and a cable between them, for the firewall of the air gap as the real `airgap` loads it. The
judge sits at the far end and takes every frame off the cable. Runs as root."""

import errno
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


class CableTest(unittest.TestCase):
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
