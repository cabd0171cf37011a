"""Filters, orders and row scope as SQL: every value is bound, every column is named here."""

from __future__ import annotations

from dataclasses import dataclass, field

from governance.access import Actor, Right
from governance.reading.model import Facet, Filters, Order
from governance.runs.findings import WORST_FIRST

COLUMNS = (
    "finding_id",
    "check_name",
    "entity",
    "left_source",
    "right_source",
    "key_shown",
    "record_key",
    "field",
    "kind",
    "class",
    "left_value",
    "right_value",
    "normalisers",
    "authority",
    "severity",
    "weight",
    "department",
    "display",
    "state",
    "first_seen",
    "first_run",
    "last_seen",
    "last_run",
    "copies",
    "personal",
    "left_hash",
    "right_hash",
    "since",
    "opened_at",
    "turn",
    "overwritten",
    "closed_at",
    "closed_run",
    "waiver",
    "direction",
    "left_moved_at",
    "right_moved_at",
    "agreed_at",
    "agreed_run",
    "owner",
    "due_at",
    "money",
    "cause",
)

FACETS = {
    Facet.ENTITY: "entity",
    Facet.PAIR: "left_source || '~' || right_source",
    Facet.FIELD: "field",
    Facet.KIND: "kind",
    # Findings about whole rows have no class; their kind stands in for it.
    Facet.CLASS: "coalesce(class, kind)",
    Facet.SEVERITY: "severity",
    Facet.DEPARTMENT: "department",
    Facet.STATE: "state",
    Facet.DIRECTION: "direction",
    Facet.CAUSE: "cause",
    Facet.STATUS: "status",
    Facet.OWNER: "owner_now",
    Facet.AGE: "age",
    Facet.DUE: "due",
    Facet.WAIVER: "waiver_asked",
}

# These rest on what people said and on the time of day: the relation `cases` has them.
OF_CASES = frozenset((Facet.STATUS, Facet.OWNER, Facet.AGE, Facet.DUE, Facet.WAIVER))

ORDERS = {
    # What heals by itself or is gone waits behind what needs somebody.
    Order.SEVERITY: f"state IN ('pending', 'gone'), {WORST_FIRST}, weight DESC",
    Order.KEY: "record_key NULLS FIRST, entity, field NULLS FIRST",
    Order.FIELD: "entity, field NULLS FIRST",
    Order.NEWEST: "first_seen DESC",
    Order.OLDEST: "first_seen",
    Order.DUE: "due_now NULLS LAST",
    Order.MONEY: "money DESC NULLS LAST, weight DESC",
    Order.CLOSED: "closed_at DESC NULLS LAST",
}

# The findings with what holds of them now. `said` is what people decided, `clock` the minute.
# A waiver counts while exactly the two values stand that it was granted for.
CASES = """
CREATE VIEW cases AS
SELECT f.*, coalesce(s.owner, f.owner) AS owner_now, coalesce(s.due_at, f.due_at) AS due_now,
    CASE WHEN f.state = 'gone' THEN coalesce(f.turn, 'withdrawn')
         WHEN s.is_granted AND s.expires_at > c.now AND s.holds THEN 'waived'
         WHEN f.state = 'pending' THEN 'pending'
         WHEN s.exported_at >= coalesce(f.since, f.first_seen) THEN 'exported'
         WHEN f.turn IN ('bounced', 'reopened') AND (s.owned_at IS NULL OR s.owned_at < f.since)
             THEN f.turn
         WHEN coalesce(s.owner, f.owner) IS NOT NULL THEN 'assigned' ELSE 'open' END AS status,
    CASE WHEN f.state IN ('gone', 'pending') THEN NULL
         WHEN c.now < f.opened_at + INTERVAL 1 DAY THEN 'day'
         WHEN c.now < f.opened_at + INTERVAL 7 DAY THEN 'week'
         WHEN c.now < f.opened_at + INTERVAL 30 DAY THEN 'month'
         WHEN c.now < f.opened_at + INTERVAL 90 DAY THEN 'quarter'
         WHEN f.opened_at IS NOT NULL THEN 'older' END AS age,
    CASE WHEN f.state IN ('gone', 'pending') OR status = 'waived' OR due_now IS NULL THEN NULL
         WHEN due_now < c.now THEN 'overdue'
         WHEN due_now < c.now + INTERVAL 2 DAY THEN 'soon' ELSE 'later' END AS due,
    CASE WHEN f.state = 'gone' OR s.request IS NULL THEN NULL
         WHEN NOT s.is_granted AND s.holds THEN 'asked'
         WHEN s.is_granted AND s.holds AND s.expires_at > c.now THEN 'granted' END AS waiver_asked
FROM findings AS f CROSS JOIN clock AS c
LEFT JOIN said AS s ON s.part = f.part AND s.pos = f.pos
"""

# The part of the attached run and the position in its sealed file: unique, and it never changes.
POSITION = "part, pos"


@dataclass
class Where:
    """A condition that grows, with its bound values in order."""

    parts: list[str] = field(default_factory=list)
    values: list[object] = field(default_factory=list)
    is_case: bool = False

    def add(self, condition: str, *values: object) -> None:
        self.parts.append(condition)
        self.values.extend(values)

    def among(self, expression: str, allowed: tuple[str, ...] | frozenset[str]) -> None:
        """`expression` is one of `allowed`; an empty text among them stands for NULL."""
        named = sorted(allowed)
        nothing = " OR " + expression + " IS NULL" if "" in named else ""
        marks = ", ".join("?" for _ in named)
        self.add(f"({expression} IN ({marks}){nothing})", *named)

    @property
    def source(self) -> str:
        """The relation that knows all that is asked for."""
        return "cases AS f" if self.is_case else "findings AS f"

    @property
    def sql(self) -> str:
        return "WHERE " + " AND ".join(self.parts) if self.parts else ""


def scoped(actor: Actor) -> Where:
    """The rows `actor` may see. Raises PermissionRefused without the right to view.

    A scope never reaches rows whose department is unknown: nobody could say that they are theirs.
    """
    actor.require(Right.VIEW)
    where = Where()
    if actor.departments is not None:
        known = frozenset(name for name in actor.departments if name)
        if known:
            where.among("department", known)
        else:
            where.add("false")
    return where


def narrowed(actor: Actor, filters: Filters) -> Where:
    """The rows of `filters` within the actor's scope."""
    where = scoped(actor)
    for facet, expression in FACETS.items():
        chosen: tuple[str, ...] = getattr(filters, "cls" if facet is Facet.CLASS else facet.value)
        if chosen:
            where.among(expression, chosen)
            where.is_case |= facet in OF_CASES
    if filters.text.strip():
        sought = "SELECT part, pos FROM hay WHERE contains(text, lower(?))"
        where.add(f"(part, pos) IN ({sought})", filters.text.strip())
    return where
