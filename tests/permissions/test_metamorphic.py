"""What must not matter does not: names, the order of rows, roles that give nothing judged. And a
grant more never makes a failure of rights go away."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields, replace
from random import Random
from typing import Any

import pytest

from checks.permissions.evaluate import company_of, evaluate
from checks.permissions.model import (
    Facts,
    Grant,
    Membership,
    Permission,
    Ref,
    Role,
    Scope,
    System,
)
from checks.permissions.policy import Policy
from checks.permissions.rules import RULES
from checks.permissions.verdict import RuleKind, Ruling
from tests.permissions.company import Builder, Key, ago
from tests.permissions.planted import planted

Said = dict[Key, tuple[str, str]]


@pytest.fixture(scope="module")
def company() -> Builder:
    return planted(reps=4)


@pytest.fixture(scope="module")
def facts(company: Builder) -> Facts:
    return company.facts()


def said(facts: Facts, policy: Policy) -> Said:
    """Every verdict by rule, subject and facet: how it was ruled and why."""
    return {
        (v.rule, v.subject, v.facet): (v.ruling.value, v.reason)
        for result in evaluate(facts, policy).results
        for v in result.verdicts
    }


@pytest.fixture(scope="module")
def before(company: Builder, facts: Facts) -> Said:
    return said(facts, company.policy())


def test_other_ids_change_no_verdict(before: Said) -> None:
    def other(id_: str) -> str:
        return hashlib.sha256(id_.encode()).hexdigest()[:12]

    renamed = planted(reps=4, rename=other)
    found = said(renamed.facts(), renamed.policy())
    ruled = {key: ruling for key, (ruling, _) in found.items()}
    assert {k for k, ruling in ruled.items() if ruling == "failed"} == renamed.failed
    assert {k for k, ruling in ruled.items() if ruling == "not_evaluable"} == renamed.unclear
    assert sorted((k[0], *v) for k, v in found.items()) == sorted(
        (k[0], *v) for k, v in before.items()
    )


def shuffled(values: Any, random: Random) -> Any:
    if isinstance(values, tuple):
        return tuple(random.sample(values, len(values)))
    if isinstance(values, Mapping):
        return dict(random.sample(list(values.items()), len(values)))
    return values


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_order_of_rows_changes_no_verdict(
    company: Builder, facts: Facts, before: Said, seed: int
) -> None:
    random = Random(seed)

    def mixed(one: Any) -> Any:
        return replace(
            one,
            **{
                f.name: shuffled(getattr(one, f.name), random)
                for f in fields(one)
                if f.name != "systems"
            },
        )

    systems = {name: mixed(system) for name, system in facts.systems.items()}
    order = shuffled(systems, random)
    assert said(replace(mixed(facts), systems=order), company.policy()) == before


@pytest.mark.parametrize("seed", [1, 2])
def test_a_role_that_gives_nothing_judged_changes_no_verdict(
    company: Builder, facts: Facts, before: Said, seed: int
) -> None:
    random, systems = Random(seed), {}
    for name, system in facts.systems.items():
        role = Role("idle", "idle", "idle", scope=random.choice(tuple(Scope)))
        members = random.sample(sorted(system.accounts), 20)
        # Whoever gives a role to themselves does wrong, whatever it gives.
        keeper = company.id(f"keeper.{name}")
        joined = tuple(
            Membership(m, "idle", granted_by=Ref(keeper), granted_at=ago(300))
            for m in members
            if m != keeper and system.accounts[m].person is not None
        )
        systems[name] = replace(
            system,
            roles={**system.roles, "idle": role},
            permissions={**system.permissions, "idle": Permission("idle", "idle:use")},
            grants=(*system.grants, Grant("idle", "idle")),
            memberships=(*system.memberships, *joined),
        )
    assert said(replace(facts, systems=systems), company.policy()) == before


CAN = [rule for rule in RULES.values() if RuleKind.CAN in rule.kinds]


def failures(facts: Facts, policy: Policy) -> set[Key]:
    """What fails under the rules on configured rights."""
    company = company_of(facts, policy)
    return {
        (v.rule, v.subject, v.facet)
        for rule in CAN
        for v in rule.judge(company).verdicts
        if v.ruling is Ruling.FAILED and v.kind is RuleKind.CAN
    }


def with_more(system: System, random: Random) -> System:
    """The system with a few grants and memberships more than it had."""
    roles, permissions = sorted(system.roles), sorted(system.permissions)
    grants = tuple(Grant(random.choice(roles), random.choice(permissions)) for _ in range(2))
    joined = tuple(
        Membership(random.choice(sorted(system.accounts)), random.choice(roles)) for _ in range(3)
    )
    return replace(
        system, grants=(*system.grants, *grants), memberships=(*system.memberships, *joined)
    )


@pytest.mark.parametrize("seed", range(6))
def test_a_grant_more_takes_no_failure_away(company: Builder, facts: Facts, seed: int) -> None:
    random, policy = Random(seed), company.policy()
    known = failures(facts, policy)
    assert known
    for _ in range(4):
        name = random.choice(sorted(facts.systems))
        facts = replace(
            facts, systems={**facts.systems, name: with_more(facts.systems[name], random)}
        )
        found = failures(facts, policy)
        assert known <= found
        known = found
