# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules that make protected folders visible: put there, kept there, and said so when they were not."""

from guest import Guest
from scenario import (Scenario, comes_true, last_sequence, observing, rows, text_of, wait_named)

FOLDER = "/srv/tokutei"
LATER = "/srv/later"
FILE = "/etc/audit/rules.d/60-sekisho.rules"
ROUND = 80  # seconds: the agent looks each minute


def policy(guest, *folders):
    listed = ", ".join(f'"{folder}"' for folder in folders)
    text = f"files = {{ protected = ( {listed} ); }};\n"
    guest.push(text.encode(), "/etc/sekisho/policy.d/files.conf", 0o644)
    guest.run("systemctl reload sekishod")


def rules(guest, folder, key="sekisho-files"):
    listed = guest.run("auditctl -l", check=False).out.splitlines()
    return [line for line in listed if f"dir={folder} " in line + " " and f"key={key}" in line]


def watched(guest, folder, timeout=20):
    return comes_true(lambda: len(rules(guest, folder)) >= 6, timeout)


def evidence(guest):
    return guest.run("auditctl -s; auditctl -l | cut -c1-60,600-; journalctl -u sekishod -n 20 -o cat", check=False).out


def named(guest, kind, word, after, timeout=ROUND):
    return wait_named(guest, kind, word, after, timeout)


def is_installed(s, guest):
    guest.run(f"mkdir -p '{FOLDER}/my papers'")
    before = last_sequence(guest)
    policy(guest, FOLDER, LATER)
    s.check("a folder that the policy names is watched", watched(guest, FOLDER), evidence(guest))
    s.check("that is no tampering", not named(guest, "agent.tampered", "audit rules", before, 3))
    s.check("one that is not there is said", named(guest, "posture.failed", "no folder", before) != [])
    text = guest.run(f"cat {FILE}").out
    s.check("the rules are in a file for the next boot", f"dir={FOLDER} " in text, text)
    s.check("without the folder that is not there", LATER not in text, text)
    s.check("which auditctl would not let others read", guest.run(f"stat -c %a {FILE}").out.strip() == "640")


def is_recorded(s, guest):
    guest.run(f"chmod 777 {FOLDER} '{FOLDER}/my papers'")
    guest.run(f"echo a > '{FOLDER}/my papers/a'; cat '{FOLDER}/my papers/a'", user="operator")
    guest.run(f"touch {FOLDER}/shut; chmod 600 {FOLDER}/shut")
    guest.run(f"cat {FOLDER}/shut", user="operator", check=False)
    found = comes_true(lambda: "shut" in (out := searched(guest)) and out, 20) or ""
    s.check("an operator's opening is in auditd's log", "my papers/a" in found, found[-1500:])
    s.check("as is what was refused", "exit=EACCES" in found, found[-1500:])
    guest.run(f"stat {FOLDER}/only-looked; touch {FOLDER}/by-nobody", check=False, loginuid=None)
    s.check("but nothing that nobody logged in for did", "by-nobody" not in searched(guest))


def searched(guest):
    return guest.run("ausearch -i -k sekisho-files --start recent", check=False, timeout=120).out


def follows_mounts(s, guest):
    inner = f"{FOLDER}/my papers"
    before = last_sequence(guest)
    guest.run(f"mount -t tmpfs none '{inner}'")
    s.check("a mount below the folder gets its rules", watched(guest, inner), evidence(guest))
    s.check("in the file, too", comes_true(lambda: "my\\ papers" in guest.run(f"cat {FILE}").out))
    guest.run(f"umount '{inner}'")
    s.check("and loses them", comes_true(lambda: not rules(guest, inner)), evidence(guest))
    guest.run(f"mkdir {LATER}")
    s.check("a folder that is made later gets its rules", watched(guest, LATER, ROUND), evidence(guest))
    s.check("what was not in order is again", named(guest, "posture.ok", "audit rules", before) != [])
    s.check("nobody is accused", not named(guest, "agent.tampered", "audit rules", before, 3))


def is_loaded_anew(s, guest):
    before = last_sequence(guest)
    loaded = guest.run("augenrules --load", check=False)
    s.check("augenrules loads the file", loaded.ok, loaded.out + loaded.err)
    s.check("and the rules are those of the agent", watched(guest, FOLDER, 1), evidence(guest))
    s.check("which says so", named(guest, "agent.gap", "loaded anew", before) != [], evidence(guest))
    s.check("and accuses nobody", not named(guest, "agent.tampered", "audit rules", before, 1),
            [text_of(r) for r in rows(guest, "agent.tampered", before)])


