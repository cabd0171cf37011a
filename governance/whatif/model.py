"""What a change would have meant, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from governance.whatif.change import Change


@dataclass(frozen=True)
class Side:
    """Scores (0 to 1, None where not every pair could be compared) and findings that stood."""

    strict: float | None
    adjusted: float | None
    standing: int


@dataclass(frozen=True)
class Point:
    """One run of one check: as it was under today's rules, and as it would have been.

    `gained` and `lost` count findings that would have stood, or not, in this run.
    """

    run: int
    at: datetime
    was: Side
    would: Side
    gained: int
    lost: int


@dataclass(frozen=True)
class Example:
    """One finding that is gained or lost, as it stood in the last of the runs that tells of it.

    Values are shown ones: masks where personal. `first_run` and `last_run` are those between which
    it is gained or lost.
    """

    finding_id: str
    key_shown: str | None
    display: str | None
    department: str | None
    left_source: str
    right_source: str
    field: str | None
    kind: str
    left_value: str | None
    right_value: str | None
    severity: str
    first_run: int
    last_run: int


@dataclass(frozen=True)
class Real:
    """A finding that the change would have hidden and that was real.

    `why` says how that is known: `fixed`, `reverted` or `bounced` by the data of a later run, or a
    person's `assign`, `due`, `waiver`, `export`.
    """

    example: Example
    why: tuple[str, ...]


@dataclass(frozen=True)
class Left:
    """A run that could not be looked at; `code` (with `params`) is a message id that says why."""

    run: int
    code: str
    params: dict[str, str]


@dataclass(frozen=True)
class Outcome:
    """What a change of the entity's field would have meant for one check.

    `points` are oldest first. Counts are of distinct findings over all runs, within the reader's
    scope, as are the findings listed (`examples` of each at most `MOST`); scores speak of the whole
    company. `hands` counts the findings of the newest run whose side to be changed would be the
    other one, `owners` those that would have another owner.
    """

    change: Change
    check: str
    points: tuple[Point, ...]
    gained: int
    lost: int
    gained_examples: tuple[Example, ...]
    lost_examples: tuple[Example, ...]
    real: tuple[Real, ...]
    real_count: int
    left_out: tuple[Left, ...]
    hands: int = 0
    owners: int = 0
