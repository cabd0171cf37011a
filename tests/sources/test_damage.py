"""What a spreadsheet did to identifiers is found, counted and placed; nothing is guessed."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from checks.dictionary import Condition
from governance.errors import SourceUnavailable
from governance.sources.places import letters

GOOD = "91350100M000100Y43"
DAY = "yyyy-mm-dd"


def book(path: Path, rows: list[list[Any]], top: int = 0, left: int = 0) -> Path:
    """A sheet; a cell may be a value or a value and its number format."""
    made = xlsxwriter.Workbook(str(path), {"strings_to_numbers": False})
    page = made.add_worksheet("台账")
    formats: dict[str, Any] = {}
    for at, row in enumerate(rows, top):
        for place, cell in enumerate(row, left):
            value, form = cell if isinstance(cell, tuple) else (cell, None)
            if form and form not in formats:
                formats[form] = made.add_format({"num_format": form})
            if value == "#N/A":
                page.write_formula(at, place, "=NA()", None, "#N/A")
            elif value is not None:
                page.write(at, place, value, formats.get(form or ""))
    made.close()
    return path


def told(desk: Any, file: Path, *columns: str, **named: Any) -> dict[tuple[str, str], list[str]]:
    """Kind of damage and column to the count and the places."""
    with desk.open(file) as reader:
        notes = desk.take(reader, *columns, **named).notes
    found = [note for note in notes if "damaged" in note.code]
    return {
        (note.code.removeprefix("source.damaged_"), note.params["column"]): [
            note.params["cells"],
            note.params["places"],
        ]
        for note in found
    }


def csv(path: Path, rows: list[list[str]]) -> Path:
    path.write_text("".join(",".join(row) + "\n" for row in rows), "utf-8")
    return path


def test_numbers_keep_the_fifteen_digits_that_excel_shows(desk: Any, tmp_path: Path) -> None:
    numbers = [1 / 3, 1e-10, 1.0000000001, 0.1 + 0.2, 3702.2999999999997, 1234567.891, -0.07, 0, 42]
    file = book(tmp_path / "a.xlsx", [["n"], *([n] for n in numbers), ["0.33"], ["1.50"]])
    assert [row[0] for row in desk.read(file)] == [
        "0.333333333333333", "0.0000000001", "1.0000000001", "0.3", "3702.3", "1234567.891",
        "-0.07", "0", "42", "0.33", "1.50",
    ]  # fmt: skip


def test_texts_that_look_like_long_numbers_are_left_alone(desk: Any, tmp_path: Path) -> None:
    texts = ["0.12345678901234567890", "123456789.123456789", "1.100000000", "00.1", "1e-10"]
    file = book(tmp_path / "a.xlsx", [["n"], *([text] for text in texts)])
    assert [row[0] for row in desk.read(file)] == texts


def test_cells_are_named_as_excel_names_them(desk: Any, tmp_path: Path) -> None:
    rows: list[list[Any]] = [["no", "id"], ["a", "622202200000000001"], ["b", 622202200000000002]]
    file = book(tmp_path / "a.xlsx", [*rows, ["c", "x"], ["d", "#N/A"]], top=3, left=2)
    with desk.open(file) as reader:
        notes = desk.take(reader, "no", "id").notes
    assert [(n.code, n.params.get("places") or n.params["row"]) for n in notes] == [
        ("source.header_row", "4"),
        ("source.damaged_long", "D6"),
        ("source.damaged_errors", "D8"),
    ]
    assert desk.con.execute("SELECT count(*) FROM landed").fetchone() == (4,)


def test_columns_are_lettered_as_in_a_spreadsheet() -> None:
    assert [letters(n) for n in (0, 25, 26, 51, 52, 701, 702, 16383)] == [
        "A", "Z", "AA", "AZ", "BA", "ZZ", "AAA", "XFD",
    ]  # fmt: skip


def test_a_day_beyond_the_calendar_is_no_empty_cell(desk: Any, tmp_path: Path) -> None:
    rows = [["on"], [(dt.date(2026, 3, 1), DAY)], [(1e9, DAY)], [None]]
    file = book(tmp_path / "a.xlsx", rows)
    assert told(desk, file) == {("beyond", "on"): ["1", "A3"]}
    assert desk.rows() == [("2026-03-01 00:00:00",), ("1000000000",)]


def test_zeros_that_are_only_shown_are_said(desk: Any, tmp_path: Path) -> None:
    rows = [["no", "n"], *([(n, "00000"), (n, "0.00")] for n in (42, 12345, 7, 8, 9))]
    file = book(tmp_path / "a.xlsx", rows)
    assert told(desk, file) == {("format", "no"): ["4", "A2, A4, A5 …"]}
    assert desk.rows()[0] == ("42", "42")


def test_a_workbook_of_another_library_is_read_alike(desk: Any, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    made = openpyxl.Workbook()
    page = made.active
    for at, value in enumerate(["no", 42, 1 / 3, 1000000000000000000], 1):
        page.cell(at + 1, 3, value).number_format = "000000" if at == 2 else "General"
    made.save(tmp_path / "a.xlsx")
    assert told(desk, tmp_path / "a.xlsx") == {
        ("long", "no"): ["1", "C5"],
        ("format", "no"): ["1", "C3"],
    }
    assert desk.rows() == [("42",), ("0.333333333333333",), ("1000000000000000000",)]


def test_numbers_among_texts_are_told_from_numbers_alone(desk: Any, tmp_path: Path) -> None:
    rows = [
        ["code", "n", "t"],
        *([f"A{n}", n, str(n)] for n in range(50)),
        [7, 7, "7"],
        [8, 8, "8"],
    ]
    assert told(desk, book(tmp_path / "a.xlsx", rows)) == {("mixed", "code"): ["2", "A52, A53"]}


@pytest.mark.parametrize("kind", ["csv", "xlsx", "jsonl", "parquet"])
def test_what_a_spreadsheet_saved_is_found_in_every_format(
    desk: Any, tmp_path: Path, kind: str
) -> None:
    head = ["card", "credit", "code", "part", "signed", "amount"]
    rows = [
        [f"62220212345678901{n:02}", GOOD, f"{n + 100000:06}", f"P{n}", "2026-03-01", f"{n}.5"]
        for n in range(60)
    ]
    for at, column, cell in [
        (3, 0, "6.22202E+18"), (4, 0, "6222021234567890000"), (5, 1, GOOD[:-1] + "5"),
        (6, 2, "42"), (7, 3, "3-Jan"), (8, 4, "46082"), (9, 5, "#DIV/0!"), (12, 5, "#REF!"),
    ]:  # fmt: skip
        rows[at][column] = cell
    file = tmp_path / f"a.{kind}"
    if kind == "csv":
        csv(file, [head, *rows])
    elif kind == "xlsx":
        book(file, [head, *rows])
    elif kind == "jsonl":
        file.write_text(
            "".join(json.dumps(dict(zip(head, row, strict=True))) + "\n" for row in rows)
        )
    else:
        columns = [list(column) for column in zip(*rows, strict=True)]
        pq.write_table(pa.table(dict(zip(head, columns, strict=True))), file)

    def at(column: str, *row: int) -> str:
        return ", ".join(
            f"{column}{n + 2}" if kind in ("csv", "xlsx") else f"#{n + 1}" for n in row
        )

    assert told(desk, file) == {
        ("power", "card"): ["1", at("A", 3)],
        ("rounded", "card"): ["1", at("A", 4)],
        ("check", "credit"): ["1", at("B", 5)],
        ("width", "code"): ["1", at("C", 6)],
        ("date", "part"): ["1", at("D", 7)],
        ("serial", "signed"): ["1", at("E", 8)],
        ("errors", "amount"): ["2", at("F", 9, 12)],
    }


def test_only_rows_that_are_read_count_and_keep_their_place(desk: Any, tmp_path: Path) -> None:
    rows = [["branch", "id"], ["a", "1.2E+17"], ["b", "1.3E+17"], ["b", "x"], ["b", "1.4E+17"]]
    only = (Condition("branch", ("b",)),)
    for file in (csv(tmp_path / "a.csv", rows), book(tmp_path / "a.xlsx", rows)):
        assert told(desk, file, "id", filter=only) == {("power", "id"): ["2", "B3, B5"]}


def test_what_is_whole_is_not_accused(desk: Any, tmp_path: Path) -> None:
    """Running numbers, codes such as 1E5, round card numbers, order numbers of 18 characters."""
    rows = [["n", "code", "card", "order", "day", "month", "mark"]]
    for n in range(1, 10_000):
        rows.append(
            [str(n), f"{n % 9}E{n % 7}", f"62220212345{n:05}", f"PO2026{n:012}",
             f"2026-03-{n % 28 + 1:02}", f"{n % 28 + 1}-Jan", "#1"]
        )  # fmt: skip
    assert told(desk, csv(tmp_path / "a.csv", rows)) == {}


def test_no_note_holds_a_cell(desk: Any, tmp_path: Path) -> None:
    rows = [["idno"], ["11010519491231002X"], ["110105194912310000"], ["1.10105E+17"]]
    with desk.open(csv(tmp_path / "a.csv", rows)) as reader:
        notes = desk.take(reader).notes
    assert len(notes) == 3
    assert "10105" not in str(notes)


@pytest.mark.parametrize("kind", ["csv", "parquet", "xlsx"])
def test_progress_is_told_while_a_file_lands(desk: Any, tmp_path: Path, kind: str) -> None:
    rows = 120_000
    file = tmp_path / f"a.{kind}"
    if kind == "csv":
        text = "备注" * 100
        csv(file, [["id", "v"], *([str(n), text] for n in range(rows))])
    elif kind == "xlsx":
        book(file, [["id"], *([str(n)] for n in range(rows))])
    else:
        pq.write_table(pa.table({"id": range(rows), "v": ["备注" * 100] * rows}), file)
    with desk.open(file) as reader:
        assert desk.take(reader).rows == rows
    # Of a small file DuckDB may be done before anybody asks.
    assert desk.progress == sorted(desk.progress)
    assert all(0 < told <= rows + 1 for told in desk.progress)
    assert desk.progress or kind == "parquet"


def test_whoever_hears_of_progress_may_end_the_read(desk: Any, tmp_path: Path) -> None:
    class Ends:
        def append(self, rows: int) -> None:
            raise SourceUnavailable("source.stopped", source="crm")

    csv(tmp_path / "a.csv", [["id", "v"], *([str(n), "备注" * 100] for n in range(200_000))])
    desk.progress = Ends()
    with (
        desk.open(tmp_path / "a.csv") as reader,
        pytest.raises(SourceUnavailable, match="stopped"),
    ):
        desk.take(reader)
    assert desk.tables() == []


def test_a_stop_is_heeded_while_a_large_file_lands(desk: Any, tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", [["id", "v"], *([str(n), "备注" * 50] for n in range(400_000))])
    asked: list[int] = []

    def stop() -> bool:
        # The first question comes before anything is read, the second 0.1 s into it.
        asked.append(len(asked))
        return len(asked) > 1

    with (
        desk.open(tmp_path / "a.csv") as reader,
        pytest.raises(SourceUnavailable, match="stopped"),
    ):
        desk.take(reader, stop=stop)
    assert len(asked) == 2
    assert desk.tables() == []
