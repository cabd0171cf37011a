"""What a backup builds on, and its log: names of segments, holes inside and after it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import permutations

import pytest

from checks.backups.chain import chain_verdict, place_of, reach
from checks.backups.model import Backup, Catalogue, LogArchive, LogRun, Mark, Method, State
from tests.backups.small import HOUR, NIGHT, NOW, archive, case, full, rolling, told, wal

COMPLETE = Mark.COMPLETE


def incremental(number: int, *needs: str, state: State = State.DONE) -> Backup:
    return full(id=f"i{number}", method=Method.INCREMENTAL, needs=needs, state=state)


def chained(*backups: Backup, is_whole: bool = True) -> tuple[bool | None, str]:
    found = chain_verdict(backups[0], Catalogue("x", NOW, backups, is_whole=is_whole))
    return found.value, found.code.removeprefix("backups.why.chain.")


def test_a_chain_is_closed_when_all_it_builds_on_is_done() -> None:
    base = full(id="f")
    assert chained(incremental(2, "i1"), incremental(1, "f"), base) == (True, "closed")


def test_a_lost_full_backup_breaks_every_later_one() -> None:
    assert chained(incremental(2, "i1"), incremental(1, "f")) == (False, "gone")
    lost = chain_verdict(incremental(2, "i1"), Catalogue("x", NOW, (incremental(1, "f"),)))
    assert lost.params["needed"] == "f"


def test_a_listing_that_broke_off_proves_no_loss() -> None:
    broken = chained(incremental(1, "f"), is_whole=False)
    assert broken == (None, "not_listed")


@pytest.mark.parametrize(
    ("state", "value"),
    [(State.FAILED, False), (State.PARTIAL, False), (State.RUNNING, None), (State.UNKNOWN, None)],
)
def test_a_chain_over_an_unfinished_backup_does_not_hold(state: State, value: bool | None) -> None:
    assert chained(incremental(1, "f"), full(id="f", state=state))[0] is value


def test_an_incremental_that_names_nothing_is_unknown() -> None:
    assert chained(incremental(1)) == (None, "unnamed")
    assert chained(incremental(2, "i1"), incremental(1)) == (None, "unnamed")


def test_backups_that_need_each_other_end() -> None:
    assert chained(incremental(1, "i2"), incremental(2, "i1")) == (True, "closed")


# Logs: the backup needs segments 5 and 6.


@pytest.mark.parametrize(
    ("logs", "value", "why"),
    [
        (archive((1, 40)), True, "whole"),
        (archive((5, 6)), True, "whole"),
        (archive((1, 5), (7, 40)), False, "hole_inside"),
        (archive((1, 5)), False, "hole_inside"),
        (archive((6, 40)), False, "hole_inside"),
        (archive((7, 40)), False, "gone"),
        (archive((1, 40), listed=False), None, "only_ends"),
        (archive((7, 40), listed=False), False, "gone"),
    ],
)
def test_the_log_inside_a_backup_must_be_without_a_hole(
    logs: LogArchive, value: bool | None, why: str
) -> None:
    found = reach(full(), rolling(logs=(logs,)).catalogue)
    assert (found.value, found.code) == (value, f"backups.why.logs.{why}")
    assert told(rolling(logs=(logs,)), COMPLETE)[0] is value


def test_a_hole_after_the_backup_ends_how_far_it_can_be_rolled_forward() -> None:
    runs = (
        LogRun(wal(1), wal(9), 9, NOW - 5 * HOUR),
        LogRun(wal(11), wal(40), 30, NOW),
    )
    holed = LogArchive("15-1", runs, 16 << 20, True)
    found = reach(full(), rolling(logs=(holed,)).catalogue)
    assert (found.value, found.until, found.hole) == (True, NOW - 5 * HOUR, (wal(9), wal(11)))
    assert told(rolling(logs=(holed,)), COMPLETE) == (True, "complete.told")


def test_another_timeline_is_another_line() -> None:
    other = LogArchive("15-1", (LogRun(wal(1, 2), wal(40, 2), 40, NOW),), 16 << 20, True)
    assert reach(full(), rolling(logs=(other,)).catalogue).value is False
    both = replace(other, runs=(*other.runs, *archive((1, 6)).runs))
    found = reach(full(), rolling(logs=(both,)).catalogue)
    assert (found.value, found.hole) == (True, None)


def test_a_listing_that_broke_off_proves_no_hole() -> None:
    logs = (archive((1, 5), (7, 40)),)
    assert reach(full(), rolling(logs=logs, is_whole=False).catalogue).value is None


def test_names_of_two_clusters_may_be_alike() -> None:
    whole, torn, other = archive((1, 40)), archive((1, 5), (7, 40)), archive((50, 60))
    for logs in permutations((whole, other)):
        assert reach(full(), rolling(logs=logs).catalogue).value is True
    for logs in permutations((whole, torn, other)):
        found = reach(full(), rolling(logs=logs).catalogue)
        assert (found.value, found.code) == (None, "backups.why.logs.several")


def test_an_archive_that_names_the_series_is_the_backups_own() -> None:
    mine = replace(archive((1, 40)), id="crm cluster")
    torn = archive((1, 5), (7, 40))
    for logs in permutations((mine, torn)):
        assert reach(full(), rolling(logs=logs).catalogue).value is True
    holed = replace(torn, id="crm cluster")
    assert reach(full(), rolling(logs=(archive((1, 40)), holed)).catalogue).value is False


def test_a_backup_between_two_numbers_of_the_log_holds_that_part_itself() -> None:
    alone = full(log_from="43000000012300001", log_to="43000000012900001")
    found = reach(alone, rolling(backup=alone, logs=()).catalogue)
    assert (found.value, found.code) == (True, "backups.why.logs.own")


def test_a_backup_whose_log_is_not_told_is_unknown_beside_an_archive() -> None:
    untold = full(log_from=None, log_to=None)
    assert reach(untold, rolling(backup=untold).catalogue).value is None
    assert reach(untold, rolling(backup=untold, logs=()).catalogue).value is True
    half = full(log_to=None)
    assert reach(half, rolling(backup=half).catalogue).value is None
    odd = full(log_to="strange")
    assert reach(odd, rolling(backup=odd).catalogue).value is None
    assert reach(full(), rolling(logs=()).catalogue).value is None


def test_places_order_as_their_tools_count() -> None:
    def before(one: str, other: str) -> bool:
        a, b = place_of(one), place_of(other)
        assert a is not None
        assert b is not None
        return a.line == b.line and a.number < b.number

    assert before("0000000100000000000000FF", "000000010000000100000000")
    assert before("binlog.999999", "binlog.1000000")
    assert before("0/5000028", "1/0")
    assert not before("binlog.000001", "relay.000002")
    assert not before("000000010000000000000001", "000000020000000000000002")
    assert place_of("no number") is None


# Log backups beside it, as SQL Server makes them.


def log_backup(number: int, start: str, end: str, at: datetime, **changes: object) -> Backup:
    made = Backup(f"l{number}", "erp log", Method.LOG, State.DONE, databases=("erp",),
                  data_at=at, log_from=start, log_to=end)  # fmt: skip
    return replace(made, **changes)


def test_log_backups_carry_a_full_one_forward_as_long_as_each_meets_the_next() -> None:
    base = full(id="erp", series="erp full", databases=("erp",), log_from="100", log_to="120")
    logs = [
        log_backup(1, "110", "200", NIGHT + HOUR),
        log_backup(2, "200", "300", NIGHT + 2 * HOUR),
        log_backup(3, "310", "400", NIGHT + 3 * HOUR),
    ]
    for order in permutations(logs):
        found = reach(base, case(base, *order).catalogue)
        assert (found.until, found.hole) == (NIGHT + 2 * HOUR, ("300", "310"))
    whole = [logs[0], replace(logs[1], log_to="310"), logs[2]]
    assert reach(base, case(base, *whole).catalogue).until == NIGHT + 3 * HOUR
    failed = [logs[0], replace(logs[1], log_to="310", state=State.FAILED), logs[2]]
    assert reach(base, case(base, *failed).catalogue).until == NIGHT + HOUR


def test_binlogs_follow_by_number() -> None:
    base = full(databases=("erp",), log_from="binlog.000004", log_to="binlog.000004")
    names = [f"binlog.{n:06d}" for n in (4, 5, 7)]
    logs = [log_backup(n, name, name, NIGHT + n * HOUR) for n, name in enumerate(names)]
    found = reach(base, case(base, *logs).catalogue)
    assert (found.until, found.hole) == (NIGHT + HOUR, ("binlog.000005", "binlog.000007"))


def test_log_backups_of_another_database_carry_nothing() -> None:
    base = full(databases=("crm",), log_from="100", log_to="120")
    log = log_backup(1, "110", "200", NIGHT + HOUR)
    found = reach(base, case(base, log).catalogue)
    assert (found.value, found.until) == (True, None)
