"""Arithmetic of log segments against plain enumeration, for every size that PostgreSQL allows."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.backups import wal
from checks.backups.model import LogRun

MIB = 1 << 20
some_size = st.sampled_from(wal.SIZES)
# Near the turn of a log under some size, so that the arithmetic has something to get wrong.
near_turns = st.integers(0, 40).flatmap(
    lambda log: st.integers(0, 12).map(lambda more: max(0, log * 256 - 6 + more))
)


def enumerated(size: int, start: int, n: int, timeline: int = 1) -> list[str]:
    """Names one after another, as a server counts: place by place, then the next log."""
    most = (4 << 30) // size
    log, place = start // most, start % most
    names = []
    for _ in range(n):
        names.append(f"{timeline:08X}{log:08X}{place:08X}")
        place += 1
        if place == most:
            log, place = log + 1, 0
    return names


@pytest.mark.parametrize(("size", "most"), [(16 * MIB, 256), (128 * MIB, 32), (1024 * MIB, 4)])
def test_a_log_holds_as_many_segments_as_their_size_allows(size: int, most: int) -> None:
    assert wal.per_log(size) == most


@pytest.mark.parametrize("size", [0, 15 * MIB, 16 * MIB + 1, 2048 * MIB, MIB // 2])
def test_a_size_that_no_cluster_can_have_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="no size"):
        wal.per_log(size)


@given(some_size, near_turns, st.integers(1, 700))
def test_names_count_on_as_a_server_counts(size: int, start: int, n: int) -> None:
    names = enumerated(size, start, n)
    numbers = [wal.segment(name, size).number for name in names]
    assert numbers == list(range(start, start + n))
    assert [wal.name_of(wal.Segment(1, number), size) for number in numbers] == names
    assert wal.count(names[0], names[-1], size) == n
    assert wal.runs(names[::-1], size) == (LogRun(names[0], names[-1], n),)
    assert wal.holes(wal.runs(names, size), size) == ()


@given(some_size, near_turns, st.sets(st.integers(0, 40), min_size=1), st.integers(1, 0xFFFFFFFF))
def test_runs_and_holes_are_what_walking_along_finds(
    size: int, start: int, kept: set[int], timeline: int
) -> None:
    names = enumerated(size, start, 41, timeline)
    have = {names[at] for at in kept}
    runs = wal.runs(have, size)
    missing = wal.holes(runs, size)
    first, last = min(kept), max(kept)
    walked = [name for at, name in enumerate(names) if first < at < last and name not in have]
    told = [
        name
        for hole in missing
        for name in names[names.index(hole.first) : names.index(hole.last) + 1]
    ]
    assert told == walked
    assert sum(hole.count for hole in missing) == len(walked)
    assert sum(run.count or 0 for run in runs) == len(have)
    assert all(a.last < b.first for a, b in pairwise(runs))
    assert wal.holds(runs, names[first], names[last], size) is (not walked)


@given(some_size, st.integers(0, (1 << 52) - 1))
def test_a_place_and_its_segment_allow_the_size_that_made_them(size: int, at: int) -> None:
    name = wal.name_of(wal.Segment(1, at // size), size)
    found = wal.sizes([(at, name)])
    assert size in found
    text = f"{at >> 32:X}/{at & 0xFFFFFFFF:X}"
    assert wal.lsn(text) == at


def test_a_place_far_into_a_log_tells_the_size() -> None:
    assert wal.sizes([(0x5000028, "000000010000000000000005")]) == (16 * MIB,)
    assert wal.sizes([(0x285 << 32, "000000010000000000000003")]) == ()
    assert wal.sizes([]) == wal.SIZES


def test_names_of_small_segments_are_none_of_large_ones() -> None:
    assert wal.segment("0000000100000000000000FF", 16 * MIB).number == 255
    with pytest.raises(ValueError, match="no segment of"):
        wal.segment("0000000100000000000000FF", 128 * MIB)


def test_large_segments_have_no_holes_where_small_ones_would() -> None:
    turn = ("00000001000000000000001F", "000000010000000100000000")
    assert wal.holes(wal.runs(turn, 128 * MIB), 128 * MIB) == ()
    assert sum(h.count for h in wal.holes(wal.runs(turn, 16 * MIB), 16 * MIB)) == 224


@pytest.mark.parametrize(
    "name", ["", "0" * 24, "00000001000000000000000g", "00000001000000000000000a", "1", "F" * 25]
)
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"no (name|segment)|is no"):
        wal.segment(name, 16 * MIB)


def test_two_timelines_have_no_count_between_them() -> None:
    with pytest.raises(ValueError, match="two timelines"):
        wal.count("000000010000000000000001", "000000020000000000000002", 16 * MIB)


@pytest.mark.parametrize(("begins", "missing"), [(4, 0), (5, 0), (6, 0), (7, 1), (9, 3)], ids=str)
def test_a_timeline_goes_on_where_an_older_one_was_left(begins: int, missing: int) -> None:
    size = 16 * MIB
    names = enumerated(size, 1, 5) + enumerated(size, begins, 3, timeline=2)
    assert sum(hole.count for hole in wal.holes(wal.runs(names, size), size)) == missing


def test_a_timeline_may_leave_one_that_is_not_the_last() -> None:
    size = 16 * MIB
    names = enumerated(size, 1, 9) + enumerated(size, 3, 2, 2) + enumerated(size, 10, 2, 3)
    assert wal.holes(wal.runs(names, size), size) == ()


def test_a_listing_is_told_apart() -> None:
    one, two = "000000010000000000000001", "000000010000000000000002"
    found = wal.listing(
        [
            f"{one}-{'a' * 40}.gz",
            f"{one}-{'b' * 40}.gz",
            two,
            f"{two}.00000028.backup",
            "00000002.history",
            "000000010000000000000003.partial",
            "archive.info",
        ]
    )
    assert found.segments == {one, two}
    assert found.twice == {one}
    assert found.timelines == {2}
    assert found.partial == {"000000010000000000000003"}
    assert found.odd == ("archive.info",)


def test_a_run_carries_the_time_of_its_last_segment() -> None:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    one, two = enumerated(16 * MIB, 1, 2)
    assert wal.runs([one, two], 16 * MIB, {two: at})[0].last_at == at
    assert wal.runs([one, two], 16 * MIB, {one: at})[0].last_at is None
