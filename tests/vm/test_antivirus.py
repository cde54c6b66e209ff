# SPDX-License-Identifier: GPL-3.0-or-later
"""A real clamd and clamonacc: what is broken in them is seen in time, recorded once, and over when it is mended.

The definitions are an unsigned CUD (definitions.py): clamd loads it and tells its build date as of a signed file; the
profile here names it, as ours does not. That a CVD's own signature is checked is ClamAV's part.
"""

import datetime
import json

from definitions import container
from guest import Guest
from scenario import Scenario, comes_true, debian_package, image, last_sequence, rows, text_of, SUITE

PACKAGES = ("clamav-daemon", "clamav", "clamdscan")
PROFILE = "/etc/sekisho/antivirus.d/clamav.conf"
PROBE = "/var/lib/sekisho/antivirus-probe"
CHECKS = ["installed", "running", "definitions", "proof", "on_access", "scan", "detections"]
ROUND = 75  # seconds: a look each minute, and what it takes
# The industry's test file, never plain: nothing here is to be taken away by an antivirus.
TEST_FILE = ("58354f2150254041505b345c505a58353428505e2937434329377d2445494341522d5354414e44415244"
             "2d414e544956495255532d544553542d46494c452124482b482a")
MALWARE = "sekisho-tests-malware-8c1f0b7e"
KNOWS_BOTH = f"Eicar-Signature:0:0:{TEST_FILE}\nTests.Malware:0:*:{MALWARE.encode().hex()}\n"
KNOWS_ONE = f"Tests.Malware:0:*:{MALWARE.encode().hex()}\n"

DROP_INS = {
    # The units want Debian's official files.
    "clamav-daemon.service.d/test.conf": "[Unit]\nConditionPathExistsGlob=\n",
    "clamav-daemon.socket.d/test.conf": "[Unit]\nConditionPathExistsGlob=\n",
    "clamav-clamonacc.service.d/test.conf": "[Service]\nExecStartPre=\nExecStart=\nExecStart=/usr/sbin/clamonacc -F "
                                            "--fdpass --log=/var/log/clamav/clamonacc.log\n",
}


def definitions(guest, signatures, version, days_ago=0):
    """Puts them where clamd reads; it loads them when it is told to."""
    built = int(now(guest)) - days_ago * 24 * 3600
    guest.push(container(signatures, version, built), "/root/daily.cud", 0o644)
    guest.run("install -o clamav -g clamav -m 644 /root/daily.cud /var/lib/clamav/daily.cud.new; "
              "mv /var/lib/clamav/daily.cud.new /var/lib/clamav/daily.cud")


def reload(guest):
    guest.run("clamdscan --reload", timeout=60)


def set_up(guest):
    for name, text in DROP_INS.items():
        guest.run(f"mkdir -p /etc/systemd/system/{name.split('/')[0]}")
        guest.push(text.encode(), f"/etc/systemd/system/{name}", 0o644)
    guest.run(f"sed 's/\"daily.cld\", \"daily.cvd\"/\"daily.cud\"/' /usr/lib/sekisho/antivirus.d/clamav.conf > {PROFILE}; "
              f"grep -q daily.cud {PROFILE}")
    guest.run(f"printf 'OnAccessIncludePath {PROBE}\\nOnAccessPrevention yes\\nOnAccessExcludeUname clamav\\n' "
              ">> /etc/clamav/clamd.conf")
    definitions(guest, KNOWS_BOTH, 100)
    guest.run("systemctl daemon-reload; systemctl stop clamav-freshclam; systemctl start clamav-daemon.socket "
              "clamav-daemon.service", timeout=180)
    guest.wait_for("clamdscan --ping 1", 120)
    guest.run("systemctl start clamav-clamonacc", timeout=120)
    guest.run("clamscan --database=/var/lib/clamav --log=/var/log/clamav/scan.log /etc/hostname", timeout=120)


def look(guest):
    """What `sekisho check` finds: {"running": "ok", …}, and the whole of it for a failure's evidence."""
    out = guest.run("sekisho check antivirus --json", check=False, timeout=180).out
    listed = [c for c in json.loads(out)["checks"] if c["check"].startswith("antivirus.")]
    return {c["check"].split(".")[1]: c["finding"] for c in listed}, json.dumps(listed, ensure_ascii=False)


