#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second verifier of the ledger, written from agent/ledger/FORMAT.md alone."""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from urllib.parse import quote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ZEROS = bytes(32)
PRIME = 2**255 - 19  # of Ed25519's field
ORDER_8 = int("05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826", 16)
SMALL_ORDERS = (0, 1, PRIME - 1, ORDER_8, PRIME - ORDER_8)  # y of the points whose order divides 8
TEXT_COLUMNS = ("boot", "kind", "user", "session", "exe", "object", "outcome", "details")
COLUMNS = ("seq", "wall_ns", "mono_ns", "boot", "kind", "severity", "uid", "user", "session",
           "pid", "exe", "object", "outcome", "details", "mark")
NEVER_NULL = ("seq", "wall_ns", "mono_ns", "boot", "kind", "severity", "pid", "mark")
RANGES = {"seq": (1, 2**63 - 1), "wall_ns": (0, 2**63 - 1), "mono_ns": (0, 2**63 - 1),
          "severity": (0, 3), "uid": (0, 2**32 - 2), "pid": (0, 2**32 - 1),
          "mark": (-2**31, 2**31 - 1)}
TEXT_LIMIT = 1_048_576
DEPTH_LIMIT = 32
OPENED_KEYS = {"format": int, "month": str, "host": str, "ledger": str, "previous_head": str,
               "previous_sequence": int, "epoch": int, "public_key": str}
SEALED_KEYS = {"epoch": int, "covers": int, "head": str, "next_key": str, "signature": str,
               "reason": str}
PRUNED_KEYS = {"month": str, "first": int, "last": int, "head": str, "contract_end": str}
STATED_KEYS = PRUNED_KEYS | {"today": str}
SETTINGS = {"page_size": 4096, "encoding": b"UTF-8", "auto_vacuum": 0,
            "application_id": 0x736B4C47}
VERSIONS = (1, 2)  # user_version
# (offset, size, value): what stands fixed in the first 100 bytes of a closed file.
HEADER = ((16, 2, 4096), (20, 1, 0), (21, 1, 64), (22, 1, 32), (23, 1, 32), (44, 4, 4),
          (48, 4, 0), (52, 4, 0), (56, 4, 1), (64, 4, 0), (68, 4, 0x736B4C47),
          (72, 20, 0))
SCHEMA = (
    ("table", "text", "text", "CREATE TABLE text(id INTEGER PRIMARY KEY, value TEXT NOT NULL)"),
    ("table", "event", "event",
     "CREATE TABLE event(seq INTEGER PRIMARY KEY, wall_ns INTEGER NOT NULL, mono_ns INTEGER NOT"
     " NULL, boot INTEGER NOT NULL, kind INTEGER NOT NULL, severity INTEGER NOT NULL, uid INTEGER,"
     " user INTEGER, session INTEGER, pid INTEGER NOT NULL, exe INTEGER, object INTEGER, outcome"
     " INTEGER, details INTEGER, mark INTEGER NOT NULL)"),
    ("table", "tally", "tally",
     "CREATE TABLE tally(block INTEGER PRIMARY KEY, counts BLOB NOT NULL)"),
    ("index", "event_kind", "event", "CREATE INDEX event_kind ON event(kind)"),
    ("index", "event_object", "event", "CREATE INDEX event_object ON event(object)"),
    ("index", "event_details", "event",
     "CREATE INDEX event_details ON event(details) WHERE details NOTNULL"),
    ("index", "text_path", "text", "CREATE INDEX text_path ON text(value) WHERE value GLOB '/*'"),
    ("index", "text_to", "text",
     """CREATE INDEX text_to ON text(value) WHERE value GLOB '{*"to":*'"""),
    ("view", "events", "events",
     "CREATE VIEW events AS SELECT e.seq AS seq, strftime('%Y-%m-%dT%H:%M:%S', e.wall_ns /"
     " 1000000000, 'unixepoch') || printf('.%09dZ', e.wall_ns % 1000000000) AS time, e.wall_ns AS"
     " wall_ns, e.mono_ns AS mono_ns, (SELECT value FROM text WHERE id = e.boot) AS boot, (SELECT"
     " value FROM text WHERE id = e.kind) AS kind, CASE e.severity WHEN 0 THEN 'info' WHEN 1 THEN"
     " 'notice' WHEN 2 THEN 'warning' WHEN 3 THEN 'violation' END AS severity, e.uid AS uid,"
     " (SELECT value FROM text WHERE id = e.user) AS user, (SELECT value FROM text WHERE id ="
     " e.session) AS session, e.pid AS pid, (SELECT value FROM text WHERE id = e.exe) AS exe,"
     " (SELECT value FROM text WHERE id = e.object) AS object, (SELECT value FROM text WHERE id ="
     " e.outcome) AS outcome, (SELECT value FROM text WHERE id = e.details) AS details FROM event"
     " AS e"),
)
OF_VERSION_1 = ("text", "event", "event_kind", "events")
BLOCK = 2048
QUARTER_NS = 900 * 10**9


