"""The values that go in and out of the cross-walk, and the rules by which pairs change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Status(StrEnum):
    """How a pair stands. `withdrawn` is a proposal that the data no longer makes."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    PROPOSED = "proposed"
    WITHDRAWN = "withdrawn"


class Event(StrEnum):
    """What happened to a pair. `split` undoes an acceptance, `merged` is one by hand."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    PROPOSED = "proposed"
    WITHDRAWN = "withdrawn"
    SPLIT = "split"
    MERGED = "merged"


AFTER = {
    Event.ACCEPTED: Status.ACCEPTED,
    Event.MERGED: Status.ACCEPTED,
    Event.REJECTED: Status.REJECTED,
    Event.SPLIT: Status.REJECTED,
    Event.PROPOSED: Status.PROPOSED,
    Event.WITHDRAWN: Status.WITHDRAWN,
}
# From which a person may bring a pair to each event; a machine never touches what was decided.
FROM = {
    Event.ACCEPTED: (Status.PROPOSED,),
    Event.REJECTED: (Status.PROPOSED,),
    Event.SPLIT: (Status.ACCEPTED,),
    Event.MERGED: (Status.PROPOSED, Status.REJECTED, Status.WITHDRAWN),
}


@dataclass(frozen=True)
class Between:
    """Two sources of one entity, between which records are paired."""

    entity: str
    left: str
    right: str

    @property
    def names(self) -> dict[str, str]:
        return {"entity": self.entity, "left_source": self.left, "right_source": self.right}


@dataclass(frozen=True)
class End:
    """One record of a pair: its key as sealed, what is shown of it, and whose it is."""

    key: str
    shown: str | None = None
    department: str | None = None


@dataclass(frozen=True)
class Found:
    """A pair as a linkage found it. `reason` holds [field, level, weight] by field."""

    left: End
    right: End
    probability: float
    reason: tuple[tuple[str, str, float], ...] = ()
    accepted: bool = False


@dataclass(frozen=True)
class PairRow:
    """One pair of the cross-walk."""

    id: int
    entity: str
    left_source: str
    right_source: str
    left_key: str
    right_key: str
    left_shown: str | None
    right_shown: str | None
    left_department: str | None
    right_department: str | None
    status: Status
    made_by: str
    probability: float | None
    reason: tuple[tuple[str, str, float], ...]
    run_id: int | None
    at: datetime

    @property
    def between(self) -> Between:
        return Between(self.entity, self.left_source, self.right_source)


@dataclass(frozen=True)
class EventRow:
    """One change of a pair."""

    event: Event
    actor: str
    run_id: int | None
    at: datetime
    probability: float | None


@dataclass(frozen=True)
class Model:
    """What a linkage learned: weights under `rules`, from so many `rows`; `seen` names the rows
    and decisions over which it was last carried out."""

    rules: str
    rows: int
    model: Mapping[str, object] = field(default_factory=dict)
    seen: str = ""
