"""Guarded SQL patches: for a person to read, to try, and then to switch on. We never execute one.

Each is one transaction. Every UPDATE names the record's key and the value that must still be
there, and must touch exactly one row; a single one that does not takes all the others back. As
written the file ends by taking everything back, whatever it did.

Values are compared as text, in the spelling in which the reader of that database printed them, so
that nothing is taken for equal that only a collation or a conversion makes so.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from checks.dictionary import Condition
from checks.sql import quoted
from governance.sources.landing import among
from governance.sources.mysql_columns import BINARY, base, name, printed

_OFFSET = re.compile(r"\+00:00$")
_REAL = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")


@dataclass(frozen=True)
class Value:
    """A column of the target, its own type name there, and a text."""

    column: str
    kind: str
    text: str | None


@dataclass(frozen=True)
class Change:
    """One cell of one record. `new` is what to put in where `old` still stands."""

    table: str
    key: tuple[Value, ...]
    old: Value
    new: str
    filter: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Words:
    """What the file says to its reader, each a single line; `ready` is the answer column."""

    head: tuple[str, ...]
    switch: str
    line: str


class Dialect(ABC):
    """How one kind of database says it."""

    def text(self, changes: Sequence[Change], words: Words) -> str:
        """The whole file."""
        return "\n".join([*(f"-- {one_line(w)}" for w in words.head), *self.lines(changes, words)])

    @abstractmethod
    def lines(self, changes: Sequence[Change], words: Words) -> Iterator[str]: ...

    @abstractmethod
    def identifier(self, name: str) -> str: ...

    @abstractmethod
    def literal(self, text: str) -> str: ...

    @abstractmethod
    def same(self, value: Value) -> str:
        """SQL: the column prints exactly this text."""

    def near(self, value: Value) -> str | None:
        """SQL that holds wherever `same` does and lets the database use an index, if there is."""
        return f"{self.identifier(value.column)} = {self.literal(value.text or '')}"

    def put(self, change: Change) -> str:
        return self.literal(change.new)

    def table(self, table: str) -> str:
        schema, _, plain = table.rpartition(".")
        return ".".join(self.identifier(part) for part in (schema, plain) if part)

    def update(self, change: Change) -> str:
        """The UPDATE, without a closing mark."""
        where = [near for value in change.key if (near := self.near(value))]
        where += [self.same(value) for value in (*change.key, change.old)]
        where += [self.kept(condition) for condition in change.filter]
        column = self.identifier(change.old.column)
        return (
            f"UPDATE {self.table(change.table)} SET {column} = {self.put(change)}\n"
            f"  WHERE {' AND '.join(where)}"
        )

    def kept(self, condition: Condition) -> str:
        """The mapping's own filter: rows that it leaves out are none of ours."""
        marks = ", ".join(self.literal(v) for v in condition.values if v is not None)
        column = self.identifier(condition.column)
        return among(column, marks, condition, self.as_text(condition.column))

    @abstractmethod
    def as_text(self, column: str) -> str: ...


class Postgres(Dialect):
    def lines(self, changes: Sequence[Change], words: Words) -> Iterator[str]:
        yield "BEGIN;"
        yield "SET LOCAL TimeZone = 'UTC';"
        yield "SET LOCAL DateStyle = 'ISO, YMD';"
        yield "SET LOCAL IntervalStyle = 'postgres';"
        yield "SET LOCAL bytea_output = 'hex';"
        yield "SET LOCAL extra_float_digits = 3;"
        for number, change in enumerate(changes, 1):
            body = (
                f"DECLARE touched bigint;\nBEGIN\n{self.update(change)};\n"
                "GET DIAGNOSTICS touched = ROW_COUNT;\n"
                "IF touched <> 1 THEN\n"
                f"RAISE EXCEPTION 'duiqi line {number}: % rows, not 1', touched;\n"
                "END IF;\nEND"
            )
            mark = "$duiqi$"
            while mark in body:
                mark = f"{mark[:-1]}_$"
            yield f"-- {one_line(words.line)} {number}\nDO {mark}\n{body}\n{mark};"
        yield f"SELECT {len(changes)} AS duiqi_lines_ready;"
        yield f"-- {one_line(words.switch)}"
        yield "ROLLBACK;\n"

    def identifier(self, name: str) -> str:
        return quoted(name)

    def literal(self, text: str) -> str:
        """Read the same whatever `standard_conforming_strings` says."""
        doubled = text.replace("'", "''")
        if text.isprintable() and "\\" not in text:
            return f"'{doubled}'"
        escaped = doubled.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
        return f"E'{escaped}'"

    def same(self, value: Value) -> str:
        if value.text is None:
            return f"{self.identifier(value.column)} IS NULL"
        # COPY prints the padding of char(n), a cast to text drops it.
        text = value.text.rstrip(" ") if value.kind.startswith("character(") else value.text
        own = self.as_text(value.column)
        return f'{own} IS NOT DISTINCT FROM {self.literal(text)} COLLATE "C"'

    def as_text(self, column: str) -> str:
        return f"{self.identifier(column)}::text"


