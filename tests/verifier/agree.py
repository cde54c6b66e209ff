#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tampers with ledgers in many ways and demands that both verifiers say the same of each."""

from __future__ import annotations

import argparse
import collections
import functools
import json
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import verify

OCTOBER, NOVEMBER, DECEMBER = "2026-10.db", "2026-11.db", "2026-12.db"
JANUARY, FEBRUARY = "2027-01.db", "2027-02.db"
QUERIES = (
    "SELECT * FROM event ORDER BY seq", "SELECT * FROM text ORDER BY id",
    "SELECT * FROM events ORDER BY seq", "SELECT kind, count(*) FROM event GROUP BY kind",
    "SELECT seq FROM event INDEXED BY event_kind ORDER BY kind, seq", "SELECT count(*) FROM event",
    "SELECT seq FROM event INDEXED BY event_object ORDER BY object, seq",
    "SELECT seq FROM event INDEXED BY event_details WHERE details NOTNULL ORDER BY details, seq",
    "SELECT id FROM text INDEXED BY text_path WHERE value GLOB '/*' ORDER BY value, id",
    """SELECT id FROM text INDEXED BY text_to WHERE value GLOB '{*"to":*' ORDER BY value, id""",
    "SELECT severity, count(*) FROM event GROUP BY severity ORDER BY 1",
)
OTHER_KEY = "11" * 32


@dataclass
class Answer:
    """What a verifier said: an exit status, and how far it came."""

    status: int
    outcome: str = ""
    epoch: int | None = None
    covers: int | None = None
    code: str | None = None
    faults: str = ""
    # The number in section 8, the file's name, the rows: what the faults name.
    names: tuple[tuple[int, str, int, int], ...] = ()

    def agrees(self, other: Answer) -> bool:
        if self.status == 0 and other.status == 0:
            return (self.outcome, self.epoch, self.covers, self.code) == (
                other.outcome, other.epoch, other.covers, other.code)
        return self.status == other.status == 1

    def blames(self, rule: int, files: set[str]) -> bool:
        """Whether a fault of this number is named, of one of these files if any are given."""
        return any(number == rule and (not files or name in files)
                   for number, name, _, _ in self.names)

    def __str__(self) -> str:
        return f"{self.status} {self.outcome} {self.epoch} {self.covers} {self.code} {self.faults}"


@dataclass
class Case:
    """A structured tampering: how, with which arguments, and what must be said of it."""

    name: str
    change: Callable[[Path], object]
    # The fault of section 8 that both must name, 0 for none.
    rule: int
    arguments: tuple[str, ...] = ()
    has_same_rows: bool = True


# Asking.

def ledger_files(folder: Path) -> list[str]:
    return sorted(str(path) for path in folder.glob("*.db"))


def ask_first(program: str, folder: Path, arguments: tuple[str, ...]) -> Answer:
    done = subprocess.run([program, "verify", *ledger_files(folder), "--json", *arguments],
                          capture_output=True, text=True, check=False, timeout=60)
    if done.returncode not in (0, 1):
        return Answer(done.returncode, faults=done.stderr[-300:])
    try:
        found = json.loads(done.stdout)["results"][0]
    except (ValueError, LookupError):
        return Answer(-1, faults=done.stdout[-300:] + done.stderr[-300:])
    outcome = {"open-end": "open"}.get(found["outcome"], found["outcome"])
    faults = json.dumps(found["faults"])[:600]
    names = tuple((fault["rule"], Path(fault["file"]).name, fault["first"], fault["last"])
                  for fault in found["faults"])
    return Answer(done.returncode, outcome, found["epoch"], found["sealed"], found["code"], faults,
                  names)


def ask_check(program: str, folder: Path, arguments: tuple[str, ...]) -> Answer:
    """The first verifier by the program ledger-check."""
    done = subprocess.run([program, "--open", *arguments, *ledger_files(folder)],
                          capture_output=True, text=True, check=False, timeout=60)
    found = re.match(r"(\S+) epoch (\d+) sealed (\d+) rows \d+ first \d+ last (\d+) head (\S+)\n",
                     done.stdout)
    if done.returncode not in (0, 1) or not found:
        return Answer(done.returncode or -1, faults=done.stdout[-300:] + done.stderr[-300:])
    outcome = {"open-end": "open"}.get(found[1], found[1])
    names = tuple((int(rule), name, int(first), int(last)) for rule, name, first, last in
                  re.findall(r"^fault (\d+) (.+) (\d+)-(\d+): ", done.stdout, re.MULTILINE))
    code = verify.code(int(found[4]), bytes.fromhex(found[5]))
    return Answer(done.returncode, outcome, int(found[2]), int(found[3]), code,
                  done.stdout[found.end():][:600], names)


def ask_second(folder: Path, arguments: tuple[str, ...]) -> Answer:
    is_complete = "--complete" in arguments
    rest = [argument for argument in arguments if argument != "--complete"]
    given = dict(zip(rest[::2], rest[1::2]))
    key = verify.parse_key(given["--key"]) if "--key" in given else None
    head = verify.parse_head(given["--head"]) if "--head" in given else None
    try:
        found = verify.verify([Path(path) for path in ledger_files(folder)], key, head,
                              is_complete)
    except verify.Unreadable as error:
        return Answer(4, faults=str(error))
    faults = [f"{fault['number']}: {fault['what']}, {fault['first']}-{fault['last']}"
              for fault in found["faults"]]
    return Answer(1 if faults else 0, found["outcome"], found["epoch"], found["covers"],
                  found["code"], "; ".join(faults)[:600],
                  tuple((fault["number"], Path(fault["file"]).name, fault["first"], fault["last"])
                        for fault in found["faults"]))


