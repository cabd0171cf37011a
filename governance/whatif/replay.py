"""The last runs of a check lived once more under another rule, over the same sealed snapshots.

Each run's findings are settled by the same code that settles them in a run, so what comes out is
what a run would have found. Only keys for which the rule can matter are compared again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from checks.consistency import PairPlan, Verdict, judge, pairs
from checks.dictionary import Entity
from checks.errors import CodedError
from checks.outcome import Outcome as Ended
from checks.prepare import Side as Rows
from checks.recheck import Before, recheck
from checks.reconcile import Totals, reconcile
from governance.access import Actor, Right
from governance.config import Config
from governance.config.model import CheckConfig
from governance.errors import ConfigError, GovernanceError
from governance.ledger import Ledger
from governance.ledger.rows import RunRow
from governance.runs import findings
from governance.runs.findings import PairRun
from governance.runs.judged import Judged, overall
from governance.runs.past import basis_of, last_compared, remember
from governance.runs.sides import Sides
from governance.store import Home, Proofs, engine
from governance.whatif import sides, told
from governance.whatif.change import Change, changed
from governance.whatif.model import Left, Outcome, Point, Side

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

RUNS = 10
LOOK_BACK = 60
MEMORY = "400MB"
Tell = Callable[[int, int], None]


def what_if(
    actor: Actor,
    config: Config,
    ledger: Ledger,
    home: Home,
    change: Change,
    *,
    runs: int = RUNS,
    proofs: Proofs | None = None,
    tell: Tell = lambda _done, _all: None,
) -> tuple[Outcome, ...]:
    """What `change` would have meant over the last `runs` of each check of its entity.

    `tell` hears how many runs of how many are done. Raises PermissionRefused without the right to
    view, ConfigError for a change that cannot be looked at (see `changed`).
    """
    actor.require(Right.VIEW)
    entity = changed(config, change)
    checks = [c for c in config.checks if c.entity == change.entity]
    if not any(_is_compared(e, c, change.field) for e in (config.entity(change.entity), entity)
               for c in checks):  # fmt: skip
        raise ConfigError("whatif.not_compared")
    taken = {c.name: _runs(ledger, c.name, runs) for c in checks}
    count, done = sum(map(len, taken.values())), 0
    outcomes = []
    for check in checks:
        with engine(home, memory=MEMORY) as con:
            replay = _Replay(con, config, ledger, home, proofs or Proofs(), check, change, entity)
            for run in taken[check.name]:
                replay.live(run)
                done += 1
                tell(done, count)
            outcomes.append(replay.outcome(actor))
    return tuple(outcomes)


def _is_compared(entity: Entity, check: CheckConfig, field: str) -> bool:
    return any(field in plan.fields for plan in pairs(entity, check.sources))


def _runs(ledger: Ledger, check: str, most: int) -> list[RunRow]:
    """The newest runs that could compare every pair of the check, oldest first."""
    found = []
    for result in ledger.results.history(check, limit=LOOK_BACK):
        run = ledger.runs.get(result.run_id)
        if result.outcome in (Ended.PASSED, Ended.FAILED) and run and run.file and run.sha256:
            found.append(run)
        if len(found) == most:
            break
    return found[::-1]


class _Replay:
    """One check through its runs, on a connection of its own."""

    def __init__(
        self,
        con: DuckDBPyConnection,
        config: Config,
        ledger: Ledger,
        home: Home,
        proofs: Proofs,
        check: CheckConfig,
        change: Change,
        entity: Entity,
    ) -> None:
        self.con, self.config, self.ledger, self.home = con, config, ledger, home
        self.proofs, self.check, self.change = proofs, check, change
        self.was, self.would = config.entity(check.entity), entity
        self.sides = Sides(con, ledger, home, config, proofs)
        self.points: list[Point] = []
        self.left: list[Left] = []
        findings.create(con)
        told.create(con)

    def live(self, run: RunRow) -> None:
        """One run under both rules; one whose snapshots are no longer there is left out."""
        try:
            file = self._file_of(run)
            remember(self.con, self.check.name, file, None)
            told.begin(self.con)
            self.points.append(self._live(run))
        except CodedError as error:
            told.undo(self.con, run.id)
            self.left.append(Left(run.id, error.code, dict(error.params)))

    def _file_of(self, run: RunRow) -> Path:
        if run.pruned_at is not None:
            raise GovernanceError("whatif.run_gone")
        return self.proofs.prove(self.home, str(run.file), str(run.sha256))

    def _live(self, run: RunRow) -> Point:
        rows = self._opened()
        old = {(p.left, p.right): p for p in pairs(self.was, self.check.sources)}
        new = {(p.left, p.right): p for p in pairs(self.would, self.check.sources)}
        was, would = [], []
        for pair in dict.fromkeys([*old, *new]):
            both = _Pair(self, run, rows, old.get(pair), new.get(pair))
            before, after = both.live()
            was += [before] if before else []
            would += [after] if after else []
        counted = told.count(self.con, run.id)
        return Point(
            run=run.id,
            at=run.as_of or run.requested_at,
            was=Side(*overall(was), counted.was),
            would=Side(*overall(would), counted.would),
            gained=counted.gained,
            lost=counted.lost,
        )

    def _opened(self) -> Mapping[str, Rows]:
        """The snapshots that the run looked at, by source."""
        numbers: dict[str, int] = {}
        for row in self.con.execute(
            "SELECT left_source, left_snapshot, right_source, right_snapshot FROM previous_pairs"
        ).fetchall():
            numbers |= {source: number for source, number in (row[:2], row[2:]) if number}
        return {source: self._side(number) for source, number in numbers.items()}

    def _side(self, number: int) -> Rows:
        snapshot = self.ledger.snapshots.get(number)
        if snapshot is None or snapshot.pruned_at is not None:
            raise GovernanceError("whatif.snapshot_gone")
        return self.sides.side(self.was, snapshot)

    def outcome(self, actor: Actor) -> Outcome:
        """What all runs come to, as `actor` may see it."""
        summed = told.summed(self.con, actor, self.ledger.decisions)
        hands, owners = told.handed_over(self.con, actor, self.config, self.was, self.would)
        return Outcome(
            change=self.change,
            check=self.check.name,
            points=tuple(self.points),
            left_out=tuple(self.left),
            gained=summed.gained,
            lost=summed.lost,
            gained_examples=summed.gained_examples,
            lost_examples=summed.lost_examples,
            real=summed.real,
            real_count=summed.real_count,
            hands=hands,
            owners=owners,
        )


class _Pair:
    """One pair of sources in one run."""

    def __init__(
        self,
        replay: _Replay,
        run: RunRow,
        rows: Mapping[str, Rows],
        old: PairPlan | None,
        new: PairPlan | None,
    ) -> None:
        self.replay, self.con, self.old, self.new = replay, replay.con, old, new
        self.run, self.at = run, run.as_of or run.requested_at
        plan = old or new
        assert plan is not None
        self.left_name, self.right_name = plan.left, plan.right
        for name in (plan.left, plan.right):
            if name not in rows:
                raise GovernanceError("whatif.snapshot_gone")
        self.left, self.right = rows[plan.left], rows[plan.right]

    def live(self) -> tuple[Judged | None, Judged | None]:
        """How the pair was judged, and how it would have been; None where it is not compared.

        Leaves the findings of both in the tables that `told` keeps.
        """
        con, pair = self.con, self._pair(self.replay.was)
        told.clear(con)
        before = self._before(pair) if self.old else None
        if self.new is None:
            told.take_nothing(con)
        after = self._after(before) if self.new else None
        told.compare(con, pair)
        return before, after

    def _pair(self, entity: Entity) -> PairRun:
        names = self.left_name, self.right_name
        return PairRun(self.replay.check.name, entity, *names, self.run.id, self.at)

    def _before(self, pair: PairRun) -> Judged:
        """Under today's rules: as the run sealed it, where it was made under the same."""
        plan, check = self.old, self.replay.check.name
        assert plan is not None
        basis = basis_of(self.replay.was, plan, self.left, self.right)
        last = last_compared(self.con, check, plan, basis, self.run)
        if last is not None:
            told.take_sealed(self.con, pair)
            return Judged(plan, self._judged(plan, last.totals, pair), last.totals)
        totals = self._whole(plan, self.left, self.right)
        findings.find(self.con, pair, "cells", "lone")
        told.take_found(self.con, pair)
        return Judged(plan, self._judged(plan, totals, pair), totals)

    def _after(self, before: Judged | None) -> Judged:
        plan, pair = self.new, self._pair(self.replay.would)
        assert plan is not None
        if before is not None and before.plan == plan:
            if not self.replay.change.is_rule or self.replay.change.field not in plan.fields:
                told.take_same(self.con, self.replay.would)
                return before
            return self._again(plan, pair, before)
        totals = self._whole(plan, self.left, self.right)
        findings.find(self.con, pair, "cells", "lone")
        told.settle(self.con, pair, self.replay.change.field, None)
        return Judged(plan, self._judged(plan, totals, pair), totals)

    def _again(self, plan: PairPlan, pair: PairRun, before: Judged) -> Judged:
        """The keys for which the rule can matter, compared again."""
        assert before.totals is not None
        change = self.replay.change
        field = self.replay.would.field_named(change.field)
        left = sides.under(self.con, self.left, field, "what_left")
        right = sides.under(self.con, self.right, field, "what_right")
        touched = sides.touch(
            self.con, self.left, self.right, field.name, is_read_anew=change.part == "normalize"
        )
        carry = findings.carry_of(self.replay.would)
        then = Before(self.left, self.right, before.totals)
        totals = recheck(self.con, left, right, then, touched, plan.fields, carry=carry)
        if not plan.presence:
            self.con.execute("DELETE FROM lone")
        findings.find(self.con, pair, "cells", "lone")
        told.settle(self.con, pair, field.name, touched)
        return Judged(plan, self._judged(plan, totals, pair), totals)

    def _whole(self, plan: PairPlan, left: Rows, right: Rows) -> Totals:
        carry = findings.carry_of(self.replay.was)
        totals = reconcile(self.con, left, right, plan.fields, carry=carry)
        if not plan.presence:
            self.con.execute("DELETE FROM lone")
        return totals

    def _judged(self, plan: PairPlan, totals: Totals, pair: PairRun) -> Verdict:
        """The table `findings` holds what stands of this pair."""
        limits = self.replay.check.thresholds
        return judge(
            plan,
            totals,
            excused=findings.excused(self.con, pair),
            strict_at_least=limits.strict,
            adjusted_at_least=limits.adjusted,
        )
