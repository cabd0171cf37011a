"""How accounts come to roles and groups: over memberships, nested or not, at one moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from checks.permissions.departments import Tree
from checks.permissions.model import Account, Membership, Node, Role, Scope, System
from checks.permissions.semantics import ScopeAt, Semantics
from checks.permissions.verdict import Hop

Place = tuple[Node, str]
Standing = tuple[Node, str, Scope | None]  # a place, and the scope that memberships carried to it


@dataclass(frozen=True, slots=True)
class Way:
    """A shortest way from an account to a place. `hops` begin after the account and end at the
    place; `scope` is the last that a membership on the way told."""

    node: Node
    id: str
    scope: Scope | None
    hops: tuple[Hop, ...]

    @property
    def standing(self) -> Standing:
        return self.node, self.id, self.scope


class Ways:
    """All ways of one system. What lies behind a membership is walked once, however many accounts
    share it; circles end where they close. Disabled roles and groups lead nowhere, memberships
    outside their time do not count, and one into a role that was not read gives nothing."""

    def __init__(self, system: System, semantics: Semantics, tree: Tree, as_of: datetime) -> None:
        self._tree, self._semantics = tree, semantics
        self.roles: Mapping[Place, Role] = {(r.node, r.id): r for r in system.roles.values()}
        self._departments = system.departments
        self._out: dict[Place, list[Standing]] = {}
        told = semantics.narrowed_by_membership or ScopeAt.MEMBERSHIP in semantics.scope_at
        for membership in system.memberships:
            if _holds(membership, as_of):
                place = membership.member_node, membership.member
                scope = membership.scope if told else None
                standing = membership.into_node, membership.into, scope
                self._out.setdefault(place, []).append(standing)
        for standings in self._out.values():  # of ways that are as short, always the same one
            standings.sort(key=lambda s: (s[0], len(s[1]), s[1], s[2] or ""))
        self._on_departments = any(node is Node.DEPARTMENT for node, _ in self._out) or any(
            grant.holder_node is Node.DEPARTMENT for grant in system.grants
        )
        self._shared: dict[frozenset[str], frozenset[str]] = {}
        self._behind: dict[Standing, tuple[Way, ...]] = {}
        self._met: dict[tuple[Standing, ...], tuple[Way, ...]] = {}

    def of(self, account: Account) -> tuple[Way, ...]:
        """Every place that the account is in, the nearest first; the account itself is left out.
        A place that is reached with several scopes comes once for each."""
        starts = tuple(self._starts(account))
        found = self._met.get(starts)
        if found is None:
            found = self._met[starts] = self._meet(starts)
        return found

    def departments(self, account: Account) -> frozenset[str]:
        """The departments that count as the account's own."""
        if self._semantics.by_groups:
            return frozenset(way.id for way in self.of(account) if way.node is Node.GROUP)
        posts = self._out.get((Node.ACCOUNT, account.id), ())
        own = {id_ for node, id_, _ in posts if node is Node.DEPARTMENT}
        if account.department is not None:
            own.add(account.department)
        found = frozenset(own)
        return self._shared.setdefault(found, found)

    def _starts(self, account: Account) -> Iterable[Standing]:
        yield from self._out.get((Node.ACCOUNT, account.id), ())
        if self._on_departments and account.department is not None:
            yield Node.DEPARTMENT, account.department, None

    def _meet(self, starts: tuple[Standing, ...]) -> tuple[Way, ...]:
        if len(starts) == 1:
            return self._from(starts[0])
        nearest: dict[Standing, Way] = {}
        for start in starts:
            for way in self._from(start):
                known = nearest.get(way.standing)
                if known is None or len(way.hops) < len(known.hops):
                    nearest[way.standing] = way
        return tuple(sorted(nearest.values(), key=lambda way: len(way.hops)))

    def _from(self, start: Standing) -> tuple[Way, ...]:
        """What lies behind one membership, breadth first, so that each way is a shortest."""
        found = self._behind.get(start)
        if found is not None:
            return found
        ways: dict[Standing, Way] = {}
        front: list[tuple[Standing, tuple[Hop, ...]]] = [(start, ())]
        while front:
            ahead: list[tuple[Standing, tuple[Hop, ...]]] = []
            for standing, hops in front:
                hop = self._hop(standing)
                if hop is None or standing in ways:
                    continue
                node, id_, scope = standing
                way = ways[standing] = Way(node, id_, scope, (*hops, hop))
                for onward in self._onward(node, id_):
                    ahead.append(((*onward[:2], onward[2] or scope), way.hops))
            front = ahead
        found = self._behind[start] = tuple(ways.values())
        return found

    def _onward(self, node: Node, id_: str) -> Iterable[Standing]:
        yield from self._out.get((node, id_), ())
        if node is Node.DEPARTMENT and self._semantics.inherits_departments:
            for above in self._tree.ancestors(id_)[:1]:
                yield node, above, None

    def _hop(self, standing: Standing) -> Hop | None:
        node, id_, _ = standing
        if node is Node.DEPARTMENT:
            department = self._departments.get(id_)
            return Hop(node.value, id_, None if department is None else department.name)
        role = self.roles.get((node, id_))
        if role is None or not role.is_enabled:
            return None
        return Hop(node.value, id_, role.name)


def _holds(membership: Membership, as_of: datetime) -> bool:
    since, until = membership.since, membership.until
    return (since is None or since <= as_of) and (until is None or as_of < until)