class Unreadable(Exception):
    """A file could not be read at all, which says nothing about the ledger."""


@dataclass
class Fault:
    """One fault: its number in section 8, the file, and the rows (0 for none in particular)."""

    number: int
    file: str
    first: int
    last: int
    what: str


@dataclass
class Row:
    """One row as stored, and its texts by name (None for NULL or for a text that is not there)."""

    value: dict
    text: dict
    digest: bytes | None = None

    @property
    def seq(self) -> int:
        return self.value["seq"]


@dataclass
class Removal:
    """A `ledger.pruned` row that is as section 10 says: where a removed month ended."""

    file: File
    seq: int
    last: int
    head: bytes


@dataclass
class State:
    """How far the chain has come; head is None where it can't be known."""

    seq: int | None = None
    head: bytes | None = None
    epoch: int | None = None
    key: bytes | None = None
    ledger: bytes | None = None
    month: str | None = None
    sealed: int = 0
    first: int | None = None
    files: int = 0
    removals: list[Removal] = field(default_factory=list)


@dataclass
class Head:
    """A row and the beginning of its head (4 or 32 bytes), known from outside."""

    seq: int
    start: bytes
    found: bytes | None = None


@dataclass
class File:
    """One file of the ledger, opened."""

    path: Path
    is_open: bool = False
    is_formed: bool = True
    base: sqlite3.Connection | None = None
    month: str | None = None
    opened: dict | None = None  # what its first row says, if that is as it must be
    faults: list[Fault] = field(default_factory=list)

    def fault(self, number: int, what: str, first: int = 0, last: int | None = None) -> None:
        rows = (first, first if last is None else last)
        self.faults.append(Fault(number, str(self.path), *rows, what))


# Section 1: bytes.

def number_at(data: bytes, offset: int, size: int) -> int:
    return int.from_bytes(data[offset:offset + size], "big")


def check_header(file: File, head: bytes, size: int) -> None:
    """Holds the first bytes of a closed file against the table of section 1."""
    for offset, length, value in HEADER:
        if number_at(head, offset, length) != value:
            file.fault(1, f"header: offset {offset} is not {value}")
    if number_at(head, 60, 4) not in VERSIONS:
        file.fault(1, f"header: offset 60 is not one of {VERSIONS}")
    if number_at(head, 24, 4) != number_at(head, 92, 4):
        file.fault(1, "header: the change counter is not the number at 92")
    if number_at(head, 28, 4) * 4096 != size:
        file.fault(1, "header: the number of pages is not the size of the file")


def beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def stands_beside(path: Path, ending: str) -> bool:
    return beside(path, ending).is_symlink() or beside(path, ending).exists()


def check_bytes(file: File) -> None:
    """Section 1: a closed file by its bytes, an open one by its mark and what lies beside it."""
    try:
        with file.path.open("rb") as stream:
            head = stream.read(100)
            size = stream.seek(0, 2)
    except OSError as error:
        raise Unreadable(f"{file.path}: {error.strerror}") from error
    before = len(file.faults)
    log = beside(file.path, "-wal")
    if head[18:20] == b"\2\2" and log.is_file() and not log.is_symlink():
        file.is_open = True
        if stands_beside(file.path, "-journal"):
            file.fault(1, "a -journal lies beside an open file")
    else:
        check_closed(file, head, size)
    file.is_formed = len(file.faults) == before


