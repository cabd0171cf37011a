"""What the newest sealed run says of backups, for a reader.

A backup holds the whole company, so whoever may look sees how all of them stand. Keys of customers
and names of people are left out for whoever sees some departments only: nobody can tell whose they
are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from checks.backups import CODE
from checks.backups.model import Mark
from checks.errors import CodedError
from checks.sql import quoted
from governance.access import Actor, Right
from governance.backups import unfold
from governance.backups.seen import (
    BackupRow,
    CatalogueRow,
    ContentRow,
    DayRow,
    KeeperRow,
    LogRow,
    Place,
    PointRow,
    ProblemRow,
    RestoreRow,
    SystemRow,
    TableRow,
)
from governance.backups.tables import ALL
from governance.errors import EvidenceTampered
from governance.reading.model import Reading, Sealed, Source

if TYPE_CHECKING:
    from governance.reading import Desk
    from governance.reading.shelf import Handle

Values = Mapping[str, object]
Row = dict[str, Any]

_GRAVEST = "list_position(['critical', 'high', 'medium', 'low'], severity)"
_OF_PLACE = "system = $system AND catalogue = $catalogue AND backup = $backup"


class Reader:
    """Bound to one sealed run.

    `run` is None before the first run that looked at backups, and where its file cannot be trusted;
    `error` then says why. `is_stale`: a newer run could not look.
    """

    def __init__(self, desk: Desk, actor: Actor, at: Sealed | None = None) -> None:
        """Of the newest run, or of the run `at`. Raises PermissionRefused without the right to
        view."""
        actor.require(Right.VIEW)
        self.desk, self.actor = desk, actor
        self.run: Sealed | None = None
        self.is_stale = False
        self.error: CodedError | None = None
        then = Reading((Source(CODE, at),)) if at else None
        self._reading = then or desk.view(actor, (CODE,)).reading
        try:
            self.run, self.is_stale = self._speaking()
        except EvidenceTampered as error:
            self.error = error

    @property
    def is_whole(self) -> bool:
        """Whether the reader sees every department."""
        return self.actor.departments is None

    def systems(self) -> tuple[SystemRow, ...]:
        return tuple(unfold.system(row) for row in self.rows("backup_systems", order="system"))

    def catalogues(self) -> tuple[CatalogueRow, ...]:
        found = self.rows("backup_catalogues", order="system, catalogue")
        return tuple(unfold.catalogue(row) for row in found)

    def backups(self, system: str) -> tuple[BackupRow, ...]:
        """All backups of a system, the newest first."""
        found = self.rows(
            "backup_list",
            "system = $system",
            {"system": system},
            order="coalesce(finished_at, started_at, data_at) DESC NULLS LAST, catalogue, backup",
        )
        return tuple(unfold.backup(row) for row in found)

    def backup(self, place: Place) -> BackupRow | None:
        found = self.rows("backup_list", _OF_PLACE, _named(place))
        return unfold.backup(found[0]) if found else None

    def content(self, place: Place) -> ContentRow | None:
        found = self.rows("backup_contents", _OF_PLACE, _named(place))
        return unfold.content(found[0]) if found else None

    def tables(self, place: Place) -> tuple[TableRow, ...]:
        """The tables of a backup: what lacks most first, then what nobody could read."""
        found = self.rows(
            "backup_tables",
            _OF_PLACE,
            _named(place),
            order="missing DESC NULLS LAST, unread NULLS LAST, entity NULLS LAST, table_name",
        )
        return tuple(self._table(row) for row in found)

    def inside(self) -> tuple[TableRow, ...]:
        """Every table of every backup that was looked into."""
        found = self.rows("backup_tables", order="system, catalogue, backup, table_name")
        return tuple(self._table(row) for row in found)

    def logs(self, place: Place) -> tuple[LogRow, ...]:
        """The archived logs of the catalogue that a backup is in."""
        where = "system = $system AND catalogue = $catalogue"
        values = {"system": place[0], "catalogue": place[1]}
        found = self.rows("backup_logs", where, values, order="archive, first")
        return tuple(unfold.log(row) for row in found)

    def problems(self, place: Place | None = None) -> tuple[ProblemRow, ...]:
        """Everything wrong or unknown, the gravest first; of one backup, also what its catalogue
        and system have."""
        where = (
            "system = $system AND coalesce(catalogue, $catalogue) = $catalogue"
            " AND coalesce(backup, $backup) = $backup"
        )
        found = self.rows(
            "backup_problems",
            where if place else "true",
            _named(place) if place else None,
            order=f"NOT breaks, {_GRAVEST}, system, catalogue, backup, code",
        )
        return tuple(unfold.problem(row) for row in found)

    def of_finding(self, finding_id: str) -> tuple[ProblemRow, ...]:
        found = self.rows(
            "backup_problems",
            "finding_id = $finding",
            {"finding": finding_id},
            order="NOT breaks, catalogue, backup, code",
        )
        return tuple(unfold.problem(row) for row in found)

    def days(self) -> tuple[DayRow, ...]:
        return tuple(unfold.day(row) for row in self.rows("backup_days", order="day, system"))

    def points(self) -> tuple[PointRow, ...]:
        """Moments that systems could be brought back to together, the newest first."""
        found = self.rows("backup_together", order='group_name, is_newest DESC, "at" DESC')
        return tuple(unfold.point(row) for row in found)

    def keepers(self) -> tuple[KeeperRow, ...]:
        """Nobody for whoever sees some departments only."""
        if not self.is_whole:
            return ()
        found = self.rows("backup_keepers", order="system, human")
        return tuple(unfold.keeper(row) for row in found)

    def restores(self) -> tuple[RestoreRow, ...]:
        """Restores that the run knew of, the newest first."""
        found = self.rows("backup_restores", order='"at" DESC, system, drill')
        return tuple(unfold.restore(row) for row in found)

    def rows(
        self, table: str, where: str = "true", values: Values | None = None, order: str = "ALL"
    ) -> list[Row]:
        """Rows of one of our tables as the sealed run has them; nothing where no run speaks.

        Values are bound by name (`$system`); sealed files never change, so answers are kept.
        """
        run = self.run
        if run is None:
            return []
        place = f"run_{run.run}.main.{quoted(table)}"
        query = f"SELECT * FROM {place} WHERE {where} ORDER BY {order}"
        with self._open() as handle:
            if table not in _tables(handle, run):
                return []
            key = ("backups", query, repr(sorted((values or {}).items())))
            found: list[Row] = handle.remembered(key, lambda: _told(handle, table, query, values))
            return found

    def _table(self, row: Row) -> TableRow:
        return unfold.table(row, row["examples_json"] if self.is_whole else None)

    @contextmanager
    def _open(self) -> Iterator[Handle]:
        with self.desk.shelf.open(self._reading) as handle:
            yield handle

    def _speaking(self) -> tuple[Sealed | None, bool]:
        """The newest run that looked at backups, and whether a newer one failed to."""
        if not self._reading.parts:
            return None, False
        part = self._reading.parts[0]
        with self._open() as handle:
            for sealed in (part.newest, part.earlier):
                if sealed is not None and handle.remembered(
                    ("backups", "looked", sealed.run),
                    lambda s=sealed: _looked(handle, s),  # type: ignore[misc]
                ):
                    return sealed, sealed is not part.newest
        return None, False


def _named(place: Place) -> dict[str, object]:
    return dict(zip(("system", "catalogue", "backup"), place, strict=True))


def _told(handle: Handle, table: str, query: str, values: Values | None) -> list[Row]:
    """A run of an older form may lack a column: nobody knew then."""
    cursor = handle.con.cursor().execute(query, dict(values or {}))
    names = [column[0] for column in cursor.description or ()]
    known = ALL[table]
    return [
        dict.fromkeys(known)
        | {n: _value(n, value) for n, value in zip(names, row, strict=True) if n in known}
        for row in cursor.fetchall()
    ]


def _tables(handle: Handle, sealed: Sealed) -> frozenset[str]:
    """Those of our tables that a run file has."""
    known = "SELECT table_name FROM duckdb_tables() WHERE database_name = $name"

    def ask() -> frozenset[str]:
        name = {"name": f"run_{sealed.run}"}
        found = handle.con.cursor().execute(known, name).fetchall()
        return frozenset(table for (table,) in found) & ALL.keys()

    return handle.remembered(("backups", "tables", sealed.run), ask)


def _value(name: str, value: Any) -> Any:
    """Times aware, JSON unfolded."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC)
    if value is not None and (name.endswith("_json") or name in _PARAMS):
        return json.loads(value)
    return value


_PARAMS = {"params", *(f"{mark.value}_params" for mark in Mark)}


def _looked(handle: Handle, sealed: Sealed) -> bool:
    """Whether a run file has a system in our tables."""
    if "backup_systems" not in _tables(handle, sealed):
        return False
    query = f"SELECT 1 FROM run_{sealed.run}.main.backup_systems LIMIT 1"
    return handle.con.cursor().execute(query).fetchone() is not None
