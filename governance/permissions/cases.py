"""Failures as findings of a run, so that somebody owns them, and so that an end is noticed.

A failure is the same finding as long as rule, subject and facet are the same. It is fixed when a
run that could look no longer sees it, withdrawn when nobody asks any more (the rule is off, or an
exception covers it), and unchecked when the run could not look.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from checks.outcome import Severity
from checks.permissions import OVERREACH
from checks.permissions.evaluate import Evaluated
from checks.permissions.verdict import Ruling, Verdict
from governance.config.model import Config
from governance.permissions.past import Past
from governance.runs.findings import FINDINGS, naive

NOBODY = "rules.nobody"
# As for records: a closed finding is known again for so long.
REMEMBERED = timedelta(days=90)
WEIGHTS = {Severity.CRITICAL: 10, Severity.HIGH: 7, Severity.MEDIUM: 4, Severity.LOW: 1}

Row = dict[str, Any]


def finding_id(check: str, verdict: Verdict) -> str:
    parts = (check, verdict.rule, verdict.subject, verdict.facet)
    return hashlib.sha256(chr(31).join(parts).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Cases:
    """Makes this run's findings out of its verdicts and of those before."""

    config: Config
    check: str
    run: int
    as_of: datetime
    waivers: Mapping[str, tuple[int, str, datetime]]

    def settled(self, evaluated: Evaluated, past: Past) -> list[Row]:
        """Every finding of the check, also those closed lately."""
        verdicts = [v for result in evaluated.results for v in result.verdicts]
        failed = {finding_id(self.check, v): v for v in verdicts if v.ruling is Ruling.FAILED}
        unseen = {finding_id(self.check, v) for v in verdicts if v.ruling is Ruling.NOT_EVALUABLE}
        excepted = {finding_id(self.check, v) for v in verdicts if v.ruling is Ruling.EXCEPTED}
        looked = {r.rule for r in evaluated.results if not _is_blind(r.verdicts)}
        asked = {r.rule for r in evaluated.results}
        names = {h: p.name for h, p in evaluated.company.facts.persons.items()}
        rows = [self._standing(i, v, past.findings.get(i), names) for i, v in failed.items()]
        for name, old in past.findings.items():
            if name in failed:
                continue
            if old["state"] == "gone":
                if self._now - old["closed_at"] < REMEMBERED:
                    rows.append(old)
            elif name in unseen or (old["field"] in asked and old["field"] not in looked):
                rows.append({**old, "state": "unchecked"})
            else:
                is_fixed = old["field"] in asked and name not in excepted
                turn = "fixed" if is_fixed else "withdrawn"
                end = {"closed_at": self._now, "closed_run": self.run}
                rows.append({**old, "state": "gone", "turn": turn, **end})
        return rows

    @property
    def _now(self) -> datetime:
        return naive(self.as_of)

    def _standing(
        self, name: str, verdict: Verdict, old: Row | None, names: Mapping[str, str | None]
    ) -> Row:
        back = old is not None and old["state"] == "gone"
        began = self._now if old is None or back else old["since"]
        first = (self._now, self.run) if old is None else (old["first_seen"], old["first_run"])
        human = verdict.witness.human
        said = hashlib.sha256(repr(_proof(verdict)).encode()).hexdigest()[:16]
        told = {
            "finding_id": name,
            "check_name": self.check,
            "entity": self.check,
            "left_source": self._source(verdict),
            "right_source": self._source(verdict),
            "key_shown": verdict.subject.partition(":")[2],
            "record_key": verdict.subject,
            "field": verdict.rule,
            "kind": OVERREACH,
            "class": verdict.kind.value,
            "left_value": verdict.facet or None,
            "authority": self._source(verdict),
            "severity": verdict.severity.value,
            "weight": WEIGHTS[verdict.severity],
            "department": verdict.department,
            "display": names.get(human) if human else None,
            "state": "open",
            "first_seen": first[0],
            "first_run": first[1],
            "last_seen": self._now,
            "last_run": self.run,
            "copies": 1,
            "personal": False,
            "left_hash": said,
            "since": began,
            "opened_at": began,
            "turn": "reopened" if back else (old["turn"] if old else None),
            "waiver": self._waiver(name, said),
            "owner": self._owner(verdict),
            "due_at": began + self.config.due.of(verdict.severity),
        }
        return {column: told.get(column) for column in FINDINGS}

    def _source(self, verdict: Verdict) -> str:
        access = self.config.permissions
        assert access is not None
        if verdict.system is None:
            return access.systems[0].sources[0]
        return access.system(verdict.system).sources[0]

    def _waiver(self, name: str, said: str) -> int | None:
        granted = self.waivers.get(name)
        if granted is None or granted[1] != said or granted[2] <= self._now:
            return None
        return granted[0]

    def _owner(self, verdict: Verdict) -> str | None:
        """By the first rule that speaks of permissions, or of everything."""
        source = self._source(verdict)
        for rule in self.config.owners:
            entity = not rule.entities or self.check in rule.entities
            field = not rule.fields or verdict.rule in rule.fields
            department = not rule.departments or verdict.department in rule.departments
            if entity and field and department and (not rule.systems or source in rule.systems):
                return rule.owner
        return None


def _is_blind(verdicts: Iterable[Verdict]) -> bool:
    """Whether a rule could not look at all. One that found nobody to look at has looked."""
    return any(
        v.ruling is Ruling.NOT_EVALUABLE and v.subject.startswith("rule:") and v.reason != NOBODY
        for v in verdicts
    )


def _proof(verdict: Verdict) -> object:
    """What a waiver was granted for: another path or document is another matter."""
    return verdict.witness.accounts, verdict.witness.paths, verdict.witness.events
