"""`permissions.reviews`: who reviews whose grants, and how fresh a campaign's sources must be."""

from __future__ import annotations

from collections.abc import Collection

from governance.config.document import Node, text_of
from governance.config.permissions import OwnedRole, ReviewSettings
from governance.config.problems import Problems
from governance.config.read_ownership import words
from governance.config.section import Section, items, parsed
from governance.config.values import choice, positive_duration

KEYS = ("reviewers", "owners", "fallback", "fresh")
OWNER = ("system", "role", "owner")
RULES = ("manager", "leader", "owner")
PERSON = "person:"


def read_reviews(node: Node | None, systems: Collection[str], problems: Problems) -> ReviewSettings:
    """The section, or what holds without it."""
    if node is None:
        return ReviewSettings()
    section, usual = Section(node, problems, KEYS), ReviewSettings()
    stated, owned = section.get("reviewers"), section.get("owners")
    rules = [parsed(item, rule, "", problems) for item in items(stated)] if stated else []
    return ReviewSettings(
        rules=tuple(r for r in rules if r) or usual.rules,
        owners=tuple(_owned(item, systems, problems) for item in items(owned)) if owned else (),
        fallback=section.read("fallback", words, None),
        fresh=section.read("fresh", positive_duration, usual.fresh),
    )


def rule(node: Node) -> str:
    """`manager`, `leader`, `owner` or `person:NAME`."""
    if text_of(node).startswith(PERSON) and text_of(node) != PERSON:
        return text_of(node)
    return choice("permissions.unknown_reviewer", RULES)(node)


def _owned(node: Node, systems: Collection[str], problems: Problems) -> OwnedRole:
    section = Section(node, problems, OWNER)
    section.need("system")
    section.need("owner")
    return OwnedRole(
        system=section.read("system", choice("permissions.unknown_system", systems), ""),
        owner=section.read("owner", words, ""),
        role=section.read("role", words, None),
    )
