"""A company whose state may be killed, filled up and put back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.victims import Clock, Place
from tests.worker.world import company


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.delenv("DUIQI_LEDGER_URL", raising=False)
    monkeypatch.delenv("DUIQI_SECRET", raising=False)
    company(tmp_path, schedule="schedule: {every: 1s}")
    return Place(tmp_path, Clock.at(tmp_path / "clock"))
