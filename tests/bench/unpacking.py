# SPDX-License-Identifier: GPL-3.0-or-later
"""Unpacking files in a protected folder, with bare auditd and with sekisho following it.

One guest, one disk, the same audit rules in the kernel and the same auditd for both: what differs is
whether sekishod runs. Pairs, every other one backwards. What is timed is tar, which is what a person
waits for; before each, sekishod has read what there was and everything is on disk.
"""

import io
import tarfile
import time

import image
from guest import Guest
from patience import Deadline, patience
from scenario import SUITE, debian_package

FOLDER = "/srv/juki"
ARCHIVE = "/var/tmp/files.tar"
# Debian keeps 40 MB of log. While sekishod is stopped nobody else holds what auditd rotates away.
ROOMY = ("sed -i -e 's/^max_log_file = .*/max_log_file = 400/' -e 's/^max_log_file_action = .*/"
         "max_log_file_action = KEEP_LOGS/' /etc/audit/auditd.conf && systemctl restart auditd.service")
POLICY = f'files = {{ protected = ( "{FOLDER}" ); }};\n'
RULES = 6  # at least so many a folder
LEDGER = "/var/lib/sekisho/ledger"


def archive(files):
    """So many files of 1 to 8 KiB in folders of 100."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for number in range(files):
            if number % 100 == 0:
                folder = tarfile.TarInfo(f"{number // 100:03}")
                folder.type, folder.mode = tarfile.DIRTYPE, 0o755
                tar.addfile(folder)
            entry = tarfile.TarInfo(f"{number // 100:03}/resident-{number:05}.ods")
            entry.size = 1024 + number * 37 % 7168
            tar.addfile(entry, io.BytesIO(bytes(entry.size)))
    return data.getvalue()


class Unpacking:
    def __init__(self, guest, files, say):
        self.guest, self.files, self.say = guest, files, say
        self.number = 0

    def prepare(self):
        self.guest.run(f"mkdir -p {FOLDER} && chown operator {FOLDER}")
        self.guest.run(ROOMY)
        self.guest.push(POLICY.encode(), "/etc/sekisho/policy.d/bench.conf", 0o644)
        self.guest.run("systemctl reload sekishod.service")
        self.guest.push(archive(self.files), ARCHIVE, 0o644)
        self.guest.wait_for(lambda: self.rules() >= RULES, 60, label="the audit rules")

    def rules(self):
        return self.guest.run("auditctl -l", check=False).out.count(f"dir={FOLDER}")

    def _busy(self):
        """The log's length and the CPU time of all who have to do with it: the same twice is rest. Without a login,
        which would be a record."""
        return self.guest.run("stat -c %s /var/log/audit/audit.log; for p in $(pidof auditd sekishod audit-read); do "
                              "cut -d' ' -f14,15 /proc/$p/stat; done", loginuid=None).out

    def rest(self):
        last, deadline = "", Deadline(600)
        while (now := self._busy()) != last:
            if deadline.has_passed():
                raise RuntimeError("auditd or sekishod does not come to rest")
            last = now
            time.sleep(patience(3))
        self.guest.run("sync", loginuid=None)

    def unpack(self, followed):
        """Seconds."""
        self.guest.run(f"systemctl {'start' if followed else 'stop'} sekishod.service", timeout=300)
        if self.rules() < RULES:
            raise RuntimeError("the audit rules went with sekishod: there is nothing to compare")
        self.rest()
        self.number += 1
        target = f"{FOLDER}/{self.number}"
        script = (f"mkdir {target} && cd {target} && python3 -c 'import subprocess, time; t = time.monotonic(); "
                  f"subprocess.run([\"tar\", \"xf\", \"{ARCHIVE}\"], check=True); print(time.monotonic() - t)'")
        took = float(self.guest.run(script, user="operator", timeout=1800).out)
        self.rest()
        self.guest.run(f"rm -r {target}", loginuid=None, timeout=600)
        return took

    def pair(self, number):
        took = {}
        for followed in (False, True) if number % 2 == 0 else (True, False):
            took[followed] = self.unpack(followed)
        self.say(f"pair {number + 1}: bare auditd {took[False]:.1f} s, sekisho {took[True]:.1f} s")
        return took[False], took[True]

    def recorded(self):
        """Files that the ledger says were created here."""
        self.guest.run("systemctl start sekishod.service", timeout=300)
        self.rest()
        self.guest.run("sleep 5")
        return int(self.guest.run("sekisho log --kind file.created --format json | grep -c 'resident-'",
                                  timeout=900, check=False).out)

    def lost(self):
        return int(self.guest.run("auditctl -s").out.split("lost ")[1].split()[0])


def measure(files, pairs, say):
    debian = image.build(debian_package(), SUITE)
    with Guest(debian, persistent=True) as guest:
        guest.wait_booted()
        unpacking = Unpacking(guest, files, say)
        unpacking.prepare()
        before = unpacking.lost()
        return {"files": files, "pairs": [unpacking.pair(number) for number in range(pairs)],
                "lost": unpacking.lost() - before, "recorded": unpacking.recorded(),
                "expected": files * unpacking.number, "kernel": guest.run("uname -r").out,
                "auditd": guest.run("dpkg-query --show --showformat='${Version}' auditd").out}
