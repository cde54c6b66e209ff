# SPDX-License-Identifier: GPL-3.0-or-later
"""What a test says to a running guest: commands, files, and how long to wait for something."""

import base64
import dataclasses
import json
import os
import signal
import time
from pathlib import Path

from agentlink import LinkLost
from patience import Deadline, patience

CHUNK = 1 << 18


class GuestError(RuntimeError):
    """Something in or around the guest did not come about; says what, and what the console said."""


class CommandFailed(GuestError):
    """A command in the guest ended with another status than 0; `result` has all of it."""

    def __init__(self, message, result):
        super().__init__(message)
        self.result = result


@dataclasses.dataclass(frozen=True)
class Result:
    status: int
    stdout: bytes
    stderr: bytes

    @property
    def out(self):
        return self.stdout.decode(errors="replace").strip()

    @property
    def err(self):
        return self.stderr.decode(errors="replace").strip()

    @property
    def json(self):
        return json.loads(self.stdout)

    @property
    def ok(self):
        return self.status == 0


class Remote:
    """The part of a guest that goes through the agent in it."""

    _link = None

    def run(self, command, *, timeout=60, user="root", check=True, input=b"", **options):
        """Runs a shell command (a list: without a shell) and returns its Result.

        It has `user`'s audit login uid; loginuid=None gives none, loginuid=1000 another's.
        """
        timeout = patience(timeout)
        reply = self._request("run", timeout + patience(20), timeout=timeout,
                              **_command(command, user, input, options))
        result = _result(reply)
        if reply["timed_out"]:
            raise self._error(f"{command!r} still ran after {timeout:.0f} s; said:\n"
                              f"{result.out[-1000:]}\n{result.err[-1000:]}")
        if check and not result.ok:
            raise CommandFailed(f"{command!r} ended with status {result.status}: "
                                f"{result.err[-2000:] or result.out[-2000:]}", result)
        return result

    def start_job(self, command, *, user="root", input=b"", **options):
        """Starts a command in the background and returns a Job."""
        return Job(self, self._request("start", patience(30), **_command(command, user, input, options))["job"])

    def wait_for(self, what, timeout=30, *, every=0.25, **options):
        """Waits until a command succeeds, or a function returns something true; returns that."""
        deadline = Deadline(timeout)
        wanted = options.pop("label", what)
        while True:
            got = what() if callable(what) else self.run(what, check=False, **options)
            if got.ok if isinstance(got, Result) else got:
                return got
            if deadline.has_passed():
                raise self._error(f"waited {deadline} in vain for {wanted!r}; last: {got!r}")
            time.sleep(every)

    def push(self, source, target, mode=None):
        """Copies a host file (Path) or bytes into the guest; returns `target`."""
        data = source if isinstance(source, bytes) else Path(source).read_bytes()
        if mode is None:
            mode = 0o644 if isinstance(source, bytes) else os.stat(source).st_mode & 0o777
        for offset in range(0, max(1, len(data)), CHUNK):
            self._request("put", patience(60), path=str(target), mode=mode, offset=offset,
                          data=_b64(data[offset:offset + CHUNK]))
        return target

    def pull(self, source):
        """The contents of a guest's file, as bytes; also of one in /sys or /proc."""
        data = b""
        while True:
            piece = _unb64(self._request("get", patience(60), path=str(source), offset=len(data),
                                         length=CHUNK)["data"])
            data += piece
            if not piece:
                return data

    def _request(self, operation, reply_timeout, /, **fields):
        if self._link is None:
            raise self._error(f"agent: {operation}: the power is off")
        try:
            return self._link.request(operation, reply_timeout, **fields)
        except (LinkLost, TimeoutError) as error:
            raise self._error(f"agent: {operation}: {error}") from error

    def _error(self, message):
        """An exception that tells what the guest was doing."""
        raise NotImplementedError


class Job:
    """A command running in the background of a guest."""

    def __init__(self, guest, number):
        self.guest = guest
        self.pid = number

    def poll(self, timeout=0):
        """Result with what it wrote so far; its status is None while it runs."""
        return _result(self.guest._request("poll", timeout + patience(30), job=self.pid, timeout=timeout))

    def wait(self, timeout=60):
        """Waits for its end and returns the Result."""
        timeout = patience(timeout)
        result = self.poll(timeout)
        if result.status is None:
            raise self.guest._error(f"job {self.pid} still runs after {timeout:.0f} s")
        return result

    def kill(self, number=signal.SIGTERM):
        """Signals its whole process group."""
        self.guest._request("signal", patience(30), job=self.pid, signal=int(number))


def _command(command, user, data, options):
    argv = ["/bin/sh", "-c", command] if isinstance(command, str) else [str(w) for w in command]
    return {"argv": argv, "user": user, "input": _b64(data), **options}


def _result(reply):
    return Result(reply["status"], _unb64(reply["out"]), _unb64(reply["err"]))


def _b64(data):
    return base64.b64encode(data).decode("ascii")


def _unb64(text):
    return base64.b64decode(text)
