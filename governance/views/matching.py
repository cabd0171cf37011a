"""What the page of matched records shows, for an actor: what waits, what is paired, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from checks.dictionary import Entity
from governance.access import Actor, Right
from governance.config import Config
from governance.ledger import Ledger
from governance.ledger.crosswalk import PairRefused
from governance.ledger.snapshots import Snapshots as Known
from governance.ledger.walks import Between, End, EventRow, PairRow, Status
from governance.reading import snapshots
from governance.reading.cells import Row, names
from governance.reading.findings import Findings

MOST = 100_000


@dataclass(frozen=True)
class Line:
    """One field of both records, what likeness was found in it and what that weighs, in bits.

    `level` is None for a field by which records are not matched.
    """

    field: str
    left: str | None
    right: str | None
    level: str | None
    weight: float | None


@dataclass(frozen=True)
class Case:
    """One pair with both records as their newest snapshots show them; a record that is no longer
    there has no values."""

    pair: PairRow
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Standing:
    """How many pairs of two sources stand how."""

    waiting: int
    accepted: int
    rejected: int


def matched(actor: Actor, config: Config) -> dict[str, Between]:
    """The pairs of sources between which records are matched, by a code for the URL.

    Raises PermissionRefused without the right to view.
    """
    actor.require(Right.VIEW)
    found = {}
    for check in config.checks:
        entity = next((e for e in config.entities if e.name == check.entity), None)
        if entity is None or entity.match is None:
            continue
        for at, left in enumerate(check.sources):
            for right in check.sources[at + 1 :]:
                between = Between(entity.name, left, right)
                found[f"{entity.name}:{left}~{right}"] = between
    return found


def standing(actor: Actor, ledger: Ledger, between: Between) -> Standing:
    """Raises PermissionRefused without the right to view."""
    actor.require(Right.VIEW)
    count = ledger.crosswalk.count
    return Standing(
        waiting=count(actor, between, Status.PROPOSED),
        accepted=count(actor, between, Status.ACCEPTED),
        rejected=count(actor, between, Status.REJECTED),
    )


def cases(view: Findings, entity: Entity, pairs: tuple[PairRow, ...]) -> tuple[Case, ...]:
    """The pairs with the values of their records; personal ones are masks."""
    view.actor.require(Right.VIEW)
    known = Known(view.database)
    with snapshots.opened(view.shelf.archive, known) as opened:
        made = []
        for pair in pairs:
            rows = [
                _row(opened, known, pair.entity, source, key)
                for source, key in (
                    (pair.left_source, pair.left_key),
                    (pair.right_source, pair.right_key),
                )
            ]
            made.append(Case(pair, _lines(entity, pair, rows[0], rows[1])))
    return tuple(made)


def by_hand(
    view: Findings,
    ledger: Ledger,
    entity: Entity,
    between: Between,
    keys: tuple[str, str],
    *,
    now: datetime,
) -> PairRow:
    """Say that the records of these two keys are one. Raises PairRefused, also for a key that no
    record has."""
    view.actor.require(Right.DECIDE)
    left = _end(view, entity, between.left, keys[0])
    right = _end(view, entity, between.right, keys[1])
    return ledger.crosswalk.merge(view.actor, between, left, right, now=now)


def history(actor: Actor, ledger: Ledger, pair: PairRow) -> tuple[EventRow, ...]:
    """What happened to a pair, oldest first."""
    return ledger.crosswalk.history(actor, pair.id)


def surely(actor: Actor, ledger: Ledger, between: Between, least: float) -> tuple[int, ...]:
    """The waiting pairs of at least that probability."""
    pairs = ledger.crosswalk.page(actor, between, Status.PROPOSED, least=least, limit=MOST)
    return tuple(pair.id for pair in pairs)


def _end(view: Findings, entity: Entity, source: str, key: str) -> End:
    known = Known(view.database)
    with snapshots.opened(view.shelf.archive, known) as opened:
        row = _row(opened, known, entity.name, source, key)
    if not row:
        raise PairRefused("matching.no_record", key=key, source=source)
    shown, department = (_text(row, name or "") for name in (entity.display, entity.department))
    return End(key, shown, department)


def _row(
    opened: snapshots.Snapshots, known: Known, entity: str, source: str, key: str
) -> Mapping[str, Any]:
    newest = known.newest(source, entity)
    rows: tuple[Row, ...] = () if newest is None else opened.of_key(newest, key)
    return rows[0] if len(rows) == 1 else {}


def _lines(
    entity: Entity, pair: PairRow, left: Mapping[str, Any], right: Mapping[str, Any]
) -> tuple[Line, ...]:
    told = {field: (level, weight) for field, level, weight in pair.reason}
    there = {name for row in (left, right) for name in names(dict(row))}
    order = [f.name for f in entity.fields if f.name in there or f.name in told]
    lines = [
        Line(name, _text(left, name), _text(right, name), *told.get(name, (None, None)))
        for name in order
    ]
    return tuple(sorted(lines, key=lambda line: (line.weight is None, -abs(line.weight or 0))))


def _text(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    return None if value is None else str(value)
