# SPDX-License-Identifier: GPL-3.0-or-later
"""Plugs a made-up USB device into the machine it runs on (a test's guest; needs vhci_hcd, root).

    gadget list
    gadget plug CASE [--serial S] [--medium FILE] [--type TEXT] …
    gadget plug raw --device HEX --config HEX --string 2=HEX

Prints "attached" and the port, serves until SIGTERM, pulls the device, and prints as JSON what was
done with it: which configurations were set, how many bytes were read.
"""

import argparse
import json
import os
import select
import signal
import sys
import time

import cases
import vhci


def parse(argv):
    parser = argparse.ArgumentParser(prog="gadget", description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("list", help="the cases, and what each is")
    plug = verbs.add_parser("plug", help="plug one in")
    plug.add_argument("case", choices=[*cases.CASES, "raw"])
    plug.add_argument("--vid", type=lambda text: int(text, 16), default=0x1209)
    plug.add_argument("--pid", type=lambda text: int(text, 16), default=0x0001)
    plug.add_argument("--manufacturer", default="Sekisho Tests")
    plug.add_argument("--product", default="Made-up Device")
    plug.add_argument("--serial", default="", help="none: the device has no serial number at all")
    plug.add_argument("--medium", help="the disk's contents (none: a pattern)")
    plug.add_argument("--size", type=int, default=8, help="MiB of the pattern")
    plug.add_argument("--type", default="", help="what the keyboard types")
    plug.add_argument("--mode", default="mtp", help="of the phone")
    plug.add_argument("--speed", choices=list(vhci.SPEEDS), help="default: the case's own")
    plug.add_argument("--shift-when", metavar="FILE",
                      help="what changes its shape does so once this file is there (default: a second after)")
    plug.add_argument("--seconds", type=float, help="pull it after so long")
    plug.add_argument("--repeat", type=int, default=1, help="plug and pull it so often")
    plug.add_argument("--hasty", type=int, default=0, help="1: pull it as soon as the host has seen it")
    plug.add_argument("--pause", type=float, default=0.05, help="seconds between pulling and plugging")
    plug.add_argument("--port", type=int, help="always that port of the virtual controller (default: a free one)")
    plug.add_argument("--device", help="raw: the device descriptor")
    plug.add_argument("--config", action="append", help="raw: a configuration")
    plug.add_argument("--string", action="append", default=[], help="raw: INDEX=HEX")
    return parser.parse_args(argv)


def listing():
    for name, make in cases.CASES.items():
        print(f"{name:22} {make.__doc__}")


def plug(option, stop):
    """One plugging; the device afterwards."""
    make = cases.raw if option.case == "raw" else cases.CASES[option.case]
    device = make(option)
    port, cable = vhci.attach(option.speed or device.speed, option.port)
    print(f"attached {port}", flush=True)
    if option.seconds:
        signal.setitimer(signal.ITIMER_REAL, option.seconds)
    with cable:
        vhci.serve(cable, device, stop, hasty=option.hasty)
    return device


def report(device):
    disk, typist = device.endpoints[0x81], device.endpoints[0x83]
    return {"configured": device.configured, "descriptors_read": device.descriptors_read,
            "bytes_read": disk.bytes_read, "bytes_written": disk.bytes_written,
            "commands": disk.commands, "reports_sent": typist.reports_sent}


def is_over(stop):
    """Has it been told to end? The alarm ends one plugging only."""
    return select.select([stop], [], [], 0)[0] and os.read(stop, 1) != bytes([signal.SIGALRM])


def stopper():
    """A file descriptor that turns readable at SIGTERM, SIGINT or the alarm."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
        signal.signal(number, lambda *_: None)
    return reader


def main(argv):
    option = parse(argv)
    if option.verb == "list":
        listing()
        return 0
    vhci.load()
    stop = stopper()
    for _ in range(option.repeat):
        device = plug(option, stop)
        print(json.dumps(report(device)), flush=True)
        if option.repeat > 1 and is_over(stop):
            break
        time.sleep(option.pause)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
