"""Facts, identities, effective rights and policy side by side: what the rules look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from functools import cached_property

from checks.permissions.deeds import Deeds
from checks.permissions.identity import Identities, Place
from checks.permissions.model import Facts, Person, Ref, RefersTo
from checks.permissions.policy import Family, Policy
from checks.permissions.rights import Holding, Resolver


@dataclass(frozen=True)
class Company:
    """One company at one moment, ready for the rules."""

    facts: Facts
    identities: Identities
    resolvers: Mapping[str, Resolver]
    policy: Policy

    def account(self, system: str, ref: Ref | None) -> str | None:
        """The account that a table of `system` means, None where nobody or several could be."""
        if ref is None:
            return None
        accounts = self.facts.systems[system].accounts
        if ref.to is RefersTo.ACCOUNT:
            return ref.value if ref.value in accounts else None
        names = self._logins if ref.to is RefersTo.LOGIN else self._staff_numbers
        found = names.get((system, ref.value), ())
        return found[0] if len(found) == 1 else None

    def human(self, system: str, ref: Ref | None) -> str | None:
        """The human that a table of `system` means; None where that cannot be told."""
        if ref is None:
            return None
        if ref.to is RefersTo.PERSON and ref.value in self.facts.persons:
            return ref.value
        account = self.account(system, ref)
        return None if account is None else self.identities.human(system, account)

    def person(self, human: str) -> Person | None:
        return self.facts.persons.get(human)

    def family(self, human: str) -> Family | None:
        """The job family of a human; None where the job is unknown or in no family."""
        person = self.person(human)
        if person is None or person.job is None:
            return None
        return self._families.get(person.job)

    def holdings(self, system: str, account: str) -> tuple[Holding, ...]:
        """The functions in the hands of an account, in the policy's order."""
        key = system, account
        if key not in self._held:
            self._held[key] = self._find(system, account)
        return self._held[key]

    def holding(self, system: str, account: str, function: str) -> Holding | None:
        return next((h for h in self.holdings(system, account) if h.function == function), None)

    def holders(self, system: str, function: str) -> tuple[Holding, ...]:
        """A function in the hands of every account of a system, whether it can be used or not."""
        if system not in self._holders:
            by_function: dict[str, list[Holding]] = {}
            for account in sorted(self.facts.systems[system].accounts):
                for holding in self.holdings(system, account):
                    by_function.setdefault(holding.function, []).append(holding)
            self._holders[system] = {f: tuple(held) for f, held in by_function.items()}
        return self._holders[system].get(function, ())

    def held(self, human: str, function: str, *, enabled: bool = True) -> tuple[Holding, ...]:
        """The function in all accounts of a human, those that are `enabled` (or not known to be
        disabled) only unless told otherwise."""
        found = []
        for system, account in self.identities.accounts.get(human, ()):
            known = self.facts.systems[system].accounts[account]
            if enabled and known.is_enabled is False:
                continue
            holding = self.holding(system, account, function)
            if holding is not None:
                found.append(holding)
        return tuple(found)

    def given(self, system: str, account: str) -> Mapping[str, datetime | None]:
        """Since when an account is in each role or group that it is in by itself."""
        return self._given.get((system, account), {})

    def codes(self, system: str, function: str) -> frozenset[str]:
        """The permission codes that exist in `system` and give `function`."""
        return self._codes.get((system, function), frozenset())

    def _find(self, system: str, account: str) -> tuple[Holding, ...]:
        resolver = self.resolvers[system]
        codes = resolver.codes(account)
        found = []
        for function in self.policy.functions:
            mine = self.codes(system, function) & codes
            if mine:
                giving = resolver.rights_to(account, sorted(mine))
                reach = resolver.together(giving)
                found.append(Holding(system, account, function, reach, giving))
        return tuple(found)

    @cached_property
    def deeds(self) -> Deeds:
        """What was done to documents, by number."""
        return Deeds(self)

    @cached_property
    def _given(self) -> dict[Place, dict[str, datetime | None]]:
        found: dict[Place, dict[str, datetime | None]] = {}
        for name, system in self.facts.systems.items():
            for m in system.memberships:
                since = m.since or m.granted_at
                found.setdefault((name, m.member), {})[m.into] = since
        return found

    @cached_property
    def _held(self) -> dict[Place, tuple[Holding, ...]]:
        return {}

    @cached_property
    def _holders(self) -> dict[str, dict[str, tuple[Holding, ...]]]:
        return {}

    @cached_property
    def _families(self) -> dict[str, Family]:
        return {job: family for family in self.policy.families.values() for job in family.jobs}

    @cached_property
    def _codes(self) -> dict[tuple[str, str], frozenset[str]]:
        found = {}
        for name, system in self.facts.systems.items():
            known = {p.code for p in system.permissions.values()}
            for function in self.policy.functions.values():
                wanted = function.permissions.get(name, ())
                found[name, function.name] = matching(known, wanted)
        return found

    @cached_property
    def _logins(self) -> dict[Place, list[str]]:
        found: dict[Place, list[str]] = {}
        for name, system in self.facts.systems.items():
            for account in system.accounts.values():
                if account.login is not None:
                    found.setdefault((name, account.login), []).append(account.id)
        return found

    @cached_property
    def _staff_numbers(self) -> dict[Place, list[str]]:
        found: dict[Place, list[str]] = {}
        for human, places in self.identities.accounts.items():
            for system, account in places:
                found.setdefault((system, human), []).append(account)
        return found


def matching(known: Iterable[str], wanted: Iterable[str]) -> frozenset[str]:
    """Those of `known` that one of `wanted` (with `*`) means and none that begins with `!`."""
    patterns = tuple(wanted)
    taken = [w for w in patterns if not w.startswith("!")]
    left = [w[1:] for w in patterns if w.startswith("!")]
    return frozenset(
        code
        for code in known
        if any(fnmatchcase(code, w) for w in taken) and not any(fnmatchcase(code, w) for w in left)
    )
