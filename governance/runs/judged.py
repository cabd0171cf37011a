"""What is told about a pair of sources once it was compared, and what a check makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from checks.consistency import PairPlan, Verdict
from checks.outcome import Outcome
from checks.reconcile import SideTotals, Totals
from governance.ledger.rows import Metric

# From bad to good: a check is as good as its worst pair.
WORST_FIRST = (Outcome.ERROR, Outcome.NOT_EVALUABLE, Outcome.FAILED, Outcome.PASSED)


@dataclass(frozen=True)
class Judged:
    """One pair of a check with everything that is told about it.

    `basis` stands for the rules it was compared under; see `governance.runs.past`.
    """

    plan: PairPlan
    verdict: Verdict
    totals: Totals | None = None
    basis: str | None = None


def worst_of(judged: Sequence[Judged]) -> Judged:
    """The pair that decides the check's outcome."""
    return min(judged, key=lambda item: WORST_FIRST.index(item.verdict.outcome))


def overall(judged: Sequence[Judged]) -> tuple[float | None, float | None]:
    """A check's scores: those of its pairs, weighted by the record pairs each looked at."""
    weights = [_looked_at(item) for item in judged]
    total = sum(weights)
    if total == 0:
        return None, None
    strict = sum(w * (i.verdict.strict or 0) for w, i in zip(weights, judged, strict=True))
    adjusted = sum(w * (i.verdict.adjusted or 0) for w, i in zip(weights, judged, strict=True))
    return strict / total, adjusted / total


def _looked_at(item: Judged) -> int:
    t = item.totals
    assert t is not None
    alone = t.only_left + t.only_right + t.left.null_keys + t.right.null_keys
    return t.matched + (alone if item.plan.presence else 0)


def side_numbers(side: SideTotals) -> list[int | None]:
    """As the columns of `pairs` name them."""
    return [side.rows, side.keys, side.duplicate_keys, side.null_keys]


def metrics_of(check: str, item: Judged) -> list[Metric]:
    """The numbers of one pair that are kept over time; field '' speaks of the whole pair."""
    plan, verdict, totals = item.plan, item.verdict, item.totals
    values: list[tuple[str, str, float | None]] = [
        ("", "strict", verdict.strict),
        ("", "adjusted", verdict.adjusted),
    ]
    if totals is not None:
        values += [
            ("", "whole", _looked_at(item)),
            ("", "matched", totals.matched),
            ("", "aligned", totals.aligned),
            ("", "mismatched", totals.mismatched),
            ("", "only_left", totals.only_left),
            ("", "only_right", totals.only_right),
            ("", "null_keys", totals.left.null_keys + totals.right.null_keys),
        ]
    for f in verdict.fields:
        values += [(f.totals.name, "strict", f.strict), (f.totals.name, "adjusted", f.adjusted)]
        values.append((f.totals.name, "broken", f.totals.compared - f.totals.aligned))
    return [
        Metric(check, plan.left, plan.right, name, value, field) for field, name, value in values
    ]
