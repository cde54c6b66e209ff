# SPDX-License-Identifier: GPL-3.0-or-later
"""QEMU's control socket (QMP): commands, and the events between them. Every wait has an end."""

import json
import socket
import threading
import time

from patience import patience


class QmpError(RuntimeError):
    """QEMU refused a command."""


class Qmp:
    def __init__(self, path, timeout=20):
        self._socket = connect(path, timeout)
        self._rest = b""
        self._events = []
        self._lock = threading.RLock()
        self._receive(time.monotonic() + timeout)  # the greeting
        self.execute("qmp_capabilities")

    def close(self):
        self._socket.close()

    def execute(self, command, arguments=None, timeout=20):
        """Runs one command and returns its result."""
        request = {"execute": command, "arguments": arguments or {}}
        with self._lock:
            end = time.monotonic() + patience(timeout)
            self._socket.settimeout(patience(timeout))
            self._socket.sendall(json.dumps(request).encode())
            while True:
                message = self._receive(end)
                if "return" in message:
                    return message["return"]
                if "error" in message:
                    raise QmpError(f"{command}: {message['error']['desc']}")

    def wait_event(self, name, timeout=20, **data):
        """Waits for an event (also one that already came) whose data has these values."""
        end = time.monotonic() + patience(timeout)
        with self._lock:
            while True:
                for event in self._events:
                    if event["event"] == name and data.items() <= event.get("data", {}).items():
                        self._events.remove(event)
                        return event
                self._receive(end)

    def _receive(self, end):
        """The next message; an event is also put aside for wait_event()."""
        while b"\n" not in self._rest:
            self._socket.settimeout(max(0.01, end - time.monotonic()))
            data = self._socket.recv(1 << 16)
            if not data:
                raise ConnectionError("QEMU closed its control socket")
            self._rest += data
        line, self._rest = self._rest.split(b"\n", 1)
        message = json.loads(line)
        if "event" in message:
            self._events = self._events[-200:] + [message]
        return message


def connect(path, timeout):
    """Connects to a UNIX socket that the other side may not have made yet."""
    end = time.monotonic() + timeout
    while True:
        sock = socket.socket(socket.AF_UNIX)
        try:
            sock.connect(str(path))
            return sock
        except (FileNotFoundError, ConnectionRefusedError):
            sock.close()
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
