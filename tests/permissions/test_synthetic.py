"""A company of 500 people in two systems: everything planted is found, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from string import Formatter

import pytest

from checks.permissions.evaluate import Evaluated, evaluate
from checks.permissions.rules import RULES, SPECS
from checks.permissions.rules.common import replays
from checks.permissions.verdict import RuleKind, Ruling, Verdict
from governance.i18n import LANGUAGES, catalogue
from tests.permissions.company import Builder, Key
from tests.permissions.planted import planted


@pytest.fixture(scope="module")
def company() -> Builder:
    return planted()


@pytest.fixture(scope="module")
def evaluated(company: Builder) -> Evaluated:
    return evaluate(company.facts(), company.policy())


def verdicts(evaluated: Evaluated) -> list[Verdict]:
    return [v for result in evaluated.results for v in result.verdicts]


def told(evaluated: Evaluated, ruling: Ruling) -> set[Key]:
    return {(v.rule, v.subject, v.facet) for v in verdicts(evaluated) if v.ruling is ruling}


def test_the_company_is_as_large_as_it_says(company: Builder) -> None:
    facts = company.facts()
    assert len(facts.persons) >= 500
    assert sum(len(system.roles) for system in facts.systems.values()) >= 60
    assert {rule for rule, _, _ in company.failed} == set(RULES) == set(SPECS)


def test_every_planted_failure_is_found_and_no_other(
    company: Builder, evaluated: Evaluated
) -> None:
    assert told(evaluated, Ruling.FAILED) == company.failed


def test_what_cannot_be_told_is_counted_exactly(company: Builder, evaluated: Evaluated) -> None:
    assert told(evaluated, Ruling.NOT_EVALUABLE) == company.unclear


def test_exceptions_and_what_is_listed(company: Builder, evaluated: Evaluated) -> None:
    assert told(evaluated, Ruling.EXCEPTED) == company.excepted
    assert told(evaluated, Ruling.PASSED) == company.listed
    held = {v.exemption is not None for v in verdicts(evaluated) if v.rule == "R07"}
    lapsed = [v for v in verdicts(evaluated) if v.rule == "R01" and v.exemption is not None]
    assert True in held
    assert [v.ruling for v in lapsed] == [Ruling.FAILED]


def test_every_failure_proves_itself(evaluated: Evaluated) -> None:
    for verdict in verdicts(evaluated):
        if verdict.ruling is not Ruling.FAILED:
            continue
        witness = verdict.witness
        assert replays(evaluated.company, witness), verdict
        assert verdict.kind is not RuleKind.CAN or witness.paths or verdict.rule == "R27", verdict
        assert verdict.kind is not RuleKind.DID or witness.events, verdict
        if verdict.subject.startswith("human:"):
            assert verdict.witness.human == verdict.subject.removeprefix("human:"), verdict


def test_everybody_passes_has_a_verdict_or_is_not_spoken_of(evaluated: Evaluated) -> None:
    for result in evaluated.results:
        judged = {
            v.subject
            for v in result.verdicts
            if v.ruling is not Ruling.PASSED and not v.subject.startswith(("rule:", "system:"))
        }
        assert result.population == result.passed + len(judged)
    assert [result.rule for result in evaluated.results] == sorted(SPECS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_words_for_all_it_says(evaluated: Evaluated, language: str) -> None:
    words = catalogue(language)
    for verdict in verdicts(evaluated):
        asked = {name for _, name, _, _ in Formatter().parse(words[verdict.reason]) if name}
        assert asked <= set(verdict.params), verdict


def test_a_rule_that_is_off_is_not_asked(company: Builder) -> None:
    by = company.policy()
    rules = {n: replace(r, is_on=n == "R21") for n, r in by.rules.items()}
    results = evaluate(company.facts(), replace(by, rules=rules)).results
    assert [result.rule for result in results] == ["R21"]


def test_a_company_in_which_all_is_well_has_no_failures() -> None:
    clean = Builder(reps=3)
    found = evaluate(clean.facts(), clean.policy())
    assert told(found, Ruling.FAILED) == set()
    assert told(found, Ruling.EXCEPTED) == clean.excepted
    assert {rule for rule, _, _ in told(found, Ruling.NOT_EVALUABLE)} == {
        "R13", "R14", "R16", "R17", "R23",
    }  # fmt: skip
