"""How far a campaign is: by reviewer, in time, and whom to remind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from governance.access import Actor, Right
from governance.errors import ConfigError
from governance.ledger.review_rows import Decision, ReviewLine, ReviewRow
from governance.ledger.reviews import Reviews

# A reminder goes out by itself so long before the day a campaign is due.
SOON = timedelta(days=3)
# Keeping so many grants at this pace is not looking at them.
HASTY_LINES, HASTY_SECONDS = 20, 3.0


@dataclass(frozen=True)
class Pace:
    """What one reviewer was given and has done. `first` and `last` are spans from the opening to
    their first and last decision; `acts` how many times they decided, `largest` the most lines of
    one; `seconds` the median between the lines they decided."""

    reviewer: str | None
    delegate: str | None
    lines: int
    decided: int
    kept: int
    failing_kept: int
    acts: int
    largest: int
    first: timedelta | None
    last: timedelta | None
    seconds: float | None

    @property
    def is_open(self) -> bool:
        return self.decided < self.lines

    @property
    def is_hasty(self) -> bool:
        """Many grants kept in one go, or at a pace at which nobody reads."""
        if self.kept < HASTY_LINES:
            return False
        return self.largest >= HASTY_LINES or (self.seconds or 0.0) < HASTY_SECONDS


def paces(review: ReviewRow, lines: Iterable[ReviewLine]) -> tuple[Pace, ...]:
    """By reviewer, those with the most open lines first; lines of nobody stand under None."""
    by: dict[str | None, list[ReviewLine]] = {}
    for line in lines:
        by.setdefault(line.reviewer, []).append(line)
    found = [_pace(review, who, mine) for who, mine in by.items()]
    return tuple(sorted(found, key=lambda p: (p.decided - p.lines, p.reviewer or "")))


def _pace(review: ReviewRow, who: str | None, lines: list[ReviewLine]) -> Pace:
    done = [line for line in lines if line.decision is not None]
    times = sorted(line.decided_at for line in done if line.decided_at is not None)
    acts: dict[int | None, int] = {}
    for line in done:
        acts[line.batch] = acts.get(line.batch, 0) + 1
    gaps = [(b - a).total_seconds() for a, b in pairwise(times)]
    kept = [line for line in done if line.decision is Decision.KEEP]
    delegates = {line.delegate for line in lines if line.delegate}
    return Pace(
        reviewer=who,
        delegate=next(iter(sorted(delegates)), None),
        lines=len(lines),
        decided=len(done),
        kept=len(kept),
        failing_kept=sum(bool(line.failing) for line in kept),
        acts=len(acts),
        largest=max(acts.values(), default=0),
        first=times[0] - review.opened_at if times else None,
        last=times[-1] - review.opened_at if times else None,
        seconds=median(gaps) if gaps else None,
    )


@dataclass(frozen=True)
class Reminder:
    """Somebody with open lines. `since` is when they were given them."""

    review: ReviewRow
    reviewer: str
    name: str
    lines: int
    since: datetime

    def is_overdue(self, now: datetime) -> bool:
        return self.review.due_at < now


def reminders(review: ReviewRow, lines: Iterable[ReviewLine]) -> tuple[Reminder, ...]:
    """Who has open lines, the most first."""
    return tuple(
        Reminder(
            review,
            pace.reviewer,
            review.people.get(pace.reviewer, pace.reviewer),
            pace.lines - pace.decided,
            review.opened_at,
        )
        for pace in paces(review, lines)
        if pace.is_open and pace.reviewer is not None
    )


def remind(ledger: Reviews, actor: Actor, number: int, *, now: datetime) -> int:
    """Note that everybody with open lines is to be reminded; the worker tells them after its next
    run, where a channel is configured. Returns how many that are."""
    actor.require(Right.DECIDE)
    with ledger.act(actor, number, now=now) as hand:
        found = reminders(hand.review, hand.lines())
        if not found:
            raise ConfigError("reviews.nobody_to_remind")
        hand.note("remind", {r.reviewer: r.lines for r in found})
    return len(found)


def is_pressing(ledger: Reviews, review: ReviewRow, now: datetime) -> bool:
    """Whether people are to be told of a campaign: it is due soon, or somebody asked for it."""
    if review.due_at - SOON <= now:
        return True
    return any(event.event == "remind" for event in ledger.events(review.id))
