# SPDX-License-Identifier: GPL-3.0-or-later
"""sekisho policy check: what it prints, and with which exit status."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

SEKISHO = os.environ["SEKISHO"]
SHIPPED = Path(os.environ["SOURCE_DIR"], "policy/policy.conf")
WRONG = """site = {
  nmae = "A";
};
ledger = { contract_end = "2027-02-29"; };
"""


class PolicyCheck(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        self.folder.chmod(0o755)

    def put(self, name, text):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True, mode=0o755)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o644)
        return path

    def run_it(self, *arguments):
        environment = dict(os.environ, LC_ALL="C.UTF-8", TZ="America/New_York", LANGUAGE="")
        done = subprocess.run([SEKISHO, "policy", *map(str, arguments)], capture_output=True,
                              text=True, env=environment, timeout=60, check=False)
        self.assertNotIn("Sanitizer", done.stderr)
        return done

    def test_the_shipped_policy_is_in_order(self):
        done = self.run_it("check", self.put("policy.conf", SHIPPED.read_text(encoding="utf-8")))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("policy.conf: in order", done.stdout)
        self.assertIn("keyboards: allowed", done.stdout)

    def test_each_mistake_stands_with_file_line_and_remedy(self):
        path = self.put("draft.conf", WRONG)
        done = self.run_it("check", path)
        self.assertEqual(done.returncode, 1)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[0], f"{path}:2: site knows no “nmae”")
        self.assertTrue(lines[1].startswith("    did you mean “name”?"), lines[1])
        self.assertEqual(lines[2], f"{path}:4: “2027-02-29” is no day of the calendar")
        self.assertTrue(lines[4].startswith("2 mistakes"), lines[4])
        self.assertNotIn("\033", done.stdout, "no colour where no terminal is")

    def test_json_holds_the_same(self):
        path = self.put("draft.conf", WRONG)
        done = self.run_it("check", path, "--json")
        self.assertEqual(done.returncode, 1)
        document = json.loads(done.stdout)
        self.assertFalse(document["ok"])
        self.assertEqual([(m["file"], m["line"]) for m in document["mistakes"]],
                         [(str(path), 2), (str(path), 4)])
        self.assertTrue(all(m["what"] and m["remedy"] for m in document["mistakes"]))

    def test_a_folder_is_read_with_its_parts(self):
        self.put("policy.conf", 'ledger = { contract_end = "2027-03-31"; };\n')
        self.put("policy.d/10.conf", 'usb = { mice = ("0001:0001"); '
                                     'allow = ({ device = "0001:0002"; until = "2020-01-01"; }); };\n')
        done = self.run_it("check", self.folder, "--json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        document = json.loads(done.stdout)
        self.assertEqual(document["contract_end"], "2027-03-31")
        self.assertEqual(document["usb"]["mice"], "named")
        self.assertEqual((document["approvals"], document["approvals_ended"]), (1, 1))
        self.assertEqual(document["seal_minutes"], 15)

    def test_what_others_could_have_written_is_a_mistake(self):
        path = self.put("policy.conf", "")
        path.chmod(0o666)
        done = self.run_it("check", path)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{path}: can be changed by everybody", done.stdout)
        self.assertIn("chmod go-w", done.stdout)

    def test_a_file_that_is_not_there_could_not_be_checked(self):
        done = self.run_it("check", self.folder / "none\033[31m.conf")
        self.assertEqual(done.returncode, 4)
        self.assertIn("none\\x1b[31m.conf", done.stderr)

    def test_wrong_usage_is_told_apart(self):
        for arguments in ([], ["chekc"], ["check", "--wrong"], ["check", "a", "b"]):
            done = self.run_it(*arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertIn("sekisho policy: ", done.stderr)


if __name__ == "__main__":
    unittest.main()
