"""How a run carries out the consistency check: pair by pair, whole or only where touched.

What is measured stands in `checks.consistency` and `checks.reconcile`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from checks.consistency import PairPlan, Verdict, judge, pairs
from checks.dictionary import Entity
from checks.errors import CodedError
from checks.outcome import Outcome
from checks.recheck import Before, is_any, recheck
from checks.reconcile import reconcile
from governance.config.model import CheckConfig
from governance.ledger.rows import CheckResult, RunRow, SnapshotRow
from governance.runs import (
    agreements,
    causes,
    findings,
    lags,
    lifecycle,
    looks,
    matched,
    ownership,
)
from governance.runs.earlier import Earlier
from governance.runs.findings import PairRun, naive
from governance.runs.history import Compared, History
from governance.runs.judged import Judged, metrics_of, overall, side_numbers, worst_of
from governance.runs.past import basis_of, last_compared, remember, was_compared
from governance.runs.verdicts import Verdicts
from governance.runs.work import Evaluation, Seen, Work

PAIRS = """
CREATE TABLE pairs (check_name VARCHAR, entity VARCHAR, left_source VARCHAR, right_source VARCHAR,
    left_rows BIGINT, left_keys BIGINT, left_duplicate_keys BIGINT, left_null_keys BIGINT,
    right_rows BIGINT, right_keys BIGINT, right_duplicate_keys BIGINT, right_null_keys BIGINT,
    matched BIGINT, aligned BIGINT, mismatched BIGINT, only_left BIGINT, only_right BIGINT,
    strict DOUBLE, adjusted DOUBLE, outcome VARCHAR, reason VARCHAR,
    left_snapshot BIGINT, right_snapshot BIGINT, basis VARCHAR)
"""
FIELDS = """
CREATE TABLE fields (check_name VARCHAR, left_source VARCHAR, right_source VARCHAR, field VARCHAR,
    compared BIGINT, equal BIGINT, normalized BIGINT, within_tolerance BIGINT,
    null_vs_value BIGINT, different BIGINT, strict DOUBLE, adjusted DOUBLE)
