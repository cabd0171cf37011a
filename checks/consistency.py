"""The consistency check: do the sources that keep an entity say the same thing?

Pure: which pairs of sources to compare, and how their totals are judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from checks.dictionary import Entity
from checks.outcome import Outcome
from checks.reconcile import ColumnTotals, Totals

CODE = "consistency"
TITLE = "compare.consistency"


@dataclass(frozen=True)
class PairPlan:
    """Two sources to compare, in configuration order.

    `fields` are those that one of the two has authority over. `presence` says whether a row on
    one side only counts: it does where one side is the entity's authority, so that a row missing
    from a third system is told once.
    """

    left: str
    right: str
    fields: tuple[str, ...]
    presence: bool


@dataclass(frozen=True)
class Excused:
    """What is left out of the adjusted score's shortfall: pending or waived.

    `pairs` are mismatched record pairs with no other difference left, `lone` rows on one side
    only, with a null key, or left over of a repeated key; `cells` per field.
    """

    pairs: int = 0
    lone: int = 0
    cells: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class FieldScore:
    """Shares of aligned cells among those compared; None where none was."""

    totals: ColumnTotals
    strict: float | None
    adjusted: float | None


@dataclass(frozen=True)
class Verdict:
    """How one pair of sources was judged. Scores run from 0 to 1; None where nothing was seen.

    `reason` is a message id (with `params`) where the outcome is not evaluable or an error.
    """

    outcome: Outcome
    strict: float | None = None
    adjusted: float | None = None
    fields: tuple[FieldScore, ...] = ()
    reason: str | None = None
    params: Mapping[str, str] = field(default_factory=dict)


def pairs(entity: Entity, sources: Sequence[str]) -> tuple[PairPlan, ...]:
    """The pairs that compare every source with each field's authority.

    A field whose authority does not take part, or does not map it, is measured against the
    entity's authority, or else the first source that maps it. Two sources give exactly one pair.
    """
    places = {name: place for place, name in enumerate(sources)}
    by_pair: dict[tuple[str, str], list[str]] = {}
    chief = _authority(entity, entity.authority, sources)
    for other in sources:
        if other != chief:
            by_pair[_ordered(chief, other, places)] = []
    for name in (f.name for f in entity.fields if f.name not in entity.key):
        keepers = [s for s in sources if _maps(entity, s, name)]
        if not keepers:
            continue
        word = _authority(entity, entity.authority_of(name), keepers)
        for other in keepers:
            if other != word:
                by_pair.setdefault(_ordered(word, other, places), []).append(name)
    return tuple(
        PairPlan(*pair, fields=tuple(fields), presence=chief in pair)
        for pair, fields in sorted(by_pair.items(), key=lambda p: [places[s] for s in p[0]])
    )


def judge(
    plan: PairPlan,
    totals: Totals,
    *,
    excused: Excused | None = None,
    strict_at_least: Decimal | None = None,
    adjusted_at_least: Decimal | None = None,
) -> Verdict:
    """Score one pair and hold it against the thresholds; with none at all, all must be aligned.

    The strict score is aligned record pairs among all pairs, rows that stand alone and rows with
    null keys. Both sides empty is not evaluable, never 100 %.
    """
    excused = excused or Excused()
    alone = totals.only_left + totals.only_right + totals.left.null_keys + totals.right.null_keys
    whole = totals.matched + (alone if plan.presence else 0)
    if whole == 0:
        empty = totals.left.rows == 0 and totals.right.rows == 0
        code = "consistency.empty" if empty else "consistency.nothing_matched"
        params = {"left": plan.left, "right": plan.right}
        return Verdict(Outcome.NOT_EVALUABLE, reason=code, params=params)
    pardoned = excused.pairs + (excused.lone if plan.presence else 0)
    forgiven = min(whole, totals.aligned + pardoned)
    judged = [(totals.aligned, strict_at_least), (forgiven, adjusted_at_least)]
    if strict_at_least is None and adjusted_at_least is None:
        judged = [(totals.aligned, Decimal(1))]
    passed = all(limit is None or score >= limit * whole for score, limit in judged)
    return Verdict(
        Outcome.PASSED if passed else Outcome.FAILED,
        strict=totals.aligned / whole,
        adjusted=forgiven / whole,
        fields=tuple(_field_score(c, excused.cells.get(c.name, 0)) for c in totals.columns),
    )


def unseen(plan: PairPlan, unread: Mapping[str, str]) -> Verdict | None:
    """Not evaluable if a source of the pair was not read whole; None if both were.

    `unread` holds, per source, why it was not read.
    """
    for source in (plan.left, plan.right):
        if source in unread:
            params = {"source": source, "reason": unread[source]}
            return Verdict(Outcome.NOT_EVALUABLE, reason="consistency.unread_source", params=params)
    return None


def _field_score(totals: ColumnTotals, excused: int) -> FieldScore:
    if totals.compared == 0:
        return FieldScore(totals, None, None)
    forgiven = min(totals.compared, totals.aligned + excused)
    return FieldScore(totals, totals.aligned / totals.compared, forgiven / totals.compared)


def _maps(entity: Entity, source: str, name: str) -> bool:
    mapping = entity.mapping_of(source)
    return mapping is not None and name in mapping.columns


def _authority(entity: Entity, wanted: str, among: Sequence[str]) -> str:
    return next((name for name in (wanted, entity.authority) if name in among), among[0])


def _ordered(one: str, other: str, places: Mapping[str, int]) -> tuple[str, str]:
    return (one, other) if places[one] < places[other] else (other, one)
