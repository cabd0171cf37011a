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
class NewSnapshot:
    """A sealed snapshot that the ledger does not know yet. All but a base name their parent.

    Raises ValueError where one has no parent that needs one, or the other way round.
    """

    source: str
    entity: str
    run_id: int
    sealed: Sealed
    rows: int
    taken_at: datetime
    columns: Sequence[tuple[str, str]]
    unread: Mapping[str, int]
    parent: SnapshotRow | None = None
    kind: SnapshotKind = SnapshotKind.BASE
    changes: int = 0

    def __post_init__(self) -> None:
        if (self.parent is None) != (self.kind is SnapshotKind.BASE):
            raise ValueError("a base has no parent, every other snapshot has one")


@dataclass(frozen=True)
class Snapshots:
    database: Database

    def add(self, new: NewSnapshot, *, fence: int) -> int:
        """Make a sealed snapshot visible and return its id."""
        (made,) = self.add_all([new], fence=fence)
        return made

    def add_all(self, new: Sequence[NewSnapshot], *, fence: int) -> tuple[int, ...]:
        """Make the snapshots of one moment visible, all at once; returns their ids in order."""
        with self.database.fenced(fence) as connection:
            return tuple(_insert(connection, snapshot) for snapshot in new)

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

    def before(self, snapshot: SnapshotRow, limit: int) -> tuple[SnapshotRow, ...]:
        """The snapshots of the same table before this one that can be read, newest first."""
        c = snapshots.c
        query = (
            select(snapshots)
            .where(c.source == snapshot.source, c.entity == snapshot.entity)
            .where(c.id < snapshot.id, KEPT)
            .order_by(c.id.desc())
            .limit(limit)
        )
        with self.database.read() as connection:
            return fetch(connection, query)

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


def _insert(connection: Connection, new: NewSnapshot) -> int:
    made: int = connection.execute(
        insert(snapshots)
        .values(
            source=new.source,
            entity=new.entity,
            run_id=new.run_id,
            parent_id=None if new.parent is None else new.parent.id,
            kind=new.kind,
            base_id=None if new.parent is None else new.parent.base_id,
            changes=new.changes,
            file=new.sealed.file,
            sha256=new.sealed.sha256,
            bytes=new.sealed.bytes,
            rows=new.rows,
            taken_at=new.taken_at,
            columns=[list(column) for column in new.columns],
            unread=dict(new.unread),
        )
        .returning(snapshots.c.id)
    ).scalar_one()
    if new.parent is None:
        itself = update(snapshots).where(snapshots.c.id == made)
        connection.execute(itself.values(base_id=made))
    return made


def fetch(connection: Connection, query: Select[tuple[object, ...]]) -> tuple[SnapshotRow, ...]:
    return tuple(snapshot_row(row) for row in connection.execute(query).mappings())


def snapshot_row(row: RowMapping) -> SnapshotRow:
    columns = tuple((str(name), str(kind)) for name, kind in row["columns"])
    return SnapshotRow(**{**row, "kind": SnapshotKind(row["kind"]), "columns": columns})
