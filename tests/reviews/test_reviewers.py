"""Whoever is on the staff list and whatever the rules: nobody is asked about themselves."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from governance.access import Actor
from governance.config.permissions import OwnedRole, ReviewSettings
from governance.reviews.population import Human, Population, Unit, digest, grant_key
from governance.reviews.reviewers import Finder, Names, is_own, is_same

NUMBERS = ("1", "2", "3", "4")
NAMES = ("Lin", "Wang", "Lin", None)  # two of one name


def facts(human: str | None, name: str | None = None, department: str | None = "d1") -> Any:
    return {"system": "crm", "account": "u", "into_node": "role", "into": "r", "into_name": "R",
            "human": human, "name": name, "department": department}  # fmt: skip


@st.composite
def companies(draw: st.DrawFn) -> Population:
    who = st.none() | st.sampled_from(NUMBERS)
    people = {
        no: Human(no, name, draw(st.booleans()), draw(st.sampled_from(("d1", "d2"))), draw(who))
        for no, name in zip(NUMBERS, NAMES, strict=True)
    }
    units = {
        ("crm", id_): Unit(id_, draw(st.sampled_from((None, "d1", "d2"))), id_, draw(who))
        for id_ in ("d1", "d2")
    }
    return Population((), people, units)


@given(
    companies(),
    st.lists(st.sampled_from(("manager", "leader", "owner", "person:Wang", "person:1"))),
    st.none() | st.sampled_from((*NUMBERS, "Wang", "Zhou")),
)
def test_no_reviewer_is_the_lines_own_human_or_has_left(
    population: Population, rules: list[str], fallback: str | None
) -> None:
    names = Names.of(population.people)
    settings = ReviewSettings(owners=(OwnedRole("crm", "Wang", "R"), OwnedRole("crm", "4")))
    finder = Finder(population, names, settings, tuple(rules), fallback)
    for no, human in population.people.items():
        line = facts(no, human.name, human.department)
        found = finder.find(line).who
        if found is None:
            continue
        assert found != no
        assert not is_own(found, line)
        known = population.people.get(found)
        assert known is None or not known.has_left


def test_a_name_that_two_bear_names_nobody() -> None:
    people = {n: Human(n, name, False, None, None) for n, name in zip(NUMBERS, NAMES, strict=True)}
    names = Names.of(people)
    assert names.number("Wang") == "2"
    assert names.number("Lin") == "Lin"
    ambiguous = sorted(names.ambiguous)
    assert not is_same("Lin", "1", "Lin", ambiguous)
    assert is_same("1", "1", "Lin", ambiguous)
    # To be kept from one's own grants the name is enough, whoever else bears it.
    assert is_own(Actor("Lin").name, facts("1", "Lin"))


@given(st.permutations([facts(str(n)) | {"into": str(n)} for n in range(5)]))
def test_a_population_has_one_hash_in_whatever_order_it_is_told(lines: list[Any]) -> None:
    assert digest(lines) == digest(sorted(lines, key=grant_key))
    assert digest(lines) != digest(lines[:-1])
