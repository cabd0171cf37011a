"""pgBackRest: what its own golden documents and outputs of the real tool say, and gone wrong."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.backups import wal
from checks.backups.model import Backup, Basis, Catalogue, Depth, Mark, Method, State
from governance.backups.readers.model import Reply
from governance.backups.readers.pgbackrest import READER
from tests.backups.asking import (
    FIXTURES,
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

INFO = sample("pgbackrest-info.json")
GAP = sample("pgbackrest-info-walgap.json")
LISTING = sample("pgbackrest-repo-ls.json")
VERIFIED = sample("pgbackrest-verify-ok.txt")
FULL = "repo1:20261121-192849F"
DIFF = f"{FULL}_20261121-192859D"
INCR = f"{FULL}_20261121-192902I"
OTHER = "repo2:20261121-192905F"
MIB = 1 << 20


def read(info: str, stanza: str = "crm", repo: str | None = None, **parts: str) -> Catalogue:
    options = {"stanza": stanza} | ({"repo": repo} if repo else {})
    return ask(READER, {"info": info, **parts}, options=options)


def golden(number: str, stanza: str) -> Catalogue:
    return read(sample(f"info-{number}.json", "pgbackrest"), stanza)


@pytest.fixture(scope="module")
def whole() -> Catalogue:
    return read(INFO)


def test_each_repository_has_its_own_backups_and_series(whole: Catalogue) -> None:
    assert [b.id for b in whole.backups] == [FULL, DIFF, INCR, OTHER]
    assert [b.series for b in whole.backups] == ["crm/repo1/7710708926188240509"] * 3 + [
        "crm/repo2/7710708926188240509"
    ]
    assert [b.encrypted for b in whole.backups] == [False, False, False, True]
    assert whole.tool == "pgBackRest 2.45"
    assert whole.zone is None


def test_data_is_of_the_moment_at_which_the_copy_stopped(whole: Catalogue) -> None:
    newest = whole.backups[2]
    assert newest.data_at == datetime(2026, 11, 21, 19, 29, 4, tzinfo=UTC)
    assert newest.basis is Basis.STOP
    assert newest.started_at == datetime(2026, 11, 21, 19, 29, 2, tzinfo=UTC)
    assert (newest.size, newest.data_size) == (60607, 30890222)


def test_a_backup_needs_all_that_it_was_made_after_in_its_own_repository(whole: Catalogue) -> None:
    methods = {b.id: b.method for b in whole.backups}
    assert methods == {
        FULL: Method.FULL,
        DIFF: Method.DIFFERENTIAL,
        INCR: Method.INCREMENTAL,
        OTHER: Method.FULL,
    }
    assert {b.id: b.needs for b in whole.backups} == {
        FULL: (),
        DIFF: (FULL,),
        INCR: (FULL, DIFF),
        OTHER: (),
    }
    assert (whole.backups[3].log_from, whole.backups[3].log_to) == (
        "000000010000000000000009",
        "00000001000000000000000A",
    )


def test_the_ends_of_the_log_prove_nothing_of_its_middle(whole: Catalogue) -> None:
    assert [log.id for log in whole.logs] == [whole.backups[0].series, whole.backups[3].series]
    run = whole.logs[0].runs[0]
    assert (run.first[-2:], run.last[-2:], run.count) == ("01", "0A", None)
    assert not whole.logs[0].listed
    # A backup's place in the log proves the size, nobody has to assume it.
    assert whole.logs[0].segment_size == 16 * MIB
    assert marked(whole, "part") == {(Mark.COMPLETE, False, None), (Mark.INTACT, False, None)}


def test_only_the_listing_shows_the_lost_segment() -> None:
    assert json.loads(GAP)[0]["status"]["code"] == 0
    quiet = read(GAP, verify=sample("pgbackrest-verify-walgap.txt"))
    assert quiet.logs[0].runs[0].count is None
    found = read(GAP, archive=LISTING, verify=sample("pgbackrest-verify-walgap.txt"))
    log = found.logs[0]
    assert log.listed
    assert [(r.first[-2:], r.last[-2:], r.count) for r in log.runs] == [
        ("01", "03", 3),
        ("05", "0D", 9),
    ]
    assert log.runs[-1].last_at == datetime.fromtimestamp(1795289374, UTC)
    assert [h.first[-2:] for h in wal.holes(log.runs, 16 * MIB)] == ["04"]
    assert "hole" in codes(found)


def test_the_detail_of_verify_shows_the_lost_segment_too() -> None:
    text = sample("pgbackrest-verify-walgap-detail.txt") + sample("pgbackrest-verify-walgap.txt")
    found = read(GAP, verify=text)
    assert [(r.count, r.last[-2:]) for r in found.logs[0].runs] == [(3, "03"), (9, "0D")]
    assert found.logs[0].listed


def test_a_listing_that_is_older_than_a_backup_proves_no_hole() -> None:
    early = Reply(LISTING, datetime(2026, 11, 21, 19, 29, tzinfo=UTC))
    found = ask(READER, {"info": GAP, "archive": early}, options={"stanza": "crm"})
    assert marked(found, "log_old") == {(Mark.COMPLETE, False, None)}
    assert not found.logs[0].listed
    detail = sample("pgbackrest-verify-walgap-detail.txt")
    told = Reply(detail + VERIFIED, datetime(2026, 11, 21, 19, 29, tzinfo=UTC))
    found = ask(READER, {"info": GAP, "verify": told}, options={"stanza": "crm"})
    assert not found.logs[0].listed
    # Nor do ranges of a text that breaks off among them.
    assert not read(GAP, verify=detail).logs[0].listed


def test_verify_looks_at_every_bit_of_one_repository() -> None:
    found = read(INFO, verify=sample("pgbackrest-verify-ok.txt"))
    full = [v for v in found.verifications if v.depth is Depth.FULL]
    assert [(v.backup, v.ok, v.at) for v in full] == [
        (FULL, True, NOW),
        (DIFF, True, NOW),
        (INCR, True, NOW),
    ]
    pages = [v for v in found.verifications if v.depth is Depth.AT_BACKUP]
    assert [v.backup for v in pages] == [FULL, DIFF, INCR, OTHER]
    assert "not_verified" not in codes(found, FULL)


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("status: valid, total files checked: 1270", "status: invalid, total files checked: 1270"),
        ("192849F, status: valid", "192849F, status: wobbly"),
        ("total valid files: 1270", "total valid files: 1269"),
        ("checksum invalid: 0", "checksum invalid: 1"),
    ],
)
def test_a_backup_that_verify_doubts_is_not_intact(was: str, now: str) -> None:
    text = sample("pgbackrest-verify-ok.txt").replace(was, now)
    found = read(INFO, verify=text)
    assert any(v.ok is False and v.depth is Depth.FULL for v in found.verifications)
    assert (Mark.INTACT, True, FULL) in marked(found, "not_valid")


def test_a_backup_that_verify_passes_over_is_told() -> None:
    text = sample("pgbackrest-verify-ok.txt").replace("192902I", "192902X")
    assert marked(read(INFO, verify=text), "not_verified") == {(Mark.INTACT, False, INCR)}


def test_verify_that_broke_off_proves_nothing_whole() -> None:
    text = sample("pgbackrest-verify-ok.txt").replace(
        "completed successfully", "aborted with exception [056]"
    )
    assert (Mark.INTACT, False, None) in marked(read(INFO, verify=text), "verify_failed")
    unclear = read(INFO, repo="1", verify="something else")
    assert {"verify_unclear"} <= codes(unclear)


def test_large_segments_are_counted_by_the_size_that_the_backups_prove() -> None:
    found = read(
        sample("pgbackrest-64mb-info.json"),
        "h1",
        archive=sample("pgbackrest-64mb-repo-ls.json"),
        verify=sample("pgbackrest-64mb-verify.txt"),
    )
    log = found.logs[0]
    assert log.segment_size == 64 * MIB
    assert [(r.first[-2:], r.last[-2:], r.count) for r in log.runs] == [("01", "07", 7)]
    # A segment on its way is no segment yet, and nothing odd.
    assert codes(found) == set()
    assert len(clean(found)) == 2


TURN = sample("pgbackrest-turn-info.json")
FIRST, SECOND = "repo1:20261122-105630F", "repo1:20261122-113332F"


def test_a_log_turns_after_as_many_segments_as_fit_and_a_timeline_goes_on() -> None:
    found = read(TURN, "h1", archive=sample("pgbackrest-turn-repo-ls.json"))
    (log,) = found.logs
    assert [(r.first, r.last, r.count) for r in log.runs] == [
        ("000000010000000000000001", "000000010000000100000007", 71),
        ("000000020000000100000008", "00000002000000010000000B", 4),
    ]
    assert not {"hole", "log_odd"} & codes(found)


def test_listing_and_verify_agree_where_a_segment_was_lost() -> None:
    listing = sample("pgbackrest-turn-gap-repo-ls.json")
    text = sample("pgbackrest-turn-gap-verify.txt")
    (log,) = read(TURN, "h1", archive=listing).logs
    (told,) = read(TURN, "h1", verify=text).logs
    assert [(r.first, r.last, r.count) for r in log.runs] == [
        (r.first, r.last, r.count) for r in told.runs
    ]
    assert [h.first for h in wal.holes(log.runs, 64 * MIB)] == ["000000010000000100000003"]


def test_a_backup_whose_folder_is_gone_is_passed_over_by_verify() -> None:
    found = read(TURN, "h1", verify=sample("pgbackrest-turn-removed-verify.txt"))
    (gone,) = (m[2] for m in marked(found, "not_verified"))
    assert gone == f"{FIRST}_20261122-105645I"
    assert SECOND in {v.backup for v in found.verifications if v.ok and v.depth is Depth.FULL}


def test_a_changed_byte_is_told_of_every_backup_that_holds_it() -> None:
    said = {
        "archive": sample("pgbackrest-turn-repo-ls.json"),
        "verify": sample("pgbackrest-turn-corrupt-verify.txt"),
    }
    found = read(TURN, "h1", **said)
    assert marked(found, "not_valid") == {
        (Mark.INTACT, True, FIRST),
        (Mark.INTACT, True, f"{FIRST}_20261122-105645I"),
    }
    # The other is well, and nobody doubts it.
    assert [b.id for b in clean(found)] == [SECOND]


def test_a_stated_size_must_be_the_one_that_the_backups_prove() -> None:
    options = {"stanza": "crm", "wal_segment_size": "128MB"}
    found = ask(READER, {"info": GAP, "archive": LISTING}, options=options)
    assert {"segment_size", "no_size"} <= codes(found)
    assert not found.logs[0].listed
    right = ask(
        READER,
        {"info": GAP, "archive": LISTING},
        options={**options, **{"wal_segment_size": "16 MB"}},
    )
    assert right.logs[0].listed
    wrong = ask(READER, {"info": GAP}, options={**options, "wal_segment_size": "17 MB"})
    assert "option" in codes(wrong)


def test_an_empty_segment_counts_as_missing() -> None:
    listing = json.loads(LISTING)
    name = next(n for n in listing if "00000007-" in n)
    listing[name]["size"] = 0
    found = read(GAP, archive=json.dumps(listing))
    assert [r.count for r in found.logs[0].runs] == [3, 2, 6]
    assert "log_empty" in codes(found)


def test_a_listing_of_no_known_repository_is_not_used() -> None:
    found = read(INFO, archive=LISTING)
    assert (Mark.COMPLETE, False, None) in marked(found, "which_repo")
    assert not any(log.listed for log in found.logs)
    one = read(INFO, repo="1", archive=LISTING)
    assert [b.id for b in one.backups] == [FULL, DIFF, INCR]
    assert one.logs[0].listed


def test_checksums_that_nobody_looked_at_are_not_good() -> None:
    changed = json.loads(INFO)
    del changed[0]["backup"][0]["error"]
    found = read(json.dumps(changed))
    assert marked(found, "no_checksums") == {(Mark.INTACT, False, FULL)}
    assert FULL not in [v.backup for v in found.verifications]


def test_block_incremental_backups_have_no_size_of_their_own() -> None:
    changed = json.loads(INFO)
    repository = changed[0]["backup"][1]["info"]["repository"]
    del repository["size"]
    repository["size-map"] = 12
    assert read(json.dumps(changed)).backups[1].size == 97865


@pytest.mark.parametrize("number", ["01", "03", "05", "07", "09", "11", "13", "19"])
@pytest.mark.parametrize("stanza", ["stanza1", "stanza2", "stanza3", "stanza4"])
def test_golden_documents_without_backups_have_none_that_is_good(number: str, stanza: str) -> None:
    found = golden(number, stanza)
    assert found.backups == ()
    assert any(p.mark is Mark.COMPLETE and p.backup is None for p in found.problems)


@pytest.mark.parametrize(("number", "status"), [("03", "1"), ("05", "3"), ("07", "2")])
def test_golden_statuses_without_backups_are_false(number: str, status: str) -> None:
    found = golden(number, "stanza1")
    told = [p for p in found.problems if p.code == "backups.read.stanza" and p.breaks]
    assert [p.params["status"] for p in told] == [status] * len(told)
    assert told


def test_golden_document_of_nobody_is_no_proof() -> None:
    assert (Mark.COMPLETE, False, None) in marked(golden("01", "stanza1"), "no_stanza")
    assert not golden("01", "stanza1").is_whole


@pytest.mark.parametrize("number", ["09", "11", "13"])
def test_golden_documents_of_progress_say_nothing_of_backups(number: str) -> None:
    found = golden(number, "stanza1")
    assert not found.is_whole
    assert "field" in codes(found)
    assert (Mark.COMPLETE, False, None) in marked(found, "nothing")


@pytest.mark.parametrize(("number", "n"), [("15", 1), ("17", 2)])
def test_golden_documents_with_wrong_pages_are_not_intact(number: str, n: int) -> None:
    found = golden(number, "stanza1")
    (backup,) = found.backups
    assert backup.databases == ("mail", "postgres")
    assert backup.needs == (
        "repo1:20181119-152138F",
        "repo1:20181119-152138F_20181119-152152D",
    )
    assert (Mark.INTACT, True, backup.id) in marked(found, "pages")
    # `archive.stop` is null there.
    assert (Mark.COMPLETE, False, backup.id) in marked(found, "field")
    # Two clusters, two archives; their places in the log fit no size.
    assert [log.id for log in found.logs] == [
        "stanza1/repo1/6625592122879095702",
        "stanza1/repo1/6626363367545678089",
    ]
    assert found.logs[0].segment_size is None


def test_two_repositories_that_differ_are_told_of_by_each() -> None:
    found = golden("19", "stanza2")
    told = [p.params for p in found.problems if p.code == "backups.read.stanza"]
    assert [(p["stanza"], p["status"]) for p in told] == [
        ("stanza2/repo1", "2"),
        ("stanza2/repo2", "1"),
    ]


def test_one_repository_in_trouble_does_not_cast_doubt_on_the_other() -> None:
    changed = json.loads(INFO)
    changed[0]["status"].update(code=4, message="different across repos")
    changed[0]["repo"][1]["status"].update(code=99, message="[FileReadError] cannot")
    found = read(json.dumps(changed))
    assert marked(found, "stanza") == {(Mark.COMPLETE, False, OTHER)}


@pytest.mark.parametrize("code", [7, 42, None, "0x", -1, 1.0])
def test_an_unknown_status_is_never_good(code: object) -> None:
    changed = json.loads(GAP)
    changed[0]["status"]["code"] = code
    changed[0]["repo"][0]["status"]["code"] = code
    assert clean(read(json.dumps(changed), archive=LISTING)) == []


def test_answers_of_stanzas_without_backups() -> None:
    for name in ("empty", "nobackup"):
        found = read(sample(f"pgbackrest-info-{name}.json"))
        assert found.backups == ()
        assert (Mark.COMPLETE, True, None) in marked(found, "nothing")
    assert read(sample("pgbackrest-info-nobackup.json")).logs[0].runs == ()


def test_a_set_tells_the_databases() -> None:
    (backup,) = read(sample("pgbackrest-info-set.json")).backups
    assert backup.databases == ("crm", "postgres")
    assert len(backup.needs) == 2


def test_warnings_before_the_json_are_told_and_the_json_is_read() -> None:
    found = read(f"WARN: option 'x' is not\n[00] valid\n{INFO}")
    assert len(found.backups) == 4
    assert (Mark.COMPLETE, False, None) in marked(found, "before")


def test_an_exit_code_leaves_the_list_in_doubt() -> None:
    reply = Reply(INFO, NOW, 39, "ERROR: [039] with password=hunter2")
    found = ask(READER, {"info": reply}, options={"stanza": "crm"})
    assert not found.is_whole
    assert clean(found) == []
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize("text", ["", "\n", "ERROR: [037]: nothing", "{}", "[]", "null", "[[]]"])
def test_what_is_no_answer_is_never_good(text: str) -> None:
    found = read(text)
    assert found.backups == ()
    assert not found.is_whole
    assert any(p.mark is Mark.COMPLETE for p in found.problems)


NEEDED = [
    ("label",), ("type",), ("timestamp", "stop"), ("archive", "start"), ("archive", "stop"),
    ("error",), ("prior",), ("reference",),
]  # fmt: skip


@pytest.mark.parametrize("path", NEEDED, ids=".".join)
def test_whatever_is_wrong_with_what_is_needed_is_told(path: tuple[str, ...]) -> None:
    info, where = json.loads(sample("pgbackrest-64mb-info.json")), (0, "backup", 1, *path)
    said = {
        "archive": sample("pgbackrest-64mb-repo-ls.json"),
        "verify": sample("pgbackrest-64mb-verify.txt"),
    }
    touched = "repo1:" + info[0]["backup"][1]["label"]
    assert touched in {b.id for b in clean(read(json.dumps(info), "h1", **said))}
    for value in NONSENSE:
        after = read(json.dumps(mangled(info, where, value)), "h1", **said)
        fine = {b.id: b for b in clean(after)}
        assert touched not in fine or _is_carried_on(fine[touched], path, value), value


def _is_carried_on(backup: Backup, path: tuple[str, ...], value: Any) -> bool:
    """A word of the right kind is nonsense only to who looks it up: it must come through."""
    if path == ("reference",):
        return value == [] and len(backup.needs) == 1
    if path == ("prior",):
        return f"repo1:{value}" in backup.needs
    return path[0] == "archive" and bool(value) and value in (backup.log_from, backup.log_to)


@given(manglings(json.loads(INFO)), st.none() | manglings(json.loads(LISTING)), st.booleans())
def test_nothing_that_a_document_may_say_breaks_the_reader(
    info: str, listing: str | None, verified: bool
) -> None:
    parts = {} if listing is None else {"archive": listing}
    if verified:
        parts["verify"] = sample("pgbackrest-verify-ok.txt")
    found = read(info, **parts)
    for backup in found.backups:
        assert backup.data_at is not None or backup not in clean(found)
        assert backup.state is not State.DONE or backup.id


@given(st.integers(0, len(INFO) - 1))
def test_a_list_that_was_cut_is_never_whole(n: int) -> None:
    found = read(INFO[:n])
    assert not found.is_whole
    assert clean(found) == []


@given(st.text(max_size=200) | st.integers(0, 2103).map(lambda n: VERIFIED[:n]))
def test_no_text_of_verify_breaks_the_reader(text: str) -> None:
    read(INFO, verify=text)


def test_every_golden_document_is_read() -> None:
    assert len(list((FIXTURES / "pgbackrest").glob("info-*.json"))) == 10
