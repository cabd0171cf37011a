"""Sizes and rows that stand out: what is usual, what is not, and what may become usual."""

from __future__ import annotations

import random
from datetime import UTC, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.backups.anomaly import STEP, Confidence, Seen, Value, anomalies, is_odd_count
from tests.backups.small import DAY, NIGHT


def nightly(*values: float) -> list[Value]:
    first = NIGHT - (len(values) - 1) * DAY
    return [Value(first + n * DAY, v, str(n)) for n, v in enumerate(values)]


def seen(*values: float) -> list[bool | None]:
    return [s.verdict.value for s in anomalies(nightly(*values), UTC)]


def last(*values: float) -> Seen:
    return anomalies(nightly(*values), UTC)[-1]


def steady(count: int, level: float = 1000, share: float = 0.02, seed: int = 1) -> list[float]:
    noise = random.Random(seed)
    return [level * (1 + noise.uniform(-share, share)) for _ in range(count)]


def test_the_first_few_are_not_known_to_be_usual() -> None:
    assert seen(1000, 1000, 1000, 1000) == [None, None, None, True]


def test_a_dump_that_shrinks_to_half_stands_out_and_one_that_grows_a_little_does_not() -> None:
    assert last(*steady(20), 500).verdict.value is False
    assert last(*steady(20), 500).verdict.code == "backups.why.anomaly.small"
    assert last(*steady(20), 2000).verdict.code == "backups.why.anomaly.large"
    assert last(*steady(20), 1050).verdict.value is True


def test_an_empty_table_stands_out_even_from_few_points() -> None:
    found = last(*steady(4), 0)
    assert (found.verdict.value, found.usual and found.usual.confidence) == (False, Confidence.LOW)


def test_the_band_narrows_and_its_confidence_grows_with_points() -> None:
    few, some, many = (last(*steady(n), 1000).usual for n in (4, 10, 40))
    assert few is not None
    assert some is not None
    assert many is not None
    assert few.high - few.low > some.high - some.low > many.high - many.low
    assert [u.confidence for u in (few, some, many)] == list(Confidence)[1:]


def test_what_stands_out_does_not_teach_the_baseline() -> None:
    before, after = last(*steady(20), 300), last(*steady(20), 300, 300)
    assert after.verdict.value is False
    assert before.usual == after.usual


def test_a_new_level_is_usual_after_enough_that_are_alike() -> None:
    found = anomalies(nightly(*steady(20), *steady(STEP + 3, 3000)), UTC)[20:]
    assert [s.verdict.value for s in found] == [False] * STEP + [True] * 3
    assert [s.is_step for s in found] == [False] * (STEP - 1) + [True] + [False] * 3


def test_odd_values_that_are_not_alike_are_no_level() -> None:
    assert seen(*steady(20), 3000, 9000, 300, 50000, 4000, 20000)[20:] == [False] * 6


def test_backups_that_stay_empty_stay_odd() -> None:
    assert seen(*steady(20), *[0] * 12)[20:] == [False] * 12
    assert seen(*steady(20), *[20] * 12)[20:] == [False] * 12


def test_small_weekends_are_usual_once_enough_weeks_agree() -> None:
    values = [100 if v.at.weekday() >= 5 else 1000 for v in nightly(*[0] * 49)]
    found = anomalies(nightly(*values), UTC)
    weekends = [s.verdict.value for s in found[-14:] if s.value.at.weekday() >= 5]
    assert weekends == [True] * 4
    assert found[-1].usual is not None
    assert found[-1].usual.by_weekday
    # A weekend's size on a Wednesday is none, and a Wednesday's on a weekend neither.
    day = next(n for n in range(42, 49) if nightly(*values)[n].at.weekday() == 2)
    assert seen(*values[:day], 100)[-1] is False
    weekend = next(n for n in range(42, 49) if nightly(*values)[n].at.weekday() == 5)
    assert seen(*values[:weekend], 1000)[-1] is False


def test_steady_growth_is_usual() -> None:
    assert set(seen(*[1000 * 1.01**n for n in range(60)])[3:]) == {True}


def test_a_usual_value_may_be_nothing() -> None:
    assert seen(0, 0, 0, 0, 0)[3:] == [True, True]
    assert seen(0, 0, 0, 0, 500)[-1] is False


@pytest.mark.parametrize(
    ("usual", "now", "odd"),
    [
        (0, 1, False), (2, 3, False), (2, 1, False), (200, 270, False),
        (5, 0, True), (200, 410, True), (200, 100, True), (0, 500, True),
    ],
)  # fmt: skip
def test_a_table_may_grow_and_a_small_one_vary_but_none_may_be_emptied(
    usual: float, now: float, odd: bool
) -> None:
    assert is_odd_count(last(*[usual] * 10, now)) is odd


values_ = st.lists(st.floats(0, 1e9).map(lambda v: round(v, 3)), max_size=25)


@given(values_, st.randoms())
@settings(max_examples=50, deadline=None)
def test_the_order_they_are_told_in_does_not_matter(values: list[float], shuffle: object) -> None:
    points = nightly(*values) if values else []
    shuffled = list(points)
    shuffle.shuffle(shuffled)  # type: ignore[attr-defined]
    assert anomalies(shuffled, UTC) == anomalies(points, UTC)


@given(st.lists(st.floats(900, 1100), min_size=8, max_size=30), st.floats(0.001, 1e6))
@settings(max_examples=50, deadline=None)
def test_the_unit_does_not_matter_and_the_future_never_changes_the_past(
    values: list[float], odd: float
) -> None:
    told = anomalies(nightly(*values), UTC)
    points = nightly(*values)
    later = Value(points[-1].at + timedelta(days=1), odd, "later")
    assert anomalies([*points, later], UTC)[:-1] == told
    scaled = anomalies(nightly(*(v * 1024 for v in values)), UTC)
    assert [s.verdict.value for s in scaled] == [s.verdict.value for s in told]
