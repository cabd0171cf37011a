"""A run finds exactly what differs, remembers it, and never closes what it could not see."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import duckdb
import pytest

from checks.outcome import Outcome
from governance.ledger import LedgerRefused
from governance.ledger.rows import RunStatus, StepStatus
from governance.runs import snapshots
from tests.runs.conftest import START, Company
from tests.worlds import WORLDS, TinyWorld


def key_of(world: TinyWorld, key: tuple[str, ...]) -> str | None:
    if not key:
        return None
    return key[0] if len(key) == 1 else "".join(f"{len(part)}:{part}" for part in key)


@pytest.mark.parametrize("world", WORLDS, ids=lambda w: w.entity)
def test_every_planted_difference_is_found_and_nothing_else(
    both_worlds: Company, world: TinyWorld
) -> None:
    run = both_worlds.run()
    found = both_worlds.query(
        run,
        "SELECT record_key, kind, field, class, copies, state FROM findings WHERE entity = ?",
        world.entity,
    )
    wanted = [
        (key_of(world, f.key), f.kind, f.field, f.cell_class, f.copies, "open")
        for f in world.expected.findings
    ]
    # leftover copies of one key that are not equal are findings of their own
    flat = sorted((str(row[:4]), row[5]) for row in found for _ in range(row[4]))
    assert flat == sorted((str(row[:4]), row[5]) for row in wanted for _ in range(row[4]))


@pytest.mark.parametrize("world", WORLDS, ids=lambda w: w.entity)
def test_rows_add_up_on_both_sides(both_worlds: Company, world: TinyWorld) -> None:
    run = both_worlds.run()
    (row,) = both_worlds.query(
        run,
        "SELECT matched, aligned, mismatched, only_left, only_right, left_rows, left_null_keys,"
        " right_rows, right_null_keys, strict FROM pairs WHERE entity = ?",
        world.entity,
    )
    matched, aligned, mismatched, only_left, only_right, *sides, strict = row
    e = world.expected
    assert (matched, aligned, mismatched) == (e.matched, e.aligned, e.mismatched)
    assert (only_left, only_right) == (e.only_left, e.only_right)
    assert sides[0] == matched + only_left + sides[1]
    assert sides[2] == matched + only_right + sides[3]
    nulls = e.left.null_keys + e.right.null_keys
    assert strict == pytest.approx(e.aligned / (e.matched + e.only_left + e.only_right + nulls))


def test_personal_values_are_sealed_as_tokens_and_masks_only(company: Company) -> None:
    run = company.run()
    sealed = [run.file, *(s.file for s in company.ledger.snapshots.of_run(run.id))]
    for file in sealed:
        assert file is not None
        with duckdb.connect(str(company.home.file(file)), read_only=True) as con:
            for (table,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall():
                text = repr(con.execute(f"FROM {table}").fetchall())
                assert "13800000001" not in text
                assert "138 0000 0001" not in text
    (row,) = company.query(run, "SELECT left_value, personal FROM findings WHERE field = 'phone'")
    assert row == ("138****0006", True)


def test_a_repaired_record_is_gone_remembered_and_at_last_forgotten(company: Company) -> None:
    company.run()
    company.change("oa", "UPDATE base_customer SET khjb = 'A' WHERE khbh = 'C005'")
    assert company.states(company.run(), "C005") == {"level": "gone"}
    company.day += 80
    assert company.states(company.run(), "C005") == {"level": "gone"}
    company.day += 10
    assert company.states(company.run(), "C005") == {}


def test_a_finding_keeps_the_day_it_was_first_seen(company: Company) -> None:
    first = company.run()
    company.run()
    third = company.run()
    (row,) = company.query(
        third,
        "SELECT first_seen, first_run, last_seen, last_run FROM findings"
        " WHERE entity = 'customer' AND record_key = 'C005'",
    )
    naive = START.replace(tzinfo=None)
    assert row == (naive, first.id, naive + timedelta(days=2), third.id)


def test_what_comes_back_after_being_gone_is_the_same_finding(company: Company) -> None:
    first = company.run()
    company.change("oa", "UPDATE base_customer SET khjb = 'A' WHERE khbh = 'C005'")
    company.run()
    company.change("oa", "UPDATE base_customer SET khjb = 'B' WHERE khbh = 'C005'")
    third = company.run()
    sql = "SELECT first_run, state FROM findings WHERE entity = 'customer' AND record_key = 'C005'"
    assert company.query(third, sql) == [(first.id, "open")]


def test_a_source_that_is_away_closes_nothing_and_the_next_run_recovers(
    both_worlds: Company,
) -> None:
    both_worlds.run()
    database = both_worlds.folder / "oa.sqlite"
    aside = database.rename(both_worlds.folder / "away")
    away = both_worlds.run()
    assert away.status is RunStatus.PARTIAL
    results = both_worlds.ledger.results.of_run(away.id)
    assert {r.outcome for r in results} == {Outcome.NOT_EVALUABLE}
    assert all(r.strict is None and r.reason_params["source"] == "oa" for r in results)
    assert both_worlds.states(away, "C005") == {"level": "unchecked"}
    failed = [s for s in both_worlds.ledger.steps.of_run(away.id) if s.status is StepStatus.FAILED]
    assert {s.source for s in failed} == {"oa"}

    aside.rename(database)
    back = both_worlds.run()
    assert back.status is RunStatus.SUCCEEDED
    assert both_worlds.states(back, "C005") == {"level": "open"}


def test_the_other_source_is_still_read_when_one_is_away(both_worlds: Company) -> None:
    (both_worlds.folder / "oa.sqlite").rename(both_worlds.folder / "away")
    run = both_worlds.run()
    done = [s for s in both_worlds.ledger.steps.of_run(run.id) if s.status is StepStatus.DONE]
    assert {s.entity for s in done if s.source == "crm"} == {"customer", "payment"}


def test_a_vanished_column_fails_its_entity_and_leaves_the_others(both_worlds: Company) -> None:
    both_worlds.run()
    both_worlds.change("oa", "ALTER TABLE base_customer RENAME COLUMN khjb TO dengji")
    run = both_worlds.run()
    outcomes = {r.check_name: r.outcome for r in both_worlds.ledger.results.of_run(run.id)}
    by_entity = {c.entity: outcomes[c.name] for c in both_worlds.config.checks}
    assert by_entity["customer"] is Outcome.NOT_EVALUABLE
    assert by_entity["payment"] is Outcome.FAILED
    assert both_worlds.states(run, "C005") == {"level": "unchecked"}


def test_a_table_that_did_not_change_is_not_sealed_twice(both_worlds: Company) -> None:
    first = {s.entity: s for s in both_worlds.ledger.snapshots.of_run(both_worlds.run().id)}
    both_worlds.change("crm", "UPDATE customers SET level = 'D' WHERE code = 'C001'")
    both_worlds.change("crm", "UPDATE customers SET level = 'A' WHERE code = 'C001'")
    second = both_worlds.ledger.snapshots.of_run(both_worlds.run().id)
    assert {s.kind for s in second} == {"same"}
    assert {s.file for s in second} <= {
        s.file for s in both_worlds.ledger.snapshots.history("crm", "customer")
    } | {s.file for s in first.values()} | {s.file for s in second}
    both_worlds.change("crm", "UPDATE customers SET level = 'D' WHERE code = 'C001'")
    third = both_worlds.ledger.snapshots.of_run(both_worlds.run().id)
    changed = {(s.source, s.entity) for s in third if s.kind != "same"}
    assert changed == {("crm", "customer")}


def test_two_equal_rows_added_are_seen_as_a_change(company: Company) -> None:
    company.run()
    row = "('C099', '新客户', '13800000099', '1.00', 'A', '上海分公司')"
    company.change("crm", f"INSERT INTO customers VALUES {row}, {row}")
    run = company.run()
    sql = "SELECT copies FROM findings WHERE record_key = 'C099' AND kind = 'duplicate_left'"
    assert company.query(run, sql) == [(2,)]


def test_a_damaged_snapshot_is_not_used_again(company: Company) -> None:
    first = company.run()
    snapshot = next(s for s in company.ledger.snapshots.of_run(first.id) if s.source == "crm")
    path = company.home.file(snapshot.file)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    second = company.ledger.snapshots.of_run(company.run().id)
    again = next(s for s in second if (s.source, s.entity) == ("crm", snapshot.entity))
    assert again.kind == "base"
    assert again.file != snapshot.file


def test_a_changed_mapping_reads_anew_and_compares_nothing_across_it(company: Company) -> None:
    company.run()
    path = company.folder / "governance.yaml"
    path.write_text(
        path.read_text("utf-8").replace("phone: {normalize: phone", "phone: {type: text")
    )
    run = company.run()
    snapshots = company.ledger.snapshots.of_run(run.id)
    assert {s.kind for s in snapshots if s.entity == "customer"} == {"base"}
    assert company.states(run, "C003")["phone"] == "open"


def declare_lag(company: Company) -> None:
    path = company.folder / "governance.yaml"
    text = path.read_text("utf-8").replace("    weight: 8\n", "    weight: 8\n    lag: 36h\n", 1)
    path.write_text(text, "utf-8")


def test_differences_younger_than_the_declared_lag_are_pending(company: Company) -> None:
    declare_lag(company)
    company.run()
    company.change("oa", "UPDATE base_customer SET khjb = 'X' WHERE khbh = 'C001'")
    second = company.run()
    assert company.states(second, "C001") == {"level": "pending"}
    sql = "SELECT strict, adjusted FROM pairs WHERE entity = 'customer'"
    ((strict, adjusted),) = company.query(second, sql)
    assert adjusted == pytest.approx(strict + 1 / 16)
    assert company.states(company.run(), "C001") == {"level": "pending"}
    fourth = company.run()
    assert company.states(fourth, "C001") == {"level": "open"}
    ((strict, adjusted),) = company.query(fourth, sql)
    assert strict == adjusted


def test_nothing_is_pending_at_the_very_first_look(company: Company) -> None:
    declare_lag(company)
    first = company.run()
    assert company.states(first, "C005") == {"level": "open"}
    assert company.states(company.run(), "C005") == {"level": "open"}


def test_one_check_alone_reads_only_what_it_needs(both_worlds: Company) -> None:
    check = next(c for c in both_worlds.config.checks if c.entity == "payment")
    run = both_worlds.run(checks=(check.name,))
    assert [r.check_name for r in both_worlds.ledger.results.of_run(run.id)] == [check.name]


def test_a_check_without_reading_uses_the_newest_snapshots(company: Company) -> None:
    first = company.run()
    second = company.run(sources=())
    assert company.ledger.snapshots.of_run(second.id) == company.ledger.snapshots.of_run(first.id)
    assert second.status is RunStatus.SUCCEEDED


def test_a_check_over_a_source_never_read_is_not_evaluable(company: Company) -> None:
    run = company.run(sources=("crm",))
    results = company.ledger.results.of_run(run.id)
    assert {r.outcome for r in results} == {Outcome.NOT_EVALUABLE}


def test_empty_on_both_sides_is_not_evaluable_never_perfect(company: Company) -> None:
    company.change("crm", "DELETE FROM customers")
    company.change("oa", "DELETE FROM base_customer")
    run = company.run()
    check = next(c for c in company.config.checks if c.entity == "customer")
    result = next(r for r in company.ledger.results.of_run(run.id) if r.check_name == check.name)
    assert (result.outcome, result.strict) == (Outcome.NOT_EVALUABLE, None)


def test_a_stopped_run_keeps_nothing(company: Company) -> None:
    company.stop = lambda: True
    run = company.run()
    assert (run.status, run.file) == (RunStatus.STOPPED, None)
    assert company.ledger.results.of_run(run.id) == ()
    company.stop = lambda: False
    assert company.run().status is RunStatus.SUCCEEDED


def test_a_run_whose_lease_went_to_another_cannot_finish(company: Company) -> None:
    later = START + timedelta(days=2000)
    assert company.ledger.leases.acquire("other", now=later) is not None
    with pytest.raises(LedgerRefused):
        company.run()
    assert company.ledger.runs.last_sealed() is None


def test_a_stop_while_rows_are_prepared_lets_go_of_the_source_at_once(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    at: list[float] = []

    def endless(con: Any, *_: Any) -> None:
        at.append(time.monotonic())
        con.execute("SELECT sum(hash(a.range, b.range)) FROM range(1000000000) a, range(1000) b")

    monkeypatch.setattr(snapshots, "prepare", endless)
    company.stop = lambda: bool(at)
    run = company.run()
    assert run.status is RunStatus.STOPPED
    assert time.monotonic() - min(at) < 5
    steps = company.ledger.steps.of_run(run.id)
    assert {s.code for s in steps} == {"source.stopped"}
