"""The rule about those who hand out rights: to themselves, or beyond their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from checks.permissions.company import Company
from checks.permissions.deeds import MANY_HANDS, Who, same
from checks.permissions.model import Membership, Node, Ref
from checks.permissions.rights import NOWHERE, Holding, Reach
from checks.permissions.rules.common import (
    Hearing,
    account_subject,
    path_of,
    paths_of,
    system_subject,
    unread_rights,
)
from checks.permissions.rules.people import seen
from checks.permissions.verdict import Event, GrantPath, RuleResult, Witness


def r24(company: Company) -> RuleResult:
    """Nobody grants a right to themselves, or one that reaches beyond their own."""
    hearing = Hearing(company, "R24")
    functions = hearing.names("functions")
    for name in hearing.systems("accounts", "memberships"):
        system = company.facts.systems[name]
        granted = [m for m in system.memberships if m.granted_by is not None]
        unrecorded = len(system.memberships) - len(granted)
        if unrecorded:
            _says(hearing, name, "unrecorded", unrecorded)
        reason = unread_rights(company, name)
        is_bound = any(company.codes(name, function) for function in functions)
        if granted and reason is not None:
            hearing.dark(name, reason)
        elif granted and not is_bound:
            _says(hearing, name, "unbound", len(granted))
        grantors = _Grantors(hearing, name, functions, is_lit=is_bound and reason is None)
        for membership in sorted(granted, key=lambda m: (m.member, m.into)):
            grantors.judge(membership)
    return hearing.result()


def _says(hearing: Hearing, system: str, facet: str, count: int) -> None:
    hearing.unclear(
        system_subject(system),
        f"deeds.r24.{facet}",
        params={"system": system, "count": str(count)},
        facet=facet,
        system=system,
    )


@dataclass(frozen=True)
class _Act:
    """One grant of a role or group, and by whom."""

    told: Membership
    by: Who
    subject: str

    @property
    def params(self) -> dict[str, str]:
        return {"person": self.by.key, "member": self.told.member, "role": self.told.into}


class _Grantors:
    """Judges what was granted within one system."""

    def __init__(
        self, hearing: Hearing, system: str, functions: tuple[str, ...], *, is_lit: bool
    ) -> None:
        self.hearing, self.company, self.system = hearing, hearing.company, system
        self.functions, self.is_lit = functions, is_lit

    def judge(self, told: Membership) -> None:
        assert told.granted_by is not None
        by = self.company.deeds.who(self.system, told.granted_by)
        if told.member_node is Node.ACCOUNT:
            if told.member not in self.company.facts.systems[self.system].accounts:
                return None
            subject = account_subject(self.system, told.member)
        else:
            subject = f"{told.member_node.value}:{self.system}/{told.member}"
        act = _Act(told, by, subject)
        self.hearing.look(subject)
        if self._is_super(by):
            return self._say(act, "super_admin")
        if not by.is_found:
            return self._say(act, "unsure_grantor")
        if told.member_node is not Node.ACCOUNT:
            if self._is_in(by, told.member):
                self._say(act, "self_group")
            return None
        to = self.company.deeds.who(self.system, Ref(told.member))
        if same(by, to):
            return self._say(act, "self")
        if self.is_lit and not self._is_within(act):
            return None
        if same(by, to) is None and to.kind not in MANY_HANDS:
            return self._say(act, "unsure")
        return None

    def _is_super(self, by: Who) -> bool:
        """An administrator whom no table binds grants what they have: everything."""
        if by.account is None:
            return False
        account = self.company.facts.systems[self.system].accounts[by.account]
        held = self._held(by)
        return account.is_admin or any(right.is_bypass for h in held for right in h.rights)

    def _held(self, by: Who) -> tuple[Holding, ...]:
        """The right to hand out rights, in this system."""
        found = (
            self.company.holding(system, account, function)
            for system, account in self.company.deeds.places(by)
            if system == self.system
            for function in self.functions
        )
        return tuple(h for h in found if h is not None)

    def _is_in(self, by: Who, group: str) -> bool:
        resolver = self.company.resolvers[self.system]
        places = self.company.deeds.places(by)
        return any(s == self.system and group in resolver.roles(a) for s, a in places)

    def _is_within(self, act: _Act) -> bool:
        """Whether the grant reaches no further than the grantor; says so where it does."""
        held = self._held(act.by)
        if not held:
            self._say(act, "no_longer")
            return False
        own = NOWHERE
        for holding in held:
            own = own.joined(holding.reach)
        paths, given = self._given(act.told)
        if given.unknown or own.unknown:
            self._say(act, "unknown_scope")
            return False
        if replace(given, own=False).within(own):
            return True
        at = act.told.granted_at
        since = self.company.facts.as_of - self.company.policy.window
        # What somebody could reach long ago is not known.
        recent = at is not None and at >= since
        self._say(act, "beyond" if recent else "too_old", *paths, *paths_of(*held, most=1))
        return False

    def _given(self, told: Membership) -> tuple[tuple[GrantPath, ...], Reach]:
        """What came with the role: its rows, those of the member as rows of their department."""
        given, paths = NOWHERE, []
        for holding in self.company.holdings(self.system, told.member):
            for right in holding.rights:
                if any(h.id == told.into and h.what in ("role", "group") for h in right.path):
                    given = given.joined(right.reach)
                    paths.append(path_of(holding, right))
        home = self.company.facts.systems[self.system].accounts[told.member].department
        if given.own and home is not None:
            given = replace(given, departments=given.departments | {home})
        paths.sort(key=lambda p: (len(p.hops), p.function))
        return tuple(paths[:2]), given

    def _say(self, act: _Act, reason: str, *paths: GrantPath) -> None:
        say = {
            "self": self.hearing.fail, "self_group": self.hearing.fail,
            "beyond": self.hearing.fail, "super_admin": self.hearing.listed,
        }.get(reason, self.hearing.unclear)  # fmt: skip
        told = act.told
        event = Event(self.system, "granted", told.into, told.granted_at, act.by.account,
                      told.member)  # fmt: skip
        say(
            act.subject,
            f"deeds.r24.{reason}",
            params=act.params,
            facet=told.into,
            system=self.system,
            witness=Witness(act.by.human, seen(self.company, act.by), paths, (event,)),
        )


JUDGES: dict[str, Callable[[Company], RuleResult]] = {"R24": r24}
