# SPDX-License-Identifier: GPL-3.0-or-later
"""The host's end of the in-guest agent: requests out, replies matched to them by number."""

import json
import threading
import time

import qmp


class LinkLost(ConnectionError):
    """QEMU is gone, and the agent with it."""


class AgentLink:
    def __init__(self, path, timeout=20):
        self._socket = qmp.connect(path, timeout)
        self._changed = threading.Condition()
        self._replies = {}
        self._hellos = []
        self._last_id = 0
        self.lost = False
        threading.Thread(target=self._read, daemon=True).start()

    def close(self):
        self._socket.close()

    def wait_hello(self, timeout):
        """Waits until an agent says it is there (again): returns the boot id, or None."""
        with self._changed:
            self._changed.wait_for(lambda: self._hellos or self.lost, timeout)
            return self._hellos.pop(0) if self._hellos else None

    def request(self, operation, reply_timeout, /, **fields):
        """Sends one request and waits for its reply; TimeoutError when none comes."""
        with self._changed:
            self._last_id += 1
            number = self._last_id
            self._send(dict(fields, id=number, op=operation))
            end = time.monotonic() + reply_timeout
            while number not in self._replies:
                if self.lost:
                    raise LinkLost("the guest's agent is gone")
                if not self._changed.wait(end - time.monotonic()) and time.monotonic() >= end:
                    raise TimeoutError(f"no reply from the agent within {reply_timeout:.0f} s")
            reply = self._replies.pop(number)
        if "error" in reply:
            raise RuntimeError(f"agent: {operation}: {reply['error']}")
        return reply

    def _send(self, message):
        try:
            self._socket.sendall(json.dumps(message).encode("ascii") + b"\n")
        except OSError as error:
            raise LinkLost(str(error)) from error

    def _read(self):
        with self._socket.makefile("rb") as stream:
            try:
                for line in stream:
                    self._take(json.loads(line))
            except (OSError, ValueError):
                pass  # a power cut can end a line anywhere
        with self._changed:
            self.lost = True
            self._changed.notify_all()

    def _take(self, message):
        with self._changed:
            if "hello" in message:
                self._hellos.append(message["hello"])
            else:
                self._replies[message["id"]] = message
            self._changed.notify_all()
