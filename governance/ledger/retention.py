"""What may be taken away for its age, and what must stay whatever its age.

Taking away has two steps. Marked, a file is read by nobody who begins to read; after a grace it is
unlinked. The rows of the ledger stay: trends and trails outlive the files.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from governance.access import Actor
from governance.ledger import audit
from governance.ledger.database import Database
from governance.ledger.tables import holds, run_snapshots, runs, snapshots

MARKED = "retention.marked"
REMOVED = "retention.removed"


@dataclass(frozen=True)
class Aged:
    """What is marked: whole chains by the id of their base, and runs."""

    chains: tuple[int, ...]
    runs: tuple[int, ...]

    def __bool__(self) -> bool:
        return bool(self.chains or self.runs)


@dataclass(frozen=True)
class Retention:
    database: Database

    def hold(
        self,
        actor: Actor,
        kind: str,
        name: str,
        *,
        now: datetime,
        run_id: int | None = None,
        snapshot_id: int | None = None,
    ) -> None:
        """Keep a run or a snapshot for as long as `name` (a signed review, an evidence pack)
        refers to it."""
        values = {"kind": kind, "object": name, "run_id": run_id, "snapshot_id": snapshot_id}
        with self.database.write() as connection:
            connection.execute(insert(holds).values(**values, actor=actor.name, at=now))

    def mark(
        self,
        actor: Actor,
        *,
        fence: int,
        snapshots_before: datetime,
        runs_before: datetime,
        referred: Collection[int],
        now: datetime,
    ) -> Aged:
        """Mark what is older and not referred to. `referred` are the runs that findings or readers
        refer to: they stay, and with them the chains of the snapshots that they looked at.

        A chain is as old as its newest snapshot. The newest chain of an entity always stays.
        """
        with self.database.fenced(fence) as connection:
            keep = frozenset(referred) | self._held_runs(connection)
            aged = Aged(
                self._chains(connection, snapshots_before, keep),
                self._runs(connection, runs_before, keep),
            )
            if aged:
                _set(connection, snapshots, snapshots.c.base_id, aged.chains, now)
                _set(connection, runs, runs.c.id, aged.runs, now)
                detail = {"chains": list(aged.chains), "runs": list(aged.runs)}
                audit.record(connection, actor, MARKED, "store", detail, now)
        return aged

    def due(self, before: datetime) -> tuple[str, ...]:
        """Files marked before then that were not removed yet."""
        with self.database.read() as connection:
            return tuple(
                file
                for table in (snapshots, runs)
                for file in connection.scalars(
                    select(table.c.file)
                    .distinct()
                    .where(table.c.pruned_at <= before, table.c.removed_at.is_(None))
                    .where(table.c.file.is_not(None))
                    .order_by(table.c.file)
                )
            )

    def removed(self, actor: Actor, files: Collection[str], *, fence: int, now: datetime) -> None:
        """Write down that these files are gone."""
        with self.database.fenced(fence) as connection:
            for table in (snapshots, runs):
                for some in _portions(files):
                    gone = update(table).where(table.c.file.in_(some))
                    connection.execute(gone.values(removed_at=now))
            audit.record(connection, actor, REMOVED, "store", {"files": sorted(files)}, now)

    def last_pruned(self, source: str, entity: str) -> datetime | None:
        """When the newest snapshot that retention took away had been taken; None for none."""
        query = select(func.max(snapshots.c.taken_at)).where(
            snapshots.c.source == source,
            snapshots.c.entity == entity,
            snapshots.c.pruned_at.is_not(None),
        )
        with self.database.read() as connection:
            taken: datetime | None = connection.scalar(query)
        return taken

    def _held_runs(self, connection: Connection) -> frozenset[int]:
        return frozenset(
            connection.scalars(select(holds.c.run_id).where(holds.c.run_id.is_not(None)))
        )

    def _chains(
        self, connection: Connection, before: datetime, keep: Collection[int]
    ) -> tuple[int, ...]:
        newest = select(func.max(snapshots.c.base_id)).group_by(
            snapshots.c.source, snapshots.c.entity
        )
        aged = connection.scalars(
            select(snapshots.c.base_id)
            .where(snapshots.c.pruned_at.is_(None), snapshots.c.base_id.not_in(newest))
            .group_by(snapshots.c.base_id)
            .having(func.max(snapshots.c.taken_at) < before)
            .order_by(snapshots.c.base_id)
        )
        looked_at = (
            select(snapshots.c.base_id)
            .join(run_snapshots, run_snapshots.c.snapshot_id == snapshots.c.id)
            .where(run_snapshots.c.run_id.in_(sorted(keep)))
        )
        held = select(snapshots.c.base_id).join(holds, holds.c.snapshot_id == snapshots.c.id)
        kept = {*connection.scalars(looked_at), *connection.scalars(held)}
        return tuple(base for base in aged if base is not None and base not in kept)

    def _runs(
        self, connection: Connection, before: datetime, keep: Collection[int]
    ) -> tuple[int, ...]:
        aged = connection.scalars(
            select(runs.c.id)
            .where(runs.c.file.is_not(None), runs.c.pruned_at.is_(None))
            .where(func.coalesce(runs.c.as_of, runs.c.requested_at) < before)
            .order_by(runs.c.id)
        )
        return tuple(number for number in aged if number not in keep)


def _set(
    connection: Connection, table: object, column: object, values: Collection[int], now: datetime
) -> None:
    for some in _portions(values):
        connection.execute(update(table).where(column.in_(some)).values(pruned_at=now))  # type: ignore[attr-defined, arg-type]


def _portions(values: Collection[object], size: int = 500) -> Iterable[list[object]]:
    """Few enough at a time for any database's limit on bound values."""
    listed = sorted(values, key=str)
    return (listed[at : at + size] for at in range(0, len(listed), size))
