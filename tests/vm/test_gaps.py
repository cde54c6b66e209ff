# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong with auditd, its log, the disks and the clock: what was lost then is a gap, and nothing else is
missing or told twice. The agent lives on, and watches again by itself.

Run by hand with the names of parts to do only these: test_gaps.py backlog log_cut_short"""

import collections
import sys
import time

from guest import Guest
from scenario import Keyboard, Scenario, comes_true, image, observing, rows, text_of

FOLDER = "/srv/tokutei"
LOG = "/var/log/audit/audit.log"
WORKER = "/usr/local/bin/work"
OPERATORS = ("operator", "operator2", "operator3")
SLACK_NS = 5_000_000  # audit's stamps are cut to milliseconds, and taken when the call begins
RSS_MAX_KIB = 80_000
# Makes new files, one each time. Prints the name of each, and when it began and was done, in seconds.
WORK = """#!/bin/bash
for ((i = 0; i < $2; i++)); do
    begin=$EPOCHREALTIME
    : > "$1-$i" && echo "$1-$i" $begin $EPOCHREALTIME
done
"""
SETUP = [
    "useradd --create-home --uid 1002 --shell /bin/bash operator3",
    f"install -d -m 1777 {FOLDER}; printf '%s' '{WORK}' > {WORKER}; chmod 755 {WORKER}",
    f"printf 'files = {{ protected = ( \"{FOLDER}\" ); fold_seconds = 1; }};\\n' > /etc/sekisho/policy.d/files.conf",
    "sekisho policy check",
    # auditd's log and the ledger have a small disk each.
    "for i in audit:24 state:40; do truncate -s ${i#*:}M /${i%:*}.img; mkfs.ext4 -q -b 1024 -m 0 /${i%:*}.img; done",
    "systemctl stop sekishod; kill $(pidof auditd); sleep 2",
    "mount /audit.img /mnt; cp -a /var/log/audit/. /mnt/; umount /mnt",
    "mount /state.img /mnt; cp -a /var/lib/sekisho/. /mnt/; umount /mnt",
    "echo '/audit.img /var/log/audit ext4 loop 0 0' >> /etc/fstab",
    "echo '/state.img /var/lib/sekisho ext4 loop 0 0' >> /etc/fstab",
    # auditd goes on until there is no room at all, and then waits for somebody who makes some.
    r"sed -i -E 's/^(space_left|admin_space_left) =.*/\1 = 1/; s/^space_left =.*/space_left = 2/;"
    r" s/^(disk_full|disk_error)_action =.*/\1_action = SUSPEND/;"
    r" s/^(admin_space_left)_action =.*/\1_action = IGNORE/; s/^num_logs =.*/num_logs = 2/' /etc/audit/auditd.conf",
    # Whoever kills auditd here starts it again.
    "mkdir -p /etc/systemd/system/auditd.service.d",
    "printf '[Service]\\nRestart=no\\n' > /etc/systemd/system/auditd.service.d/restart.conf",
]


class Part:
    """One thing that goes wrong, what was done meanwhile, and the judgement."""

    number = 0

    def __init__(self, s, guest, name):
        self.s, self.guest, self.name = s, guest, name
        self.done = {}  # file: (begin, end) in nanoseconds
        self.flaws = []
        self.restarted = False

    def __enter__(self):
        self.work(5)
        self.after = int(self.guest.run("sekisho log --limit 1 --format json").json["event"]["sequence"])
        self.pid = self.agent()
        return self

    def __exit__(self, kind, error, _):
        if kind is None:
            self.judge()
        return False

    def agent(self):
        return self.guest.run("systemctl show --value -p MainPID sekishod").out.strip()

    def start_work(self, count, user="operator"):
        Part.number += 1
        return self.guest.start_job([WORKER, f"{FOLDER}/{self.name}-{Part.number}", str(count)], user=user)

    def note(self, result):
        for line in result.out.splitlines():
            path, begin, end = line.split()
            self.done[path] = (int(float(begin) * 1e9), int(float(end) * 1e9))

    def work(self, count):
        job = self.start_work(count)
        result = job.wait(300)
        self.note(result)
        return result

    def check(self, sentence, truth, evidence=""):
        return self.s.check(f"{self.name}: {sentence}", truth, evidence)

    def wait_gap(self, word, timeout=30, ended=True):
        """The gaps with this word in them."""
        def found():
            return [g for g in rows(self.guest, "agent.gap", self.after)
                    if word in text_of(g) and (not ended or "to_ns" in text_of(g))]
        gaps = comes_true(found, timeout)
        self.check(f"“{word}” is a gap" + (" with beginning and end" if ended else ""), gaps,
                   [g["sekisho"]["details"] for g in rows(self.guest, "agent.gap", self.after)])
        return [g["sekisho"]["details"] for g in gaps]

    def is_recorded(self):
        """Work that is done now comes into the ledger, and with it all that was done before."""
        self.work(1)
        last = list(self.done)[-1]
        return comes_true(lambda: any(r["sekisho"]["object"] == last
                                      for r in rows(self.guest, "file.created", self.after)), 60)

    def logged(self, paths):
        """All records of the events about these files, in the order of the log."""
        return "".join(self.guest.run(
            f"cd /var/log/audit; cat $(ls -rv audit.log*) > /tmp/log; for serial in $(grep -F '{path}\"' /tmp/log | "
            "grep -o '[0-9.]*:[0-9]*)' | sort -u); do grep -n -F \"$serial\" /tmp/log | cut -c1-160; done",
            check=False).out for path in paths)

    def judge(self):
        guest = self.guest
        self.check("what is done afterwards is recorded", self.is_recorded(),
                   guest.run("journalctl -u sekishod -u auditd -n 30 -o cat; auditctl -s; tail -n 3 " + LOG,
                             check=False).out)
        look(guest)
        stretches = gaps(rows(guest, "agent.gap", self.after))
        times = collections.Counter()
        for row in rows(guest, "file.created"):
            times[row["sekisho"]["object"]] += (row["sekisho"].get("details") or {}).get("count", 1)
        missing = [path for path in self.done if times[path] == 0]
        unexcused = [path for path in missing if not is_excused(self.done[path], stretches)]
        doubled = [path for path in self.done if times[path] > 1]
        self.check("nothing is missing outside of a gap", not unexcused,
                   (len(unexcused), unexcused[:3], [self.done[p] for p in unexcused[:3]], stretches, self.logged(unexcused[:1])))
        self.check("nothing is told twice", not doubled, (len(doubled), doubled[:5]))
        self.missing = len(missing)
        if not self.restarted:
            self.check("the agent is the same process", self.agent() == self.pid,
                       guest.run("journalctl -u sekishod -o short-monotonic | grep -vE 'file[.]|trail[.]' | tail -n 30").out)
        verified = guest.run("sekisho verify --all", check=False, timeout=120)
        self.check("the ledger verifies", verified.ok, verified.out + verified.err)
        rss = int(guest.run(f"awk '/^VmRSS/ {{ print $2 }}' /proc/{self.agent()}/status").out)
        self.check("the agent has not grown", rss < RSS_MAX_KIB, rss)
        status = guest.run("sekisho status --json", check=False).json
        self.check("the status says that all is recorded", status["trail"]["recorded"], status)
        self.s.say(f"{self.name}: {len(self.done)} files, {self.missing} of them in {len(stretches)} gaps; {rss} KiB")


def gaps(found):
    """Stretches of wall time that excuse what is missing: not that the agent was away, for auditd's log was there."""
    stretches = []
    for row in found:
        details = row["sekisho"].get("details") or {}
        if "to_ns" in details and details.get("source") == "audit":
            stretches.append((int(details["from_ns"]), int(details["to_ns"]), details["cause"]))
    return stretches


