"""Segments of PostgreSQL's log: which are needed, and whether those that lie there are they."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from checks.backups.model import Mark, Problem
from checks.backups.wal import SIZES, Segment, name_of
from governance.backups.inspect.manifest import Range
from governance.backups.inspect.model import breaking, doubtful

NAMED = 5
WIDTH = 24
DEFAULT = 16 << 20
# The magic of a page has grown with each release, from 9.3 on; 40 bytes of header are read.
OLDEST, NEWEST, HEADER = 0xD075, 0xD2FF, 40
LONG = 2


@dataclass(frozen=True)
class Page:
    """The long header of a segment's first page (`XLogLongPageHeaderData`)."""

    timeline: int
    address: int
    system: int
    segment_size: int


def first_page(head: bytes) -> Page | None:
    """None for bytes that are no start of a segment."""
    if len(head) < HEADER:
        return None
    magic, info, timeline, address = struct.unpack_from("<HHIQ", head)
    system, size = struct.unpack_from("<QI", head, 24)
    if not OLDEST <= magic <= NEWEST or not info & LONG or size not in SIZES:
        return None
    return Page(timeline, address, system, size)


def size_told(pages: Mapping[str, Page | None]) -> int:
    """The size of a segment as they tell it themselves; PostgreSQL's default where none does."""
    sizes = {page.segment_size for page in pages.values() if page is not None}
    return sizes.pop() if len(sizes) == 1 else DEFAULT


def segment_problems(
    ranges: tuple[Range, ...], log: Mapping[str, tuple[int, bytes]]
) -> Iterator[Problem]:
    """Each segment that the ranges need. `log`: size and first bytes of those that are there."""
    pages = {name: first_page(head) for name, (_, head) in log.items() if len(name) == WIDTH}
    size = size_told(pages)
    names = [
        (name_of(Segment(span.timeline, number), size), number * size)
        for span in ranges
        for number in range(span.start // size, max(span.end - 1, span.start) // size + 1)
    ]
    absent = [name for name, _ in names if name not in log]
    if absent and len(absent) == len(names) and not pages:
        yield doubtful(Mark.COMPLETE, "backups.inspect.log_elsewhere", segment=absent[0])
        return
    for name in absent[:NAMED]:
        yield breaking(Mark.COMPLETE, "backups.inspect.segment_missing", segment=name)
    for name, address in names:
        if name in log:
            yield from held(name, address, size, log[name][0], pages.get(name))


def held(name: str, address: int, size: int, found: int, page: Page | None) -> Iterator[Problem]:
    """One segment: as long as the others, and the place in the log that its name means."""
    if found < size:
        yield breaking(Mark.COMPLETE, "backups.inspect.segment_short", segment=name)
    elif page is None or page.address != address or found != size:
        yield breaking(Mark.INTACT, "backups.inspect.segment_wrong", segment=name)
