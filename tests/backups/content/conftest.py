"""Short ways to read a dump in a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from governance.backups.content import open_reader
from governance.backups.content.model import Dump, Wanted

SAMPLES = Path(__file__).parents[2] / "fixtures" / "backup-samples"


def never() -> bool:
    return False


def nobody(_: int) -> None:
    pass


@dataclass
class Hand:
    """A DuckDB of its own, and how a dump is read into it."""

    con: duckdb.DuckDBPyConnection
    folder: Path

    def read(self, dump: Path | bytes, *wanted: Wanted, stop: Callable[[], bool] = never) -> Dump:
        path = dump if isinstance(dump, Path) else self.folder / "dump"
        if isinstance(dump, bytes):
            path.write_bytes(dump)
        reader = open_reader(path)
        assert reader is not None
        return reader.read(path, wanted, self.con, nobody, stop)

    def rows(self, into: str) -> list[tuple[str | None, ...]]:
        return self.con.execute(f'SELECT * FROM "{into}"').fetchall()


@pytest.fixture
def hand(tmp_path: Path) -> Iterator[Hand]:
    with duckdb.connect() as con:
        yield Hand(con, tmp_path)
