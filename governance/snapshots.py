"""Take one consistent snapshot of one source: land, normalise, seal.

What is returned was read whole. A source that breaks off half-way leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from checks.dictionary import Entity, Mapping
from checks.errors import CodedError
from checks.prepare import Spec, prepare, spec_of
from governance.config.model import SourceConfig
from governance.errors import SourceUnavailable
from governance.sources import Extract, Landed, Note, Reader, open_source
from governance.store import Home, Sealed, engine, seal


@dataclass(frozen=True)
class Taken:
    """One sealed snapshot. `unread` counts per field the cells that no normaliser could read."""

    entity: str
    sealed: Sealed
    rows: int
    columns: tuple[tuple[str, str], ...]
    unread: dict[str, int]
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Failed:
    """One entity that could not be read, and why."""

    entity: str
    error: CodedError


@dataclass(frozen=True)
class Reading:
    """How to read: where to, with which key and clock, and how to say how far it is."""

    home: Home
    secret: bytes
    zone: ZoneInfo
    run_id: int
    fence: int
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
    with open_source(source, zone=reading.zone).snapshot() as reader:
        for entity in entities:
            mapping = entity.mapping_of(source.name)
            assert mapping is not None
            reading.started(entity.name)
            try:
                yield _take_one(reader, entity, mapping, reading)
            except SourceUnavailable:
                raise
            except CodedError as error:
                yield Failed(entity.name, error)


def _take_one(reader: Reader, entity: Entity, mapping: Mapping, reading: Reading) -> Taken:
    extract = Extract(
        entity=entity.name,
        columns=mapping.columns,
        table=mapping.table,
        query=mapping.query,
        filter=mapping.filter,
    )
    con = engine(reading.home)
    try:
        landed: Landed = reader.read(
            extract,
            con,
            "landed",
            reading.progress,
            reading.stop,
        )
        spec = spec_of(entity, mapping, secret=reading.secret, zone=reading.zone.key)
        prepared = prepare(con, "landed", "", spec)
        text = fingerprint(spec).replace("'", "''")
        tables = [
            ("meta", f"SELECT '{text}' AS fingerprint"),
            ("rows", f"SELECT * FROM {prepared.rows} ORDER BY _key"),
            ("odd", f"SELECT * FROM {prepared.odd} ORDER BY _key, _raw_hash"),
        ]
        file = f"snapshots/{mapping.source}/{entity.name}/{reading.run_id}.duckdb"
        sealed = seal(con, reading.home, file, tables, fence=reading.fence, rows=landed.rows)
    finally:
        con.close()
    return Taken(
        entity=entity.name,
        sealed=sealed,
        rows=landed.rows,
        columns=landed.available,
        unread=dict(prepared.unread),
        notes=landed.notes,
    )


def fingerprint(spec: Spec) -> str:
    """What a snapshot was prepared with; another mapping or normaliser gives another text."""
    columns = ";".join(f"{c.name}:{c.reader or ''}:{int(c.masked)}" for c in spec.columns)
    return f"{','.join(spec.key)}|{','.join(spec.hashed)}|{spec.zone}|{columns}"
