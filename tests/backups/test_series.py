"""Which backups follow one another, which are the newest, and which are gone."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest

from checks.backups.model import Backup, Catalogue, Method, State
from checks.backups.series import Known, series_of, vanished
from tests.backups.small import DAY, HOUR, NIGHT, NOW, dump


def nights(series: str, first: int, last: int, **changes: object) -> list[Backup]:
    """One backup a night, from so many nights ago to so many."""
    return [
        dump(**{
            "id": f"{series}-{ago}", "series": series, "data_at": NIGHT - ago * DAY,
            "started_at": NIGHT - ago * DAY, "finished_at": NIGHT - ago * DAY + HOUR, **changes,
        })
        for ago in range(first, last - 1, -1)
    ]  # fmt: skip


def names(*backups: Backup, is_whole: bool = True) -> list[tuple[str, ...]]:
    return [s.names for s in series_of(Catalogue("x", NOW, backups, is_whole=is_whole))]


def test_the_newest_of_a_series_is_the_last_attempt_and_the_usable_one_the_last_done() -> None:
    backups = [*nights("a", 3, 1), *nights("a", 0, 0, state=State.FAILED)]
    running = dump(id="now", series="a", state=State.RUNNING, started_at=NOW)
    for order in permutations([*backups[-3:], running]):
        (found,) = series_of(Catalogue("x", NOW, order))
        assert found.newest.id == "a-0"
        assert found.newest_usable is not None
        assert found.newest_usable.id == "a-1"


def test_a_series_without_a_good_backup_has_none() -> None:
    (found,) = series_of(Catalogue("x", NOW, tuple(nights("a", 2, 0, state=State.FAILED))))
    assert found.newest_usable is None


def test_a_series_that_took_over_when_another_fell_silent_is_the_same() -> None:
    old, new = nights("crm 2.45", 20, 10), nights("crm 2.59", 9, 0)
    assert names(*old, *new) == [("crm 2.45", "crm 2.59")]
    assert names(*reversed([*old, *new])) == [("crm 2.45", "crm 2.59")]


@pytest.mark.parametrize(
    "new",
    [
        nights("b", 5, 0),  # began long after
        nights("b", 9, 0, size=9000),  # of another size
        nights("b", 9, 0, size=None),  # of an unknown size
        nights("b", 9, 0, method=Method.ARCHIVE),
        nights("b", 9, 0, databases=("hr",)),
        nights("b", 15, 0),  # was there before
        [*nights("b", 9, 0), *nights("c", 9, 0)],  # which of the two
    ],
)
def test_another_series_does_not_hide_that_one_fell_silent(new: list[Backup]) -> None:
    assert ("a",) in names(*nights("a", 20, 10), *new)


def test_two_series_that_both_run_are_two() -> None:
    assert names(*nights("a", 20, 0), *nights("b", 9, 0)) == [("a",), ("b",)]


def test_a_listing_that_broke_off_shows_no_silence() -> None:
    found = names(*nights("a", 20, 10), *nights("b", 9, 0), is_whole=False)
    assert found == [("a",), ("b",)]


def test_full_and_incremental_backups_are_of_one_kind() -> None:
    old = nights("a", 20, 10, method=Method.FULL)
    assert names(*old, *nights("b", 9, 0, method=Method.INCREMENTAL)) == [("a", "b")]


def test_log_backups_are_no_series() -> None:
    assert names(*nights("a", 1, 0), *nights("log", 1, 0, method=Method.LOG)) == [("a",)]


# Gone.

LISTED = nights("a", 3, 0)


def gone(
    backup: Backup, *listed: Backup, is_whole: bool = True, retention: timedelta | None = None
) -> list[str]:
    catalogue = Catalogue("x", NOW, listed or tuple(LISTED), is_whole=is_whole)
    return [v.why for v in vanished([Known(backup, NOW - DAY)], catalogue, NOW, retention)]


def old(**changes: object) -> Backup:
    return dump(**{"id": "gone", "series": "a", "started_at": NIGHT - 9 * DAY,
                   "data_at": NIGHT - 9 * DAY, **changes})  # fmt: skip


@pytest.mark.parametrize(
    ("backup", "retention", "why"),
    [
        (old(locked_until=NOW + DAY), None, ["locked"]),
        (old(kept=True), None, ["kept"]),
        (old(expires_at=NOW + DAY), None, ["unexpired"]),
        (old(expires_at=NOW), 30 * DAY, []),
        (old(started_at=NOW), None, ["newest"]),
        (old(series="b"), None, ["newest"]),
        (old(), NOW - (NIGHT - 9 * DAY) + HOUR, ["young"]),
        (old(), NOW - (NIGHT - 9 * DAY), []),
        (old(), None, []),
        (old(kept=True, state=State.FAILED), None, []),
        (old(kept=True, id="a-0"), None, []),
    ],
)
def test_what_should_be_there_and_is_not_has_vanished(
    backup: Backup, retention: timedelta | None, why: list[str]
) -> None:
    assert gone(backup, retention=retention) == why


def test_a_listing_that_broke_off_shows_no_loss() -> None:
    assert gone(old(kept=True), is_whole=False) == []


def test_what_is_listed_under_another_name_has_moved() -> None:
    moved = dump(id="renamed", series="a", digest="sha256:1")
    assert gone(old(kept=True, digest="sha256:1"), moved) == []
    assert gone(old(kept=True, digest="sha256:2"), moved) == ["kept"]


def test_everything_gone_is_everything_missed() -> None:
    known = [Known(b, NOW - DAY) for b in LISTED]
    found = vanished(known, Catalogue("x", NOW), NOW)
    assert [v.backup.id for v in found] == ["a-0", "a-1", "a-2", "a-3"]
