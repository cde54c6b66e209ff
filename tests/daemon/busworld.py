# SPDX-License-Identifier: GPL-3.0-or-later
"""A private system bus for one test: dbus-daemon with the shipped policy, a stand-in agent, a
stand-in polkit, and callers of any uid and audit login."""

import json
import os
import pwd
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

SOURCE = Path(os.environ["SOURCE_DIR"])
# Two persons: a system bus takes nobody who has no account, and these every Debian has.
TANAKA, SATO = pwd.getpwnam("nobody").pw_uid, pwd.getpwnam("daemon").pw_uid
NO_LOGIN = 0xFFFFFFFF  # the kernel's "nobody has logged in"
PATIENCE = 90  # seconds until a wait is a failure; sanitizers are slow
SANITIZER = 99  # exit status of a program that a sanitizer stopped

CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={folder}/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus"/>
    <allow send_destination="org.freedesktop.PolicyKit1"/>
    <allow send_destination="org.freedesktop.login1"/>
    <allow send_destination="org.freedesktop.systemd1"/>
  </policy>
  <policy user="root"><allow own="org.freedesktop.PolicyKit1"/></policy>
  <policy user="root"><allow own="org.freedesktop.login1"/></policy>
  <policy user="root"><allow own="org.freedesktop.systemd1"/></policy>
  <include>{source}/policy/dbus/org.sekisho.Agent1.conf</include>
</busconfig>
"""


class Program:
    """A running program. What it wrote to stdout before something else happened can be read
    afterwards: no thread stands between the pipe and the test."""

    def __init__(self, command, environment, **options):
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, **options)
        self.rest = b""
        self.unread = []

    def _read(self, seconds):
        """Takes what is in the pipe, waiting for it at most so long; False: nothing came."""
        pipe = self.process.stdout
        if not select.select([pipe], [], [], seconds)[0]:
            return False
        data = os.read(pipe.fileno(), 65536)
        *lines, self.rest = (self.rest + data).split(b"\n")
        self.unread += [line.decode() for line in lines]
        return bool(data)

    def line(self):
        """The next line; fails if none comes."""
        until = time.monotonic() + PATIENCE
        while not self.unread:
            assert time.monotonic() < until and self._read(1) | (self.process.poll() is None)
        return self.unread.pop(0)

    def lines(self):
        """Those that are there now."""
        while self._read(0):
            pass
        found, self.unread = self.unread, []
        return found

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        until = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < until:
            if not self._read(0.1):  # it may want to write before it can end
                time.sleep(0.02)
        ended = self.process.poll() is not None
        self.process.kill()
        self.process.stdout.close()
        if self.process.stdin:
            self.process.stdin.close()
        assert ended, f"{self.process.args[0]} does not end"
        return self.process.wait()


def become(uid, login, groups=()):
    """For preexec_fn: the login first, while root may still set it."""
    def change():
        Path("/proc/self/loginuid").write_text(str(login), encoding="ascii")
        if uid != 0:
            os.setgroups(groups)
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
    return change


def can_set_login():
    """None, or why this machine can't play several persons."""
    if os.geteuid() != 0:
        return "needs root"
    trial = subprocess.run(["true"], preexec_fn=_try_logins, check=False)
    return None if trial.returncode == 0 else "the kernel does not let root set the audit login"


def main():
    """Runs the tests of the file that calls this, where several persons can be played."""
    why_not = can_set_login()
    if why_not:
        print(f"skipped: {why_not}")
        sys.exit(77)
    unittest.main(verbosity=2)


def _try_logins():
    try:
        become(0, 1000)()
        become(0, NO_LOGIN)()
    except OSError:
        os._exit(1)


class World:
    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="sekisho-bus-"))
        self.folder.chmod(0o755)
        # Beside the build, where another uid may not be able to look.
        self.sekisho_path = shutil.copy(os.environ["SEKISHO"], self.folder / "sekisho")
        self.environment = {
            "PATH": os.environ["PATH"],
            "LC_ALL": "C.UTF-8",
            "TZ": "Asia/Tokyo",
            "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self.folder}/bus",
            "ASAN_OPTIONS": f"exitcode={SANITIZER}",
            "LSAN_OPTIONS": f"exitcode={SANITIZER}",
            "UBSAN_OPTIONS": f"exitcode={SANITIZER}",
            "TSAN_OPTIONS": f"exitcode={SANITIZER}",
        }
        self.log = self.folder / "bus.log"
        self.programs = []
        self.may_be_rejected = False  # what the bus itself stops is a finding, unless a test asks for it
        self.bus = self.agent = self.polkit = None

    def close(self):
        ended = [(p.process.args[0], p.stop()) for p in reversed(self.programs)]
        log = self.log.read_text(encoding="utf-8") if self.log.exists() else ""
        shutil.rmtree(self.folder)
        # Findings also if the test itself did not notice.
        assert not {SANITIZER, -signal.SIGABRT} & {status for _, status in ended}, ended
        assert self.may_be_rejected or "Rejected send message" not in log, log

    def _start(self, *command, **options):
        program = Program([str(c) for c in command], self.environment, **options)
        self.programs.append(program)
        return program

    def start_bus(self):
        config = self.folder / "bus.conf"
        config.write_text(CONFIG.format(folder=self.folder, source=SOURCE), encoding="utf-8")
        with self.log.open("wb") as log:
            self.bus = self._start("dbus-daemon", f"--config-file={config}", "--nofork",
                                   "--print-address", stderr=log)
        self.bus.line()

    def start_agent(self, *arguments):
        self.agent = self._start(os.environ["FAKE_AGENT"], *arguments)
        assert self.agent.line() == "ready"

    def start_polkit(self, answer):
        self.polkit = self._start(os.environ["FAKE_POLKIT"], answer)
        assert self.polkit.line() == "ready"

    def run(self, *command, uid=0, login=1000, groups=(), **options):
        return subprocess.run([str(c) for c in command], env=self.environment, text=True,
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=PATIENCE,
                              preexec_fn=become(uid, login, groups), check=False, **options)

    def sekisho(self, *arguments, **options):
        return self.run(self.sekisho_path, *arguments, **options)

    def start_sekisho(self, *arguments, uid=0, login=1000, groups=()):
        """Left running."""
        return self._start(self.sekisho_path, *arguments, stdin=subprocess.DEVNULL,
                           stderr=subprocess.STDOUT,
                           preexec_fn=become(uid, login, groups))

    def start_program(self, *command, uid=0, login=1000, groups=(), **options):
        """Left running."""
        return self._start(*command, preexec_fn=become(uid, login, groups), **options)

    def call(self, method, *arguments, **options):
        """A call that the command line would not make."""
        return self.run("busctl", "--system", "call", "org.sekisho.Agent1", "/org/sekisho/Agent1",
                        "org.sekisho.Agent1", method, *arguments, **options)

    def changes(self):
        """What has reached the agent."""
        return [json.loads(line) for line in self.agent.lines()]
