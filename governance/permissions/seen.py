"""What a reader of permissions gets back: frozen values, codes instead of words, times aware."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from checks.permissions.verdict import Witness


@dataclass(frozen=True)
class Tally:
    """So many verdicts that have all of this in common."""

    rule: str
    kind: str
    ruling: str
    severity: str
    system: str | None
    department: str | None
    count: int


@dataclass(frozen=True)
class RuleCount:
    """A rule in numbers. `population` and `passed` are None for whoever sees a part only."""

    rule: str
    population: int | None
    passed: int | None
    failed: int
    not_evaluable: int
    excepted: int


@dataclass(frozen=True)
class Blind:
    """What of a system could not be seen, and why."""

    system: str
    kind: str
    code: str
    params: Mapping[str, str]


@dataclass(frozen=True)
class VerdictRow:
    """One verdict as sealed; times are aware UTC. `who` is the human's name where one is known."""

    finding_id: str
    rule: str
    kind: str
    ruling: str
    subject: str
    facet: str
    severity: str
    system: str | None
    department: str | None
    human: str | None
    reason: str
    params: Mapping[str, str]
    witness: Witness
    exempt_owner: str | None
    exempt_reason: str | None
    exempt_until: date | None
    first_seen: datetime
    first_run: int
    who: str | None


@dataclass(frozen=True)
class Narrow:
    """Which verdicts to look at; an empty part does not narrow, "" stands for none."""

    rule: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    ruling: tuple[str, ...] = ()
    severity: tuple[str, ...] = ()
    system: tuple[str, ...] = ()
    department: tuple[str, ...] = ()

    def takes(self, tally: Tally) -> bool:
        return all(
            not chosen or (value or "") in chosen
            for chosen, value in (
                (self.rule, tally.rule),
                (self.kind, tally.kind),
                (self.ruling, tally.ruling),
                (self.severity, tally.severity),
                (self.system, tally.system),
                (self.department, tally.department),
            )
        )
