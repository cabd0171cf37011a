"""The lease: who alone may run and clean up, and the fence that shuts out former holders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from governance.ledger.database import WORKER_LEASE, Database
from governance.ledger.rows import LeaseRow
from governance.ledger.tables import leases

LEASE_TIME = timedelta(seconds=30)


@dataclass(frozen=True)
class Leases:
    database: Database

    def acquire(
        self,
        holder: str,
        *,
        now: datetime,
        ttl: timedelta = LEASE_TIME,
        name: str = WORKER_LEASE,
        abandoned: LeaseRow | None = None,
    ) -> int | None:
        """The fence under which `holder` now has the lease, or None while another's is alive.

        `abandoned` is a lease that counts as run out although it ends later, unless it was renewed
        since. Fences only grow: each acquisition gets a number that nobody had before.
        """
        alive = self.alive(now=now, name=name)
        if alive is not None and alive != abandoned:  # who stands by keeps no writer waiting
            return None
        try:
            with self.database.write() as connection:
                row = connection.execute(
                    select(leases).where(leases.c.name == name).with_for_update()
                ).one_or_none()
                values = {"holder": holder, "expires_at": now + ttl}
                if row is None:
                    connection.execute(insert(leases).values(name=name, fence=1, **values))
                    return 1
                if row.expires_at > now and LeaseRow(**row._mapping) != abandoned:
                    return None
                fence: int = row.fence + 1
                connection.execute(
                    update(leases).where(leases.c.name == name).values(fence=fence, **values)
                )
                return fence
        except IntegrityError:  # another made the row first; only where writers run side by side
            return None

    def renew(
        self,
        fence: int,
        *,
        now: datetime,
        ttl: timedelta = LEASE_TIME,
        name: str = WORKER_LEASE,
    ) -> bool:
        """Put the end off. False: the lease is another's now, and this holder must stop."""
        with self.database.write() as connection:
            done = connection.execute(
                update(leases)
                .where(leases.c.name == name, leases.c.fence == fence)
                .values(expires_at=now + ttl)
            )
            return done.rowcount == 1

    def release(self, fence: int, *, now: datetime, name: str = WORKER_LEASE) -> None:
        """Give it back at once; nothing happens when another has it already."""
        with self.database.write() as connection:
            connection.execute(
                update(leases)
                .where(leases.c.name == name, leases.c.fence == fence)
                .values(expires_at=now)
            )

    def alive(self, *, now: datetime, name: str = WORKER_LEASE) -> LeaseRow | None:
        """The lease if somebody holds it now."""
        query = select(leases).where(leases.c.name == name, leases.c.expires_at > now)
        with self.database.read() as connection:
            row = connection.execute(query).mappings().one_or_none()
            return None if row is None else LeaseRow(**row)
