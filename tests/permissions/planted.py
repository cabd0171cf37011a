"""What is planted in the synthetic company: for each rule several failures, what comes near to one,
and what cannot be told. Each function plants for one rule and writes down what is to be found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from checks.permissions.model import (
    AccountKind,
    Activity,
    Delegation,
    Document,
    FieldAccess,
    FieldRight,
    FlowEdit,
    Membership,
    Move,
    Node,
    Operation,
    PersonStatus,
    Ref,
    Role,
    Scope,
)
from checks.permissions.policy import Exemption
from tests.permissions.company import Builder, Human, ago, noon

TODAY = date(2026, 3, 2)


def human(who: Human) -> str:
    return f"human:{who.no}"


def crm(who: Human) -> str:
    assert who.crm is not None
    return who.crm


def lead_of(b: Builder, who: Human) -> Human:
    return b.managers[who.department]


def r01(b: Builder) -> None:
    wide, nested, forgotten = (b.take("rep") for _ in range(3))
    b.role(b.crm, "nation", Scope.ALL, "customer:view nation:view")
    b.role(b.crm, "outer", Scope.OWN, "outer:view")
    b.nested(b.crm, "outer", "nation")
    # RuoYi gives a role that says nothing every row.
    b.role(b.crm, "forgotten", None, "customer:view")
    b.join(b.crm, crm(wide), "nation")
    b.join(b.crm, crm(nested), "outer")
    b.join(b.crm, crm(forgotten), "forgotten")
    b.failed |= {("R01", human(h), "crm") for h in (wide, nested, forgotten)}
    # Other roles of the same scope; a wide role that is disabled; one that has run out.
    near, later = b.take("rep"), b.take("rep")
    b.role(b.crm, "shut", Scope.ALL, "customer:view shut:view")
    shut = b.id("shut")
    b.crm.roles[shut] = replace(b.crm.roles[shut], is_enabled=False)
    b.join(b.crm, crm(near), "shut")
    b.join(b.crm, crm(near), "pad0")
    b.join(b.crm, crm(later), "nation", until=ago(1))
    # Whose job is in no family, and who holds what is too much for some.
    driver = b.employ("driver", "司机", b.id("adm"), "nation", "")
    b.unclear |= {("R01", human(driver), "crm"), ("R02", human(driver), "crm"),
                  ("R03", human(driver), "crm")}  # fmt: skip


def r02(b: Builder) -> None:
    for at in range(2):
        who = b.free["manager"].pop(at)
        other = "r5" if who.department != b.id("r5") else "r4"
        b.role(b.crm, f"old {at}", Scope.CUSTOM, f"customer:view old:{at}", other)
        b.join(b.crm, crm(who), f"old {at}")
        b.failed.add(("R02", human(who), "crm"))
    near = b.managers[b.id("r3t1")]
    b.role(b.crm, "same again", Scope.CUSTOM, "customer:view", "r3t1")
    b.join(b.crm, crm(near), "same again")


def r03(b: Builder) -> None:
    export, page = b.take("finance"), b.take("finance")
    b.role(b.crm, "dump", Scope.ALL, "customer:view dump:run")
    b.role(b.crm, "card", Scope.ALL, "customer:view card:view")
    for role, channel in (("dump", "export"), ("card", "page")):
        b.crm.fields.append(FieldRight(b.id(role), "customer", "pii", FieldAccess.READ, channel))
    b.join(b.crm, crm(export), "dump")
    b.join(b.crm, crm(page), "card")
    b.failed |= {("R03", human(h), "crm/pii") for h in (export, page)}
    # Money may be read.
    near = b.take("finance")
    b.role(b.crm, "money", Scope.ALL, "money:view")
    b.crm.fields.append(FieldRight(b.id("money"), "customer", "financial", FieldAccess.READ))
    b.join(b.crm, crm(near), "money")


def r04(b: Builder) -> None:
    own, lent, second = b.take("rep"), b.take("rep"), b.take("rep")
    law = b.free["legal"][2]
    no = b.contract("HT-own", own, 8000, 30, lead_of(b, own))
    b.approve(no, own, 27, step="step 5")
    b.failed.add(("R04", f"document:crm/{no}", ""))
    no = b.contract("HT-lent", lent, 8000, 30, law)
    b.approve(no, lead_of(b, lent), 27, step="step 5", on_behalf_of=Ref(lent.oa))
    b.failed.add(("R04", f"document:crm/{no}", ""))
    # A second login of the same human in the OA.
    other = b.id("second")
    b.account(b.oa, other, second)
    b.join(b.oa, other, "staff")
    no = b.contract("HT-second", second, 8000, 30, law)
    b.approve(no, replace(second, oa=other), 27, step="step 5")
    b.failed.add(("R04", f"document:crm/{no}", ""))
    # The maker sent it back to themselves; the system passed a step of theirs, others decided.
    near = b.take("rep")
    no = b.contract("HT-near", near, 8000, 30, lead_of(b, near))
    b.approve(no, near, 27, step="step 5", is_approved=False)
    b.approve(no, law, 26, step="step 6")
    skipped = b.take("rep")
    no = b.contract("HT-skip", skipped, 8000, 30, lead_of(b, skipped), law)
    b.approve(no, skipped, 29.5, step="step 9", is_automatic=True)
    # Nobody knows who made it.
    dark = b.take("rep")
    no = b.contract("HT-dark", dark, 8000, 30, law, creator=None)
    b.oa.documents[no] = replace(b.oa.documents[no], creator=None)
    b.unclear |= {("R04", f"document:crm/{no}", ""), ("R19", f"document:crm/{no}", "")}
    # Somebody lent a right that nobody wrote down: whether they might is another matter.
    b.unclear.add(("R17", human(lead_of(b, lent)), lent.no))


def r05(b: Builder) -> None:
    rep, support, lead = b.take("rep"), b.take("support"), b.free["manager"].pop()
    b.join(b.oa, rep.oa, "approver")
    b.join(b.oa, support.oa, "lawyer")
    # A head of sales with a second account in the CRM, under which contracts are made.
    extra = b.id("extra")
    b.account(b.crm, extra, lead)
    b.role(b.crm, "writer", Scope.OWN, "contract:create writer:use")
    b.join(b.crm, extra, "writer")
    b.failed |= {("R05", human(h), "contract") for h in (rep, support, lead)}
    # What cannot be used any more: a disabled second account, a closed role.
    near = b.free["manager"].pop()
    off = b.id("off")
    b.account(b.crm, off, near, is_enabled=False)
    b.join(b.crm, off, "writer")
    b.role(b.oa, "closed", Scope.ALL, "contract:approve closed:use")
    b.oa.roles[b.id("closed")] = replace(b.oa.roles[b.id("closed")], is_enabled=False)
    b.join(b.oa, b.take("rep").oa, "closed")
    # A right that holds for amounts which the other does not is none for the same contract.
    apart = b.take("rep")
    b.role(b.oa, "large", Scope.ALL, "contract:approve large:use")
    approve = b.id("p:contract:approve")
    b.oa.grants = [
        replace(g, above=Decimal(10**6)) if g.holder == b.id("large") else g for g in b.oa.grants
    ]
    b.role(b.crm, "small", Scope.OWN, "contract:create small:use")
    b.crm.grants = [
        replace(g, below=Decimal(10**5)) if g.holder == b.id("small") else g for g in b.crm.grants
    ]
    b.crm.memberships = [
        replace(m, into=b.id("small")) if m.member == apart.crm and m.into == b.id("rep") else m
        for m in b.crm.memberships
    ]
    b.join(b.oa, apart.oa, "large")
    assert approve in b.oa.permissions


def r06(b: Builder) -> None:
    for at in range(2):
        who = b.take("finance")
        b.join(b.oa, who.oa, "payer")
        b.failed.add(("R06", human(who), "payment"))
        maker = b.take("finance")
        no = b.id(f"FK-own-{at}")
        b.oa.documents[no] = Document(
            no, "payment", Ref(maker.oa), Decimal(500), created_at=noon(9)
        )
        b.approve(no, maker, 8)
        b.failed.add(("R06", f"document:oa/{no}", "executed"))
    # Somebody else decided as well: that makes up for it, and is shown.
    maker = b.take("finance")
    no = b.id("FK-third")
    b.oa.documents[no] = Document(no, "payment", Ref(maker.oa), Decimal(500), created_at=noon(9))
    b.approve(no, maker, 8)
    b.approve(no, b.free["cfo"][1], 7, step="step 1")
    b.excepted.add(("R06", f"document:oa/{no}", "executed"))


def r07(b: Builder) -> None:
    buyer, clerk, near = b.take("buyer"), b.take("finance"), b.take("finance")
    b.join(b.oa, buyer.oa, "cashier")
    b.join(b.oa, clerk.oa, "buyer")
    b.failed |= {("R07", human(h), "vendor") for h in (buyer, clerk)}
    # Looking up a vendor is no master data.
    b.join(b.oa, near.oa, "reader")


def r08(b: Builder) -> None:
    keeper, guard, near = b.take("it"), b.take("security"), b.take("it")
    rep = b.take("rep")
    lead = lead_of(b, rep)
    for at, who in enumerate((keeper, guard)):
        no = b.contract(f"HT-admin-{at}", rep, 3000, 40, lead, customer=f"K-a{at}")
        b.approve(no, who, 37, step="step 7")
        b.failed.add(("R08", human(who), ""))
    no = b.contract("HT-root", rep, 3000, 40, lead, customer="K-a9")
    b.approve(no, replace(keeper, oa="1"), 37, step="step 7")
    b.failed.add(("R08", "account:oa/1", ""))
    b.unclear |= {
        ("R04", f"document:crm/{no}", ""), ("R18", f"document:oa/{no}", b.id("flow")),
        ("R26", "account:oa/1", b.id("flow")),
    }  # fmt: skip
    # Refused, and long ago.
    no = b.contract("HT-refused", rep, 3000, 40, lead, customer="K-a7", is_effective=False)
    b.approve(no, near, 37, step="step 7", is_approved=False)
    no = b.contract("HT-ancient", rep, 3000, 110, lead, customer="K-a8")
    b.approve(no, near, 107, step="step 7")
    # Leave and the like: of those documents nothing is known.
    other = b.take("it")
    b.approve(b.id("LEAVE-1"), other, 20)
    b.unclear.add(("R08", human(other), ""))


def r09(b: Builder) -> None:
    guard, keeper, auditor = b.take("security"), b.take("it"), b.take("audit")
    b.join(b.crm, crm(guard), "auditor")
    b.join(b.oa, keeper.oa, "guard")
    b.role(b.oa, "helper", Scope.ALL, "user:admin helper:use")
    b.join(b.oa, auditor.oa, "helper")
    b.failed |= {
        ("R09", human(guard), "officers_security_audit"),
        ("R09", human(keeper), "officers_system_security"),
        ("R09", human(auditor), "officers_system_audit"),
    }


def r10(b: Builder) -> None:
    auditor, operator = b.take("audit"), b.take("ops")
    b.role(b.oa, "eraser", Scope.ALL, "log:delete eraser:use")
    for who in (auditor, operator):
        b.join(b.oa, who.oa, "eraser")
        b.failed.add(("R10", human(who), f"oa/{who.oa}"))
    # A program that clears old lines.
    robot = b.id("oa.robot")
    b.join(b.oa, robot, "eraser")
    b.excepted.add(("R10", f"account:oa/{robot}", f"oa/{robot}"))


def r11(b: Builder) -> None:
    pages, night, going, near, silent = (b.free["manager"].pop() for _ in range(5))
    for _ in range(50):
        b.export(crm(pages), 200, 12)
    b.export(crm(night), 30, 12, hour=23)
    b.export(crm(going), 40, 6)
    b.persons[going.no] = replace(b.persons[going.no], left_on=TODAY + timedelta(days=9))
    b.failed |= {("R11", human(pages), "volume"), ("R11", human(night), "hours"),
                 ("R11", human(going), "notice")}  # fmt: skip
    # Just at the limit, day after day; the last line of the day just before closing time.
    for day in range(5):
        b.export(crm(near), 500, 70 + day)
    b.export(crm(near), 10, 66, hour=20)
    b.export(crm(silent), None, 12)
    b.unclear.add(("R11", human(silent), "volume"))


def r12(b: Builder) -> None:
    for _ in range(2):
        who = b.free["manager"].pop()
        for rows in (b.crm.operations, b.crm.activity):
            rows[:] = [line for line in rows if line.actor != Ref(crm(who))]  # type: ignore[index]
        b.failed.add(("R12", f"account:crm/{who.crm}", "CUST_EXPORT"))
    # Given a month ago only.
    fresh = b.take("support")
    b.role(b.crm, "unloader", Scope.DEPARTMENT, "customer:export")
    b.join(b.crm, crm(fresh), "unloader", days=30)


def leave(b: Builder, who: Human, days: int, **more: object) -> None:
    """Somebody's last day; their accounts are closed and their customers given away."""
    base = replace(b.persons[who.no], status=PersonStatus.LEFT,
                   left_on=TODAY - timedelta(days=days))  # fmt: skip
    b.persons[who.no] = replace(base, **more)  # type: ignore[arg-type]
    for parts, id_ in ((b.crm, who.crm), (b.oa, who.oa)):
        if id_ is not None:
            b.change(parts, id_, is_enabled=False, last_login=ago(days + 3))
    heir = lead_of(b, who).crm
    b.crm.activity = [a for a in b.crm.activity if a.actor != Ref(who.crm or "")]
    b.crm.records = [
        replace(r, owner=Ref(heir)) if heir and r.owner == Ref(who.crm or "") else r
        for r in b.crm.records
    ]


