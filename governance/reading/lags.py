"""How long changes took to arrive, as the newest runs sealed it: the whole company's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from checks.lag import Times
from governance.reading.query import scoped
from governance.runs.lags import LEARNED

if TYPE_CHECKING:
    from governance.reading.findings import Findings
    from governance.reading.shelf import Handle


@dataclass(frozen=True)
class Learned:
    """One row of `lag_learned`; `field` "" speaks of all fields together, None of whole rows.

    Times are in seconds; `p99_limit` is the upper confidence limit of p99. Only the row of all
    directions (None) has the last four: how long a difference is pending, what says so, and how
    many are and stand.
    """

    check_name: str
    left_source: str
    right_source: str
    field: str | None
    direction: str | None
    arrived: float
    waiting: float
    p50: float | None
    p95: float | None
    p99: float | None
    p99_limit: float | None
    stuck: float | None
    stuck_low: float | None
    stuck_high: float | None
    seconds: float | None
    how: str | None
    pending: int | None
    standing: int | None


def learned(view: Findings) -> tuple[Learned, ...]:
    """What every pair has learned. A run of an older version has learned nothing.

    Raises PermissionRefused without the right to view.
    """
    query = f"SELECT {', '.join(LEARNED)} FROM {{table}} WHERE check_name = $1"
    rows = _told(view, "lag_learned", lambda part: (query, [part]))
    return tuple(Learned(*row) for row in rows)


def times(
    view: Findings, check: str, left: str, right: str, field: str | None
) -> Mapping[str | None, list[Times]]:
    """What one field's curve is made of, by the side that moved first."""
    everything = "field IS NOT NULL" if field == "" else "field IS NOT DISTINCT FROM $4"
    query = (
        "SELECT direction, lower, upper, CAST(sum(n) AS BIGINT) FROM {table}"
        f" WHERE check_name = $1 AND left_source = $2 AND right_source = $3 AND {everything}"
        " GROUP BY ALL"
    )
    values = [check, left, right] if field == "" else [check, left, right, field]
    rows = _told(view, "lag_times", lambda part: (query, values) if part == check else None)
    found: dict[str | None, list[Times]] = {}
    for direction, lower, upper, n in rows:
        found.setdefault(direction, []).append(Times(lower, upper, n))
    return found


def _told(view: Findings, table: str, asked: Any) -> list[tuple[Any, ...]]:
    """The answers of each check's newest sealed run that has the table."""
    scoped(view.actor)
    if not view.reading.parts:
        return []
    rows: list[tuple[Any, ...]] = []
    with view.shelf.open(view.reading) as handle:
        there = handle.remembered(("tables", table), lambda: _files_with(handle, table))
        for part in view.reading.parts:
            name, question = f"run_{part.newest.run}", asked(part.check)
            if name in there and question is not None:
                query, values = question
                ready = query.format(table=f"{name}.main.{table}")
                rows += handle.con.cursor().execute(ready, values).fetchall()
    return rows


def _files_with(handle: Handle, table: str) -> frozenset[str]:
    query = "SELECT database_name FROM duckdb_tables() WHERE table_name = $1"
    return frozenset(name for (name,) in handle.con.cursor().execute(query, [table]).fetchall())
