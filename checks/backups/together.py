"""Do the backups of several systems fit together, and which common restore point is the last one.

A contract in the backup of the CRM whose approval is not in that of the OA breaks the business once
both are restored. Two backups fit when the records of both were compared and none is torn; where
they were not, when their moments lie no further apart than is tolerated. A system whose log lets it
be rolled forward can meet another at any moment of an interval.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations

from checks.backups.case import said
from checks.backups.model import Verdict


@dataclass(frozen=True, slots=True, order=True)
class Option:
    """Something a system can be restored from: a backup with the moment of its data. `until`: its
    log reaches to there without a hole, so that any moment between can be restored."""

    system: str
    at: datetime
    catalogue: str
    backup: str
    until: datetime | None = None

    @property
    def end(self) -> datetime:
        return max(self.until or self.at, self.at)

    @property
    def key(self) -> tuple[str, str, str]:
        return self.system, self.catalogue, self.backup


@dataclass(frozen=True, slots=True)
class Torn:
    """Records that one of two backups has and the other lacks, as these stand (not rolled forward).
    `left` and `right` are keys of options, in any order; `what` names the pair of record types."""

    left: tuple[str, str, str]
    right: tuple[str, str, str]
    what: str
    count: int


@dataclass(frozen=True, slots=True)
class Part:
    """One system of a common point: the option, and the moment to restore it to."""

    option: Option
    at: datetime

    @property
    def is_rolled(self) -> bool:
        return self.at != self.option.at


@dataclass(frozen=True)
class CommonPoint:
    """Every system at its moment. `at` is the oldest of these, `spread` the time to the newest.
    `torn` counts records by pair of types; None where no pair was compared."""

    parts: tuple[Part, ...]
    verdict: Verdict
    torn: Mapping[str, int] | None = None

    @property
    def at(self) -> datetime | None:
        return min((p.at for p in self.parts), default=None)

    @property
    def spread(self) -> timedelta:
        moments = [p.at for p in self.parts]
        return max(moments) - min(moments) if moments else timedelta(0)


def newest_together(
    systems: Sequence[str],
    options: Iterable[Option],
    torn: Iterable[Torn] = (),
    tolerance: timedelta = timedelta(0),
) -> CommonPoint:
    """The newest backup of each system as it stands, and whether they fit.

    Unknown where a system has none, or where they lie too far apart and nobody compared records.
    """
    known = sorted(set(options))
    newest = {o.system: Part(o, o.at) for o in sorted(known, key=lambda o: (o.at, o.key))}
    parts = tuple(newest[s] for s in sorted(set(systems)) if s in newest)
    bare = sorted(set(systems) - set(newest))
    if bare:
        return CommonPoint(parts, said(None, "together.no_backup", systems=", ".join(bare)))
    return _judged(parts, _by_pair(torn), tolerance)


def last_consistent(
    systems: Sequence[str],
    options: Iterable[Option],
    torn: Iterable[Torn] = (),
    tolerance: timedelta = timedelta(0),
) -> CommonPoint | None:
    """The latest common point at which all systems fit, None where there is none.

    Over all backups, and over all moments that logs reach. The latest is that whose oldest part is
    latest; of these the one of the least spread. No log is rolled further than to that moment.
    Options are given only if they can be restored.
    """
    wanted = sorted(set(systems))
    by_system: dict[str, list[Option]] = {s: [] for s in wanted}
    for option in sorted(set(options)):
        if option.system in by_system:
            by_system[option.system].append(option)
    if not wanted or not all(by_system.values()):
        return None
    pairs = _by_pair(torn)
    # At the latest such moment something stands as it is, or at the end of what its log reaches.
    every = [o for found in by_system.values() for o in found]
    for moment in sorted({m for o in every for m in (o.at, o.end)}, reverse=True):
        lists = [_parts_from(moment, by_system[s]) for s in wanted]
        if not all(lists):
            continue
        fitting = [p for p in _fitting(lists, pairs, tolerance) if min(x.at for x in p) == moment]
        if fitting:
            best = min(fitting, key=lambda p: (max(x.at for x in p), p[0].option, _keys(p)))
            return _judged(best, pairs, tolerance)
    return None


def _keys(parts: Sequence[Part]) -> list[tuple[str, str, str]]:
    return [p.option.key for p in parts]


Pairs = Mapping[frozenset[tuple[str, str, str]], Mapping[str, int]]


def _by_pair(torn: Iterable[Torn]) -> Pairs:
    """Counts by the two backups; of several counts of one pair the greatest."""
    found: dict[frozenset[tuple[str, str, str]], dict[str, int]] = {}
    for entry in torn:
        counts = found.setdefault(frozenset((entry.left, entry.right)), {})
        counts[entry.what] = max(entry.count, counts.get(entry.what, 0))
    return found


def _parts_from(moment: datetime, options: Iterable[Option]) -> list[Part]:
    """How a system can stand at `moment`, or later where it cannot: soonest first. Of several logs
    that reach it, that of the newest backup, which has the least to replay."""
    found = [Part(o, max(o.at, moment)) for o in options if o.end >= moment]
    rolled = max((p for p in found if p.is_rolled), key=lambda p: p.option, default=None)
    standing = [p for p in found if not p.is_rolled]
    return sorted([*standing, rolled] if rolled else standing, key=lambda p: (p.at, p.option))


def _fitting(
    lists: Sequence[Sequence[Part]], pairs: Pairs, tolerance: timedelta
) -> Iterator[tuple[Part, ...]]:
    """Every way to take one part of each list so that each two of them fit."""
    if not lists:
        yield ()
        return
    for part in lists[0]:
        rest = [[p for p in found if _fits(part, p, pairs, tolerance)] for found in lists[1:]]
        if all(rest):
            for others in _fitting(rest, pairs, tolerance):
                yield (part, *others)


def _torn(one: Part, other: Part, pairs: Pairs) -> Mapping[str, int] | None:
    """What was counted of two backups; rolled forward they are no longer what was compared."""
    if one.is_rolled or other.is_rolled:
        return None
    return pairs.get(frozenset((one.option.key, other.option.key)))


def _fits(one: Part, other: Part, pairs: Pairs, tolerance: timedelta) -> bool:
    counts = _torn(one, other, pairs)
    if counts is not None:
        return not any(counts.values())
    return abs(one.at - other.at) <= tolerance


def _judged(parts: tuple[Part, ...], pairs: Pairs, tolerance: timedelta) -> CommonPoint:
    counts: dict[str, int] = {}
    apart, compared = False, 0
    for one, other in combinations(parts, 2):
        found = _torn(one, other, pairs)
        if found is None:
            apart = apart or abs(one.at - other.at) > tolerance
            continue
        compared += 1
        for what, count in found.items():
            counts[what] = counts.get(what, 0) + count
    moments = [p.at for p in parts]
    spread = max(moments) - min(moments)
    told = {"data_at": min(moments), "spread_span": spread, "missing": sum(counts.values())}
    torn = counts if compared else None
    if any(counts.values()):
        pairs_told = ", ".join(f"{what} {count}" for what, count in sorted(counts.items()) if count)
        return CommonPoint(parts, said(False, "together.torn", pairs=pairs_told, **told), torn)
    if apart:
        return CommonPoint(parts, said(None, "together.apart", **told), torn)
    why = "together.records" if compared else "together.moments"
    return CommonPoint(parts, said(True, why, **told), torn)
