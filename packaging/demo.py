# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job, live: a throw-away guest with the package, real kernel and USB devices, and somebody
who plugs in what was not approved. Run by quickstart.sh: demo.py DEB FOLDER."""

import contextlib
import datetime
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests/harness"))

import image  # noqa: E402
import media  # noqa: E402
import rootfs  # noqa: E402
from cache import Cache  # noqa: E402
from devices import Keyboard, Mouse, Stick  # noqa: E402
from guest import Guest, patience  # noqa: E402

TERMINAL = sys.stdout.isatty()
COLOR = TERMINAL and "NO_COLOR" not in os.environ
ADMIN = 1000  # the audit login behind sudo
INDENT = "    "

# What an admin fills in on the first day; the report shows it.
SITE = """
site = {{
    name = "株式会社 見本データ";
    area = "本社3階 管理区域A";
    officers = (
        {{ role = "総括責任者"; name = "山田 花子"; phone = "内線 1001"; }},
        {{ role = "保護責任者"; name = "佐藤 次郎"; phone = "内線 1002"; }}
    );
}};
ledger = {{ contract_end = "{contract_end}"; }};
"""

LAYERS = {  # what is made once, and kept for the next time
    "base": "Fetching a Debian with a kernel",
    "deb": "Installing the package in it",
    "prepared": "Switching it to enforce mode, which renews its initramfs",
}


def colored(code, text):
    return f"\x1b[{code}m{text}\x1b[0m" if COLOR else text


def say(text):
    print(f"\n{colored('1;34', '»')} {colored('1', text)}", flush=True)


class Waiting:
    """Says what is being done, and that it still is: on a terminal by counting seconds in its line,
    elsewhere by a line every ten seconds."""

    def __init__(self, text):
        self.text = text
        self.began = time.monotonic()
        self.ended = threading.Event()
        self.ticker = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self):
        if TERMINAL:
            self._draw("…")
        else:
            print(f"  {self.text} …", flush=True)
        self.ticker.start()
        return self

    def __exit__(self, kind, *_):
        self.ended.set()
        self.ticker.join()
        if TERMINAL:
            self._draw(colored("32", "✓") if kind is None else colored("31", "✗"), end="\n")

    def _elapsed(self):
        return f"{time.monotonic() - self.began:.0f} s"

    def _tick(self):
        pause = 1 if TERMINAL else 10
        while not self.ended.wait(pause):
            if TERMINAL:
                self._draw("…")
            else:
                print(f"  … {self._elapsed()}", flush=True)

    def _draw(self, mark, end=""):
        print(f"\r\x1b[K  {mark} {self.text} {colored('2', self._elapsed())}", end=end, flush=True)


class Tour:
    """What is typed in the guest, and what its log says meanwhile."""

    def __init__(self, guest):
        self.guest = guest
        self.log = None
        self.shown = 0

    def type(self, command, *, expect=(0,), timeout=120):
        """Shows a command as an admin would type it behind sudo, and its output."""
        print(f"\n  {colored('1;32', '#')} {colored('1', command)}", flush=True)
        result = self.guest.run(in_terminal(command, len(INDENT)), check=False, loginuid=ADMIN, timeout=timeout)
        for line in (result.stdout + result.stderr).decode(errors="replace").splitlines():
            print(f"{INDENT}{line}".rstrip(), flush=True)
        if result.status not in expect:
            raise SystemExit(f"demo: {command}: status {result.status}, not {expect}")
        return result

    def follow(self):
        command = "sekisho log --follow --limit 4"
        print(f"\n  {colored('1;32', '#')} {colored('1', command)}", flush=True)
        # Not in a terminal: there it would cut its lines, and the end is what this is about.
        self.log = self.guest.start_job(command, loginuid=ADMIN)

    def show_log(self, until, timeout=30):
        """Prints the log's new lines until one of them holds each of the words."""
        end = time.monotonic() + patience(timeout)
        while True:
            out = self.log.poll().stdout
            whole = out.rfind(b"\n") + 1
            lines = out[self.shown:whole].decode(errors="replace").splitlines()
            self.shown = max(self.shown, whole)
            for line in lines:
                self._print_row(line)
            if any(all(word in line for word in until) for line in lines):
                return
            if time.monotonic() > end:
                raise SystemExit(f"demo: the log does not say {' '.join(until)}")
            time.sleep(0.3)

    @staticmethod
    def _print_row(line):
        """One row of the log, in as many lines as it needs."""
        columns = shutil.get_terminal_size().columns - len("  log │ ") if TERMINAL else 10000
        color = "31" if " violation " in line else "0"
        for part in textwrap.wrap(line, max(columns, 40), subsequent_indent=" " * 12):
            print(f"  {colored('36', 'log │')} {colored(color, part)}", flush=True)


def in_terminal(command, taken):
    """The command in a terminal as wide as ours without `taken` columns, so that it looks as it does
    to whoever types it."""
    if not TERMINAL:
        return command
    columns = shutil.get_terminal_size().columns - taken
    color = "" if COLOR else "NO_COLOR=1 "
    inside = f"stty cols {columns} -onlcr; {color}TERM=xterm {command}"
    return f"script --quiet --return --flush --command {shlex.quote(inside)} /dev/null"


