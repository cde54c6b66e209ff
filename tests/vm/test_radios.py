# SPDX-License-Identifier: GPL-3.0-or-later
"""Radios: two of Wi-Fi (mac80211_hwsim) and one of Bluetooth (hci_vhci), with a network manager that wants to use them.
The judges are the air that the Wi-Fi radios send into and the controller that the Bluetooth host commands: what a radio
was made to do, not what anybody says of it.

Run by hand with the names of parts to do only these: test_radios.py one_life from_power_on"""

import sys
import time

from guest import Guest
from patience import patience
from scenario import (Keyboard, ROOT, Scenario, comes_true, image, last_sequence, log_in, observing, rows,
                      text_of, wait_named)

PACKAGES = ("network-manager", "wpasupplicant", "iw", "rfkill", "nftables")
ENFORCE = "sekisho mode network enforce --yes"
STAY = 10  # seconds: whoever wants to use a radio has tried to
ERFKILL = 132
TOLD = "NetworkManager told to leave Wi-Fi off"
MEDIUM, CONTROLLER = "/usr/local/bin/hwsim_medium.py", "/usr/local/bin/hci_controller.py"

# How long a radio was to be used, in ms, after what stands in the arguments was done: until all are blocked again.
PUT_BACK = """import glob, subprocess, sys, time
def is_open():
    return any(open(path).read() == "0\\n" for path in glob.glob("/sys/class/rfkill/*/soft"))
subprocess.run(sys.argv[1:], check=True)
began = time.monotonic()
while is_open() and time.monotonic() < began + 20:
    time.sleep(0.002)
print(is_open(), round((time.monotonic() - began) * 1000))
"""
# HCIDEVUP, then an inquiry of 1.28 s; prints the errno of the first that fails.
HCI_UP = """import fcntl, socket, struct
hci = socket.socket(31, socket.SOCK_RAW, 1)  # AF_BLUETOOTH, BTPROTO_HCI
try:
    fcntl.ioctl(hci, 0x400448c9, 0)
    print(0)
except OSError as error:
    print(error.errno)
"""
HCI_DOWN = HCI_UP.replace("0x400448c9", "0x400448ca")
# Who may write to /dev/rfkill may switch as fast as he likes: all radios on, then off and on again, 2000 times.
FLOOD = """import struct
with open("/dev/rfkill", "wb", buffering=0) as rfkill:
    for i in range(2000):
        rfkill.write(struct.pack("=IBBBB", 0, 0, 3, i % 2, 0))
    rfkill.write(struct.pack("=IBBBB", 0, 0, 3, 0, 0))
"""


# The Wi-Fi radios are there when the machine starts, and so is their judge.
AT_POWER_ON = [
    "echo options mac80211_hwsim radios=2 >/etc/modprobe.d/hwsim.conf",
    "echo mac80211_hwsim >/etc/modules-load.d/hwsim.conf",
    f"""cat >/etc/systemd/system/air.service <<'END'
[Unit]
DefaultDependencies=no
After=systemd-modules-load.service
Before=sekisho-airgap.service network-pre.target
[Service]
ExecStart=/usr/bin/python3 -u {MEDIUM}
StandardOutput=file:/run/air
[Install]
WantedBy=sysinit.target
END""",
    "systemctl enable air",
    ENFORCE,
]


class Radios:
    """The judges, and how to bring radios and take them away."""

    def __init__(self, guest):
        self.guest = guest
        for name, target in (("hwsim_medium", MEDIUM), ("hci_controller", CONTROLLER)):
            guest.push(ROOT / "tests/vm" / f"{name}.py", target, 0o755)
        self.air = self.controller = None

    def come(self):
        self.guest.run("modprobe mac80211_hwsim radios=2 && modprobe hci_vhci && udevadm settle")
        self.air = self._start(MEDIUM)
        self.controller = self._start(CONTROLLER)
        self.guest.wait_for("test $(ls -d /sys/class/rfkill/*/ | wc -l) = 3", 30)
        time.sleep(patience(3))  # the controller is set up: done by the host, radio or not

    def go(self):
        self.air.kill()
        self.controller.kill()
        self.guest.run("modprobe -r mac80211_hwsim && udevadm settle")
        self.guest.wait_for("! ls /sys/class/rfkill/*/ 2>/dev/null", 30)

    def _start(self, program):
        job = self.guest.start_job(["python3", "-u", program])
        self.guest.wait_for(lambda: "ready" in job.poll().out, 30)
        return job

    def frames(self):
        """All that the Wi-Fi radios have sent since they came."""
        return self.air.poll().out.split("\n")[1:-1]

    def commands(self):
        """All that the Bluetooth controller was told since it came."""
        return self.controller.poll().out.split("\n")[1:-1]

    def soft(self):
        """{"phy0": True, …}: which are blocked by software, as the kernel says it."""
        out = self.guest.run("for r in /sys/class/rfkill/rfkill*; do cat $r/name $r/soft; done").out.split()
        return {name: soft == "1" for name, soft in zip(out[::2], out[1::2])}

    def of_wifi(self):
        return sorted(name for name in self.soft() if name.startswith("phy"))

    def is_blocked(self):
        return set(self.soft().values()) == {True}


