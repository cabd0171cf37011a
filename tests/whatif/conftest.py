"""Two homes that see the same systems on the same days, under two configurations."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from governance.access import Actor, Right
from governance.config import Config, load
from governance.ledger.rows import RunRow
from governance.whatif import Change, Outcome, what_if
from tests.runs.conftest import Company, founded
from tests.worlds import CUSTOMERS, governance_yaml, write_sqlite

READER = Actor("li", frozenset({Right.VIEW}))
OWNERS = """\
owners:
  - {owner: 王芳, system: crm}
  - {owner: 李强, system: oa}
entities:
"""
LAG = ("    display: name\n", "    display: name\n    lag: 36h\n")


class Under(Company):
    """A company that reads the configuration `name`."""

    name = "governance.yaml"

    @property
    def config(self) -> Config:
        return load(self.folder / self.name, environ=os.environ)

    def asked(self, change: Change, actor: Actor = READER, **more: object) -> Outcome:
        (outcome,) = what_if(actor, self.config, self.ledger, self.home, change, **more)  # type: ignore[arg-type]
        return outcome


@dataclass
class World:
    """The customers' systems, day by day; `live` is a new home that saw all of the days."""

    folder: Path
    days: Sequence[Sequence[str]]
    runs: dict[str, list[RunRow]] = field(default_factory=dict)
    homes: dict[str, Under] = field(default_factory=dict)

    def text(self, *changes: tuple[str, str]) -> str:
        text = governance_yaml(worlds=(CUSTOMERS,)).replace("entities:\n", OWNERS, 1)
        for was, becomes in changes:
            assert text.count(was) == 1, was
            text = text.replace(was, becomes)
        return text

    def live(self, name: str, *changes: tuple[str, str]) -> tuple[Under, list[RunRow]]:
        """The home called `name`, its configuration changed so, and its runs, a day apart."""
        if name not in self.homes:
            (self.folder / f"{name}.yaml").write_text(self.text(*changes), encoding="utf-8")
            made = founded(self.folder, self.folder / name)
            home = Under(self.folder, made.home, made.ledger, made.fence)
            home.name = f"{name}.yaml"
            self.homes[name] = home
            self._systems()
            self.runs[name] = [self._day(home, statements) for statements in self.days]
        return self.homes[name], self.runs[name]

    def _systems(self) -> None:
        for side in ("crm", "oa"):
            (self.folder / f"{side}.sqlite").unlink(missing_ok=True)
        w = CUSTOMERS
        write_sqlite(self.folder / "crm.sqlite", w.crm_table, w.crm_columns, w.crm_rows)
        write_sqlite(self.folder / "oa.sqlite", w.oa_table, w.oa_columns, w.oa_rows)

    def _day(self, home: Under, statements: Sequence[str]) -> RunRow:
        for statement in statements:
            home.change("oa", statement)
        return home.run()


def standing(company: Company, run: RunRow, check: str) -> set[str]:
    query = "SELECT finding_id FROM findings WHERE check_name = ? AND state IN ('open', 'pending')"
    return {row[0] for row in company.query(run, query, check)}


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., World]]:
    """Makes worlds; what lived in one is shared by the tests of a module."""
    made: dict[str, World] = {}

    def world(name: str, days: Sequence[Sequence[str]]) -> World:
        if name not in made:
            made[name] = World(tmp_path_factory.mktemp(name), days)
        return made[name]

    # Rows without a key are known by their keyed hash, which must be the same in both homes.
    before = os.environ.get("DUIQI_SECRET")
    os.environ["DUIQI_SECRET"] = "one secret for both of the homes"
    try:
        yield world
    finally:
        if before is None:
            del os.environ["DUIQI_SECRET"]
        else:
            os.environ["DUIQI_SECRET"] = before
        for one in made.values():
            shutil.rmtree(one.folder, ignore_errors=True)
