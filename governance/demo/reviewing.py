"""A review of the demo company's strong rights, over three mornings: opened, decided, signed.

Nobody works off its revocations for its sake: some of the grants go with what the company lives
through anyway, and later runs say which are still there.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from governance.demo.deeds import People

NAME, REASON = "重点权限复核", "与岗位不符，请收回"
FUNCTIONS = ("CUST_EXPORT", "CONTRACT_APPROVE", "PAY_APPROVE", "USER_ADMIN", "ROLE_ADMIN")
# Nothing is overdue while the demo lives.
TERM = timedelta(days=60)
# Names of the company's governance.yaml.
REVIEWER, SIGNER = "周海燕", "郭晓琳"


def open_review(people: People, now: datetime) -> None:
    """One campaign over everybody who holds one of the strong functions."""
    from governance.access import Actor, Right
    from governance.reviews.opening import Opener, Wish

    wish = Wish(NAME, now + TERM, {"functions": FUNCTIONS}, (f"person:{REVIEWER}",), SIGNER)
    opener = Opener(people.ledger, people.home, people.config)
    if opener.draft(wish, now=now).lines:
        opener.open(Actor(SIGNER, frozenset(Right)), wish, now=now)


def decide_review(people: People, now: datetime) -> None:
    """What fails a rule is taken away, the rest is kept."""
    from governance.access import Actor, Right
    from governance.ledger.review_rows import Decision
    from governance.reviews.acts import Acts, is_reviewer

    actor = Actor(REVIEWER, frozenset(Right))
    for review in people.ledger.reviews.opened():
        acts = Acts(people.ledger.reviews, actor, review.id, now)
        mine = [x for x in people.ledger.reviews.lines(review.id) if is_reviewer(actor, review, x)]
        failing = [line.seq for line in mine if line.failing]
        others = [line.seq for line in mine if not line.failing]
        if failing:
            acts.decide(failing, Decision.REVOKE, REASON)
        if others:
            acts.decide(others, Decision.KEEP)


def sign_review(people: People, now: datetime) -> None:
    """Signed by somebody else, where nothing stands in the way."""
    from governance.access import Actor, Right
    from governance.reviews.closing import readiness, sign

    actor = Actor(SIGNER, frozenset(Right))
    for review in people.ledger.reviews.opened():
        lines = people.ledger.reviews.lines(review.id)
        if readiness(actor, review, lines).is_ready:
            sign(people.ledger.reviews, actor, review.id, now=now)
