# SPDX-License-Identifier: GPL-3.0-or-later
"""What was on the wire: reads the capture that QEMU wrote on the host's side, and says of each frame what it is."""

import dataclasses
import ipaddress
import struct
from pathlib import Path

ARP, IPV4, IPV6 = 0x0806, 0x0800, 0x86dd
ICMP, TCP, UDP, ICMP6 = 1, 6, 17, 58
SOLICITATION, ADVERTISEMENT = 135, 136
NAMES = {ICMP: "ICMP", TCP: "TCP", UDP: "UDP", ICMP6: "ICMPv6"}


@dataclasses.dataclass(frozen=True)
class Frame:
    source: str  # MAC
    ethertype: int
    about: object = None  # whom: the IP address that it is sent to, or that is asked for (ARP, ICMPv6 135 and 136)
    protocol: int = 0
    ports: tuple = ()
    kind: int = 0  # ARP's operation, ICMP's type

    def __str__(self):
        if self.ethertype == ARP:
            return f"ARP {self.kind} about {self.about}"
        if self.ethertype not in (IPV4, IPV6):
            return f"ethertype {self.ethertype:04x}"
        what = NAMES.get(self.protocol, f"protocol {self.protocol}")
        return f"{what} {f'to port {self.ports[1]}' if self.ports else self.kind} about {self.about}"


def of_ip(protocol, payload, address):
    """Ports, type, and whom it is about."""
    if protocol in (TCP, UDP) and len(payload) >= 4:
        return {"ports": struct.unpack("!HH", payload[:4]), "about": address}
    if protocol in (ICMP, ICMP6) and payload:
        asks = protocol == ICMP6 and payload[0] in (SOLICITATION, ADVERTISEMENT) and len(payload) >= 24
        return {"kind": payload[0], "about": ipaddress.ip_address(payload[8:24]) if asks else address}
    return {"about": address}


def parse(data):
    source = data[6:12].hex(":")
    ethertype = struct.unpack("!H", data[12:14])[0]
    body = data[14:]
    if ethertype == ARP and len(body) >= 28:
        return Frame(source, ARP, ipaddress.ip_address(body[24:28]), kind=struct.unpack("!H", body[6:8])[0])
    if ethertype == IPV4 and len(body) >= 20:
        start = (body[0] & 15) * 4
        return Frame(source, IPV4, protocol=body[9], **of_ip(body[9], body[start:], ipaddress.ip_address(body[16:20])))
    if ethertype == IPV6 and len(body) >= 40:
        protocol, start = body[6], 40
        if protocol == 0 and len(body) > 42:  # hop-by-hop options, as reports of multicast groups have
            protocol, start = body[40], 40 + (body[41] + 1) * 8
        return Frame(source, IPV6, protocol=protocol, **of_ip(protocol, body[start:], ipaddress.ip_address(body[24:40])))
    return Frame(source, ethertype)


def read(path):
    """All frames of a capture (pcap, as QEMU's filter-dump writes it)."""
    data = Path(path).read_bytes()
    order = {b"\xd4\xc3\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">"}[data[:4]]
    at, frames = 24, []
    while at + 16 <= len(data):
        length = struct.unpack(f"{order}I", data[at + 8:at + 12])[0]
        if at + 16 + length > len(data):
            break  # the last one is being written
        frames.append(parse(data[at + 16:at + 16 + length]))
        at += 16 + length
    return frames


def sent_by(path, mac):
    return [frame for frame in read(path) if frame.source == mac]
