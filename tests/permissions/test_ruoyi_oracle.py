"""Our rows against those of the condition that RuoYi's data scope puts into SQL, on its schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pymysql
import pytest
from pymysql.constants import CLIENT

from checks.permissions.model import (
    Account,
    Department,
    Grant,
    Membership,
    Permission,
    Role,
    Scope,
    ScopeDepartment,
    System,
)
from checks.permissions.resolve import resolver

SEED = Path(__file__).parents[1] / "fixtures" / "ruoyi" / "ry_20260417.sql"
NOW = datetime(2026, 3, 3, tzinfo=UTC)
LIST = "system:user:list"
LIST_MENU = 100  # the seed's menu of that permission
SCOPES = {
    "1": Scope.ALL,
    "2": Scope.CUSTOM,
    "3": Scope.DEPARTMENT,
    "4": Scope.SUBTREE,
    "5": Scope.OWN,
}
# In the middle of the tree, at its end, and nowhere.
DEPARTMENTS = (101, 103, None)
CUSTOMERS = """
CREATE TABLE customer (id INT PRIMARY KEY, dept_id BIGINT, user_id BIGINT, KEY (user_id))
"""

pytestmark = pytest.mark.servers


@pytest.fixture
def ruoyi(mariadb_url: str) -> Iterator[Any]:
    """A cursor on the seed with more roles: each scope, with the permission or without it, on or
    off, one with an empty set of departments; and a user for each pair of them in each place."""
    parts = urlsplit(mariadb_url)
    con = pymysql.connect(
        host=parts.hostname or "",
        port=parts.port or 3306,
        user="root",
        database=parts.path[1:],
        charset="utf8mb4",
        client_flag=CLIENT.MULTI_STATEMENTS,
    )
    with con, con.cursor() as cursor:
        cursor.execute(SEED.read_text(encoding="utf-8"))
        while cursor.nextset():
            pass
        fill(cursor)
        con.commit()
        yield cursor


def fill(cursor: Any) -> None:
    roles = [
        (10 + at, scope, status, holds)
        for at, (scope, status, holds) in enumerate(
            (scope, status, holds) for scope in SCOPES for status in "01" for holds in (True, False)
        )
    ]
    roles.append((99, "2", "0", True))
    many(
        cursor,
        "sys_role (role_id, role_name, role_key, role_sort, data_scope, status)",
        [(id_, f"r{id_}", f"r{id_}", 1, scope, status) for id_, scope, status, _ in roles],
    )
    holding = [(id_, LIST_MENU) for id_, _, _, holds in roles if holds]
    many(cursor, "sys_role_menu", holding)
    custom = [id_ for id_, scope, _, _ in roles if scope == "2" and id_ != 99]
    many(cursor, "sys_role_dept", [(id_, d) for id_ in custom for d in (102, 109)])
    ids = [id_ for id_, *_ in roles]
    pairs = [(), *((one,) for one in ids), *combinations_with_replacement(ids, 2)]
    users, members = [], []
    for own in DEPARTMENTS:
        for pair in pairs:
            id_ = 1000 + len(users)
            users.append((id_, own, f"u{id_}", f"u{id_}"))
            members += [(id_, role) for role in set(pair)]
    many(cursor, "sys_user (user_id, dept_id, user_name, nick_name)", users)
    many(cursor, "sys_user_role", members)
    cursor.execute(CUSTOMERS)
    # One row of each department, one of none, and one of each user in a department of others.
    rows = [(d, d, 2) for d in range(100, 110)] + [(1, None, 2), (2, 107, 1)]
    many(cursor, "customer", rows + [(id_, 108, id_) for id_, *_ in users])


def many(cursor: Any, into: str, rows: list[tuple[Any, ...]]) -> None:
    marks = ", ".join(["%s"] * len(rows[0]))
    cursor.executemany(f"INSERT INTO {into} VALUES ({marks})", rows)


def read(cursor: Any) -> System:
    """The tables as the facts of a system."""

    def rows(query: str) -> list[tuple[Any, ...]]:
        cursor.execute(query)
        return [tuple(v if v is None else str(v) for v in row) for row in cursor.fetchall()]

    users = rows("SELECT user_id, user_name, dept_id FROM sys_user WHERE del_flag = '0'")
    departments = rows("SELECT dept_id, parent_id FROM sys_dept")
    roles = rows("SELECT role_id, data_scope, status FROM sys_role WHERE del_flag = '0'")
    members = rows("SELECT user_id, role_id FROM sys_user_role")
    menus = rows("SELECT menu_id, perms FROM sys_menu WHERE perms <> ''")
    return System(
        "oa",
        "ruoyi",
        accounts={id_: Account(id_, login, department=own) for id_, login, own in users},
        departments={id_: Department(id_, parent) for id_, parent in departments},
        roles={i: Role(i, is_enabled=s == "0", scope=SCOPES[scope]) for i, scope, s in roles},
        memberships=tuple(Membership(who, into) for who, into in members),
        permissions={id_: Permission(id_, code) for id_, code in menus},
        grants=tuple(
            Grant(role, menu) for role, menu in rows("SELECT role_id, menu_id FROM sys_role_menu")
        ),
        scope_departments=tuple(
            ScopeDepartment(role, department)
            for role, department in rows("SELECT role_id, dept_id FROM sys_role_dept")
        ),
    )


def condition(system: System, user: Account, permission: str | None) -> str:
    """What RuoYi's rule adds to a query over `customer` for this user: the scopes of all enabled
    roles, or of those that hold the permission of the method, joined by OR."""
    if user.id == "1":
        return "TRUE"
    own = user.department or "NULL"
    said: Mapping[Scope, str] = {
        Scope.CUSTOM: "dept_id IN (SELECT dept_id FROM sys_role_dept WHERE role_id = {})",
        Scope.DEPARTMENT: f"dept_id = {own}",
        Scope.SUBTREE: "dept_id IN (SELECT dept_id FROM sys_dept"
        f" WHERE dept_id = {own} OR find_in_set({own}, ancestors))",
        Scope.OWN: f"user_id = {user.id}",
    }
    parts = []
    for member in system.memberships:
        role = system.roles[member.into]
        if member.member != user.id or not role.is_enabled or role.scope is None:
            continue
        held = {system.permissions[g.permission].code for g in system.grants
                if g.holder == role.id and g.permission in system.permissions}  # fmt: skip
        if permission is not None and permission not in held:
            continue
        if role.scope is Scope.ALL:
            return "TRUE"
        parts.append(said[role.scope].format(role.id))
    return " OR ".join(parts) or "FALSE"


def test_row_sets_are_those_of_the_condition_in_sql(ruoyi: Any) -> None:
    """Five scopes, single and in pairs, with the permission and without, on and off, in three
    places, for methods that name a permission and for those that name none."""
    system = read(ruoyi)
    by_permission = resolver(system, as_of=NOW)
    by_role = resolver(replace(system, semantics="ruoyi_all_roles"), as_of=NOW)
    ruoyi.execute("SELECT id, dept_id, user_id FROM customer WHERE user_id IN (1, 2)")
    shared = list(ruoyi.fetchall())
    asked, different = 0, []
    for user in system.accounts.values():
        rows = shared + ([(int(user.id), 108, int(user.id))] if int(user.id) >= 1000 else [])
        for resolved, permission in ((by_permission, LIST), (by_role, None)):
            if permission is None and LIST not in resolved.codes(user.id):
                continue
            reach = resolved.reach(user.id, LIST)
            ours = {
                id_
                for id_, department, owner in rows
                if reach.covers(is_owner=str(owner) == user.id, department=str(department))
            }
            ruoyi.execute(
                f"SELECT id FROM customer WHERE user_id IN (1, 2, {user.id})"
                f" AND ({condition(system, user, permission)})"
            )
            theirs = {id_ for (id_,) in ruoyi.fetchall()}
            asked += 1
            if ours != theirs:
                different.append((user, permission, sorted(ours), sorted(theirs)))
    assert different == []
    assert asked > 1000


def test_the_administrator_and_the_seeds_own_user_reach_what_ruoyi_lets_them(ruoyi: Any) -> None:
    resolved = resolver(read(ruoyi), as_of=NOW)
    assert resolved.reach("1", LIST).is_all
    assert {right.is_bypass for right in resolved.rights("1")} == {True}
    assert resolved.reach("2", LIST).departments == {"100", "101", "105"}
