"""Leavers, movers, delegations, exports, shared accounts, and who grants what to whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from checks.permissions.company import Company
from checks.permissions.model import (
    AccountKind,
    Activity,
    Approval,
    Delegation,
    Department,
    FieldAccess,
    FieldRight,
    Membership,
    Move,
    Node,
    Operation,
    Person,
    PersonStatus,
    Record,
    Ref,
    ScopeDepartment,
    System,
)
from checks.permissions.policy import RuleSetting
from checks.permissions.rules import RULES, SPECS
from checks.permissions.rules.common import replays
from checks.permissions.verdict import RuleResult, Ruling
from tests.permissions.small import (
    NOW,
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

FAILED, PASSED, UNCLEAR = Ruling.FAILED, Ruling.PASSED, Ruling.NOT_EVALUABLE
TODAY = date(2026, 3, 2)
FUNCTIONS = {
    "CUST_VIEW": {"crm": ["crm:view"]},
    "CUST_EXPORT": {"crm": ["crm:export"]},
    "USER_ADMIN": {"crm": ["user:admin"], "oa": ["user:admin"]},
    "CONTRACT_APPROVE": {"oa": ["contract:approve"]},
    "PAY_APPROVE": {"oa": ["pay:approve"]},
}


def world(
    *systems: System,
    people: list[Person],
    rules: dict[str, dict[str, Any]] | None = None,
    unsure: dict[tuple[str, str], tuple[str, ...]] | None = None,
    moves: tuple[Move, ...] = (),
    people_known: bool = True,
) -> Company:
    settings = [RuleSetting(n, True, SPECS[n].severity, s) for n, s in (rules or {}).items()]
    of = facts(*systems, people=people, moves=moves, people_known=people_known)
    by = policy(FUNCTIONS, rules=settings, actions={"CUST_EXPORT": {"crm": ["export*"]}})
    return company(of, by, declared(of, unsure))


def judged(of: Company, rule: str) -> RuleResult:
    result = RULES[rule].judge(of)
    assert all(replays(of, v.witness) for v in result.verdicts)
    return result


def reasons(of: Company, rule: str) -> dict[tuple[str, str], tuple[Ruling, str]]:
    """By subject and facet, how it was ruled and why; what is said of a log left out."""
    return {
        (v.subject, v.facet): (v.ruling, v.reason.rpartition(".")[2])
        for v in judged(of, rule).verdicts
        if v.reason != "deeds.young_log"
    }


def only(of: Company, rule: str) -> tuple[Ruling, str] | None:
    """The one verdict, if there is any."""
    found = list(reasons(of, rule).values())
    assert len(found) < 2, found
    return found[0] if found else None


def left(days: int, **more: Any) -> Person:
    """Somebody whose last day was so many days before today."""
    told = {"status": PersonStatus.LEFT, "left_on": TODAY - timedelta(days=days), **more}
    return person("1001", **told)


# R13: accounts of leavers.


@pytest.mark.parametrize(
    ("who", "told", "why"),
    [
        (left(30), {}, (FAILED, "enabled")),
        (left(30), {"is_enabled": False}, None),
        (left(30), {"is_enabled": False, "has_live_token": True}, (FAILED, "token")),
        (left(30), {"is_enabled": None}, (UNCLEAR, "unknown")),
        # The day of grace; a day in the future; hired again since.
        (left(1), {}, None),
        (left(2), {}, (FAILED, "enabled")),
        (left(-10), {}, (UNCLEAR, "nobody")),
        (left(30, status=PersonStatus.ACTIVE, hired_on=date(2026, 2, 20)), {}, (UNCLEAR, "nobody")),
        # What contradicts itself or is missing is not guessed.
        (left(30, status=PersonStatus.ACTIVE), {}, (UNCLEAR, "contradiction")),
        (left(30, hired_on=date(2026, 2, 20)), {}, (UNCLEAR, "contradiction")),
        (left(30, left_on=None), {}, (UNCLEAR, "no_day")),
        (left(30, status=None), {}, (FAILED, "enabled")),
    ],
)
def test_accounts_of_leavers(
    who: Person, told: dict[str, Any], why: tuple[Ruling, str] | None
) -> None:
    of = world(system("crm", [account("c1", "1001", **told), account("c2", "1002")]),
               people=[who, person("1002")])  # fmt: skip
    assert only(of, "R13") == why


def test_each_account_of_a_leaver_is_a_failure_of_its_own() -> None:
    of = world(
        system("crm", [account("c1", "1001")]), system("oa", [account("o1", "1001")]),
        people=[left(9)],
    )  # fmt: skip
    assert set(reasons(of, "R13")) == {("human:1001", "crm/c1"), ("human:1001", "oa/o1")}
    assert judged(of, "R13").population == 1


def test_an_account_that_may_be_a_leavers() -> None:
    crm = system("crm", [account("c1"), account("c9", "1009")])
    of = world(crm, people=[left(9)], unsure={("crm", "c1"): ("1001",)})
    assert reasons(of, "R13") == {
        ("human:1001", "crm/c1"): (UNCLEAR, "unsure"),
        ("account:crm/c9", ""): (UNCLEAR, "unlisted"),
    }


def test_whether_a_token_lives_is_asked_where_tokens_are_kept() -> None:
    shut = account("c1", "1001", is_enabled=False)
    of = world(system("crm", [shut, account("c2", "1002", has_live_token=False)]),
               people=[left(9), person("1002")])  # fmt: skip
    assert only(of, "R13") == (UNCLEAR, "unknown")


@pytest.mark.parametrize("rule", ["R13", "R14", "R15"])
def test_without_a_staff_list_nobody_left(rule: str) -> None:
    crm = system("crm", [account("c1", "1001")], read=("records",))
    of = world(crm, people=[], people_known=False)
    assert reasons(of, rule) == {(f"rule:{rule}", ""): (UNCLEAR, "not_mapped")}
    of = world(unread(crm, "records" if rule == "R15" else "accounts"), people=[left(9)])
    assert (FAILED, "enabled") not in reasons(of, rule).values()
    assert judged(of, rule).verdicts[-1].reason == "rules.not_read"


# R14: used after leaving.


def shanghai(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC) - timedelta(hours=8)


@pytest.mark.parametrize(
    ("login", "why"),
    [
        # Last day 20 February and one day to hand over: from the 22nd on, Shanghai's time.
        (shanghai(2026, 2, 21, 23, 59), None),
        (shanghai(2026, 2, 22, 0, 0), (FAILED, "used")),
        (ago(200), None),
        (None, (UNCLEAR, "unseen")),
    ],
)
def test_logins_after_the_last_day(login: datetime | None, why: tuple[Ruling, str] | None) -> None:
    who = left(10)
    of = world(system("crm", [account("c1", "1001", last_login=login)]), people=[who])
    assert only(of, "R14") == why


def logged(*activity: Activity, begins: float = 100, **told: Any) -> System:
    return system("crm", [account("c1", "1001", last_login=None, **told)], read=("operations",),
                  activity=activity, log_from=ago(begins))  # fmt: skip


def used(action: str, days: float) -> Activity:
    return Activity(Ref("c1"), action, 3, ago(60), ago(days), "L1")


def test_the_log_tells_what_the_account_does_not() -> None:
    settings = {"R14": {"handover": timedelta(days=1), "jobs": ("job:*",)}}
    for system_, why in (
        (logged(used("view", 3)), (FAILED, "used")),
        (logged(used("view", 30)), None),
        (logged(used("job:backup", 3)), (PASSED, "job")),
        (logged(used("job:backup", 3), used("view", 3)), (FAILED, "used")),
        (logged(begins=5), (UNCLEAR, "unseen")),
    ):
        of = world(system_, people=[left(10)], rules=settings)
        assert only(of, "R14") == why
    of = world(logged(used("view", 3)), people=[left(10)], unsure={("crm", "c1"): ("1001",)})
    assert only(of, "R14") == (UNCLEAR, "unsure")


def test_whoever_came_back_may_log_in() -> None:
    back = left(10, status=PersonStatus.ACTIVE, hired_on=date(2026, 2, 25))
    of = world(system("crm", [account("c1", "1001")]), people=[back, replace(left(10), no="1002")])
    assert only(of, "R14") is None


# R15: customers of leavers.


def owned(*owners: str | None, pools: tuple[str, ...] = (), **more: Any) -> Company:
    records = tuple(
        Record(f"K{n}", "customer", None if o is None else Ref(o)) for n, o in enumerate(owners)
    )
    people = [account("c1", "1001"), account("c2", "1002"), account("c3"), account("pool"),
              account("desk", kind=AccountKind.SHARED)]  # fmt: skip
    crm = system("crm", people, read=("records",), records=records)
    rules = {"R15": {"pools": pools}}
    return world(crm, people=[left(9), person("1002")], rules=rules, **more)


def test_customers_of_leavers() -> None:
    of = owned("c1", "c1", "c2", None)
    verdict = the(judged(of, "R15"), "human:1001")
    assert verdict.ruling is FAILED
    assert verdict.params["count"] == "2"
    assert judged(of, "R15").passed == 1
    assert only(owned("c2", "desk", None), "R15") is None
    assert only(owned("pool", "c2", pools=("POOL",)), "R15") is None
    assert only(owned("pool"), "R15") == (UNCLEAR, "nobody")
    assert only(owned("gone"), "R15") == (UNCLEAR, "nobody")
    assert only(owned("c3", unsure={("crm", "c3"): ("1001", "1002")}), "R15") == (UNCLEAR, "unsure")
    assert only(owned(), "R15") == (UNCLEAR, "nobody")


# R16: movers.


def moved(
    role: list[str] | None = None,
    *,
    home: str = "d2",
    days: float = 30,
    custom: tuple[str, ...] = (),
    since: float | None = None,
    tree: dict[str, str | None] | None = None,
    who: Person | None = None,
    **more: Any,
) -> Company:
    """1001 went from d1 to d2; their account is in department `home` by now."""
    tree = tree or {"d0": None, "d1": "d0", "d2": "d0"}
    joined = None if since is None else ago(since)
    crm = system(
        "crm", [account("c1", "1001", department=home), account("c9")],
        {"r": role or ["crm:view", "@department"]}, departments=tree,
        memberships=(Membership("c1", "r", since=joined),),
        scope_departments=tuple(ScopeDepartment("r", d) for d in custom),
    )  # fmt: skip
    move = Move("1001", "d1", "d2", ago(days))
    people = [who or person("1001", department="d2")]
    return world(crm, people=people, moves=(move,), **more)


CUSTOM = ["crm:view", "@custom"]


@pytest.mark.parametrize(
    ("of", "why"),
    [
        (moved(), None),
        # The account is still in the old department, or its role names it.
        (moved(home="d1"), (FAILED, "kept")),
        (moved(["crm:view", "@subtree"], home="d1", tree={"d1": None, "d2": "d1"}),
         (FAILED, "kept")),
        (moved(home="d1", since=20), (FAILED, "kept")),
        (moved(CUSTOM, custom=("d1",)), (FAILED, "kept")),
        (moved(CUSTOM, custom=("d1", "d2")), None),
        (moved(["crm:view", "@own"], home="d1"), None),
        (moved(["crm:view", "@all"], home="d1"), None),
        # Within the fortnight; given anew after the move; a post still held there; back again.
        (moved(home="d1", days=13), None),
        (moved(CUSTOM, custom=("d1",), since=20), None),
        (moved(CUSTOM, custom=("d1",), since=40), (FAILED, "kept")),
        (moved(home="d1", who=person("1001", department="d2", posts=("d1",))),
         (UNCLEAR, "nobody")),
        (moved(home="d1", who=person("1001", department="d1")), (UNCLEAR, "nobody")),
        (moved(home="d1", who=left(9)), (UNCLEAR, "nobody")),
        # Departments that the system knows by other names; an account that may be theirs.
        (moved(home="x", tree={"x": None}), (UNCLEAR, "unknown_department")),
        (moved(unsure={("crm", "c9"): ("1001",)}), (UNCLEAR, "unsure")),
    ],
)  # fmt: skip
def test_movers(of: Company, why: tuple[Ruling, str] | None) -> None:
    assert only(of, "R16") == why


def test_departments_may_have_other_numbers_in_another_system() -> None:
    of = moved(home="x1", tree={"x1": None, "x2": None})
    crm, hr = of.facts.systems["crm"], system("hr", [], departments={"d1": None, "d2": None})
    named = {"x1": "d1", "x2": "d2"}
    tree = {id_: Department(id_, name=named[id_]) for id_ in crm.departments}
    both = replace(crm, departments=tree), hr
    of = world(*both, people=list(of.facts.persons.values()), moves=of.facts.moves)
    assert only(of, "R16") == (FAILED, "kept")


def test_a_mover_is_shown_by_the_path_that_is_left_over() -> None:
    witness = the(judged(moved(CUSTOM, custom=("d1",)), "R16"), "human:1001").witness
    assert [h.what for h in witness.paths[0].hops] == ["account", "role", "permission", "scope"]
    assert witness.events[0].what == "moved"


# R17: delegations.


def lent(
    *delegations: Delegation,
    steps: tuple[Approval, ...] = (),
    members: dict[str, list[str]] | None = None,
    **more: Any,
) -> Company:
    oa = system(
        "oa", [account(f"o{n}", f"100{n}") for n in (1, 2, 3, 4)],
        {"boss": ["contract:approve"], "cfo": ["pay:approve"]},
        members or {f"o{n}": ["boss"] for n in (1, 2, 3, 4)},
        read=("delegations", "approvals"), delegations=delegations, approvals=steps,
    )  # fmt: skip
    people = [person(f"100{n}") for n in (1, 2, 3, 4)]
    return world(oa, people=people, **more)


def loan(
    of: str = "o1", to: str = "o2", starts: float = 20, ends: float | None = -5, id: str = "D1",
    **more: Any,
) -> Delegation:  # fmt: skip
    end = None if ends is None else ago(ends)
    return Delegation(id, Ref(of), Ref(to), ago(starts), end, **more)


def acted(days: float, actor: str = "o2", behalf: str = "o1", **more: Any) -> Approval:
    base = Approval("HT1", "s1", Ref(actor), Ref(behalf), True, ago(days), "f1")
    return replace(base, **more)


D1 = "delegation:oa/D1"


@pytest.mark.parametrize(
    ("of", "why"),
    [
        (lent(loan()), {}),
        (lent(loan(ends=None)), {(D1, "endless"): (FAILED, "endless")}),
        (lent(loan(ends=None, is_active=False)), {}),
        # The delegate must have the right themselves; for one flow, any that the lender has.
        (lent(loan(), members={"o1": ["boss"]}), {(D1, "lacks"): (FAILED, "lacks")}),
        (lent(loan(ends=3), members={"o1": ["boss"]}), {}),
        (lent(loan(), members={"o1": ["boss", "cfo"], "o2": ["boss"]}),
         {(D1, "lacks"): (FAILED, "lacks")}),
        (lent(loan(flow="f1"), members={"o1": ["boss", "cfo"], "o2": ["boss"]}), {}),
        (lent(loan(), members={"o2": ["boss"]}), {}),
        (lent(loan(to="o9"), members={"o1": ["boss"]}), {(D1, "lacks"): (UNCLEAR, "unsure")}),
        # A to B to A, at one time or not.
        (lent(loan(), loan("o2", "o1", id="D2")), {
            (D1, "loop"): (FAILED, "loop"), ("delegation:oa/D2", "loop"): (FAILED, "loop")}),
        (lent(loan(starts=20, ends=-5), loan("o2", "o1", -6, -9, "D2")), {}),
        (lent(loan(), loan("o2", "o3", id="D2")), {}),
        (lent(loan(), loan("o2", "o3", id="D2"), loan("o3", "o1", id="D3"),
              loan("o3", "o4", id="D4")), {
            (D1, "loop"): (FAILED, "loop"), ("delegation:oa/D2", "loop"): (FAILED, "loop"),
            ("delegation:oa/D3", "loop"): (FAILED, "loop")}),
        (lent(loan("o1", "o1")), {(D1, "loop"): (FAILED, "loop")}),
        # Approvals in somebody's place.
        (lent(loan(ends=5), steps=(acted(6),)), {}),
        (lent(loan(ends=5), steps=(acted(4),)), {(D1, "late"): (FAILED, "late")}),
        (lent(loan(ends=5), steps=(acted(25),)), {(D1, "early"): (FAILED, "early")}),
        (lent(loan(ends=5), steps=(acted(4, is_automatic=True),)), {}),
        (lent(loan(ends=100, starts=120), steps=(acted(95),)), {}),
        # Back later than planned: the delegation was lengthened, or a second one made.
        (lent(loan(ends=5), loan(starts=5, ends=1, id="D2"), steps=(acted(4),)), {}),
        (lent(loan(ends=5, flow="f2"), steps=(acted(6),)),
         {("human:1002", "1001"): (UNCLEAR, "no_delegation")}),
        (lent(loan("o3", "o4"), steps=(acted(6),)),
         {("human:1002", "1001"): (UNCLEAR, "no_delegation")}),
        (lent(loan(is_active=False), steps=(acted(4),)), {(D1, "late"): (UNCLEAR, "unsure")}),
    ],
)  # fmt: skip
def test_delegations(of: Company, why: dict[tuple[str, str], tuple[Ruling, str]]) -> None:
    assert reasons(of, "R17") == why
    failed = {subject for (subject, _), (ruling, _) in why.items() if ruling is FAILED}
    assert failing(of, judged(of, "R17")) == failed


def test_an_end_told_as_a_day_takes_that_day_in() -> None:
    last = Delegation("D1", Ref("o1"), Ref("o2"), ago(20), shanghai(2026, 2, 20))
    evening = acted(0, at=shanghai(2026, 2, 20, 23, 59))
    morning = acted(0, at=shanghai(2026, 2, 21, 0, 0))
    assert reasons(lent(last, steps=(evening,)), "R17") == {}
    assert reasons(lent(last, steps=(morning,)), "R17") == {(D1, "late"): (FAILED, "late")}


def test_two_logins_of_one_minelend_to_themselves() -> None:
    of = lent(loan())
    oa = of.facts.systems["oa"]
    second = {**oa.accounts, "o2": replace(oa.accounts["o2"], person="1001")}
    of = world(replace(oa, accounts=second), people=list(of.facts.persons.values()))
    assert reasons(of, "R17")[D1, "loop"] == (FAILED, "loop")


def test_delegations_that_were_not_read() -> None:
    of = lent(loan(ends=None), steps=(acted(4),))
    of = world(unread(of.facts.systems["oa"], "delegations"), people=[person("1001")])
    assert reasons(of, "R17") == {("system:oa", "delegations"): (UNCLEAR, "not_read")}


# R11: exports.


def exported(
    *lines: Operation, who: Person | None = None, begins: float = 100, **more: Any
) -> Company:
    crm = system(
        "crm", [account("c1", "1001"), account("c3"), service("robot"),
                account("desk", kind=AccountKind.SHARED)],
        {"r": ["crm:export"]}, {"c1": ["r"]}, read=("operations",), operations=lines,
        log_from=ago(begins), **more,
    )  # fmt: skip
    return world(crm, people=[who or person("1001")])


def out(rows: int | None, *at: int, id: str = "L1", actor: str = "c1", **more: Any) -> Operation:
    base = Operation(id, Ref(actor), "export:customer", shanghai(*(at or (2026, 2, 20, 10))), None,
                     rows)  # fmt: skip
    return replace(base, **more)


def pages(count: int, rows: int) -> list[Operation]:
    return [out(rows, 2026, 2, 20, 10, n, id=f"L{n:02d}") for n in range(count)]


VOLUME = {("human:1001", "volume"): (FAILED, "volume")}
NOBODY = {("rule:R11", ""): (UNCLEAR, "nobody")}
HOURS = {("human:1001", "hours"): (FAILED, "hours")}


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([out(500)], {}),
        ([out(501)], VOLUME),
        # Page by page; over two days; either side of midnight in Shanghai.
        (pages(50, 200), VOLUME),
        ([out(300), out(300, 2026, 2, 21, 10, id="L2")], {}),
        ([out(300, 2026, 2, 20, 20, 59), out(300, 2026, 2, 20, 7, id="L2")], VOLUME),
        ([out(1, 2026, 2, 20, 21)], HOURS),
        ([out(1, 2026, 2, 20, 6, 59)], HOURS),
        ([out(9000, is_successful=False), out(0, id="L2")], NOBODY),
        ([out(9000, action="view")], NOBODY),
        ([out(None)], {("human:1001", "volume"): (UNCLEAR, "no_rows")}),
        ([out(None), out(501, id="L2")], VOLUME),
        ([out(9000, 2025, 10, 1, 10)], NOBODY),
        ([out(501, actor="c3")], {("account:crm/c3", "volume"): (FAILED, "volume")}),
        ([out(501, actor="desk")], {("account:crm/desk", "volume"): (UNCLEAR, "many_hands")}),
        ([out(501, actor="robot")], {("account:crm/robot", "volume"): (UNCLEAR, "many_hands")}),
    ],
)  # fmt: skip
def test_exports(lines: list[Operation], why: dict[tuple[str, str], tuple[Ruling, str]]) -> None:
    assert reasons(exported(*lines), "R11") == why


def test_exports_on_the_way_out() -> None:
    notice = {("human:1001", "notice"): (FAILED, "notice")}
    for days, why in ((-10, notice), (5, notice), (-25, {})):
        assert reasons(exported(out(5), who=left(days)), "R11") == why
    back = left(5, hired_on=date(2026, 3, 1), status=PersonStatus.ACTIVE)
    assert reasons(exported(out(5), who=back), "R11") == {}


def test_what_is_exported_masked_holds_no_phone_number() -> None:
    masked = FieldRight("r", "customer", "pii", FieldAccess.MASKED, "export")
    of = exported(out(900), field_rights=(masked,))
    assert reasons(of, "R11") == {("rule:R11", ""): (UNCLEAR, "nobody")}
    only_page = replace(masked, channel="page")
    assert reasons(exported(out(900), field_rights=(only_page,)), "R11") == VOLUME


def test_a_log_younger_than_the_window_is_told() -> None:
    young = judged(exported(out(5), begins=20), "R11")
    assert [(v.subject, v.reason) for v in young.verdicts] == [("system:crm", "deeds.young_log")]
    assert (young.population, young.passed) == (1, 1)
    blind = unread(exported().facts.systems["crm"], "operations")
    assert reasons(world(blind, people=[]), "R11") == {
        ("system:crm", "operations"): (UNCLEAR, "not_read")
    }


# R23: shared accounts.


def addressed(*uses: tuple[float, str], **told: Any) -> Company:
    """Uses of c1 as hours before now and addresses."""
    lines = tuple(
        Operation(f"L{n}", Ref("c1"), "view", NOW - timedelta(hours=hours), address=address)
        for n, (hours, address) in enumerate(uses)
    )
    mine = replace(account("c1", "1001"), **told)
    crm = system("crm", [mine], read=("operations",), operations=lines, log_from=ago(100))
    rules = {"R23": {"gateways": ("100.64.*",)}}
    return world(crm, people=[person("1001")], rules=rules)


HERE, THERE = "10.1.1.7", "172.16.9.4"


@pytest.mark.parametrize(
    ("of", "why"),
    [
        (addressed((5, HERE), (4.9, THERE), (4.8, HERE), (4.7, THERE)), (FAILED, "parallel")),
        # Once, from home to the office; hours apart; within one network; at a gateway.
        (addressed((5, HERE), (4.9, THERE)), None),
        (addressed((9, HERE), (7, THERE), (5, HERE), (3, THERE)), None),
        (addressed((5, HERE), (4.9, "10.1.1.9"), (4.8, HERE), (4.7, "10.1.1.9")), None),
        (addressed((5, HERE), (4.9, "100.64.2.2"), (4.8, HERE), (4.7, "100.64.2.2")), None),
        (addressed(kind=AccountKind.SHARED), (FAILED, "shared")),
        (addressed(kind=AccountKind.SHARED, is_enabled=False), (UNCLEAR, "nobody")),
        (addressed(kind=AccountKind.SERVICE), (PASSED, "service")),
        (addressed((5, HERE), (4.9, THERE), (4.8, HERE), (4.7, THERE),
                   kind=AccountKind.SERVICE), (PASSED, "service")),
        (addressed(kind=AccountKind.BUILT_IN), (PASSED, "built_in")),
        (addressed(login="test01"), (FAILED, "generic")),
        (addressed(login="testa"), None),
        (addressed(person=None), (UNCLEAR, "unsure")),
    ],
)  # fmt: skip
def test_shared_accounts(of: Company, why: tuple[Ruling, str] | None) -> None:
    assert only(of, "R23") == why


def test_many_people_behind_one_address_share_no_account() -> None:
    people = [account(f"c{n}", f"100{n}") for n in range(9)]
    lines = tuple(
        Operation(f"L{n}", Ref(f"c{n % 9}"), "view", ago(n / 500), address=HERE) for n in range(90)
    )
    crm = system("crm", people, read=("operations",), operations=lines, log_from=ago(100))
    result = judged(world(crm, people=[person(f"100{n}") for n in range(9)]), "R23")
    assert (result.population, result.passed, result.verdicts) == (9, 9, ())


def test_accounts_whose_log_was_not_read() -> None:
    of = world(unread(addressed().facts.systems["crm"], "operations"), people=[person("1001")])
    assert reasons(of, "R23") == {("system:crm", "operations"): (UNCLEAR, "not_read")}


# R24: granting.


def granted(
    by: str | None = "a1",
    role: str = "seller",
    to: str = "c1",
    *,
    days: float = 5,
    home: str = "d1",
    admin: list[str] | None = None,
    **more: Any,
) -> Company:
    """a1 (1009) administers d1; `by` puts `to` into `role`."""
    grantor = None if by is None else Ref(by)
    crm = system(
        "crm",
        [account("c1", "1001", department=home), account("a1", "1009"), account("a2", "1009"),
         account("x7"), service("robot"), account("1", kind=AccountKind.BUILT_IN)],
        {"admin": admin or ["user:admin", "@department"], "seller": ["crm:view", "@own"],
         "local": ["crm:view", "@department"], "chief": ["crm:view"], "idle": ["other"]},
        departments={"d1": None, "d2": None},
        memberships=(
            Membership("a1", "admin", granted_by=Ref("1"), granted_at=ago(50)),
            Membership(to, role, granted_by=grantor, granted_at=ago(days)),
        ),
    )  # fmt: skip
    return world(crm, people=[person("1001"), person("1009")], **more)


LISTED = (("account:crm/a1", "admin"), (PASSED, "super_admin"))


@pytest.mark.parametrize(
    ("of", "why"),
    [
        (granted(), None),
        (granted(role="local"), None),
        (granted(role="chief"), (FAILED, "beyond")),
        # The member's own rows are rows of their department.
        (granted(home="d2"), (FAILED, "beyond")),
        (granted(role="chief", admin=["user:admin"]), None),
        (granted(role="chief", days=95), (UNCLEAR, "too_old")),
        (granted(role="idle"), None),
        (granted(to="a1", role="seller"), (FAILED, "self")),
        (granted(to="a2", role="seller"), (FAILED, "self")),
        (granted("1", "chief"), (PASSED, "super_admin")),
        (granted("c1", to="a2"), (UNCLEAR, "no_longer")),
        (granted("gone"), (UNCLEAR, "unsure_grantor")),
        (granted(to="x7"), (UNCLEAR, "unsure")),
        (granted(to="robot"), None),
    ],
)
def test_grants(of: Company, why: tuple[Ruling, str] | None) -> None:
    found = reasons(of, "R24")
    assert LISTED in found.items()
    rest = [value for key, value in found.items() if key != LISTED[0]]
    assert rest == ([] if why is None else [why])


def test_a_group_of_ones_own_is_oneself() -> None:
    of = granted()
    crm = of.facts.systems["crm"]

    team = Membership("a1", "team", into_node=Node.GROUP, granted_by=Ref("1"))
    up = Membership("team", "chief", Node.GROUP, granted_by=Ref("a1"))
    roles = {**crm.roles, "team": replace(crm.roles["chief"], id="team", node=Node.GROUP)}
    crm = replace(crm, roles=roles, memberships=(*crm.memberships, team, up))
    of = world(crm, people=list(of.facts.persons.values()))
    assert reasons(of, "R24")["group:crm/team", "chief"] == (FAILED, "self_group")


def test_a_grant_beyond_ones_own_shows_both_paths() -> None:
    witness = the(judged(granted(role="chief"), "R24"), "account:crm/c1").witness
    assert witness.human == "1009"
    assert [(p.account, p.function) for p in witness.paths] == [
        ("c1", "CUST_VIEW"), ("a1", "USER_ADMIN"),
    ]  # fmt: skip
    assert [(e.what, e.at) for e in witness.events] == [("granted", ago(5))]


def test_what_nobody_recorded_of_grants() -> None:
    assert reasons(granted(None), "R24") == dict([
        LISTED, (("system:crm", "unrecorded"), (UNCLEAR, "unrecorded")),
    ])  # fmt: skip
    of = granted(role="chief")
    bare = world(unread(of.facts.systems["crm"], "grants"), people=[person("1001")])
    assert (FAILED, "beyond") not in reasons(bare, "R24").values()
    assert reasons(bare, "R24")["system:crm", "grants"] == (UNCLEAR, "not_read")


def test_where_no_log_or_no_binding_tells_nobody_passes() -> None:
    crm = system("crm", [account("c1", "1001")], {"r": ["crm:export"]}, {"c1": ["r"]})
    of = world(crm, people=[person("1001")])
    assert reasons(of, "R11") == {("system:crm", "operations"): (UNCLEAR, "no_log")}
    assert reasons(of, "R23") == {("system:crm", "operations"): (UNCLEAR, "no_log")}
    kept = replace(crm, known=crm.known | {"operations"}, log_from=ago(100))
    silent = company(facts(kept, people=[person("1001")]), policy(FUNCTIONS))
    assert reasons(silent, "R11") == {("system:crm", "actions"): (UNCLEAR, "no_actions")}
    nothing = company(facts(kept, people=[person("1001")]), policy({"CUST_EXPORT": {}}))
    assert reasons(nothing, "R11") == {("rule:R11", ""): (UNCLEAR, "unbound")}


def test_delegates_where_nothing_is_bound_to_approving() -> None:
    of = lent(loan(ends=None))
    bare = company(of.facts, policy({"CONTRACT_APPROVE": {}, "PAY_APPROVE": {}}))
    assert reasons(bare, "R17") == {
        (D1, "endless"): (FAILED, "endless"), ("system:oa", "unbound"): (UNCLEAR, "unbound"),
    }  # fmt: skip


def test_only_what_came_with_the_role_counts_against_who_gave_it() -> None:
    of = granted(role="local")
    crm = of.facts.systems["crm"]
    wide = Membership("c1", "chief", granted_by=Ref("1"), granted_at=ago(50))
    crm = replace(crm, memberships=(*crm.memberships, wide))
    of = world(crm, people=list(of.facts.persons.values()))
    assert reasons(of, "R24").keys() == {LISTED[0], ("account:crm/c1", "chief")}
    assert failing(of, judged(of, "R24")) == set()
