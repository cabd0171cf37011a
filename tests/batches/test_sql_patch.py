"""The SQL patch in real servers, as the servers' own clients carry it out, errors and all.

The databases are scratch ones of the test: Duiqi itself executes no patch anywhere.
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from checks.dictionary import Condition
from governance.demo.servers import mariadb, postgresql
from governance.exports.sqlpatch import DIALECTS, Change, Value, Words
from tests.conftest import missing

WORDS = Words(("a patch", "--\nDROP TABLE t;"), "switch", "line")
# Every one must arrive letter for letter, and none may end the text it stands in.
HOSTILE = (
    "'; DROP TABLE t; --",
    "a'b''c",
    "back\\slash \\' \\",
    "$duiqi$ $$ $duiqi_$",
    "line\nbreak\r\n.tables\n\\q",
    'quote " `tick` ;',
    "%s %(x)s :name ?",
    "中文 👾 ＝1+1",
    "\u202e\ufeff\x01",
    "-- no comment /* neither */",
    "",
    " blanks  ",
    "DELIMITER //",
)
TABLE = "odd 'name"
COLUMNS = ("key's", 'sel"ect`', "kept")


@dataclass
class Scratch:
    """A database of the test with one table of text columns."""

    kind: str
    script: Callable[[str], str]
    ask: Callable[[str], list[tuple[Any, ...]]]

    @property
    def dialect(self) -> Any:
        return DIALECTS[self.kind]

    def name(self, name: str) -> str:
        return str(self.dialect.identifier(name))

    def fill(self, rows: list[tuple[str | None, ...]]) -> None:
        columns = ", ".join(f"{self.name(c)} varchar(200)" for c in COLUMNS)
        self.script(f"CREATE TABLE {self.name(TABLE)} ({columns});")
        for row in rows:
            texts = ", ".join("NULL" if c is None else self.dialect.literal(c) for c in row)
            self.script(f"INSERT INTO {self.name(TABLE)} VALUES ({texts});")

    def rows(self) -> list[tuple[Any, ...]]:
        listed = ", ".join(map(self.name, COLUMNS))
        return sorted(self.ask(f"SELECT {listed} FROM {self.name(TABLE)}"), key=repr)

    def change(self, key: str, old: str | None, new: str) -> Change:
        return Change(
            TABLE,
            (Value(COLUMNS[0], self.type, key),),
            Value(COLUMNS[1], self.type, old),
            new,
        )

    @property
    def type(self) -> str:
        return "character varying" if self.kind == "postgresql" else "varchar(200)"

    def patch(self, *changes: Change) -> str:
        return str(self.dialect.text(changes, WORDS))

    def applied(self, *changes: Change) -> str:
        """As somebody would switch it on."""
        text = self.patch(*changes)
        if self.kind == "mysql":
            return self.script(text.replace("@duiqi_apply = 'no'", "@duiqi_apply = 'yes'"))
        head, _, _ = text.rpartition("ROLLBACK;")
        return self.script(f"{head}COMMIT;\n")


def piped(words: list[str], text: str) -> str:
    """Through a client that goes on after an error, which is the worst that can happen."""
    done = subprocess.run(words, input=text.encode(), capture_output=True, timeout=60)
    return (done.stdout + done.stderr).decode("utf-8", "replace")


def client(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        missing(f"there is no {name} here")
    return str(found)


@pytest.fixture(params=["postgresql", "mysql", "sqlite"])
def scratch(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scratch]:
    kind = request.param
    if kind == "sqlite":
        path = tmp_path / "scratch.sqlite"
        words = [client("sqlite3"), str(path)]

        def look(sql: str) -> list[tuple[Any, ...]]:
            with closing(sqlite3.connect(path)) as con:
                return con.execute(sql).fetchall()

        yield Scratch(kind, lambda text: piped(words, text), look)
        return
    url = str(request.getfixturevalue("postgres_url" if kind == "postgresql" else "mariadb_url"))
    parts = urlsplit(url)
    if kind == "postgresql":
        words = [client("psql"), "-X", "-q", url]
    else:
        words = [
            client("mariadb"), "--force", "-h", str(parts.hostname), "-P", str(parts.port or 3306),
            "-u", str(parts.username), parts.path.lstrip("/"), "--default-character-set=utf8mb4",
        ]  # fmt: skip
    opened = postgresql if kind == "postgresql" else mariadb

    def ask(sql: str) -> list[tuple[Any, ...]]:
        with opened(url) as con, con.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    yield Scratch(kind, lambda text: piped(words, text), ask)


def world(scratch: Scratch) -> list[tuple[str | None, ...]]:
    """Hostile keys, each with a hostile value, and rows that nobody speaks of."""
    rows: list[tuple[str | None, ...]] = [
        (f"{at} {text}", text, text) for at, text in enumerate(HOSTILE)
    ]
    return [*rows, ("N", None, "x"), ("other", "old", "x"), ("OTHER", "old", "x")]


def test_a_dry_run_changes_nothing_and_says_how_many_lines_are_ready(scratch: Scratch) -> None:
    rows = world(scratch)
    scratch.fill(rows)
    before = scratch.rows()
    assert before == sorted(rows, key=repr)
    changes = [scratch.change(str(key), old, f"new {old}") for key, old, _ in rows[:-1]]
    said = scratch.script(scratch.patch(*changes))
    assert scratch.rows() == before
    assert str(len(changes)) in said
    assert "rror" not in said, said


def test_what_is_applied_is_exactly_those_cells(scratch: Scratch) -> None:
    rows = world(scratch)
    scratch.fill(rows)
    shifted = dict(zip(HOSTILE, (*HOSTILE[1:], HOSTILE[0]), strict=True))
    changes = [
        scratch.change(str(key), old, shifted.get(str(old), "new")) for key, old, _ in rows[:-1]
    ]
    said = scratch.applied(*changes)
    wanted = [(key, shifted.get(str(old), "new"), kept) for key, old, kept in rows[:-1]]
    assert scratch.rows() == sorted([*wanted, rows[-1]], key=repr), said


@pytest.mark.parametrize("moved", ["before", "after"])
def test_one_value_that_moved_takes_everything_back(scratch: Scratch, moved: str) -> None:
    scratch.fill([("1", "a", ""), ("2", "b", ""), ("3", "c", ""), ("4", "d", "")])
    good = [scratch.change("2", "b", "B"), scratch.change("3", "c", "C")]
    bad = scratch.change("1", "A" if scratch.kind == "mysql" else "x", "new")
    changes = [bad, *good] if moved == "before" else [*good, bad, scratch.change("4", "d", "D")]
    scratch.applied(*changes)
    assert scratch.rows() == [("1", "a", ""), ("2", "b", ""), ("3", "c", ""), ("4", "d", "")]


def test_a_record_that_is_gone_or_there_twice_takes_everything_back(scratch: Scratch) -> None:
    rows = [("1", "a", ""), ("2", "b", ""), ("2", "b", "copy")]
    scratch.fill(list(rows))
    for bad in (scratch.change("9", "a", "x"), scratch.change("2", "b", "x")):
        scratch.applied(scratch.change("1", "a", "A"), bad)
        assert scratch.rows() == rows


def test_a_statement_that_breaks_off_takes_everything_back(scratch: Scratch) -> None:
    scratch.fill([("1", "a", ""), ("2", "b", ""), ("3", "c", "")])
    before = scratch.rows()
    broken = replace(scratch.change("2", "b", "B"), old=Value("no such column", "", "b"))
    scratch.applied(scratch.change("1", "a", "A"), broken, scratch.change("3", "c", "C"))
    assert scratch.rows() == before


def test_rows_that_the_mapping_leaves_out_are_never_touched(scratch: Scratch) -> None:
    scratch.fill([("1", "a", "live"), ("1", "a", "deleted")])
    change = scratch.change("1", "a", "A")
    only = replace(change, filter=(Condition("kept", ("deleted", None), negated=True),))
    scratch.applied(only)
    assert scratch.rows() == [("1", "A", "live"), ("1", "a", "deleted")]


def test_a_table_that_cannot_take_changes_back_is_not_touched(mariadb_url: str) -> None:
    parts = urlsplit(mariadb_url)
    words = [client("mariadb"), "--force", "-h", str(parts.hostname), "-u", "root",
             parts.path.lstrip("/")]  # fmt: skip
    piped(words, "CREATE TABLE t (k varchar(9), v varchar(9)) ENGINE=MyISAM;")
    piped(words, "INSERT INTO t VALUES ('1', 'a');")
    change = Change("t", (Value("k", "varchar(9)", "1"),), Value("v", "varchar(9)", "a"), "b")
    for text in (DIALECTS["mysql"].text([change], WORDS),):
        piped(words, text)
        piped(words, text.replace("'no'", "'yes'"))
    with mariadb(mariadb_url) as con, con.cursor() as cursor:
        cursor.execute("SELECT * FROM t")
        assert cursor.fetchall() == (("1", "a"),)
