"""The policy: the shipped one covers every rule, and every mistake in one is told with its line."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from checks.outcome import Severity
from checks.permissions.bindings import unmatched
from checks.permissions.model import Scope
from checks.permissions.policy import Function, Policy
from checks.permissions.rules.specs import SPECS, Of
from governance.config import policy_schema
from governance.config.problems import Problem, Problems
from governance.config.read_policy import bound, read_policy
from governance.config.read_rules import usual
from tests.permissions import small

SHIPPED = Path(__file__).parents[2] / "data" / "policies" / "company.yaml"
SYSTEMS = ("crm", "oa")
FUNCTIONS = {
    "CUST_VIEW", "CUST_EDIT", "CUST_DELETE", "CUST_EXPORT", "CUST_REASSIGN", "PRICE_EDIT",
    "CONTRACT_CREATE", "CONTRACT_AMEND", "CONTRACT_APPROVE", "ORDER_CREATE", "INVOICE_ISSUE",
    "PAY_VIEW", "PAY_ENTRY", "PAY_APPROVE", "VENDOR_MAINT", "SEAL_USE", "USER_ADMIN", "ROLE_ADMIN",
    "FLOW_DESIGN", "LOG_VIEW", "LOG_DELETE", "BACKUP_RUN", "BACKUP_DELETE", "RESTORE",
}  # fmt: skip


def read(text: str, tmp_path: Path) -> tuple[Policy, list[Problem]]:
    path = tmp_path / "policy.yaml"
    path.write_text(text, "utf-8")
    problems = Problems()
    return read_policy(path, "policy.yaml", SYSTEMS, problems), list(problems)


@pytest.fixture(scope="module")
def shipped() -> Policy:
    problems = Problems()
    policy = read_policy(SHIPPED, "company.yaml", SYSTEMS, problems)
    assert list(problems) == []
    return policy


def test_the_shipped_policy_names_every_function_and_rule(shipped: Policy) -> None:
    assert set(shipped.functions) == FUNCTIONS
    assert list(shipped.rules) == list(SPECS) == [f"R{n:02}" for n in range(1, 28)]
    assert all(rule.is_on for rule in shipped.rules.values())


def test_what_the_shipped_policy_writes_out_is_what_rules_propose(shipped: Policy) -> None:
    proposed = {name: usual(spec).settings for name, spec in SPECS.items()}
    # A pair that needs a function which not every system can bind is the policy's own.
    proposed["R05"] = {"risks": ("contract", "sales_sees_payments")}
    assert {name: rule.settings for name, rule in shipped.rules.items()} == proposed
    assert all(rule.severity is SPECS[name].severity for name, rule in shipped.rules.items())


def test_every_name_a_rule_proposes_is_in_the_shipped_policy(shipped: Policy) -> None:
    known = {
        Of.FUNCTIONS: shipped.functions,
        Of.FAMILIES: shipped.families,
        Of.RISKS: shipped.risks,
    }
    for spec in SPECS.values():
        for setting in spec.settings:
            if setting.of in known and setting.default:
                assert set(setting.default) <= set(known[setting.of]), spec.id


def test_no_family_of_the_shipped_policy_breaks_its_own_rules(shipped: Policy) -> None:
    for family in shipped.families.values():
        for risk in shipped.risks.values():
            held = set(family.functions)
            assert not (held & set(risk.left) and held & set(risk.right)), family.name
    assert shipped.families["sales_rep"].functions["CUST_VIEW"] is Scope.OWN
    assert shipped.families["finance"].fields["pii"] == "none"


def test_a_rule_that_is_not_stated_is_on_as_proposed(tmp_path: Path) -> None:
    policy, problems = read("functions: {CUST_VIEW: {}}\nrules: {R13: {on: false}}", tmp_path)
    assert problems == []
    assert not policy.rules["R13"].is_on
    assert policy.rules["R22"] == usual(SPECS["R22"])


def test_settings_are_read_by_what_they_are(tmp_path: Path) -> None:
    text = """
functions: {CUST_VIEW: {title: See, strong: true, permissions: {crm: [a, b]}, actions: {oa: x}}}
families: {reps: {jobs: 销售代表, functions: {CUST_VIEW: own}}}
rules:
  R01: {severity: low, families: [reps]}
  R19: {limit: 100000, within: 14d}
  R21: {since: 2025-01-01}
  R11: {from: "08:30"}
  R22: {logins_elsewhere: crm}
exceptions:
  - {rule: R01, subject: "human:1001", owner: Wang, reason: covers, until: 2026-12-31}