def check_closed(file: File, head: bytes, size: int) -> None:
    if len(head) < 100 or head[:16] != b"SQLite format 3\0":
        file.fault(1, "header: no SQLite 3 database")
    elif head[18:20] != b"\1\1":
        file.fault(1, "header: offsets 18 and 19 are not 1, 1, nor is it an open file")
    else:
        check_header(file, head, size)
    for ending in ("-journal", "-wal", "-shm"):
        if stands_beside(file.path, ending):
            file.fault(1, f"a file named {ending} lies beside it")


# Section 2: schema and settings.

def connect(path: Path, options: str) -> sqlite3.Connection:
    base = sqlite3.connect(f"file:{quote(str(path.absolute()))}?{options}", uri=True)
    base.text_factory = bytes
    base.execute("PRAGMA trusted_schema = OFF")
    return base


def open_base(file: File, scratch: Path) -> sqlite3.Connection:
    """The file itself is never written to: an open one is read from a copy, with its -wal."""
    if not file.is_open:
        return connect(file.path, "mode=ro&immutable=1")
    folder = Path(tempfile.mkdtemp(dir=scratch))
    copy = folder / "copy.db"
    try:
        shutil.copyfile(file.path, copy)
        if beside(file.path, "-wal").exists():
            shutil.copyfile(beside(file.path, "-wal"), beside(copy, "-wal"))
    except OSError as error:
        raise Unreadable(f"{error.filename}: {error.strerror}") from error
    return connect(copy, "mode=rw")


def check_schema(file: File) -> bool:
    rows = file.base.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid")
    found = tuple(rows)
    version = file.base.execute("PRAGMA user_version").fetchone()[0]
    if version not in VERSIONS:
        file.fault(3, f"the setting user_version is {version}")
    wanted = tuple(tuple(part.encode() for part in entry) for entry in SCHEMA
                   if version != 1 or entry[1] in OF_VERSION_1)
    if found != wanted:
        file.fault(3, "the schema is not that of the format")
    for name, value in SETTINGS.items():
        if file.base.execute(f"PRAGMA {name}").fetchone()[0] != value:
            file.fault(3, f"the setting {name} is not {value!r}")
    return found == wanted


def check_integrity(file: File) -> None:
    answer = [row[0] for row in file.base.execute("PRAGMA integrity_check")]
    if answer != [b"ok"]:
        file.fault(2, f"integrity_check: {answer[0].decode(errors='replace')}" if answer
                   else "integrity_check says nothing")


def is_month(text: str) -> bool:
    return (re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", text) is not None
            and "1970" <= text < "2200")


def find_month(base: sqlite3.Connection) -> str | None:
    """The month in the first row, to put the files in order; judged later."""
    row = base.execute("SELECT value FROM text WHERE id ="
                       " (SELECT details FROM event ORDER BY seq LIMIT 1)").fetchone()
    details = parse_object(row[0]) if row and isinstance(row[0], bytes) else None
    month = details.get("month") if details else None
    return month if isinstance(month, str) and is_month(month) else None


def open_file(path: Path, scratch: Path) -> File:
    """Everything about a file that needs no row; base stays None if rows can't be judged."""
    file = File(path)
    check_bytes(file)
    named = re.fullmatch(r"([0-9]{4}-[0-9]{2})\.db", path.name)
    file.month = named[1] if named and is_month(named[1]) else None
    if not file.is_formed:
        return file
    try:
        base = file.base = open_base(file, scratch)
        is_known = check_schema(file)
        check_integrity(file)
        file.month = (find_month(base) if is_known else None) or file.month
        file.base = base if is_known else None
    except (sqlite3.Error, OverflowError, UnicodeError) as error:
        file.fault(2, f"SQLite: {error}")
        file.base = None
    return file


# Section 3: columns and texts.

def refuse_constant(name: str) -> None:
    raise ValueError(name)


def make_number(text: str) -> int | float:
    # Numbers of any size: what Python's own reader would refuse or make infinite is good here.
    return int(text) if len(text) < 30 and text.lstrip("-").isdigit() else 0.5


