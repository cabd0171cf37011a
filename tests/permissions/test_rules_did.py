"""What was done to documents: who approved, when, for how much, and in whose flow."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from checks.permissions.company import Company
from checks.permissions.model import (
    Account,
    AccountKind,
    Approval,
    Document,
    FlowEdit,
    Ref,
    RefersTo,
    System,
)
from checks.permissions.policy import RuleSetting
from checks.permissions.rules import RULES, SPECS
from checks.permissions.rules.common import replays
from checks.permissions.verdict import RuleKind, RuleResult, Ruling
from tests.permissions.small import (
    account,
    ago,
    company,
    declared,
    facts,
    failing,
    person,
    policy,
    service,
    system,
    the,
    unread,
)

FUNCTIONS = {
    "USER_ADMIN": {"oa": ["system:user:*"]},
    "FLOW_DESIGN": {"oa": ["flow:design"]},
    "CONTRACT_APPROVE": {"oa": ["contract:approve"]},
}
STAFF = [person(no) for no in ("1001", "1002", "1003", "1004")]
# By account: the CRM's are c1, c2 ..., the OA's o1, o2 ...; the numbers are the people's.
CRM = [account(f"c{n}", f"100{n}") for n in (1, 2, 3, 4)]
OA = [account(f"o{n}", f"100{n}") for n in (1, 2, 3, 4)]


def contract(no: str = "HT1", creator: str | None = "c1", **more: Any) -> Document:
    made = None if creator is None else Ref(creator)
    base = Document(no, "contract", made, Decimal("1000"), "K1", True, ago(20), ago(20))
    return replace(base, **more)


def step(
    actor: str, name: str = "s1", doc: str = "HT1", behalf: str | None = None, **more: Any
) -> Approval:
    lent = None if behalf is None else Ref(behalf)
    base = Approval(doc, name, Ref(actor), lent, is_approved=True, at=ago(10), flow="f1")
    return replace(base, **more)


def world(
    contracts: list[Document],
    steps: list[Approval],
    *,
    crm: list[Account] = CRM,
    oa: list[Account] = OA,
    rules: dict[str, dict[str, Any]] | None = None,
    unsure: dict[tuple[str, str], tuple[str, ...]] | None = None,
    dark: tuple[str, str] | None = None,
    **more: Any,
) -> Company:
    """Contracts in the CRM, approved in the OA. `more` is more of the OA."""
    roles = {
        "admin": ["system:user:edit"],
        "designer": ["flow:design"],
        "boss": ["contract:approve"],
    }
    members = more.pop("members", {})
    read = ("documents", "approvals", "flow_edits")
    systems: dict[str, System] = {
        "crm": system("crm", crm, read=("documents",), documents=tuple(contracts)),
        "oa": system("oa", oa, roles, members, read=read, approvals=tuple(steps), **more),
    }
    if dark is not None:
        systems[dark[0]] = unread(systems[dark[0]], dark[1])
    settings = [RuleSetting(n, True, SPECS[n].severity, s) for n, s in (rules or {}).items()]
    of = facts(*systems.values(), people=STAFF)
    return company(of, policy(FUNCTIONS, rules=settings), declared(of, unsure))


def judged(of: Company, rule: str) -> RuleResult:
    result = RULES[rule].judge(of)
    assert all(replays(of, v.witness) for v in result.verdicts)
    assert result.passed <= result.population
    return result


def reasons(of: Company, rule: str) -> dict[str, tuple[Ruling, str]]:
    """By subject, how it was ruled and why, without the area the words are in."""
    verdicts = judged(of, rule).verdicts
    return {v.subject: (v.ruling, v.reason.rpartition(".")[2]) for v in verdicts}


HT1 = "document:crm/HT1"
FAILED, EXCEPTED, PASSED = Ruling.FAILED, Ruling.EXCEPTED, Ruling.PASSED
UNCLEAR = Ruling.NOT_EVALUABLE


# R04: nobody approves their own contract.


def test_the_maker_in_the_crm_and_the_approver_in_the_oa_are_one_human() -> None:
    of = world([contract()], [step("o1"), step("o2", "s2")])
    verdict = the(judged(of, "R04"), HT1)
    assert verdict.ruling is FAILED
    assert verdict.reason == "deeds.r04.two_accounts"
    assert verdict.witness.human == "1001"
    assert verdict.witness.accounts == (("crm", "c1"), ("oa", "o1"))
    assert [(e.what, e.id, e.at, e.account) for e in verdict.witness.events] == [
        ("created", "HT1", ago(20), "c1"),
        ("approved", "HT1", ago(10), "o1"),
    ]


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ([step("o2")], None),
        ([step("o1", is_approved=False), step("o2", "s2")], None),
        ([step("o2", behalf="o3")], None),
        # The system passed the maker's own step, and somebody else decided as well.
        ([step("o1", is_automatic=True), step("o2", "s2")], None),
        ([step("o1", is_automatic=True)], (FAILED, "automatic")),
        ([step("o2", behalf="o1")], (FAILED, "in_name_of")),
        ([step("o1", behalf="o2")], (FAILED, "as_delegate")),
        ([step("o1", is_approved=None)], (UNCLEAR, "unsure")),
    ],
)
def test_own_approvals(steps: list[Approval], why: tuple[Ruling, str] | None) -> None:
    result = judged(world([contract()], steps), "R04")
    found = {v.subject: (v.ruling, v.reason.rpartition(".")[2]) for v in result.verdicts}
    assert found == ({} if why is None else {HT1: why})
    assert (result.population, result.passed) == (1, 0 if why else 1)


def test_two_logins_of_one_person_in_one_system_are_that_person() -> None:
    second = account("o9", "1001")
    of = world([contract(creator=None), contract("HT2")], [step("o9"), step("o9", doc="HT2")],
               oa=[*OA, second])  # fmt: skip
    assert failing(of, judged(of, "R04")) == {"document:crm/HT2"}
    assert reasons(of, "R04")[HT1] == (UNCLEAR, "no_creator")


def test_an_interface_that_filed_the_contract_made_nothing() -> None:
    robot = service("robot")
    filed = Document("HT1", "contract", Ref("robot"), Decimal(1000))
    of = world([contract()], [step("o1")], oa=[*OA, robot], documents=(filed,))
    assert failing(of, judged(of, "R04")) == {HT1}
    of = world([contract(creator="c2")], [step("o1")], oa=[*OA, robot], documents=(filed,))
    assert reasons(of, "R04") == {}


def test_whose_account_is_unsure_neither_passes_nor_fails() -> None:
    of = world([contract()], [step("o1")], unsure={("oa", "o1"): ("1001", "1002")})
    assert reasons(of, "R04") == {HT1: (UNCLEAR, "unsure")}


def test_one_account_of_nobody_known_is_still_one_account() -> None:
    nobody, desk = account("o7"), account("o8", kind=AccountKind.SHARED)
    both = [
        Document("HT1", "contract", Ref("o7"), Decimal(1000)),
        Document("HT2", "contract", Ref("o8"), Decimal(1000)),
    ]
    steps = [step("o7"), step("o8", doc="HT2")]
    of = world([], steps, oa=[*OA, nobody, desk], documents=tuple(both))
    assert reasons(of, "R04") == {
        "document:oa/HT1": (FAILED, "own"),
        "document:oa/HT2": (UNCLEAR, "unsure"),
    }


def test_a_person_may_be_named_by_staff_number() -> None:
    of = world([contract(creator=None, no="HT1")], [])
    signed = replace(contract(), creator=Ref("1001", RefersTo.PERSON))
    of = world([signed], [step("o1")])
    assert failing(of, judged(of, "R04")) == {HT1}


def test_what_was_not_read_is_told() -> None:
    of = world([contract()], [], dark=("oa", "approvals"))
    assert reasons(of, "R04") == {"system:oa": (UNCLEAR, "not_read")}
    assert reasons(world([contract(creator=None)], [step("o1")]), "R04") == {
        "rule:R04": (UNCLEAR, "not_kept")
    }
    other = Document("HT1", "payment", Ref("c2"))
    of = world([contract(), other], [step("o1")])
    assert reasons(of, "R04") == {HT1: (UNCLEAR, "ambiguous_number")}


# R08: administrators do not decide on business documents.


def test_an_administrator_approves() -> None:
    members = {"o1": ["admin"], "o2": ["boss"], "o3": ["admin"]}
    of = world([contract(), contract("HT2")], [step("o1"), step("o2", doc="HT2")], members=members)
    result = judged(of, "R08")
    assert failing(of, result) == {"human:1001"}
    assert result.passed == 1
    verdict = the(result, "human:1001")
    assert [p.function for p in verdict.witness.paths] == ["USER_ADMIN"]
    assert verdict.witness.events[0].id == "HT1"


def test_the_built_in_administrator_needs_no_grant() -> None:
    of = world([contract()], [step("1")], oa=[*OA, account("1", kind=AccountKind.BUILT_IN)],
               members={"o4": ["admin"]})  # fmt: skip
    assert failing(of, judged(of, "R08")) == {"account:oa/1"}


def test_administration_in_one_account_and_approval_in_another() -> None:
    second = account("o9", "1002")
    of = world([contract()], [step("o2")], oa=[*OA, second], members={"o9": ["admin"]})
    assert failing(of, judged(of, "R08")) == {"human:1002"}
    shut = replace(second, is_enabled=False)
    of = world([contract()], [step("o2")], oa=[*OA, shut], members={"o9": ["admin"]})
    assert reasons(of, "R08") == {}


@pytest.mark.parametrize(
    "taken",
    [
        step("o1", at=ago(120)),
        step("o1", is_automatic=True),
        step("o1", is_approved=False),
    ],
)
def test_what_is_no_decision_of_an_administrator(taken: Approval) -> None:
    of = world([contract()], [taken, step("o2", "s2")], members={"o1": ["admin"]})
    result = judged(of, "R08")
    assert (result.population, result.passed) == (1, 1)


def test_when_it_cannot_be_told_whether_an_administrator_decided() -> None:
    members = {"o1": ["admin"]}
    of = world([contract()], [step("o1", doc="LEAVE7")], members=members)
    assert reasons(of, "R08") == {"human:1001": (UNCLEAR, "unknown_documents")}
    of = world([contract()], [step("o2")], members=members, unsure={("oa", "o2"): ("1001",)})
    assert reasons(of, "R08") == {"account:oa/o2": (UNCLEAR, "unsure_actor")}
    of = world([contract()], [step("o1")], members=members, dark=("oa", "memberships"))
    assert reasons(of, "R08") == {"system:oa": (UNCLEAR, "not_read")}


# R18: as many people as steps.


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ([step("o1"), step("o1", "s2")], (FAILED, "same")),
        ([step("o1"), step("o2", "s2")], None),
        ([step("o1"), step("o9", "s2")], (FAILED, "same")),
        # In somebody else's place it is still the same pair of eyes.
        ([step("o1"), step("o1", "s2", behalf="o2")], (FAILED, "same")),
        # Sent back and approved again; refused first; two flows over one document.
        ([step("o1"), step("o1", at=ago(5))], None),
        ([step("o1", is_approved=False), step("o1", "s2")], None),
        ([step("o1"), step("o1", "s2", flow="f2")], None),
        # A step of several, of whom one comes again: there are as many people as steps.
        ([step("o1"), step("o2"), step("o1", "s2")], None),
        ([step("o1"), step("o1", "s2", is_automatic=True)], (PASSED, "skipped")),
        ([step("o1"), step("o7", "s2")], (UNCLEAR, "unsure")),
        ([step("o1"), step("o1", "s2"), step("o7", "s3")], (FAILED, "same")),
        ([step("o7"), step("o7", "s2")], (FAILED, "same")),
    ],
)
def test_chains(steps: list[Approval], why: tuple[Ruling, str] | None) -> None:
    of = world([contract()], steps, oa=[*OA, account("o9", "1001"), account("o7")])
    subject = "document:oa/HT1"
    assert reasons(of, "R18") == ({} if why is None else {subject: why})
    result = judged(of, "R18")
    assert result.passed == sum(1 for v in [why] if v is None or v[0] is PASSED) * result.population


def test_a_shared_desk_may_be_two_people() -> None:
    desk = account("o8", kind=AccountKind.SHARED)
    of = world([contract()], [step("o8"), step("o8", "s2")], oa=[*OA, desk])
    assert reasons(of, "R18") == {"document:oa/HT1": (UNCLEAR, "unsure")}


# R19: splitting.


def split(*documents: Document, limit: str | None = "100000", **more: Any) -> Company:
    settings = {} if limit is None else {"limit": Decimal(limit)}
    return world(list(documents), [], rules={"R19": settings}, **more)


def part(no: str, days: float, amount: str | None = "60000", **more: Any) -> Document:
    known = None if amount is None else Decimal(amount)
    return contract(no, amount=known, created_at=ago(days), **more)


@pytest.mark.parametrize(
    ("second", "why"),
    [
        (part("HT2", 13), (FAILED, "split")),
        (part("HT2", 12.9), None),
        (part("HT2", 19, "39999.99"), None),
        (part("HT2", 19, "40000"), (FAILED, "split")),
        (part("HT2", 19, "100000"), None),
        (part("HT2", 19, customer="K2"), None),
        (part("HT2", 19, creator="c2"), None),
        (part("HT2", 19, is_effective=False), None),
        (part("HT2", 19, frame="HT0"), None),
        # A frame that nobody knows excuses nothing.
        (part("HT2", 19, frame="HT99"), (FAILED, "split")),
        (part("HT2", 19, currency="RMB"), (FAILED, "split")),
        (part("HT2", 19, currency="USD"), (UNCLEAR, "unsure")),
        (part("HT2", 19, None), (UNCLEAR, "unsure")),
        (replace(part("HT2", 19), created_at=None), (UNCLEAR, "unsure")),
    ],
)
def test_two_contracts(second: Document, why: tuple[Ruling, str] | None) -> None:
    frame = contract("HT0", "c3", amount=Decimal("900000"), customer="K9", created_at=ago(80))
    of = split(part("HT1", 20), second, frame)
    assert reasons(of, "R19") == ({} if why is None else {"human:1001": why})


def test_parts_made_through_two_accounts_add_up_and_copies_in_the_oa_do_not() -> None:
    second = account("c9", "1001")
    of = split(part("HT1", 20), part("HT2", 19, creator="c9"), crm=[*CRM, second])
    verdict = the(judged(of, "R19"), "human:1001")
    assert verdict.ruling is FAILED
    assert verdict.params["amount"] == "120000"
    assert [e.id for e in verdict.witness.events] == ["HT1", "HT2"]
    copy = replace(part("HT1", 20), creator=Ref("o1"), customer=None)
    assert reasons(split(part("HT1", 20), documents=(copy,)), "R19") == {}


def test_without_a_limit_or_a_customer_nothing_can_be_split() -> None:
    assert reasons(split(part("HT1", 20), limit=None), "R19") == {"rule:R19": (UNCLEAR, "no_limit")}
    assert reasons(split(part("HT1", 20, customer=None)), "R19") == {
        "rule:R19": (UNCLEAR, "not_kept")
    }
    of = split(part("HT1", 20), part("HT2", 20, creator=None))
    assert reasons(of, "R19") == {"document:crm/HT2": (UNCLEAR, "unknown")}


# R20: changed after approval.


@pytest.mark.parametrize(
    ("now", "then", "why"),
    [
        ({}, {}, None),
        ({"amount": Decimal("1200"), "updated_at": ago(5)}, {}, (FAILED, "changed")),
        ({"amount": Decimal("1200"), "updated_at": ago(15)}, {}, None),
        ({"amount": Decimal("1200"), "updated_at": ago(10)}, {}, None),
        # Rounding; tax on top of what was approved; another currency.
        ({"amount": Decimal("1000.01"), "updated_at": ago(5)}, {}, None),
        ({"amount": Decimal("1000.02"), "updated_at": ago(5)}, {}, (FAILED, "changed")),
        ({"amount": Decimal("1130.00"), "updated_at": ago(5)}, {}, (UNCLEAR, "tax")),
        ({"amount": Decimal("884.96"), "updated_at": ago(5)}, {}, (UNCLEAR, "tax")),
        ({"amount": Decimal("140"), "currency": "USD", "updated_at": ago(5)},
         {"currency": "CNY"}, (UNCLEAR, "currency")),
        ({"amount": Decimal("1200"), "currency": "CNY", "updated_at": ago(5)}, {},
         (FAILED, "changed")),
        ({"amount": Decimal("1200"), "updated_at": None}, {}, (UNCLEAR, "no_time")),
        ({"updated_at": ago(5)}, {"amount": None}, (UNCLEAR, "no_amount")),
    ],
)  # fmt: skip
def test_amounts_after_approval(
    now: dict[str, Any], then: dict[str, Any], why: tuple[Ruling, str] | None
) -> None:
    approved = contract(creator="o1", **then)
    of = world([contract(**now)], [step("o2")], documents=(approved,))
    assert reasons(of, "R20") == ({} if why is None else {HT1: why})
    assert judged(of, "R20").population == 1


def test_a_second_approval_covers_the_change() -> None:
    changed = contract(amount=Decimal("1200"), updated_at=ago(5))
    again = step("o3", at=ago(4))
    of = world([changed], [step("o2"), again], documents=(contract(creator="o1"),))
    assert reasons(of, "R20") == {}
    of = world([changed], [step("o2", at=None)], documents=(contract(creator="o1"),))
    assert reasons(of, "R20") == {HT1: (UNCLEAR, "no_time")}


def test_the_witness_of_a_change_names_both_times() -> None:
    changed = contract(amount=Decimal("1200"), updated_at=ago(5))
    of = world([changed], [step("o2")], documents=(contract(creator="o1"),))
    events = the(judged(of, "R20"), HT1).witness.events
    assert [(e.system, e.what, e.at) for e in events] == [
        ("oa", "approved", ago(10)),
        ("crm", "updated", ago(5)),
    ]


# R21: in effect without an approval.

OLD = step("o2", doc="HT0", at=ago(80))


@pytest.mark.parametrize(
    ("document", "steps", "why"),
    [
        (contract(), [OLD], (FAILED, "unapproved")),
        (contract(), [OLD, step("o2")], None),
        (contract(is_effective=False), [OLD], None),
        (contract(), [OLD, step("o2", is_approved=False)], (FAILED, "refused")),
        (contract(), [OLD, step("o2"), step("o3", "s2", at=ago(9), is_approved=False)],
         (FAILED, "refused")),
        (contract(), [OLD, step("o2", is_approved=False), step("o3", at=ago(9))], None),
        (contract(), [OLD, step("o2", is_approved=None)], (UNCLEAR, "unknown_decision")),
        (contract(is_effective=None), [OLD], (UNCLEAR, "unknown_state")),
        # Older than any approval that is kept.
        (contract(created_at=ago(85)), [OLD], (UNCLEAR, "before_log")),
        (contract(), [], (UNCLEAR, "before_log")),
    ],
)  # fmt: skip
def test_effect_without_approval(
    document: Document, steps: list[Approval], why: tuple[Ruling, str] | None
) -> None:
    of = world([document, contract("HT0")], [*steps], rules={"R21": {}})
    assert reasons(of, "R21").get(HT1) == why


def test_contracts_from_before_approvals_were_asked_for() -> None:
    since = {"R21": {"since": date(2026, 2, 10)}}
    # 9 February 16:00 UTC is the first moment of the 10th in Shanghai.
    midnight = datetime(2026, 2, 9, 16, tzinfo=ago(0).tzinfo)
    early = contract("HT1", created_at=midnight - timedelta(seconds=1))
    late = contract("HT2", created_at=midnight)
    of = world([early, late, contract("HT3", created_at=None)], [OLD], rules=since)
    assert reasons(of, "R21") == {
        "document:crm/HT2": (FAILED, "unapproved"),
        "document:crm/HT3": (UNCLEAR, "no_day"),
    }
    assert judged(of, "R21").population == 2


def test_missing_approvals_prove_nothing_where_they_were_not_read() -> None:
    of = world([contract()], [OLD], dark=("oa", "approvals"))
    assert set(reasons(of, "R21").values()) == {(UNCLEAR, "not_read")}
    third = unread(system("oa2", [], read=("approvals",)), "approvals")
    of = world([contract()], [OLD])
    wider = replace(of.facts, systems={**of.facts.systems, "oa2": third})
    of = company(wider, of.policy)
    assert reasons(of, "R21")[HT1] == (UNCLEAR, "not_all_read")


# R26: deciding in one's own flow.


def edit(editor: str, days: float, flow: str = "f1") -> FlowEdit:
    return FlowEdit(flow, Ref(editor), ago(days))


@pytest.mark.parametrize(
    ("edits", "why"),
    [
        ([edit("o1", 30)], (FAILED, "own_flow")),
        ([edit("o2", 30)], None),
        ([edit("o1", 5)], None),
        ([edit("o1", 30, "f2")], None),
        # Somebody else changed it since.
        ([edit("o1", 30), edit("o2", 20)], None),
        ([edit("o2", 30), edit("o1", 20)], (FAILED, "own_flow")),
        # Imported: what was drawn elsewhere was drawn by nobody knows whom.
        ([edit("o1", 30), edit("robot", 20)], (UNCLEAR, "imported")),
        ([edit("o2", 30), edit("robot", 20)], None),
    ],
)
def test_flows(edits: list[FlowEdit], why: tuple[Ruling, str] | None) -> None:
    of = world([contract()], [step("o1")], oa=[*OA, service("robot")], flow_edits=tuple(edits))
    assert reasons(of, "R26") == ({} if why is None else {"human:1001": why})
    assert judged(of, "R26").population == 1


def test_a_designer_shows_how_they_design() -> None:
    of = world([contract()], [step("o1")], flow_edits=(edit("o1", 30),),
               members={"o1": ["designer"]})  # fmt: skip
    verdict = the(judged(of, "R26"), "human:1001")
    assert verdict.kind is RuleKind.DID
    assert [p.function for p in verdict.witness.paths] == ["FLOW_DESIGN"]
    assert [(e.what, e.id) for e in verdict.witness.events] == [
        ("edited", "f1"),
        ("approved", "HT1"),
    ]


def test_flows_whose_designer_or_approver_is_not_known() -> None:
    root = account("1", kind=AccountKind.BUILT_IN)
    of = world([contract()], [step("o1"), step("o2", "s2")], oa=[*OA, root],
               flow_edits=(edit("1", 30),))  # fmt: skip
    assert reasons(of, "R26") == {"flow:oa/f1": (UNCLEAR, "unsure_editor")}
    of = world([contract()], [step("o1")], flow_edits=(edit("o2", 30),),
               unsure={("oa", "o1"): ("1002",)})  # fmt: skip
    assert reasons(of, "R26") == {"account:oa/o1": (UNCLEAR, "unsure")}
    of = world([contract()], [step("o1", at=None)], flow_edits=(edit("o1", 30),))
    assert reasons(of, "R26") == {"human:1001": (UNCLEAR, "no_time")}
    steps, members = [step("o1"), step("o2", "s2")], {"o1": ["designer"]}
    of = world([contract()], steps, members=members, dark=("oa", "flow_edits"))
    assert reasons(of, "R26") == {
        "human:1001": (UNCLEAR, "unrecorded"),
        "system:oa": (UNCLEAR, "not_read"),
    }


def test_functions_that_nothing_is_bound_to_clear_nobody() -> None:
    of = world([contract()], [step("o1")], dark=("oa", "flow_edits"))
    bare = company(of.facts, policy({"USER_ADMIN": {}, "FLOW_DESIGN": {}}))
    assert reasons(bare, "R08") == {"rule:R08": (UNCLEAR, "unbound")}
    result = judged(bare, "R26")
    assert {v.reason for v in result.verdicts} == {"rules.not_read", "deeds.r26.unbound"}
    assert (result.population, result.passed) == (0, 0)


def test_amounts_that_one_system_alone_tells() -> None:
    of = world([contract(), contract("HT2")], [step("o2"), step("o2", doc="HT2")])
    assert reasons(of, "R20") == {"rule:R20": (UNCLEAR, "alone")}
    of = world([contract(), contract("HT2")], [step("o2"), step("o2", doc="HT2")],
               documents=(contract(creator="o1"),))  # fmt: skip
    assert reasons(of, "R20") == {"document:crm/HT2": (UNCLEAR, "no_amount")}
    assert (judged(of, "R20").population, judged(of, "R20").passed) == (2, 1)
