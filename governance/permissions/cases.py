"""Failures as findings of a run, so that somebody owns them, and so that an end is noticed.

A failure is the same finding as long as rule, subject and facet are the same. It is fixed when a
run that could look no longer sees it, withdrawn when nobody asks any more (the rule is off, or an
exception covers it), and unchecked when the run could not look.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from checks.permissions import OVERREACH
from checks.permissions.evaluate import Evaluated
from checks.permissions.verdict import Ruling, Verdict
from governance.permissions.past import Past
from governance.runs.faults import End, Faults, Row, Stated, fault_id

NOBODY = "rules.nobody"


def finding_id(check: str, verdict: Verdict) -> str:
    return fault_id(check, verdict.rule, verdict.subject, verdict.facet)


@dataclass(frozen=True)
class Cases:
    """Makes this run's findings out of its verdicts and of those before."""

    faults: Faults

    def settled(self, evaluated: Evaluated, past: Past) -> list[Row]:
        """Every finding of the check, also those closed lately."""
        check = self.faults.check
        verdicts = [v for result in evaluated.results for v in result.verdicts]
        failed = {finding_id(check, v): v for v in verdicts if v.ruling is Ruling.FAILED}
        unseen = {finding_id(check, v) for v in verdicts if v.ruling is Ruling.NOT_EVALUABLE}
        excepted = {finding_id(check, v) for v in verdicts if v.ruling is Ruling.EXCEPTED}
        looked = {r.rule for r in evaluated.results if not _is_blind(r.verdicts)}
        asked = {r.rule for r in evaluated.results}
        names = {h: p.name for h, p in evaluated.company.facts.persons.items()}

        def end(name: str, old: Row) -> End:
            rule = old["field"]
            if name in unseen or (rule in asked and rule not in looked):
                return End.UNCHECKED
            return End.FIXED if rule in asked and name not in excepted else End.WITHDRAWN

        stated = {name: self._stated(verdict, names) for name, verdict in failed.items()}
        return self.faults.settled(stated, past.findings, end)

    def _stated(self, verdict: Verdict, names: Mapping[str, str | None]) -> Stated:
        human = verdict.witness.human
        return Stated(
            subject=verdict.subject,
            shown=verdict.subject.partition(":")[2],
            field=verdict.rule,
            kind=OVERREACH,
            cls=verdict.kind.value,
            severity=verdict.severity,
            source=self._source(verdict),
            proof=_proof(verdict),
            value=verdict.facet or None,
            department=verdict.department,
            display=names.get(human) if human else None,
        )

    def _source(self, verdict: Verdict) -> str:
        access = self.faults.config.permissions
        assert access is not None
        if verdict.system is None:
            return access.systems[0].sources[0]
        return access.system(verdict.system).sources[0]


def _is_blind(verdicts: Iterable[Verdict]) -> bool:
    """Whether a rule could not look at all. One that found nobody to look at has looked."""
    return any(
        v.ruling is Ruling.NOT_EVALUABLE and v.subject.startswith("rule:") and v.reason != NOBODY
        for v in verdicts
    )


def _proof(verdict: Verdict) -> object:
    """What a waiver was granted for: another path or document is another matter."""
    return verdict.witness.accounts, verdict.witness.paths, verdict.witness.events
