"""Years of snapshots: what a chain costs to grow, to keep and to read.

    python benchmarks/chain.py [--rows 1000000] [--snapshots 100] [--runs 3]

A source of a million rows, of which 0.1 % change between snapshots, taken as the worker takes it.

`chain` takes them all and tells the size of the chain in bases, what rebuilding any one of them
costs, and one record's history, cold and from a room that is open. Wanted: at most 1.5 bases,
2 s, 50 ms.
`again` runs two sources and a check twice, with 0.1 % changed on either side in between, and holds
the second run against the first. Landing the rows costs the same in both and is left out of both.
Wanted: at most 0.25.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
from customers import CUSTOMER, KEY, LEFT, NAMES, RIGHT, table
from measuring import Meter, metered, part, show, tell

from checks.dictionary import Title
from governance.access import WORKER
from governance.config.model import CheckConfig, Config, Retention, SourceConfig
from governance.ledger import Ledger, open_ledger
from governance.ledger.rows import SnapshotRow, Trigger
from governance.reading.archive import Archive
from governance.reading.history import changes
from governance.reading.snapshots import Snapshots
from governance.runs import execute, snapshots
from governance.sources import Extract, Landed
from governance.store import Home, Proofs, engine, open_home

START = datetime(2026, 1, 1, tzinfo=UTC)
NAMED = Title("customer", "customer")


class World:
    """Two sources whose rows lie in a DuckDB file. `landing` is what handing them over has cost."""

    def __init__(self, folder: Path, rows: int) -> None:
        self.file, self.name, self.landing = folder / "world.duckdb", "", 0.0
        with duckdb.connect(str(self.file)) as con:
            for source in (LEFT, RIGHT):
                con.execute(f"CREATE TABLE {source} AS {table(source, rows)}")

    def move(self, day: int, source: str) -> None:
        """Another level for about a thousandth of the customers."""
        with duckdb.connect(str(self.file)) as con:
            con.execute(
                f"UPDATE {source} SET level = 'day {day}' WHERE hash({KEY}, ?) % 1000 = 0", [day]
            )

    def opened(self, config: SourceConfig, **_: object) -> World:
        self.name = config.name
        return self

    @contextmanager
    def snapshot(self) -> Iterator[World]:
        yield self

    def read(self, extract: Extract, con: Any, into: str, *_: object) -> Landed:
        began = time.process_time()
        con.execute(f"ATTACH IF NOT EXISTS '{self.file}' AS world (READ_ONLY)")
        listed = ", ".join(extract.columns)
        con.execute(f"CREATE TABLE {into} AS SELECT {listed} FROM world.{self.name}")
        (rows,) = con.execute(f"SELECT count(*) FROM {into}").fetchone()
        con.execute("DETACH world")
        self.landing += time.process_time() - began
        kinds = tuple((name, "text") for name in NAMES)
        return Landed(rows, dict(kinds), kinds)


def config_of(*names: str) -> Config:
    sources = tuple(SourceConfig(name, "sqlite", NAMED) for name in names)
    check = CheckConfig("customers", "consistency", "customer", names, NAMED)
    return Config(
        path=Path(),
        company=NAMED,
        locale="en",
        time_zone=ZoneInfo("Asia/Shanghai"),
        schedule=None,
        retention=Retention(),
        sources=sources,
        entities=(CUSTOMER,),
        checks=(check,) if len(names) > 1 else (),
        alert_urls=(),
        digest="benchmark",
    )


class Company:
    """A home, its ledger, and runs a day apart over the world's sources."""

    def __init__(self, folder: Path, rows: int, *names: str) -> None:
        self.home = open_home(folder / "home")
        self.ledger: Ledger = open_ledger(self.home.path)
        self.config = config_of(*names)
        self.world = World(folder, rows)
        self.day = 0
        fence = self.ledger.leases.acquire("benchmark", now=START, ttl=timedelta(days=9999))
        assert fence is not None
        self.fence = fence
        # One source at a time: landing is told apart by the clock of the process.
        snapshots.open_source = self.world.opened  # type: ignore[assignment]

    def run(self) -> None:
        now = START + timedelta(days=self.day)
        self.day += 1
        made = self.ledger.runs.enqueue(WORKER, trigger=Trigger.MANUAL, now=now)
        ended = execute(
            self.ledger,
            self.home,
            self.config,
            made,
            fence=self.fence,
            clock=lambda: now,
            stop=lambda: False,
        )
        assert ended.status == "succeeded", ended


