"""Barman: what the real tool said, and that its OK is not always one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.backups.model import Basis, Catalogue, Depth, Mark, Method, State
from governance.backups.readers.barman import READER
from governance.backups.readers.model import Reply
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

LIST = sample("barman-list-backups.json")
SHOW = sample("barman-show-backup.json")
CHECK = sample("barman-check.json")
VERIFY = sample("barman-verify-backup.txt")
BAD = 'pg_verifybackup: error: "PG_VERSION" has size 8 on disk but size 3 in the manifest'
ID = "20261121T193517"
ROW = json.loads(LIST)["crm"][0]
DETAIL = json.loads(SHOW)["crm"]


def read(text: str | Reply = LIST, zone: str = "UTC", **parts: str | Reply) -> Catalogue:
    return ask(READER, {"list": text, **parts}, options={"server": "crm"}, zone=zone)


def rows(*changes: dict[str, Any]) -> str:
    return json.dumps({"crm": [ROW | change for change in changes]})


def shown(**changes: Any) -> str:
    return json.dumps({"crm": DETAIL | changes})


def test_a_backup_is_of_the_moment_at_which_its_copy_ended() -> None:
    (backup,) = read(show=SHOW).backups
    assert backup.id == ID
    assert (backup.method, backup.state, backup.said) == (Method.FULL, State.DONE, "DONE")
    assert backup.data_at == datetime(2026, 11, 21, 19, 35, 23, tzinfo=UTC)
    assert backup.basis is Basis.STOP
    assert backup.started_at == datetime(2026, 11, 21, 19, 35, 17, 883510, UTC)
    assert (backup.size, backup.data_size) == (47849011, 31047884)
    assert backup.log_from == backup.log_to == "000000010000000000000011"
    assert backup.encrypted is False
    assert backup.series == "crm"


def test_the_log_is_told_by_its_ends_and_the_place_in_it_proves_the_size() -> None:
    (log,) = read(show=SHOW).logs
    assert (log.segment_size, log.listed) == (16 << 20, False)
    assert [(r.first[-2:], r.last[-2:], r.count) for r in log.runs] == [("11", "11", None)]


def test_segments_that_were_listed_by_name_show_holes() -> None:
    folder = "/srv/barman/crm/wals"
    names = [f"0000000100000000000000{n}" for n in ("11", "12", "14")]
    files = [f"{folder}/00000002.history", *(f"{folder}/0000000100000000/{n}" for n in names)]
    found = read(show=SHOW, wals="\n".join(files) + "\nrc=0")
    (log,) = found.logs
    assert log.listed
    assert [(r.first[-2:], r.last[-2:], r.count) for r in log.runs] == [
        ("11", "12", 2),
        ("14", "14", 1),
    ]
    assert {"hole"} <= codes(found)
    assert "log_odd" not in codes(found)
    # A list of the newest backup proves nothing of what an older one needs.
    base = DETAIL["base_backup_information"] | {"begin_wal": "000000010000000000000009"}
    base |= {"begin_lsn": "0/9000028", "end_wal": "000000010000000000000009"}
    older = shown(backup_id="20261120T020000", base_backup_information=base)
    both = read(show=f"{SHOW}\n{older}", wals="\n".join(files))
    assert not both.logs[0].listed
    # A list that failed proves no hole.
    assert not read(show=SHOW, wals="\n".join(files) + "\nrc=1").logs[0].listed


def test_all_parts_together_leave_nothing_open() -> None:
    found = read(show=SHOW, check=CHECK, verify=VERIFY)
    assert [b.id for b in clean(found)] == [ID]
    assert found.zone is None


def test_a_time_without_its_stamp_is_taken_in_the_zone_of_the_catalogue() -> None:
    row = {k: v for k, v in ROW.items() if k != "end_time_timestamp"}
    found = read(json.dumps({"crm": [row]}), zone="Asia/Shanghai")
    assert found.backups[0].data_at == datetime(2026, 11, 21, 11, 35, 23, tzinfo=UTC)
    assert found.zone == "Asia/Shanghai"


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("WAITING_FOR_WALS", State.RUNNING),
        ("STARTED", State.RUNNING),
        ("EMPTY", State.RUNNING),
        ("SYNCING", State.RUNNING),
        ("FAILED", State.FAILED),
        ("done", State.UNKNOWN),
        ("OK", State.UNKNOWN),
    ],
)
def test_only_done_is_done(word: str, state: State) -> None:
    text = json.dumps(
        {"crm": [{"backup_id": "20261122T020000", "backup_type": "full", "status": word}, ROW]}
    )
    found = read(text, show=SHOW, check=CHECK, verify=VERIFY)
    assert (found.backups[0].state, found.backups[0].said) == (state, word)
    assert found.backups[0].data_at is None
    assert [b.id for b in clean(found)] == [ID]
    assert ("state" in codes(found, "20261122T020000")) is (state is State.UNKNOWN)


def test_an_incremental_backup_needs_its_parents() -> None:
    text = rows({}, {"backup_id": "20261122T020000", "backup_type": "incremental"})
    found = read(text, show=SHOW)
    assert found.backups[1].method is Method.INCREMENTAL
    assert marked(found, "not_shown") == {(Mark.COMPLETE, False, "20261122T020000")}
    catalogue = DETAIL["catalog_information"] | {
        "root_backup_id": ID,
        "parent_backup_id": "20261121T230000",
    }
    more = shown(backup_id="20261122T020000", catalog_information=catalogue)
    found = read(text, show=f"{SHOW}\n{more}")
    assert found.backups[1].needs == (ID, "20261121T230000")
    assert "not_shown" not in codes(found)
    orphan = read(text, show=f"{SHOW}\n{shown(backup_id='20261122T020000')}")
    assert marked(orphan, "field") == {(Mark.COMPLETE, False, "20261122T020000")}


def test_a_list_and_details_that_differ_are_told() -> None:
    found = read(show=shown(status="FAILED"))
    assert marked(found, "differs") == {(Mark.COMPLETE, False, ID)}


def test_what_is_kept_on_purpose_is_kept() -> None:
    assert read(rows({"retention_status": "KEEP:FULL"})).backups[0].kept
    assert not read(rows({"retention_status": "OBSOLETE*"})).backups[0].kept
    assert "word" in codes(read(rows({"retention_status": "FOREVER"})), ID)


def test_an_ok_of_what_nobody_configured_is_not_checked() -> None:
    found = read(show=SHOW, check=CHECK)
    told = [p.params["check"] for p in found.problems if p.code == "backups.read.not_checked"]
    assert told == ["wal_maximum_age"]
    assert "failed" not in codes(found)


def test_failed_checks_bear_on_their_question() -> None:
    found = read('{"crm": []}', check=sample("barman-check-nobackup.json"))
    told = {p.params["check"]: p.mark for p in found.problems if p.code == "backups.read.failed"}
    assert told == {
        "backup_maximum_age": Mark.FRESH,
        "backup_minimum_size": None,
        "minimum_redundancy_requirements": None,
        "receive_wal_running": Mark.COMPLETE,
        "replication_slot": None,
        "wal_archive": Mark.COMPLETE,
    }
    assert marked(found, "nothing") == {(Mark.COMPLETE, True, None)}
    odd = json.dumps({"crm": {"wal_archive": {"status": "MAYBE", "hint": ""}}})
    assert (Mark.COMPLETE, False, None) in marked(read(check=odd), "word")


def test_messages_beside_the_servers_are_recorded() -> None:
    text = json.dumps({"_ERROR": ["cannot reach password=hunter2"], "_INFO": []} | json.loads(LIST))
    found = read(text)
    assert len(found.backups) == 1
    assert marked(found, "said") == {(Mark.COMPLETE, False, None)}
    assert "hunter2" not in repr(found)
    warned = read(json.dumps({"_WARNING": ["x"]} | json.loads(LIST)))
    assert marked(warned, "said") == {(None, False, None)}


@pytest.mark.parametrize(
    ("text", "ok"),
    [
        (VERIFY, True),
        (VERIFY.replace("rc=0", ""), True),
        (VERIFY.replace("rc=0", "rc=1"), None),
        (VERIFY.replace("backup successfully verified", "hm"), None),
        (VERIFY.replace("latest", ID), True),
        (VERIFY.replace("backup successfully verified\nrc=0", f"{BAD}\nrc=1"), False),
    ],
)
def test_a_verification_is_of_one_backup(text: str, ok: bool | None) -> None:
    found = read(show=SHOW, verify=text)
    assert [(v.depth, v.ok, v.backup) for v in found.verifications] == [(Depth.FULL, ok, ID)]
    assert (ok is True) is not any(p.mark is Mark.INTACT for p in found.problems)


def test_a_verification_of_nobody_knows_which_proves_nothing() -> None:
    for text in (VERIFY.replace("latest", "20200101T000000"), "backup successfully verified"):
        found = read(show=SHOW, verify=text)
        assert found.verifications == ()
        assert "which_backup" in codes(found)
    # What is newer than the verification is not what it looked at.
    early = Reply(VERIFY, datetime(2026, 11, 20, tzinfo=UTC))
    assert read(show=SHOW, verify=early).verifications == ()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"oa": []}', '{"crm": {}}', "ERROR: x\nrc=1"])
def test_what_is_no_list_is_never_good(text: str) -> None:
    found = read(text)
    assert not found.is_whole
    assert any(p.mark is Mark.COMPLETE and p.backup is None for p in found.problems)


NEEDED = [
    (0, ("backup_id",)),
    (0, ("status",)),
    (0, ("backup_type",)),
    (0, ("end_time_timestamp",)),
]
NEEDED += [(1, ("base_backup_information", name)) for name in ("begin_wal", "end_wal")]
NEEDED += [(1, ("status",)), (1, ("backup_id",))]


@pytest.mark.parametrize(("part", "path"), NEEDED)
def test_whatever_is_wrong_with_what_is_needed_is_told(part: int, path: tuple[str, ...]) -> None:
    row = {k: v for k, v in ROW.items() if k != "end_time"}
    detail = json.loads(SHOW)
    del detail["crm"]["base_backup_information"]["end_time"]
    documents: list[Any] = [{"crm": [row]}, detail]
    where: list[tuple[str | int, ...]] = [("crm", 0, *path), ("crm", *path)]
    for value in NONSENSE:
        changed = list(documents)
        changed[part] = mangled(documents[part], where[part], value)
        listed, details = map(json.dumps, changed)
        fine = clean(read(listed, show=details, check=CHECK, verify=VERIFY))
        # Any text is a name of a segment to who does not count.
        assert not fine or value in (fine[0].log_from, fine[0].log_to), value


@given(manglings(json.loads(LIST)), manglings(json.loads(SHOW)), manglings(json.loads(CHECK)))
def test_nothing_that_a_document_may_say_breaks_the_reader(
    text: str, show: str, check: str
) -> None:
    found = read(text, show=show, check=check, verify=VERIFY)
    assert all(b.data_at is not None for b in clean(found))


@given(st.integers(0, len(LIST.rstrip()) - 1))
def test_a_list_that_was_cut_is_never_whole(n: int) -> None:
    assert not read(LIST[:n]).is_whole


def test_an_exit_code_leaves_the_list_in_doubt() -> None:
    found = read(Reply(LIST, NOW, 2), show=SHOW, check=CHECK, verify=VERIFY)
    assert not found.is_whole
    assert clean(found) == []
