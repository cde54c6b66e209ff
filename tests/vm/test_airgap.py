# SPDX-License-Identifier: GPL-3.0-or-later
"""The air gap from power-on to power-off. The judge is the capture on the host's side of the guest's wire: what leaves,
not what anybody says of it. NetworkManager and avahi are installed; DHCP and router advertisements are on offer.

Run by hand with the names of parts to do only these: test_airgap.py observed enforced"""

import collections
import ipaddress
import sys
import time

import frames
from devices import Nic
from guest import Guest
from patience import patience
from scenario import (Keyboard, Scenario, comes_true, image, last_sequence, log_in, observing, text_of, wait_rows)

PACKAGES = ("network-manager", "avahi-daemon", "iputils-ping", "isc-dhcp-client", "nftables", "ufw",
            "slirp4netns")
MAC, OTHER_MAC, FORGED_MAC = "52:54:00:0a:0b:0c", "52:54:00:0a:0b:0d", "02:00:00:00:00:01"
ADDRESS = "10.0.2.15"  # that QEMU's DHCP gives, too
GATEWAY, OTHER, NOBODY, OTHER6 = "10.0.2.2", "10.0.2.3", "10.0.2.77", "fec0::2"
INTERNET = "192.0.2.1"
STAY = 15  # seconds: services that send by themselves have begun to

POLICY = f"""network = {{
  links = ( {{ name = "office LAN"; mac = "{MAC}"; }} );
  peers = ( {{ name = "gateway"; address = "{GATEWAY}"; protocol = "icmp"; }} );
}};
"""
# An office's PC has a fixed address.
CONNECTION = f"""[connection]
id=office
type=ethernet
[ethernet]
mac-address={MAC}
[ipv4]
method=manual
address1={ADDRESS}/24
[ipv6]
method=link-local
"""
KEYFILE = "/etc/NetworkManager/system-connections/office.nmconnection"
ENFORCE = [
    f"cat >/etc/sekisho/policy.d/network.conf <<'END'\n{POLICY}END",
    f"install -m 600 /dev/stdin {KEYFILE} <<'END'\n{CONNECTION}END",
    "sekisho policy check && systemctl reload sekishod",
    "sekisho mode network enforce --yes",
]
# Nothing but loopback is to pass: nobody is there who would mend it, and nobody knows whom the policy names.
TAKE_THE_AGENT = ["systemctl mask --now sekishod", "echo damaged >>/var/lib/sekisho/airgap"]

# What a program needs no more than sockets for: words are kind, address and port.
CONNECT = """import socket, sys
kind, address, port = sys.argv[1:]
s = socket.socket(socket.AF_INET, getattr(socket, kind))
s.settimeout(2)
s.connect((address, int(port)))
s.send(bytes(48))
"""
# Sends frames as they are, past the output hook as DHCP clients do; each second one past the queues, too.
RAW = """import socket, sys
for bypass in 0, 1:
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.setsockopt(263, 20, bypass)  # SOL_PACKET, PACKET_QDISC_BYPASS
    s.bind((sys.argv[1], 0))
    for frame in sys.argv[2 + bypass::2]:
        try:
            s.send(bytes.fromhex(frame))
        except OSError as error:
            print(error)
"""

SLIRP = f"""unshare -rn sleep 40 & sleep 1
slirp4netns --configure $! tap0 >/dev/null 2>&1 & sleep 2
inside="nsenter -U --preserve-credentials -n -t $(pgrep -n -x sleep)"
$inside ping -c 2 -W 1 {OTHER}; $inside timeout 5 python3 -c 'import socket; socket.create_connection(("{OTHER}", 80), 2)'
$inside timeout 5 python3 -c 'import socket; socket.create_connection(("{INTERNET}", 443), 2)'
kill %1 %2"""

Wire = collections.namedtuple("Wire", "sent received")


# ---- What people try -------------------------------------------------------------------------------------


def raw(source, ethertype, payload):
    """A frame to all, as hexadecimal."""
    return "ff" * 6 + source.replace(":", "") + ethertype + payload.ljust(92, "0")


def dhcp_like(source):
    """The head of a DHCP client's first broadcast: IPv4, UDP, from port 68 to 67."""
    return raw(source, "0800", "4500002e000000004011000000000000ffffffff" + "0044" + "0043" + "001a" + "0000" + "010106")