def make_workstation(deb, contract_end):
    """The image to boot: Debian, the package, a policy with the site's names, enforce mode."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf", encoding="utf-8") as site, \
            contextlib.ExitStack() as wait:
        site.write(SITE.format(contract_end=contract_end))
        site.flush()

        def tell(layer):
            wait.close()  # the one before is finished
            wait.enter_context(Waiting(LAYERS[layer.partition("-")[0]]))

        cache = Cache(tell=tell)
        return image.prepared(
            image.build(deb, cache=cache),
            ["sekisho policy check", rootfs.SMALL_INITRAMFS, "sekisho mode usb enforce --yes"],
            {"/etc/sekisho/policy.d/site.conf": site.name}, usb=[Keyboard(), Mouse()], cache=cache)


def play(guest, sticks, target, contract_end):
    tour = Tour(guest)
    say("A workstation in enforce mode was switched on with a stick in it, and nobody approved that.")
    tour.type("sekisho status", expect=(0, 1))
    tour.type("sekisho usb list", expect=(0, 1))
    say("The keyboard and the mouse work. The stick got no driver and no node: this is every disk.")
    tour.type("lsblk --nodeps --output NAME,TRAN,SIZE")

    say("The log follows along while somebody plugs in another stick.")
    tour.follow()
    guest.plug(Stick(sticks["found"], serial="FOUND-IN-A-DRAWER"))
    tour.show_log(["FOUND-IN-A-DRAWER", "blocked"])

    say("The administrator approves a stick before it was ever plugged in, and then plugs it in.")
    tour.type(f"sekisho usb allow 46f4:0001:COLLECTION-01 --until {contract_end} "
              "--reason 'monthly collection'")
    guest.plug(Stick(sticks["approved"], serial="COLLECTION-01"))
    tour.show_log(["COLLECTION-01", "was allowed"])
    disk = wait_for_disk(guest)
    tour.type(f"mount {disk} /mnt")
    tour.show_log(["mounted at /mnt"])

    say("At the end of the month: the export, onto that stick.")
    month = guest.run("TZ=Asia/Tokyo date +%Y-%m").out.strip()  # the policy's zone
    tour.type(f"sekisho export --month {month} --to /mnt")
    package = guest.run("ls -d /mnt/*/ | head -n 1").out.strip().rstrip("/")
    say("Anybody can check that nobody touched it since.")
    tour.type(f"sekisho verify {package}")
    say("And the month's status report, one page of A4 with an annex on the network, in Japanese for the city and in English.")
    tour.type(f"sekisho report --month {month} --to /mnt/report-{month}.html")
    tour.type(f"sekisho report --month {month} --lang en --to /mnt/report-{month}.en.html")
    say("What the ledger holds of all that.")
    tour.type("sekisho log --severity notice")
    bring_home(guest, target)


def fiscal_year_end(today):
    """31 March: the day on which contracts with a city end."""
    year = today.year if today < datetime.date(today.year, 4, 1) else today.year + 1
    return datetime.date(year, 3, 31)


def wait_for_disk(guest):
    guest.wait_for("ls /dev/disk/by-id/*COLLECTION-01*-part1", 30)
    return guest.run("readlink -f /dev/disk/by-id/*COLLECTION-01*-part1").out.strip()


def bring_home(guest, target):
    """Copies what lies on the stick into the folder."""
    data = guest.run("cd /mnt && tar -c *", timeout=120).stdout
    target.mkdir(parents=True, exist_ok=True)
    subprocess.run(["tar", "-C", target, "--no-same-owner", "--touch", "-x"], input=data, check=True)
    for path in target.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)  # on FAT everything is a program
    guest.run("umount /mnt")


def main():
    deb, target = Path(sys.argv[1]), Path(sys.argv[2]).resolve()
    contract_end = fiscal_year_end(datetime.date.today())
    say("A workstation for the demonstration: some minutes the first time, nothing later.")
    workstation = make_workstation(deb, contract_end)
    with tempfile.TemporaryDirectory(prefix="sekisho-demo-", dir="/var/tmp") as folder:
        sticks = {name: media.vfat(Path(folder, f"{name}.img"), 64)
                  for name in ("forgotten", "found", "approved")}
        guest = Guest(workstation, usb=[Keyboard(), Mouse(),
                                        Stick(sticks["forgotten"], serial="LEFT-OVERNIGHT")])
        with contextlib.ExitStack() as power:
            with Waiting("Booting it, with keyboard, mouse and a stick plugged in"):
                power.enter_context(guest)
                guest.wait_booted()
            play(guest, sticks, target, contract_end)
    say(f"Done. The export and the report are in {target}")
    for path in sorted(target.rglob("*")):
        if path.is_file():
            print(f"{INDENT}{path.relative_to(target)}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:  # GuestError among them
        sys.exit(f"demo: {error}")
