"""Why records need somebody: findings grouped by what they have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from checks.outcome import Severity, severity_of
from governance.reading import Filters, Findings, State
from governance.reading.query import narrowed

NEEDS = (State.OPEN.value, State.UNCHECKED.value)
MOST = 8

# A finding without a key is a record of its own.
_RECORD = "(entity, coalesce(record_key, finding_id))"
_EMPTY = (
    "CASE WHEN class = 'null_vs_value' AND left_value IS NULL THEN left_source "
    "WHEN class = 'null_vs_value' AND right_value IS NULL THEN right_source END"
)


@dataclass(frozen=True)
class Cause:
    """Findings of one field (None: whole rows) of one pair that went wrong the same way.

    `what` is a cell class, or a kind for whole rows. `empty` names the source whose side is empty.
    """

    entity: str
    left: str
    right: str
    field: str | None
    what: str
    empty: str | None
    authority: str
    severity: Severity
    records: int
    findings: int


@dataclass(frozen=True)
class PairNeed:
    """How many findings of one pair need somebody, and the worst severity among them."""

    entity: str
    left: str
    right: str
    findings: int
    worst: Severity


@dataclass(frozen=True)
class Need:
    """Records and findings that need somebody, findings that are pending, and their severities."""

    records: int
    findings: int
    pending: int
    by_pair: tuple[PairNeed, ...]
    by_severity: Mapping[str, int]


def causes(view: Findings, most: int = MOST) -> tuple[Cause, ...]:
    """The causes that touch most records first; of equals the graver one."""
    query = (
        f"SELECT entity, left_source, right_source, field, coalesce(class, kind), {_EMPTY}, "
        f"any_value(authority), max(weight), count(DISTINCT {_RECORD}), count(*) "
        "FROM cases AS f {where} GROUP BY 1, 2, 3, 4, 5, 6"
        " ORDER BY 9 DESC, 8 DESC, 1, 2, 3, 4, 5, 6 LIMIT ?"
    )
    return tuple(
        Cause(entity, left, right, field, what, empty, word, severity_of(weight), records, found)
        for entity, left, right, field, what, empty, word, weight, records, found in _asked(
            view, query, NEEDS, most
        )
    )


def needed(view: Findings) -> Need:
    """How much needs somebody, over all that the reader may see."""
    query = (
        "SELECT entity, left_source, right_source, severity, state, max(weight), count(*) "
        "FROM cases AS f {where} GROUP BY ALL"
    )
    groups = _asked(view, query, (*NEEDS, State.PENDING.value))
    standing = [row for row in groups if row[4] in NEEDS]
    by_severity = dict.fromkeys((s.value for s in Severity), 0)
    by_pair: dict[tuple[str, str, str], list[tuple[int, int]]] = {}
    for entity, left, right, severity, _, weight, count in standing:
        by_severity[severity] += count
        by_pair.setdefault((entity, left, right), []).append((weight, count))
    records = _asked(view, f"SELECT count(DISTINCT {_RECORD}) FROM cases AS f {{where}}", NEEDS)
    return Need(
        records=records[0][0] if records else 0,
        findings=sum(row[6] for row in standing),
        pending=sum(row[6] for row in groups if row[4] not in NEEDS),
        by_pair=tuple(
            PairNeed(*pair, sum(c for _, c in found), severity_of(max(w for w, _ in found)))
            for pair, found in by_pair.items()
        ),
        by_severity=by_severity,
    )


def _asked(
    view: Findings, query: str, states: tuple[str, ...], *values: object
) -> list[tuple[Any, ...]]:
    """The query's rows over the findings in `states` that the reader may see; waived ones, which
    nobody has to act on, are left out from the moment on in which they are."""
    where = narrowed(view.actor, Filters(state=states))
    where.add("status <> 'waived'")
    where.is_case = True
    sql = query.format(where=where.sql)
    where.values.extend(values)
    return view.asked(sql, where, Filters(state=states))