def link_of(guest, mac=MAC):
    return guest.run(f"basename $(dirname $(grep -lx {mac} /sys/class/net/*/address))").out


def try_everything(guest, mac=MAC):
    """What an operator, a service or an administrator may do on a network."""
    link = link_of(guest, mac)
    guest.run(f"ip route replace default via {GATEWAY} dev {link}", check=False)
    for command in (f"ping -c 3 -W 2 {GATEWAY}", f"ping -c 2 -W 1 {OTHER}", f"ping -c 2 -W 1 {NOBODY}",
                    f"ping -6 -c 2 -W 1 {OTHER6}", f"ping -c 1 -W 1 {INTERNET}"):
        guest.run(command, user="operator", check=False, timeout=60)
    for words in (("SOCK_STREAM", OTHER, "80"), ("SOCK_STREAM", GATEWAY, "22"), ("SOCK_STREAM", INTERNET, "443"),
                  ("SOCK_DGRAM", OTHER, "53"), ("SOCK_DGRAM", OTHER, "123"), ("SOCK_DGRAM", "224.0.0.252", "5355")):
        guest.run(["python3", "-c", CONNECT, *words], user="operator", check=False, timeout=60)
    # What needs no right: a namespace of his own, with a network in it that a program of his sends for.
    guest.run(SLIRP, user="operator", check=False, timeout=90)
    guest.run(["python3", "-c", RAW, link, raw(mac, "88b5", ""), raw(mac, "88b6", ""), dhcp_like(mac),
               dhcp_like(FORGED_MAC)])
    for command in ("systemctl restart NetworkManager avahi-daemon", f"timeout 15 dhclient -1 {link}"):
        guest.run(command, check=False, timeout=60)


# ---- A life ----------------------------------------------------------------------------------------------


def has_address(guest):
    return f"inet {ADDRESS}/" in guest.run("ip -4 address").out


def frames_of_a_life(s, debian, during=try_everything):
    """From power-on, through a login and what people try, to power-off: all that was on the wire."""
    nic = Nic(s.path("wire"), mac=MAC)
    with Guest(debian, usb=[Keyboard(), nic]) as guest:
        guest.wait_booted()
        log_in(guest)
        s.check("the network is up: there is an address", comes_true(lambda: has_address(guest), 90),
                guest.run("ip address; journalctl -b -u NetworkManager -n 30 -o cat", check=False).out)
        time.sleep(patience(STAY))
        during(guest)
        guest.poweroff()
    return Wire(frames.read(nic.sent), frames.read(nic.received))


def leaks(sent, peers):
    """The frames that went to anybody but the named peers. To ask for a peer's MAC is to reach it."""
    networks = [ipaddress.ip_network(peer) for peer in peers]
    return [frame for frame in sent if not frame.reaches_only(networks)]


def told(some):
    """What frames were, each kind once, for a message."""
    counted = collections.Counter(map(str, some))
    return f"{len(some)} frames: " + "; ".join(f"{count} × {name}" for name, count in counted.most_common(30))


# ---- The parts -------------------------------------------------------------------------------------------


