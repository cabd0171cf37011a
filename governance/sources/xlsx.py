"""Excel workbooks: every cell as text, the sheet's header found, damaged identifiers reported."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from governance.errors import SchemaDrift, SourceRefused
from governance.sources.damaged import damage
from governance.sources.filereader import Ask, Format, Opened
from governance.sources.model import Note
from governance.sources.names import nearest

# Sheets often carry a title or two above the header.
TITLES = 20
ERRORS = {
    "Div0": "#DIV/0!", "NA": "#N/A", "Name": "#NAME?", "Null": "#NULL!", "Num": "#NUM!",
    "Ref": "#REF!", "Value": "#VALUE!", "GettingData": "#GETTING_DATA",
}  # fmt: skip
ERROR_CELL = re.compile(r"'Error\((\w+)\)'")


@contextmanager
def opened(ask: Ask) -> Iterator[Opened]:
    """One sheet: the named one, else the first. Raises SchemaDrift for a missing sheet."""
    import fastexcel
    import pyarrow as pa

    logging.getLogger("fastexcel").setLevel(logging.ERROR)
    book = workbook(ask)
    sheet = sheet_name(ask, book)
    try:
        loaded = book.load_sheet(sheet, header_row=None, dtypes="string")
        batch, problems = loaded.to_arrow_with_errors()
    except fastexcel.FastExcelError:
        raise SourceRefused(
            "source.unreadable", source=ask.config.name, file=ask.path.name
        ) from None
    columns, wrong = with_error_texts(batch, problems)
    header = header_row(columns, ask.wanted)
    names = [str(column[header].as_py() or "") for column in columns] if header >= 0 else []
    check_header(ask, names)
    body = [column.slice(header + 1) for column in columns[: len(names)]]
    table = pa.table(body, names=[f"c{place}" for place in range(len(body))])
    yield Opened(
        tuple((name, "text") for name in names),
        lambda: pieces(ask, table),
        remarks=lambda: remarks(ask, book, sheet, names, table, header, wrong),
    )


def workbook(ask: Ask) -> Any:
    import fastexcel

    try:
        return fastexcel.read_excel(str(ask.path))
    except fastexcel.FastExcelError:
        raise SourceRefused(
            "source.unreadable", source=ask.config.name, file=ask.path.name
        ) from None


def sheet_name(ask: Ask, book: Any) -> str:
    names: list[str] = book.sheet_names
    if ask.table is None and names:
        return names[0]
    if ask.table in names:
        return str(ask.table)
    raise SchemaDrift(
        "source.sheet_missing",
        source=ask.config.name,
        file=ask.path.name,
        sheet=ask.table or "",
        nearest=nearest(ask.table or "", names) or ", ".join(names[:5]),
    )


def with_error_texts(batch: Any, problems: Any) -> tuple[list[Any], dict[int, int]]:
    """The columns with `#N/A` and its kin as Excel shows them, and how many each column has.

    The reader gives such cells as empty.
    """
    import pyarrow as pa

    columns = [batch.column(place) for place in range(batch.num_columns)]
    changed: dict[int, list[Any]] = {}
    wrong: dict[int, int] = {}
    for problem in problems.errors if problems else ():
        found = ERROR_CELL.search(problem.detail)
        row, place = problem.offset_position
        if found is None or place >= len(columns):
            continue
        cells = changed.setdefault(place, columns[place].to_pylist())
        cells[row] = ERRORS.get(found[1], f"#{found[1].upper()}")
        wrong[place] = wrong.get(place, 0) + 1
    for place, cells in changed.items():
        columns[place] = pa.array(cells, pa.string())
    return columns, wrong


def header_row(columns: list[Any], wanted: tuple[str, ...]) -> int:
    """The first row that names every wanted column; else the first with two cells; else the first.

    -1 for an empty sheet.
    """
    rows = min(TITLES, len(columns[0])) if columns else 0
    shown = [[column[row].as_py() for column in columns] for row in range(rows)]
    for row, cells in enumerate(shown):
        if wanted and set(wanted) <= set(cells):
            return row
    several = [row for row, cells in enumerate(shown) if sum(bool(cell) for cell in cells) > 1]
    return several[0] if several else (0 if rows else -1)


def check_header(ask: Ask, names: list[str]) -> None:
    if not any(names):
        raise SourceRefused("source.no_header", source=ask.config.name, file=ask.path.name)
    repeated = [name for name in names if name and names.count(name) > 1]
    if repeated:
        raise SourceRefused(
            "source.header_repeated",
            source=ask.config.name, file=ask.path.name, column=repeated[0],
        )  # fmt: skip


def pieces(ask: Ask, table: Any) -> Iterator[tuple[str, list[Any]]]:
    """The rows that hold anything: a sheet's used range reaches as far as its formatting."""
    assert ask.con is not None
    filled = " OR ".join(f"{name} IS NOT NULL" for name in table.column_names)
    ask.con.register("_duiqi_sheet", table)
    try:
        yield f"(SELECT * FROM _duiqi_sheet WHERE {filled})", []
    finally:
        ask.con.unregister("_duiqi_sheet")


def remarks(
    ask: Ask,
    book: Any,
    sheet: str,
    names: list[str],
    table: Any,
    header: int,
    wrong: dict[int, int],
) -> tuple[Note, ...]:
    """What Excel did to the mapped columns. Counts only: a cell may be personal."""
    named = {"source": ask.config.name, "file": ask.path.name}
    notes = []
    if header > 0:
        notes.append(Note("source.header_row", {**named, "row": str(header + 1)}))
    for place, name in enumerate(names):
        if name not in ask.wanted:
            continue
        about = {**named, "column": name}
        if wrong.get(place):
            notes.append(Note("source.damaged_errors", {**about, "cells": str(wrong[place])}))
        found = damage(table.column(place), partial(numbers, book, sheet, place, header))
        notes += [Note(code, {**about, "cells": str(cells)}) for code, cells in found]
    return tuple(notes)


def numbers(book: Any, sheet: str, place: int, header: int) -> Any:
    """Per cell below the header whether it is a number and not text.

    Read as truth values, numbers become one and texts do not.
    """
    loaded = book.load_sheet(sheet, header_row=None, dtypes={place: "boolean"}, use_columns=[place])
    return loaded.to_arrow().column(0).is_valid().slice(header + 1)


def sheets(ask: Ask) -> list[str]:
    return [str(name) for name in workbook(ask).sheet_names]


XLSX = Format(opened, sheets)
