"""How long changes take: the curve against cases worked out by hand and against plain Kaplan-Meier,
and what must hold of it whatever was seen."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.lag import ENOUGH, Times, curve, rank
from tests.thorough import some

DAY = 86400.0

# Weeks of remission of 21 patients under 6-MP, the example of Freireich 1963 that textbooks use.
RELAPSED = (6, 6, 6, 7, 10, 13, 16, 22, 23)
CENSORED = (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)
REMISSION = [*(Times(t, t) for t in RELAPSED), *(Times(t, None) for t in CENSORED)]
# What Kleinbaum and Klein 2012 (estimate) and Stata's `sts list` (log-log band) print.
PUBLISHED = {
    6: (0.8571, 0.6197, 0.9516),
    7: (0.8067, 0.5631, 0.9228),
    10: (0.7529, 0.5032, 0.8894),
    13: (0.6902, 0.4316, 0.8491),
    16: (0.6275, 0.3675, 0.8049),
    22: (0.5378, 0.2678, 0.7468),
    23: (0.4482, 0.1881, 0.6801),
}

whole = st.integers(0, 30)
between = st.builds(lambda at, more, n: Times(at, at + more, n), whole, whole, st.integers(1, 5))
after = st.builds(lambda at, n: Times(at, None, n), whole, st.integers(1, 5))
exactly = st.builds(lambda at, n: Times(at, at, n), whole, st.integers(1, 5))
mixed = st.lists(between | after, min_size=1, max_size=12)
certain = st.lists(exactly | after, min_size=1, max_size=12)


def kaplan_meier(seen: list[Times]) -> dict[float, float]:
    """The product limit as the textbook has it, in fractions."""
    left, found = Fraction(1), {}
    for at in sorted({t.lower for t in seen if t.upper is not None}):
        d = sum(t.n for t in seen if t.upper is not None and t.lower == at)
        at_risk = sum(t.n for t in seen if t.lower >= at)
        left *= 1 - Fraction(int(d), int(at_risk))
        found[at] = float(left)
    return found


def test_the_textbook_example_comes_out_as_published() -> None:
    found = {s.end: (s.survival, s.low, s.high) for s in curve(REMISSION).steps}
    assert set(found) == set(PUBLISHED)
    for week, published in PUBLISHED.items():
        assert found[week] == pytest.approx(published, abs=5e-4)


@given(certain)
@settings(max_examples=some(60, 20), deadline=None)
def test_exact_times_give_the_product_limit(seen: list[Times]) -> None:
    wanted = kaplan_meier(seen)
    assert {s.end for s in curve(seen).steps} == set(wanted)
    for step in curve(seen).steps:
        assert step.survival == pytest.approx(wanted[step.end], abs=1e-4)


def test_what_arrives_between_two_looks_is_placed_where_all_bounds_meet() -> None:
    """Changes that take half a day: half of them are seen standing once by a look a day."""
    made = curve([Times(0, DAY, 50), Times(0, 2 * DAY, 50)])
    assert [(s.start, s.end, s.survival) for s in made.steps] == [(0, DAY, 0)]


def test_a_change_seen_standing_for_a_whole_day_took_longer_than_a_day() -> None:
    made = curve([Times(0, DAY, 60), Times(0, 2 * DAY, 30), Times(DAY, 3 * DAY, 10)])
    assert [s.end for s in made.steps] == [DAY, 2 * DAY]
    assert made.quantile(0.5) == DAY
    assert made.quantile(0.99) == 2 * DAY


def test_what_never_arrives_is_the_plateau_and_lengthens_no_quantile() -> None:
    arrivals = [Times(60, 60, 98), Times(600, 600, 2)]
    stuck = [Times(30 * DAY, None, 25)]
    without, made = curve(arrivals), curve([*arrivals, *stuck])
    assert without.stuck == 0
    assert made.stuck == pytest.approx(0.2, abs=1e-4)
    low, high = made.stuck_band or (1, 0)
    assert low < 0.2 < high
    assert [made.quantile(p) for p in (0.5, 0.95, 0.99)] == [60, 60, 600]


def test_changes_too_young_to_have_arrived_are_not_taken_for_stuck() -> None:
    made = curve([Times(3600, 3600, 100), Times(60, None, 400)])
    assert made.stuck == 0


def test_nothing_is_claimed_where_nothing_arrived() -> None:
    made = curve([Times(DAY, None, 40)])
    assert made.steps == ()
    assert (made.stuck, made.quantile(0.5), made.limit(0.99)) == (None, None, None)


def test_the_limit_of_p99_needs_as_many_arrivals_as_wilks_says() -> None:
    assert math.ceil(math.log(0.05) / math.log(0.99)) == ENOUGH
    assert rank(ENOUGH - 1, 0.99) is None
    assert rank(ENOUGH, 0.99) == ENOUGH
    # From 473 on the longest of all may be left out (Conover's table of tolerance limits).
    assert (rank(472, 0.99), rank(473, 0.99)) == (472, 472)


def test_the_limit_lies_above_the_estimate_and_nears_it_with_more_arrivals() -> None:
    def seen(times: int) -> list[Times]:
        return [Times(t, t, times) for t in range(1, 301)]

    few, many = curve(seen(1)), curve(seen(1000))
    assert few.quantile(0.99) == many.quantile(0.99) == 297
    assert few.limit(0.99) == 300
    assert many.limit(0.99) == 298


def test_fewer_arrivals_widen_the_band() -> None:
    def width(n: int) -> float:
        step = curve([Times(60, 60, 8 * n), Times(120, 120, 2 * n)]).steps[0]
        return step.high - step.low

    assert width(1) > 2 * width(10) > 0


@given(mixed)
@settings(max_examples=some(80, 26), deadline=None)
def test_a_curve_falls_within_0_and_1_and_its_band_holds_it(seen: list[Times]) -> None:
    made = curve(seen)
    levels = [1.0, *(s.survival for s in made.steps)]
    assert all(one >= other >= 0 for one, other in pairwise(levels))
    assert all(0 <= s.low <= s.survival + 1e-9 <= s.high + 2e-9 <= 1 + 3e-9 for s in made.steps)
    assert all(s.start <= s.end for s in made.steps)
    ends = [s.end for s in made.steps]
    assert ends == sorted(set(ends))
    asked = [made.quantile(p) for p in (0.1, 0.5, 0.95, 0.99)]
    assert asked == sorted(asked, key=lambda t: t or 0)


@given(mixed, st.randoms(use_true_random=False))
@settings(max_examples=some(60, 20), deadline=None)
def test_the_order_in_which_changes_were_seen_does_not_matter(seen: list[Times], random) -> None:
    apart = [Times(t.lower, t.upper) for t in seen for _ in range(int(t.n))]
    random.shuffle(apart)
    assert curve(apart) == curve(seen)


@given(certain, whole, st.integers(1, 20))
@settings(max_examples=some(80, 26), deadline=None)
def test_more_that_has_not_arrived_never_shortens_p99(seen: list[Times], at: int, n: int) -> None:
    before, after_ = curve(seen), curve([*seen, Times(at, None, n)])
    if before.steps:
        assert (after_.quantile(0.99) or 0) >= (before.quantile(0.99) or 0)
        assert (after_.stuck or 0) >= (before.stuck or 0) - 1e-6


@given(st.integers(1, 2000))
@settings(max_examples=some(50, 16), deadline=None)
def test_the_place_of_the_limit_has_its_confidence_and_no_place_before_it_has(n: int) -> None:
    def below(r: int) -> float:
        """P(Binomial(n, .99) < r), from the other end."""
        return 1 - math.fsum(math.comb(n, k) * 0.01**k * 0.99 ** (n - k) for k in range(n - r + 1))

    place = rank(n, 0.99)
    if place is None:
        assert 1 - 0.99**n < 0.95
    else:
        assert below(place) >= 0.95 - 1e-12
        assert below(place - 1) < 0.95