def check_strings(value: object, depth: int = 1) -> None:
    """No character that not every reader takes alike, in keys too; no more than 32 deep."""
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError("a NUL")
        value.encode("utf-8")
    elif isinstance(value, (dict, list)):
        if depth > DEPTH_LIMIT:
            raise ValueError("too deep")
        for each in [*value, *value.values()] if isinstance(value, dict) else value:
            check_strings(each, depth + 1)


def parse_object(data: bytes) -> dict | None:
    """A JSON object as section 3 wants it, or None."""
    def pairs(items: list) -> dict:
        if len(dict(items)) != len(items):
            raise ValueError("a key twice")
        return dict(items)
    try:
        found = json.loads(data.decode("utf-8"), object_pairs_hook=pairs, parse_int=make_number,
                           parse_float=make_number, parse_constant=refuse_constant)
        check_strings(found)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def read_texts(file: File) -> dict[int, bytes]:
    texts = {}
    for place, (number, kind, value) in enumerate(file.base.execute(
            "SELECT id, typeof(value), value FROM text ORDER BY id"), 1):
        if number != place:
            file.fault(4, f"text {number} stands where {place} should")
        if kind != b"text":
            file.fault(4, f"text {number} is stored as {kind.decode()}")
            continue
        texts[number] = value
        if not is_text(value):
            file.fault(4, f"text {number} is too long, holds NUL or is no UTF-8")
    return texts


def is_text(value: bytes) -> bool:
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\0" not in value and len(value) <= TEXT_LIMIT


def check_columns(file: File, row: Row) -> bool:
    """Whether types and ranges allow a digest of the row."""
    good = True
    for name in COLUMNS:
        value = row.value[name]
        if value is None and name not in NEVER_NULL:
            continue
        low, high = RANGES.get(name, (1, 2**63 - 1))
        if type(value) is not int or not low <= value <= high:
            file.fault(4, f"{name} has a wrong type or is out of range", row.seq)
            good = False
    return good


def find_texts(file: File, row: Row, texts: dict[int, bytes], used: int) -> tuple[bool, int]:
    """Fills in the row's texts; whether all are there, and the last id used so far."""
    good = True
    for name in TEXT_COLUMNS:
        number = row.value[name]
        if type(number) is not int:
            continue
        if number not in texts:
            file.fault(4, f"{name}: text {number} is not there", row.seq)
            good = False
        if number > used + 1:
            file.fault(4, f"{name}: text {number} is out of order", row.seq)
        used = max(used, number)
        row.text[name] = texts.get(number)
    return good, used


def check_texts(file: File, row: Row) -> None:
    """What section 3 says of the texts of some columns."""
    boot, kind, details = (row.text[name] for name in ("boot", "kind", "details"))
    if not re.fullmatch(rb"[0-9a-f]{32}", boot or b""):
        file.fault(4, "boot is not 32 hex digits", row.seq)
    if len(kind or b"") > 64 or not re.fullmatch(rb"[a-z0-9-]+\.[a-z0-9-]+", kind or b""):
        file.fault(4, "kind is not noun.verb", row.seq)
    if details is not None and parse_object(details) is None:
        file.fault(4, "details are no JSON object", row.seq)


def read_rows(file: File) -> Iterator[Row]:
    """The rows by seq, each with its digest where it has one."""
    texts = read_texts(file)
    used = 0
    for values in file.base.execute(f"SELECT {', '.join(COLUMNS)} FROM event ORDER BY seq"):
        row = Row(dict(zip(COLUMNS, values)), dict.fromkeys(TEXT_COLUMNS))
        is_typed = check_columns(file, row)
        is_complete, used = find_texts(file, row, texts, used)
        check_texts(file, row)
        if is_typed and is_complete:
            row.digest = digest(row)
            if number_at(row.digest, 0, 4) != row.value["mark"] % 2**32:
                file.fault(6, "the row was changed: its mark differs", row.seq)
        yield row
    if used != max(texts, default=0):
        file.fault(4, "texts are left over that no row refers to")


# Sections 4 and 5: digests and the chain.

def joined_text(value: bytes | None) -> bytes:
    return b"\xff" * 4 if value is None else len(value).to_bytes(4, "big") + value


