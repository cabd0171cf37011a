"""A small company at work: two SQLite systems, a home, a ledger, and runs a day apart."""

from __future__ import annotations

import os
import shutil
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
from tests.homes import LEDGER, fresh_ledger, take_over
from tests.worlds import CUSTOMERS, WORLDS, TinyWorld, settle

TTL = timedelta(days=1000)
START = datetime(2026, 3, 2, 18, 5, tzinfo=UTC)
SETTLED = ("governance.yaml", "crm.sqlite", "oa.sqlite")


@lru_cache(maxsize=8)
def loaded(path: Path, _text: bytes, environ: frozenset[tuple[str, str]]) -> Config:
    """Parsing costs an eighth of a tiny run, and most runs of a test share one text."""
    return load(path, environ=dict(environ))


def never() -> bool:
    return False


@dataclass
class Company:
    """Runs happen a day apart unless told otherwise.

    A first look at systems as they were settled, with nothing asked for, is the one at `looked`: it
    was lived once, and is copied.
    """

    folder: Path
    home: Home
    ledger: Ledger
    fence: int
    day: int = 0
    stop: Callable[[], bool] = field(default=never)
    looked: Company | None = None
    start: datetime = START

    @property
    def config(self) -> Config:
        path = self.folder / "governance.yaml"
        return loaded(path, path.read_bytes(), frozenset(os.environ.items()))

    def run(self, **asked: Any) -> RunRow:
        if self.looked is not None and not asked and self._is_as_settled(self.looked):
            return self._as_looked_at(self.looked)
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

    def _is_as_settled(self, other: Company) -> bool:
        """Whether a look now would be the one that `other` took on the same day."""
        lease = self.ledger.leases.alive(now=self.start)
        if lease is None or lease.fence != self.fence or self.ledger.runs.recent():
            return False
        if self.day or self.start != START or self.stop is not never:
            return False
        return "DUIQI_SECRET" not in os.environ and all(
            (self.folder / name).is_file()
            and (self.folder / name).read_bytes() == (other.folder / name).read_bytes()
            for name in SETTLED
        )

    def _as_looked_at(self, other: Company) -> RunRow:
        take_over(self.ledger, self.home.path, other.home.path)
        self.day = 1
        (run,) = self.ledger.runs.recent()
        return run

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
def company(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Company:
    """The company that has customers only."""
    monkeypatch.delenv("DUIQI_SECRET", raising=False)
    return settled(tmp_path, tmp_path_factory, (CUSTOMERS,))


@pytest.fixture
def both_worlds(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Company:
    """The company that has customers and payments."""
    monkeypatch.delenv("DUIQI_SECRET", raising=False)
    return settled(tmp_path, tmp_path_factory, WORLDS)


# Companies after their first look, by what they have: each is lived when it is first wanted.
LOOKED: dict[str, Company] = {}


def settled(
    folder: Path, factory: pytest.TempPathFactory, worlds: tuple[TinyWorld, ...]
) -> Company:
    """The company that has these `worlds`, below `folder`, on its first day."""
    name = " ".join(world.entity for world in worlds)
    if name not in LOOKED:
        place = factory.mktemp("looked")
        settle(place, worlds)
        LOOKED[name] = founded(place, place / "home")
        LOOKED[name].run()
        LOOKED[name].ledger.close()
    looked = LOOKED[name]
    (folder / "company").mkdir()
    for file in SETTLED:
        shutil.copy(looked.folder / file, folder / "company" / file)
    made = founded(folder / "company", folder / "home")
    made.looked = looked
    return made


def founded(folder: Path, at: Path, day: int = 0) -> Company:
    home = open_home(at)
    is_new = not (home.path / LEDGER).exists()
    ledger = fresh_ledger(home.path) if is_new else open_ledger(home.path)
    fence = ledger.leases.acquire("tests", now=START + timedelta(days=day), ttl=TTL)
    assert fence is not None
    return Company(folder, home, ledger, fence, day, start=START)
