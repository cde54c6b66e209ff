# SPDX-License-Identifier: GPL-3.0-or-later
"""A blocked stick is told of in Japanese on a real screen; its pop-up's buttons apply for it, another person approves, and
the stick that never left its port is mounted. Pictures of each step are kept for people to look at."""

import json
import re

from desk import EYES, FRAMES, OPERATOR, PACKAGES, PICTURES, Picture, Reader, is_inside, sit_down
from guest import Guest
from patience import patience
from scenario import (ENFORCE, Keyboard, Scenario, Stick, comes_true, is_shut, last_sequence, media, observing,
                      rows, text_of, usb_disks, wait_rows)

SERIAL = "POPUP"
CONTACT = "連絡先: 保護責任者 鈴木 花子 03-1234-5678"
BLOCKED, PURPOSE, UNTIL = "USB機器の使用を止めました", "何に使いますか?", "いつまで使いますか?"
SENT, APPROVED = "申請を送りました", "申請が承認されました"
READ, APPLY, CANCEL, WHAT_FOR = "確認しました", "使用を申請する", "やめる", "市からのデータ受領"
OWN = "Nobody approves what he has asked for himself."
POLICY = """site = { time_zone = "Asia/Tokyo"; officers = ( { role = "保護責任者"; name = "鈴木 花子"; phone = "03-1234-5678"; } ); };
"""
LETTER = "住民の名簿\n".encode()
REQUESTER = {"user": "root", "loginuid": 1000}  # what sudo makes of them
OTHER = {"user": "root", "loginuid": 1001}
AT_ONCE = 1  # s, on a PC
SLOWNESS = 10  # of an emulated processor, at least


def enforced(guest):
    guest.push(POLICY.encode(), "/etc/sekisho/policy.conf")
    guest.run("systemctl reload sekishod")
    # What it makes of the initramfs is seen in other scenarios, and takes minutes.
    guest.run("mount --bind /bin/true /usr/libexec/sekisho/initramfs-renew")
    guest.run(ENFORCE[0], timeout=120)


class Witnesses:
    """Who notes when it happens, each by itself: the kernel's announcement, the call to the desktop, the screen."""

    def __init__(self, guest):
        self.guest = guest
        self.kernel = guest.start_job("exec stdbuf -oL udevadm monitor --kernel --subsystem-match=usb")
        self.bus = guest.start_job("busctl --user monitor --json=short org.freedesktop.Notifications", **OPERATOR)
        self.eyes = guest.start_job([EYES, FRAMES], **OPERATOR)
        guest.wait_for(lambda: "looking" in self.eyes.poll().out and "Monitoring" in self.bus.poll().err and
                       "KERNEL" in self.kernel.poll().out, 60, label="somebody who looks")
        self.begun = float(guest.run("date +%s.%N").out)

    def notes(self):
        """(when, title, body, buttons) of each pop-up that was asked for."""
        calls = [json.loads(line) for line in self.bus.poll().out.splitlines() if line.startswith("{")]
        calls = [call for call in calls if call.get("member") == "Notify"]
        return [(call["timestamp-realtime"] / 1e6, *call["payload"]["data"][3:6]) for call in calls]

    def seconds(self):
        """From the plug to each of them."""
        seen = self.guest.wait_for(lambda: self.eyes.poll().out.split()[1:], 60, label="a pop-up on the screen")
        since_boot, wall = map(float, seen)
        [announced, *_] = re.findall(r"KERNEL\[([0-9.]+)\] add", self.kernel.poll().out)
        return {"announced": float(announced) + wall - since_boot - self.begun, "called": self.notes()[0][0] - self.begun,
                "shown": wall - self.begun}


def look_at(s, guest, window, name):
    """That nothing of a pop-up is cut off."""
    picture = Picture(guest, f"popup-{name}")
    parts = [*window["texts"].values(), *window["buttons"].values()]
    s.check(f"{name}: the pop-up is on the screen as a whole",
            is_inside(window["at"]) and all(is_inside(part, window["at"]) for part in parts), window)
    return picture


def answered(s, guest, reader):
    """What the machine's set-up is told of since the login: the operator has read it, and the screen is empty."""
    incidents = guest.run("sekisho incident list --json", timeout=120).json
    guest.wait_for(lambda: len(reader.windows()) >= len(incidents), 120, label=f"{len(incidents)} alerts")
    guest.run("sleep 6")  # for one too many
    windows = reader.windows()
    texts = [list(window["texts"]) for window in windows]
    s.check("each alert of before stands on the screen once", len(texts) == len(incidents) > 0, texts)
    while windows:
        reader.press(windows[-1], READ)
        windows = guest.wait_for(lambda before=windows: reader.windows() != before and [reader.windows()], 30,
                                 label="a pop-up that goes")[0]


def told(s, guest, reader):
    """The stick is blocked, and the operator sees that."""
    witnesses = Witnesses(guest)
    Picture(guest, "popup-before")
    guest.plug(Stick(media.ext4(s.path("stick.img"), 8, {"letter.txt": LETTER}), serial=SERIAL))
    at = witnesses.seconds()
    since = at["shown"] - at["announced"]
    s.say(f"on the screen {since:.2f} s after the kernel announced it, {at['shown']:.2f} s after it was plugged in; "
          f"the desktop was asked after {at['called'] - at['announced']:.2f} s")
    s.check("the pop-up is there at once, for an emulated processor", since < patience(AT_ONCE * SLOWNESS), at)
    window = reader.wait_title(BLOCKED)
    picture = look_at(s, guest, window, "blocked")
    in_japanese(s, guest, picture, window, witnesses.notes()[0])
    return window


