"""Drift tells what changed and how; what is small, by chance or by the week is no drift."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks import drift, profile
from checks.drift import (
    Kind,
    Observation,
    Renamed,
    Share,
    State,
    is_share_jump,
    is_volume_jump,
    jumps,
    persists,
    recognised,
    schema_changes,
)

names = st.sampled_from(["id", "ID", "name", "phone", "mobile", "a b", "编号"])
schemas = st.dictionaries(names, st.sampled_from(["text", "int", ""])).map(lambda d: (*d.items(),))
shares = st.integers(0, 5000).flatmap(
    lambda rows: st.integers(0, rows).map(lambda empty: Share(empty, rows))
)
states = st.builds(State, schemas, st.integers(0, 5000), st.dictionaries(names, shares))


@given(state=states)
def test_a_table_that_did_not_change_does_not_drift(state: State) -> None:
    assert schema_changes(state.columns, state.columns) == ()
    assert jumps(state, state) == jumps(state, state, state) == ()


MIRROR = {
    Kind.ADDED: Kind.REMOVED, Kind.REMOVED: Kind.ADDED, Kind.RETYPED: Kind.RETYPED,
}  # fmt: skip


@given(one=schemas, other=schemas)
def test_what_is_added_one_way_is_removed_the_other_way(
    one: tuple[tuple[str, str], ...], other: tuple[tuple[str, str], ...]
) -> None:
    there, back = schema_changes(one, other), schema_changes(other, one)
    mirrored = {(MIRROR[o.kind], o.column, o.after, o.before) for o in there if o.kind in MIRROR}
    plain = {(o.kind, o.column, o.before, o.after) for o in back if o.kind in MIRROR}
    retyped = {(k, b, a) for k, _, b, a in mirrored if k is Kind.RETYPED}
    # A retyped column that was renamed too bears the name it has on that side.
    assert {m for m in mirrored if m[0] is not Kind.RETYPED} == {
        p for p in plain if p[0] is not Kind.RETYPED
    }
    assert retyped == {(k, b, a) for k, _, b, a in plain if k is Kind.RETYPED}
    renames = {(o.before, o.after) for o in there if o.kind is Kind.RENAMED}
    assert renames == {(o.after, o.before) for o in back if o.kind is Kind.RENAMED}


@given(one=schemas, other=schemas)
def test_every_column_of_either_side_is_accounted_for(
    one: tuple[tuple[str, str], ...], other: tuple[tuple[str, str], ...]
) -> None:
    told = schema_changes(one, other)
    removed = {o.column for o in told if o.kind is Kind.REMOVED}
    added = {o.column for o in told if o.kind is Kind.ADDED}
    renamed = {o.before: o.after for o in told if o.kind is Kind.RENAMED}
    assert set(dict(one)) - removed - set(renamed) == set(dict(other)) - added - set(
        renamed.values()
    )


def test_the_order_of_columns_is_no_change() -> None:
    columns = (("a", "int"), ("b", "text"))
    assert schema_changes(columns, columns[::-1]) == ()


def test_a_renamed_column_is_told_with_both_names_and_how_it_was_known() -> None:
    before, now = (("khjb", "text"), ("x", "text")), (("dengji", "int"), ("x", "text"))
    assert schema_changes(before, now, [Renamed("khjb", "dengji", 0.98)]) == (
        Observation(Kind.RETYPED, "dengji", "text", "int"),
        Observation(Kind.RENAMED, "khjb", "khjb", "dengji", 0.98),
    )


def test_of_several_new_columns_the_one_with_the_values_is_chosen() -> None:
    lost = {"khjb": (1, 2, 3, 4), "dz": (9, 8, 7)}
    candidates = {"bz": (50, 51), "dengji": (1, 2, 3, 5), "addr": (9, 8, 7)}
    assert recognised(lost, candidates) == (
        Renamed("dz", "addr", 1.0),
        Renamed("khjb", "dengji", 0.6),
    )


def test_among_equal_values_the_name_decides_and_no_column_becomes_two() -> None:
    flags = (1, 2)
    found = recognised({"active": flags}, {"is_active": flags, "deleted": flags})
    assert found == (Renamed("active", "is_active", 1.0),)
    assert len(recognised({"a": flags, "b": flags}, {"c": flags})) == 1


def test_a_column_with_other_values_is_taken_for_none() -> None:
    assert recognised({"khjb": (1, 2, 3)}, {"bz": (3, 4, 5)}) == ()


@pytest.mark.parametrize(
    ("before", "now", "jumped"),
    [
        (1000, 701, False), (1000, 699, True), (701, 1000, False), (699, 1000, True),
        (40, 5, False), (5, 40, False), (5, 60, True),
        (3, 0, True), (0, 0, False), (0, 49, False), (0, 50, True), (10**7, 10**7 - 1, False),
    ],
)  # fmt: skip
def test_rows_jump_by_a_third_in_a_table_worth_the_word(
    before: int, now: int, jumped: bool
) -> None:
    assert is_volume_jump(before, now) is jumped


@pytest.mark.parametrize(
    ("before", "now", "jumped"),
    [
        (Share(0, 1000), Share(60, 1000), True),  # six points
        (Share(60, 1000), Share(0, 1000), True),
        (Share(500, 1000), Share(540, 1000), False),  # four points of many
        (Share(500, 1000), Share(560, 1000), False),  # six, and chance does as much
        (Share(0, 1000), Share(21, 1000), True),  # from none to two
        (Share(100, 10_000), Share(250, 10_000), False),  # not three times as many
        (Share(0, 40), Share(40, 40), False),  # too few rows
        (Share(0, 100), Share(15, 100), False),  # too few cells
        (Share(0, 1000), Share(5, 1000), False),
    ],
)
def test_empty_cells_jump_when_there_are_many_more_or_fewer(
    before: Share, now: Share, jumped: bool
) -> None:
    assert is_share_jump(before, now) is jumped


@given(one=shares, other=shares)
def test_a_jump_up_is_a_jump_down(one: Share, other: Share) -> None:
    assert is_share_jump(one, other) is is_share_jump(other, one)


def table(rows: int, empty: int = 0) -> State:
    return State((("id", "int"),), rows, {"id": Share(empty, rows)})


def test_the_rhythm_of_the_week_is_no_jump() -> None:
    sunday, monday, monday_before = table(100), table(5000), table(4900)
    assert jumps(monday, sunday, monday_before) == ()
    assert [o.kind for o in jumps(monday, sunday)] == [Kind.VOLUME]
    assert jumps(table(0), table(5000), table(0)) == ()


def test_a_jump_stands_out_against_both() -> None:
    told = jumps(table(1000, 400), table(1000, 0), table(990, 10))
    assert told == (Observation(Kind.EMPTY, "id", "0.0000", "0.4000"),)


@given(before=states, now=states)
def test_what_was_just_seen_persists(before: State, now: State) -> None:
    for seen in (*schema_changes(before.columns, now.columns), *jumps(now, before)):
        # Between the share and its four digits lies less than a jump's threshold can tell.
        if seen.kind is not Kind.EMPTY:
            assert persists(seen.kind, seen.column, seen.before, now)


@given(before=states, now=states)
def test_nothing_persists_once_the_table_is_as_it_was(before: State, now: State) -> None:
    for seen in (*schema_changes(before.columns, now.columns), *jumps(now, before)):
        if seen.kind is not Kind.EMPTY:
            assert not persists(seen.kind, seen.column, seen.before, before)


def test_the_guide_states_the_thresholds_and_every_kind() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "drift.md").read_text("utf-8")
    stated = (
        f"less than {drift.VOLUME_RATIO:.0%} of the larger, which is at least {drift.LEAST_ROWS}",
        f"moved by {drift.SHARE_POINTS * 100:.0f} points, or by"
        f" {drift.SHARE_SMALL_POINTS * 100:.0f} point to three times",
        f"at least {drift.LEAST_CELLS} cells of at least {drift.LEAST_ROWS} rows",
        f"more than {profile.WHOLE_ROWS:,} rows",
        f"{profile.SKETCHED} keyed numbers",
        f"first {profile.LONGEST_SHOWN} characters",
    )
    plain = guide.replace(" %", "%")
    assert [words for words in stated if words not in plain] == []
    assert (drift.SHARE_TIMES, drift.LEAST_SIGMAS, drift.LEAST_OVERLAP) == (3, 4, 0.5)
    for kind, words in {
        Kind.ADDED: "column added", Kind.REMOVED: "column gone", Kind.RENAMED: "column renamed",
        Kind.RETYPED: "type changed", Kind.VOLUME: "rows jumped", Kind.EMPTY: "empty cells jumped",
    }.items():  # fmt: skip
        assert f"| {words} |" in guide, kind
