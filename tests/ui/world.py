"""A home with a history: the tiny worlds, run on a few days with faults and repairs between."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from governance.access import WORKER
from governance.config import Config, load
from governance.ledger import open_ledger
from governance.ledger.rows import Trigger
from governance.runs import execute
from governance.store import open_home
from governance.worker.holder import holding
from tests.worlds import settle

DAY = timedelta(days=1)
LAST = datetime(2026, 3, 12, 18, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Built:
    """Where it lies, and when its last run was."""

    home: Path
    config: Path
    last: datetime


def build(folder: Path, *, days: int = 3, last: datetime = LAST, runs: bool = True) -> Built:
    """The tiny worlds below `folder`, run once a day until `last`.

    Before the second run the CRM is edited, during the third the OA is away.
    """
    path = settle(folder)
    home = folder / "home"
    built = Built(home, path, last)
    open_home(home)
    if not runs:
        return built
    for number in range(days):
        if number == 1:
            edit(folder / "crm.sqlite", "UPDATE customers SET level = 'Z' WHERE code = 'C001'")
        away = folder / "oa.sqlite" if number == 2 and days > 3 else None
        if away:
            away.rename(folder / "away.sqlite")
        run(built, last - DAY * (days - 1 - number))
        if away:
            (folder / "away.sqlite").rename(away)
    return built


def edit(database: Path, statement: str, values: Sequence[object] = ()) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(statement, values)


def run(built: Built, now: datetime, *, config: Config | None = None) -> int:
    """One run of everything at `now`; its id."""
    settings = config or load(built.config, environ={})
    ledger = open_ledger(built.home)
    try:
        with holding(ledger, "test", clock=lambda: now) as held:
            assert held is not None
            run_id = ledger.runs.enqueue(WORKER, trigger=Trigger.DEMO, now=now)
            execute(
                ledger,
                open_home(built.home),
                settings,
                run_id,
                fence=held.fence,
                clock=lambda: now,
                stop=lambda: False,
            )
            return run_id
    finally:
        ledger.close()
