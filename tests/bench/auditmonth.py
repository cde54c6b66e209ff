# SPDX-License-Identifier: GPL-3.0-or-later
"""A month of auditd's log as an office makes it: real records (tests/unit/watch/audit/corpus), multiplied.

Six persons work on 20,000 files with a handful of programs: documents are opened (an office program
opens what it reads three times), saved by renaming, searched through, copied, deleted, renamed, and
sometimes refused. Time runs evenly from the month's first day to two hours ago. The same seed gives the same
log. What was done is counted here, from the operations, never from what sekisho makes of them.
"""

import collections
import dataclasses
import itertools
import pwd
import random
import time

READ, WRITTEN, CREATED, DELETED, RENAMED, CHANGED = (
    f"file.{verb}" for verb in ("read", "written", "created", "deleted", "renamed", "changed"))
FILES = 20_000
FOLDERS = 400
APART = 60.0  # seconds between what is done to one file by different acts: no two saves run into one
PERSONS = ("daemon", "bin", "sys", "games", "man", "mail")  # on every Debian, so that names are looked up
EXES = {"soffice.bin": "/usr/lib/libreoffice/program/soffice.bin", "evince": "/usr/bin/evince",
        "thunar": "/usr/bin/thunar", "grep": "/usr/bin/grep", "cp": "/usr/bin/cp", "rm": "/usr/bin/rm",
        "mv": "/usr/bin/mv", "chmod": "/usr/bin/chmod", "cat": "/usr/bin/cat"}
CALLS = {"openat": 257, "unlinkat": 263, "renameat2": 316, "fchmodat": 268}
NO_CAPABILITIES = "cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0"


def quoted(text):
    """As audit_log_untrustedstring() writes it."""
    data = text.encode()
    return data.hex().upper() if any(b < 0x21 or b > 0x7e or b == 0x22 for b in data) else f'"{text}"'


@dataclasses.dataclass
class Person:
    name: str
    uid: int
    session: int = 3


