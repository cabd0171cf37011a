"""A campaign as evidence: one JSON document that can be checked without us.

It holds two digests: that of the population as it was frozen, and one over the whole document.
Both can be computed again from the file alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from governance.errors import EvidenceTampered
from governance.ledger import Ledger
from governance.ledger.review_rows import ReviewLine, ReviewRow, SourceState
from governance.reviews.population import digest
from governance.reviews.progress import Pace, paces

FORM = "duiqi.review/1"


def document(ledger: Ledger, review: ReviewRow, made_at: datetime) -> dict[str, Any]:
    """The evidence of one campaign as values of JSON, digests included."""
    lines = ledger.reviews.lines(review.id)
    outcomes = ledger.reviews.outcomes(review.id)
    told: dict[str, Any] = {
        "form": FORM,
        "made_at": _at(made_at),
        "review": _review(review),
        "method": {
            "population": "grants of the sealed run, one line each; orphans included",
            "population_digest": "SHA-256 of the lines' facts as canonical JSON, by key, LF",
            "reviewers": review.rules,
            "filters": review.filters,
        },
        "run": {
            "id": review.run_id,
            "sha256": review.run_sha256,
            "as_of": _at(review.run_as_of),
        },
        "sources": [_source(source) for source in review.sources],
        "not_seen": [_source(source) for source in review.gaps],
        "compared_to": review.compared_to,
        "gone_since": list(review.gone),
        "reviewers": [_pace(review, pace) for pace in paces(review, lines)],
        "population": {"lines": len(lines), "sha256": review.population},
        "lines": [_line(review, line, outcomes.get(line.seq, ())) for line in lines],
        "events": [
            {**vars(event), "at": _at(event.at)} for event in ledger.reviews.events(review.id)
        ],
    }
    return told | {"sha256": sealed(told)}


def sealed(told: Mapping[str, Any]) -> str:
    """The digest of a document, its own digest left out."""
    rest = {name: value for name, value in told.items() if name != "sha256"}
    text = json.dumps(rest, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def verify(text: str) -> str:
    """The digest of a population out of an evidence file, computed again.

    Raises EvidenceTampered where the file is not what it says of itself.
    """
    try:
        told = json.loads(text)
        found = digest(line["facts"] for line in told["lines"])
        holds = found == told["population"]["sha256"] and sealed(told) == told["sha256"]
    except (ValueError, KeyError, TypeError) as error:
        raise EvidenceTampered("reviews.tampered") from error
    if not holds:
        raise EvidenceTampered("reviews.tampered")
    return found


def _at(when: datetime | None) -> str | None:
    return when.isoformat() if when else None


def _review(review: ReviewRow) -> dict[str, Any]:
    return {
        "id": review.id,
        "name": review.name,
        "status": review.status.value,
        "is_complete": review.status.value == "signed",
        "opened_by": review.opened_by,
        "opened_at": _at(review.opened_at),
        "due_at": _at(review.due_at),
        "closed_by": review.closed_by,
        "closed_at": _at(review.closed_at),
        "reason": review.reason,
        "only_differences": review.only_differences,
    }


def _source(source: SourceState) -> dict[str, Any]:
    return {**vars(source), "params": dict(source.params or {}), "taken_at": _at(source.taken_at)}


def _pace(review: ReviewRow, pace: Pace) -> dict[str, Any]:
    spans = {name: getattr(pace, name) for name in ("first", "last")}
    seconds = {f"{n}_after_seconds": s.total_seconds() if s else None for n, s in spans.items()}
    rest = {name: value for name, value in vars(pace).items() if name not in spans}
    name = review.people.get(pace.reviewer or "")
    return rest | seconds | {"name": name, "is_hasty": pace.is_hasty}


def _line(
    review: ReviewRow, line: ReviewLine, outcomes: Iterable[tuple[int, Any]]
) -> dict[str, Any]:
    decided = line.decided_at
    return {
        "line": line.seq,
        "facts": line.facts,
        "change": line.change.value,
        "reviewer": line.reviewer,
        "reviewer_rule": line.reviewer_rule,
        "delegate": line.delegate,
        "decision": line.decision.value if line.decision else None,
        "reason": line.reason,
        "decided_by": line.decided_by,
        "on_behalf_of": line.on_behalf_of,
        "decided_at": _at(decided),
        "after_seconds": (decided - review.opened_at).total_seconds() if decided else None,
        "act": line.batch,
        "outcome": line.outcome.value if line.outcome else None,
        "outcomes": [{"run": run, "outcome": outcome.value} for run, outcome in outcomes],
    }
