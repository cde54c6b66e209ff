# SPDX-License-Identifier: GPL-3.0-or-later
"""The devices by name. A case's docstring is its documentation: `gadget list` prints it."""

import struct

from device import (CONFIGURATION, DEVICE, Device, configuration, device_descriptor, interface,
                    keyboard, storage, string)
from functions import Disk, Typist

CASES = {}


def case(function):
    CASES[function.__name__.replace("_", "-")] = function
    return function


def build(option, device=None, configurations=None, strings=None, **more):
    """A device that is an honest stick in all that a case does not say otherwise."""
    disk = Disk(option.medium, option.size)
    typist = Typist(option.type)
    honest = {1: option.manufacturer, 2: option.product, 3: option.serial}
    strings = {index: string(text) for index, text in honest.items() if text} | (strings or {})
    return Device(device or descriptor(option), configurations or [configuration(storage(0))],
                  strings, {0x81: disk, 0x02: disk, 0x83: typist}, sign=option.shift_when, **more)


def descriptor(option, **fields):
    fields = {"vid": option.vid, "pid": option.pid, "serial": 3 if option.serial else 0} | fields
    return device_descriptor(**fields)


# ---- Honest ones, with any identity ----------------------------------------------------------------


@case
def stick(option):
    """An honest stick; vendor, product, serial and strings as the options say; no serial by default."""
    return build(option)


@case
def keyboard_only(option):
    """An honest boot keyboard. With --type it types as soon as it is let in."""
    return build(option, configurations=[configuration(keyboard(0))])


@case
def composite(option):
    """Keyboard and storage in one device: the keyboard is no reason to let the storage in."""
    return build(option, configurations=[configuration(keyboard(0), storage(1))])


@case
def many_interfaces(option):
    """32 interfaces, the kernel's maximum; the last one is storage."""
    vendor = [interface(n, 0xFF) for n in range(31)]
    return build(option, configurations=[configuration(*vendor, storage(31))])


# What a phone is in each mode, by Google's product ids: vendor and serial stay, all else changes.
PHONE = {
    "charging": (0x4EE0, [interface(0, 0xFF)]),
    "mtp": (0x4EE1, [interface(0, 6, 1, 1)]),
    "debugging": (0x4EE2, [interface(0, 6, 1, 1), interface(1, 0xFF, 0x42, 1)]),
    "tether": (0x4EE3, [interface(0, 0xE0, 1, 3), interface(1, 0x0A)]),
    "tether-cdc": (0x4EEB, [interface(0, 2, 0x0D), interface(1, 0x0A, 0, 1)]),
    "ptp": (0x4EE5, [interface(0, 6, 1, 1)]),
}


@case
def phone(option):
    """A phone in the mode that --mode says: mtp, ptp, charging, tether, tether-cdc, debugging."""
    product, interfaces = PHONE[option.mode]
    return build(option, descriptor(option, vid=0x18D1, pid=product),
                 [configuration(*interfaces)])


# ---- Storage where one does not look ------------------------------------------------------------------


@case
def second_configuration(option):
    """A keyboard in configuration 1; storage only in configuration 2, which anybody may select."""
    return build(option, descriptor(option, configurations=2),
                 [configuration(keyboard(0)), configuration(storage(0), value=2)])


@case
def alternate_setting(option):
    """Interface 0 is vendor-specific; its alternate setting 1 is storage."""
    both = interface(0, 0xFF) + storage(0, alternate=1)
    return build(option, configurations=[configuration(both)])


@case
def storage_by_id(option):
    """Class ff throughout, but vendor and product stand in usb-storage's own table (unusual_devs.h)."""
    vendor = storage(0)[:5] + bytes([0xFF, 0xFF, 0xFF]) + storage(0)[8:]
    return build(option, device_descriptor(0x04B8, 0x0602, bcd=0x0110),
                 [configuration(vendor)], {3: string("EPSON")})


@case
def claims_hub(option):
    """Device class 09 (hub), interface class 08 (storage)."""
    return build(option, descriptor(option, cls=9))


@case
def claims_hid(option):
    """Device class 03 (keyboard), interface class 08 (storage)."""
    return build(option, descriptor(option, cls=3))


@case
def wrong_count(option):
    """bNumInterfaces says 1 (a keyboard), a storage interface follows."""
    return build(option, configurations=[configuration(keyboard(0), storage(1), count=1)])


@case
def same_number(option):
    """Two interfaces with number 0: a keyboard, then storage."""
    return build(option, configurations=[configuration(keyboard(0), storage(0))])


@case
def shapeshifter(option):
    """Enumerates as a keyboard; asked again a second later it is a stick with another product id."""
    later = {CONFIGURATION: configuration(storage(0)),
             DEVICE: device_descriptor(option.vid, option.pid + 1)}
    return build(option, configurations=[configuration(keyboard(0))], later=later)


@case
def turncoat(option):
    """An honest stick; asked again it has a network adapter too, under the same ids (--shift-when says when)."""
    later = {CONFIGURATION: configuration(storage(0), interface(1, 2, 6))}
    return build(option, later=later)