def digest(row: Row) -> bytes:
    value = row.value
    data = b"sekisho row 1\0"
    for name, size in (("seq", 8), ("wall_ns", 8), ("mono_ns", 8), ("severity", 1)):
        data += value[name].to_bytes(size, "big")
    data += (2**32 - 1 if value["uid"] is None else value["uid"]).to_bytes(4, "big")
    data += value["pid"].to_bytes(4, "big")
    data += b"".join(joined_text(row.text[name]) for name in TEXT_COLUMNS)
    return hashlib.sha256(data).digest()


def next_head(head: bytes | None, row: Row) -> bytes | None:
    if head is None or row.digest is None:
        return None
    return hashlib.sha256(b"sekisho chain 1\0" + head + row.digest).digest()


def code(seq: int, head: bytes) -> str:
    return f"{seq}-{head[:2].hex()}-{head[2:4].hex()}"


# Sections 6 and 7: the rows that hold the ledger together.

def exact_details(row: Row, keys: dict[str, type]) -> dict | None:
    """The details, if they are exactly these keys in this order and form."""
    data = row.text["details"]
    found = parse_object(data) if data is not None else None
    if found is None or list(found) != list(keys):
        return None
    if any(type(found[name]) is not kind for name, kind in keys.items()):
        return None
    if any(kind is int and not 0 <= found[name] < 2**63 for name, kind in keys.items()):
        return None
    again = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    return found if again.encode("utf-8", "surrogatepass") == data else None


def is_hex(value: str, size: int) -> bool:
    return re.fullmatch(f"[0-9a-f]{{{2 * size}}}", value) is not None


def is_own(row: Row, month: bytes | None, outcome: bytes) -> bool:
    """Whether all but `details` is as in a row that the ledger writes by itself."""
    return (row.value["severity"] == 0 and row.text["outcome"] == outcome
            and row.text["object"] == month
            and all(row.value[name] is None for name in ("uid", "user", "session", "exe")))


def read_opened(row: Row) -> dict | None:
    """The details of a `ledger.opened` row that is as section 6 says, else None."""
    found = exact_details(row, OPENED_KEYS)
    if found is None or not is_own(row, found["month"].encode(), b"opened"):
        return None
    sizes = {"ledger": 16, "previous_head": 32, "public_key": 32}
    is_good = (
        found["format"] == 1 and is_month(found["month"])
        and len(found["host"].encode()) <= 255
        and not re.search(r"[\0-\x1f\x7f-\x9f]", found["host"])
        and all(is_hex(found[name], size) for name, size in sizes.items())
        and row.seq == found["previous_sequence"] + 1)
    if is_good and found["previous_sequence"] == 0:
        is_good = found["previous_head"] == ZEROS.hex() and found["epoch"] == 0
    return found if is_good else None


def check_continues(file: File, row: Row, state: State, found: dict) -> None:
    """Whether the first row of a file continues the file before."""
    if state.seq is not None and state.seq < found["previous_sequence"]:
        file.fault(5, "rows are missing between two files", state.seq + 1,
                   found["previous_sequence"])
    claims = (("row", state.seq, min(found["previous_sequence"], state.seq or 0)),
              ("head", state.head, bytes.fromhex(found["previous_head"])),
              ("epoch", state.epoch, found["epoch"]),
              ("key", state.key, bytes.fromhex(found["public_key"])),
              ("ledger", state.ledger, bytes.fromhex(found["ledger"])))
    for name, known, claimed in claims:
        if known is not None and known != claimed:
            file.fault(7, f"the file does not continue the one before: {name}", row.seq)
    if state.month is not None and found["month"] <= state.month:
        file.fault(7, f"month {found['month']} does not come after {state.month}", row.seq)


def check_opened(file: File, row: Row, state: State) -> None:
    """Section 6: the first row of a file; sets the state to what it says."""
    found = read_opened(row) if row.text["kind"] == b"ledger.opened" else None
    if found is None:
        file.fault(7, "the first row is no ledger.opened as it must be", row.seq)
        if state.seq is None or state.seq + 1 != row.seq:
            state.head = None
        return
    named = re.fullmatch(r"([0-9]{4}-[0-9]{2})\.db", file.path.name)
    if named and is_month(named[1]) and named[1] != found["month"]:
        file.fault(7, f"the file's month is {found['month']}, not that in its name", row.seq)
    file.opened = found
    check_continues(file, row, state, found)
    state.month = found["month"]
    state.ledger = bytes.fromhex(found["ledger"])
    state.head = bytes.fromhex(found["previous_head"])
    state.epoch = found["epoch"]
    state.key = bytes.fromhex(found["public_key"])


