"""A table's past is read from its snapshots, also where some of them tell nothing."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from checks.dictionary import Mapping
from checks.drift import Kind
from checks.prepare import Column, Spec
from checks.profile import profile
from governance.errors import EvidenceTampered
from governance.ledger.rows import SnapshotRow
from governance.reading.drift import Profiles, events
from governance.store import Home, Proofs, engine, open_home, seal

AT = datetime(2026, 3, 2, tzinfo=UTC)
COLUMNS = (("id", "int"), ("level", "text"))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home")


def sealed(
    home: Home, number: int, column: str = "level", *, values: str = "i % 7", whole: bool = True
) -> SnapshotRow:
    """A snapshot of fifty rows with the fields `id` and `level`, the latter read from `column`."""
    spec = Spec((Column("id"), Column("level")), ("id",), ("level",), secret=b"s" * 32)
    with engine(home) as con:
        con.execute(
            f"CREATE TABLE landed AS SELECT 'C' || i AS id, CAST({values} AS VARCHAR) AS level"
            " FROM range(50) AS t(i)"
        )
        profile(con, "landed", spec, {"id": "id", "level": column})
        tables = [("rows", "FROM landed"), *([("profile", "FROM profile")] if whole else [])]
        made = seal(con, home, f"snapshots/crm/c/{number}.duckdb", tables, fence=1, rows=50)
    told: dict[str, Any] = {field.name: None for field in fields(SnapshotRow)}
    told |= {
        "id": number, "source": "crm", "entity": "c", "run_id": number, "kind": "base",
        "file": made.file, "sha256": made.sha256, "bytes": made.bytes, "rows": 50,
        "taken_at": AT, "columns": (("id", "int"), (column, "text")), "unread": {},
    }  # fmt: skip
    return SnapshotRow(**told)


def test_profiles_come_by_snapshot_and_without_sketches(home: Home) -> None:
    one, other = sealed(home, 1), sealed(home, 2, values="i % 3")
    found = Profiles(home, Proofs()).of([one, other])
    assert [[p.distinct for p in found[n]] for n in (1, 2)] == [[50, 7], [50, 3]]
    assert {p.sketch for of in found.values() for p in of} == {()}


def test_a_snapshot_without_profiles_or_without_its_file_tells_nothing(home: Home) -> None:
    old, pruned, new = sealed(home, 1, whole=False), sealed(home, 2), sealed(home, 3)
    home.file(pruned.file).unlink()
    found = Profiles(home, Proofs()).of([old, pruned, new])
    assert {number: len(of) for number, of in found.items()} == {1: 0, 2: 0, 3: 2}


def test_a_changed_file_is_refused(home: Home) -> None:
    one = sealed(home, 1)
    path = home.file(one.file)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(EvidenceTampered):
        Profiles(home, Proofs()).of([one])


def told(home: Home, mapped: str, *history: SnapshotRow) -> list[tuple[Any, ...]]:
    mapping = Mapping("crm", {"id": "id", "level": mapped})
    found = events(history, Profiles(home, Proofs()), mapping)
    return [(e.run, e.change.kind, e.change.before, e.change.after) for e in found]


def test_a_column_that_another_took_over_is_renamed_on_the_time_line(home: Home) -> None:
    before, now = sealed(home, 1), sealed(home, 2, "grade")
    assert told(home, "grade", before, now) == [(2, Kind.RENAMED, "level", "grade")]


def test_a_file_that_serves_again_tells_a_rename_by_the_mapping(home: Home) -> None:
    before = sealed(home, 1)
    now = replace(before, id=2, run_id=2, columns=(("id", "int"), ("grade", "text")))
    assert told(home, "grade", before, now) == [(2, Kind.RENAMED, "level", "grade")]


def test_a_column_with_other_values_took_nothing_over(home: Home) -> None:
    before, now = sealed(home, 1), sealed(home, 2, "grade", values="i + 1000")
    assert sorted(told(home, "grade", before, now), key=str) == [
        (2, Kind.ADDED, None, "text"),
        (2, Kind.REMOVED, "text", None),
    ]


def test_a_table_that_stays_as_it_is_has_an_empty_time_line(home: Home) -> None:
    assert told(home, "level", sealed(home, 1), sealed(home, 2)) == []
