"""Holding the worker's lease: renewed by a thread while it is held, given back at the end."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from governance.errors import StoreError
from governance.ledger import LEASE_TIME, Ledger
from governance.ledger.rows import LeaseRow

Clock = Callable[[], datetime]
log = logging.getLogger("duiqi.worker")


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Held:
    """The lease. `lost` is set once another may have it: whoever works under `fence` must stop."""

    fence: int
    lost: threading.Event = field(default_factory=threading.Event)


@dataclass
class Patience:
    """Tells a lease whose holder is gone by what passes here, whatever the clocks say.

    A clock that was set back would leave a dead holder's lease alive for as long as it was ahead.
    A living holder renews its lease three times within `ttl`, so that it changes.
    """

    ttl: timedelta = LEASE_TIME
    steady: Callable[[], float] = time.monotonic
    seen: LeaseRow | None = None
    since: float = 0.0

    def lost(self, lease: LeaseRow | None) -> bool:
        """Whether this lease, looked at again and again, has not changed for its whole length."""
        now = self.steady()
        if lease != self.seen:
            self.seen, self.since = lease, now
        return lease is not None and now - self.since > self.ttl.total_seconds()


def holder_name(role: str) -> str:
    """Who holds it, for people (`worker` or `run`, host, process), and no two the same."""
    return f"{role}@{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:6]}"


@contextmanager
def holding(
    ledger: Ledger,
    role: str,
    *,
    clock: Clock,
    ttl: timedelta = LEASE_TIME,
    patience: Patience | None = None,
) -> Iterator[Held | None]:
    """The lease for as long as the block runs; None where another holds it.

    `patience` is kept by whoever asks again and again. Raises StoreError when the ledger cannot be
    asked.
    """
    lease = ledger.leases.alive(now=clock())
    lost = lease if patience is not None and patience.lost(lease) else None
    if lost is not None:
        log.warning("lease %d was not renewed for its whole length; taking over", lost.fence)
    fence = ledger.leases.acquire(holder_name(role), now=clock(), ttl=ttl, abandoned=lost)
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
