"""How a campaign ends: signed by somebody else, closed as incomplete, or cancelled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from governance.access import Actor, Right
from governance.errors import ConfigError, PermissionRefused
from governance.ledger.review_rows import ReviewLine, ReviewRow, ReviewStatus, SourceState
from governance.ledger.reviews import Reviews


@dataclass(frozen=True)
class Readiness:
    """What stands between a campaign and its signature. `is_own`: the actor alone has decided."""

    undecided: int
    unassigned: int
    gaps: tuple[SourceState, ...]
    is_own: bool

    @property
    def is_ready(self) -> bool:
        return not (self.undecided or self.gaps or self.is_own)


def readiness(actor: Actor, review: ReviewRow, lines: tuple[ReviewLine, ...]) -> Readiness:
    """Whether `actor` could sign. A campaign over a stale or partly read source never can be."""
    open_ = [line for line in lines if line.decision is None]
    deciders = {line.decided_by for line in lines if line.decided_by}
    return Readiness(
        undecided=len(open_),
        unassigned=sum(line.reviewer is None for line in open_),
        gaps=review.gaps,
        is_own=bool(deciders) and deciders <= _called(actor, review),
    )


def sign(ledger: Reviews, actor: Actor, number: int, *, now: datetime) -> None:
    """Sign a campaign as complete.

    Raises PermissionRefused without the right to approve and for whoever decided all of it, and
    ConfigError where lines are open, or where a source was stale or could not be read whole.
    """
    actor.require(Right.APPROVE)
    with ledger.act(actor, number, now=now) as hand:
        found = readiness(actor, hand.review, tuple(hand.lines()))
        if found.gaps:
            first = found.gaps[0]
            since = first.taken_at.isoformat(timespec="minutes") if first.taken_at else "-"
            raise ConfigError(
                "reviews.sign_gap",
                system=first.system,
                source=first.source,
                since=since,
                count=len(found.gaps),
            )
        if found.undecided:
            raise ConfigError("reviews.sign_open", lines=found.undecided)
        if found.is_own:
            raise PermissionRefused("reviews.sign_own", actor=actor.name)
        hand.set(status=ReviewStatus.SIGNED.value, closed_by=actor.name, closed_at=now)
        hand.note("sign", {"population": hand.review.population, "lines": hand.review.lines})


def close_incomplete(
    ledger: Reviews, actor: Actor, number: int, reason: str, *, now: datetime
) -> None:
    """Close a campaign that cannot be signed; what was decided stands, and it says what lacks."""
    actor.require(Right.APPROVE)
    why = _reason(reason)
    with ledger.act(actor, number, now=now) as hand:
        found = readiness(actor, hand.review, tuple(hand.lines()))
        ended = {"closed_by": actor.name, "closed_at": now, "reason": why}
        hand.set(status=ReviewStatus.INCOMPLETE.value, **ended)
        detail = {"reason": why, "undecided": found.undecided, "gaps": len(found.gaps)}
        hand.note("close", detail)


def cancel(ledger: Reviews, actor: Actor, number: int, reason: str, *, now: datetime) -> None:
    """Drop a campaign: its decisions count for nothing, and nobody waits for them.

    Raises PermissionRefused for anyone but who opened it or may approve.
    """
    actor.require(Right.DECIDE)
    why = _reason(reason)
    with ledger.act(actor, number, now=now) as hand:
        if actor.name != hand.review.opened_by:
            actor.require(Right.APPROVE)
        ended = {"closed_by": actor.name, "closed_at": now, "reason": why}
        hand.set(status=ReviewStatus.CANCELLED.value, **ended)
        hand.note("cancel", {"reason": why})


def _called(actor: Actor, review: ReviewRow) -> set[str | None]:
    """All names that the actor may have decided under: by number, and by name."""
    numbers = {who for who, name in review.people.items() if actor.name in (who, name)}
    return {actor.name, *numbers, *(review.people[who] for who in numbers)}


def _reason(text: str) -> str:
    words = text.strip()
    if not words:
        raise ConfigError("reviews.reason_close")
    return words[:2000]
