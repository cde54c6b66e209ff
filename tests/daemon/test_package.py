# SPDX-License-Identifier: GPL-3.0-or-later
"""Sealed packages of an enrolled PC: OpenSSL and SQLite alone open them, nothing about them can be changed
unseen, and a medium that is pulled leaves a whole one or none. Runs as root."""

import hashlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import busworld
from busworld import SOURCE
from machine import Machine
from siteworld import Site, identity_of, openssl

DONE, FINDING, USAGE, REFUSED, FAILED = range(5)
TEMPLATE = SOURCE / "policy/templates/report.ja.html"
MONTH, LATER = "2026-10", ("2026-11", "2026-12", "2027-01")  # the last of them is open
PASSPHRASE = "合言葉 その七"
PART_MAX = 8 << 20


def manual_commands():
    """The commands of the man page's example, as a shell takes them."""
    page = (SOURCE / "packaging/man/sekisho-export.1").read_text(encoding="utf-8")
    block, = re.findall(r"^\.Bd -literal[^\n]*\n(.*?)^\.Ed$", page, re.MULTILINE | re.DOTALL)
    return block.replace("\\e\n", "\\\n")


def rows_of(path):
    base = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return base.execute("SELECT * FROM events ORDER BY seq").fetchall()
    finally:
        base.close()


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def make_site(folder):
    site = Site(folder / "site")
    site.make("officer", "recipient", "/CN=officer")
    site.make("deputy", "recipient", "/CN=deputy", passphrase=PASSPHRASE)
    return site


