"""Who is who: which account belongs to which human, how sure that is, and why.

A staff number that the system itself declares comes first. Other accounts are matched by what they
share with people: a mobile number, a mail address, the staff number as login, a name, a department.
What several people share proves nothing, what speaks for two of them speaks for neither, and below
the policy's threshold nothing is merged. The order of rows never matters.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from checks.permissions.identity import Identities, Link, LinkKind, Place
from checks.permissions.model import Account, AccountKind, Facts
from checks.permissions.policy import Policy

# How often a piece of evidence, alone, is right; and what remains where another speaks against it.
WEIGHTS = {"mobile": 0.97, "mail": 0.97, "login": 0.9, "name": 0.6}
NAME_IN_DEPARTMENT = 0.8
OTHER_NAME = 0.4
OTHER_MOBILE = 0.9
MOST_CANDIDATES = 5

_KINDS = {
    AccountKind.SHARED: (LinkKind.SHARED, "identity.shared"),
    AccountKind.SERVICE: (LinkKind.SERVICE, "identity.service"),
    AccountKind.BUILT_IN: (LinkKind.BUILT_IN, "identity.built_in"),
}


def identify(facts: Facts, policy: Policy) -> Identities:
    """A link for every account, and the accounts of every human in order."""
    accounts = {
        (name, account.id): account
        for name, system in sorted(facts.systems.items())
        for account in system.accounts.values()
    }
    book = _Book(facts, accounts)
    links: dict[Place, Link] = {}
    for place, account in accounts.items():
        links[place] = _stated(place, account, book) or _matched(place, account, book, policy)
    links |= _unlisted(links, accounts, policy)
    links |= _seconds(links, accounts)
    mine: dict[str, list[Place]] = {}
    for place in sorted(links):
        human = links[place].human
        if human is not None:
            mine.setdefault(human, []).append(place)
    return Identities(
        {place: links[place] for place in sorted(links)},
        {human: tuple(mine[human]) for human in sorted(mine)},
    )


@dataclass
class _Profile:
    """What is known of one human, from the staff list and from accounts that declare them."""

    names: set[str] = field(default_factory=set)
    mobiles: set[str] = field(default_factory=set)
    mails: set[str] = field(default_factory=set)
    departments: set[str] = field(default_factory=set)

    def take(self, who: tuple[str | None, str | None, str | None, str | None]) -> None:
        sets = (self.names, self.mobiles, self.mails, self.departments)
        for kept, value in zip(sets, who, strict=True):
            if value is not None:
                kept.add(value)


class _Book:
    """Everybody with a staff number, and who bears which mobile, mail and name."""

    def __init__(self, facts: Facts, accounts: Mapping[Place, Account]) -> None:
        self.facts = facts
        self.people: dict[str, _Profile] = {}
        self._department_names = _department_names(facts)
        for person in facts.persons.values():
            who = (person.name, person.mobile, person.mail, None)
            profile = self.people.setdefault(person.no, _Profile())
            profile.take(who)
            for department in (person.department, *person.posts):
                if department is not None:
                    profile.departments |= self._department_names.get(department, {department})
        for (system, _), account in accounts.items():
            if account.person is not None and account.kind is AccountKind.PERSON:
                profile = self.people.setdefault(account.person, _Profile())
                # A name is the staff list's to give: accounts write them in many ways.
                known = facts.persons.get(account.person)
                name = account.name if known is None or known.name is None else None
                department = self.department(system, account)
                profile.take((name, account.mobile, account.mail, department))
        self.by_token: dict[tuple[str, str], set[str]] = {}
        self.by_name: dict[str, set[str]] = {}
        for no, profile in self.people.items():
            for name in profile.names:
                self.by_name.setdefault(name, set()).add(no)
            for kind, tokens in (("mobile", profile.mobiles), ("mail", profile.mails)):
                for token in tokens:
                    self.by_token.setdefault((kind, token), set()).add(no)
        self.crowded = _crowded(accounts)
        self._near: dict[tuple[str, str | None], int] = {}

    def department(self, system: str, account: Account) -> str | None:
        """The department of an account, by its name where it has one: ids differ by system."""
        if account.department is None:
            return None
        known = self.facts.systems[system].departments.get(account.department)
        return account.department if known is None or known.name is None else known.name

    def candidates(self, system: str, account: Account) -> dict[str, tuple[str, ...]]:
        """Who an account may belong to, each with what speaks for it."""
        found: dict[str, list[str]] = {}
        for kind, token in _tokens(account):
            humans = self.by_token.get((kind, token), set())
            if len(humans) == 1 and (kind, token) not in self.crowded:
                found.setdefault(next(iter(humans)), []).append(kind)
        if account.login is not None and account.login in self.people:
            found.setdefault(account.login, []).append("login")
        for human in self.by_name.get(account.name or "", ()):
            found.setdefault(human, []).append("name")
            if self.department(system, account) in self.people[human].departments:
                found[human].append("department")
        return {human: tuple(kinds) for human, kinds in found.items()}

    def likelihood(
        self, system: str, account: Account, human: str, evidence: Collection[str]
    ) -> float:
        """How likely an account is somebody's, rivals left aside. A name counts the less the more
        people bear it."""
        profile = self.people[human]
        doubt = 1.0
        for kind in evidence:
            if kind == "name":
                doubt *= 1 - self._name_weight(system, account, "department" in evidence)
            elif kind != "department":
                doubt *= 1 - WEIGHTS[kind]
        likely = 1 - doubt
        if account.name is not None and profile.names and account.name not in profile.names:
            likely *= OTHER_NAME
        if account.mobile is not None and profile.mobiles and account.mobile not in profile.mobiles:
            likely *= OTHER_MOBILE
        return likely

    def _name_weight(self, system: str, account: Account, is_near: bool) -> float:
        """What a name says, shared among all who bear it, or bear it in that department."""
        bearers = self.by_name.get(account.name or "", set())
        if not is_near:
            return WEIGHTS["name"] / (len(bearers) or 1)
        key = account.name or "", self.department(system, account)
        if key not in self._near:
            self._near[key] = sum(key[1] in self.people[human].departments for human in bearers)
        return NAME_IN_DEPARTMENT / (self._near[key] or 1)


def _department_names(facts: Facts) -> dict[str, set[str]]:
    """The names that a department's id has in any system."""
    found: dict[str, set[str]] = {}
    for system in facts.systems.values():
        for department in system.departments.values():
            found.setdefault(department.id, set()).add(department.name or department.id)
    return found


