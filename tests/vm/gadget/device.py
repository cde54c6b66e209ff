# SPDX-License-Identifier: GPL-3.0-or-later
"""A USB device as the host sees it: descriptors as bytes, chapter 9's requests, endpoints.

Nothing here checks a descriptor: being wrong is what these devices are for.
"""

import os
import struct
import time

from functions import Typist
from vhci import STALL

DEVICE, CONFIGURATION, STRING, QUALIFIER, BOS = 1, 2, 3, 6, 15
HID, HID_REPORT = 0x21, 0x22


def device_descriptor(vid=0x1209, pid=0x0001, *, cls=0, sub=0, proto=0, bcd=0x0100, serial=3,
                      configurations=1):
    return struct.pack("<BBHBBBBHHHBBBB", 18, DEVICE, 0x0200, cls, sub, proto, 64, vid, pid, bcd,
                       1, 2, serial, configurations)


def configuration(*interfaces, count=None, value=1, total=None):
    """A configuration; `count` and `total` say other than the truth."""
    body = b"".join(interfaces)
    total = 9 + len(body) if total is None else total
    count = len(interfaces) if count is None else count
    return struct.pack("<BBHBBBBB", 9, CONFIGURATION, total, count, value, 0, 0x80, 50) + body


def interface(number, cls, sub=0, proto=0, *endpoints, alternate=0, extra=b""):
    head = bytes([9, 4, number, alternate, len(endpoints), cls, sub, proto, 0])
    return head + extra + b"".join(endpoints)


def endpoint(address, kind, size):
    return struct.pack("<BBBBHB", 7, 5, address, kind, size, 4)


def storage(number, **fields):
    """A stick's interface: SCSI, bulk-only, endpoints 0x81 and 0x02."""
    return interface(number, 8, 6, 0x50, endpoint(0x81, 2, 512), endpoint(0x02, 2, 512), **fields)


def keyboard(number, **fields):
    """A boot keyboard's interface, endpoint 0x83."""
    hid = struct.pack("<BBHBBBH", 9, HID, 0x0111, 0, 1, HID_REPORT, len(Typist.REPORT))
    return interface(number, 3, 1, 1, endpoint(0x83, 3, 8), extra=hid, **fields)


def string(text):
    """A string descriptor; more than 126 UTF-16 units do not fit in one."""
    data = text if isinstance(text, bytes) else text.encode("utf-16-le", "surrogatepass")
    return bytes([len(data) + 2 & 0xFF, STRING]) + data


class Device:
    """`later` maps a descriptor type to what it reads as once the host has stopped looking, or `sign` is there."""

    def __init__(self, device, configurations, strings, endpoints, *, speed="high", later=None, sign=None):
        self.descriptors = {DEVICE: [device], CONFIGURATION: list(configurations)}
        self.strings = {0: bytes([4, STRING, 9, 4]), **strings}
        self.endpoints = endpoints
        self.speed = speed
        self.later = later or {}
        self.sign = sign
        self.configured = []  # every SET_CONFIGURATION other than 0: being let in, seen from inside
        self.descriptors_read = 0
        self.is_seen = False  # the host has asked for the last string, the serial number
        self._last_read = None

    def transfer(self, urb):
        if urb.endpoint & 0x0F:
            function = self.endpoints.get(urb.endpoint)
            return function.transfer(urb) if function else STALL
        return self._control(*struct.unpack("<BBHHH", urb.setup), urb.data)

    def _control(self, kind, request, value, index, length, _data):
        if request == 6 and kind & 0x60 == 0:
            return self._descriptor(value >> 8, value & 0xFF)
        if (kind, request) == (0x00, 9):
            self.configured += [value] if value else []
            return 0
        if kind & 0x80 == 0:  # whatever else the host sets is fine
            return length
        answers = {(0x80, 0): b"\1\0", (0x81, 0): b"\0\0", (0x82, 0): b"\0\0", (0x80, 8): b"\1",
                   (0x81, 10): b"\0", (0xA1, 0xFE): b"\0", (0xA1, 1): bytes(8)}
        return answers.get((kind, request), STALL)

    def _descriptor(self, kind, index):
        self.descriptors_read += 1
        self._shift_shape()
        if kind == STRING:
            self.is_seen |= index == 3
            return self.strings.get(index, STALL)
        if kind == HID_REPORT:
            return Typist.REPORT
        values = self.descriptors.get(kind, [])
        return values[index] if index < len(values) else STALL

    def _shift_shape(self):
        if self.later and self._is_time_to_shift():
            self.descriptors.update({kind: [data] for kind, data in self.later.items()})
            self.later = {}
        self._last_read = time.monotonic()

    def _is_time_to_shift(self):
        """Enumeration is over after a second of quiet; whoever asks then has made up his mind."""
        if self.sign:
            return os.path.exists(self.sign)
        return self._last_read is not None and time.monotonic() - self._last_read > 1
