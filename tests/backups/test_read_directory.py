"""A folder of backups: the name dates the data, the bytes are held against what lies beside them,
and nothing odd passes in silence."""

from __future__ import annotations

import hashlib
import os
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.backups.model import Basis, Catalogue, Depth, Mark, Method, State
from governance.backups.readers import checksums
from governance.backups.readers.names import Pattern
from governance.backups.readers.stored import Item, Rules, listed
from governance.errors import ConfigError, SourceRefused, SourceUnavailable
from tests.backups.stores import NOW, SHANGHAI, codes, config, only, problem, put, read

PATTERN = "crm_{date}_{time}.sql.gz"
NIGHT = datetime(2026, 11, 21, 18, tzinfo=UTC)  # 02:00 on the 22nd in Shanghai
EARLIEST, LATEST = datetime(2020, 1, 1), datetime(2030, 1, 1)  # noqa: DTZ001 - what names hold
NAME = "crm_20261122_020000.sql.gz"


def looked(folder: Path, pattern: str = PATTERN, **more: object) -> Catalogue:
    options = {"pattern": pattern, **more.pop("options", {})}  # type: ignore[dict-item]
    return read("directory", options, path=folder, **more)  # type: ignore[arg-type]


def test_the_name_dates_the_data_in_the_zone_of_the_catalogue(tmp_path: Path) -> None:
    put(tmp_path / NAME, NIGHT + timedelta(minutes=20))
    found = looked(tmp_path)
    backup = only(found)
    assert (backup.data_at, backup.basis) == (NIGHT, Basis.NAME)
    assert (backup.state, backup.method, backup.size) == (State.DONE, Method.DUMP, 1000)
    assert backup.path == str(tmp_path / NAME)
    assert (found.zone, found.is_whole, found.problems) == ("Asia/Shanghai", True, ())


@pytest.mark.parametrize(
    ("pattern", "name", "begins", "series"),
    [
        ("crm-{date}T{time}{zone}.dump", "crm-2026-11-21T18-00-00Z.dump", NIGHT, "crm-…T….dump"),
        ("crm-{date}T{time}{zone}.dump", "crm-20261122T0200+0800.dump", NIGHT, "crm-…T….dump"),
        ("%Y/%m/%d/crm-%H%M.sql", "2026/11/22/crm-0200.sql", NIGHT, "…/…/…/crm-….sql"),
        ("crm-%s.tar", "crm-1795284000.tar", NIGHT, "crm-….tar"),
        ("{database}_{date}_{time}.sql*", "oa_20261122_0200.sql.zst", NIGHT, "oa"),
        ("{date}-{time}/{database}.sql", "20261122-02/oa.sql", NIGHT, "oa"),
        ("**/crm_{date}_{time}.sql", "a/b/crm_20261122_0200.sql", NIGHT, "a/b/crm_…_….sql"),
        ("crm_{date}_{time}_{any}.sql.xz", "crm_20261122_0200_7f3.sql.xz", NIGHT, "crm_…_…_….sql"),
        ("*_{date}_{time}.sql", "oa_20261122_0200.sql", NIGHT, "oa_…_….sql"),
    ],
)
def test_patterns_read_the_names_of_many_tools(
    pattern: str, name: str, begins: datetime, series: str
) -> None:
    found = Pattern(pattern, SHANGHAI).read(name)
    assert found is not None
    assert found.begins == begins
    assert found.series == series


def test_a_regular_expression_with_a_form_reads_the_rest() -> None:
    shape = Pattern(r"crm-(?P<ts>.+)\.bak", SHANGHAI, regex=True, form="%d.%m.%Y %H.%M")
    found = shape.read("crm-22.11.2026 02.00.bak")
    assert found is not None
    assert found.begins == NIGHT
    assert shape.read("crm-31.02.2026 02.00.bak") is None


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"pattern": "a{date}", "regex": "a"},
        {"pattern": "crm_{datum}.sql"},
        {"regex": "("},
        {"regex": "(?P<when>.)"},
        {"pattern": "*", "tolerance": "soon"},
        {"pattern": "*", "min_size": "some"},
        {"pattern": "*", "method": "magic"},
    ],
)
def test_an_option_that_cannot_be_read_is_refused(tmp_path: Path, options: dict[str, str]) -> None:
    with pytest.raises(ConfigError):
        read("directory", options, path=tmp_path)


