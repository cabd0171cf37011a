"""Is a size or a number of rows what it uses to be: a robust baseline that knows weekdays.

Values are compared by their logarithm, as backups grow by shares. The usual value is the median,
its band so many times 1.4826 * MAD (Rousseeuw and Croux 1993: the deviation of a normal
distribution), wider while there are few points. What stands out does not teach the baseline, so
that one bad week never becomes usual by itself, but for one thing: so many in a row that are alike
are a new level. A fall to next to nothing never is: backups that stay empty stay odd.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum
from math import exp, expm1, log1p, sqrt
from statistics import median

from checks.backups.case import said
from checks.backups.model import Verdict

# Deviations that a usual point keeps within, where there are many.
WIDTH = 4.0
SIGMA = 1.4826
# No band is narrower than this share of the usual value: nobody cares.
LEAST = 0.1
# From so few points on there is a baseline at all.
FEWEST = 3
# The baseline looks back so many points, and so many of each weekday.
WINDOW, WEEKS = 56, 8
# A weekday has a level of its own once so many weeks agree on it.
ENOUGH_WEEKS = 3
# So many in a row that are alike are a new level.
STEP = 4
# What is left after a fall must be more than this share of what was usual, to be a new level.
NOTHING = 0.05


# A table may have so many times its usual rows.
GROWTH = 2.0
# So many roots of a count are noise.
NOISE = 3.0


class Confidence(StrEnum):
    """How much a baseline is worth, by how many points it has."""

    NONE = "none"
    LOW = "low"  # fewer than 7
    MEDIUM = "medium"  # fewer than 28
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Value:
    """A measured value of a backup: its bytes, or the rows of one table. Never negative."""

    at: datetime
    value: float
    id: str = ""


@dataclass(frozen=True, slots=True)
class Usual:
    """What was expected of a value: the usual one and its band, ends included."""

    value: float
    low: float
    high: float
    points: int
    by_weekday: bool = False

    @property
    def confidence(self) -> Confidence:
        if self.points < FEWEST:
            return Confidence.NONE
        if self.points < 7:
            return Confidence.LOW
        return Confidence.MEDIUM if self.points < 28 else Confidence.HIGH

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Seen:
    """A value against what was usual then. `verdict` True: it is usual; None: too few points.
    `is_step`: with it a new level is taken for the usual one."""

    value: Value
    verdict: Verdict
    usual: Usual | None = None
    is_step: bool = False


def anomalies(values: Iterable[Value], zone: tzinfo) -> tuple[Seen, ...]:
    """Each value against the baseline of those before it, from the oldest to the newest.

    The order in which they are given does not matter. Weekdays are those of `zone`.
    """
    watch = _Watch(zone)
    return tuple(watch.look(v) for v in sorted(values, key=lambda v: (v.at, v.id, v.value)))


def is_odd_count(rows: Seen) -> bool:
    """Whether the rows of a table are worth a word.

    Tables grow, a log by leaps: a rise is told once it more than doubles. What is counted varies by
    about its root (Poisson), so two rows that become three, or one, are nothing; but a table that
    is empty and never was stands out.
    """
    if rows.verdict.value is not False or rows.usual is None:
        return False
    usual, now = rows.usual.value, rows.value.value
    if now > usual:
        return now > GROWTH * usual + NOISE
    return now == 0 or usual - now > NOISE * sqrt(usual)


class _Watch:
    """The baseline while it learns."""

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone
        self.usual: list[Value] = []
        self.level: list[Value] = []  # everything since the last step, usual or not
        self.odd: list[Value] = []  # what stood out last, in a row

    def look(self, value: Value) -> Seen:
        expected = self._expected(value)
        self.level.append(value)
        if expected is None:
            self.usual.append(value)
            return Seen(value, said(None, "anomaly.too_few", count=len(self.usual)))
        if expected.holds(value.value):
            self.odd.clear()
            self.usual.append(value)
            return Seen(value, _verdict(True, "usual", value, expected), expected)
        self.odd.append(value)
        is_step = _are_alike(self.odd[-STEP:], expected) and value.value > NOTHING * expected.value
        if is_step:
            self.usual, self.level, self.odd = self.odd[-STEP:], self.odd[-STEP:], []
        why = "step" if is_step else "small" if value.value < expected.low else "large"
        return Seen(value, _verdict(False, why, value, expected), expected, is_step)

    def _expected(self, value: Value) -> Usual | None:
        """The baseline of all, or that of the weekday where it lies outside of the first."""
        if len(self.usual) < FEWEST:
            return None
        overall = _baseline([v.value for v in self.usual[-WINDOW:]])
        day = value.at.astimezone(self.zone).weekday()
        same = [v for v in self.level if v.at.astimezone(self.zone).weekday() == day][-WEEKS:]
        if len({v.at.astimezone(self.zone).date() for v in same}) < ENOUGH_WEEKS:
            return overall
        own = _baseline([v.value for v in same])
        # The weekday's own points must agree, or a single odd one would speak for it.
        agreed = sum(own.holds(v.value) for v in same) > len(same) / 2
        if agreed and not overall.holds(own.value):
            return Usual(own.value, own.low, own.high, own.points, by_weekday=True)
        return overall


def _baseline(values: Sequence[float]) -> Usual:
    """The median of some values and the band around it, wider the fewer they are."""
    logs = [log1p(v) for v in values]
    middle = median(logs)
    spread = SIGMA * median(abs(x - middle) for x in logs)
    # The error of a median of n points is about 1.25 sigma / sqrt(n); few points also tell little
    # of the spread, so the least band widens with them.
    few = 1 + 3 / sqrt(len(values))
    width = max(WIDTH * spread * few, log1p(LEAST) * few)
    return Usual(expm1(middle), expm1(middle) * exp(-width), expm1(middle + width), len(values))


def _are_alike(values: Sequence[Value], usual: Usual) -> bool:
    """Whether these make a level: enough of them, as near to one another as was usual before."""
    if len(values) < STEP:
        return False
    logs = [log1p(v.value) for v in values]
    width = log1p(usual.high) - log1p(usual.value)
    return all(abs(x - median(logs)) <= width for x in logs)


def _verdict(value: bool, why: str, seen: Value, usual: Usual) -> Verdict:
    change = (seen.value / usual.value - 1) * 100 if usual.value else 0.0
    return said(
        value, f"anomaly.{why}", seen.at, seen=round(seen.value), usual=round(usual.value),
        change=f"{change:+.0f}", count=usual.points, confidence=usual.confidence.value,
    )  # fmt: skip
