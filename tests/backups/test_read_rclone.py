"""What rclone lists: its own output, and the same cut short or mangled."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.backups.model import Basis, Catalogue, Mark, State
from tests.backups.stores import NOW, codes, only, problem, read

SAMPLES = Path(__file__).parents[1] / "fixtures" / "backup-samples"
PRINTED = (SAMPLES / "rclone-lsjson.json").read_text("utf-8")


def looked(text: str, pattern: str = "crm_{date}_{time}.dump", **more: Any) -> Catalogue:
    options = {"pattern": pattern, **more.pop("options", {})}
    return read("rclone", options, {"lsjson": text}, **more)


def entry(path: str, day: int = 21, size: int = 1000, **more: Any) -> dict[str, Any]:
    return {
        "Path": path,
        "Size": size,
        "ModTime": f"2026-11-{day:02}T18:10:00.123456789Z",
        "IsDir": False,
        **more,
    }


def test_its_own_output_is_read() -> None:
    found = looked(PRINTED, "crm.dump")
    backup = only(found)
    assert backup.data_at == datetime(2026, 11, 21, 19, 29, 36, 101358, tzinfo=UTC)
    assert (backup.basis, backup.size, backup.state) == (Basis.FILE, 19078, State.DONE)
    assert (backup.digest or "").startswith("sha256:26e5e529")
    assert (found.is_whole, found.problems) == (True, ())


def test_an_upload_does_not_date_the_data() -> None:
    found = looked(PRINTED, "crm.dump", options={"times": "upload"})
    assert only(found).data_at is None
    assert codes(found, "crm.dump") == {"no_time"}


def test_the_name_does() -> None:
    text = json.dumps([entry("crm_20261120_020000.dump", 22)])
    assert only(looked(text, options={"times": "upload"})).basis is Basis.NAME


@pytest.mark.parametrize("code", [1, 3, 137, -9])
def test_a_code_that_is_not_nought_leaves_absence_open(code: int) -> None:
    found = looked("[]", code=code)
    assert not found.is_whole
    assert not problem(found, "nothing").breaks


@pytest.mark.parametrize(
    "text", ["", "[", "{}", "null", "Failed to lsjson: directory not found", PRINTED[:-20], '["a"]']
)
def test_what_is_no_listing_is_told_and_not_taken_for_an_empty_one(text: str) -> None:
    found = looked(text, "crm.dump")
    assert found.problems
    assert any(p.mark is Mark.COMPLETE for p in found.problems)
    assert not [b for b in found.backups if b.state is State.DONE]


def test_a_notice_before_the_listing_is_told() -> None:
    found = looked("NOTICE: config not found\n" + PRINTED, "crm.dump")
    assert only(found).size == 19078
    assert any("NOTICE" in p.params.get("said", "") for p in found.problems)


def test_an_empty_listing_is_not_fresh() -> None:
    found = looked("[]")
    assert (problem(found, "nothing").mark, problem(found, "nothing").breaks) == (Mark.FRESH, True)


def test_a_size_that_the_store_does_not_tell_is_not_known() -> None:
    path = "crm_20261122_020000.dump"
    found = looked(json.dumps([entry(path, size=-1)]))
    assert only(found).size is None
    assert codes(found, path) == {"no_size"}


def test_one_name_for_two_files_is_told_and_the_older_counts() -> None:
    path = "crm_20261122_020000.dump"
    found = looked(json.dumps([entry(path, 22), entry(path, 21)]))
    assert only(found).finished_at == datetime(2026, 11, 21, 18, 10, 0, 123456, tzinfo=UTC)
    assert {p.code for p in found.problems} == {"backups.read.twice"}


@settings(deadline=None)
@given(st.integers(1, len(PRINTED.rstrip()) - 1))
def test_no_cut_listing_is_whole(place: int) -> None:
    assert not looked(PRINTED[:place], "crm.*").is_whole


entries = st.lists(
    st.builds(
        entry,
        st.sampled_from([f"crm_202611{day}_020000.dump" for day in range(10, 20)] + ["other"]),
        st.integers(1, 28),
        st.integers(-1, 3000),
        Hashes=st.sampled_from([{}, {"md5": "a"}, {"md5": "b", "sha1": "c"}]),
    ),
    max_size=8,
)


@settings(deadline=None)
@given(entries, st.randoms())
def test_the_order_of_a_listing_changes_nothing(
    found: list[dict[str, Any]], chance: random.Random
) -> None:
    before = looked(json.dumps(found))
    chance.shuffle(found)
    assert looked(json.dumps(found)) == before


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Path", "Size", "ModTime", "IsDir", "Hashes"]), inner, max_size=5
        )
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(values)
def test_a_mangled_listing_breaks_nothing_and_nothing_good_comes_of_it(value: Any) -> None:
    found = looked(json.dumps(value), "{any}")
    for backup in found.backups:
        assert backup.data_at is None or backup.data_at <= NOW + timedelta(minutes=5)
    if not found.backups:
        assert found.problems
