# SPDX-License-Identifier: GPL-3.0-or-later
"""The devices a test plugs in: what QEMU needs to know of each, cold (argv) or hot (QMP).

A device is described once, as backends (block, network, character) and frontends (`-device`), and
the two ways of plugging it read the same description. Vendor and product are QEMU's own (sticks
46f4:0001, UAS 46f4:0003); for others, and for a stick without a serial number, use tests/vm/gadget.
"""

import dataclasses
import itertools
import json
import time

from qmp import QmpError

_numbers = itertools.count(1)


@dataclasses.dataclass(frozen=True)
class Backend:
    """A host-side object that a device refers to by name."""

    option: str  # on the command line
    add: str  # over QMP
    remove: str
    arguments: dict
    name_key: str = "id"

    def argv(self):
        return [f"-{self.option}", json.dumps(self.arguments)]


@dataclasses.dataclass(frozen=True)
class NullChardev(Backend):
    """-chardev is the one option here that takes no JSON."""

    def argv(self):
        return ["-chardev", f"null,id={self.arguments['id']}"]


class Device:
    """A device on the guest's USB bus. `port` is QEMU's path, "2" or, behind a hub in 2, "2.1"."""

    def __init__(self, driver, *, port=None, bus="usb.0", **properties):
        self.id = f"{driver.replace('-', '')}{next(_numbers)}"
        self.driver = driver
        self.placing = {"bus": bus} if bus else {}
        if port:
            self.placing["port"] = str(port)
        self.properties = {name: v for name, v in properties.items() if v is not None}

    def backends(self):
        return []

    def frontends(self):
        return [{"driver": self.driver, "id": self.id, **self.placing, **self.properties}]

    def argv(self):
        """The command line that has the device there at power-on."""
        backends = [word for backend in self.backends() for word in backend.argv()]
        return backends + [w for f in self.frontends() for w in ("-device", json.dumps(f))]

    def plug(self, qmp):
        for backend in self.backends():
            qmp.execute(backend.add, backend.arguments)
        for frontend in self.frontends():
            qmp.execute("device_add", frontend)

    def unplug(self, qmp):
        """Pulls the device, in use or not, and lets go of what was behind it."""
        qmp.execute("device_del", {"id": self.id})
        qmp.wait_event("DEVICE_DELETED", device=self.id)
        for backend in reversed(self.backends()):
            name = {backend.name_key: backend.arguments[backend.name_key]}
            _patiently(qmp, backend.remove, name)


def _patiently(qmp, command, arguments, tries=20):
    """QEMU may hold a backend for a moment after its device is gone."""
    for left in reversed(range(tries)):
        try:
            return qmp.execute(command, arguments)
        except QmpError:
            if not left:
                raise
            time.sleep(0.1)
    return None


def _attach(qmp, device):
    """Hot-plugged, it waits to be told that all its LUNs are there."""
    qmp.execute("qom-set", {"path": f"/machine/peripheral/{device.id}", "property": "attached", "value": True})


class Stick(Device):
    """A memory stick over a raw image file, which no other stick may use at the same time.

    Without a `serial` QEMU makes one up from the port, so it changes when the stick moves.
    """

    def __init__(self, path, *, serial=None, uas=False, read_only=False, removable=True, **options):
        super().__init__("usb-uas" if uas else "usb-storage", **options)
        self.path = path
        self.uas = uas
        self.read_only = read_only
        self.properties.update({"serial": serial} if serial else {})
        self.lun = {"drive": f"{self.id}-medium", "removable": removable}

    def backends(self):
        medium = {"node-name": f"{self.id}-medium", "driver": "raw", "read-only": self.read_only,
                  "file": {"driver": "file", "filename": str(self.path)}}
        return [Backend("blockdev", "blockdev-add", "blockdev-del", medium, "node-name")]

    def frontends(self):
        [device] = super().frontends()
        if not self.uas:
            return [{**device, **self.lun}]
        return [device, {"driver": "scsi-hd", "id": f"{self.id}-lun", "bus": f"{self.id}.0",
                         **self.lun}]

    def plug(self, qmp):
        super().plug(qmp)
        if self.uas:
            _attach(qmp, self)


@dataclasses.dataclass(frozen=True)
class Lun:
    """One logical unit: a disk, or an optical drive (without a `path`: with no disc in it)."""

    path: object = None
    optical: bool = False
    removable: bool = True


