# SPDX-License-Identifier: GPL-3.0-or-later
"""Who follows auditd: sekisho with its log, laurel as auditd's plugin gets the records (string format, on
standard input). Each is given the same bytes and measured by what the kernel says of its processes."""

import contextlib
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
SOURCE = TESTS.parent
BUILD = SOURCE / "build/release"
PROGRAMS = {"SEKISHO": "sekisho", "SEKISHOD": "sekishod", "AUDIT_READ": "audit-read"}
PATIENCE = 3600
TICK = os.sysconf("SC_CLK_TCK")
LAUREL_CONFIG = Path("/etc/laurel/config.toml")


@dataclass
class Run:
    """What following so many events took."""
    cpu: float  # seconds, user and system, of all its processes
    wall: float
    size: int  # bytes of what it has written


def build():
    """The programs as they are shipped: -O2, LTO, without sanitizers."""
    for command in (["cmake", "--preset", "release"],
                    ["cmake", "--build", BUILD, "--target", *PROGRAMS.values()]):
        done = subprocess.run(command, cwd=SOURCE, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    os.environ.update({name: str(BUILD / program) for name, program in PROGRAMS.items()})
    os.environ["SOURCE_DIR"] = str(SOURCE)


def cpu_of(pid):
    """Seconds of a process and of those it has waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return sum(int(n) for n in fields[11:15]) / TICK


def children_of(pid):
    return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


class Journald:
    """Reads what is sent to the journal, and forgets it: what journald itself would use is not counted."""

    def __init__(self, root):
        path = root / "run/systemd/journal/socket"
        path.parent.mkdir(parents=True, exist_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.bind(str(path))
            self.pid = os.fork()
            if self.pid == 0:
                while True:
                    end.recv(1 << 20)

    def stop(self):
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)


class Sekisho:
    """The real sekishod on a made-up machine, which finds the whole log unread at its start."""

    def __init__(self):
        sys.path.insert(0, str(TESTS / "daemon"))
        from machine import Machine  # it reads the environment

        self.machine = Machine()
        programs = self.machine.root / "usr/libexec/sekisho"
        programs.mkdir(parents=True, exist_ok=True)
        shutil.copy(os.environ["AUDIT_READ"], programs)
        self.log = self.machine.root / "var/log/audit/audit.log"
        self.log.parent.mkdir(parents=True, mode=0o750, exist_ok=True)
        self.log.touch(mode=0o600)
        self.journald = Journald(self.machine.root)
        self.machine.start_bus()

    def close(self):
        self.journald.stop()
        self.machine.close()

    @contextlib.contextmanager
    def ledger(self):
        path, = (self.machine.state / "ledger").glob("????-??.db")
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            yield db
        finally:
            db.close()

    def _wait(self, condition, what, every=0.1):
        until = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > until or self.machine.agent.process.poll() is not None:
                raise RuntimeError(f"sekishod: {what}")
            time.sleep(every)

    def _offset(self):
        """How far the newest checkpoint is."""
        with self.ledger() as db:
            row = db.execute("SELECT json_extract(details, '$.p[0]') FROM events WHERE seq = (SELECT max(seq) FROM "
                             "event WHERE kind = (SELECT id FROM text WHERE value = 'trail.read'))").fetchone()
        return row[0] if row else None

    def _begin(self):
        """A first checkpoint, before which sekisho promises nothing."""
        self.machine.start()
        self._wait(lambda: self._offset() is not None, "no first checkpoint")
        self.machine.agent.stop()

    def _cpu(self):
        pid = self.machine.agent.process.pid
        return cpu_of(pid) + sum(cpu_of(child) for child in children_of(pid))

    def follow(self, log, size, done, profile=()):
        """`log` becomes auditd's log; read to its end. `done` is what has to be in the ledger then."""
        self._begin()
        with log.open("rb") as source, self.log.open("ab") as target:
            shutil.copyfileobj(source, target, 1 << 20)
        self.machine.wrapper = profile
        self.machine.start()
        before, began = self._cpu(), time.monotonic()
        self._wait(lambda: (self._offset() or 0) >= size, "does not come to the end of the log")
        run = Run(self._cpu() - before, time.monotonic() - began, 0)
        self.reader_cpu = sum(cpu_of(child) for child in children_of(self.machine.agent.process.pid))
        self._await_repeats(done)
        self.machine.agent.stop()
        run.size = sum(path.stat().st_size for path in (self.machine.state / "ledger").glob("*.db*"))
        return run

    def _await_repeats(self, done, patience=30):
        """The last repeats are told when nothing has come for a while."""
        until = time.monotonic() + patience
        while (found := self.recorded()) != done and time.monotonic() < until:
            time.sleep(1)
        self.missing, self.too_often = done - found, found - done

    def recorded(self):
        """How often each access happened, as the rows say it."""
        found = Counter()
        with self.ledger() as db:
            for kind, path, count in db.execute(
                    "SELECT kind, object, coalesce(json_extract(details, '$.count'), 1) FROM events "
                    "WHERE kind LIKE 'file.%'"):
                found[kind, path] += count
        return found

    def follow_live(self, month, seconds, pause):
        """Behind a month that it has read, what happens now: bytes of the ledger's contents, of the log's, events."""
        self.machine.start()
        time.sleep(5)  # rows of the start
        before = self._contents()
        raw, events = month.live(self.log, seconds, pause)
        self._await_repeats(month.done)
        written = self._contents() - before
        self.machine.agent.stop()
        return written, raw, events

    def _contents(self):
        """What rows, texts and index entries take in their pages; pages are full but for the last."""
        with self.ledger() as db:
            return db.execute("SELECT sum(payload + 4 * ncell) FROM dbstat").fetchone()[0]

    def verify(self):
        done = self.machine.sekisho("verify", "--all", "--state", self.machine.state)
        if done.returncode != 0:
            raise RuntimeError(f"sekisho verify: {done.stdout}{done.stderr}")

    def rows(self):
        with self.ledger() as db:
            return db.execute("SELECT count(*) FROM events WHERE kind LIKE 'file.%'").fetchone()[0]


def laurel_config(folder):
    """Debian's, but written to another folder, without a user to become and without an end: all is kept."""
    text = LAUREL_CONFIG.read_text(encoding="utf-8")
    for old, new in ((r'^directory = .*$', f'directory = "{folder}"'), (r'^user = .*$', ''),
                     (r'^size = .*$', 'size = 1000000000000')):
        text, n = re.subn(old, new, text, count=1, flags=re.M)
        if n != 1:
            raise RuntimeError(f"{LAUREL_CONFIG} has no line {old}: it is not Debian's")
    return text


def follow_with_laurel(log, folder):
    """The records on laurel's standard input, from a file: nothing that feeds it is measured with it."""
    folder.mkdir()
    config = folder / "laurel.toml"
    config.write_text(laurel_config(folder), encoding="utf-8")
    began = time.monotonic()
    with log.open("rb") as records:
        laurel = subprocess.Popen(["laurel", "--config", config], stdin=records, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE)
        said = laurel.stderr.read()
        _, status, usage = os.wait4(laurel.pid, 0)
    laurel.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - began
    written = folder / "audit.log"
    if laurel.returncode != 0 or not written.exists():
        raise RuntimeError(f"laurel: status {laurel.returncode}: {said.decode(errors='replace')[-500:]}")
    return Run(usage.ru_utime + usage.ru_stime, wall, written.stat().st_size), written
