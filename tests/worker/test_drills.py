"""Drills that are due: once a slot, beside the runs, and never the worker's end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from checks.dictionary import Title
from governance.backups.drills import drilling
from governance.config import load
from governance.config.backups import BackupsConfig, BackupSystem, DrillConfig
from governance.config.model import Schedule
from governance.store import open_home
from governance.worker.drills import Drills, drills_of
from governance.worker.workbench import Bench
from tests.homes import fresh_ledger
from tests.worlds import CUSTOMERS, settle

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def test_a_slot_of_a_drill_is_used_once_and_never_those_before_it_was_asked_for(
    tmp_path: Path,
) -> None:
    ledger = fresh_ledger(tmp_path)
    fence = ledger.leases.acquire("tests", now=NOW, ttl=10 * DAY)
    assert fence is not None
    took = [
        ledger.slots.take("drill:crm", NOW + day * DAY, fence=fence, now=NOW + day * DAY)
        for day in (0, 1, 1, 2)
    ]
    assert took == [False, True, False, True]
    assert [run for _, run in ledger.slots.of_job("drill:crm")] == [None, None, None]
    ledger.close()


def test_due_drills_run_one_after_another_and_a_broken_one_ends_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    config = load(settle(tmp_path, (CUSTOMERS,)), environ={})
    title, daily = Title("", ""), Schedule(every=DAY)
    systems = tuple(
        BackupSystem(name, title, (), drill=DrillConfig("", schedule=schedule))
        for name, schedule in (("crm", daily), ("oa", None), ("hr", daily))
    )
    config = replace(config, backups=BackupsConfig(systems))
    home = open_home(tmp_path / "home")
    ledger = fresh_ledger(home.path)
    tried: list[str] = []

    def drill(self: Any, wish: drilling.Wish) -> None:
        tried.append(wish.system)
        raise RuntimeError("a defect of ours")

    monkeypatch.setattr(drilling.Drilling, "drill", drill)
    jobs = drills_of(config)
    assert [job.name for job in jobs] == ["drill:crm", "drill:hr"]
    bench = Bench(ledger, home, lambda: NOW, lambda *_, **__: None, lambda _: None)
    drills = Drills(bench, lambda: False)
    for job in jobs:
        drills.begin(config, job)
    while len(tried) < 2:
        assert drills._thread is not None
        drills._thread.join(0.01)
    drills.close()
    assert tried == ["crm", "hr"]
    assert "a defect of ours" not in caplog.text
    ledger.close()
