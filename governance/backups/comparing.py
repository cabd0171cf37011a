"""Rows of a backup held against our own sealed snapshots of the same table.

What was landed as text, out of a dump or a restored database, is prepared by the snapshot's own
rules and secret. Only rows whose text differs from the snapshot before are normalised and
reconciled, and none where all of it is the text of one snapshot, so a sound backup costs little
more than hashing its rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from checks.backups.model import Compared
from checks.cells import Names
from checks.changes import changes
from checks.dictionary import Entity
from checks.prepare import Side, digest, hash_rows, prepare
from checks.reconcile import reconcile
from checks.sql import only_row, quoted
from governance.backups.content.model import Wanted
from governance.backups.dating import Bounds, Past, bounds, version
from governance.config.model import Config
from governance.errors import EvidenceTampered, GovernanceError
from governance.ledger import Ledger
from governance.ledger.rows import SnapshotRow, StepKind
from governance.sources.watch import Watch

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from governance.runs.sides import Sides

MOST_EXAMPLES = 10
# Of a backup's rows, how many must be known to our history for a date to mean something.
HALF = 0.5


class Unread(StrEnum):
    """Why a table could not be held against a snapshot. The values are message ids."""

    QUERY = "backups.compare.query"
    FILTER = "backups.compare.filter"
    ABSENT = "backups.compare.absent"
    COLUMNS = "backups.compare.columns"
    NONE = "backups.compare.no_snapshot"
    OLDER = "backups.compare.older"
    RULES = "backups.compare.rules"
    DAMAGED = "backups.compare.damaged"


@dataclass(frozen=True)
class Plan:
    """What is wanted of a dump of one source: `entities` by the table that each lands in, and the
    entities that no dump can be compared by, with the reason."""

    wanted: tuple[Wanted, ...]
    entities: Mapping[str, Entity]
    unread: Mapping[str, Unread]


def plan(config: Config, source: str, timestamps: Mapping[str, str]) -> Plan:
    """The mapped tables of a source; `timestamps` names the column of times by table.

    Those of permissions are not among them: who may do what is small, is judged by itself each run,
    and holding it against snapshots would cost more than all records do.
    """
    wanted: list[Wanted] = []
    entities: dict[str, Entity] = {}
    unread: dict[str, Unread] = {}
    for entity in config.entities:
        mapping = entity.mapping_of(source)
        if mapping is None:
            continue
        if mapping.table is None or mapping.query is not None:
            unread[entity.name] = Unread.QUERY
        elif mapping.filter:
            unread[entity.name] = Unread.FILTER
        else:
            into = f"landed_{len(wanted)}"
            newest = timestamps.get(mapping.table)
            wanted.append(Wanted(mapping.table, mapping.columns, into, newest))
            entities[into] = entity
    return Plan(tuple(wanted), entities, unread)


@dataclass(frozen=True)
class Around:
    """The snapshots around a moment: the last one before it, those taken meanwhile, the first one
    after it if there is one. `past` is all that was taken up to then."""

    near: tuple[SnapshotRow, ...]
    past: tuple[SnapshotRow, ...]
    has_next: bool


@dataclass(frozen=True)
class _Held:
    """A backup beside the snapshot before. `whole` is false where both sides hold only the keys of
    the table `touched`: under all other keys the backup has the very text of the snapshot."""

    then: Side
    held: Side
    whole: bool
    rows: int


@dataclass(frozen=True)
class Comparing:
    """Holds landed tables against snapshots. `con` is the connection that they landed in, and that
    `sides` opens snapshots on."""

    con: DuckDBPyConnection
    ledger: Ledger
    config: Config
    sides: Sides
    stop: Callable[[], bool] = lambda: False
    _ended: dict[tuple[int, str], datetime] = field(default_factory=dict)

    def compare(
        self,
        entity: Entity,
        source: str,
        landed: str,
        since: datetime,
        until: datetime | None = None,
        *,
        is_narrow: bool = False,
    ) -> Compared | Unread:
        """Hold the table `landed` (columns named canonically, all text) against the snapshots
        around its moment, which is some time from `since` to `until`.

        `is_narrow`: it has lost columns, so that rows without a key cannot be told apart any more
        and are not counted. Raises SourceUnavailable soon after `stop` says so. Leaves nothing in
        the connection.
        """
        around = self._around(source, entity.name, since, until or since)
        if isinstance(around, Unread):
            return around
        try:
            before = self.sides.own(entity, around.near[0])
        except EvidenceTampered:
            return Unread.DAMAGED
        except GovernanceError:
            return Unread.RULES
        later = [self._side(entity, snapshot) for snapshot in around.near[1:]]
        with self._room(), self._stoppable(source):
            known = [side for side in later if side is not None]
            return self._compare(around, landed, before, known, is_narrow)

    def _around(
        self, source: str, entity: str, since: datetime, until: datetime
    ) -> Around | Unread:
        taken = self.ledger.snapshots.history(source, entity)
        if not taken:
            return Unread.NONE
        # A snapshot is of some moment between its own time and the end of reading its source.
        first = next((at for at, s in enumerate(taken) if s.taken_at >= until), None)
        end = len(taken) if first is None else first + 1
        start = next((at for at in reversed(range(end)) if self.ended(taken[at]) <= since), None)
        if start is None:
            return Unread.OLDER
        return Around(taken[start:end], taken[:end], first is not None)

    def ended(self, snapshot: SnapshotRow) -> datetime:
        """When the source of a snapshot had been read whole."""
        known = snapshot.run_id, snapshot.source
        if known not in self._ended:
            ends = [
                step.finished_at
                for step in self.ledger.steps.of_run(snapshot.run_id)
                if step.kind is StepKind.READ and step.source == snapshot.source
            ]
            self._ended[known] = max((e for e in ends if e is not None), default=snapshot.taken_at)
        return self._ended[known]

    def _side(self, entity: Entity, snapshot: SnapshotRow) -> Side | None:
        try:
            return self.sides.own(entity, snapshot)
        except GovernanceError:
            return None

    @contextmanager
    def _room(self) -> Iterator[None]:
        """A schema for all that is made on the way; what was landed is still found."""
        self.con.execute("CREATE SCHEMA holding; SET search_path = 'holding,main'")
        try:
            yield
        finally:
            self.con.execute("SET search_path = 'main'; DROP SCHEMA holding CASCADE")

    @contextmanager
    def _stoppable(self, source: str) -> Iterator[None]:
        import duckdb

        watch = Watch(source, self.stop, self.con.interrupt)
        with watch, watch.over(duckdb.InterruptException):
            yield

    def _compare(
        self, around: Around, landed: str, before: Side, later: Sequence[Side], is_narrow: bool
    ) -> Compared:
        con, spec = self.con, before.spec
        past = Past(self.sides, around.past, self.ended)
        text = hash_rows(con, landed, "hashes", spec)
        twin = next((s for s in (*later[::-1], before) if digest(con, s.rows, s.odd) == text), None)
        if twin is not None:
            return self._told(around, bounds(con, past, spec, twin.under, 0))
        found = _held(con, landed, before)
        columns = [c.name for c in spec.columns if c.name not in spec.key]
        totals = reconcile(con, found.then, found.held, columns, into="then_")
        _note(con, Names("then_"), found.then, found.held, "apart")
        for side in later:
            _excuse(con, side, found.held, columns)
        missing, extra, different = only_row(con, _COUNTED)
        lost, more = (0, 0) if is_narrow else _without_key(con, found, before, later)
        strange = max(int(HALF * found.rows) + 1 - totals.aligned, 0) if found.whole else 0
        dated = bounds(con, past, spec, lambda keys: _under(found, before, keys), strange)
        examples = tuple(str(key) for (key,) in con.execute(_EXAMPLES).fetchall())
        return self._told(around, dated, missing + lost, extra + more, different, examples)

    def _told(
        self,
        around: Around,
        dated: Bounds,
        missing: int = 0,
        extra: int = 0,
        different: int = 0,
        examples: tuple[str, ...] = (),
    ) -> Compared:
        """The counts given; without them, of a backup with the very text of one snapshot."""
        snapshot = around.near[0]
        return Compared(
            snapshot=snapshot.id,
            snapshot_at=snapshot.taken_at,
            rows=snapshot.rows,
            missing=missing,
            extra=extra,
            different=different,
            examples=examples,
            not_before=dated.not_before,
            before=dated.before,
            next_at=around.near[-1].taken_at if around.has_next else None,
        )


_COUNTED = """
SELECT count(*) FILTER (state = 'missing'), count(*) FILTER (state = 'extra'),
    count(*) FILTER (state = 'different') FROM apart