def try_wifi(guest):
    """By hand, past any manager; what each command said."""
    return guest.run("for l in $(ls -d /sys/class/net/wlan* | xargs -n1 basename); do "
                     "ip link set $l up; iw dev $l scan; done 2>&1", check=False, timeout=60).out


def hci_up(guest):
    return int(guest.run(["python3", "-c", HCI_UP]).out)


def listed(guest):
    """(exit status, {name: radio}) of sekisho net list."""
    done = guest.run("sekisho net list --json", check=False)
    return done.status, {radio["radio"]: radio for radio in done.json["radios"]}


def put_back(guest, words, **options):
    still_open, ms = guest.run(["python3", "-c", PUT_BACK, *words], **options).out.split()
    return still_open == "False", int(ms)


def broken(guest, after, outcome):
    return [r for r in wait_named(guest, "airgap.broken", '"radio"', after) if outcome in text_of(r)]


# ---- The parts -------------------------------------------------------------------------------------------


def observed(s, guest, radios):
    """The control: with nothing enforced the judges see radios at work."""
    before = last_sequence(guest)
    radios.come()
    s.check("while observing no radio is touched", set(radios.soft().values()) == {False}, radios.soft())
    try_wifi(guest)
    time.sleep(patience(STAY))
    frames = radios.frames()
    s.check("the judge sees what Wi-Fi sends", any(f.endswith(" 4000") for f in frames), frames[:10])
    told = len(radios.commands())
    got = hci_up(guest)
    s.check("Bluetooth can be used", got == 0, got)
    s.check("and the judge sees that", len(radios.commands()) > told, radios.commands())
    status, all_of_them = listed(guest)
    s.check("the list says that they break the air gap", status == 1 and len(all_of_them) == 3 and
            all(r["breach"] and r["reason"] == "radio" for r in all_of_them.values()), all_of_them)
    seen = broken(guest, before, "observed")
    s.check("that is recorded, as a warning", len(seen) == 3 and all("violation" not in text_of(r) for r in seen), seen)
    guest.run(["python3", "-c", HCI_DOWN])


def enforced(s, guest, radios):
    kept = radios.of_wifi()[1]
    guest.run(f"rfkill block $(cat /sys/class/ieee80211/{kept}/rfkill*/index)")
    before = last_sequence(guest)
    guest.run(ENFORCE)
    s.check("entering enforce blocks every radio", comes_true(radios.is_blocked, 2), radios.soft())
    status, all_of_them = listed(guest)
    s.check("none breaks the air gap any more", status == 0 and not any(r["breach"] for r in all_of_them.values()),
            all_of_them)
    s.check("and the end of that is recorded", len(wait_named(guest, "airgap.restored", "radio", before)) == 2)
    time.sleep(patience(STAY))  # systemd-rfkill(8) keeps in mind how it has found them, after five seconds
    radios.go()
    before = last_sequence(guest)
    radios.come()
    s.check("radios that come are blocked", radios.is_blocked(), radios.soft())
    told = radios.commands()
    said = try_wifi(guest)
    s.check("Wi-Fi can't be set up: RF-kill", "RF-kill" in said, said)
    got = hci_up(guest)
    s.check("nor can Bluetooth", got == ERFKILL, got)
    time.sleep(patience(STAY))
    s.check("its controller was asked for nothing", radios.commands() == told, radios.commands()[len(told):])
    made_up = [r for r in rows(guest, "airgap.broken", before) if '"radio"' in text_of(r)]
    s.check("that they came broke nothing", made_up == [], made_up)
    is_put_back(s, guest, radios)
    s.must("no radio has sent anything", radios.frames() == [], radios.frames()[:10])


def is_put_back(s, guest, radios):
    before = last_sequence(guest)
    shut, ms = put_back(guest, ["rfkill", "unblock", "all"])
    s.check("unblocked by root: blocked again within a second", shut and ms <= patience(1000), ms)
    s.say(f"after {ms} ms")
    seen = broken(guest, before, "blocked")
    s.check("that is a violation, with its cause", len(seen) == 3 and
            all('"violation"' in text_of(r) and '"reason": "radio"' in text_of(r) for r in seen), seen)
    ended = wait_named(guest, "airgap.restored", "radio", before)
    s.check("and its end has its duration", len(ended) == 3 and all("duration_ns" in text_of(r) for r in ended), ended)
    by_an_operator(s, guest, radios)
    before = last_sequence(guest)
    guest.run(["python3", "-c", FLOOD])
    s.check("switched 2000 times: blocked in the end", comes_true(radios.is_blocked, 2), radios.soft())
    time.sleep(patience(3))
    few = len(rows(guest, after=before))
    s.check("and rows stay few", few <= 300, few)