class Month:
    """`events` gives the log, one event's lines at a time."""

    def __init__(self, number, now=None, seed=1):
        self.number, self.random = number, random.Random(seed)
        self.now = now or time.time()
        day = time.localtime(self.now)
        self.begin = time.mktime((day.tm_year, day.tm_mon, 1, 0, 0, 0, 0, 0, -1)) + 60
        self.end = self.now - 7200
        self.serial, self.pid, self.given = 1000, 2000, 0
        self.clock = self.begin
        self.persons = [Person(name, pwd.getpwnam(name).pw_uid) for name in PERSONS]
        self.files = [self._name(i) for i in range(FILES)]
        self.gone = []  # deleted names, which copies take again
        self.touched = {}
        self.done = collections.Counter()  # (kind, path) → how often
        self.acts = ((35, self._open_document), (10, self._save), (20, self._search), (12, self._view),
                     (8, self._copy), (7, self._delete), (4, self._rename), (2, self._change), (2, self._refused))

    def _name(self, number):
        """Three of ten have a Japanese name, which the kernel writes in hexadecimal."""
        word = "住民票" if number % 10 < 3 else "resident-list"
        return f"/srv/juki/{number % FOLDERS:03}/{word}-{number:05}.ods"

    # ---- Records -------------------------------------------------------------------------------

    def _event(self, person, program, call, items, **fields):
        """The lines of one call. `items` are (name, nametype, inode)."""
        self.serial += 1
        self.given += 1
        self.clock += self.random.uniform(0.001, 0.4)
        stamp = f"audit({int(self.clock)}.{int(self.clock * 1000) % 1000:03}:{self.serial})"
        u, name = person.uid, person.name
        call = {"success": "yes", "exit": "0", "a0": "ffffff9c", "a1": "7fffffffef42", "a2": "0", "a3": "0",
                "number": CALLS[call], "call": call, **fields}
        lines = [
            f"type=SYSCALL msg={stamp}: arch=c000003e syscall={call['number']} success={call['success']} "
            f"exit={call['exit']} a0={call['a0']} a1={call['a1']} a2={call['a2']} a3={call['a3']} "
            f"items={len(items)} ppid=441 pid={self.pid} auid={u} uid={u} gid={u} euid={u} suid={u} fsuid={u} "
            f"egid={u} sgid={u} fsgid={u} tty=(none) ses={person.session} comm=\"{program}\" "
            f"exe=\"{EXES[program]}\" subj=unconfined key=\"sekisho-files\"\x1dARCH=x86_64 SYSCALL={call['call']} "
            f"AUID=\"{name}\" UID=\"{name}\" GID=\"{name}\" EUID=\"{name}\" SUID=\"{name}\" FSUID=\"{name}\" "
            f"EGID=\"{name}\" SGID=\"{name}\" FSGID=\"{name}\"",
            f"type=CWD msg={stamp}: cwd=\"/srv/juki\""]
        lines += [
            f"type=PATH msg={stamp}: item={i} name={quoted(item)} inode={inode} dev=fe:00 "
            f"mode={'040777' if kind == 'PARENT' else '0100644'} ouid={u} ogid=0 rdev=00:00 nametype={kind} "
            f"{NO_CAPABILITIES}\x1dOUID=\"{name}\" OGID=\"root\"" for i, (item, kind, inode) in enumerate(items)]
        lines.append(f"type=PROCTITLE msg={stamp}: proctitle={program.encode().hex().upper()}00"
                     f"{items[-1][0].encode().hex().upper()}")
        return "".join(line + "\n" for line in lines)

    @staticmethod
    def _item(path, kind="NORMAL"):
        return (path, kind, 65552 + hash_of(path))

    def _parent(self, path):
        return self._item(path.rpartition("/")[0], "PARENT")

    def _read(self, person, program, path):
        self.done[READ, path] += 1
        return self._event(person, program, "openat", [self._item(path)], exit="3")

    def _create(self, person, program, path):
        return self._event(person, program, "openat", [self._parent(path), self._item(path, "CREATE")],
                           exit="4", a2="241", a3="1b6")

    # ---- What people do: each gives the events of a moment ------------------------------------------

    def _pick(self):
        """A file that nobody has touched for a while; a fifth of them is what is worked on."""
        while True:
            number = self.random.randrange(len(self.files) // 5 if self.random.random() < 0.7 else len(self.files))
            path = self.files[number]
            if self.clock - self.touched.get(path, 0) > APART:
                self.touched[path] = self.clock
                return number, path

    def _open_document(self, person):
        _, path = self._pick()
        for _ in range(3):
            yield self._read(person, "soffice.bin", path)

    def _view(self, person):
        yield self._read(person, self.random.choice(("evince", "thunar", "cat")), self._pick()[1])

    def _search(self, person):
        for _ in range(8):
            yield self._read(person, "grep", self._pick()[1])

    def _save(self, person):
        """As LibreOffice does: a new file beside the old one, then in its place."""
        _, path = self._pick()
        new = f"{path.rpartition('/')[0]}/lu{self.pid}.tmp"
        self.done[CREATED, new] += 1
        yield self._create(person, "soffice.bin", new)
        self.done[WRITTEN, path] += 1
        yield self._event(person, "soffice.bin", "renameat2",
                          [self._parent(path), self._parent(path), self._item(new, "DELETE"),
                           self._item(path, "DELETE"), self._item(path, "CREATE")])

    # No hyphen before another number: twelve digits with hyphens between them may be a My Number.
    def _copy(self, person):
        _, path = self._pick()
        yield self._read(person, "cp", path)
        if self.gone and self.clock - self.touched[self.gone[0]] > APART:
            copy = self.gone.pop(0)
        else:
            copy = f"{path[:-4]}_{self.serial}.ods"
        self.files.append(copy)
        self.touched[copy] = self.clock
        self.done[CREATED, copy] += 1
        yield self._create(person, "cp", copy)

    def _delete(self, person):
        number, path = self._pick()
        self.files[number] = self.files[-1]
        self.files.pop()
        self.gone.append(path)
        self.done[DELETED, path] += 1
        yield self._event(person, "rm", "unlinkat", [self._parent(path), self._item(path, "DELETE")])

    def _rename(self, person):
        number, path = self._pick()
        new = f"{path[:-4]}_r{self.serial % 1000}.ods"
        self.files[number] = new
        self.touched[new] = self.clock
        self.done[RENAMED, path] += 1
        yield self._event(person, "mv", "renameat2",
                          [self._parent(path), self._parent(path), self._item(path, "DELETE"),
                           self._item(new, "CREATE")])

    def _change(self, person):
        path = self._pick()[1]
        self.done[CHANGED, path] += 1
        yield self._event(person, "chmod", "fchmodat", [self._item(path)], a2="1b0")

    def _refused(self, person):
        path = self._pick()[1]
        self.done[READ, path] += 1
        yield self._event(person, "cat", "openat", [self._item(path)], success="no", exit="-13")

    # ---- The log ---------------------------------------------------------------------------------

    def _choose(self):
        return self.random.choices([act for _, act in self.acts], [weight for weight, _ in self.acts])[0]

    def _work(self):
        while self.given < self.number:
            # What is left of the month is shared by what is left to do, less what acts take themselves.
            left = (self.end - self.clock) / (self.number - self.given) - 0.21
            self.clock += self.random.expovariate(1 / (3 * left)) if left > 0 else 0
            person = self.random.choice(self.persons)
            self.pid += 1
            yield from self._choose()(person)

    def _logins(self):
        """All come in the morning, and nobody goes."""
        for number, person in enumerate(self.persons):
            self.serial += 1
            self.clock += 1
            person.session = number + 3
            yield (f"type=USER_START msg=audit({int(self.clock)}.000:{self.serial}): pid={1000 + number} uid=0 "
                   f"auid={person.uid} ses={person.session} subj=unconfined msg='op=PAM:session_open "
                   "grantors=pam_selinux,pam_loginuid,pam_keyinit,pam_permit,pam_unix,pam_systemd,pam_mail,pam_limits,"
                   f"pam_env,pam_env,pam_selinux acct=\"{person.name}\" exe=\"/usr/sbin/lightdm\" hostname=? addr=? "
                   f"terminal=:0 res=success'\x1dUID=\"root\" AUID=\"{person.name}\"\n")

    def live(self, path, seconds, pause):
        """Goes on as it happens: seconds of work, with so many between one act and the next on average. Returns
        the bytes and the events that were written."""
        length, before, until = 0, self.given, time.time() + seconds
        with open(path, "ab", buffering=0) as log:
            while time.time() < until:
                self.clock = time.time()
                self.pid += 1
                for event in self._choose()(self.random.choice(self.persons)):
                    length += log.write(event.encode())
                    time.sleep(max(0.0, self.clock - time.time()))
                time.sleep(self.random.expovariate(1 / pause))
        return length, self.given - before

    def write(self, path):
        """Returns the bytes that were written."""
        length = 0
        with open(path, "ab", buffering=1 << 20) as log:
            for event in itertools.chain(self._logins(), self._work()):
                data = event.encode()
                log.write(data)
                length += len(data)
        return length


def hash_of(path):
    """A file's inode, the same in each run."""
    number = 0
    for byte in path.encode():
        number = (number * 131 + byte) % 1_000_003
    return number