"""
_EXAMPLES = f"""
SELECT _key FROM apart
ORDER BY list_position(['missing', 'different', 'extra'], state), _key LIMIT {MOST_EXAMPLES}
"""
# What became of each key in the eyes of one snapshot. A repeated key may stand on both sides.
_NOTED = """
CREATE OR REPLACE TABLE {into} AS
WITH alone AS (SELECT DISTINCT _key, kind FROM {lone} WHERE _key IS NOT NULL),
twice AS (SELECT _key FROM alone WHERE kind LIKE 'duplicate_%'),
then_twice AS (SELECT _key FROM {then} SEMI JOIN twice USING (_key)
    UNION SELECT _key FROM {then_odd} SEMI JOIN twice USING (_key)),
held_twice AS (SELECT _key FROM {held} SEMI JOIN twice USING (_key)
    UNION SELECT _key FROM {held_odd} SEMI JOIN twice USING (_key))
SELECT DISTINCT _key, 'different' AS state FROM {cells}
UNION ALL
SELECT DISTINCT _key, CASE WHEN kind = 'only_left' THEN 'missing'
    WHEN kind = 'only_right' THEN 'extra'
    WHEN _key NOT IN (FROM held_twice) THEN 'missing'
    WHEN _key NOT IN (FROM then_twice) THEN 'extra' ELSE 'different' END FROM alone