def is_small_order(point: bytes) -> bool:
    """OpenSSL lets these pass: a key of such an order signs without anybody's secret."""
    return int.from_bytes(point, "little") % 2**255 % PRIME in SMALL_ORDERS


def is_signed(row: Row, state: State, found: dict) -> bool:
    message = (b"sekisho seal 1\0" + state.ledger + found["epoch"].to_bytes(8, "big")
               + found["covers"].to_bytes(8, "big") + bytes.fromhex(found["head"])
               + row.value["wall_ns"].to_bytes(8, "big") + bytes.fromhex(found["next_key"]))
    signature = bytes.fromhex(found["signature"])
    if is_small_order(state.key) or is_small_order(signature[:32]):
        return False
    try:
        key = Ed25519PublicKey.from_public_bytes(state.key)
        key.verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def read_sealed(row: Row, state: State) -> dict | None:
    """The details of a `ledger.sealed` row whose form is as section 7 says, else None."""
    found = exact_details(row, SEALED_KEYS)
    month = state.month.encode() if state.month is not None else row.text["object"]
    if found is None or row.digest is None or not is_own(row, month, b"sealed"):
        return None
    sizes = {"head": 32, "next_key": 32, "signature": 64}
    is_good = (all(is_hex(found[name], size) for name, size in sizes.items())
               and re.fullmatch(r"[a-z-]{1,32}", found["reason"]))
    return found if is_good else None


def check_sealed(file: File, row: Row, state: State) -> None:
    """Section 7: a seal; state.head is that of the row before, and set right by a good seal."""
    found = read_sealed(row, state)
    if found is None:
        file.fault(8, "the seal's row is not as it must be", row.seq)
        state.epoch = state.key = None
        return
    head = bytes.fromhex(found["head"])
    if found["covers"] != row.seq - 1:
        file.fault(8, "the seal does not cover the row before it", row.seq)
    if state.epoch is not None and found["epoch"] != state.epoch + 1:
        file.fault(8, f"seal {found['epoch']} follows seal {state.epoch}", row.seq)
    if state.head is not None and state.head != head:
        file.fault(8, "the seal's head is not that of the rows", state.sealed + 1, row.seq - 1)
    if None in (state.key, state.ledger) or is_signed(row, state, found):
        state.head = head
        state.sealed = found["covers"]
    else:
        file.fault(8, "the seal's signature does not hold", row.seq)
    state.epoch = found["epoch"]
    state.key = bytes.fromhex(found["next_key"])


# Section 9: totals.

def times_of(row: Row, is_refused: bool) -> int:
    """How often a row says that it happened; 0 if it does not count."""
    data = row.text["details"]
    found = (parse_object(data) if data is not None else None) or {}
    if found.get("folder") is True and not is_refused:
        return 0
    if "of" not in found:
        return 1
    times = found.get("count")
    return times if type(times) is int and 0 <= times < 2**63 else 0


def leb128(number: int) -> bytes:
    data = bytearray()
    while number > 0x7f:
        data.append(number & 0x7f | 0x80)
        number >>= 7
    return bytes([*data, number])


def blob_of(counts: dict[tuple, int]) -> bytes:
    data, before = b"", 0
    for (quarter, *key), times in sorted(counts.items()):
        data += b"".join(leb128(n) for n in (quarter - before, *key, times % 2**64))
        before = quarter
    return data


