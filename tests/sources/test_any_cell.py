"""Any text that a store can hold comes out of its reader as it went in, and NULL as NULL."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pymysql
import pytest
import xlsxwriter
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.thorough import some

Cells = list[str | None]
Write = Callable[[Cells], Any]

# NUL is text nowhere; a lone surrogate is none.
ANY = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
AWKWARD = st.sampled_from(
    ["", " ", "\t", "\n", "\r", "\r\n", "\\N", "NULL", '"', '""', "'", "\\", ",", ";", "a\n", " a ",
     "=1+1", "_x000D_", "\ufeff", "\u2028", "\x1a", "\x85", "#N/A", "007", "1E5", "😀", "\x7f"]
)  # fmt: skip
CELL = st.none() | AWKWARD | st.text(ANY, max_size=20) | st.lists(AWKWARD).map("".join)
CELLS = st.lists(CELL, min_size=1, max_size=25)
# Workbooks cannot hold two characters that XML has not.
SHEET = CELLS.map(
    lambda cells: [c and c.replace("\ufffe", "?").replace("\uffff", "?") for c in cells]
)

FEW = settings(
    max_examples=some(25, 10),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def returned(desk: Any, write: Write, cells: Cells, **named: Any) -> Cells:
    """The cells as they come back, in the order in which they were written."""
    read = sorted(desk.read(write(cells), **named), key=lambda row: int(row[0]))
    assert [row[0] for row in read] == [str(number) for number in range(len(cells))]
    return [row[1] for row in read]


@FEW
@given(CELLS)
def test_csv(desk: Any, tmp_path: Path, cells: Cells) -> None:
    def write(cells: Cells) -> Path:
        shown = ["" if c is None else '"' + c.replace('"', '""') + '"' for c in cells]
        lines = ["id,v", *(f"{n},{cell}" for n, cell in enumerate(shown))]
        (tmp_path / "a.csv").write_bytes(("\n".join(lines) + "\n").encode())
        return tmp_path / "a.csv"

    assert returned(desk, write, cells) == cells


@FEW
@given(CELLS)
def test_json_lines(desk: Any, tmp_path: Path, cells: Cells) -> None:
    def write(cells: Cells) -> Path:
        rows = ({"id": str(n), "v": cell} for n, cell in enumerate(cells))
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (tmp_path / "a.jsonl").write_bytes(text.encode())
        return tmp_path / "a.jsonl"

    assert returned(desk, write, cells) == cells


@FEW
@given(CELLS)
def test_parquet(desk: Any, tmp_path: Path, cells: Cells) -> None:
    def write(cells: Cells) -> Path:
        numbers = [str(n) for n in range(len(cells))]
        pq.write_table(pa.table({"id": numbers, "v": pa.array(cells, pa.string())}), file)
        return file

    file = tmp_path / "a.parquet"
    assert returned(desk, write, cells) == cells


@FEW
@given(CELLS)
def test_sqlite(desk: Any, tmp_path: Path, cells: Cells) -> None:
    def write(cells: Cells) -> Path:
        file = tmp_path / "a.db"
        file.unlink(missing_ok=True)
        with closing(sqlite3.connect(file)) as con, con:
            con.execute("CREATE TABLE t (id INT, v TEXT)")
            con.executemany("INSERT INTO t VALUES (?, ?)", list(enumerate(cells)))
        return file

    assert returned(desk, write, cells, table="t") == cells


@FEW
@given(SHEET)
@example(["_x000D_", "a\r\nb", "\r", "\x01", "", None, "  ", "\t"])
def test_workbook(desk: Any, tmp_path: Path, cells: Cells) -> None:
    def write(cells: Cells) -> Path:
        book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
        page = book.add_worksheet()
        page.write_row(0, 0, ["id", "v"])
        for at, cell in enumerate(cells):
            page.write_number(at + 1, 0, at)
            if cell is not None:
                page.write_string(at + 1, 1, cell)
        book.close()
        return tmp_path / "a.xlsx"

    assert returned(desk, write, cells) == cells


@pytest.mark.servers
def test_postgresql(desk: Any, postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as con:
        con.execute("CREATE TABLE t (id int, v text)")

        @FEW
        @given(CELLS)
        def check(cells: Cells) -> None:
            def write(cells: Cells) -> str:
                con.execute("TRUNCATE t")
                con.cursor().executemany("INSERT INTO t VALUES (%s, %s)", list(enumerate(cells)))
                return postgres_url

            assert returned(desk, write, cells, table="t") == cells

        check()


@pytest.mark.servers
def test_mariadb(desk: Any, mariadb_url: str) -> None:
    parts = urlsplit(mariadb_url)
    con = pymysql.connect(
        host=parts.hostname or "", port=parts.port or 3306, user="root", database=parts.path[1:],
        charset="utf8mb4", autocommit=True,
    )  # fmt: skip
    with closing(con), con.cursor() as cursor:
        cursor.execute("CREATE TABLE t (id int, v longtext) CHARACTER SET utf8mb4")

        @FEW
        @given(CELLS)
        def check(cells: Cells) -> None:
            def write(cells: Cells) -> str:
                cursor.execute("DELETE FROM t")
                cursor.executemany("INSERT INTO t VALUES (%s, %s)", list(enumerate(cells)))
                return mariadb_url

            assert returned(desk, write, cells, table="t") == cells

        check()
