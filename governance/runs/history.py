"""What the findings of a pair know of their past: the last agreement, who moved, and when."""

from __future__ import annotations

from dataclasses import dataclass

from checks.consistency import PairPlan
from checks.prepare import Side
from governance.ledger.rows import RunRow, SnapshotRow
from governance.runs import agreements, directions, looks
from governance.runs.bridge import Bridge, Now, between
from governance.runs.directions import Taken
from governance.runs.findings import PairRun
from governance.runs.looks import Look, Made
from governance.runs.work import Work


@dataclass(frozen=True)
class Compared:
    """One side as it was compared just now."""

    snapshot: SnapshotRow
    side: Side


@dataclass(frozen=True)
class History:
    """The past of one pair. `basis` stands for all rules of today, `compared` is the last run that
    compared the pair, where no look at it was written down."""

    work: Work
    pair: PairRun
    plan: PairPlan
    basis: str
    compared: RunRow | None

    def settle(self, sides: tuple[Compared, Compared]) -> None:
        """Fill in agreement and direction of the pair's standing findings, once they are collected,
        and write down that this look was taken."""
        left, right = sides
        opener, con, pair = self.work.sides, self.work.con, self.pair
        now = opener.now(left.side, left.snapshot), opener.now(right.side, right.snapshot)
        known = looks.last(con, pair.check, self.plan, self.compared)
        look, then = opener.then(known)
        bridge = between(con, pair.entity, self.plan, look, then, now, self.basis)
        agreements.collect(con, pair, bridge, now, lambda run: self._at(run, now))
        directions.settle(
            con,
            pair,
            bridge,
            [left.side.spec.column(name) for name in self.plan.fields],
            Taken(left.snapshot.taken_at, right.snapshot.taken_at),
            (
                opener.walk(pair.entity, look, left.snapshot, look.left_snapshot if look else 0),
                opener.walk(pair.entity, look, right.snapshot, look.right_snapshot if look else 0),
            ),
        )
        seen = left.snapshot.id, right.snapshot.id
        made = now[0].made, now[1].made
        looks.note(con, pair, Look(pair.run, pair.now, *seen, self.basis, *made))

    def _at(self, run: int, now: tuple[Now, Now]) -> Bridge | None:
        """The way from the look of an earlier run; None where its snapshots are not known."""
        row = self.work.ledger.runs.get(run)
        used = {
            s.source: s.id
            for s in self.work.ledger.snapshots.of_run(run)
            if s.entity == self.pair.entity.name
        }
        if row is None or self.pair.left not in used or self.pair.right not in used:
            return None
        at = row.as_of or row.requested_at
        numbers = used[self.pair.left], used[self.pair.right]
        look, then = self.work.sides.then(Look(run, at, *numbers, None, Made(), Made()))
        return between(self.work.con, self.pair.entity, self.plan, look, then, now, self.basis)
