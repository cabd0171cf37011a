"""What effective rights with their paths cost: in memory, and through the command.

    python benchmarks/permissions.py [--accounts 50000] [--roles 500] [--runs 3]

A RuoYi of so many accounts, three roles each, a hundred permissions in each role, two hundred
departments. `rights`: every right of every account as a value with its path. `holdings`: what each
account holds of twelve functions, as the rules ask. `snapshot`: a run that reads and seals the
tables and evaluates nothing. `command`: `duiqi permissions --format json` from start to end, its
output counted and thrown away. Wanted: 500 accounts x 60 roles in 5 s, 50,000 accounts in 60 s and
1 GB. The floor is to give each account the codes of its roles as one set, without any path.
"""

from __future__ import annotations

import argparse
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from measuring import Cost, alternating, metered, part, show, tell

from checks.dictionary import Title
from checks.permissions.company import Company
from checks.permissions.identity import Identities
from checks.permissions.model import (
    Account,
    Department,
    Facts,
    Grant,
    Membership,
    Permission,
    Role,
    Scope,
    System,
)
from checks.permissions.policy import Function, Policy
from checks.permissions.resolve import SystemResolver, resolver

PERMISSIONS, OF_A_ROLE, OF_AN_ACCOUNT, DEPARTMENTS = 2_000, 100, 3, 200
NOW = datetime(2026, 3, 3, tzinfo=UTC)
FUNCTIONS = 12
CONFIG = """\
version: 1
company: Yunfan
sources: {oa: {kind: sqlite, path: oa.sqlite}}
entities: {}
permissions:
  systems:
    oa:
      semantics: ruoyi
      functions: {CUST_VIEW: code:1, CUST_EXPORT: "code:2*", USER_ADMIN: "code:30*"}
      accounts: {table: users, columns: {id: id, login: login, department: dept}}
      departments: {table: depts, columns: {id: id, parent: parent}}
      roles: {table: roles, columns: {id: id, name: name, scope: scope}}
      memberships: {table: user_roles, columns: {member: who, into: role}}
      permissions: {table: menus, columns: {id: id, code: code}}
      grants: {table: role_menus, columns: {holder: role, permission: menu}}
      scope_departments: {table: role_depts, columns: {role: role, department: dept}}
"""


def system(accounts: int, roles: int) -> System:
    """The same for the same numbers."""
    dice = random.Random(7)
    scopes = (Scope.ALL, Scope.CUSTOM, Scope.DEPARTMENT, Scope.SUBTREE, Scope.OWN)
    permissions = [f"p{n}" for n in range(PERMISSIONS)]
    members = (
        Membership(f"a{n}", f"r{role}")
        for n in range(accounts)
        for role in dice.sample(range(roles), OF_AN_ACCOUNT)
    )
    grants = (
        Grant(f"r{role}", permission)
        for role in range(roles)
        for permission in dice.sample(permissions, OF_A_ROLE)
    )
    return System(
        "oa",
        "ruoyi",
        accounts={
            f"a{n}": Account(f"a{n}", f"login{n}", department=f"d{n % DEPARTMENTS}")
            for n in range(accounts)
        },
        departments={
            f"d{n}": Department(f"d{n}", f"d{(n - 1) // 5}" if n else None)
            for n in range(DEPARTMENTS)
        },
        roles={
            f"r{n}": Role(f"r{n}", f"r{n}", f"角色{n}", scope=scopes[n % 5]) for n in range(roles)
        },
        memberships=tuple(members),
        permissions={p: Permission(p, f"code:{p[1:]}") for p in permissions},
        grants=tuple(grants),
        known=frozenset({"scope_departments"}),
    )


def floor(whole: System) -> int:
    codes: dict[str, set[str]] = {}
    for grant in whole.grants:
        codes.setdefault(grant.holder, set()).add(grant.permission)
    of_account: dict[str, set[str]] = {}
    for member in whole.memberships:
        of_account.setdefault(member.member, set()).update(codes[member.into])
    return sum(map(len, of_account.values()))


def rights(whole: System) -> int:
    asked = resolver(whole, as_of=NOW)
    return sum(len(asked.rights(account)) for account in whole.accounts)


def holdings(whole: System) -> int:
    functions = {
        f"F_{n}": Function(f"F_{n}", Title("", ""), {"oa": (f"code:{n}", f"code:{n}0*")})
        for n in range(1, FUNCTIONS + 1)
    }
    asked: dict[str, SystemResolver] = {"oa": resolver(whole, as_of=NOW)}
    facts = Facts(NOW, "Asia/Shanghai", {"oa": whole})
    company = Company(facts, Identities({}, {}), asked, Policy(functions=functions))
    return sum(len(company.holdings("oa", account)) for account in whole.accounts)


