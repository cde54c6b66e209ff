# SPDX-License-Identifier: GPL-3.0-or-later
"""People log in at the console and over ssh, become others, are refused, and are cut off by a power cut. What the
ledger has to say is written down from what they did."""

from guest import Guest
from persons import Record, cut_off, row, say_locked, session_of
from scenario import Keyboard, Scenario, comes_true, last_line, observing, type_login, wait_rows

FOLDER = "/srv/tokutei"
SECRET = "Himitsu-2026-nov"  # typed where a name belongs
CRON_WAS_HERE = "/run/cron-was-here"
SETUP = f"""set -e
useradd --create-home --uid 1002 --shell /bin/bash operator3
useradd --create-home --uid 1003 --shell /bin/bash expired
printf '%s\\n' operator3:operator3 expired:expired | chpasswd
chage -E 0 expired
printf '%s\\n' 'operator ALL=(ALL) ALL' 'operator2 ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/test
echo "* * * * * operator touch {CRON_WAS_HERE}" >/etc/cron.d/test
touch {CRON_WAS_HERE}; chown operator {CRON_WAS_HERE}; touch -d 2000-01-01 {CRON_WAS_HERE}
mkdir -p /root/.ssh {FOLDER}
chmod 1777 {FOLDER}
for key in right wrong; do ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/$key; done
for name in operator operator2 operator3 expired; do
    install -d -o $name -m 700 /home/$name/.ssh
    install -o $name -m 600 /root/.ssh/right.pub /home/$name/.ssh/authorized_keys
done
printf '%s\\n' 'StrictHostKeyChecking no' 'UserKnownHostsFile /dev/null' 'LogLevel ERROR' >/root/.ssh/config
printf 'files = {{ protected = ( "{FOLDER}" ); }};\\n' >/etc/sekisho/policy.d/files.conf
systemctl reload sekishod
"""
KEY = ["ssh", "-o", "PreferredAuthentications=publickey", "-o", "IdentitiesOnly=yes", "-i"]
PASSWORD = ["ssh", "-o", "PreferredAuthentications=password", "-o", "NumberOfPasswordPrompts=1"]
PROMPT = r"\$ $"
ROOT = r"# $"
ASKED = "assword"

CONSOLE = {"service": "login", "terminal": "tty1"}
SSH = {"service": "sshd", "terminal": "ssh", "address": "127.0.0.1"}
SU = {"service": "su", "terminal": "pts/*"}
SUDO = {"service": "sudo", "terminal": "pts/*"}


def came(user):
    return row("login.succeeded", "sshd", user, **SSH)


def went(user):
    return row("login.ended", "sshd", user, **SSH)


def became(user, other, program):
    return row("login.succeeded", program["service"], user, **program, **{"as": other})


def was(user, other, program):
    return row("login.ended", program["service"], user, **program, **{"as": other})


# ---- At the console --------------------------------------------------------------------------------------


def log_in(guest, name):
    type_login(guest, name, name)
    guest.wait_for(lambda: last_line(guest).endswith("$"), 90, label="the shell's prompt")


def at_the_console(guest, record):
    failed = {"kind": "login.failed", "thing": "login tty1"}
    type_login(guest, "operator", "wrong")
    record.shows("a wrong password at the console", row(**failed, account="operator", **CONSOLE))
    type_login(guest, "nobodyhere", "wrong")
    record.shows("a name that nobody has", row(**failed, masked=True, **CONSOLE))
    type_login(guest, SECRET, "")
    record.shows("a password where the name belongs", row(**failed, masked=True, **CONSOLE))
    log_in(guest, "operator")
    record.shows("the right password", row("login.succeeded", "login tty1", "operator", **CONSOLE))
    lock(guest, record)
    guest.send_keys("exit\n")
    record.shows("leaving the console", row("login.ended", "login tty1", "operator", **CONSOLE))


def lock(guest, record):
    """logind asks the desktop to lock; that it has done so it says itself, as the session's user."""
    session = session_of(guest, "operator")
    guest.run(f"loginctl lock-session {session}")
    record.shows("a desktop that does not say it is locked is not told as locked")
    say_locked(guest, "operator", session, True)
    found = record.shows("a screen that is locked", row("session.locked", "login tty1", "operator"))
    record.s.check("of the session that logind has", [r["sekisho"].get("session") for r in found] == [session], found)
    say_locked(guest, "operator", session, False)
    record.shows("and unlocked", row("session.unlocked", "login tty1", "operator"))


