"""The effective rights within one system, each with the path that gives it.

What roles give is kept once per role, however many accounts share it: a right is put together only
when it is asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from checks.permissions.departments import Tree
from checks.permissions.model import (
    Account,
    FieldAccess,
    FieldRight,
    Grant,
    Node,
    Role,
    Scope,
    System,
)
from checks.permissions.reaching import Reaches, narrower, width
from checks.permissions.rights import NOWHERE, Reach, Right
from checks.permissions.semantics import SEMANTICS, Meeting, ScopeAt
from checks.permissions.verdict import Hop
from checks.permissions.ways import Place, Standing, Way, Ways

_ACCESS = tuple(FieldAccess)


@dataclass(frozen=True, slots=True)
class Given:
    """One grant as it arrives over one kind of way. `hops` are the permission and the scope;
    `is_unsure`: it may reach more than its scope. `is_whole`: it reaches what all roles reach
    together. `rank` puts those that outrank others first."""

    code: str
    scope: Scope | None
    hops: tuple[Hop, ...]
    role: str | None
    above: Decimal | None
    below: Decimal | None
    is_denied: bool
    is_unsure: bool
    is_whole: bool
    rank: tuple[bool, int]


@dataclass(frozen=True, slots=True)
class Bundle:
    """Everything that one place gives: in the order of the source, and by code."""

    given: tuple[Given, ...]
    by_code: Mapping[str, tuple[Given, ...]]


class SystemResolver:
    """The resolver of one system at one moment (see `checks.permissions.rights.Resolver`)."""

    def __init__(self, system: System, *, as_of: datetime) -> None:
        self.system = system
        self.semantics = SEMANTICS[system.semantics]
        self.tree = Tree(system.departments)
        self._ways = Ways(system, self.semantics, self.tree, as_of)
        self._reaches = Reaches(system, self.semantics, self.tree)
        self._grants: dict[Place, list[Grant]] = {}
        for grant in system.grants:
            self._grants.setdefault((grant.holder_node, grant.holder), []).append(grant)
        for grants in self._grants.values():
            grants.sort(key=lambda g: (len(g.permission), g.permission, g.scope or ""))
        self._fields: dict[tuple[str, str, str], list[FieldRight]] = {}
        for right in system.field_rights:
            key = right.role, right.record_type, right.field_class
            self._fields.setdefault(key, []).append(right)
        denied = any(grant.is_denied for grant in system.grants)
        self._plain = not self.semantics.nearest_only and not denied
        self._bundles: dict[tuple[Standing, int], Bundle] = {}
        self._places: dict[str, tuple[tuple[Way, Bundle], ...]] = {}
        self._everything = self._reaches.of(Scope.ALL, None, frozenset())

    def rights(self, account: str) -> tuple[Right, ...]:
        """Every right of an account, also of one that is disabled; nothing for an unknown one."""
        return tuple(self._rights(account, None))

    def rights_to(self, account: str, codes: Collection[str]) -> tuple[Right, ...]:
        """Those of `rights` that are to one of `codes`, without putting the others together."""
        return tuple(self._rights(account, codes))

    def codes(self, account: str) -> frozenset[str]:
        """The codes that `rights` would name."""
        known = self.system.accounts.get(account)
        if known is None:
            return frozenset()
        if self.administrator(known) is not None:
            return frozenset(p.code for p in self.system.permissions.values() if p.is_enabled)
        if self._plain:
            return frozenset().union(*(bundle.by_code for _, bundle in self.bundles(known)))
        return frozenset(given.code for _, all_ in self.held(known) for given in all_)

    def roles(self, account: str) -> Mapping[str, tuple[Hop, ...]]:
        """The enabled roles and groups an account is in, directly or not, each with a shortest
        path from the account to it."""
        known = self.system.accounts.get(account)
        if known is None:
            return {}
        first = account_hop(known)
        found: dict[str, tuple[Hop, ...]] = {}
        for way in self._ways.of(known):
            if way.node in (Node.ROLE, Node.GROUP):
                found.setdefault(way.id, (first, *way.hops))
        return found

    def reach(self, account: str, code: str) -> Reach:
        """What all rights to `code` reach together, by the rule of that system."""
        return self.together(tuple(self._rights(account, (code,))))

    def together(self, rights: Sequence[Right]) -> Reach:
        """What these rights of one account reach together, by the rule of that system: as `reach`
        where they are all rights to a code, and what the codes reach between them."""
        if self.semantics.meeting is Meeting.NARROWEST:
            least: dict[str, int] = {}
            for right in rights:
                wide = _width(right)
                least[right.code] = min(wide, least.get(right.code, wide))
            rights = [right for right in rights if _width(right) == least[right.code]]
        found = NOWHERE
        for reach in dict.fromkeys(right.reach for right in rights):
            found = reach if found is NOWHERE else found.joined(reach)
        return found

    def fields(self, account: str, record_type: str, field_class: str) -> dict[str, FieldAccess]:
        """How an account sees a class of fields, by channel; the widest of its roles that say
        something, or the narrowest where that is the system's rule."""
        known = self.system.accounts.get(account)
        if known is None:
            return {}
        if self.administrator(known) is not None:
            kind = record_type, field_class
            rows = self.system.field_rights
            channels = {r.channel for r in rows if (r.record_type, r.field_class) == kind}
            return dict.fromkeys(sorted(channels), FieldAccess.EDIT)
        pick = min if self.semantics.meeting is Meeting.NARROWEST else max
        found: dict[str, FieldAccess] = {}
        for way in self._ways.of(known):
            for right in self._fields.get((way.id, record_type, field_class), ()):
                told = found.get(right.channel, right.access)
                found[right.channel] = pick(told, right.access, key=_ACCESS.index)
        return found

    def administrator(self, account: Account) -> tuple[Hop, ...] | None:
        """The path to being bound by no table; None for everybody else."""
        if account.is_admin or account.id in self.semantics.administrators:
            return account_hop(account), Hop("administrator", account.id, account.login)
        codes = self.semantics.administrator_roles
        if codes:
            for way in self._ways.of(account):
                role = self._ways.roles.get((way.node, way.id))
                if role is not None and role.code in codes:
                    last = Hop("administrator", role.id, role.code)
                    return account_hop(account), *way.hops, last
        return None

    def bundles(self, account: Account) -> tuple[tuple[Way, Bundle], ...]:
        """The places that give the account something, with all that they give."""
        found = self._places.get(account.id)
        if found is None:
            ways = (Way(Node.ACCOUNT, account.id, None, ()), *self._ways.of(account))
            found = self._places[account.id] = tuple(
                (way, self._bundle(way)) for way in ways if (way.node, way.id) in self._grants
            )
        return found

    def whole_reach(self, account: Account) -> tuple[Reach, tuple[Hop, ...]]:
        """What all roles of an account reach together, and the hops to the widest of them."""
        own = self._ways.departments(account)
        best: tuple[int, tuple[Hop, ...]] | None = None
        together = NOWHERE
        for way in self._ways.of(account):
            role = self._ways.roles.get((way.node, way.id))
            if role is None or role.node is not Node.ROLE:
                continue
            scope = role.scope or self.semantics.default
            together = together.joined(self._reaches.of(scope, role.id, own))
            if best is None or width(scope) > best[0]:
                best = width(scope), (way.hops[-1], scope_hop(scope))
        if best is None:
            return self._reaches.of(Scope.OWN, None, own), (scope_hop(Scope.OWN),)
        return together, best[1]

    def own_departments(self, account: Account) -> frozenset[str]:
        return self._ways.departments(account)

    def reach_of(self, given: Given, own: frozenset[str]) -> Reach:
        """What one grant reaches for an account whose own departments are `own`."""
        return self.reach_in(given.scope, given.role, given.is_unsure, own)

    def reach_in(
        self, scope: Scope | None, role: str | None, is_unsure: bool, own: frozenset[str]
    ) -> Reach:
        reach = self._reaches.of(scope, role, own)
        return reach.joined(Reach(unknown=True)) if is_unsure else reach

    @property
    def shares(self) -> bool:
        """Whether `held` gives all accounts the same values for the same place."""
        return self._plain

    def unbound(self) -> Iterator[Right]:
        """The rights of a built-in administrator, their paths without the beginning."""
        return self._bypassing((), None)

    def _rights(self, account: str, codes: Collection[str] | None) -> Iterator[Right]:
        known = self.system.accounts.get(account)
        if known is None:
            return
        bypass = self.administrator(known)
        if bypass is not None:
            yield from self._bypassing(bypass, codes)
            return
        first, own = (account_hop(known),), self._ways.departments(known)
        whole: Reach = NOWHERE
        widest: tuple[Hop, ...] = ()
        if self.semantics.scope_of_all_roles:
            whole, widest = self.whole_reach(known)
        for way, all_ in self.held(known, codes):
            begin, end = first + way.hops, ending(way, widest)
            reach, last = NOWHERE, None
            for given in all_:
                if given.is_whole:
                    path = (*begin, given.hops[0], *end)
                    yield Right(given.code, whole, path, given.role, given.above, given.below)
                    continue
                if last is None or last[0] is not given.scope or last[1] is not given.is_unsure:
                    reach, last = self.reach_of(given, own), (given.scope, given.is_unsure)
                path = begin + given.hops
                yield Right(given.code, reach, path, given.role, given.above, given.below)

    def _bypassing(self, path: tuple[Hop, ...], codes: Collection[str] | None) -> Iterator[Right]:
        for permission in self.system.permissions.values():
            if permission.is_enabled and (codes is None or permission.code in codes):
                hop = Hop("permission", permission.id, permission.name or permission.code)
                last = (hop, scope_hop(Scope.ALL))
                yield Right(permission.code, self._everything, path + last, is_bypass=True)

    def held(
        self, account: Account, codes: Collection[str] | None = None
    ) -> Iterator[tuple[Way, Sequence[Given]]]:
        """What counts of each place, place by place, of these codes or of all; of an administrator
        nothing. Where nothing is denied or outranked the values are shared by all accounts."""
        if self._plain:
            return _asked(self.bundles(account), codes)
        first: dict[str, tuple[bool, int]] = {}
        found = [(way, given) for way, all_ in _asked(self.bundles(account), codes)
                 for given in all_]  # fmt: skip
        if self.semantics.nearest_only:
            for _, given in found:
                first[given.code] = min(given.rank, first.get(given.code, given.rank))
            found = [pair for pair in found if pair[1].rank == first[pair[1].code]]
        denied = {given.code for _, given in found if given.is_denied}
        by_way: dict[Way, list[Given]] = {}
        for way, given in found:
            if not given.is_denied and not (self.semantics.denial_wins and given.code in denied):
                by_way.setdefault(way, []).append(given)
        return iter(by_way.items())

    def _bundle(self, way: Way) -> Bundle:
        key = way.standing, len(way.hops) if self.semantics.nearest_only else 0
        found = self._bundles.get(key)
        if found is None:
            found = self._make(way)
            if way.node is not Node.ACCOUNT:
                self._bundles[key] = found
        return found

    def _make(self, way: Way) -> Bundle:
        role = self._ways.roles.get((way.node, way.id))
        rank = role is not None and role.is_built_in, len(way.hops)
        all_roles = self.semantics.scope_of_all_roles
        given = []
        for grant in self._grants[way.node, way.id]:
            permission = self.system.permissions.get(grant.permission)
            if permission is None or not permission.is_enabled:
                continue
            scope, is_unsure = self._scope(grant, way, role)
            hop = Hop("permission", permission.id, permission.name or permission.code)
            given.append(
                Given(
                    permission.code,
                    scope,
                    (hop, scope_hop(scope)),
                    None if role is None else role.id,
                    grant.above,
                    grant.below,
                    grant.is_denied,
                    is_unsure,
                    all_roles and grant.scope is None,
                    rank,
                )
            )
        by_code: dict[str, list[Given]] = {}
        for one in given:
            by_code.setdefault(one.code, []).append(one)
        return Bundle(tuple(given), {c: tuple(v) for c, v in by_code.items()})

    def _scope(self, grant: Grant, way: Way, role: Role | None) -> tuple[Scope | None, bool]:
        """The scope that counts, and whether it may be wider than that."""
        told = {
            ScopeAt.GRANT: grant.scope,
            ScopeAt.MEMBERSHIP: way.scope,
            ScopeAt.ROLE: None if role is None else role.scope,
        }
        places = self.semantics.scope_at
        scope = next((told[at] for at in places if told[at] is not None), self.semantics.default)
        if not self.semantics.narrowed_by_membership or way.scope is None:
            return scope, False
        if scope is None:
            return way.scope, not self.semantics.is_narrowing_sure
        differs = scope is not way.scope and not self.semantics.is_narrowing_sure
        return narrower(scope, way.scope), differs