def test_a_name_with_a_day_only_is_dated_by_the_file_within_that_day(tmp_path: Path) -> None:
    put(tmp_path / "crm_20261122.sql", NIGHT)
    put(tmp_path / "crm_20261115.sql", NIGHT)
    late, same_day = looked(tmp_path, "crm_{date}.sql").backups
    assert (same_day.data_at, same_day.basis) == (NIGHT, Basis.FILE)
    assert late.data_at == datetime(2026, 11, 14, 16, tzinfo=UTC)
    assert late.basis is Basis.NAME


def test_a_file_that_was_copied_without_its_time_keeps_that_of_its_name(tmp_path: Path) -> None:
    put(tmp_path / NAME, NIGHT + timedelta(hours=8))
    found = looked(tmp_path)
    assert codes(found, NAME) == {"file_later"}
    assert only(found).data_at == NIGHT


def test_a_wrong_zone_is_noticed_and_never_makes_data_newer(tmp_path: Path) -> None:
    put(tmp_path / "crm_20261122_020000.sql.gz", NIGHT - timedelta(hours=8))
    found = looked(tmp_path)
    assert codes(found, NAME) == {"name_ahead"}
    assert problem(found, "name_ahead").mark is Mark.FRESH
    assert only(found).data_at == NIGHT - timedelta(hours=8)


def test_a_time_to_come_dates_nothing(tmp_path: Path) -> None:
    put(tmp_path / "crm_20261124_020000.sql.gz", NOW + timedelta(days=2))
    found = looked(tmp_path)
    assert "ahead" in codes(found, "crm_20261124_020000.sql.gz")
    assert only(found).data_at is None


@settings(deadline=None)
@given(
    name=st.datetimes(EARLIEST, LATEST),
    file=st.datetimes(EARLIEST, LATEST),
    shape=st.sampled_from(["crm_%Y%m%d_%H%M%S", "crm_%Y%m%d"]),
)
def test_data_is_never_said_to_be_newer_than_its_file_or_than_now(
    name: datetime, file: datetime, shape: str
) -> None:
    rules = Rules.of(config("directory", {"pattern": shape}))
    at = file.replace(tzinfo=UTC)
    found = listed([Item(name.strftime(shape), 1000, at)], rules, NOW)
    data_at = found.backups[0].data_at
    assert data_at is None or (data_at <= at and data_at <= NOW + timedelta(minutes=5))
    if data_at is None:
        assert any(p.mark is Mark.FRESH for p in found.problems)


@settings(deadline=None)
@given(st.lists(st.integers(0, 400), unique=True, max_size=12), st.randoms())
def test_the_order_of_a_listing_changes_nothing(days: list[int], chance: random.Random) -> None:
    rules = Rules.of(config("directory", {"pattern": "{database}_{date}.sql*"}))
    items = [
        Item(
            f"{'crm' if day % 3 else 'oa'}_{(NIGHT - timedelta(days=day)):%Y%m%d}.sql"
            + (".part" if day % 7 == 0 else ""),
            day % 5 * 1000,
            NIGHT - timedelta(days=day),
            digest=f"md5:{day % 2}",
        )
        for day in days
    ]
    before = listed(items, rules, NOW)
    chance.shuffle(items)
    assert listed(items, rules, NOW) == before


def test_unfinished_files_are_running_and_old_ones_were_left_behind(tmp_path: Path) -> None:
    put(tmp_path / f"{NAME}.part", NOW - timedelta(minutes=5))
    put(tmp_path / f".{NAME}.Ab3dEf", NOW - timedelta(minutes=1))
    put(tmp_path / "crm_20261119_020000.sql.gz.tmp", NIGHT - timedelta(days=3))
    found = looked(tmp_path)
    assert {b.id: b.state for b in found.backups} == {
        f"{NAME}.part": State.RUNNING,
        f".{NAME}.Ab3dEf": State.RUNNING,
        "crm_20261119_020000.sql.gz.tmp": State.FAILED,
    }
    assert codes(found, "crm_20261119_020000.sql.gz.tmp") == {"left_behind"}


