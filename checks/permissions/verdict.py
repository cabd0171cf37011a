"""What a rule says: about whom, how sure, and what proves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from checks.outcome import Severity
from checks.permissions.policy import Exemption


class RuleKind(StrEnum):
    """`can`: a configured right. `did`: something done. `gap`: a missing control."""

    CAN = "can"
    DID = "did"
    GAP = "gap"


class Ruling(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_EVALUABLE = "not_evaluable"
    EXCEPTED = "excepted"


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a path: `what` is account, group, role, department, delegation, administrator,
    permission, scope or fields; `id` the source's, `name` for people."""

    what: str
    id: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class GrantPath:
    """How one account of one system comes to one function. `scope` is a word of `Scope`."""

    system: str
    account: str
    function: str
    scope: str
    hops: tuple[Hop, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, with its number in the source: a document, an approval, a log line.

    `what` is created, approved, updated, exported, logged_in, used, delegated, granted, edited or
    moved.
    """

    system: str
    what: str
    id: str
    at: datetime | None
    account: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Witness:
    """What proves a verdict: the human, all accounts (`system`, `account`), paths and events."""

    human: str | None = None
    accounts: tuple[tuple[str, str], ...] = ()
    paths: tuple[GrantPath, ...] = ()
    events: tuple[Event, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """One subject under one rule. `subject` is its identity within the rule and over runs: a
    human, an account, a document or a role, as `kind:id`; `facet` tells several of one subject
    apart. `reason` is a message code filled by `params` (texts only). `system` is where to mend it.
    """

    rule: str
    kind: RuleKind
    ruling: Ruling
    subject: str
    reason: str
    params: Mapping[str, str] = field(default_factory=dict)
    facet: str = ""
    severity: Severity = Severity.HIGH
    system: str | None = None
    department: str | None = None
    witness: Witness = Witness()
    exemption: Exemption | None = None


@dataclass(frozen=True)
class RuleResult:
    """A rule over everybody it speaks of. `population` is how many subjects it looked at, of whom
    `passed` passed; the others have their `verdicts`. One that passed has a verdict only where it
    is to be listed all the same (a service account, a super administrator). A rule that could look
    at nobody has one verdict `not_evaluable` with the subject `rule:<id>`."""

    rule: str
    population: int
    passed: int
    verdicts: tuple[Verdict, ...]

    @property
    def failed(self) -> int:
        return sum(v.ruling is Ruling.FAILED for v in self.verdicts)
