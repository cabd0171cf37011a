"""A restored database held against our snapshots, table by table, as any source is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

from checks.backups.model import Backup, Basis, Compared
from checks.dictionary import Entity, Mapping
from governance.backups.comparing import Comparing, Unread
from governance.config.model import Config, SourceConfig
from governance.errors import SchemaDrift
from governance.ledger import Ledger
from governance.ledger.drill_rows import DrilledTable
from governance.runs.sides import Sides
from governance.runs.snapshots import MEMORY
from governance.sources import Extract, Reader, open_source
from governance.store import Home, Proofs, engine

# How long before its end a dump may have begun, where only the end is known.
LOOSE = timedelta(hours=2)
# How long after its start a dump may take its snapshot.
TIGHT = timedelta(minutes=5)


@dataclass(frozen=True)
class Checking:
    """What is needed to hold a restored database against the snapshots of `source`."""

    ledger: Ledger
    home: Home
    config: Config
    source: str
    stop: Callable[[], bool]

    def tables(self, restored: SourceConfig, backup: Backup) -> tuple[DrilledTable, ...]:
        """Every mapped table of the source. Raises SourceUnavailable, where it was stopped too."""
        entities = [e for e in self.config.tables if e.mapping_of(self.source)]
        moment = moment_of(backup)
        con = engine(self.home, memory=MEMORY)
        try:
            sides = Sides(con, self.ledger, self.home, self.config, Proofs())
            comparing = Comparing(con, self.ledger, self.config, sides, self.stop)
            source = open_source(restored, zone=self.config.time_zone)
            with source.snapshot() as reader:
                return tuple(
                    _Table(self, reader, comparing, entity, moment).held() for entity in entities
                )
        finally:
            con.close()


@dataclass(frozen=True)
class _Table:
    checking: Checking
    reader: Reader
    comparing: Comparing
    entity: Entity
    moment: tuple[datetime, datetime] | None

    def held(self) -> DrilledTable:
        name, source = self.entity.name, self.checking.source
        try:
            rows = self._land()
        except SchemaDrift as error:
            columns = error.code.startswith("source.columns")
            return DrilledTable(name, unread=Unread.COLUMNS if columns else Unread.ABSENT)
        try:
            if self.moment is None:
                return DrilledTable(name, rows, unread="backups.compare.no_moment")
            found = self._compared(source, *self.moment)
        finally:
            self.comparing.con.execute("DROP TABLE IF EXISTS landed")
        if not isinstance(found, Compared):
            return DrilledTable(name, rows, unread=found.value)
        return DrilledTable(
            name, rows, found.missing, found.extra, found.different,
            is_settled=found.next_at is not None,
        )  # fmt: skip

    def _compared(self, source: str, since: datetime, until: datetime) -> Compared | Unread:
        """Held against the snapshots around the moment; where the first of them lies within what is
        not known of it, against that one."""
        found = self.comparing.compare(self.entity, source, "landed", since, until)
        if found is Unread.OLDER and since < until:
            return self.comparing.compare(self.entity, source, "landed", until, until)
        return found

    def _land(self) -> int:
        mapping = self.entity.mapping_of(self.checking.source)
        assert mapping is not None
        mapping = _moved(mapping, self.checking.config.source(self.checking.source))
        extract = Extract(
            self.entity.name, mapping.columns, mapping.table, mapping.query, mapping.filter, False
        )
        con, stop = self.comparing.con, self.checking.stop
        return self.reader.read(extract, con, "landed", lambda _: None, stop).rows


def _moved(mapping: Mapping, source: SourceConfig) -> Mapping:
    """The mapping without the name of the source's own database, which on MySQL stands before the
    table's: the scratch database has another."""
    if source.kind not in ("mysql", "mariadb") or mapping.table is None:
        return mapping
    database = unquote(urlsplit(source.url or "").path.strip("/"))
    return replace(mapping, table=mapping.table.removeprefix(f"{database}."))


def moment_of(backup: Backup) -> tuple[datetime, datetime] | None:
    """From when to when the data of a backup may be; None where nothing tells."""
    data_at = backup.data_at or backup.finished_at or backup.started_at
    if data_at is None:
        return None
    if backup.basis in (Basis.START, Basis.STOP, Basis.CONTENT):
        return data_at, data_at + TIGHT
    return min(backup.started_at or data_at - LOOSE, data_at), data_at


def settled(tables: tuple[DrilledTable, ...]) -> tuple[bool, int | None]:
    """Whether all tables were held against snapshots, and how many keys are missing or different.

    None: something differs, and no snapshot is there yet to tell whether it only changed since.
    """
    counted = [t for t in tables if t.unread is None]
    whole = bool(counted) and len(counted) == len(tables)
    if not counted:
        return False, None
    open_ = any((t.missing or t.different) and not t.is_settled for t in counted)
    sums = sum((t.missing or 0) + (t.different or 0) for t in counted)
    return whole, None if open_ else sums
