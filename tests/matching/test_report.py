"""The words of a linkage."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.matching.report import at_least


@pytest.mark.parametrize(
    ("least", "shown"),
    [(1.0, "1.000"), (0.99, "0.990"), (0.9995, "0.9995"), (0.99957, "0.99957"), (0.77777, "0.777")],
)
def test_the_least_probability_is_told_with_the_digits_it_takes(least: float, shown: str) -> None:
    assert at_least(least) == shown


@given(st.floats(0.5, 1))
def test_no_pair_is_accepted_below_what_is_told(least: float) -> None:
    assert float(at_least(least)) <= least
    assert (float(at_least(least)) == 1) is (least == 1)
