"""The data dictionary as a page draws it: what is compared, how, and where it comes from.

What the sources really have is known from the newest snapshots; the dashboard opens no source.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from checks.dictionary import Entity, Field, Mapping, Title
from governance.access import Actor, Right
from governance.config import Config
from governance.ledger import Ledger
from governance.ledger.rows import SnapshotRow, StepRow, StepStatus

# Codes of a read that failed because a mapped table or column is no longer there.
TABLE_GONE = frozenset({"source.table_missing", "source.table_missing_near"})
COLUMNS_GONE = frozenset(
    {"source.columns_missing", "source.columns_missing_near", "source.columns_renamed"}
)


@dataclass(frozen=True)
class SourceName:
    """A source's code and its title."""

    name: str
    title: Title


@dataclass(frozen=True)
class FieldLine:
    """One field, with the authority that counts for it and its column in every source."""

    field: Field
    is_key: bool
    authority: str
    columns: dict[str, str | None]
    unread: int


@dataclass(frozen=True)
class Place:
    """Where one source keeps the entity, and when it was last read whole (None: never)."""

    source: SourceName
    mapping: Mapping
    rows: int | None
    read_at: datetime | None


@dataclass(frozen=True)
class Unmapped:
    """A column of the source's table that no field is mapped to; nobody compares it."""

    source: SourceName
    column: str
    type: str


@dataclass(frozen=True)
class Vanished:
    """A mapped column that the newest snapshot does not have, or a read that failed for it."""

    source: SourceName
    fields: tuple[Field, ...]
    column: str | None
    since: datetime | None
    code: str | None = None
    params: dict[str, str] | None = None


@dataclass(frozen=True)
class EntityView:
    """One entity with everything the page says of it."""

    entity: Entity
    fields: tuple[FieldLine, ...]
    places: tuple[Place, ...]
    unmapped: tuple[Unmapped, ...]
    vanished: tuple[Vanished, ...]


def entity_view(actor: Actor, config: Config, ledger: Ledger, name: str) -> EntityView:
    """The entity `name` of the dictionary. Raises PermissionRefused without the right to view."""
    actor.require(Right.VIEW)
    entity = config.entity(name)
    snapshots = {
        mapping.source: ledger.snapshots.newest(mapping.source, name) for mapping in entity.mappings
    }
    names = {source.name: SourceName(source.name, source.title) for source in config.sources}
    places = tuple(
        place_of(names[mapping.source], mapping, snapshots[mapping.source])
        for mapping in entity.mappings
    )
    vanished: list[Vanished] = []
    unmapped: list[Unmapped] = []
    for place in places:
        snapshot = snapshots[place.source.name]
        refusal = drift_of(ledger, place.source.name, name)
        vanished += lost(entity, place, snapshot, refusal)
        unmapped += spare(place, snapshot)
    return EntityView(entity, lines(entity, snapshots), places, tuple(unmapped), tuple(vanished))


def place_of(source: SourceName, mapping: Mapping, snapshot: SnapshotRow | None) -> Place:
    return Place(
        source=source,
        mapping=mapping,
        rows=snapshot.rows if snapshot else None,
        read_at=snapshot.taken_at if snapshot else None,
    )


def lines(entity: Entity, snapshots: dict[str, SnapshotRow | None]) -> tuple[FieldLine, ...]:
    """Every field in the dictionary's order, keys first."""
    unread: dict[str, int] = {}
    for snapshot in snapshots.values():
        for field, cells in (snapshot.unread if snapshot else {}).items():
            unread[field] = unread.get(field, 0) + cells
    ordered = sorted(entity.fields, key=lambda f: f.name not in entity.key)
    return tuple(
        FieldLine(
            field=field,
            is_key=field.name in entity.key,
            authority=entity.authority_of(field.name),
            columns={m.source: m.columns.get(field.name) for m in entity.mappings},
            unread=unread.get(field.name, 0),
        )
        for field in ordered
    )


def spare(place: Place, snapshot: SnapshotRow | None) -> list[Unmapped]:
    """Columns the source has and nobody maps, nor filters by. A source may ignore case."""
    if snapshot is None:
        return []
    used = {column.casefold() for column in place.mapping.columns.values()}
    used |= {condition.column.casefold() for condition in place.mapping.filter}
    return [
        Unmapped(place.source, column, kind)
        for column, kind in snapshot.columns
        if column.casefold() not in used
    ]


def lost(
    entity: Entity, place: Place, snapshot: SnapshotRow | None, refusal: StepRow | None
) -> list[Vanished]:
    """Mapped columns that are gone, from the last read that failed for them or the snapshot."""
    if refusal is not None:
        told = (refusal.started_at, refusal.code, refusal.params)
        if refusal.code in TABLE_GONE:
            return [Vanished(place.source, (), None, *told)]
        gone = refusal.params.get("columns", "").split(", ")
        return [
            Vanished(place.source, (entity.field_named(field),), column, *told)
            for field, column in place.mapping.columns.items()
            if column in gone
        ]
    if snapshot is None:
        return []
    there = {column.casefold() for column, _ in snapshot.columns}
    return [
        Vanished(place.source, (entity.field_named(field),), column, snapshot.taken_at)
        for field, column in place.mapping.columns.items()
        if column.casefold() not in there
    ]


def drift_of(ledger: Ledger, source: str, entity: str) -> StepRow | None:
    """The newest read of the entity, if it failed because the source's schema has moved."""
    for steps in ledger.steps.last_reads(source, limit=1):
        for step in steps:
            failed = step.entity == entity and step.status is StepStatus.FAILED
            if failed and step.code in TABLE_GONE | COLUMNS_GONE:
                return step
    return None
