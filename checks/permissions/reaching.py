"""Which rows a declared scope means for one account."""

from __future__ import annotations

from collections.abc import Iterable

from checks.permissions.departments import Tree
from checks.permissions.model import Scope, System
from checks.permissions.rights import Reach
from checks.permissions.semantics import Semantics

_ORDER = {scope: at for at, scope in enumerate(Scope)}


def narrower(one: Scope, other: Scope) -> Scope:
    return one if _ORDER[one] <= _ORDER[other] else other


def width(scope: Scope | None) -> int:
    """Scopes by how much they reach; one that is not known is the widest."""
    return len(_ORDER) if scope is None else _ORDER[scope]


class Reaches:
    """Scopes as rows. Equal scopes of accounts in the same departments share one value."""

    def __init__(self, system: System, semantics: Semantics, tree: Tree) -> None:
        self._semantics, self._tree = semantics, tree
        self._custom: dict[str, set[str]] = {}
        for row in system.scope_departments:
            self._custom.setdefault(row.role, set()).add(row.department)
        self._custom_known = bool(self._custom) or "scope_departments" in system.known
        self._departments_known = semantics.by_groups or any(
            account.department is not None for account in system.accounts.values()
        )
        self._known: dict[tuple[Scope | None, str | None, frozenset[str]], Reach] = {}

    def of(self, scope: Scope | None, role: str | None, own: frozenset[str]) -> Reach:
        """What `scope` reaches for an account of the departments `own`. A custom set is that of
        `role`. What cannot be worked out is marked as unknown."""
        key = scope, role if scope is Scope.CUSTOM else None, own
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._make(scope, role, own)
        return found

    def _make(self, scope: Scope | None, role: str | None, own: frozenset[str]) -> Reach:
        if scope is None:
            return Reach(unknown=True)
        words = frozenset({scope})
        if scope is Scope.ALL:
            return Reach(is_all=True, words=words)
        if scope is Scope.OWN:
            return Reach(own=True, words=words)
        if scope is Scope.NONE:
            return Reach(words=words)
        if scope is Scope.CUSTOM:
            listed = frozenset(self._custom.get(role or "", ()))
            if self._semantics.custom_with_own:
                listed |= own
            return Reach(departments=listed, words=words, unknown=not self._custom_known)
        departments = own if scope is Scope.DEPARTMENT else self._below(own)
        return Reach(
            own=self._semantics.shared_with_own,
            departments=departments,
            words=words,
            unknown=not self._departments_known,
        )

    def _below(self, own: frozenset[str]) -> frozenset[str]:
        return self._tree.subtrees(self._branches(own))

    def _branches(self, own: Iterable[str]) -> Iterable[str]:
        """Where subtrees begin: at the departments, or at the companies that they belong to."""
        branch = self._semantics.branch
        for department in own:
            lines = (department, *self._tree.ancestors(department))
            if branch is None:
                yield department
            else:
                yield next((line for line in lines if line.startswith(branch)), department)
