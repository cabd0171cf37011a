"""Take one consistent snapshot of one source: land, normalise, seal.

What is returned was read whole. A source that breaks off half-way leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from checks.dictionary import Entity, Mapping
from checks.errors import CodedError
from checks.prepare import Prepared, Spec, hash_rows, prepare, spec_of
from checks.profile import profile
from governance.config.model import SourceConfig
from governance.errors import EvidenceTampered, SourceUnavailable
from governance.ledger.rows import SnapshotRow
from governance.runs.clues import Clue, Search, clue_of, told
from governance.sources import Extract, Landed, Note, Reader, open_source
from governance.store import Home, Sealed, attached, engine, seal, verify

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


# The form of sealed snapshots; files of another form are never compared with today's.
FORMAT = 2


@dataclass(frozen=True)
class Taken:
    """One sealed snapshot. `unread` counts per field the cells that no normaliser could read.

    `same_as` is the snapshot before it where the rows are the same: then that file serves again.
    """

    entity: str
    sealed: Sealed
    rows: int
    columns: tuple[tuple[str, str], ...]
    unread: dict[str, int]
    notes: tuple[Note, ...]
    same_as: SnapshotRow | None = None


@dataclass(frozen=True)
class Failed:
    """One entity that could not be read, and why; `clue` tells of columns that vanished."""

    entity: str
    error: CodedError
    clue: Clue | None = None


@dataclass(frozen=True)
class Reading:
    """How to read: where to, with which key, and how to say how far it is.

    `before` gives the newest snapshot there is of an entity of this source.
    """

    home: Home
    secret: bytes
    zone: ZoneInfo
    run_id: int
    fence: int
    before: Callable[[str], SnapshotRow | None]
    started: Callable[[str], None]
    progress: Callable[[int], None]
    stop: Callable[[], bool]


def take(
    source: SourceConfig, entities: tuple[Entity, ...], reading: Reading
) -> Iterator[Taken | Failed]:
    """Read every entity of one source inside one consistent snapshot, in the order given.

    A mapping that no longer fits fails its entity alone. A source that becomes unavailable fails
    all that is still to come; the caller must then drop what came before, since it did not read
    the whole. Raises SourceUnavailable or SourceRefused when the source cannot be opened at all.
    """
    con = engine(reading.home)
    try:
        with open_source(source, zone=reading.zone).snapshot() as reader:
            for entity in entities:
                reading.started(entity.name)
                taking = _Take(con, reader, source.name, entity, reading)
                try:
                    yield taking.take()
                except SourceUnavailable:
                    raise
                except CodedError as error:
                    yield taking.failed(error)
    finally:
        con.close()


class _Take:
    """One entity of one source, from its rows to a sealed file."""

    def __init__(
        self,
        con: DuckDBPyConnection,
        reader: Reader,
        source: str,
        entity: Entity,
        reading: Reading,
    ) -> None:
        self.con, self.reader, self.source, self.entity = con, reader, source, entity
        self.reading = reading

    def take(self) -> Taken:
        with self._room():
            return self._take()

    @contextmanager
    def _room(self) -> Iterator[None]:
        """A schema for everything that is made on the way, gone afterwards."""
        self.con.execute("CREATE SCHEMA work; USE work")
        try:
            yield
        finally:
            self.con.execute("USE main; DROP SCHEMA work CASCADE")

    def failed(self, error: CodedError) -> Failed:
        """Why it could not be read, and where its vanished columns probably went."""
        mapping, reading = self.entity.mapping_of(self.source), self.reading
        assert mapping is not None
        before = reading.before(self.entity.name)
        search = Search(
            self.con, self.reader, self.entity, mapping, reading.home, reading.secret, before,
            reading.stop,
        )  # fmt: skip
        with self._room():
            clue = clue_of(error, search)
        return Failed(self.entity.name, told(error, clue), clue)

    def _take(self) -> Taken:
        mapping = self.entity.mapping_of(self.source)
        assert mapping is not None
        landed = self._land(mapping)
        spec = spec_of(self.entity, mapping, secret=self.reading.secret, zone=self.reading.zone.key)
        meta = (fingerprint(spec), hash_rows(self.con, "landed", "hashes", spec))
        before = self.reading.before(self.entity.name)
        if before is not None and self._meta(before) == meta:
            sealed = Sealed(before.file, before.sha256, before.bytes)
            return self._taken(landed, sealed, before.unread, same_as=before)
        prepared = prepare(self.con, "landed", "", spec)
        return self._taken(landed, self._seal(prepared, meta, landed.rows), dict(prepared.unread))

    def _land(self, mapping: Mapping) -> Landed:
        extract = Extract(
            entity=self.entity.name,
            columns=mapping.columns,
            table=mapping.table,
            query=mapping.query,
            filter=mapping.filter,
        )
        reading = self.reading
        return self.reader.read(extract, self.con, "landed", reading.progress, reading.stop)

    def _meta(self, snapshot: SnapshotRow) -> tuple[str, str] | None:
        """What a sealed snapshot was made of; None where its file is gone or no longer itself."""
        try:
            path = verify(self.reading.home, snapshot.file, snapshot.sha256)
        except EvidenceTampered:
            return None
        with attached(self.con, path, "before"):
            row = self.con.execute("SELECT fingerprint, landed FROM before.main.meta").fetchone()
        return None if row is None else (str(row[0]), str(row[1]))

    def _seal(self, prepared: Prepared, meta: tuple[str, str], rows: int) -> Sealed:
        self.con.execute("CREATE TABLE meta AS SELECT $1 AS fingerprint, $2 AS landed", meta)
        tables = [
            ("meta", "SELECT * FROM meta"),
            ("rows", f"SELECT * FROM {prepared.rows} ORDER BY _key"),
            ("odd", f"SELECT * FROM {prepared.odd} ORDER BY _key, _raw_hash"),
            self._profiled(prepared.spec),
        ]
        file = f"snapshots/{self.source}/{self.entity.name}/{self.reading.run_id}.duckdb"
        return seal(self.con, self.reading.home, file, tables, fence=self.reading.fence, rows=rows)

    def _profiled(self, spec: Spec) -> tuple[str, str]:
        """The whole table's profile, whatever part of its rows is sealed."""
        mapping = self.entity.mapping_of(self.source)
        assert mapping is not None
        profile(self.con, "landed", spec, mapping.columns)
        return "profile", "SELECT * FROM profile"

    def _taken(
        self,
        landed: Landed,
        sealed: Sealed,
        unread: dict[str, int],
        same_as: SnapshotRow | None = None,
    ) -> Taken:
        return Taken(
            entity=self.entity.name,
            sealed=sealed,
            rows=landed.rows,
            columns=landed.available,
            unread=unread,
            notes=landed.notes,
            same_as=same_as,
        )


def fingerprint(spec: Spec) -> str:
    """What a snapshot was prepared with; another mapping or normaliser gives another text."""
    columns = ";".join(f"{c.name}:{c.reader or ''}:{int(c.masked)}" for c in spec.columns)
    return f"{FORMAT}|{','.join(spec.key)}|{','.join(spec.hashed)}|{spec.zone}|{columns}"