def _asked(
    bundles: Iterable[tuple[Way, Bundle]], codes: Collection[str] | None
) -> Iterator[tuple[Way, Sequence[Given]]]:
    for way, bundle in bundles:
        if codes is None:
            yield way, bundle.given
        else:
            found = [given for code in codes for given in bundle.by_code.get(code, ())]
            if found:
                yield way, found


def _width(right: Right) -> int:
    """How wide a right was declared; the widest where that is not known."""
    return max(map(width, right.reach.words), default=width(None))


def ending(way: Way, widest: tuple[Hop, ...]) -> tuple[Hop, ...]:
    """The last hops of a path whose scope all roles tell together: behind the role of the widest
    where that is another one. `widest` are the hops that `whole_reach` gives."""
    return widest[-1:] if widest[:1] == way.hops[-1:] else widest


def account_hop(account: Account) -> Hop:
    return Hop("account", account.id, account.login)


def scope_hop(scope: Scope | None) -> Hop:
    return Hop("scope", "unknown" if scope is None else scope.value)


def resolver(system: System, *, as_of: datetime) -> SystemResolver:
    """The effective rights of `system` as they are at `as_of` (aware UTC).

    Raises KeyError if nobody knows the semantics that the system names.
    """
    return SystemResolver(system, as_of=as_of)
