"""Arithmetic of PostgreSQL's log segments: names and numbers, runs, holes.

A name is 24 hexadecimal digits: timeline, log, and the segment's place in its log. A log spans 4
GiB, so how many segments it holds depends on their size: 256 of 16 MiB, 32 of 128 MiB. Names of one
size read under another tell of holes that are none, so every function wants the true size.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from checks.backups.model import LogRun

_LOG = 1 << 32
# What initdb allows: powers of two from 1 MiB to 1 GiB.
SIZES = tuple(1 << power for power in range(20, 31))

_NAME = re.compile(r"[0-9A-F]{24}")
_LSN = re.compile(r"([0-9A-F]{1,8})/([0-9A-F]{1,8})", re.IGNORECASE)
# pgBackRest puts a hash behind the name, others only the suffix of the compression.
_SEGMENT = re.compile(r"([0-9A-F]{24})(-[0-9a-f]{40})?(\.(gz|lz4|zst|bz2|xz|lzma|lzo|br|snappy))?")
_PARTIAL = re.compile(r"([0-9A-F]{24})\.partial(-[0-9a-f]{40})?(\.\w+)?")
_HISTORY = re.compile(r"([0-9A-F]{8})\.history(\.\w+)?")
_LABEL = re.compile(r"[0-9A-F]{24}\.[0-9A-F]{8}\.backup(\.\w+)?")


class Segment(NamedTuple):
    """A segment by its timeline and its number since the beginning of the cluster."""

    timeline: int
    number: int


@dataclass(frozen=True, slots=True)
class Hole:
    """Segments that nobody has, first and last included."""

    first: str
    last: str
    count: int


@dataclass(frozen=True, slots=True)
class Listing:
    """File names of an archive, told apart. `segments` are the names alone, `twice` those that
    several files claim; `odd` is what belongs to no archive."""

    segments: frozenset[str]
    partial: frozenset[str]
    timelines: frozenset[int]
    twice: frozenset[str]
    odd: tuple[str, ...]


def per_log(size: int) -> int:
    """How many segments of `size` bytes a log holds. Raises ValueError for an impossible size."""
    if size not in SIZES:
        raise ValueError(f"no size of a segment: {size}")
    return _LOG // size


def segment(name: str, size: int) -> Segment:
    """The segment that a name means. Raises ValueError where no archive of this size has it."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"no name of a segment: {name[:40]!r}")
    timeline, log, place = (int(name[at : at + 8], 16) for at in (0, 8, 16))
    if not timeline or place >= per_log(size):
        raise ValueError(f"{name} is no segment of {size} bytes")
    return Segment(timeline, log * per_log(size) + place)


def name_of(of: Segment, size: int) -> str:
    """The reverse of `segment`. Raises ValueError where the number has no name."""
    log, place = divmod(of.number, per_log(size))
    if not (0 < of.timeline < _LOG and 0 <= log < _LOG):
        raise ValueError(f"no segment has the number {of.number} on timeline {of.timeline}")
    return f"{of.timeline:08X}{log:08X}{place:08X}"


def count(first: str, last: str, size: int) -> int:
    """How many segments there are from the first to the last, both included; 0 where `last` comes
    before `first`. Raises ValueError for two timelines or a name that is none of this size."""
    one, other = segment(first, size), segment(last, size)
    if one.timeline != other.timeline:
        raise ValueError(f"{first} and {last} are of two timelines")
    return max(0, other.number - one.number + 1)


def lsn(text: str) -> int | None:
    """The place in the log that `16/B374D848` means, in bytes; None where it means none."""
    found = _LSN.fullmatch(text)
    return (int(found[1], 16) << 32) + int(found[2], 16) if found else None


def sizes(places: Iterable[tuple[int, str]]) -> tuple[int, ...]:
    """The sizes under which every place (an LSN in bytes) lies in the segment named with it.

    One of them: that is the size. None: names and places contradict one another. All of them: there
    was nothing to tell by.
    """
    known = list(places)
    return tuple(size for size in SIZES if all(_holds(name, at, size) for at, name in known))


def _holds(name: str, at: int, size: int) -> bool:
    try:
        return segment(name, size).number == at // size
    except ValueError:
        return False


def listing(files: Iterable[str]) -> Listing:
    """Tell file names (without folders) apart: segments, the unfinished last one of a timeline,
    histories of timelines, labels of backups, and what is none of these."""
    seen: set[str] = set()
    twice: set[str] = set()
    partial: set[str] = set()
    timelines: set[int] = set()
    odd: list[str] = []
    for file in files:
        if whole := _SEGMENT.fullmatch(file):
            (twice if whole[1] in seen else seen).add(whole[1])
        elif begun := _PARTIAL.fullmatch(file):
            partial.add(begun[1])
        elif history := _HISTORY.fullmatch(file):
            timelines.add(int(history[1], 16))
        elif not _LABEL.fullmatch(file):
            odd.append(file)
    return Listing(
        frozenset(seen), frozenset(partial), frozenset(timelines), frozenset(twice), tuple(odd)
    )


def runs(
    names: Collection[str], size: int, times: Mapping[str, datetime] | None = None
) -> tuple[LogRun, ...]:
    """Names in any order as runs without a hole, by timeline and number.

    `times` by name fill in `last_at`. Raises ValueError for a name that is none of this size.
    """
    found: list[LogRun] = []
    start = previous = None
    for each in sorted({segment(name, size) for name in names}):
        if previous is None or start is None:
            start = each
        elif each != (previous.timeline, previous.number + 1):
            found.append(_run(start, previous, size, times or {}))
            start = each
        previous = each
    if start is not None and previous is not None:
        found.append(_run(start, previous, size, times or {}))
    return tuple(found)


def _run(first: Segment, last: Segment, size: int, times: Mapping[str, datetime]) -> LogRun:
    end = name_of(last, size)
    between = last.number - first.number + 1
    return LogRun(name_of(first, size), end, between, times.get(end))


def holes(found: Sequence[LogRun], size: int) -> tuple[Hole, ...]:
    """What is missing between runs that were listed by name.

    Two runs of one timeline leave a hole between them. A timeline goes on from the segment in which
    it left an older one, or from the one after; where every older timeline that is listed ends
    before that, the segments between are missing, whichever timeline they are of.
    """
    spans = sorted((segment(run.first, size), segment(run.last, size)) for run in found)
    missing = []
    for (_, before), (after, _) in pairwise(spans):
        if before.timeline == after.timeline:
            missing.append((after.timeline, before.number + 1, after.number - 1))
    for timeline in sorted({first.timeline for first, _ in spans}):
        older = [last.number for first, last in spans if first.timeline < timeline]
        begins = min(first.number for first, _ in spans if first.timeline == timeline)
        if older and max(older) + 1 < begins:
            missing.append((timeline, max(older) + 1, begins - 1))
    return tuple(
        Hole(
            name_of(Segment(timeline, first), size),
            name_of(Segment(timeline, last), size),
            last - first + 1,
        )
        for timeline, first, last in sorted(missing)
        if first <= last
    )


def holds(found: Sequence[LogRun], first: str, last: str, size: int) -> bool:
    """Whether every segment from the first to the last is in one run that was listed by name.

    Raises ValueError for a name that is none of this size.
    """
    want, until = segment(first, size), segment(last, size)
    return any(
        run.count is not None
        and segment(run.first, size).timeline == want.timeline == until.timeline
        and segment(run.first, size).number <= want.number
        and until.number <= segment(run.last, size).number
        for run in found
    )
