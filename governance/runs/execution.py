"""One run: read the sources, evaluate the checks, seal the results, let the ledger show them.

What a run read is visible once its source was read whole, what it found from its last commit on. A
source that fails is marked with its reason and the others go on; what depends on it is not
evaluable.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from checks.dictionary import Entity
from checks.errors import CodedError
from checks.outcome import Outcome
from governance.config.model import CheckConfig, Config, SourceConfig
from governance.errors import GovernanceError, SourceUnavailable
from governance.ledger import Ledger, LedgerRefused
from governance.ledger.rows import RunRow, RunStatus, StepKind
from governance.runs.clues import Clue
from governance.runs.drifts import Drifts
from governance.runs.evaluate import Evaluator
from governance.runs.snapshots import Failed, Reading, Taken, take
from governance.runs.work import Evaluation, Seen
from governance.store import Home, Proofs

READERS = 4
PROGRESS_SECONDS = 0.5


@dataclass(frozen=True)
class Context:
    """What every part of a run needs. `clock` gives aware UTC, `stop` asks to leave early."""

    ledger: Ledger
    home: Home
    config: Config
    run: RunRow
    fence: int
    clock: Callable[[], datetime]
    stop: Callable[[], bool]
    proofs: Proofs = field(default_factory=Proofs)

    @property
    def checks(self) -> tuple[CheckConfig, ...]:
        wanted = self.run.checks
        return tuple(c for c in self.config.checks if wanted is None or c.name in wanted)

    @property
    def sources(self) -> tuple[SourceConfig, ...]:
        """Those asked for; where only checks were, those that the checks look at."""
        wanted = self.run.sources
        if wanted is None and self.run.checks is not None:
            wanted = tuple({source for check in self.checks for source in check.sources})
        return tuple(s for s in self.config.sources if wanted is None or s.name in wanted)


def execute(
    ledger: Ledger,
    home: Home,
    config: Config,
    run_id: int,
    *,
    fence: int,
    clock: Callable[[], datetime],
    stop: Callable[[], bool],
) -> RunRow:
    """Do a queued run to its end, and return it as the ledger has it then.

    Raises LedgerRefused when the lease went to another meanwhile; every other refusal is the
    run's own and stands in the ledger with its reason. A defect of ours is the caller's to end.
    """
    run = ledger.runs.start(run_id, fence=fence, now=clock(), config_digest=config.digest)
    context = Context(ledger, home, config, run, fence, clock, stop)
    try:
        _execute(context)
    except LedgerRefused:
        raise
    except CodedError as error:
        _end(context, RunStatus.FAILED, error)
    ended = ledger.runs.get(run_id)
    assert ended is not None
    return ended


def _execute(context: Context) -> None:
    as_of = context.clock()
    seen = _read_all(context, as_of)
    if context.stop():
        _end(context, RunStatus.STOPPED, GovernanceError("run.stopped"))
        return
    with Evaluator(
        context.ledger, context.home, context.config, context.run.id, as_of, context.proofs
    ) as evaluator:
        evaluations = []
        for check in context.checks:
            if context.stop():
                break
            evaluations.append(_evaluate(context, evaluator, check, seen))
        if context.stop():
            _end(context, RunStatus.STOPPED, GovernanceError("run.stopped"))
            return
        drift = _drift(context, as_of).settle(evaluator.con, seen)
        sealed = evaluator.seal(context.fence) if context.checks or drift.rows else None
    damaged = next((e.error for e in evaluations if e.error is not None), None)
    whole = (
        damaged is None
        and all(item.error is None for item in seen.values())
        and all(e.result.outcome in (Outcome.PASSED, Outcome.FAILED) for e in evaluations)
    )
    context.ledger.runs.finish(
        context.run.id,
        fence=context.fence,
        now=context.clock(),
        status=RunStatus.SUCCEEDED if whole else RunStatus.PARTIAL,
        as_of=as_of,
        error_code=None if damaged is None else damaged.code,
        error_params=None if damaged is None else damaged.params,
        sealed=sealed,
        used_snapshots=sorted({id for e in evaluations for id in e.snapshots}),
        results=[e.result for e in evaluations],
        measured=[*(metric for e in evaluations for metric in e.metrics), drift.metric],
    )


def _drift(context: Context, as_of: datetime) -> Drifts:
    return Drifts(
        context.ledger, context.home, context.config, context.run.id, as_of, context.proofs
    )


def _end(context: Context, status: RunStatus, error: CodedError) -> None:
    context.ledger.runs.finish(
        context.run.id,
        fence=context.fence,
        now=context.clock(),
        status=status,
        error_code=error.code,
        error_params=error.params,
    )


def _read_all(context: Context, as_of: datetime) -> dict[tuple[str, str], Seen]:
    """What this run saw of every (source, entity) that it was to read."""
    seen: dict[tuple[str, str], Seen] = {}
    if not context.sources:
        return seen
    with ThreadPoolExecutor(min(READERS, len(context.sources))) as pool:
        for found in pool.map(lambda s: SourceRead(context, s, as_of).read(), context.sources):
            seen.update(found)
    return seen


class SourceRead:
    """The reading of one source within one run, with its steps in the ledger."""

    def __init__(self, context: Context, source: SourceConfig, as_of: datetime) -> None:
        self.context = context
        self.source = source
        self.as_of = as_of
        self.open_step: int | None = None
        self.done_steps: list[int] = []
        self.told = 0.0
        self.taken: list[Taken] = []
        self.failed: dict[str, CodedError] = {}
        self.clues: dict[str, Clue | None] = {}

    def read(self) -> dict[tuple[str, str], Seen]:
        """All of the source's entities, or a reason for each that could not be read."""
        entities = tuple(e for e in self.context.config.entities if e.mapping_of(self.source.name))
        try:
            self._take(entities)
        except LedgerRefused:
            raise
        except CodedError as error:
            # Not the whole source was read: what came before belongs to no consistent snapshot.
            self._close_failed(error)
            for step in self.done_steps:
                self._fail(step, error)
            self.taken.clear()
            self.clues.clear()
            for entity in entities:
                self.failed.setdefault(entity.name, error)
        return self._register()

    def _take(self, entities: tuple[Entity, ...]) -> None:
        reading = Reading(
            home=self.context.home,
            proofs=self.context.proofs,
            secret=self.context.home.secret().encode(),
            zone=self.context.config.time_zone,
            run_id=self.context.run.id,
            fence=self.context.fence,
            before=lambda entity: self.context.ledger.snapshots.newest(self.source.name, entity),
            chain=self.context.ledger.snapshots.chain,
            started=self._started,
            progress=self._progress,
            stop=self.context.stop,
        )
        for item in take(self.source, entities, reading):
            if isinstance(item, Failed):
                self._close_failed(item.error)
                self.failed[item.entity] = item.error
                self.clues[item.entity] = item.clue
            else:
                self._close_done(item)
                self.taken.append(item)

    def _register(self) -> dict[tuple[str, str], Seen]:
        seen: dict[tuple[str, str], Seen] = {}
        for item in self.taken:
            made = self.context.ledger.snapshots.add(
                fence=self.context.fence,
                source=self.source.name,
                entity=item.entity,
                run_id=self.context.run.id,
                sealed=item.sealed,
                rows=item.rows,
                taken_at=self.as_of,
                columns=item.columns,
                unread=item.unread,
                parent=item.parent,
                kind=item.kind,
                changes=item.changes,
            )
            seen[self.source.name, item.entity] = Seen(
                snapshot=self.context.ledger.snapshots.get(made)
            )
        for entity, error in self.failed.items():
            clue = self.clues.get(entity)
            seen[self.source.name, entity] = Seen(error=error, clue=clue)
        return seen

    def _started(self, entity: str) -> None:
        self.told = time.monotonic()
        self.open_step = self.context.ledger.steps.begin(
            self.context.run.id,
            StepKind.READ,
            fence=self.context.fence,
            now=self.context.clock(),
            source=self.source.name,
            entity=entity,
        )

    def _progress(self, rows: int) -> None:
        if self.open_step is None or time.monotonic() - self.told < PROGRESS_SECONDS:
            return
        self.told = time.monotonic()
        self.context.ledger.steps.progress(
            self.context.run.id, self.open_step, fence=self.context.fence, rows=rows
        )

    def _close_done(self, item: Taken) -> None:
        assert self.open_step is not None
        self.context.ledger.steps.done(
            self.context.run.id,
            self.open_step,
            fence=self.context.fence,
            now=self.context.clock(),
            rows=item.rows,
            notes=[{"code": note.code, "params": dict(note.params)} for note in item.notes],
        )
        self.done_steps.append(self.open_step)
        self.open_step = None

    def _close_failed(self, error: CodedError) -> None:
        step = self.open_step
        if step is None:  # the source could not even be opened
            step = self.context.ledger.steps.begin(
                self.context.run.id,
                StepKind.READ,
                fence=self.context.fence,
                now=self.context.clock(),
                source=self.source.name,
            )
        self._fail(step, error)
        self.open_step = None

    def _fail(self, step: int, error: CodedError) -> None:
        self.context.ledger.steps.failed(
            self.context.run.id,
            step,
            fence=self.context.fence,
            now=self.context.clock(),
            code=error.code,
            params=error.params,
            retryable=isinstance(error, SourceUnavailable),
        )


def _evaluate(
    context: Context,
    evaluator: Evaluator,
    check: CheckConfig,
    seen: dict[tuple[str, str], Seen],
) -> Evaluation:
    step = context.ledger.steps.begin(
        context.run.id,
        StepKind.CHECK,
        fence=context.fence,
        now=context.clock(),
        check_name=check.name,
    )
    evaluation = evaluator.evaluate(check, seen)
    context.ledger.steps.done(
        context.run.id, step, fence=context.fence, now=context.clock(), rows=evaluation.findings
    )
    return evaluation
