"""Whatever is edited in whatever order: directions equal those of somebody who forgets nothing."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.runs.conftest import START, Company, founded
from tests.thorough import some
from tests.worlds import write_sqlite

Row = dict[str, str]
Snapshot = dict[str, Row]
KEYS = [f"K{n:02}" for n in range(60)]
DAYS = 10
CONFIG = """\
version: 1
company: {zh: 记事, en: Notebook}
time_zone: Asia/Shanghai
sources:
  crm: {kind: sqlite, path: crm.sqlite}
  oa: {kind: sqlite, path: oa.sqlite}
entities:
  thing:
    title: {zh: 东西, en: Thing}
    key: code
    authority: crm
    fields:
      code: {required: true, weight: 10}
      word: {weight: 5}
      size: {normalize: amount, tolerance: "1", weight: 5}
      secret: {sensitivity: personal, weight: 5}
    sources:
      crm: {table: thing, columns: {code: code, word: word, size: size, secret: secret}}
      oa: {table: thing, columns: {code: code, word: word, size: size, secret: secret}}
"""
FIELDS = ("word", "size", "secret")
TOLD = (
    "SELECT record_key, field, direction, left_moved_at, right_moved_at, agreed_at FROM findings"
    " WHERE check_name = 'thing' AND state <> 'gone' ORDER BY ALL"
)
Told = tuple[str, int | None, int | None, int | None]


def near(name: str, one: str, other: str) -> bool:
    return one == other or (name == "size" and abs(int(one) - int(other)) <= 1)


@dataclass
class Notebook:
    """Every snapshot of both sides by day, and the days on which both were there."""

    left: dict[int, Snapshot] = field(default_factory=dict)
    right: dict[int, Snapshot] = field(default_factory=dict)
    looks: list[int] = field(default_factory=list)

    def told(self) -> dict[tuple[str, str | None], Told]:
        today = self.looks[-1]
        left, right = self.left[today], self.right[today]
        found: dict[tuple[str, str | None], Told] = {}
        for key in left.keys() | right.keys():
            if key in left and key in right:
                found |= {
                    (key, name): self.cell(key, name)
                    for name in FIELDS
                    if not near(name, left[key][name], right[key][name])
                }
            else:
                found[key, None] = self.row(key)
        return found

    def life(self, key: str) -> list[int]:
        """The looks since the record was last on neither side, today's last."""
        gone = [d for d in self.looks if key not in self.left[d] and key not in self.right[d]]
        return [day for day in self.looks if day > max(gone, default=-1)]

    def cell(self, key: str, name: str) -> Told:
        today = self.looks[-1]
        agreed = [
            day
            for day in self.life(key)
            if key in self.left[day] and key in self.right[day]
            and near(name, self.left[day][key][name], self.right[day][key][name])
        ]  # fmt: skip
        began = self.began(lambda d: self.differs(key, name, d))
        times = [self.since(side, key, name) for side in (self.left, self.right)]
        if not agreed:
            return ("never_agreed", *(self.after(at, began) for at in times), None)
        day = agreed[-1]
        sides = [(side[today][key][name], side[day][key][name]) for side in (self.left, self.right)]
        same = [now == then for now, then in sides]
        close = [near(name, now, then) for now, then in sides]
        if same[0] or (close[0] and not close[1] and not same[1]):
            return "right_moved", None, times[1], day
        if same[1] or (close[1] and not close[0]):
            return "left_moved", times[0], None, day
        return "both_moved", times[0], times[1], day

    def row(self, key: str) -> Told:
        kind = key in self.left[self.looks[-1]]
        both = [d for d in self.life(key) if key in self.left[d] and key in self.right[d]]
        began = self.began(lambda d: self.lone(key, d) is kind)
        times = [self.since(side, key, None) for side in (self.left, self.right)]
        since = both[-1] if both else began
        left, right = (self.after(at, since) for at in times)
        if both:
            return "deleted", left, right, both[-1]
        if began is None:
            return "never_there", None, None, None
        return "not_yet_created", left, right, None

    def lone(self, key: str, day: int) -> bool | None:
        """Whether the record is on the left alone; None where it is on both or on neither."""
        left, right = key in self.left[day], key in self.right[day]
        return None if left == right else left

    def differs(self, key: str, name: str, day: int) -> bool:
        left, right = self.left[day].get(key), self.right[day].get(key)
        return left is not None and right is not None and not near(name, left[name], right[name])

    def began(self, stands: object) -> int | None:
        """The look before the finding began to stand; None where that was the first."""
        assert callable(stands)
        before = None
        for day in self.looks:
            if not stands(day):
                before = day
        return before

    def after(self, at: int, look: int | None) -> int | None:
        """A day on which something moved; None for what has been so since a `look`."""
        return at if at > (self.looks[0] if look is None else look) else None

    def since(self, side: dict[int, Snapshot], key: str, name: str | None) -> int:
        """The day on which what one side says today first showed, as far as looks can tell: what
        came and went back between two of them was never held against the other side."""

        def said(day: int) -> object:
            row = side[day].get(key)
            return row is not None if name is None else row and row[name]

        def run_of(days: list[int]) -> int:
            """The last day of an unbroken row of days that say the same as the first of them."""
            other = next((n for n, day in enumerate(days) if said(day) != said(days[0])), len(days))
            return days[other - 1]

        look = run_of(self.looks[::-1])
        return run_of([day for day in sorted(side, reverse=True) if day <= look])


