"""What changed since the last signed review: new grants, gone ones, and those of another reach."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from governance.ledger.review_rows import Change, Facts, ReviewRow
from governance.ledger.reviews import Reviews
from governance.reviews.population import FILTERS, Population, grant_key

# A grant is another one where it reaches or gives something else, or lasts longer.
WEIGHED = ("scope", "functions", "until")


@dataclass(frozen=True)
class Baseline:
    """What the last signed review held, by grant, and which one that was."""

    review: int
    name: str
    signed_at: datetime
    facts: Mapping[str, Facts]


@dataclass(frozen=True)
class Difference:
    """`changes` says of every line of the population how it stands; `gone` are those no more."""

    changes: Mapping[str, Change]
    gone: tuple[Facts, ...]

    def count(self, change: Change) -> int:
        return sum(found is change for found in self.changes.values())


def baseline(ledger: Reviews, filters: Mapping[str, Collection[str]]) -> Baseline | None:
    """The last signed review that looked at all that `filters` let through. None for none."""
    for row in ledger.last_signed():
        if _covers(row.filters, filters):
            assert row.closed_at is not None
            return Baseline(row.id, row.name, row.closed_at, _held(ledger, row))
    return None


def _held(ledger: Reviews, row: ReviewRow) -> dict[str, Facts]:
    """What was known once `row` was signed: one over differences rests on the one before."""
    held: dict[str, Facts] = {}
    if row.only_differences and row.compared_to is not None:
        before = ledger.get(row.compared_to)
        held = _held(ledger, before) if before else {}
        for facts in row.gone:
            held.pop(grant_key(facts), None)
    return held | {line.grant_key: line.facts for line in ledger.lines(row.id)}


def _covers(seen: Mapping[str, Collection[str]], asked: Mapping[str, Collection[str]]) -> bool:
    """Whether every line that `asked` lets through was let through by `seen`."""
    return all(
        not seen.get(name) or (asked.get(name) and set(asked[name]) <= set(seen[name]))
        for name in FILTERS
    )


def difference(
    lines: Iterable[Facts], before: Baseline | None, filters: Mapping[str, Collection[str]]
) -> Difference:
    """How `lines`, all that `filters` let through, stand against the review before."""
    known = before.facts if before else {}
    changes = {}
    for facts in lines:
        key = grant_key(facts)
        changes[key] = _change(known.get(key), facts)
    within = Population(tuple(known.values()), {}, {}).within(filters)
    gone = tuple(facts for facts in within if grant_key(facts) not in changes)
    return Difference(changes, gone)


def is_other(before: Facts, after: Facts) -> bool:
    """Whether a grant of the same name is no longer the same grant."""
    return any(before[name] != after[name] for name in WEIGHED)


def _change(before: Facts | None, after: Facts) -> Change:
    if before is None:
        return Change.NEW
    return Change.CHANGED if is_other(before, after) else Change.SAME
