"""kill -9 at any moment: whoever looks sees whole runs only, and the next start tidies up."""

from __future__ import annotations

import random
import sqlite3
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from statistics import median

from governance.ledger import Ledger
from governance.ledger.rows import RunRow, RunStatus, StepKind, StepStatus
from governance.store import Home
from governance.worker.holder import holding
from governance.worker.tidy import ASIDE, SEALED_FOLDERS
from tests.faults import victims
from tests.faults.truth import Truth, seen
from tests.faults.victims import Place, kill, start
from tests.worker.child import until

KILLS = 200
TOGETHER = 20
STEPS = 6  # four reads and two checks
STAGES = ("reading", "writing a sealed file", "sealed and not yet told", "checking")
OUTLIVED = timedelta(seconds=31)


@dataclass
class Killing:
    """A worker and a `duiqi run` side by side, killed again and again by `once`."""

    place: Place
    dice: random.Random
    stages: Counter[str] = field(default_factory=Counter)
    who: Counter[str] = field(default_factory=Counter)
    orphans: set[str] = field(default_factory=set)
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
        works = {
            "worker": (victims.work, self.place),
            "run": (victims.run_again_and_again, self.place),
            "person": (victims.decide, self.place, self.said),
        }
        for role, (work, *arguments) in works.items():
            if role not in self.alive or not self.alive[role].is_alive():
                self.alive[role] = start(work, *arguments)  # type: ignore[arg-type]

    def once(self) -> None:
        """Kill who holds the lease, at a random step of its run and a random moment after that."""
        self.tries += 1
        change(self.place.folder / "oa.sqlite", self.tries)
        if self.tries % 5 == 0:
            last = self.ledger.runs.last_sealed()
            until(lambda: self.ledger.runs.last_sealed() != last, "a run left in peace", look=0.01)
        wanted = self.dice.randint(0, STEPS)
        until(lambda: self._begun() == wanted, "a run that is so far", look=0.002)
        time.sleep(self.dice.uniform(0, self.step))
        lease = self.ledger.leases.alive(now=self.place.clock())
        role = lease.holder.partition("@")[0] if lease else "worker"
        victim = self.alive[role].pid
        if self.tries % 7 == 0:
            self.stop("person")
        self.stop(role)
        run, lease = self._running(), self.ledger.leases.alive(now=self.place.clock())
        if run is not None and lease is not None and f":{victim}:" in lease.holder:
            # It died in its run, and the other waits for its lease to run out: nothing moves.
            self.stages[self._stage(run)] += 1
            self.who[role] += 1
            self.orphans |= self._orphans()
        assert self.truth.visible() == []
        self.place.clock.move(OUTLIVED)
        self.begin()

    def settle(self) -> None:
        """Kill them all, and let one come who only tidies up."""
        for role in list(self.alive):
            self.stop(role)
        self.place.clock.move(OUTLIVED)
        self.orphans |= self._orphans()
        with holding(self.ledger, "run", clock=self.place.clock) as held:
            assert held is not None
            self.bench.recover(held.fence)
        assert self.truth.settled() == []

    def stop(self, role: str) -> None:
        kill(self.alive.pop(role))

    def _running(self) -> RunRow | None:
        active = self.ledger.runs.active()
        return next((run for run in active if run.status is RunStatus.RUNNING), None)

    def _begun(self) -> int:
        """How many steps of the run under way were begun; -1 while there is none."""
        run = self._running()
        return -1 if run is None else len(self.ledger.steps.of_run(run.id))

    def _stage(self, run: RunRow) -> str:
        steps = self.ledger.steps.of_run(run.id)
        open_ = {step.kind for step in steps if step.status is StepStatus.RUNNING}
        if any(ASIDE.fullmatch(path.name) for path in self.home.tmp.iterdir()):
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


def change(path: Path, number: int) -> None:
    """One transaction in the OA that gives a customer and a member of staff the same new name."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for table, name, key in (("kh", "khmc", "khbh"), ("yg", "xm", "gh")):
            connection.execute(
                f"UPDATE {table} SET {name} = ? WHERE {key} IN ('C1', 'S1')", (f"n{number}",)
            )


def length_of_a_step(ledger: Ledger) -> float:
    """Seconds, about: a run that nobody disturbed, cut into equal parts."""
    ended = ledger.runs.sealed()
    times = [r.finished_at - r.started_at for r in ended if r.finished_at and r.started_at]
    return median(time.total_seconds() for time in times) / STEPS


def test_kill_9_at_200_moments_shows_no_half_run_and_loses_no_decision(place: Place) -> None:
    killing = Killing(place, random.Random(20260301))
    killing.begin()
    until(lambda: len(killing.ledger.runs.sealed(4)) == 4, "a few whole runs")
    killing.step = length_of_a_step(killing.ledger)
    while sum(killing.stages.values()) < KILLS:
        assert killing.tries < 4 * KILLS, f"too few kills hit a run: {killing.stages}"
        killing.once()
        if killing.tries % TOGETHER == 0:
            killing.settle()
            killing.begin()
    killing.settle()
    assert min(killing.stages[stage] for stage in STAGES) >= KILLS // 40, killing.stages
    assert min(killing.who["worker"], killing.who["run"]) >= KILLS // 10, killing.who
    no_decision_was_lost(killing)
    every_orphan_is_kept(killing)
    assert killing.truth.again().settled() == []
    assert seen(killing.ledger, killing.home) > 0


def no_decision_was_lost(killing: Killing) -> None:
    told = {int(line) for line in killing.said.read_text().splitlines()}
    kept = {decision.id for decision in killing.ledger.decisions.after()}
    assert len(told) > 50
    assert told - kept == set()


def every_orphan_is_kept(killing: Killing) -> None:
    quarantine = killing.home.path / "quarantine"
    aside = {
        path.relative_to(quarantine).as_posix().partition("/")[2]
        for path in quarantine.rglob("*.duckdb")
    }
    assert killing.orphans - aside == set()
