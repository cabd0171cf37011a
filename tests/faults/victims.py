"""What the tests start only to kill it: workers, `duiqi run`, dashboards, each a process.

They are forked from one server that has imported everything, so that a kill costs no interpreter.
That server has no threads: nothing here runs a query when it is imported.
"""

from __future__ import annotations

import importlib
import logging
import multiprocessing
import signal
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from mmap import mmap
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from governance.access import local_operator
from governance.cli.common import bench_of, load_config
from governance.errors import StoreError
from governance.ledger import Ledger, engine, open_ledger
from governance.ledger.rows import Trigger
from governance.store import Home, open_home
from governance.worker import loop, run_now
from governance.worker.workbench import Bench

# What a run imports on its way.
HEAVY = (
    "apscheduler.schedulers.background", "apscheduler.triggers.interval", "duckdb", "numpy",
    "pandas", "pyarrow", "pyarrow.compute", "psycopg", "sqlalchemy.dialects.postgresql.psycopg",
    "governance.alerts.channels", "governance.config.loader", "governance.reading",
    "governance.runs", "governance.sources.sqlite", "governance.worker.tidy", "zoneinfo",
)  # fmt: skip
for name in HEAVY:
    importlib.import_module(name)

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload([__name__])


@dataclass(frozen=True)
class Clock:
    """The time as every process of a test has it: the machine's, put off by what a file says."""

    path: Path

    @staticmethod
    def at(path: Path) -> Clock:
        path.write_bytes(struct.pack("d", 0.0))
        return Clock(path)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=struct.unpack("d", self.path.read_bytes())[0])

    def move(self, by: timedelta) -> None:
        with self.path.open("r+b") as file, mmap(file.fileno(), 8) as memory:
            (before,) = struct.unpack("d", memory[:8])
            memory[:8] = struct.pack("d", before + by.total_seconds())


@dataclass(frozen=True)
class Place:
    """Where a victim works: the folder of the company, its ledger's address, its clock."""

    folder: Path
    clock: Clock
    url: str | None = None

    @property
    def config(self) -> Path:
        return self.folder / "governance.yaml"

    def home(self) -> Home:
        return open_home(self.folder / "var")

    def ledger(self) -> Ledger:
        return open_ledger(self.folder / "var", self.url)

    def bench(self) -> tuple[Ledger, Bench]:
        ledger = self.ledger()
        made = bench_of(ledger, self.home())
        return ledger, Bench(ledger, made.home, self.clock, made.execute, made.clean_up)


def start(work: Callable[..., object], *arguments: object) -> ForkServerProcess:
    """A process that does `work` until it is killed or done."""
    process = CONTEXT.Process(target=quietly, args=(work, *arguments), daemon=True)
    process.start()
    return process


def quietly(work: Callable[..., object], *arguments: object) -> None:
    loop.POLL = run_now.POLL = 0.05
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    work(*arguments)


def kill(process: ForkServerProcess) -> None:
    """SIGKILL, and wait until it is gone."""
    process.kill()
    process.join()


def work(place: Place, ttl: float = 30.0) -> None:
    """As `duiqi worker`."""
    ledger, bench = place.bench()
    settings = loop.Settings(place.config, load_config, load_config(place.config))
    loop.Worker(bench, settings, threading.Event(), ttl=timedelta(seconds=ttl), standby=0.1).work()
    ledger.close()


def run_again_and_again(place: Place) -> None:
    """As a person who calls `duiqi run` as soon as the last one ended."""
    _, bench = place.bench()
    watch = run_now.Watch(lambda _run: None, threading.Event())
    while True:
        with suppress(StoreError):  # another has taken over; the command says so and ends
            run_now.run_now(bench, load_config(place.config), (), local_operator(), watch)


def decide(place: Place, said: Path) -> None:
    """As a person at a dashboard who asks for runs and comments, and notes what was taken."""
    ledger, me = place.ledger(), local_operator()
    with said.open("a") as notes:
        while True:
            ledger.runs.enqueue(me, trigger=Trigger.PAGE, now=place.clock())
            made = ledger.decisions.add(me, "f", "comment", {"text": "x"}, now=place.clock())
            notes.write(f"{made}\n")
            notes.flush()
            time.sleep(0.1)


def work_with_little_patience(place: Place) -> None:
    """As `work`, but who waits for the ledger gives up soon; the log goes to the file `log`."""
    engine.BUSY_SECONDS = 0.2
    logging.basicConfig(filename=place.folder / "log", level=logging.INFO)
    work(place)
