"""A small company at work: two SQLite systems, a home, a ledger, and runs a day apart."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import pytest

from governance.access import WORKER
from governance.config import Config, load
from governance.ledger import Ledger, open_ledger
from governance.ledger.rows import RunRow, Trigger
from governance.runs import execute
from governance.store import Home, open_home
from tests.worlds import settle

TTL = timedelta(days=1000)
START = datetime(2026, 3, 2, 18, 5, tzinfo=UTC)


@lru_cache(maxsize=8)
def loaded(path: Path, _text: bytes, environ: frozenset[tuple[str, str]]) -> Config:
    """Parsing costs an eighth of a tiny run, and most runs of a test share one text."""
    return load(path, environ=dict(environ))


@dataclass
class Company:
    """Runs happen a day apart unless told otherwise."""

    folder: Path
    home: Home
    ledger: Ledger
    fence: int
    day: int = 0
    stop: Callable[[], bool] = field(default=lambda: False)

    @property
    def config(self) -> Config:
        path = self.folder / "governance.yaml"
        return loaded(path, path.read_bytes(), frozenset(os.environ.items()))

    def run(self, **asked: Any) -> RunRow:
        now = START + timedelta(days=self.day)
        self.day += 1
        made = self.ledger.runs.enqueue(WORKER, trigger=Trigger.MANUAL, now=now, **asked)
        return execute(
            self.ledger,
            self.home,
            self.config,
            made,
            fence=self.fence,
            clock=lambda: now,
            stop=self.stop,
        )

    def elsewhere(self, home: Path) -> Company:
        """The same two systems on the same day, seen for the first time from another home."""
        return founded(self.folder, home, self.day - 1)

    def change(self, source: str, statement: str, *values: Any) -> None:
        path = self.folder / f"{source}.sqlite"
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(statement, values)

    def read(self, source: str, statement: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.folder / f"{source}.sqlite")) as connection:
            return connection.execute(statement).fetchall()

    def query(self, run: RunRow, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        assert run.file is not None
        with duckdb.connect(str(self.home.file(run.file)), read_only=True) as con:
            return con.execute(sql, list(values)).fetchall()

    def states(self, run: RunRow, key: str) -> dict[str | None, str]:
        """Field (None for the row itself) to state, of one customer's findings."""
        sql = "SELECT field, state FROM findings WHERE entity = 'customer' AND record_key = ?"
        return dict(self.query(run, sql, key))


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    monkeypatch.delenv("DUIQI_SECRET", raising=False)
    folder = tmp_path / "company"
    folder.mkdir()
    settle(folder)
    return founded(folder, tmp_path / "home")


def founded(folder: Path, at: Path, day: int = 0) -> Company:
    home = open_home(at)
    ledger = open_ledger(home.path)
    fence = ledger.leases.acquire("tests", now=START + timedelta(days=day), ttl=TTL)
    assert fence is not None
    return Company(folder, home, ledger, fence, day)
