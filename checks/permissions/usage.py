"""Used against granted: what accounts did with their functions, as far as a log tells.

A log that is younger than the span somebody asks for says nothing of what was not used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from checks.permissions.company import Company, matching
from checks.permissions.departments import Tree
from checks.permissions.model import Activity, Ref, RefersTo, Scope
from checks.permissions.rights import Holding


class Used(StrEnum):
    USED = "used"
    UNUSED = "unused"
    NOT_EVALUABLE = "not_evaluable"


@dataclass(frozen=True)
class Usage:
    """One function in the hands of one account, held against the log.

    `count` operations, the last at `last_at` with the number `last_id`; `rows` that they gave out,
    None where the log does not say. `touched` is the narrowest scope that would have let all those
    operations through whose records are known, `unplaced` how many are on records that are not.
    `reason` says why `state` is not evaluable (a message code with `params`).
    """

    holding: Holding
    state: Used
    count: int = 0
    last_at: datetime | None = None
    last_id: str | None = None
    rows: int | None = None
    touched: Scope | None = None
    unplaced: int = 0
    reason: str = ""
    params: Mapping[str, str] = field(default_factory=dict)


def log_gap(company: Company, system: str, span: timedelta) -> tuple[str, dict[str, str]] | None:
    """Why the log of a system cannot say that nothing happened within `span`; None if it can."""
    known = company.facts.systems[system]
    if "operations" in known.blind:
        return "rules.not_read", {"system": system, "kind": "operations"}
    if "operations" not in known.known:
        return "rules.no_log", {"system": system}
    if known.log_from is None:
        return "rules.log_empty", {"system": system}
    since = company.facts.as_of - min(span, company.policy.window)
    if known.log_from > since or span > company.policy.window:
        days = min((company.facts.as_of - known.log_from), company.policy.window).days
        return "rules.log_young", {"system": system, "days": str(days), "span": str(span.days)}
    return None


class Log:
    """The activity of one system by account. Where a name may mean several accounts, what was done
    under it is `doubtful` for each of them."""

    def __init__(self, company: Company, system: str) -> None:
        self.company, self.system = company, system
        self.sure: dict[str, list[Activity]] = {}
        self.doubtful: dict[str, list[Activity]] = {}
        self._accounts: dict[Ref, tuple[str, ...]] = {}
        for activity in company.facts.systems[system].activity:
            accounts = self._meant(activity.actor)
            kept = self.sure if len(accounts) == 1 else self.doubtful
            for account in accounts:
                kept.setdefault(account, []).append(activity)
        self.actions = frozenset(a.action for a in company.facts.systems[system].activity)
        self._wanted: dict[str, frozenset[str] | None] = {}

    def wanted(self, function: str) -> frozenset[str] | None:
        """The actions in the log that use a function; None where none is bound to it."""
        if function not in self._wanted:
            known = self.company.policy.functions.get(function)
            bound = known.actions.get(self.system, ()) if known is not None else ()
            self._wanted[function] = matching(self.actions, bound) if bound else None
        return self._wanted[function]

    def of(
        self, account: str, function: str, since: datetime
    ) -> tuple[list[Activity], list[Activity]]:
        """What an account did with a function since a moment: surely, and perhaps."""
        wanted = self.wanted(function) or frozenset()
        sure, doubtful = (
            [a for a in kept.get(account, ()) if a.action in wanted and a.last_at >= since]
            for kept in (self.sure, self.doubtful)
        )
        return sure, doubtful

    def last(self, account: str) -> datetime | None:
        """When an account last did anything."""
        return max((a.last_at for a in self.sure.get(account, ())), default=None)

    def _meant(self, ref: Ref) -> tuple[str, ...]:
        if ref not in self._accounts:
            self._accounts[ref] = self._find(ref)
        return self._accounts[ref]

    def _find(self, ref: Ref) -> tuple[str, ...]:
        one = self.company.account(self.system, ref)
        if one is not None:
            return (one,)
        if ref.to is RefersTo.PERSON:
            mine = self.company.identities.accounts.get(ref.value, ())
            return tuple(account for system, account in mine if system == self.system)
        accounts = self.company.facts.systems[self.system].accounts.values()
        return tuple(sorted(a.id for a in accounts if a.login == ref.value))


def usage(company: Company, span: timedelta | None = None) -> Iterator[Usage]:
    """Every function of every account, over the policy's window or `span`, in order."""
    over = company.policy.window if span is None else span
    since = company.facts.as_of - over
    for system in sorted(company.facts.systems):
        meter = _Meter(company, system)
        gap = log_gap(company, system, over)
        for account in sorted(company.facts.systems[system].accounts):
            for holding in company.holdings(system, account):
                yield meter.measure(holding, since, gap)


