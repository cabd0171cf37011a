"""Which sealed snapshots exist, and which of them a run looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, Select, func, insert, select, update

from governance.ledger.database import Database
from governance.ledger.rows import RunStatus, SnapshotKind, SnapshotRow
from governance.ledger.tables import run_snapshots, runs, snapshots
from governance.store import Sealed

KEPT = snapshots.c.pruned_at.is_(None)
TOLD = (RunStatus.SUCCEEDED.value, RunStatus.PARTIAL.value)


@dataclass(frozen=True)
class Snapshots:
    database: Database

    def add(
        self,
        *,
        fence: int,
        source: str,
        entity: str,
        run_id: int,
        sealed: Sealed,
        rows: int,
        taken_at: datetime,
        columns: Sequence[tuple[str, str]],
        unread: Mapping[str, int],
        parent: SnapshotRow | None = None,
        kind: SnapshotKind = SnapshotKind.BASE,
        changes: int = 0,
    ) -> int:
        """Make a sealed snapshot visible and return its id. All but a base name their parent."""
        if (parent is None) != (kind is SnapshotKind.BASE):
            raise ValueError("a base has no parent, every other snapshot has one")
        with self.database.fenced(fence) as connection:
            made: int = connection.execute(
                insert(snapshots)
                .values(
                    source=source,
                    entity=entity,
                    run_id=run_id,
                    parent_id=None if parent is None else parent.id,
                    kind=kind,
                    base_id=None if parent is None else parent.base_id,
                    changes=changes,
                    file=sealed.file,
                    sha256=sealed.sha256,
                    bytes=sealed.bytes,
                    rows=rows,
                    taken_at=taken_at,
                    columns=[list(column) for column in columns],
                    unread=dict(unread),
                )
                .returning(snapshots.c.id)
            ).scalar_one()
            if parent is None:
                itself = update(snapshots).where(snapshots.c.id == made)
                connection.execute(itself.values(base_id=made))
        return made

    def get(self, snapshot_id: int) -> SnapshotRow | None:
        with self.database.read() as connection:
            found = fetch(connection, select(snapshots).where(snapshots.c.id == snapshot_id))
            return next(iter(found), None)

    def newest(self, source: str, entity: str) -> SnapshotRow | None:
        query = (
            select(snapshots)
            .where(snapshots.c.source == source, snapshots.c.entity == entity, KEPT)
            .order_by(snapshots.c.id.desc())
            .limit(1)
        )
        with self.database.read() as connection:
            return next(iter(fetch(connection, query)), None)

    def newest_of_each(self) -> tuple[SnapshotRow, ...]:
        """The newest snapshot of every source and entity, by their names."""
        last = (
            select(func.max(snapshots.c.id))
            .where(KEPT)
            .group_by(snapshots.c.source, snapshots.c.entity)
        )
        query = select(snapshots).where(snapshots.c.id.in_(last))
        with self.database.read() as connection:
            return fetch(connection, query.order_by(snapshots.c.source, snapshots.c.entity))

    def history(self, source: str, entity: str) -> tuple[SnapshotRow, ...]:
        """Every snapshot of one entity of a source that can be read, oldest first."""
        query = (
            select(snapshots)
            .where(snapshots.c.source == source, snapshots.c.entity == entity, KEPT)
            .order_by(snapshots.c.id)
        )
        with self.database.read() as connection:
            return fetch(connection, query)

    def chain(self, snapshot: SnapshotRow) -> tuple[SnapshotRow, ...]:
        """The snapshots whose files make up this one, its base first, then deltas in order."""
        query = (
            select(snapshots)
            .where(
                snapshots.c.base_id == snapshot.base_id,
                snapshots.c.kind != SnapshotKind.SAME.value,
                snapshots.c.id <= snapshot.id,
            )
            .order_by(snapshots.c.id)
        )
        with self.database.read() as connection:
            return fetch(connection, query)

    def earlier(
        self,
        snapshot: SnapshotRow,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> SnapshotRow | None:
        """The newest snapshot of the same table before this one that can be read; of those taken
        from `since` until just before `until` where these are named.

        Only runs that came to their end count: what one that was stopped has read, nobody was told.
        """
        c = snapshots.c
        query = (
            select(snapshots)
            .join(runs, runs.c.id == c.run_id)
            .where(c.source == snapshot.source, c.entity == snapshot.entity, c.id < snapshot.id)
            .where(KEPT, runs.c.status.in_(TOLD))
        )
        if since is not None:
            query = query.where(c.taken_at >= since)
        if until is not None:
            query = query.where(c.taken_at < until)
        with self.database.read() as connection:
            return next(iter(fetch(connection, query.order_by(c.id.desc()).limit(1))), None)

    def of_run(self, run_id: int) -> tuple[SnapshotRow, ...]:
        """What the run evaluated, also snapshots that earlier runs took."""
        query = (
            select(snapshots)
            .join(run_snapshots, run_snapshots.c.snapshot_id == snapshots.c.id)
            .where(run_snapshots.c.run_id == run_id)
            .order_by(snapshots.c.source, snapshots.c.entity)
        )
        with self.database.read() as connection:
            return fetch(connection, query)

    def files(self) -> frozenset[str]:
        """Every snapshot file the ledger knows; what else lies there is an orphan."""
        query = select(snapshots.c.file).where(snapshots.c.removed_at.is_(None))
        with self.database.read() as connection:
            return frozenset(connection.scalars(query))


def fetch(connection: Connection, query: Select[tuple[object, ...]]) -> tuple[SnapshotRow, ...]:
    return tuple(snapshot_row(row) for row in connection.execute(query).mappings())


def snapshot_row(row: RowMapping) -> SnapshotRow:
    columns = tuple((str(name), str(kind)) for name, kind in row["columns"])
    return SnapshotRow(**{**row, "kind": SnapshotKind(row["kind"]), "columns": columns})
