"""The queue of cases: what each of its tabs shows, and whom work can be handed to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from governance.access import Actor
from governance.config import Config
from governance.reading import STANDING, Facet, Filters, Finding, Findings, Order, State
from governance.reading.model import CLOSED, TO_WORK, Status

AGES = ("day", "week", "month", "quarter", "older")


class Tab(StrEnum):
    """The ways into the queue, in their order on the page."""

    MINE = "mine"
    TODO = "todo"
    CAUSE = "cause"
    AGE = "age"
    WAIVERS = "waivers"
    CLOSED = "closed"


ORDERS = (Order.SEVERITY, Order.DUE, Order.MONEY, Order.NEWEST, Order.OLDEST)
STATUSES: Mapping[Tab, tuple[str, ...]] = {
    **dict.fromkeys(Tab, tuple(s.value for s in Status if s.value not in CLOSED)),
    Tab.CLOSED: CLOSED,
}


def orders(tab: Tab) -> tuple[Order, ...]:
    """The orders a tab offers, its usual one first."""
    return (Order.CLOSED, Order.MONEY, Order.SEVERITY) if tab is Tab.CLOSED else ORDERS


def within(tab: Tab, chosen: Filters, actor: Actor, waiver: str = "asked") -> Filters:
    """What a tab shows of what was chosen: the tab says what a reader who chose nothing means.

    `waiver` is what the tab of waivers shows then.
    """
    if tab is Tab.CLOSED:
        return replace(chosen, state=(State.GONE.value,), due=(), age=(), waiver=())
    found = replace(chosen, state=STANDING)
    if tab is Tab.WAIVERS:
        return replace(found, waiver=chosen.waiver or (waiver,))
    found = replace(found, status=chosen.status or TO_WORK)
    return replace(found, owner=(actor.name,)) if tab is Tab.MINE else found


@dataclass(frozen=True)
class Tally:
    """How much each tab holds before anything is chosen. `asked` are requests for a waiver of
    which `own` are the reader's; `granted` are waivers in force."""

    todo: int
    mine: int
    asked: int
    granted: int
    closed: int
    owners: tuple[str, ...]

    @property
    def waiver(self) -> str:
        """The waivers to look at first: those that wait, unless none does and some are in force."""
        return "granted" if self.granted and not self.asked else "asked"

    def of(self, tab: Tab) -> int | None:
        """The number beside a tab's name; None where the tab is only another way of looking."""
        numbers = {
            Tab.MINE: self.mine,
            Tab.TODO: self.todo,
            Tab.WAIVERS: self.asked,
            Tab.CLOSED: self.closed,
        }
        return numbers.get(tab)


def tally(view: Findings) -> Tally:
    """All tabs by one look. Raises PermissionRefused without the right to view."""
    groups = view.grouped(Filters(state=()), (Facet.STATUS, Facet.WAIVER, Facet.OWNER))
    todo = mine = asked = granted = closed = 0
    owners: dict[str, None] = {}
    for (status, waiver, owner), number in groups.items():
        if status in TO_WORK:
            todo += number
            mine += number if owner == view.actor.name else 0
        closed += number if status in CLOSED else 0
        asked += number if waiver == "asked" else 0
        granted += number if waiver == "granted" else 0
        if owner:
            owners[owner] = None
    return Tally(todo, mine, asked, granted, closed, tuple(sorted(owners)))


def ages(view: Findings, filters: Filters) -> dict[str, dict[str, int]]:
    """Findings per age (youngest first) and severity, whatever age was chosen."""
    found: dict[str, dict[str, int]] = {age: {} for age in AGES}
    for (age, severity), number in view.grouped(
        filters.without(Facet.AGE), (Facet.AGE, Facet.SEVERITY)
    ).items():
        if age in found:
            found[age][severity] = number
    return found


def people(config: Config, seen: tuple[str, ...], actor: Actor) -> tuple[str, ...]:
    """Whom work can be handed to: the reader, those the rules name, those who have some."""
    named = (rule.owner for rule in config.owners)
    return tuple(dict.fromkeys((actor.name, *named, *seen)))


def personas(config: Config | None) -> tuple[str, ...]:
    """The owners that the rules name: whom a visitor of the demo may act as. None elsewhere."""
    if config is None or not config.demo:
        return ()
    return tuple(dict.fromkeys(rule.owner for rule in config.owners))


def waiver_state(finding: Finding, now: datetime) -> str | None:
    """`asked` or `granted` while it holds; `expired`; `void` where a value moved; None for none."""
    waiver = finding.said.waiver
    if waiver is None:
        return None
    if waiver.expires_at <= now:
        return "expired"
    if (waiver.left_hash, waiver.right_hash) != (finding.left_hash, finding.right_hash):
        return "void"
    return "granted" if waiver.decision is not None else "asked"
