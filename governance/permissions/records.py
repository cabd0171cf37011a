"""Records of sealed snapshots, and who reaches one of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from checks.permissions.departments import Tree
from checks.permissions.model import Department, PersonStatus, RefersTo, Scope
from checks.permissions.verdict import Hop
from checks.sql import quoted
from governance.config.permissions import AccessTable, PermissionsConfig
from governance.ledger.rows import SnapshotRow
from governance.ledger.snapshots import Snapshots
from governance.permissions.people import HOLDING, HoldingRow, holding
from governance.permissions.reader import Reader

KIND = "records"
SUFFIXES = ("_VIEW", "_EDIT", "_EXPORT", "_DELETE")
PREFIXES = {"customer": "CUST"}
MOST = 2_000


@dataclass(frozen=True)
class RecordRow:
    """A record as its snapshot has it. `owner` is named as the system does (`owner_is`)."""

    system: str
    type: str
    no: str
    name: str | None
    owner: str | None
    owner_is: RefersTo
    department: str | None

    @property
    def code(self) -> str:
        return f"{self.system}~{self.type}~{self.no}"


@dataclass(frozen=True)
class Reached:
    """An account that reaches a record through one function. `by` is `all`, `own` or `department`;
    `beyond` is None where nobody can tell what the human needs."""

    holding: HoldingRow
    name: str | None
    is_enabled: bool | None
    link: str
    by: str
    beyond: bool | None

    @property
    def giving(self) -> HoldingRow:
        """The holding with those paths alone whose scope is what reaches the record; all of them
        where the system adds scopes up in another way."""
        mine = tuple(path for path in self.holding.paths if _width(path) == self.by)
        return replace(self.holding, paths=mine or self.holding.paths)


def _width(path: Sequence[Hop]) -> str:
    """What a path's scope reaches, in the words of `by`."""
    if any(hop.what == "administrator" for hop in path):
        return "all"
    word = next((hop.id for hop in reversed(path) if hop.what == "scope"), "")
    return word if word in ("all", "own") else "department"


def functions_of(access: PermissionsConfig, type_: str) -> tuple[str, ...]:
    """The policy's functions that show or hand out records of a type."""
    prefix = PREFIXES.get(type_, type_.upper())
    wanted = {prefix + suffix for suffix in SUFFIXES}
    return tuple(name for name in access.policy.functions if name in wanted)


def find(
    reader: Reader, access: PermissionsConfig, text: str, limit: int = 12
) -> tuple[RecordRow, ...]:
    """Records whose number begins with the text or whose name holds it."""
    found: list[RecordRow] = []
    condition = (
        "starts_with(lower(no), lower($text)) OR contains(lower(coalesce(name, '')), lower($text))"
    )
    for table, snapshot in _tables(reader, access):
        query = f"WHERE {condition} ORDER BY lower(no) <> lower($text), no LIMIT $limit"
        values = {"text": text.strip(), "limit": limit}
        found += _rows(reader, table, snapshot, query, values)
    return tuple(found[:limit])


def record(reader: Reader, access: PermissionsConfig, code: str) -> RecordRow | None:
    """The record `system~type~number`; None where the reader sees none."""
    system, _, rest = code.partition("~")
    type_, _, no = rest.partition("~")
    for table, snapshot in _tables(reader, access):
        if table.system == system:
            for row in _rows(reader, table, snapshot, "WHERE no = $no LIMIT 20", {"no": no}):
                if row.type == type_:
                    return row
    return None


def _tables(reader: Reader, access: PermissionsConfig) -> Iterator[tuple[AccessTable, SnapshotRow]]:
    """The tables of records that were read by the run, each with the snapshot that counted then."""
    if reader.run is None:
        return
    known = Snapshots(reader.desk.database)
    used = {s.entity: s for s in known.of_run(reader.run.run)}
    for table in access.tables:
        if table.kind != KIND:
            continue
        snapshot = used.get(table.entity.name)
        if snapshot is None:
            taken = known.history(table.source, table.entity.name)
            snapshot = next((s for s in reversed(taken) if s.taken_at <= reader.run.at), None)
        if snapshot is not None:
            yield table, snapshot


def _rows(
    reader: Reader,
    table: AccessTable,
    snapshot: SnapshotRow,
    condition: str,
    values: dict[str, Any],
) -> list[RecordRow]:
    """Rows of one snapshot within the reader's departments. Raises EvidenceTampered."""
    chain = Snapshots(reader.desk.database).chain(snapshot)
    with reader.desk.shelf.archive.open() as room:
        opened = room.open(chain)
        cursor = room.con.cursor()
        described = cursor.execute(f"SELECT * FROM {opened.rows} LIMIT 0").description
        there = frozenset(column[0] for column in described)
        columns = ", ".join(
            f"{_value(name, there)} AS {name}"
            for name in ("no", "type", "owner", "department", "name")
        )
        whole = " UNION ALL ".join(f"SELECT {columns} FROM {r}" for r in (opened.rows, opened.odd))
        scoped = "true"
        bound = dict(values)
        if reader.actor.departments is not None:
            scoped = "department IN (SELECT unnest($scope::VARCHAR[]))"
            bound["scope"] = sorted(d for d in reader.actor.departments if d)
        query = f"SELECT * FROM (SELECT * FROM ({whole}) WHERE {scoped}) {condition}"
        found = cursor.execute(query, bound).fetchall()
    return [_record(table, *row) for row in found if row[0] is not None]


