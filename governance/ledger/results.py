"""What runs measured: outcomes of checks, and numbers over time. `Runs.finish` writes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, Select, func, select

from checks.outcome import DRIFT, Outcome
from governance.ledger.database import Database
from governance.ledger.rows import CheckResultRow, Metric, MetricPoint
from governance.ledger.tables import check_results, metrics, runs


@dataclass(frozen=True)
class Results:
    database: Database

    def of_run(self, run_id: int) -> tuple[CheckResultRow, ...]:
        query = select(check_results).where(check_results.c.run_id == run_id)
        with self.database.read() as connection:
            return fetch(connection, query.order_by(check_results.c.check_name))

    def newest_of_each(self) -> tuple[CheckResultRow, ...]:
        """The newest result of every check, whatever its outcome."""
        last = (
            select(check_results.c.check_name, func.max(check_results.c.run_id).label("run_id"))
            .group_by(check_results.c.check_name)
            .subquery()
        )
        query = select(check_results).join(
            last,
            (last.c.check_name == check_results.c.check_name)
            & (last.c.run_id == check_results.c.run_id),
        )
        with self.database.read() as connection:
            return fetch(connection, query.order_by(check_results.c.check_name))

    def history(self, check_name: str, limit: int = 400) -> tuple[CheckResultRow, ...]:
        """One check's results, newest run first."""
        query = (
            select(check_results)
            .where(check_results.c.check_name == check_name)
            .order_by(check_results.c.run_id.desc())
            .limit(limit)
        )
        with self.database.read() as connection:
            return fetch(connection, query)

    def metrics_of_run(self, run_id: int) -> tuple[Metric, ...]:
        m = metrics.c
        query = select(m.check_name, m.left_source, m.right_source, m.name, m.value, m.field).where(
            m.run_id == run_id
        )
        query = query.order_by(m.check_name, m.left_source, m.right_source, m.field, m.name)
        with self.database.read() as connection:
            return tuple(Metric(**row) for row in connection.execute(query).mappings())

    def open_drift(self, run_id: int) -> int | None:
        """How many findings of drift stood open after a run; None where it told of none."""
        m = metrics.c
        query = select(m.value).where(m.run_id == run_id, m.check_name == DRIFT, m.name == "open")
        with self.database.read() as connection:
            value = connection.scalar(query)
        return None if value is None else int(value)

    def series(
        self, check_name: str, name: str, *, field: str = "", since: datetime | None = None
    ) -> tuple[MetricPoint, ...]:
        """One number of a check over time, oldest first, for every pair of sources."""
        query = (
            select(metrics, runs.c.as_of)
            .join(runs, runs.c.id == metrics.c.run_id)
            .where(
                metrics.c.check_name == check_name,
                metrics.c.name == name,
                metrics.c.field == field,
                runs.c.as_of.is_not(None),
            )
            .order_by(metrics.c.run_id)
        )
        if since is not None:
            query = query.where(runs.c.as_of >= since)
        with self.database.read() as connection:
            return tuple(metric_point(row) for row in connection.execute(query).mappings())


def fetch(connection: Connection, query: Select[tuple[object, ...]]) -> tuple[CheckResultRow, ...]:
    return tuple(result_row(row) for row in connection.execute(query).mappings())


def result_row(row: RowMapping) -> CheckResultRow:
    as_of = {name: datetime.fromisoformat(moment) for name, moment in row["as_of"].items()}
    return CheckResultRow(
        **{
            **row,
            "outcome": Outcome(row["outcome"]),
            "reason_params": row["reason_params"] or {},
            "as_of": as_of,
        }
    )


def metric_point(row: RowMapping) -> MetricPoint:
    parts = {name: value for name, value in row.items() if name not in ("run_id", "as_of")}
    return MetricPoint(run_id=row["run_id"], as_of=row["as_of"], metric=Metric(**parts))
