"""Processes side by side on one home, killed again and again, and what they were doing then."""

from __future__ import annotations

import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from statistics import median
from typing import Any

from governance.ledger import Ledger
from governance.ledger.rows import LeaseRow, RunRow, RunStatus, StepKind, StepStatus
from governance.store import Home
from governance.worker.holder import holding
from governance.worker.tidy import ASIDE, SEALED_FOLDERS
from tests.faults.truth import Records, Truth
from tests.faults.victims import Place, kill, start
from tests.worker.child import until

STEPS = 6  # four reads and two checks
STAGES = ("reading", "writing a sealed file", "sealed and not yet told", "checking")
OUTLIVED = timedelta(seconds=31)
Works = dict[str, Callable[..., Any]]


@dataclass
class Killing:
    """`works` by a name for each; one of them may be `person`, who only decides."""

    place: Place
    works: Works
    dice: random.Random
    stages: Counter[str] = field(default_factory=Counter)
    who: Counter[str] = field(default_factory=Counter)
    orphans: set[str] = field(default_factory=set)
    states: dict[str, dict[str, Records]] = field(default_factory=dict)
    tries: int = 0
    step: float = 0.0

    def __post_init__(self) -> None:
        self.ledger, self.bench = self.place.bench()
        self.home: Home = self.bench.home
        self.truth = Truth(self.ledger, self.home)
        self.said = self.place.folder / "said"
        self.said.touch()
        self.alive: dict[str, ForkServerProcess] = {}

    def begin(self) -> None:
        """Start those that are not there."""
        for name, work in self.works.items():
            if name not in self.alive or not self.alive[name].is_alive():
                more = (self.said,) if name == "person" else ()
                self.alive[name] = start(work, self.place, *more)

    def warm_up(self) -> None:
        """Start them all and learn how long a run takes that nobody disturbs."""
        self.states["n0"] = change(self.place.folder / "oa.sqlite", 0)
        self.begin()
        until(lambda: len(self.ledger.runs.sealed(4)) == 4, "a few whole runs")
        self.step = length_of_a_step(self.ledger)

    def once(self) -> None:
        """Kill who holds the lease, at a random moment of its run."""
        self.tries += 1
        self.states[f"n{self.tries}"] = change(self.place.folder / "oa.sqlite", self.tries)
        if self.tries % 8 == 0:
            last = self.ledger.runs.last_sealed()
            until(lambda: self.ledger.runs.last_sealed() != last, "a run left in peace", look=0.01)
        self.await_moment()
        name = self._holder() or next(iter(self.works))
        if self.tries % 7 == 0:
            self.stop("person")
        victim = self.alive[name]
        self.stop(name)
        run = self._running()
        if run is not None and named(self.lease(), victim):
            # It died in its run, and the other waits for its lease to run out: nothing moves.
            self.stages[self._stage(run)] += 1
            self.who[name] += 1
            self.orphans |= self._orphans()
        assert self.truth.visible() == []
        self.place.clock.move(OUTLIVED)
        self.begin()

    def await_moment(self) -> None:
        """A random step of a run and a random moment after that; now and then the short while in
        which a file is sealed."""
        if self.tries % 4 == 0:
            until(self._is_writing, "a file to be sealed", look=0.002)
            time.sleep(self.dice.uniform(0, self.step / 10))
        else:
            wanted = self.dice.randint(0, STEPS)
            until(lambda: self.begun() == wanted, "a run that is so far", look=0.005)
            time.sleep(self.dice.uniform(0, self.step))

    def settle(self) -> None:
        """Kill them all, and let one come a day later who only tidies up."""
        for name in list(self.alive):
            self.stop(name)
        self.place.clock.move(timedelta(days=1))
        self.orphans |= self._orphans()
        with holding(self.ledger, "run", clock=self.place.clock) as held:
            assert held is not None
            self.bench.recover(held.fence)
        assert self.truth.settled() == []

    def stop(self, name: str) -> None:
        if name in self.alive:
            kill(self.alive.pop(name))

    def lease(self) -> LeaseRow | None:
        return self.ledger.leases.alive(now=self.place.clock())

    def no_decision_was_lost(self) -> list[int]:
        """Decisions that somebody was told were taken, and that are not there."""
        told = {int(line) for line in self.said.read_text().splitlines()}
        assert len(told) > 20
        return sorted(told - {decision.id for decision in self.ledger.decisions.after()})

    def no_orphan_was_lost(self) -> list[str]:
        """Sealed files that no commit made visible, and that do not lie in quarantine."""
        quarantine = self.home.path / "quarantine"
        aside = {
            path.relative_to(quarantine).as_posix().partition("/")[2]
            for path in quarantine.rglob("*.duckdb")
        }
        return sorted(self.orphans - aside)

    def _holder(self) -> str | None:
        lease = self.lease()
        return next((name for name, one in self.alive.items() if named(lease, one)), None)

    def _running(self) -> RunRow | None:
        active = self.ledger.runs.active()
        return next((run for run in active if run.status is RunStatus.RUNNING), None)

    def begun(self) -> int:
        """How many steps of the run under way were begun; -1 while there is none."""
        run = self._running()
        return -1 if run is None else len(self.ledger.steps.of_run(run.id))

    def _is_writing(self) -> bool:
        """Whether whoever holds the lease is at a file; those of the dead do not count."""
        lease = self.lease()
        halves = (ASIDE.fullmatch(path.name) for path in self.home.tmp.iterdir())
        return any(lease and half and int(half.group(1)) == lease.fence for half in halves)

    def _stage(self, run: RunRow) -> str:
        steps = self.ledger.steps.of_run(run.id)
        open_ = {step.kind for step in steps if step.status is StepStatus.RUNNING}
        if self._is_writing():
            return "writing a sealed file"
        if self._orphans():
            return "sealed and not yet told"
        if StepKind.READ in open_:
            return "reading"
        return "checking" if any(step.kind is StepKind.CHECK for step in steps) else "between"

    def _orphans(self) -> set[str]:
        known = self.ledger.snapshots.files() | self.ledger.runs.files()
        there = {
            path.relative_to(self.home.path).as_posix()
            for folder in SEALED_FOLDERS
            for path in (self.home.path / folder).rglob("*.duckdb")
        }
        return there - known


def named(lease: LeaseRow | None, process: ForkServerProcess) -> bool:
    """Whether the lease is this process's."""
    return lease is not None and f":{process.pid}:" in lease.holder


def change(path: Path, number: int) -> dict[str, Records]:
    """One transaction in the OA that gives a customer and a member of staff the same new name,
    and lets a customer come and an earlier one go; what the OA holds then, by entity."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for table, name, key in (("kh", "khmc", "khbh"), ("yg", "xm", "gh")):
            connection.execute(
                f"UPDATE {table} SET {name} = ? WHERE {key} IN ('C1', 'S1')", (f"n{number}",)
            )
        connection.execute("INSERT INTO kh VALUES (?, ?)", (f"C{1000 + number}", "come"))
        connection.execute("DELETE FROM kh WHERE khbh = ?", (f"C{997 + number}",))
        return {
            entity: set(connection.execute(f"SELECT * FROM {table}"))
            for entity, table in (("customer", "kh"), ("person", "yg"))
        }


def length_of_a_step(ledger: Ledger) -> float:
    """Seconds, about: a run that nobody disturbed, cut into equal parts."""
    ended = ledger.runs.sealed()
    times = [r.finished_at - r.started_at for r in ended if r.finished_at and r.started_at]
    return median(time.total_seconds() for time in times) / STEPS
