#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""In the guest: runs a program on a terminal of its own and types at its prompts, as a person would.

typist.py '[["PROMPT", "TEXT"], …]' PROGRAM ARGUMENT…: each prompt is a regular expression that has to come after the
one before it. Prints all that was to be seen; exits with the program's status, with 124 if a prompt did not come.
"""

import json
import os
import pty
import re
import select
import sys
import time

PATIENCE = 60  # seconds for a prompt, and for the end
HESITATION = 0.4  # who asks for a password throws away what was typed before it stopped the echo


class Terminal:
    def __init__(self, argv):
        self.process, self.fd = pty.fork()
        if self.process == 0:
            os.execvp(argv[0], argv)
        self.said, self.seen = "", 0

    def read(self, seconds):
        """False at the end, or when nothing comes."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.fd, 4096)
        except OSError:  # the other side is closed
            return False
        self.said += data.decode(errors="replace")
        return data != b""

    def wait(self, prompt):
        end = time.monotonic() + PATIENCE
        while not (found := re.compile(prompt).search(self.said, self.seen)):
            if time.monotonic() > end or not self.read(PATIENCE):
                return False
        self.seen = found.end()
        return True

    def type(self, text):
        time.sleep(HESITATION)
        os.write(self.fd, text.encode() + b"\r")

    def finish(self):
        while self.read(PATIENCE):
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])


def main(script, *argv):
    terminal = Terminal(argv)
    for prompt, text in json.loads(script):
        if not terminal.wait(prompt):
            print(f"{terminal.said}\n(waited in vain for {prompt!r})")
            return 124
        terminal.type(text)
    status = terminal.finish()
    print(terminal.said)
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
