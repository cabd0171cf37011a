"""Parquet: each value as DuckDB prints it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from checks.sql import quoted
from governance.errors import SourceRefused
from governance.sources.filereader import Ask, Format, Opened


@contextmanager
def opened(ask: Ask) -> Iterator[Opened]:
    """The table of a Parquet file. Raises SourceRefused for what is none."""
    import duckdb

    with plainly_named(ask.path) as path:
        con = duckdb.connect() if ask.con is None else ask.con
        try:
            rows = con.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
            counted = con.execute("SELECT count(*) FROM read_parquet(?)", [str(path)]).fetchall()
        except duckdb.Error:
            raise SourceRefused(
                "source.unreadable", source=ask.config.name, file=ask.path.name
            ) from None
        finally:
            if ask.con is None:
                con.close()
        columns = tuple((str(row[0]), str(row[1])) for row in rows)
        shown = ", ".join(
            f"{printed(name, kind)} AS c{place}" for place, (name, kind) in enumerate(columns)
        )
        relation: tuple[str, list[Any]] = (f"(SELECT {shown} FROM read_parquet(?))", [str(path)])
        yield Opened(columns, lambda: iter((relation,)), lines=counted[0][0])


def printed(name: str, kind: str) -> str:
    if kind == "BLOB":
        return f"hex({quoted(name)})"
    return f"CAST({quoted(name)} AS VARCHAR)"


@contextmanager
def plainly_named(path: Path) -> Iterator[Path]:
    """The file under a name without the characters that DuckDB takes for a pattern."""
    if not set("*?[]{}") & set(str(path)):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="duiqi-") as folder:
        link = Path(folder) / "file.parquet"
        link.symlink_to(path)
        yield link


PARQUET = Format(opened, lambda ask: [ask.path.name])