# ---- Over ssh --------------------------------------------------------------------------------------------


def over_ssh(record):
    failed = {"kind": "login.failed", "thing": "sshd"}
    record.talk([*KEY, "/root/.ssh/right", "operator@localhost", "true"])
    record.shows("ssh with the right key", came("operator"), went("operator"))
    record.talk([*KEY, "/root/.ssh/wrong", "operator@localhost", "true"], status=255)
    record.shows("with a wrong key", row(**failed, account="operator", **SSH))
    record.talk([*KEY, "/root/.ssh/wrong", "nobodyhere@localhost", "true"], status=255)
    record.shows("as somebody who does not exist", row(**failed, masked=True, **SSH))
    record.talk([*PASSWORD, "operator2@localhost", "true"], [ASKED, "operator2"])
    record.shows("with the right password", came("operator2"), went("operator2"))
    record.talk([*PASSWORD, "operator2@localhost", "true"], [ASKED, "wrong"], status=255)
    record.shows("with a wrong password", row(**failed, account="operator2", **SSH))
    record.talk([*PASSWORD, f"{SECRET}@localhost", "true"], [ASKED, "wrong"], status=255)
    record.shows("with a password where the name belongs", row(**failed, masked=True, **SSH))
    record.talk([*KEY, "/root/.ssh/right", "-t", "operator@localhost"], [PROMPT, "exit"])
    record.shows("with a terminal", came("operator"), went("operator"))
    record.talk([*PASSWORD, "root@localhost", "true"], [ASKED, "root"], status=255)
    record.shows("as root, whom sshd does not let in by password", row(**failed, account="root", **SSH))


def refused(record):
    refusal = {"kind": "login.refused", "thing": "sshd", "account": "expired", **SSH}
    record.talk([*PASSWORD, "expired@localhost", "true"], [ASKED, "expired"], status=255)
    record.shows("an account that has expired is refused", row(**refusal))
    record.talk([*KEY, "/root/.ssh/right", "expired@localhost", "true"], status=255)
    record.shows("with its key, too", row(**refusal))


# ---- Becoming somebody else ------------------------------------------------------------------------------


def ssh_as(name):
    return [*KEY, "/root/.ssh/right", "-t", f"{name}@localhost"]


def become(record):
    leave = [PROMPT, "exit"]
    record.talk(ssh_as("operator"), [PROMPT, "su - operator2"], [ASKED, "operator2"], leave, leave)
    record.shows("su", came("operator"), became("operator", "operator2", SU), was("operator", "operator2", SU),
                 went("operator"))
    record.talk(ssh_as("operator"), [PROMPT, "su operator2"], [ASKED, "wrong"], [PROMPT, "exit"], status=None)
    record.shows("su with a wrong password", came("operator"),
                 row("login.failed", "su", "operator", account="operator2", **SU), went("operator"))
    record.talk(ssh_as("operator"), [PROMPT, "su expired"], [ASKED, "expired"], [PROMPT, "exit"], status=None)
    record.shows("su to an account that has expired", came("operator"),
                 row("login.refused", "su", "operator", account="expired", **SU), went("operator"))
    record.talk(ssh_as("operator"), [PROMPT, "sudo id"], [ASKED, "wrong"], [ASKED, "operator"], [PROMPT, "exit"])
    record.shows("sudo, with a wrong password first", came("operator"),
                 row("login.failed", "sudo", "operator", account="operator", **SUDO),
                 became("operator", "root", SUDO), was("operator", "root", SUDO), went("operator"))
    record.talk(ssh_as("operator2"), [PROMPT, "sudo -i"], [ROOT, "exit"], [PROMPT, "exit"])
    record.shows("sudo -i without a password", came("operator2"),
                 became("operator2", "root", SUDO), was("operator2", "root", SUDO), went("operator2"))
    record.talk(ssh_as("operator3"), [PROMPT, "sudo id"], [ASKED, "operator3"], [PROMPT, "exit"], status=None)
    record.shows("sudo by somebody who may not", came("operator3"),
                 row("login.refused", "sudo", "operator3", **SUDO), went("operator3"))