def in_japanese(s, guest, picture, window, note):
    _, title, body, actions = note
    [_, shown] = window["texts"]
    s.check("it says in Japanese what happened and whom to call", title == BLOCKED and CONTACT in body and SERIAL in body, note)
    s.check("so it stands on the screen, with its buttons", shown == body and list(window["buttons"]) == actions[1::2] ==
            [READ, APPLY], window)
    letters = " ".join(sorted({f"{ord(each):x}" for each in title + body + "".join(actions) if each > " "}))
    s.check("one font has each of its letters", guest.run(["fc-list", f":charset={letters}", "family"]).out != "", letters)
    ink = picture.ink(window["texts"][BLOCKED])
    s.check("the picture has letters there, and not a full or an empty field", 0.05 < ink < 0.5, ink)


def applied(s, guest, reader, window):
    """By the buttons, with the mouse."""
    reader.press(window, APPLY)
    window = reader.wait_title(PURPOSE)
    look_at(s, guest, window, "purpose")
    reader.press(window, WHAT_FOR)
    window = reader.wait_title(UNTIL)
    look_at(s, guest, window, "until")
    *ends, cancel = window["buttons"]
    s.check("the form can be left", cancel == CANCEL, window)
    reader.press(window, ends[-1])
    window = reader.wait_title(SENT)
    look_at(s, guest, window, "sent")
    [request] = guest.run("sekisho request list --json", user="operator").json
    s.check("the request is listed", (request["asker_uid"], request["purpose"], request["state"]) == (1000, WHAT_FOR, "open"),
            request)
    return str(request["number"])


def approved(s, guest, reader, number):
    """By somebody else."""
    approve = ["sekisho", "request", "approve", number]
    alone = guest.run(approve, user="operator", loginuid=1000, check=False)
    s.must("who asks is no administrator", alone.status == 3, alone)
    alone = guest.run(approve, **REQUESTER, check=False)
    s.must("and behind sudo is told that somebody else has to", alone.status == 3 and OWN in alone.err, alone)
    s.must("the stick is shut still", is_shut(guest))
    # What the policy asks for by default would be a stick that is encrypted.
    done = guest.run([*approve, "--unencrypted"], **OTHER, check=False)
    s.check("another person approves it", done.ok, done)
    look_at(s, guest, reader.wait_title(APPROVED), "approved")


def usable(s, guest):
    """As it is, without being plugged in again."""
    disks = comes_true(lambda: usb_disks(guest))
    s.check("the stick has its disk", len(disks) == 1, disks)
    guest.wait_for(f"udevadm settle; test -b /dev/{disks[0]}1", 20)
    # Below the user's manager, as a file manager is: polkit has to see who sits there.
    mounted = guest.run(f"systemd-run --user --wait --pipe --quiet udisksctl mount -b /dev/{disks[0]}1", **OPERATOR, check=False)
    if not s.check("the operator mounts it", mounted.ok, mounted):
        return
    folder = mounted.out.rpartition(" at ")[2].rstrip(".")
    s.check("and reads what is on it", guest.run(["cat", f"{folder}/letter.txt"], user="operator", check=False).stdout == LETTER)
    s.check("it can be written to", guest.run(f"echo new >'{folder}/new' && sync -f '{folder}/new'", check=False).ok)


def recorded(s, guest, before):
    """Each step, once, with who took it."""
    wait_rows(guest, "medium.mounted", 1, before)
    wanted = {"usb.blocked": None, "incident.acknowledged": "operator", "request.made": "operator",
              "approval.granted": "operator2", "request.approved": "operator2", "usb.allowed": None, "medium.mounted": None}
    found = [row for row in rows(guest, after=before) if row["event"]["action"] in wanted]
    kinds = [row["event"]["action"] for row in found]
    s.check("each step has its row, once", sorted(kinds) == sorted(wanted), [text_of(row) for row in found])
    s.check("what opens the stick is recorded before it opens", "approval.granted" in kinds[:kinds.index("usb.allowed")], kinds)
    for row in found:
        kind = row["event"]["action"]
        s.check(f"{kind} says who", wanted[kind] in (None, row.get("user", {}).get("name")), text_of(row))
    s.check("the ledger verifies", guest.run("sekisho verify --all", check=False, timeout=300).ok)


with Scenario("a blocked stick is told of, asked for, approved by another person and usable") as scenario:
    # What the kernel says would stand behind the login prompt.
    with Guest(observing(PACKAGES), usb=[Keyboard()], cmdline="loglevel=1") as machine:
        machine.wait_booted()
        enforced(machine)
        sit_down(machine)
        screen_reader = Reader(machine)
        answered(scenario, machine, screen_reader)
        last = last_sequence(machine)
        popup = told(scenario, machine, screen_reader)
        asked = applied(scenario, machine, screen_reader, popup)
        approved(scenario, machine, screen_reader, asked)
        usable(scenario, machine)
        recorded(scenario, machine, last)
        scenario.say(f"pictures are in {PICTURES}")
