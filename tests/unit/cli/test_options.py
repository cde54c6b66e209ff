# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that a command does not take, on the commands that share cli_take_options()."""

import os
import subprocess
import unittest

SEKISHO = os.environ["SEKISHO"]
OPTIONS = {  # one with a value that each of these takes
    ("request", "make"): "--purpose",
    ("request", "approve"): "--reason",
    ("incident", "open"): "--kind",
    ("incident", "close"): "--cause",
    ("operator", "add"): "--person",
    ("operator", "trained"): "--date",
    ("operator", "remove"): "--reason",
    ("medium", "out"): "--carrier",
    ("permit", "add"): "--until",
    ("net", "allow"): "--reason",
    ("visit", "in"): "--visitor",
    ("verify",): "--head",
}


def run_it(*arguments):
    return subprocess.run([SEKISHO, *arguments], capture_output=True, text=True, timeout=60,
                          env=dict(os.environ, LC_ALL="C.UTF-8", LANGUAGE=""), check=False)


class Options(unittest.TestCase):
    def expect_usage(self, arguments, message):
        done = run_it(*arguments)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn(f"sekisho {arguments[0]}: {message}\n", done.stderr)
        self.assertNotIn("Sanitizer", done.stderr)

    def test_one_that_is_not_known_is_named(self):
        for command in OPTIONS:
            with self.subTest(command):
                self.expect_usage((*command, "--colour"), "--colour: unknown option")

    def test_one_that_lacks_its_value_is_named(self):
        for command, option in OPTIONS.items():
            with self.subTest(command):
                self.expect_usage((*command, option), f"{option}: needs a value")

    def test_one_of_another_verb_is_named_not_its_value(self):
        self.expect_usage(("operator", "trained", "sato", "--person", "Sato"),
                          "--person: unknown option")
        self.expect_usage(("incident", "close", "1", "--kind", "leak"), "--kind: unknown option")

    def test_nothing_behind_a_refused_one_is_looked_at(self):
        self.expect_usage(("permit", "add", "12", "--colour", "--until", "never"),
                          "--colour: unknown option")


if __name__ == "__main__":
    unittest.main()
