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
}

ORDERS = {
    # What heals by itself or is gone waits behind what needs somebody.
    Order.SEVERITY: f"state IN ('pending', 'gone'), {WORST_FIRST}, weight DESC",
    Order.KEY: "record_key NULLS FIRST, entity, field NULLS FIRST",
    Order.FIELD: "entity, field NULLS FIRST",
    Order.NEWEST: "first_seen DESC",
    Order.OLDEST: "first_seen",
}

# The part of the attached run and the position in its sealed file: unique, and it never changes.
POSITION = "part, pos"


@dataclass
class Where:
    """A condition that grows, with its bound values in order."""

    parts: list[str] = field(default_factory=list)
    values: list[object] = field(default_factory=list)

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
    if filters.text.strip():
        sought = "SELECT part, pos FROM hay WHERE contains(text, lower(?))"
        where.add(f"(part, pos) IN ({sought})", filters.text.strip())
    return where
