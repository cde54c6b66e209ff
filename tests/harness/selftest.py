# SPDX-License-Identifier: GPL-3.0-or-later
"""Proves the harness on a Debian without any guard: boots, plugs, and above all can fail.

A test that finds 0 bytes stolen means something only if the thief steals where nothing stops it.
One line a check; exit status 1 when one failed. `--suite trixie` tests another Debian,
`--only WORD` the checks whose name has the word.
"""

import argparse
import ipaddress
import struct
import sys
import tempfile
import time
import traceback
from pathlib import Path

import frames
import gadget
import helpers
import image
import media
from devices import (Controller, Hub, Keyboard, Mouse, Mtp, Nic, SmartCard, Stick, Tablet, UsbAudio,
                     UsbNet, UsbSerial)
from guest import CommandFailed, Guest, GuestError

RACER = "/usr/local/bin/racer"
# What Linux makes of each hostile device is its own business; that one appears at all is ours.
NOT_ENUMERATED = {"short-device"}
MAC, FORGED_MAC = "52:54:00:00:00:01", "02:00:00:00:00:01"
PEER6 = "fd00::20"


class Checks:
    """Runs checks, prints a line for each, counts the failures."""

    def __init__(self, only):
        self.only = only
        self.failed = 0

    def __call__(self, name, function, *args):
        if self.only and self.only not in name:
            return
        began = time.monotonic()
        try:
            said = function(*args)
            verdict = "ok    "
        except Exception:  # one check must not stop the next
            said = traceback.format_exc()
            verdict = "FAILED"
            self.failed += 1
        print(f"{verdict} {name} ({time.monotonic() - began:.1f} s){': ' + str(said) if said else ''}", flush=True)


def drivers(guest):
    """{interface: driver} of all USB interfaces but the root hubs'."""
    listing = guest.run('cd /sys/bus/usb/devices; for i in *-*:*; do echo "$i $(readlink $i/driver)"; done')
    found = [line.split(" ") for line in listing.stdout.decode().splitlines()]
    return {name: link.rpartition("/")[2] for name, link in found if "-0:" not in name}


# ---- Frames, made by hand ----------------------------------------------------------------------------


def ether(ethertype, payload, to="ff:ff:ff:ff:ff:ff"):
    return bytes.fromhex((to + MAC).replace(":", "")) + struct.pack("!H", ethertype) + payload


def ipv4(target, protocol, payload, to="52:55:0a:00:02:02", fragment=0, options=b""):
    head = struct.pack("!BBHHHBBH", 0x45 + len(options) // 4, 0, 20 + len(options) + len(payload), 0, fragment, 64,
                       protocol, 0)
    ends = b"".join(ipaddress.IPv4Address(address).packed for address in ("10.0.2.15", target))
    return ether(0x0800, head + ends + options + payload, to)


def ipv6(target, protocol, payload, to="33:33:00:00:00:02"):
    ends = b"".join(ipaddress.IPv6Address(address).packed for address in ("fe80::1", target))
    return ether(0x86dd, struct.pack("!IHBB", 6 << 28, len(payload), protocol, 255) + ends + payload, to)


def arp(operation, target):
    return ether(0x0806, struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation) + bytes(6) +
                 ipaddress.IPv4Address("10.0.2.15").packed + bytes(6) + ipaddress.IPv4Address(target).packed)


def neighbour(kind, asked, target, to="33:33:ff:00:00:20"):
    return ipv6(target, 58, bytes([kind]) + bytes(7) + ipaddress.IPv6Address(asked).packed, to)


def udp(port, source=68):
    return struct.pack("!HHHH", source, port, 8, 0)


