# SPDX-License-Identifier: GPL-3.0-or-later
"""Erasing files: what the real sekisho does to them with whose rights, what the real sekishod records of it and from
whom, and what the certificate says. Runs as root."""

import csv
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import busworld
from busworld import NO_LOGIN, SATO, SOURCE, TANAKA
from test_agent import DONE, FAILED, FINDING, REFUSED, USAGE, AgentTest

LEVELS = {"overwritten", "encrypted-at-rest", "overwritten-unproven", "unlinked-only"}


class EraseTest(AgentTest):
    def setUp(self):
        super().setUp()
        self.machine.start_polkit("yes")
        self.machine.environment["SEKISHO_TEMPLATES"] = str(SOURCE / "policy/templates")
        self.folder = Path(tempfile.mkdtemp(prefix="sekisho-erase-", dir="/var/tmp"))
        self.folder.chmod(0o777)
        self.addCleanup(shutil.rmtree, self.folder, True)

    def write(self, name, data=b"\xe5\x80\x8b\xe4\xba\xba" * 5000, owner=None):
        path = self.folder / name
        path.write_bytes(data)
        if owner is not None:
            os.chown(path, owner, owner)
        return path

    def erase(self, status, *arguments, **options):
        return self.expect(status, "erase", *arguments, "--yes", "--json", **options)

    def erased(self, *arguments, **options):
        return json.loads(self.erase(DONE, *arguments, **options).stdout)

    def call(self, method, document, *before, status=DONE, uid=0, login=1000):
        """The method itself, as a program of somebody's own would call it; its answer."""
        done = self.machine.run("busctl", "--system", "--json=short", "call",
                                "org.sekisho.Agent1", "/org/sekisho/Agent1", "org.sekisho.Agent1", method,
                                "sa{sv}" if before else "a{sv}", *before, *document, uid=uid, login=login)
        self.assertEqual(done.returncode == 0, status == DONE, done.stderr)
        return done

    def rows(self, kind):
        return [row for row in self.machine.rows() if row["event"]["action"] == kind]


