"""A look at a column's values before they are normalised: what of its normaliser they need.

Small tables: planning the SQL of all stages costs more than running it over a few thousand rows,
so stages that change nothing are left out. Large tables: the odd untidy value in a batch costs as
much as a batch of them, since what it needs is set up anew for each 2,048 rows; so untidy texts are
read beforehand, each once, and looked up. 1M rows x 12, 5 % untidy: 3.4 CPU s become 2.3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from checks.normalisers import expression, idle, reader
from checks.sql import only_row, quoted

SMALL_ROWS = 200_000
# Of the rows; where more texts than that are untidy, they fill the batches by themselves.
MOST_UNTIDY = 0.2


@dataclass(frozen=True)
class Ahead:
    """How one column is read: without its normaliser's first `skip` stages, but for the texts in
    the table `aside`, which holds what they are read as."""

    skip: int = 0
    aside: str = ""
    place: int = 0

    def read(self, normaliser: str, column: str) -> str:
        """SQL for the canonical text of `column`, a name in the relation that `joined` gives."""
        read = expression(normaliser, column, skip=self.skip)
        if not self.aside:
            return read
        text, told = self.names
        return f"CASE WHEN {text} IS NULL THEN {read} ELSE {told} END"

    @property
    def names(self) -> tuple[str, str]:
        """The columns of `aside`; no field of a dictionary is called like that."""
        return quoted(f"duiqi text {self.place}"), quoted(f"duiqi read {self.place}")


def look(
    con: Any, landed: str, prefix: str, columns: Sequence[tuple[str, str]]
) -> dict[str, Ahead]:
    """Per column, given with its normaliser, how to read it. Leaves tables called `<prefix>aside`
    and a number; `clear` drops them. The normalisers must be installed.
    """
    if not columns:
        return {}
    (rows,) = only_row(con, f"SELECT count(*) FROM {landed}")
    if rows > SMALL_ROWS:
        found = (
            _set_aside(con, landed, prefix, rows, place, *column)
            for place, column in enumerate(columns)
        )
        return {name: ahead for (name, _), ahead in zip(columns, found, strict=True) if ahead}
    least = (f"min({idle(normaliser, quoted(name))})" for name, normaliser in columns)
    skips = only_row(con, f"SELECT {', '.join(least)} FROM {landed}")
    return {name: Ahead(skip or 0) for (name, _), skip in zip(columns, skips, strict=True)}


def joined(landed: str, ahead: Mapping[str, Ahead]) -> str:
    """SQL for `landed` with what was set aside beside it."""
    asides = (
        f" LEFT JOIN {one.aside} ON landed.{quoted(name)} = {one.aside}.{one.names[0]}"
        for name, one in ahead.items()
        if one.aside
    )
    return f"{landed} AS landed{''.join(asides)}"


def clear(con: Any, ahead: Mapping[str, Ahead]) -> None:
    for one in ahead.values():
        if one.aside:
            con.execute(f"DROP TABLE {one.aside}")


def _set_aside(
    con: Any, landed: str, prefix: str, rows: int, place: int, name: str, normaliser: str
) -> Ahead | None:
    """Read the untidy texts of a column; None where that would gain nothing."""
    stages = range(len(reader(normaliser).stages) + 1)
    plain = next(n for n in stages if "lambda" not in expression(normaliser, "text", skip=n))
    if plain == 0:
        return None
    ahead = Ahead(plain, quoted(f"{prefix}aside{place}"), place)
    text, told = ahead.names
    most = max(int(rows * MOST_UNTIDY), 1)
    column = quoted(name)
    con.execute(
        f"CREATE OR REPLACE TABLE {ahead.aside} AS SELECT {text},"
        f" {expression(normaliser, text)} AS {told} FROM (SELECT DISTINCT {column} AS {text}"
        f" FROM {landed} WHERE {column} IS NOT NULL AND {idle(normaliser, column)} < {plain}"
        f" LIMIT {most})"
    )
    (untidy,) = only_row(con, f"SELECT count(*) FROM {ahead.aside}")
    if untidy < most:
        return ahead
    con.execute(f"DROP TABLE {ahead.aside}")
    return None
