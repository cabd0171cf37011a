"""Both sides made ready for a linkage: canonical text, what is derived of it, weighed grams."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from checks import normalisers
from checks.matching import Matched, canonical, derived, grams, install
from checks.sql import quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SIDES = ("left", "right")
HEAVIEST = 99


def prepare(con: DuckDBPyConnection, fields: Sequence[Matched], zone: str) -> None:
    """Build `match_left` and `match_right` from `raw_left` and `raw_right`.

    The raw tables hold `unique_id` (BIGINT, from 0 up) and one text column per field.
    """
    install(con)
    kinds = {f.kind for f in fields} & set(normalisers.NORMALISERS)
    normalisers.install(con, {"text", *kinds}, zone)
    for side in SIDES:
        _derive(con, side, fields)
    for field in fields:
        if field.grammed:
            _weigh(con, field)


def _derive(con: DuckDBPyConnection, side: str, fields: Sequence[Matched]) -> None:
    # Where all is empty there is nothing to be NULL of; DuckDB then needs the type told.
    texts = ", ".join(
        f"CAST({canonical(f.kind, quoted(f.name))} AS VARCHAR) AS {quoted(f.name)}" for f in fields
    )
    query = f"SELECT unique_id, {texts} FROM raw_{side}"
    for field in fields:
        for name, expression in derived(field).items():
            query = f"SELECT *, {expression} AS {quoted(name)} FROM ({query})"
    con.execute(f"CREATE OR REPLACE TEMP TABLE match_{side} AS {query}")


def _weigh(con: DuckDBPyConnection, field: Matched) -> None:
    """Add `<field>_g`, the grams each with its weight, and `<field>_w`, their sum.

    The weight is the inverse document frequency over both sides, on a scale of 1 to 99.
    """
    listed, total = f"{field.name}_g", f"{field.name}_w"
    every = " UNION ALL ".join(
        f"SELECT unnest(duiqi_grams({grams(field)})) AS gram FROM match_{side}" for side in SIDES
    )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE weights AS SELECT gram, gram || lpad(CAST(CAST(greatest(1,"
        f" round({HEAVIEST} * ln(1.0 * sum(n) OVER () / n) / greatest(ln(1.0 * sum(n) OVER ()),"
        f" 0.1))) AS INTEGER) AS VARCHAR), 2, '0') AS weighed"
        f" FROM (SELECT gram, count(*) AS n FROM ({every}) WHERE gram IS NOT NULL GROUP BY gram)"
    )
    for side in SIDES:
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE match_{side} AS SELECT m.*, g.{listed},"
            f" coalesce(duiqi_weight(g.{listed}), 0) AS {total} FROM match_{side} AS m LEFT JOIN ("
            f"SELECT unique_id, list(weighed ORDER BY right(weighed, 2) DESC, weighed) AS {listed}"
            f" FROM (SELECT unique_id, unnest(duiqi_grams({grams(field)})) AS gram"
            f" FROM match_{side}) JOIN weights USING (gram) GROUP BY unique_id) AS g"
            " USING (unique_id)"
        )
    con.execute("DROP TABLE weights")
