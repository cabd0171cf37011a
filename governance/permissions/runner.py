"""How a run looks at permissions: facts out of its snapshots, every rule, and all of it sealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from checks.outcome import Outcome
from checks.permissions.evaluate import Evaluated, evaluate
from checks.permissions.model import Facts, Move
from checks.prepare import Side
from governance.config.model import CheckConfig
from governance.config.permissions import AccessTable, PermissionsConfig
from governance.ledger.rows import CheckResult, SnapshotRow
from governance.permissions.cases import Cases
from governance.permissions.facts import load_facts
from governance.permissions.past import Past, past_of
from governance.permissions.reviewed import grants_seen
from governance.permissions.tables import ALL, TABLES
from governance.permissions.writing import Writer, metrics
from governance.reviews.outcome import REVOKED, judge
from governance.runs.earlier import Earlier
from governance.runs.faults import Faults, waivers
from governance.runs.filling import fill
from governance.runs.findings import FINDINGS, naive
from governance.runs.work import Evaluation, Seen, Work


class Permissions:
    """Carries out the check of permissions. What could not be read makes rules not evaluable."""

    TABLES: Mapping[str, str] = TABLES

    def __init__(self, work: Work) -> None:
        self.work = work
        self.earlier = Earlier(work)
        self.used: dict[str, SnapshotRow] = {}
        self.seen: Mapping[tuple[str, str], Seen] = {}

    def evaluate(self, check: CheckConfig, seen: Mapping[tuple[str, str], Seen]) -> Evaluation:
        """Every rule over what this run has seen, or before it over what was not read."""
        self.seen = seen
        access = self.work.config.permissions
        assert access is not None
        newest, _ = self.earlier.runs(check.name)
        past = past_of(self.work.con, check.name, self.earlier.file(newest), self.work.as_of)
        facts = self._facts(access, past)
        evaluated = evaluate(facts, access.policy)
        writer = Writer(self.work, check.name, evaluated, past)
        seen_now = grants_seen(access, facts, self.used, writer.grants)
        reviewed = judge(self.work.ledger, check.name, seen_now)
        if reviewed.result is not None:
            evaluated = replace(evaluated, results=(*evaluated.results, reviewed.result))
            writer.evaluated = evaluated
        self._write(check.name, evaluated, past, writer)
        return Evaluation(
            result=self._result(check.name, evaluated),
            metrics=(
                *metrics(check.name, evaluated, writer.exposed),
                *self.work.open_by_severity(check.name),
            ),
            snapshots=tuple(snapshot.id for snapshot in self.used.values()),
            findings=self.work.standing(check.name),
            error=self.earlier.damaged,
            outcomes=reviewed.outcomes,
        )

    def _facts(self, access: PermissionsConfig, past: Past) -> Facts:
        work = self.work
        read = load_facts(
            work.con,
            access,
            self._open,
            as_of=work.as_of,
            zone=work.config.time_zone.key,
            moves=past.moves,
        )
        noticed = [past.moved(p.no, p.department, work.as_of) for p in read.persons.values()]
        told_of = {(m.person, m.before, m.after) for m in read.moves}
        new = [m for m in noticed if m and (m.person, m.before, m.after) not in told_of]
        self.moves: tuple[Move, ...] = (*past.moves, *new)
        return Facts(
            read.as_of,
            read.zone,
            read.systems,
            read.persons,
            (*read.moves, *new),
            read.people_known,
        )

    def _open(self, table: AccessTable) -> Side:
        """The table's snapshot. Raises CodedError where it was not read, or cannot be trusted."""
        name = table.entity.name
        found = self.seen.get((table.source, name)) or self.earlier.seen(table.source, name)
        if found.error is not None:
            raise found.error
        assert found.snapshot is not None
        self.used[name] = found.snapshot
        return self.work.sides.own(table.entity, found.snapshot)

    def _result(self, check: str, evaluated: Evaluated) -> CheckResult:
        results = evaluated.results
        if any(r.failed for r in results):
            outcome, reason = Outcome.FAILED, None
        elif any(r.passed for r in results if r.rule != REVOKED):
            outcome, reason = Outcome.PASSED, None
        else:
            outcome, reason = Outcome.NOT_EVALUABLE, "permissions.nothing_seen"
        return CheckResult(
            check_name=check,
            outcome=outcome,
            reason_code=reason,
            open_findings=self.work.standing(check),
            as_of={s.source: s.taken_at for s in self.used.values()},
        )

    def _write(self, check: str, evaluated: Evaluated, past: Past, writer: Writer) -> None:
        for name, rows in writer.rows().items():
            fill(self.work.con, name, ALL[name], rows)
        moves = [[m.person, m.before, m.after, naive(m.at)] for m in self.moves]
        fill(self.work.con, "perm_moves", ALL["perm_moves"], moves)
        work = self.work
        faults = Faults(work.config, check, work.run_id, work.as_of, waivers(work.con))
        cases = Cases(faults).settled(evaluated, past)
        fill(self.work.con, "findings", FINDINGS, [list(row.values()) for row in cases])