class Erasing(EraseTest):
    def test_a_file_is_gone_and_both_rows_say_who_and_what(self):
        data = b"secret" * 1000
        path = self.write("名簿.csv", data)
        answer = self.erased(path, "--hash", "--reason", "保存期間の満了", login=1234)
        self.assertFalse(path.exists())
        [begun], [done] = self.rows("erase.begun"), self.rows("erase.done")
        self.assertLess(begun["event"]["sequence"], done["event"]["sequence"])
        for row in (begun, done):
            self.assertEqual((row["user"]["id"], row["sekisho"]["object"]), ("1234", str(path)))
            self.assertEqual(row["sekisho"]["details"]["reason"], "保存期間の満了")
        [file] = done["sekisho"]["details"]["files"]
        self.assertEqual((file["path"], file["size"], file["sha256"]),
                         (str(path), 6000, hashlib.sha256(data).hexdigest()))
        self.assertEqual((file["seen"], file["gone"], file["owner"]), (True, True, 0))
        self.assertIn(file["level"], LEVELS)
        self.assertEqual(answer["number"], begun["event"]["sequence"])
        # Something else may be recorded at the same time, so its head is no older than the last row of its own.
        code = answer["certificate"]["ledger"]["head_code"]
        self.assertGreaterEqual(int(code.partition("-")[0]), done["event"]["sequence"])
        verified = self.machine.sekisho("verify", "--all", "--state", self.machine.state, "--head", code)
        self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)

    def test_the_content_is_overwritten_before_the_name_goes(self):
        """A descriptor that only names it is no use of it, and keeps the inode for a look afterwards."""
        data = os.urandom(2_500_001)
        path = self.write("a", data)
        descriptor = os.open(path, os.O_PATH)
        self.addCleanup(os.close, descriptor)
        self.erased(path)
        left = Path(f"/proc/self/fd/{descriptor}").read_bytes()
        self.assertEqual(len(left), len(data))
        same = sum(left[i:i + 16] in data for i in range(0, len(left) - 16, 4096))
        self.assertEqual(same, 0)

    def test_every_name_of_a_file_goes_or_none(self):
        path, kept = self.write("a"), self.folder / "kept"
        os.link(path, kept)
        self.assertIn("hard links", self.erase(FINDING, path).stderr)
        self.assertEqual(path.read_bytes(), kept.read_bytes(), "a refusal touches nothing")
        self.assertEqual(self.rows("erase.begun"), [], "and is no erasing")
        descriptor = os.open(self.folder, os.O_RDONLY)
        self.addCleanup(os.close, descriptor)
        self.erased(path, kept)
        self.assertEqual(sorted(os.listdir(descriptor)), [])

    def test_what_is_no_plain_file_of_ones_own_is_refused_untouched(self):
        target = self.write("target")
        (self.folder / "link").symlink_to(target)
        os.mkfifo(self.folder / "fifo")
        (self.folder / "folder").mkdir()
        (self.folder / "way").symlink_to(self.folder)
        own = self.write("other", owner=SATO)
        own.chmod(0o600)
        for name, words in (("link", "symbolic"), ("fifo", "device"), ("missing", "no such file"),
                            ("way/target", "symbolic link is on the way")):
            with self.subTest(name=name):
                self.assertIn(words, self.erase(FINDING, self.folder / name, uid=TANAKA, login=TANAKA).stderr)
        self.assertIn("may not", self.erase(FINDING, own, uid=TANAKA, login=TANAKA).stderr)
        self.assertIn("recursive", self.erase(USAGE, self.folder / "folder").stderr)
        self.assertEqual(target.read_bytes(), own.read_bytes())
        self.assertEqual(self.rows("erase.begun"), [])

    def test_a_file_that_another_program_has_open_is_refused(self):
        path = self.write("open")
        with path.open("rb") as file:
            self.assertIn("another program", self.erase(FINDING, path).stderr)
            self.assertEqual(len(file.read()), 30000)
        self.erased(path)

    def test_a_folder_goes_with_all_that_is_in_it(self):
        for i in range(230):
            (self.folder / f"tree/{i % 7}").mkdir(parents=True, exist_ok=True)
            self.write(f"tree/{i % 7}/{i}", b"x" * i)
        answer = self.erased(self.folder / "tree", "--recursive")
        self.assertEqual((answer["erased"], answer["failed"]), (230, 0))
        self.assertFalse((self.folder / "tree").exists())
        done = self.rows("erase.done")
        self.assertGreater(len(done), 1)
        self.assertEqual({row["sekisho"]["details"]["whole"] for row in done}, {answer["number"]})
        self.assertEqual(sum(len(row["sekisho"]["details"]["files"]) for row in done), 230)

    def test_without_a_login_or_an_agent_nothing_is_touched(self):
        path = self.write("kept")
        self.erase(REFUSED, path, login=NO_LOGIN)
        self.machine.agent.stop()
        self.erase(FAILED, path)
        self.assertEqual(path.stat().st_size, 30000)
        self.assertEqual(path.read_bytes()[:6], b"\xe5\x80\x8b\xe4\xba\xba")

    def test_an_account_without_rights_erases_its_own(self):
        path = self.write("own", owner=TANAKA)
        self.erased(path, uid=TANAKA, login=TANAKA)
        self.assertFalse(path.exists())
        [done] = self.rows("erase.done")
        self.assertEqual((done["user"]["id"], done["sekisho"]["details"]["files"][0]["owner"]), (str(TANAKA), TANAKA))


