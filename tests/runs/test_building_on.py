"""Runs that build on each other find what a first run would, and remember what was agreed."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from checks.outcome import Outcome
from governance.errors import SourceUnavailable
from governance.ledger.rows import SnapshotKind
from governance.runs import snapshots
from governance.sources import Extract, Landed
from governance.sources.sqlite import SqliteReader
from tests.runs.conftest import START, Company
from tests.thorough import some

FINDING = (
    "SELECT finding_id, kind, field, class, left_value, right_value, display, department, copies,"
    " normalisers, personal FROM findings WHERE state <> 'gone' AND check_name <> 'drift'"
    " ORDER BY ALL"
)
PAIR = "SELECT * EXCLUDE (left_snapshot, right_snapshot, adjusted) FROM pairs ORDER BY ALL"
FIELD = "SELECT * EXCLUDE adjusted FROM fields ORDER BY ALL"


@pytest.mark.parametrize("seed", range(some(2, 1)))
def test_a_run_after_many_finds_what_a_first_run_would(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Runs that build on each other against one that compares everything anew."""
    dice = random.Random(seed)
    monkeypatch.setenv("DUIQI_SECRET", "the same for both homes " * 2)
    monkeypatch.setattr("checks.changes.MOST", 50)
    monkeypatch.setattr(snapshots, "MOST", 20)
    monkeypatch.setattr("governance.runs.past.MOST", 5)
    company.run()
    kinds = set()
    for _ in range(5):
        for _ in range(dice.randint(1, 2)):
            change(company, dice)
        run = company.run()
        kinds |= {s.kind for s in company.ledger.snapshots.of_run(run.id)}
        anew = company.elsewhere(tmp_path / f"home {run.id}")
        first = anew.run()
        for query in (FINDING, PAIR, FIELD):
            assert company.query(run, query) == anew.query(first, query)
        anew.ledger.close()
    assert SnapshotKind.DELTA in kinds


def change(company: Company, dice: random.Random) -> None:
    source, table, code, name, level = dice.choice(
        [
            ("crm", "customers", "code", "name", "level"),
            ("oa", "base_customer", "khbh", "khmc", "khjb"),
        ]
    )
    key = f"C{dice.randint(1, 14):03}"
    what = dice.choice(["level", "delete", "copy", "null", "rename"])
    if what == "level":
        company.change(source, f"UPDATE {table} SET {level} = ? WHERE {code} = ?", "B", key)
    elif what == "delete":
        company.change(source, f"DELETE FROM {table} WHERE {code} = ?", key)
    elif what == "copy":
        company.change(source, f"INSERT INTO {table} SELECT * FROM {table} WHERE {code} = ?", key)
    elif what == "null":
        company.change(source, f"UPDATE {table} SET {code} = NULL WHERE {code} = ?", key)
    else:
        company.change(
            source, f"UPDATE {table} SET {name} = {name} || '公司' WHERE {code} = ?", key
        )


def test_what_both_sides_said_before_is_kept_with_the_finding(company: Company) -> None:
    first = company.run()
    company.change("oa", "UPDATE base_customer SET khmc = '无锡另一家' WHERE khbh = 'C001'")
    company.change("oa", "UPDATE base_customer SET lxdh = '13999999999' WHERE khbh = 'C001'")
    company.change("crm", "DELETE FROM customers WHERE code = 'C002'")
    agreed = (
        "SELECT f.field, a.run, a.at, a.left_value, a.right_value FROM agreed AS a"
        " JOIN findings AS f USING (finding_id) ORDER BY f.field"
    )
    at = START.replace(tzinfo=None)
    name = "无锡恒泰机床有限公司"
    expected = [
        ("name", first.id, at, name, name),
        ("phone", first.id, at, "138****0001", "138****0001"),
        (None, first.id, at, None, None),
    ]
    assert company.query(company.run(), agreed) == expected
    company.change("oa", "UPDATE base_customer SET khjb = 'Z' WHERE khbh = 'C001'")
    later = company.query(company.run(), agreed)
    assert [row[1] for row in later] == [first.id + 1, first.id, first.id, first.id]
    company.change("oa", "UPDATE base_customer SET khmc = ? WHERE khbh = 'C001'", name)
    assert "name" not in [row[0] for row in company.query(company.run(), agreed)]


