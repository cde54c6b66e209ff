# SPDX-License-Identifier: GPL-3.0-or-later
"""A keyboard that comes while another works, or while the screen is locked: asked about, accepted,
refused, as the policy says; the first one works all the time."""

from scenario import (Keyboard, Scenario, comes_true, enforcing, keyboard_works, last_sequence, rows, text_of,
                      wait_rows)
from guest import Guest

POLICY = "/etc/sekisho/policy.conf"
FIRST, SECOND = "1", "4"
# A person at the screen: without one logind has no session that could be locked.
SIT_DOWN = """mkdir -p /etc/systemd/system/getty@tty1.service.d
cat > /etc/systemd/system/getty@tty1.service.d/sit.conf <<'END'
[Service]
ExecStart=
ExecStart=-/sbin/agetty --autologin operator --noclear %I linux
END
systemctl daemon-reload && systemctl restart getty@tty1"""
SESSION = "$(loginctl show-seat seat0 --property=ActiveSession --value)"


def rule(guest, further, locked):
    guest.run(f"""sed -i -e 's/^\\( *further_keyboards = \\).*/\\1"{further}";/' \
        -e 's/^\\( *keyboards_while_locked = \\).*/\\1"{locked}";/' {POLICY} && systemctl reload sekishod""")
    guest.wait_for(f"sekisho log --kind policy.loaded | grep -q . && "
                   f"grep -q '\"further_keyboards\":\"{further}\",\"keyboards_while_locked\":\"{locked}\"' "
                   "/var/lib/sekisho/gate", 30)


def driver(guest, port):
    """The driver of the keyboard at this port of the first bus; empty without one."""
    return guest.run(f"basename $(readlink /sys/bus/usb/devices/1-{port}/1-{port}:1.0/driver) 2>/dev/null",
                     check=False).out.strip()


def pull(guest, keyboard):
    """Pulls it out, and waits until the kernel knows: one that is back at once is no new device to it."""
    guest.unplug(keyboard)
    guest.wait_for(f"! test -e /sys/bus/usb/devices/1-{SECOND}", 30)


def verdict(guest, port):
    listed = guest.run("sekisho usb list --json").json
    return next(((d["verdict"], d["reason"]) for d in listed if d.get("sysname") == f"1-{port}"), None)


def waits_for(guest, port, expected):
    """Waits until the second keyboard has this verdict; answers what it has in the end."""
    comes_true(lambda: verdict(guest, port) == expected)
    return verdict(guest, port)


with Scenario("a keyboard at a doubtful moment is asked about") as s:
    with Guest(enforcing(), usb=[Keyboard(port=FIRST)]) as guest:
        guest.wait_booted()
        second = guest.plug(Keyboard(port=SECOND))
        found = waits_for(guest, SECOND, ("allow", "default"))
        s.check("by default a second keyboard passes", found == ("allow", "default"), found)
        pull(guest, second)

        rule(guest, "ask", "allow")
        before = last_sequence(guest)
        second = guest.plug(Keyboard(port=SECOND))
        found = waits_for(guest, SECOND, ("block", "asked"))
        s.check("“ask”: the second one waits", found == ("block", "asked"), found)
        s.check("and no driver has it", driver(guest, SECOND) == "", driver(guest, SECOND))
        blocked = wait_rows(guest, "usb.blocked", 1, before)
        s.check("one row says so, and it is no violation", len(blocked) == 1 and "violation" not in
                text_of(blocked[0]) and '"asked"' in text_of(blocked[0]), [text_of(r) for r in blocked])
        # QEMU types on the newest keyboard only, whether the guest has it or not.
        s.check("the first one keeps its driver", driver(guest, FIRST) == "usbhid", driver(guest, FIRST))
        stranger = guest.run(f"sekisho usb allow 1-{SECOND} --once", user="operator2", check=False)
        s.check("somebody who does not sit there can't answer", stranger.status == 3, stranger)

        guest.run(SIT_DOWN)
        guest.wait_for(f"test -n \"{SESSION}\"", 60)
        number = next(d["number"] for d in guest.run("sekisho usb list --json").json
                      if d.get("sysname") == f"1-{SECOND}")
        accepted = guest.run(f"sekisho usb allow {number} --once", check=False)
        s.check("accepted, it works", accepted.ok and comes_true(lambda: driver(guest, SECOND) == "usbhid"),
                (accepted, driver(guest, SECOND)))
        s.check("the answer is a row with the person", any(
            r.get("user", {}).get("id") for r in rows(guest, "request.approved", before)))
        pull(guest, second)
        second = guest.plug(Keyboard(port=SECOND))
        found = waits_for(guest, SECOND, ("block", "asked"))
        s.check("plugged in again, it waits again", found == ("block", "asked"), found)
        pull(guest, second)
        s.check("the first one works", keyboard_works(guest))

        rule(guest, "refuse", "allow")
        second = guest.plug(Keyboard(port=SECOND))
        found = waits_for(guest, SECOND, ("block", "further-keyboard"))
        s.check("“refuse”: the second one is refused", found == ("block", "further-keyboard"), found)
        pull(guest, second)

        rule(guest, "allow", "refuse")
        session = guest.run(f"busctl --json=short call org.freedesktop.login1 /org/freedesktop/login1 "
                            f"org.freedesktop.login1.Manager GetSession s {SESSION}").json["data"][0]
        hint = f"busctl call org.freedesktop.login1 {session} org.freedesktop.login1.Session SetLockedHint b"
        guest.run(f"{hint} true")
        guest.wait_for("test -e /run/sekisho/locked", 20)
        before = last_sequence(guest)
        second = guest.plug(Keyboard(port=SECOND))
        found = waits_for(guest, SECOND, ("block", "screen-locked"))
        s.check("while the screen is locked it is refused", found == ("block", "screen-locked"), found)
        s.check("as a violation", "violation" in " ".join(
            text_of(r) for r in wait_rows(guest, "usb.blocked", 1, before)))
        s.check("the first one keeps its driver, locked or not", driver(guest, FIRST) == "usbhid")
        guest.run(f"{hint} false")
        guest.wait_for("! test -e /run/sekisho/locked", 20)
        s.check("it stays shut after unlocking", driver(guest, SECOND) == "", driver(guest, SECOND))
        pull(guest, second)
        second = guest.plug(Keyboard(port=SECOND))
        found = waits_for(guest, SECOND, ("allow", "default"))
        s.check("plugged in again it works", found == ("allow", "default"), found)
