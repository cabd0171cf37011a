"""Retention takes whole chains, says so, and never what anything refers to."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from governance.config.model import Retention
from governance.ledger.retention import MARKED, REMOVED, Aged
from governance.ledger.rows import RunRow, RunStatus
from governance.reading import Desk, Record, record
from governance.worker.retention import GRACE, LEAP, sweep
from tests.reading.build import ALICE
from tests.runs.conftest import START, Company, founded
from tests.worlds import settle

KEEP = Retention(snapshots=timedelta(days=10), runs=timedelta(days=20))
TABLES = {"crm": ("customers", "payments"), "oa": ("base_customer", "form_payment")}


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eleven runs three days apart; before every other one the OA's customers all change."""
    folder = tmp_path_factory.mktemp("years")
    (folder / "company").mkdir()
    settle(folder / "company")
    company = founded(folder / "company", folder / "home")
    for run in range(11):
        if run % 2 == 0:
            company.change("oa", "UPDATE base_customer SET khmc = khmc || 'x'")
        company.day = run * 3
        company.run()
    company.ledger.leases.release(company.fence, now=START + timedelta(days=company.day))
    company.ledger.close()
    return folder


@pytest.fixture
def company(years: Path, tmp_path: Path) -> Company:
    """That company, a copy of its own; its lease is held."""
    for name in ("company", "home"):
        shutil.copytree(years / name, tmp_path / name)
    return founded(tmp_path / "company", tmp_path / "home", day=33)


def swept(company: Company, **more: timedelta) -> Aged:
    now = START + timedelta(days=company.day) + more.get("later", timedelta())
    return sweep(company.ledger, company.home, KEEP, fence=company.fence, now=now)


def files(company: Company, folder: str) -> int:
    return sum(path.is_file() for path in (company.home.path / folder).rglob("*"))


def settled(company: Company) -> None:
    """Nothing differs any more, so that no finding refers to what was."""
    for source, tables in TABLES.items():
        for table in tables:
            company.change(source, f"DELETE FROM {table}")
    company.run()
    company.run()


def test_old_chains_and_runs_are_marked_then_removed_after_a_grace(company: Company) -> None:
    settled(company)
    taken = company.ledger.snapshots.history("oa", "customer")
    before = files(company, "snapshots"), files(company, "runs")

    aged = swept(company)
    assert aged.chains
    assert aged.runs
    assert (files(company, "snapshots"), files(company, "runs")) == before
    left = company.ledger.snapshots.history("oa", "customer")
    assert {s.base_id for s in left} == {s.base_id for s in taken} - set(aged.chains)
    assert swept(company) == Aged((), ())

    swept(company, later=GRACE)
    assert files(company, "snapshots") < before[0]
    assert files(company, "runs") == before[1] - len(aged.runs)
    for snapshot in left:
        assert company.home.file(snapshot.file).is_file()
    assert company.ledger.retention.last_pruned("oa", "customer") == max(
        s.taken_at for s in taken if s.base_id in aged.chains
    )
    first = company.ledger.audit.recent(action=MARKED)[-1]
    assert first.detail == {"chains": list(aged.chains), "runs": list(aged.runs)}
    (gone,) = company.ledger.audit.recent(action=REMOVED)
    assert {f"runs/{number}.duckdb" for number in aged.runs} < set(gone.detail["files"])


def test_what_an_open_finding_refers_to_stays(company: Company) -> None:
    swept(company)
    first = company.ledger.runs.get(1)
    assert first is not None
    assert first.pruned_at is None
    for snapshot in company.ledger.snapshots.of_run(first.id):
        assert snapshot.pruned_at is None


def held(company: Company) -> RunRow:
    settled(company)
    run = company.ledger.runs.get(3)
    assert run is not None
    return run


def test_what_is_held_for_evidence_stays(company: Company) -> None:
    run = held(company)
    company.ledger.retention.hold(ALICE, "evidence", "pack 1", now=START, run_id=run.id)
    aged = swept(company)
    assert aged.runs
    assert run.id not in aged.runs
    kept = {s.base_id for s in company.ledger.snapshots.of_run(run.id)}
    assert not kept & set(aged.chains)


def test_a_held_snapshot_keeps_its_whole_chain(company: Company) -> None:
    run = held(company)
    (one, *_) = company.ledger.snapshots.of_run(run.id)
    company.ledger.retention.hold(ALICE, "review", "2026", now=START, snapshot_id=one.id)
    assert one.base_id not in swept(company).chains


def test_a_clock_that_leaps_ahead_takes_nothing_but_what_is_old(company: Company) -> None:
    held(company)
    normal = swept(company, later=timedelta(days=-1))
    leapt = swept(company, later=timedelta(days=5000))
    # Counted to a week after the run before, the leap has added no more than that week.
    last = START + timedelta(days=company.day - 2) + LEAP - KEEP.runs
    ended = [company.ledger.runs.get(number) for number in leapt.runs]
    assert normal.runs
    assert all(run is not None and run.as_of is not None and run.as_of < last for run in ended)
    assert len(normal.runs) + len(leapt.runs) < 11


def test_a_run_after_retention_builds_on_what_is_left(company: Company) -> None:
    held(company)
    swept(company)
    swept(company, later=GRACE)
    company.change("oa", "INSERT INTO base_customer (khbh, khmc) VALUES ('C1', 'a')")
    run = company.run()
    # The payments are empty on both sides, which is not evaluable.
    assert run.status is RunStatus.PARTIAL
    standing = "SELECT kind FROM findings WHERE state <> 'gone' AND check_name <> 'drift'"
    assert company.query(run, standing) == [("only_right",)]


def test_a_records_history_says_where_it_was_cut(company: Company) -> None:
    def looked_at() -> Record:
        desk = Desk(company.home, company.ledger.database)
        entity = company.config.entity("customer")
        found = record(desk.view(ALICE), entity, "crm~oa", "C1", ZoneInfo("Asia/Shanghai"))
        desk.close()
        assert found is not None
        return found

    settled(company)
    company.change("oa", "INSERT INTO base_customer (khbh, khmc) VALUES ('C1', 'a')")
    company.run()
    assert looked_at().pruned is None
    swept(company)
    cut = looked_at().pruned
    assert cut is not None
    assert START < cut < START + timedelta(days=33)


def test_nothing_is_taken_where_the_newest_results_are_damaged(company: Company) -> None:
    run = held(company)
    newest = company.ledger.runs.last_sealed()
    assert newest is not None
    assert newest.file is not None
    path = company.home.file(newest.file)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    with pytest.raises(Exception, match="tampered"):
        swept(company)
    assert company.ledger.runs.get(run.id) == run
