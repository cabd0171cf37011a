"""Take one consistent snapshot of one source: land, normalise, seal.

What is returned was read whole. A source that breaks off half-way leaves nothing behind.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from checks.changes import MOST, changes
from checks.dictionary import Entity, Mapping
from checks.errors import CodedError
from checks.normalisers import edition
from checks.prepare import Side, Spec, digest, hash_rows, prepare, spec_of
from checks.profile import profile
from checks.sql import only_row
from governance.config.model import SourceConfig
from governance.errors import EvidenceTampered, SourceUnavailable
from governance.ledger import LedgerRefused
from governance.ledger.rows import SnapshotKind, SnapshotRow
from governance.runs.clues import Clue, Search, clue_of, told
from governance.runs.looks import Made, read_from
from governance.sources import Extract, Landed, Note, Reader, open_source
from governance.sources.watch import Watch
from governance.store import Chains, Home, Link, Opened, Proofs, Sealed, engine, seal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


# The form of sealed snapshots; files of another form are never compared with today's.
FORMAT = 3
# A chain of a hundred files is attached in 17 CPU ms; much longer ones make every look slow.
LONGEST = 128
# 2,000,000 x 12 landed, prepared and sealed: at most 643 MB of a process against 1,243 with 1 GB
# here, for the same CPU (17.8 s against 18.2). Several sources are read at once.
MEMORY = "400MB"


@dataclass(frozen=True)
class Taken:
    """One sealed snapshot. `unread` counts per field the cells that no normaliser could read.

    `parent` is the snapshot it was taken after, of which a delta holds only the `changes` and a
    `same` shares the file.
    """

    entity: str
    sealed: Sealed
    rows: int
    columns: tuple[tuple[str, str], ...]
    unread: dict[str, int]
    notes: tuple[Note, ...]
    kind: SnapshotKind = SnapshotKind.BASE
    parent: SnapshotRow | None = None
    changes: int = 0


@dataclass(frozen=True)
class Failed:
    """One entity that could not be read, and why; `clue` tells of columns that vanished."""

    entity: str
    error: CodedError
    clue: Clue | None = None


@dataclass(frozen=True)
class Reading:
    """How to read: where to, with which key, and how to say how far it is.

    `before` gives the newest snapshot there is of an entity of this source, `chain` the snapshots
    whose files make up one.
    """

    home: Home
    proofs: Proofs
    secret: bytes
    zone: ZoneInfo
    run_id: int
    fence: int
    before: Callable[[str], SnapshotRow | None]
    chain: Callable[[SnapshotRow], tuple[SnapshotRow, ...]]
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
    con = engine(reading.home, memory=MEMORY)
    chains = Chains(con, reading.home, reading.proofs)
    try:
        with open_source(source, zone=reading.zone).snapshot() as reader:
            for entity in entities:
                reading.started(entity.name)
                taking = _Take(con, reader, source.name, entity, reading, chains)
                try:
                    yield taking.take()
                except (SourceUnavailable, LedgerRefused):
                    raise
                except CodedError as error:
                    yield taking.failed(error)
    finally:
        con.close()


@dataclass(frozen=True)
class _Past:
    """The snapshot before, opened: `chain` are the snapshots whose files make it up."""

    snapshot: SnapshotRow
    chain: tuple[SnapshotRow, ...]
    side: Side
    landed: str

    def has_room(self, more: int) -> bool:
        """Whether a further delta still costs less than a new base."""
        base, *deltas = self.chain
        changed = sum(delta.changes for delta in deltas) + more
        return len(deltas) < LONGEST and changed <= base.rows * MOST


class _Take:
    """One entity of one source, from its rows to a sealed file."""

    def __init__(
        self,
        con: DuckDBPyConnection,
        reader: Reader,
        source: str,
        entity: Entity,
        reading: Reading,
        chains: Chains,
    ) -> None:
        self.con, self.reader, self.source, self.entity = con, reader, source, entity
        self.reading, self.chains = reading, chains
        self.notes: tuple[Note, ...] = ()

    def take(self) -> Taken:
        with self._room(), self._stoppable():
            return self._take()

    @contextmanager
    def _stoppable(self) -> Iterator[None]:
        """A stop ends what DuckDB is at as well: the source is held until its rows are sealed."""
        import duckdb

        watch = Watch(self.source, self.reading.stop, self.con.interrupt)
        with watch, watch.over(duckdb.InterruptException):
            yield

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
            self.con, self.reader, self.entity, mapping, reading.home, reading.proofs,
            reading.secret, before, reading.progress, reading.stop,
        )  # fmt: skip
        with self._room():
            clue = clue_of(error, search)
        return Failed(self.entity.name, told(error, clue), clue)

    def _take(self) -> Taken:
        mapping = self.entity.mapping_of(self.source)
        assert mapping is not None
        landed = self._land(mapping)
        spec = spec_of(self.entity, mapping, secret=self.reading.secret, zone=self.reading.zone.key)
        past = self._past(spec)
        if past is not None:
            taken = self._after(past, landed, spec)
            if taken is not None:
                return taken
        prepared = prepare(self.con, "landed", "", spec)
        now = digest(self.con, prepared.rows, prepared.odd)
        sealed = self._seal(prepared.rows, prepared.odd, now, spec, landed.rows)
        return self._taken(landed, sealed, dict(prepared.unread))

    def _after(self, past: _Past, landed: Landed, spec: Spec) -> Taken | None:
        """What is kept where little or nothing changed since; None where all is to be kept."""
        before = past.snapshot
        now = hash_rows(self.con, "landed", "hashes", spec)
        if now == past.landed:
            sealed = Sealed(before.file, before.sha256, before.bytes)
            same = self._taken(landed, sealed, before.unread)
            return replace(same, kind=SnapshotKind.SAME, parent=before)
        found = changes(self.con, "landed", "hashes", past.side, spec)
        if found is None or not past.has_room(found.changes):
            return None
        sealed = self._seal(found.rows, found.odd, now, spec, found.changes)
        names = before.unread.keys() | found.unread.keys()
        sums = {n: before.unread.get(n, 0) + found.unread.get(n, 0) for n in names}
        delta = self._taken(landed, sealed, {name: cells for name, cells in sums.items() if cells})
        return replace(delta, kind=SnapshotKind.DELTA, parent=before, changes=found.changes)

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

    def _past(self, spec: Spec) -> _Past | None:
        """The snapshot before; None where there is none made alike, or a file of it is damaged."""
        before = self.reading.before(self.entity.name)
        if before is None:
            return None
        chain = self.reading.chain(before)
        try:
            opened = self.chains.open([Link(s.file, s.sha256) for s in chain])
        except EvidenceTampered as error:
            self.notes = (Note(error.code, error.params),)
            return None
        made = meta_of(self.con, opened)
        if made is None or made[0] != fingerprint(spec):
            return None
        side = side_of(opened, spec)
        return _Past(before, chain, side, made[1])

    def _seal(self, rows: str, odd: str, landed: str, spec: Spec, lines: int) -> Sealed:
        mapping = self.entity.mapping_of(self.source)
        assert mapping is not None
        meta = (fingerprint(spec), landed, read_from(mapping))
        self.con.execute(
            "CREATE TABLE meta AS SELECT $1 AS fingerprint, $2 AS landed, $3 AS read_from", meta
        )
        file = f"snapshots/{self.source}/{self.entity.name}/{self.reading.run_id}.duckdb"
        tables = [
            ("meta", "SELECT * FROM meta"),
            ("rows", f"SELECT * FROM {rows} ORDER BY _key"),
            ("odd", f"SELECT * FROM {odd} ORDER BY _key, _raw_hash"),
            self._profiled(spec),
        ]
        return seal(self.con, self.reading.home, file, tables, fence=self.reading.fence, rows=lines)

    def _profiled(self, spec: Spec) -> tuple[str, str]:
        """The whole table's profile, whatever part of its rows is sealed."""
        mapping = self.entity.mapping_of(self.source)
        assert mapping is not None
        profile(self.con, "landed", spec, mapping.columns)
        return "profile", "SELECT * FROM profile"

    def _taken(self, landed: Landed, sealed: Sealed, unread: dict[str, int]) -> Taken:
        return Taken(
            entity=self.entity.name,
            sealed=sealed,
            rows=landed.rows,
            columns=landed.available,
            unread=unread,
            notes=(*landed.notes, *self.notes),
        )


