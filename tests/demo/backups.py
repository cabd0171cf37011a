"""The demo company with its records and backups looked at on some nights; each night is saved."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from governance.config import load
from governance.demo import home as folder
from governance.demo.faults import Truth
from governance.demo.home import nights
from governance.demo.replay import NightClock, moment_of, replay
from governance.demo.stores import FileStores
from governance.demo.world import World, plan

TODAY = date(2026, 11, 21)
# What costs most and says nothing of backups; who may delete them is a rule of permissions.
LEFT_OUT = ("owners", "checks", "permissions")
ENTITIES = ("contact", "payment", "staff", "branch_customer", "branch_payment")
OF_RIGHTS = re.compile(r"^ +(delete|restore|erase): .*\n", re.M)


@dataclass(frozen=True)
class Lived:
    """The sealed files of the nights that were looked at, by day, and the truth."""

    home: Path
    files: dict[int, Path]
    truth: Truth

    def query(self, day: int, sql: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.files[day]), read_only=True) as con:
            return con.execute(sql).fetchall()


def without(text: str, section: str) -> str:
    """A configuration without one section of its first level."""
    return re.sub(rf"^{section}:\n(?:[ #].*\n|\n)*", "", text, flags=re.M)


def live(home: Path, looked_at: Iterable[int], days: int = 30, size: int = 200) -> Lived:
    """Live the days of a small company; its backups are looked at on some nights."""
    home.mkdir()
    text = folder.SHIPPED_CONFIG.read_text(encoding="utf-8")
    for section in LEFT_OUT:
        text = without(text, section)
    for entity in ENTITIES:
        text = re.sub(rf"^  {entity}:\n(?:    .*\n|\n)*", "", text, flags=re.M)
    text = OF_RIGHTS.sub("", text) + "\nchecks: {}\n"
    (home / folder.CONFIG).write_text(text, encoding="utf-8")
    world = World(plan(TODAY, size, days), FileStores(home / folder.COMPANY))
    world.build()
    config = load(home / folder.CONFIG, environ={})
    wanted = frozenset(looked_at)
    lived = Lived(home, {}, world.plan.truth)
    with nights(home, config, NightClock(moment_of(world, 0))) as night:
        night.promise(moment_of(world, 0))

        def run_day(day: int, moment: datetime) -> None:
            if day in wanted:
                night.run(day, moment)
                newest = night.bench.ledger.runs.recent(1)[0]
                assert newest.file is not None
                lived.files[day] = home / newest.file

        replay(world, range(1, days + 1), run_day)
    return lived
