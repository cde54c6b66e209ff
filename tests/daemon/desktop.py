# SPDX-License-Identifier: GPL-3.0-or-later
"""A made-up machine at which somebody sits: the session's own bus and runtime folder, the notifier,
and a notification service."""

import json
import os
import shutil
import subprocess
import time

from busworld import PATIENCE, TANAKA, become
from machine import Machine

CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={folder}/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


class Desktop(Machine):
    def __init__(self, language=""):
        super().__init__()
        self.notify_path = shutil.copy(os.environ["NOTIFY"], self.folder / "notify")
        self.runtime = self.folder / "user"
        self.runtime.mkdir(mode=0o700)
        os.chown(self.runtime, TANAKA, TANAKA)
        self.environment.update({
            "XDG_RUNTIME_DIR": str(self.runtime),
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={self.runtime}/bus",
            "LANGUAGE": language,
            "HOME": str(self.runtime),
        })
        policy = self.policy / "policy.d"
        policy.mkdir()
        (policy / "officers.conf").write_text(
            'site: { officers = ( { role = "保護責任者"; name = "鈴木 花子"; '
            'phone = "03-1234-5678"; } ); };\n', encoding="utf-8")
        self.session_bus = self.notifier = self.service = self.logind = None
        self.seen = []

    def begin(self):
        """Everything but the notifier and the notification service."""
        self.start_bus()
        self.start_polkit("yes")
        self.logind = self._start(os.environ["FAKE_LOGIND"], stdin=subprocess.PIPE)
        assert self.logind.line() == "ready"
        self.set_mode("enforce")
        self.start()
        config = self.folder / "session.conf"
        config.write_text(CONFIG.format(folder=self.runtime), encoding="utf-8")
        self.session_bus = self.start_program("dbus-daemon", f"--config-file={config}", "--nofork",
                                              "--print-address", uid=TANAKA)
        self.session_bus.line()

    def start_notifier(self, *arguments):
        """With the person's rights only, and the messages of this build."""
        messages = self.folder / "locale/ja/LC_MESSAGES"
        if not messages.exists():
            messages.mkdir(parents=True)
            shutil.copy(os.environ["MESSAGES"], messages / "sekisho.mo")
        self.notifier = self._start(
            "unshare", "--mount", "--propagation", "private", "sh", "-c",
            f'mkdir -p /usr/share/locale && mount --bind {self.folder}/locale /usr/share/locale && '
            f'exec setpriv --reuid {TANAKA} --regid {TANAKA} --clear-groups {self.notify_path} {" ".join(arguments)}',
            preexec_fn=become(0, TANAKA))
        return self.notifier

    def start_service(self, *capabilities):
        self.service = self.start_program(os.environ["FAKE_DESKTOP"], *capabilities, uid=TANAKA,
                                          stdin=subprocess.PIPE)
        assert self.service.line() == "ready"
        self.seen = []

    def end(self, program):
        status = program.stop()
        self.programs.remove(program)
        return status

    def kill(self, program):
        program.process.kill()
        program.process.wait()
        program.process.stdout.close()
        if program.process.stdin:
            program.process.stdin.close()
        self.programs.remove(program)

    def plug_blocked(self, name="1-1", **options):
        """As the kernel leaves a device where the gate is shut."""
        self.plug_stick(name, authorized="0", **options)

    def wake(self):
        """What was plugged in is looked at."""
        self.tell(self.logind, "woken")

    @staticmethod
    def tell(program, line):
        program.process.stdin.write(line.encode() + b"\n")
        program.process.stdin.flush()

    def popups(self):
        """Every line that the notification service has printed since it started."""
        self.seen += [json.loads(line) for line in self.service.lines()]
        return self.seen

    def await_popup(self, condition, seconds=PATIENCE):
        """The newest pop-up for which the condition holds, once there is one."""
        until = time.monotonic() + seconds
        while True:
            for popup in reversed(self.popups()):
                if "title" in popup and condition(popup):
                    return popup
            assert time.monotonic() < until, self.seen
            time.sleep(0.02)

    def await_closed(self, number):
        until = time.monotonic() + PATIENCE
        while {"closed": number} not in self.popups():
            assert time.monotonic() < until, self.seen
            time.sleep(0.02)
