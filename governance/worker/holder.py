"""Holding the worker's lease: renewed by a thread while it is held, given back at the end."""

from __future__ import annotations

import logging
import os
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from governance.errors import StoreError
from governance.ledger import LEASE_TIME, Ledger

Clock = Callable[[], datetime]
log = logging.getLogger("duiqi.worker")


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Held:
    """The lease. `lost` is set once another may have it: whoever works under `fence` must stop."""

    fence: int
    lost: threading.Event = field(default_factory=threading.Event)


def holder_name(role: str) -> str:
    """Who holds it, for people (`worker` or `run`, host, process), and no two the same."""
    return f"{role}@{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:6]}"


@contextmanager
def holding(
    ledger: Ledger, role: str, *, clock: Clock, ttl: timedelta = LEASE_TIME
) -> Iterator[Held | None]:
    """The lease for as long as the block runs; None where another holds it.

    Raises StoreError when the ledger cannot be asked.
    """
    fence = ledger.leases.acquire(holder_name(role), now=clock(), ttl=ttl)
    if fence is None:
        yield None
        return
    held, done = Held(fence), threading.Event()
    renewing = threading.Thread(
        target=keep, args=(ledger, held, done, clock, ttl), name="lease", daemon=True
    )
    renewing.start()
    try:
        yield held
    finally:
        done.set()
        renewing.join()
        give_back(ledger, fence, clock)


def keep(ledger: Ledger, held: Held, done: threading.Event, clock: Clock, ttl: timedelta) -> None:
    """Renew at a third of the lease's time, so that two failed tries in a row cost nothing."""
    until = clock() + ttl
    while not done.wait(ttl.total_seconds() / 3):
        now = clock()
        try:
            if not ledger.leases.renew(held.fence, now=now, ttl=ttl):
                break
            until = now + ttl
        except StoreError as error:
            log.warning("the lease could not be renewed: %s", error)
            if clock() >= until:
                break
    else:
        return
    log.error("lease %d is lost; stopping what runs under it", held.fence)
    held.lost.set()


def give_back(ledger: Ledger, fence: int, clock: Clock) -> None:
    try:
        ledger.leases.release(fence, now=clock())
    except StoreError as error:  # it runs out by itself
        log.warning("the lease could not be given back: %s", error)