def files_are_the_person_s(s, guest, record):
    record.talk(ssh_as("operator2"), [PROMPT, f"sudo touch {FOLDER}/by-sudo"],
                [PROMPT, f"sudo su - operator -c 'touch {FOLDER}/by-su'"], [PROMPT, "exit"])
    found = wait_rows(guest, "file.created", 2)
    said = {r["sekisho"]["object"]: r.get("user", {}).get("name") for r in found}
    s.check("what is done behind sudo and su belongs to who logged in",
            said == {f"{FOLDER}/by-sudo": "operator2", f"{FOLDER}/by-su": "operator2"}, said)
    session = {r["sekisho"]["session"] for r in found} | {r["sekisho"]["session"] for r in record.rows()}
    s.check("in one session", len(session) == 1, session)
    record.shows("su behind sudo is both", came("operator2"), became("operator2", "root", SUDO),
                 was("operator2", "root", SUDO), became("operator2", "root", SUDO),
                 became("operator2", "operator", SU), was("operator2", "operator", SU),
                 was("operator2", "root", SUDO), went("operator2"))


# ---- Nobody, and the end ---------------------------------------------------------------------------------


def holding(guest, text, folder):
    """Files in which a text stands, as it is or in hexadecimal."""
    return guest.run(f"grep -rail -e {text} -e {text.encode().hex()} {folder}", check=False).out.split()


def nobody(s, guest, record):
    ran = comes_true(lambda: guest.run(f"stat -c %Y {CRON_WAS_HERE}").out > "1000000000", 90)
    s.check("cron has done somebody's job", ran)
    manager = guest.run("journalctl -b -o cat | grep -c 'Started user@1000.service'", check=False).out
    s.check("operator has had a systemd of his own", int(manager) > 0, manager)
    record.shows("neither is a login")
    s.check("nothing of the password that was typed as a name is kept", not holding(guest, SECRET, "/var/lib/sekisho"))
    s.check("though auditd has it", holding(guest, SECRET, "/var/log/audit") != [])
    s.check("and what the ledger has is found so", holding(guest, "operator3", "/var/lib/sekisho") != [])


def cut(guest, record):
    log_in(guest, "operator")
    job = guest.start_job([*KEY, "/root/.ssh/right", "operator3@localhost", "sleep 600"], loginuid=None)
    console = row("login.succeeded", "login tty1", "operator", **CONSOLE)
    record.shows("two are logged in", console, came("operator3"))
    assert job.poll().status is None
    guest.run("sync")
    guest.kill()
    guest.start()
    guest.wait_booted()
    record.shows("a power cut ended both", cut_off(row("login.ended", "login tty1", "operator")),
                 cut_off(row("login.ended", "sshd", "operator3")))


def looked_at(s, guest):
    usage = guest.run("sekisho usage --month $(date +%Y-%m) --json", check=False).json
    persons = {p.get("user"): p for p in usage["persons"]}
    look = "sekisho usage --month $(date +%Y-%m); sekisho log --kind 'login.*'"
    said, japanese = (guest.run(look, env=env, check=False).out for env in ({}, {"LANGUAGE": "ja"}))
    s.check("who was refused by sudo is told in words", "operator3 may not become another account (sudo)" in said, said)
    s.check("in Japanese, too", "operator3 の他の利用者への切替えは認められていません(sudo)" in japanese, japanese)
    logins = {name: p["counts"]["logins"] for name, p in persons.items()}
    s.check("the month's logins are those that were", {k: v for k, v in logins.items() if v} ==
            {"operator": 8, "operator2": 3, "operator3": 2}, logins)
    s.check("nobody is still there", not any(p["session_open"] for p in persons.values()), persons)
    s.check("the ledger verifies", guest.run("sekisho verify --all", check=False, timeout=300).ok)


with Scenario("each login is recorded right, once") as s:
    image = observing(("openssh-server", "sudo", "cron"))
    with Guest(image, usb=[Keyboard()], persistent=True, cmdline="loglevel=1") as guest:
        guest.wait_booted()
        guest.run(SETUP, timeout=120)
        guest.wait_for("auditctl -l | grep -q sekisho-files", 60)
        record = Record(s, guest)
        at_the_console(guest, record)
        over_ssh(record)
        refused(record)
        become(record)
        files_are_the_person_s(s, guest, record)
        nobody(s, guest, record)
        cut(guest, record)
        looked_at(s, guest)