def is_excused(times, stretches):
    return any(begin - SLACK_NS <= times[1] and times[0] <= end + SLACK_NS for begin, end, _ in stretches)


def look(guest):
    """Makes the agent look at auditing now, and not within the minute: it looks when a mount changes."""
    guest.run("sleep 1; mount -t tmpfs none /mnt; umount /mnt; sleep 2")


def fill(guest, folder):
    """Until nothing more goes in; the last blocks one by one."""
    guest.run(f"for size in 1M 64k 1k; do dd if=/dev/zero of={folder}/filler bs=$size oflag=append conv=notrunc "
              "2>/dev/null; done; true", timeout=120)


def start_auditd(guest):
    guest.run("systemctl start auditd", timeout=120)


def stop_auditd(guest):
    guest.run("kill $(pidof auditd); while pidof auditd; do sleep 0.2; done")


def rotate(guest):
    """SIGUSR1; once the new file is there."""
    guest.run(f"before=$(stat -c %i {LOG}); kill -USR1 $(pidof auditd); "
              f"for i in $(seq 50); do [ \"$(stat -c %i {LOG})\" != $before ] && exit; sleep 0.1; done; exit 1")


# ---- The parts -------------------------------------------------------------------------------------------


def log_disk_full(part):
    guest = part.guest
    part.work(50)
    fill(guest, "/var/log/audit")
    part.work(150)
    look(guest)
    look(guest)
    status = guest.run("sekisho status", check=False).out
    part.check("the status says since when nothing is recorded", "not recorded since" in status, status)
    guest.run("rm /var/log/audit/filler; kill -USR2 $(pidof auditd)")
    part.is_recorded()
    told = part.wait_gap("had suspended writing", 90)
    part.check("it names how many events are missing, or fewer", any(gap.get("lost", 0) > 0 for gap in told), told)