def leavers(b: Builder) -> None:
    """R13, R14 and R15."""
    alive, token, used, logged, owner, near, future, back, odd, gone = (
        b.take("rep") for _ in range(10)
    )
    for at, who in enumerate((alive, token, used, logged, owner, near, odd, gone)):
        leave(b, who, 20 + at)
    b.change(b.crm, crm(alive), is_enabled=True)
    b.change(b.oa, token.oa, has_live_token=True)
    b.failed |= {("R13", human(alive), f"crm/{alive.crm}"), ("R13", human(token), f"oa/{token.oa}")}
    # The OA keeps tokens: whether one is alive is told of every account but one.
    for id_ in b.oa.accounts:
        if b.oa.accounts[id_].has_live_token is None and id_ != gone.oa:
            b.change(b.oa, id_, has_live_token=False)
    b.unclear.add(("R13", human(gone), f"oa/{gone.oa}"))
    b.change(b.crm, crm(logged), last_login=ago(5))
    b.crm.activity.append(Activity(Ref(crm(used)), "view", 2, ago(9), ago(8), "late"))
    b.failed |= {("R14", human(h), "") for h in (logged, used)}
    for at, who in enumerate((owner, owner, owner, near)):
        b.customer(f"KL{at}", who.crm)
        b.failed.add(("R15", human(who), "crm"))
    # The day of handing over; a day to come; hired again; the pool.
    b.change(b.oa, near.oa, last_login=ago(24.1))
    b.persons[future.no] = replace(b.persons[future.no], left_on=TODAY + timedelta(days=60))
    leave(b, back, 40, status=PersonStatus.ACTIVE, hired_on=TODAY - timedelta(days=9))
    b.change(b.crm, crm(back), is_enabled=True, last_login=ago(1))
    b.account(b.crm, b.id("pool"), None, kind=AccountKind.SERVICE)
    b.listed.add(("R23", f"account:crm/{b.id('pool')}", ""))
    b.customer("KP", b.id("pool"))
    # Left, says the list, and active, it says as well.
    b.persons[odd.no] = replace(b.persons[odd.no], status=PersonStatus.ACTIVE)
    b.change(b.crm, crm(odd), is_enabled=True)
    b.customer("KO", odd.crm)
    b.unclear |= {("R13", human(odd), f"crm/{odd.crm}"), ("R15", human(odd), "crm")}
    b.customer("KG", b.id("forgotten account"))
    b.unclear.add(("R15", f"account:crm/{b.id('forgotten account')}", "crm"))