def side_of(opened: Opened, spec: Spec) -> Side:
    """A sealed snapshot as one side of a comparison."""
    return Side(opened.rows, opened.odd, spec, opened.locator, opened.picked)


def meta_of(con: DuckDBPyConnection, opened: Opened) -> tuple[str, str] | None:
    """What a sealed snapshot was made with and of; None for a file of another form."""
    import duckdb

    try:
        row = only_row(con, f"SELECT fingerprint, landed FROM {opened.newest}.main.meta")
    except duckdb.Error:
        return None
    return str(row[0]), str(row[1])


def made_of(con: DuckDBPyConnection, opened: Opened) -> Made:
    """By which rules a sealed snapshot was made, as far as its file says."""
    import duckdb

    meta = meta_of(con, opened)
    if meta is None:
        return Made()
    try:
        (read,) = only_row(con, f"SELECT read_from FROM {opened.newest}.main.meta")
    except duckdb.BinderException:  # sealed before that was written down
        return Made(meta[0])
    return Made(meta[0], str(read))


def fingerprint(spec: Spec) -> str:
    """What a snapshot was prepared with: form, mapping, normalisers and secret.

    Snapshots of different fingerprints cannot be told apart by their hashes and tokens.
    """
    keyed = hashlib.sha256(b"fingerprint\x1f" + (spec.secret or b"")).hexdigest()[:16]
    columns = ";".join(f"{c.name}:{c.reader or ''}:{int(c.masked)}" for c in spec.columns)
    made = f"{FORMAT}|{edition()}|{keyed}|{','.join(spec.key)}|{','.join(spec.hashed)}"
    return f"{made}|{spec.zone}|{columns}"
