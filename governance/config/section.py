"""Reading one mapping of the configuration: every mistake is noted and reading goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from governance.config.document import Node
from governance.config.problems import BadValue, Problems
from governance.config.values import name_of

T = TypeVar("T")


class Section:
    """The entries of one mapping. Unknown keys are problems; null counts as left out."""

    def __init__(self, node: Node, problems: Problems, allowed: Iterable[str]) -> None:
        self.node = node
        self.problems = problems
        names = tuple(allowed)
        if not isinstance(node.content, dict):
            problems.add(node, "config.want_mapping", allowed=", ".join(names))
        for name, child in node.items.items():
            if name not in names:
                problems.unknown(child, "config.unknown_key", name, names)

    def get(self, name: str) -> Node | None:
        """The entry, or None where it is left out or null."""
        node = self.node.items.get(name)
        return None if node is None or node.content is None else node

    def need(self, name: str) -> Node | None:
        """As `get`, and a problem where there is none."""
        node = self.get(name)
        if node is None and isinstance(self.node.content, dict):
            self.problems.add(self.node, "config.missing", name=name)
        return node

    def read(self, name: str, parser: Callable[[Node], T], default: T) -> T:
        """The entry through `parser`; `default` where it is left out or cannot be read."""
        node = self.get(name)
        return default if node is None else parsed(node, parser, default, self.problems)


def parsed(node: Node, parser: Callable[[Node], T], default: T, problems: Problems) -> T:
    """`parser(node)`, or `default` with the problem noted at the node's place."""
    try:
        return parser(node)
    except BadValue as bad:
        problems.add(node, bad.code, **bad.params)
        return default


def check_name(node: Node, name: str, problems: Problems, *, taken: str | None = None) -> None:
    """Notes a problem where `name` may not name a source, entity, field or check.

    `taken` is a name that our own findings bear.
    """
    if name == taken:
        problems.add(node, "config.reserved", name=name)
    try:
        name_of(name)
    except BadValue as bad:
        problems.add(node, bad.code, **bad.params)


def entries(node: Node | None, problems: Problems) -> dict[str, Node]:
    """The entries of a mapping whose names are the user's own; anything else is a problem."""
    if node is None:
        return {}
    if not isinstance(node.content, dict):
        problems.add(node, "config.want_entries")
    return node.items


def items(node: Node) -> tuple[Node, ...]:
    """The items of a list; a single text stands for a list of one."""
    return node.content if isinstance(node.content, tuple) else (node,)
