# SPDX-License-Identifier: GPL-3.0-or-later
"""The registers with the real polkit, the real group, and a power that is cut: who may read and enter, and whether all
that was acknowledged is there afterwards, once."""

import hashlib
import json

from guest import Guest
from scenario import Keyboard, Scenario, observing, rows

RULES = b"the basic policy\n"
OPERATOR = {"user": "root", "loginuid": 1000}  # what sudo makes of one
WRITER = """i=0
while sekisho visit in --visitor "V$i" --purpose x >/dev/null; do
    echo "V$i"
    i=$((i + 1))
done"""


def status(guest, *command, **who):
    return guest.run(["sekisho", *command], check=False, timeout=120, **who).status


def listed(guest, command):
    return guest.run(["sekisho", command, "list", "--json"], timeout=120).json


def look_at_rights(s, guest):
    visit = ("visit", "in", "--visitor", "Yamada", "--purpose", "x")
    s.check("root enters for the person behind sudo", status(guest, *visit, **OPERATOR) == 0)
    s.check("the entry has that person", [entry["by"] for entry in listed(guest, "visit")] == ["operator"])
    s.check("the group sekisho-audit reads without a password", status(guest, "visit", "list", user="auditor") == 0)
    s.check("it enters nothing", status(guest, *visit, user="auditor") == 3)
    s.check("an operator does not read", status(guest, "visit", "list", user="operator") == 3)
    s.check("nor enter", status(guest, *visit, user="operator") == 3)
    s.check("nor end", status(guest, "visit", "out", str(listed(guest, "visit")[0]["number"]), user="operator") == 3)
    s.check("one entry is all that came of it", len(listed(guest, "visit")) == 1)
    s.check("nobody in particular enters nothing", status(guest, *visit, user="root", loginuid=None) == 3)
    s.check("but reads, as a timer would", status(guest, "visit", "list", user="root", loginuid=None) == 0)


def look_at_attestation(s, guest):
    guest.push(RULES, "/root/policy.txt")
    guest.run("sekisho attest 1.1 --statement 'it stands' --document /root/policy.txt --until 2100-03-31", **OPERATOR)
    [entry] = listed(guest, "attest")
    s.check("the document's hash is that of its bytes", entry["document"]["sha256"] == hashlib.sha256(RULES).hexdigest())
    s.check("the file is that document", status(guest, "attest", "check", "/root/policy.txt") == 0)
    found = {row["check"]: row["finding"] for row in guest.run("sekisho check --json", check=False, timeout=120).json["checks"]}
    s.check("the check answers ok to that clause", found["attest.organisation"] == "ok", found)
    others = {name: finding for name, finding in found.items()
              if name.startswith("attest.") and name not in ("attest.organisation", "attest.officers")}
    s.check("and to no other", set(others.values()) == {"unverified"}, others)
    told = guest.run("sekisho check --json", user="operator", check=False, timeout=120).json["checks"]
    s.check("to an operator it is unverified: he may not read them",
            [row["finding"] for row in told if row["check"] == "attest.organisation"] == ["unverified"])


def enter_until_cut(guest):
    """Enters visitors until the power is cut; answers those that were acknowledged by then."""
    job = guest.start_job(WRITER, **OPERATOR)
    guest.wait_for(lambda: len(job.poll().out.split()) >= 20, 120)
    acknowledged = job.poll().out.split()
    guest.kill()
    return acknowledged


with Scenario("registers are kept by those who may, and survive a power cut") as s:
    with Guest(observing(), usb=[Keyboard()], persistent=True) as guest:
        guest.wait_booted()
        guest.run("useradd --create-home --groups sekisho-audit auditor && sync")
        look_at_rights(s, guest)
        look_at_attestation(s, guest)
        acknowledged = enter_until_cut(guest)
        guest.start()
        guest.wait_booted()
        names = [entry["fields"]["visitor"] for entry in listed(guest, "visit")]
        s.must(f"all {len(acknowledged)} acknowledged entries are there", set(acknowledged) <= set(names),
               sorted(set(acknowledged) - set(names)))
        s.must("each once", len(names) == len(set(names)), names)
        s.check("as are those of before", "Yamada" in names and len(listed(guest, "attest")) == 1)
        s.check("the chain verifies", guest.run("sekisho verify --all", check=False, timeout=120).ok)
        s.check("the register is not taken for tampered with", rows(guest, "agent.tampered") == [],
                json.dumps(rows(guest, "agent.tampered"), ensure_ascii=False))
