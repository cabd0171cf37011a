"""Drift as a page draws it: what stands open, and one table's columns and fields over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from checks.dictionary import Entity, Field
from checks.profile import Profile
from governance.access import Actor, Right
from governance.config import Config
from governance.ledger import Ledger
from governance.ledger.rows import SnapshotRow
from governance.reading import Desk, Filters, Finding
from governance.reading.drift import Event, events

SNAPSHOTS = 100
MOST_FINDINGS = 200


@dataclass(frozen=True)
class Table:
    """One entity of one source."""

    source: str
    entity: str

    @property
    def code(self) -> str:
        return f"{self.source}~{self.entity}"


@dataclass(frozen=True)
class FieldPast:
    """One field over the days, oldest first; `points` hold the moment and the profile of each day.

    `field` is None where the dictionary no longer has it.
    """

    name: str
    field: Field | None
    points: tuple[tuple[datetime, Profile], ...]

    @property
    def newest(self) -> Profile:
        return self.points[-1][1]


@dataclass(frozen=True)
class TableView:
    """One table: its newest snapshot, how many are looked at, the rows of each day, what became of
    its columns, and its fields. No profile is known of snapshots from before there were any."""

    table: Table
    newest: SnapshotRow
    snapshots: int
    rows: tuple[tuple[datetime, int], ...]
    events: tuple[Event, ...]
    fields: tuple[FieldPast, ...]


@dataclass(frozen=True)
class DriftView:
    """`open` are the findings that stand, `tables` all that were ever read. Where `shows_values` is
    false the profiles hold no value of any record."""

    tables: tuple[Table, ...]
    open: tuple[Finding, ...]
    shows_values: bool


def drift_view(actor: Actor, desk: Desk, ledger: Ledger, config: Config) -> DriftView:
    """What drifted in the whole company. Raises PermissionRefused without the right to view."""
    actor.require(Right.VIEW)
    read = {(s.source, s.entity) for s in ledger.snapshots.newest_of_each()}
    tables = (Table(m.source, e.name) for e in config.tables for m in e.mappings)
    page = desk.drift(actor).page(Filters(state=("open",)), limit=MOST_FINDINGS)
    return DriftView(
        tables=tuple(t for t in tables if (t.source, t.entity) in read),
        open=page.rows,
        shows_values=shows_values(actor),
    )


def shows_values(actor: Actor) -> bool:
    """Whether the actor may see values out of whole tables: not who may see some departments only,
    since a profile does not say whose record a value comes from."""
    return actor.departments is None


def table_view(
    actor: Actor, desk: Desk, ledger: Ledger, config: Config, table: Table
) -> TableView | None:
    """One table over its newest snapshots; None where it was never read.

    Raises PermissionRefused without the right to view, EvidenceTampered for a changed file.
    """
    actor.require(Right.VIEW)
    history = ledger.snapshots.history(table.source, table.entity)[-SNAPSHOTS:]
    entity = config.entity(table.entity)
    mapping = entity.mapping_of(table.source)
    if not history or mapping is None:
        return None
    profiles = desk.profiles.of(history)
    days = last_of_day(history, config)
    shown = {day.id: tuple(told(p, shows_values(actor)) for p in profiles[day.id]) for day in days}
    return TableView(
        table=table,
        newest=history[-1],
        snapshots=len(history),
        rows=tuple((day.taken_at, day.rows) for day in days),
        events=events(history, desk.profiles, mapping),
        fields=pasts(entity, days, shown),
    )


def last_of_day(history: Sequence[SnapshotRow], config: Config) -> tuple[SnapshotRow, ...]:
    """The last snapshot of each day of the business calendar."""
    by_day = {s.taken_at.astimezone(config.time_zone).date(): s for s in history}
    return tuple(by_day.values())


def told(profile: Profile, shows: bool) -> Profile:
    """A profile, without values where none may be shown."""
    return profile if shows else replace(profile, low=None, high=None, top=())


def pasts(
    entity: Entity, days: Sequence[SnapshotRow], profiles: dict[int, tuple[Profile, ...]]
) -> tuple[FieldPast, ...]:
    """Every field of the newest profile, keys first, then in the dictionary's order."""
    points: dict[str, list[tuple[datetime, Profile]]] = {}
    for day in days:
        for profile in profiles[day.id]:
            points.setdefault(profile.field, []).append((day.taken_at, profile))
    fields = {field.name: field for field in entity.fields}
    order = [*entity.key, *fields]
    newest = next((profiles[day.id] for day in reversed(days) if profiles[day.id]), ())
    names = sorted((p.field for p in newest), key=lambda n: order.index(n) if n in order else 999)
    return tuple(FieldPast(name, fields.get(name), tuple(points[name])) for name in names)