def test_a_day_without_a_source_costs_neither_agreements_nor_a_whole_comparison(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = company.run()
    company.change("oa", "UPDATE base_customer SET khmc = '另一家' WHERE khbh = 'C001'")
    company.run()
    away = (company.folder / "oa.sqlite").rename(company.folder / "away")
    dark = company.run()
    away.rename(company.folder / "oa.sqlite")
    company.change("crm", "UPDATE customers SET level = 'Z' WHERE code = 'C002'")

    def never(*_: object, **__: object) -> None:
        raise AssertionError("compared whole")

    monkeypatch.setattr("governance.runs.consistency.reconcile", never)
    monkeypatch.setattr(snapshots, "MOST", 20)
    monkeypatch.setattr("governance.runs.past.MOST", 5)
    monkeypatch.setattr("checks.changes.MOST", 50)
    light = company.run()
    agreed = (
        "SELECT f.record_key, a.run, f.state FROM agreed AS a JOIN findings AS f"
        " USING (finding_id) ORDER BY ALL"
    )
    assert company.query(dark, agreed) == [("C001", first.id, "unchecked")]
    assert company.query(light, agreed) == [
        ("C001", first.id, "open"),
        ("C002", first.id + 1, "open"),
    ]


def test_a_pair_that_nothing_touched_is_not_compared_again(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = company.run()

    def never(*_: object, **__: object) -> None:
        raise AssertionError("compared whole")

    monkeypatch.setattr("governance.runs.consistency.reconcile", never)
    second = company.run()
    assert second.as_of == START + timedelta(days=1)
    assert company.query(second, FINDING) == company.query(first, FINDING)


def test_what_was_compared_once_is_no_first_comparison_after_a_dark_day(company: Company) -> None:
    """Nothing counts as pending at a first look, so what is one decides a score."""
    path = company.folder / "governance.yaml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("  customer:\n", "  customer:\n    lag: 3d\n", 1), "utf-8")
    company.run()
    away = (company.folder / "oa.sqlite").rename(company.folder / "away")
    company.run()
    away.rename(company.folder / "oa.sqlite")
    company.change("oa", "UPDATE base_customer SET khjb = 'Z' WHERE khbh = 'C001'")
    assert company.states(company.run(), "C001") == {"level": "pending"}


def test_a_source_that_broke_off_is_read_whole_for_none_of_its_entities(
    both_worlds: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_worlds.run()
    read = SqliteReader.read

    def break_off(self: SqliteReader, extract: Extract, *rest: Any) -> Landed:
        if self.name == "crm" and extract.entity == "payment":
            raise SourceUnavailable("source.lost", source="crm", table="payments", reason="cut")
        return read(self, extract, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(SqliteReader, "read", break_off)
        cut = both_worlds.run(sources=("crm",))
    steps = [s for s in both_worlds.ledger.steps.of_run(cut.id) if s.source == "crm"]
    assert {(s.status.value, s.code) for s in steps} == {("failed", "source.lost")}
    later = both_worlds.run(sources=("oa",))
    outcomes = {r.outcome for r in both_worlds.ledger.results.of_run(later.id)}
    assert outcomes == {Outcome.NOT_EVALUABLE}


def test_drift_that_a_stopped_run_saw_is_told_by_the_next(company: Company) -> None:
    company.run()
    company.change("oa", "ALTER TABLE base_customer ADD COLUMN beizhu TEXT")
    # It has read the OA when it is asked to leave.
    company.stop = lambda: company.ledger.snapshots.history("oa", "customer")[-1].run_id == 2
    assert company.run().status.value == "stopped"
    company.stop = lambda: False
    kinds = "SELECT kind FROM findings WHERE check_name = 'drift' AND state <> 'gone'"
    assert company.query(company.run(), kinds) == [("column_added",)]