def _value(name: str, there: frozenset[str]) -> str:
    """A field as it is compared; NULL where the table does not map it."""
    if name not in there:
        return "CAST(NULL AS VARCHAR)"
    if f"{name}__n" in there:
        return f"nullif(coalesce({quoted(name + '__n')}, {quoted(name)}), '')"
    return f"nullif({quoted(name)}, '')"


def _record(
    table: AccessTable, no: str, type_: str | None, owner: str | None, department: str | None,
    name: str | None,
) -> RecordRow:  # fmt: skip
    words = table.values.get("type")
    told = table.constants.get("type") or (words.get(type_ or "") if words else type_) or ""
    to = table.refers.get("owner", RefersTo.ACCOUNT)
    if owner is not None and to is RefersTo.PERSON:
        owner = owner.upper()
    return RecordRow(table.system, told, no, name, owner, to, department)


_OWNER = {
    RefersTo.ACCOUNT: "a.account = $owner",
    RefersTo.LOGIN: "a.login = $owner",
    RefersTo.PERSON: "a.human = $owner",
}


def reached(
    reader: Reader, row: RecordRow, functions: Sequence[str], *, human: str | None = None
) -> tuple[Reached, ...]:
    """Every account that reaches the record, those beyond need first, disabled ones last; of one
    human where `human` is named. At most `MOST`."""
    own = f"coalesce({_OWNER[row.owner_is]}, false)"
    department = json.dumps(row.department, ensure_ascii=False) if row.department else "\x01"
    mine = "AND h.human = $human" if human is not None else ""
    query = (
        f"SELECT {HOLDING}, p.name, a.is_enabled, a.link, p.department, a.department,"
        f" p.posts, p.status, {own} FROM {{holdings}} AS h"
        " JOIN {accounts} AS a ON a.system = h.system AND a.account = h.account"
        " LEFT JOIN {people} AS p ON p.human = h.human WHERE h.system = $system"
        " AND h.function IN (SELECT unnest($functions::VARCHAR[]))"
        f" AND (h.is_all OR (h.own AND {own}) OR contains(h.departments, $department)) {mine}"
        " ORDER BY a.is_enabled IS NOT DISTINCT FROM false, h.human, h.account, h.function"
        " LIMIT $most"
    )
    values: dict[str, object] = {
        "owner": row.owner or "\x01", "system": row.system, "functions": list(functions),
        "department": department, "most": MOST,
    }  # fmt: skip
    if human is not None:
        values["human"] = human
    tree = _tree(reader, row.system)
    found = [_reached(told, row, tree) for told in reader.ask(query, values)]
    return tuple(sorted(found, key=lambda r: (r.is_enabled is False, r.beyond is not True)))


def _reached(told: tuple[Any, ...], row: RecordRow, tree: Tree) -> Reached:
    *values, name, is_enabled, link, works, home, posts, status, is_owner = told
    held = holding(tuple(values))
    by = "all" if held.is_all else "own" if held.own and is_owner else "department"
    homes = {d for d in (works, home, *json.loads(posts or "[]")) if d}
    # Whoever has left needs nothing any more.
    left = status == PersonStatus.LEFT
    beyond = True if left else _is_beyond(held, row, homes, is_owner, tree)
    return Reached(held, name, is_enabled, link, by, beyond)


def _is_beyond(
    held: HoldingRow, row: RecordRow, homes: Iterable[str], is_owner: bool, tree: Tree
) -> bool | None:
    """Whether the human's family does not need this record."""
    if held.beyond is False or (held.allowed == Scope.ALL):
        return False
    if held.allowed is None or held.allowed == Scope.CUSTOM:
        return None
    if held.allowed == Scope.NONE:
        return True
    if is_owner:
        return False
    if held.allowed == Scope.OWN:
        return True
    if row.department is None:
        return None
    mine = frozenset(homes)
    within = tree.subtrees(mine) | mine if held.allowed == Scope.SUBTREE else mine
    return row.department not in within


def _tree(reader: Reader, system: str) -> Tree:
    query = "SELECT id, parent, name FROM {departments} WHERE system = $system"
    rows = reader.ask(query, {"system": system})
    return Tree({code: Department(code, parent, name) for code, parent, name in rows})
