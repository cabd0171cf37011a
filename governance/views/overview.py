"""The overview's numbers: who is needed, how aligned the company is, and which way it moves.

The sentence, the tiles and the table all speak of the newest sealed run of each check; the trend
of the last run of each day. What was not evaluated is left out and said, never counted as good.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from checks import consistency
from checks.outcome import Outcome, Severity
from governance.access import Actor
from governance.config import Config
from governance.ledger import Ledger
from governance.reading import Desk, PairScore, fields, pairs
from governance.views.causes import Cause, causes, needed
from governance.views.flow import Flow, flow
from governance.views.trend import Day, days

WEEK = timedelta(days=6, hours=12)
SHOWN_DAYS = 30


@dataclass(frozen=True)
class Score:
    """A share of aligned records, and what it was `before`, at `since`; None: no such time."""

    now: float
    before: float | None = None
    since: datetime | None = None

    @property
    def change(self) -> float | None:
        return None if self.before is None else self.now - self.before


@dataclass(frozen=True)
class PairLine:
    """How two systems agree on an entity. `open` counts findings that need somebody."""

    score: PairScore
    open: int
    worst: Severity | None


@dataclass(frozen=True)
class Overview:
    """`records` are records with at least one finding that needs somebody, `findings` their number.

    `rewritten` counts cells that are written differently and mean the same. `blind` names the
    checks whose newest result could not be evaluated. `drift` counts changes of tables that stand
    open after the newest run.
    """

    records: int
    findings: int
    pending: int
    causes: tuple[Cause, ...]
    rewritten: int
    strict: Score | None
    adjusted: Score | None
    history: tuple[Day, ...]
    pairs: tuple[PairLine, ...]
    by_severity: Mapping[str, int] = field(default_factory=dict)
    blind: tuple[str, ...] = ()
    drift: int = 0
    flow: Flow | None = None

    @property
    def weakest(self) -> PairLine | None:
        """The pair that agrees least, among those that could be judged."""
        judged = [line for line in self.pairs if line.score.strict is not None]
        return min(judged, key=lambda line: line.score.strict or 0.0, default=None)


def overview(
    actor: Actor, desk: Desk, ledger: Ledger, config: Config, now: datetime
) -> Overview | None:
    """What the newest runs say to `actor`; None before the first sealed run.

    Raises PermissionRefused without the right to view, EvidenceTampered for a changed run file.
    """
    view = desk.view(actor, [check.name for check in config.checks])
    if view.reading.newest is None:
        return None
    counts = needed(view)
    scored = pairs(view)
    trend = days(ledger, config, now, SHOWN_DAYS)
    open_ = {(c.entity, c.left, c.right): c for c in counts.by_pair}
    strict, adjusted = together(scored, partial_pairs(config))
    lines = tuple(
        PairLine(score, found.findings if found else 0, found.worst if found else None)
        for score in scored
        for found in (open_.get((score.entity, score.left_source, score.right_source)),)
    )
    return Overview(
        records=counts.records,
        findings=counts.findings,
        pending=counts.pending,
        causes=causes(view),
        rewritten=sum(f.counts.get("normalized", 0) for f in fields(view)),
        strict=compared(strict, [(d.as_of, d.strict) for d in trend]),
        adjusted=compared(adjusted, [(d.as_of, d.adjusted) for d in trend]),
        history=trend,
        pairs=lines,
        by_severity=counts.by_severity,
        blind=blind(scored),
        drift=drifted(ledger),
        flow=flow(view, ledger, config.time_zone, now, SHOWN_DAYS),
    )


def drifted(ledger: Ledger) -> int:
    newest = ledger.runs.last_sealed()
    return (ledger.results.open_drift(newest.id) or 0) if newest else 0


def blind(scored: tuple[PairScore, ...]) -> tuple[str, ...]:
    """Checks with a pair that could not be judged, each once."""
    seen = (Outcome.PASSED.value, Outcome.FAILED.value)
    return tuple(dict.fromkeys(score.check for score in scored if score.outcome not in seen))


def partial_pairs(config: Config) -> frozenset[tuple[str, str, str]]:
    """Check, left and right of the pairs in which a row on one side only does not count: what a
    third system lacks is told where it is compared with the entity's authority."""
    return frozenset(
        (check.name, plan.left, plan.right)
        for check in config.checks
        for plan in consistency.pairs(config.entity(check.entity), check.sources)
        if not plan.presence
    )


def together(
    scored: tuple[PairScore, ...], partial: frozenset[tuple[str, str, str]]
) -> tuple[float | None, float | None]:
    """Strict and adjusted share over all judged pairs, each weighing as much as its records."""
    weighed = [(s, records_of(s, partial)) for s in scored if s.strict is not None]
    whole = sum(records for _, records in weighed)
    if not whole:
        return None, None
    strict = sum((s.strict or 0.0) * records for s, records in weighed) / whole
    adjusted = sum((s.adjusted or 0.0) * records for s, records in weighed) / whole
    return strict, adjusted


def records_of(score: PairScore, partial: frozenset[tuple[str, str, str]]) -> int:
    """How many records the pair's score is a share of."""
    if (score.check, score.left_source, score.right_source) in partial:
        return score.numbers.get("matched", 0)
    names = ("matched", "only_left", "only_right", "left_null_keys", "right_null_keys")
    return sum(score.numbers.get(name, 0) for name in names)


def compared(value: float | None, past: list[tuple[datetime, float | None]]) -> Score | None:
    """`value` beside what it was a week before the newest of `past`, or at the oldest known."""
    if value is None:
        return None
    known = [(at, before) for at, before in past if before is not None]
    newest = past[-1][0] if past else None
    # Nightly runs do not start on the second: six and a half days are a week.
    week_old = [pair for pair in known if newest and pair[0] <= newest - WEEK]
    chosen = week_old[-1] if week_old else next(iter(known[:-1]), None)
    return Score(value) if chosen is None else Score(value, chosen[1], chosen[0])
