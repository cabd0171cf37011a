"""Whether a table is still what it was: its columns, how much it holds, how much of it is empty.

Pure functions of two states. What changed by a rhythm of the week is no drift: a jump must stand
out against the state before and, where there is one, against that of the same weekday a week ago.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from enum import StrEnum
from math import sqrt

from checks.profile import Profile, Sketch, overlap

Columns = tuple[tuple[str, str], ...]

# A table of fewer rows, now and before, gives no jump but that to nothing.
LEAST_ROWS = 50
# Rows: less than this share of the other number is a jump, up or down.
VOLUME_RATIO = 0.7
# Empty cells: this many points more or less; or fewer, where the share became so many times more
# or less. Never for fewer cells than these, and never within what chance does.
SHARE_POINTS = 0.05
SHARE_SMALL_POINTS, SHARE_TIMES = 0.01, 3.0
LEAST_CELLS = 20
LEAST_SIGMAS = 4.0
# A column that has at least this share of another's values is taken for it.
LEAST_OVERLAP = 0.5


class Kind(StrEnum):
    """What drifted."""

    ADDED = "column_added"
    REMOVED = "column_removed"
    RENAMED = "column_renamed"
    RETYPED = "column_retyped"
    VOLUME = "volume_jump"
    EMPTY = "null_share_jump"

    @property
    def is_jump(self) -> bool:
        return self in (Kind.VOLUME, Kind.EMPTY)


@dataclass(frozen=True)
class Share:
    """So many empty cells among so many rows."""

    empty: int
    rows: int

    @property
    def value(self) -> float:
        return self.empty / self.rows if self.rows else 0.0


@dataclass(frozen=True)
class State:
    """A table at one moment. `columns` are all of the source's, `empty` the share of empty cells
    by mapped column; there is none where no profile was kept."""

    columns: Columns
    rows: int
    empty: Mapping[str, Share] = field(default_factory=dict)


@dataclass(frozen=True)
class Observation:
    """One difference between two states.

    `column` is the source's, None where the whole table is meant; of a renamed column the old name.
    `before` and `after` are types, names, numbers of rows, or shares of 1 with four digits.
    `overlap` is the share of common values by which a renamed column was known; None: by its name.
    """

    kind: Kind
    column: str | None
    before: str | None
    after: str | None
    overlap: float | None = None


@dataclass(frozen=True)
class Renamed:
    """A column that is gone, the new one that has its values, and what share of them is common."""

    column: str
    became: str
    overlap: float


def state_of(columns: Columns, rows: int, profiles: Iterable[Profile]) -> State:
    return State(columns, rows, {p.column: Share(p.empty, p.rows) for p in profiles})


def schema_changes(
    before: Columns, now: Columns, renamed: Iterable[Renamed] = ()
) -> tuple[Observation, ...]:
    """Columns added, removed, renamed and retyped, in the order of their names.

    `renamed` says what is known of columns' values; a column of which only the case changed counts
    as renamed as well. The order of columns does not count.
    """
    old, new = dict(before), dict(now)
    gone = [name for name in old if name not in new]
    come = [name for name in new if name not in old]
    known = {r.column: r for r in renamed if r.column in gone and r.became in come}
    found = []
    for name in gone:
        folded = next((c for c in come if c.casefold() == name.casefold()), None)
        became = known[name].became if name in known else folded
        if became is None or became not in come:
            found.append(Observation(Kind.REMOVED, name, old[name], None))
            continue
        come.remove(became)
        share = known[name].overlap if name in known else None
        found.append(Observation(Kind.RENAMED, name, name, became, share))
        if new[became] != old[name]:
            found.append(Observation(Kind.RETYPED, became, old[name], new[became]))
    found += [Observation(Kind.ADDED, name, None, new[name]) for name in come]
    found += [
        Observation(Kind.RETYPED, name, old[name], new[name])
        for name in old
        if name in new and new[name] != old[name]
    ]
    return tuple(sorted(found, key=lambda o: (o.column or "", o.kind)))


def jumps(now: State, before: State, week_ago: State | None = None) -> tuple[Observation, ...]:
    """What stands out in `now` against `before`, and against `week_ago` where that is known."""
    found = []
    others = [before] if week_ago is None else [before, week_ago]
    if all(is_volume_jump(other.rows, now.rows) for other in others):
        found.append(Observation(Kind.VOLUME, None, str(before.rows), str(now.rows)))
    for column, share in now.empty.items():
        known = [other.empty[column] for other in others if column in other.empty]
        if column in before.empty and all(is_share_jump(other, share) for other in known):
            told = shown_share(before.empty[column]), shown_share(share)
            found.append(Observation(Kind.EMPTY, column, *told))
    return tuple(found)


def is_volume_jump(before: int, now: int) -> bool:
    """Whether a number of rows stands out; falling to nothing always does."""
    if now == 0 or before == now:
        return before > 0 and now == 0
    low, high = sorted((before, now))
    return high >= LEAST_ROWS and low < VOLUME_RATIO * high


def is_share_jump(before: Share, now: Share) -> bool:
    """Whether a share of empty cells stands out: by much, in many cells, and not by chance."""
    rows = min(before.rows, now.rows)
    moved = abs(now.value - before.value)
    if rows < LEAST_ROWS or moved * rows < LEAST_CELLS:
        return False
    low, high = sorted((before.value, now.value))
    much = moved >= SHARE_POINTS or (moved >= SHARE_SMALL_POINTS and high >= SHARE_TIMES * low)
    both = (before.empty + now.empty) / (before.rows + now.rows)
    sigma = sqrt(both * (1 - both) * (1 / before.rows + 1 / now.rows))
    return much and moved >= LEAST_SIGMAS * sigma


def shown_share(share: Share) -> str:
    return f"{share.value:.4f}"


def recognised(lost: Mapping[str, Sketch], candidates: Mapping[str, Sketch]) -> tuple[Renamed, ...]:
    """Which of the `candidates` each lost column probably became, the surest pairs first.

    Columns of few values share them easily, so among equal shares the more alike name wins. No
    column becomes two, and none is taken for another below `LEAST_OVERLAP`.
    """
    pairs = [
        (overlap(theirs, mine), SequenceMatcher(None, old, new).ratio(), old, new)
        for old, theirs in lost.items()
        for new, mine in candidates.items()
    ]
    found: list[Renamed] = []
    for share, _, old, new in sorted(pairs, key=lambda pair: (-pair[0], -pair[1], pair[2:])):
        taken = any(r.column == old or r.became == new for r in found)
        if share >= LEAST_OVERLAP and not taken:
            found.append(Renamed(old, new, share))
    return tuple(found)


def persists(kind: Kind, column: str | None, before: str | None, now: State) -> bool:
    """Whether a difference that was seen earlier still stands in the state of `now`."""
    types = dict(now.columns)
    if kind is Kind.ADDED:
        return column in types
    if kind in (Kind.REMOVED, Kind.RENAMED):
        return column not in types
    if kind is Kind.RETYPED:
        return column in types and types[column] != before
    if kind is Kind.VOLUME:
        return is_volume_jump(int(before or 0), now.rows)
    share = now.empty.get(column or "")
    if share is None:
        return False
    return is_share_jump(Share(round(float(before or 0) * share.rows), share.rows), share)