def r16(b: Builder) -> None:
    stale, custom, fine, recent, both = (
        b.employ("mover", "销售助理", b.id("r1t0"), "support", "") for _ in range(5)
    )
    before, after = b.id("r1t0"), b.id("r2t0")
    for who in (stale, custom, fine, recent, both):
        days = 5 if who is recent else 60
        b.persons[who.no] = replace(b.persons[who.no], department=after)
        b.moves.append(Move(who.no, before, after, ago(days)))
        if who not in (stale, recent, both):
            b.change(b.crm, crm(who), department=after)
    b.role(b.crm, "region east", Scope.CUSTOM, "order:create", "r1t0")
    b.join(b.crm, crm(custom), "region east")
    b.persons[both.no] = replace(b.persons[both.no], posts=(before,))
    b.failed |= {("R16", human(h), before) for h in (stale, custom)}


def r17(b: Builder) -> None:
    leads = [b.free["manager"].pop(0) for _ in range(8)]
    helper = b.take("hr")

    def lend(id_: str, of: Human, to: Human, starts: float, ends: float | None) -> str:
        end = None if ends is None else ago(ends)
        told = Delegation(b.id(id_), Ref(of.oa), Ref(to.oa), ago(starts), end)
        b.oa.delegations.append(told)
        return f"delegation:oa/{told.id}"

    law = b.free["legal"][3]
    b.failed.add(("R17", lend("D-endless", leads[0], leads[1], 30, None), "endless"))
    b.failed.add(("R17", lend("D-lacks", leads[1], helper, 30, -30), "lacks"))
    b.failed |= {
        ("R17", lend("D-there", leads[2], leads[3], 30, -30), "loop"),
        ("R17", lend("D-back", leads[3], leads[2], 10, -10), "loop"),
    }
    rep = b.take("rep")
    late, early = lend("D-late", leads[4], leads[5], 60, 40), lend("D-early", law, leads[5], 20, -9)
    fine = lend("D-fine", leads[6], leads[7], 60, 20)
    assert fine
    for at, (of, to, days, subject, facet) in enumerate((
        (leads[4], leads[5], 37, late, "late"), (law, leads[5], 30, early, "early"),
        (leads[6], leads[7], 40, "", ""),
    )):  # fmt: skip
        no = b.contract(f"HT-lend-{at}", rep, 5000, days + 4, b.free["boss"][0],
                        customer=f"K-l{at}")  # fmt: skip
        b.approve(no, to, days, step="step 8", on_behalf_of=Ref(of.oa))
        if subject:
            b.failed.add(("R17", subject, facet))
    # Lent by somebody whom nobody knows.
    ghost = Delegation(b.id("D-ghost"), Ref(b.id("ghost")), Ref(leads[7].oa), ago(3), ago(-3))
    b.oa.delegations.append(ghost)
    b.unclear.add(("R17", f"delegation:oa/{ghost.id}", "lacks"))