def chain(folder: Path, rows: int, number: int) -> Meter:
    company = Company(folder, rows, LEFT)
    with metered() as meter:
        for day in range(number):
            if day:
                company.world.move(day, LEFT)
            company.run()
    taken = company.ledger.snapshots.history(LEFT, "customer")
    sizes = [s.bytes for s in taken]
    meter.said = {
        "kinds": {k: sum(s.kind == k for s in taken) for k in ("base", "delta", "same")},
        "base": sizes[0] / 1e6,
        "bases": sum(sizes) / sizes[0],
        "delta_cpu": (meter.cpu - company.world.landing) / number,
        **rebuilt(company.home, company.ledger, taken),
        **looked_up(company.home, company.ledger, taken, rows),
    }
    return meter


def rebuilt(home: Home, ledger: Ledger, taken: tuple[SnapshotRow, ...]) -> dict[str, float]:
    """The dearest of some snapshots, each made whole in memory from files attached anew."""
    cpu, wall = [], []
    for snapshot in (taken[-1], *random.Random(1).sample(taken, min(4, len(taken)))):
        with metered() as meter:
            archive = Archive(home, Proofs())
            with archive.open() as room:
                opened = room.open(ledger.snapshots.chain(snapshot))
                room.con.execute(f"CREATE TABLE whole AS FROM {opened.rows}")
                (rows,) = room.con.execute("SELECT count(*) FROM whole").fetchone()
            archive.close()
        assert rows
        cpu.append(meter.cpu)
        wall.append(meter.wall)
    return {"rebuild_cpu": max(cpu), "rebuild_wall": max(wall)}


def looked_up(
    home: Home, ledger: Ledger, taken: tuple[SnapshotRow, ...], rows: int
) -> dict[str, float]:
    """One record's history: the first look, and the median of others."""
    archive, proofs = None, Proofs()
    with engine(home) as con:  # what proving the files costs is not what looking costs
        con.execute("SELECT 1")
    for snapshot in taken:
        proofs.prove(home, snapshot.file, snapshot.sha256)
    times, found = [], 0
    archive = Archive(home, proofs)
    for at in range(12):
        key = f"C{(at * 7919 + 13) % rows:09}"
        with metered() as meter, archive.open() as room:
            found += len(changes(LEFT, taken, key, Snapshots(room, ledger.snapshots)))
        times.append(meter.wall * 1000)
    archive.close()
    assert found
    return {"history_cold_ms": times[0], "history_ms": sorted(times[1:])[len(times) // 2]}


def again(folder: Path, rows: int, _number: int) -> Meter:
    company = Company(folder, rows, LEFT, RIGHT)
    told = []
    for day in range(2):
        if day:
            company.world.move(day, LEFT)
            company.world.move(day + 5, RIGHT)
        company.world.landing = 0.0
        with metered() as meter:
            # In turn, since two threads would share one clock.
            snapshots_one_by_one(company)
        told.append(meter.cpu - company.world.landing)
    kinds = {s.kind.value for s in company.ledger.snapshots.newest_of_each()}
    meter.said = {"first": told[0], "second": told[1], "kinds": sorted(kinds)}
    return meter


def snapshots_one_by_one(company: Company) -> None:
    from governance.runs import execution

    execution.READERS = 1
    company.run()


PARTS = {"chain": chain, "again": again}


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    words.add_argument("--rows", type=int, default=1_000_000)
    words.add_argument("--snapshots", type=int, default=100)
    words.add_argument("--runs", type=int, default=3)
    words.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    asked = words.parse_args()
    if asked.part:
        with tempfile.TemporaryDirectory(prefix="duiqi-bench-") as name:
            tell(PARTS[asked.part](Path(name), asked.rows, asked.snapshots))
        return
    here = partial(part, __file__, "--rows", asked.rows, "--snapshots", asked.snapshots, "--part")
    costs = [here("again") for _ in range(asked.runs)]
    ratios = sorted(c.said["second"] / c.said["first"] for c in costs)
    first, second = (sorted(c.said[n] for c in costs)[len(costs) // 2] for n in ("first", "second"))
    middle = ratios[len(costs) // 2]
    print(f"first run {first:.2f} CPU s, after 0.1 % change {second:.2f}: x {middle:.2f}")
    one = here("chain")
    show(f"{asked.snapshots} snapshots of {asked.rows:,} rows", [one])
    said = one.said
    print(f"{said['kinds']}; one base {said['base']:.0f} MB, the chain {said['bases']:.2f} bases")
    print(f"rebuilding one: {said['rebuild_wall']:.2f} s, {said['rebuild_cpu']:.2f} CPU s")
    print(
        f"one record's history: {said['history_cold_ms']:.0f} ms, then {said['history_ms']:.0f} ms"
    )


if __name__ == "__main__":
    main()
