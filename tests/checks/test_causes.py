"""Root causes: a planted rule is found, noise has none, and neither depends on order or names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as default
from random import Random

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checks import causes, transforms
from checks.causes import Cause
from checks.clusters import KEYS, VALUE, WINDOW, Size
from checks.surprise import Known, binomial
from tests.thorough import some

RECORDS, MOMENTS, RANGES = 5000, 30, 256
BRANCHES = tuple(f"B{n}" for n in range(10))
OWNERS = tuple(f"O{n}" for n in range(200))


@dataclass(frozen=True)
class Case:
    """One finding, with the record it is of."""

    id: str
    field: str | None = "name"
    left: str | None = None
    right: str | None = None
    kind: str = "mismatch"
    masked: bool = False
    mover: str | None = None
    pending: bool = False
    began: int = 0
    key: int = 0
    held: Mapping[str, str] = default(default_factory=dict)


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        transforms.install(connection)
        yield connection


def word(random: Random, length: int = 12) -> str:
    return "".join(random.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(length))


def noise(seed: int, count: int, name: str = "name") -> list[Case]:
    """Findings that have nothing in common: any record, any time, any two values."""
    random = Random(seed)
    return [
        Case(
            f"noise{seed}-{n}", name, word(random), word(random),
            began=random.randrange(MOMENTS + 1), key=random.randrange(1, RANGES + 1),
            held={"branch": random.choice(BRANCHES), "owner": random.choice(OWNERS)},
        )
        for n in range(count)
    ]  # fmt: skip


def trimmed(seed: int, count: int, to: int = 8) -> list[Case]:
    return [
        replace(case, id=f"trimmed-{case.id}", right=(case.left or "")[:to])
        for case in noise(seed, count)
    ]


def fold(
    con: duckdb.DuckDBPyConnection, found: Sequence[Case], known: Sequence[Known] = (),
    held: Mapping[str, int] | None = None,
) -> tuple[Cause, ...]:  # fmt: skip
    con.execute(
        "CREATE OR REPLACE TABLE cases (id VARCHAR, field VARCHAR, kind VARCHAR, l VARCHAR,"
        " r VARCHAR, masked BOOLEAN, mover VARCHAR, pending BOOLEAN, began_bin INT, key_bin INT)"
    )
    con.execute("CREATE OR REPLACE TABLE attributes (id VARCHAR, name VARCHAR, value VARCHAR)")
    con.execute("CREATE OR REPLACE TABLE twins (id VARCHAR, l VARCHAR, r VARCHAR)")
    con.execute(
        "CREATE OR REPLACE TABLE population AS SELECT 'branch' AS name, 'B' || i AS value,"
        f" {RECORDS // 10} AS records FROM range(10) AS t(i) UNION ALL"
        f" SELECT 'owner', 'O' || i, {RECORDS // 200} FROM range(200) AS t(i)"
    )
    rows = [
        (c.id, c.field, c.kind, c.left, c.right, c.masked, c.mover, c.pending, c.began, c.key)
        for c in found
    ]
    for row in rows:
        con.execute("INSERT INTO cases VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", list(row))
    pairs = [(c.id, name, value) for c in found for name, value in c.held.items()]
    if pairs:
        marks = ", ".join("(?, ?, ?)" for _ in pairs)
        con.execute(f"INSERT INTO attributes VALUES {marks}", [v for p in pairs for v in p])
    return causes.fold(
        con, Size(RECORDS, MOMENTS, RANGES), known, lambda _side, _field, _values: held or {}
    )


def told(con: duckdb.DuckDBPyConnection, cause: int) -> set[str]:
    return {i for (i,) in con.execute("SELECT id FROM caused WHERE place = ?", [cause]).fetchall()}


def test_what_was_done_to_a_field_explains_its_findings(con: duckdb.DuckDBPyConnection) -> None:
    planted = trimmed(1, 12)
    (cause,) = fold(con, [*planted, *noise(2, 20)])
    assert (cause.way, cause.side, cause.field, cause.param) == ("trimmed", "right", "name", "8")
    assert told(con, 0) == {case.id for case in planted}
    assert (cause.count, cause.odd) == (12, 20)
    assert set(cause.examples) < told(con, 0)
    assert not set(cause.oddities) & told(con, 0)


@pytest.mark.parametrize("count", [1, 4])
def test_a_handful_is_no_cause(count: int, con: duckdb.DuckDBPyConnection) -> None:
    assert fold(con, [*trimmed(3, count), *noise(4, 20)]) == ()


def test_a_cause_that_is_known_stays_while_it_is_put_right(con: duckdb.DuckDBPyConnection) -> None:
    known = Known("before", ("trimmed", "right", "name", "8"))
    (cause,) = fold(con, [*trimmed(3, 3), *noise(4, 20)], [known])
    assert (cause.known, cause.count) == ("before", 3)


@pytest.mark.parametrize("seed", range(6))
def test_noise_has_no_cause(seed: int, con: duckdb.DuckDBPyConnection) -> None:
    assert fold(con, [*noise(seed, 150), *noise(seed + 100, 60, "address")]) == ()


def test_findings_of_one_manager_are_one_cause(con: duckdb.DuckDBPyConnection) -> None:
    ours = [replace(c, id=f"o{c.id}", held={**c.held, "owner": "O7"}) for c in noise(5, 15)]
    (cause,) = fold(con, [*ours, *noise(6, 80), *noise(7, 30, "address")])
    (place,) = cause.places
    assert (cause.way, cause.field, place.kind, place.value) == ("cluster", "name", VALUE, "O7")
    assert cause.reach == RECORDS // 200
    assert {case.id for case in ours} <= told(con, 0)


def test_what_one_side_changed_while_the_job_stood_still_is_one_cause(
    con: duckdb.DuckDBPyConnection,
) -> None:
    random = Random(8)
    stuck = [
        replace(c, id=f"s{c.id}", mover="left", began=random.randrange(12, 16))
        for c in noise(8, 18)
    ]
    (cause,) = fold(con, [*stuck, *noise(9, 40)])
    (place,) = cause.places
    assert (cause.what, cause.which, place.kind) == ("mover", "left", WINDOW)
    assert (place.first, place.last) == (12, 15)
    assert told(con, 0) == {case.id for case in stuck}


def test_a_department_in_one_night_is_one_cause(con: duckdb.DuckDBPyConnection) -> None:
    night = [
        replace(c, id=f"n{c.id}", began=20, held={**c.held, "branch": "B3"}) for c in noise(10, 9)
    ]
    others = [replace(c, id=f"x{c.id}", began=20) for c in noise(11, 25)]
    both = [*night, *others, *noise(12, 120)]
    found = fold(con, both)
    assert found
    assert {case.id for case in night} <= set().union(*(told(con, n) for n in range(len(found))))


def test_a_batch_of_keys_is_one_cause(con: duckdb.DuckDBPyConnection) -> None:
    batch = [replace(c, id=f"b{c.id}", key=100 + n % 3) for n, c in enumerate(noise(13, 14))]
    (cause,) = fold(con, [*batch, *noise(14, 60)])
    (place,) = cause.places
    assert (place.kind, place.first, place.last) == (KEYS, 100, 102)


def test_what_is_pending_or_began_nobody_knows_when_makes_no_window(
    con: duckdb.DuckDBPyConnection,
) -> None:
    young = [replace(c, id=f"y{c.id}", pending=True, began=30) for c in noise(15, 30)]
    old = [replace(c, id=f"z{c.id}", began=0) for c in noise(16, 60)]
    assert fold(con, [*young, *old]) == ()


def test_one_value_in_the_place_of_many_is_a_cause_unless_it_is_a_common_one(
    con: duckdb.DuckDBPyConnection,
) -> None:
    same = [replace(c, id=f"c{c.id}", right="unknown") for c in noise(17, 10)]
    (cause,) = fold(con, [*same, *noise(18, 20)], held={"unknown": 10})
    assert (cause.way, cause.param) == ("constant", "unknown")
    assert fold(con, [*same, *noise(18, 20)], held={"unknown": RECORDS // 2}) == ()


def test_of_tokens_only_their_being_the_same_or_empty_is_told(
    con: duckdb.DuckDBPyConnection,
) -> None:
    """A token that is a prefix of another is an accident of the hash."""
    hidden = [replace(case, masked=True) for case in trimmed(19, 12)]
    assert fold(con, hidden) == ()
    empty = [replace(case, id=f"e{case.id}", right=None) for case in hidden]
    (cause,) = fold(con, empty)
    assert (cause.way, cause.side) == ("emptied", "right")


def test_a_field_left_out_by_one_branch_says_which(con: duckdb.DuckDBPyConnection) -> None:
    left_out = [
        replace(c, id=f"l{c.id}", right=None, held={**c.held, "branch": "B4"})
        for c in noise(20, 12)
    ]
    (cause,) = fold(con, [*left_out, *noise(21, 30)])
    (place,) = cause.places
    assert (cause.way, place.value, place.count, place.whole) == ("emptied", "B4", 12, 12)


SLOW = settings(max_examples=some(6, 3), deadline=None, suppress_health_check=list(HealthCheck))


@SLOW
@given(st.randoms(use_true_random=False), st.integers(0, 50))
def test_order_and_names_of_findings_change_nothing(random: Random, seed: int) -> None:
    with duckdb.connect() as con:
        transforms.install(con)
        planted = [*trimmed(seed, 9), *noise(seed + 1, 25)]
        first = fold(con, planted)
        members = [told(con, n) for n in range(len(first))]
        shuffled = random.sample(planted, len(planted))
        renamed = {c.id: f"{random.randrange(10**9)}-{n}" for n, c in enumerate(shuffled)}
        again = fold(con, [replace(c, id=renamed[c.id]) for c in shuffled])
        assert [c.stem for c in again] == [c.stem for c in first]
        assert [told(con, n) for n in range(len(again))] == [
            {renamed[i] for i in one} for one in members
        ]


@SLOW
@given(st.integers(0, 1000), st.integers(0, 120))
def test_noise_in_other_fields_loses_no_cause(seed: int, count: int) -> None:
    with duckdb.connect() as con:
        transforms.install(con)
        planted = trimmed(seed, 10)
        before = {c.stem for c in fold(con, planted)}
        after = {c.stem for c in fold(con, [*planted, *noise(seed + 1, count, "address")])}
        assert ("trimmed", "right", "name", "8") in before & after


def test_bits_measure_what_accident_would_hardly_do() -> None:
    assert binomial(10, 10, 0.5) == pytest.approx(10)
    assert binomial(5, 10, 0.5) == binomial(2, 10, 0.5) == binomial(0, 10, 0.5) == 0
    assert binomial(9, 10, 0.5) < binomial(10, 10, 0.5)
    assert binomial(10, 10, 0.25) == pytest.approx(20)
