#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""In the guest: a Bluetooth controller, by the kernel's virtual HCI driver. It answers each command as one that can do
nothing in particular, and prints its opcode as a line: what the host wants of its radio."""

import os
import struct

COMMAND, EVENT, VENDOR = 1, 4, 0xff
COMPLETE, STATUS = 0x0e, 0x0f
# What a host does not go on without: sizes and numbers of buffers, and an address.
RESULTS = {0x1005: struct.pack("<HBHH", 1021, 64, 8, 8), 0x1009: bytes.fromhex("563412005452")}
LATER = (0x0401, 0x0405)  # inquiry, create connection: their end is another event


def answer(opcode):
    if opcode in LATER:
        return struct.pack("<BBBBBH", EVENT, STATUS, 4, 0, 1, opcode)
    result = b"\0" + RESULTS.get(opcode, b"")
    body = struct.pack("<BH", 1, opcode) + result.ljust(252, b"\0")
    return bytes((EVENT, COMPLETE, len(body))) + body


def main():
    host = os.open("/dev/vhci", os.O_RDWR)
    os.write(host, bytes((VENDOR, 0)))
    os.write(1, b"ready\n")
    while True:
        packet = os.read(host, 4096)
        if packet[0] == COMMAND:
            opcode = struct.unpack_from("<H", packet, 1)[0]
            os.write(1, f"{opcode:04x}\n".encode())
            os.write(host, answer(opcode))
        elif packet[0] != VENDOR:
            os.write(1, f"data {packet[:8].hex()}\n".encode())


main()