def r18(b: Builder) -> None:
    flow = b.id("flow")
    law, boss = b.free["legal"][1], b.free["boss"][3]
    for at in range(2):
        rep = b.take("rep")
        no = b.contract(f"HT-ring-{at}", rep, 7000, 50, boss, law)
        b.approve(no, boss, 44, step="step 6")
        b.failed.add(("R18", f"document:oa/{no}", flow))
    rep = b.take("rep")
    no = b.contract("HT-skips", rep, 7000, 50, boss, law)
    b.approve(no, boss, 47.5, step="step 6", is_automatic=True)
    b.listed.add(("R18", f"document:oa/{no}", flow))
    # Sent back and approved again.
    no = b.contract("HT-again", rep, 7000, 30, boss, law, customer="K-again")
    b.approve(no, boss, 20)
    # A desk that several share decided twice.
    desk = b.id("desk")
    b.account(b.oa, desk, None, kind=AccountKind.SHARED)
    b.failed.add(("R23", f"account:oa/{desk}", ""))
    no = b.contract("HT-desk", rep, 7000, 40, law, customer="K-desk")
    for step in ("step 5", "step 6"):
        b.approve(no, replace(rep, oa=desk), 36, step=step)
    b.unclear |= {
        ("R18", f"document:oa/{no}", flow), ("R04", f"document:crm/{no}", ""),
        ("R08", f"account:oa/{desk}", ""), ("R26", f"account:oa/{desk}", flow),
    }  # fmt: skip


