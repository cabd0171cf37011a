"""Findings as one reader may see them: pages, counts, single ones, whole lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from governance.access import Actor
from governance.errors import PermissionRefused
from governance.ledger.database import Database
from governance.ledger.rows import SnapshotRow
from governance.ledger.snapshots import Snapshots
from governance.reading.comments import counted
from governance.reading.model import (
    Facet,
    FieldCount,
    Filters,
    Finding,
    Order,
    Page,
    Reading,
    aware,
)
from governance.reading.query import (
    COLUMNS,
    FACETS,
    OF_CASES,
    ORDERS,
    POSITION,
    Where,
    narrowed,
    scoped,
)
from governance.reading.shelf import Handle, Shelf
from governance.reading.voices import Voices

BATCH = 2000
TIMES = (
    "first_seen",
    "last_seen",
    "since",
    "opened_at",
    "closed_at",
    "left_moved_at",
    "right_moved_at",
    "agreed_at",
    "due_at",
)

_SELECTED = ", ".join(f"f.{column}" for column in (*COLUMNS, "run"))


class Findings:
    """What the runs of one `Reading` found, narrowed to what `actor` may see.

    Bound to one reading, so that all parts of a page speak of the same runs. Every method raises
    PermissionRefused where the actor may not view, and EvidenceTampered for a changed file.
    """

    def __init__(
        self, shelf: Shelf, database: Database, reading: Reading, actor: Actor, voices: Voices
    ) -> None:
        self.shelf = shelf
        self.database = database
        self.reading = reading
        self.actor = actor
        self.voices = voices

    def count(self, filters: Filters) -> int:
        """How many findings match."""
        where = narrowed(self.actor, filters)
        if not self.reading.parts:
            return 0
        with self.shelf.open(self.reading) as handle:
            return self._count(handle, filters, where)

    def page(
        self,
        filters: Filters,
        *,
        order: Order = Order.SEVERITY,
        offset: int = 0,
        limit: int = 50,
    ) -> Page:
        """Findings `offset` to `offset + limit` of the list, and how many the list holds."""
        where = narrowed(self.actor, filters)
        where.is_case |= order is Order.DUE
        if not self.reading.parts:
            return Page((), 0, 0)
        with self.shelf.open(self.reading) as handle:
            total = self._count(handle, filters, where)
            # Sorting narrow rows and fetching only the page's own: 45 instead of 230 CPU ms at 1M.
            query = (
                f"WITH chosen AS (SELECT part, pos FROM {where.source} {where.sql} "
                f"ORDER BY {ORDERS[order]}, {POSITION} LIMIT ? OFFSET ?) SELECT * FROM chosen"
            )
            values = [*where.values, limit, max(offset, 0)]
            places = self._remembered(handle, query, values, where)
            rows = self._fetch(handle, places)
        return Page(self._with_comments(rows), total, max(offset, 0))

    def counts(self, filters: Filters, by: Facet) -> dict[str, int]:
        """Findings per value of `by`, its own filter left out; "" stands for none."""
        query, where = self._counting(filters, by)
        return dict(self.asked(query, where, filters))

    def count_ahead(self, filters: Filters, facets: Sequence[Facet]) -> None:
        """Make `count`, and `counts` of several facets, ready by one look: half of what each costs.

        Facets that narrow the list themselves are left to be counted alone.
        """
        alike = [by for by in facets if filters.without(by) == filters]
        where = narrowed(self.actor, filters)
        where.is_case |= not OF_CASES.isdisjoint(alike)
        if len(alike) < 2 or not self.reading.parts:
            return
        columns = ", ".join(f"coalesce({FACETS[by]}, '') AS c{n}" for n, by in enumerate(alike))
        names = [f"c{n}" for n in range(len(alike))]
        sets = ", ".join(f"({name})" for name in names)
        query = (
            f"SELECT grouping({', '.join(names)}), coalesce({', '.join(names)}), count(*)"
            f" FROM (SELECT {columns} FROM {where.source} {where.sql}) AS f"
            f" GROUP BY GROUPING SETS ({sets}) ORDER BY 3 DESC, 2"
        )
        rows = self.asked(query, where, filters)
        # In the mask the first name has the highest bit, and the one that is grouped by has none.
        whole = (1 << len(alike)) - 1
        with self.shelf.open(self.reading) as handle:
            total = sum(count for found, _, count in rows if found == whole >> 1)
            plain = narrowed(self.actor, filters)
            self._remembered(handle, _counted(plain), plain.values, plain, [(total,)])
        for number, by in enumerate(alike):
            mask = whole ^ (1 << (len(alike) - 1 - number))
            one, its = self._counting(filters, by)
            told = [(value, count) for found, value, count in rows if found == mask]
            with self.shelf.open(self.reading) as handle:
                self._remembered(handle, one, its.values, its, told)

    def _counting(self, filters: Filters, by: Facet) -> tuple[str, Where]:
        where = narrowed(self.actor, filters.without(by))
        where.is_case |= by in OF_CASES
        query = (
            f"SELECT coalesce({FACETS[by]}, ''), count(*) FROM {where.source} {where.sql} "
            "GROUP BY 1 ORDER BY 2 DESC, 1"
        )
        return query, where

    def grouped(self, filters: Filters, by: Sequence[Facet]) -> dict[tuple[str, ...], int]:
        """Findings per combination of the values of `by`; "" stands for none."""
        where = narrowed(self.actor, filters)
        where.is_case |= not OF_CASES.isdisjoint(by)
        columns = ", ".join(f"coalesce({FACETS[facet]}, '')" for facet in by)
        query = f"SELECT {columns}, count(*) FROM {where.source} {where.sql} GROUP BY ALL"
        return {tuple(values): number for *values, number in self.asked(query, where, filters)}

    def per_field(self, filters: Filters) -> tuple[FieldCount, ...]:
        """Findings per entity and field, split by class (by kind for whole rows), most first."""
        where = narrowed(self.actor, filters)
        query = (
            f"SELECT entity, field, {FACETS[Facet.CLASS]} AS what, count(*) "
            f"FROM {where.source} {where.sql} GROUP BY ALL ORDER BY what"
        )
        found: dict[tuple[str, str | None], dict[str, int]] = {}
        for entity, field, what, number in self.asked(query, where, filters):
            found.setdefault((entity, field), {})[what] = number
        lines = (FieldCount(entity, field, counts) for (entity, field), counts in found.items())
        return tuple(sorted(lines, key=lambda line: (-line.total, line.entity, line.field or "")))

    def finding(self, finding_id: str) -> Finding | None:
        """One finding, or None. Raises PermissionRefused for one outside the actor's scope."""
        rows = self._where("finding_id = ?", finding_id)
        return rows[0] if rows else None

    def some(self, ids: Sequence[str]) -> tuple[Finding, ...]:
        """Those of a few findings that the actor may see, in the order of `ids`."""
        if not ids:
            return ()
        found: dict[str, Finding] = {}
        where = scoped(self.actor)
        where.among("finding_id", tuple(ids))
        with self.shelf.open(self.reading) as handle:
            query = f"SELECT part, pos FROM findings AS f {where.sql} ORDER BY pos"
            for row in self._fetch(handle, _rows(handle, query, where.values)):
                found[row.finding_id] = row
        return tuple(found[one] for one in ids if one in found)

    def of_record(self, entity: str, pair: str, key: str) -> tuple[Finding, ...]:
        """All findings of one record of a pair (`left~right`), whole rows first.

        Raises PermissionRefused where they lie outside the actor's scope.
        """
        left, _, right = pair.partition("~")
        condition = "entity = ? AND left_source = ? AND right_source = ? AND record_key = ?"
        return self._where(condition, entity, left, right, key)

    def snapshots_of(self, entity: str, pair: str) -> dict[str, SnapshotRow]:
        """The snapshots that the run speaking for this pair evaluated, by source.

        For a source that this run did not have, its newest snapshot stands in.
        """
        scoped(self.actor)
        left, _, right = pair.partition("~")
        query = (
            "SELECT max(run) FROM pairs WHERE entity = ? AND left_source = ? AND right_source = ?"
        )
        if not self.reading.parts:
            return {}
        with self.shelf.open(self.reading) as handle:
            run = _rows(handle, query, [entity, left, right])[0][0]
        if run is None:
            return {}
        known = Snapshots(self.database)
        used = {s.source: s for s in known.of_run(run) if s.entity == entity}
        found = {
            source: used.get(source) or known.newest(source, entity) for source in (left, right)
        }
        return {source: snapshot for source, snapshot in found.items() if snapshot}

    def taken(self, source: str, entity: str) -> tuple[SnapshotRow, ...]:
        """Every snapshot of one entity of a source that the ledger knows, oldest first."""
        scoped(self.actor)
        return Snapshots(self.database).history(source, entity)

    def every(self, filters: Filters, order: Order = Order.KEY) -> Iterator[Finding]:
        """The whole list in batches; memory does not grow with it. Comments are not joined."""
        where = narrowed(self.actor, filters)
        if not self.reading.parts:
            return
        with self.shelf.open(self.reading) as handle:
            if filters.text.strip():
                handle.searchable()
            self._hear(handle)
            cursor = handle.con.cursor()
            query = f"SELECT f.status, {_SELECTED} FROM cases AS f {where.sql}"
            query += f" ORDER BY {ORDERS[order]}"
            cursor.execute(f"{query}, {POSITION}", where.values)
            while batch := cursor.fetchmany(BATCH):
                yield from (self._case(status, values) for status, *values in batch)

    def _where(self, condition: str, *values: object) -> tuple[Finding, ...]:
        allowed = scoped(self.actor)
        if not self.reading.parts:
            return ()
        with self.shelf.open(self.reading) as handle:
            within = Where([*allowed.parts, condition], [*allowed.values, *values])
            query = f"SELECT part, pos FROM {within.source} {within.sql}"
            query += " ORDER BY field NULLS FIRST, pos"
            rows = self._fetch(handle, _rows(handle, query, within.values))
            if not rows and self.actor.departments is not None:
                beyond = f"SELECT 1 FROM findings WHERE {condition} LIMIT 1"
                if _rows(handle, beyond, list(values)):
                    raise PermissionRefused("record.outside", actor=self.actor.name)
        return self._with_comments(rows)

    def _count(self, handle: Handle, filters: Filters, where: Where) -> int:
        if filters.text.strip():
            handle.searchable()
        return int(self._remembered(handle, _counted(where), where.values, where)[0][0])

    def asked(self, query: str, where: Where, filters: Filters) -> list[tuple[Any, ...]]:
        """The rows of a query over `where.source`, for other modules of this package."""
        if not self.reading.parts:
            return []
        with self.shelf.open(self.reading) as handle:
            if filters.text.strip():
                handle.searchable()
            return self._remembered(handle, query, where.values, where)

    def _remembered(
        self,
        handle: Handle,
        query: str,
        values: list[Any],
        where: Where,
        told: list[tuple[Any, ...]] | None = None,
    ) -> list[tuple[Any, ...]]:
        """Sealed files never change; what people say and the time of day do. `told` is the answer
        where it is known already."""
        name: tuple[Any, ...] = (query, *values)
        if where.is_case:
            self._hear(handle)
            name = (*name, handle.heard.mark)
        ask = (lambda: _rows(handle, query, values)) if told is None else (lambda: told)
        return handle.remembered(name, ask)

    def _hear(self, handle: Handle) -> None:
        self.voices.tell(handle.con, handle.heard)

    def _fetch(self, handle: Handle, places: list[tuple[Any, ...]]) -> list[Finding]:
        """The findings at these places, in their order."""
        self._hear(handle)
        found: dict[tuple[int, int], Finding] = {}
        wanted: dict[int, list[int]] = {}
        for part, position in places:
            wanted.setdefault(part, []).append(position)
        # Part by part, since only then does the list reach the file and whole groups are skipped.
        for part, positions in wanted.items():
            query = (
                f"SELECT f.pos, f.status, {_SELECTED} FROM cases AS f "
                f"WHERE f.part = {part:d} AND f.pos IN (SELECT unnest(?::BIGINT[]))"
            )
            for position, status, *values in _rows(handle, query, [positions]):
                found[part, position] = self._case(status, values)
        return [found[part, position] for part, position in places]

    def _case(self, status: str, values: Sequence[Any]) -> Finding:
        finding = _finding(values)
        return replace(finding, status=status, said=self.voices.of(finding.finding_id))

    def _with_comments(self, rows: list[Finding]) -> tuple[Finding, ...]:
        return counted(self.database, rows)


def _counted(where: Where) -> str:
    return f"SELECT count(*) FROM {where.source} {where.sql}"


def _rows(handle: Handle, query: str, values: list[Any]) -> list[tuple[Any, ...]]:
    return handle.con.cursor().execute(query, values).fetchall()


def _finding(row: Sequence[Any]) -> Finding:
    values = dict(zip((*COLUMNS, "run"), row, strict=True))
    values["check"] = values.pop("check_name")
    values["key"] = values.pop("record_key")
    values["cls"] = values.pop("class")
    values["normalisers"] = tuple(filter(None, (values["normalisers"] or "").split(",")))
    values |= {name: aware(values[name]) for name in TIMES if values[name] is not None}
    return Finding(**values)
