"""The four verdicts: for each rule one that passes, one that only nearly does, one nobody knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from checks.backups.case import Case
from checks.backups.expect import ExpectedTable
from checks.backups.model import (
    Backup,
    Basis,
    Depth,
    Mark,
    Method,
    Problem,
    State,
    TableContent,
)
from checks.backups.verdicts import Unseen, judge_backup, judge_system, judged
from tests.backups.small import (
    DAY,
    EXPECTED,
    HOUR,
    NIGHT,
    NOW,
    archive,
    case,
    compared,
    content,
    dump,
    full,
    proved,
    restored,
    rolling,
    told,
    verdict,
    verified,
)

FRESH, COMPLETE, INTACT, RESTORABLE = Mark
RPO = EXPECTED.rpo


def customers(**changes: object) -> TableContent:
    return replace(TableContent("customer", 3002, "customer", compared=compared()), **changes)


@pytest.mark.parametrize("of", [proved(), rolling()], ids=["dump", "physical"])
def test_a_backup_with_every_proof_passes_all_four(of: Case) -> None:
    assert {mark: v.value for mark, v in judge_backup(of).items()} == dict.fromkeys(Mark, True)


def test_a_backup_of_which_nothing_is_known_passes_none() -> None:
    bare = case(Backup("x", "s", Method.DUMP, State.UNKNOWN))
    assert {v.value for v in judge_backup(bare).values()} == {None}


# Fresh.


def test_data_exactly_as_old_as_the_rpo_is_fresh_and_a_second_more_is_not() -> None:
    physical = rolling(logs=(archive((1, 40), at=NIGHT),))
    assert told(replace(physical, now=NIGHT + RPO), FRESH) == (True, "fresh.claimed")
    late = verdict(replace(physical, now=NIGHT + RPO + timedelta(seconds=1)), FRESH)
    assert (late.value, late.code) == (False, "backups.why.fresh.old")
    assert late.params["age_span"] == "93601"


def test_a_dump_of_a_stuck_replica_is_as_old_as_what_is_inside() -> None:
    """Finished 02:15 this morning, data 9 days old, 312 customers missing."""
    stuck = NIGHT - 9 * DAY
    inside = content(customer=customers(
        newest=stuck, compared=compared(missing=312, not_before=stuck, before=stuck + HOUR)
    ))  # fmt: skip
    found = judge_backup(proved(inside=inside))
    assert (found[FRESH].value, found[FRESH].code) == (False, "backups.why.fresh.stale")
    assert found[FRESH].params == {
        "finished_at": "2026-11-22T02:15:00+00:00", "data_at": "2026-11-13T02:00:00+00:00",
        "age_span": str(9 * 86400 + 6 * 3600), "rpo_span": "93600", "table": "customer",
        "missing": "312",
    }  # fmt: skip
    assert (found[COMPLETE].value, found[COMPLETE].params["missing"]) == (False, "312")
    assert found[INTACT].value is True


def test_rows_that_stand_as_they_were_long_ago_date_a_dump_that_lacks_none() -> None:
    """A replica that stood still over days on which records were only changed."""
    stuck = NIGHT - 9 * DAY
    changed = compared(different=4, not_before=stuck, before=stuck + HOUR)
    found = proved(inside=content(customer=customers(newest=stuck, compared=changed)))
    assert told(found, FRESH) == (False, "fresh.stale")
    assert told(found, COMPLETE)[0] is True


def test_of_two_copies_of_one_moment_the_better_proved_one_would_be_restored() -> None:
    known, bare = judged("a", proved()), judged("b", replace(proved(), content=None))
    assert judge_system([known, bare]).today == judge_system([bare, known]).today == known


def test_rows_lost_in_the_middle_make_it_incomplete_and_no_older() -> None:
    """One customer of last year is missing, one of this morning is there."""
    hole = compared(missing=1, not_before=NIGHT - HOUR, before=NIGHT - 300 * DAY)
    found = proved(inside=content(customer=customers(compared=hole, newest=NIGHT - HOUR)))
    assert told(found, FRESH) == (True, "fresh.inside")
    assert told(found, COMPLETE) == (False, "tables.missing_rows")


def test_data_that_ends_between_two_looks_is_old_only_if_both_are() -> None:
    def behind(not_before: timedelta, before: timedelta) -> Case:
        bounds = compared(missing=4, not_before=NOW - not_before, before=NOW - before)
        return proved(inside=content(customer=customers(compared=bounds)))

    assert told(behind(25 * HOUR, 24 * HOUR), FRESH) == (True, "fresh.inside")
    assert told(behind(28 * HOUR, 25 * HOUR), FRESH) == (None, "fresh.behind")
    assert told(behind(28 * HOUR, 27 * HOUR), FRESH) == (False, "fresh.stale")


def test_old_rows_alone_prove_nothing_unless_our_snapshot_has_no_newer() -> None:
    quiet = customers(newest=NIGHT - 3 * DAY)
    assert told(proved(inside=content(customer=quiet)), FRESH) == (True, "fresh.inside")
    alone = replace(quiet, compared=None)
    assert told(proved(inside=content(customer=alone)), FRESH) == (None, "fresh.newest_old")


def test_a_business_date_in_the_future_dates_nothing() -> None:
    planned = customers(newest=NOW + 90 * DAY, compared=None)
    assert told(proved(inside=content(customer=planned)), FRESH) == (None, "fresh.not_dated")


def test_a_dump_that_could_be_dated_is_not_fresh_by_its_own_word() -> None:
    assert told(proved(inside=None), FRESH) == (None, "fresh.not_dated")
    undatable = replace(EXPECTED, is_dated=False)
    assert told(proved(inside=None, expected=undatable), FRESH) == (True, "fresh.claimed")


@pytest.mark.parametrize(
    ("basis", "value", "why"),
    [
        (Basis.STOP, True, "claimed"),
        (Basis.NAME, True, "claimed"),
        (Basis.FINISH, True, "claimed"),
        (Basis.FILE, None, "weak"),
        (None, None, "weak"),
    ],
)
def test_the_time_of_a_file_is_not_that_of_its_data(
    basis: Basis | None, value: bool | None, why: str
) -> None:
    assert told(rolling(backup=full(basis=basis), logs=()), FRESH) == (value, f"fresh.{why}")


def test_where_only_the_end_is_known_the_data_may_be_as_old_as_the_start() -> None:
    long = full(basis=Basis.FINISH, started_at=NOW - 27 * HOUR)
    assert told(rolling(backup=long, logs=()), FRESH) == (None, "fresh.between")
    unstarted = full(basis=Basis.FINISH, started_at=None)
    assert told(rolling(backup=unstarted, logs=()), FRESH) == (None, "fresh.weak")


def test_archived_log_makes_an_old_physical_backup_fresh_up_to_its_hole() -> None:
    week = full(data_at=NIGHT - 6 * DAY, finished_at=NIGHT - 6 * DAY, started_at=None)
    assert told(rolling(backup=week), FRESH) == (True, "fresh.logs")
    assert told(rolling(backup=week, logs=()), FRESH) == (False, "fresh.old")
    by_ends = archive((1, 40), listed=False)
    assert told(rolling(backup=week, logs=(by_ends,)), FRESH) == (False, "fresh.old")


def test_a_backup_from_the_future_is_a_question() -> None:
    ahead = full(data_at=NOW + HOUR)
    assert told(rolling(backup=ahead, logs=()), FRESH) == (None, "fresh.future")


def test_a_backup_without_any_moment_is_not_dated() -> None:
    bare = full(data_at=None, finished_at=None, started_at=None)
    assert told(rolling(backup=bare, logs=()), FRESH) == (None, "fresh.no_moment")


# Complete.


@pytest.mark.parametrize(
    ("state", "value"),
    [(State.DONE, True), (State.RUNNING, None), (State.UNKNOWN, None), (State.PARTIAL, False),
     (State.FAILED, False)],
)  # fmt: skip
def test_only_what_the_tool_calls_done_can_be_complete(state: State, value: bool | None) -> None:
    assert verdict(proved(backup=dump(state=state)), COMPLETE).value is value


def test_a_dump_without_its_end_is_cut_and_one_that_cannot_prove_it_is_unknown() -> None:
    assert told(proved(inside=content(ended=False)), COMPLETE) == (False, "content.cut")
    assert told(proved(inside=content(ended=None)), COMPLETE) == (None, "content.end_unknown")
    assert told(proved(inside=None), COMPLETE) == (None, "content.not_read")


def test_a_missing_table_is_named() -> None:
    inside = replace(content(), tables=(customers(),))
    found = verdict(proved(inside=inside), COMPLETE)
    assert (found.value, found.code) == (False, "backups.why.tables.gone")
    assert found.params == {"tables": "crm.note", "count": "1", "missing": "0"}


def test_a_table_of_another_schema_is_another_table() -> None:
    other = replace(content(), tables=(customers(), TableContent("archive.note", 12)))
    assert told(proved(inside=other), COMPLETE) == (False, "tables.gone")
    same = replace(content(), tables=(customers(), TableContent("CRM.Note", 12)))
    assert told(proved(inside=same), COMPLETE) == (True, "complete.whole")


def test_a_lost_column_makes_it_incomplete() -> None:
    lost = content(customer=customers(lost_columns=("phone",)))
    assert told(proved(inside=lost), COMPLETE) == (False, "tables.lost_columns")


def test_as_many_rows_as_are_tolerated_may_be_missing_and_not_one_more() -> None:
    def missing(count: int) -> tuple[bool | None, str]:
        inside = content(customer=customers(compared=compared(missing=count)))
        lenient = replace(EXPECTED, missing_rows=2, missing_share=0.001)  # of 3000
        return told(proved(inside=inside, expected=lenient), COMPLETE)

    assert missing(3) == (True, "complete.whole")
    assert missing(4) == (False, "tables.missing_rows")


def test_rows_of_a_later_snapshot_may_have_come_after_the_backup() -> None:
    later = compared(snapshot_at=NIGHT + HOUR, missing=5, not_before=None)
    inside = content(customer=customers(compared=later, newest=NIGHT - HOUR))
    assert told(proved(inside=inside), COMPLETE) == (None, "tables.maybe_missing")


def test_rows_that_no_later_snapshot_has_seen_may_have_been_deleted_before() -> None:
    def missing(next_at: datetime | None) -> Case:
        bounds = compared(missing=5, next_at=next_at)
        return proved(inside=content(customer=customers(compared=bounds)))

    assert told(missing(None), COMPLETE) == (None, "tables.maybe_missing")
    assert told(missing(NOW), COMPLETE) == (False, "tables.missing_rows")


@pytest.mark.parametrize(
    ("table", "why"),
    [
        (customers(compared=None), "not_compared"),
        (customers(rows=None), "unread"),
        (customers(unread="backups.inside.x"), "unread"),
    ],
)
def test_a_table_that_was_not_held_against_a_snapshot_is_unknown(
    table: TableContent, why: str
) -> None:
    assert told(proved(inside=content(customer=table)), COMPLETE) == (None, f"tables.{why}")


def test_an_empty_table_is_a_question_unless_its_snapshot_is_empty_too() -> None:
    empty = replace(content(), tables=(customers(), TableContent("note", 0)))
    assert told(proved(inside=empty), COMPLETE) == (None, "tables.empty")
    rights = replace(
        EXPECTED, tables=(*EXPECTED.tables[:1], replace(EXPECTED.tables[1], may_be_empty=True))
    )
    assert told(replace(proved(inside=empty), expected=rights), COMPLETE)[0] is True
    both = customers(rows=0, compared=compared(rows=0, extra=0))
    assert verdict(proved(inside=content(customer=both)), COMPLETE).value is True


def test_the_wrong_database_is_told_from_an_unknown_one() -> None:
    wrong = replace(content(), databases=("test",))
    assert told(proved(inside=wrong), COMPLETE) == (False, "databases.gone")
    unknown = replace(content(), databases=())
    assert told(proved(inside=unknown), COMPLETE) == (None, "databases.unknown")
    named = dump(databases=("CRM", "x"))
    assert verdict(proved(backup=named, inside=unknown), COMPLETE).value is True


# Intact.


@pytest.mark.parametrize("depth", [Depth.STRUCTURE, Depth.AT_BACKUP, Depth.SUBSET])
def test_a_shallow_verification_does_not_show_that_the_bits_are_right(depth: Depth) -> None:
    found = told(proved(verifications=(verified(depth=depth),)), INTACT)
    assert found == (None, f"intact.only_{depth}")


def test_a_verification_is_too_old_the_moment_after_its_age() -> None:
    old = dump(finished_at=NIGHT - 200 * DAY, started_at=None)
    limit = EXPECTED.verified_max_age
    at = proved(backup=old, verifications=(verified(at=NOW - limit),))
    assert told(at, INTACT) == (True, "intact.verified")
    past = proved(backup=old, verifications=(verified(at=NOW - limit - timedelta(seconds=1)),))
    assert told(past, INTACT) == (None, "intact.old")


def test_a_verification_from_before_the_backup_speaks_of_other_bits() -> None:
    before = verified(at=NIGHT - DAY)
    assert told(proved(verifications=(before,)), INTACT) == (None, "intact.never")
    assert told(proved(verifications=(verified(at=None),)), INTACT) == (None, "intact.undated")


def test_a_failure_stands_until_a_deep_verification_passes() -> None:
    failed = verified(ok=False, at=NOW - 3 * HOUR, depth=Depth.STRUCTURE)
    shallow = verified(at=NOW - HOUR, depth=Depth.STRUCTURE)
    assert told(proved(verifications=(failed, shallow)), INTACT) == (False, "intact.failed")
    assert told(proved(verifications=(failed, verified())), INTACT) == (True, "intact.verified")
    later = verified(ok=None, at=NOW)
    assert told(proved(verifications=(verified(), later)), INTACT) == (None, "intact.end_unknown")


def test_blocks_that_were_broken_before_a_deduplicated_backup_are_broken_in_it() -> None:
    earlier = verified(ok=False, at=NIGHT - DAY)
    shared = dump(method=Method.ARCHIVE)
    assert told(proved(backup=shared, verifications=(earlier,)), INTACT)[0] is False
    assert told(proved(verifications=(earlier,)), INTACT) == (None, "intact.never")


def test_a_broken_reference_breaks_what_builds_on_it() -> None:
    base = full(id="base")
    later = full(id="later", method=Method.INCREMENTAL, needs=("base",))
    proofs = (verified(backup="later"), verified(backup="base", ok=False))
    assert told(case(later, base, verifications=proofs), INTACT) == (False, "intact.failed")
    assert told(case(later, base, verifications=proofs[:1]), INTACT) == (None, "intact.never")


def test_bits_that_were_not_found_were_not_verified() -> None:
    later = full(id="later", method=Method.INCREMENTAL)
    named = replace(later, needs=("base",))
    proofs = (verified(),)
    assert told(case(later, verifications=proofs), INTACT) == (None, "intact.chain_unknown")
    assert told(case(named, verifications=proofs), INTACT) == (None, "intact.chain_unknown")
    whole = case(named, full(id="base"), verifications=proofs)
    assert told(whole, INTACT) == (True, "intact.verified")


def test_a_restore_has_read_all_of_it() -> None:
    drill = restored(backup="n22", at=NOW - HOUR)
    assert told(proved(verifications=(), restores=(drill,)), INTACT) == (True, "intact.verified")
    other = restored(backup="n21", at=NOW - HOUR)
    assert told(proved(verifications=(), restores=(other,)), INTACT) == (None, "intact.never")


# Restorable.


@pytest.mark.parametrize(
    ("changes", "value", "why"),
    [
        ({"ok": False}, False, "failed"),
        ({"ok": None}, None, "end_unknown"),
        ({"differs": 1}, False, "differs"),
        ({"differs": None}, None, "not_compared"),
        ({"compared": False, "differs": None}, None, "not_compared"),
        ({"seconds": 7200.0}, True, "proved"),
        ({"seconds": 7200.5}, False, "slow"),
        ({"seconds": None}, None, "not_timed"),
        ({"at": NOW - EXPECTED.drill_max_age}, True, "proved"),
        ({"at": NOW - EXPECTED.drill_max_age - timedelta(seconds=1)}, None, "old"),
        ({"at": NOW - 400 * DAY, "ok": False}, False, "failed"),
        ({"at": NOW + DAY}, None, "never"),
        ({"series": "another"}, None, "never"),
    ],
)
def test_what_a_restore_proves(changes: dict[str, object], value: bool | None, why: str) -> None:
    assert told(proved(restores=(restored(**changes),)), RESTORABLE) == (value, f"restore.{why}")


def test_without_a_limit_of_time_a_restore_need_not_be_timed() -> None:
    untimed = proved(restores=(restored(seconds=None),), expected=replace(EXPECTED, rto=None))
    assert told(untimed, RESTORABLE) == (True, "restore.proved")


def test_the_newest_restore_counts_and_so_does_the_newest_of_the_backup_itself() -> None:
    failed = restored(id="d0", ok=False, at=NOW - 2 * DAY)
    assert told(proved(restores=(failed, restored())), RESTORABLE)[0] is True
    own = replace(failed, backup="n22")
    assert told(proved(restores=(own, restored())), RESTORABLE)[0] is False
    mended = restored(id="d2", backup="n22", at=NOW - HOUR)
    assert told(proved(restores=(own, mended)), RESTORABLE)[0] is True


# Problems and systems.


@pytest.mark.parametrize("mark", list(Mark))
def test_a_problem_bears_on_its_own_question_alone(mark: Mark) -> None:
    for breaks, value in ((True, False), (False, None)):
        problem = Problem("backups.problem.x", mark=mark, breaks=breaks, backup="n22")
        found = judge_backup(proved(problems=(problem,)))
        assert {m: v.value for m, v in found.items()} == {**dict.fromkeys(Mark, True), mark: value}
    other = replace(problem, backup="n21")
    assert judge_backup(proved(problems=(other,)))[mark].value is True


def test_today_is_the_newest_that_can_be_restored_and_not_the_newest_attempt() -> None:
    old = dump(id="n21", data_at=NIGHT - DAY, started_at=NIGHT - DAY, finished_at=NIGHT - DAY)
    failed = dump(state=State.FAILED)
    entries = [
        judged("nas", proved(backup=old)),
        judged("nas", proved(backup=failed)),
    ]
    standing = judge_system(entries)
    assert standing.today is not None
    assert standing.today.backup.id == "n21"
    assert standing.verdicts[FRESH].value is False
    assert standing.last_good is None
    fresh = judge_system([judged("nas", proved()), *entries])
    assert fresh.today is not None
    assert fresh.today.backup.id == "n22"
    assert fresh.last_good == fresh.today


def test_a_system_without_backups_fails_unless_a_catalogue_is_unseen() -> None:
    nothing = judge_system([])
    assert [v.value for v in nothing.verdicts.values()] == [False, False, None, False]
    unseen = judge_system([], Unseen(("nas",)))
    assert {(v.value, v.code) for v in unseen.verdicts.values()} == {(None, "backups.why.unseen")}


def test_a_system_is_not_called_old_while_a_newer_backup_may_be_unseen() -> None:
    old = judged("nas", rolling(now=NOW + 9 * DAY))
    assert judge_system([old]).verdicts[FRESH].value is False
    assert judge_system([old], Unseen(("s3",))).verdicts[FRESH].value is None


def test_expected_tables_are_found_by_entity_before_name() -> None:
    inside = content(customer=customers(table="t_cust_01"))
    assert verdict(proved(inside=inside), COMPLETE).value is True
    unnamed = replace(EXPECTED, tables=(ExpectedTable("customer"),))
    assert told(proved(inside=inside, expected=unnamed), COMPLETE) == (False, "tables.gone")