def is_stuck(part):
    """The ballast makes room once, and the ledger's own files have some; then there is none."""
    fill(part.guest, "/var/lib/sekisho")
    part.work(100)
    time.sleep(2)
    return not part.guest.run("sekisho status --json", check=False).json["trail"]["recorded"]


def ledger_disk_full(part):
    guest = part.guest
    part.check("the ledger takes no rows", comes_true(lambda: is_stuck(part), 60))
    part.work(200)
    status = guest.run("sekisho status", check=False).out
    part.check("the status says since when nothing is recorded", "not recorded since" in status, status)
    guest.run("rm /var/lib/sekisho/filler")
    part.is_recorded()
    part.check("no access is in a gap", gaps(rows(guest, "agent.gap", part.after)) == [],
               gaps(rows(guest, "agent.gap", part.after)))


def one_disk_full(part):
    guest = part.guest
    part.restarted = True
    guest.run("systemctl stop sekishod")
    stop_auditd(guest)
    guest.run("mkdir -m 700 /var/lib/sekisho/log; mount --bind /var/lib/sekisho/log /var/log/audit")
    start_auditd(guest)
    guest.run("systemctl start sekishod")
    part.wait_gap("does not go on where it was read")
    part.work(50)
    part.check("the ledger takes no rows", comes_true(lambda: is_stuck(part), 60))
    part.work(50)
    guest.run("rm /var/lib/sekisho/filler; kill -USR2 $(pidof auditd)")
    part.is_recorded()
    guest.run("systemctl stop sekishod")
    stop_auditd(guest)
    guest.run("umount /var/log/audit; rm -r /var/lib/sekisho/log")
    start_auditd(guest)
    guest.run("systemctl start sekishod")


def backlog(part):
    guest = part.guest
    look(guest)
    before = lost(guest)
    part.work(20)
    look(guest)
    guest.run("auditctl -b 64 --backlog_wait_time 0")
    jobs = [part.start_work(700, user) for user in OPERATORS]
    for job in jobs:
        part.note(job.wait(300))
    guest.run("auditctl -b 8192 --backlog_wait_time 60000")
    look(guest)
    part.work(20)
    now = lost(guest)
    part.check("the kernel lost records", now > before, (before, now))
    told = sum(gap.get("lost", 0) for gap in part.wait_gap("dropped audit records"))
    part.check("the gap names all that the kernel counted", told >= now - before, (told, now - before))


def lost(guest):
    return int(guest.run("auditctl -s").out.split("\nlost ")[1].split()[0])


def auditd_stopped_for_a_while(part):
    guest = part.guest
    guest.run("kill -STOP $(pidof auditd)")
    part.work(300)
    time.sleep(2)
    guest.run("kill -CONT $(pidof auditd)")


def auditd_killed(part):
    guest = part.guest
    killed = guest.run("date +%s%N; kill -KILL $(pidof auditd)").out
    part.work(30)
    part.wait_gap("auditd is not running", ended=False)
    time.sleep(2)
    start_auditd(guest)
    [gap] = part.wait_gap("auditd is not running")[:1]
    part.check("it begins with the end of auditd", abs(gap["from_ns"] - int(killed)) < 3e9, (gap, killed))
    part.is_recorded()
    part.check("the log's own gap names how many events are missing",
               any(g.get("lost", 0) > 0 for g in part.wait_gap("ended without saying so")))