def r19(b: Builder) -> None:
    law = b.free["legal"][0]

    def parts(who: Human, customer: str, *amounts: int, **more: object) -> None:
        for at, amount in enumerate(amounts):
            b.contract(f"HT-{customer}-{at}", who, amount, 40 - 2 * at, lead_of(b, who), law,
                       customer=customer, **more)  # fmt: skip

    for at in range(2):
        who = b.take("rep")
        parts(who, f"K-split-{at}", 300_000, 150_000, 60_000)
        b.failed.add(("R19", human(who), b.id(f"K-split-{at}")))
    near = b.take("rep")
    parts(near, "K-below", 300_000, 150_000, 40_000)
    parts(near, "K-large", 600_000, 90_000)
    b.contract("HT-frame", near, 2_000_000, 80, lead_of(b, near), law, customer="K-frame")
    parts(near, "K-frame", 300_000, 300_000, frame=b.id("HT-frame"))
    for at in range(4):
        b.contract(f"HT-slow-{at}", near, 400_000, 80 - 8 * at, lead_of(b, near), law,
                   customer="K-slow")  # fmt: skip
    dark = b.take("rep")
    parts(dark, "K-euro", 300_000, 300_000, currency="EUR")
    b.unclear.add(("R19", human(dark), b.id("K-euro")))


