# SPDX-License-Identifier: GPL-3.0-or-later
"""Three operators work with protected files while the agent is killed, auditd restarted, its log rotated, the clock
set and the power cut. Each operation is in the ledger exactly as often as it was done, or lies in a recorded gap."""

import collections
import gzip
import json
import random
import sys
import time

sys.path.append(sys.path.pop(0))
import operations
from guest import Guest
from patience import Deadline
from scenario import Keyboard, ROOT, Scenario, comes_true, image, observing, rows, scaled, sequence, text_of

OPERATIONS = scaled(5000, 100_000)
KILLS = scaled(10, 50)
CUTS = scaled(1, 2)
FOLDER = "/srv/tokutei"
PROGRAM = "/usr/local/bin/operations"
OPERATORS = {"operator": 1000, "operator2": 1001, "operator3": 1002}
ROUNDS = CUTS + 1
# What the trail itself says it may have missed. That the agent was away is no such gap: auditd's log was there.
EXCUSES = ("auditd was not running", "auditd ended without saying so", "the audit rules were not in the kernel",
           "the kernel dropped audit records", "a part of auditd's log is missing or torn")
SETUP = [
    "useradd --create-home --uid 1002 --shell /bin/bash operator3",
    f"mkdir -p {FOLDER}",
    f"printf 'files = {{ protected = ( \"{FOLDER}\" ); fold_seconds = 5; }};\\n' > /etc/sekisho/policy.d/files.conf",
    "sekisho policy check",
    # The tail of a log that a power cut takes is a gap; that it is a short one is auditd's setting.
    "sed -i 's/^flush *=.*/flush = INCREMENTAL_ASYNC/' /etc/audit/auditd.conf",
    "systemctl restart sekishod",
]


class Worker:
    """One operator at work. What is told outside of the guest is done; the last one may or may not be."""

    def __init__(self, guest, name, first, count):
        self.folder = f"{FOLDER}/{name}"
        self.first, self.count = first, count
        guest.run([PROGRAM, "prepare", self.folder, str(first), str(count), str(OPERATORS[name])], loginuid=None,
                  timeout=600)
        self.job = guest.start_job([PROGRAM, self.folder, str(first), str(count), "0.001"], user=name)
        self.done = {}

    def read(self):
        """True at the end."""
        result = self.job.poll()
        for line in result.out.splitlines():
            words = line.split()
            if len(words) == 3:
                self.done[int(words[0])] = (int(words[1]), int(words[2]))
        if result.status not in (None, 0):
            raise RuntimeError(f"{self.folder}: {result.err}")
        return result.status == 0

    def numbers(self):
        """All that may have been done, told or not: of the last ones before a power cut nobody outside knows."""
        return range(self.first, self.first + self.count)


# ---- What happens meanwhile ------------------------------------------------------------------------------


def kill_agent(guest):
    guest.run("systemctl kill -s SIGKILL sekishod")


def restart_auditd(guest):
    guest.run("systemctl kill -s SIGHUP auditd" if random.random() < 0.3 else
              "systemctl stop auditd && systemctl start auditd", timeout=120)


def rotate(guest):
    guest.run("systemctl kill -s SIGUSR1 auditd")


def step_clock(guest):
    guest.run(f"date --set=@$(($(date +%s) + {random.choice((-3600, -90, 120, 7200))}))")