ECHO = b"\x08\0\0\0"
SOLICIT = b"\x85" + bytes(7)
# What each is, and whether it goes to nobody but 10.0.2.2, 192.168.10.0/28 and fd00::20.
MADE_BY_HAND = (
    (ipv6("ff02::2", 58, SOLICIT), "IPv6 ff02::2 ICMPv6 133 router solicitation", False),
    (ipv6("ff02::16", 0, b"\x3a\0\5\2\0\0\1\0" + b"\x8f" + bytes(7)), "IPv6 ff02::16 ICMPv6 143 multicast report", False),
    (ipv6(PEER6, 44, b"\x11\0\0\1\0\0\0\0" + udp(53), MAC), "IPv6 fd00::20 UDP 53 DNS", True),
    (ipv6(PEER6, 44, b"\x11\0\0\x09\0\0\0\0" + udp(53), MAC), "IPv6 fd00::20 UDP", True),
    (ipv6(PEER6, 51, b"\x3a\2" + bytes(14) + SOLICIT, MAC), "IPv6 fd00::20 ICMPv6 133 router solicitation", True),
    (ipv6(PEER6, 60, b"\x3a", MAC), "IPv6 fd00::20 protocol 60", True),
    (neighbour(135, PEER6, "ff02::1:ff00:20"), "IPv6 ff02::1:ff00:20 ICMPv6 135 neighbour solicitation fd00::20", True),
    (neighbour(135, PEER6, PEER6, MAC), "IPv6 fd00::20 ICMPv6 135 neighbour solicitation fd00::20", True),
    (neighbour(135, PEER6, "ff02::1"), "IPv6 ff02::1 ICMPv6 135 neighbour solicitation fd00::20", False),
    (neighbour(135, "fe80::20", "ff02::1:ff00:20"), "IPv6 ff02::1:ff00:20 ICMPv6 135 neighbour solicitation fe80::20", False),
    (neighbour(136, "fe80::1", PEER6, MAC), "IPv6 fd00::20 ICMPv6 136 neighbour advertisement fe80::1", True),
    (neighbour(136, PEER6, "ff02::1"), "IPv6 ff02::1 ICMPv6 136 neighbour advertisement fd00::20", False),
    (arp(1, "10.0.2.2"), "ARP request 10.0.2.2", True),
    (arp(2, "192.168.10.15"), "ARP reply 192.168.10.15", True),
    (arp(1, "10.0.2.15"), "ARP request 10.0.2.15", False),
    (arp(1, "10.0.2.2")[:-1], "ARP to ff:ff:ff:ff:ff:ff", False),
    (ipv4("255.255.255.255", 17, udp(67), "ff:ff:ff:ff:ff:ff"), "IPv4 255.255.255.255 UDP 67 DHCP", False),
    (ipv4("224.0.0.251", 17, udp(5353), "01:00:5e:00:00:fb"), "IPv4 224.0.0.251 UDP 5353 mDNS", False),
    (ipv4("224.0.0.22", 2, b"\x22", "01:00:5e:00:00:16", options=b"\x94\4\0\0"), "IPv4 224.0.0.22 IGMP", False),
    (ipv4("192.168.10.2", 6, udp(445)), "IPv4 192.168.10.2 TCP 445", True),
    (ipv4("192.168.10.2", 6, udp(445), options=bytes(8)), "IPv4 192.168.10.2 TCP 445", True),
    (ipv4("192.168.10.16", 6, udp(445)), "IPv4 192.168.10.16 TCP 445", False),
    (ipv4("192.168.10.2", 17, udp(53), fragment=5), "IPv4 192.168.10.2 UDP", True),
    (ipv4("10.0.2.2", 1, ECHO), "IPv4 10.0.2.2 ICMP 8 echo request", True),
    (ipv4("10.0.2.2", 1, ECHO, "ff:ff:ff:ff:ff:ff"), "IPv4 10.0.2.2 ICMP 8 echo request", False),
    (ipv4("10.0.2.2", 132, b""), "IPv4 10.0.2.2 protocol 132", True),
    (ipv4("10.0.2.2", 1, ECHO)[:33], "IPv4 to 52:55:0a:00:02:02", False),
    (ether(0x8100, b"\0\1\x08\0"), "VLAN to ff:ff:ff:ff:ff:ff", False),
    (ether(0x88b5, b""), "ethertype 88b5 to ff:ff:ff:ff:ff:ff", False),
    (ether(0x0026, b"\x42\x42\3", "01:80:c2:00:00:00"), "802.3 to 01:80:c2:00:00:00", False),
    (b"\xff" * 3, "802.3 to ff:ff:ff:00:00:00", False),
)


