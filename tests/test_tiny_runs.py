"""A run over the tiny worlds counts what they say, cell by cell."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest

from governance.config import load
from governance.ledger import open_ledger
from governance.runs import execute
from governance.store import open_home
from governance.worker.run_now import Watch, run_now
from governance.worker.workbench import Bench
from tests.cast import STEWARD
from tests.worlds import WORLDS, Side, TinyWorld, settle

Ask = Callable[..., list[tuple[Any, ...]]]
each_world = pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.entity)


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Asks the sealed file of one run over both worlds."""
    folder = tmp_path_factory.mktemp("tiny")
    home = open_home(folder / "home")
    ledger = open_ledger(home.path)
    bench = Bench(ledger, home, lambda: datetime.now(UTC), execute, clean_up=lambda _fence: None)
    config = load(settle(folder), environ={})
    run = run_now(bench, config, (), STEWARD, Watch(lambda _run: None, threading.Event()))
    ledger.close()
    assert run.file is not None
    file = str(home.file(run.file))

    def ask(query: str, *values: object) -> list[tuple[Any, ...]]:
        with duckdb.connect(file, read_only=True) as con:
            return con.execute(query, list(values)).fetchall()

    return ask


@each_world
def test_rows_and_keys_are_counted(world: TinyWorld, ask: Ask) -> None:
    for side, expected in (("left", world.expected.left), ("right", world.expected.right)):
        counted = ask(
            f"SELECT {side}_rows, {side}_keys, {side}_duplicate_keys, {side}_null_keys"
            " FROM pairs WHERE entity = $1",
            world.entity,
        )
        assert [Side(*row) for row in counted] == [expected]


@each_world
def test_record_pairs_are_counted(world: TinyWorld, ask: Ask) -> None:
    e = world.expected
    counted = ask(
        "SELECT matched, aligned, mismatched, only_left, only_right FROM pairs WHERE entity = $1",
        world.entity,
    )
    assert counted == [(e.matched, e.aligned, e.mismatched, e.only_left, e.only_right)]


@each_world
def test_cells_are_counted_by_class(world: TinyWorld, ask: Ask) -> None:
    classes = ("normalized", "within_tolerance", "null_vs_value", "different")
    counted = ask(
        f"SELECT field, {', '.join(classes)} FROM fields WHERE check_name = $1", world.entity
    )
    found = {
        field: {name: count for name, count in zip(classes, counts, strict=True) if count}
        for field, *counts in counted
    }
    assert found == world.expected.cells


@each_world
def test_the_findings_are_those_and_no_others(world: TinyWorld, ask: Ask) -> None:
    expected: Counter[tuple[str | None, ...]] = Counter()
    for finding in world.expected.findings:
        expected[finding.kind, finding.field, finding.cell_class] += finding.copies
    found = ask(
        "SELECT kind, field, class, sum(copies) FROM findings WHERE entity = $1 GROUP BY ALL",
        world.entity,
    )
    assert {row[:3]: row[3] for row in found} == dict(expected)


def test_personal_values_are_masked_in_the_sealed_file(ask: Ask) -> None:
    shown = ask("SELECT left_value, right_value FROM findings WHERE field = 'phone'")
    assert shown == [("138****0006", None)]
