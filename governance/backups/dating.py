"""When a table's content is from, by our own history: without any column of times in it.

Our snapshots tell when a row was first seen as it is, and when it was not so any more. A backup
that holds what one snapshot saw for the first time is from after the snapshot before; one that
lacks it is from before. So a replica that stood still for nine days is dated by what it missed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

from checks.prepare import Spec
from checks.sql import only_row
from governance.errors import GovernanceError
from governance.ledger.rows import SnapshotKind, SnapshotRow
from governance.store import Opened

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from governance.runs.sides import Sides

# How many chains are looked through for something that the backup holds. Each costs one pass over
# two bases; a fifth of the rows changes from one to the next.
MOST_CHAINS = 4

# The change of every key, place by place; `v` is NULL where it went. What lies in the oldest base
# was first seen nobody knows when, and is place 0.
_SAID = "CREATE OR REPLACE TABLE said (place INTEGER, _key VARCHAR, v UBIGINT)"
_DELTA = """
SELECT {at} AS place, _key, CASE WHEN _op <> 'delete' THEN {version} END AS v FROM {file}.main.rows
"""
# Joined by hash first, so that the columns of the keys that changed alone are read.
_BETWEEN = """
INSERT INTO said SELECT {at}, k._key, CASE WHEN b._key IS NOT NULL THEN {version} END
FROM (SELECT coalesce(n._key, o._key) AS _key FROM {old} AS o FULL JOIN {new} AS n
    ON o._key = n._key WHERE o._raw_hash IS DISTINCT FROM n._raw_hash) AS k
LEFT JOIN {new} AS b ON b._key = k._key
"""
_FIRST = """
INSERT INTO said SELECT 0, _key, {version} FROM {base}
SEMI JOIN (SELECT DISTINCT _key FROM said) AS k USING (_key)
"""
_FIRSTS = """
CREATE OR REPLACE TABLE firsts AS SELECT _key, v, min(place) AS first, max(place) AS last
FROM said WHERE v IS NOT NULL GROUP BY _key, v
"""
_KNOWN = "SELECT count(*) FROM firsts JOIN held_versions USING (_key, v)"
_NEWEST_HELD = "SELECT max(first) FROM firsts JOIN held_versions USING (_key, v) WHERE first > 0"
_SUPERSEDED = """
SELECT min(s.place) FROM said AS s
JOIN (SELECT _key, last FROM firsts JOIN held_versions USING (_key, v)) AS h
ON s._key = h._key AND s.place > h.last
"""
_ALL_LACKED = "SELECT min(first) FROM firsts WHERE first > $1"


def version(spec: Spec, relation: str = "") -> str:
    """SQL for a number that tells a row's normalised values apart, in a prepared `relation`.

    The hash of a row's text will not do: a dump may print an instant in another zone.
    """
    return f"hash({', '.join(c.compared(relation) for c in spec.columns)})"


@dataclass(frozen=True)
class Past:
    """What is known of one table's snapshots. `taken` is all of them up to the first after the
    backup, oldest first; `ended` says when a snapshot's source was read whole."""

    sides: Sides
    taken: Sequence[SnapshotRow]
    ended: Callable[[SnapshotRow], datetime]

    @property
    def chains(self) -> list[list[SnapshotRow]]:
        return [list(chain) for _, chain in groupby(self.taken, lambda s: s.base_id)]


@dataclass(frozen=True)
class Bounds:
    """See `checks.backups.model.Compared`."""

    not_before: datetime | None = None
    before: datetime | None = None


def bounds(
    con: DuckDBPyConnection, past: Past, spec: Spec, held: Callable[[str], str], strange: int
) -> Bounds:
    """The bounds of a table's moment. `held` gives a query for the rows of the backup under the
    keys of a table, as they are prepared.

    `strange` is how many of them must be known to our history for a date to mean something: rows
    of another database say nothing. Leaves tables in the current schema.
    """
    found, chains = Bounds(), past.chains
    for count in range(1, min(len(chains), MOST_CHAINS) + 1):
        log = _log(con, past, chains[-count:], spec)
        if log is None:
            break
        con.execute("CREATE OR REPLACE TABLE said_keys AS SELECT DISTINCT _key FROM said")
        con.execute(
            "CREATE OR REPLACE TABLE held_versions AS"
            f" SELECT _key, {version(spec)} AS v FROM ({held('said_keys')})"
        )
        (known,) = only_row(con, _KNOWN)
        if known < strange:
            continue
        found = _found(con, log, past.ended)
        if found.not_before is not None:
            break
    return found


@dataclass(frozen=True)
class _Step:
    """One place of the log: the snapshot that saw it, and the one before, which did not."""

    seen: SnapshotRow
    before: SnapshotRow | None


def _found(
    con: DuckDBPyConnection, log: Sequence[_Step], ended: Callable[[SnapshotRow], datetime]
) -> Bounds:
    (newest,) = only_row(con, _NEWEST_HELD)
    (superseded,) = only_row(con, _SUPERSEDED)
    (lacked,) = only_row(con, _ALL_LACKED, [newest or 0])
    upper = min((at for at in (superseded, lacked) if at is not None), default=None)
    unseen = log[newest].before if newest is not None else None
    return Bounds(
        None if unseen is None else unseen.taken_at,
        None if upper is None else ended(log[upper].seen),
    )


def _log(
    con: DuckDBPyConnection, past: Past, chains: Sequence[list[SnapshotRow]], spec: Spec
) -> list[_Step] | None:
    """Build `said` and `firsts`; None where a chain is damaged or was made by other rules."""
    opened = [_opened(con, past.sides, chain, spec) for chain in chains]
    if any(one is None for one in opened):
        return None
    before = {after.id: one for one, after in zip(past.taken, past.taken[1:], strict=False)}
    con.execute(_SAID)
    steps: list[_Step] = []
    earlier: Opened | None = None
    for chain, one in zip(chains, opened, strict=True):
        assert one is not None
        start = len(steps)
        files = [s for s in chain if s.kind is not SnapshotKind.SAME]
        steps += [_Step(s, before.get(s.id)) for s in files]
        if earlier is not None:
            new = f"{one.files[0]}.main.rows"
            made = version(spec, "b.")
            con.execute(_BETWEEN.format(at=start, version=made, old=earlier.rows, new=new))
        _say(con, one.files[1:], start + 1, spec)
        earlier = one
    base = f"{opened[0].files[0]}.main.rows" if opened[0] else ""
    con.execute(_FIRST.format(version=version(spec), base=base))
    con.execute(_FIRSTS)
    return steps


def _say(con: DuckDBPyConnection, deltas: Sequence[str], start: int, spec: Spec) -> None:
    queries = [
        _DELTA.format(at=at, version=version(spec), file=file)
        for at, file in enumerate(deltas, start)
    ]
    if queries:
        con.execute(f"INSERT INTO said {' UNION ALL '.join(queries)}")


def _opened(
    con: DuckDBPyConnection, sides: Sides, chain: list[SnapshotRow], spec: Spec
) -> Opened | None:
    from governance.runs.snapshots import fingerprint, made_of  # runs know the check of backups

    try:
        opened = sides.opened(chain[-1])
    except GovernanceError:
        return None
    return opened if made_of(con, opened).form == fingerprint(spec) else None
