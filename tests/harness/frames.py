# SPDX-License-Identifier: GPL-3.0-or-later
"""What was on the wire: reads a capture that QEMU wrote on the host's side (devices.Nic), and says of each frame what
it is and whom it reaches.

It takes a frame for what stands in it and for nothing better: what is cut short or unknown has no addresses, and so
went to nobody who could be named.
"""

import dataclasses
import ipaddress
import struct
from pathlib import Path

ARP, IPV4, IPV6 = 0x0806, 0x0800, 0x86dd
ICMP, IGMP, TCP, UDP, ICMP6 = 1, 2, 6, 17, 58
NEIGHBOUR_SOLICITATION, NEIGHBOUR_ADVERTISEMENT = 135, 136

ETHERTYPES = {ARP: "ARP", IPV4: "IPv4", IPV6: "IPv6", 0x8100: "VLAN", 0x88a8: "VLAN", 0x888e: "802.1X", 0x88cc: "LLDP"}
PROTOCOLS = {ICMP: "ICMP", IGMP: "IGMP", TCP: "TCP", UDP: "UDP", ICMP6: "ICMPv6"}
SERVICES = {(TCP, 53): "DNS", (UDP, 53): "DNS", (UDP, 67): "DHCP", (UDP, 68): "DHCP", (UDP, 123): "NTP", (UDP, 547): "DHCPv6",
            (UDP, 1900): "SSDP", (UDP, 5353): "mDNS", (UDP, 5355): "LLMNR"}
OPERATIONS = {1: "request", 2: "reply"}
KINDS = {(ICMP, 0): "echo reply", (ICMP, 8): "echo request", (ICMP6, 128): "echo request", (ICMP6, 129): "echo reply",
         (ICMP6, 133): "router solicitation", (ICMP6, 134): "router advertisement",
         (ICMP6, NEIGHBOUR_SOLICITATION): "neighbour solicitation",
         (ICMP6, NEIGHBOUR_ADVERTISEMENT): "neighbour advertisement", (ICMP6, 143): "multicast report"}

# IPv6's extension headers: how long each is, by its second byte.
EXTENSIONS = {0: lambda length: (length + 1) * 8, 43: lambda length: (length + 1) * 8, 44: lambda _: 8,
              51: lambda length: (length + 2) * 4, 60: lambda length: (length + 1) * 8}
FRAGMENT = 44


@dataclasses.dataclass(frozen=True)
class Frame:
    time: float  # the host's clock, in seconds since 1970
    source: str  # MAC, as the frame says
    destination: str
    ethertype: int
    sender: object = None  # IP addresses; of ARP, the two that it is about
    target: object = None
    protocol: int | None = None
    ports: tuple = ()  # source, destination; neither if it is a later fragment
    kind: int | None = None  # ARP's operation, ICMP's type
    asked: object = None  # whose MAC is asked for or told: ARP's target, a neighbour solicitation's or advertisement's

    @property
    def is_to_many(self):
        """To a group or to all: every machine on the wire gets it, whatever the IP address says."""
        return bool(int(self.destination[:2], 16) & 1)

    def reaches_only(self, networks):
        """Whether it goes to nobody but these (ipaddress's networks), or asks for the MAC of one of them."""
        if self.ethertype == ARP:
            return _is_in(self.target, networks)
        if self.kind == NEIGHBOUR_SOLICITATION and self.protocol == ICMP6 and self.target == _solicited(self.asked):
            return _is_in(self.asked, networks)
        return not self.is_to_many and _is_in(self.target, networks)

    def __str__(self):
        name = ETHERTYPES.get(self.ethertype) or (
            f"ethertype {self.ethertype:04x}" if self.ethertype >= 0x600 else "802.3")
        if self.target is None:
            return f"{name} to {self.destination}"
        if self.ethertype == ARP:
            return f"ARP {OPERATIONS.get(self.kind, self.kind)} {self.target}"
        return " ".join(filter(None, (f"{name} {self.target}", *self._describe_payload())))

    def _describe_payload(self):
        yield PROTOCOLS.get(self.protocol, f"protocol {self.protocol}")
        if self.ports:
            yield str(self.ports[1])
            yield SERVICES.get((self.protocol, self.ports[1]), "")
        if self.kind is not None:
            yield str(self.kind)
            yield KINDS.get((self.protocol, self.kind), "")
        if self.asked is not None:
            yield str(self.asked)


