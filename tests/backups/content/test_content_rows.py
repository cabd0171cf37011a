"""Rows come out as an obvious reader finds them, in whatever pieces the text arrives."""

from __future__ import annotations

from collections.abc import Iterator
from unittest import mock

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.backups.content import mysqldump, pgplain, values
from governance.backups.content.model import Wanted
from governance.backups.content.text import Text
from tests.backups.content.plainly import Plainly
from tests.thorough import some

ODD = [
    "'", '"', "\\", "\n", "\r", "\t", "\0", "\x1a", ",", "(", ")", ";", "),(", ");\n", "--", "#",
    "/*", "*/", "`", "NULL", "\\N", "\\.", "\n\\.\n", "\\'", "''", "%", "_", "客户", "誠\\", "😀",
    "INSERT INTO t VALUES (", ");\nINSERT INTO t VALUES ('", "$$", "E'", "0x41", " ",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from([*ODD, "a", "bc", "12"]), max_size=5).map("".join)
CELLS = st.one_of(TEXTS, st.none(), st.integers(-999, 999))
WIDTH = 3
TABLES = st.lists(st.tuples(*[CELLS] * WIDTH), max_size=25)
LETTER = {
    "\0": "\\0",
    "'": "\\'",
    '"': '\\"',
    "\n": "\\n",
    "\r": "\\r",
    "\\": "\\\\",
    "\x1a": "\\Z",
}
CREATE = b"CREATE TABLE `t` (\n  `a` text,\n  `b` text,\n  `c` text\n);\n"
CON = duckdb.connect()
WANTED = Wanted("t", {"x": "c", "y": "a", "z": "b"}, "taken", "b")


def literal(value: str | int | None, style: str) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    if style == "escaped":
        return "'" + "".join(LETTER.get(letter, letter) for letter in value) + "'"
    if style == "doubled":
        return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
    return "'" + value.replace("'", "''") + "'"


def inserts(rows: list[tuple[str | int | None, ...]], style: str, many: int, gap: str) -> bytes:
    """INSERT statements of so many rows each."""
    shown = ["(" + ",".join(literal(cell, style) for cell in row) + ")" for row in rows]
    parted = [shown[at : at + many] for at in range(0, len(shown), many)]
    text = "".join(f"INSERT INTO t VALUES {gap.join(part)};\n" for part in parted)
    return text.encode()


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def read(
    kind: type[mysqldump.Reading] | type[pgplain.Reading], data: bytes, size: int, *wanted: Wanted
) -> tuple[int, bool, list[tuple[str | None, ...]]]:
    """Rows counted, whether the text was found whole, and rows landed."""
    reading = kind(Text(pieces(data, size)), wanted, CON)
    with reading.tally.landing():
        reading.read()
    counted = sum(table.rows for table in reading.tally.tables.values())
    landed = CON.execute("SELECT y, z, x FROM taken").fetchall() if wanted and counted else []
    return counted, not reading.broken, landed


STYLES = st.sampled_from(["escaped", "doubled", "plain"])
MANY = st.sampled_from([1, 2, 7, 99])
GAPS = st.sampled_from([",", ",\n", ", "])
SIZES = st.sampled_from([1, 2, 7, 64, 1 << 20])
WINDOWS = st.sampled_from([16, 100, 1 << 15])


def narrow(window: int) -> mock._patch_dict:
    return mock.patch.multiple(  # type: ignore[return-value]
        values, FIRST_WINDOW=window, LARGEST_WINDOW=window * 4, CAREFUL=window
    )


def as_texts(rows: list[list[bytes | None]]) -> list[tuple[str | None, ...]]:
    return [tuple(None if c is None else c.decode("utf-8", "replace") for c in row) for row in rows]


@settings(max_examples=some(1000, 40), deadline=None)
@given(TABLES, STYLES, MANY, GAPS, SIZES, WINDOWS)
def test_every_cell_is_what_was_written(rows, style, many, gap, size, window) -> None:  # type: ignore[no-untyped-def]
    mode = b"SET SQL_MODE='NO_BACKSLASH_ESCAPES';\n" if style == "plain" else b""
    data = inserts(rows, style, many, gap)
    plainly = Plainly(data, style != "plain").read()
    assert as_texts(plainly.rows) == [
        tuple(None if cell is None else str(cell) for cell in row) for row in rows
    ]
    with narrow(window):
        counted, whole, landed = read(mysqldump.Reading, mode + CREATE + data, size, WANTED)
        assert (counted, whole) == (len(rows), True)
        assert landed == as_texts(plainly.rows)
        assert read(mysqldump.Reading, mode + CREATE + data, size)[:2] == (len(rows), True)
        if style == "plain":
            sql = CREATE.replace(b"`", b'"') + data
            assert read(pgplain.Reading, sql, size, WANTED) == (len(rows), True, landed)


