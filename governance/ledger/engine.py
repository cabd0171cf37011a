"""Opening the ledger: where it lies, how it is locked, and bringing an older one up to date."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from governance.errors import ConfigError, StoreError
from governance.ledger.alerts import Alerts
from governance.ledger.audit import Audit
from governance.ledger.batches import Batches
from governance.ledger.crosswalk import Crosswalk
from governance.ledger.database import WRITES, Database, LedgerRefused
from governance.ledger.decisions import Decisions
from governance.ledger.drills import Drills
from governance.ledger.lease import Leases
from governance.ledger.migrations import HEAD, KNOWN, upgrade
from governance.ledger.results import Results
from governance.ledger.retention import Retention
from governance.ledger.reviews import Reviews
from governance.ledger.runs import Runs
from governance.ledger.slots import Slots
from governance.ledger.snapshots import Snapshots
from governance.ledger.steps import Steps

BUSY_SECONDS = 30.0
# PostgreSQL ends the session of a writer that holds its lock and says nothing.
STUCK_SECONDS = 60.0


@dataclass(frozen=True)
class Ledger:
    """The open ledger. Safe to share between threads; each process opens its own."""

    database: Database
    runs: Runs
    steps: Steps
    snapshots: Snapshots
    results: Results
    slots: Slots
    leases: Leases
    decisions: Decisions
    alerts: Alerts
    audit: Audit
    retention: Retention
    batches: Batches
    crosswalk: Crosswalk
    reviews: Reviews
    drills: Drills

    def close(self) -> None:
        self.database.engine.dispose()


def open_ledger(home: Path, url: str | None = None) -> Ledger:
    """Open the ledger below `home`, or at `url` or `$DUIQI_LEDGER_URL`; made or upgraded first.

    Raises ConfigError for an address that cannot be read, StoreError where it cannot be opened,
    and LedgerRefused `ledger.newer` for a ledger that a newer Duiqi has written.
    """
    address = url or os.environ.get("DUIQI_LEDGER_URL")
    try:
        home.mkdir(parents=True, exist_ok=True)
        with upgrade_lock(home):
            engine = open_engine(parsed(address, home))
            try:
                bring_up_to_date(Database(engine))
            except BaseException:
                engine.dispose()
                raise
    except OSError as error:
        raise StoreError("ledger.unavailable", reason=error.strerror or str(error)) from error
    return assemble(Database(engine))


def assemble(database: Database) -> Ledger:
    return Ledger(
        database=database,
        runs=Runs(database),
        steps=Steps(database),
        snapshots=Snapshots(database),
        results=Results(database),
        slots=Slots(database),
        leases=Leases(database),
        decisions=Decisions(database),
        alerts=Alerts(database),
        audit=Audit(database),
        retention=Retention(database),
        batches=Batches(database),
        crosswalk=Crosswalk(database),
        reviews=Reviews(database),
        drills=Drills(database),
    )


def parsed(address: str | None, home: Path) -> URL:
    """The address as SQLAlchemy reads it. The error never repeats it: it may hold a password."""
    if address is None:
        return URL.create("sqlite", database=str(home / "ledger.sqlite"))
    try:
        url = make_url(address)
        url.get_dialect()
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise ConfigError("ledger.bad_url") from error
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise ConfigError("ledger.bad_url")
    return url


def open_engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, connect_args=patience(url))
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", prepare_sqlite)
    event.listen(engine, "begin", begin_sqlite)
    return engine


def patience(url: URL) -> dict[str, Any]:
    """How long to wait for another writer, and for one that stopped amid a transaction."""
    if "options" in url.query:
        return {}
    seconds = {"lock_timeout": BUSY_SECONDS, "idle_in_transaction_session_timeout": STUCK_SECONDS}
    return {"options": " ".join(f"-c {name}={int(s * 1000)}" for name, s in seconds.items())}


def prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver would begin transactions by guesswork; `begin_sqlite` does it on purpose.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    # A commit that makes a sealed file visible must outlive a power cut, so each one is synced.
    connection.execute("PRAGMA synchronous = FULL")


def begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def bring_up_to_date(database: Database) -> None:
    if database.engine.dialect.name == "sqlite":
        use_write_ahead_log(database.engine)
    with database.read() as connection:
        if revision(connection) == HEAD:
            return
    with database.write() as connection:
        found = revision(connection)
        if found is not None and found not in KNOWN:
            raise LedgerRefused("ledger.newer", found=found, known=HEAD)
        if found != HEAD:
            upgrade(connection)


def use_write_ahead_log(engine: Engine) -> None:
    """Lasting, kept in the file; two processes that switch at once get in each other's way."""
    try:
        raw = engine.raw_connection()
        try:
            raw.cursor().execute("PRAGMA journal_mode = WAL")
        finally:
            raw.close()
    except (DBAPIError, sqlite3.Error) as error:
        raise StoreError("ledger.unavailable", reason=str(error).splitlines()[0]) from error


def revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


@contextmanager
def upgrade_lock(home: Path) -> Iterator[None]:
    """One process of this machine at a time opens and upgrades; released with the process."""
    with (home / "ledger.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