def edit(dice: random.Random, rows: Snapshot) -> Snapshot:
    """Some records come, some go, some cells change; few values, so that they meet again."""
    rows = {key: dict(row) for key, row in rows.items()}
    for key in dice.sample(KEYS, len(KEYS) // 2):
        if key not in rows:
            if dice.random() < 0.4:
                rows[key] = {name: value(dice, name) for name in FIELDS}
        elif dice.random() < 0.15:
            del rows[key]
        else:
            for name in FIELDS:
                if dice.random() < 0.25:
                    rows[key][name] = value(dice, name)
    return rows


def synced(dice: random.Random, rows: Snapshot, other: Snapshot) -> Snapshot:
    """Some records taken over from the other side, or with it dropped."""
    taken = {key for key in KEYS if dice.random() < 0.3}
    kept = {key: row for key, row in rows.items() if key not in taken}
    return kept | {key: dict(row) for key, row in other.items() if key in taken}


def value(dice: random.Random, name: str) -> str:
    return str(dice.randint(10, 13)) if name == "size" else dice.choice("abc")


def store(folder: Path, source: str, rows: Snapshot) -> None:
    path = folder / f"{source}.sqlite"
    path.unlink(missing_ok=True)
    lines = [(key, *(row[name] for name in FIELDS)) for key, row in rows.items()]
    write_sqlite(path, "thing", ("code", *FIELDS), lines)


def day_of(at: datetime | None) -> int | None:
    return None if at is None else (at - START.replace(tzinfo=None)) // timedelta(days=1)


@pytest.fixture
def notebook_company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    monkeypatch.delenv("DUIQI_SECRET", raising=False)
    folder = tmp_path / "company"
    folder.mkdir()
    (folder / "governance.yaml").write_text(CONFIG, "utf-8")
    return founded(folder, tmp_path / "home")


@pytest.mark.parametrize("seed", [0, 2][: some(2, 1)])
def test_directions_are_those_of_somebody_who_forgets_nothing(
    notebook_company: Company, seed: int
) -> None:
    company, dice, notebook = notebook_company, random.Random(seed), Notebook()
    first = edit(dice, edit(dice, edit(dice, {})))
    rows: dict[str, Snapshot] = {"crm": first, "oa": edit(dice, first)}
    seen = set()
    for day in range(DAYS):
        away = dice.choice(["crm", "oa", None, None]) if day > 1 else None
        for source, taken in (("crm", notebook.left), ("oa", notebook.right)):
            other = rows["oa" if source == "crm" else "crm"]
            if day:
                rows[source] = edit(dice, synced(dice, rows[source], other))
            store(company.folder, source, rows[source])
            if source != away:
                taken[day] = rows[source]
            else:
                (company.folder / f"{source}.sqlite").unlink()
        run = company.run()
        if away is not None:
            continue
        notebook.looks.append(day)
        found = {
            (key, name): (direction, day_of(left), day_of(right), day_of(agreed))
            for key, name, direction, left, right, agreed in company.query(run, TOLD)
        }
        assert found == notebook.told(), day
        seen |= {told[0] for told in found.values()}
    assert seen >= {"left_moved", "right_moved", "both_moved", "deleted", "not_yet_created"}
