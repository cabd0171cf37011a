"""Rows on their way into DuckDB: all of them or no table."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checks.dictionary import Condition
from checks.sql import quoted
from governance.errors import StoreError

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

STEP = 50_000
BATCH_ROWS = 10_000
BATCH_BYTES = 16 << 20


@contextmanager
def landing(con: duckdb.DuckDBPyConnection, into: str, names: Sequence[str]) -> Iterator[None]:
    """An empty table of text columns that is gone again when the block raises.

    Raises StoreError when DuckDB has no room for its rows.
    """
    with landing_all(con, {into: names}):
        yield


@contextmanager
def landing_all(
    con: duckdb.DuckDBPyConnection, tables: Mapping[str, Sequence[str]]
) -> Iterator[None]:
    """Several such tables, all there or none.

    One transaction, so that the rows of a large table are not written twice, to the log too.
    Raises StoreError when DuckDB has no room for them.
    """
    import duckdb

    con.execute("BEGIN")
    try:
        for into, names in tables.items():
            columns = ", ".join(f"{quoted(name)} VARCHAR" for name in names)
            con.execute(f"CREATE OR REPLACE TABLE {quoted(into)} ({columns})")
        yield
        con.execute("COMMIT")
    except BaseException as error:
        con.execute("ROLLBACK")
        for into in tables:
            con.execute(f"DROP TABLE IF EXISTS {quoted(into)}")
        if isinstance(error, duckdb.OutOfMemoryException | duckdb.IOException):
            raise StoreError("source.no_room") from None
        raise


def append(
    con: duckdb.DuckDBPyConnection, into: str, arrays: Sequence[pa.Array | pa.ChunkedArray]
) -> None:
    """Add one batch, a text array per column in the table's order."""
    import pyarrow as pa

    batch = pa.Table.from_arrays(list(arrays), names=[f"c{place}" for place in range(len(arrays))])
    # Not through `register`: a view made inside a transaction keeps its rows until the end of it.
    con.from_arrow(batch).insert_into(quoted(into))


def count(con: duckdb.DuckDBPyConnection, into: str) -> int:
    row = con.execute(f"SELECT count(*) FROM {quoted(into)}").fetchone()
    assert row is not None
    return int(row[0])


def scratch(con: duckdb.DuckDBPyConnection) -> Path | None:
    """Where raw text may lie for a moment: where DuckDB spills to; None is the system's place."""
    row = con.execute("SELECT current_setting('temp_directory')").fetchone()
    folder = Path(str(row[0])) if row and row[0] else None
    if folder is None or not folder.is_absolute():
        return None
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


@contextmanager
def scratch_file(con: duckdb.DuckDBPyConnection) -> Iterator[Path]:
    """An empty file for this user alone, gone after the block.

    Its name tells the process, so that what a killed one left is known for what it is.
    """
    with tempfile.NamedTemporaryFile(prefix=f"duiqi-{os.getpid()}-", dir=scratch(con)) as file:
        yield Path(file.name)


def where(conditions: Sequence[Condition], column: dict[str, str]) -> tuple[str, list[Any]]:
    """A DuckDB condition with its bound values; `column` gives the expression of each column."""
    parts, values = [], []
    for condition in conditions:
        some = [value for value in condition.values if value is not None]
        marks = ", ".join("?" for _ in some)
        parts.append(among(column[condition.column], marks, condition))
        values += some
    return " AND ".join(parts) or "TRUE", values


def among(expression: str, marks: str, condition: Condition, exact: str | None = None) -> str:
    """`expression` is (not) among the values. NULL is only among them when it is listed, and a
    negated condition therefore keeps NULL rows unless it names NULL.

    `marks` are the placeholders or literals of the values that are not NULL; `exact` is the
    expression to compare where it differs from the one tested for NULL.
    """
    null = None in condition.values
    tested = exact or expression
    if condition.negated:
        others = f"{tested} NOT IN ({marks})" if marks else "1 = 1"
        rest = f"{expression} IS NOT NULL" if null else f"{expression} IS NULL"
        return f"({others} AND {rest})" if null else f"({others} OR {rest})"
    parts = [f"{tested} IN ({marks})"] if marks else []
    parts += [f"{expression} IS NULL"] if null else []
    return "(" + (" OR ".join(parts) or "1 = 0") + ")"
