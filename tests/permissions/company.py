"""A synthetic company with a CRM and an OA in which nothing is wrong: what is planted is told.

`Builder` makes the clean company, person by person; `tests.permissions.planted` plants in it. Ids
go through `rename`, so that the same company can be built under other names. Rows are in no
particular order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from checks.permissions.model import (
    Account,
    AccountKind,
    Activity,
    Approval,
    Delegation,
    Department,
    Document,
    Facts,
    FieldAccess,
    FieldRight,
    FlowEdit,
    Grant,
    Membership,
    Move,
    Node,
    Operation,
    Permission,
    Person,
    PersonStatus,
    Record,
    Ref,
    Role,
    Scope,
    ScopeDepartment,
    System,
)
from checks.permissions.policy import Exemption, Policy
from governance.config.problems import Problems
from governance.config.read_policy import read_policy

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
ZONE = "Asia/Shanghai"
SHIPPED = Path(__file__).parents[2] / "data" / "policies" / "company.yaml"
RIGHTS = {"accounts", "departments", "roles", "memberships", "permissions", "grants",
          "scope_departments"}  # fmt: skip
CRM_KNOWN = RIGHTS | {"field_rights", "documents", "records", "operations"}
OA_KNOWN = RIGHTS | {"persons", "posts", "moves", "documents", "approvals", "delegations",
                     "flow_edits"}  # fmt: skip

# By function and system: the permissions that give it, and what the CRM's log calls its use.
BOUND: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "CUST_VIEW": {"crm": ("customer:view",)},
    "CUST_EDIT": {"crm": ("customer:edit",)},
    "CUST_DELETE": {"crm": ("customer:delete",)},
    "CUST_EXPORT": {"crm": ("customer:export",)},
    "CUST_REASSIGN": {"crm": ("customer:assign",)},
    "PRICE_EDIT": {"crm": ("price:*",)},
    "CONTRACT_CREATE": {"crm": ("contract:create",)},
    "CONTRACT_AMEND": {"crm": ("contract:amend",)},
    "ORDER_CREATE": {"crm": ("order:create",)},
    "CONTRACT_APPROVE": {"oa": ("contract:approve",)},
    "INVOICE_ISSUE": {"oa": ("invoice:issue",)},
    "PAY_VIEW": {"oa": ("pay:view",)},
    "PAY_ENTRY": {"oa": ("pay:entry",)},
    "PAY_APPROVE": {"oa": ("pay:approve",)},
    "VENDOR_MAINT": {"oa": ("vendor:edit",)},
    "SEAL_USE": {"oa": ("seal:use",)},
    "USER_ADMIN": {"crm": ("user:admin",), "oa": ("user:admin",)},
    "ROLE_ADMIN": {"crm": ("role:admin",), "oa": ("role:admin",)},
    "FLOW_DESIGN": {"oa": ("flow:design",)},
    "LOG_VIEW": {"crm": ("log:view",), "oa": ("log:view",)},
    "LOG_DELETE": {"crm": ("log:delete",), "oa": ("log:delete",)},
    "BACKUP_RUN": {"oa": ("backup:run",)},
    "BACKUP_DELETE": {"oa": ("backup:delete",)},
    "RESTORE": {"oa": ("backup:restore",)},
}
ACTIONS = {"CUST_VIEW": ("view",), "CUST_EXPORT": ("export*",)}
# By role: its scope and its permissions. Those of `pad` are bound to nothing.
CRM_ROLES: Mapping[str, tuple[Scope, str]] = {
    "rep": (Scope.OWN, "customer:view customer:edit contract:create contract:amend order:create"),
    "lead": (Scope.SUBTREE, "customer:view customer:edit customer:export customer:assign price:a"),
    "support": (Scope.DEPARTMENT, "customer:view contract:create contract:amend order:create"),
    "desk": (Scope.ALL, "customer:view ticket:edit"),
    "ledger": (Scope.ALL, "customer:view receipt:view"),
    "auditor": (Scope.ALL, "customer:view log:view"),
    "chief": (Scope.ALL, "customer:view board:view"),
    "clause": (Scope.ALL, "customer:view clause:view"),
    "campaign": (Scope.ALL, "customer:view campaign:edit"),
    "keeper": (Scope.ALL, "user:admin"),
    "guard": (Scope.ALL, "role:admin"),
}
OA_ROLES: Mapping[str, tuple[Scope, str]] = {
    "staff": (Scope.OWN, "leave:ask"),
    "approver": (Scope.SUBTREE, "contract:approve"),
    "lawyer": (Scope.ALL, "contract:approve clause:view"),
    "cashier": (Scope.ALL, "pay:view pay:entry invoice:issue"),
    "payer": (Scope.ALL, "pay:view pay:approve contract:approve"),
    "buyer": (Scope.ALL, "vendor:edit vendor:view"),
    "reader": (Scope.ALL, "vendor:view"),
    "sealer": (Scope.ALL, "seal:use"),
    "keeper": (Scope.ALL, "user:admin flow:design"),
    "guard": (Scope.ALL, "role:admin"),
    "auditor": (Scope.ALL, "log:view"),
    "operator": (Scope.ALL, "backup:run backup:restore"),
}
# By family: the job, the departments it is found in, its roles in the CRM and the OA.
FAMILIES: Mapping[str, tuple[str, str, str, str]] = {
    "service": ("客服", "cs", "desk", ""),
    "market": ("市场专员", "mkt", "campaign", ""),
    "finance": ("会计", "fin", "ledger", "cashier"),
    "cfo": ("财务经理", "fin", "ledger", "payer"),
    "legal": ("法务", "law", "clause", "lawyer"),
    "buyer": ("采购", "buy", "", "buyer"),
    "office": ("行政", "adm", "", "sealer"),
    "hr": ("人事", "hr", "", ""),
    "it": ("系统管理员", "it", "keeper", "keeper"),
    "security": ("安全管理员", "it", "guard", "guard"),
    "audit": ("审计", "aud", "auditor", "auditor"),
    "ops": ("运维工程师", "it", "", "operator"),
    "boss": ("总经理", "top", "chief", "payer"),
    "driver": ("司机", "adm", "", ""),
}
HEADS = {"service": 30, "market": 12, "finance": 24, "cfo": 5, "legal": 6, "buyer": 10,
         "office": 8, "hr": 10, "it": 10, "security": 4, "audit": 5, "ops": 8, "boss": 6,
         "driver": 8}  # fmt: skip
REGIONS, TEAMS = 6, 3


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def noon(days: float) -> datetime:
    """About noon in Shanghai, so many days ago."""
    return NOW - timedelta(days=int(days), minutes=int((days % 1) * 300))


@cache
def shipped() -> Policy:
    problems = Problems()
    policy = read_policy(SHIPPED, "company.yaml", ("crm", "oa"), problems)
    assert not list(problems)
    return policy


def policy(*exemptions: Exemption) -> Policy:
    """The shipped policy, bound to the two systems; contracts from half a million on go higher."""
    base = shipped()
    functions = {
        name: replace(
            f, permissions=BOUND[name],
            actions={"crm": ACTIONS[name]} if name in ACTIONS else {},
        )
        for name, f in base.functions.items()
    }  # fmt: skip
    rules = dict(base.rules)
    rules["R19"] = replace(rules["R19"], settings={**rules["R19"].settings,
                                                   "limit": Decimal(500_000)})  # fmt: skip
    rules["R15"] = replace(rules["R15"], settings={**rules["R15"].settings, "pools": ("POOL",)})
    return replace(base, functions=functions, rules=rules, exemptions=exemptions)


@dataclass(frozen=True)
class Human:
    """Somebody as the builder hands them out. `crm` and `oa` are ids of accounts."""

    no: str
    family: str
    department: str
    crm: str | None
    oa: str


Key = tuple[str, str, str]  # rule, subject, facet


@dataclass
class Parts:
    """One system while it is built."""

    name: str
    accounts: dict[str, Account] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    memberships: list[Membership] = field(default_factory=list)
    permissions: dict[str, Permission] = field(default_factory=dict)
    grants: list[Grant] = field(default_factory=list)
    customs: list[ScopeDepartment] = field(default_factory=list)
    fields: list[FieldRight] = field(default_factory=list)
    delegations: list[Delegation] = field(default_factory=list)
    documents: dict[str, Document] = field(default_factory=dict)
    approvals: list[Approval] = field(default_factory=list)
    edits: list[FlowEdit] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    activity: list[Activity] = field(default_factory=list)


class Builder:
    """Builds the company. `reps` salespeople are in each of 18 teams; 18 make 500 people."""

    def __init__(
        self, *, seed: int = 7, reps: int = 17, rename: Callable[[str], str] = str
    ) -> None:
        self.random, self.rename = Random(seed), rename
        self.persons: dict[str, Person] = {}
        self.moves: list[Move] = []
        self.departments: dict[str, Department] = {}
        self.crm, self.oa = Parts("crm"), Parts("oa")
        self.free: dict[str, list[Human]] = {}
        self.all: list[Human] = []
        self.managers: dict[str, Human] = {}
        self.failed: set[Key] = set()
        self.unclear: set[Key] = set()
        self.excepted: set[Key] = set()
        self.listed: set[Key] = set()
        self.exemptions: list[Exemption] = []
        self.reps, self.count = reps, 0
        self._tree()
        self._roles()
        self._built_in()
        self._staff()
        self._sales()
        self._business()

    # What the plants use.

    def id(self, plain: str) -> str:
        return self.rename(plain)

    def take(self, family: str) -> Human:
        """Somebody of a family whom nothing else is planted on."""
        return self.free[family].pop()

    def employ(self, family: str, job: str | None, department: str, crm: str, oa: str) -> Human:
        self.count += 1
        no = self.id(f"{1000 + self.count}")
        human = Human(no, family, department, self.id(f"c{self.count}") if crm else None,
                      self.id(f"o{self.count}"))  # fmt: skip
        self.persons[no] = Person(
            no, f"name {self.count}", PersonStatus.ACTIVE, department, job,
            hired_on=ago(900).date(), mobile=f"mobile {self.count}",
        )  # fmt: skip
        for parts, id_, role in ((self.crm, human.crm, crm), (self.oa, human.oa, oa)):
            if id_ is not None:
                self.account(parts, id_, human)
                if role:
                    self.join(parts, id_, role)
        self.join(self.oa, human.oa, "staff")
        self.all.append(human)
        self.free.setdefault(family, []).append(human)
        return human

    def account(self, parts: Parts, id_: str, human: Human | None, **more: Any) -> Account:
        """An account in daily use."""
        self_made = Account(
            id_, f"login.{id_}", None if human is None else human.no,
            None if human is None else self.persons[human.no].name,
            department=None if human is None else human.department, is_enabled=True,
            last_login=noon(self.random.uniform(1, 20)), created_at=ago(800),
        )  # fmt: skip
        parts.accounts[id_] = replace(self_made, **more)
        return parts.accounts[id_]

    def change(self, parts: Parts, id_: str, **more: Any) -> None:
        parts.accounts[id_] = replace(parts.accounts[id_], **more)

    def join(
        self, parts: Parts, member: str, role: str, by: str | None = None, days: float = 300,
        **more: Any,
    ) -> None:  # fmt: skip
        """Puts somebody into a role; by default the administrators did."""
        grantor = by or self.id(f"keeper.{parts.name}")
        parts.memberships.append(
            Membership(member, self.id(role), since=ago(days), granted_by=Ref(grantor),
                       granted_at=ago(days), **more)
        )  # fmt: skip

    def role(
        self, parts: Parts, id_: str, scope: Scope | None, codes: str, *departments: str
    ) -> None:
        name = self.id(id_)
        parts.roles[name] = Role(name, f"code.{id_}", id_, scope=scope)
        for code in codes.split():
            number = self.id(f"p:{code}")
            parts.permissions.setdefault(number, Permission(number, code))
            parts.grants.append(Grant(name, number))
        parts.customs += [ScopeDepartment(name, self.id(d)) for d in departments]

    def contract(
        self, no: str, maker: Human, amount: int, days: float, *approvers: Human, **more: Any
    ) -> str:
        """A contract made in the CRM, filed in the OA and approved there step by step."""
        number = self.id(no)
        customer = self.id(more.pop("customer", f"K-{no}"))
        assert maker.crm is not None
        base = Document(
            number, "contract", Ref(maker.crm), Decimal(amount), customer, True, noon(days),
            noon(days),
        )  # fmt: skip
        self.crm.documents[number] = replace(base, **more)
        filed = replace(base, creator=Ref(maker.oa), customer=None, is_effective=None)
        self.oa.documents[number] = filed
        for at, human in enumerate(approvers):
            self.approve(number, human, days - 1 - at, step=f"step {at}")
        return number

    def approve(self, number: str, human: Human, days: float, **more: Any) -> None:
        base = Approval(number, "step 0", Ref(human.oa), None, True, noon(days), self.id("flow"))
        self.oa.approvals.append(replace(base, **more))

    def export(self, account: str, rows: int | None, days: float, *, hour: int = 12) -> None:
        at = noon(int(days)) + timedelta(hours=hour - 12, minutes=len(self.crm.operations) % 50)
        number = f"line {len(self.crm.operations)}"
        address = f"10.{len(account)}.{hash_of(account)}.8"
        self.crm.operations.append(
            Operation(number, Ref(account), "export:customer", at, None, rows, address)
        )
        self.crm.activity.append(
            Activity(Ref(account), "export:customer", 1, at, at, number, ((None, None, 1),))
        )

    def policy(self) -> Policy:
        return policy(*self.exemptions)

    def facts(self) -> Facts:
        systems = {}
        for parts, known in ((self.crm, CRM_KNOWN), (self.oa, OA_KNOWN)):
            systems[parts.name] = System(
                name=parts.name, semantics="ruoyi", accounts=parts.accounts,
                departments=self.departments, roles=parts.roles,
                memberships=tuple(parts.memberships), permissions=parts.permissions,
                grants=tuple(parts.grants), scope_departments=tuple(parts.customs),
                field_rights=tuple(parts.fields), delegations=tuple(parts.delegations),
                documents=tuple(parts.documents.values()), approvals=tuple(parts.approvals),
                flow_edits=tuple(parts.edits), records=tuple(parts.records),
                operations=tuple(parts.operations), activity=tuple(parts.activity),
                log_from=ago(120) if "operations" in known else None, known=frozenset(known),
            )  # fmt: skip
        return Facts(NOW, ZONE, systems, self.persons, tuple(self.moves), people_known=True)

    # How the clean company comes about.

    def _tree(self) -> None:
        def add(id_: str, parent: str | None) -> None:
            above = None if parent is None else self.id(parent)
            self.departments[self.id(id_)] = Department(self.id(id_), above, f"department {id_}")

        add("all", None)
        for id_ in ("sales", "cs", "mkt", "fin", "law", "buy", "adm", "hr", "it", "aud", "top"):
            add(id_, "all")
        for region in range(REGIONS):
            add(f"r{region}", "sales")
            for team in range(TEAMS):
                add(f"r{region}t{team}", f"r{region}")

    def _roles(self) -> None:
        for parts, roles, pads in ((self.crm, CRM_ROLES, 5), (self.oa, OA_ROLES, 3)):
            for id_, (scope, codes) in roles.items():
                self.role(parts, id_, scope, codes)
            for pad in range(pads):
                self.role(parts, f"pad{pad}", Scope.CUSTOM, f"report:{pad}", f"r{pad % REGIONS}")
        for parts, codes in ((self.crm, "customer:delete log:delete"),
                             (self.oa, "backup:delete log:delete")):  # fmt: skip
            for code in codes.split():
                parts.permissions[self.id(f"p:{code}")] = Permission(self.id(f"p:{code}"), code)
        seen = {"rep": "edit", "lead": "edit", "support": "read", "chief": "read"}
        for role in CRM_ROLES:
            access = FieldAccess(seen.get(role, "masked"))
            for channel in ("page", "api", "export"):
                self.crm.fields.append(
                    FieldRight(self.id(role), "customer", "pii", access, channel)
                )

    def _built_in(self) -> None:
        """The first administrators, programs, and the keeper who grants everything."""
        for parts in (self.crm, self.oa):
            self.account(parts, "1", None, kind=AccountKind.BUILT_IN)
            robot = self.id(f"{parts.name}.robot")
            self.account(parts, robot, None, kind=AccountKind.SERVICE)
            self.listed |= {("R23", f"account:{parts.name}/{x}", "") for x in ("1", robot)}
            for risk in ("system_security", "system_audit", "security_audit"):
                self.excepted.add(("R09", f"account:{parts.name}/1", f"officers_{risk}"))
            self.excepted.add(("R10", f"account:{parts.name}/1", f"{parts.name}/1"))
            # Somebody who does nothing else gives out all roles; theirs came from the built-in one.
            keeper = self.id(f"keeper.{parts.name}")
            self.account(parts, keeper, None, person=self.id("999"), department=self.id("it"))
            self.join(parts, keeper, "keeper", by="1")
            self.listed.add(("R24", f"account:{parts.name}/{keeper}", self.id("keeper")))
        self.persons[self.id("999")] = Person(
            self.id("999"), "the keeper", PersonStatus.ACTIVE, self.id("it"), "系统管理员"
        )
        # The OA keeps no log.
        self.unclear.add(("R23", "system:oa", "operations"))
        for rule, risk in (("R06", "payment"), ("R07", "vendor")):
            self.excepted.add((rule, "account:oa/1", risk))
        self.export("1", 20, 3)

    def _staff(self) -> None:
        for family, (job, department, crm, oa) in FAMILIES.items():
            for _ in range(HEADS[family]):
                self.employ(family, job, self.id(department), crm, oa)

    def _sales(self) -> None:
        for region in range(REGIONS):
            head = self.employ("manager", "区域经理", self.id(f"r{region}"), "lead", "approver")
            for team in range(TEAMS):
                home = self.id(f"r{region}t{team}")
                lead = self.employ("manager", "销售经理", home, "lead", "approver")
                self.managers[home] = lead
                self.managers.setdefault(self.id(f"r{region}"), head)
                self.employ("support", "销售助理", home, "support", "")
                for _ in range(self.reps):
                    self.employ("rep", "销售代表", home, "rep", "")
        for human in self.free["manager"]:
            assert human.crm is not None
            self.export(human.crm, self.random.randint(5, 200), self.random.randint(1, 60))

    def _business(self) -> None:
        """Contracts, payments, customers and a flow, all in order."""
        self.oa.edits += [FlowEdit(self.id(f), Ref("1"), ago(400)) for f in ("old flow",)]
        designer = self.take("it")
        self.oa.edits.append(FlowEdit(self.id("flow"), Ref(designer.oa), ago(200)))
        lawyers, chiefs = self.free["legal"][:2], self.free["boss"][:2]
        first = self.all[-1]
        self.contract("HT-first", first, 9000, 118, self.managers[first.department], lawyers[0])
        makers = [h for h in self.all if h.family in ("rep", "support")]
        for at, human in enumerate(makers):
            lead = self.managers[human.department]
            others = (lawyers[at % 2], *chiefs[: at % 2])
            self.contract(f"HT-{at}", human, self.random.randint(1, 90) * 1000,
                          self.random.uniform(5, 85), lead, *others)  # fmt: skip
            assert human.crm is not None
            for k in range(2):
                self.customer(f"K{at}-{k}", human.crm)
            self.crm.activity.append(
                Activity(Ref(human.crm), "view", 40, noon(80), noon(2), f"act {at}")
            )
        cashiers, payers = self.free["finance"][:8], self.free["cfo"][:2]
        for at in range(40):
            no = self.id(f"FK-{at}")
            made = Document(no, "payment", Ref(cashiers[at % 8].oa), Decimal(at * 700 + 100),
                            created_at=noon(30))  # fmt: skip
            self.oa.documents[no] = made
            self.approve(no, payers[at % 2], 28)

    def customer(self, no: str, owner: str | None) -> None:
        named = None if owner is None else Ref(owner)
        self.crm.records.append(Record(self.id(no), "customer", named))

    def nested(self, parts: Parts, role: str, into: str) -> None:
        """A role that is in another role."""
        parts.memberships.append(
            Membership(self.id(role), self.id(into), Node.ROLE, Node.ROLE,
                       granted_by=Ref("1"), granted_at=ago(300))
        )  # fmt: skip
        self.listed.add(("R24", f"role:{parts.name}/{self.id(role)}", self.id(into)))


def hash_of(text: str) -> int:
    """A number below 250 that is the same in every process."""
    return sum(map(ord, text)) * 7 % 250
