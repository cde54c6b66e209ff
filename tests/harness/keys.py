# SPDX-License-Identifier: GPL-3.0-or-later
"""Text to key strokes, as a person at a US keyboard would type it."""

import string

NAMES = {" ": "spc", "\n": "ret", "\t": "tab", "-": "minus", "=": "equal", "[": "bracket_left",
         "]": "bracket_right", "\\": "backslash", ";": "semicolon", "'": "apostrophe",
         "`": "grave_accent", ",": "comma", ".": "dot", "/": "slash", "\b": "backspace"}
SHIFTED = dict(zip('!@#$%^&*()_+{}|:"~<>?', "1234567890-=[]\\;'`,./"))


def strokes(text):
    """The keys to hold together, one list a character."""
    for char in text:
        plain = SHIFTED.get(char, char.lower())
        code = plain if plain in string.ascii_lowercase + string.digits else NAMES[plain]
        yield ["shift", code] if plain != char else [code]