def observed(s):
    """The control: with nothing enforced the judge sees each thing that the other parts find nowhere."""
    wire = frames_of_a_life(s, observing(PACKAGES))
    s.say(f"left: {told(wire.sent)}")
    s.say(f"came: {told(wire.received)}")
    out = leaks(wire.sent, [GATEWAY])
    seen = {str(frame) for frame in out}
    for name, sign in (("DHCP", "IPv4 255.255.255.255 UDP 67 DHCP"),
                       ("a router solicitation", "IPv6 ff02::2 ICMPv6 133 router solicitation"),
                       ("a report of multicast groups", "IPv6 ff02::16 ICMPv6 143 multicast report"),
                       ("mDNS", "IPv4 224.0.0.251 UDP 5353 mDNS"),
                       ("LLMNR", "IPv4 224.0.0.252 UDP 5355 LLMNR"),
                       ("a question for somebody's MAC", f"ARP request {NOBODY}"),
                       ("a ping", f"IPv4 {OTHER} ICMP 8 echo request"),
                       ("a ping over IPv6", f"IPv6 {OTHER6} ICMPv6 128 echo request"),
                       ("a connection", f"IPv4 {OTHER} TCP 80"),
                       ("a connection to the internet", f"IPv4 {INTERNET} TCP 443"),
                       ("what the gateway is to pass on", f"IPv4 {INTERNET} ICMP 8 echo request"),
                       ("DNS", f"IPv4 {OTHER} UDP 53 DNS"),
                       ("NTP", f"IPv4 {OTHER} UDP 123 NTP"),
                       ("what a packet socket sends", "ethertype 88b5 to ff:ff:ff:ff:ff:ff"),
                       ("past the queues, too", "ethertype 88b6 to ff:ff:ff:ff:ff:ff")):
        s.check(f"the judge sees {name}", sign in seen, sorted(seen))
    s.check("and what has somebody else's MAC as its source", any(f.source == FORGED_MAC for f in out))
    offers = {str(frame) for frame in wire.received}
    s.check("an address is on offer", any(f.sender == ipaddress.ip_address(GATEWAY) and f.ports == (67, 68)
                                          for f in wire.received), sorted(offers))
    s.check("a router is on offer", "IPv6 ff02::1 ICMPv6 134 router advertisement" in offers, sorted(offers))


def closed():
    """The image in which only the gateway may be reached, and only by ping."""
    return image.prepared(observing(PACKAGES), ENFORCE, usb=[Keyboard()])


def enforced(s):
    def during(guest):
        mode = guest.run("sekisho status --json", check=False).json["mode"]
        s.check("the network guard enforces, the other one does not", mode == {"usb": "observe", "network": "enforce"},
                mode)
        try_everything(guest)

    wire = frames_of_a_life(s, closed(), during)
    s.say(f"left: {told(wire.sent)}")
    out = leaks(wire.sent, [GATEWAY])
    s.must("from power-on to power-off nothing goes to anybody who is not named", out == [], told(out))
    s.check("a named peer is asked", f"IPv4 {GATEWAY} ICMP 8 echo request" in map(str, wire.sent), told(wire.sent))
    s.check("and answers", any(f.sender == ipaddress.ip_address(GATEWAY) and str(f).endswith("echo reply")
                               for f in wire.received), told(wire.received))
    tcp = [str(f) for f in wire.sent if f.protocol == frames.TCP]
    s.check("by what is named and nothing else", tcp == [], tcp)


def undone_by_hand(s):
    """As root, by hand; each within a second."""
    nic = Nic(s.path("by-hand"), mac=MAC)
    with Guest(closed(), usb=[Keyboard(), nic]) as guest:
        guest.wait_booted()
        is_closed_again(s, guest)
        is_down_again(s, guest)
        is_not_widened(s, guest, nic)
        is_brought_back(s, guest, nic)
        guest.poweroff()
    out = leaks(frames.read(nic.sent), [GATEWAY])
    s.check("all the while nothing was sent to others but within a second of each act", is_brief(out), told(out))


def is_brief(some):
    """Whether the frames stand in groups of at most a second."""
    begun = 0
    for frame in some:
        if frame.time - begun > 5:  # another act
            begun = frame.time
        elif frame.time - begun > 1:
            return False
    return True


def is_closed_again(s, guest):
    def rules():
        """Each table, whichever came first."""
        return sorted(("\n" + guest.run("nft --stateless list ruleset").out).split("\ntable "))

    for name, command in (("the whole ruleset flushed", "nft flush ruleset"),
                          ("a table deleted", "nft delete table netdev sekisho"),
                          ("a rule put in front", "nft insert rule inet sekisho output accept")):
        before, whole = last_sequence(guest), rules()
        guest.run(command)
        s.check(f"{name}: closed again", comes_true(lambda: rules() == whole, 1), rules())
        rows = wait_rows(guest, "agent.tampered", 1, before)
        s.check(f"{name}: recorded", rows != [] and "firewall" in text_of(rows[0]), rows)


# What lets everything pass, wherever else it stands.
WIDER = """add table inet wide
add chain inet wide first { type filter hook output priority -400; policy accept; }
add rule inet wide first accept
add chain inet wide last { type filter hook output priority 400; policy accept; }
add rule inet wide last accept
add table netdev wide
add chain netdev wide out { type filter hook egress device "LINK" priority -600; policy accept; }
add rule netdev wide out accept
"""