"""
# What one snapshot answers is no difference; what all snapshots lack or have alike stays.
_EXCUSED = """
CREATE OR REPLACE TABLE apart AS SELECT a._key,
    CASE WHEN a.state = n.state THEN a.state ELSE 'different' END AS state
FROM apart AS a JOIN next_apart AS n USING (_key)
"""


def _held(con: DuckDBPyConnection, landed: str, before: Side) -> _Held:
    """Prepare what has to be looked at of the table `landed`, whose rows `hashes` tells apart."""
    spec = before.spec
    (rows,) = only_row(con, "SELECT count(*) FROM hashes")
    found = changes(con, landed, "hashes", before, spec)
    con.execute("DROP TABLE hashes")
    if found is None:
        return _Held(before, prepare(con, landed, "held_", spec).side(), whole=True, rows=rows)
    stored = ", ".join(quoted(name) for name in spec.stored)
    for name, table in (("was", "was"), ("now", "now")):
        con.execute(f"CREATE VIEW {name}_rows AS SELECT {stored} FROM {table} WHERE _alone")
        con.execute(f"CREATE VIEW {name}_odd AS SELECT {stored} FROM {table} WHERE NOT _alone")
    then, held = (Side(f"{name}_rows", f"{name}_odd", spec, "_key") for name in ("was", "now"))
    return _Held(then, held, whole=False, rows=rows)


def _note(con: DuckDBPyConnection, names: Names, then: Side, held: Side, into: str) -> None:
    con.execute(
        _NOTED.format(
            into=into, lone=names.lone, cells=names.cells, then=then.rows, then_odd=then.odd,
            held=held.rows, held_odd=held.odd,
        )
    )  # fmt: skip


def _excuse(con: DuckDBPyConnection, side: Side, held: Side, columns: Sequence[str]) -> None:
    """Take out of `apart` what is as another snapshot has it."""
    (left,) = only_row(con, "SELECT count(*) FROM apart")
    if not left:
        return
    parts = []
    for name, whole in (("other", side), ("part", held)):
        stored = ", ".join(quoted(column) for column in whole.spec.stored)
        con.execute(f"CREATE OR REPLACE TABLE {name}_rows AS {whole.under('apart')}")
        con.execute(
            f"CREATE OR REPLACE TABLE {name}_odd AS SELECT {stored} FROM {whole.odd}"
            " WHERE _key IN (SELECT _key FROM apart)"
        )
        parts.append(Side(f"{name}_rows", f"{name}_odd", whole.spec, "_key"))
    reconcile(con, parts[0], parts[1], columns, into="next_")
    _note(con, Names("next_"), parts[0], parts[1], "next_apart")
    con.execute(_EXCUSED)


def _without_key(
    con: DuckDBPyConnection, found: _Held, before: Side, later: Sequence[Side]
) -> tuple[int, int]:
    """Rows without a key that the backup lacks, and that it has too many."""
    made = version(before.spec)

    def rows(relation: str, place: int, copies: int) -> str:
        kept = f"{made} AS v, {place} AS place, {copies} AS n"
        return f"SELECT {kept} FROM {relation} WHERE _key IS NULL"

    parts = [rows(found.held.odd, 0, 1)]
    if not found.whole:
        parts += [rows(before.odd, 0, 1), rows(found.then.odd, 0, -1)]
    sides = (before, *later)
    parts += [rows(side.odd, place, 1) for place, side in enumerate(sides, start=1)]
    counts = [f"coalesce(sum(n) FILTER (place = {at}), 0)" for at in range(len(sides) + 1)]
    least, most = (f"{f}({', '.join(counts[1:])})" for f in ("least", "greatest"))
    missing, extra = only_row(
        con,
        f"SELECT coalesce(sum(lost), 0), coalesce(sum(more), 0) FROM (SELECT"
        f" greatest({least} - {counts[0]}, 0) AS lost, greatest({counts[0]} - {most}, 0) AS more"
        f" FROM ({' UNION ALL '.join(parts)}) GROUP BY v)",
    )
    return int(missing), int(extra)


def _under(found: _Held, before: Side, keys: str) -> str:
    """A query for the backup's rows under the keys of a table."""
    if found.whole:
        return found.held.under(keys)
    stored = ", ".join(quoted(name) for name in before.spec.stored)
    return (
        f"{found.held.under(keys)} UNION ALL"
        f" SELECT {stored} FROM ({before.under(keys)}) ANTI JOIN touched USING (_key)"
    )
