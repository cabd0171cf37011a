"""What whoever holds the lease does: tidy up after the dead, and carry out one run to its end."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from checks.errors import CodedError
from governance.alerts import telling as alerts
from governance.config import Config
from governance.errors import StoreError
from governance.ledger import Ledger, LedgerRefused
from governance.ledger.rows import RunStatus
from governance.store import Home
from governance.store.room import want_of_room
from governance.worker.holder import Clock, Held

log = logging.getLogger("duiqi.worker")


class Execute(Protocol):
    """Executes one queued run and ends it in the ledger, whatever happens to its sources."""

    def __call__(
        self,
        ledger: Ledger,
        home: Home,
        config: Config,
        run_id: int,
        *,
        clock: Clock,
        stop: Callable[[], bool],
        fence: int,
    ) -> object: ...


@dataclass(frozen=True)
class Bench:
    """The tools. `clean_up` removes from the store what fences older than the given one left."""

    ledger: Ledger
    home: Home
    clock: Clock
    execute: Execute
    clean_up: Callable[[int], None]

    def recover(self, fence: int) -> None:
        """Mark failed what dead holders left running, then tidy the store."""
        for run_id in self.ledger.runs.abandon_stale(fence=fence, now=self.clock()):
            log.warning("run %d was left unfinished by a process that is gone", run_id)
        self.ledger.batches.abandoned(fence=fence, now=self.clock())
        self.clean_up(fence)

    def carry_out(self, config: Config, run_id: int, held: Held, stop: Callable[[], bool]) -> None:
        """Execute a queued run and send what it is worth telling.

        The run is over afterwards, unless the lease is lost or the ledger cannot be written;
        then this raises StoreError.
        """
        log.info("run %d starts", run_id)
        code, params = None, {}
        try:
            self.execute(
                self.ledger,
                self.home,
                config,
                run_id,
                clock=self.clock,
                stop=lambda: stop() or held.lost.is_set(),
                fence=held.fence,
            )
        except LedgerRefused:
            raise
        except CodedError as error:
            log.error("run %d: %s", run_id, error)
            code, params = error.code, error.params
        except Exception as error:  # noqa: BLE001 - a defect ends its run, never the worker
            log.error("run %d broke: %s", run_id, described(error))
            full = want_of_room(error)
            code = full.code if full else "worker.unexpected"
            params = {} if full else {"kind": type(error).__name__}
        self.settle(config, run_id, held.fence, code or "worker.unexpected", params)
        alerts.after_run(self.ledger, config, run_id, fence=held.fence, now=self.clock())
        self.sweep(config, held.fence)

    def hand_out(self, config: Config, held: Held) -> bool:
        """Make one batch that the page asks for; False where none waits."""
        from governance.worker.handing import hand_out

        return hand_out(self.ledger, self.home, config, fence=held.fence, now=self.clock())

    def sweep(self, config: Config, fence: int) -> None:
        """Take away what the configuration keeps no longer. The run does not fail over it."""
        from governance.worker import handing
        from governance.worker.retention import sweep

        try:
            handing.sweep(self.ledger, self.home, fence=fence, now=self.clock())
            sweep(self.ledger, self.home, config.retention, fence=fence, now=self.clock())
        except LedgerRefused:
            raise
        except CodedError as error:
            log.warning("nothing was taken away: %s", error)
        except Exception as error:  # noqa: BLE001 - the run is over, and the next sweep tries again
            log.error("taking away broke: %s", described(error))

    def settle(
        self, config: Config, run_id: int, fence: int, code: str, params: dict[str, str]
    ) -> None:
        """End a run that its execution left open, so that the queue never turns on one spot."""
        run = self.ledger.runs.get(run_id)
        if run is None:
            raise StoreError("worker.no_run", run=run_id)
        if run.status is RunStatus.QUEUED:
            self.ledger.runs.start(
                run_id, fence=fence, now=self.clock(), config_digest=config.digest
            )
        if not run.status.is_over:
            self.ledger.runs.finish(
                run_id,
                fence=fence,
                now=self.clock(),
                status=RunStatus.FAILED,
                error_code=code,
                error_params=params,
            )
        ended = self.ledger.runs.get(run_id)
        log.info("run %d ended: %s", run_id, ended.status.value if ended else "gone")


def described(error: BaseException) -> str:
    """What broke and where, without the message: a driver may repeat an address or a value."""
    frames = traceback.extract_tb(error.__traceback__)
    places = " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in reversed(frames))
    return f"{type(error).__name__} at {places}"
