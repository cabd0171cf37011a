"""Tidying the store after processes that died. The lease holder's alone, before its first run."""

from __future__ import annotations

import logging
import re
from pathlib import Path

from governance.errors import StoreError
from governance.ledger import Ledger
from governance.store import Home

SEALED_FOLDERS = ("snapshots", "runs")
ASIDE = re.compile(r"(\d+)-[0-9a-f]+\.duckdb(\.wal)?")

log = logging.getLogger("duiqi.worker")


def clean_up(ledger: Ledger, home: Home, fence: int) -> None:
    """Remove what fences older than `fence` left in `tmp`; put aside what no commit made visible.

    A sealed file that the ledger does not know is moved to `quarantine/<fence>/`, never deleted.
    Raises StoreError where the home cannot be changed.
    """
    try:
        for path in home.tmp.iterdir():
            left = ASIDE.fullmatch(path.name)
            if left is not None and int(left.group(1)) < fence:
                path.unlink(missing_ok=True)
                log.info("removed %s, left by a process that is gone", path.name)
        known = ledger.snapshots.files() | ledger.runs.files()
        for path in orphans(home, known):
            put_aside(home, path, fence)
    except OSError as error:
        raise StoreError("store.home", path=home.path, reason=error.strerror) from error


def orphans(home: Home, known: frozenset[str]) -> list[Path]:
    """Files among the sealed ones that the ledger does not name."""
    found = []
    for folder in SEALED_FOLDERS:
        for path in sorted((home.path / folder).rglob("*")):
            if path.is_file() and path.relative_to(home.path).as_posix() not in known:
                found.append(path)
    return found


def put_aside(home: Home, path: Path, fence: int) -> None:
    relative = path.relative_to(home.path)
    target = home.path / "quarantine" / str(fence) / relative
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.replace(target)
    log.warning("the ledger does not know %s; it lies in quarantine now", relative.as_posix())
