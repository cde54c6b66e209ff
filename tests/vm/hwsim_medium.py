#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""In the guest: the air between the radios of mac80211_hwsim. The driver hands over each frame that a radio sends, as
to a program that simulates distance and noise; this one passes nothing on and prints each frame as a line: who sent it
and the frame control field (IEEE 802.11, 9.2.4.1), as in "02:00:00:00:00:00 4000" for a probe request."""

import os
import socket
import struct
import sys

GENERIC, CONTROL = 16, 16  # NETLINK_GENERIC, GENL_ID_CTRL
GET_FAMILY, FAMILY_ID, FAMILY_NAME = 3, 1, 2
REGISTER, FRAME = 1, 2  # drivers/net/wireless/virtual/mac80211_hwsim.h
TRANSMITTER, CONTENT = 2, 3


def attributes(data):
    found = {}
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        if length < 4:
            break
        found[kind & 0x3fff] = data[4:length]
        data = data[(length + 3) & ~3:]
    return found


def messages(data):
    while len(data) >= 16:
        length, kind = struct.unpack_from("=IH", data)
        yield kind, data[16:length]
        data = data[(length + 3) & ~3:]


def ask(sock, family, command, payload=b"", version=1):
    body = struct.pack("=BBH", command, version, 0) + payload
    sock.send(struct.pack("=IHHII", 16 + len(body), family, 1 | 4, 1, 0) + body)  # NLM_F_REQUEST | NLM_F_ACK


def find_family(sock, name):
    payload = struct.pack("=HH", 4 + len(name) + 1, FAMILY_NAME) + name + b"\0"
    ask(sock, CONTROL, GET_FAMILY, payload + bytes(-len(payload) % 4))
    for kind, body in messages(sock.recv(65536)):
        if kind == CONTROL:
            return struct.unpack("=H", attributes(body[4:])[FAMILY_ID])[0]
    sys.exit("mac80211_hwsim is not there")


def main():
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, GENERIC)
    sock.setsockopt(socket.SOL_SOCKET, 33, 1 << 22)  # SO_RCVBUFFORCE
    sock.bind((0, 0))
    family = find_family(sock, b"MAC80211_HWSIM")
    ask(sock, family, REGISTER)
    os.write(1, b"ready\n")
    while True:
        for kind, body in messages(sock.recv(65536)):
            if kind != family or body[0] != FRAME:
                continue
            said = attributes(body[4:])
            os.write(1, f"{said[TRANSMITTER].hex(':')} {said[CONTENT][:2].hex()}\n".encode())


main()
