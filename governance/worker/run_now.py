"""One run, now: here if nobody holds the lease, else queued with whoever does, and followed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from checks.outcome import Outcome
from governance.access import Actor
from governance.config import Config
from governance.errors import ConfigError, StoreError
from governance.ledger import Ledger
from governance.ledger.rows import (
    CheckResultRow,
    RunRow,
    RunStatus,
    StepKind,
    StepRow,
    StepStatus,
    Trigger,
)
from governance.worker.holder import Held, Patience, holding
from governance.worker.schedule import sources_of
from governance.worker.workbench import Bench

POLL = 0.2


@dataclass(frozen=True)
class Watch:
    """Called about five times a second with the run, and once more when it is over."""

    show: Callable[[RunRow], None]
    stop: threading.Event


@dataclass(frozen=True)
class SourceReport:
    """How one source fared in a run: `read` or `failed`, rows read, and why it failed."""

    name: str
    status: str
    rows: int
    code: str | None
    params: dict[str, str]


@dataclass(frozen=True)
class Report:
    """What a run came to. `drift` counts what drifted and stands open; it changes no exit code.
    None where the run broke before it could tell."""

    run: RunRow
    checks: tuple[CheckResultRow, ...]
    sources: tuple[SourceReport, ...]
    drift: int | None = None

    @property
    def exit_code(self) -> int:
        """2 before 1 before 0: what could not be seen is never green."""
        outcomes = {result.outcome for result in self.checks}
        blind = outcomes & {Outcome.NOT_EVALUABLE, Outcome.ERROR}
        ended = self.run.status in (RunStatus.SUCCEEDED, RunStatus.PARTIAL)
        if not ended or blind or any(source.status == "failed" for source in self.sources):
            return 2
        return 1 if Outcome.FAILED in outcomes else 0


def run_now(
    bench: Bench, config: Config, checks: Sequence[str], actor: Actor, watch: Watch
) -> RunRow:
    """Ask for a run of the named checks (none named: everything) and see it through.

    Asked to stop, it stops the run if that is executed here; one that another process executes
    goes on there and is returned as it stands. Raises ConfigError for a check that is not
    configured.
    """
    wanted = select_checks(config, checks)
    run_id = bench.ledger.runs.enqueue(
        actor,
        trigger=Trigger.MANUAL,
        now=bench.clock(),
        sources=None if wanted is None else sources_of(config.check(n) for n in wanted),
        checks=wanted,
    )
    patience = Patience()
    while True:
        run = get(bench.ledger, run_id)
        watch.show(run)
        if run.status.is_over or watch.stop.is_set():
            return run
        with holding(bench.ledger, "run", clock=bench.clock, patience=patience) as held:
            if held is not None:
                carry_out_here(bench, config, run_id, held, watch)
        if held is None:
            watch.stop.wait(POLL)


def carry_out_here(bench: Bench, config: Config, run_id: int, held: Held, watch: Watch) -> None:
    """Execute under our own lease, in a thread, so that this one can show how far it is."""
    bench.recover(held.fence)
    if get(bench.ledger, run_id).status is not RunStatus.QUEUED:
        return
    raised: list[StoreError] = []

    def work() -> None:
        try:
            bench.carry_out(config, run_id, held, watch.stop.is_set)
        except StoreError as error:
            raised.append(error)

    thread = threading.Thread(target=work, name=f"run-{run_id}")
    thread.start()
    while thread.is_alive():
        thread.join(POLL)
        with suppress(StoreError):  # only to show it; whether the run can go on, it finds out
            watch.show(get(bench.ledger, run_id))
    if raised:
        raise raised[0]


def select_checks(config: Config, names: Sequence[str]) -> tuple[str, ...] | None:
    known = tuple(check.name for check in config.every_check)
    for name in names:
        if name not in known:
            raise ConfigError("cli.unknown_check", name=name, allowed=", ".join(known) or "-")
    return tuple(dict.fromkeys(names)) or None


def get(ledger: Ledger, run_id: int) -> RunRow:
    run = ledger.runs.get(run_id)
    if run is None:
        raise StoreError("worker.no_run", run=run_id)
    return run


def report_of(ledger: Ledger, run: RunRow) -> Report:
    """The run's outcomes and what became of each source it read, both by name."""
    reads: dict[str, list[StepRow]] = {}
    for step in ledger.steps.of_run(run.id):
        if step.kind is StepKind.READ and step.source is not None:
            reads.setdefault(step.source, []).append(step)
    return Report(
        run=run,
        checks=ledger.results.of_run(run.id),
        sources=tuple(source_report(name, steps) for name, steps in sorted(reads.items())),
        drift=ledger.results.open_drift(run.id),
    )


def source_report(name: str, steps: list[StepRow]) -> SourceReport:
    failed = next((step for step in steps if step.status is not StepStatus.DONE), None)
    return SourceReport(
        name=name,
        status="read" if failed is None else "failed",
        rows=sum(step.rows or 0 for step in steps if step.status is StepStatus.DONE),
        code=None if failed is None else failed.code or "ledger.step_cut_short",
        params={} if failed is None else failed.params,
    )
