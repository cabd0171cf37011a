"""What a reader gets back: frozen values, codes instead of words, times aware and in UTC."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from governance.cases.said import NOTHING, Said


class State(StrEnum):
    """Where a finding stands. `unchecked`: a source was not read, so nobody knows if it holds."""

    OPEN = "open"
    UNCHECKED = "unchecked"
    PENDING = "pending"
    GONE = "gone"


# What still needs a look; a list that names no state shows these.
STANDING = (State.OPEN.value, State.UNCHECKED.value, State.PENDING.value)


class Order(StrEnum):
    """Sort orders of a list; each ends in the sealed position, so that no row is seen twice."""

    SEVERITY = "severity"
    KEY = "key"
    FIELD = "field"
    NEWEST = "newest"
    OLDEST = "oldest"
    DUE = "due"
    MONEY = "money"
    CLOSED = "closed"


class Status(StrEnum):
    """Where a case stands: what the data says, and what people said of it.

    `exported` waits for its fix to arrive. `bounced` was fixed and overwritten again, `reopened`
    came back otherwise; both until somebody takes them up. The last three are closed.
    """

    PENDING = "pending"
    OPEN = "open"
    ASSIGNED = "assigned"
    EXPORTED = "exported"
    WAIVED = "waived"
    REOPENED = "reopened"
    BOUNCED = "bounced"
    FIXED = "fixed"
    REVERTED = "reverted"
    WITHDRAWN = "withdrawn"


# Those that somebody has to do something about.
TO_WORK = tuple(
    status.value
    for status in (
        Status.OPEN,
        Status.ASSIGNED,
        Status.EXPORTED,
        Status.REOPENED,
        Status.BOUNCED,
    )
)
CLOSED = (Status.FIXED.value, Status.REVERTED.value, Status.WITHDRAWN.value)


class Facet(StrEnum):
    """What findings can be counted by. `age` and `due` are buckets, `waiver` asked or granted."""

    ENTITY = "entity"
    PAIR = "pair"
    FIELD = "field"
    KIND = "kind"
    CLASS = "class"
    SEVERITY = "severity"
    DEPARTMENT = "department"
    STATE = "state"
    DIRECTION = "direction"
    CAUSE = "cause"
    STATUS = "status"
    OWNER = "owner"
    AGE = "age"
    DUE = "due"
    WAIVER = "waiver"


@dataclass(frozen=True)
class Filters:
    """What to look at; an empty part does not narrow. `pair` holds `left~right` codes.

    `cls` holds cell classes and, for findings about whole rows, kinds. An empty text in `field` or
    `department` stands for "none".

    `text` is sought without regard to case in the shown key, the display name and both shown
    values (the first 1,000 characters of each).
    """

    entity: tuple[str, ...] = ()
    pair: tuple[str, ...] = ()
    field: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    cls: tuple[str, ...] = ()
    severity: tuple[str, ...] = ()
    department: tuple[str, ...] = ()
    state: tuple[str, ...] = STANDING
    direction: tuple[str, ...] = ()
    cause: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    age: tuple[str, ...] = ()
    due: tuple[str, ...] = ()
    waiver: tuple[str, ...] = ()
    text: str = ""

    def without(self, facet: Facet) -> Filters:
        """These filters but for one, as a choice among that one's values needs them."""
        name = "cls" if facet is Facet.CLASS else facet.value
        nothing: dict[str, Any] = {name: ()}
        return replace(self, **nothing)

    def told(self) -> dict[str, object]:
        """The parts that narrow, for the audit event of an export."""
        parts = {f.name: getattr(self, f.name) for f in fields(self)}
        return {k: list(v) if isinstance(v, tuple) else v for k, v in parts.items() if v}


@dataclass(frozen=True)
class Finding:
    """One finding as sealed with its run. `key` is the normalised key (a token if personal).

    `at` is the end of the run that speaks for it, `comments` how many people wrote about it,
    `said` what people decided, and `status` what both come to at the moment of reading.
    """

    finding_id: str
    check: str
    entity: str
    left_source: str
    right_source: str
    key_shown: str | None
    key: str | None
    field: str | None
    kind: str
    cls: str | None
    left_value: str | None
    right_value: str | None
    normalisers: tuple[str, ...]
    authority: str
    severity: str
    weight: int
    department: str | None
    display: str | None
    state: str
    first_seen: datetime
    first_run: int
    last_seen: datetime
    last_run: int
    copies: int
    personal: bool
    run: int
    comments: int = 0
    left_hash: str | None = None
    right_hash: str | None = None
    since: datetime | None = None
    opened_at: datetime | None = None
    turn: str | None = None
    overwritten: str | None = None
    closed_at: datetime | None = None
    closed_run: int | None = None
    waiver: int | None = None
    direction: str | None = None
    left_moved_at: datetime | None = None
    right_moved_at: datetime | None = None
    agreed_at: datetime | None = None
    agreed_run: int | None = None
    owner: str | None = None
    due_at: datetime | None = None
    money: Decimal | None = None
    cause: str | None = None
    status: str | None = None
    said: Said = NOTHING

    @property
    def owner_now(self) -> str | None:
        """Who looks after it: by hand, else by rule."""
        return self.said.owner or self.owner

    @property
    def due_now(self) -> datetime | None:
        return self.said.due_at or self.due_at

    @property
    def pair(self) -> str:
        return f"{self.left_source}~{self.right_source}"


@dataclass(frozen=True)
class Page:
    """One page of a list and how many findings the whole list holds."""

    rows: tuple[Finding, ...]
    total: int
    offset: int


@dataclass(frozen=True)
class FieldCount:
    """Findings of one field of one entity by kind and class; `field` is None for whole rows."""

    entity: str
    field: str | None
    counts: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True)
class PairScore:
    """How two sources agree on an entity, over the whole company. Scores run from 0 to 1.

    `strict` and `adjusted` are None where the pair could not be evaluated; `reason` then says why.
    """

    check: str
    entity: str
    left_source: str
    right_source: str
    numbers: dict[str, int]
    strict: float | None
    adjusted: float | None
    outcome: str
    reason: str | None
    run: int


@dataclass(frozen=True)
class FieldScore:
    """How one field agrees within a pair; `counts` holds cells per class."""

    check: str
    left_source: str
    right_source: str
    field: str
    compared: int
    counts: dict[str, int]
    strict: float | None
    adjusted: float | None


@dataclass(frozen=True)
class Sealed:
    """The sealed file of one run, and the moment its results speak of."""

    run: int
    file: str
    sha256: str
    at: datetime


@dataclass(frozen=True)
class Source:
    """Which sealed run speaks for one check.

    `earlier` is the last run that could evaluate the check, where the newest could not; its
    findings are shown as unchecked unless the newest run carried them on itself.
    """

    check: str
    newest: Sealed
    earlier: Sealed | None = None


@dataclass(frozen=True)
class Reading:
    """The runs that speak now, one part per check."""

    parts: tuple[Source, ...] = ()

    @property
    def newest(self) -> Sealed | None:
        """The newest run among them, for a page's caption."""
        return max((part.newest for part in self.parts), key=lambda s: s.run, default=None)


def aware(value: datetime) -> datetime:
    """A time as DuckDB and SQLite keep it (naive, UTC) as an aware one."""
    return value if value.tzinfo else value.replace(tzinfo=UTC)
