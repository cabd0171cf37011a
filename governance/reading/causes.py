"""Root causes as one reader may see them: rules, and what each explains of the findings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from checks.outcome import Severity, severity_of
from governance.reading.model import Facet, Filters, aware
from governance.reading.query import narrowed

if TYPE_CHECKING:
    from governance.reading.findings import Findings

_TOLD = (
    "cause", "check_name", "entity", "left_source", "right_source", "way", "side", "field", "param",
    "grp", "which", "places", "reach", "odd", "examples", "oddities", "first_seen", "first_run",
)  # fmt: skip


@dataclass(frozen=True)
class CausePlace:
    """Where a cause's findings lie: `kind` is window, value or keys. `count` of the `whole` do; 0
    where that was not counted. A window's ends are moments, UTC and aware."""

    kind: str
    count: int
    whole: int
    column: str = ""
    value: str = ""
    first: str = ""
    last: str = ""

    @property
    def span(self) -> tuple[datetime, datetime]:
        """First and last moment of a window."""
        first, last = (aware(datetime.fromisoformat(end)) for end in (self.first, self.last))
        return first, last


@dataclass(frozen=True)
class RootCause:
    """One rule. `findings` are those it explains, `share` the part of what stands between its pair,
    both counted over what the reader may see. `reach` is how many records could have been hit, over
    the whole company; `odd` how many findings lie where it does and are not explained.

    `way` is a way of `checks.transforms` or `checks.shapes`, or `cluster`; see `checks.causes`.
    """

    cause: str
    check: str
    entity: str
    left_source: str
    right_source: str
    way: str
    side: str | None
    field: str | None
    param: str
    group: str | None
    which: str | None
    places: tuple[CausePlace, ...]
    findings: int
    share: float
    reach: int | None
    odd: int
    examples: tuple[str, ...]
    oddities: tuple[str, ...]
    severity: Severity
    first_seen: datetime
    first_run: int


@dataclass(frozen=True)
class Explained:
    """The causes of the findings that `Filters` leave, most first, and how many have none."""

    causes: tuple[RootCause, ...]
    total: int

    @property
    def explained(self) -> int:
        return sum(cause.findings for cause in self.causes)

    @property
    def rest(self) -> int:
        return self.total - self.explained


def root_causes(view: Findings, filters: Filters) -> Explained:
    """What explains the findings of `filters`, whatever cause they name.

    Raises PermissionRefused without the right to view, EvidenceTampered for a changed file.
    """
    where = narrowed(view.actor, filters.without(Facet.CAUSE))
    query = (
        "WITH counted AS (SELECT part, left_source, right_source, coalesce(cause, '') AS cause,"
        f" count(*) AS n, max(weight) AS weight FROM {where.source} {where.sql} GROUP BY ALL),"
        " summed AS (SELECT *, sum(n) OVER (PARTITION BY part, left_source, right_source) AS whole"
        " FROM counted)"
        f" SELECT {', '.join(f'c.{name}' for name in _TOLD)}, s.n, s.n / s.whole, s.weight"
        " FROM summed AS s JOIN causes AS c ON c.part = s.part AND c.cause = s.cause"
        " ORDER BY s.n DESC, s.weight DESC, c.cause"
    )
    rows = view.asked(query, where, filters)
    return Explained(tuple(map(_cause, rows)), view.count(filters.without(Facet.CAUSE)))


def _cause(row: tuple[Any, ...]) -> RootCause:
    told = dict(zip(_TOLD, row, strict=False))
    findings, share, weight = row[len(_TOLD) :]
    return RootCause(
        check=told.pop("check_name"),
        group=told.pop("grp"),
        places=tuple(map(_place, json.loads(told.pop("places")))),
        examples=tuple(told.pop("examples")),
        oddities=tuple(told.pop("oddities")),
        first_seen=aware(told.pop("first_seen")),
        findings=int(findings),
        share=float(share),
        severity=severity_of(weight),
        **told,
    )


def _place(told: Mapping[str, Any]) -> CausePlace:
    return CausePlace(**{name: value for name, value in told.items() if name != "share"})
