"""Drift is told once it shows, keeps its day, and goes away with its cause or after two weeks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from checks.outcome import Outcome
from governance.ledger.rows import RunRow, RunStatus
from governance.reading import Desk, Filters
from governance.reading.model import State
from tests.cast import LEADER
from tests.runs.conftest import START, Company

Told = tuple[str, str | None, str | None, str | None, str]


def drift(company: Company, run: RunRow, *more: str) -> list[tuple[Any, ...]]:
    """Kind, column, before, after, state of the run's drift, and `more` columns of it."""
    if run.file is None:
        return []
    columns = ", ".join(("kind", "field", "left_value", "right_value", "state", *more))
    return company.query(
        run, f"SELECT {columns} FROM findings WHERE check_name = 'drift' ORDER BY ALL"
    )


def look(company: Company, *sources: str) -> RunRow:
    """A run that reads, and compares nothing."""
    return company.run(checks=(), sources=sources or ("crm",))


def fill(company: Company, count: int, first: int = 0) -> None:
    """Some hundred customers more in the CRM."""
    company.change(
        "crm",
        "WITH RECURSIVE n(i) AS (SELECT ? UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)"
        " INSERT INTO customers SELECT 'N' || i, '客户' || i, '139' || (10000000 + i),"
        " '1.00', char(65 + i % 4), '上海分公司' FROM n",
        first,
        first + count,
    )


def test_a_first_run_and_an_unchanged_one_tell_no_drift(company: Company) -> None:
    assert drift(company, look(company)) == []
    assert drift(company, look(company)) == []


def test_columns_that_come_go_and_change_type_are_told(company: Company) -> None:
    company.change("crm", "ALTER TABLE customers ADD COLUMN old TEXT")
    look(company)
    company.change("crm", "ALTER TABLE customers DROP COLUMN old")
    company.change("crm", "ALTER TABLE customers ADD COLUMN new INTEGER")
    retype(company, "level", "VARCHAR(9)")
    run = look(company)
    assert drift(company, run, "severity", "class", "left_source", "right_source") == [
        ("column_added", "new", None, "INTEGER", "open", "low", "unmapped", "crm", ""),
        ("column_removed", "old", "TEXT", None, "open", "low", "unmapped", "crm", ""),
        ("column_retyped", "level", "TEXT", "VARCHAR(9)", "open", "high", "mapped", "crm", ""),
    ]


def retype(company: Company, column: str, kind: str) -> None:
    """Give a CRM customer's column another type; its values stay."""
    company.change("crm", f"ALTER TABLE customers ADD COLUMN aside {kind}")
    company.change("crm", f"UPDATE customers SET aside = {column}")
    company.change("crm", f"ALTER TABLE customers DROP COLUMN {column}")
    company.change("crm", f"ALTER TABLE customers RENAME COLUMN aside TO {column}")


def test_a_change_that_is_taken_back_is_gone_once_and_then_forgotten(company: Company) -> None:
    look(company)
    company.change("crm", "ALTER TABLE customers ADD COLUMN new TEXT")
    first = look(company)
    kept = drift(company, look(company), "first_run")
    assert kept == [("column_added", "new", None, "TEXT", "open", first.id)]
    company.change("crm", "ALTER TABLE customers DROP COLUMN new")
    states = {row[0]: row[4] for row in drift(company, look(company))}
    assert states == {"column_added": "gone", "column_removed": "open"}
    assert [row[0] for row in drift(company, look(company))] == ["column_removed"]


def test_after_two_weeks_a_change_is_how_the_table_is(company: Company) -> None:
    look(company)
    company.change("crm", "ALTER TABLE customers ADD COLUMN new TEXT")
    look(company)
    company.day += 12
    assert [row[4] for row in drift(company, look(company))] == ["open"]
    assert [row[4] for row in drift(company, look(company))] == ["gone"]
    assert drift(company, look(company)) == []


