"""What one commit writes besides the run's own row when it ends: steps, snapshots, results."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from governance.ledger.rows import CheckResult, Metric, StepStatus
from governance.ledger.tables import check_results, metrics, run_snapshots, run_steps, snapshots


def close_steps(connection: Connection, run_ids: Sequence[int], code: str, now: datetime) -> None:
    connection.execute(
        update(run_steps)
        .where(run_steps.c.run_id.in_(run_ids), run_steps.c.status == StepStatus.RUNNING)
        .values(status=StepStatus.FAILED, finished_at=now, code=code, retryable=True)
    )


def link_snapshots(connection: Connection, run_id: int, used: Sequence[int]) -> None:
    if not used:
        return
    found = connection.execute(
        select(snapshots.c.id, snapshots.c.source, snapshots.c.entity).where(
            snapshots.c.id.in_(used)
        )
    )
    connection.execute(
        insert(run_snapshots),
        [
            {"run_id": run_id, "source": s.source, "entity": s.entity, "snapshot_id": s.id}
            for s in found
        ],
    )


def insert_results(
    connection: Connection, run_id: int, results: Sequence[CheckResult], measured: Sequence[Metric]
) -> None:
    rows: list[dict[str, object]] = [
        {
            "run_id": run_id,
            "check_name": result.check_name,
            "outcome": result.outcome.value,
            "reason_code": result.reason_code,
            "reason_params": dict(result.reason_params),
            "strict": result.strict,
            "adjusted": result.adjusted,
            "open_findings": result.open_findings,
            "as_of": {name: moment.isoformat() for name, moment in result.as_of.items()},
        }
        for result in results
    ]
    if rows:
        connection.execute(insert(check_results), rows)
    if measured:
        connection.execute(insert(metrics), [{"run_id": run_id, **vars(m)} for m in measured])
