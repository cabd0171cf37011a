"""One record, both sides, field by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from checks.crosswalk import own_keys
from checks.dictionary import Entity, Field
from checks.outcome import CellClass, Kind
from governance.errors import PermissionRefused
from governance.ledger.retention import Retention
from governance.ledger.rows import SnapshotRow
from governance.ledger.snapshots import Snapshots as Known
from governance.reading import history, snapshots
from governance.reading.cells import Cell, Row, cell, class_of, names
from governance.reading.explained import explainer
from governance.reading.model import State

if TYPE_CHECKING:
    from governance.reading.findings import Findings
    from governance.reading.model import Finding

# Differing first; within a class the order of the dictionary stays.
RANK = (
    CellClass.DIFFERENT,
    CellClass.NULL_VS_VALUE,
    CellClass.WITHIN_TOLERANCE,
    CellClass.NORMALIZED,
    CellClass.EQUAL,
)


@dataclass(frozen=True)
class Line:
    """One field. A side is None where the source has no such record or does not map the field.

    `cls` is None where there are not two cells to compare.
    """

    field: str
    left: Cell | None
    right: Cell | None
    cls: CellClass | None
    personal: bool
    authority: str | None
    finding: Finding | None


@dataclass(frozen=True)
class Side:
    """What one source holds under the key. `taken_at` is None where it was never read.

    `copies` lists every row of a duplicate key, as shown values by field.
    """

    source: str
    taken_at: datetime | None
    rows: int
    copies: tuple[Mapping[str, str | None], ...] = ()


@dataclass(frozen=True)
class Record:
    """A record pair as the newest run saw it.

    `pruned` is when the newest snapshot was taken that retention took away: the history before it
    is gone. None where none was. `damaged` names the file before which the history cannot be told.
    """

    entity: str
    key: str | None
    key_shown: str | None
    display: str | None
    department: str | None
    left: Side
    right: Side
    lines: tuple[Line, ...]
    findings: tuple[Finding, ...]
    changes: tuple[history.Change, ...]
    pruned: datetime | None = None
    damaged: str | None = None

    @property
    def pair(self) -> str:
        return f"{self.left.source}~{self.right.source}"


def record(view: Findings, entity: Entity, pair: str, key: str, zone: ZoneInfo) -> Record | None:
    """The record `key` (normalised) of a pair `left~right`; None where nobody knows it.

    Raises PermissionRefused for a record outside the actor's scope.
    """
    found = view.of_record(entity.name, pair, key)
    return _assembled(view, entity, pair, key, found, zone)


def record_of(view: Findings, entity: Entity, finding: Finding, zone: ZoneInfo) -> Record | None:
    """As `record`, for the record a finding is about, which may have no key."""
    found = view.of_record(entity.name, finding.pair, finding.key) if finding.key else ()
    return _assembled(view, entity, finding.pair, finding.key, found or (finding,), zone)


def _assembled(
    view: Findings,
    entity: Entity,
    pair: str,
    key: str | None,
    found: tuple[Finding, ...],
    zone: ZoneInfo,
) -> Record | None:
    left, _, right = pair.partition("~")
    taken = view.snapshots_of(entity.name, pair)
    with snapshots.opened(view.shelf.archive, Known(view.database)) as opened:
        own = _own(entity, key)
        if own is None:
            return None
        keyed = zip((left, right), own, strict=True)
        rows = {source: _rows(opened, taken.get(source), at, found) for source, at in keyed}
        if not found and not any(rows.values()):
            return None
        _check_scope(view, entity, [*rows[left], *rows[right]], found)
        past = _history(view, entity.name, (left, right), own, opened)
    lines = _lines(entity, rows[left], rows[right], found)
    sides = [_side(source, taken.get(source), rows[source]) for source in (left, right)]
    first = found[0] if found else None
    any_row = next(iter(rows[left] or rows[right]), {})
    return Record(
        entity=entity.name,
        key=key,
        key_shown=first.key_shown if first else _key_shown(entity, any_row),
        display=first.display if first else _shown(any_row, entity.display),
        department=first.department if first else _shown(any_row, entity.department),
        left=sides[0],
        right=sides[1],
        lines=_explained(lines, entity, zone),
        findings=found,
        changes=past,
        pruned=_pruned(view, entity.name, (left, right)),
        damaged=opened.damaged,
    )


def _own(entity: Entity, key: str | None) -> tuple[str | None, str | None] | None:
    """The key as each side has it; None for one that no record of a matched entity can have."""
    if entity.match is None or key is None:
        return key, key
    try:
        return own_keys(key)
    except ValueError:
        return None


def _rows(
    opened: snapshots.Snapshots,
    taken: SnapshotRow | None,
    key: str | None,
    found: tuple[Finding, ...],
) -> tuple[Row, ...]:
    if taken is None:
        return ()
    if key is not None:
        return opened.of_key(taken, key)
    if not found or found[0].key is not None:
        return ()
    lone = found[0]
    side = lone.left_source if lone.kind == Kind.NULL_KEY_LEFT else lone.right_source
    return opened.of_finding(taken, lone) if side == taken.source else ()


def _history(
    view: Findings,
    entity: str,
    sources: tuple[str, str],
    own: tuple[str | None, str | None],
    opened: snapshots.Snapshots,
) -> tuple[history.Change, ...]:
    all_changes = [
        change
        for source, key in zip(sources, own, strict=True)
        if key is not None
        for change in history.changes(source, view.taken(source, entity), key, opened)
    ]
    return tuple(sorted(all_changes, key=lambda change: change.at, reverse=True))


def _pruned(view: Findings, entity: str, sources: tuple[str, str]) -> datetime | None:
    known = Retention(view.database)
    times = [time for s in sources if (time := known.last_pruned(s, entity))]
    return max(times, default=None)


def _check_scope(
    view: Findings, entity: Entity, rows: Sequence[Row], found: tuple[Finding, ...]
) -> None:
    """A visible finding proves the scope; otherwise one side's department must lie in it."""
    allowed = view.actor.departments
    if allowed is None or found:
        return
    if not any(_shown(row, entity.department) in allowed for row in rows):
        raise PermissionRefused("record.outside", actor=view.actor.name)


