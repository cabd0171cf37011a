"""Excel workbooks: every cell as text, the sheet's header found, damaged identifiers reported."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from governance.errors import SchemaDrift, SourceRefused
from governance.sources.filereader import Ask, Format, Opened
from governance.sources.landing import STEP
from governance.sources.model import Note
from governance.sources.names import nearest
from governance.sources.places import Places, spoilt
from governance.sources.sheet import Odd, Sheet

# Sheets often carry a title or two above the header.
TITLES = 20


@contextmanager
def opened(ask: Ask) -> Iterator[Opened]:
    """One sheet: the named one, else the first. Raises SchemaDrift for a missing sheet."""
    import fastexcel

    logging.getLogger("fastexcel").setLevel(logging.ERROR)
    book = workbook(ask)
    try:
        sheet = Sheet.load(book, sheet_name(ask, book))
    except fastexcel.FastExcelError:
        raise SourceRefused(
            "source.unreadable", source=ask.config.name, file=ask.path.name
        ) from None
    header = header_row(sheet.columns, ask.wanted)
    names = [str(column[header].as_py() or "") for column in sheet.columns] if header >= 0 else []
    check_header(ask, names)
    columns = tuple((name, "text") for name in names)
    if ask.con is None:
        yield Opened(columns, lambda: iter(()))
        return
    wanted = [place for place, name in enumerate(names) if name and name in ask.wanted]
    odd = sheet.settle(wanted, header + 1, ask.path)
    table = sheet.table(len(names), header + 1)
    ask.con.register("_duiqi_sheet", table)
    try:
        yield Opened(
            columns,
            lambda: pieces(ask, table),
            remarks=lambda: remarks(ask, names, header, odd),
            places=Places("_duiqi_sheet", [], sheet.address),
        )
    finally:
        ask.con.unregister("_duiqi_sheet")


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


def header_row(columns: list[Any], wanted: tuple[str, ...]) -> int:
    """The first row that names every wanted column; else the first with two cells; else the first.

    -1 for an empty sheet.
    """
    import pyarrow.compute as pc

    rows = len(columns[0]) if columns else 0
    # Rows above the sheet's first cell are there but blank.
    filled = [at for column in columns if (at := pc.index(column.is_valid(), True).as_py()) >= 0]
    start = min(filled, default=rows)
    shown = {
        row: [column[row].as_py() for column in columns]
        for row in range(start, min(start + TITLES, rows))
    }
    for row, cells in shown.items():
        if wanted and set(wanted) <= set(cells):
            return row
    several = [row for row, cells in shown.items() if sum(bool(cell) for cell in cells) > 1]
    return several[0] if several else min(shown, default=-1)


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
    filled = " OR ".join(f"{name} IS NOT NULL" for name in table.column_names if name != "r")
    for start in range(0, len(table), STEP):
        ask.con.register("_duiqi_piece", table.slice(start, STEP))
        try:
            yield f"(SELECT * FROM _duiqi_piece WHERE {filled})", []
        finally:
            ask.con.unregister("_duiqi_piece")


def remarks(ask: Ask, names: list[str], header: int, odd: list[Odd]) -> tuple[Note, ...]:
    """Counts and addresses only: a cell may be personal."""
    notes = [spoilt(o.code, ask.named, names[o.place], o.cells, o.first) for o in odd]
    if header > 0:
        notes.insert(0, Note("source.header_row", {**ask.named, "row": str(header + 1)}))
    return tuple(notes)


def sheets(ask: Ask) -> list[str]:
    return [str(name) for name in workbook(ask).sheet_names]


XLSX = Format(opened, sheets)
