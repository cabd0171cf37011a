"""A feed in our words or, translated, in a tool's: what is cut or mangled never looks whole."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.backups.model import Backup, Basis, Catalogue, Depth, Mark, Method, State
from governance.errors import ConfigError
from tests.backups.stores import codes, only, put, read

NIGHT = datetime(2026, 11, 21, 18, tzinfo=UTC)
CSV = (
    "id,series,method,state,started_at,finished_at,size\n"
    "a,crm,full,done,2026-11-21T18:00:00Z,2026-11-21T19:00:00Z,1000\n"
    'b,"crm, oa",incremental,failed,2026-11-22 02:00:00,,\n'
    "end,2,,,,,\n"
)
VEEAM = {
    "fields": "id=Job ID, state=Result, started_at=Start Time, method=Type",
    "states": "done=Success;None, partial=Warning, failed=Failed",
    "methods": "full=Full, incremental=Increment",
    "times": "%d/%m/%Y %H:%M:%S",
}


def looked(feed: Any, options: dict[str, str] | None = None, **more: Any) -> Catalogue:
    text = feed if isinstance(feed, str) else json.dumps(feed)
    return read("feed", options, {"feed": text}, **more)


def backup(**more: Any) -> dict[str, Any]:
    return {
        "id": "a",
        "method": "full",
        "state": "done",
        "started_at": "2026-11-21T18:00:00Z",
        **more,
    }


def words(catalogue: Catalogue) -> set[tuple[str, str, Mark | None]]:
    """Of each problem its code, the field it is about, and what it bears on."""
    return {
        (p.code.rpartition(".")[2], p.params.get("field", ""), p.mark) for p in catalogue.problems
    }


def test_every_field_of_a_backup_can_be_told() -> None:
    found = looked(
        [
            backup(
                series="crm",
                finished_at=1795287600,
                data_at="2026-11-21T17:59:00+00:00",
                basis="stop",
                size="12345678901234567",
                data_size=2,
                needs=["z"],
                log_from="001",
                log_to="002",
                encrypted="yes",
                databases="crm;oa",
                digest="sha256:00",
                expires_at="2027-01-01T00:00:00Z",
                kept=True,
            )
        ]
    )
    assert found.problems == ()
    assert only(found) == Backup(
        id="a",
        series="crm",
        method=Method.FULL,
        state=State.DONE,
        said="done",
        started_at=NIGHT,
        finished_at=datetime(2026, 11, 21, 19, tzinfo=UTC),
        data_at=datetime(2026, 11, 21, 17, 59, tzinfo=UTC),
        basis=Basis.STOP,
        size=12345678901234567,
        data_size=2,
        needs=("z",),
        log_from="001",
        log_to="002",
        encrypted=True,
        databases=("crm", "oa"),
        digest="sha256:00",
        expires_at=datetime(2027, 1, 1, tzinfo=UTC),
        kept=True,
    )


def test_a_table_is_read_and_a_local_time_is_of_the_zone() -> None:
    found = looked(CSV)
    first, second = found.backups
    assert (first.data_at, first.basis, first.size) == (NIGHT, Basis.START, 1000)
    assert (second.started_at, second.state, second.series) == (NIGHT, State.FAILED, "crm, oa")
    assert (found.zone, found.is_whole, found.problems) == ("Asia/Shanghai", True, ())


def test_words_of_a_tool_are_translated() -> None:
    text = (
        "Job ID;Result;Start Time;Type\n"
        "1;Success;22/11/2026 02:00:00;Full\n"
        "2;Warning;22/11/2026 03:00:00;Increment\n"
        "3;Stopped;22/11/2026 04:00:00;Full\n"
    )
    found = looked(text, VEEAM)
    assert [b.state for b in found.backups] == [State.DONE, State.PARTIAL, State.UNKNOWN]
    assert found.backups[0].started_at == NIGHT
    assert {(p.code, p.backup) for p in found.problems} == {("backups.read.state", "3")}


@pytest.mark.parametrize(
    ("field", "value", "mark"),
    [
        ("state", "ok", Mark.COMPLETE),
        ("state", None, Mark.COMPLETE),
        ("method", "synthetic", Mark.COMPLETE),
        ("method", None, Mark.COMPLETE),
        ("started_at", "yesterday", Mark.FRESH),
        ("size", "1.5 GB", Mark.COMPLETE),
        ("size", -1, Mark.COMPLETE),
        ("needs", [1], Mark.COMPLETE),
        ("id", None, Mark.COMPLETE),
        ("encrypted", "maybe", None),
        ("stat", "done", None),
    ],
)
def test_a_value_that_is_not_understood_is_told(field: str, value: Any, mark: Mark | None) -> None:
    found = looked([backup(**{field: value})])
    assert mark in {p.mark for p in found.problems}
    assert all(b.state is not State.DONE or field != "state" for b in found.backups)


def test_verifications_and_restores_are_told_too() -> None:
    found = looked(
        {
            "backups": [backup()],
            "verifications": [
                {"backup": "a", "depth": "full", "ok": True, "at": "2026-11-21T20:00:00Z"},
                {"depth": "subset", "ok": "no", "at": "2026-11-21T20:00:00Z", "share": "0.05"},
                {"depth": "glance", "ok": True},
            ],
            "restores": [
                {"id": "d1", "at": "2026-11-20T00:00:00Z", "ok": "done", "seconds": 12.5},
                {"id": "d2", "at": "2026-11-20T00:00:00Z", "ok": "fine", "by": "Li Na"},
                {"id": "d3", "at": "2027-11-20T00:00:00Z", "ok": True},
                {"id": "d4", "ok": True},
            ],
        }
    )
    assert [(v.depth, v.ok, v.backup, v.share) for v in found.verifications] == [
        (Depth.FULL, True, "a", None),
        (Depth.SUBSET, False, None, 0.05),
    ]
    assert [(r.id, r.ok, r.seconds, r.by) for r in found.restores] == [
        ("d1", True, 12.5, "nightly"),
        ("d2", None, None, "Li Na"),
    ]
    assert words(found) == {
        ("word", "depth", Mark.INTACT),
        ("word", "ok", Mark.RESTORABLE),
        ("restore_ahead", "", Mark.RESTORABLE),
        ("field", "at", Mark.RESTORABLE),
    }


def test_a_job_that_has_fallen_silent_is_told() -> None:
    checks = [
        {"name": "crm", "status": "up", "last_ping": "2026-11-22T00:00:00Z"},
        {"name": "oa", "status": "down", "last_ping": "2026-11-20T00:00:00Z"},
        {"name": "hr", "status": "odd"},
    ]
    found = looked({"backups": [backup()], "checks": checks})
    assert codes(found) == {"heartbeat", "backups.read.word"}
    (silent,) = (p for p in found.problems if p.code.endswith("heartbeat"))
    assert silent.params["name"] == "oa"


def test_a_feed_leads_only_below_the_folder_of_the_catalogue(tmp_path: Path) -> None:
    root = tmp_path / "root"
    inside = put(root / "a.dump", NIGHT)
    put(tmp_path / "secret", NIGHT)
    (root / "link").symlink_to(tmp_path / "secret")
    assert only(looked([backup(path="a.dump")], path=root)).path == str(inside)
    assert only(looked([backup(path=str(inside))], path=root)).path == str(inside)
    for name in ("../secret", str(tmp_path / "secret"), "link", "missing", "a\0b"):
        found = looked([backup(path=name)], path=root)
        assert only(found).path is None
        assert codes(found, "a") == {"path_outside"}
    assert only(looked([backup(path=str(inside))])).path is None


@pytest.mark.parametrize(
    "options",
    [{"states": "good=Success"}, {"fields": "Job ID"}, {"form": "xml"}, {"methods": "a=b"}],
)
def test_a_translation_that_says_nothing_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(ConfigError):
        looked([], options)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "id,state\n",
        "Error: not licensed\n",
        "[1, 2]",
        '{"backups": 3}',
        "id,id\na,b\n",
        CSV.replace("end,2", "end,3"),
        CSV + "c,crm,full,done,,,\n",
        '"id\n',
    ],
)
def test_what_holds_no_backup_or_not_all_is_told(text: str) -> None:
    found = looked(text)
    assert any(p.mark is Mark.COMPLETE for p in found.problems)


@settings(deadline=None)
@given(st.integers(0, len(CSV) - 1))
def test_no_cut_table_is_whole_or_changes_a_backup(place: int) -> None:
    whole_one = {b.id: b for b in looked(CSV).backups}
    found = looked(CSV[:place])
    assert all(b == whole_one[b.id] for b in found.backups)
    at_the_end_of_a_line = CSV[:place].endswith("\n")
    assert not found.is_whole or at_the_end_of_a_line or not found.backups


@settings(deadline=None)
@given(st.integers(0, len(CSV) - 1), st.characters(codec="ascii"))
def test_a_mangled_table_never_makes_a_backup_better(place: int, letter: str) -> None:
    """One letter changed: what failed does not become done, and nothing is lost in silence."""
    found = looked(CSV[:place] + letter + CSV[place + 1 :])
    states = {b.id: b.state for b in found.backups}
    assert states.get("b") is not State.DONE
    assert len(found.backups) == 2 or found.problems


DOCUMENT = json.dumps({"backups": [backup(), backup(id="b", state="failed")]})


@settings(deadline=None)
@given(st.integers(0, len(DOCUMENT) - 1))
def test_no_cut_document_is_whole(place: int) -> None:
    found = looked(DOCUMENT[:place])
    assert found.backups == ()
    assert not found.is_whole
    assert found.problems


records = st.lists(
    st.fixed_dictionaries(
        {"id": st.sampled_from(["a", "b", "c", None])},
        optional={
            "state": st.sampled_from(["done", "failed", "odd"]),
            "method": st.sampled_from(["full", "log", "odd"]),
            "started_at": st.sampled_from(["2026-11-21T18:00:00Z", "2026-11-20 18:00:00", "odd"]),
            "size": st.sampled_from([0, 5, "7", "odd"]),
        },
    ),
    max_size=6,
)


@settings(deadline=None)
@given(records, st.randoms())
def test_the_order_of_a_feed_changes_nothing(
    feed: list[dict[str, Any]], chance: random.Random
) -> None:
    before = looked(feed)
    chance.shuffle(feed)
    after = looked(feed)
    assert replace(after, problems=()) == replace(before, problems=())
    assert set(map(repr, after.problems)) == set(map(repr, before.problems))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "state", "backups", "restores", "ok", "at", "size", "checks"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(values)
def test_nothing_good_comes_of_nonsense(value: Any) -> None:
    found = looked(json.dumps(value))
    if not found.backups:
        assert found.problems
    for one in found.backups:
        assert one.state is not State.DONE or one.said.lower() == "done"
