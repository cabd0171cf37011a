"""Pairs into a file, whole or not at all. The files are for machines: values stand verbatim."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from governance.compare.findings import write as write_whole

if TYPE_CHECKING:
    import duckdb


def write(con: duckdb.DuckDBPyConnection, query: str, bound: list[float], out: Path | None) -> int:
    """Write what `query` gives to `out`, where there is one; the number of rows."""
    con.execute("DROP TABLE IF EXISTS written")
    con.execute(f"CREATE TEMP TABLE written AS {query}", bound)
    ((count,),) = con.execute("SELECT count(*) FROM written").fetchall()
    if out is not None:
        shown = "left_id, right_id, format('{:.6f}', probability) AS probability, reason"
        write_whole(con, f"SELECT {shown} FROM written", out)
    return int(count)
