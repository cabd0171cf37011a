"""restic: what real snapshots, logs and checks say, and what they leave open."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.backups.model import Basis, Catalogue, Depth, Mark, Method, State
from governance.backups.readers.model import Reply
from governance.backups.readers.restic import READER
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

SNAPSHOTS = sample("restic-snapshots.json")
LOG = sample("restic-backup-summary.json")
WELL = sample("restic-check-ok.txt")
OLD = "8320662b73eaa5279b9ea3f63466b6a280010ad22442635e07010674a9dd756d"
NEW = "5918d260d5e8505609eb91fc6879d6ee71e340c58443dd3ae89210935eaa3923"


def read(snapshots: str | Reply = SNAPSHOTS, **parts: str | Reply) -> Catalogue:
    return ask(READER, {"snapshots": snapshots, **parts}, zone="Asia/Shanghai")


def test_data_is_of_the_start_of_the_snapshot() -> None:
    old, new = read().backups
    assert (old.id, new.id) == (OLD, NEW)
    assert old.data_at == datetime(2026, 11, 21, 19, 29, 36, 158233, UTC)
    assert old.basis is Basis.START
    assert old.method is Method.ARCHIVE
    assert old.encrypted is True
    # Its times carry their zone.
    assert read().zone is None


def test_a_series_is_host_paths_and_tags_in_any_order_and_of_any_version() -> None:
    one = {"id": "a" * 64, "tree": "t", "time": "2026-11-21T19:29:36+08:00", "hostname": "h"}
    first = one | {"paths": ["/b", "/a"], "tags": ["y", "x"], "program_version": "restic 0.16.0"}
    second = one | {"id": "b" * 64, "paths": ["/a", "/b"], "tags": ["x", "y"]}
    second |= {"program_version": "restic 0.17.3", "username": "other"}
    third = second | {"id": "c" * 64, "tags": ["x"]}
    found = read(json.dumps([first, second, third]))
    series = [b.series for b in found.backups]
    assert series[0] == series[1] == "h:/a /b [x y]"
    assert series[2] == "h:/a /b [x]"
    assert found.tool == "restic 0.17.3"


def test_without_its_log_a_snapshot_may_lack_files() -> None:
    found = read(check=WELL)
    assert {b.state for b in found.backups} == {State.DONE}
    assert (Mark.COMPLETE, False, None) in marked(found, "part")


def test_exit_code_three_is_partial_though_the_snapshot_looks_normal() -> None:
    found = read(
        sample("restic-unreadable-snapshots.json"), backup=sample("restic-unreadable-backup.jsonl")
    )
    whole, partial = found.backups
    assert partial.state is State.PARTIAL
    assert marked(found, "unreadable") == {(Mark.COMPLETE, True, partial.id)}
    assert marked(found, "no_log") == {(Mark.COMPLETE, False, whole.id)}


@pytest.mark.parametrize(
    ("log", "state"),
    [
        ("snapshot 5918d260 saved\nrc=0", State.DONE),
        ("snapshot 5918d260 saved\nrc=3", State.PARTIAL),
        ("Warning: at least one source file\nsnapshot 5918d260 saved", State.PARTIAL),
        ('{"message_type":"error","item":"/a"}\n' + LOG, State.DONE),
        (LOG + '{"message_type":"error","item":"/a"}', State.DONE),
    ],
)  # fmt: skip
def test_a_log_says_what_could_not_be_read(log: str, state: State) -> None:
    assert read(backup=log).backups[1].state is state


def test_a_log_speaks_of_each_of_its_runs() -> None:
    found = read(backup='{"message_type":"error","item":"/a"}\n' + LOG + "rc=0")
    assert [b.state for b in found.backups] == [State.PARTIAL, State.DONE]
    assert NEW in {b.id for b in clean(read(backup=LOG + "rc=0", check=WELL))}
    # Of the runs before the last one the log tells no exit code.
    assert marked(read(backup=LOG + "rc=0"), "no_exit") == {(Mark.COMPLETE, False, OLD)}


@pytest.mark.parametrize("code", [1, 2, 10, 11, 12, 130, 77, -9])
def test_other_exit_codes_prove_nothing(code: int) -> None:
    found = read(backup=Reply(LOG, NOW, code), check=WELL)
    assert clean(found) == []
    assert "code" in codes(found)


def test_a_check_without_the_data_is_of_the_structure_alone() -> None:
    for name in ("ok", "corrupt-structureonly"):
        (look,) = read(check=sample(f"restic-check-{name}.txt")).verifications
        assert (look.depth, look.ok, look.backup) == (Depth.STRUCTURE, True, None)


def test_reading_the_data_finds_the_corrupted_pack() -> None:
    found = read(check=sample("restic-check-corrupt-readdata.txt"))
    (look,) = found.verifications
    assert (look.depth, look.ok) == (Depth.FULL, False)
    assert "check_failed" in codes(found)


@pytest.mark.parametrize(
    ("line", "depth", "share"),
    [
        ("read all data", Depth.FULL, 1.0),
        ("read group #3 of 12 data packs (out of total 40 packs in 4 groups)", Depth.SUBSET, 0.25),
        ("read 2.5% of data packs", Depth.SUBSET, 0.025),
        ("read 739 bytes of data packs", Depth.SUBSET, None),
        ("read group #1 of 1 data packs (out of total 1 packs in 0 groups)", Depth.SUBSET, None),
        ("I would read all data", Depth.STRUCTURE, None),
    ],
)
def test_a_check_says_how_much_it_read(line: str, depth: Depth, share: float | None) -> None:
    (look,) = read(check=f"{line}\n\nno errors were found\nrc=0").verifications
    assert (look.depth, look.ok, look.share) == (depth, True, share)


@pytest.mark.parametrize(
    ("options", "depth", "share"),
    [
        (("--read-data",), Depth.FULL, 1.0),
        (("--read-data-subset=1/5",), Depth.SUBSET, 0.2),
        (("--read-data-subset", "10%"), Depth.SUBSET, 0.1),
        (("--read-data-subset=1G",), Depth.SUBSET, None),
        ((), Depth.STRUCTURE, None),
    ],
)
def test_a_check_in_json_is_as_deep_as_its_command(
    options: tuple[str, ...], depth: Depth, share: float | None
) -> None:
    said = json.dumps({"message_type": "summary", "num_errors": 0, "broken_packs": None})
    found = ask(
        READER,
        {"snapshots": SNAPSHOTS, "check": Reply(said, NOW, 0)},
        commands={"check": ("restic", "check", "--json", *options)},
    )
    (look,) = found.verifications
    assert (look.depth, look.ok, look.share) == (depth, True, share)


@pytest.mark.parametrize(
    ("text", "ok"),
    [
        ("no errors were found\nrc=1", None),
        ("unable to create lock\nrc=11", None),
        ("rc=0", None),
        ("", None),
        ('{"message_type":"summary","num_errors":3}\nrc=0', False),
        ('{"message_type":"summary"}\nrc=0', None),
        ("Fatal: repository contains errors", False),
    ],
)
def test_a_check_that_does_not_say_well_is_not_well(text: str, ok: bool | None) -> None:
    found = read(check=text)
    assert [v.ok for v in found.verifications] == [ok]
    assert any(p.mark is Mark.INTACT for p in found.problems)


def test_a_summary_in_the_snapshot_tells_sizes_and_the_end() -> None:
    one = json.loads(SNAPSHOTS)[0]
    one["summary"] = {
        "backup_start": "2026-11-21T19:29:36Z",
        "backup_end": "2026-11-21T19:30:36.5Z",
        "total_files_processed": 2,
        "total_bytes_processed": 140604,
        "data_added": 143085,
        "data_added_packed": 41405,
    }
    (backup,) = read(json.dumps([one])).backups
    assert (backup.size, backup.data_size) == (41405, 140604)
    assert backup.finished_at == datetime(2026, 11, 21, 19, 30, 36, 500000, UTC)
    one["summary"]["total_files_processed"] = 0
    assert (Mark.COMPLETE, True, one["id"]) in marked(read(json.dumps([one])), "no_files")


def test_an_empty_repository_has_nothing() -> None:
    found = read("[]")
    assert found.is_whole
    assert marked(found, "nothing") == {(Mark.COMPLETE, True, None)}


@pytest.mark.parametrize("text", ["", "null", "{}", "Fatal: wrong password", '{"a":[]}', "[3]"])
def test_what_is_no_list_is_never_good(text: str) -> None:
    found = read(text)
    assert found.backups == ()
    assert any(p.mark is Mark.COMPLETE and p.backup is None for p in found.problems)


@pytest.mark.parametrize("path", ["id", "time", "tree", "paths"])
def test_whatever_is_wrong_with_what_is_needed_is_told(path: str) -> None:
    snapshots = json.loads(SNAPSHOTS)
    for value in NONSENSE:
        text = json.dumps(mangled(snapshots, (1, path), value))
        found = clean(read(text, backup=LOG + "rc=0", check=WELL))
        touched = [b for b in found if b.id == NEW]
        assert not touched or _is_carried_on(touched[0].series, path, value), value


def _is_carried_on(series: str, path: str, value: Any) -> bool:
    """A tree's name is looked up by restic alone."""
    return path == "tree" and isinstance(value, str)


@given(manglings(json.loads(SNAPSHOTS)), st.none() | manglings(json.loads(LOG.splitlines()[0])))
def test_nothing_that_a_document_may_say_breaks_the_reader(text: str, log: str | None) -> None:
    found = read(text, **({} if log is None else {"backup": log}))
    assert all(b.data_at is not None for b in clean(found))


@given(st.integers(0, len(SNAPSHOTS.rstrip()) - 1))
def test_a_list_that_was_cut_is_never_whole(n: int) -> None:
    assert not read(SNAPSHOTS[:n]).is_whole