def _is_in(address, networks):
    return address is not None and any(address in network for network in networks)


def _solicited(address):
    """The group by which a neighbour is asked (RFC 4291, 2.7.1)."""
    return ipaddress.IPv6Address(b"\xff\x02" + bytes(9) + b"\x01\xff" + address.packed[13:]) if address else None


# ---- Reading ---------------------------------------------------------------------------------------------


def read(path):
    """All frames of a capture: pcap, as QEMU's filter-dump writes it. ValueError: it is none, or not whole."""
    data = Path(path).read_bytes()
    order = {b"\xd4\xc3\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">"}.get(data[:4])
    if order is None or len(data) < 24 or struct.unpack(order + "I", data[20:24])[0] != 1:
        raise ValueError(f"{path}: not a capture of Ethernet")
    at, frames = 24, []
    while at < len(data):
        seconds, fraction, length, whole = struct.unpack(order + "4I", data[at:at + 16].ljust(16, b"\0"))
        if length != whole or at + 16 + length > len(data):
            raise ValueError(f"{path}: ends within frame {len(frames) + 1}")
        frames.append(parse(data[at + 16:at + 16 + length], seconds + fraction / 1e6))
        at += 16 + length
    return frames


def parse(data, time=0.0):
    """One frame. Of what is shorter than it says only that much is told."""
    data = data.ljust(14, b"\0")
    ethertype = struct.unpack("!H", data[12:14])[0]
    parser = {ARP: _arp, IPV4: _ipv4, IPV6: _ipv6}.get(ethertype)
    return Frame(time, data[6:12].hex(":"), data[:6].hex(":"), ethertype, **(parser(data[14:]) if parser else {}))


def _arp(body):
    if len(body) < 28 or body[:6] != b"\0\1\x08\0\6\4":
        return {}
    return {"kind": struct.unpack("!H", body[6:8])[0], "sender": ipaddress.IPv4Address(body[14:18]),
            "target": ipaddress.IPv4Address(body[24:28])}


def _ipv4(body):
    start = (body[0] & 15) * 4 if body else 0
    if start < 20 or len(body) < start:
        return {}
    is_later = struct.unpack("!H", body[6:8])[0] & 0x1fff
    return {"sender": ipaddress.IPv4Address(body[12:16]), "target": ipaddress.IPv4Address(body[16:20]),
            "protocol": body[9], **({} if is_later else _payload(body[9], body[start:]))}


def _ipv6(body):
    if len(body) < 40:
        return {}
    protocol, rest, is_later = body[6], body[40:], False
    while protocol in EXTENSIONS and len(rest) >= 8 and not is_later:
        is_later = protocol == FRAGMENT and struct.unpack("!H", rest[2:4])[0] & 0xfff8 != 0
        protocol, rest = rest[0], rest[EXTENSIONS[protocol](rest[1]):]
    return {"sender": ipaddress.IPv6Address(body[8:24]), "target": ipaddress.IPv6Address(body[24:40]),
            "protocol": protocol, **({} if is_later else _payload(protocol, rest))}


def _payload(protocol, data):
    if protocol in (TCP, UDP) and len(data) >= 4:
        return {"ports": struct.unpack("!HH", data[:4])}
    if protocol == ICMP6 and data[:1] in (b"\x87", b"\x88") and len(data) >= 24:
        return {"kind": data[0], "asked": ipaddress.IPv6Address(data[8:24])}
    return {"kind": data[0]} if protocol in (ICMP, ICMP6) and data else {}