def pcap(packets, order="<"):
    """A capture with one of them a second, from 1000.5 s on."""
    head = struct.pack(order + "IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65536, 1)
    return head + b"".join(struct.pack(order + "IIII", 1000 + n, 500_000, len(data), len(data)) + data
                           for n, data in enumerate(packets))


def described():
    """Each frame says what it is and whom it reaches, however it is cut short."""
    peers = [ipaddress.ip_network(peer) for peer in ("10.0.2.2", "192.168.10.0/28", PEER6)]
    for data, words, is_only in MADE_BY_HAND:
        frame = frames.parse(data)
        assert (str(frame), frame.reaches_only(peers)) == (words, is_only), (data.hex(), str(frame), words, is_only)
        assert not frame.reaches_only([]), words
        for length in range(len(data)):
            str(frames.parse(data[:length]))


def captured_by_hand(folder):
    """A capture of either byte order is read whole; half a frame or something else is an error."""
    path, packets = folder / "hand.pcap", [data for data, _, _ in MADE_BY_HAND if len(data) >= 14]
    for order in "<>":
        path.write_bytes(pcap(packets, order))
        found = frames.read(path)
        assert [str(f) for f in found] == [str(frames.parse(data)) for data in packets]
        assert (found[1].time, found[1].source, found[1].destination) == (1001.5, MAC, "33:33:00:00:00:02"), found[1]
    path.write_bytes(pcap([]))
    assert frames.read(path) == []
    cut = pcap(packets)[:-1]
    shortened = pcap([]) + struct.pack("<IIII", 1000, 0, 60, 61) + bytes(60)
    for data in (b"", pcap([])[:23], cut, shortened, pcap([]) + bytes(15), b"\x0a\x0d\x0d\x0a" + bytes(24)):
        path.write_bytes(data)
        try:
            frames.read(path)
        except ValueError:
            continue
        raise AssertionError(f"{data[:40]!r}, {len(data)} bytes, was no error")


# ---- The guest itself -------------------------------------------------------------------------------


def commands(guest):
    """Status, both outputs, user, login uid, input, and time-outs."""
    result = guest.run("id -un; cat /proc/self/loginuid; cat >&2; exit 3", user="operator",
                       input=b"hello", check=False)
    assert (result.status, result.out.split(), result.err) == (3, ["operator", "1000"], "hello"), result
    assert guest.run("cat /proc/self/loginuid").out == "0"
    assert guest.run("cat /proc/self/loginuid", loginuid=None).out == str(2**32 - 1)
    assert guest.run(["printf", "%s", "a b;c"]).out == "a b;c"
    for command, error in (("false", CommandFailed), ("sleep 30", GuestError)):
        try:
            guest.run(command, timeout=1)
        except error:
            continue
        raise AssertionError(f"{command!r} was no error")
    assert guest.run("sleep 1000 & echo there").out == "there", "a daemon keeps nobody waiting"


def files(guest):
    """A file comes back as it went, larger than one message and with all byte values."""
    data = bytes(range(256)) * 4096
    guest.push(data, "/root/blob", 0o640)
    assert guest.pull("/root/blob") == data
    assert guest.run("stat -c %a /root/blob").out == "640"
    assert guest.pull("/proc/version").startswith(b"Linux")


def background(guest):
    job = guest.start_job("echo started; exec sleep 1000")
    guest.wait_for(lambda: "started" in job.poll().out, 10)
    job.kill()
    assert job.wait(10).status == -15


def login_prompt(guest):
    """A fresh login prompt on the console: one that asks for a password shows nothing of what is typed."""
    guest.run("systemctl stop getty@tty1 && printf '\\033c' >/dev/tty1 && systemctl start getty@tty1")
    guest.wait_for(lambda: guest.screen().endswith("login:"), 60)


def typing(guest):
    """What is typed on the USB keyboard reaches the login prompt of the console."""
    login_prompt(guest)
    guest.send_keys("Operator_7\n")
    guest.wait_for(lambda: "Operator_7" in guest.screen(), 20)


def all_devices(guest, folder):
    """Each class of device appears, behind a hub and on a second controller too, and goes again."""
    second = guest.plug(Controller())
    hub = guest.plug(Hub("9"))
    guest.wait_for("ls -d /sys/bus/usb/devices/1-9:1.0", 20)
    devices = [Keyboard(port="9.1"), Mouse(), Tablet(), Mtp(folder), UsbNet(), UsbSerial(), UsbAudio(),
               SmartCard(bus=f"{second.id}.0"), Stick(media.pattern(folder / "hub.img", 4), port="9.2")]
    before = len(drivers(guest))
    for device in devices:
        count = len(drivers(guest))
        guest.plug(device)
        guest.wait_for(lambda n=count: len(drivers(guest)) > n, 20, label=f"{device.driver} to appear")
    for device in reversed(devices):
        guest.unplug(device)
    guest.wait_for(lambda: len(drivers(guest)) <= before, 20)
    guest.unplug(hub)


# ---- The wire --------------------------------------------------------------------------------------------


def on_the_wire(guest, folder, model):
    """Whatever the guest sends is in the capture, with a forged source address too; what it is sent is in the other."""
    before = links(guest)
    guest.run("modprobe cdc_ether")  # loaded in a race with cdc_subset, one may keep the other from usb-net
    nic = guest.plug(Nic(folder / model, mac=MAC, model=model))
    guest.wait_for(lambda: links(guest) - before, 20, label=f"the link of {model}")
    guest.run("udevadm settle")  # that it has its name for good
    [link] = links(guest) - before
    frame = ("ff" * 6 + FORGED_MAC.replace(":", "") + "88b5").ljust(120, "0")
    guest.run(f"set -e; ip link set {link} up; ip address add 10.0.2.15/24 dev {link}; sleep 2; "
              f"python3 -c 'import socket; s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); s.bind((\"{link}\", 0));"
              f" s.send(bytes.fromhex(\"{frame}\"))'; "
              "python3 -c 'import socket; s = socket.socket(); s.settimeout(3); s.connect_ex((\"10.0.2.2\", 9))'")
    guest.unplug(nic)
    guest.wait_for(lambda: links(guest) == before, 20)
    sent, received = frames.read(nic.sent), frames.read(nic.received)
    seen = {str(f) for f in sent}
    assert {"ARP request 10.0.2.2", "IPv4 10.0.2.2 TCP 9", "ethertype 88b5 to ff:ff:ff:ff:ff:ff"} <= seen, seen
    assert any(f.source == FORGED_MAC for f in sent), sent
    assert "ARP reply 10.0.2.15" in {str(f) for f in received}, received
    assert not {f.source for f in sent} & {f.source for f in received}, (sent, received)
    return f"{len(sent)} sent by {link} ({', '.join(sorted({f.source for f in sent}))}), {len(received)} received"


def links(guest):
    return set(guest.run("ls /sys/class/net").out.split())


# ---- The thief ----------------------------------------------------------------------------------------


def robbed(guest, what, *options):
    """Runs the thief while `what` happens; its report. `what` is given how to wait until a node was read whole."""
    job = guest.start_job([RACER, *options])
    guest.wait_for(lambda: "ready" in job.poll().err, 20)
    what(lambda node: guest.wait_for(lambda: f"read /dev/{node}" in job.poll().err, 60, label=f"{node} to be read"))
    job.kill()
    return job.wait(20).json


def boot_stick(guest):
    """Nothing guards a bare Debian: the stick that was there at power-on is read whole."""
    assert {"usbhid", "usb-storage"} <= set(drivers(guest).values()), drivers(guest)
    report = robbed(guest, lambda until_read: until_read("sda"))
    [node] = [node for node in report["nodes"] if node["path"] == "/dev/sda"]
    assert node["bytes"] == 16 << 20 and node["sample"].startswith("SEKISHO-TEST"), report
    assert not any("vda" in node["path"] for node in report["nodes"]), "the root disk is not wanted"
    return summary(report)


def hot_plugged(guest, path, uas):
    """The thief reads a stick that comes while it looks: every oracle built on it can fail."""
    def plug_and_pull(until_read):
        stick = guest.plug(Stick(path, serial="HOT", uas=uas))
        for kind in ("sd", "sg", "bsg/"):
            until_read(kind)
        guest.unplug(stick)

    report = robbed(guest, plug_and_pull, "--only-new")
    assert report["bytes"] > 1 << 20, report
    assert ("uas" if uas else "usb-storage") in {b["driver"] for b in report["drivers"]}, report
    assert {node["path"][5:7] for node in report["nodes"]} >= {"sd", "sg", "bs"}, report
    return summary(report)


def poor_user(guest, path):
    """An operator's thief is stopped by file modes: it reports denials, and no bytes."""
    def plug_and_pull(_):
        stick = guest.plug(Stick(path, serial="POOR"))
        guest.wait_for("lsblk -no serial | grep -q POOR", 20)
        guest.run("sleep 1")
        guest.unplug(stick)

    report = robbed(guest, plug_and_pull, "--uid", "1000", "--only-new")
    assert report["bytes"] == 0 and any(node["denials"] for node in report["nodes"]), report


def summary(report):
    return f"{report['bytes'] >> 10} KiB, {report['scans'] / report['seconds']:.0f} looks/s"


# ---- Made-up devices -------------------------------------------------------------------------------------


def made_up(guest, case):
    """The kernel sees the device, asks for its descriptors, and lives on."""
    there = "ls /sys/devices/platform/vhci_hcd.0/usb*/*-*/idVendor"
    with gadget.Gadget(guest, case) as device:
        if case in NOT_ENUMERATED:
            time.sleep(3)
        else:
            guest.wait_for(there, 20)
            guest.run("udevadm settle")
        bound = sorted(set(drivers_of_gadget(guest)))
        report = device.unplug()
    assert report["descriptors_read"] > 0, report
    guest.wait_for(f"! {there}", 20)
    return f"drivers {', '.join(bound) or 'none'}; configured {report['configured']}"


def drivers_of_gadget(guest):
    listing = guest.run("readlink /sys/devices/platform/vhci_hcd.0/usb*/*-*/*-*:*/driver", check=False).out
    return [link.rpartition("/")[2] for link in listing.split()]


def made_up_stick(guest):
    """It is a stick: read by the thief, and the device itself counted what was read."""
    def plug_and_pull(until_read):
        device = gadget.Gadget(guest, "stick", vid="1234", pid="5678", serial="MADE-UP", size=2)
        until_read("sd")
        seen.update(device.unplug())

    seen = {}
    report = robbed(guest, plug_and_pull, "--only-new")
    assert report["bytes"] > 0 and seen["bytes_read"] > 0, (report, seen)
    assert seen["configured"] == [1], seen
    return f"{seen['bytes_read'] >> 10} KiB by the device's own count"


def made_up_keyboard(guest):
    """A malicious keyboard types; on a bare Debian nothing keeps it from it."""
    login_prompt(guest)
    with gadget.Gadget(guest, "keyboard-only", type="Evil~1\n") as device:
        guest.wait_for(lambda: "Evil~1" in guest.screen(), 30)
        assert device.unplug()["reports_sent"] == 14


# ---- Power ----------------------------------------------------------------------------------------------


def power_cut(guest):
    """What was fsynced is there after a power cut; the disk is this guest's own."""
    guest.run("echo kept >/root/kept && sync /root/kept /root")
    guest.run("echo lost >/root/lost")
    guest.kill()
    guest.start()
    assert guest.run("cat /root/kept").out == "kept"
    lost = guest.run("cat /root/lost", check=False)
    return "unsynced data survived by luck" if lost.out == "lost" else "unsynced data is gone, as it should be"


def new_initramfs(guest):
    """What a reboot boots is the initramfs that the guest has just made."""
    # With all of Debian's modules it would take an emulated processor minutes.
    guest.push(b"MODULES=list\n", "/etc/initramfs-tools/conf.d/modules")
    guest.push(b"virtio_pci\nvirtio_blk\next4\n", "/etc/initramfs-tools/modules")
    guest.push(b"#!/bin/sh\necho marked-by-test >/dev/kmsg\n", "/etc/initramfs-tools/scripts/init-top/mark", 0o755)
    guest.run("update-initramfs -u -k all", timeout=900)
    guest.reboot()
    guest.run("dmesg | grep marked-by-test")


def inner_reset(guest):
    """A guest that reboots by itself ends, and can be started again."""
    guest.run("systemctl --no-block reboot")
    guest.wait_off()
    guest.start()


def usb_root(bare):
    """The root disk may be a USB disk; the thief leaves it alone."""
    with Guest(bare, root_on="usb") as guest:
        assert guest.run("findmnt -no SOURCE /").out.startswith("/dev/sd")
        guest.push(helpers.compiled("racer"), RACER)
        report = robbed(guest, lambda _: guest.run("sleep 2"))
        assert report["bytes"] == 0, report


# ---- The order -------------------------------------------------------------------------------------------


def run_frames(check, folder):
    check("frames: say what they are and whom they reach", described)
    check("frames: are read from a capture", captured_by_hand, folder)


def run_all(check, bare, folder):
    boot, hot = media.pattern(folder / "boot.img", 16), media.pattern(folder / "hot.img", 16)
    with Guest(bare, usb=[Keyboard(), Stick(boot, serial="BOOT")]) as guest:
        check("guest: starts up", guest.wait_booted)
        guest.push(helpers.compiled("racer"), RACER)
        check("guest: runs commands", commands, guest)
        check("guest: takes and gives files", files, guest)
        check("guest: runs commands in the background", background, guest)
        check("guest: hears a USB keyboard", typing, guest)
        check("thief: reads a stick present at boot", boot_stick, guest)
        check("thief: reads a hot-plugged usb-storage stick", hot_plugged, guest, hot, False)
        check("thief: reads a hot-plugged UAS stick", hot_plugged, guest, hot, True)
        check("thief: is stopped by file modes when it is nobody", poor_user, guest, hot)
        check("devices: all kinds come and go", all_devices, guest, folder)
        for model in ("virtio-net-pci", "e1000", "usb-net"):
            check(f"network: all that {model} sends is seen", on_the_wire, guest, folder, model)
        check("gadget: is a stick", made_up_stick, guest)
        check("gadget: is a keyboard", made_up_keyboard, guest)
        for case in gadget.cases():
            check(f"gadget: {case}", made_up, guest, case)
        check("guest: powers off", guest.poweroff)


def run_power(check, bare):
    with Guest(bare, persistent=True) as guest:
        check("power: a cut loses no synced data", power_cut, guest)
        check("power: a reboot boots the new initramfs", new_initramfs, guest)
        check("power: a guest may reboot by itself", inner_reset, guest)
    check("power: a USB root disk boots", usb_root, bare)


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--suite")
    parser.add_argument("--only", metavar="WORD", help="only checks whose name has this word")
    arg = parser.parse_args(argv)
    check = Checks(arg.only)
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        run_frames(check, Path(folder))
        if (arg.only or "").startswith("frames"):  # these need no guest
            return 1 if check.failed else 0
        bare = image.bare(arg.suite)
        run_all(check, bare, Path(folder))
    run_power(check, bare)
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
