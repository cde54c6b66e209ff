# SPDX-License-Identifier: GPL-3.0-or-later
"""auditd's part in a test: writes its log, in the shapes of the kernel's records, and rotates it. What
was written is counted here, from the operations; never from what sekisho makes of it."""

import collections
import os
import time

OPENAT, UNLINKAT = 257, 263  # x86_64
READ, WRITE, DELETE = "file.read", "file.written", "file.deleted"
FLAGS = {READ: 0, WRITE: 0o1001}  # O_WRONLY | O_TRUNC
ENRICHED = ('\x1dARCH=x86_64 SYSCALL=openat AUID="sato" UID="sato" GID="sato" EUID="sato" SUID="sato" '
            'FSUID="sato" EGID="sato" SGID="sato" FSGID="sato"')
ENRICHED_PATH = '\x1dOUID="root" OGID="root"'


def quote(text):
    """As audit_log_untrustedstring() writes it."""
    data = text.encode()
    if any(byte < 0x21 or byte > 0x7e or byte == 0x22 for byte in data):
        return data.hex().upper()
    return f'"{text}"'


class AuditLog:
    def __init__(self, folder, keep=100):
        self.folder = folder
        self.path = folder / "audit.log"
        self.keep = keep
        self.serial = 100
        self.written = collections.Counter()  # (kind, path) → how often
        self.path.touch(mode=0o600)

    def _append(self, text):
        with self.path.open("ab", buffering=0) as log:
            log.write(text.encode())

    def stamp(self):
        self.serial += 1
        now = time.time()
        return f"audit({int(now)}.{int(now * 1000) % 1000:03}:{self.serial})"

    def records(self, kind, path, enriched=False, **fields):
        """The lines of one access."""
        stamp = self.stamp()
        call = {"arch": "c000003e", "syscall": UNLINKAT if kind == DELETE else OPENAT,
                "success": "yes", "exit": 0 if kind == DELETE else 3, "a0": "ffffff9c",
                "a1": "7ffd10", "a2": f"{FLAGS.get(kind, 0):x}", "a3": "0",
                "items": 2 if kind == DELETE else 1, "ppid": 4000, "pid": 4321, "auid": 1000,
                "uid": 1000, "gid": 1000, "euid": 1000, "suid": 1000, "fsuid": 1000, "egid": 1000,
                "sgid": 1000, "fsgid": 1000, "tty": "pts0", "ses": 3, "comm": '"soffice.bin"',
                "exe": '"/usr/lib/libreoffice/program/soffice.bin"', "subj": "unconfined",
                "key": '"sekisho-files"', **fields}
        end = "cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0"
        paths = [(path, "DELETE" if kind == DELETE else "NORMAL", "0100644")]
        if kind == DELETE:
            paths.insert(0, (os.path.dirname(path) + "/", "PARENT", "040755"))
        lines = [f"type=SYSCALL msg={stamp}: " + " ".join(f"{k}={v}" for k, v in call.items()) +
                 (ENRICHED if enriched else ""),
                 f"type=CWD msg={stamp}: cwd={quote('/srv')}"]
        lines += [f"type=PATH msg={stamp}: item={number} name={quote(name)} inode={1000 + number}"
                  f" dev=fd:00 mode={mode} ouid=0 ogid=0 rdev=00:00 nametype={nametype} {end}" +
                  (ENRICHED_PATH if enriched else "")
                  for number, (name, nametype, mode) in enumerate(paths)]
        lines.append(f"type=PROCTITLE msg={stamp}: proctitle=736F6666696365")
        return "".join(line + "\n" for line in lines)

    def access(self, *accesses, enriched=False):
        """Each is (kind, path): written at once, as auditd does after one look at the kernel."""
        self._append("".join(self.records(*access, enriched=enriched) for access in accesses))
        self.written.update(accesses)

    def other(self, size=0):
        """Something that is nobody's file access, of at least so many bytes."""
        text = ""
        while len(text) <= size:
            text += (f"type=SERVICE_START msg={self.stamp()}: pid=1 uid=0 auid=4294967295 "
                     "ses=4294967295 subj=unconfined msg='unit=cron comm=\"systemd\" "
                     "exe=\"/usr/lib/systemd/systemd\" hostname=? addr=? terminal=? res=success'\n")
        self._append(text)

    def rotate(self):
        """As auditd does: the newest is audit.log.1."""
        for number in range(self.keep, 0, -1):
            old = self.path.with_name(f"audit.log.{number}")
            if old.exists():
                old.rename(self.path.with_name(f"audit.log.{number + 1}"))
        self.path.rename(self.path.with_name("audit.log.1"))
        self.path.touch(mode=0o600)

    def truncate(self):
        """As logrotate's copytruncate does, and who is out of room."""
        os.truncate(self.path, 0)
