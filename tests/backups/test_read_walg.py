"""WAL-G: a real list, and what `wal-verify` says of the segments between its backups."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.backups.model import Basis, Catalogue, Mark, Method, State
from governance.backups.readers.model import Reply
from governance.backups.readers.walg import READER
from tests.backups.asking import (
    NONSENSE,
    NOW,
    ask,
    clean,
    codes,
    mangled,
    manglings,
    marked,
    sample,
)

LIST = sample("backup-list.json", "walg")
ROWS = json.loads(LIST)
FULL, DELTA, DEEPER = (ROWS[n]["backup_name"] for n in (4, 5, 6))
TIMELINE = {"current_timeline_id": 67, "highest_storage_timeline_id": 67}


def verify(*ranges: tuple[str, str, int, str], status: str = "OK", timeline: str = "OK") -> str:
    details = [
        {"timeline_id": 67, "start_segment": first, "end_segment": last}
        | {"segments_count": n, "status": word}
        for first, last, n, word in ranges
    ]
    return json.dumps(
        {
            "integrity": {"status": status, "details": details},
            "timeline": {"status": timeline, "details": TIMELINE},
        }
    )


def name(number: int) -> str:
    return f"00000043{number // 256:08X}{number % 256:08X}"


WHOLE = verify((name(0x30660), name(0x38900), 0x38900 - 0x30660 + 1, "FOUND"))


def read(text: str | Reply = LIST, **parts: str | Reply) -> Catalogue:
    return ask(READER, {"list": text, **parts})


def test_a_real_list_is_read() -> None:
    found = read(verify=WHOLE)
    assert len(found.backups) == len(ROWS)
    first = found.backups[0]
    assert first.id == "base_000000430000030600000060"
    assert first.series == "7507672962298572862/default"
    assert first.data_at == datetime(2025, 12, 20, 2, 0, 18, 538578, UTC)
    assert (first.basis, first.method, first.state) == (Basis.STOP, Method.FULL, State.DONE)
    assert (first.size, first.data_size) == (858502390, 2604967632)
    assert (first.log_from, first.log_to) == (name(0x30660), name(0x30660))
    assert len(clean(found)) == len(ROWS)
    assert found.zone is None


def test_a_delta_needs_the_backup_that_its_name_tells() -> None:
    backups = {b.id: b for b in read().backups}
    assert backups[DELTA].method is Method.INCREMENTAL
    assert backups[DELTA].needs == (FULL,)
    # The parent's own name tells its parent too.
    assert backups[DEEPER].needs == (DELTA,)
    gone = [row for row in ROWS if row["backup_name"] != FULL]
    lone = {b.id: b for b in read(json.dumps(gone)).backups}
    assert lone[DELTA].needs == ("base_000000430000038500000003",)


def test_ranges_that_were_found_are_runs_with_their_count() -> None:
    found = read(
        verify=verify(
            (name(0x38880), name(0x388FF), 128, "MISSING_DELAYED"),
            (name(0x30700), name(0x3887F), 0x3887F - 0x30700 + 1, "FOUND"),
            (name(0x306F0), name(0x306FF), 16, "MISSING_LOST"),
            (name(0x30660), name(0x306EF), 144, "FOUND"),
            status="FAILURE",
        )
    )
    (log,) = found.logs
    assert log.listed
    assert log.segment_size == 16 << 20
    assert [(r.first, r.count) for r in log.runs] == [
        (name(0x30660), 144),
        (name(0x30700), 0x3887F - 0x30700 + 1),
    ]
    assert log.id == found.backups[0].series
    told = [p.params["word"] for p in found.problems if p.code == "backups.read.segments"]
    assert told == ["MISSING_DELAYED", "MISSING_LOST"]


def test_a_count_that_the_size_contradicts_is_no_proof() -> None:
    found = read(verify=verify((name(0x30660), name(0x30670), 3, "FOUND")))
    assert found.logs[0].runs == ()
    assert (Mark.COMPLETE, False, None) in marked(found, "field")


@pytest.mark.parametrize("word", ["found", "MISSING", "", "LOST"])
def test_an_unknown_status_of_segments_is_not_found(word: str) -> None:
    found = read(verify=verify((name(0x30660), name(0x38900), 33441, word)))
    assert found.logs[0].runs == ()
    assert clean(found) == []


@pytest.mark.parametrize("status", ["ok", "FAILURE", "WARNING", ""])
def test_timelines_that_do_not_agree_leave_all_in_doubt(status: str) -> None:
    found = read(verify=json.dumps(json.loads(WHOLE) | {"timeline": {"status": status}}))
    assert clean(found) == []


def test_a_verification_that_is_older_than_a_backup_proves_no_hole() -> None:
    found = read(verify=Reply(WHOLE, datetime(2025, 12, 21, tzinfo=UTC)))
    assert found.logs == ()
    assert (Mark.COMPLETE, False, None) in marked(found, "log_old")


def test_without_wal_verify_the_log_is_not_known() -> None:
    found = read()
    assert found.logs == ()
    assert (Mark.COMPLETE, False, None) in marked(found, "part")


def test_a_name_of_another_kind_may_need_what_we_do_not_know() -> None:
    rows = [ROWS[0] | {"backup_name": "stream_20201027T224823Z"}]
    found = read(json.dumps(rows), verify=WHOLE)
    assert clean(found) == []
    assert found.backups[0].method is Method.INCREMENTAL


def test_what_is_permanent_is_kept() -> None:
    assert read(json.dumps([ROWS[0] | {"is_permanent": True}])).backups[0].kept


def test_an_empty_list_has_nothing() -> None:
    assert marked(read("[]"), "nothing") == {(Mark.COMPLETE, True, None)}


@pytest.mark.parametrize("text", ["", "null", "{}", "INFO: No backups found\nrc=0", "[[]]"])
def test_what_is_no_list_is_never_good(text: str) -> None:
    found = read(text, verify=WHOLE)
    assert found.backups == ()
    assert any(p.mark is Mark.COMPLETE and p.backup is None for p in found.problems)


@pytest.mark.parametrize("path", ["backup_name", "finish_time", "wal_file_name", "finish_lsn"])
def test_whatever_is_wrong_with_what_is_needed_is_told(path: str) -> None:
    assert clean(read(json.dumps(ROWS[:2]), verify=WHOLE))
    for value in NONSENSE:
        found = read(json.dumps(mangled(ROWS[:2], (0, path), value)), verify=WHOLE)
        touched = [b for b in clean(found) if b.id != ROWS[1]["backup_name"]]
        assert not touched or _is_carried_on(touched[0].log_from, path, value), value


def _is_carried_on(log_from: str | None, path: str, value: Any) -> bool:
    return path == "wal_file_name" and log_from == value


@given(manglings(ROWS[4:6]), st.none() | manglings(json.loads(WHOLE)))
def test_nothing_that_a_document_may_say_breaks_the_reader(text: str, verify: str | None) -> None:
    found = read(text, **({} if verify is None else {"verify": verify}))
    assert all(b.data_at is not None for b in clean(found))


@given(st.integers(0, len(LIST.rstrip()) - 1))
def test_a_list_that_was_cut_is_never_whole(n: int) -> None:
    assert not read(LIST[:n]).is_whole


def test_an_exit_code_leaves_the_list_in_doubt() -> None:
    found = read(Reply(LIST, NOW, 1), verify=WHOLE)
    assert not found.is_whole
    assert clean(found) == []
    assert "code" in codes(found)
