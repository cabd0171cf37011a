"""Everything that snapshots say of permissions at one moment, as `checks.permissions` wants it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from checks.errors import CodedError
from checks.permissions import model
from checks.permissions.model import Facts, Node, Scope, System
from checks.permissions.policy import Policy
from checks.prepare import Side
from governance.config.permissions import AccessTable, PermissionsConfig, SystemAccess
from governance.permissions.columns import AccessRows, Row
from governance.permissions.log import Log

# Opens the snapshot of one table, or raises why it cannot be seen.
Opener = Callable[[AccessTable], Side]


def load_facts(
    con: Any,
    config: PermissionsConfig,
    opener: Opener,
    *,
    as_of: datetime,
    zone: str,
    moves: Iterable[model.Move] = (),
) -> Facts:
    """The facts of all systems. What cannot be seen is named in its system, with the reason; of a
    kind that several tables feed, all must be seen for it to be known.

    `moves` are changes of department that earlier runs noticed.
    """
    systems = {}
    people = _People()
    for access in config.systems:
        reader = _SystemReader(con, access, opener, config.policy, as_of)
        systems[access.name] = reader.read(people)
    return Facts(
        as_of=as_of,
        zone=zone,
        systems=systems,
        persons=people.settled(),
        moves=tuple(dict.fromkeys((*people.moves, *moves))),
        people_known=bool(people.persons) or people.is_read,
    )


@dataclass
class _People:
    """The staff list, gathered from the systems that keep one."""

    persons: dict[str, model.Person] = field(default_factory=dict)
    posts: dict[str, list[str]] = field(default_factory=dict)
    moves: list[model.Move] = field(default_factory=list)
    is_read: bool = False

    def settled(self) -> dict[str, model.Person]:
        """Each person with their concurrent posts."""
        return {
            no: replace(p, posts=tuple(sorted(self.posts[no]))) if no in self.posts else p
            for no, p in self.persons.items()
        }


@dataclass
class _SystemReader:
    """Reads one system, kind by kind."""

    con: Any
    access: SystemAccess
    opener: Opener
    policy: Policy
    as_of: datetime
    opened: dict[str, list[AccessRows]] = field(default_factory=dict)
    blind: dict[str, tuple[str, Mapping[str, str]]] = field(default_factory=dict)

    def read(self, people: _People) -> System:
        for table in self.access.tables:
            try:
                rows = AccessRows(self.con, table, self.opener(table))
            except CodedError as error:
                self.blind[table.kind] = (error.code, error.params)
            else:
                self.opened.setdefault(table.kind, []).append(rows)
        known = frozenset(self.opened.keys() - self.blind.keys())
        self._people(people)
        system = System(
            name=self.access.name,
            semantics=self.access.semantics,
            accounts={a.id: a for a in map(_account, self._rows("accounts"))},
            departments={d.id: d for d in map(_department, self._rows("departments"))},
            roles={r.id: r for r in map(_role, self._rows("roles"))},
            memberships=tuple(dict.fromkeys(map(_membership, self._rows("memberships")))),
            permissions={p.id: p for p in map(_permission, self._rows("permissions"))},
            grants=tuple(dict.fromkeys(map(_grant, self._rows("grants")))),
            scope_departments=tuple(
                model.ScopeDepartment(r["role"], r["department"])
                for r in self._rows("scope_departments")
            ),
            field_rights=tuple(map(_field_right, self._rows("field_rights"))),
            delegations=tuple(map(_delegation, self._rows("delegations"))),
            documents=tuple(map(_document, self._rows("documents"))),
            approvals=tuple(map(_approval, self._rows("approvals"))),
            flow_edits=tuple(
                model.FlowEdit(r["flow"], r["editor"], r["at"]) for r in self._rows("flow_edits")
            ),
            records=tuple(map(_record, self._rows("records"))),
            known=known,
            blind=self.blind,
        )
        return self._with_log(_completed(system))

    def _rows(self, kind: str) -> Iterator[Row]:
        for rows in self.opened.get(kind, ()):
            yield from rows

    def _people(self, people: _People) -> None:
        people.is_read |= "persons" in self.opened
        for row in self._rows("persons"):
            people.persons.setdefault(row["no"], _person(row))
        for row in self._rows("posts"):
            people.posts.setdefault(row["person"], []).append(row["department"])
        people.moves += [
            model.Move(r["person"], r["before"], r["after"], r["at"]) for r in self._rows("moves")
        ]

    def _with_log(self, system: System) -> System:
        tables = self.opened.get("operations")
        if not tables:
            return system
        records = self.opened.get("records", [])
        log = Log(self.con, tables, records, self.as_of - self.policy.window)
        wanted = {
            action
            for function in self.policy.functions.values()
            if function.name.endswith("_EXPORT")
            for action in function.actions.get(system.name, ())
        }
        return replace(
            system,
            activity=log.activity(),
            operations=log.operations(wanted),
            log_from=log.begins(),
        )


def _completed(system: System) -> System:
    """Where a system keeps no list of its permissions or roles, those that others name."""
    permissions = dict(system.permissions)
    if "permissions" not in {*system.known, *system.blind}:
        permissions = {
            g.permission: model.Permission(g.permission, g.permission) for g in system.grants
        }
    roles = dict(system.roles)
    if "roles" not in {*system.known, *system.blind}:
        for m in system.memberships:
            roles.setdefault(m.into, model.Role(m.into, m.into, m.into, m.into_node))
        for g in system.grants:
            if g.holder_node in (Node.ROLE, Node.GROUP):
                held = model.Role(g.holder, g.holder, g.holder, g.holder_node)
                roles.setdefault(g.holder, held)
    return replace(system, permissions=permissions, roles=roles)


def _person(row: Row) -> model.Person:
    status = row["status"]
    return model.Person(
        no=row["no"],
        name=row["name"],
        status=model.PersonStatus(status) if status else None,
        **{n: row[n] for n in ("department", "job", "manager", "hired_on", "left_on")},
        mobile=row["mobile"],
        mail=row["mail"],
    )


def _account(row: Row) -> model.Account:
    names = ("id", "login", "person", "name", "mobile", "mail", "department", "last_login")
    return model.Account(
        **{n: row[n] for n in names},
        is_enabled=row["enabled"],
        kind=model.AccountKind(row["kind"]) if row["kind"] else model.AccountKind.PERSON,
        is_admin=row["admin"] is True,
        created_at=row["created_at"],
        has_live_token=row["live_token"],
    )


def _department(row: Row) -> model.Department:
    return model.Department(
        row["id"], row["parent"], row["name"], row["leader"], row["active"] is not False
    )


def _role(row: Row) -> model.Role:
    return model.Role(
        id=row["id"],
        code=row["code"],
        name=row["name"],
        node=_node(row["node"], Node.ROLE),
        is_enabled=row["enabled"] is not False,
        scope=_scope(row["scope"]),
        is_built_in=row["built_in"] is True,
    )


def _membership(row: Row) -> model.Membership:
    return model.Membership(
        member=row["member"],
        into=row["into"],
        member_node=_node(row["member_node"], Node.ACCOUNT),
        into_node=_node(row["into_node"], Node.ROLE),
        scope=_scope(row["scope"]),
        **{n: row[n] for n in ("since", "until", "granted_by", "granted_at")},
    )


def _permission(row: Row) -> model.Permission:
    return model.Permission(row["id"], row["code"], row["name"], row["enabled"] is not False)


def _grant(row: Row) -> model.Grant:
    return model.Grant(
        holder=row["holder"],
        permission=row["permission"],
        holder_node=_node(row["holder_node"], Node.ROLE),
        is_denied=row["denied"] is True,
        scope=_scope(row["scope"]),
        above=row["above"],
        below=row["below"],
    )


def _field_right(row: Row) -> model.FieldRight:
    return model.FieldRight(
        row["role"],
        row["record_type"],
        row["field_class"],
        model.FieldAccess(row["access"]),
        row["channel"] or "page",
    )


def _delegation(row: Row) -> model.Delegation:
    names = ("id", "of", "to", "starts_at", "ends_at", "flow")
    return model.Delegation(**{n: row[n] for n in names}, is_active=row["active"] is not False)


def _document(row: Row) -> model.Document:
    names = ("no", "type", "creator", "amount", "currency", "customer", "created_at", "updated_at")
    told = {name: row[name] for name in (*names, "frame")}
    return model.Document(**told, is_effective=row["effective"])


def _approval(row: Row) -> model.Approval:
    names = ("doc", "step", "actor", "on_behalf_of", "at", "flow")
    return model.Approval(
        **{n: row[n] for n in names},
        is_approved=row["approved"],
        is_automatic=row["automatic"] is True,
    )


def _record(row: Row) -> model.Record:
    return model.Record(*(row[n] for n in ("no", "type", "owner", "department", "phone", "name")))


def _node(word: str | None, usual: Node) -> Node:
    return Node(word) if word else usual


def _scope(word: str | None) -> Scope | None:
    return Scope(word) if word else None
