"""The worker: what is queued and due gets done, once, and outlives whoever does it."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from governance.access import local_operator
from governance.cli.common import load_config
from governance.config import Config
from governance.ledger import Ledger
from governance.ledger.rows import RunRow, RunStatus, StepStatus, Trigger
from governance.worker.holder import holding, utc_now
from governance.worker.loop import Settings, Worker
from governance.worker.run_now import Watch, run_now
from governance.worker.workbench import Bench
from tests.worker.child import duiqi, start_worker, until
from tests.worker.inbox import Inbox
from tests.worker.world import CUSTOMERS, STAFF, company

ME = local_operator()
START = datetime(2026, 3, 1, 4, 10, tzinfo=UTC)


@contextmanager
def working(bench: Bench, config: Config) -> Iterator[Worker]:
    """A worker in a thread of this process."""
    settings = Settings(config.path, load_config, config)
    worker = Worker(bench, settings, threading.Event(), standby=0.1)
    thread = threading.Thread(target=worker.work)
    thread.start()
    try:
        yield worker
    finally:
        worker.stop.set()
        thread.join()


def ask(ledger: Ledger, checks: tuple[str, ...] | None = None) -> int:
    return ledger.runs.enqueue(ME, trigger=Trigger.PAGE, now=utc_now(), checks=checks)


def is_over(ledger: Ledger, run_id: int) -> Callable[[], bool]:
    return lambda: row(ledger, run_id).status.is_over


def row(ledger: Ledger, run_id: int) -> RunRow:
    found = ledger.runs.get(run_id)
    assert found is not None
    return found


def killed(process: subprocess.Popen[bytes]) -> bytes:
    """What it said on stderr, once it is gone for sure."""
    process.kill()
    return process.communicate()[1]


def test_what_is_asked_for_is_done_in_order(bench: Bench, tmp_path: Path) -> None:
    config = company(tmp_path)
    ids = [ask(bench.ledger), ask(bench.ledger, ("staff",))]
    with working(bench, config):
        until(is_over(bench.ledger, ids[1]), "the second run")
    first, second = (row(bench.ledger, run_id) for run_id in ids)
    assert first.status is second.status is RunStatus.SUCCEEDED
    assert first.finished_at is not None
    assert second.started_at is not None
    assert first.finished_at <= second.started_at
    assert [r.check_name for r in bench.ledger.results.of_run(ids[1])] == ["staff"]
    assert bench.ledger.leases.alive(now=utc_now()) is None, "given back at the end"


def test_of_the_slots_missed_while_nobody_worked_the_newest_runs_once(
    bench: Bench, tmp_path: Path
) -> None:
    config = company(tmp_path, schedule="schedule: {every: 1h}")
    (job,) = (name for name in ["schedule every 3600s"])
    with working(replace(bench, clock=lambda: START), config):
        until(lambda: bench.ledger.slots.of_job(job), "the first look at the schedule")
    assert bench.ledger.runs.recent() == (), "slots before the schedule was there were not missed"
    later = START + timedelta(hours=3)
    for _ in range(2):
        with working(replace(bench, clock=lambda: later), config):
            until(lambda: bench.ledger.runs.last_over(), "the missed slot")
            until(lambda: bench.ledger.runs.next_queued() is None, "an empty queue")
    (run,) = bench.ledger.runs.recent()
    assert (run.trigger, run.status) == (Trigger.SCHEDULE, RunStatus.SUCCEEDED)
    assert bench.ledger.slots.of_job(job) == (
        (START.replace(minute=0), None),
        (START.replace(minute=0) + timedelta(hours=3), run.id),
    )


def test_a_killed_worker_leaves_a_failed_run_and_the_queue_goes_on(
    bench: Bench, tmp_path: Path, postgres_url: str
) -> None:
    config = company(tmp_path, crm_url=postgres_url)
    with locked_crm(postgres_url) as unlock:
        worker = start_worker(config.path)
        stuck, waiting = ask(bench.ledger), ask(bench.ledger, ("staff",))
        until(lambda: reading(bench.ledger, stuck, "crm"), "the read of the CRM to begin")
        killed(worker)
        unlock()
    assert row(bench.ledger, stuck).status is RunStatus.RUNNING
    worker = start_worker(config.path)
    try:
        until(is_over(bench.ledger, waiting), "the run that waited")
    finally:
        said = killed(worker)
    dead = row(bench.ledger, stuck)
    assert (dead.status, dead.error_code) == (RunStatus.FAILED, "ledger.run_abandoned")
    assert dead.file is None
    assert row(bench.ledger, waiting).status is RunStatus.SUCCEEDED, said
    broken = [s for s in bench.ledger.steps.of_run(stuck) if s.status is not StepStatus.DONE]
    assert {step.code for step in broken} == {"ledger.run_abandoned"}


def test_what_a_killed_worker_left_in_the_store_is_tidied(bench: Bench, tmp_path: Path) -> None:
    config = company(tmp_path)
    old, orphan = bench.home.tmp / "1-0a0b.duckdb", bench.home.file("runs/77.duckdb")
    done = run_now(bench, config, (), ME, Watch(lambda _: None, threading.Event()))
    assert done.file is not None
    old.write_bytes(b"half")
    orphan.write_bytes(b"never committed")
    young = bench.home.tmp / "99-0a0b.duckdb"
    young.write_bytes(b"of a newer fence")
    with working(bench, config):
        until(lambda: not orphan.exists(), "the orphan to be put aside")
        until(lambda: not old.exists(), "the half file to be removed")
    assert young.exists()
    aside = list((bench.home.path / "quarantine").rglob("77.duckdb"))
    assert [path.read_bytes() for path in aside] == [b"never committed"]
    assert bench.home.file(done.file).exists()
    assert all(bench.home.file(s.file).exists() for s in bench.ledger.snapshots.of_run(done.id))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_stop_it_stops_the_read_under_way_and_says_so(
    bench: Bench, tmp_path: Path, postgres_url: str, number: signal.Signals
) -> None:
    config = company(tmp_path, crm_url=postgres_url)
    with locked_crm(postgres_url):
        worker = duiqi("worker", "--config", str(config.path))
        run = ask(bench.ledger)
        until(lambda: reading(bench.ledger, run, "crm"), "the read of the CRM to begin")
        worker.send_signal(number)
        _, said = worker.communicate(timeout=60)
    assert worker.returncode == 0, said
    stopped = row(bench.ledger, run)
    assert (stopped.status, stopped.file) == (RunStatus.STOPPED, None)
    assert bench.ledger.leases.alive(now=utc_now()) is None
    assert bench.ledger.alerts.recent() == (), "to stop is no failure"
    assert b"Traceback" not in said


def test_a_broken_edit_is_told_and_not_used_until_it_is_mended(
    bench: Bench, tmp_path: Path, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERT_URL", inbox.url)
    config = company(tmp_path, alerts='alerts: {channels: ["${ALERT_URL}"]}')
    good = config.path.read_text("utf-8")
    with working(bench, config) as worker:
        until(lambda: bench.ledger.leases.alive(now=utc_now()), "the worker")
        config.path.write_text(good.replace("entity: person", "entity: persom"), "utf-8")
        until(lambda: len(inbox.messages) == 1, "word of the broken edit")
        run = ask(bench.ledger)
        until(is_over(bench.ledger, run), "a run all the same")
        assert len(bench.ledger.results.of_run(run)) == 2
        config.path.write_text(good.replace("schedule:", "# schedule:") + "\n# 已修正\n", "utf-8")
        until(lambda: len(inbox.messages) == 2, "word that it is over")
        assert worker.settings.problem is None
    assert "修改后的配置未生效" in inbox.messages[0][1]
    assert "已恢复" in inbox.messages[1][1]


def test_an_edit_is_in_force_without_a_restart(bench: Bench, tmp_path: Path) -> None:
    config = company(tmp_path)
    text = config.path.read_text("utf-8")
    with working(bench, config):
        until(lambda: bench.ledger.leases.alive(now=utc_now()), "the worker")
        staff = text.index("  staff: {entity")
        config.path.write_text(text[:staff] + "  people: {entity: person}\n", "utf-8")
        run = ask(bench.ledger)
        until(is_over(bench.ledger, run), "the run")
    names = [result.check_name for result in bench.ledger.results.of_run(run)]
    assert names == ["customers", "people"]


def test_an_edit_of_a_used_file_is_noticed(bench: Bench, tmp_path: Path) -> None:
    config = company(tmp_path)
    text = config.path.read_text("utf-8")
    checks = text.index("checks:")
    used = tmp_path / "ours.yaml"
    used.write_text("version: 1\n" + text[checks:], "utf-8")
    config.path.write_text(text[:checks] + "use: [ours.yaml]\n", "utf-8")
    settings = Settings(config.path, load_config, load_config(config.path))
    assert settings.changed()
    assert not settings.changed()
    used.write_text(used.read_text("utf-8").replace("strict: 0.9", "strict: 0.5"), "utf-8")
    assert settings.changed()
    assert settings.reload()
    assert str(settings.config.check("customers").thresholds.strict) == "0.5"


def test_a_defect_ends_its_run_alone_and_its_message_is_kept_out_of_the_log(
    bench: Bench, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = company(tmp_path)

    def broken_once(*words: object, **named: object) -> object:
        if words[3] == 1:
            raise RuntimeError("postgresql://u:hunter2@db/crm")
        return bench.execute(*words, **named)  # type: ignore[arg-type]

    first, second = ask(bench.ledger), ask(bench.ledger, ("staff",))
    with working(replace(bench, execute=broken_once), config):
        until(is_over(bench.ledger, second), "the run after the broken one")
    failed = row(bench.ledger, first)
    assert (failed.status, failed.error_code) == (RunStatus.FAILED, "worker.unexpected")
    assert failed.error_params == {"kind": "RuntimeError"}
    assert row(bench.ledger, second).status is RunStatus.SUCCEEDED
    assert "broken_once" in caplog.text
    assert "hunter2" not in caplog.text
    assert [alert.subject for alert in bench.ledger.alerts.recent()] == ["run"]


def test_who_loses_the_lease_is_told(bench: Bench) -> None:
    with holding(bench.ledger, "worker", clock=utc_now, ttl=timedelta(seconds=0.6)) as held:
        assert held is not None
        far = utc_now() + timedelta(days=1)
        assert bench.ledger.leases.acquire("another", now=far) == held.fence + 1
        until(held.lost.is_set, "word that the lease is lost")
    alive = bench.ledger.leases.alive(now=far)
    assert alive is not None
    assert alive.holder == "another", "only ones own lease is given back"


def test_the_lease_is_kept_while_a_long_run_goes_on(bench: Bench) -> None:
    with holding(bench.ledger, "worker", clock=utc_now, ttl=timedelta(seconds=0.6)) as held:
        assert held is not None
        end = utc_now() + timedelta(seconds=2)
        until(lambda: utc_now() > end, "three times the lease's length")
        assert not held.lost.is_set()
        assert bench.ledger.leases.alive(now=utc_now()) is not None


def reading(ledger: Ledger, run_id: int, source: str) -> bool:
    """Whether the run has begun to read `source` and is at it still."""
    steps = ledger.steps.of_run(run_id)
    return any(s.source == source and s.status is StepStatus.RUNNING for s in steps)


@contextmanager
def locked_crm(url: str) -> Iterator[Callable[[], None]]:
    """A CRM in PostgreSQL whose tables a transaction holds, so that a read of them waits."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as maker:
        for table, column, rows in (("customers", "title", CUSTOMERS), ("staff", "name", STAFF)):
            maker.execute(f"CREATE TABLE {table} (no text, {column} text)")
            with maker.cursor() as cursor:
                cursor.executemany(f"INSERT INTO {table} VALUES (%s, %s)", rows)
    with psycopg.connect(url) as holder:
        holder.execute("LOCK TABLE customers, staff IN ACCESS EXCLUSIVE MODE")
        yield holder.rollback
        holder.rollback()
