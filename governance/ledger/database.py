"""Transactions on the ledger: readers never wait, writers queue, old fences are refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError

from governance.errors import StoreError
from governance.ledger.tables import leases

WORKER_LEASE = "worker"

# Read by the engine's `begin` event, which chooses BEGIN or BEGIN IMMEDIATE.
WRITES = "duiqi_writes"

# SQLite has one write lock a file; PostgreSQL is given one a database. Any number will do, as long
# as every program that writes takes the same.
WRITE_LOCK = 0x44_75_69_71_69

# These speak of our statement, all others of the database: locked, full, gone, damaged.
OURS = (IntegrityError, ProgrammingError, DataError)


class LedgerRefused(StoreError):
    """The ledger says no, and would say so again: an old fence, or a ledger of a newer program."""

    retryable = False


@dataclass(frozen=True)
class Database:
    """Raises StoreError where the ledger cannot be reached, is locked for long, or is full."""

    engine: Engine

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view; takes no lock that a writer would wait for."""
        try:
            with self.engine.connect() as connection:
                yield connection
        except OURS:
            raise
        except DBAPIError as error:
            raise unavailable(error) from error

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that holds the write lock from its start: what it reads stays true.

        Writers queue, on every database: ids are given in the order of commits, so that a reader
        who knows the newest knows all before it. Committed at the end, rolled back on any
        exception.
        """
        try:
            with (
                self.engine.connect().execution_options(**{WRITES: True}) as connection,
                connection.begin(),
            ):
                if connection.dialect.name == "postgresql":
                    connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": WRITE_LOCK})
                yield connection
        except OURS:
            raise
        except DBAPIError as error:
            raise unavailable(error) from error

    @contextmanager
    def fenced(self, fence: int) -> Iterator[Connection]:
        """As `write`, for whoever holds the worker's lease under `fence`.

        Raises LedgerRefused `ledger.fenced` when the lease has gone to another since.
        """
        with self.write() as connection:
            newest = connection.scalar(
                select(leases.c.fence).where(leases.c.name == WORKER_LEASE).with_for_update()
            )
            if newest is None or fence != newest:
                raise LedgerRefused("ledger.fenced", fence=fence, newest=newest or 0)
            yield connection


def unavailable(error: DBAPIError) -> StoreError:
    """The driver's own first line: it names neither statement nor values."""
    reason = str(error.orig).strip().splitlines()
    return StoreError("ledger.unavailable", reason=reason[0] if reason else type(error).__name__)