def by_an_operator(s, guest, radios):
    done = guest.run("rfkill unblock all", user="operator2", check=False)
    s.check("who does not sit at the machine may not unblock", radios.is_blocked() and "denied" in done.err, done.err)
    guest.wait_for("test -w /dev/rfkill", 30, user="operator")
    before = last_sequence(guest)
    shut, ms = put_back(guest, ["rfkill", "unblock", "all"], user="operator")
    s.check("who does sit there may: blocked again within a second", shut and ms <= patience(1000), ms)
    s.check("and recorded", len(broken(guest, before, "blocked")) == 3)


def permitted(s, guest, radios):
    def write(words):
        guest.run(f"echo 'network = {{ {words} }};' >/etc/sekisho/policy.d/radios.conf")
        return guest.run("sekisho policy check && systemctl reload sekishod", check=False)

    s.check("a mistake in the policy is told", "bluetooth" in write('radios = ["bluetoth"];').out)
    write('radios = ["bluetooth"];')
    s.check("permitted by the policy, Bluetooth is released",
            comes_true(lambda: radios.soft().get("hci0") is False, 10), radios.soft())
    s.check("Wi-Fi is not", all(radios.soft()[name] for name in radios.of_wifi()), radios.soft())
    got = hci_up(guest)
    s.check("it can be used", got == 0, got)
    guest.run("rfkill unblock all")
    s.check("Wi-Fi is put back alone", comes_true(lambda: all(radios.soft()[n] for n in radios.of_wifi()), 1),
            radios.soft())
    time.sleep(patience(STAY))
    s.check("and Bluetooth stays on", radios.soft()["hci0"] is False, radios.soft())


def left(s, guest, radios):
    guest.run("sekisho mode network observe")
    first, second = radios.of_wifi()
    s.check("leaving enforce unblocks what was blocked for it", comes_true(lambda: not radios.soft()[first], 5),
            radios.soft())
    s.check("and not what was blocked before", radios.soft()[second], radios.soft())
    s.check("nothing is left to remember", guest.run("test ! -e /var/lib/sekisho/radios", check=False).ok)


def one_life(s):
    with Guest(observing(PACKAGES), usb=[Keyboard()]) as guest:
        guest.wait_booted()
        log_in(guest)
        radios = Radios(guest)
        for part in (observed, enforced, permitted, left):
            part(s, guest, radios)


def from_power_on(s):
    """They are there before the agent, and before a network manager that would use them."""
    judged = image.prepared(observing(PACKAGES), AT_POWER_ON, files={MEDIUM: ROOT / "tests/vm/hwsim_medium.py"},
                            usb=[Keyboard()])
    with Guest(judged, usb=[Keyboard()], persistent=True) as guest:
        after = 0
        for words in ("NetworkManager as it comes", TOLD):
            guest.wait_booted()
            time.sleep(patience(STAY))
            _, all_of_them = listed(guest)
            s.check(f"{words}: radios that are there at power-on are blocked", len(all_of_them) == 2 and
                    all(radio["soft_blocked"] for radio in all_of_them.values()), all_of_them)
            air = guest.run("cat /run/air").out.split("\n")
            s.must("from power-on on nothing is sent", [line for line in air if line] == ["ready"], air[:10])
            breaches = rows(guest, "airgap.broken", after)
            s.say(f"recorded breaches: {len(breaches)}")
            if words != TOLD:
                guest.run("nmcli radio wifi off")
                after = last_sequence(guest)
                guest.reboot()
        s.check("then nobody unblocks them at power-on", breaches == [], breaches)


def without_the_agent(s):
    """It is masked before power-on: the loader of the air gap blocks alone."""
    closed = image.prepared(observing(PACKAGES), [ENFORCE, "systemctl mask --now sekishod"], usb=[Keyboard()])
    with Guest(closed, usb=[Keyboard()]) as guest:
        guest.wait_booted()
        radios = Radios(guest)
        s.check("there is no agent", guest.run("pidof sekishod", check=False).status == 1)
        radios.come()
        s.check("without the agent radios that come are blocked", radios.is_blocked(), radios.soft())
        said = try_wifi(guest)
        s.check("Wi-Fi can't be set up", "RF-kill" in said, said)
        got = hci_up(guest)
        s.check("nor can Bluetooth", got == ERFKILL, got)
        time.sleep(patience(STAY))
        s.must("nothing is sent", radios.frames() == [], radios.frames()[:10])
        guest.run("/usr/libexec/sekisho/airgap unload")
        s.check("what the package leaves behind is unblocked", set(radios.soft().values()) == {False}, radios.soft())


PARTS = (one_life, from_power_on, without_the_agent)

with Scenario("radios that are not permitted stay blocked") as s:
    for part in PARTS:
        if not sys.argv[1:] or part.__name__ in sys.argv[1:]:
            part(s)
