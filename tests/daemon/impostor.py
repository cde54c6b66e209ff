# SPDX-License-Identifier: GPL-3.0-or-later
"""A caller that no honest program is: connects to the bus as one process, and calls Learn when that
process has ended ("handed-over") or runs as another account ("changed"). Prints the name of the
error it gets, or "answered"."""

import os
import socket
import struct
import sys
import time


def pad(data, to):
    return data + b"\0" * (-len(data) % to)


def text(value):
    raw = value.encode()
    return struct.pack("<I", len(raw)) + raw + b"\0"


def method_call(serial, destination, path, interface, member):
    """A method call without arguments, by the D-Bus specification's "Message Format"."""
    fields = b""
    for code, kind, value in ((1, b"o", path), (2, b"s", interface), (3, b"s", member),
                              (6, b"s", destination)):
        fields = pad(fields, 8) + struct.pack("<B", code) + b"\1" + kind + b"\0" + text(value)
    head = b"l\1\0\1" + struct.pack("<II", 0, serial) + struct.pack("<I", len(fields))
    return pad(head + fields, 8)


def read_message(connection):
    """The type, and the whole message: error names stand in it as they are."""
    def take(n):
        data = b""
        while len(data) < n:
            data += connection.recv(n - len(data)) or sys.exit("disconnected")
        return data
    head = take(16)
    body, _, fields = struct.unpack("<III", head[4:16])
    return head[1], head + take(fields + -fields % 8 + body)


def reply_to(connection):
    while True:
        kind, message = read_message(connection)
        if kind in (2, 3):
            return kind, message


def connect():
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(os.environ["DBUS_SYSTEM_BUS_ADDRESS"].removeprefix("unix:path="))
    connection.sendall(b"\0AUTH EXTERNAL " + str(os.geteuid()).encode().hex().encode() + b"\r\n")
    if not connection.recv(256).startswith(b"OK"):
        sys.exit("not authenticated")
    connection.sendall(b"BEGIN\r\n")
    bus = "org.freedesktop.DBus"
    connection.sendall(method_call(1, bus, "/org/freedesktop/DBus", bus, "Hello"))
    reply_to(connection)
    return connection


def learn(connection):
    connection.sendall(method_call(2, "org.sekisho.Agent1", "/org/sekisho/Agent1",
                                   "org.sekisho.Agent1", "Learn"))
    kind, message = reply_to(connection)
    print("AccessDenied" if b"Error.AccessDenied" in message else
          "answered" if kind == 2 else message, flush=True)


def hand_over():
    """A connection whose process is gone, in a process that is not: a child connects, leaves the
    connection to a child of its own, and ends."""
    child = os.fork()
    if child != 0:
        os.waitpid(child, 0)
        sys.exit()
    connection, parent = connect(), os.getpid()
    if os.fork() != 0:
        os._exit(0)
    while os.path.exists(f"/proc/{parent}"):
        time.sleep(0.01)
    return connection


def main():
    connection = hand_over() if sys.argv[1] == "handed-over" else connect()
    if sys.argv[1] == "changed":
        os.setresuid(2, 2, 2)
    learn(connection)


main()
