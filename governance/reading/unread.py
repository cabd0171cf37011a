"""The cells that no normaliser or type could read, one by one, out of the newest snapshots."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from checks.dictionary import Entity
from checks.masking import SEPARATOR
from checks.sql import quoted
from governance.access import Right
from governance.ledger.rows import SnapshotRow
from governance.ledger.snapshots import Snapshots as Known

if TYPE_CHECKING:
    import duckdb

    from governance.reading.findings import Findings

MOST = 50


@dataclass(frozen=True)
class UnreadCell:
    """One cell as it stands in the source (or its mask), and the record it belongs to."""

    source: str
    field: str
    key_shown: str | None
    display: str | None
    value: str | None


def unread(view: Findings, entity: Entity, most: int = MOST) -> tuple[UnreadCell, ...]:
    """Up to `most` cells of each source, in the order of the keys; only records in scope.

    Raises PermissionRefused without the right to view, EvidenceTampered for a damaged file.
    """
    view.actor.require(Right.VIEW)
    known = Known(view.database)
    found: list[UnreadCell] = []
    for mapping in entity.mappings:
        snapshot = known.newest(mapping.source, entity.name)
        if snapshot is not None and snapshot.unread:
            found += _cells(view, known, entity, snapshot, most)
    return tuple(found)


def _cells(
    view: Findings, known: Known, entity: Entity, snapshot: SnapshotRow, most: int
) -> list[UnreadCell]:
    with view.shelf.archive.open() as room:
        opened = room.open(known.chain(snapshot))
        con = room.con.cursor()
        cells: list[UnreadCell] = []
        for relation in (opened.rows, opened.odd):
            for row in _rows(con, relation, entity, view.actor.departments, most):
                cells += _of_row(entity, snapshot.source, row)
    return cells[:most]


def _rows(
    con: duckdb.DuckDBPyConnection,
    relation: str,
    entity: Entity,
    scope: frozenset[str] | None,
    most: int,
) -> Iterator[dict[str, Any]]:
    """Rows with such a cell. A snapshot of an older form does not say which those are."""
    names = {str(column[0]) for column in con.execute(f"DESCRIBE {relation}").fetchall()}
    condition, values = "_unread IS NOT NULL", []
    if scope is not None:
        if entity.department not in names:
            return
        condition += f" AND list_contains(?, {quoted(entity.department)})"
        values.append(sorted(scope))
    if "_unread" not in names:
        return
    result = con.execute(
        f"SELECT *, string_split(_unread, {SEPARATOR}) AS _fields FROM {relation}"
        f" WHERE {condition} ORDER BY _key, _raw_hash LIMIT {int(most)}",
        values,
    )
    columns = [str(column[0]) for column in result.description]
    for row in result.fetchall():
        yield dict(zip(columns, row, strict=True))


def _of_row(entity: Entity, source: str, row: dict[str, Any]) -> Iterator[UnreadCell]:
    key = " · ".join(str(row[name]) for name in entity.key if row.get(name) is not None)
    display = row.get(entity.display) if entity.display else None
    for name in row["_fields"]:
        yield UnreadCell(source, name, key or None, display, row.get(name))
