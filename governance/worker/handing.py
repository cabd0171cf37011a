"""Make the batches that the page asks for: the dashboard holds no secret and opens no system."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from checks.errors import CodedError
from governance.access import Actor, Right
from governance.config import Config
from governance.ledger import Ledger, LedgerRefused
from governance.ledger.batches import FOLDER
from governance.ledger.rows import BatchRow
from governance.store import Home

# Long enough to fetch it; what the files hold has a right to be in them no longer.
KEPT = timedelta(days=7)
# Half-written files of a process that is gone.
HALF = timedelta(days=1)

log = logging.getLogger("duiqi.worker")


def hand_out(ledger: Ledger, home: Home, config: Config, *, fence: int, now: datetime) -> bool:
    """Make the batch that has waited longest, as whoever asked for it; False where none waits.

    One that cannot be made is refused with its reason. Raises LedgerRefused once the lease is lost.
    """
    batch = ledger.batches.claim(fence=fence)
    if batch is None:
        return False
    log.info("batch %d is made", batch.id)
    try:
        _make(ledger, home, config, batch, now)
    except LedgerRefused:
        raise
    except CodedError as error:
        log.warning("batch %d: %s", batch.id, error)
        ledger.batches.refused(batch.id, error.code, error.params, now=now)
    except Exception as error:  # noqa: BLE001 - a defect ends its batch, never the worker
        from governance.worker.workbench import described

        log.error("batch %d broke: %s", batch.id, described(error))
        kind = {"kind": type(error).__name__}
        ledger.batches.refused(batch.id, "worker.unexpected", kind, now=now)
    return True


def _make(ledger: Ledger, home: Home, config: Config, batch: BatchRow, now: datetime) -> None:
    from governance.batches.making import Maker
    from governance.reading import Desk

    desk = Desk(home, ledger.database)
    try:
        view = desk.view(asker(batch), [check.name for check in config.checks])
        Maker(view, config, ledger, home).fulfil(batch, now=now)
    finally:
        desk.close()


def asker(batch: BatchRow) -> Actor:
    """Whoever asked, with the rights of that moment."""
    rights = frozenset(right for right in Right if right.value in batch.rights)
    departments = None if batch.departments is None else frozenset(batch.departments)
    return Actor(batch.requested_by, rights, departments)


def sweep(ledger: Ledger, home: Home, *, fence: int, now: datetime) -> None:
    """Remove files of batches that were made too long ago, and what nobody knows of."""
    folder = home.path / FOLDER
    known = ledger.batches.files()
    old = [b for b in known.values() if b.made_at is not None and now - b.made_at > KEPT]
    for batch in old:
        home.file(str(batch.file)).unlink(missing_ok=True)
    if old:
        ledger.batches.removed([batch.id for batch in old], fence=fence, now=now)
        log.info("removed the files of %d batches", len(old))
    for path in folder.iterdir() if folder.is_dir() else ():
        age = now.timestamp() - path.stat().st_mtime
        if f"{FOLDER}/{path.name}" not in known and age > HALF.total_seconds():
            path.unlink(missing_ok=True)
