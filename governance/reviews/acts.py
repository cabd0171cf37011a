"""What people do in an open campaign: decide, name a delegate, hand lines to somebody else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from governance.access import Actor, Right
from governance.errors import ConfigError, PermissionRefused
from governance.ledger.review_rows import Decision, ReviewLine, ReviewRow
from governance.ledger.reviews import Hand, Reviews
from governance.reviews.population import Human
from governance.reviews.reviewers import Names, is_own, is_same

LONGEST = 2_000
# From so many lines on an act is a bulk one, which is looked at more closely.
BULK = 10


@dataclass(frozen=True)
class Preview:
    """What a decision on lines would touch. `refused` counts by why the actor may not decide a
    line; the other counts are of those they may."""

    lines: int
    by_system: Mapping[str, int]
    by_role: Mapping[str, int]
    strong: Mapping[str, int]
    rules: Mapping[str, int]
    failing: int
    decided: int
    refused: Mapping[str, int]


@dataclass(frozen=True)
class Done:
    """How many lines an act changed, and how many it passed over, by why."""

    changed: int
    passed: Mapping[str, int] = field(default_factory=dict)


def refusal(actor: Actor, review: ReviewRow, line: ReviewLine) -> str | None:
    """Why an actor may not decide a line: `own`, `unassigned`, `other`; None where they may."""
    if is_own(actor.name, line.facts):
        return "own"
    if stands_in(actor, review, line) is not None or is_reviewer(actor, review, line):
        return None
    return "unassigned" if line.reviewer is None else "other"


def is_reviewer(actor: Actor, review: ReviewRow, line: ReviewLine) -> bool:
    name = review.people.get(line.reviewer or "")
    return is_same(actor.name, line.reviewer, name, review.ambiguous)


def stands_in(actor: Actor, review: ReviewRow, line: ReviewLine) -> str | None:
    """The reviewer for whom the actor may decide a line as their delegate."""
    name = review.people.get(line.delegate or "")
    if line.delegate and is_same(actor.name, line.delegate, name, review.ambiguous):
        return line.reviewer
    return None


def preview(actor: Actor, review: ReviewRow, lines: Iterable[ReviewLine]) -> Preview:
    """Count what a decision on these lines would touch."""
    refused: Counter[str] = Counter()
    mine = []
    for line in lines:
        why = refusal(actor, review, line)
        if why is None:
            mine.append(line)
        else:
            refused[why] += 1
    return Preview(
        lines=len(mine),
        by_system=Counter(line.system for line in mine),
        by_role=Counter(str(x.facts["into_name"] or x.facts["into"]) for x in mine),
        strong=Counter(name for line in mine for name in line.facts["strong"]),
        rules=Counter(rule for line in mine for rule in line.failing),
        failing=sum(bool(line.failing) for line in mine),
        decided=sum(line.decision is not None for line in mine),
        refused=refused,
    )


@dataclass(frozen=True)
class Acts:
    """What `actor` does in campaign `number` at `now`.

    Every act raises PermissionRefused without the right to decide, ConfigError for a campaign that
    is over, and does nothing then. All of it leaves events that nobody rewrites.
    """

    ledger: Reviews
    actor: Actor
    number: int
    now: datetime

    def decide(
        self,
        seqs: Sequence[int],
        decision: Decision,
        reason: str = "",
        *,
        expected: int | None = None,
    ) -> Done:
        """Decide lines; those that somebody else has to are passed over, and counted.

        A change needs a reason that says to what, and so does keeping what fails a rule. Raises
        ConfigError `reviews.reason` without one, `reviews.moved_on` where other than `expected`
        lines would be touched, and PermissionRefused `reviews.not_yours` where none may be.
        """
        self.actor.require(Right.DECIDE)
        why = _words(reason)
        with self.ledger.act(self.actor, self.number, now=self.now) as hand:
            lines = hand.lines(seqs)
            told = preview(self.actor, hand.review, lines)
            if not told.lines:
                first = next(iter(told.refused), "other")
                raise PermissionRefused(f"reviews.not_yours_{first}", actor=self.actor.name)
            if expected is not None and told.lines != expected:
                raise ConfigError("reviews.moved_on", shown=expected, now=told.lines)
            if not why and (decision is Decision.CHANGE or _is_lenient(decision, told)):
                raise ConfigError(f"reviews.reason_{decision.value}", failing=told.failing)
            changed = [
                (line, self._decided(hand, line, decision, why))
                for line in lines
                if refusal(self.actor, hand.review, line) is None
                and (line.decision, line.reason or "") != (decision, why)
            ]
            batch = hand.batch()
            values = [(line, {**new, "batch": batch}) for line, new in changed]
            hand.change("decide", batch, values)
            detail = {
                "decision": decision.value,
                "lines": len(changed),
                "failing": told.failing,
                "reason": why,
            }
            hand.note("decide", detail, batch)
        return Done(len(changed), told.refused)

    def _decided(
        self, hand: Hand, line: ReviewLine, decision: Decision, why: str
    ) -> dict[str, Any]:
        alone = is_reviewer(self.actor, hand.review, line)
        return {
            "decision": decision.value,
            "reason": why or None,
            "decided_by": self.actor.name,
            "on_behalf_of": None if alone else line.reviewer,
            "decided_at": self.now,
            # What runs said was of the decision before.
            "outcome": None,
            "outcome_run": None,
            "outcome_at": None,
        }

    def delegate(self, to: str | None, people: Mapping[str, Human]) -> Done:
        """Let somebody decide the actor's own open lines in their place; None takes it back.

        Lines of the delegate themselves stay with the reviewer. `people` is the staff list.
        """
        self.actor.require(Right.DECIDE)
        names = Names.of(people)
        who = names.number(to.strip()) if to and to.strip() else None
        with self.ledger.act(self.actor, self.number, now=self.now) as hand:
            mine = [
                line
                for line in hand.lines()
                if is_reviewer(self.actor, hand.review, line) and line.decision is None
            ]
            if not mine:
                raise PermissionRefused("reviews.not_yours_other", actor=self.actor.name)
            if who and is_same(self.actor.name, who, names.name(who), hand.review.ambiguous):
                raise ConfigError("reviews.delegate_self")
            return self._give(hand, "delegate", mine, "delegate", who, names)

    def assign(self, seqs: Sequence[int], to: str, people: Mapping[str, Human]) -> Done:
        """Hand lines to another reviewer. Only who opened the campaign or may approve can.

        Lines of the new reviewer themselves, and decided ones, are passed over.
        """
        self.actor.require(Right.DECIDE)
        names = Names.of(people)
        if not to.strip():
            raise ConfigError("reviews.reviewer_empty")
        with self.ledger.act(self.actor, self.number, now=self.now) as hand:
            if self.actor.name != hand.review.opened_by:
                self.actor.require(Right.APPROVE)
            lines = [line for line in hand.lines(seqs) if line.decision is None]
            return self._give(hand, "assign", lines, "reviewer", names.number(to.strip()), names)

    def _give(
        self,
        hand: Hand,
        event: str,
        lines: Sequence[ReviewLine],
        part: str,
        who: str | None,
        names: Names,
    ) -> Done:
        """Write somebody into lines, but never into their own."""
        known = names.people.get(who or "")
        if known is not None and known.has_left:
            raise ConfigError("reviews.has_left", name=names.name(known.no))
        words = (who, names.name(who)) if who else ()
        kept = [line for line in lines if not any(is_own(word, line.facts) for word in words)]
        extra = {"reviewer_rule": "assigned", "delegate": None} if event == "assign" else {}
        batch = hand.batch()
        hand.change(event, batch, [(line, {part: who, **extra}) for line in kept])
        detail: dict[str, object] = {"to": who, "lines": len(kept)}
        hand.note(event, detail, batch)
        if who is not None:
            hand.set(people={**hand.review.people, who: names.name(who)})
        return Done(len(kept), {"own": len(lines) - len(kept)} if len(kept) < len(lines) else {})


def _is_lenient(decision: Decision, told: Preview) -> bool:
    return decision is Decision.KEEP and told.failing > 0


def _words(text: str) -> str:
    words = text.strip()
    if len(words) > LONGEST:
        raise ConfigError("reviews.long", longest=LONGEST)
    return words