def r20(b: Builder) -> None:
    law = b.free["legal"][0]
    for at, (now, then, told) in enumerate((
        (9900, 9000, "failed"), (8000, 9000, "failed"), (10170, 9000, "unclear"),
        (9000, 9000, ""),
    )):  # fmt: skip
        who = b.take("rep")
        no = b.contract(f"HT-changed-{at}", who, then, 30, lead_of(b, who), law)
        b.crm.documents[no] = replace(b.crm.documents[no], amount=Decimal(now), updated_at=noon(10))
        key = ("R20", f"document:crm/{no}", "")
        b.failed |= {key} if told == "failed" else set()
        b.unclear |= {key} if told == "unclear" else set()
    # Changed, and then approved again; a cent.
    who = b.take("rep")
    no = b.contract("HT-anew", who, 9000, 30, lead_of(b, who), law)
    b.crm.documents[no] = replace(b.crm.documents[no], amount=Decimal(9500), updated_at=noon(20))
    b.approve(no, law, 15, step="step 1")
    no = b.contract("HT-cent", who, 9000, 30, lead_of(b, who), law, customer="K-cent")
    b.crm.documents[no] = replace(b.crm.documents[no], amount=Decimal("9000.01"),
                                  updated_at=noon(9))  # fmt: skip


def r21(b: Builder) -> None:
    who = b.take("rep")
    for at in range(2):
        no = b.contract(f"HT-bare-{at}", who, 4000, 50, customer=f"K-bare-{at}")
        b.failed.add(("R21", f"document:crm/{no}", ""))
    no = b.contract("HT-no", who, 4000, 50, customer="K-no")
    b.approve(no, lead_of(b, who), 45, is_approved=False)
    b.failed.add(("R21", f"document:crm/{no}", ""))
    b.contract("HT-draft", who, 4000, 50, customer="K-draft", is_effective=False)
    no = b.contract("HT-1999", who, 4000, 200, customer="K-1999")
    b.unclear.add(("R21", f"document:crm/{no}", ""))


def r22(b: Builder) -> None:
    operator, chief = b.take("ops"), b.take("boss")
    for who in (operator, chief):
        b.change(b.oa, who.oa, last_login=ago(91))
        b.failed.add(("R22", f"account:oa/{who.oa}", ""))
    b.change(b.oa, b.take("ops").oa, last_login=ago(89))
    never = b.take("ops")
    b.change(b.oa, never.oa, last_login=None)
    b.unclear.add(("R22", f"account:oa/{never.oa}", ""))


