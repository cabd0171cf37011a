"""Whatever happens in whatever order, no finding is lost, doubled or told wrongly."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from governance.ledger.rows import RunRow
from tests.runs.conftest import Company, founded
from tests.thorough import some
from tests.worlds import CUSTOMERS, settle

KEYS = ("C001", "C002", "C004", "C005")
TABLES = {"crm": ("customers", "level", "code"), "oa": ("base_customer", "khjb", "khbh")}
Pair = tuple[str | None, str | None]


@dataclass
class Told:
    """All that a patient clerk with a notebook would remember of one cell."""

    turn: str | None = None
    is_standing: bool = False
    stood: Pair = (None, None)
    fix: Pair | None = None
    agreed: Pair | None = None
    before: Pair | None = None

    def see(self, pair: Pair) -> None:
        left, right = pair
        if left is None or right is None:
            if self.is_standing:
                self.turn, self.is_standing = "withdrawn", False
        elif left != right:
            self._stands(pair)
        elif self.is_standing:
            is_back = pair == self.agreed and pair[0] != self.stood[0]  # the CRM's word counts
            self.turn = "reverted" if is_back else "fixed"
            self.is_standing = False
            if self.turn == "fixed":
                self.fix = pair
        elif self.turn == "fixed" and self.fix is not None and self._undone(left):
            self.turn = "reverted"
        self.before = None if None in pair else pair

    def _stands(self, pair: Pair) -> None:
        if not self.is_standing:
            self.agreed = self.before
            self.turn = "new" if self.turn is None else self._again(pair)
        self.is_standing, self.stood = True, pair

    def _again(self, pair: Pair) -> str:
        if self.turn != "fixed" or self.fix is None:
            return "reopened"
        for side, other in ((0, 1), (1, 0)):
            went_back = self.fix[side] != self.stood[side] == pair[side]
            if went_back and pair[other] == self.fix[other]:
                return "bounced"
        return "reopened"

    def _undone(self, value: str) -> bool:
        assert self.fix is not None
        return any(self.fix[s] != self.stood[s] and value == self.stood[s] for s in (0, 1))


@dataclass
class Clerk:
    """Two tables of levels, and what was told of each key."""

    company: Company
    chance: random.Random
    told: dict[str, Told] = field(default_factory=lambda: {key: Told() for key in KEYS})

    def edit(self) -> None:
        for _ in range(self.chance.randint(2, 5)):
            source, key = self.chance.choice(("crm", "oa")), self.chance.choice(KEYS)
            table, column, code = TABLES[source]
            value = self.chance.choice("AB")
            sql = f"UPDATE {table} SET {column} = ? WHERE {code} = ?"
            self.company.change(source, sql, value, key)

    def leave_or_return(self) -> None:
        """A record goes out of sight in one system, or comes back, by way of its key."""
        table, _, code = TABLES["oa"]
        key = self.chance.choice(KEYS)
        sql = f"UPDATE {table} SET {code} = CASE {code} WHEN ? THEN ? ELSE ? END"
        self.company.change("oa", f"{sql} WHERE {code} IN (?, ?)", key, f"X{key}", key, key,
                            f"X{key}")  # fmt: skip

    def dark(self) -> RunRow:
        path = self.company.folder / "oa.sqlite"
        aside = path.rename(self.company.folder / "away")
        run = self.company.run()
        aside.rename(path)
        return run

    def broken_off(self) -> None:
        self.company.stop = lambda: True
        self.company.run()
        self.company.stop = lambda: False

    def seen(self) -> None:
        levels = {}
        for source, (table, column, code) in TABLES.items():
            levels[source] = dict(
                self.company.read(source, f"SELECT {code}, {column} FROM {table}")
            )
        for key, told in self.told.items():
            told.see((levels["crm"].get(key), levels["oa"].get(key)))


def cells(company: Company, run: RunRow) -> dict[str, tuple[str, str]]:
    sql = (
        "SELECT record_key, state, turn FROM findings WHERE entity = 'customer' AND field = 'level'"
    )
    rows = company.query(run, sql)
    return {key: (state, turn) for key, state, turn in rows if key in KEYS}


def ids(company: Company, run: RunRow) -> dict[str, Any]:
    rows = company.query(run, "SELECT finding_id, first_run FROM findings")
    assert len(rows) == len({row[0] for row in rows}), "a finding is there twice"
    return dict(rows)


@pytest.mark.parametrize("seed", range(some(2, 1)))
def test_a_clerk_with_a_notebook_tells_the_same(tmp_path: Path, seed: int) -> None:
    folder = tmp_path / "company"
    folder.mkdir()
    settle(folder, (CUSTOMERS,))
    company = founded(folder, tmp_path / "home")
    clerk = Clerk(company, random.Random(seed))
    run = company.run()
    clerk.seen()
    known = ids(company, run)
    for _ in range(12):
        what = clerk.chance.choice(
            ("edit", "edit", "edit", "edit", "edit", "leave", "dark", "stop", "again")
        )
        if what == "edit":
            clerk.edit()
        if what == "leave":
            clerk.leave_or_return()
        if what == "stop":
            clerk.broken_off()
        if what == "dark":
            clerk.edit()
            before = {key: turn for key, (_, turn) in cells(company, run).items()}
            run = clerk.dark()
            assert {key: turn for key, (_, turn) in cells(company, run).items()} == before
            assert not {"open", "pending"} & {state for state, _ in cells(company, run).values()}
        else:
            run = company.run()
            clerk.seen()
            found = cells(company, run)
            assert {k: (t.turn, t.is_standing) for k, t in clerk.told.items() if t.turn} == {
                key: (turn, state != "gone") for key, (state, turn) in found.items()
            }
        now = ids(company, run)
        assert known.items() <= now.items(), "a finding was lost or began anew"
        known = now
