"""Who reviews which grant: the first that a rule names and who is not the grant's own human."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from governance.config.permissions import ReviewSettings
from governance.ledger.review_rows import Facts
from governance.reviews.population import Human, Population

# In the order in which they are asked unless told otherwise; `person:NAME` names somebody.
RULES = ("manager", "leader", "owner")
PERSON = "person:"
NOBODY = "nobody"
FALLBACK = "fallback"
_HIGHEST = 20


@dataclass(frozen=True)
class Reviewer:
    """Whom a line went to, and by which rule. `who` is a staff number, or a name that the staff
    list does not hold; None where nobody would do."""

    who: str | None
    rule: str


@dataclass(frozen=True)
class Names:
    """Who is meant by a name that somebody goes by. `ambiguous` are borne by several."""

    people: Mapping[str, Human]
    ambiguous: frozenset[str] = frozenset()
    _numbers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, people: Mapping[str, Human]) -> Names:
        counts = Counter(human.name for human in people.values() if human.name)
        several = frozenset(name for name, count in counts.items() if count > 1)
        numbers = {h.name: h.no for h in people.values() if h.name and h.name not in several}
        return cls(people, several, numbers)

    def number(self, text: str) -> str:
        """The staff number that `text` means; the text itself where it means nobody there."""
        return text if text in self.people else self._numbers.get(text, text)

    def name(self, who: str) -> str:
        known = self.people.get(who)
        return known.name or who if known else who


def is_same(actor: str, who: str | None, name: str | None, ambiguous: Sequence[str]) -> bool:
    """Whether an actor is the person `who`, who bears `name`: by number, or by a name that nobody
    else bears."""
    if who is None:
        return False
    return actor == who or (actor == name and name not in ambiguous)


def is_own(actor: str, facts: Facts) -> bool:
    """Whether an actor may be the human of a line. A name that several bear is enough to say so:
    nobody shall review themselves by chance."""
    return facts["human"] is not None and actor in (facts["human"], facts["name"])


@dataclass(frozen=True)
class Finder:
    """Finds reviewers by `rules`, the first first; then the fall-back."""

    population: Population
    names: Names
    settings: ReviewSettings
    rules: tuple[str, ...]
    fallback: str | None = None

    def find(self, facts: Facts) -> Reviewer:
        for rule in self.rules:
            for who in self._named(rule, facts):
                if self._may(who, facts):
                    return Reviewer(who, rule)
        fallback = self.fallback or self.settings.fallback
        if fallback is not None and self._may(self.names.number(fallback), facts):
            return Reviewer(self.names.number(fallback), FALLBACK)
        return Reviewer(None, NOBODY)

    def _named(self, rule: str, facts: Facts) -> Iterator[str]:
        if rule.startswith(PERSON):
            yield self.names.number(rule.removeprefix(PERSON))
            return
        ways: dict[str, Callable[[Facts], Iterator[str]]] = {
            "manager": self._managers,
            "leader": self._leaders,
            "owner": self._owners,
        }
        yield from ways[rule](facts)

    def _may(self, who: str, facts: Facts) -> bool:
        """Not the grant's own human, and nobody who has left."""
        known = self.population.people.get(who)
        return not (is_own(who, facts) or (known is not None and known.has_left))

    def _managers(self, facts: Facts) -> Iterator[str]:
        """The manager, then theirs, as far as the list goes."""
        seen: set[str] = set()
        human = self.population.people.get(facts["human"] or "")
        while human is not None and human.manager and len(seen) < _HIGHEST:
            if human.manager in seen:
                return
            seen.add(human.manager)
            yield human.manager
            human = self.population.people.get(human.manager)

    def _leaders(self, facts: Facts) -> Iterator[str]:
        """Who leads the department, then the one above."""
        seen: set[str] = set()
        department = facts["department"]
        while department and department not in seen:
            seen.add(department)
            unit = self.population.unit(facts["system"], department)
            if unit is None:
                return
            if unit.leader:
                yield unit.leader
            department = unit.parent

    def _owners(self, facts: Facts) -> Iterator[str]:
        """Who answers for the role, then for the system."""
        for owned in self.settings.owners:
            is_role = owned.role in (facts["into"], facts["into_name"])
            if owned.system == facts["system"] and owned.role is not None and is_role:
                yield self.names.number(owned.owner)
        for owned in self.settings.owners:
            if owned.system == facts["system"] and owned.role is None:
                yield self.names.number(owned.owner)