class PackageTest(unittest.TestCase):
    """A machine, and how its packages are made and judged."""

    def setUp(self):
        self.machine = Machine()
        self.addCleanup(self.machine.close)
        self.out = self.machine.folder / "out"
        self.out.mkdir()
        self.machine.environment["TMPDIR"] = str(self.machine.folder / "scratch")
        (self.machine.folder / "scratch").mkdir()

    def ask(self, status, *command, **options):
        done = self.machine.sekisho(*command, **options)
        self.assertEqual(done.returncode, status, f"{command}: {done.stdout}{done.stderr}")
        return done

    def export(self, status=DONE, month=MONTH, to=None, **options):
        return self.ask(status, "export", "--month", month, "--to", to or self.out, "--state",
                        self.machine.state, "--template", TEMPLATE, **options)

    def key_of(self, name):
        return ("--private-key", self.site.path(f"{name}.key"), "--certificate", self.site.path(f"{name}.crt"))

    def verify(self, status, package, *options, site=True):
        known = ("--site", self.site.path("site.crt")) if site else ()
        done = self.ask(status, "verify", package, "--json", *known, *options)
        scratch = list((self.machine.folder / "scratch").iterdir())
        self.assertEqual(scratch, [], "nothing readable stays behind")
        if not done.stdout:
            return done.stderr
        found = json.loads(done.stdout)["results"][0]
        if not {"--passphrase-file", "--state"} & set(options):
            self.expect_second_verifier_agrees(package, found, (*known, *options))
        return found

    def expect_second_verifier_agrees(self, package, found, options):
        """Debian's own Python has Debian's python3-cryptography."""
        done = self.machine.run("/usr/bin/python3", "-B", SOURCE / "tests/verifier/package.py", package, *options)
        self.assertTrue(done.stdout, done.stderr)
        other = json.loads(done.stdout)
        self.assertEqual((other["outcome"], other["contents"], other["vouched"]),
                         (found["outcome"], found["contents"], found["signer"].get("vouched", False)), other)

    def open_by_hand(self, package):
        """What the man page says; returns the folder with what comes out."""
        folder = self.machine.folder / "by-hand"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        shutil.copytree(package, folder / package.name)
        for name in ("site.crt", "officer.crt", "officer.key"):
            shutil.copy(self.site.path(name), folder)
        done = subprocess.run(["sh", "-e", "-c", manual_commands()], cwd=folder / package.name, check=False,
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return folder, done.stdout

    def expect_whole(self, package, rows):
        """By OpenSSL, SQLite and Python alone: it is what its manifest says, and has these rows."""
        folder, said = self.open_by_hand(package)
        manifest = json.loads((folder / "manifest.json").read_bytes())
        for file, plain in zip(manifest["files"], ("month.db", "report.html")):
            self.assertEqual((folder / plain).stat().st_size, file["size"])
            self.assertEqual(digest(folder / plain), file["sha256"])
            for part in file["parts"]:
                self.assertLessEqual(part["size"], PART_MAX)
                self.assertEqual((package / part["name"]).stat().st_size, part["size"])
                self.assertEqual(digest(package / part["name"]), part["sha256"])
        names = {part["name"] for file in manifest["files"] for part in file["parts"]}
        self.assertEqual({path.name for path in package.iterdir()}, names | {"manifest.cms"})
        self.assertEqual(rows_of(folder / "month.db"), rows)
        self.assertEqual(len(rows), manifest["rows"])
        for line in (rows[0][1], rows[-1][1]):
            self.assertIn(line, said)
        return manifest


class Played(PackageTest):
    """An enrolled PC with a month of a made-up life that is closed; nobody writes."""

    rows, paths = 400, 50

    @classmethod
    def setUpClass(cls):
        cls.base = Path(tempfile.mkdtemp(prefix="sekisho-package-"))
        cls.addClassCleanup(shutil.rmtree, cls.base)
        state = cls.base / "state"
        state.mkdir()
        for month, rows in ((MONTH, cls.rows), *((month, 5) for month in LATER)):
            subprocess.run([os.environ["LEDGER_PLAY"], "--quiet", "--rows", str(rows), "--months", "1", "--first",
                            month, "--paths", str(cls.paths), state], check=True, capture_output=True)
        ledger = state / f"ledger/{MONTH}.db"
        cls.live, cls.identity = rows_of(ledger), identity_of(ledger)
        make_site(cls.base).enrol(state, "pc-01", cls.identity, ("officer", "deputy"))

    def setUp(self):
        super().setUp()
        self.machine.start_bus()
        shutil.copytree(self.base / "state", self.machine.state)
        self.site = Site(shutil.copytree(self.base / "site", self.machine.folder / "site"))
        self.place = self.machine.state / "keys/site"


class Sealed(Played):
    def setUp(self):
        super().setUp()
        self.said = self.export().stdout
        self.package, = self.out.iterdir()

    def test_openssl_and_sqlite_alone_open_it_as_the_man_page_says(self):
        manifest = self.expect_whole(self.package, self.live)
        self.assertEqual((manifest["format"], manifest["month"], manifest["partial"]),
                         ("sekisho-package/2", MONTH, False))
        self.assertEqual(manifest["ledger"], self.identity)
        fingerprints = [hashlib.sha256(openssl("x509", "-in", self.site.path(f"{name}.crt"), "-outform",
                                               "DER").stdout).hexdigest()
                        for name in ("pc-01", "site", "officer", "deputy")]
        self.assertEqual([manifest["certificate"], manifest["site"], *manifest["recipients"]], fingerprints)
        report = (self.machine.folder / "by-hand/report.html").read_text(encoding="utf-8")
        self.assertIn("令和8年10月", report)

    def test_it_says_what_it_holds(self):
        for words in (f"{MONTH}.db", "report.html", "in 1 part", "encrypted for 2 recipients",
                      f"{len(self.live)} rows"):
            self.assertIn(words, self.said)
        self.assertEqual(list((self.machine.state / "export").iterdir()), [])

    def test_each_recipient_verifies_all_of_it(self):
        secret = self.machine.folder / "passphrase"
        secret.write_text(PASSPHRASE + "\n", encoding="utf-8")
        for options in (self.key_of("officer"), (*self.key_of("deputy"), "--passphrase-file", secret)):
            found = self.verify(DONE, self.package, *options)
            self.assertEqual((found["outcome"], found["contents"], found["rows"]),
                             ("open-end", "read", len(self.live)))
            signer = found["signer"]
            self.assertEqual((signer["name"], signer["vouched"]), ("pc-01", True))
            self.assertLess(abs(signer["signed_at_ns"] - time.time_ns()), 600e9)
            self.assertLess(abs(signer["created_ns"] - time.time_ns()), 600e9)

    def test_without_a_key_it_says_that_nobody_has_looked_inside(self):
        found = self.verify(FINDING, self.package)
        self.assertEqual((found["outcome"], found["contents"]), ("unread", "unread"))
        said = self.ask(FINDING, "verify", self.package, "--site", self.site.path("site.crt")).stdout
        self.assertIn("whole from outside", said)
        self.assertIn("rows were not verified", said)

    def test_without_a_site_it_says_that_the_signer_is_not_known(self):
        found = self.verify(FINDING, self.package, *self.key_of("officer"), site=False)
        self.assertEqual((found["outcome"], found["signer"]["vouched"]), ("open-end", False))
        found = self.verify(DONE, self.package, *self.key_of("officer"), "--state", self.machine.state,
                            site=False)  # the PC knows its own
        self.assertTrue(found["signer"]["vouched"])

    def test_keys_that_do_not_fit_are_told_of(self):
        self.site.make("stranger", "recipient", "/CN=stranger")
        self.assertIn("encrypted to others", self.verify(FAILED, self.package, *self.key_of("stranger")))
        mixed = (*self.key_of("officer")[:2], *self.key_of("stranger")[2:])
        self.assertIn("is not the key of the certificate", self.verify(FAILED, self.package, *mixed))
        wrong = self.machine.folder / "wrong"
        wrong.write_text("something else\n", encoding="utf-8")
        locked = (*self.key_of("deputy"), "--passphrase-file", wrong)
        self.assertIn("not its passphrase", self.verify(FAILED, self.package, *locked))
        self.assertIn("passphrase", self.verify(FAILED, self.package, *self.key_of("deputy")))
        self.assertIn("no certificate", self.verify(FAILED, self.package, "--private-key", wrong,
                                                    "--certificate", wrong))
        self.ask(USAGE, "verify", self.package, *self.key_of("officer")[:2])

    def test_whoever_signs_or_changes_it_anew_is_found(self):
        forged = self.machine.folder / self.package.name
        other = Site(self.machine.folder / "other")
        self.site.make("pc-02", "host", "/CN=pc-02/serialNumber=" + "ab" * 16)
        other.make("pc-01", "host", f"/CN=pc-01/serialNumber={self.identity}")
        openssl("cms", "-verify", "-noverify", "-inform", "DER", "-in", self.package / "manifest.cms", "-binary",
                "-out", self.machine.folder / "manifest.json")
        for site, signer, fault in ((self.site, "pc-02", "another than the one it names"),
                                    (other, "pc-01", "the site has not issued"),
                                    (self.site, "officer", "not given its signer's certificate")):
            shutil.rmtree(forged, ignore_errors=True)
            shutil.copytree(self.package, forged)
            openssl("cms", "-sign", "-binary", "-nodetach", "-outform", "DER", "-in",
                    self.machine.folder / "manifest.json", "-signer", site.path(f"{signer}.crt"), "-inkey",
                    site.path(f"{signer}.key"), "-out", forged / "manifest.cms")
            for options in ((), self.key_of("officer")):
                found = self.verify(FINDING, forged, *options)
                self.assertEqual(found["outcome"], "broken")
                self.assertIn(fault, " ".join(each["what"] for each in found["faults"]))

    def test_one_flipped_bit_is_found_wherever_it_is(self):
        for path in sorted(self.package.iterdir()):
            whole = path.read_bytes()
            for place in (len(whole) // 3, len(whole) - 1):
                data = bytearray(whole)
                data[place] ^= 1
                path.write_bytes(data)
                for options in ((), self.key_of("officer")):
                    found = self.verify(FINDING, self.package, *options)
                    self.assertEqual(found["outcome"], "broken", path)
                    self.assertEqual({Path(fault["file"]).name for fault in found["faults"]}, {path.name})
            path.write_bytes(whole)
        self.verify(DONE, self.package, *self.key_of("officer"))

    def test_an_enrolment_that_is_not_whole_makes_no_package_and_none_at_all_a_plain_one(self):
        plain = self.machine.folder / "plain"
        plain.mkdir()
        (self.place / "recipients/02.crt").write_bytes((self.place / "host.crt").read_bytes())
        self.assertIn("recipients/02.crt", self.export(FAILED, to=plain).stderr)
        (self.place / "host.key").unlink()
        self.assertIn("host.key", self.export(FAILED, to=plain).stderr)
        self.assertEqual(list(plain.iterdir()), [])
        (self.place / "host.crt").unlink()
        self.assertIn("neither signed nor encrypted", self.export(to=plain).stdout)
        self.assertTrue((next(plain.iterdir()) / "manifest.json").exists())

    def judge_all(self, status, packages, *options):
        done = self.ask(status, "verify", *packages, "--json", "--site", self.site.path("site.crt"),
                        *self.key_of("officer"), *options)
        return json.loads(done.stdout)["results"]

    def test_packages_of_several_months_follow_each_other(self):
        for month in LATER[:2]:
            self.export(month=month)
        october, november, december = packages = sorted(self.out.iterdir())
        *_, last, chain = self.judge_all(DONE, packages)
        self.assertEqual((chain["kind"], chain["outcome"], chain["first"], chain["last"]),
                         ("chain", "open-end", 1, last["last"]))
        chain = self.judge_all(DONE, packages, "--head", last["code"])[-1]
        self.assertEqual(chain["outcome"], "whole")
        chain = self.judge_all(FINDING, (october, november), "--head", last["code"])[-1]
        self.assertIn("cut", chain["faults"][0]["what"])
        chain = self.judge_all(FINDING, (october, december))[-1]
        self.assertEqual(chain["outcome"], "broken")
        self.assertEqual(len(self.judge_all(DONE, (december,))), 1)

    def test_gaps_and_steps_of_the_clock_are_counted(self):
        found = self.verify(DONE, self.package, *self.key_of("officer"))
        steps = [row for row in self.live if "clock.stepped" in row
                 and "2026-09-30T15" <= row[1] < "2026-10-31T15"]  # the month in Japan
        self.assertEqual((found["lost"], found["clock_steps"]), (0, len(steps)))
        self.assertIn("holes", found)

    def test_another_pcs_enrolment_is_refused(self):
        shutil.rmtree(self.place)
        self.site.enrol(self.machine.state, "pc-03", "cd" * 16, ("officer",))
        other = self.machine.folder / "elsewhere"
        other.mkdir()
        self.assertIn("another ledger", self.export(FAILED, to=other).stderr)
        self.assertEqual(list(other.iterdir()), [])


class Pulled(Played):
    """Whatever happens to an export, there is a whole package or none."""

    rows, paths = 40000, 1000000  # two parts

    def name(self):
        host = json.loads(self.live[0][-1])["host"]
        return f"sekisho-{host}-{MONTH}"

    def parts(self):
        """How many files the export has made so far, −1 before it has a folder."""
        folders = [path for path in self.out.iterdir() if path.name.startswith(".")]
        try:
            return len(os.listdir(folders[0])) if folders else -1
        except FileNotFoundError:
            return -1

    def kill_at(self, count):
        """Starts an export, and kills it as soon as it has made so many files."""
        export = self.machine.start_sekisho("export", "--month", MONTH, "--to", self.out, "--state",
                                            self.machine.state, "--template", TEMPLATE)
        while export.process.poll() is None and self.parts() < count:
            time.sleep(0.0005)
        export.process.send_signal(signal.SIGKILL)
        export.process.wait()

    def expect_whole_or_none(self):
        for path in self.out.iterdir():
            done = self.machine.sekisho("verify", path, "--site", self.site.path("site.crt"),
                                        *self.key_of("officer"))
            if done.returncode == DONE:
                self.expect_whole(path, self.live)
            else:
                self.assertTrue(path.name.startswith("."), (path, done.stdout, done.stderr))

    def test_a_kill_at_any_moment_leaves_a_whole_one_or_none(self):
        interrupted = 0
        for count in (0, 1, 2, 3):
            self.kill_at(count)
            interrupted += not (self.out / self.name()).exists()
            self.expect_whole_or_none()
        self.assertGreaterEqual(interrupted, 2)
        if not (self.out / self.name()).exists():
            self.export()
        self.assertEqual([path.name for path in self.out.iterdir()], [self.name()])
        manifest = self.expect_whole(self.out / self.name(), self.live)
        self.assertEqual(len(manifest["files"][0]["parts"]), 2)
        self.assertEqual(list((self.machine.state / "export").iterdir()), [])

    def test_a_full_medium_leaves_none(self):
        medium = self.machine.folder / "medium"
        medium.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=9m", "tmpfs", medium], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", medium], check=True)
        self.assertIn("No space left", self.export(FAILED, to=medium).stderr)
        self.assertEqual(list(medium.iterdir()), [])
        self.assertEqual(list((self.machine.state / "export").iterdir()), [])

    def test_two_at_once_do_not_meet(self):
        export = self.machine.start_sekisho("export", "--month", MONTH, "--to", self.out, "--state",
                                            self.machine.state, "--template", TEMPLATE)
        while export.process.poll() is None and self.parts() < 0:
            time.sleep(0.001)
        self.assertIn("another export", self.export(FAILED).stderr)
        self.assertEqual(export.process.wait(), DONE)


