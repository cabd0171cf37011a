"""What happened to one finding and what was said of it, in the order of time."""

from __future__ import annotations

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
SELECT "at", run, event, detail, left_hash, right_hash, left_value, right_value
FROM events WHERE finding_id = ? ORDER BY "at", run
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
    with view.shelf.open(view.reading) as handle:
        rows = handle.con.cursor().execute(_EVENTS, [finding.finding_id]).fetchall()
    told = [
        Moment(aware(at), event, True, run, None, detail, *values)
        for at, run, event, detail, *values in rows
    ]
    if not told:
        told = [_found(finding)]
    said = [
        Moment(row.at, row.kind, False, actor=row.actor, payload=row.payload)
        for row in Decisions(view.database).of_findings([finding.finding_id])
        if row.kind in set(Word)
    ]
    return tuple(sorted([*told, *said], key=lambda moment: moment.at))


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