class _Meter:
    """Measures what was done within one system."""

    def __init__(self, company: Company, system: str) -> None:
        self.company, self.system = company, system
        self.log = Log(company, system)
        self.tree = Tree(company.facts.systems[system].departments)
        self._rows: dict[tuple[str, str], tuple[int, bool]] = {}
        for operation in company.facts.systems[system].operations:
            account = company.account(system, operation.actor)
            if account is not None and operation.is_successful:
                count, is_whole = self._rows.get((account, operation.action), (0, True))
                is_whole = is_whole and operation.rows is not None
                self._rows[account, operation.action] = count + (operation.rows or 0), is_whole

    def measure(
        self, holding: Holding, since: datetime, gap: tuple[str, dict[str, str]] | None
    ) -> Usage:
        sure, doubtful = self.log.of(holding.account, holding.function, since)
        if sure:
            last = max(sure, key=lambda a: (a.last_at, a.last_id))
            touched, unplaced = self._touched(holding.account, sure)
            return Usage(
                holding, Used.USED, sum(a.count for a in sure), last.last_at, last.last_id,
                self._gave_out(holding.account, sure), touched, unplaced,
            )  # fmt: skip
        if gap is None and self.log.wanted(holding.function) is None:
            gap = "rules.no_actions", {"system": self.system, "function": holding.function}
        if gap is None and doubtful:
            gap = "rules.doubtful_log", {"system": self.system, "account": holding.account}
        if gap is not None:
            return Usage(holding, Used.NOT_EVALUABLE, reason=gap[0], params=gap[1])
        return Usage(holding, Used.UNUSED)

    def _gave_out(self, account: str, done: list[Activity]) -> int | None:
        found = [self._rows.get((account, action)) for action in {a.action for a in done}]
        if any(rows is None or not rows[1] for rows in found):
            return None
        return sum(rows[0] for rows in found if rows is not None)

    def _touched(self, account: str, done: list[Activity]) -> tuple[Scope | None, int]:
        widest: Scope | None = None
        unplaced = 0
        for activity in done:
            for owner, department, count in activity.owners:
                scope = self._place(account, owner, department)
                if scope is None:
                    unplaced += count
                elif widest is None or _ORDER.index(scope) > _ORDER.index(widest):
                    widest = scope
        return widest, unplaced

    def _place(self, account: str, owner: Ref | None, department: str | None) -> Scope | None:
        """How far from the account a touched record lay; None where nothing tells."""
        accounts = self.company.facts.systems[self.system].accounts
        holder = self.company.account(self.system, owner)
        human = self.company.identities.human(self.system, account)
        if holder == account or (
            human is not None and self.company.human(self.system, owner) == human
        ):
            return Scope.OWN
        if department is None and holder is not None:
            department = accounts[holder].department
        if department is None:
            return None
        own = accounts[account].department
        if own is None:
            return Scope.ALL
        if department == own:
            return Scope.DEPARTMENT
        return Scope.SUBTREE if department in self.tree.subtree(own) else Scope.ALL


_ORDER = (Scope.OWN, Scope.DEPARTMENT, Scope.SUBTREE, Scope.ALL)