class Certificates(EraseTest):
    def test_it_is_written_in_both_languages_and_printed_again(self):
        path = self.write("<b>&名簿.csv")
        number = self.erased(path, "--certificate", self.folder, "--reason", "<i>満了")["number"]
        [done] = self.rows("erase.done")
        level = done["sekisho"]["details"]["files"][0]["level"]
        for language, title in (("ja", "消去証明書"), ("en", "Certificate of erasure")):
            html = (self.folder / f"certificate-{number}.{language}.html").read_text("utf-8")
            text = (self.folder / f"certificate-{number}.{language}.txt").read_text("utf-8")
            self.assertIn(title, html)
            self.assertIn(title, text)
            self.assertIn("&lt;b&gt;&amp;名簿.csv", html)
            self.assertNotIn("<b>", html)
            self.assertIn(f"({level})", html)
            self.assertIn(str(path), text)
        state = self.machine.state
        again = self.expect(DONE, "erase", "certificate", str(number), "--state", state).stdout
        self.assertIn(str(path), again)
        document = json.loads(self.expect(DONE, "erase", "certificate", str(number), "--state", state, "--json").stdout)
        self.assertTrue(document["complete"])
        self.assertGreater(document["ledger"]["sequence"], document["rows"][-1])
        self.expect(FAILED, "erase", "certificate", str(number + 1), "--state", state)

    def test_what_was_interrupted_is_on_it_and_is_not_complete(self):
        path = self.write("half")
        inode = path.stat().st_ino
        done = self.call("BeginErasure", self.begin(path, inode))
        number = self.number(done)
        state = self.machine.state
        document = json.loads(self.expect(FINDING, "erase", "certificate", str(number), "--state", state,
                                          "--json").stdout)
        self.assertFalse(document["complete"])
        self.assertIsNone(document["files"][0]["level"])
        self.erased(path)
        self.assertFalse(path.exists())

    @staticmethod
    def begin(path, inode, size=30000):
        return ("1", "files", "av", "1", "a{sv}", "3", "path", "s", str(path), "inode", "t", str(inode), "size", "t",
                str(size))

    @staticmethod
    def number(done):
        return json.loads(done.stdout)["data"][0]["number"]["data"]

    @staticmethod
    def end(**said):
        pairs = [word for key, value in said.items() for word in (key, "s", value)]
        return ("1", "files", "av", "1", "a{sv}", str(len(said)), *pairs)

    def test_the_agent_sees_for_itself_what_a_caller_says(self):
        """A lie about a file that was never there, and about one that still is."""
        number = self.number(self.call("BeginErasure", self.begin("/var/tmp/never-there", 1), uid=TANAKA, login=TANAKA))
        self.call("EndErasure", self.end(level="overwritten"), str(number), uid=TANAKA, login=TANAKA)
        self.assertFalse(self.last("erase.done")["sekisho"]["details"]["files"][0]["seen"])
        path = self.write("still")
        number = self.number(self.call("BeginErasure", self.begin(path, path.stat().st_ino), uid=TANAKA, login=TANAKA))
        self.call("EndErasure", self.end(level="overwritten"), str(number), uid=TANAKA, login=TANAKA)
        row = self.last("erase.done")
        self.assertFalse(row["sekisho"]["details"]["files"][0]["gone"])
        self.assertEqual(row["event"]["outcome"], "failure")

    def test_only_who_began_may_end_and_only_once(self):
        path = self.write("x")
        number = str(self.number(self.call("BeginErasure", self.begin(path, path.stat().st_ino), login=1234)))
        self.call("EndErasure", self.end(level="overwritten"), number, status=FAILED, login=1000)
        self.call("EndErasure", self.end(level="melted"), number, status=FAILED, login=1234)
        self.call("EndErasure", self.end(level="overwritten", error="x"), number, status=FAILED, login=1234)
        self.assertEqual(self.rows("erase.done"), [])
        self.machine.agent.process.send_signal(signal.SIGKILL)
        self.machine.agent.process.wait()
        self.machine.start()
        self.call("EndErasure", self.end(error="no"), number, login=1234)
        self.call("EndErasure", self.end(error="no"), number, status=FAILED, login=1234)
        self.assertEqual(len(self.rows("erase.done")), 1)


PASSPHRASE = b"correct horse"
MIB = 1 << 20


