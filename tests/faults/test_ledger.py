"""A ledger that is locked, and one put back from yesterday while newer sealed files lie around."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest

from governance.access import local_operator
from governance.cli import call
from governance.cli.common import load_config
from governance.ledger import engine
from governance.ledger.rows import RunRow, RunStatus, Trigger
from governance.reading import Desk, Filters, record
from governance.store.sealed import digest
from governance.worker.run_now import Watch, run_now
from tests.faults import victims
from tests.faults.killing import change
from tests.faults.truth import Truth
from tests.faults.victims import Place, kill, start
from tests.worker.child import until


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for the write lock gives up soon."""
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.2)


@pytest.fixture
def lock(place: Place) -> Iterator[sqlite3.Connection]:
    """Another program that holds the ledger's write lock until it is told to let go."""
    place.ledger().close()
    path = place.folder / "var" / "ledger.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


def test_a_command_says_that_the_ledger_is_locked_and_who_reads_does_not_wait(
    place: Place,
    quick: None,
    lock: sqlite3.Connection,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DUIQI_HOME", str(place.folder / "var"))
    monkeypatch.setenv("DUIQI_LANG", "en")
    words = ["--config", str(place.config)]
    assert call("run", words) == 2
    said = capsys.readouterr().err
    assert "locked" in said
    assert len(said.splitlines()) == 1, said
    call("status", words)
    assert capsys.readouterr().err == ""
    lock.execute("ROLLBACK")
    assert call("run", words) == 0


def test_a_worker_outlasts_a_locked_ledger(
    place: Place, lock: sqlite3.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    lock.execute("ROLLBACK")
    ledger = place.ledger()
    worker = start(victims.work_with_little_patience, place)
    try:
        until(lambda: ledger.runs.last_sealed(), "a run")
        for _ in range(2):
            lock.execute("BEGIN IMMEDIATE")
            until(lambda: "trying again" in (place.folder / "log").read_text(), "its complaint")
            lock.execute("ROLLBACK")
            (place.folder / "log").write_text("")
            place.clock.move(timedelta(seconds=31))
            last = ledger.runs.last_sealed()
            until(lambda: ledger.runs.last_sealed() != last, "a run afterwards")  # noqa: B023
        assert worker.is_alive()
    finally:
        kill(worker)
    assert "Traceback" not in (place.folder / "log").read_text()
    assert Truth(ledger, place.home()).visible() == []
    ledger.close()


class History:
    """Runs over an OA that changes before each."""

    def __init__(self, place: Place) -> None:
        self.place, self.changes = place, 0
        self.file = place.folder / "var" / "ledger.sqlite"

    def live(self, runs: int) -> list[RunRow]:
        ledger, bench = self.place.bench()
        watch, config = Watch(lambda _run: None, threading.Event()), load_config(self.place.config)
        ended = []
        for _ in range(runs):
            self.changes += 1
            change(self.place.folder / "oa.sqlite", self.changes)
            ended.append(run_now(bench, config, (), local_operator(), watch))
        assert {run.status for run in ended} == {RunStatus.SUCCEEDED}
        ledger.close()
        return ended

    def sealed(self) -> dict[str, str]:
        """Every file that lies among the sealed ones, with its digest."""
        home = self.place.folder / "var"
        return {
            path.relative_to(home).as_posix(): digest(path)
            for folder in ("runs", "snapshots")
            for path in (home / folder).rglob("*.duckdb")
        }

    def copy(self) -> None:
        """As the operations guide says."""
        with (
            closing(sqlite3.connect(self.file)) as now,
            closing(sqlite3.connect(self.place.folder / "copy")) as to,
        ):
            now.backup(to)

    def put_back(self) -> None:
        for name in ("ledger.sqlite-wal", "ledger.sqlite-shm"):
            self.file.with_name(name).unlink(missing_ok=True)
        shutil.copy(self.place.folder / "copy", self.file)


def test_a_ledger_of_yesterday_gives_its_numbers_again_and_erases_nothing(place: Place) -> None:
    history = History(place)
    history.live(2)
    history.copy()
    yesterday = history.sealed()
    lost = []
    for _ in range(2):  # twice: the second time fences, too, have all been there before
        newer = history.live(2)
        assert [run.id for run in newer] == [3, 4]
        lost.append({n: d for n, d in history.sealed().items() if yesterday.get(n) != d})
        history.put_back()
    assert [run.id for run in history.live(2)] == [3, 4]
    ledger = place.ledger()
    assert Truth(ledger, place.home()).settled() == []
    ledger.close()
    kept = [digest(path) for path in (place.folder / "var" / "quarantine").rglob("*.duckdb")]
    wanted = [d for files in lost for d in files.values()]
    assert sorted(kept) == sorted(wanted)


def test_an_open_dashboard_shows_the_runs_of_the_ledger_that_was_put_back(place: Place) -> None:
    history = History(place)
    history.live(1)
    history.copy()
    history.live(1)
    ledger, home = place.ledger(), place.home()
    desk, me = Desk(home, ledger.database), local_operator()

    config = load_config(place.config)

    def shown() -> set[str | None]:
        """In the list and on the record's own page, with all that it was before."""
        view = desk.view(me)
        page = view.page(Filters(state=("open",)), limit=100)
        (row,) = [row for row in page.rows if row.key_shown == "C1"]
        one = record(view, config.entity("customer"), "crm~oa", str(row.key), config.time_zone)
        assert one is not None
        here = {line.right.shown for line in one.lines if line.field == "name" and line.right}
        return {row.right_value, *here}

    assert shown() == {"n2"}
    ledger.close()
    history.put_back()
    history.live(1)
    assert shown() == {"n3"}
    desk.close()
    ledger.close()


def test_a_ledger_that_is_lost_whole_starts_anew_and_puts_everything_aside(place: Place) -> None:
    history = History(place)
    history.live(2)
    lost = history.sealed()
    for path in (place.folder / "var").glob("ledger.sqlite*"):
        path.unlink()
    assert [run.id for run in history.live(1)] == [1]
    kept = {digest(path) for path in (place.folder / "var" / "quarantine").rglob("*.duckdb")}
    assert set(lost.values()) == kept
    ledger = place.ledger()
    assert Truth(ledger, place.home()).settled() == []
    assert ledger.runs.enqueue(local_operator(), trigger=Trigger.PAGE, now=place.clock()) == 2
    ledger.close()