@dataclass
class Tally:
    """The blocks of one file, from its rows."""

    file: File
    block: int = -1
    counts: dict[tuple, int] = field(default_factory=dict)
    blocks: int = 0
    stored: dict[int, object] | None = None

    def __post_init__(self) -> None:
        if self.file.base.execute("PRAGMA user_version").fetchone()[0] >= 2:
            self.stored = dict(self.file.base.execute("SELECT block, counts FROM tally"))

    def add(self, row: Row) -> None:
        if self.stored is None or row.digest is None:
            return
        if (row.seq - 1) // BLOCK != self.block:
            self.block, self.counts = (row.seq - 1) // BLOCK, {}
        self.count(row)
        if row.seq % BLOCK == 0:
            self.blocks += 1
            if self.stored.get(self.block) != blob_of(self.counts):
                self.file.fault(11, "the totals are not those of the rows", row.seq - BLOCK + 1, row.seq)
            self.counts = {}

    def count(self, row: Row) -> None:
        kind = row.text["kind"]
        if not kind.startswith(b"file.") and kind != b"medium.written":
            return
        is_refused = row.text["outcome"] == b"refused"
        times = times_of(row, is_refused)
        user, uid = row.value["user"], row.value["uid"]
        key = (row.value["wall_ns"] // QUARTER_NS, row.value["kind"], user or 0,
               uid + 1 if user is None and uid is not None else 0, int(is_refused))
        if times:
            self.counts[key] = self.counts.get(key, 0) + times

    def end(self) -> None:
        if self.stored is not None and len(self.stored) != self.blocks:
            self.file.fault(11, "there are totals of rows that are not there")


# Section 10: months that were removed.

def is_day(text: str) -> bool:
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) is None or not is_month(text[:7]):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def read_pruned(row: Row) -> dict | None:
    """The details of a `ledger.pruned` row that are as section 10 says, else None."""
    found = exact_details(row, PRUNED_KEYS) or exact_details(row, STATED_KEYS)
    if found is None:
        return None
    is_good = (
        is_month(found["month"]) and is_hex(found["head"], 32)
        and 1 <= found["first"] <= found["last"]
        and is_day(found["contract_end"])
        and ("today" not in found or is_day(found["today"])))
    return found if is_good else None


def check_pruned(file: File, row: Row, state: State) -> None:
    found = read_pruned(row)
    if found is None:
        file.fault(12, "the details of the removal are not as they must be", row.seq)
        return
    state.removals.append(Removal(file, row.seq, found["last"], bytes.fromhex(found["head"])))


def check_removals(file: File, state: State, is_complete: bool) -> None:
    """Fault 12: what the first file continues against the rows that say what was removed."""
    if file.opened is None:
        return
    before = file.opened["previous_sequence"]
    found = [removal for removal in state.removals if removal.last == before]
    for removal in found:
        if removal.head.hex() != file.opened["previous_head"]:
            removal.file.fault(12, "the head of the removed month is another", removal.seq)
    if is_complete and before != 0 and not any(removal.seq <= state.sealed for removal in found):
        file.fault(12, "no sealed row says that what was before was removed", 1, before)


# Section 8: verifying.

def check_place(file: File, row: Row, state: State, is_first: bool) -> None:
    """Holes in seq, and the rows that hold the ledger together, at their places."""
    if not is_first and state.seq is not None and row.seq != state.seq + 1:
        file.fault(5, "rows are missing", state.seq + 1, row.seq - 1)
        state.head = None
    if is_first:
        check_opened(file, row, state)
    elif row.text["kind"] == b"ledger.opened":
        file.fault(7, "a ledger.opened that is not the first row of its file", row.seq)
    if row.text["kind"] == b"ledger.sealed":
        check_sealed(file, row, state)
    if row.text["kind"] == b"ledger.pruned":
        check_pruned(file, row, state)


def check_rows(file: File, state: State, known: Head | None) -> None:
    is_first = True
    tally = Tally(file)
    for row in read_rows(file):
        if is_first and known is not None and state.first is None and known.seq == row.seq - 1:
            opened = read_opened(row)
            known.found = bytes.fromhex(opened["previous_head"]) if opened else None
        check_place(file, row, state, is_first)
        tally.add(row)
        state.head = next_head(state.head, row)
        state.seq = row.seq
        state.first = row.seq if state.first is None else state.first
        if known is not None and known.seq == row.seq:
            known.found = state.head
        is_first = False
    tally.end()
    if is_first:
        file.fault(7, "there is no first row")


