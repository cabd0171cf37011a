"""Both systems read once more, for the records of a batch alone.

What stands in the newest run may be hours old: a line whose values moved since must not be handed
out. This is also the one place where personal values come from as they are. They stay in memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from checks.crosswalk import own_key
from checks.dictionary import Condition, Entity
from checks.dictionary import Mapping as Mapped
from checks.masking import VARIABLE, token
from checks.prepare import Side, Spec, key_of, prepare
from checks.sql import quoted
from governance.config.model import Config
from governance.ledger.rows import SnapshotRow
from governance.runs.sides import Sides
from governance.runs.snapshots import fingerprint
from governance.sources import Extract, Reader, open_source

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# How many keys one statement names.
AT_ONCE = 500
# Kinds of systems that can be asked for single records.
ASKED = ("postgresql", "mysql", "mariadb", "sqlite", "sqlalchemy")
# From this share of a table's rows on it is read whole.
WHOLE = 0.05


@dataclass(frozen=True)
class Cell:
    """One value as it is written now and as its normaliser reads it; `compared` is that or, of a
    personal value, its token."""

    raw: str | None
    canonical: str | None
    compared: str | None

    @property
    def hash(self) -> str | None:
        """What findings know the value by."""
        return hash_of(self.compared)


@dataclass(frozen=True)
class Now:
    """One entity of one system, as it is now, under the keys that were asked for.

    `rows` holds the fields of records whose key lies there once, `count` how many rows each key
    has. `types` are the system's own type names by field, `basis` names mapping and normalisers.
    """

    rows: Mapping[str, Mapping[str, Cell]]
    count: Mapping[str, int]
    types: Mapping[str, str]
    basis: str

    def cell(self, key: str | None, name: str) -> Cell | None:
        """The cell, or None where the record does not lie there exactly once."""
        row = self.rows.get(key or "")
        return None if row is None else row.get(name)


@dataclass(frozen=True)
class Wanted:
    """The keys to look for in one system, and the snapshots of those compared with it, its own
    first: how a key is written is known from them alone."""

    source: str
    entity: Entity
    keys: frozenset[str]
    snapshots: tuple[SnapshotRow, ...]


@dataclass(frozen=True)
class Rereader:
    """Reads systems again. `con` is the caller's own engine; `secret` that of the tokens."""

    con: DuckDBPyConnection
    sides: Sides
    config: Config
    secret: bytes

    def read(self, wanted: Sequence[Wanted]) -> dict[tuple[str, str], Now]:
        """By (source, entity) what lies there now; each system in one consistent snapshot.

        Raises SourceUnavailable, SourceRefused or SchemaDrift where a system cannot be read whole,
        GovernanceError where its snapshot was taken under another mapping.
        """
        found: dict[tuple[str, str], Now] = {}
        zone = self.config.time_zone
        for source in dict.fromkeys(w.source for w in wanted):
            with open_source(self.config.source(source), zone=zone).snapshot() as reader:
                for one in wanted:
                    if one.source == source:
                        found[source, one.entity.name] = self._joint(reader, one, zone)
        return found

    def _joint(self, reader: Reader, wanted: Wanted, zone: ZoneInfo) -> Now:
        """As `_one`; records matched without a shared key are asked for by their own keys."""
        if wanted.entity.match is None:
            return self._one(reader, wanted, zone)
        own = {key: own_key(wanted.entity, wanted.source, key) for key in wanted.keys}
        keys = frozenset(key for key in own.values() if key is not None)
        now = self._one(reader, replace(wanted, keys=keys), zone)
        return replace(
            now,
            rows={
                key: now.rows[at] for key, at in own.items() if at is not None and at in now.rows
            },
            count={
                key: now.count[at] for key, at in own.items() if at is not None and at in now.count
            },
        )

    def _one(self, reader: Reader, wanted: Wanted, zone: ZoneInfo) -> Now:
        mapping = wanted.entity.mapping_of(wanted.source)
        assert mapping is not None
        opened = [self.sides.side(wanted.entity, snapshot) for snapshot in wanted.snapshots]
        own = next(s for s, row in zip(opened, wanted.snapshots, strict=True)
                   if row.source == wanted.source)  # fmt: skip
        with self._room():
            self.con.execute("CREATE TABLE asked (_key VARCHAR)")
            keys = sorted(wanted.keys)
            self.con.execute("INSERT INTO asked SELECT unnest($1::VARCHAR[])", [keys])
            keys_written = self._to_ask(wanted, opened)
            types = self._land(reader, wanted.entity, mapping, keys_written)
            rows, count = self._prepared(own.spec, zone)
        return Now(rows, count, types, fingerprint(own.spec))

    @contextmanager
    def _room(self) -> Iterator[None]:
        self.con.execute("CREATE SCHEMA again; USE again")
        try:
            yield
        finally:
            self.con.execute("USE main; DROP SCHEMA again CASCADE")

    def _to_ask(self, wanted: Wanted, opened: Sequence[Side]) -> list[tuple[str, ...]] | None:
        """The keys as they are written, where the system can be asked for them; None reads all."""
        masked = any(opened[0].spec.column(name).masked for name in opened[0].spec.key)
        # A file has to be read whole in any case, and how a masked key is written nobody kept.
        is_file = self.config.source(wanted.source).kind not in ASKED
        rows = wanted.snapshots[0].rows
        if is_file or masked or len(wanted.keys) > max(rows * WHOLE, AT_ONCE):
            return None
        return self._written(opened)

    def _written(self, opened: Sequence[Side]) -> list[tuple[str, ...]]:
        """Every way in which a wanted key is written in the snapshots, and its normalised form."""
        found: dict[tuple[str, ...], None] = {}
        for side in opened:
            spec = side.spec
            raw = ", ".join(quoted(spec.column(name).raw) for name in spec.key)
            compared = ", ".join(spec.column(name).compared() for name in spec.key)
            under = f"SELECT * FROM {side.odd} WHERE _key IN (SELECT _key FROM asked)"
            for relation in (side.under("asked"), under):
                for shown in (raw, compared):
                    rows = self.con.execute(f"SELECT {shown} FROM ({relation})").fetchall()
                    found |= dict.fromkeys(tuple(map(str, row)) for row in rows)
        return list(found)

    def _land(
        self,
        reader: Reader,
        entity: Entity,
        mapping: Mapped,
        keys: list[tuple[str, ...]] | None,
    ) -> Mapping[str, str]:
        """Fill `landed`; the types of its columns."""
        if keys is None:
            return reader.read(_extract(entity, mapping), self.con, "landed", _quiet, _never).types
        declared = ", ".join(f"{quoted(name)} VARCHAR" for name in mapping.columns)
        self.con.execute(f"CREATE TABLE landed ({declared})")
        names = [quoted(name) for name in entity.key]
        same = " AND ".join(f"p.{name} = k.{name}" for name in names)
        types: Mapping[str, str] = {}
        for start in range(0, max(len(keys), 1), AT_ONCE):
            chunk = keys[start : start + AT_ONCE]
            parts = [tuple(dict.fromkeys(key[at] for key in chunk)) for at in range(len(names))]
            conditions = tuple(
                Condition(mapping.columns[name], part)
                for name, part in zip(entity.key, parts, strict=True)
            )
            extract = _extract(entity, mapping, conditions)
            types = reader.read(extract, self.con, "part", _quiet, _never).types
            # Asked for part by part, rows of other keys come along, and might come twice.
            columns = ", ".join(f"unnest(${at}::VARCHAR[]) AS {n}" for at, n in enumerate(names, 1))
            self.con.execute(
                f"INSERT INTO landed SELECT p.* FROM part AS p SEMI JOIN (SELECT {columns}) AS k"
                f" ON {same}",
                [[key[at] for key in chunk] for at in range(len(names))],
            )
            self.con.execute("DROP TABLE part")
        return types

    def _prepared(
        self, spec: Spec, zone: ZoneInfo
    ) -> tuple[dict[str, dict[str, Cell]], dict[str, int]]:
        clear = replace(
            spec, columns=tuple(replace(c, masked=False) for c in spec.columns), zone=zone.key
        )
        prepared = prepare(self.con, "landed", "now_", clear)
        self.con.execute(f"SET VARIABLE {VARIABLE} = $1", [self.secret.hex()])
        try:
            return self._rows(spec, clear, prepared.rows, prepared.odd)
        finally:
            self.con.execute(f"RESET VARIABLE {VARIABLE}")

    def _rows(
        self, spec: Spec, clear: Spec, rows: str, odd: str
    ) -> tuple[dict[str, dict[str, Cell]], dict[str, int]]:
        def known_by(name: str) -> str:
            canonical = clear.column(name).compared()
            return token(canonical) if spec.column(name).masked else canonical

        key = key_of([known_by(name) for name in spec.key])
        names = [c.name for c in spec.columns]
        parts = [
            part
            for name in names
            for part in (quoted(name), clear.column(name).compared(), known_by(name))
        ]
        listed = ", ".join(f"{part} AS c{at}" for at, part in enumerate(parts))
        asked = "_known IN (SELECT _key FROM asked)"
        query = (
            f"SELECT * FROM (SELECT {key} AS _known, {listed} FROM {quoted(rows)}) WHERE {asked}"
        )
        found: dict[str, dict[str, Cell]] = {}
        for row in self.con.execute(query).fetchall():
            cells = (row[1 + 3 * at : 4 + 3 * at] for at in range(len(names)))
            found[row[0]] = {
                name: Cell(raw, canonical, compared)
                for name, (raw, canonical, compared) in zip(names, cells, strict=True)
            }
        counted = f"SELECT {key} AS _known FROM {quoted(odd)}"
        repeated = self.con.execute(
            f"SELECT _known, count(*) FROM ({counted}) WHERE {asked} GROUP BY _known"
        ).fetchall()
        return found, {**dict.fromkeys(found, 1), **{str(k): int(n) for k, n in repeated}}


def hash_of(compared: str | None) -> str | None:
    """As findings have it: the first 16 hex digits of the SHA-256 of the compared value."""
    return None if compared is None else hashlib.sha256(compared.encode()).hexdigest()[:16]


def _extract(entity: Entity, mapping: Mapped, more: tuple[Condition, ...] = ()) -> Extract:
    return Extract(
        entity=entity.name,
        columns=mapping.columns,
        table=mapping.table,
        query=mapping.query,
        filter=(*mapping.filter, *more),
        inspected=False,
    )


def _quiet(_rows: int) -> None:
    return


def _never() -> bool:
    return False
