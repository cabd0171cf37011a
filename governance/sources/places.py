"""Where in a file the cells lie that a note counts: `B17`, or the row where there are no letters.

An address tells no value, so it may be shown of any field, personal ones too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from checks.sql import quoted
from governance.sources.damaged import Damage, damage
from governance.sources.landing import where
from governance.sources.model import Extract, Note

if TYPE_CHECKING:
    import duckdb

SHOWN = 3


@dataclass(frozen=True)
class Places:
    """The rows of a file once more, with their number in it as `r`, and what people call a cell
    of column `place` and row `r`."""

    relation: str
    bound: list[Any]
    address: Callable[[int, int], str]


def letters(place: int) -> str:
    """What a spreadsheet calls its column: A, B, …, Z, AA, …"""
    place += 1
    name = ""
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def cell_name(place: int, row: int) -> str:
    return f"{letters(place)}{row}"


def spoilt(code: str, named: dict[str, str], column: str, cells: int, first: list[str]) -> Note:
    """A note on damaged cells of a column; `first` are the addresses of some of them."""
    more = " …" if cells > len(first) else ""
    shown = ", ".join(first) + more if first else "–"
    return Note(code, {**named, "column": column, "cells": str(cells), "places": shown})


def damage_notes(
    con: duckdb.DuckDBPyConnection,
    into: str,
    extract: Extract,
    named: dict[str, str],
    place: dict[str, str],
    places: Places | None,
    said: tuple[Note, ...] = (),
) -> tuple[Note, ...]:
    """What a spreadsheet did to the columns of the landed table `into`, unless `said` tells more.

    `place` gives the name of a file's column in `places`. Without `places` the rows are counted,
    as long as no filter left some out.
    """
    if not extract.inspected:
        return ()
    notes = []
    long = {note.params["column"] for note in said if note.code == "source.damaged_long"}
    for found in damage(con, quoted(into), list(extract.columns)):
        column = extract.columns[found.name]
        if found.code == "source.damaged_rounded" and column in long:
            continue
        if places is not None:
            first = _in_file(con, found, extract, place, places)
        else:
            first = [] if extract.filter else _in_table(con, found, into)
        notes.append(spoilt(found.code, named, column, found.cells, first))
    return tuple(notes)


def _in_file(
    con: duckdb.DuckDBPyConnection,
    found: Damage,
    extract: Extract,
    place: dict[str, str],
    places: Places,
) -> list[str]:
    cell = place[extract.columns[found.name]]
    condition, values = where(extract.filter, place)
    rows = con.execute(
        f"SELECT r FROM {places.relation} WHERE ({condition}) AND {found.condition(cell)}"
        f" ORDER BY r LIMIT {SHOWN}",
        [*places.bound, *values],
    )
    return [places.address(int(cell[1:]), row) for (row,) in rows.fetchall()]


def _in_table(con: duckdb.DuckDBPyConnection, found: Damage, into: str) -> list[str]:
    rows = con.execute(
        f"SELECT r FROM (SELECT row_number() OVER () AS r, * FROM {quoted(into)})"
        f" WHERE {found.condition(quoted(found.name))} ORDER BY r LIMIT {SHOWN}"
    )
    return [f"#{row}" for (row,) in rows.fetchall()]