class Enclosure(Device):
    """One USB device of several logical units, as card readers and docks are (bulk-only transport)."""

    def __init__(self, luns, *, serial=None, **options):
        super().__init__("usb-bot", serial=serial, **options)
        self.luns = list(luns)

    def backends(self):
        return [Backend("blockdev", "blockdev-add", "blockdev-del",
                        {"node-name": f"{self.id}-medium{n}", "driver": "raw", "read-only": lun.optical,
                         "file": {"driver": "file", "filename": str(lun.path)}}, "node-name")
                for n, lun in enumerate(self.luns) if lun.path]

    def frontends(self):
        return super().frontends() + [self._unit(n, lun) for n, lun in enumerate(self.luns)]

    def _unit(self, number, lun):
        unit = {"driver": "scsi-cd" if lun.optical else "scsi-hd", "id": f"{self.id}-lun{number}",
                "bus": f"{self.id}.0", "scsi-id": 0, "lun": number}
        unit.update({"drive": f"{self.id}-medium{number}"} if lun.path else {})
        return unit if lun.optical else {**unit, "removable": lun.removable}

    def plug(self, qmp):
        super().plug(qmp)
        _attach(qmp, self)


class Keyboard(Device):
    def __init__(self, **options):
        super().__init__("usb-kbd", **options)


class Mouse(Device):
    def __init__(self, **options):
        super().__init__("usb-mouse", **options)


class Tablet(Device):
    """A pointer with absolute coordinates."""

    def __init__(self, **options):
        super().__init__("usb-tablet", **options)


class Mtp(Device):
    """A telephone, as computers see it: files without a block device."""

    def __init__(self, folder, *, read_only=True, **options):
        super().__init__("usb-mtp", rootdir=str(folder), readonly=read_only, **options)


class UsbNet(Device):
    """A network adapter; behind it there is nothing."""

    def __init__(self, **options):
        super().__init__("usb-net", **options)
        self.properties["netdev"] = f"{self.id}-net"

    def backends(self):
        net = {"type": "user", "id": f"{self.id}-net", "restrict": True}
        return [Backend("netdev", "netdev_add", "netdev_del", net)]


class UsbSerial(Device):
    def __init__(self, **options):
        super().__init__("usb-serial", **options)
        self.properties.update({"always-plugged": True, "chardev": f"{self.id}-line"})

    def backends(self):
        line = {"id": f"{self.id}-line", "backend": {"type": "null", "data": {}}}
        return [NullChardev("chardev", "chardev-add", "chardev-remove", line)]


class UsbAudio(Device):
    """A loudspeaker. Its sound goes to the silent device that every guest has."""

    def __init__(self, **options):
        super().__init__("usb-audio", audiodev="silence", **options)


class SmartCard(Device):
    """A card reader without a card in it."""

    def __init__(self, **options):
        super().__init__("usb-ccid", **options)


class Hub(Device):
    """An external hub of eight ports. Give it a port, and its devices "<port>.1" to "<port>.8"."""

    def __init__(self, port, **options):
        super().__init__("usb-hub", port=port, **options)


class Controller(Device):
    """A further USB host controller on PCI; devices name it as bus f"{controller.id}.0"."""

    def __init__(self, driver="qemu-xhci", **properties):
        super().__init__(driver, bus=None, **properties)


class Nic(Device):
    """A network adapter, on a network of its own that QEMU plays (slirp): there is DHCP, though without a router or
    a name server, IPv6 router advertisements, a gateway 10.0.2.2 and a server 10.0.2.3 that answer pings; nothing of
    it reaches the real network. What the guest sends is in `sent`, what it is sent in `received` (frames.py reads
    both): told apart by direction, because a guest may write any source address into a frame.

    QEMU begins both files anew whenever it starts. Models: virtio-net-pci, e1000 …, or usb-net (a USB tether)."""

    def __init__(self, capture, *, mac, model="virtio-net-pci", **options):
        on_usb = model == "usb-net"
        super().__init__(model, **{"bus": "usb.0" if on_usb else None, **options})
        # Without a ROM there is none that would send before the guest does.
        self.properties.update({"mac": mac, "netdev": f"{self.id}-net"}, **({} if on_usb else {"romfile": ""}))
        self.mac = mac
        self.sent, self.received = f"{capture}-sent.pcap", f"{capture}-received.pcap"

    def backends(self):
        # Both are said: QEMU takes ipv6 alone for "no IPv4".
        network = {"type": "user", "id": f"{self.id}-net", "restrict": True, "ipv4": True, "ipv6": True}
        return [Backend("netdev", "netdev_add", "netdev_del", network),
                # The queues are the network's: what it receives the guest has sent.
                self._capture("rx", self.sent), self._capture("tx", self.received)]

    def _capture(self, queue, path):
        return Backend("object", "object-add", "object-del",
                       {"qom-type": "filter-dump", "id": f"{self.id}-{queue}", "netdev": f"{self.id}-net",
                        "queue": queue, "file": path})
