"""One run: read the sources, evaluate the checks, seal the results, let the ledger show them.

What a run read is visible once its source was read whole, what it found from its last commit on. A
source that fails is marked with its reason and the others go on; what depends on it is not
evaluable.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from checks.errors import CodedError
from checks.outcome import Outcome
from governance.config.model import CheckConfig, Config
from governance.errors import GovernanceError, SourceUnavailable
from governance.ledger import Ledger, LedgerRefused
from governance.ledger.rows import RunRow, RunStatus, StepKind
from governance.runs.context import Context
from governance.runs.drifts import Drifts
from governance.runs.evaluate import Evaluator
from governance.runs.source_read import SourceRead
from governance.runs.work import Evaluation, Seen
from governance.store import Home

READERS = 4


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
    except SourceUnavailable as error:
        # What takes long within a check gives up so once it is asked to stop.
        if context.stop():
            _end(context, RunStatus.STOPPED, GovernanceError("run.stopped"))
        else:
            _end(context, RunStatus.FAILED, error)
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
        context.ledger,
        context.home,
        context.config,
        context.run.id,
        as_of,
        context.proofs,
        context.stop,
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
        verdicts=[verdict for e in evaluations for verdict in e.verdicts],
        outcomes=[outcome for e in evaluations for outcome in e.outcomes],
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
