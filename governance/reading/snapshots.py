"""Rows of one key out of sealed snapshots."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from governance.ledger.rows import SnapshotRow
from governance.reading.cells import Row
from governance.store import Home, Proofs, attach, engine

if TYPE_CHECKING:
    import duckdb

    from governance.reading.model import Finding

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

    def of_finding(self, snapshot: SnapshotRow, finding: Finding) -> tuple[Row, ...]:
        """The rows without a key that a finding is about: its id is made of their hash."""
        names = (finding.check, finding.entity, finding.left_source, finding.right_source)
        condition = (
            "_key IS NULL AND substr(sha256(concat_ws(chr(31), ?, ?, ?, ?, ?, '', "
            "CAST(_raw_hash AS VARCHAR))), 1, 32) = ?"
        )
        return self._rows(snapshot, condition, *names, finding.kind, finding.finding_id)

    def _rows(self, snapshot: SnapshotRow, condition: str, *values: str) -> tuple[Row, ...]:
        path = self._proofs.prove(self._home, snapshot.file, snapshot.sha256)
        attach(self._con, path, "snapshot")
        try:
            found: list[Row] = []
            for table in ("rows", "odd"):
                result = self._con.execute(
                    f"SELECT * FROM snapshot.main.{table} WHERE {condition} LIMIT {MOST_COPIES}",
                    list(values),
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