@case
def stick_then_keyboard(option):
    """An honest stick; asked again it is a keyboard with another product id, which types (--shift-when)."""
    later = {CONFIGURATION: configuration(keyboard(0)),
             DEVICE: descriptor(option, pid=option.pid + 1)}
    return build(option, later=later)


@case
def stick_grows_keyboard(option):
    """An honest stick; asked again it has a keyboard too, under the same ids (--shift-when)."""
    return build(option, later={CONFIGURATION: configuration(storage(0), keyboard(1))})


@case
def keyboard_grows_stick(option):
    """An honest keyboard; asked again it has storage too, under the same ids (--shift-when)."""
    return build(option, configurations=[configuration(keyboard(0))],
                 later={CONFIGURATION: configuration(keyboard(0), storage(1))})


# ---- Strings ------------------------------------------------------------------------------------------


def named(option, text):
    return build(option, descriptor(option, serial=3), strings={i: string(text) for i in (1, 2, 3)})


@case
def control_characters(option):
    """Newline, tab, escape sequences, NUL and a udev property in every string."""
    return named(option, "a\nSEKISHO_VERDICT=allow\r\n\t\x1b[31m\x07\x00\x7f\u202eb")


@case
def printf_directives(option):
    """printf directives in every string."""
    return named(option, "%s%s%n%x%p %1000000d")


@case
def quoting(option):
    """Quotes, markup, shell, SQL and a spreadsheet's formula in every string."""
    return named(option, "=1+1'\"`$(id)`;<b>&amp;--,\\")


@case
def bad_surrogates(option):
    """Lone and swapped UTF-16 surrogates, and a noncharacter."""
    return named(option, b"A\x00\x00\xd8B\x00\x00\xdc\x00\xd8C\x00\xff\xff\xfe\xff")


@case
def odd_length(option):
    """Strings whose length is not a multiple of two."""
    return named(option, b"A\x00B\x00C")


@case
def long_strings(option):
    """126 characters of three UTF-8 bytes each: the longest there can be."""
    return named(option, "\u95a2" * 126)


@case
def empty_strings(option):
    """Strings of length 0; the serial is there, and empty."""
    return named(option, "")


@case
def spaces(option):
    """Strings with spaces in front, inside and behind."""
    return named(option, "  S N  ")


@case
def string_lies(option):
    """String descriptors that claim 254 bytes and have 6."""
    lie = bytes([254, 3]) + "AB".encode("utf-16-le")
    return build(option, descriptor(option, serial=3), strings={1: lie, 2: lie, 3: lie})


@case
def missing_strings(option):
    """Indexes of strings which the device then refuses to give."""
    made = build(option, descriptor(option, serial=3))
    made.strings = {}
    return made


# ---- Lengths -------------------------------------------------------------------------------------------


@case
def total_too_short(option):
    """wTotalLength ends after the keyboard; a storage interface stands behind it."""
    short = 9 + len(keyboard(0))
    return build(option, configurations=[configuration(keyboard(0), storage(1), total=short)])


@case
def total_too_long(option):
    """wTotalLength says 65535, there are 32 bytes."""
    return build(option, configurations=[configuration(storage(0), total=0xFFFF)])


@case
def huge(option):
    """A configuration of nearly 65535 real bytes, its storage interface at the very end."""
    filler = bytes([255, 0x24]) + bytes(253)
    vendor = interface(0, 0xFF, extra=filler * 256)
    return build(option, configurations=[configuration(vendor, storage(1))])


@case
def zero_length(option):
    """A descriptor of length 0 between the keyboard and the storage interface."""
    return build(option, configurations=[configuration(keyboard(0), b"\0\x24", storage(1), count=2)])


@case
def one_byte(option):
    """The configuration ends with half a descriptor header."""
    return build(option, configurations=[configuration(storage(0), b"\x09", count=1)])


@case
def truncated_interface(option):
    """The configuration ends in the middle of its second interface, which is storage."""
    return build(option, configurations=[configuration(keyboard(0), storage(1)[:6], count=2)])


@case
def long_descriptor(option):
    """An interface descriptor that claims 255 bytes and so swallows all that follows."""
    lie = b"\xff" + keyboard(0)[1:]
    return build(option, configurations=[configuration(lie, storage(1))])


@case
def no_interfaces(option):
    """A configuration without any interface."""
    return build(option, configurations=[configuration()])


@case
def short_device(option):
    """A device descriptor of 8 bytes: the kernel gives up on it."""
    return build(option, struct.pack("<BBHBBBB", 8, DEVICE, 0x0200, 0, 0, 0, 64))


def raw(option):
    """Descriptors exactly as given in hexadecimal."""
    made = build(option)
    if option.device:
        made.descriptors[DEVICE] = [bytes.fromhex(option.device)]
    if option.config:
        made.descriptors[CONFIGURATION] = [bytes.fromhex(text) for text in option.config]
    for text in option.string:
        index, _, data = text.partition("=")
        made.strings[int(index)] = bytes.fromhex(data)
    return made
