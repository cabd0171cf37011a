"""What people do with findings, one at a time or all that a filter shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from governance.access import Right
from governance.cases.said import Waiver, Word
from governance.errors import ConfigError
from governance.ledger.decisions import Decisions
from governance.reading.model import STANDING, Filters, Order

if TYPE_CHECKING:
    from governance.reading.findings import Findings
    from governance.reading.model import Finding

LONGEST = 4000
LONGEST_WAIVER = timedelta(days=366)
MOST = 200_000

Said = tuple[str, str, Mapping[str, object]]


@dataclass(frozen=True)
class Selection:
    """What an action is about: findings by name, or all standing ones of a filter.

    `expected` is the number that a person was shown before; where it is another by now, nothing is
    done.
    """

    filters: Filters | None = None
    finding_ids: tuple[str, ...] = ()
    expected: int | None = None


@dataclass(frozen=True)
class Preview:
    """How many findings an action would touch, and how many it passes over."""

    touched: int
    passed_over: int = 0


@dataclass(frozen=True)
class Actions:
    """What the reader of `view` does at `now`.

    Every method returns how many findings it touched and raises PermissionRefused without the
    right, or for a finding out of the reader's scope, and ConfigError for words that do not do.
    """

    view: Findings
    now: datetime

    def assign(self, chosen: Selection, owner: str | None) -> int:
        """Hand findings to somebody; None hands them back to the rule."""
        name = _words(owner, "owner") if owner is not None else ""
        return self._say(Right.DECIDE, chosen, Word.ASSIGN, lambda _: {"owner": name})

    def due(self, chosen: Selection, due_at: datetime | None) -> int:
        """Say until when; None goes back to the term of the severity."""
        told = {"due_at": due_at.isoformat() if due_at else None}
        return self._say(Right.DECIDE, chosen, Word.DUE, lambda _: told)

    def comment(self, chosen: Selection, text: str) -> int:
        """Say something about findings."""
        told = {"text": _words(text, "comment")}
        return self._say(Right.DECIDE, chosen, Word.COMMENT, lambda _: told)

    def ask_waiver(self, chosen: Selection, reason: str, expires_at: datetime) -> int:
        """Ask to let the two values of each finding stand, for exactly as long as they do."""
        why = _words(reason, "reason")
        if not self.now < expires_at <= self.now + LONGEST_WAIVER:
            raise ConfigError("cases.expiry", days=LONGEST_WAIVER.days)

        def asked(finding: Finding) -> dict[str, object] | None:
            if finding.status == "waived":
                return None
            return {
                "reason": why,
                "expires_at": expires_at.isoformat(),
                "left_hash": finding.left_hash,
                "right_hash": finding.right_hash,
            }

        return self._say(Right.DECIDE, chosen, Word.WAIVE_REQUEST, asked)

    def grant(self, chosen: Selection) -> int:
        """Grant what others asked for; one's own requests are passed over.

        Raises ConfigError `cases.own_request` where nothing but one's own was asked.
        """
        mine = self.view.actor.name
        own = 0

        def granted(finding: Finding) -> dict[str, object] | None:
            nonlocal own
            waiver = self._asked(finding)
            if waiver is None:
                return None
            own += waiver.requester == mine
            return None if waiver.requester == mine else {"request": waiver.request}

        done = self._say(Right.APPROVE, chosen, Word.WAIVE_APPROVE, granted)
        if not done and own:
            raise ConfigError("cases.own_request", actor=mine)
        return done

    def reject(self, chosen: Selection, reason: str) -> int:
        """Refuse what was asked for, or take back what was granted."""
        why = _words(reason, "reason")
        return self._ended(Right.APPROVE, chosen, Word.WAIVE_REJECT, why, own=False)

    def withdraw(self, chosen: Selection, reason: str) -> int:
        """Take one's own request back, granted or not."""
        why = _words(reason, "reason")
        return self._ended(Right.DECIDE, chosen, Word.WAIVE_WITHDRAW, why, own=True)

    def preview(self, chosen: Selection) -> Preview:
        """How many findings the selection holds now."""
        if chosen.filters is None:
            return Preview(len(chosen.finding_ids))
        standing = _standing(chosen.filters)
        whole = replace(chosen.filters, state=())
        number = self.view.count(standing)
        return Preview(number, self.view.count(whole) - number)

    def _asked(self, finding: Finding) -> Waiver | None:
        waiver = finding.said.waiver
        if waiver is None or waiver.decision is not None or waiver.expires_at <= self.now:
            return None
        same = (waiver.left_hash, waiver.right_hash) == (finding.left_hash, finding.right_hash)
        return waiver if same else None

    def _ended(self, right: Right, chosen: Selection, word: Word, why: str, *, own: bool) -> int:
        mine = self.view.actor.name

        def ended(finding: Finding) -> dict[str, object] | None:
            waiver = finding.said.waiver
            if waiver is None or (own and waiver.requester != mine):
                return None
            return {"request": waiver.request, "reason": why}

        return self._say(right, chosen, word, ended)

    def _say(
        self,
        right: Right,
        chosen: Selection,
        word: Word,
        told: Callable[[Finding], Mapping[str, object] | None],
    ) -> int:
        self.view.actor.require(right)
        found = list(self._findings(chosen))
        if chosen.expected is not None and len(found) != chosen.expected:
            raise ConfigError("cases.moved_on", shown=chosen.expected, now=len(found))
        said: Iterable[Said] = (
            (finding.finding_id, word.value, payload)
            for finding in found
            if (payload := told(finding)) is not None
        )
        asked = {"filters": chosen.filters.told()} if chosen.filters else {"one": True}
        return Decisions(self.view.database).add_all(
            self.view.actor, said, now=self.now, told=asked
        )

    def _findings(self, chosen: Selection) -> Iterable[Finding]:
        if chosen.filters is not None:
            filters = _standing(chosen.filters)
            if self.view.count(filters) > MOST:
                raise ConfigError("cases.too_many", most=MOST)
            yield from self.view.every(filters, Order.KEY)
            return
        for name in chosen.finding_ids:
            finding = self.view.finding(name)
            if finding is None or finding.state not in STANDING:
                raise ConfigError("cases.nothing", finding=name)
            yield finding


def _standing(filters: Filters) -> Filters:
    states = tuple(state for state in filters.state if state in STANDING)
    return replace(filters, state=states or STANDING)


def _words(text: str, what: str) -> str:
    words = text.strip()
    if not words:
        raise ConfigError(f"cases.{what}_empty")
    if len(words) > LONGEST:
        raise ConfigError("cases.long", longest=LONGEST, length=len(words))
    return words
