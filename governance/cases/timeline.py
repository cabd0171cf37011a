"""What happened to one finding and what was said of it, in the order of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from governance.cases.said import Word
from governance.ledger.decisions import Decisions
from governance.reading.model import aware

if TYPE_CHECKING:
    from governance.reading.findings import Findings
    from governance.reading.model import Finding

_EVENTS = """
SELECT finding_id, "at", run, event, detail, left_hash, right_hash, left_value, right_value
FROM events WHERE finding_id IN (SELECT unnest(?::VARCHAR[])) ORDER BY "at", run
"""


@dataclass(frozen=True)
class Moment:
    """One thing that happened. `what` is an event of the data (`by_data`) or a word of a person.

    The hashes are of the two values as they stood; the values are shown ones (masks where
    personal). `payload` is what a person said with it: show it, never render it.
    """

    at: datetime
    what: str
    by_data: bool
    run: int | None = None
    actor: str | None = None
    detail: str | None = None
    left_hash: str | None = None
    right_hash: str | None = None
    left_value: str | None = None
    right_value: str | None = None
    payload: dict[str, Any] = field(default_factory=dict)


def timeline(view: Findings, finding: Finding) -> tuple[Moment, ...]:
    """All that is known of `finding`, oldest first; it must come out of `view`, which checks scope.

    A finding of which no event is sealed was found and nothing else happened to it.
    """
    return timelines(view, [finding])[finding.finding_id]


def timelines(view: Findings, findings: Sequence[Finding]) -> dict[str, tuple[Moment, ...]]:
    """As `timeline`, for several findings by their ids."""
    told: dict[str, list[Moment]] = {finding.finding_id: [] for finding in findings}
    names = list(told)
    with view.shelf.open(view.reading) as handle:
        rows = handle.con.cursor().execute(_EVENTS, [names]).fetchall()
    for name, at, run, event, detail, *values in rows:
        told[name].append(Moment(aware(at), event, True, run, None, detail, *values))
    for finding in findings:
        if not told[finding.finding_id]:
            told[finding.finding_id].append(_found(finding))
    for row in Decisions(view.database).of_findings(names):
        if row.kind in set(Word):
            said = Moment(row.at, row.kind, False, actor=row.actor, payload=row.payload)
            told[row.finding_id].append(said)
    return {n: tuple(sorted(moments, key=lambda m: m.at)) for n, moments in told.items()}


def _found(finding: Finding) -> Moment:
    return Moment(
        finding.first_seen,
        "found",
        True,
        finding.first_run,
        left_hash=finding.left_hash,
        right_hash=finding.right_hash,
        left_value=finding.left_value,
        right_value=finding.right_value,
    )
