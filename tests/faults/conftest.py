"""A company whose state may be killed, filled up and put back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.victims import Clock, Place
from tests.worker.world import company


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.delenv("DUIQI_LEDGER_URL", raising=False)
    monkeypatch.delenv("DUIQI_SECRET", raising=False)
    company(tmp_path, schedule="schedule: {every: 1s}\nretention: {snapshots: 2d, runs: 2d}")
    # So many that a change of two is a delta, and not every row anew.
    for file, tables in (("crm", ("customers", "staff")), ("oa", ("kh", "yg"))):
        with closing(sqlite3.connect(tmp_path / f"{file}.sqlite")) as source, source:
            for table, letter in zip(tables, "CS", strict=True):
                rows = [(f"{letter}{n}", f"name {n}") for n in range(100, 140)]
                source.executemany(f"INSERT INTO {table} VALUES (?, ?)", rows)
    return Place(tmp_path, Clock.at(tmp_path / "clock"))
