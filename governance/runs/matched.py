"""Where records share no key: the cross-walk brought up to date, and its keys under the check."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from checks.consistency import PairPlan
from checks.dictionary import Entity
from governance.ledger.rows import Metric, SnapshotRow
from governance.ledger.walks import Between, Status
from governance.runs.work import Work

WALK = "temp.walk_now"


@contextmanager
def under(work: Work, entity: Entity, plan: PairPlan) -> Iterator[None]:
    """Meanwhile the two sources of `plan` are read under joint keys, if the entity is matched."""
    if entity.match is None:
        yield
        return
    _load(work, entity, plan)
    which = {plan.left: "left", plan.right: "right"}
    with work.sides.under(entity.name, which, WALK):
        yield
    work.con.execute(f"DROP TABLE IF EXISTS {WALK} CASCADE")


def update(
    work: Work, entity: Entity, plan: PairPlan, left: SnapshotRow, right: SnapshotRow
) -> None:
    """Match what is new on either side, if the entity is matched at all."""
    if entity.match is None:
        return
    from governance.matching.entity import task_of
    from governance.matching.entity import update as bring_up_to_date

    sides = work.sides.own(entity, left), work.sides.own(entity, right)
    task = task_of(
        work.con, work.ledger, entity, plan, sides, work.config.time_zone.key, work.run_id,
        work.as_of,
    )  # fmt: skip
    bring_up_to_date(task)
    _load(work, entity, plan)


def metrics(work: Work, check: str, entity: Entity, plan: PairPlan) -> list[Metric]:
    """How many pairs wait for a person."""
    if entity.match is None:
        return []
    between = Between(entity.name, plan.left, plan.right)
    waiting = work.ledger.crosswalk.waiting(between)
    return [Metric(check, plan.left, plan.right, f"match_{Status.PROPOSED}", waiting)]


def _load(work: Work, entity: Entity, plan: PairPlan) -> None:
    from governance.matching.entity import pairs

    between = Between(entity.name, plan.left, plan.right)
    pairs(work.con, WALK, work.ledger.crosswalk.accepted(between))
