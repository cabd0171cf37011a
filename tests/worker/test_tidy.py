"""What the holder of the lease tidies, and what it leaves alone."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from governance.access import local_operator
from governance.ledger import LedgerRefused
from governance.ledger.rows import RunStatus
from governance.worker import retention
from governance.worker.holder import utc_now
from governance.worker.run_now import Watch, run_now
from governance.worker.tidy import clean_up
from governance.worker.workbench import Bench
from tests.worker.world import company


def gone() -> int:
    """The number of a process that is no more."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_what_dead_processes_laid_down_is_removed_and_what_living_ones_did_is_not(
    bench: Bench,
) -> None:
    fence = bench.ledger.leases.acquire("tests", now=utc_now())
    assert fence is not None
    bench.home.secret()
    bench.home.spill.mkdir()
    dead, alive = gone(), os.getpid()
    removed = [
        bench.home.spill / f"duckdb_temp_{dead}_0_storage_DEFAULT-0.tmp",
        bench.home.spill / f"duckdb_temp_{dead}_0_owner",
        bench.home.spill / f"duiqi-{dead}-ab12cd",
        bench.home.tmp / f"secret-{'0' * 32}",
    ]
    kept = [
        bench.home.spill / f"duckdb_temp_{alive}_0_storage_DEFAULT-0.tmp",
        bench.home.spill / f"duiqi-{alive}-ab12cd",
        bench.home.spill / "what.else",
        bench.home.tmp / "what.else",
    ]
    for path in (*removed, *kept):
        path.write_bytes(b"rows")
    clean_up(bench.ledger, bench.home, fence)
    assert [path for path in removed if path.exists()] == []
    assert [path for path in kept if not path.exists()] == []


def test_an_orphan_never_overwrites_another_in_quarantine(bench: Bench) -> None:
    fence = bench.ledger.leases.acquire("tests", now=utc_now())
    assert fence is not None
    orphan = bench.home.file("runs/7.duckdb")
    for content in (b"first", b"second", b"third"):
        orphan.write_bytes(content)
        clean_up(bench.ledger, bench.home, fence)
    aside = bench.home.path / "quarantine" / str(fence) / "runs"
    assert {path.name: path.read_bytes() for path in aside.iterdir()} == {
        "7.duckdb": b"first",
        "7-2.duckdb": b"second",
        "7-3.duckdb": b"third",
    }


def test_who_lost_the_lease_moves_nothing(bench: Bench) -> None:
    """It may have slept since it looked; what another seals meanwhile is not its to judge."""
    fence = bench.ledger.leases.acquire("slow", now=utc_now())
    assert fence is not None
    assert bench.ledger.leases.acquire("next", now=utc_now() + timedelta(hours=1))
    sealed_by_next = bench.home.file("runs/7.duckdb")
    sealed_by_next.write_bytes(b"about to be committed")
    with pytest.raises(LedgerRefused):
        clean_up(bench.ledger, bench.home, fence)
    assert sealed_by_next.exists()


def test_a_defect_in_taking_away_fails_no_run(
    bench: Bench,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_words: object, **_named: object) -> None:
        raise PermissionError("not ours to remove: hunter2")

    monkeypatch.setattr(retention, "sweep", broken)
    config = company(tmp_path)
    ended = run_now(bench, config, (), local_operator(), Watch(lambda _: None, threading.Event()))
    assert ended.status is RunStatus.SUCCEEDED
    assert "taking away broke: PermissionError at" in caplog.text
    assert "hunter2" not in caplog.text
