"""`match` of an entity: its records share no key and are paired by likeness."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from collections.abc import Sequence
from decimal import Decimal

from checks.dictionary import Mapping, Matching
from governance.config.document import Node, text_of
from governance.config.problems import Problems
from governance.config.section import Section, items, parsed
from governance.config.values import share

MATCH_KEYS = ("fields", "accept", "review")


def read_match(
    node: Node | None, mappings: Sequence[Mapping], known: Dict[str, Node], problems: Problems
) -> Matching | None:
    """How to match, None where the entity has a shared key."""
    if node is None:
        return None
    section = Section(node, problems, MATCH_KEYS)
    fields = []
    listed = section.get("fields")
    for item in items(listed) if listed else ():
        name = parsed(item, text_of, "", problems)
        if name and name not in known:
            problems.unknown(item, "config.unknown_field", name, known)
        elif name and any(name not in mapping.columns for mapping in mappings):
            problems.add(item, "config.match_unmapped", name=name)
        elif name:
            fields.append(name)
    default = Matching()
    accept = float(section.read("accept", share, Decimal(str(default.accept))))
    review = float(section.read("review", share, Decimal(str(default.review))))
    if accept <= 0.5:
        problems.add(node, "config.match_accept")
    if review > accept:
        problems.add(node, "config.match_review")
    return Matching(tuple(fields), accept, review)
