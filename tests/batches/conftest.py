"""The tiny worlds at work, and short ways to hand out batches of what was found."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from governance.access import Actor
from governance.batches.making import Made, Maker
from governance.ledger.batches import NewBatch
from governance.ledger.rows import BatchKind, BatchLineRow, Verdict
from governance.reading import Desk, Filters
from tests.cast import STEWARD
from tests.runs.conftest import START, Company, both_worlds, company

__all__ = ["both_worlds", "company"]


@dataclass
class Office:
    """A company whose findings are handed out: `out` is where files go."""

    company: Company
    out: Path

    @property
    def now(self) -> datetime:
        """Just after the last run."""
        return START + timedelta(days=self.company.day - 1, minutes=5)

    def make(
        self,
        kind: str = "checklist",
        form: str = "json",
        *,
        actor: Actor = STEWARD,
        filters: Filters | None = None,
        **more: Any,
    ) -> tuple[Made, Path]:
        company = self.company
        asked = (filters or Filters(entity=("customer",), state=())).told()
        new = NewBatch(BatchKind(kind), form, "en", asked, **more)
        path = self.out / f"batch.{form}"
        desk = Desk(company.home, company.ledger.database)
        try:
            maker = Maker(desk.view(actor), company.config, company.ledger, company.home)
            return maker.make(new, path, now=self.now), path
        finally:
            desk.close()

    def lines(self, number: int) -> dict[tuple[str | None, str | None], BatchLineRow]:
        """The lines of a batch by shown key and field."""
        found = self.company.ledger.batches.lines(number)
        return {(line.key_shown, line.field): line for line in found}

    def verdicts(self, number: int) -> dict[tuple[str | None, str | None], Verdict | None]:
        return {at: line.verdict for at, line in self.lines(number).items()}

    def run_script(self, source: str, text: str) -> None:
        """As a person would, in the scratch system of a test."""
        path = self.company.folder / f"{source}.sqlite"
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(text)


@pytest.fixture
def office(company: Company, tmp_path: Path) -> Office:
    return opened(company, tmp_path)


@pytest.fixture
def office_of_both(both_worlds: Company, tmp_path: Path) -> Office:
    """Of the company that has payments too."""
    return opened(both_worlds, tmp_path)


def opened(company: Company, folder: Path) -> Office:
    (folder / "out").mkdir()
    return Office(company, folder / "out")


Hands = Callable[[str], None]
