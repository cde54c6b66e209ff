# SPDX-License-Identifier: GPL-3.0-or-later
"""A check that finds nothing proves something only if it finds what is planted. Each check is shown
something wrong here, and something right beside it."""

import contextlib
import io
import os
import subprocess
import tempfile
import unittest
import unittest.mock
from pathlib import Path

import forbidden
import headers
import kinds
import layers
import manpages
import messages
import testfile
import tracked
import tree

LICENSE = "// SPDX-License-Identifier: GPL-3.0-or-later\n"


class TestFile(unittest.TestCase):
    def test_the_antivirus_test_file_is_found_and_its_other_forms_are_not(self):
        with tempfile.TemporaryDirectory() as folder:
            plain, other = Path(folder, "plain"), Path(folder, "other")
            plain.write_bytes(b"a" + testfile.PLAIN + b"b")
            other.write_bytes(testfile.SHIFTED.encode())
            self.assertEqual(testfile.check([plain, other]),
                             ([f"{plain}: holds the antivirus test file"], 2))


class Layers(unittest.TestCase):
    def findings(self, files):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                path = Path(folder, "agent", name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            return layers.check(Path(folder))[0]

    def test_an_include_of_a_higher_rank_is_found(self):
        found = self.findings({"fact/a.c": '#include "ledger/b.h"\n', "ledger/b.h": ""})
        self.assertEqual(found, ['agent/fact/a.c:1: "ledger/b.h": rank 1 must not include rank 4'])

    def test_an_include_of_the_same_rank_is_found(self):
        self.assertEqual(len(self.findings({"ledger/a.c": '\n#include "enforce/b.h"\n',
                                            "enforce/b.h": ""})), 1)

    def test_a_watch_that_includes_another_is_found(self):
        self.assertEqual(len(self.findings({"watch/usb/a.c": '#include "watch/medium/b.h"\n',
                                            "watch/medium/b.h": ""})), 1)

    def test_a_folder_without_a_rank_is_found(self):
        self.assertEqual(len(self.findings({"cellar/a.c": ""})), 1)

    def test_a_file_that_does_not_exist_is_found(self):
        self.assertEqual(len(self.findings({"fact/a.c": '#include "base/none.h"\n'})), 1)

    def test_own_folder_lower_rank_and_watch_h_are_right(self):
        self.assertEqual(self.findings({
            "watch/usb/a.c": '#include "watch/watch.h"\n#include "watch/usb/b.h"\n'
                             '#include "base/c.h"\n#include <stdio.h>\n',
            "watch/usb/b.h": "", "watch/watch.h": "", "base/c.h": ""}), [])


class Forbidden(unittest.TestCase):
    def test_each_forbidden_call_is_found(self):
        for name in forbidden.INSTEAD:
            self.assertEqual(len(forbidden.check_text("a.c", f"x = 1;\n  {name} (y);\n")), 1, name)

    def test_comments_strings_members_and_longer_names_are_right(self):
        text = '// system(x)\nputs("popen(y)"); /* strcpy(\n*/ my_system(1); a->system(2);\n'
        self.assertEqual(forbidden.check_text("a.c", text), [])


class Headers(unittest.TestCase):
    def test_a_missing_license_is_found(self):
        self.assertIsNotNone(headers.check_file("a.c", "// What it is for.\nint a;\n"))

    def test_a_missing_sentence_is_found(self):
        self.assertIsNotNone(headers.check_file("a.c", LICENSE + '#include "a.h"\n'))

    def test_license_and_sentence_are_right(self):
        self.assertIsNone(headers.check_file("a.c", LICENSE + "// What it is for.\n"))


class Tracked(unittest.TestCase):
    def test_a_path_of_one_machine_is_found(self):
        self.assertEqual(len(tracked.check_text("a", "cd /home/someone/src\n")), 1)
        self.assertEqual(len(tracked.check_text("a", 'open("/work/main/x")\n')), 1)

    def test_paths_of_every_machine_are_right(self):
        self.assertEqual(tracked.check_text("a", "/home/operator/a /usr/work/b $top/work/c\n"), [])

    def test_generated_files_are_found(self):
        for name in ("build/a", "a/__pycache__/b.pyc", "po/ja.mo", "x.deb",
                     "crash-da39a3ee5e6b4b0d3255bfef95601890afd80709"):
            self.assertTrue(tracked.GENERATED.search(name), name)


class Messages(unittest.TestCase):
    HEAD = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'

    def findings(self, template, catalog):
        with tempfile.TemporaryDirectory() as folder:
            pot, po = Path(folder, "a.pot"), Path(folder, "ja.po")
            pot.write_text(self.HEAD + template, encoding="utf-8")
            po.write_text(self.HEAD + catalog, encoding="utf-8")
            return messages.check(pot, po)

    def test_a_missing_translation_is_found(self):
        self.assertEqual(len(self.findings('msgid "a"\nmsgstr ""\n', "")), 1)
        self.assertEqual(len(self.findings('msgid ""\n"a\\n"\n"b\\n"\nmsgstr ""\n', "")), 1)

    def test_a_fuzzy_and_a_leftover_one_are_found(self):
        self.assertEqual(len(self.findings('msgid "a"\nmsgstr ""\n',
                                           '#, fuzzy\nmsgid "a"\nmsgstr "あ"\n')), 1)
        self.assertEqual(len(self.findings('msgid "a"\nmsgstr ""\n',
                                           'msgid "a"\nmsgstr "あ"\n\nmsgid "b"\nmsgstr "い"\n')), 1)

    def test_a_whole_catalog_is_right(self):
        self.assertEqual(self.findings('msgid "a"\nmsgstr ""\n', 'msgid "a"\nmsgstr "あ"\n'), [])


class Kinds(unittest.TestCase):
    DEFINITIONS = ('KIND(A_B, "a.b", INFO, host)\nKIND(C_D, "c.d", VIOLATION, device)\n'
                   'KIND(SEEN, "seen.x", INFO, observation)\n')

    def test_a_missing_kind_and_a_wrong_severity_are_found(self):
        page = ".It Sy a.b Pq notice , host\n"
        self.assertEqual(len(kinds.check(self.DEFINITIONS, page, "a.b c.d")[0]), 3)

    def test_the_same_list_is_right(self):
        page = ".It Sy a.b Pq info , host\nText.\n.It Sy c.d Pq violation , device\n"
        self.assertEqual(kinds.check(self.DEFINITIONS, page, "a.b c.d")[0], [])


class ManPages(unittest.TestCase):
    def test_options_that_stand_on_one_side_only_are_found(self):
        page = ".It Fl -until Ar DATE\n.It Fl h , Fl -help\n"
        self.assertEqual(manpages.told_by_page(page), {"until", "help"})
        self.assertEqual(len(manpages.compare("x", {"until", "reason"}, {"until", "help"})), 2)

    def test_a_page_that_leads_to_another_has_the_options_of_its_command_there(self):
        text = manpages.text_of(manpages.MAN / "sekisho-visit.1", "sekisho visit")
        self.assertIn("escort", manpages.told_by_page(text))
        self.assertNotIn("lender", manpages.told_by_page(text))
        self.assertEqual(manpages.text_of(manpages.MAN / "sekisho-visit.1", "sekisho unknown"), "")

    def test_a_page_that_mandoc_does_not_like_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "x.1")
            path.write_text(".Dd $Mdocdate$\n.Dt X 1\n.Os\n.Sh NAME\n.Nm x\n.Bl\n", encoding="utf-8")
            self.assertTrue(manpages.check_form(path))


class Scripts(unittest.TestCase):
    def test_shellcheck_is_there_and_finds_an_unquoted_word(self):
        done = subprocess.run(["shellcheck", "--shell=sh", "-"], input="rm $1\n", text=True,
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, 1)


class Deciding(unittest.TestCase):
    def status(self, told, version):
        """What a check ends with where the program says this of its version; None: it goes on."""
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as out:
            if told:
                path = Path(folder, "judge")
                path.write_text(f"#!/bin/sh\necho '{told}'\n", encoding="utf-8")
                path.chmod(0o755)
            with unittest.mock.patch.dict(os.environ, PATH=folder):
                try:
                    tree.deciding("judge", version)
                except SystemExit as end:
                    return end.code, out.getvalue()
        return None, out.getvalue()

    def test_the_version_that_decides_judges(self):
        self.assertEqual(self.status("judge version 14.0.6", 14), (None, ""))

    def test_another_version_is_skipped_and_says_so(self):
        code, said = self.status("Debian judge version 19.1.7", 14)
        self.assertEqual(code, tree.SKIPPED)
        self.assertIn("not judged here", said)

    def test_a_missing_program_fails(self):
        self.assertEqual(self.status(None, 14)[0], 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
