# SPDX-License-Identifier: GPL-3.0-or-later
"""The virtual host controller (vhci_hcd): a socket over which the kernel speaks USB/IP to us.

We are the device: the kernel sends each transfer (URB) as a message, and what we answer is what
came over the wire. Debian's kernels have no raw_gadget; here every byte of a descriptor is free
as well, lengths that lie included. Messages: Documentation/usb/usbip_protocol.rst.
"""

import dataclasses
import os
import select
import socket
import struct
import time

CONTROLLER = "/sys/devices/platform/vhci_hcd.0"
SPEEDS = {"low": 1, "full": 2, "high": 3, "super": 5}
STALL = -32  # EPIPE, which is how Linux tells a stalled endpoint
UNLINKED = -104  # ECONNRESET

SUBMIT, UNLINK, SUBMITTED, UNLINKED_REPLY = 1, 2, 3, 4
HEADER = struct.Struct(">IIIII28s")


@dataclasses.dataclass
class Urb:
    """One transfer that the host wants."""

    number: int
    endpoint: int  # with bit 7 set towards the host, as in descriptors
    length: int
    setup: bytes
    data: bytes


def attach(speed, port=None):
    """Plugs a device into a free port, or that one once it is free; returns (port, our end of its cable)."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    kind = "ss" if speed == "super" else "hs"
    if port is None:
        port = free_ports(kind)[0]
    while port not in free_ports(kind):
        time.sleep(0.005)
    with open(f"{CONTROLLER}/attach", "w", encoding="ascii") as file:
        file.write(f"{port} {theirs.fileno()} {0x10001 + port} {SPEEDS[speed]}")
    theirs.close()
    return port, ours


def free_ports(kind):
    with open(f"{CONTROLLER}/status", encoding="ascii") as file:
        lines = [line.split() for line in file]
    return [int(words[1]) for words in lines if words[0] == kind and words[2] == "004"]  # VDEV_ST_NULL


def detach(port):
    with open(f"{CONTROLLER}/detach", "w", encoding="ascii") as file:
        file.write(str(port))


def serve(cable, device, stop, hasty=False):
    """Answers transfers until `stop` (a file descriptor) is readable or the host hangs up; or, in haste, until
    the host has read the last that it wants to know before it shows the device."""
    waiting = {}
    while True:
        readable, _, _ = select.select([cable, stop], [], [], 0.01 if waiting else 1)
        if stop in readable:
            return
        if cable in readable and not take(cable, device, waiting):
            return
        for urb in list(waiting.values()):
            if answer(cable, device, urb):
                del waiting[urb.number]
        if hasty and device.is_seen:
            return


def take(cable, device, waiting):
    """One message; False at the end."""
    header = receive(cable, 48)
    if header is None:
        return False
    command, number, _, direction, endpoint, rest = HEADER.unpack(header)
    if command == UNLINK:
        victim = struct.unpack_from(">I", rest)[0]
        status = UNLINKED if waiting.pop(victim, None) else 0
        reply(cable, UNLINKED_REPLY, number, status)
        return True
    length = struct.unpack_from(">I", rest, 4)[0]
    data = b"" if direction else receive(cable, length)
    urb = Urb(number, endpoint | (0x80 if direction and endpoint else 0), length, rest[20:28], data)
    if not answer(cable, device, urb):
        waiting[number] = urb
    return True


def answer(cable, device, urb):
    """Has the device look at a transfer; False when it has nothing to say yet."""
    result = device.transfer(urb)
    if result is None:
        return False
    if isinstance(result, int):  # bytes taken, or an error
        reply(cable, SUBMITTED, urb.number, min(result, 0), max(result, 0))
    else:
        result = result[:urb.length]
        reply(cable, SUBMITTED, urb.number, 0, len(result), result)
    return True


def reply(cable, command, number, status, length=0, data=b""):
    body = struct.pack(">iIIII8x", status, length, 0, 0, 0)
    cable.sendall(HEADER.pack(command, number, 0, 0, 0, body) + data)


def receive(cable, size):
    """Exactly `size` bytes, or None when the host hung up."""
    data = b""
    while len(data) < size:
        piece = cable.recv(size - len(data))
        if not piece:
            return None
        data += piece
    return data


def load():
    """The module may be there already; without it there is nothing to plug into."""
    if not os.path.exists(CONTROLLER):
        os.system("modprobe vhci-hcd")
    if not os.path.exists(CONTROLLER):
        raise RuntimeError("this kernel has no vhci_hcd")
