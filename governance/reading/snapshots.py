"""Rows of one key out of sealed snapshots."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from governance.ledger.rows import SnapshotRow
from governance.reading.cells import Row
from governance.reading.shelf import Proofs, attach
from governance.store import Home, engine

if TYPE_CHECKING:
    import duckdb

MOST_COPIES = 20


class Snapshots:
    """Opens sealed snapshots one after the other on a connection of its own."""

    def __init__(self, home: Home, proofs: Proofs, con: duckdb.DuckDBPyConnection) -> None:
        self._home = home
        self._proofs = proofs
        self._con = con

    def of_key(self, snapshot: SnapshotRow, key: str) -> tuple[Row, ...]:
        """The rows with this normalised key: none, one, or the copies of a duplicate."""
        return self._rows(snapshot, "_key = ?", key)

    def of_hash(self, snapshot: SnapshotRow, row_hash: str) -> tuple[Row, ...]:
        """The rows without a key that have this hash."""
        condition = "_key IS NULL AND ? IN (_raw_hash::VARCHAR, _norm_hash::VARCHAR)"
        return self._rows(snapshot, condition, row_hash)

    def _rows(self, snapshot: SnapshotRow, condition: str, value: str) -> tuple[Row, ...]:
        path = self._proofs.prove(self._home, snapshot.file, snapshot.sha256)
        attach(self._con, path, "snapshot")
        try:
            found: list[Row] = []
            for table in ("rows", "odd"):
                result = self._con.execute(
                    f"SELECT * FROM snapshot.main.{table} WHERE {condition} LIMIT {MOST_COPIES}",
                    [value],
                )
                columns = [column[0] for column in result.description]
                found += [dict(zip(columns, row, strict=True)) for row in result.fetchall()]
            return tuple(found)
        finally:
            self._con.execute("DETACH snapshot")


@contextmanager
def opened(home: Home, proofs: Proofs) -> Iterator[Snapshots]:
    con = engine(home)
    try:
        yield Snapshots(home, proofs, con)
    finally:
        con.close()
