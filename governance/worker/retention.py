"""Take away what is older than the configuration keeps. The lease holder's alone, after a run."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from governance.access import WORKER
from governance.config.model import Retention
from governance.ledger import Ledger
from governance.ledger.retention import Aged
from governance.reading.current import current
from governance.store import Home, Proofs, attached, engine

# Whoever began to read before a file was marked is done by then.
GRACE = timedelta(days=1)
# A clock that leaps ahead must not make everything old at once.
LEAP = timedelta(days=7)
# Also of runs in which no check was evaluated: drift is told between them.
NEWEST_RUNS = 2

_REFERRED = """
SELECT first_run FROM {file}.main.findings WHERE state <> 'gone'
UNION SELECT last_run FROM {file}.main.findings WHERE state <> 'gone'
"""
_AGREED = "SELECT DISTINCT run FROM {file}.main.agreed"

log = logging.getLogger("duiqi.worker")


def sweep(ledger: Ledger, home: Home, keep: Retention, *, fence: int, now: datetime) -> Aged:
    """Mark what is too old and referred to by nothing, remove what was marked a grace ago.

    Age is counted to `now`, but to no more than a week after the run before the newest.

    Raises StoreError where the ledger or the home cannot be changed, EvidenceTampered where a file
    that says what is referred to is damaged: then nothing is taken away.
    """
    times = [run.as_of or run.requested_at for run in ledger.runs.sealed(NEWEST_RUNS)]
    until = min([now, *(time + LEAP for time in times[1:])])
    aged = ledger.retention.mark(
        WORKER,
        fence=fence,
        snapshots_before=until - keep.snapshots,
        runs_before=until - keep.runs,
        referred=referred(ledger, home),
        now=now,
    )
    if aged:
        log.info("retention marked %d chains and %d runs", len(aged.chains), len(aged.runs))
    files = ledger.retention.due(now - GRACE)
    for file in files:
        home.file(file).unlink(missing_ok=True)
    if files:
        ledger.retention.removed(WORKER, files, fence=fence, now=now)
        log.info("retention removed %d files", len(files))
    return aged


def referred(ledger: Ledger, home: Home) -> frozenset[int]:
    """The runs that must stay: those that speak now, and those that their findings refer to."""
    parts = current(ledger.database).parts
    spoken = {sealed for part in parts for sealed in (part.newest, part.earlier) if sealed}
    found = {sealed.run for sealed in spoken}
    newest = ledger.runs.sealed(NEWEST_RUNS)
    found |= {run.id for run in newest}
    files = {(sealed.file, sealed.sha256) for sealed in spoken}
    files |= {(str(run.file), str(run.sha256)) for run in newest}
    proofs = Proofs()
    with engine(home) as con:
        for file, sha256 in sorted(files):
            with attached(con, proofs.prove(home, file, sha256), "spoken"):
                queries = [_REFERRED]
                known = con.execute(
                    "SELECT 1 FROM duckdb_tables() WHERE database_name = 'spoken'"
                    " AND table_name = 'agreed'"
                ).fetchall()
                queries += [_AGREED] if known else []
                for query in queries:
                    found |= {run for (run,) in con.execute(query.format(file="spoken")).fetchall()}
    return frozenset(found)