def is_not_widened(s, guest, nic):
    """Accepting rules of others, ufw, a further address and a further route: on the wire is nothing of it."""
    link, before = link_of(guest), len(frames.read(nic.sent))
    guest.run(f"nft -f - <<'END'\n{WIDER.replace('LINK', link)}END")
    guest.run("ufw --force enable && ufw default allow outgoing && ufw reload", timeout=120)
    guest.run(f"ip address add 10.0.2.99/24 dev {link}; ip route add {INTERNET}/32 via {OTHER} dev {link}")
    for command in (f"ping -c 2 -W 1 {OTHER}", f"ping -c 2 -W 1 -I 10.0.2.99 {NOBODY}", f"ping -c 1 -W 1 {INTERNET}"):
        s.check(f"{command}: refused", not guest.run(command, check=False, timeout=30).ok)
    out = leaks(frames.read(nic.sent)[before:], [GATEWAY])
    s.check("rules of others, ufw, an address and a route open nothing", out == [], told(out))
    guest.run("nft delete table inet wide; nft delete table netdev wide; ufw disable", timeout=60)


AWAY = (("by its name", "ip netns add away; ip link set LINK netns away", "ip netns exec away"),
        ("where only a process is", "setsid unshare -n sleep 300 >/dev/null 2>&1 & sleep 1; "
         "ip link set LINK netns $(pgrep -n sleep)", "nsenter -n -t $(pgrep -n sleep)"),
        ("mounted where nobody looks", "setsid unshare -m --propagation private sh -c 'touch /run/hidden; "
         "unshare --net=/run/hidden true; exec sleep 400' >/dev/null 2>&1 & sleep 1; "
         "nsenter -m -t $(pgrep -n sleep) ip link set LINK netns /run/hidden",
         "nsenter -m -t $(pgrep -n sleep) nsenter --net=/run/hidden"))


def is_brought_back(s, guest, nic):
    """The adapter is moved into another network namespace, where none of our rules is."""
    for name, move, within in AWAY:
        before, link, sent = last_sequence(guest), link_of(guest), len(frames.read(nic.sent))
        there = f"link set {link} up; address add {ADDRESS}/24 dev {link}; neighbour add {OTHER} lladdr 02:00:00:00:00:02 dev {link}"
        guest.run(f"({move.replace('LINK', link)}) && ({'; '.join(f'{within} ip {word}' for word in there.split('; '))}; "
                  f"timeout 5 {within} ping -i 0.05 {OTHER}) >/tmp/away 2>&1", check=False, timeout=60)
        s.check(f"another namespace, {name}: back", comes_true(lambda: link_of_or_none(guest), 5), guest.run("cat /tmp/away").out)
        out = leaks(frames.read(nic.sent)[sent:], [GATEWAY])
        s.say(f"left meanwhile: {told(out)}")
        s.check(f"another namespace, {name}: for at most a second", is_brief(out) and len(out) < 40, told(out))
        broken = [r for r in wait_rows(guest, "airgap.broken", 1, before) if "elsewhere" in text_of(r)]
        s.check(f"another namespace, {name}: a breach with its cause", len(broken) == 1 and "brought back" in text_of(broken[0]),
                broken)
        s.check(f"another namespace, {name}: its end is told",
                [r for r in wait_rows(guest, "airgap.restored", 1, before) if "elsewhere" in text_of(r)] != [])
        guest.run("pkill sleep; ip netns delete away", check=False)


def link_of_or_none(guest):
    return guest.run(f"grep -lx {MAC} /sys/class/net/*/address", check=False).out.strip()


def flags_of(guest, link):
    return guest.run(f"ip -o link show {link}").out.split("<")[1].split(">")[0].split(",")


def is_down_again(s, guest):
    before = last_sequence(guest)
    guest.run("modprobe dummy; ip link add extra type dummy; ip link set extra up")
    s.check("a link that is not named: down again", comes_true(lambda: "UP" not in flags_of(guest, "extra"), 1))
    broken = wait_rows(guest, "airgap.broken", 1, before)
    s.check("and recorded", broken != [] and "set down" in text_of(broken[0]), broken)
    before = last_sequence(guest)
    guest.run(f"ip route add default via {GATEWAY} dev {link_of(guest)}")
    s.check("a default route: gone again", comes_true(lambda: guest.run("ip route show default").out == "", 1))
    broken = wait_rows(guest, "airgap.broken", 1, before)
    s.check("and recorded", broken != [] and "route removed" in text_of(broken[0]), broken)
    s.check("and its end is told", wait_rows(guest, "airgap.restored", 1, before) != [])