class Agent(unittest.TestCase):
    def test_it_carries_no_libcrypto(self):
        """That is 4 MB resident, for what only commands do."""
        for program, is_needed in (("SEKISHOD", False), ("SEKISHO", True)):
            said = subprocess.run(["readelf", "-d", os.environ[program]], check=True, capture_output=True,
                                  text=True).stdout
            self.assertEqual("libcrypto" in said, is_needed, program)


class Running(PackageTest):
    """The open month, while the real agent writes."""

    def setUp(self):
        super().setUp()
        self.machine.start_bus()
        self.machine.plug_stick()
        self.machine.start()
        self.month = time.strftime("%Y-%m", time.gmtime(time.time() + 9 * 3600))  # in Japan
        self.site = make_site(self.machine.folder)
        ledger = self.machine.state / f"ledger/{self.month}.db"
        self.site.enrol(self.machine.state, "pc-01", identity_of(ledger), ("officer", "deputy"))

    def test_a_partial_package_is_made_while_rows_come_in_and_superseded_by_the_next(self):
        rows = []
        for number in range(2):
            self.ask(DONE, "usb", "allow", f"abcd:{number:04}")
            export = self.machine.start_sekisho("export", "--month", self.month, "--to", self.out, "--state",
                                                self.machine.state, "--template", TEMPLATE)
            while export.process.poll() is None:
                self.assertEqual(self.machine.call("Seal", "s", "export").returncode, 0)
            self.assertEqual(export.process.returncode, DONE, export.lines())
            package, = self.out.iterdir()
            self.assertTrue(package.name.endswith("-partial"))
            found = self.verify(DONE, package, *self.key_of("officer"))
            rows.append(found["rows"])
            live = rows_of(self.machine.state / f"ledger/{self.month}.db")
            self.assertTrue(self.expect_whole(package, live[:found["rows"]])["partial"])
        self.assertLess(rows[0], rows[1])
        row = self.machine.rows("--kind", "export.created")[-1]["sekisho"]
        self.assertEqual((row["object"], row["details"]["partial"]), (package.name, True))
        self.ask(DONE, "verify", "--all", "--state", self.machine.state)


if __name__ == "__main__":
    busworld.main()
