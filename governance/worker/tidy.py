"""Tidying the store after processes that died. The lease holder's alone, before its first run."""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path

from governance.errors import StoreError
from governance.ledger import Ledger
from governance.store import Home, put_aside

SEALED_FOLDERS = ("snapshots", "runs")
ASIDE = re.compile(r"(\d+)-[0-9a-f]+\.duckdb(\.wal)?")
SECRET = re.compile(r"secret-[0-9a-f]{32}")
# What a query or a read lays down for a moment; the number is that of the process.
SPILLED = re.compile(r"(?:duckdb_temp_|duiqi-)(\d+)[_-].*")

log = logging.getLogger("duiqi.worker")


def clean_up(ledger: Ledger, home: Home, fence: int) -> None:
    """Remove what fences older than `fence` left in `tmp`; put aside what no commit made visible.

    A sealed file that the ledger does not know is moved to `quarantine/<fence>/`, never deleted.
    Raises StoreError where the home cannot be changed, LedgerRefused where the lease has gone to
    another since: what it seals is none of ours.
    """
    try:
        empty_tmp(home, fence)
        for path in orphans(ledger, home, fence):
            put_aside(home, path, str(fence))
            log.warning("the ledger does not know %s; it lies in quarantine now", path.name)
    except OSError as error:
        raise StoreError("store.home", path=home.path, reason=error.strerror) from error


def empty_tmp(home: Home, fence: int) -> None:
    """Remove what dead processes left: half-written files, spilled rows, copies, secrets."""
    for path in home.tmp.iterdir():
        half = ASIDE.fullmatch(path.name)
        is_spare = SECRET.fullmatch(path.name) is not None and home.secret_file.exists()
        if is_spare or (half is not None and int(half.group(1)) < fence):
            remove(path)
    if home.spill.is_dir():
        for path in home.spill.iterdir():
            owner = SPILLED.fullmatch(path.name)
            if owner is not None and not is_alive(int(owner.group(1))):
                remove(path)


def remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    log.info("removed %s, left by a process that is gone", path.name)


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def orphans(ledger: Ledger, home: Home, fence: int) -> list[Path]:
    """Files among the sealed ones that the ledger does not name.

    The files are listed first: while the lease is ours nobody else seals, so that one which the
    ledger does not name afterwards is no file that another is about to name.
    """
    found = [
        path
        for folder in SEALED_FOLDERS
        for path in sorted((home.path / folder).rglob("*"))
        if path.is_file()
    ]
    with ledger.database.fenced(fence):
        pass
    known = ledger.snapshots.files() | ledger.runs.files()
    return [path for path in found if path.relative_to(home.path).as_posix() not in known]
