"""What a run says of grants that a review was to take away, and what is overdue.

- **gone**: the grant is no longer there.
- **changed**: it was to be changed, and reaches or gives something else than when it was frozen.
- **still**: it is there as before.
- **back**: it was gone in an earlier run, and is there again.
- **not_seen**: its system could not be read whole.

A look that is older than the decision says nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from checks.outcome import Severity
from checks.permissions.verdict import (
    Event,
    GrantPath,
    Hop,
    RuleKind,
    RuleResult,
    Ruling,
    Verdict,
    Witness,
)
from governance.ledger import Ledger
from governance.ledger.review_rows import (
    DONE,
    Decision,
    Facts,
    NewOutcome,
    Outcome,
    ReviewLine,
    ReviewRow,
)
from governance.reviews.difference import is_other
from governance.reviews.population import Key, key_of

REVOKED = "REVOKED"
WATCHED = timedelta(days=90)
# Without these nobody can say that a grant is gone.
NEEDED = ("accounts", "roles", "memberships", "grants")

Line = tuple[ReviewRow, ReviewLine]


@dataclass(frozen=True)
class Sight:
    """What one run saw of a system: since when its tables stand, and whether any lacked."""

    taken_at: datetime | None
    is_whole: bool


@dataclass(frozen=True)
class Grants:
    """What one run saw. `now` are its grants by key, with `scope`, `functions` and `until` as a
    population holds them; `sights` is by system, and one that is not there was not seen."""

    as_of: datetime
    now: Mapping[Key, Facts]
    sights: Mapping[str, Sight]

    def outcome(self, line: ReviewLine, *, was_gone: bool) -> Outcome | None:
        """What is to be said of a line; None where there was no look since the decision."""
        sight = self.sights.get(line.system)
        if sight is None or not sight.is_whole:
            return Outcome.NOT_SEEN
        if line.decided_at is None or sight.taken_at is None or sight.taken_at <= line.decided_at:
            return None
        found = self.now.get(key_of(line.facts))
        if found is None:
            return Outcome.GONE
        if line.decision is Decision.CHANGE and is_other(line.facts, found):
            return Outcome.CHANGED
        return Outcome.BACK if was_gone else Outcome.STILL


@dataclass(frozen=True)
class Judged:
    """What a run says: outcomes that are new, and what is overdue as the result of a rule. None
    where no line was there to be judged."""

    outcomes: tuple[NewOutcome, ...]
    result: RuleResult | None


def judge(ledger: Ledger, check: str, grants: Grants) -> Judged:
    """Judge every line that a review of `check` wants to be rid of."""
    lines = ledger.reviews.watched(check, grants.as_of - WATCHED)
    if not lines:
        return Judged((), None)
    told = {row.id: ledger.reviews.outcomes(row.id) for row, _ in lines}
    outcomes, verdicts, passed = [], {}, 0
    for row, line in lines:
        earlier = told[row.id].get(line.seq, ())
        was_gone = any(outcome is Outcome.GONE for _, outcome in earlier)
        now = grants.outcome(line, was_gone=was_gone)
        if now is not None and now is not line.outcome:
            outcomes.append(NewOutcome(row.id, line.seq, now))
        verdict = _verdict(row, line, now or line.outcome, grants.as_of)
        if verdict is None:
            passed += 1
        else:
            verdicts[verdict.subject, verdict.facet] = verdict
    ordered = tuple(verdicts[key] for key in sorted(verdicts))
    return Judged(tuple(outcomes), RuleResult(REVOKED, len(lines), passed, ordered))


def _verdict(
    row: ReviewRow, line: ReviewLine, outcome: Outcome | None, as_of: datetime
) -> Verdict | None:
    """A failure where the grant outlived the day it was due; unclear where nobody could look."""
    if outcome in DONE or row.due_at >= as_of:
        return None
    is_seen = outcome in (Outcome.STILL, Outcome.BACK)
    facts = line.facts
    reason = f"reviews.revoked_{outcome.value}" if outcome and is_seen else "reviews.revoked_unseen"
    return Verdict(
        rule=REVOKED,
        kind=RuleKind.GAP,
        ruling=Ruling.FAILED if is_seen else Ruling.NOT_EVALUABLE,
        subject=f"account:{line.system}/{facts['account']}",
        facet=f"{facts['into_node']}:{facts['into']}",
        reason=reason,
        params={
            "review": str(row.id),
            "name": row.name,
            "role": str(facts["into_name"] or facts["into"]),
            "due": row.due_at.date().isoformat(),
        },
        severity=Severity.CRITICAL if facts["strong"] else Severity.HIGH,
        system=line.system,
        department=facts["department"],
        witness=_witness(row, line),
    )


def _witness(row: ReviewRow, line: ReviewLine) -> Witness:
    """The account, the path as it was frozen, and the campaign as what happened."""
    facts, review = line.facts, str(row.id)
    hops = tuple(Hop(hop["what"], hop["id"], hop.get("name")) for hop in facts["path"])
    place = line.system, str(facts["account"])
    function = next(iter(facts["strong"] or facts["functions"]), "")
    scope = next(iter(facts["scope"]), "unknown")
    decided = Event(line.system, "reviewed", review, line.decided_at, place[1], row.name)
    return Witness(
        human=line.human,
        accounts=(place,),
        paths=(GrantPath(*place, function, scope, hops),) if hops else (),
        events=(decided,),
    )


def signed_revocations(ledger: Ledger) -> tuple[ReviewLine, ...]:
    """The grants that signed campaigns take away and that no run has seen gone yet."""
    found: Iterable[ReviewRow] = ledger.reviews.last_signed()
    return tuple(
        line
        for row in found
        for line in ledger.reviews.lines(row.id)
        if line.decision is Decision.REVOKE and line.outcome not in DONE
    )
