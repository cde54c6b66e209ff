# SPDX-License-Identifier: GPL-3.0-or-later
"""What a made-up device does once it is let in: a disk (bulk-only SCSI), a keyboard that types."""

import collections
import os
import struct
import time

from vhci import STALL

SECTOR = 512


class Disk:
    """Mass storage as USB-IF's "Bulk-Only Transport" has it. It counts what was taken from it."""

    def __init__(self, path=None, size_mib=8):
        self.fd = os.open(path, os.O_RDWR) if path else None
        self.sectors = (os.fstat(self.fd).st_size if path else size_mib << 20) // SECTOR
        self.to_host = collections.deque()
        self.writing = None  # (where in the file, bytes still to come, tag)
        self.bytes_read = self.bytes_written = self.commands = 0

    def transfer(self, urb):
        if urb.endpoint & 0x80:
            return self._give(urb.length)
        if self.writing:
            self._write(urb.data)
        elif len(urb.data) == 31 and urb.data[:4] == b"USBC":
            self._command(urb.data)
        else:
            return STALL
        return len(urb.data)

    def _give(self, length):
        """The next bytes due to the host, which may ask for one answer in several transfers."""
        if not self.to_host:
            return None
        first = self.to_host.popleft()
        if first is STALL:
            return STALL
        if len(first) > length:
            self.to_host.appendleft(first[length:])
        return first[:length]

    def _command(self, wrapper):
        tag, length, flags = struct.unpack_from("<IIB", wrapper, 4)
        command = wrapper[15:31]
        self.commands += 1
        if command[0] == 0x2A:  # WRITE(10)
            block = struct.unpack_from(">I", command, 2)[0]
            self.writing = (block * SECTOR, length, tag)
            return
        data = self._scsi(command)
        if data is None:
            self.to_host.extend([STALL] if length and flags & 0x80 else [])
            self._status(tag, length, failed=1)
            return
        data = data[:length]
        if length:
            self.to_host.append(data if data or not flags & 0x80 else STALL)
        self._status(tag, length - len(data))

    def _status(self, tag, residue, failed=0):
        self.to_host.append(struct.pack("<4sIIB", b"USBS", tag, residue, failed))

    def _scsi(self, command):
        """What a command yields; None: no such command."""
        code = command[0]
        if code in (0x00, 0x1B, 0x1E, 0x35):  # ready? start/stop, prevent removal, flush
            return b""
        if code == 0x03:  # REQUEST SENSE: illegal request, invalid command
            return bytes([0x70, 0, 5, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0])
        if code == 0x12 and not command[1] & 1:  # INQUIRY
            return bytes([0, 0x80, 4, 2, 31, 0, 0, 0]) + b"Made-up Disk            1.00"
        if code == 0x1A:  # MODE SENSE(6): nothing special, writable
            return bytes([3, 0, 0, 0])
        if code == 0x25:  # READ CAPACITY(10)
            return struct.pack(">II", self.sectors - 1, SECTOR)
        if code == 0x28:  # READ(10)
            block, count = struct.unpack(">xxIxHx", command[:10])
            return self._read(block, count)
        return None

    def _read(self, block, count):
        count = max(0, min(count, self.sectors - block))
        self.bytes_read += count * SECTOR
        if self.fd is not None:
            return os.pread(self.fd, count * SECTOR, block * SECTOR)
        return b"".join((b"SEKISHO-TEST %012d " % (block + i)).ljust(64, b".") * 8 for i in range(count))

    def _write(self, data):
        at, left, tag = self.writing
        if self.fd is not None:
            os.pwrite(self.fd, data, at)
        self.bytes_written += len(data)
        self.writing = (at + len(data), left - len(data), tag)
        if self.writing[1] <= 0:
            self.writing = None
            self._status(tag, 0)


class Typist:
    """A boot keyboard that types a text as soon as anybody listens."""

    REPORT = bytes.fromhex("05010906a101050719e029e71500250175019508810295017508810195067508"
                           "150025650507190029658100c0")
    # In the order of HID's usages from 4 on; the NUL stands for a key that US keyboards lack.
    PLAIN = "abcdefghijklmnopqrstuvwxyz1234567890\n\x1b\b\t -=[]\\\0;'`,./"
    SHIFT = "ABCDEFGHIJKLMNOPQRSTUVWXYZ!@#$%^&*()\n\x1b\b\t _+{}|\0:\"~<>?"

    def __init__(self, text=""):
        self.reports = collections.deque()
        self.reports_sent = 0
        self._heard = None
        for char in text:
            shift = 0 if char in self.PLAIN else 2
            code = (self.SHIFT if shift else self.PLAIN).index(char) + 4
            self.reports.extend([bytes([shift, 0, code, 0, 0, 0, 0, 0]), bytes(8)])

    def transfer(self, urb):
        if not urb.endpoint & 0x80:
            return len(urb.data)
        # Linux throws away what comes within 50 ms of its opening a keyboard.
        self._heard = self._heard or time.monotonic()
        if not self.reports or time.monotonic() < self._heard + 0.5:
            return None
        self.reports_sent += 1
        return self.reports.popleft()
