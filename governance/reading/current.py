"""Which sealed runs speak now: the ledger decides, one part per check."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, case, func, select

from checks.outcome import Outcome
from governance.ledger.database import Database
from governance.ledger.rows import RunStatus
from governance.ledger.runs import KEPT
from governance.ledger.tables import check_results, runs
from governance.reading.model import Reading, Sealed, Source

_SEEN = (Outcome.PASSED.value, Outcome.FAILED.value)
_SEALED = (RunStatus.SUCCEEDED.value, RunStatus.PARTIAL.value)


def current(database: Database, checks: Collection[str] | None = None) -> Reading:
    """The newest sealed run of each check (of `checks`, where named), in order of their names."""
    with database.read() as connection:
        newest = _newest(connection)
        files = _files(connection, {run for pair in newest.values() for run in pair if run})
    parts = []
    for check in sorted(newest):
        if checks is None or check in checks:
            run, seen = newest[check]
            earlier = files[seen] if seen and seen != run else None
            parts.append(Source(check, files[run], earlier))
    return Reading(tuple(parts))


def newest_sealed(database: Database) -> Sealed | None:
    """The newest run that sealed anything, whatever it looked at."""
    query = select(func.max(runs.c.id)).where(runs.c.status.in_(_SEALED), *KEPT)
    with database.read() as connection:
        number = connection.scalar(query)
        return None if number is None else _files(connection, [number])[number]


def _newest(connection: Connection) -> dict[str, tuple[int, int | None]]:
    """Per check its newest sealed run and the newest one that could evaluate it."""
    seen = case((check_results.c.outcome.in_(_SEEN), check_results.c.run_id))
    query = (
        select(check_results.c.check_name, func.max(check_results.c.run_id), func.max(seen))
        .join(runs, runs.c.id == check_results.c.run_id)
        .where(runs.c.status.in_(_SEALED), *KEPT, runs.c.sha256.is_not(None))
        .group_by(check_results.c.check_name)
    )
    return {name: (run, evaluated) for name, run, evaluated in connection.execute(query)}


def _files(connection: Connection, numbers: Collection[int]) -> dict[int, Sealed]:
    query = select(
        runs.c.id, runs.c.file, runs.c.sha256, func.coalesce(runs.c.as_of, runs.c.requested_at)
    ).where(runs.c.id.in_(numbers))
    return {
        number: Sealed(number, file, sha, at) for number, file, sha, at in connection.execute(query)
    }
