# SPDX-License-Identifier: GPL-3.0-or-later
"""A caller that speaks to the bus by its own hand, so that it can say what no library lets it say.

    calls           reads lines of JSON, [MEMBER, SIGNATURE, [ARGUMENT, …]] or [INTERFACE.MEMBER, …], calls each and
                    prints "ok" or the error's name
    flood SECONDS   calls and never reads an answer; prints how often
    garbage SEED N  N connections on each of which something stands that is no message, or half of one
"""

import json
import os
import random
import socket
import struct
import sys
import time

AGENT, PATH = "org.sekisho.Agent1", "/org/sekisho/Agent1"
BUS = "org.freedesktop.DBus"
ALIGN = {"y": 1, "g": 1, "v": 1, "n": 2, "q": 2, "b": 4, "i": 4, "u": 4, "s": 4, "o": 4, "a": 4, "x": 8, "t": 8, "d": 8, "(": 8,
         "{": 8}
FIXED = {"y": "<B", "b": "<I", "i": "<i", "u": "<I", "x": "<q", "t": "<Q", "d": "<d", "n": "<h", "q": "<H"}


def first_type(signature):
    """The first complete type, and the rest."""
    if signature[0] == "a":
        inner, rest = first_type(signature[1:])
        return "a" + inner, rest
    if signature[0] in "({":
        depth = 0
        for i, letter in enumerate(signature):
            depth += (letter in "({") - (letter in ")}")
            if depth == 0:
                return signature[:i + 1], signature[i + 1:]
    return signature[0], signature[1:]


def marshal(signature, values, out):
    """Appends; a variant is [SIGNATURE, VALUE], a dictionary a list of pairs."""
    while signature:
        kind, signature = first_type(signature)
        value, *values = values
        out += b"\0" * (-len(out) % ALIGN[kind[0]])
        if kind in FIXED:
            out += struct.pack(FIXED[kind], value)
        elif kind in "so":
            raw = value.encode("utf-8", "surrogateescape")
            out += struct.pack("<I", len(raw)) + raw + b"\0"
        elif kind == "g":
            out += bytes([len(value)]) + value.encode() + b"\0"
        elif kind == "v":
            marshal("g", [value[0]], out)
            marshal(value[0], [value[1]], out)
        elif kind[0] == "a":
            at = len(out)
            out += b"\0\0\0\0" + b"\0" * (-(at + 4) % ALIGN[kind[1]])
            begin = len(out)
            for item in value:
                marshal(kind[1:], [item], out)
            out[at:at + 4] = struct.pack("<I", len(out) - begin)
        else:
            marshal(kind[1:-1], list(value), out)
    return out


def message(serial, destination, path, interface, member, signature="", arguments=()):
    body = marshal(signature, list(arguments), bytearray())
    fields = [(1, ["o", path]), (2, ["s", interface]), (3, ["s", member]), (6, ["s", destination])]
    if signature:
        fields.append((8, ["g", signature]))
    head = bytearray(b"l\1\0\1") + struct.pack("<II", len(body), serial)
    marshal("a(yv)", [fields], head)
    return bytes(head + b"\0" * (-len(head) % 8) + body)


class Connection:
    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(os.environ["DBUS_SYSTEM_BUS_ADDRESS"].removeprefix("unix:path="))
        self.socket.sendall(b"\0AUTH EXTERNAL " + str(os.geteuid()).encode().hex().encode() + b"\r\n")
        if not self.socket.recv(256).startswith(b"OK"):
            sys.exit("not authenticated")
        self.socket.sendall(b"BEGIN\r\n")
        self.serial = 0
        self.call("Hello", destination=BUS, path="/org/freedesktop/DBus", interface=BUS)

    def take(self, n):
        data = b""
        while len(data) < n:
            more = self.socket.recv(min(n - len(data), 1 << 20))
            if not more:
                raise ConnectionError
            data += more
        return data

    def send(self, member, signature="", arguments=(), destination=AGENT, path=PATH, interface=AGENT):
        self.serial += 1
        self.socket.sendall(message(self.serial, destination, path, interface, member, signature, arguments))
        return self.serial

    def call(self, member, signature="", arguments=(), **where):
        """"ok" or the name of the error."""
        serial = self.send(member, signature, arguments, **where)
        while True:
            head = self.take(16)
            body, _, fields = struct.unpack("<III", head[4:16])
            rest = self.take(fields + -fields % 8 + body)
            if head[1] in (2, 3) and b"\x05\x01u\0" + struct.pack("<I", serial) in rest:
                if head[1] == 2:
                    return "ok"
                at = rest.index(b"\x04\x01s\0") + 4
                return rest[at + 4:at + 4 + struct.unpack("<I", rest[at:at + 4])[0]].decode()


def calls():
    connection = Connection()
    for line in sys.stdin:
        member, signature, arguments = json.loads(line)
        interface, _, member = member.rpartition(".")
        try:
            print(connection.call(member, signature, arguments, interface=interface or AGENT), flush=True)
        except (ConnectionError, BrokenPipeError):
            print("disconnected", flush=True)
            connection = Connection()


def flood(seconds):
    connection, until, n = Connection(), time.monotonic() + seconds, 0
    connection.socket.settimeout(0.2)
    members = (("Status", "", ()), ("ListDevices", "", ()), ("Learn", "", ()), ("Acknowledge", "t", (1,)),
               ("Forget", "s", ("x" * 1000,)), ("BeginErasure", "a{sv}", ([],)))
    while time.monotonic() < until:
        try:
            connection.send(*members[n % len(members)])
            n += 1
        except (OSError, ConnectionError):  # full, or thrown off
            try:
                connection = Connection()
            except (SystemExit, OSError):  # too many
                time.sleep(0.05)
                continue
            connection.socket.settimeout(0.2)
    print(n, flush=True)


def garbage(seed, n):
    random_source = random.Random(seed)
    for i in range(n):
        connection = Connection()
        whole = bytearray(message(2, AGENT, PATH, AGENT, "Forget", "s", ("0951:1666",)))
        if i % 3 == 0:
            whole = random_source.randbytes(random_source.randrange(1, 4096))
        elif i % 3 == 1:
            for _ in range(random_source.randrange(1, 6)):
                whole[random_source.randrange(len(whole))] = random_source.randrange(256)
        else:
            whole = whole[:random_source.randrange(1, len(whole))]
        try:
            connection.socket.sendall(whole)
            connection.socket.close()
        except OSError:
            pass
    print(n, flush=True)


if __name__ == "__main__":
    uid = int(os.environ["HOSTILE_UID"])  # this interpreter may lie where only root can start it
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    {"calls": calls, "flood": lambda: flood(float(sys.argv[2])),
     "garbage": lambda: garbage(int(sys.argv[2]), int(sys.argv[3]))}[sys.argv[1]]()