def pings(guest, address):
    return guest.run(f"ping -c 2 -W 1 {address}", check=False, timeout=30).ok


def permitted(s):
    """A permit opens its scope and nothing else, from its first moment to its last, whatever becomes of the clock."""
    nic = Nic(s.path("permit"), mac=MAC)
    with Guest(closed(), usb=[Keyboard(), nic], persistent=True) as guest:
        guest.wait_booted()
        s.check("before it: shut", not pings(guest, OTHER))
        guest.run(f"sekisho permit add R8-1 --until \"$(date -d '+1 day' '+%F %T')\" --peer '{OTHER} icmp'")
        s.check("the permit opens", comes_true(lambda: pings(guest, OTHER), 10))
        s.check("its scope and nothing else", not pings(guest, NOBODY) and not guest.run(
            ["python3", "-c", CONNECT, "SOCK_STREAM", OTHER, "80"], check=False, timeout=30).ok)
        guest.run("systemctl kill -s KILL sekishod")
        s.check("the agent killed: open still, or again", comes_true(lambda: pings(guest, OTHER), 30))
        guest.poweroff()
        sent = frames.read(nic.sent)  # QEMU begins it anew
        guest.start()
        guest.wait_booted()
        s.check("after a reboot: open", comes_true(lambda: pings(guest, OTHER), 60))
        guest.run("date -s '+2 days'")
        s.check("the clock two days on: shut", comes_true(lambda: not pings(guest, OTHER), 10))
        guest.run("date -s '-2 days'")
        s.check("set back it stays shut: nobody knows how late it is", not pings(guest, OTHER))
        guest.run(f"sekisho permit add R8-2 --from \"$(date -d '+1 hour' '+%F %T')\" --until 2099-12-31 --peer '{NOBODY} icmp'")
        guest.run("date -s '+2 hours'")
        time.sleep(2)
        said = {p["permit"]: p["in_force"] for p in guest.run("sekisho permit list --json").json}
        s.check("a clock set on begins none", said == {"R8-1": False, "R8-2": False}, said)
        guest.poweroff()
    sent += frames.read(nic.sent)
    out = leaks(sent, [GATEWAY, OTHER])
    s.must("nothing went to anybody but the two", out == [], told(out))
    tcp = [str(f) for f in sent if f.protocol == frames.TCP]
    s.check("and by nothing but what is named", tcp == [], tcp)


def without_the_agent(s):
    """It is masked, and its compiled file damaged, before power-on; further adapters come meanwhile."""
    late = [Nic(s.path("late"), mac=OTHER_MAC), Nic(s.path("tether"), mac="52:54:00:0a:0b:0e", model="usb-net")]

    def during(guest):
        s.check("there is no agent", guest.run("pidof sekishod", check=False).status == 1)
        guest.run("modprobe cdc_ether")  # loaded in a race with cdc_subset, one may keep the other from the tether
        for nic in late:
            guest.plug(nic)
            guest.wait_for(f"grep -qx {nic.mac} /sys/class/net/*/address && udevadm settle", 30)
            guest.run(f"ip link set {link_of(guest, nic.mac)} up")
        time.sleep(patience(STAY))
        for mac in MAC, *(nic.mac for nic in late):
            try_everything(guest, mac)

    sent = frames_of_a_life(s, image.prepared(closed(), TAKE_THE_AGENT), during).sent
    s.must("without the agent and its file nothing goes to anybody", sent == [], told(sent))
    for name, nic in zip(("an adapter", "a USB tether"), late):
        sent = frames.read(nic.sent)
        s.must(f"nor by {name} that came later", sent == [], told(sent))


PARTS = (observed, enforced, undone_by_hand, permitted, without_the_agent)

with Scenario("the air gap holds from power-on to power-off") as s:
    for part in PARTS:
        if not sys.argv[1:] or part.__name__ in sys.argv[1:]:
            part(s)
