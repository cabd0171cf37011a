"""Review campaigns as alerts: told once when people must hurry, and once when nobody has to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from governance.config import Config
from governance.ledger import Ledger
from governance.reviews.progress import is_pressing, reminders

REVIEW = "review:"
# So many people are named; the number of lines is always whole.
NAMED = 8


def pressing(
    ledger: Ledger, config: Config, now: datetime
) -> Iterator[tuple[str, tuple[str, Mapping[str, str]]]]:
    """The campaigns that are due soon, or that somebody asked to remind of, with open lines."""
    for review in ledger.reviews.opened():
        found = reminders(review, ledger.reviews.lines(review.id))
        if found and is_pressing(ledger.reviews, review, now):
            named = [f"{r.name} ({r.lines})" for r in found[:NAMED]]
            params = {
                "name": review.name,
                "lines": str(sum(r.lines for r in found)),
                "people": ", ".join(named + ["…"] * (len(found) > NAMED)),
                "due": review.due_at.astimezone(config.time_zone).strftime("%Y-%m-%d %H:%M"),
            }
            yield f"{REVIEW}{review.id}", ("alert.review_due", params)