"""
    policy, problems = read(text, tmp_path)
    assert problems == []
    see = policy.functions["CUST_VIEW"]
    assert (see.permissions, see.actions, see.is_strong) == (
        {"crm": ("a", "b")}, {"oa": ("x",)}, True,
    )  # fmt: skip
    rules = policy.rules
    assert rules["R01"].severity is Severity.LOW
    assert rules["R19"].settings["limit"] == Decimal(100000)
    assert rules["R19"].settings["within"] == timedelta(days=14)
    assert rules["R21"].settings["since"] == date(2025, 1, 1)
    assert rules["R11"].settings["from"] == "08:30"
    assert rules["R22"].settings["logins_elsewhere"] == ("crm",)
    assert policy.exemptions[0].until == date(2026, 12, 31)


WRONG = """
functons: {}
functions:
  CUST_VIEW: {permissions: {cmr: [a]}}
  cust: {}
families:
  reps: {jobs: [销售], functions: {CUST_VEIW: own, CUST_VIEW: onw}, fields: {pij: read}}
  more: {jobs: [销售]}
risks:
  odd: {left: CUST_VIEW, right: CUST_VIEW, severity: grave}
rules:
  R99: {}
  R01: {families: [rep], severity: hgih}
  R05: {severity: low}
  R12: {unused: 200d}
  R11: {from: 25h}
  R21: {since: soon}
exceptions:
  - {rule: R1, subject: 1001, owner: Wang, reason: x, until: 2026-13-01}
  - {rule: R01, subject: "account:cmr/7", owner: Wang, reason: x, until: 2026-12-01}
link_threshold: 30%
"""


def test_every_mistake_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    _, problems = read(WRONG, tmp_path)
    assert [(p.line, p.code) for p in problems] == [
        (2, "config.unknown_key_near"),
        (4, "policy.unknown_system_near"),
        (5, "policy.bad_function"),
        (7, "policy.unknown_class"),
        (7, "policy.unknown_function_near"),
        (7, "policy.unknown_scope_near"),
        (8, "policy.job_taken"),
        (10, "policy.risk_with_itself"),
        (10, "policy.unknown_severity"),
        (12, "policy.unknown_rule_near"),
        (13, "policy.unknown_family_near"),
        (13, "policy.unknown_severity_near"),
        (14, "policy.severity_of_risks"),
        (15, "policy.beyond_window"),
        (16, "policy.bad_clock"),
        (17, "policy.bad_day"),
        (19, "policy.unknown_rule_near"),
        (19, "policy.bad_subject"),
        (19, "policy.bad_day"),
        (20, "policy.unknown_system_near"),
        (21, "policy.low_threshold"),
    ]
    near = next(p for p in problems if p.code == "policy.unknown_function_near")
    assert near.params["near"] == "CUST_VIEW"
    assert all(p.text(language) for p in problems for language in ("zh", "en"))


def test_the_shipped_schema_is_what_the_code_says() -> None:
    assert policy_schema.SHIPPED.read_text("utf-8") == policy_schema.text()
    checker = jsonschema.Draft202012Validator(policy_schema.build())
    checker.check_schema(policy_schema.build())
    yaml = YAML(typ="safe", pure=True)
    assert [
        e.message for e in checker.iter_errors(_plain(yaml.load(SHIPPED.read_text("utf-8"))))
    ] == []
    assert (
        len(list(checker.iter_errors(_plain(yaml.load(WRONG.replace("2026-13", "2026-12")))))) > 5
    )


def _plain(value: object) -> object:
    """The document with days as an editor sees them: texts."""
    if isinstance(value, dict):
        return {str(name): _plain(child) for name, child in value.items()}
    if isinstance(value, list):
        return [_plain(child) for child in value]
    return value.isoformat() if isinstance(value, date) else value


def test_bindings_of_systems_join_those_of_the_policy() -> None:
    function = Function("F", None, {"crm": ("a",)}, {})  # type: ignore[arg-type]
    policy = bound(
        Policy({"F": function}),
        {"crm": {"F": ("a", "b")}, "oa": {"F": ("c",), "G": ("d",)}},
        {"oa": {"F": ("act",)}},
    )
    assert policy.functions["F"].permissions == {"crm": ("a", "b"), "oa": ("c",)}
    assert policy.functions["F"].actions == {"oa": ("act",)}


def test_codes_that_a_system_lacks_are_told_and_no_mistake() -> None:
    crm = small.system("crm", [small.account("a")], {"r": ["customer:query"]})
    policy = small.policy({
        "CUST_VIEW": {"crm": ["customer:query", "customer:list", "!customer:x"]},
        "CUST_EXPORT": {"crm": ["customer:exprot"], "oa": ["x"]},
    })  # fmt: skip
    seen = small.company(small.facts(crm, small.unread(small.system("oa", []), "grants")), policy)
    assert [(u.system, u.code, u.is_lost) for u in unmatched(seen)] == [
        ("crm", "customer:list", False), ("crm", "customer:exprot", True),
    ]  # fmt: skip
