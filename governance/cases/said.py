"""What people's decisions about one finding come to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from governance.ledger.rows import DecisionRow


class Word(StrEnum):
    """The kinds of decisions. `assign` and `due` with nothing take back; `export` is a batch's."""

    COMMENT = "comment"
    ASSIGN = "assign"
    DUE = "due"
    WAIVE_REQUEST = "waive_request"
    WAIVE_APPROVE = "waive_approve"
    WAIVE_REJECT = "waive_reject"
    WAIVE_WITHDRAW = "waive_withdraw"
    EXPORT = "export"


WAIVING = (
    Word.WAIVE_REQUEST,
    Word.WAIVE_APPROVE,
    Word.WAIVE_REJECT,
    Word.WAIVE_WITHDRAW,
)


@dataclass(frozen=True)
class Waiver:
    """A request to let exactly these two values stand, and what became of it.

    `request` is the id of the decision that asked, `decision` of the one that granted it, None
    while nobody did.
    """

    request: int
    requester: str
    asked_at: datetime
    reason: str
    expires_at: datetime
    left_hash: str | None
    right_hash: str | None
    decision: int | None = None
    approver: str | None = None


@dataclass(frozen=True)
class Said:
    """What holds now. `owner` and `due_at` were set by hand; `waiver` was asked for or granted."""

    owner: str | None = None
    owned_at: datetime | None = None
    due_at: datetime | None = None
    waiver: Waiver | None = None
    batch: int | None = None
    exported_at: datetime | None = None
    comments: int = 0


NOTHING = Said()


def folded(rows: Iterable[DecisionRow], known: Mapping[str, Said] | None = None) -> dict[str, Said]:
    """`known` with the decisions `rows` (oldest first) told; only findings that `rows` name."""
    found: dict[str, Said] = {}
    for row in rows:
        before = found.get(row.finding_id) or (known or {}).get(row.finding_id, NOTHING)
        found[row.finding_id] = _told(before, row)
    return found


def _told(said: Said, row: DecisionRow) -> Said:
    payload = row.payload
    if row.kind == Word.COMMENT:
        return replace(said, comments=said.comments + 1)
    if row.kind == Word.ASSIGN:
        return replace(said, owner=_text(payload.get("owner")), owned_at=row.at)
    if row.kind == Word.DUE:
        return replace(said, due_at=_moment(payload.get("due_at")))
    if row.kind == Word.EXPORT:
        batch = payload.get("batch")
        number = batch if isinstance(batch, int) else None
        return replace(said, batch=number, exported_at=row.at)
    if row.kind in WAIVING:
        return replace(said, waiver=_waived(said.waiver, row))
    return said


def _waived(waiver: Waiver | None, row: DecisionRow) -> Waiver | None:
    payload = row.payload
    if row.kind == Word.WAIVE_REQUEST:
        expires = _moment(payload.get("expires_at"))
        if expires is None:
            return waiver
        return Waiver(
            row.id,
            row.actor,
            row.at,
            str(payload.get("reason", "")),
            expires,
            _text(payload.get("left_hash")),
            _text(payload.get("right_hash")),
        )
    if waiver is None or payload.get("request") != waiver.request:
        return waiver
    # Held here too: a row that broke the rule would not make a waiver.
    if row.kind == Word.WAIVE_APPROVE and row.actor != waiver.requester:
        return replace(waiver, decision=row.id, approver=row.actor)
    return waiver if row.kind == Word.WAIVE_APPROVE else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _moment(value: object) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None
