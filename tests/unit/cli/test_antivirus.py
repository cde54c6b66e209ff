# SPDX-License-Identifier: GPL-3.0-or-later
"""`sekisho antivirus import`: only what ClamAV's sigtool vouches for is taken, whole, and never an older one."""

import json
import os
import stat
import subprocess
import tempfile
import unittest
from pathlib import Path

SEKISHO = os.environ["SEKISHO"]
# Stands for sigtool, which needs ClamAV's own signature: it vouches for files that say so.
SIGTOOL = """#!/bin/sh
file=${1#--info=}
grep -q GENUINE "$file" && echo "Verification OK." && exit 0
grep -q SILENT "$file" && exit 0
echo "ERROR: Can't verify $file" >&2
exit 1
"""


def definitions(version, body="GENUINE"):
    head = f"ClamAV-VDB:26 Nov 2026 17-37 +0000:{version}:2:216:4beb:X:me:{1795714624 + version}"
    return head.ljust(512).encode() + body.encode()


class Import(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        top = Path(self.folder.name)
        self.medium, self.target, self.sigtool = top / "medium", top / "target", top / "sigtool"
        self.medium.mkdir()
        self.target.mkdir()
        self.sigtool.write_text(SIGTOOL)
        self.sigtool.chmod(0o755)

    def run_import(self, *more):
        done = subprocess.run([SEKISHO, "antivirus", "import", self.medium, "--to", self.target, "--sigtool",
                               self.sigtool, "--json", *more], capture_output=True, text=True, check=False, timeout=60)
        files = json.loads(done.stdout)["files"] if done.stdout else []
        return done.returncode, {f["file"]: f["result"] for f in files}

    def in_target(self):
        return sorted(path.name for path in self.target.iterdir())

    def test_what_is_signed_and_newer_is_taken(self):
        (self.medium / "daily.cvd").write_bytes(definitions(7))
        (self.medium / "main.cvd").write_bytes(definitions(3))
        (self.medium / "notes.txt").write_text("GENUINE")
        self.assertEqual(self.run_import(), (0, {"daily.cvd": "imported", "main.cvd": "imported"}))
        self.assertEqual(self.in_target(), ["daily.cvd", "main.cvd"])
        self.assertEqual((self.target / "daily.cvd").read_bytes(), definitions(7))
        self.assertEqual(stat.S_IMODE((self.target / "daily.cvd").stat().st_mode), 0o644)

    def test_an_older_one_is_left_whatever_its_form(self):
        (self.target / "daily.cld").write_bytes(definitions(9))
        (self.medium / "daily.cvd").write_bytes(definitions(8))
        self.assertEqual(self.run_import(), (0, {"daily.cvd": "not-newer"}))
        (self.medium / "daily.cvd").write_bytes(definitions(9))
        self.assertEqual(self.run_import(), (0, {"daily.cvd": "not-newer"}))
        self.assertEqual(self.in_target(), ["daily.cld"])

    def test_what_is_not_signed_is_refused(self):
        (self.target / "daily.cvd").write_bytes(definitions(6))
        for body in ("forged", "SILENT"):
            (self.medium / "daily.cvd").write_bytes(definitions(7, body))
            self.assertEqual(self.run_import(), (3, {"daily.cvd": "unsigned"}))
            self.assertEqual((self.target / "daily.cvd").read_bytes(), definitions(6))
            self.assertEqual(self.in_target(), ["daily.cvd"])

    def test_what_is_no_definitions_is_refused_without_a_look_by_sigtool(self):
        (self.medium / "daily.cvd").write_bytes(b"GENUINE" * 100)
        self.assertEqual(self.run_import(), (3, {"daily.cvd": "no-definitions"}))
        self.assertEqual(self.in_target(), [])

    def test_a_link_on_the_medium_is_not_followed(self):
        (self.medium / "elsewhere").write_bytes(definitions(7))
        (self.medium / "daily.cvd").symlink_to("elsewhere")
        status, files = self.run_import()
        self.assertEqual((status, files, self.in_target()), (4, {}, []))

    def test_a_medium_without_any_is_said(self):
        self.assertEqual(self.run_import(), (1, {}))

    def test_without_sigtool_nothing_is_taken(self):
        (self.medium / "daily.cvd").write_bytes(definitions(7))
        self.sigtool.unlink()
        self.assertEqual(self.run_import()[0], 4)
        self.assertEqual(self.in_target(), [])

    def test_wrong_usage_is_said(self):
        done = subprocess.run([SEKISHO, "antivirus", "export", self.medium], capture_output=True, check=False,
                              timeout=60)
        self.assertEqual(done.returncode, 2)


if __name__ == "__main__":
    unittest.main()