def check_pinned(file: File, key: bytes | None) -> None:
    """Fault 9: the key given against the first file's first row."""
    if key is None or file.opened is None or file.opened["previous_sequence"] != 0:
        return
    if bytes.fromhex(file.opened["public_key"]) != key:
        file.fault(9, "the key is not the one given", 1)


def check_known(file: File, state: State, known: Head | None) -> None:
    """Fault 10: the head given against the rows."""
    if known is None or state.seq is None or known.seq < (state.first or 0) - 1:
        return
    if known.seq > state.seq:
        file.fault(10, "the end was cut", state.seq + 1, known.seq)
    elif known.found is None or not known.found.startswith(known.start):
        file.fault(10, "the head given is another there", known.seq)


def check_file(file: File, state: State, known: Head | None) -> None:
    if file.base is None:
        # What comes behind it can't be held against it.
        state.seq = state.head = state.epoch = state.key = state.ledger = None
        return
    try:
        check_rows(file, state, known)
    except (sqlite3.Error, OverflowError, UnicodeError) as error:
        file.fault(2, f"SQLite: {error}")
        state.seq = state.head = state.epoch = state.key = state.ledger = None


def verify(paths: list[Path], key: bytes | None, known: Head | None,
           is_complete: bool = False) -> dict:
    """The answer, ready for JSON."""
    state = State()
    with tempfile.TemporaryDirectory() as scratch:
        files = [open_file(path, Path(scratch)) for path in paths]
        files.sort(key=lambda file: (file.month or "", str(file.path)))
        for file in files:
            if file.is_open and file is not files[-1]:
                file.fault(1, "the file is open, though a later one is there")
                file.base = None
            check_file(file, state, known)
        check_known(files[-1], state, known)
        check_pinned(files[0], key)
        check_removals(files[0], state, is_complete)
    faults = [asdict(fault) for file in files for fault in file.faults]
    is_whole = known is not None and known.seq == state.seq
    return {
        "outcome": "broken" if faults else "whole" if is_whole else "open",
        "epoch": state.epoch, "covers": state.sealed, "last": state.seq,
        "head": state.head.hex() if state.head else None,
        "code": code(state.seq, state.head) if state.head else None, "faults": faults}


# The command.

def parse_head(text: str) -> Head:
    short = re.fullmatch(r"([0-9]{1,18})-([0-9a-f]{4})-([0-9a-f]{4})", text)
    long = re.fullmatch(r"([0-9]{1,18}):([0-9a-f]{8}|[0-9a-f]{64})", text)
    if not short and not long or int(text.split("-")[0].split(":")[0]) == 0:
        raise argparse.ArgumentTypeError("neither ROW:HEX nor a code as 417-9f3a-77c0")
    found = short or long
    return Head(int(found[1]), bytes.fromhex("".join(found.groups()[1:])))


def parse_key(text: str) -> bytes:
    if not is_hex(text, 32):
        raise argparse.ArgumentTypeError("a key is 64 hex digits")
    return bytes.fromhex(text)


def show(answer: dict) -> None:
    for fault in answer["faults"]:
        rows = f", rows {fault['first']} to {fault['last']}" if fault["first"] else ""
        print(f"{fault['file']}{rows}: {fault['what']} (fault {fault['number']})")
    if answer["outcome"] == "broken":
        print("broken")
    elif answer["outcome"] == "whole":
        print(f"whole: rows to {answer['last']}, head {answer['code']}")
    else:
        print(f"verified to epoch {answer['epoch']} (rows to {answer['covers']}), end not provable;"
              f" last row {answer['last']}, head {answer['code']}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path)
    parser.add_argument("--head", type=parse_head, help="a later row and its head, ROW:HEX or code")
    parser.add_argument("--key", type=parse_key, help="the first public key, 64 hex digits")
    parser.add_argument("--complete", action="store_true",
                        help="the files are all that is kept: what was before them was removed")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    try:
        answer = verify(arguments.files, arguments.key, arguments.head, arguments.complete)
    except Unreadable as error:
        print(error, file=sys.stderr)
        return 4
    if arguments.json:
        print(json.dumps(answer, ensure_ascii=False))
    else:
        show(answer)
    return 1 if answer["faults"] else 0


if __name__ == "__main__":
    sys.exit(main())