class MySQL(Dialect):
    """MySQL and MariaDB have no block that can fail as a whole outside of procedures: lines that
    went well are counted, and COMMIT is prepared only where all did.

    Tables that cannot take a change back are not touched at all.
    """

    def lines(self, changes: Sequence[Change], words: Words) -> Iterator[str]:
        tables = dict.fromkeys(change.table for change in changes)
        yield "SET NAMES utf8mb4;"
        yield "SET SESSION time_zone = '+00:00';"
        yield "SET SESSION sql_mode = CONCAT_WS(',', NULLIF(@@sql_mode, ''), 'STRICT_ALL_TABLES');"
        yield f"-- {one_line(words.switch)}"
        yield "SET @duiqi_apply = 'no';"
        yield "SET @duiqi_lines = 0;"
        for at, table in enumerate(tables, 1):
            yield f"SET @duiqi_table_{at} = ({self.transactional(table)});"
        yield "START TRANSACTION;"
        numbers = {table: at for at, table in enumerate(tables, 1)}
        for number, change in enumerate(changes, 1):
            yield f"-- {one_line(words.line)} {number}"
            yield f"{self.update(change)} AND @duiqi_table_{numbers[change.table]} = 1;"
            yield "SET @duiqi_lines = @duiqi_lines + IF(ROW_COUNT() = 1, 1, 0);"
        yield (
            f"SELECT @duiqi_lines AS duiqi_lines_ready, {len(changes)} AS duiqi_lines_expected,"
            " @duiqi_apply AS duiqi_apply;"
        )
        yield (
            f"SET @duiqi_end = IF(@duiqi_lines = {len(changes)} AND @duiqi_apply = 'yes',"
            " 'COMMIT', 'DO 0');"
        )
        yield "PREPARE duiqi_end FROM @duiqi_end;"
        yield "EXECUTE duiqi_end;"
        yield "DEALLOCATE PREPARE duiqi_end;"
        yield "ROLLBACK;\n"

    def transactional(self, table: str) -> str:
        schema, _, plain = table.rpartition(".")
        where = self.literal(schema) if schema else "DATABASE()"
        return (
            "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = "
            f"{where} AND table_name = {self.literal(plain)} AND engine IN ('InnoDB', 'ROCKSDB')"
        )

    def identifier(self, name_: str) -> str:
        return name(name_)

    def literal(self, text: str) -> str:
        """Read the same with and without NO_BACKSLASH_ESCAPES."""
        if "\\" in text or not text.isprintable():
            return f"CONVERT(X'{text.encode().hex()}' USING utf8mb4)"
        return "'" + text.replace("'", "''") + "'"

    def near(self, value: Value) -> str | None:
        textual = ("char", "varchar", "text", "int", "bigint", "smallint", "tinyint", "mediumint")
        is_plain = self.literal(value.text or "").startswith("'")
        return super().near(value) if is_plain and base(value.kind) in textual else None

    def same(self, value: Value) -> str:
        if value.text is None:
            return f"{self.identifier(value.column)} IS NULL"
        shown = printed(value.column, value.kind)
        return f"CAST(CONVERT({shown} USING utf8mb4) AS BINARY) <=> {self._bytes(value.text)}"

    def put(self, change: Change) -> str:
        # The session runs in UTC, and MariaDB knows no offsets.
        kind = base(change.old.kind)
        if kind in ("timestamp", "datetime"):
            return self.literal(_OFFSET.sub("", change.new))
        if kind in BINARY:
            return f"UNHEX({self.literal(change.new)})"
        new = self.literal(change.new)
        return f"CAST({new} AS UNSIGNED)" if kind == "bit" else new

    def as_text(self, column: str) -> str:
        return f"CONVERT({self.identifier(column)} USING utf8mb4)"

    def _bytes(self, text: str) -> str:
        return f"CAST({self.literal(text)} AS BINARY)"


class Sqlite(Dialect):
    """A line that goes wrong breaks a rule of a temporary table that rolls everything back; what
    would follow misses that table and does nothing."""

    def lines(self, changes: Sequence[Change], words: Words) -> Iterator[str]:
        yield "BEGIN IMMEDIATE;"
        yield "CREATE TEMP TABLE duiqi_lines (line INTEGER NOT NULL, touched INTEGER NOT NULL);"
        for number, change in enumerate(changes, 1):
            yield f"-- {one_line(words.line)} {number}"
            # An UPDATE that breaks off would leave the count of the statement before it standing.
            yield "DELETE FROM temp.duiqi_lines WHERE 0;"
            before = f"(SELECT count(*) FROM temp.duiqi_lines) = {number - 1}"
            yield f"{self.update(change)} AND {before};"
            yield (
                f"INSERT OR ROLLBACK INTO temp.duiqi_lines VALUES ({number},"
                " CASE WHEN changes() = 1 THEN 1 END);"
            )
        yield "SELECT count(*) AS duiqi_lines_ready FROM temp.duiqi_lines;"
        yield "DROP TABLE temp.duiqi_lines;"
        yield f"-- {one_line(words.switch)}"
        yield "ROLLBACK;\n"

    def identifier(self, name: str) -> str:
        return quoted(name)

    def literal(self, text: str) -> str:
        if not text.isprintable():  # its own client drops the CR of a CRLF
            return f"CAST(X'{text.encode().hex()}' AS TEXT)"
        return "'" + text.replace("'", "''") + "'"

    def near(self, value: Value) -> str | None:
        # A column without a type compares 5 and '5' as different.
        return super().near(value) if value.kind else None

    def same(self, value: Value) -> str:
        if value.text is None:
            return f"{self.identifier(value.column)} IS NULL"
        text, column = self.literal(value.text), self.identifier(value.column)
        same = f"{self.as_text(value.column)} IS {text}"
        if not _REAL.fullmatch(value.text):
            return same
        # A cast prints fifteen digits of a real number, the reader all of them.
        return f"({same} OR typeof({column}) = 'real' AND {column} = CAST({text} AS REAL))"

    def as_text(self, column: str) -> str:
        return f"CAST({self.identifier(column)} AS TEXT)"


DIALECTS: dict[str, Dialect] = {
    "postgresql": Postgres(),
    "mysql": MySQL(),
    "mariadb": MySQL(),
    "sqlite": Sqlite(),
}


def one_line(words: str) -> str:
    """Words for a comment: nothing in them ends it."""
    return " ".join(words.split())