def r23(b: Builder) -> None:
    shared, guest = b.id("front desk"), b.id("visitor")
    b.account(b.crm, shared, None, kind=AccountKind.SHARED)
    b.account(b.crm, guest, None, login="guest7", person=b.free["hr"][0].no)
    several = b.take("rep")
    for at in range(6):
        place = "10.250.1.9" if at % 2 else "172.31.4.4"
        b.crm.operations.append(
            Operation(f"both {at}", Ref(crm(several)), "view", noon(4) + timedelta(minutes=at),
                      address=place)
        )  # fmt: skip
    b.failed |= {("R23", f"account:crm/{id_}", "") for id_ in (shared, guest, crm(several))}
    # From home to the office, and on one network; whose account it is, nobody knows.
    mover = b.take("rep")
    for at, place in enumerate(("172.31.4.4", "10.250.1.9", "10.250.1.10", "10.250.1.11")):
        b.crm.operations.append(
            Operation(f"way {at}", Ref(crm(mover)), "view", noon(4) + timedelta(minutes=at),
                      address=place)
        )  # fmt: skip
    b.account(b.crm, b.id("stray"), None)
    b.unclear |= {(rule, f"account:crm/{b.id('stray')}", "") for rule in ("R13", "R23")}


def r24(b: Builder) -> None:
    """A keeper of one region, who hands out roles there."""
    keeper = b.employ("local", "系统管理员", b.id("r4"), "local keeper", "")
    b.role(b.crm, "local keeper", Scope.SUBTREE, "user:admin local:use")
    b.role(b.crm, "viewer", Scope.OWN, "customer:view viewer:use")
    b.role(b.crm, "overview", Scope.ALL, "customer:view overview:use")
    by, inside = crm(keeper), b.employ("service", "客服", b.id("r4t1"), "desk", "")
    outside = b.employ("service", "客服", b.id("r2t1"), "desk", "")
    late = b.employ("service", "客服", b.id("r4t1"), "desk", "")
    b.join(b.crm, crm(inside), "viewer", by=by, days=10)
    b.join(b.crm, crm(outside), "viewer", by=by, days=10)
    b.join(b.crm, crm(inside), "overview", by=by, days=10)
    b.join(b.crm, crm(late), "overview", by=by, days=110)
    b.join(b.crm, by, "pad1", by=by, days=10)
    b.failed |= {
        ("R24", f"account:crm/{outside.crm}", b.id("viewer")),
        ("R24", f"account:crm/{inside.crm}", b.id("overview")),
        ("R24", f"account:crm/{by}", b.id("pad1")),
    }
    b.unclear.add(("R24", f"account:crm/{late.crm}", b.id("overview")))
    # A group of their own, put into a role by themselves.
    team = b.id("crew")
    b.crm.roles[team] = Role(team, "crew", "crew", Node.GROUP)
    b.crm.memberships += [
        Membership(by, team, into_node=Node.GROUP, granted_by=Ref("1"), granted_at=ago(50)),
        Membership(team, b.id("pad2"), Node.GROUP, granted_by=Ref(by), granted_at=ago(40)),
    ]
    b.listed.add(("R24", f"account:crm/{by}", team))
    b.failed.add(("R24", f"group:crm/{team}", b.id("pad2")))


def r25(b: Builder) -> None:
    b.role(b.crm, "remover", Scope.ALL, "customer:delete")
    b.role(b.oa, "trimmer", Scope.ALL, "backup:delete")
    for _ in range(2):
        who = b.employ("ops", "运维工程师", b.id("it"), "remover", "trimmer")
        b.failed.add(("R25", human(who), "delete_both"))
    b.employ("ops", "运维工程师", b.id("it"), "", "trimmer")


