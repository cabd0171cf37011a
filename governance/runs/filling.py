"""Rows of plain values into a table of a run's file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from checks.sql import quoted

BATCH = 2_000

Values = Sequence[object]


def fill(con: Any, table: str, columns: Mapping[str, str], rows: Iterable[Values]) -> None:
    """Add rows to a table, whole columns at a time: row by row each costs 0.3 ms."""
    parts = ", ".join(f"unnest(${n}::{kind}[])" for n, kind in enumerate(columns.values(), 1))
    statement = f"INSERT INTO {quoted(table)} SELECT {parts}"
    batch: list[Values] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            con.execute(statement, [list(column) for column in zip(*batch, strict=True)])
            batch.clear()
    if batch:
        con.execute(statement, [list(column) for column in zip(*batch, strict=True)])
