"""Whether a demo lives its days at this moment, and how many of them are behind it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from governance.ledger import Ledger

MARK = "demo.json"
ROLE = "demo"
# What a worker may need after the last night, on a slow machine, before it holds the lease.
HANDOVER = timedelta(seconds=20)


@dataclass(frozen=True)
class Living:
    """`day` of `days` nights are over."""

    day: int
    days: int


def living(home: Path, ledger: Ledger, now: datetime) -> Living | None:
    """How far the demo in `home` is; None once a worker took over, and for one that died.

    The folder's mark says how far, the lease that somebody is still at it: a process that is
    killed leaves the mark behind but stops renewing its lease.
    """
    lease = ledger.leases.alive(now=now - HANDOVER)
    if lease is None or not lease.holder.startswith(f"{ROLE}@"):
        return None
    try:
        told = json.loads((home / MARK).read_text(encoding="utf-8"))
        return Living(day=int(told["day"]), days=int(told["wish"]["days"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
