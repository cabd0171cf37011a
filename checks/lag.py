"""How long a change on one side takes to arrive on the other: a survival curve over what runs saw.

Runs see snapshots only, so no time is known exactly. A change began after the look before it first
showed and arrived after the last look at which it still stood; one that still stands has not
arrived yet (right-censored), and some never will. The curve S(t) is the share of changes that have
not arrived t seconds after they began.

    S        Turnbull 1976, the self-consistent estimate for interval-censored times (EM). With
             exact times it is the product-limit estimate of Kaplan and Meier 1958,
             S(t) = prod over times x <= t of (1 - arrived at x / not yet arrived before x).
    band     Greenwood 1926: var S = S^2 * sum of d / (Y * (Y - d)), d arrivals among Y at risk, put
             on log(-log S) (Kalbfleisch and Prentice 1980) so that it stays within 0 and 1. For
             interval-censored times d and Y are those that the estimate expects.
    plateau  what S comes down to is the share that never arrives (Maller and Zhou 1996); quantiles
             are of those that arrive: the least t with (1 - S(t)) / (1 - plateau) >= p.
    limit    upper confidence limit of such a quantile by order statistics (Wilks 1941): as many
             arrivals as may lie above the quantile in 95 % of all samples of this size. Without
             299 arrivals no limit for p99 exists: 1 - 0.99^298 < 0.95.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

CONFIDENCE = 0.95
TWO_SIDED = 1.959963984540054  # of the normal distribution, for a band of 95 %
# Least number of arrivals for which a limit of p99 exists at this confidence.
ENOUGH = 299
# Mass below this is what the iteration has not yet taken off a place where none belongs.
LEAST = 1e-6
ROUNDS, STRIDE = 2000, 10

_AT, _UNTIL, _AFTER = 0, 1, 2
Place = tuple[float, int]


@dataclass(frozen=True)
class Times:
    """`n` changes that took more than `lower` and at most `upper` seconds to arrive.

    `upper` None: not arrived after `lower` seconds. Equal bounds are an exact time. `n` may be a
    fraction where changes are shared out.
    """

    lower: float
    upper: float | None
    n: float = 1


@dataclass(frozen=True)
class Step:
    """Between `start` and `end` the curve comes down to `survival`, somewhere; after `end` it is
    there. `low` and `high` are its band of 95 %."""

    start: float
    end: float
    survival: float
    low: float
    high: float


@dataclass(frozen=True)
class Curve:
    """`arrived` and `waiting` are the changes it was made of; no steps where none arrived."""

    steps: tuple[Step, ...]
    arrived: float
    waiting: float

    @property
    def stuck(self) -> float | None:
        """The share that never arrives, as far as was seen; None where nothing is known."""
        return self.steps[-1].survival if self.steps else None

    @property
    def stuck_band(self) -> tuple[float, float] | None:
        return (self.steps[-1].low, self.steps[-1].high) if self.steps else None

    def quantile(self, share: float) -> float | None:
        """Seconds after which `share` of those that arrive have arrived: the latest time that the
        looks allow. None where none arrived."""
        if not self.steps:
            return None
        whole = 1 - self.steps[-1].survival
        wanted = (share - LEAST) * whole
        return next((s.end for s in self.steps if 1 - s.survival >= wanted), self.steps[-1].end)

    def limit(self, share: float) -> float | None:
        """The upper confidence limit of `quantile`; None where too few arrived to have one."""
        n = math.floor(self.arrived + LEAST)
        place = rank(n, share)
        return None if place is None else self.quantile(place / n)


def curve(seen: Iterable[Times]) -> Curve:
    """The curve of these changes; their order does not matter."""
    known = _together(seen)
    arrived = sum(t.n for t in known if t.upper is not None)
    waiting = sum(t.n for t in known if t.upper is None)
    if not arrived:
        return Curve((), 0, waiting)
    cells = _cells(known)
    masses, expected = _masses(known, cells)
    return Curve(_steps(cells, masses, expected, arrived), arrived, waiting)


@cache
def rank(n: int, share: float, confidence: float = CONFIDENCE) -> int | None:
    """The place of the order statistic of `n` that is at least the quantile `share` with this
    confidence: the least r with P(Binomial(n, share) < r) >= confidence."""
    if n < 1 or 1 - share**n < confidence:
        return None
    above, tail = 0, 0.0
    while True:
        tail += _binomial(n, above, 1 - share)
        if tail > 1 - confidence:
            return n - above + 1
        above += 1


def _binomial(n: int, k: int, p: float) -> float:
    chosen = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return math.exp(chosen + k * math.log(p) + (n - k) * math.log1p(-p))


def _together(seen: Iterable[Times]) -> list[Times]:
    """Equal bounds once, in an order of their own, so that sums come out the same."""
    sums: dict[tuple[float, float], list[float]] = {}
    for t in seen:
        if t.n > 0:
            upper = math.inf if t.upper is None else max(t.upper, t.lower)
            sums.setdefault((t.lower, upper), []).append(t.n)
    return [
        Times(lower, None if math.isinf(upper) else upper, math.fsum(sorted(sums[lower, upper])))
        for lower, upper in sorted(sums)
    ]


def _bounds(t: Times) -> tuple[Place, Place]:
    if t.upper is None:
        return (t.lower, _AFTER), (math.inf, _UNTIL)
    exact = t.lower == t.upper
    return (t.lower, _AT if exact else _AFTER), (t.upper, _UNTIL)


def _cells(known: Sequence[Times]) -> list[tuple[Place, Place]]:
    """Turnbull's innermost intervals, the only places where the estimate can have mass: from the
    last beginning of any time to the first end after it."""
    places = sorted({place for t in known for place in _bounds(t)})
    return [
        (one, other) for one, other in pairwise(places) if one[1] != _UNTIL and other[1] == _UNTIL
    ]


def _masses(known: Sequence[Times], cells: Sequence[tuple[Place, Place]]) -> tuple[Any, Any]:
    """The estimate's mass in each cell, and how many of those that arrived it expects there."""
    import numpy as np

    starts, ends = [cell[0] for cell in cells], [cell[1] for cell in cells]
    weights: dict[tuple[int, int], list[float]] = {}
    for t in known:
        low, high = _bounds(t)
        reach = bisect_left(starts, low), bisect_right(ends, high)
        sums = weights.setdefault(reach, [0.0, 0.0])
        sums[0] += t.n
        sums[1] += t.n if t.upper is not None else 0.0
    within = np.zeros((len(weights), len(cells)))
    for row, (first, last) in zip(within, weights, strict=True):
        row[first:last] = 1
    every, arrived = np.array(list(weights.values())).T
    total = every.sum()
    p = np.full(len(cells), 1 / len(cells))
    for _ in range(ROUNDS // STRIDE):
        before = p
        for _ in range(STRIDE):
            p = p * ((every / (within @ p)) @ within) / total
        if np.abs(p - before).max() < LEAST:
            break
    return p, p * ((arrived / (within @ p)) @ within)


def _steps(
    cells: Sequence[tuple[Place, Place]], masses: Any, expected: Any, arrived: float
) -> tuple[Step, ...]:
    """The curve over the finite cells that have mass, with its band."""
    steps: list[Step] = []
    left, spread = 1.0, 0.0
    for (start, end), mass, d in zip(cells, masses.tolist(), expected.tolist(), strict=True):
        if math.isinf(end[0]) or mass < LEAST:
            continue
        at_risk = d * left / mass
        left = max(left - mass, 0.0)
        if left < LEAST:
            left = 0.0
        spread += d / (at_risk * (at_risk - d)) if at_risk - d > LEAST else math.inf
        steps.append(Step(start[0], end[0], left, *_band(left, spread, arrived)))
    return tuple(steps)


def _band(survival: float, spread: float, arrived: float) -> tuple[float, float]:
    """Greenwood's on log(-log S); where all have arrived it is silent, and the exact binomial limit
    of none among so many speaks."""
    if survival <= 0 or math.isinf(spread):
        return 0.0, max(survival, 1 - ((1 - CONFIDENCE) / 2) ** (1 / max(arrived, 1)))
    if survival >= 1:
        return 1.0, 1.0
    away = math.exp(TWO_SIDED * math.sqrt(spread) / abs(math.log(survival)))
    return survival**away, survival ** (1 / away)
