"""All rules over all facts: the one entry that a run uses."""

from __future__ import annotations

from dataclasses import dataclass

from checks.permissions.company import Company
from checks.permissions.identify import identify
from checks.permissions.model import Facts
from checks.permissions.policy import Policy
from checks.permissions.resolve import resolver
from checks.permissions.rules import RULES
from checks.permissions.verdict import RuleResult


@dataclass(frozen=True)
class Evaluated:
    """What came out, and what it rests on."""

    company: Company
    results: tuple[RuleResult, ...]

    def result(self, rule: str) -> RuleResult:
        """What one rule says. Raises KeyError where it is off."""
        found = next((r for r in self.results if r.rule == rule), None)
        if found is None:
            raise KeyError(rule)
        return found


def company_of(facts: Facts, policy: Policy) -> Company:
    """Who is who in `facts`, and how to ask for effective rights at that moment."""
    resolvers = {name: resolver(s, as_of=facts.as_of) for name, s in facts.systems.items()}
    return Company(facts, identify(facts, policy), resolvers, policy)


def evaluate(facts: Facts, policy: Policy) -> Evaluated:
    """Every rule that is on, in order of their ids; one that the policy does not name is on.

    A rule that raises is a fault of ours and comes through: the check then ends in an error.
    """
    company = company_of(facts, policy)
    results = tuple(
        rule.judge(company)
        for rule in RULES.values()
        if rule.id not in policy.rules or policy.rules[rule.id].is_on
    )
    return Evaluated(company, results)