def of_check(guest, kind, check, after):
    return [r for r in rows(guest, kind, after) if f'"antivirus.{check}"' in text_of(r)]


def now(guest):
    return float(guest.run("date +%s.%N").out)


def when(row):
    return datetime.datetime.fromisoformat(row["@timestamp"][:26].rstrip("Z") + "+00:00").timestamp()


def look_again(guest, times=3):
    """Has the agent look at once: a profile's folder changes."""
    for _ in range(times):
        guest.run("touch /etc/sekisho/antivirus.d/README; sleep 3")


def fails(s, guest, check, finding, within, act, what):
    """`act` breaks something: one row in time, and no other however often it is looked at."""
    before = last_sequence(guest)
    begun = now(guest)
    act()
    found = comes_true(lambda: of_check(guest, "antivirus.failed", check, before), within + 30)
    s.check(f"{what}: seen", found, look(guest)[1] if not found else "")
    if not found:
        return
    took = when(found[0]) - begun
    s.say(f"{what}: after {took:.1f} s")
    s.check(f"{what}: within {within} s", took <= within, took)
    s.check(f"{what}: as {finding}", f'"finding": "{finding}"' in text_of(found[0]), text_of(found[0]))
    look_again(guest)
    found = of_check(guest, "antivirus.failed", check, before)
    s.check(f"{what}: recorded once", len(found) == 1, [text_of(r) for r in found])
    s.check(f"{what}: a violation, so that it alerts", '"violation"' in text_of(found[0]["event"]) or
            '"violation"' in text_of(found[0]), text_of(found[0]))


def recovers(s, guest, check, act, what):
    before = last_sequence(guest)
    act()
    found = comes_true(lambda: of_check(guest, "antivirus.ok", check, before), ROUND + 30)
    s.check(f"{what}: over by itself when it is mended", found, look(guest)[1] if not found else "")
    s.check(f"{what}: which is recorded once", len(of_check(guest, "antivirus.ok", check, before)) == 1)


def is_healthy(s, guest):
    well = {c: "ok" for c in CHECKS}
    comes_true(lambda: look(guest)[0] == well, 60)  # clamonacc takes a while to begin
    found, evidence = look(guest)
    s.check("a product that works is found so by each check", found == well, evidence)
    s.check("the agent says so, too", comes_true(
        lambda: all(of_check(guest, "antivirus.ok", c, 0) for c in CHECKS), 150 + ROUND),
        [text_of(r) for r in rows(guest, "antivirus.*")])
    listed = guest.run("/usr/libexec/sekisho/health antivirus").json["products"]
    [seen] = [p for p in listed if p["installed"]]
    s.check("VERSION tells the definitions that are on the disk", seen["engine"]["version"] == 100 ==
            seen["definitions"]["version"], seen)
    log = guest.run("cat /var/log/clamav/clamav.log").out
    s.check("clamd's log has our own test files", "Eicar" in log, log[-500:])
    s.check("which are no detections", seen["found"]["detections"] == [], seen["found"])
    holders = guest.run("dpkg -L sekisho | while read -r f; do [ -f \"$f\" ] && grep -lF "
                        f"\"$(printf '%b' '{escapes(TEST_FILE)}')\" \"$f\"; done; true", timeout=120).out
    s.check("nothing in the package holds the test file", holders == "", holders)
    s.check("nor is one left in the folder", guest.run(f"ls -A {PROBE}").out == "")


def escapes(digits):
    return "".join(f"\\x{digits[i:i + 2]}" for i in range(0, len(digits), 2))


def is_killed(s, guest):
    # systemd would start it anew as soon as anybody connects.
    guest.run("systemctl mask --runtime clamav-daemon.service")
    fails(s, guest, "running", "violation", 5, lambda: guest.run("pkill -KILL -x clamd"), "clamd killed")
    recovers(s, guest, "running", lambda: guest.run("systemctl unmask --runtime clamav-daemon.service; "
                                                    "systemctl start clamav-daemon; systemctl restart clamav-clamonacc",
                                                    timeout=180), "clamd killed")