def test_a_renamed_column_is_known_by_its_values(company: Company) -> None:
    company.run()
    company.change("oa", "ALTER TABLE base_customer RENAME COLUMN khjb TO dengji")
    company.change("oa", "ALTER TABLE base_customer ADD COLUMN beizhu TEXT")
    run = company.run()
    assert drift(company, run, "severity", "display") == [
        ("column_added", "beizhu", None, "TEXT", "open", "low", None),
        ("column_renamed", "khjb", "khjb", "dengji", "open", "high", "1.0000"),
    ]
    (failed,) = (s for s in company.ledger.steps.of_run(run.id) if s.code)
    assert failed.code == "source.columns_renamed"
    assert failed.params["renamed"] == "khjb → dengji (100 %)"


def test_a_rename_is_told_until_the_mapping_follows(company: Company) -> None:
    look(company, "oa")
    company.change("oa", "ALTER TABLE base_customer RENAME COLUMN khjb TO dengji")
    first = look(company, "oa")
    company.day += 20
    late = look(company, "oa")
    assert drift(company, late, "first_run") == [
        ("column_renamed", "khjb", "khjb", "dengji", "open", first.id)
    ]
    path = company.folder / "governance.yaml"
    path.write_text(path.read_text("utf-8").replace("khjb", "dengji"), "utf-8")
    assert [row[4] for row in drift(company, look(company, "oa"))] == ["gone"]
    assert drift(company, look(company, "oa")) == []


def test_a_vanished_column_that_became_nothing_is_removed(company: Company) -> None:
    look(company, "oa")
    company.change("oa", "ALTER TABLE base_customer DROP COLUMN khjb")
    company.change("oa", "ALTER TABLE base_customer ADD COLUMN beizhu TEXT DEFAULT '无'")
    told = drift(company, look(company, "oa"), "severity")
    assert told == [
        ("column_added", "beizhu", None, "TEXT", "open", "low"),
        ("column_removed", "khjb", "TEXT", None, "open", "high"),
    ]


def test_a_vanished_key_is_recognised_as_well(company: Company) -> None:
    look(company, "oa")
    company.change("oa", "ALTER TABLE base_customer RENAME COLUMN khbh TO kehubianhao")
    told = drift(company, look(company, "oa"), "severity")
    assert told == [("column_renamed", "khbh", "khbh", "kehubianhao", "open", "critical")]


def test_rows_that_vanish_are_told_and_come_back(company: Company) -> None:
    fill(company, 200)
    look(company)
    company.change("crm", "DELETE FROM customers WHERE code LIKE 'N1%'")
    look(company)
    third = look(company)
    assert drift(company, third, "severity", "class") == [
        ("volume_jump", None, "213", "102", "open", "high", None)
    ]
    fill(company, 90)
    assert [row[4] for row in drift(company, look(company))] == ["gone"]
    assert drift(company, look(company)) == []


def test_an_emptied_table_is_told_however_small(both_worlds: Company) -> None:
    look(both_worlds)
    both_worlds.change("crm", "DELETE FROM payments")
    assert drift(both_worlds, look(both_worlds), "severity") == [
        ("volume_jump", None, "12", "0", "open", "critical")
    ]


def test_a_field_that_is_empty_all_at_once_is_told(company: Company) -> None:
    fill(company, 200)
    look(company)
    company.change("crm", "UPDATE customers SET phone = '' WHERE code LIKE 'N1%'")
    told = drift(company, look(company), "severity", "class")
    assert told == [("null_share_jump", "phone", "0.0000", "0.5211", "open", "medium", "mapped")]
    company.change("crm", "UPDATE customers SET phone = '13800000000' WHERE code LIKE 'N1%'")
    assert [row[4] for row in drift(company, look(company))] == ["gone"]


def test_what_each_week_brings_is_no_jump(company: Company) -> None:
    fill(company, 300)
    look(company)
    company.day += 5
    company.change("crm", "DELETE FROM customers WHERE code LIKE 'N%'")
    assert [row[0] for row in drift(company, look(company))] == ["volume_jump"]
    fill(company, 300)
    assert [row[4] for row in drift(company, look(company))] == ["gone"]
    company.day += 5
    company.change("crm", "DELETE FROM customers WHERE code LIKE 'N%'")
    assert drift(company, look(company)) == []


