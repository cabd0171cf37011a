"""What the policy lets a human's job family do, as rows: what is held is set against it."""

from __future__ import annotations

from checks.permissions.company import Company
from checks.permissions.departments import Tree
from checks.permissions.model import Scope
from checks.permissions.rights import NOWHERE, Holding, Reach


class Needs:
    """Answers for one company. Systems number departments each in their own way: see `home`."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._trees = {n: Tree(s.departments) for n, s in company.facts.systems.items()}
        self._reaches: dict[tuple[str, str, Scope], Reach | None] = {}

    def scope(self, human: str, function: str) -> Scope | None:
        """What the job family allows at most; None where nobody knows the family."""
        family = self._company.family(human)
        return None if family is None else family.functions.get(function, Scope.NONE)

    def reach(self, human: str, system: str, scope: Scope) -> Reach | None:
        """A scope as rows of one system; None for a custom set, which no policy spells out, and
        where nobody can tell which department is meant."""
        if scope is Scope.CUSTOM:
            return None
        key = human, system, scope
        if key not in self._reaches:
            self._reaches[key] = self._make(human, system, scope)
        return self._reaches[key]

    def is_beyond(self, holding: Holding) -> bool | None:
        """Whether an account holds a function that its human's family should not, or reaches rows
        that the family should not; None where that cannot be told."""
        human = self._company.identities.human(holding.system, holding.account)
        allowed = None if human is None else self.scope(human, holding.function)
        if human is None or allowed is None:
            return None
        if allowed is Scope.NONE:
            return True
        within = self.reach(human, holding.system, allowed)
        if within is None or (holding.reach.unknown and not within.is_all):
            return None
        return not holding.reach.within(within)

    def _make(self, human: str, system: str, scope: Scope) -> Reach | None:
        if scope is Scope.NONE:
            return NOWHERE
        if scope is Scope.ALL:
            return Reach(is_all=True)
        if scope is Scope.OWN:
            return Reach(own=True)
        homes = home(self._company, system, human)
        if not homes:
            return None
        below = self._trees[system].subtrees(homes) if scope is Scope.SUBTREE else homes
        is_all = below >= self._company.facts.systems[system].departments.keys()
        return Reach(is_all=is_all, own=True, departments=homes | below)


def home(company: Company, system: str, human: str) -> frozenset[str]:
    """The departments, as `system` numbers them, that somebody belongs to: the one of the staff
    list and concurrent posts, or where those cannot be found in the system the account's own.
    Empty where nothing tells."""
    person = company.person(human)
    stated: list[str] = []
    if person is not None:
        stated = [d for d in (person.department, *person.posts) if d is not None]
    found = {d for one in stated for d in in_system(company, system, one)}
    if found:
        return frozenset(found)
    own = set()
    for place, account in company.identities.accounts.get(human, ()):
        department = company.facts.systems[place].accounts[account].department
        if place == system and department is not None:
            own.add(department)
    return frozenset(own & company.facts.systems[system].departments.keys())


def in_system(company: Company, system: str, department: str) -> frozenset[str]:
    """A department of the staff list in the numbers of a system: the same number where it has the
    same name, else the only one of that name. Empty where it cannot be told."""
    tree = company.facts.systems[system].departments
    holding = [s for s in company.facts.systems.values() if department in s.departments]
    # Departments on a staff list are numbered as in the system that keeps it.
    keeping = [s for s in holding if "persons" in s.known]
    names = {s.departments[department].name for s in keeping or holding}
    if any(s.name == system for s in keeping):
        return frozenset({department})
    if len(names) != 1:
        return frozenset()
    if department in tree and tree[department].name in names:
        return frozenset({department})
    alike = [d.id for d in tree.values() if d.name is not None and d.name in names]
    return frozenset(alike) if len(alike) == 1 else frozenset()