def r26(b: Builder) -> None:
    for at in range(2):
        rep, lead = b.take("rep"), b.free["manager"].pop(0)
        flow = b.id(f"flow {at}")
        b.oa.edits.append(FlowEdit(flow, Ref(lead.oa), ago(100)))
        no = b.contract(f"HT-drawn-{at}", rep, 6000, 60, b.free["boss"][1])
        b.approve(no, lead, 50, step="step 4", flow=flow)
        b.failed.add(("R26", human(lead), flow))
    # Approved before it was changed; changed by somebody else since; imported.
    rep, lead = b.take("rep"), b.free["manager"].pop(0)
    keeper = b.free["it"][0]
    for at, days in enumerate((55, 100)):
        flow = b.id(f"near {at}")
        b.oa.edits.append(FlowEdit(flow, Ref(lead.oa), ago(40 if at == 0 else days)))
        if at:
            b.oa.edits.append(FlowEdit(flow, Ref(keeper.oa), ago(70)))
        no = b.contract(f"HT-near-{at}", rep, 6000, 60, b.free["boss"][1], customer=f"K-n{at}")
        b.approve(no, lead, 50, step="step 4", flow=flow)
    flow = b.id("imported")
    b.oa.edits += [FlowEdit(flow, Ref(lead.oa), ago(100)),
                   FlowEdit(flow, Ref(b.id("oa.robot")), ago(90))]  # fmt: skip
    no = b.contract("HT-import", rep, 6000, 60, b.free["boss"][1], customer="K-import")
    b.approve(no, lead, 50, step="step 4", flow=flow)
    b.unclear.add(("R26", human(lead), flow))
    # One that the built-in administrator drew: who that was, nobody knows.
    no = b.contract("HT-old", rep, 6000, 60, b.free["boss"][1], customer="K-old")
    b.approve(no, lead, 50, step="step 4", flow=b.id("old flow"))
    b.unclear.add(("R26", f"flow:oa/{b.id('old flow')}", ""))


def r27(b: Builder) -> None:
    for parts in (b.crm, b.oa):
        names = [f"twin a {parts.name}", f"twin b {parts.name}"]
        for name in names:
            b.role(parts, name, Scope.OWN, f"twin:use:{parts.name}")
        subject = max(b.id(name) for name in names)
        b.failed.add(("R27", f"role:{parts.name}/{subject}", "same"))
    # The same permissions on other rows.
    b.role(b.crm, "twin c", Scope.ALL, "twin:use:crm")


def exceptions(b: Builder) -> None:
    """One failure that somebody answers for, and one for which nobody does any more."""
    excused, lapsed = (min(k for k in b.failed if k[0] == rule) for rule in ("R07", "R01"))
    for (rule, subject, _), until in ((excused, TODAY), (lapsed, TODAY - timedelta(days=1))):
        b.exemptions.append(Exemption(rule, subject, "head of audit", "a small office", until))
    b.failed.remove(excused)
    b.excepted.add(excused)


def unsure(b: Builder) -> None:
    """Two people of one name, and an account in the CRM that says no more than that name."""
    one, other = b.take("rep"), b.take("rep")
    for who in (one, other):
        b.persons[who.no] = replace(b.persons[who.no], name="double")
        b.change(b.oa, who.oa, name="double")
        b.change(b.crm, crm(who), name="double")
    b.account(b.crm, b.id("which"), None, name="double")
    b.join(b.crm, b.id("which"), "desk")
    subject = f"account:crm/{b.id('which')}"
    b.unclear |= {("R01", human(h), "crm") for h in (one, other)}
    b.unclear |= {("R01", subject, ""), ("R23", subject, ""), ("R24", subject, b.id("desk"))}


PLANTS: tuple[Callable[[Builder], None], ...] = (
    r01, r02, r03, r04, r05, r06, r07, r08, r09, r10, r11, r12, leavers, r16, r17, r18, r19, r20,
    r21, r22, r23, r24, r25, r26, r27, unsure,
    exceptions,
)  # fmt: skip


def planted(**how: object) -> Builder:
    """The company with everything planted."""
    builder = Builder(**how)  # type: ignore[arg-type]
    for plant in PLANTS:
        plant(builder)
    return builder
