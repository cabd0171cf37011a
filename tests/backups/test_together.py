"""Backups of CRM and OA together: do the newest fit, and which common point is the last that does.

The search is held against a naive model that tries every combination at every hour.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import combinations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from checks.backups.together import Option, Torn, last_consistent, newest_together
from tests.backups.small import DAY, HOUR, NIGHT

CRM = Option("crm", NIGHT, "nas", "c0")
CRM_BEFORE = Option("crm", NIGHT - DAY, "nas", "c1")
OA = Option("oa", NIGHT + HOUR, "nas", "o0")
OA_BEFORE = Option("oa", NIGHT - DAY, "nas", "o1")
BOTH = ("crm", "oa")
EVERY = [CRM, CRM_BEFORE, OA, OA_BEFORE]


def torn(one: Option, other: Option, count: int, what: str = "contract and approval") -> Torn:
    return Torn(one.key, other.key, what, count)


def test_a_contract_without_its_approval_tears_the_newest_two_apart() -> None:
    found = newest_together(BOTH, EVERY, [torn(OA, CRM, 1), torn(CRM, OA_BEFORE, 7)])
    assert (found.verdict.value, found.torn) == (False, {"contract and approval": 1})
    assert found.spread == HOUR
    assert found.verdict.params["pairs"] == "contract and approval 1"


def test_backups_whose_records_all_meet_fit_however_far_apart_they_are() -> None:
    found = newest_together(BOTH, EVERY, [torn(CRM, OA, 0)])
    assert (found.verdict.value, found.verdict.code) == (True, "backups.why.together.records")


def test_without_a_comparison_only_the_moments_speak() -> None:
    near = newest_together(BOTH, EVERY, tolerance=HOUR)
    assert (near.verdict.value, near.torn) == (True, None)
    apart = newest_together(BOTH, EVERY, tolerance=HOUR - timedelta(seconds=1))
    assert (apart.verdict.value, apart.verdict.code) == (None, "backups.why.together.apart")


def test_a_system_without_a_backup_leaves_it_unknown() -> None:
    found = newest_together(BOTH, [CRM])
    assert (found.verdict.value, found.verdict.params["systems"]) == (None, "oa")
    assert last_consistent(BOTH, [CRM]) is None


def test_the_last_common_point_is_the_latest_that_fits() -> None:
    found = last_consistent(BOTH, EVERY, [torn(CRM, OA, 1)], HOUR)
    assert found is not None
    assert [p.option for p in found.parts] == [CRM_BEFORE, OA_BEFORE]
    assert (found.at, found.verdict.value) == (NIGHT - DAY, True)
    assert last_consistent(BOTH, [CRM, OA]) is None


def test_a_log_lets_one_system_meet_the_other_at_its_moment() -> None:
    rolling = Option("crm", NIGHT - DAY, "wal", "f1", until=NIGHT + 3 * HOUR)
    found = last_consistent(BOTH, [rolling, OA, OA_BEFORE])
    assert found is not None
    assert [(p.option, p.at) for p in found.parts] == [(rolling, OA.at), (OA, OA.at)]
    assert found.parts[0].is_rolled
    short = Option("crm", NIGHT - DAY, "wal", "f1", until=NIGHT)
    before = last_consistent(BOTH, [short, OA, OA_BEFORE])
    assert before is not None
    assert before.at == OA_BEFORE.at


def test_two_logs_meet_where_the_first_ends() -> None:
    one = Option("crm", NIGHT - DAY, "wal", "f", until=NIGHT)
    other = Option("oa", NIGHT - 2 * DAY, "wal", "f", until=NIGHT - HOUR)
    found = last_consistent(BOTH, [one, other])
    assert found is not None
    assert (found.at, found.spread) == (NIGHT - HOUR, timedelta(0))


def test_what_was_compared_as_it_stood_says_nothing_of_it_rolled_forward() -> None:
    rolling = Option("crm", NIGHT, "wal", "f", until=NIGHT + 2 * HOUR)
    found = last_consistent(BOTH, [rolling, OA], [torn(rolling, OA, 5)])
    assert found is not None
    assert (found.at, found.verdict.value) == (OA.at, True)


def test_of_many_logs_the_newest_backup_is_taken_at_once() -> None:
    """Forty backups with logs of five systems: every one could meet every other."""
    systems = [f"s{n}" for n in range(5)]
    options = [
        Option(s, NIGHT - n * DAY, "wal", f"f{n}", NIGHT + HOUR) for s in systems for n in range(40)
    ]
    found = last_consistent(systems, options)
    assert found is not None
    assert found.at == NIGHT + HOUR
    assert {p.option.backup for p in found.parts} == {"f0"}


hours = st.integers(0, 8).map(lambda n: NIGHT + n * HOUR)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[str], list[Option], list[Torn], timedelta]:
    systems = ["crm", "hr", "oa"][: draw(st.integers(2, 3))]
    options = []
    for system in systems:
        for n in range(draw(st.integers(0, 3))):
            at = draw(hours)
            until = draw(st.none() | st.integers(1, 3).map(lambda h, at=at: at + h * HOUR))
            options.append(Option(system, at, "nas", f"{system}{n}", until))
    pairs = [(a, b) for a, b in combinations(options, 2) if a.system != b.system]
    told = [
        torn(a, b, draw(st.integers(0, 1))) for a, b in pairs if draw(st.integers(0, 3)) == 0
    ]  # fmt: skip
    return systems, options, told, draw(st.integers(0, 2)) * HOUR


def naive(
    systems: list[str], options: list[Option], told: list[Torn], tolerance: timedelta
) -> tuple[datetime, timedelta] | None:
    """Every option of every system at every hour it reaches, rolled no further than it must."""
    counts = {frozenset((t.left, t.right)): t.count for t in told}
    reachable = []
    for system in systems:
        here = []
        for o in options:
            end = o.until or o.at
            moments = [o.at + n * HOUR for n in range(12) if o.at + n * HOUR <= end]
            here += [(o, m) for m in moments if o.system == system]
        reachable.append(here)

    def fits(one: tuple[Option, datetime], other: tuple[Option, datetime]) -> bool:
        stand = one[1] == one[0].at and other[1] == other[0].at
        count = counts.get(frozenset((one[0].key, other[0].key))) if stand else None
        return count == 0 if count is not None else abs(one[1] - other[1]) <= tolerance

    points = [
        (at, max(m for _, m in parts))
        for parts in product(*reachable)
        for at in [min(m for _, m in parts)]
        if all(m in (at, o.at) for o, m in parts)
        and all(fits(a, b) for a, b in combinations(parts, 2))
    ]
    if not points:
        return None
    at, latest = max(points, key=lambda p: (p[0], p[0] - p[1]))
    return at, latest - at


@given(worlds(), st.randoms())
@settings(max_examples=80, deadline=None)
def test_the_search_finds_what_trying_everything_finds(
    world: tuple[list[str], list[Option], list[Torn], timedelta], shuffle: object
) -> None:
    systems, options, told, tolerance = world
    found = last_consistent(systems, options, told, tolerance)
    wanted = naive(systems, options, told, tolerance)
    assert (found and (found.at, found.spread)) == wanted
    shuffled = list(options)
    shuffle.shuffle(shuffled)  # type: ignore[attr-defined]
    assert last_consistent(systems[::-1], shuffled, told[::-1], tolerance) == found
    if found is not None:
        assert found.verdict.value is True
    assert newest_together(systems, shuffled, told, tolerance) == newest_together(
        systems, options, told, tolerance
    )