def test_a_file_that_was_written_a_moment_ago_is_not_done(tmp_path: Path) -> None:
    put(tmp_path / "crm_20261122_155900.sql.gz", NOW - timedelta(seconds=30))
    assert only(looked(tmp_path)).state is State.RUNNING


def test_empty_and_tiny_files_are_incomplete(tmp_path: Path) -> None:
    put(tmp_path / "crm_20261122_020000.sql.gz", NIGHT, b"")
    put(tmp_path / "crm_20261121_020000.sql.gz", NIGHT - timedelta(days=1), b"x" * 40)
    found = looked(tmp_path)
    assert {p.code.rpartition(".")[2]: (p.mark, p.breaks) for p in found.problems} == {
        "empty_file": (Mark.COMPLETE, True),
        "tiny": (Mark.COMPLETE, True),
    }


def test_a_folder_without_a_backup_is_not_fresh_and_says_so(tmp_path: Path) -> None:
    put(tmp_path / "readme.txt", NIGHT)
    found = looked(tmp_path)
    assert (problem(found, "nothing").mark, problem(found, "nothing").breaks) == (Mark.FRESH, True)
    assert problem(found, "nothing").params["others"] == "1"


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable):
        looked(tmp_path / "unmounted")
    with pytest.raises(SourceUnavailable):
        looked(put(tmp_path / "file", NIGHT))


def test_a_folder_that_may_not_be_opened_is_refused_and_one_inside_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "closed" / NAME, NIGHT)
    put(tmp_path / "open" / NAME, NIGHT)
    real = os.scandir

    # A right that is taken away does not keep root out.
    def refusing(path: Path) -> object:
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", refusing)
    with pytest.raises(SourceRefused):
        looked(tmp_path / "closed")
    found = looked(tmp_path, f"*/{PATTERN}")
    assert not found.is_whole
    assert codes(found) == {"folder_denied"}
    assert only(found).id == f"open/{NAME}"


def test_links_are_left_alone(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere" / "secret", NIGHT)
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / NAME).symlink_to(tmp_path / "elsewhere" / "secret")
    (tmp_path / "d" / "crm").symlink_to(tmp_path / "elsewhere")
    assert looked(tmp_path / "d", "**/{any}").backups == ()


