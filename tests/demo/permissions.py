"""The demo company with nothing but its permissions looked at, night by night."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
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
HEAD = """\
version: 1
company: {zh: 云帆装备, en: Yunfan Equipment}
time_zone: Asia/Shanghai
schedule: "5 2 * * *"
sources:
  crm: {kind: sqlite, path: company/crm.sqlite, title: {zh: 客户关系管理, en: CRM}}
  oa: {kind: sqlite, path: company/oa.sqlite, title: {zh: 协同办公, en: OA}}
entities: {}
"""


@dataclass(frozen=True)
class Lived:
    """The sealed files of the nights that were looked at, by day, and the truth."""

    home: Path
    files: dict[int, Path]
    truth: Truth

    def query(self, day: int, sql: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.files[day]), read_only=True) as con:
            return con.execute(sql).fetchall()


def live(
    home: Path,
    looked_at: Iterable[int],
    then: Callable[[Lived], None],
    days: int = 30,
    size: int = 200,
) -> Lived:
    """Live the days of a small company; its permissions are looked at on some nights, and once
    more on the night after the last, before which `then` is done."""
    home.mkdir(exist_ok=True)
    shipped = folder.SHIPPED_CONFIG.read_text(encoding="utf-8")
    access = shipped[shipped.index("\npermissions:\n") :]
    (home / folder.CONFIG).write_text(HEAD + access, encoding="utf-8")
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
        then(lived)
        wanted = frozenset({days + 1})
        run_day(days + 1, moment_of(world, days) + timedelta(days=1))
    return lived
