"""borg: local times, names with dates, and what only the exit code of a run tells."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.backups.model import Basis, Catalogue, Depth, Mark, State
from governance.backups.readers.borg import READER
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

LIST = sample("borg-list.json")
INFO = sample("borg-info.json")
CREATED = sample("borg-create.json")
OLD = "d2c816ed5ec8e7228f2ee3be999d448274672c88144d12f35abf69dd83c6db4d"
NEW = "6ea2ed0571b7126a49cd71efc3b9bbccb0c7271dce50176af0c9b2cc75d2e43b"


def read(text: str | Reply = LIST, zone: str = "UTC", **parts: str | Reply) -> Catalogue:
    return ask(READER, {"list": text, **parts}, zone=zone)


def listing(*names: str, **more: object) -> str:
    archives = [
        {"id": f"{n:064}", "name": name, "start": "2026-11-21T03:00:00.000000"}
        for n, name in enumerate(names)
    ]
    return json.dumps(json.loads(LIST) | {"archives": archives} | more)


def series(*names: str) -> list[str]:
    return [b.series.partition(":")[2] for b in read(listing(*names)).backups]


def test_local_times_are_taken_in_the_zone_of_the_catalogue() -> None:
    found = read(zone="Asia/Shanghai")
    assert found.zone == "Asia/Shanghai"
    assert found.backups[0].data_at == datetime(2026, 11, 21, 11, 29, 45, tzinfo=UTC)
    assert found.backups[0].basis is Basis.START
    assert read().backups[0].data_at == datetime(2026, 11, 21, 19, 29, 45, tzinfo=UTC)


def test_a_time_with_its_zone_assumes_none() -> None:
    archives = json.loads(LIST)
    for archive in archives["archives"]:
        archive["start"] = archive["time"] = "2026-11-21T19:29:45.000000+08:00"
    found = read(json.dumps(archives), zone="Europe/Berlin")
    assert found.zone is None
    assert found.backups[0].data_at == datetime(2026, 11, 21, 11, 29, 45, tzinfo=UTC)


def test_a_wrong_zone_shows_where_the_time_is_still_to_come() -> None:
    at = datetime(2026, 11, 21, 20, tzinfo=UTC)
    found = ask(READER, {"list": Reply(LIST, at)}, zone="America/New_York", now=at)
    assert {m for m, _, _ in marked(found, "to_come")} == {Mark.FRESH}


def test_an_archive_belongs_to_the_series_of_its_name_without_the_date() -> None:
    names = ("crm-2026-11-21T0200", "crm-2026-11-22T0200", "crm-20261123_020000", "crm-1795289723")
    assert series(*names) == ["crm"] * 4
    assert series("2026-11-21T02:00:00.123456+08:00", "weekly", "oa-v2-2026-11-21") == [
        "*",
        "weekly",
        "oa-v2",
    ]
    one = read().backups
    assert one[0].series == one[1].series == "6f8ab77febd31aad:crm"


@pytest.mark.parametrize("end", ["checkpoint", "checkpoint.3", "failed"])
def test_an_archive_that_was_left_behind_is_not_done(end: str) -> None:
    good, broken = read(listing("crm-2026-11-21", f"crm-2026-11-22.{end}")).backups
    assert good.state is State.DONE
    assert broken.state is State.PARTIAL
    assert broken.said == end
    assert broken.series == good.series


def test_info_tells_sizes_and_the_end() -> None:
    found = read(info=INFO)
    assert [(b.size, b.data_size) for b in found.backups] == [(None, None), (540, 140609)]
    assert found.backups[1].finished_at == datetime(2026, 11, 21, 19, 29, 48, tzinfo=UTC)


def test_an_archive_without_a_file_is_not_complete() -> None:
    empty = json.loads(INFO)
    empty["archives"][0]["stats"]["nfiles"] = 0
    assert marked(read(info=json.dumps(empty)), "no_files") == {(Mark.COMPLETE, True, NEW)}


@pytest.mark.parametrize(
    ("mode", "encrypted"),
    [
        ("none", False),
        ("authenticated-blake2", False),
        ("repokey", True),
        ("keyfile-blake2", True),
        ("repokey-blake2-chacha20-poly1305", True),
        ("rot13", None),
        (None, None),
    ],
)
def test_encryption_is_what_the_mode_says(mode: str | None, encrypted: bool | None) -> None:
    found = read(listing("a", encryption={"mode": mode}))
    assert found.backups[0].encrypted is encrypted
    assert ("word" in codes(found)) is (encrypted is None)


def test_the_exit_code_of_create_says_whether_all_was_read() -> None:
    assert [b.id for b in clean(read(create=CREATED + "rc=0", check="rc=0"))] == [OLD]
    warned = read(create=CREATED + "rc=1")
    assert warned.backups[0].state is State.PARTIAL
    assert marked(warned, "warned") == {(Mark.COMPLETE, True, OLD)}
    assert read(create=CREATED + "rc=105").backups[0].state is State.PARTIAL
    assert marked(read(create=CREATED), "no_exit") == {(Mark.COMPLETE, False, OLD)}
    assert marked(read(create=CREATED), "no_log") == {(Mark.COMPLETE, False, NEW)}


@pytest.mark.parametrize("code", [2, 3, 99, 130, 143])
def test_other_exit_codes_of_create_prove_nothing(code: int) -> None:
    found = read(create=f"{CREATED}rc={code}", check="rc=0")
    assert clean(found) == []
    assert "code" in codes(found)


@pytest.mark.parametrize(
    ("text", "depth", "ok"),
    [
        ("rc=0", Depth.STRUCTURE, True),
        ("rc=1", Depth.STRUCTURE, False),
        ("rc=2", Depth.STRUCTURE, None),
        ("rc=128", Depth.STRUCTURE, None),
        ("", Depth.STRUCTURE, None),
        (
            "Finished cryptographic data integrity verification, verified 6 chunks with 0"
            " integrity errors.\nrc=0",
            Depth.FULL,
            True,
        ),
        ("Starting cryptographic data integrity verification...\nrc=0", Depth.STRUCTURE, True),
    ],
)
def test_a_check_is_as_deep_as_it_says(text: str, depth: Depth, ok: bool | None) -> None:
    found = read(check=text)
    assert [(v.depth, v.ok) for v in found.verifications] == [(depth, ok)]
    assert ok is True or any(p.mark is Mark.INTACT for p in found.problems)


def test_the_sample_of_a_check_proves_no_bits() -> None:
    (look,) = read(check=sample("borg-check.jsonl")).verifications
    assert (look.depth, look.ok) == (Depth.STRUCTURE, True)


def test_a_check_that_we_run_is_as_deep_as_its_command() -> None:
    found = ask(
        READER,
        {"list": LIST, "check": Reply("", NOW, 0)},
        commands={"check": ("borg", "check", "--verify-data")},
    )
    assert [(v.depth, v.ok) for v in found.verifications] == [(Depth.FULL, True)]


@pytest.mark.parametrize("text", ["", "[]", "{}", "Repository x does not exist.\nrc=2", "null"])
def test_what_is_no_list_is_never_good(text: str) -> None:
    found = read(text)
    assert not found.is_whole
    assert any(p.mark is Mark.COMPLETE and p.backup is None for p in found.problems)


def test_an_empty_repository_has_nothing() -> None:
    assert marked(read(listing()), "nothing") == {(Mark.COMPLETE, True, None)}


@pytest.mark.parametrize("path", ["id", "name", "start"])
def test_whatever_is_wrong_with_what_is_needed_is_told(path: str) -> None:
    document = json.loads(LIST)
    del document["archives"][0]["archive"], document["archives"][0]["time"]
    assert clean(read(json.dumps(document), create=CREATED + "rc=0", check="rc=0"))
    for value in NONSENSE:
        text = json.dumps(mangled(document, ("archives", 0, path), value))
        found = clean(read(text, create=CREATED + "rc=0", check="rc=0"))
        # Any text is a name.
        assert not found or (path == "name" and isinstance(value, str)), value


@given(manglings(json.loads(LIST)), st.none() | manglings(json.loads(INFO)))
def test_nothing_that_a_document_may_say_breaks_the_reader(text: str, info: str | None) -> None:
    found = read(text, **({} if info is None else {"info": info}), create=CREATED + "rc=0")
    assert all(b.data_at is not None for b in clean(found))


@given(st.integers(0, len(LIST.rstrip()) - 1))
def test_a_list_that_was_cut_is_never_whole(n: int) -> None:
    assert not read(LIST[:n]).is_whole