def disturbances():
    acts = [kill_agent] * (KILLS // ROUNDS) + [restart_auditd] * 2 + [rotate] * 4 + [step_clock] * 2
    random.shuffle(acts)
    return acts


def work(s, guest, number, cut):
    """One boot of the guest: all three work until they are done, or until the power goes."""
    share = OPERATIONS // len(OPERATORS) // ROUNDS
    workers = [Worker(guest, name, number * share, share) for name in OPERATORS]
    acts = disturbances()
    deadline = Deadline(900 if OPERATIONS <= 5000 else 7200)
    total = share * len(OPERATORS)
    while not all([w.read() for w in workers]):
        done = sum(len(w.done) for w in workers)
        if acts and done > total * (1 - len(acts) / (len(acts) + 1)) * 0.8:
            acts.pop(0)(guest)
        if cut and not acts and done > total * 0.85:
            break
        if deadline.has_passed():
            raise RuntimeError(f"only {done} of {total} operations are done")
        time.sleep(0.2)
    for act in acts:
        act(guest)
    if cut:
        guest.kill()
    s.say(f"round {number}: {sum(len(w.done) for w in workers)} operations"
          + (", then the power went" if cut else ""))
    return workers


# ---- The judgement ---------------------------------------------------------------------------------------


def counted(found, known):
    """{(kind, object): times}, follow-up rows included. An unresolved name counts for the one file that has it."""
    times = collections.Counter()
    for row in found:
        details = row["sekisho"].get("details") or {}
        path = row["sekisho"]["object"]
        if details.get("path") == "unresolved":
            [path] = [p for p in known if p.rpartition("/")[2] == path] or [path]
        times[row["event"]["action"], path] += details.get("count", 1)
    return times


def gaps(found):
    """Stretches of wall time in which something may be missing."""
    stretches = []
    for row in found:
        details = row["sekisho"].get("details") or {}
        if any(details.get("cause", "").startswith(excuse) for excuse in EXCUSES):
            # With the clock set back in it, nobody knows when it ended by the clock as it was before.
            more = 60 * 10**9 if details.get("set_back") else 0
            stretches.append((int(details.get("from_ns", 0)), int(details.get("to_ns", 0)) + more))
    return stretches


def is_excused(times, stretches):
    slack = 5_000_000  # audit's stamps are cut to milliseconds, and taken when the call begins
    return any(begin - slack <= times[1] and times[0] <= end + slack for begin, end in stretches)


def has_step(begun, ended):
    """No operation takes so long."""
    return not 0 <= ended - begun < 60 * 10**9


def wanted_of(worker, number, times):
    """{row: times}: of what is done, or of its steps where the clock was set in its midst."""
    apart = operations.expected_apart(worker.folder, number)
    is_apart = has_step(*worker.done.get(number, (0, 0))) and all(times[row] == often for row, often in apart.items())
    return apart if is_apart else operations.expected(worker.folder, number)


def judge(workers, times, stretches):
    """(missing, doubled, how many are excused, what was wanted)."""
    missing, doubled, excused, wanted = [], [], 0, set()
    for worker in workers:
        for number in worker.numbers():
            for row, often in wanted_of(worker, number, times).items():
                wanted.add(row)
                if times[row] > often:
                    doubled.append((row, times[row], often))
                elif times[row] < often and number in worker.done:
                    if is_excused(worker.done[number], stretches):
                        excused += 1
                    else:
                        missing.append((row, times[row], often, worker.done[number]))
    return missing, doubled, excused, wanted


def all_rows(guest, kind):
    """As rows() gives them, and as many as there are."""
    guest.run(f"sekisho log --format json --kind '{kind}' | gzip -1 > /tmp/rows.gz", timeout=900)
    return [json.loads(line) for line in gzip.decompress(guest.pull("/tmp/rows.gz")).splitlines()]


def settle(guest):
    """Until the ledger says nothing new for a while: the last follow-up rows come 5 s after the last access."""
    def is_quiet():
        before = guest.run("sekisho log --kind 'file.*' --limit 1 --format json").out
        time.sleep(8)
        return before == guest.run("sekisho log --kind 'file.*' --limit 1 --format json").out
    comes_true(is_quiet, 180)


with Scenario("every access is counted once, whatever happens meanwhile") as s:
    random.seed(seed := random.randrange(1 << 32))
    s.say(f"seed {seed}: {OPERATIONS} operations, {KILLS} kills, {CUTS} power cuts")
    prepared = image.prepared(observing(), SETUP, files={PROGRAM: ROOT / "tests/vm/operations.py"}, usb=[Keyboard()])
    with Guest(prepared, usb=[Keyboard()], persistent=True, memory=2048) as guest:
        guest.run(f"chmod 755 {PROGRAM}")
        workers = []
        for number in range(ROUNDS):
            guest.wait_booted()
            guest.wait_for("auditctl -l | grep -q sekisho-files", 60)
            workers += work(s, guest, number, cut=number < CUTS)
            if number < CUTS:
                guest.start()
        settle(guest)
        found = all_rows(guest, "file.*")
        gap_rows = rows(guest, "agent.gap")
        stretches = gaps(gap_rows)
        known = {path for w in workers for number in w.numbers() for path in operations.names(w.folder, number).values()}
        times = counted(found, known)
        missing, doubled, excused, wanted = judge(workers, times, stretches)
        s.say(f"{len(found)} rows of files, {len(stretches)} gaps with {excused} rows in them")
        if missing or doubled:
            for row in sorted(rows(guest, "clock.*") + gap_rows + rows(guest, "agent.*"), key=sequence):
                s.say(text_of(row)[:700])
        s.must("no access is missing outside a recorded gap", not missing, (len(missing), missing[:10], stretches))
        s.must("none is counted twice", not doubled, (len(doubled), doubled[:10]))
        s.check("most are not excused", excused < len(wanted) / 3, (excused, len(wanted)))
        strange = [r for r in times if "-0" in r[1] and r[1].rstrip("~") not in known]
        s.check("nothing is told of files that nobody touched", not strange, strange[:10])
        ends = [text_of(r) for r in gap_rows if "ended without saying so" in text_of(r)]
        s.check("each power cut is a gap of the audit log", len(ends) >= CUTS, [text_of(r) for r in gap_rows])
        s.check("the ledger verifies", guest.run("sekisho verify --all", check=False, timeout=300).ok)
