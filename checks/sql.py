"""Small helpers for SQL text. Values are bound wherever SQL allows; identifiers are quoted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def quoted(name: str) -> str:
    """`name` as a quoted identifier. Raises ValueError for a NUL, which no catalogue allows."""
    if "\x00" in name:
        raise ValueError("an identifier cannot hold a NUL character")
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """`text` as an SQL string, where no value can be bound: in ATTACH and in a view."""
    return "'" + text.replace("'", "''") + "'"


def only_row(con: Any, query: str, values: Sequence[object] = ()) -> tuple[Any, ...]:
    """The one row of `query`, fetched whole: a result left half read blocks its connection."""
    (row,) = con.execute(query, list(values)).fetchall()
    return tuple(row)