def _crowded(accounts: Mapping[Place, Account]) -> set[tuple[str, str]]:
    """Mobiles and mails that accounts of one system with different names share."""
    names: dict[tuple[str, str, str], set[str]] = {}
    for (system, _), account in accounts.items():
        for kind, token in _tokens(account):
            if account.name is not None:
                names.setdefault((system, kind, token), set()).add(account.name)
    return {(kind, token) for (_, kind, token), bearers in names.items() if len(bearers) > 1}


def _tokens(account: Account) -> tuple[tuple[str, str], ...]:
    kinds = ("mobile", account.mobile), ("mail", account.mail)
    return tuple((kind, token) for kind, token in kinds if token is not None)


def _stated(place: Place, account: Account, book: _Book) -> Link | None:
    """The link of an account whose system says whose it is or that it is nobody's."""
    system, id = place
    if account.kind in (AccountKind.SHARED, AccountKind.SERVICE) or (
        account.kind is AccountKind.BUILT_IN and account.person is None
    ):
        kind, reason = _KINDS[account.kind]
        return Link(system, id, kind, reason=reason)
    if account.person is None:
        return None
    listed = book.facts.persons.get(account.person)
    reason = "identity.declared"
    if listed is None:
        reason = "identity.declared_unlisted"
    elif None not in (account.name, listed.name) and account.name != listed.name:
        others = {h for h, kinds in book.candidates(system, account).items() if "name" in kinds}
        if others - {account.person}:
            reason = "identity.declared_contradicted"
    return Link(system, id, LinkKind.DECLARED, account.person, reason=reason)


