"""Drift as findings of a run: what tables and their profiles say against earlier ones.

The newest sealed run holds all drift that stands; what a run does not look at it carries on. A
difference stands for as long as it persists, and two weeks at most unless a run sees it anew: by
then it is how the table is. Drift is no check: it has no outcome, and changes none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from checks.dictionary import Entity
from checks.drift import (
    Kind,
    Observation,
    State,
    jumps,
    persists,
    schema_changes,
    state_of,
)
from checks.outcome import DRIFT, severity_of
from governance.config.model import Config
from governance.errors import EvidenceTampered
from governance.ledger import Ledger
from governance.ledger.rows import Metric, SnapshotRow
from governance.runs.clues import Clue, profiles_of
from governance.runs.findings import FINDINGS
from governance.runs.work import Seen
from governance.store import Home, Proofs, attached, engine

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LONGEST_OPEN = timedelta(days=14)
DAY, WEEK = timedelta(days=1), timedelta(days=7)
# No two runs start on the same second.
SOON = timedelta(hours=1)
TRIED = 5
UNMAPPED_WEIGHT, EMPTIED_WEIGHT = 1, 9
# What `class` says of the column a finding is about; findings about whole tables have none.
MAPPED, UNMAPPED = "mapped", "unmapped"

Row = dict[str, Any]
Place = tuple[str, str]


@dataclass(frozen=True)
class Settled:
    """How many findings of drift were written, and how many of them stand open."""

    rows: int
    open: int

    @property
    def metric(self) -> Metric:
        return Metric(DRIFT, "", "", "open", self.open)


@dataclass(frozen=True)
class Drifts:
    """The drift of one run. `as_of` is its moment, aware UTC."""

    ledger: Ledger
    home: Home
    config: Config
    run_id: int
    as_of: datetime
    proofs: Proofs

    def settle(self, into: Any, seen: Mapping[Place, Seen]) -> Settled:
        """Write this run's drift into the table `findings` of the connection `into`.

        `seen` holds every (source, entity) that the run read or tried to; the rest is carried on.
        What is no longer configured is gone.
        """
        configured = {(m.source, e.name) for e in self.config.tables for m in e.mappings}
        rows: list[Row] = []
        with engine(self.home) as con:
            past = self._standing(con)
            for place in sorted(configured | set(past)):
                stood = past.get(place, [])
                if place in configured:
                    rows += _Table(self, con, place, seen.get(place, Seen())).settled(stood)
                else:
                    rows += [{**row, "state": "gone"} for row in stood]
        insert(into, rows)
        return Settled(len(rows), sum(row["state"] == "open" for row in rows))

    def _standing(self, con: DuckDBPyConnection) -> dict[Place, list[Row]]:
        """What stood after the newest run whose file is what the ledger says, by source, entity."""
        for run in self.ledger.runs.sealed(limit=TRIED):
            try:
                path = self.proofs.prove(self.home, str(run.file), str(run.sha256))
            except EvidenceTampered:
                continue
            with attached(con, path, "before"):
                found = con.execute(
                    "SELECT * FROM before.main.findings WHERE check_name = $1 AND state <> 'gone'",
                    [DRIFT],
                )
                columns = [column[0] for column in found.description]
                rows = found.fetchall()
            standing: dict[Place, list[Row]] = {}
            for values in rows:
                told = dict(zip(columns, values, strict=True))
                row: Row = {name: told.get(name) for name in FINDINGS}
                standing.setdefault((row["left_source"], row["entity"]), []).append(row)
            return standing
        return {}


@dataclass(frozen=True)
class _Look:
    """What is known of a table in this run: its `state` (None: nothing), what is new in it, and
    whether its rows were read, so that its numbers and its mapping hold."""

    state: State | None = None
    observed: Sequence[Observation] = ()
    is_whole: bool = False


class _Table:
    """One entity of one source within one run."""

    def __init__(self, drifts: Drifts, con: DuckDBPyConnection, place: Place, seen: Seen) -> None:
        self.drifts, self.con, self.seen = drifts, con, seen
        self.source, name = place
        self.entity: Entity = drifts.config.entity(name)
        mapping = self.entity.mapping_of(self.source)
        assert mapping is not None
        self.mapping = mapping

    def settled(self, stood: Sequence[Row]) -> list[Row]:
        """The table's findings after this run; `stood` are those that stood before it."""
        look = self._look(any(Kind(row["kind"]).is_jump for row in stood))
        fresh = {row["finding_id"]: row for row in map(self._row, look.observed)}
        carried = [self._carried(row, fresh.pop(row["finding_id"], None), look) for row in stood]
        return [*carried, *fresh.values()]

    def _look(self, has_jumps: bool) -> _Look:
        if self.seen.clue is not None:
            return self._through_clue(self.seen.clue)
        if self.seen.snapshot is not None:
            return self._through_snapshot(self.seen.snapshot, has_jumps)
        return _Look()

    def _through_clue(self, clue: Clue) -> _Look:
        """A read that failed because mapped columns are gone: the schema alone is known."""
        before = self.drifts.ledger.snapshots.newest(self.source, self.entity.name)
        changes = schema_changes(before.columns, clue.columns, clue.renamed) if before else ()
        return _Look(State(clue.columns, 0), changes)

    def _through_snapshot(self, snapshot: SnapshotRow, has_jumps: bool) -> _Look:
        before = self.drifts.ledger.snapshots.earlier(snapshot)
        if before is None:
            return _Look(self._state(snapshot), (), is_whole=True)
        is_same = (before.file, before.rows) == (snapshot.file, snapshot.rows)
        changes = schema_changes(before.columns, snapshot.columns)
        if is_same and not has_jumps and not changes:
            return _Look(State(snapshot.columns, snapshot.rows), (), is_whole=True)
        now, then = self._state(snapshot), self._state(before)
        found = [change for change in changes if not self._is_followed(change, then)]
        if not is_same and jumps(now, then):
            week_ago = self._week_ago(snapshot)
            found += jumps(now, then, self._state(week_ago) if week_ago else None)
        return _Look(now, found, is_whole=True)

    def _state(self, snapshot: SnapshotRow) -> State:
        sealed = profiles_of(self.con, self.drifts.home, self.drifts.proofs, snapshot)
        return state_of(snapshot.columns, snapshot.rows, sealed)

    def _week_ago(self, snapshot: SnapshotRow) -> SnapshotRow | None:
        """The snapshot of the same weekday a week before by the business calendar: the last one
        until the same time of day or soon after, else the last of that day."""
        zone, snapshots = self.drifts.config.time_zone, self.drifts.ledger.snapshots
        local = snapshot.taken_at.astimezone(zone)
        day = local.date() - WEEK
        begin, end = (datetime.combine(at, time(), zone).astimezone(UTC) for at in (day, day + DAY))
        then = datetime.combine(day, local.time(), zone).astimezone(UTC) + SOON
        near = snapshots.earlier(snapshot, since=begin, until=min(then, end))
        return near or snapshots.earlier(snapshot, since=begin, until=end)

    def _is_followed(self, change: Observation, then: State) -> bool:
        """Whether the mapping, which fits the table, is ahead of the change: no news to anybody."""
        if change.kind in (Kind.ADDED, Kind.RENAMED):  # renamed in case alone, to a mapped name
            return self._is_mapped(change.column)
        return change.kind is Kind.REMOVED and change.column in then.empty

    def _is_mapped(self, column: str | None) -> bool:
        filters = (condition.column for condition in self.mapping.filter)
        return column in (*self.mapping.columns.values(), *filters)

    def _carried(self, old: Row, fresh: Row | None, look: _Look) -> Row:
        """A finding that stood before, as it stands now; it keeps what it was first compared to."""
        if look.state is None or (not look.is_whole and Kind(old["kind"]).is_jump):
            is_old = self.drifts.as_of - moment(old["first_seen"]) >= LONGEST_OPEN
            return {**old, "state": "gone"} if is_old else old
        row = old if fresh is None else {**fresh, **{k: old[k] for k in _KEPT}}
        if not self._stands(row, look.state, look.is_whole, seen_anew=fresh is not None):
            return {**row, "state": "gone"}
        seen = {"last_seen": self._now, "last_run": self.drifts.run_id}
        return {**row, **seen}

    def _stands(self, row: Row, state: State, is_whole: bool, *, seen_anew: bool) -> bool:
        kind, column = Kind(row["kind"]), row["field"]
        if not persists(kind, column, row["left_value"], state):
            return False
        if kind is Kind.ADDED and self._is_mapped(column):
            return False
        if is_whole and kind in (Kind.REMOVED, Kind.RENAMED) and row["class"] == MAPPED:
            return False  # the mapping has followed, or the read would have failed
        return seen_anew or self.drifts.as_of - moment(row["first_seen"]) < LONGEST_OPEN

    @property
    def _now(self) -> datetime:
        return self.drifts.as_of.astimezone(UTC).replace(tzinfo=None)

    def _row(self, seen: Observation) -> Row:
        """A new finding. `display` holds the share of common values of a renamed column."""
        names = (DRIFT, self.entity.name, self.source, "", seen.kind.value, seen.column or "")
        weight = self._weight(seen)
        told = {
            "finding_id": hashlib.sha256(chr(31).join(names).encode()).hexdigest()[:32],
            "check_name": DRIFT,
            "entity": self.entity.name,
            "left_source": self.source,
            "right_source": "",
            "field": seen.column,
            "kind": seen.kind.value,
            "class": self._class(seen),
            "left_value": seen.before,
            "right_value": seen.after,
            "authority": self.entity.authority,
            "severity": severity_of(weight).value,
            "weight": weight,
            "display": None if seen.overlap is None else f"{seen.overlap:.4f}",
            "state": "open",
            "first_seen": self._now,
            "first_run": self.drifts.run_id,
            "last_seen": self._now,
            "last_run": self.drifts.run_id,
            "copies": 1,
            "personal": False,
        }
        return {name: told.get(name) for name in FINDINGS}

    def _class(self, seen: Observation) -> str | None:
        if seen.column is None:
            return None
        return MAPPED if self._is_mapped(seen.column) else UNMAPPED

    def _weight(self, seen: Observation) -> int:
        """How much it matters: as much as the field that the column holds, and as much as the whole
        record where the table cannot be read without it."""
        if seen.kind is Kind.VOLUME:
            emptied = EMPTIED_WEIGHT if seen.after == "0" else 0
            return max(self.entity.weight, emptied)
        if not self._is_mapped(seen.column):
            return UNMAPPED_WEIGHT
        mapped = self.mapping.columns.items()
        weights = [self.entity.field_named(f).weight for f, c in mapped if c == seen.column]
        whole = seen.kind in (Kind.REMOVED, Kind.RENAMED) or not weights
        return max([*weights, self.entity.weight] if whole else weights)


# What a finding that is seen again keeps of its past.
_KEPT = ("left_value", "first_seen", "first_run")


def moment(sealed: datetime) -> datetime:
    """A sealed time, which is UTC without a zone, as an aware one."""
    return sealed.replace(tzinfo=UTC)


def insert(con: Any, rows: Sequence[Row]) -> None:
    """Add rows to the table `findings`."""
    if rows:
        marks = f"({', '.join('?' for _ in FINDINGS)})"
        values = [row[name] for row in rows for name in FINDINGS]
        con.execute(f"INSERT INTO findings VALUES {', '.join(marks for _ in rows)}", values)