def ask_both(ask: Callable[[Path, tuple[str, ...]], Answer], folder: Path,
             arguments: tuple[str, ...]) -> tuple[Answer, Answer]:
    """Each gets its own copy, so that neither sees what SQLite did for the other."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "ledger"
        shutil.copytree(folder, copy, symlinks=True)
        return ask_second(folder, arguments), ask(copy, arguments)


def answers_of(folder: Path) -> dict[str, list]:
    """Every row and the answer to every query, by query, over all months."""
    found: dict[str, list] = {query: [] for query in QUERIES}
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "ledger"
        shutil.copytree(folder, copy)
        for path in ledger_files(copy):
            base = sqlite3.connect(path)
            base.text_factory = bytes
            for query in QUERIES:
                found[query] += base.execute(query)
            base.close()
    return found


def is_prefix(found: dict[str, list], original: dict[str, list]) -> bool:
    return all(found[query] == original[query][:len(found[query])] for query in QUERIES[:3])


# Tampering.

def by_sql(name: str, *statements: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        base = sqlite3.connect(folder / name, isolation_level=None)
        for statement in statements:
            base.execute(statement)
        base.close()
    return change


def by_bytes(name: str, offset: int, data: bytes) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        with (folder / name).open("r+b") as stream:
            stream.seek(offset, 2 if offset < 0 else 0)
            stream.write(data)
    return change


def by_size(name: str, difference: int) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        os.truncate(folder / name, (folder / name).stat().st_size + difference)
    return change


def then(*changes: Callable[[Path], object]) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        for each in changes:
            each(folder)
    return change


def nothing(folder: Path) -> None:
    del folder


def swap_months(folder: Path) -> None:
    (folder / NOVEMBER).rename(folder / "other")
    (folder / DECEMBER).rename(folder / NOVEMBER)
    (folder / "other").rename(folder / DECEMBER)


def set_marks(name: str) -> Callable[[Path], None]:
    """Computes every mark of a file anew, as whoever changes a row would."""
    def change(folder: Path) -> None:
        base = sqlite3.connect(folder / name)
        base.text_factory = bytes
        texts = dict(base.execute("SELECT id, value FROM text"))
        names = ", ".join(verify.COLUMNS)
        for values in base.execute(f"SELECT {names} FROM event ORDER BY seq").fetchall():
            row = verify.Row(dict(zip(verify.COLUMNS, values)), {})
            row.text = {column: texts.get(row.value[column]) for column in verify.TEXT_COLUMNS}
            try:
                mark = int.from_bytes(verify.digest(row)[:4], "big", signed=True)
            except (OverflowError, AttributeError, TypeError):
                continue
            base.execute("UPDATE event SET mark = ? WHERE seq = ?", (mark, row.seq))
        base.commit()
        base.close()
    return change


def forge(month: str = DECEMBER, /, **changes: object) -> Callable[[Path], None]:
    """Adds a row behind the last one with a right mark; a text given is new, a number is an id."""
    def change(folder: Path) -> None:
        base = sqlite3.connect(folder / month)
        last = base.execute("SELECT * FROM event ORDER BY seq DESC LIMIT 1").fetchone()
        row = dict(zip(verify.COLUMNS, last)) | {"seq": last[0] + 1, "severity": 0, "details": None,
                                                "kind": "file.opened"} | changes
        for column, value in row.items():
            if isinstance(value, (str, bytes)):
                sql = "INSERT INTO text(value) VALUES (CAST(? AS TEXT))"
                value = base.execute(sql, (value,)).lastrowid
            row[column] = value
        marks = ", ".join("?" * len(row))
        base.execute(f"INSERT INTO event VALUES ({marks})", list(row.values()))
        base.commit()
        base.close()
        set_marks(month)(folder)
    return change


def cut(count: int, month: str = DECEMBER, has_tidy_texts: bool = True) -> Callable[[Path], None]:
    """Removes the last rows, and the texts only they used."""
    used = ", ".join(verify.TEXT_COLUMNS)
    most = " UNION ALL ".join(f"SELECT {name} AS id FROM event" for name in used.split(", "))
    statements = [f"DELETE FROM event WHERE seq > (SELECT max(seq) - {count} FROM event)"]
    if has_tidy_texts:
        statements.append(f"DELETE FROM text WHERE id > (SELECT max(id) FROM ({most}))")
    return by_sql(month, *statements)


def sealed(which: str) -> str:
    return ("(SELECT seq FROM event WHERE kind = (SELECT id FROM text WHERE value ="
            f" 'ledger.sealed') ORDER BY seq {which})")


def swapped_rows() -> Callable[[Path], None]:
    return by_sql(NOVEMBER, "UPDATE event SET seq = -1"
                  " WHERE seq = (SELECT min(seq) + 5 FROM event)",
                  "UPDATE event SET seq = seq - 1 WHERE seq = (SELECT max(seq) FROM event WHERE seq"
                  " = (SELECT min(seq) + 6 FROM event WHERE seq > 0))",
                  "UPDATE event SET seq = (SELECT min(seq) + 6 FROM event WHERE seq > 0)"
                  " WHERE seq = -1")


def touch(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(b"x" * 512)


def cases_of_rows() -> list[Case]:
    fifth = "WHERE seq = (SELECT min(seq) + 5 FROM event)"
    columns = ", ".join(verify.COLUMNS[1:])
    moved = ("UPDATE event SET seq = seq - 1 WHERE seq > (SELECT min(seq) + 1 FROM event AS e WHERE"
             " NOT EXISTS (SELECT 1 FROM event WHERE seq = e.seq + 1))")
    added = (f"INSERT INTO event(seq, {columns}) SELECT seq + 1, {columns} FROM event"
             " ORDER BY seq DESC LIMIT 1")
    changed = by_sql(NOVEMBER, f"UPDATE event SET pid = pid + 1 {fifth}")
    removed = by_sql(NOVEMBER, f"DELETE FROM event {fifth}")
    return [
        Case("a number of a row changed", changed, 6),
        Case("a number changed, marks computed anew", then(changed, set_marks(NOVEMBER)), 8),
        Case("a text changed", by_sql(NOVEMBER, "UPDATE text SET value = value || 'x'"
                                      " WHERE id = (SELECT max(id) / 2 FROM text)"), 6),
        Case("a text changed, marks computed anew", then(by_sql(
            NOVEMBER, "UPDATE text SET value = 'x' WHERE id = (SELECT max(object) FROM event)"),
            set_marks(NOVEMBER)), 8),
        Case("a text stored as a blob", by_sql(
            NOVEMBER, "UPDATE text SET value = CAST(value AS BLOB)"
            " WHERE id = (SELECT max(object) FROM event)"), 4),
        Case("a number stored as a real", by_sql(
            NOVEMBER, f"UPDATE event SET mono_ns = 0.5 {fifth}"), 4),
        Case("a number stored as text", by_sql(
            NOVEMBER, f"UPDATE event SET uid = 'root' {fifth}"), 4),
        Case("NULL made the empty text", then(forge(outcome=""), by_sql(
            DECEMBER, "UPDATE event SET outcome = NULL WHERE seq = (SELECT max(seq) FROM event)")),
            4),
        Case("a row removed", removed, 5),
        Case("a row removed, the rest moved up", then(by_sql(
            NOVEMBER, f"DELETE FROM event {fifth}", "UPDATE event SET seq = seq - 1 WHERE seq >"
            " (SELECT min(seq) + 5 FROM event)"), set_marks(NOVEMBER)), 8),
        Case("the first row removed", by_sql(
            OCTOBER, "DELETE FROM event WHERE seq = 1"), 7),
        Case("two rows swapped", swapped_rows(), 6),
        Case("two rows swapped, marks computed anew",
             then(swapped_rows(), set_marks(NOVEMBER)), 8),
        Case("a row added at the end of a month", by_sql(NOVEMBER, added), 6),
        Case("a row added at the very end", by_sql(DECEMBER, added), 6),
        Case("all rows removed", by_sql(DECEMBER, "DELETE FROM event", "DELETE FROM text"), 7),
        Case("a seal removed", by_sql(
            NOVEMBER, f"DELETE FROM event WHERE seq = {sealed('LIMIT 1 OFFSET 1')}"), 5),
        Case("the last seal of a month removed", by_sql(
            NOVEMBER, f"DELETE FROM event WHERE seq = {sealed('DESC LIMIT 1')}"), 5),
        Case("a seal removed, the rest moved up", then(by_sql(
            NOVEMBER, f"DELETE FROM event WHERE seq = {sealed('LIMIT 1')}", moved),
            set_marks(NOVEMBER)), 8),
        Case("a user in an opening row", then(by_sql(
            NOVEMBER, "UPDATE event SET uid = 0 WHERE seq = (SELECT min(seq) FROM event)"),
            set_marks(NOVEMBER)), 7),
        Case("an opening row of a higher severity", then(by_sql(
            NOVEMBER, "UPDATE event SET severity = 1 WHERE seq = (SELECT min(seq) FROM event)"),
            set_marks(NOVEMBER)), 7),
        Case("a user in the last seal", then(by_sql(
            DECEMBER, f"UPDATE event SET uid = 0 WHERE seq = {sealed('DESC LIMIT 1')}"),
            set_marks(DECEMBER)), 8),
        Case("another object of the last seal", then(by_sql(
            DECEMBER, "UPDATE event SET object = (SELECT max(object) FROM event)"
            f" WHERE seq = {sealed('DESC LIMIT 1')}"), set_marks(DECEMBER)), 8),
        Case("a control character in the host's name", then(by_sql(
            NOVEMBER, "UPDATE text SET value = replace(value, '\"host\":\"', '\"host\":\"' ||"
            " char(133)) WHERE id = (SELECT details FROM event ORDER BY seq LIMIT 1)"),
            set_marks(NOVEMBER)), 7),
        Case("a month that there is not", then(by_sql(
            NOVEMBER, "UPDATE text SET value = replace(value, '2026-11', '2026-13') WHERE id <= 8"),
            set_marks(NOVEMBER)), 7),
        Case("a text left over", by_sql(NOVEMBER, "INSERT INTO text(value) VALUES ('x')"), 4),
    ]


def cases_of_forged_ends() -> list[Case]:
    def case(name: str, rule: int, **changes: object) -> Case:
        return Case(f"forged row behind the end: {name}", forge(**changes), rule,
                    has_same_rows=False)
    return [
        case("as it must be", 0, kind="file.opened"),
        case("uid 4294967294", 0, uid=2**32 - 2),
        case("uid 4294967295", 4, uid=2**32 - 1), case("uid -1", 4, uid=-1),
        case("pid 4294967295", 0, pid=2**32 - 1), case("pid 4294967296", 4, pid=2**32),
        case("severity 4", 4, severity=4), case("wall_ns below 0", 4, wall_ns=-1),
        case("a boot id of 31 digits", 4, boot="0" * 31),
        case("a boot id in upper case", 4, boot="A" * 32),
        case("a kind without a point", 4, kind="file"),
        case("an empty kind", 4, kind=""),
        case("details that are no JSON", 4, details="{"),
        case("details that are a list", 4, details="[]"),
        case("details with more behind", 4, details="{} {}"),
        case("empty details", 4, details=""),
        case("details with a key twice", 4, details='{"a":1,"b":{"c":1,"\\u0063":2}}'),
        case("details with NaN", 4, details='{"a":NaN}'),
        case("details with an escaped NUL", 4, details='{"a":"\\u0000"}'),
        case("details with half of a surrogate pair", 4, details='{"a":"\\ud800"}'),
        case("details 33 deep", 4, details='{"a":' + "[" * 32 + "]" * 32 + "}"),
        case("details 32 deep", 0, details='{"a":' + "[" * 31 + "]" * 31 + "}"),
        case("details with numbers of any size", 0,
             details='{"a":' + "9" * 5000 + ',"b":-1e99999,"c":"\\ud83d\\ude00"}'),
        case("a kind with an upper-case letter", 4, kind="file.Opened"),
        case("a kind with two points", 4, kind="file.opened.twice"),
        case("a kind of 65 bytes", 4, kind="f." + "o" * 63),
        case("a kind of 64 bytes that nobody knows", 0, kind="f-1." + "o" * 60),
        case("details with spaces", 0, details=' { "a" : [ 1.5e3, null, "\\u00e9" ] } '),
        case("a text with NUL", 4, object=b"a\0b"),
        case("a text that is no UTF-8", 4, object=b"a\xffb"),
        case("a text with a surrogate in UTF-8", 4, object=b"\xed\xa0\x80"),
        case("a text with an overlong form", 4, object=b"\xc0\xaf"),
        case("an empty text", 0, object=""),
        case("a text of 1048576 bytes", 0, object="x" * 1_048_576),
        case("a text of 1048577 bytes", 4, object="x" * 1_048_577),
        case("a text that is not there", 4, object=9999),
        case("text id 0", 4, object=0),
        case("a second ledger.opened", 7, kind="ledger.opened"),
        case("a seal without details", 8, kind="ledger.sealed"),
    ]


def cases_of_files() -> list[Case]:
    def statement(name: str, sql: str, rule: int = 3) -> Case:
        return Case(name, by_sql(NOVEMBER, *sql.split("; ")), rule)
    return [
        statement("a column added", "ALTER TABLE event ADD COLUMN more INTEGER"),
        statement("a trigger added", "CREATE TRIGGER t AFTER INSERT ON event BEGIN SELECT 1; END"
                  .replace("; ", " ;")),
        statement("a view added", "CREATE VIEW more AS SELECT 1"),
        statement("a view shadowed", "DROP VIEW events; CREATE VIEW events AS SELECT * FROM event"),
        statement("an index added", "CREATE INDEX more ON event(pid)"),
        statement("an index made anew behind the view",
                  "DROP INDEX event_kind; CREATE INDEX event_kind ON event(kind)"),
        statement("an index removed", "DROP INDEX event_kind"),
        statement("a table added", "CREATE TABLE more(a)"),
        statement("statistics added", "ANALYZE"),
        statement("user_version changed", "PRAGMA user_version = 3", 1),
        statement("user_version of fewer indexes", "PRAGMA user_version = 1"),
        Case("a file of version 1", by_sql(
            NOVEMBER, "DROP INDEX event_object", "DROP INDEX event_details", "DROP INDEX text_path",
            "DROP INDEX text_to", "DROP TABLE tally", "PRAGMA user_version = 1", "VACUUM"), 0, has_same_rows=False),
        statement("a total of rows that are not there", "INSERT INTO tally VALUES(1000000, x'')", 11),
        statement("rows left out of the index of objects",
                  "DROP INDEX event_object; CREATE INDEX event_object ON event(object) WHERE seq % 2; "
                  "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rowid = 5, sql = "
                  "'CREATE INDEX event_object ON event(object)' WHERE name = 'event_object'", 2),
        statement("application_id changed", "PRAGMA application_id = 1", 1),
        statement("page size changed", "PRAGMA page_size = 8192; VACUUM", 1),
        statement("auto-vacuum switched on", "PRAGMA auto_vacuum = 1; VACUUM", 1),
        statement("packed by VACUUM", "VACUUM", 0),
        Case("a page added", by_size(NOVEMBER, 4096), 1),
        Case("a byte added", by_size(NOVEMBER, 1), 1),
        Case("the last page cut", by_size(NOVEMBER, -4096), 1),
        Case("an empty file", lambda folder: (folder / NOVEMBER).write_bytes(b""), 1),
        Case("a -wal beside a closed file", touch(NOVEMBER + "-wal"), 1),
        Case("a -shm beside a closed file", touch(NOVEMBER + "-shm"), 1),
        Case("a -journal beside a closed file", touch(NOVEMBER + "-journal"), 1),
        Case("an earlier month marked as open", by_bytes(NOVEMBER, 18, b"\2\2"), 1),
        Case("the last month marked as open", by_bytes(DECEMBER, 18, b"\2\2"), 1),
        Case("only one of the two marks of an open file", by_bytes(DECEMBER, 18, b"\2\1"), 1),
        Case("the other of the two marks", by_bytes(DECEMBER, 18, b"\1\2"), 1),
        Case("a month left out", lambda folder: (folder / NOVEMBER).unlink(), 5),
        Case("two months swapped by name", swap_months, 7),
        Case("a month twice", lambda folder: shutil.copy(
            folder / NOVEMBER, folder / "copy.db"), 7),
        Case("a month under another name", lambda folder: (folder / NOVEMBER).rename(
            folder / "2026-11-other.db"), 0),
    ]


def cases_of_knowledge(heads: dict[str, str], key: str) -> list[Case]:
    """heads: the head code of the last row of each month."""
    head = heads[DECEMBER]
    row, first, second = head.split("-")
    wrong = f"{row}-{int(first, 16) ^ 1:04x}-{second}"
    later = f"{int(row) + 1}-{first}-{second}"
    first_gone = Case("the first month left out", lambda folder: (folder / OCTOBER).unlink(), 0,
                      has_same_rows=False)
    return [
        Case("untouched", nothing, 0),
        Case("untouched, with its head and key", nothing, 0, ("--head", head, "--key", key)),
        Case("untouched, with another head", nothing, 10, ("--head", wrong)),
        Case("untouched, with a head behind the end", nothing, 10, ("--head", later)),
        Case("untouched, with another key", nothing, 9, ("--key", OTHER_KEY)),
        Case("tail cut", cut(7), 0, has_same_rows=False),
        Case("tail cut, with the later head", cut(7), 10, ("--head", head)),
        Case("tail cut, its texts left", cut(20, has_tidy_texts=False), 4),
        Case("last month left out", lambda folder: (folder / DECEMBER).unlink(), 0,
             has_same_rows=False),
        Case("last month left out, with the later head",
             lambda folder: (folder / DECEMBER).unlink(), 10, ("--head", head)),
        first_gone,
        Case("the first month left out, with another key", first_gone.change, 0,
             ("--key", OTHER_KEY), has_same_rows=False),
        Case("the first month left out, with a head in it", first_gone.change, 0,
             ("--head", "5-0000-0000"), has_same_rows=False),
        Case("the first month left out, with its last head", first_gone.change, 0,
             ("--head", heads[OCTOBER]), has_same_rows=False),
        Case("the first month left out, with another last head", first_gone.change, 10,
             ("--head", heads[OCTOBER][:-1] + ("0" if heads[OCTOBER][-1] != "0" else "1")),
             has_same_rows=False),
        Case("forged row behind the end, with the head before it", forge(kind="file.opened"),
             0, ("--head", head), has_same_rows=False),
    ]


def cases_of_open_files() -> list[Case]:
    wal = NOVEMBER + "-wal"
    return [
        Case("open: untouched", nothing, 0),
        Case("open: -shm removed", lambda folder: (folder / (NOVEMBER + "-shm")).unlink(), 0),
        Case("open: -wal cut by one byte", by_size(wal, -1), 0, has_same_rows=False),
        Case("open: -wal and -shm removed", then(
            lambda folder: (folder / wal).unlink(),
            lambda folder: (folder / (NOVEMBER + "-shm")).unlink()), 1, has_same_rows=False),
        Case("open: a -journal beside it", touch(NOVEMBER + "-journal"), 1),
        Case("open: only one of the two marks", by_bytes(NOVEMBER, 19, b"\1"), 1),
        Case("open: not the newest", lambda folder: shutil.copy(
            folder / NOVEMBER, folder / "2027-01.db"), 1),
        Case("open: a closed month before it, changed in its header", by_bytes(
            OCTOBER, 48, b"\xdc"), 1),
        Case("open: the -wal is a link", then(
            lambda folder: (folder / wal).rename(folder / "elsewhere"),
            lambda folder: (folder / wal).symlink_to("elsewhere")), 1),
        Case("open: marked as closed", by_bytes(NOVEMBER, 18, b"\1\1"), 1),
    ]


# Removed months.

def bring_back(kept: Path, *names: str) -> Callable[[Path], None]:
    """What a power cut leaves of a removal: the row, and a file that it says is gone."""
    def change(folder: Path) -> None:
        for name in names:
            shutil.copy(kept / name, folder / name)
    return change


def without(*names: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        for name in names:
            (folder / name).unlink()
    return change


def opened_as(path: Path) -> dict:
    """The details of the first row of a file."""
    base = sqlite3.connect(path)
    details, = base.execute("SELECT details FROM events ORDER BY seq LIMIT 1").fetchone()
    base.close()
    return json.loads(details)


def in_both_ways(name: str, change: Callable[[Path], object], rule: int,
                 rule_if_complete: int) -> list[Case]:
    return [Case(name, change, rule, has_same_rows=False),
            Case(f"{name}, complete", change, rule_if_complete, ("--complete",),
                 has_same_rows=False)]


def cases_of_removals(ledger: Path, kept: Path) -> list[Case]:
    """Of a ledger that removed October in January, November and December in February."""
    head = verify.verify([ledger / JANUARY, ledger / FEBRUARY], None, None)["code"]
    removed = opened_as(ledger / JANUARY)["previous_head"]
    return [Case("removed: complete, with head and key", nothing, 0,
                 ("--complete", "--head", head, "--key", OTHER_KEY), has_same_rows=False),
            Case("removed: complete, with a head of a month that is gone", nothing, 0,
                 ("--complete", "--head", "5-0000-0000"), has_same_rows=False)] + [
        case for cases in (
        in_both_ways("removed: three months, over time", nothing, 0, 0),
        in_both_ways("removed: the last of them is still there", bring_back(kept, DECEMBER), 0, 0),
        in_both_ways("removed: the last two are still there",
                     bring_back(kept, NOVEMBER, DECEMBER), 0, 0),
        in_both_ways("removed: all are still there",
                     bring_back(kept, OCTOBER, NOVEMBER, DECEMBER), 0, 0),
        in_both_ways("removed: one in between is gone", bring_back(kept, NOVEMBER), 5, 5),
        in_both_ways("removed: a month more than the rows say", without(JANUARY), 0, 12),
        in_both_ways("removed: the row's month was cut off", without(FEBRUARY), 0, 12),
        in_both_ways("removed: the row's month was cut off, the removed ones are there", then(
            without(FEBRUARY), bring_back(kept, NOVEMBER, DECEMBER)), 0, 0),
        in_both_ways("removed: the rows at the end cut off", cut(4, FEBRUARY), 0, 12),
        in_both_ways("removed: another head in the row, marks computed anew", then(by_sql(
            FEBRUARY, f"UPDATE text SET value = replace(value, '{removed}', '{OTHER_KEY}')"),
            set_marks(FEBRUARY)), 12, 12),
        in_both_ways("removed: the first file has a byte more", by_size(JANUARY, 1), 1, 1),
        in_both_ways("removed: the first file's first row is gone", by_sql(
            JANUARY, "DELETE FROM event WHERE seq = (SELECT min(seq) FROM event)"), 7, 7),
    ) for case in cases]


def variants(right: str) -> list[tuple[str, str | None, int]]:
    """Details of a row that should say `right`: what is wrong, the text, its fault or 0."""
    def put(name: str, was: str, now: str, rule: int = 12) -> tuple[str, str, int]:
        changed = right.replace(was, now, 1)
        assert changed != right, name
        return name, changed, rule

    def give(name: str, key: str, value: object, rule: int = 12) -> tuple[str, str, int]:
        text = json.dumps(json.loads(right) | {key: value}, separators=(",", ":"))
        assert text != right, name
        return name, text, rule
    found = json.loads(right)
    first, last, head = found["first"], found["last"], found["head"]
    return [
        ("as it must be", right, 0),
        give("the day stated", "today", "2027-01-15", 0),
        give("today empty", "today", ""), give("today null", "today", None),
        give("today 29 February of no leap year", "today", "2027-02-29"),
        give("today 29 February of a leap year", "today", "2028-02-29", 0),
        give("today with a time", "today", "2027-01-15T00:00"),
        give("today a word", "today", "yesterday"),
        give("an additional key", "more", 1),
        ("an additional key in front", '{"more":1,' + right[1:], 12),
        ("today before contract_end", right.replace(
            '"contract_end"', '"today":"2027-01-15","contract_end"'), 12),
        ("keys in another order", json.dumps(dict(reversed(found.items())),
                                             separators=(",", ":")), 12),
        *(("without " + key, json.dumps({name: found[name] for name in found if name != key},
                                        separators=(",", ":")), 12) for key in found),
        put("a space behind a colon", ":", ": "), put("a space behind a comma", ",", ", "),
        ("a space in front", " " + right, 12), ("a space behind", right + " ", 12),
        ("a newline behind", right + "\n", 12),
        put("an escaped letter in a key", '"month"', '"\\u006donth"'),
        put("an escaped digit", '"2026', '"\\u0032026'),
        give("the head in upper case", "head", head.upper()),
        give("the head a digit shorter", "head", head[1:]),
        give("the head a digit longer", "head", head + "0"),
        give("the head empty", "head", ""),
        give("the head with a letter that is no digit", "head", "g" + head[1:]),
        give("another head", "head", ("1" if head[0] == "0" else "0") + head[1:]),
        put("last with a fraction", f'"last":{last}', f'"last":{last}.0'),
        put("last with an exponent", f'"last":{last}', f'"last":{last}e0'),
        put("last with a leading zero", f'"last":{last}', f'"last":0{last}', 4),
        put("last as a text", f'"last":{last}', f'"last":"{last}"'),
        put("last below 0", f'"last":{last}', f'"last":-{last}'),
        put("last 2^63", f'"last":{last}', f'"last":{2**63}'),
        put("last 2^64 more", f'"last":{last}', f'"last":{last + 2**64}'),
        put("first -0", f'"first":{first}', '"first":-0'),
        put("first below 0", f'"first":{first}', '"first":-1'),
        give("first 0", "first", 0), give("first true", "first", True),
        give("first null", "first", None), give("first behind last", "first", last + 1),
        give("first equal to last", "first", last, 0),
        give("month 13", "month", "2026-13"), give("month 00", "month", "2026-00"),
        give("a month without a zero", "month", "2026-9"),
        give("a month with a day", "month", "2026-10-01"), give("a month empty", "month", ""),
        give("a month of 1969", "month", "1969-12"), give("a month of 2200", "month", "2200-01"),
        give("contract_end empty", "contract_end", ""),
        give("contract_end a month", "contract_end", "2026-03"),
        give("contract_end of month 13", "contract_end", "2026-13-01"),
        give("contract_end of day 00", "contract_end", "2026-03-00"),
        give("contract_end of day 32", "contract_end", "2026-03-32"),
        give("contract_end 31 April", "contract_end", "2026-04-31"),
        give("contract_end with slashes", "contract_end", "2026/03/31"),
        give("contract_end with a letter", "contract_end", "2026-03-3a"),
        give("contract_end of 1969", "contract_end", "1969-12-31"),
        give("contract_end of 2200", "contract_end", "2200-01-01"),
        give("contract_end with digits of another script", "contract_end", "２０２６-03-31"),
        ("no details", None, 12), ("an empty object", "{}", 12), ("details of a list", "[]", 4),
    ]


def cases_of_forged_removals(closed: Path) -> list[Case]:
    """Of a ledger of three months that removed none: October is taken away, a row put in
    behind the last seal, which excuses nothing."""
    second = opened_as(closed / NOVEMBER)
    right = json.dumps({"month": "2026-10", "first": 1, "last": second["previous_sequence"],
                        "head": second["previous_head"], "contract_end": "2026-03-31"},
                       separators=(",", ":"))

    def row(month: str = DECEMBER, /, **changes: object) -> Callable[[Path], None]:
        return forge(month, **({"kind": "ledger.pruned", "object": "2026-10", "severity": 1,
                                "outcome": "removed", "details": right} | changes))
    gone, later = without(OCTOBER), right.replace(f'"last":{second["previous_sequence"]}',
                                                  f'"last":{second["previous_sequence"] + 1}')
    wrong = json.loads(right) | {"head": OTHER_KEY}
    other = json.dumps(wrong, separators=(",", ":"))
    cases = [
        in_both_ways("no row: the first month is gone", gone, 0, 12),
        in_both_ways("no row: nothing is gone", nothing, 0, 0),
        in_both_ways("no row: the first two months are gone", without(OCTOBER, NOVEMBER), 0, 12),
        in_both_ways("a row of another kind", then(gone, row(kind="ledger.prune")), 0, 12),
        in_both_ways("a row with the next number as last", then(gone, row(details=later)), 0, 12),
        in_both_ways("a wrong and a right row", then(gone, row(details=other), row()), 12, 12),
        in_both_ways("a right row twice", then(gone, row(), row()), 0, 12),
        in_both_ways("another head, its month still there", row(details=other), 0, 0),
        in_both_ways("a wrong form, its month still there", row(details="{}"), 12, 12),
        in_both_ways("a right row, its month still there", row(), 0, 0),
        in_both_ways("a right row, the month behind it is gone too", then(
            row(), without(OCTOBER, NOVEMBER)), 0, 12),
        in_both_ways("a row whose object is another month", then(gone, row(object="2026-11")),
                     0, 12),
        in_both_ways("a row without an object", then(gone, row(object=None)), 0, 12),
        in_both_ways("a row of another outcome", then(gone, row(outcome="failed")), 0, 12),
        in_both_ways("a row of another severity", then(gone, row(severity=3)), 0, 12),
        in_both_ways("a row with a user", then(gone, row(uid=0, user="root")), 0, 12),
        in_both_ways("a row whose month is another", then(gone, row(
            details=right.replace("2026-10", "2025-01"))), 0, 12),
        in_both_ways("a row whose last is its own number or more", then(gone, row(
            details=right.replace(f'"last":{second["previous_sequence"]}', '"last":9999'))), 0, 12),
    ]
    for name, details, rule in variants(right):
        both = in_both_ways(f"removal: {name}", then(gone, row(details=details)), rule, rule or 12)
        # A wrong form is a fault of its own: with `--complete` another one would hide it.
        cases.append(both[:1] if rule else both)
    return [case for both in cases for case in both]


# Running.

class Run:
    """Counts what was asked, and what they did not agree on."""

    def __init__(self, program: str, check: str) -> None:
        self.programs = {"sekisho": functools.partial(ask_first, program),
                         "check": functools.partial(ask_check, check)}
        self.counts: collections.Counter = collections.Counter()
        self.bad = 0

    def judge(self, group: str, name: str, both: tuple[Answer, Answer], why: str) -> None:
        second, first = both
        said = {0: "not broken", 1: "broken"}.get(second.status, "unreadable")
        if not second.agrees(first) and not why:
            why = "they disagree"
        self.counts[group, "wrong" if why else said] += 1
        if why:
            self.bad += 1
            print(f"WRONG: {name}: {why}\n  second: {second}\n  first:  {first}", flush=True)

    def structured(self, ledger: Path, case: Case, original: dict[str, list],
                   program: str = "sekisho") -> None:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "ledger"
            shutil.copytree(ledger, folder)
            case.change(folder)
            both = ask_both(self.programs[program], folder, case.arguments)
            why = ""
            if case.rule:
                why = self.name_of(case.rule, both)
            elif both[0].status != 0:
                why = "the second says that it is broken"
            elif case.has_same_rows and answers_of(folder) != original:
                why = "not broken, but its rows are others"
        print(f"{both[0].status} {both[1].status} {case.name}", flush=True)
        self.judge("structured", case.name, both, why)

    @staticmethod
    def name_of(rule: int, both: tuple[Answer, Answer]) -> str:
        """Both must name the fault, and of one file; why not, or nothing."""
        if not both[0].blames(rule, set()):
            return f"the second does not name fault {rule}"
        # A head is wrong somewhere before its row, rows before the first file are in none: there
        # the files may differ.
        files = {name for number, name, first, _ in both[0].names
                 if number == rule != 10 and (rule, first) != (12, 1)}
        return "" if both[1].blames(rule, files) else f"the first does not name fault {rule}"

    def changed_byte(self, ledger: Path, chance: random.Random, original: dict[str, list]) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "ledger"
            shutil.copytree(ledger, folder)
            names = sorted(path for path in folder.iterdir() if not path.name.endswith("-shm"))
            path = chance.choice(names)
            data = bytearray(path.read_bytes())
            offset = chance.randrange(100 if chance.random() < 0.2 else len(data))
            was, data[offset] = data[offset], data[offset] ^ chance.randrange(1, 256)
            path.write_bytes(data)
            name = f"{path.name} offset {offset}: {was:#04x} made {data[offset]:#04x}"
            both = ask_both(self.programs["sekisho"], folder, ())
            why = "" if both[0].status else self.compare(folder, path, original)
        self.judge(f"byte of {ledger.parent.name}", name, both, why)

    @staticmethod
    def compare(folder: Path, path: Path, original: dict[str, list]) -> str:
        found = answers_of(folder)
        # A -wal may end early: that is a cut tail, and the rows before it must be the same.
        if found == original or path.name.endswith("-wal") and is_prefix(found, original):
            return ""
        return "not broken, but its rows are others"


def make_ledger(play: str, state: Path, *options: str) -> Path:
    subprocess.run([play, "--quiet", *options, str(state)], check=False, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, timeout=120)
    ledger = state / "ledger"
    for path in ledger.glob(".*"):
        path.unlink()
    if not list(ledger.glob("*.db")):
        sys.exit(f"{play} made no ledger")
    return ledger


def structured(run: Run, closed: Path, opened: Path) -> None:
    heads = {month: verify.verify([closed / month], None, None)["code"]
             for month in (OCTOBER, DECEMBER)}
    base = sqlite3.connect(closed / OCTOBER)
    key, = base.execute("SELECT json_extract(details, '$.public_key') FROM events").fetchone()
    base.close()
    cases = (cases_of_knowledge(heads, key) + cases_of_rows() + cases_of_forged_ends()
             + cases_of_files())
    original = answers_of(closed)
    for case in cases:
        run.structured(closed, case, original)
    original = answers_of(opened)
    for case in cases_of_open_files():
        run.structured(opened, case, original)


def removals(run: Run, play: str, state: Path, closed: Path, opened: Path) -> None:
    ledger = make_ledger(play, state, "--rows", "240", "--months", "3", "--seal-every", "40")
    kept = state / "kept"
    shutil.copytree(ledger, kept)
    for first, count in (("2027-01", "1"), ("2027-02", "2")):
        make_ledger(play, state, "--rows", "40", "--months", "1", "--first", first, "--prune",
                    count)
    if [Path(path).name for path in ledger_files(ledger)] != [JANUARY, FEBRUARY]:
        sys.exit(f"{play} did not remove the months it was told to")
    for case in cases_of_removals(ledger, kept):
        run.structured(ledger, case, {}, "check")
    for case in cases_of_forged_removals(closed):
        run.structured(closed, case, {}, "check")
    for case in in_both_ways("no row: the first month is gone, the newest is open",
                             without(OCTOBER), 0, 12):
        run.structured(opened, case, {}, "check")


def random_bytes(run: Run, ledgers: list[Path], count: int, seed: int) -> None:
    chance = random.Random(seed)
    originals = [answers_of(ledger) for ledger in ledgers]
    for number in range(count):
        # One in four is of the open ledger.
        which = 1 if number % 4 == 3 else 0
        run.changed_byte(ledgers[which], chance, originals[which])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sekisho", help="the program whose verifier is the first")
    parser.add_argument("play", help="the program ledger-play")
    parser.add_argument("check", help="the program ledger-check, asked about removed months")
    full = os.environ.get("SEKISHO_FULL") == "1"
    parser.add_argument("--count", type=int, default=500 if full else 120)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    run = Run(arguments.sekisho, arguments.check)
    with tempfile.TemporaryDirectory() as scratch:
        closed = make_ledger(arguments.play, Path(scratch) / "closed", "--rows", "240", "--months",
                             "3", "--seal-every", "40")
        opened = make_ledger(arguments.play, Path(scratch) / "open", "--rows", "100", "--months",
                             "2", "--seal-every", "40", "--kill-after", "90")
        structured(run, closed, opened)
        removals(run, arguments.play, Path(scratch) / "removed", closed, opened)
        random_bytes(run, [closed, opened], arguments.count, arguments.seed)
    for (group, said), count in sorted(run.counts.items()):
        print(f"{count:5} {group}: {said}")
    return 1 if run.bad else 0


if __name__ == "__main__":
    sys.exit(main())