@settings(max_examples=some(1000, 40), deadline=None)
@given(TABLES, STYLES, MANY, SIZES, WINDOWS, st.floats(0, 1))
def test_a_cut_statement_is_told_and_never_counted_twice(
    rows, style, many, size, window, share
) -> None:  # type: ignore[no-untyped-def]
    mode = b"SET SQL_MODE='NO_BACKSLASH_ESCAPES';\n" if style == "plain" else b""
    data = inserts(rows, style, many, ",")
    cut = data[: int(len(data) * share)]
    plainly = Plainly(cut, style != "plain").read()
    with narrow(window):
        counted, whole, landed = read(mysqldump.Reading, mode + CREATE + cut, size, WANTED)
    assert counted == len(plainly.rows) <= len(rows)
    assert landed == as_texts(plainly.rows)
    assert whole == plainly.whole


BYTES = st.lists(
    st.sampled_from(
        [b"\\\\", b"\\'", b"''", b"\\Z", b"\\0", b"\xb5\\\\", b"\x81\x5c\x5c", b"\xff", b"a"]
    ),
    max_size=8,
).map(b"".join)


@settings(max_examples=some(500, 25), deadline=None)
@given(st.lists(BYTES, min_size=1, max_size=12), SIZES, WINDOWS)
def test_bytes_of_other_encodings_are_kept(cells, size, window) -> None:  # type: ignore[no-untyped-def]
    create = b"CREATE TABLE `t` (`a` blob, `b` text, `c` text);\n"
    data = (
        b"INSERT INTO `t` VALUES " + b",".join(b"(_binary '%b',1,NULL)" % c for c in cells) + b";\n"
    )
    plainly = Plainly(data.replace(b"_binary ", b"")).read()
    with narrow(window):
        _, _, landed = read(mysqldump.Reading, create + data, size, WANTED)
    assert [row[0] for row in landed] == [(row[0] or b"").hex().upper() for row in plainly.rows]


COPY_LETTER = {
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
}
HEAD = (
    b"CREATE TABLE public.t (\n    a text,\n    b text,\n    c text\n);\n"
    b"COPY public.t (a, b, c) FROM stdin;\n"
)


def copied(rows: list[tuple[str | int | None, ...]]) -> bytes:
    def cell(value: str | int | None) -> str:
        if value is None:
            return "\\N"
        return "".join(COPY_LETTER.get(letter, letter) for letter in str(value))

    return "".join("\t".join(map(cell, row)) + "\n" for row in rows).encode()


@settings(max_examples=some(1000, 40), deadline=None)
@given(TABLES, SIZES, st.floats(0, 1))
def test_every_copied_cell_is_what_was_written(rows, size, share) -> None:  # type: ignore[no-untyped-def]
    lines = copied(rows)
    texts = [tuple(None if cell is None else str(cell) for cell in row) for row in rows]
    after = b"\\.\n\n\nCREATE TABLE public.u (a integer);\n"
    counted, whole, landed = read(pgplain.Reading, HEAD + lines + after, size, WANTED)
    assert (counted, whole, landed) == (len(rows), True, texts)
    assert read(pgplain.Reading, HEAD + lines + after, size)[:2] == (len(rows), True)
    cut = lines[: int(len(lines) * share)]
    counted, whole, landed = read(pgplain.Reading, HEAD + cut, size, WANTED)
    assert (counted, whole, landed) == (cut.count(b"\n"), False, texts[: cut.count(b"\n")])


def test_numbers_in_copied_escapes_are_read() -> None:
    data = HEAD + b"\\101\\x42\tx\\\\N\t\\N\n\\N\t\\1012\t\\q\n\\.\n"
    assert read(pgplain.Reading, data, 99, WANTED)[2] == [("AB", "x\\N", None), (None, "A2", "q")]
