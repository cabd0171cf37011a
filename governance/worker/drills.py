"""Drills that are due, one after another beside the runs: a restore may take hours, and a drill
writes nothing that a run does."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

from checks.errors import CodedError
from governance.access import WORKER
from governance.config import Config
from governance.i18n import explain
from governance.worker.schedule import Job
from governance.worker.workbench import Bench, described

PREFIX = "drill:"
log = logging.getLogger("duiqi.worker")


def drills_of(config: Config) -> tuple[Job, ...]:
    """The schedule of every system whose restores are tried."""
    systems = config.backups.systems if config.backups else ()
    return tuple(
        Job(f"{PREFIX}{system.name}", system.drill.schedule, config.time_zone, (), ())
        for system in systems
        if system.drill is not None and system.drill.schedule is not None
    )


class Drills:
    """A thread that carries out what it is given, for as long as the worker holds its lease."""

    def __init__(self, bench: Bench, lost: Callable[[], bool]) -> None:
        self._bench, self._lost = bench, lost
        self._waiting: queue.SimpleQueue[tuple[Config, str] | None] = queue.SimpleQueue()
        self._left = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, config: Config, job: Job) -> None:
        """Drill the job's system as soon as the drill before it is over."""
        self._waiting.put((config, job.name.removeprefix(PREFIX)))
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="drills", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Stop the drill under way, forget what waits, and wait until its scratch is dropped."""
        self._left.set()
        self._waiting.put(None)
        if self._thread is not None:
            self._thread.join()

    def _stop(self) -> bool:
        return self._left.is_set() or self._lost()

    def _work(self) -> None:
        while (asked := self._waiting.get()) is not None and not self._stop():
            self._drill(*asked)

    def _drill(self, config: Config, system: str) -> None:
        from governance.backups.drills.drilling import Drilling, Wish

        bench = self._bench
        drilling = Drilling(bench.ledger, bench.home, config, WORKER, bench.clock, self._stop)
        try:
            row = drilling.drill(Wish(system))
        except CodedError as error:
            log.error("the drill of %s was not tried: %s", system, explain(error, "en"))
        except Exception as error:  # noqa: BLE001 - a defect ends its drill, never the worker
            log.error("the drill of %s broke: %s", system, described(error))
        else:
            log.info("drill %d of %s: ok %s, differs %s", row.id, system, row.ok, row.differs)