def _lines(
    entity: Entity, left: tuple[Row, ...], right: tuple[Row, ...], found: tuple[Finding, ...]
) -> list[Line]:
    by_field = {f.field: f for f in found if f.field and f.state != State.GONE}
    declared = {field.name: field for field in entity.fields}
    sealed = [name for rows in (left, right) for row in rows[:1] for name in names(row)]
    order = dict.fromkeys([*(n for n in declared if n in sealed), *sealed])
    one_each = len(left) == 1 and len(right) == 1
    lines = [
        _line(name, left, right, declared.get(name), entity, by_field.get(name), one_each)
        for name in order
    ]
    return sorted(lines, key=lambda line: len(RANK) if line.cls is None else RANK.index(line.cls))


def _line(
    name: str,
    left: tuple[Row, ...],
    right: tuple[Row, ...],
    field: Field | None,
    entity: Entity,
    finding: Finding | None,
    one_each: bool,
) -> Line:
    cells = [cell(rows[0], name) if rows and name in rows[0] else None for rows in (left, right)]
    here, there = cells
    cls = None
    # Where records are matched, each source's own key is no value that both should share.
    own_key = entity.match is not None and name in entity.key
    if here is not None and there is not None and one_each and not own_key:
        cls = CellClass(finding.cls) if finding and finding.cls else class_of(here, there, field)
    personal = any(f"{name}__t" in row for rows in (left, right) for row in rows)
    authority = entity.authority_of(name) if field else None
    return Line(name, here, there, cls, personal, authority, finding)


def _explained(lines: list[Line], entity: Entity, zone: ZoneInfo) -> tuple[Line, ...]:
    """The lines with the rules that fired on values that were rewritten; never on personal ones."""
    readers = {field.name: _reader(field) for field in entity.fields if field.reader}
    wanted = {line.field for line in lines if not line.personal and line.cls != CellClass.EQUAL}
    used = {name: reader for name, reader in readers.items() if name in wanted}

    def told(side: Cell | None, name: str) -> Cell | None:
        if side is None or side.shown is None or name not in used:
            return side
        if side.normalised in (None, side.shown):  # no rule left a mark
            return side
        return replace(side, fired=explainer(zone.key).fired(used[name], side.shown))

    return tuple(
        replace(line, left=told(line.left, line.field), right=told(line.right, line.field))
        for line in lines
    )


def _reader(field: Field) -> str:
    """The name under which the normalisers know a field's reader; a type's reader has its own."""
    from checks.normalisers import TYPES

    return field.normalizer or TYPES[field.type.value].name


def _side(source: str, taken: SnapshotRow | None, rows: tuple[Row, ...]) -> Side:
    copies = (
        tuple({name: row[name] for name in names(row)} for row in rows) if len(rows) > 1 else ()
    )
    return Side(source, taken.taken_at if taken else None, len(rows), copies)


def _shown(row: Row, name: str | None) -> str | None:
    value = row.get(name) if name else None
    return None if value is None else str(value)


def _key_shown(entity: Entity, row: Row) -> str | None:
    return " · ".join(str(row[name]) for name in entity.key if row.get(name) is not None) or None
