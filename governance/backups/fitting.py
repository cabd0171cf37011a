"""Whether the backups of several systems fit together, by their moments and by their records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import permutations
from typing import TYPE_CHECKING

from checks.backups.chain import reach
from checks.backups.freshness import claimed_at
from checks.backups.model import Mark, Method, State
from checks.backups.together import CommonPoint, Option, Torn, last_consistent, newest_together
from checks.backups.verdicts import Judged
from governance.backups.judging import Told

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Records that take longer than this to get from one system to the other are the exception.
TOLERANCE = timedelta(hours=1)
ALONE = """
SELECT entity, source, count(DISTINCT record_key) FROM (
    SELECT entity, left_source AS source, record_key FROM findings
    WHERE kind = 'only_left' AND state <> 'gone'
    UNION ALL SELECT entity, right_source, record_key FROM findings
    WHERE kind = 'only_right' AND state <> 'gone'
) GROUP BY ALL
"""

Alone = Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class Fit:
    """A group of systems: how its newest backups stand, and its last consistent point."""

    systems: tuple[str, ...]
    newest: CommonPoint
    last: CommonPoint | None


def fit(con: DuckDBPyConnection, group: Sequence[str], told: Sequence[Told]) -> Fit:
    """`con` has this run's findings: how many records a system has alone."""
    members = [t for t in told if t.seen.system.name in group]
    options = [o for t in members for o in _options(t)]
    torn = list(_torn(con, members))
    return Fit(
        tuple(group),
        newest_together(group, options, torn, TOLERANCE),
        last_consistent(group, options, torn, TOLERANCE),
    )


def _options(told: Told) -> Iterator[Option]:
    """What can be restored as far as is known, with the moment that its log reaches."""
    for judged in told.backups:
        backup, at = judged.backup, judged.dated.at
        if backup.method is Method.LOG or backup.state is not State.DONE or at is None:
            continue
        if judged.is_not(Mark.COMPLETE, Mark.INTACT):
            continue
        catalogue = told.seen.catalogue(judged.catalogue)
        assert catalogue is not None
        until = reach(backup, catalogue).until
        # What the tool says, but where the inside is older than that.
        moment = at if judged.dated.table is not None else backup.data_at or at
        yield Option(told.seen.system.name, moment, judged.catalogue, backup.id, until)


def _torn(con: DuckDBPyConnection, members: Sequence[Told]) -> Iterator[Torn]:
    """At least so many records are in one system's backup and not in the other's.

    Of the keys that a backup lacks, the other system may have no record for those that this one has
    alone, and may lack so many itself; the rest are torn.
    """
    alone = {(entity, source): n for entity, source, n in con.execute(ALONE).fetchall()}
    held = [(t, j, found) for t in members for j in t.backups if (found := _missing(t, j))]
    for (one, left, lacks), (other, right, has) in permutations(held, 2):
        if one is other or not _is_one_night(left, right):
            continue
        for entity in sorted(lacks.keys() & has.keys()):
            own = alone.get((entity, one.seen.system.source or ""), 0)
            count = max(0, lacks[entity] - has[entity] - own)
            yield Torn(_key(one, left), _key(other, right), entity, count)


def _is_one_night(left: Judged, right: Judged) -> bool:
    """Whether both were held against the snapshots of one moment: what each of two nights lacks by
    its own says nothing of what lies between them."""
    one, other = claimed_at(left.backup), claimed_at(right.backup)
    return one is not None and other is not None and abs(one - other) <= TOLERANCE


def _key(told: Told, judged: Judged) -> tuple[str, str, str]:
    return told.seen.system.name, judged.catalogue, judged.backup.id


def _missing(told: Told, judged: Judged) -> dict[str, int]:
    """By entity, how many keys a backup lacks that was held against snapshots."""
    known = told.seen.contents.get((judged.catalogue, judged.backup.id))
    if known is None:
        return {}
    return {
        table.entity: table.compared.missing
        for table in known[0].tables
        if table.entity is not None and table.compared is not None
    }