class Containers(EraseTest):
    """With the real cryptsetup, which is also asked from outside what is left."""

    FAST = ("--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000", "--batch-mode")
    STATED = ("--container", "--no-header-backup")

    @staticmethod
    def cryptsetup(*words):
        return subprocess.run(["cryptsetup", *map(str, words)], input=PASSPHRASE, capture_output=True, check=False)

    def opens(self, path):
        return self.cryptsetup("open", "--test-passphrase", path, "-").returncode == 0

    def make(self, name="container.img", kind="luks2", owner=None):
        path = self.write(name, os.urandom(20 * MIB), owner)
        done = self.cryptsetup("luksFormat", *self.FAST, "--type", kind, path, "-")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(self.opens(path))
        return path

    def attach(self, path):
        device = subprocess.run(["losetup", "--find", "--show", str(path)], capture_output=True, text=True,
                                check=True).stdout.strip()
        self.addCleanup(subprocess.run, ["losetup", "--detach", device], check=False, capture_output=True)
        return Path(device)

    def uuid(self, path):
        return self.cryptsetup("luksUUID", path).stdout.decode().strip()

    def expect_keys_gone(self, path, before):
        after = path.read_bytes()
        self.assertNotEqual(self.cryptsetup("luksDump", path).returncode, 0)
        self.assertNotEqual(self.cryptsetup("isLuks", path).returncode, 0)
        self.assertFalse(self.opens(path))
        self.assertEqual(len(after), len(before))
        for magic in (b"LUKS\xba\xbe", b"SKUL\xba\xbe"):
            self.assertIn(b"LUKS\xba\xbe", before)
            self.assertNotIn(magic, after)
        changed = [at for at in range(0, len(before), 512) if before[at:at + 512] != after[at:at + 512]]
        keys = changed[-1] + 512
        left = {before[at:at + 512] for at in range(0, keys, 512)} - {bytes(512)}
        self.assertFalse(left & {after[at:at + 512] for at in range(0, len(after), 512)}, "a block of the keys is left")
        self.assertEqual(after[keys:], before[keys:], "the content is as it was")
        # Nothing but what was overwritten kept it from being opened.
        again = self.write("again.img", before[:keys] + after[keys:])
        self.assertTrue(self.opens(again))
        again.unlink()

    def test_the_keys_are_gone_and_nothing_else_and_it_is_recorded_and_certified(self):
        for kind in ("luks1", "luks2"):
            path = self.make(f"{kind}.img", kind, owner=TANAKA)
            before, uuid = path.read_bytes(), self.uuid(path)
            answer = self.erased(path, *self.STATED, "--reason", "満了", "--certificate", self.folder, uid=TANAKA,
                                 login=TANAKA)
            self.expect_keys_gone(path, before)
            row = self.last("erase.done")
            [file] = row["sekisho"]["details"]["files"]
            self.assertEqual((file["level"], file["luks"], file["header_backup"], file["seen"], file["gone"]),
                             ("crypto-erase", uuid, "none", True, True))
            self.assertEqual((row["user"]["id"], row["sekisho"]["outcome"]), (str(TANAKA), "erased"))
            for language, words in (("ja", "ヘッダーの複製がほかにないことを申告"), ("en", "stated that there is no other copy")):
                for form in ("txt", "html"):
                    text = (self.folder / f"certificate-{answer['number']}.{language}.{form}").read_text("utf-8")
                    self.assertIn(words, text)
                    self.assertIn(uuid, text)

    def test_while_something_has_it_open_it_is_refused_with_what_to_do(self):
        path = self.make()
        before = path.read_bytes()
        device = self.attach(path)
        told = self.erase(FINDING, path, *self.STATED)
        self.assertIn("cryptsetup close", told.stderr)
        holder = os.open(device, os.O_RDWR | os.O_EXCL)  # as device-mapper and mounts hold it
        self.assertIn("cryptsetup close", self.erase(FINDING, device, *self.STATED).stderr)
        os.close(holder)
        self.assertEqual(path.read_bytes(), before)
        self.assertEqual(self.rows("erase.begun"), [])
        self.assertTrue(self.opens(path))

    def test_a_device_is_a_container_too(self):
        path = self.make()
        before, device = path.read_bytes(), self.attach(path)
        self.erased(device, *self.STATED)
        subprocess.run(["losetup", "--detach", str(device)], check=True)
        self.expect_keys_gone(path, before)
        [file] = self.last("erase.done")["sekisho"]["details"]["files"]
        self.assertEqual((file["path"], file["level"], file["size"]), (str(device), "crypto-erase", len(before)))
        self.assertEqual((file["seen"], file["gone"]), (True, True))

    def test_what_is_no_whole_container_is_refused_untouched(self):
        detached, data = self.write("header.img", bytes(20 * MIB)), self.write("data.img", os.urandom(MIB))
        done = self.cryptsetup("luksFormat", *self.FAST, "--type", "luks2", "--header", detached, data, "-")
        self.assertEqual(done.returncode, 0, done.stderr)
        broken = self.make("broken.img")
        with broken.open("r+b") as file:
            file.seek(4096 + 10)
            file.write(b"x")
        plain = self.write("plain", b"LUKS" * 5000)
        for path, words in ((detached, "detached"), (data, "detached"), (broken, "damaged"), (plain, "no LUKS")):
            content = path.read_bytes()
            self.assertIn(words, self.erase(FINDING, path, *self.STATED).stderr)
            self.assertEqual(path.read_bytes(), content)
        self.assertEqual(self.rows("erase.begun"), [])

    def test_where_a_copy_of_the_header_may_exist_nothing_is_done(self):
        path = self.make()
        before = path.read_bytes()
        told = self.erase(USAGE, path, "--container")
        self.assertIn("--no-header-backup", told.stderr)
        self.erase(USAGE, path, "--no-header-backup")
        self.erase(USAGE, self.folder, *self.STATED, "--recursive")
        self.assertEqual(path.read_bytes(), before)
        self.assertEqual(self.rows("erase.begun"), [])

    def test_the_agent_takes_nobodys_word_for_a_container(self):
        path = self.make()
        inode, uuid = str(path.stat().st_ino), self.uuid(path)

        def begin(*said, status=DONE):
            return self.call("BeginErasure", ("1", "files", "av", "1", "a{sv}", str(3 + len(said) // 3), "path", "s",
                                              str(path), "inode", "t", inode, "size", "t", "1", *said), status=status)
        begin("luks", "s", uuid, status=FAILED)
        begin("luks", "s", "no-uuid", "header_backup", "s", "none", status=FAILED)
        number = str(Certificates.number(begin("luks", "s", uuid, "header_backup", "s", "none")))
        self.call("EndErasure", Certificates.end(level="overwritten"), number, status=FAILED)
        self.call("EndErasure", Certificates.end(level="crypto-erase"), number)
        row = self.last("erase.done")
        self.assertFalse(row["sekisho"]["details"]["files"][0]["gone"])
        self.assertEqual(row["sekisho"]["outcome"], "failed")
        number = str(Certificates.number(begin()))
        self.call("EndErasure", Certificates.end(level="crypto-erase"), number, status=FAILED)


class Interrupted(EraseTest):
    """The program is killed, or the power goes, at any moment of it."""

    N, SIZE = 6, 24 * MIB
    FAST, cryptsetup = Containers.FAST, staticmethod(Containers.cryptsetup)
    opens, make_container = Containers.opens, Containers.make

    def list(self, status):
        done = self.expect(status, "erase", "list", "--state", self.machine.state, "--json")
        return {entry["number"]: entry for entry in json.loads(done.stdout)}

    def kill_after(self, seconds, *arguments):
        program = self.machine.start_sekisho("erase", *arguments, "--yes", "--json")
        time.sleep(seconds)
        program.process.send_signal(signal.SIGKILL)
        program.process.wait(busworld.PATIENCE)
        self.machine.programs.remove(program)
        program.process.stdout.close()

    def expect_unfinished(self, number):
        self.assertEqual(self.list(FINDING)[number]["unfinished"], self.N)
        document = json.loads(self.expect(FINDING, "erase", "certificate", str(number), "--state", self.machine.state,
                                          "--json").stdout)
        self.assertEqual((document["complete"], len(document["files"])), (False, self.N))

    def test_whenever_it_is_killed_nothing_is_touched_unsaid_and_what_is_left_is_finished_later(self):
        states = []
        for i in range(8):
            contents = {self.folder / f"{i}-{k}": os.urandom(self.SIZE // self.N) for k in range(self.N)}
            for path, data in contents.items():
                path.write_bytes(data)
            before = len(self.rows("erase.begun"))
            self.kill_after(0.06 * 1.6 ** i, *contents)
            begun = [row["event"]["sequence"] for row in self.rows("erase.begun")[before:]]
            ended = {row["sekisho"]["details"]["number"] for row in self.rows("erase.done")}
            intact = all(path.exists() and path.read_bytes() == data for path, data in contents.items())
            self.assertTrue(intact or begun, "something was touched, and no row says so")
            unfinished = [number for number in begun if number not in ended]
            for number in unfinished:
                self.expect_unfinished(number)
            states.append("unfinished" if unfinished else "done" if begun else "untouched")
            left = [path for path in contents if path.exists()]
            if left:
                answer = self.erased(*left)
                self.assertEqual((answer["erased"], answer["failed"]), (len(left), 0))
            self.assertEqual([path for path in contents if path.exists()], [])
        print(f"8 kills left it: {states}", file=sys.stderr)
        self.assertIn("unfinished", states, "no kill came between the rows")
        self.assertEqual(self.machine.sekisho("verify", "--all", "--state", self.machine.state).returncode, DONE)

    def test_what_is_unfinished_is_said_to_people_and_what_is_done_is_not(self):
        self.erased(self.write("a"))
        self.assertNotIn("interrupted", self.expect(DONE, "erase", "list", "--state", self.machine.state).stdout)
        path = self.write("half")
        number = Certificates.number(self.call("BeginErasure", Certificates.begin(path, path.stat().st_ino)))
        self.assertIn("interrupted", self.expect(FINDING, "erase", "list", "--state", self.machine.state).stdout)
        self.assertEqual(self.list(FINDING)[number]["name"], str(path))
        text = self.expect(FINDING, "erase", "list", "--csv", "--state", self.machine.state).stdout
        self.assertEqual([row["unfinished"] for row in csv.DictReader(io.StringIO(text.lstrip("\ufeff")))], ["", "1"])

    def test_a_container_that_a_kill_has_met_opens_or_has_no_header(self):
        met = set()
        for i in range(5):
            path = self.make_container(f"{i}.img")
            before = len(self.rows("erase.begun"))
            self.kill_after(0.1 * 1.7 ** i, path, *Containers.STATED)
            has_header = self.cryptsetup("isLuks", path).returncode == 0
            self.assertEqual(self.opens(path), has_header)
            self.assertTrue(has_header or len(self.rows("erase.begun")) > before, "touched, and no row says so")
            met.add(has_header)
            path.unlink()
        self.assertIn(False, met, "no kill came late enough")


class Disposal(EraseTest):
    ITEM = ("--item", "ノートPC", "--identifier", "SN-1", "--method", "destroyed", "--by", "処分業者")

    def test_another_machine_is_entered_with_its_certificate(self):
        document = self.write("証明書.pdf", b"shredded\n")
        self.expect(DONE, "dispose", "add", *self.ITEM, "--machine", "other", "--document", document, login=1234)
        row = self.last("equipment.disposed")
        self.assertEqual((row["user"]["id"], row["sekisho"]["object"]), ("1234", "ノートPC"))
        self.assertEqual(row["sekisho"]["details"]["document"]["sha256"], hashlib.sha256(b"shredded\n").hexdigest())
        [entry] = json.loads(self.expect(DONE, "dispose", "list", "--json").stdout)
        self.assertEqual((entry["clause"], entry["fields"]["machine"]), ("5 (11)", "other"))

    def test_this_machine_waits_until_each_month_is_exported(self):
        ledger = self.machine.state / "ledger"
        newest = sorted(ledger.glob("*.db"))[-1]
        self.machine.agent.stop()
        shutil.copy(newest, ledger / "2001-01.db")  # a month that is over, and in no export
        newest.with_name("2001-01.db").chmod(0o600)
        self.machine.start()
        told = self.expect(REFUSED, "dispose", "add", *self.ITEM, "--machine", "this")
        self.assertIn("2001-01", told.stderr)
        self.expect(DONE, "dispose", "add", *self.ITEM, "--machine", "this", "--exported", "市の保管庫 12 番")

    def test_an_unknown_method_is_wrong_usage(self):
        told = self.expect(USAGE, "dispose", "add", "--item", "x", "--identifier", "1", "--method", "lost", "--by", "y",
                           "--machine", "other")
        self.assertIn("destroyed", told.stderr)


if __name__ == "__main__":
    busworld.main()
