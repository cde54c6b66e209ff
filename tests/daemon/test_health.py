# SPDX-License-Identifier: GPL-3.0-or-later
"""The real sekishod and the real checks on a made-up machine whose `health` prints what the test says. What the real
one sees needs machines of their own (tests/unit/watch, tests/vm)."""

import json
import os
import signal
import sqlite3
import time
import unittest

from busworld import PATIENCE
from machine import Machine

HEALTH = """#!/bin/sh
echo "$@" >>"${0%/*}/asked"
cat "${0%/*}/$1" 2>/dev/null || exit 4
"""
AUDITD = "flush = DATA\nmax_log_file_action = keep_logs\nspace_left_action = SYSLOG\n"
NOTHING = object()
FIRST, LOOKS = 40, 1000 if "SEKISHO_FULL" in os.environ else 40


class HealthTest(unittest.TestCase):
    def setUp(self):
        self.machine = Machine()
        self.addCleanup(self.machine.close)
        self.programs = self.machine.root / "usr/libexec/sekisho"
        self.audit = self.machine.root / "etc/audit"
        self.audit.mkdir()
        self.set_auditd(AUDITD)
        (self.audit / "audit.rules").write_text("-b 8192\n", encoding="ascii")
        (self.programs / "health").write_text(HEALTH, encoding="ascii")
        (self.programs / "health").chmod(0o755)
        for section in ("antivirus", "storage", "posture"):
            self.set_facts(section, {})
        self.machine.start_bus()

    def set_auditd(self, text):
        (self.audit / "auditd.conf").write_text(text, encoding="ascii")

    def set_facts(self, section, facts):
        path = self.programs / section
        if facts is NOTHING:
            path.unlink()
        else:
            path.write_text(json.dumps(facts) + "\n", encoding="utf-8")

    def looks(self, section):
        asked = self.programs / "asked"
        lines = asked.read_text(encoding="utf-8").splitlines() if asked.exists() else []
        return [line for line in lines if line.split()[0] == section]

    def wait_for(self, condition, what=""):
        until = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), until, what)
            time.sleep(0.05)

    def look_again(self):
        """The policy read anew asks for a look at everything."""
        before = {section: len(self.looks(section)) for section in ("antivirus", "storage", "posture")}
        self.machine.agent.process.send_signal(signal.SIGHUP)
        for section, n in before.items():
            self.wait_for(lambda s=section, n=n: len(self.looks(s)) > n, section)
        time.sleep(0.5)  # what was printed is judged at once, and a row is on disk within this

    def found(self):
        """What the agent says of each check now."""
        status = json.loads(self.machine.sekisho("status", "--json").stdout)
        return {check["check"]: check["finding"] for check in status["health"]["checks"]}

    def rows_of(self, check):
        rows = (row["sekisho"] for row in self.machine.rows())
        return [row for row in rows if row.get("details", {}).get("check") == check]

    def start(self):
        self.machine.start()
        self.wait_for(lambda: "audit.flush" in self.found(), "the first look")
        self.wait_for(lambda: all(any(check.startswith(room) for check in self.found())
                                  for room in ("antivirus.", "storage.", "posture.")), "all rooms")

    def test_a_finding_that_changes_is_one_row_and_one_that_stays_is_none(self):
        self.start()
        self.wait_for(lambda: len(self.rows_of("audit.flush")) == 1)
        self.look_again()
        self.assertEqual(len(self.rows_of("audit.flush")), 1)
        self.set_auditd(AUDITD.replace("DATA", "INCREMENTAL_ASYNC"))
        self.look_again()
        self.wait_for(lambda: self.found()["audit.flush"] == "violation")
        self.wait_for(lambda: len(self.rows_of("audit.flush")) == 2)
        self.set_auditd(AUDITD)
        self.look_again()
        self.wait_for(lambda: len(self.rows_of("audit.flush")) == 3)
        details = [row["details"] for row in self.rows_of("audit.flush")]
        self.assertEqual([(d.get("before"), d["finding"]) for d in details],
                         [(None, "ok"), ("ok", "violation"), ("violation", "ok")])
        self.assertIn("flush = DATA", details[1]["remedy"])

    def test_what_was_found_is_still_known_after_a_kill_and_after_a_lost_register(self):
        self.start()
        self.wait_for(lambda: len(self.rows_of("audit.flush")) == 1)
        n = len(self.machine.rows("--kind", "finding.changed"))
        for loss in (None, self.machine.state / "registers.db"):
            self.machine.agent.process.kill()
            self.machine.agent.process.wait()
            if loss:
                loss.unlink()
            before = len(self.looks("posture"))
            self.machine.start()
            self.wait_for(lambda b=before: len(self.looks("posture")) > b)
            time.sleep(0.5)
            self.assertEqual(len(self.machine.rows("--kind", "finding.changed")), n)

    def test_what_can_not_look_leaves_nothing_ok(self):
        self.start()
        for section in ("antivirus", "storage", "posture"):
            self.set_facts(section, NOTHING)
        self.look_again()
        rooms = ("antivirus.", "storage.", "posture.")
        self.wait_for(lambda: "ok" not in {finding for check, finding in self.found().items()
                                           if check.startswith(rooms)})

    def test_what_an_antivirus_found_is_a_row_once(self):
        found = [{"id": f"{i:032x}", "signature": "Eicar", "file": f"/srv/{i}", "still_there": i == 0,
                  "at_s": int(time.time()) - (i == 2) * 30 * 86400} for i in range(3)]
        facts = {"products": [{"name": "clamav", "installed": True, "found": {"detections": found}}]}
        self.set_facts("antivirus", facts)
        self.start()
        self.wait_for(lambda: len(self.machine.rows("--kind", "antivirus.detected")) == 3)
        self.look_again()
        self.machine.agent.process.kill()
        self.machine.agent.process.wait()
        self.machine.start()
        self.look_again()
        rows = self.machine.rows("--kind", "antivirus.detected")
        self.assertEqual([(row["sekisho"]["outcome"], row["log"]["level"]) for row in rows],
                         [("still there", "violation"), ("gone", "violation"), ("gone", "warning")])

    def test_what_a_person_attests_changes_the_finding_and_is_a_row(self):
        self.start()
        self.wait_for(lambda: len(self.rows_of("attest.secrecy")) == 1)
        done = self.machine.sekisho("attest", "3.1", "--statement", "it stands in the work rules")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.look_again()
        self.wait_for(lambda: self.found()["attest.secrecy"] == "ok")
        self.assertEqual([(row["details"].get("before"), row["details"]["finding"])
                          for row in self.rows_of("attest.secrecy")], [(None, "unverified"), ("unverified", "ok")])

    # ---- The monthly report ----------------------------------------------------------------------------

    def report(self, month):
        done = self.machine.sekisho("report", "--json", "--month", month, "--state", self.machine.state)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def worst(self, month):
        """The worst that each check found in the month, and the last, by SQL alone."""
        worst, last = {}, {}
        order = ["not-applicable", "ok", "unverified", "violation"]
        with sqlite3.connect(f"file:{self.machine.state}/ledger/{month}.db?mode=ro", uri=True) as db:
            rows = db.execute("SELECT json_extract(details, '$.check'), json_extract(details, '$.finding') "
                              "FROM events WHERE json_extract(details, '$.finding') IS NOT NULL ORDER BY seq")
            for check, finding in rows:
                last[check] = finding
                worst[check] = max(worst.get(check, finding), finding, key=order.index)
        return worst, last

    def count(self, month, kind):
        with sqlite3.connect(f"file:{self.machine.state}/ledger/{month}.db?mode=ro", uri=True) as db:
            return db.execute("SELECT count(*) FROM events WHERE kind = ?", (kind,)).fetchone()[0]

    def expect(self, item, value, *remarks):
        self.assertEqual(item["value"], value, item)
        for remark in remarks:
            self.assertIn(remark, item["remarks"], item)

    def test_the_report_has_each_item_as_the_rows_and_the_checks_behind_it_say(self):
        self.start()
        document = self.machine.folder / "rules.txt"
        document.write_text("rules", encoding="ascii")
        for words in (["3.1", "--statement", "in the work rules", "--document", document],
                      ["8", "--statement", "a law was not kept", "--finding", "violation"],
                      ["5.2", "--statement", "there is no server", "--finding", "not-applicable"]):
            done = self.machine.sekisho("attest", *words)
            self.assertEqual(done.returncode, 0, done.stderr)
        for words in (["visit", "in", "--visitor", "a", "--purpose", "repair"],
                      ["visit", "in", "--visitor", "b", "--purpose", "repair"],
                      ["asset", "add", "--item", "PC", "--lender", "the city", "--holder", "ito"],
                      ["audit", "add", "--auditor", "kato", "--kind", "internal"]):
            done = self.machine.sekisho(*words)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.set_auditd(AUDITD.replace("DATA", "INCREMENTAL_ASYNC"))
        self.look_again()
        self.wait_for(lambda: self.found()["audit.flush"] == "violation")
        self.set_auditd(AUDITD)
        self.look_again()
        self.wait_for(lambda: self.rows_of("audit.flush")[-1]["details"]["finding"] == "ok")
        month = time.strftime("%Y-%m", time.gmtime(time.time() + 9 * 3600))  # in Japan
        made = self.report(month)
        items = {item["item"]: item for item in made["items"]}
        self.assertEqual(list(items), [str(i) for i in range(1, 31)])
        self.expect(items["3"], "ok", "said-late")
        self.assertEqual([one["document"] for one in items["3"]["attestations"]], ["rules.txt"])
        self.expect(items["26"], "violation", "checks-violated")
        self.expect(items["13"], "not-applicable")
        self.expect(items["5"], "unverified", "checks-unseen")  # the policy says nothing of operators
        self.expect(items["17"], "violation", "checks-violated")
        bad = {check["check"]: check for check in items["17"]["checks"]["bad"]}
        self.assertEqual((bad["audit.flush"]["last"], bad["audit.flush"]["mended"]), ("ok", True))
        worst, last = self.worst(month)
        for item in made["items"]:
            for check in item["checks"]["bad"]:
                said = last if check["check"].startswith("attest.") else worst
                if not check["unseen"]:
                    self.assertEqual(check["value"], said[check["check"]], check)
        self.assertEqual(sum(made["results"].values()), 29)
        for register, kind in (("attestations", "attestation.made"), ("visits", "visit.recorded"),
                               ("assets", "asset.lent"), ("audits", "audit.recorded")):
            self.assertGreater(self.count(month, kind), 0)
            self.assertEqual(made["registers"][register]["made"], self.count(month, kind), register)
        self.assertEqual({f["key"]: f["value"] for f in made["findings"]},
                         {i["key"]: i["value"] for i in made["items"] if i["item"] in "10 11 12 18 24 29".split()})

    def test_what_was_never_known_to_be_well_alarms_nobody(self):
        for section in ("antivirus", "storage", "posture"):
            self.set_facts(section, NOTHING)
        self.start()
        self.wait_for(lambda: self.rows_of("antivirus.installed"))
        time.sleep(0.5)
        self.assertEqual([row for row in self.machine.rows() if row["log"]["level"] == "violation"], [])
        self.assertEqual([row["details"].get("because") for row in self.rows_of("antivirus.proof")],
                         ["antivirus.running"])

    def test_the_protected_folders_of_the_policy_are_what_is_looked_at(self):
        self.start()
        folder = self.machine.policy / "policy.d"
        folder.mkdir(exist_ok=True)
        (folder / "a.conf").write_text('files = { protected = ("/srv/a b", "/srv/c"); };\n', encoding="ascii")
        self.look_again()
        self.wait_for(lambda: self.looks("storage")[-1] == "storage /srv/a b /srv/c")

    def test_node_exporter_is_told_where_the_policy_says_so(self):
        path = self.machine.folder / "textfile"
        path.mkdir()
        metrics = path / "sekisho.prom"
        folder = self.machine.policy / "policy.d"
        folder.mkdir(exist_ok=True)
        (folder / "a.conf").write_text(f'metrics = {{ textfile = "{metrics}"; }};\n', encoding="ascii")
        self.start()
        self.wait_for(metrics.exists)
        self.assertIn("sekisho_up 1\n", metrics.read_text(encoding="ascii"))
        self.assertEqual(metrics.stat().st_mode & 0o777, 0o644)
        self.machine.agent.process.terminate()
        self.machine.agent.process.wait()
        self.assertIn("sekisho_up 0\n", metrics.read_text(encoding="ascii"))
        self.assertEqual(os.listdir(path), ["sekisho.prom"])

    def test_looks_that_are_asked_for_faster_than_they_can_be_made_are_few(self):
        self.start()
        before, began = len(self.looks("storage")), time.monotonic()
        for _ in range(50):
            self.machine.agent.process.send_signal(signal.SIGHUP)
            time.sleep(0.04)
        self.look_again()
        seconds = time.monotonic() - began
        self.assertLess(len(self.looks("storage")) - before, seconds / 0.3 + 2)
        self.assertEqual(self.found()["audit.flush"], "ok")

    def test_the_agent_does_not_grow_however_often_it_looks(self):
        # What was freed is not kept, so that what is resident says something.
        self.machine.environment["ASAN_OPTIONS"] += ":quarantine_size_mb=0"
        self.start()
        self.look_often(FIRST)
        before = self.machine.resident_kb()
        self.look_often(LOOKS)
        grown = self.machine.resident_kb() - before
        print(f"resident: {before} kB, and {grown:+} kB after {LOOKS} more looks")
        self.assertLess(grown, 3072)  # SQLite's cache takes up to 2 MiB: each reading of the policy is a row
        self.wait_for(lambda: self.found()["audit.flush"] == "ok", "what was found last is not told")

    def look_often(self, times):
        """Each look finds another thing, and a finding changes with each second one."""
        for i in range(times):
            before = len(self.looks("storage"))
            self.set_facts("storage", {"seen": i})
            self.set_auditd(AUDITD if i % 2 else AUDITD.replace("DATA", "NONE"))
            self.machine.agent.process.send_signal(signal.SIGHUP)
            self.wait_for(lambda before=before: len(self.looks("storage")) > before, "a look")


if __name__ == "__main__":
    unittest.main()
