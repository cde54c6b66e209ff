# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers and tables: median and spread, columns, and colour where a person looks."""

import statistics
import sys
import unicodedata

GREEN, RED, BOLD = "32", "31", "1"


def coloured(text, colour):
    return f"\033[{colour}m{text}\033[0m" if sys.stdout.isatty() else text


def median(values):
    return statistics.median(values) if values else None


def percentile(values, share):
    """By linear interpolation between the two nearest."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def spread(values):
    """"412 (398–467)": median, and the 10th and 90th percentile."""
    if not values:
        return "–"
    return f"{median(values):.0f} ({percentile(values, 0.1):.0f}–{percentile(values, 0.9):.0f})"


def ratio(value, base):
    return None if value is None or not base else value / base


def bytes_text(number):
    return f"{number} B" if number < 1024 else f"{number / (1 << 20):.1f} MiB" if number >= 1 << 20 \
        else f"{number / 1024:.0f} KiB"


def width(text):
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def table(title, head, rows):
    """Prints rows of texts under their heads; a cell may be (text, colour)."""
    plain = [[cell[0] if isinstance(cell, tuple) else str(cell) for cell in row] for row in rows]
    widths = [max(width(row[i]) for row in [head, *plain]) for i in range(len(head))]
    print(f"\n{coloured(title, BOLD)}")
    line = "  ".join(text + " " * (w - width(text)) for text, w in zip(head, widths))
    print(f"  {line.rstrip()}\n  {'  '.join('-' * w for w in widths)}")
    for row, texts in zip(rows, plain):
        padded = [text + " " * (w - width(text)) for text, w in zip(texts, widths)]
        shown = [coloured(text, cell[1]) if isinstance(cell, tuple) and cell[1] else text
                 for text, cell in zip(padded, row)]
        print(f"  {'  '.join(shown).rstrip()}")