def test_what_a_run_did_not_see_is_carried_on(company: Company) -> None:
    company.run()
    company.change("oa", "ALTER TABLE base_customer ADD COLUMN new TEXT")
    first = company.run()
    (company.folder / "oa.sqlite").rename(company.folder / "away")
    away = company.run()
    assert away.status is RunStatus.PARTIAL
    assert drift(company, away, "last_run") == [
        ("column_added", "new", None, "TEXT", "open", first.id)
    ]
    (company.folder / "away").rename(company.folder / "oa.sqlite")
    assert len(drift(company, company.run(sources=()))) == 1


def test_a_run_that_only_reads_tells_drift_too(company: Company) -> None:
    look(company)
    company.change("crm", "ALTER TABLE customers ADD COLUMN new TEXT")
    run = company.run(checks=(), sources=("crm",))
    assert [row[0] for row in drift(company, run)] == ["column_added"]
    assert company.run(checks=(), sources=("oa",)).file is not None
    (metric,) = company.ledger.results.metrics_of_run(run.id)
    assert (metric.check_name, metric.name, metric.value) == ("drift", "open", 1)


def test_a_run_that_only_reads_and_finds_nothing_seals_nothing(company: Company) -> None:
    look(company)
    assert company.run(checks=(), sources=("crm",)).file is None


def test_a_table_taken_out_of_the_configuration_drifts_no_more(both_worlds: Company) -> None:
    look(both_worlds)
    both_worlds.change("crm", "ALTER TABLE payments ADD COLUMN new TEXT")
    look(both_worlds)
    path = both_worlds.folder / "governance.yaml"
    text = path.read_text("utf-8")
    path.write_text(text[: text.index("  payment:\n")], "utf-8")
    assert [row[4] for row in drift(both_worlds, look(both_worlds))] == ["gone"]
    assert drift(both_worlds, look(both_worlds)) == []


def test_a_damaged_run_file_is_no_past_and_breaks_nothing(company: Company) -> None:
    first = company.run(checks=(), sources=("crm",))
    assert first.file is None
    company.change("crm", "ALTER TABLE customers ADD COLUMN new TEXT")
    second = company.run(checks=(), sources=("crm",))
    assert second.file is not None
    path = company.home.file(second.file)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    third = company.run(checks=(), sources=("crm",))
    assert third.status is RunStatus.SUCCEEDED
    assert third.file is None


@pytest.mark.parametrize("checks", [None, ["customer", "payment"]])
def test_no_list_of_findings_shows_drift(both_worlds: Company, checks: list[str] | None) -> None:
    both_worlds.run()
    desk = Desk(both_worlds.home, both_worlds.ledger.database)
    every = Filters(state=tuple(State))
    before = {f.finding_id for f in desk.view(LEADER, checks).every(every)}
    fill(both_worlds, 1)
    both_worlds.change("oa", "ALTER TABLE base_customer ADD COLUMN new TEXT")
    run = both_worlds.run()
    view = desk.view(LEADER, checks)
    assert before < {f.finding_id for f in view.every(every)}
    assert {f.check for f in view.every(every)} == {"customer", "payment"}
    assert len(drift(both_worlds, run)) == 1
    assert {r.check_name for r in both_worlds.ledger.results.of_run(run.id)} == {
        "customer",
        "payment",
    }
    desk.close()


def test_drift_changes_no_outcome(company: Company) -> None:
    before = company.ledger.results.of_run(company.run().id)
    company.change("oa", "ALTER TABLE base_customer ADD COLUMN new TEXT")
    after = company.ledger.results.of_run(company.run().id)
    told = [(r.check_name, r.outcome, r.strict, r.open_findings) for r in before]
    assert [(r.check_name, r.outcome, r.strict, r.open_findings) for r in after] == told
    assert Outcome.FAILED in {r.outcome for r in after}


def test_what_each_night_brings_is_no_jump(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table that is filled by day and emptied by night, looked at twice a day."""

    def day_of_two_runs() -> list[str]:
        states = []
        for hour in (0, 12):
            monkeypatch.setattr("tests.runs.conftest.START", START + timedelta(hours=hour))
            if hour:
                fill(company, 300)
            else:
                company.change("crm", "DELETE FROM customers WHERE code LIKE 'N%'")
            states += [row[4] for row in drift(company, look(company))]
            company.day -= 1
        company.day += 1
        return states

    assert day_of_two_runs() == ["open"]
    company.day += 6
    assert day_of_two_runs() == ["gone"]
