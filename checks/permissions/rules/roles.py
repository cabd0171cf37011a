"""Rules about the roles themselves."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from checks.permissions.company import Company
from checks.permissions.model import Node, Role, System
from checks.permissions.rules.common import Hearing, role_subject, unread_rights
from checks.permissions.verdict import RuleResult

# What a role gives: permissions with their scopes and bounds, the rows it reaches, what it is in.
Content = tuple[object, ...]


def r27(company: Company) -> RuleResult:
    """There are not nearly as many roles as users, and no two roles that give the same."""
    hearing = Hearing(company, "R27")
    templates = frozenset(hearing.names("templates"))
    for name, system in sorted(company.facts.systems.items()):
        kind = unread_rights(company, name)
        if kind is not None:
            if kind in system.blind:
                hearing.dark(name, kind)
            continue
        roles = [
            role
            for role in system.roles.values()
            if role.node is Node.ROLE
            and role.is_enabled
            and not role.is_built_in
            and not templates & {role.id, role.code, role.name}
        ]
        if roles:
            _Roles(hearing, system, sorted(roles, key=lambda r: r.id)).judge()
    return hearing.result("rules.no_roles")


class _Roles:
    """The roles of one system that people made."""

    def __init__(self, hearing: Hearing, system: System, roles: list[Role]) -> None:
        self.hearing, self.system, self.roles = hearing, system, roles
        self.members: dict[str, int] = {}
        grants: dict[str, set[object]] = {}
        for grant in system.grants:
            if grant.holder_node is Node.ROLE:
                told = grant.permission, grant.is_denied, grant.scope, grant.above, grant.below
                grants.setdefault(grant.holder, set()).add(told)
        nested: dict[str, set[str]] = {}
        for m in system.memberships:
            if m.member_node is Node.ROLE:
                nested.setdefault(m.member, set()).add(m.into)
            elif m.into_node is Node.ROLE:
                self.members[m.into] = self.members.get(m.into, 0) + 1
        rows: dict[str, set[str]] = {}
        for row in system.scope_departments:
            rows.setdefault(row.role, set()).add(row.department)
        fields: dict[str, set[object]] = {}
        for right in system.field_rights:
            told_of = right.record_type, right.field_class, right.access, right.channel
            fields.setdefault(right.role, set()).add(told_of)
        self.grants = {r.id: frozenset(grants.get(r.id, ())) for r in roles}
        self.contents: dict[str, Content] = {
            r.id: (
                self.grants[r.id],
                r.scope,
                frozenset(rows.get(r.id, ())),
                frozenset(nested.get(r.id, ())),
                frozenset(fields.get(r.id, ())),
            )
            for r in roles
        }

    def judge(self) -> None:
        self._count()
        alike: dict[Content, list[Role]] = {}
        for role in self.roles:
            self.hearing.look(role_subject(self.system.name, role.id))
            if self.grants[role.id]:
                alike.setdefault(self.contents[role.id], []).append(role)
        for group in alike.values():
            for role in group[1:]:
                self.hearing.fail(
                    role_subject(self.system.name, role.id),
                    "rules.r27.same",
                    params={"role": _called(role), "other": _called(group[0])},
                    facet="same",
                    system=self.system.name,
                )

    def _count(self) -> None:
        """More roles than the company's share of its users. How many hardly anybody is in, or lie
        within another, tells where to begin."""
        users = sum(a.is_enabled is not False for a in self.system.accounts.values())
        most = self.hearing.amount("roles_per_user") or Decimal()
        subject = f"roles:{self.system.name}"
        self.hearing.look(subject)
        if len(self.roles) < self.hearing.count("least_roles") or len(self.roles) <= most * users:
            return
        lonely = sum(self.members.get(role.id, 0) <= 1 for role in self.roles)
        sets = [self.grants[role.id] for role in self.roles if self.grants[role.id]]
        within = sum(any(one < other for other in sets) for one in sets)
        self.hearing.fail(
            subject,
            "rules.r27.many",
            params={
                "system": self.system.name,
                "roles": str(len(self.roles)),
                "users": str(users),
                "lonely": str(lonely),
                "within": str(within),
            },
            system=self.system.name,
        )


def _called(role: Role) -> str:
    return role.name or role.code or role.id


JUDGES: dict[str, Callable[[Company], RuleResult]] = {"R27": r27}