def test_a_hostile_name_can_be_stored_and_leads_nowhere(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/crm_20261122_\xff\n.sql"
    Path(os.fsdecode(path)).write_bytes(b"x" * 200)
    backup = only(looked(tmp_path, "crm_{date}_{any}.sql"))
    backup.id.encode("utf-8")
    assert backup.path is None


def test_folders_can_be_backups(tmp_path: Path) -> None:
    put(tmp_path / "crm_20261122" / "toc.dat", NIGHT)
    put(tmp_path / "crm_20261122" / "data" / "1.dat.gz", NIGHT + timedelta(hours=1))
    backup = only(looked(tmp_path, "crm_{date}", options={"entries": "folders"}))
    assert (backup.size, backup.finished_at) == (2000, NIGHT + timedelta(hours=1))


def test_a_listing_that_was_broken_off_proves_no_absence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in range(1, 9):
        put(tmp_path / f"crm_2026110{day}_020000.sql.gz", NIGHT - timedelta(days=20), b"%d" % day)
    monkeypatch.setattr("governance.backups.readers.walk.MOST", 5)
    found = looked(tmp_path)
    assert not found.is_whole
    assert "cut_listing" in codes(found)


def beside(path: Path, text: str, ending: str = ".sha256") -> None:
    put(path.with_name(path.name + ending), NIGHT, text.encode())


def test_a_checksum_beside_a_file_is_a_full_verification(tmp_path: Path) -> None:
    right = put(tmp_path / NAME, NIGHT)
    beside(right, f"{hashlib.sha256(right.read_bytes()).hexdigest()}  ./dump/{NAME}\n")
    wrong = put(tmp_path / "crm_20261121_020000.sql.gz", NIGHT - timedelta(days=1), b"y" * 999)
    beside(wrong, "0" * 32, ".md5")
    broken = put(tmp_path / "crm_20261120_020000.sql.gz", NIGHT - timedelta(days=2), b"z" * 998)
    beside(broken, "no checksum")
    found = looked(tmp_path)
    assert {(v.backup, v.depth, v.ok, v.at) for v in found.verifications} == {
        (right.name, Depth.FULL, True, NOW),
        (wrong.name, Depth.FULL, False, NOW),
    }
    assert codes(found, wrong.name) == {"sidecar_differs"}
    assert codes(found, broken.name) == {"bad_sidecar"}
    assert problem(found, "sidecar_differs").breaks
    assert len(found.backups) == 3


def test_a_common_list_of_checksums_is_read_too(tmp_path: Path) -> None:
    path = put(tmp_path / NAME, NIGHT)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    put(tmp_path / "SHA256SUMS", NIGHT, f"{'1' * 64}  other\nSHA256 ({NAME}) = {digest}\n".encode())
    (verified,) = looked(tmp_path).verifications
    assert verified.ok


def test_a_file_is_read_once_and_again_only_when_it_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, memory = tmp_path / "d", tmp_path / "m"
    path = put(folder / NAME, NIGHT)
    beside(path, hashlib.sha256(path.read_bytes()).hexdigest())
    reads: list[Path] = []

    def counted(*args: object) -> dict[str, str] | None:
        reads.append(args[0])  # type: ignore[arg-type]
        return real(*args)  # type: ignore[arg-type]

    real = checksums.hashed
    monkeypatch.setattr(checksums, "hashed", counted)
    first = looked(folder, memory=memory)
    later = looked(folder, memory=memory, now=NOW + timedelta(days=1))
    assert later.verifications == first.verifications  # of the day it was really read
    assert len(reads) == 1
    put(folder / NAME, NIGHT + timedelta(minutes=1), b"x" * 999 + b"y")
    changed = looked(folder, memory=memory, now=NOW + timedelta(days=2))
    assert codes(changed, NAME) == {"sidecar_differs", "rewritten"}
    again = looked(folder, memory=memory, now=NOW + timedelta(days=3))
    assert codes(again, NAME) == {"sidecar_differs", "rewritten"}
    assert len(reads) == 2


def test_bits_that_rot_under_the_same_time_are_noticed(tmp_path: Path) -> None:
    folder, memory = tmp_path / "d", tmp_path / "m"
    path = put(folder / NAME, NIGHT)
    beside(path, hashlib.sha256(path.read_bytes()).hexdigest())
    looked(folder, memory=memory)
    put(path, NIGHT, b"x" * 500 + b"y" + b"x" * 499)
    unnoticed = looked(folder, memory=memory, now=NOW + timedelta(days=29))
    assert [v.at for v in unnoticed.verifications] == [NOW]
    found = looked(folder, memory=memory, now=NOW + timedelta(days=30))
    assert "bits_changed" in codes(found, NAME)
    assert [v.ok for v in found.verifications if v.at != NOW] == [False]


def test_a_damaged_memory_is_begun_anew(tmp_path: Path) -> None:
    folder, memory = tmp_path / "d", tmp_path / "m"
    path = put(folder / NAME, NIGHT)
    beside(path, hashlib.sha256(path.read_bytes()).hexdigest())
    for text in (b"{", b"[]", b'{"a": 1}', b'{"a": {"size": 1}}'):
        put(memory / "nightly.json", NIGHT, text)
        assert looked(folder, memory=memory).verifications[0].ok


def test_the_same_bytes_two_nights_running_leave_freshness_open(tmp_path: Path) -> None:
    for day, content in ((20, b"a"), (21, b"b"), (22, b"b")):
        put(
            tmp_path / f"crm_202611{day}_020000.sql.gz",
            NIGHT - timedelta(days=22 - day),
            content * 500,
        )
    found = looked(tmp_path)
    same = problem(found, "same_content")
    assert (same.backup, same.mark, same.breaks) == (NAME, Mark.FRESH, False)
    assert same.params["before"] == "crm_20261121_020000.sql.gz"


def test_when_time_is_up_nothing_is_said_of_what_was_not_read(tmp_path: Path) -> None:
    path = put(tmp_path / NAME, NIGHT)
    beside(path, "0" * 64)
    found = looked(tmp_path, timeout=timedelta(0))
    assert found.verifications == ()
    assert found.problems == ()


def test_checksums_can_be_left_to_others(tmp_path: Path) -> None:
    beside(put(tmp_path / NAME, NIGHT), "0" * 64)
    assert looked(tmp_path, options={"checksums": "no"}).verifications == ()
