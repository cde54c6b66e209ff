# SPDX-License-Identifier: GPL-3.0-or-later
"""The air gap from power-on to shutdown. The judge is the capture on the host's side of the guest's wire: what
leaves, not what anybody says of it. NetworkManager and avahi are installed, and DHCP, DNS and router advertisements
are on offer."""

import ipaddress
import time

import frames
from devices import Nic
from guest import Guest
from patience import patience
from scenario import Scenario, comes_true, last_sequence, observing, text_of, wait_rows

PACKAGES = ("network-manager", "avahi-daemon", "iputils-ping", "isc-dhcp-client", "nftables")
MAC, OTHER_MAC = "52:54:00:0a:0b:0c", "52:54:00:0a:0b:0d"
GATEWAY, OTHER = "10.0.2.2", "10.0.2.3"
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
address1=10.0.2.15/24
[ipv6]
method=link-local
"""
RAW = """import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((%r, 0))
for _ in range(3):
    try:
        s.send(b"\\xff" * 6 + bytes.fromhex(%r) + b"\\x88\\xb5" + bytes(46))
    except OSError:
        pass
"""


def try_everything(guest, link):
    """What an operator, a service or an administrator may do on a network."""
    for command in (f"ping -c 2 -W 1 {OTHER}", "ping -c 2 -W 1 8.8.8.8", "ping -6 -c 2 -W 1 fec0::2",
                    "python3 -c 'import socket; socket.create_connection((\"10.0.2.3\", 80), 2)'",
                    "python3 -c 'import socket; socket.getaddrinfo(\"example.org\", 80)'",
                    f"timeout 10 dhclient -1 -v {link}",
                    "avahi-browse -at", "systemctl restart NetworkManager avahi-daemon"):
        guest.run(command, check=False, timeout=60)
    guest.run(["python3", "-c", RAW % (link, MAC.replace(":", ""))], check=False)


def link_of(guest):
    return guest.run(f"basename $(dirname $(grep -lx {MAC} /sys/class/net/*/address))").out


def a_life(guest, capture):
    """From power-on, through what people try, to power-off: the frames that the guest sent."""
    guest.wait_booted()
    time.sleep(patience(15))
    try_everything(guest, link_of(guest))
    time.sleep(patience(5))
    guest.poweroff()
    return frames.sent_by(capture, MAC)


def leaks(sent, peers=(GATEWAY,)):
    """What went to anybody but the named peers. To ask for a peer's address is to reach it."""
    named = {ipaddress.ip_address(peer) for peer in peers}
    return [str(frame) for frame in sent if frame.about not in named]


def observes(s, guest, capture):
    sent = a_life(guest, capture)
    words = " | ".join(sorted({str(frame) for frame in sent}))
    s.say(f"{len(sent)} frames left while only observing: {words[:600]}")
    for name, sign in (("DHCP", "UDP to port 67"), ("a router solicitation", "ICMPv6 133"),
                       ("DNS", "UDP to port 53"), ("a packet socket's", "ethertype 88b5"),
                       ("mDNS", "UDP to port 5353"), ("a ping to somebody else", f"ARP 1 about {OTHER}")):
        s.check(f"the judge sees: {name}", any(str(frame).startswith(sign) for frame in sent), words[:300])


def enters(s, guest):
    guest.start()
    guest.wait_booted()
    guest.push(POLICY.encode(), "/etc/sekisho/policy.d/network.conf")
    guest.push(CONNECTION.encode(), "/etc/NetworkManager/system-connections/office.nmconnection", 0o600)
    guest.run("sekisho policy check && systemctl reload sekishod")
    guest.run("sekisho mode network enforce --yes", timeout=120)
    s.check("status says so", '"network":"enforce"' in guest.run("sekisho status --json", check=False).out.replace(" ", ""))
    guest.poweroff()


def enforces(s, guest, capture):
    guest.start()
    sent = a_life(guest, capture)
    s.check("from power-on to power-off nothing goes to anybody who is not named", leaks(sent) == [], leaks(sent)[:10])
    guest.start()
    guest.wait_booted()
    s.check("a named peer is reached", comes_true(lambda: guest.run(f"ping -c 1 -W 2 {GATEWAY}", check=False).ok, 60))


def is_closed_again(s, guest):
    """As root, by hand; each within a second."""
    link = link_of(guest)
    for name, command in (("the whole ruleset flushed", "nft flush ruleset"),
                          ("a table deleted", "nft delete table netdev sekisho"),
                          ("a rule put in front", "nft insert rule inet sekisho output accept")):
        before = last_sequence(guest)
        guest.run(command)
        closed = comes_true(lambda: guest.run("/usr/libexec/sekisho/airgap mend", check=False).status == 0, 1)
        s.check(f"{name}: closed again", closed)
        told = wait_rows(guest, "agent.tampered", 1, before)
        s.check(f"{name}: recorded", told != [] and "firewall" in text_of(told[0]), told)
    before = last_sequence(guest)
    guest.run("modprobe dummy; ip link add extra type dummy; ip link set extra up")
    s.check("a link that is not named: down again",
            comes_true(lambda: "UP" not in guest.run("ip -o link show extra").out.split("<")[1].split(">")[0].split(","), 1))
    broken = wait_rows(guest, "airgap.broken", 1, before)
    s.check("and recorded", broken != [] and "set down" in text_of(broken[0]), broken)
    before = last_sequence(guest)
    guest.run(f"ip route add default via {GATEWAY} dev {link}")
    s.check("a default route is a breach", wait_rows(guest, "airgap.broken", 1, before) != [])
    guest.run("ip route delete default")
    s.check("and its end is told", wait_rows(guest, "airgap.restored", 1, before) != [])


def holds_without_the_agent(s, guest, capture):
    """The daemon is killed and masked, the compiled file is damaged; an adapter is plugged in meanwhile."""
    guest.run("systemctl mask --now sekishod; echo x >> /var/lib/sekisho/airgap; systemctl restart sekisho-airgap")
    second = guest.plug(Nic(f"{capture}-second", mac=OTHER_MAC))
    guest.wait_for(f"grep -qx {OTHER_MAC} /sys/class/net/*/address", 30)
    guest.run("for l in /sys/class/net/e*; do ip link set $(basename $l) up; done", check=False)
    try_everything(guest, link_of(guest))
    guest.run(f"ping -c 1 -W 1 {GATEWAY}", check=False)
    guest.poweroff()
    sent = frames.sent_by(capture, MAC)
    s.check("without the agent and its file nothing goes to anybody", leaks(sent) == [], leaks(sent)[:10])
    late = frames.sent_by(second.capture, OTHER_MAC)
    s.check("nor by an adapter that came later", leaks(late, ()) == [], leaks(late, ())[:10])


with Scenario("the air gap holds from power-on to power-off") as s:
    capture = s.path("wire.pcap")
    with Guest(observing(PACKAGES), usb=[Nic(capture, mac=MAC)], persistent=True) as guest:
        observes(s, guest, capture)
        enters(s, guest)
        enforces(s, guest, capture)
        is_closed_again(s, guest)
        holds_without_the_agent(s, guest, capture)
