"""A run's steps: what it is doing right now, and afterwards why something went wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, func, insert, select, update

from governance.ledger.database import Database
from governance.ledger.rows import RunStatus, StepKind, StepRow, StepStatus
from governance.ledger.tables import run_steps, runs


@dataclass(frozen=True)
class Steps:
    database: Database

    def begin(
        self,
        run_id: int,
        kind: StepKind,
        *,
        fence: int,
        now: datetime,
        source: str | None = None,
        entity: str | None = None,
        check_name: str | None = None,
    ) -> int:
        """Open the run's next step and return its number."""
        with self.database.fenced(fence) as connection:
            last = connection.scalar(
                select(func.max(run_steps.c.seq)).where(run_steps.c.run_id == run_id)
            )
            seq = (last or 0) + 1
            connection.execute(
                insert(run_steps).values(
                    run_id=run_id,
                    seq=seq,
                    kind=kind,
                    source=source,
                    entity=entity,
                    check_name=check_name,
                    status=StepStatus.RUNNING,
                    started_at=now,
                )
            )
        return seq

    def progress(self, run_id: int, seq: int, *, fence: int, rows: int) -> None:
        """Rows so far. Each call is a commit: call it about once a second, not once a row."""
        self._update(run_id, seq, fence, {"rows": rows})

    def done(
        self,
        run_id: int,
        seq: int,
        *,
        fence: int,
        now: datetime,
        rows: int | None = None,
        notes: Sequence[Mapping[str, object]] = (),
    ) -> None:
        """Close a step. Without `rows` the count of its progress stays."""
        values: dict[str, object] = {
            "status": StepStatus.DONE,
            "finished_at": now,
            "notes": [dict(note) for note in notes],
        }
        self._update(run_id, seq, fence, values if rows is None else {**values, "rows": rows})

    def failed(
        self,
        run_id: int,
        seq: int,
        *,
        fence: int,
        now: datetime,
        code: str,
        params: Mapping[str, str],
        retryable: bool,
    ) -> None:
        """Close a step with its reason. Rows counted so far stay: they tell how far it got."""
        self._update(
            run_id,
            seq,
            fence,
            {
                "status": StepStatus.FAILED,
                "finished_at": now,
                "code": code,
                "params": dict(params),
                "retryable": retryable,
            },
        )

    def of_run(self, run_id: int) -> tuple[StepRow, ...]:
        query = select(run_steps).where(run_steps.c.run_id == run_id).order_by(run_steps.c.seq)
        with self.database.read() as connection:
            return tuple(step_row(row) for row in connection.execute(query).mappings())

    def last_reads(self, source: str, limit: int = 2) -> tuple[tuple[StepRow, ...], ...]:
        """The read steps of the newest ended runs that read `source`, newest run first.

        Runs that were stopped or abandoned say nothing about a source and are left out.
        """
        told = (RunStatus.SUCCEEDED.value, RunStatus.PARTIAL.value, RunStatus.FAILED.value)
        of_source = (run_steps.c.kind == StepKind.READ, run_steps.c.source == source)
        newest = (
            select(run_steps.c.run_id)
            .join(runs, runs.c.id == run_steps.c.run_id)
            .where(*of_source, runs.c.status.in_(told))
            .where(runs.c.error_code.is_distinct_from("ledger.run_abandoned"))
            .distinct()
            .order_by(run_steps.c.run_id.desc())
            .limit(limit)
        )
        with self.database.read() as connection:
            ids = tuple(connection.scalars(newest))
            query = select(run_steps).where(*of_source, run_steps.c.run_id.in_(ids))
            steps = [
                step_row(row)
                for row in connection.execute(query.order_by(run_steps.c.seq)).mappings()
            ]
        return tuple(tuple(step for step in steps if step.run_id == run) for run in ids)

    def _update(self, run_id: int, seq: int, fence: int, values: dict[str, object]) -> None:
        with self.database.fenced(fence) as connection:
            connection.execute(
                update(run_steps)
                .where(run_steps.c.run_id == run_id, run_steps.c.seq == seq)
                .values(**values)
            )


def step_row(row: RowMapping) -> StepRow:
    return StepRow(
        **{
            **row,
            "kind": StepKind(row["kind"]),
            "status": StepStatus(row["status"]),
            "params": row["params"] or {},
            "notes": tuple(row["notes"] or ()),
        }
    )
