"""What the ledger hands out of review campaigns: frozen values, times aware UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

Facts = dict[str, Any]


class ReviewStatus(StrEnum):
    """`incomplete`: closed by somebody, and never to be taken for a signed one."""

    OPEN = "open"
    SIGNED = "signed"
    INCOMPLETE = "incomplete"
    CANCELLED = "cancelled"


class Decision(StrEnum):
    """What is to become of a grant; `change` says how in its reason."""

    KEEP = "keep"
    REVOKE = "revoke"
    CHANGE = "change"


TO_DO = (Decision.REVOKE, Decision.CHANGE)


class Outcome(StrEnum):
    """What the newest run says of a grant that was to be revoked or changed. `changed` is one that
    was to be changed and is no longer what it was; `back` was gone, and is there again."""

    GONE = "gone"
    CHANGED = "changed"
    STILL = "still"
    BACK = "back"
    NOT_SEEN = "not_seen"


DONE = (Outcome.GONE, Outcome.CHANGED)


class Change(StrEnum):
    """A grant against the last signed review."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True)
class SourceState:
    """One table that the population was made of. `taken_at` is its newest whole snapshot, None for
    none; `code` says why it could not be seen whole, `is_stale` that it was too old."""

    system: str
    kind: str
    source: str
    taken_at: datetime | None
    code: str | None = None
    params: Mapping[str, str] | None = None
    is_stale: bool = False

    @property
    def is_gap(self) -> bool:
        return self.code is not None or self.is_stale


@dataclass(frozen=True)
class ReviewRow:
    """One campaign. `people` maps each reviewer and delegate to their name; `ambiguous` are names
    that several people bear. `gone` are grant keys of the last signed review that are no more."""

    id: int
    name: str
    check_name: str
    status: ReviewStatus
    opened_by: str
    opened_at: datetime
    due_at: datetime
    run_id: int
    run_sha256: str
    run_as_of: datetime
    filters: dict[str, list[str]]
    rules: list[str]
    sources: tuple[SourceState, ...]
    people: dict[str, str]
    ambiguous: tuple[str, ...]
    lines: int
    population: str
    compared_to: int | None
    only_differences: bool
    gone: tuple[Facts, ...]
    closed_by: str | None = None
    closed_at: datetime | None = None
    reason: str | None = None

    @property
    def gaps(self) -> tuple[SourceState, ...]:
        """For what the campaign cannot be signed as complete."""
        return tuple(source for source in self.sources if source.is_gap)


@dataclass(frozen=True)
class NewLine:
    """A grant to be reviewed, and by whom. `reviewer` None: nobody could be found."""

    grant_key: str
    facts: Facts
    change: Change
    reviewer: str | None
    reviewer_rule: str


@dataclass(frozen=True)
class ReviewLine(NewLine):
    """A line as it stands now."""

    review_id: int = 0
    seq: int = 0
    delegate: str | None = None
    decision: Decision | None = None
    reason: str | None = None
    decided_by: str | None = None
    on_behalf_of: str | None = None
    decided_at: datetime | None = None
    batch: int | None = None
    outcome: Outcome | None = None
    outcome_run: int | None = None
    outcome_at: datetime | None = None

    @property
    def human(self) -> str | None:
        told = self.facts["human"]
        return None if told is None else str(told)

    @property
    def system(self) -> str:
        return str(self.facts["system"])

    @property
    def failing(self) -> tuple[str, ...]:
        """The rules that the grant fails."""
        return tuple(self.facts["fails"])


@dataclass(frozen=True)
class ReviewEvent:
    """What somebody did. `seq` None speaks of the whole campaign."""

    id: int
    review_id: int
    seq: int | None
    event: str
    actor: str
    on_behalf_of: str | None
    at: datetime
    batch: int | None
    detail: dict[str, Any]


@dataclass(frozen=True)
class NewOutcome:
    """What a run says of one line, where it is something else than before."""

    review_id: int
    seq: int
    outcome: Outcome