def is_aged(s, guest):
    def age():
        definitions(guest, KNOWS_BOTH, 101, days_ago=30)
        reload(guest)

    def renew():
        definitions(guest, KNOWS_BOTH, 102)
        reload(guest)

    fails(s, guest, "definitions", "violation", ROUND, age, "old definitions")
    recovers(s, guest, "definitions", renew, "old definitions")


def is_blind(s, guest):
    def blind():
        definitions(guest, KNOWS_ONE, 103)
        reload(guest)

    def mend():
        definitions(guest, KNOWS_BOTH, 104)
        reload(guest)

    fails(s, guest, "proof", "violation", ROUND, blind, "the test signature taken out")
    s.check("clamd still answers a PING then", guest.run("clamdscan --ping 1", check=False).ok)
    recovers(s, guest, "proof", mend, "the test signature taken out")


def access_is_dead(s, guest):
    alive = "pgrep -x clamonacc"
    fails(s, guest, "on_access", "violation", ROUND, lambda: guest.run(
        f"mv {PROBE} {PROBE}.watched && install -d -m 700 {PROBE}"), "scanning on access that lost its folder")
    s.check("clamonacc still lives then", guest.run(alive, check=False).ok)
    recovers(s, guest, "on_access", lambda: guest.run(f"rmdir {PROBE} {PROBE}.watched; install -d -m 700 {PROBE}; "
                                                      "systemctl restart clamav-clamonacc", timeout=120),
             "scanning on access that lost its folder")
    fails(s, guest, "on_access", "unverified", ROUND, lambda: guest.run("pkill -STOP -x clamonacc"),
          "scanning on access that hangs")
    recovers(s, guest, "on_access", lambda: guest.run("pkill -CONT -x clamonacc"), "scanning on access that hangs")


def is_hung(s, guest):
    fails(s, guest, "proof", "unverified", ROUND, lambda: guest.run("pkill -STOP -x clamd"), "a socket that hangs")
    begun = now(guest)
    seen = guest.run("/usr/libexec/sekisho/health antivirus", timeout=120).json
    took = now(guest) - begun
    s.check("asking one that hangs is bounded", took < 30, took)
    [product] = [p for p in seen["products"] if p["installed"]]
    s.check("and says that there was no answer", product["proof"].get("error") == "ETIMEDOUT", product)
    recovers(s, guest, "proof", lambda: guest.run("pkill -CONT -x clamd"), "a socket that hangs")


def finds(s, guest):
    path = "/home/operator/got by mail"
    guest.push(f"x{MALWARE}x".encode(), path, 0o644)
    fails(s, guest, "detections", "violation", ROUND,
          lambda: guest.run(["clamdscan", "--fdpass", path], check=False, timeout=60) and
          guest.run(["clamdscan", "--multiscan", path], check=False, timeout=60), "malware found")
    [one] = of_check(guest, "antivirus.failed", "detections", 0)[-1:] or [None]
    s.check("the row names the file", one and "got by mail" in text_of(one), one and text_of(one))
    recovers(s, guest, "detections", lambda: guest.run(["rm", path]), "malware found")


def mistakes_are_said(s, guest):
    bad = "/etc/sekisho/antivirus.d/zz.conf"
    fails(s, guest, "installed", "unverified", ROUND, lambda: guest.push(b'name = "zz";\nfoo = 1;\n', bad, 0o644),
          "a profile with a mistake")
    [one] = of_check(guest, "antivirus.failed", "installed", 0)[-1:] or [None]
    s.check("the row names file and line", one and f"{bad}:2" in text_of(one), one and text_of(one))
    recovers(s, guest, "installed", lambda: guest.run(f"rm {bad}"), "a profile with a mistake")


if __name__ == "__main__":
    with Scenario("an antivirus that no longer works is seen") as s:
        with Guest(image.build(debian_package(), SUITE, packages=PACKAGES), memory=2048) as guest:
            guest.wait_booted()
            set_up(guest)
            is_healthy(s, guest)
            is_killed(s, guest)
            is_aged(s, guest)
            is_blind(s, guest)
            access_is_dead(s, guest)
            is_hung(s, guest)
            finds(s, guest)
            mistakes_are_said(s, guest)
