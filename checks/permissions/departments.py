"""The department tree of one system: what lies below a department, and above it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from checks.permissions.model import Department


class Tree:
    """Departments by their parents.

    A department that is its own ancestor ends the walk: nothing is counted twice and nothing runs
    for ever. A parent that was not read still holds its children together. Closed departments stay
    in the tree, since the systems that were looked at do not leave them out of a scope either.
    """

    def __init__(self, departments: Mapping[str, Department]) -> None:
        self._departments = departments
        self._children: dict[str, list[str]] = {}
        for department in departments.values():
            if department.parent is not None:
                self._children.setdefault(department.parent, []).append(department.id)
        self._below: dict[str, frozenset[str]] = {}

    def __contains__(self, department: str) -> bool:
        return department in self._departments

    def subtree(self, department: str) -> frozenset[str]:
        """The department and everything below it. One that is not in the tree is left out itself,
        as it has no rows to reach, but not those that name it as their parent."""
        found = self._below.get(department)
        if found is None:
            seen = {department}
            open_ends = [department]
            while open_ends:
                for child in self._children.get(open_ends.pop(), ()):
                    if child not in seen:
                        seen.add(child)
                        open_ends.append(child)
            found = self._below[department] = frozenset(seen & self._departments.keys())
        return found

    def subtrees(self, departments: Iterable[str]) -> frozenset[str]:
        return frozenset().union(*(self.subtree(department) for department in departments))

    def ancestors(self, department: str) -> tuple[str, ...]:
        """What lies above the department, the nearest first."""
        above: list[str] = []
        known = self._departments.get(department)
        while known is not None and known.parent is not None:
            if known.parent == department or known.parent in above:
                break
            above.append(known.parent)
            known = self._departments.get(known.parent)
        return tuple(above)

    def active(self, department: str) -> bool | None:
        """Whether it is open; None for one that is not in the tree."""
        known = self._departments.get(department)
        return None if known is None else known.is_active

    @property
    def roots(self) -> tuple[str, ...]:
        """Departments whose parent was not read or is none."""
        return tuple(d.id for d in self._departments.values() if d.parent not in self._departments)