def _matched(place: Place, account: Account, book: _Book, policy: Policy) -> Link:
    """The link of an account that declares nobody."""
    system, id = place
    evidence = book.candidates(system, account)
    if not evidence:
        return Link(system, id, LinkKind.NOBODY, reason="identity.nobody")
    odds = {}
    for human, kinds in evidence.items():
        likely = min(book.likelihood(system, account, human, kinds), 0.9999)
        odds[human] = likely / (1 - likely)
    ranked = sorted(odds, key=lambda human: (-odds[human], human))
    best = ranked[0]
    why = evidence[best]
    # Namesakes of somebody whom more speaks for are explained by the name alone.
    rivals = [human for human in ranked[1:] if not set(evidence[human]) < set(why)]
    sure = round(odds[best] / (1 + odds[best] + sum(odds[human] for human in rivals)), 4)
    if sure >= policy.link_threshold:
        return Link(system, id, LinkKind.MATCHED, best, sure, "identity.matched", evidence=why)
    alone = odds[best] / (1 + odds[best]) >= policy.link_threshold
    reason = "identity.rivals" if alone else "identity.below"
    candidates = tuple(ranked[:MOST_CANDIDATES])
    return Link(system, id, LinkKind.UNSURE, None, sure, reason, candidates, evidence=why)


def _unlisted(
    links: Mapping[Place, Link], accounts: Mapping[Place, Account], policy: Policy
) -> dict[Place, Link]:
    """Accounts of nobody on the staff list that belong together: one mobile or mail, and no two
    names. A group with two names is told as unsure."""
    free = [place for place in sorted(links) if links[place].kind is LinkKind.NOBODY]
    found: dict[Place, Link] = {}
    for group in _groups(free, accounts, _crowded(accounts)):
        names = {accounts[place].name for place in group} - {None}
        sure = WEIGHTS["mobile"] if len(names) < 2 else WEIGHTS["mobile"] * OTHER_NAME
        human = "~{}/{}".format(*group[0])
        for system, id in group:
            link = Link(system, id, LinkKind.MATCHED, human, sure, "identity.together")
            if sure < policy.link_threshold:
                link = Link(system, id, LinkKind.UNSURE, None, sure, "identity.together_unsure")
            found[system, id] = link
    return found


def _groups(
    places: list[Place], accounts: Mapping[Place, Account], crowded: set[tuple[str, str]]
) -> list[list[Place]]:
    """The places in groups of two and more that share a mobile or a mail, directly or not."""
    root = {place: place for place in places}

    def top(place: Place) -> Place:
        while root[place] != place:
            root[place] = root[root[place]]
            place = root[place]
        return place

    first: dict[tuple[str, str], Place] = {}
    for place in places:
        for token in _tokens(accounts[place]):
            if token not in crowded:
                one, other = sorted((top(place), top(first.setdefault(token, place))))
                root[other] = one
    groups: dict[Place, list[Place]] = {}
    for place in places:
        groups.setdefault(top(place), []).append(place)
    return [group for group in groups.values() if len(group) > 1]


def _seconds(links: Mapping[Place, Link], accounts: Mapping[Place, Account]) -> dict[Place, Link]:
    """Further accounts of one human in one system. The first is declared rather than matched,
    usable rather than disabled, older rather than newer."""
    several: dict[tuple[str, str], list[Place]] = {}
    for place, link in links.items():
        if link.human is not None:
            several.setdefault((link.system, link.human), []).append(place)

    def order(place: Place) -> tuple[object, ...]:
        account = accounts[place]
        created = account.created_at.timestamp() if account.created_at is not None else float("inf")
        is_matched = links[place].kind is LinkKind.MATCHED
        return is_matched, account.is_enabled is False, created, place

    return {
        place: replace(links[place], is_second=True)
        for group in several.values()
        for place in sorted(group, key=order)[1:]
    }
