"""Overreach: every rule over 50,000 accounts, 360,000 documents and steps, a log of a million.

    uv run python benchmarks/overreach.py

25,000 people have an account in the CRM and one in the OA each. The log is as a run hands it over:
added up by account and action, single lines where exports are told. Building the facts is not
counted; the time and the memory are those of `evaluate`.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from checks.permissions import model as m
from checks.permissions.evaluate import company_of, evaluate
from checks.permissions.rules import RULES
from governance.config.problems import Problems
from governance.config.read_policy import read_policy

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
REGIONS, TEAMS = 20, 40


def policy() -> Any:
    path = Path(__file__).parents[1] / "data" / "policies" / "company.yaml"
    base = read_policy(path, "company.yaml", ("crm", "oa"), Problems())
    where = {
        "crm": ("CUST_VIEW CUST_EDIT CUST_DELETE CUST_EXPORT CUST_REASSIGN CONTRACT_CREATE"
                " CONTRACT_AMEND ORDER_CREATE USER_ADMIN ROLE_ADMIN LOG_VIEW LOG_DELETE"),
        "oa": ("CONTRACT_APPROVE PAY_ENTRY PAY_APPROVE VENDOR_MAINT FLOW_DESIGN INVOICE_ISSUE"
               " BACKUP_DELETE RESTORE SEAL_USE"),
    }  # fmt: skip
    functions = {}
    for name, function in base.functions.items():
        systems = [system for system, names in where.items() if name in names.split()]
        functions[name] = replace(
            function,
            permissions={system: (name.lower(),) for system in systems},
            actions={"crm": ("export",)} if name == "CUST_EXPORT" else {"crm": (name.lower(),)},
        )
    rules = dict(base.rules)
    limit = {**rules["R19"].settings, "limit": Decimal(500_000)}
    rules["R19"] = replace(rules["R19"], settings=limit)
    return replace(base, functions=functions, rules=rules)


ROLES = {
    "rep": ("own", "cust_view cust_edit contract_create contract_amend order_create"),
    "lead": ("subtree", "cust_view cust_edit cust_export cust_reassign"),
    "desk": ("all", "cust_view"),
    "keeper": ("all", "user_admin role_admin log_view cust_delete log_delete"),
    "approver": ("subtree", "contract_approve"),
    "cashier": ("all", "pay_entry invoice_issue"),
    "payer": ("all", "pay_approve contract_approve seal_use"),
    "buyer": ("all", "vendor_maint"),
    "drawer": ("all", "flow_design backup_delete restore"),
}
JOBS = {"rep": "销售代表", "lead": "销售经理", "desk": "客服", "keeper": "系统管理员",
        "approver": "销售经理", "cashier": "会计", "payer": "财务经理", "buyer": "采购",
        "drawer": "系统管理员"}  # fmt: skip
KINDS = [*["rep"] * 80, *["desk"] * 5, *["lead"] * 4, *["cashier"] * 3, "payer", "buyer", "keeper",
         "drawer"]  # fmt: skip
KNOWN = frozenset({
    "accounts", "departments", "roles", "memberships", "permissions", "grants", "scope_departments",
    "documents", "approvals", "delegations", "flow_edits", "records", "persons", "moves", "posts",
})  # fmt: skip


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


class World:
    """The facts while they are made. `crm7` and `oa7` are the accounts of person 7."""

    def __init__(self, people: int, documents: int, lines: int) -> None:
        self.people, self.documents, self.lines = people, documents, lines
        self.random = Random(1)
        self.departments: dict[str, Any] = {"all": m.Department("all", None, "all")}
        for region in range(REGIONS):
            self._add(f"r{region}", "all")
            for team in range(TEAMS):
                self._add(f"r{region}t{team}", f"r{region}")
        self.homes = [d for d in self.departments if "t" in d]
        self.staff: dict[str, list[int]] = {}
        self.persons: dict[str, Any] = {}
        self.accounts: dict[str, dict[str, Any]] = {"crm": {}, "oa": {}}
        self.joined: dict[str, list[Any]] = {"crm": [], "oa": []}

    def _add(self, id_: str, parent: str) -> None:
        self.departments[id_] = m.Department(id_, parent, f"department {id_}")

    def one_of(self, kind: str, system: str) -> Any:
        return m.Ref(f"{system}{self.random.choice(self.staff[kind])}")

    def rights(self) -> dict[str, Any]:
        roles, permissions, grants = {}, {}, []
        for id_, (scope, codes) in ROLES.items():
            roles[id_] = m.Role(id_, id_, id_, scope=m.Scope(scope))
            for code in codes.split():
                permissions[code] = m.Permission(code, code)
                grants.append(m.Grant(id_, code))
        for pad in range(400):
            roles[f"pad{pad}"] = m.Role(f"pad{pad}", scope=m.Scope.CUSTOM)
            permissions[f"pad:{pad}"] = m.Permission(f"pad:{pad}", f"pad:{pad}")
            grants.append(m.Grant(f"pad{pad}", f"pad:{pad}"))
        customs = [m.ScopeDepartment(f"pad{p}", self.random.choice(self.homes)) for p in range(400)]
        return {
            "departments": self.departments, "roles": roles, "permissions": permissions,
            "grants": tuple(grants), "scope_departments": tuple(customs),
        }  # fmt: skip

    def employ(self, n: int) -> None:
        """A fifth of the accounts declares nobody and is matched."""
        random = self.random
        kind, home, no = random.choice(KINDS), random.choice(self.homes), f"{n:06d}"
        self.staff.setdefault(kind, []).append(n)
        gone = random.random() < 0.03
        self.persons[no] = m.Person(
            no, f"name {n}", m.PersonStatus.LEFT if gone else m.PersonStatus.ACTIVE, home,
            JOBS[kind], left_on=date(2025, 12, 1) if gone else None, mobile=f"m{n}",
        )  # fmt: skip
        for name in ("crm", "oa"):
            id_ = f"{name}{n}"
            self.accounts[name][id_] = m.Account(
                id_, f"l{n}", no if random.random() < 0.8 else None, f"name {n}", f"m{n}",
                department=home, is_enabled=not gone or random.random() < 0.1,
                last_login=ago(random.uniform(0, 95)), created_at=ago(900),
            )  # fmt: skip
            own = [kind, f"pad{n % 400}"] if name == "crm" or kind != "lead" else ["approver"]
            self.joined[name] += [
                m.Membership(id_, role, granted_by=m.Ref(f"{name}0"), granted_at=NOW)
                for role in own
            ]

    def papers(self) -> tuple[list[Any], list[Any], list[Any]]:
        """Contracts in the CRM, those and payments in the OA, and the steps of their approval."""
        made: list[Any] = []
        filed: list[Any] = []
        steps: list[Any] = []

        def decide(no: str, step: int, kind: str, at: datetime, behalf: Any = None) -> None:
            later = at + timedelta(hours=5 + step)
            flow, actor = f"f{len(steps) % 30}", self.one_of(kind, "oa")
            steps.append(m.Approval(no, str(step), actor, behalf, True, later, flow))

        for n in range(self.documents):
            at, amount = ago(self.random.uniform(1, 300)), Decimal(self.random.randint(1, 200_000))
            if n % 5 == 4:
                clerk = self.one_of("cashier", "oa")
                filed.append(m.Document(f"P{n}", "payment", clerk, amount, None, True, at, at))
                decide(f"P{n}", 0, "payer", at)
                continue
            rep = self.random.choice(self.staff["rep"])
            told = f"H{n}", "contract"
            client = f"K{rep}-{n % 7}"
            made.append(m.Document(*told, m.Ref(f"crm{rep}"), amount, client, True, at, at))
            filed.append(m.Document(*told, m.Ref(f"oa{rep}"), amount, client, None, at, at))
            decide(f"H{n}", 0, "lead", at, self.one_of("lead", "oa") if n % 50 == 0 else None)
            decide(f"H{n}", 1, "payer", at)
        return made, filed, steps

    def loans(self) -> tuple[Any, ...]:
        return tuple(
            m.Delegation(f"D{n}", self.one_of("lead", "oa"), self.one_of("lead", "oa"), ago(40),
                         ago(self.random.randint(-30, 30)))
            for n in range(self.people // 10)
        )  # fmt: skip

    def log(self) -> dict[str, Any]:
        """Ten lines to an activity; one line in five alone, of which a fifth are exports."""
        activity, operations = [], []
        for n in range(self.lines // 10):
            who, at = (
                m.Ref(f"crm{self.random.randrange(self.people)}"),
                ago(self.random.uniform(0, 85)),
            )
            action = self.random.choice(("cust_view", "cust_edit"))
            owners = ((who, None, 10),)
            activity.append(m.Activity(who, action, 10, at, at, f"A{n}", owners))
        for n in range(self.lines // 5):
            who = self.one_of("lead", "crm") if n % 5 == 0 else self.one_of("rep", "crm")
            at = ago(self.random.uniform(0, 85))
            action = "export" if n % 5 == 0 else "cust_view"
            place = f"10.{n % 250}.1.{n % 200}"
            operations.append(m.Operation(f"O{n}", who, action, at, None, n % 90, place))
        return {"activity": tuple(activity), "operations": tuple(operations), "log_from": ago(120)}

    def facts(self) -> Any:
        for n in range(self.people):
            self.employ(n)
        made, filed, steps = self.papers()
        rights, drawers = self.rights(), self.staff["drawer"]
        edits = [
            m.FlowEdit(f"f{n}", m.Ref(f"oa{drawers[n % len(drawers)]}"), ago(400))
            for n in range(30)
        ]
        moves = [
            m.Move(p.no, self.random.choice(self.homes), p.department, ago(60))
            for p in list(self.persons.values())[::20]
        ]
        records = [
            m.Record(f"K{n}", "customer", self.one_of("rep", "crm")) for n in range(self.documents)
        ]
        crm = m.System(
            "crm", "ruoyi", self.accounts["crm"], memberships=tuple(self.joined["crm"]),
            documents=tuple(made), records=tuple(records), known=KNOWN | {"operations"},
            **self.log(), **rights,
        )  # fmt: skip
        oa = m.System(
            "oa", "ruoyi", self.accounts["oa"], memberships=tuple(self.joined["oa"]),
            documents=tuple(filed), approvals=tuple(steps), delegations=self.loans(),
            flow_edits=tuple(edits), known=KNOWN, **rights,
        )  # fmt: skip
        systems = {"crm": crm, "oa": oa}
        return m.Facts(NOW, "Asia/Shanghai", systems, self.persons, tuple(moves), people_known=True)


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=25_000)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--rules", action="store_true", help="tell the time of each rule")
    asked = parser.parse_args()
    facts, by = World(asked.people, asked.documents, asked.lines).facts(), policy()
    held = peak()
    sizes = {n: (len(s.documents), len(s.approvals)) for n, s in facts.systems.items()}
    accounts = sum(len(s.accounts) for s in facts.systems.values())
    print(f"{accounts:,} accounts, {sum(map(sum, sizes.values())):,} documents and steps")
    if asked.rules:
        start = time.process_time()
        company = company_of(facts, by)
        print(f"  who is who {time.process_time() - start:6.1f} s")
        for name, rule in RULES.items():
            start = time.process_time()
            found = rule.judge(company)
            spent = time.process_time() - start
            print(f"  {name} {spent:6.1f} s  {found.population:>9,} {found.failed:>8,} failed"
                  f" {peak():7.0f} MB")  # fmt: skip
        sys.exit()
    start = time.process_time()
    result = evaluate(facts, by)
    spent = time.process_time() - start
    failed = sum(r.failed for r in result.results)
    print(f"evaluate: {spent:.1f} CPU s, {failed:,} failures, {held:.0f} MB of facts,"
          f" {peak():.0f} MB at most")  # fmt: skip


if __name__ == "__main__":
    main()
