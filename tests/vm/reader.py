#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""In the guest: what a screen reader reads out of a desktop's windows (AT-SPI), one JSON line whenever that has changed and
two readings agree: in the midst of a change things are not where they will be.

A line is a list of windows: {"at": RECTANGLE, "texts": {TEXT: RECTANGLE}, "buttons": {LABEL: RECTANGLE}}; a rectangle is
left, top, width and height in pixels of the screen."""

import json

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402

PAUSE = 300  # ms
WINDOWS = (Atspi.Role.FRAME, Atspi.Role.WINDOW, Atspi.Role.DIALOG, Atspi.Role.NOTIFICATION)
PLACES = {Atspi.Role.LABEL: "texts", Atspi.Role.PUSH_BUTTON: "buttons"}


def place(thing):
    found = thing.get_extents(Atspi.CoordType.SCREEN)
    return [found.x, found.y, found.width, found.height]


def children(thing):
    return [child for child in map(thing.get_child_at_index, range(thing.get_child_count())) if child]


def read_into(window, thing):
    for child in children(thing):
        kind = PLACES.get(child.get_role())
        if kind and child.get_name():
            window[kind][child.get_name()] = place(child)
        read_into(window, child)


def windows():
    for program in children(Atspi.get_desktop(0)):
        for thing in children(program):
            if thing.get_role() in WINDOWS and thing.get_state_set().contains(Atspi.StateType.SHOWING):
                window = {"at": place(thing), "texts": {}, "buttons": {}}
                read_into(window, thing)
                yield window


class Reader:
    read = said = None

    def look(self):
        try:
            line = json.dumps(list(windows()), ensure_ascii=False)
        except GLib.Error:
            line = None  # it went while it was read
        if line == self.read and line not in (None, self.said):
            print(line, flush=True)
            self.said = line
        self.read = line
        return True


if __name__ == "__main__":
    Atspi.init()
    GLib.timeout_add(PAUSE, Reader().look)
    GLib.MainLoop().run()