def auditing_switched_off(part):
    guest = part.guest
    guest.run("auditctl -e 0")
    part.work(20)
    part.check("auditing is on again", comes_true(lambda: "enabled 1" in guest.run("auditctl -s").out, 80))
    tampered = comes_true(lambda: [r for r in rows(guest, "agent.tampered", part.after)
                                   if r["sekisho"]["object"] == "auditing"])
    part.check("and that it was off is recorded", tampered, [text_of(r) for r in rows(guest, None, part.after)])


def rules_taken(part):
    guest = part.guest
    guest.run("auditctl -D")
    part.work(20)
    rules = comes_true(lambda: "sekisho-files" in guest.run("auditctl -l").out, 80)
    part.check("the rules are back", rules)


def log_cut_short(part):
    guest = part.guest
    part.work(50)
    guest.run(f"truncate -s 0 {LOG}")
    part.work(50)
    part.wait_gap("a part of auditd's log is missing or torn")


def log_replaced(part):
    guest = part.guest
    part.work(20)
    guest.run(f"mv {LOG} {LOG}.old")
    part.work(50)
    rotate_missing(guest)
    part.work(20)


def rotate_missing(guest):
    guest.run(f"kill -USR1 $(pidof auditd); for i in $(seq 50); do [ -e {LOG} ] && exit; sleep 0.1; done; exit 1")


def log_cut_short_meanwhile(part):
    guest = part.guest
    part.restarted = True
    part.work(20)
    guest.run("systemctl stop sekishod")
    part.work(20)
    guest.run(f"truncate -s 0 {LOG}")
    part.work(20)
    guest.run("systemctl start sekishod")
    part.wait_gap("does not go on where it was read")


def log_replaced_meanwhile(part):
    guest = part.guest
    part.restarted = True
    part.work(20)
    guest.run("systemctl stop sekishod")
    part.work(20)
    guest.run(f"rm {LOG}; rm -f /var/log/audit/sekisho-held/*")
    rotate_missing(guest)
    part.work(20)
    guest.run("systemctl start sekishod")
    part.wait_gap("does not go on where it was read")


def rotated_while_away(part):
    guest = part.guest
    part.restarted = True
    part.work(20)
    guest.run("systemctl stop sekishod")
    part.work(20)
    for _ in range(2):  # the first file has no name any more, but for the agent's own
        rotate(guest)
        part.work(20)
    guest.run("systemctl start sekishod")
    part.is_recorded()
    part.check("nothing was lost", gaps(rows(guest, "agent.gap", part.after)) == [],
               gaps(rows(guest, "agent.gap", part.after)))


def rotated_away(part):
    guest = part.guest
    part.restarted = True
    guest.run("systemctl stop sekishod")
    for _ in range(4):  # files that nobody held are gone
        part.work(10)
        rotate(guest)
    guest.run("systemctl start sekishod")
    part.wait_gap("is missing or torn")


def clock_stepped_back(part):
    guest = part.guest
    part.work(20)
    guest.run("date --set=@$(($(date +%s) - 3600))")
    part.work(20)
    time.sleep(3)
    part.is_recorded()
    guest.run("systemctl kill -s KILL sekishod")
    part.restarted = True
    part.work(20)
    guest.run("date --set=@$(($(date +%s) + 3600))")
    part.work(20)


PARTS = (backlog, auditd_stopped_for_a_while, auditd_killed, auditing_switched_off, rules_taken, log_cut_short,
         log_replaced, log_cut_short_meanwhile, log_replaced_meanwhile, rotated_while_away, rotated_away,
         clock_stepped_back, log_disk_full, ledger_disk_full, one_disk_full)

with Scenario("what could not be seen is a gap") as s:
    prepared = image.prepared(observing(), SETUP, usb=[Keyboard()])
    with Guest(prepared, usb=[Keyboard()]) as guest:
        guest.wait_booted()
        guest.wait_for("auditctl -l | grep -q sekisho-files", 60)
        for part in PARTS:
            if not sys.argv[1:] or part.__name__ in sys.argv[1:]:
                with Part(s, guest, part.__name__) as one:
                    part(one)