def is_put_back(s, guest):
    before = last_sequence(guest)
    guest.run("auditctl -D")
    s.check("rules taken out by hand are put back", watched(guest, FOLDER, ROUND), evidence(guest))
    found = named(guest, "agent.tampered", "audit rules", before)
    s.check("and that is recorded once", len(found) == 1 and "restored" in text_of(found[0]),
            [text_of(r) for r in found])

    before = last_sequence(guest)
    guest.run("auditctl -A never,exit -F arch=b64 -S openat")
    found = named(guest, "agent.tampered", "overruled", before)
    s.check("a rule that says never does not stay before ours", len(found) == 1, evidence(guest))
    listed = [line for line in guest.run("auditctl -l").out.splitlines() if "arch=" in line]
    never = next((i for i, line in enumerate(listed) if "never" in line), -1)
    s.check("and is left where it was", never > 0 and all("sekisho" not in line for line in listed[never:]), listed)
    guest.run("auditctl -d never,exit -F arch=b64 -S openat")

    before = last_sequence(guest)
    guest.run("auditctl -e 0")
    s.check("auditing is switched on again", comes_true(lambda: "enabled 1" in guest.run("auditctl -s").out, ROUND))
    s.check("and that is recorded", named(guest, "agent.tampered", '"auditing"', before) != [],
            [text_of(r) for r in rows(guest, after=before)])

    before = last_sequence(guest)
    guest.run("systemctl stop sekishod; auditctl -D; systemctl start sekishod")
    s.check("what was taken while the agent was away is put back", watched(guest, FOLDER, 20), evidence(guest))
    s.check("and recorded", named(guest, "agent.tampered", "audit rules", before, 20) != [])


def details(row):
    return row["sekisho"]["details"]


def tells_gaps(s, guest):
    before = last_sequence(guest)
    guest.run("kill -KILL $(pidof auditd)")
    found = comes_true(lambda: [r for r in named(guest, "agent.gap", "auditd is not running", before, 1)
                                if "to_ns" in text_of(r)], 60)
    s.check("auditd's death is a gap with beginning and end", found, [text_of(r) for r in rows(guest, after=before)])
    begun = [r for r in rows(guest, "agent.gap", before) if "begun" in text_of(r)]
    s.check("which was told when it began", len(begun) == 1, [text_of(r) for r in begun])

    before = last_sequence(guest)
    guest.run("auditctl --backlog_wait_time 0 -b 2")
    guest.run(f"for i in $(seq 3000); do : < {FOLDER}/by-nobody; done", user="operator", timeout=120)
    guest.run("auditctl --backlog_wait_time 60000 -b 8192")
    lost = int(guest.run("auditctl -s").out.split("lost ")[1].split()[0])
    s.check("the kernel lost records", lost > 0, evidence(guest))
    found = named(guest, "agent.gap", "dropped audit records", before)
    s.check("and the gap says how many", found and '"lost"' in text_of(found[0]), [text_of(r) for r in found])

    before = last_sequence(guest)
    guest.run("mount -t tmpfs -o size=20m none /var/log/audit; kill -KILL $(pidof auditd)")
    found = named(guest, "agent.gap", "suspended writing", before, 3 * ROUND)
    s.check("that auditd has suspended writing is a gap", found != [],
            guest.run("cat /run/auditd.state; journalctl -u auditd -n 20", check=False).out)
    guest.run("umount -l /var/log/audit; kill -KILL $(pidof auditd)")
    found = comes_true(lambda: [r for r in rows(guest, "agent.gap", before)
                                if "suspended writing" in text_of(r) and "to_ns" in text_of(r)], 3 * ROUND)
    s.check("which ends when it writes again", found, [text_of(r) for r in rows(guest, after=before)])


def is_there_at_boot(s, guest):
    guest.run("systemctl disable sekishod")
    guest.reboot()
    guest.wait_booted()
    s.check("at the next boot the rules are there without the agent", watched(guest, FOLDER, 5), evidence(guest))
    before = last_sequence(guest)
    guest.run("systemctl enable --now sekishod")
    s.check("which takes them for its own", not named(guest, "agent.tampered", "audit rules", before, 3))


def tells_that_it_is_locked(s, guest):
    before = last_sequence(guest)
    guest.run("auditctl -e 2; mkdir /srv/third")
    policy(guest, FOLDER, LATER, "/srv/third")
    found = named(guest, "posture.failed", "takes effect after a reboot", before)
    s.check("locked rules are told once", len(found) == 1, [text_of(r) for r in rows(guest, after=before)])
    s.check("and are in the file for the next boot", "/srv/third" in guest.run(f"cat {FILE}").out)


def is_removed(s, guest):
    """Without the triggers of other packages, which make an initramfs."""
    guest.run("auditctl -a always,exit -F arch=b64 -S sethostname -k others")
    done = guest.run("dpkg --no-triggers --remove sekisho", timeout=300, check=False)
    s.check("it can be removed", done.ok, done.out + done.err)
    s.check("removed: the file is gone", not guest.run(f"test -e {FILE}", check=False).ok)
    listed = guest.run("auditctl -l").out
    s.check("removed: its rules are gone", "sekisho" not in listed, listed)
    s.check("removed: those of others are there", "key=others" in listed, listed)


with Scenario("audit rules are there and stay") as s:
    with Guest(observing()) as guest:
        guest.wait_booted()
        guest.run(f"mkdir {FOLDER}")
        policy(guest, FOLDER)
        s.check("before it is removed it watches", watched(guest, FOLDER), evidence(guest))
        is_removed(s, guest)
    with Guest(observing(), persistent=True) as guest:
        guest.wait_booted()
        is_installed(s, guest)
        is_recorded(s, guest)
        follows_mounts(s, guest)
        is_loaded_anew(s, guest)
        is_put_back(s, guest)
        tells_gaps(s, guest)
        is_there_at_boot(s, guest)
        tells_that_it_is_locked(s, guest)
