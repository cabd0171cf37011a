"""Short ways to read a source in a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from checks.dictionary import Condition
from governance.sources import Extract, Landed, Reader, open_source, source_config_for

ZONE = ZoneInfo("Asia/Shanghai")


def never() -> bool:
    return False


@dataclass
class Desk:
    """A DuckDB of its own, and the ways to read into it."""

    con: duckdb.DuckDBPyConnection
    progress: list[int] = field(default_factory=list)

    def open(self, target: str | Path, **changes: Any) -> Any:
        """The snapshot of a target as a context manager."""
        known = "kind" in changes
        config = replace(
            source_config_for("x.csv" if known else str(target)), name="crm", **changes
        )
        return open_source(config, zone=ZONE).snapshot()

    def take(
        self,
        reader: Reader,
        *columns: str,
        table: str | None = None,
        query: str | None = None,
        filter: tuple[Condition, ...] = (),
        stop: Callable[[], bool] = never,
        into: str = "landed",
    ) -> Landed:
        wanted = columns or tuple(name for name, _ in reader.columns(table, query))
        extract = Extract("thing", {name: name for name in wanted}, table, query, filter)
        return reader.read(extract, self.con, into, self.progress.append, stop)

    def rows(self, into: str = "landed") -> list[tuple[Any, ...]]:
        return self.con.execute(f'SELECT * FROM "{into}"').fetchall()

    def read(self, target: str | Path, *columns: str, **named: Any) -> list[tuple[Any, ...]]:
        """Everything at once: open, read, close, rows."""
        settings = ("timeout", "encoding", "kind", "url")
        changes = {key: named.pop(key) for key in settings if key in named}
        with self.open(target, **changes) as reader:
            self.take(reader, *columns, **named)
        return self.rows()

    def tables(self) -> list[str]:
        return [
            name
            for (name,) in self.con.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        ]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    spill = tmp_path / "spill"
    con = duckdb.connect(config={"temp_directory": str(spill)})
    yield Desk(con)
    con.close()
    assert not spill.exists() or not list(spill.iterdir()), "raw text was left on disk"


@pytest.fixture
def short() -> timedelta:
    return timedelta(seconds=2)