"""
UNREAD = "CREATE TABLE unread (source VARCHAR, entity VARCHAR, field VARCHAR, cells BIGINT)"


class Consistency:
    """Compares the pairs of a check's sources. A pair that was not seen is not evaluable."""

    TABLES: Mapping[str, str] = {
        "pairs": PAIRS,
        "fields": FIELDS,
        "unread": UNREAD,
        "looks": looks.TABLE,
    }

    def __init__(self, work: Work) -> None:
        self.work = work
        self.earlier = Earlier(work)
        self.compared: RunRow | None = None
        self.seen: Mapping[tuple[str, str], Seen] = {}

    def evaluate(self, check: CheckConfig, seen: Mapping[tuple[str, str], Seen]) -> Evaluation:
        """Compare every pair of the check's sources. A pair that was not seen is not evaluable."""
        self.seen = seen
        self.verdicts = Verdicts(self.work, check.name)
        entity = self.work.config.entity(check.entity)
        found = {
            s: seen.get((s, entity.name)) or self.earlier.seen(s, entity.name)
            for s in check.sources
        }
        newest, self.compared = self.earlier.runs(check.name)
        files = self.earlier.file(newest), self.earlier.file(self.compared)
        remember(self.work.con, check.name, *files)
        moment = naive(self.work.as_of)
        lifecycle.forget(self.work.con, moment)
        judged = []
        for plan in pairs(entity, check.sources):
            first = not was_compared(self.work.con, check.name, plan)
            run = PairRun(
                check.name,
                entity,
                plan.left,
                plan.right,
                self.work.run_id,
                self.work.as_of,
                is_first=first,
            )
            with matched.under(self.work, entity, plan):
                judged.append(self._pair(check, run, plan, found))
        compared = [(item.plan.left, item.plan.right) for item in judged]
        lifecycle.leave(self.work.con, check.name, compared, run=self.work.run_id, now=moment)
        self._fold(check, judged, found)
        plans = [item.plan for item in judged]
        propagation = lags.learn(self.work.con, check.name, entity, plans)
        used = {s: seen.snapshot for s, seen in found.items() if seen.snapshot is not None}
        for item in judged:
            self._record(check, entity, item, used)
        self._record_unread(used)
        return Evaluation(
            result=self._result(check, judged, used),
            metrics=(
                *(m for item in judged for m in metrics_of(check.name, item)),
                *(
                    m
                    for item in judged
                    for m in matched.metrics(self.work, check.name, entity, item.plan)
                ),
                *self.work.open_by_severity(check.name),
                *propagation,
            ),
            snapshots=tuple(snapshot.id for snapshot in used.values()),
            findings=self.work.standing(check.name),
            error=self.earlier.damaged,
            verdicts=tuple(self.verdicts.changed),
        )

    def _pair(
        self, check: CheckConfig, run: PairRun, plan: PairPlan, found: Mapping[str, Seen]
    ) -> Judged:
        for source in (plan.left, plan.right):
            error = found[source].error
            if error is not None:
                self._keep(run)
                params = {"source": source, "code": error.code, **error.params}
                verdict = Verdict(Outcome.NOT_EVALUABLE, reason="store.not_read", params=params)
                return Judged(plan, verdict)
        try:
            return self._compare(check, run, plan, found)
        except CodedError as error:
            self._keep(run)
            verdict = Verdict(Outcome.ERROR, reason=error.code, params=error.params)
            return Judged(plan, verdict)

    def _keep(self, run: PairRun) -> None:
        """What stood between two sides that cannot be compared now stands on."""
        findings.keep_unchecked(self.work.con, run)
        agreements.keep(self.work.con, run)
        lifecycle.keep(self.work.con, run)
        looks.keep(self.work.con, run)
        ownership.settle(self.work, run, self.seen)
        lags.keep(self.work.con, run)

    def _compare(
        self, check: CheckConfig, run: PairRun, plan: PairPlan, found: Mapping[str, Seen]
    ) -> Judged:
        left_now, right_now = found[plan.left].snapshot, found[plan.right].snapshot
        assert left_now is not None
        assert right_now is not None
        matched.update(self.work, run.entity, plan, left_now, right_now)
        left = self.work.sides.side(run.entity, left_now)
        right = self.work.sides.side(run.entity, right_now)
        carry = findings.carry_of(run.entity)
        basis = basis_of(run.entity, plan, left, right)
        last = last_compared(self.work.con, run.check, plan, basis, self.compared)
        past = self.work.sides.past(run.entity, last, left_now, right_now) if last else None
        touched = past.touched(self.work.con) if past else None
        if past is not None and touched is not None:
            before = Before(past.left, past.right, past.last.totals)
            totals = recheck(self.work.con, left, right, before, touched, plan.fields, carry=carry)
        else:
            totals = reconcile(self.work.con, left, right, plan.fields, carry=carry)
        if not plan.presence:
            self.work.con.execute("DELETE FROM lone")
        findings.collect(self.work.con, run, "cells", "lone", touched)
        sides = Compared(left_now, left), Compared(right_now, right)
        History(self.work, run, plan, basis, self.compared).settle(sides)
        lifecycle.settle(self.work.con, run, left, right, touched)
        ownership.settle(self.work, run, self.seen)
        known = last is not None
        partial = touched is not None and is_any(self.work.con, touched)
        look = lags.Look(plan, left, right, left_now, right_now, known, partial)
        lags.collect(self.work.con, run, look)
        self.verdicts.settle(run, left, right)
        verdict = judge(
            plan,
            totals,
            excused=findings.excused(self.work.con, run),
            strict_at_least=check.thresholds.strict,
            adjusted_at_least=check.thresholds.adjusted,
        )
        return Judged(plan, verdict, totals, basis)

    def _fold(
        self, check: CheckConfig, judged: Sequence[Judged], found: Mapping[str, Seen]
    ) -> None:
        """The root causes of every pair that was compared; the others keep those they had."""
        work, entity = self.work, self.work.config.entity(check.entity)
        points = work.ledger.results.series(check.name, "strict")
        for item in judged:
            ends = (item.plan.left, item.plan.right)
            run = PairRun(check.name, entity, *ends, work.run_id, work.as_of)
            seen = [found[source].snapshot for source in ends]
            if item.totals is None:
                causes.keep(work.con, run)
                continue
            left, right = (work.sides.side(entity, one) for one in seen if one is not None)
            compared = [
                p.as_of
                for p in points
                if (p.metric.left_source, p.metric.right_source) == ends
                and p.metric.value is not None
            ]
            causes.fold(work.con, run, left, right, [*compared, work.as_of])

    def _record(
        self, check: CheckConfig, entity: Entity, item: Judged, used: Mapping[str, SnapshotRow]
    ) -> None:
        plan, verdict, totals = item.plan, item.verdict, item.totals
        numbers: list[int | None] = [None] * 13
        if totals is not None:
            numbers = [
                *side_numbers(totals.left),
                *side_numbers(totals.right),
                totals.matched,
                totals.aligned,
                totals.mismatched,
                totals.only_left,
                totals.only_right,
            ]
        names = [check.name, entity.name, plan.left, plan.right]
        judged = [verdict.strict, verdict.adjusted, verdict.outcome.value, verdict.reason]
        compared = [used[s].id if s in used else None for s in (plan.left, plan.right)]
        self.work.insert("pairs", [*names, *numbers, *judged, *compared, item.basis])
        rows = []
        for f in verdict.fields:
            t = f.totals
            counts = [t.compared, t.equal, t.normalized, t.within_tolerance]
            counts += [t.null_vs_value, t.different]
            rows.append([check.name, plan.left, plan.right, t.name, *counts, f.strict, f.adjusted])
        self.work.insert("fields", *rows)

    def _record_unread(self, used: Mapping[str, SnapshotRow]) -> None:
        rows = [
            [source, snapshot.entity, name, cells]
            for source, snapshot in used.items()
            for name, cells in snapshot.unread.items()
        ]
        self.work.insert("unread", *rows)

    def _result(
        self, check: CheckConfig, judged: list[Judged], used: Mapping[str, SnapshotRow]
    ) -> CheckResult:
        worst = worst_of(judged)
        whole = all(item.verdict.strict is not None for item in judged)
        strict, adjusted = overall(judged) if whole else (None, None)
        return CheckResult(
            check_name=check.name,
            outcome=worst.verdict.outcome,
            reason_code=worst.verdict.reason,
            reason_params=worst.verdict.params,
            strict=strict,
            adjusted=adjusted,
            open_findings=self.work.standing(check.name),
            as_of={source: snapshot.taken_at for source, snapshot in used.items()},
        )