PARTS = {"floor": floor, "rights": rights, "holdings": holdings}


def fill(folder: Path, whole: System) -> None:
    (folder / "governance.yaml").write_text(CONFIG, encoding="utf-8")
    rows = {
        "users (id, login, dept)": [(a.id, a.login, a.department) for a in whole.accounts.values()],
        "depts (id, parent)": [(d.id, d.parent) for d in whole.departments.values()],
        "roles (id, name, scope)": [(r.id, r.name, r.scope) for r in whole.roles.values()],
        "user_roles (who, role)": [(m.member, m.into) for m in whole.memberships],
        "menus (id, code)": [(p.id, p.code) for p in whole.permissions.values()],
        "role_menus (role, menu)": [(g.holder, g.permission) for g in whole.grants],
        "role_depts (role, dept)": [(r, "d7") for r in whole.roles],
    }
    with closing(sqlite3.connect(folder / "oa.sqlite")) as con, con:
        for table, values in rows.items():
            con.execute(f"CREATE TABLE {table}")
            marks = ", ".join("?" * len(values[0]))
            con.executemany(f"INSERT INTO {table.split()[0]} VALUES ({marks})", values)


def sealed(folder: Path) -> int:
    """A run that seals the tables; returns its rows."""
    from governance.access import WORKER
    from governance.config import load
    from governance.ledger import open_ledger
    from governance.ledger.rows import Trigger
    from governance.runs import execute
    from governance.store import open_home

    home = open_home(folder / "home")
    ledger = open_ledger(home.path)
    fence = ledger.leases.acquire("benchmark", now=NOW, ttl=timedelta(days=1))
    assert fence is not None
    run = ledger.runs.enqueue(WORKER, trigger=Trigger.MANUAL, now=NOW, sources=("oa",), checks=())
    config = load(folder / "governance.yaml", environ={})
    execute(ledger, home, config, run, fence=fence, clock=lambda: NOW, stop=lambda: False)
    return sum(snapshot.rows for snapshot in ledger.snapshots.newest_of_each())


def command(folder: Path) -> Cost:
    """The command in a process of its own: everything counts, its start as well."""
    environ = {**os.environ, "DUIQI_HOME": str(folder / "home"),
               "DUIQI_CONFIG": str(folder / "governance.yaml")}  # fmt: skip
    words = [sys.executable, "-m", "governance.cli", "permissions", "--format", "json"]
    started = time.perf_counter()
    size = grants = 0
    mark, rest = b'"permission": ', b""
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=environ) as child:
        assert child.stdout is not None
        while piece := child.stdout.read(1 << 20):
            size += len(piece)
            grants += (rest + piece).count(mark)
            rest = piece[1 - len(mark) :]
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, child.returncode
    wall = time.perf_counter() - started
    cpu = used.ru_utime + used.ru_stime
    return Cost(cpu, wall, used.ru_maxrss / 1024, {"MB": size >> 20, "grants": grants})


def snapshot(folder: Path) -> Cost:
    return part(__file__, "--part", "snapshot", "--folder", folder)


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--accounts", type=int, default=50_000)
    arguments.add_argument("--roles", type=int, default=500)
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--part")
    arguments.add_argument("--folder", type=Path)
    asked = arguments.parse_args()
    if asked.part == "snapshot":
        with metered() as meter:
            meter.said["rows"] = sealed(asked.folder)
        tell(meter)
        return
    if asked.part:
        whole = system(asked.accounts, asked.roles)
        with metered() as meter:
            meter.said["found"] = PARTS[asked.part](whole)
        tell(meter)
        return
    sizes = ("--accounts", asked.accounts, "--roles", asked.roles)
    print(f"{asked.accounts:,} accounts, {asked.roles} roles")
    costs = alternating(
        asked.runs,
        *(lambda p=p: part(__file__, "--part", p, *sizes) for p in PARTS),  # type: ignore[misc]
    )
    for name, own in zip(PARTS, costs, strict=True):
        show(f"{name}: {own[0].said['found']:,}", own, costs[0])
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        fill(folder, system(asked.accounts, asked.roles))
        show("snapshot", [snapshot(folder)])
        told = [command(folder) for _ in range(asked.runs)]
        show(f"command: {told[0].said['grants']:,} grants, {told[0].said['MB']:,} MB", told)


if __name__ == "__main__":
    main()
