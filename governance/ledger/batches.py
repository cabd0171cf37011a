"""Batches of remediation: asked for, made, and judged by later runs. Lines are never rewritten."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, func, insert, select, update

from governance.access import Actor, Right
from governance.ledger import audit
from governance.ledger.database import Database
from governance.ledger.rows import (
    BatchKind,
    BatchLine,
    BatchLineRow,
    BatchRow,
    BatchStatus,
    NewVerdict,
    Verdict,
)
from governance.ledger.tables import batch_lines, batch_verdicts, batches, decisions

# How many of the keys that moved are named; the count is always whole.
NAMED = 100
FOLDER = "exports"
_CHUNK = 5_000


@dataclass(frozen=True)
class NewBatch:
    """What somebody asks for."""

    kind: BatchKind
    form: str
    language: str
    filters: Mapping[str, object]
    system: str | None = None
    reveal: bool = False
    reread: bool = True


@dataclass(frozen=True)
class Batches:
    database: Database

    def request(self, actor: Actor, new: NewBatch, *, now: datetime, waiting: bool = True) -> int:
        """Give an export its number. `waiting` leaves it to whoever may read the systems.

        Raises PermissionRefused without the right to export, or to see what it asks for.
        """
        actor.require(Right.EXPORT)
        if new.reveal:
            actor.require(Right.REVEAL)
        departments = actor.departments
        values = {
            **vars(new),
            "filters": dict(new.filters),
            "status": BatchStatus.REQUESTED if waiting else BatchStatus.MAKING,
            "requested_by": actor.name,
            "rights": sorted(right.value for right in actor.rights),
            "departments": None if departments is None else sorted(departments),
            "requested_at": now,
        }
        with self.database.write() as connection:
            made: int = connection.execute(
                insert(batches).values(values).returning(batches.c.id)
            ).scalar_one()
            if waiting:
                detail = {"kind": new.kind.value, "system": new.system, "reveal": new.reveal}
                audit.record(connection, actor, "batch.request", str(made), detail, now)
        return made

    def claim(self, *, fence: int) -> BatchRow | None:
        """The oldest batch that waits, now being made under `fence`. None where none waits."""
        waiting = (
            select(batches)
            .where(batches.c.status == BatchStatus.REQUESTED.value)
            .order_by(batches.c.id)
            .limit(1)
        )
        with self.database.read() as connection:  # asked twice a second: no lock for nothing
            if connection.execute(waiting).one_or_none() is None:
                return None
        with self.database.fenced(fence) as connection:
            row = connection.execute(waiting).mappings().one_or_none()
            if row is None:
                return None
            taken = {
                "status": BatchStatus.MAKING.value,
                "file": f"{FOLDER}/batch-{row['id']}.{row['form']}",
            }
            connection.execute(update(batches).where(batches.c.id == row["id"]).values(taken))
            return batch_row({**row, **taken})

    def abandoned(self, *, fence: int, now: datetime) -> None:
        """Mark refused what a dead process was making for the page."""
        making = batches.c.status == BatchStatus.MAKING.value
        with self.database.fenced(fence) as connection:
            connection.execute(
                update(batches)
                .where(making, batches.c.file.is_not(None))
                .values(status=BatchStatus.REFUSED.value, made_at=now, error_code="batch.abandoned")
            )

    def made(
        self,
        actor: Actor,
        number: int,
        lines: Sequence[BatchLine],
        *,
        now: datetime,
        run_id: int | None,
        file: str | None,
        left_out: Mapping[str, int],
        missed: Sequence[str],
        detail: Mapping[str, object],
    ) -> None:
        """Note what the batch came to: its lines, an `export` decision on each finding, and the
        audit event, all in one transaction."""
        with self.database.write() as connection:
            connection.execute(
                update(batches)
                .where(batches.c.id == number)
                .values(
                    status=BatchStatus.MADE.value,
                    made_at=now,
                    run_id=run_id,
                    file=file,
                    lines=len(lines),
                    error_code=None,
                    left_out=dict(left_out),
                    missed=list(missed[:NAMED]),
                )
            )
            for start in range(0, len(lines), _CHUNK):
                _add_lines(connection, actor, number, start, lines[start : start + _CHUNK], now)
            audit.record(connection, actor, "export.remediation", str(number), detail, now)

    def refused(self, number: int, code: str, params: Mapping[str, Any], *, now: datetime) -> None:
        """Nothing was handed out, and why."""
        told = {name: str(value) for name, value in params.items()}
        with self.database.write() as connection:
            connection.execute(
                update(batches)
                .where(batches.c.id == number)
                .values(
                    status=BatchStatus.REFUSED.value,
                    made_at=now,
                    error_code=code,
                    error_params=told,
                )
            )

    def get(self, number: int) -> BatchRow | None:
        with self.database.read() as connection:
            found = connection.execute(select(batches).where(batches.c.id == number)).mappings()
            return next((batch_row(row) for row in found), None)

    def recent(self, limit: int = 100) -> tuple[BatchRow, ...]:
        """The newest batches first."""
        query = select(batches).order_by(batches.c.id.desc()).limit(limit)
        with self.database.read() as connection:
            return tuple(batch_row(row) for row in connection.execute(query).mappings())

    def lines(self, number: int) -> tuple[BatchLineRow, ...]:
        """The lines of one batch, in their order."""
        query = select(batch_lines).where(batch_lines.c.batch_id == number)
        with self.database.read() as connection:
            found = connection.execute(query.order_by(batch_lines.c.seq)).mappings()
            return tuple(line_row(row) for row in found)

    def judged(self, number: int) -> dict[int, tuple[tuple[int, Verdict], ...]]:
        """Per line every verdict it ever got, as (run, verdict), oldest first."""
        query = (
            select(batch_verdicts)
            .where(batch_verdicts.c.batch_id == number)
            .order_by(batch_verdicts.c.run_id)
        )
        found: dict[int, list[tuple[int, Verdict]]] = {}
        with self.database.read() as connection:
            for row in connection.execute(query).mappings():
                found.setdefault(row["seq"], []).append((row["run_id"], Verdict(row["verdict"])))
        return {seq: tuple(verdicts) for seq, verdicts in found.items()}

    def counts(self, numbers: Iterable[int]) -> dict[int, dict[Verdict | None, int]]:
        """Per batch how many lines have which newest verdict; None is none yet."""
        c = batch_lines.c
        query = (
            select(c.batch_id, c.verdict, func.count())
            .where(c.batch_id.in_(list(numbers)))
            .group_by(c.batch_id, c.verdict)
        )
        found: dict[int, dict[Verdict | None, int]] = {}
        with self.database.read() as connection:
            for number, verdict, count in connection.execute(query):
                found.setdefault(number, {})[Verdict(verdict) if verdict else None] = count
        return found

    def fix_seconds(self) -> dict[int, list[float]]:
        """Per batch the seconds from its making to the first run that saw a line fixed."""
        first = (
            select(
                batch_verdicts.c.batch_id,
                batch_verdicts.c.seq,
                func.min(batch_verdicts.c.at).label("at"),
            )
            .where(batch_verdicts.c.verdict == Verdict.FIXED.value)
            .group_by(batch_verdicts.c.batch_id, batch_verdicts.c.seq)
            .subquery()
        )
        query = select(first.c.batch_id, first.c.at, batches.c.made_at).join(
            batches, batches.c.id == first.c.batch_id
        )
        found: dict[int, list[float]] = {}
        with self.database.read() as connection:
            for number, at, made in connection.execute(query):
                found.setdefault(number, []).append(max((at - made).total_seconds(), 0.0))
        return found

    def watched(self, check: str, since: datetime) -> tuple[BatchLineRow, ...]:
        """The lines of a check in batches made `since`: those that a run still judges."""
        query = (
            select(batch_lines)
            .join(batches, batches.c.id == batch_lines.c.batch_id)
            .where(
                batch_lines.c.check_name == check,
                batches.c.status == BatchStatus.MADE.value,
                batches.c.made_at >= since,
            )
            .order_by(batch_lines.c.batch_id, batch_lines.c.seq)
        )
        with self.database.read() as connection:
            return tuple(line_row(row) for row in connection.execute(query).mappings())

    def fixed_once(self, check: str, since: datetime) -> frozenset[tuple[int, int]]:
        """Which of the watched lines (batch, line) a run has seen fixed, whatever came after."""
        v, c = batch_verdicts.c, batch_lines.c
        query = (
            select(v.batch_id, v.seq)
            .join(batch_lines, (c.batch_id == v.batch_id) & (c.seq == v.seq))
            .join(batches, batches.c.id == v.batch_id)
            .where(
                c.check_name == check,
                batches.c.made_at >= since,
                v.verdict == Verdict.FIXED.value,
            )
        )
        with self.database.read() as connection:
            return frozenset((number, seq) for number, seq in connection.execute(query))

    def files(self) -> dict[str, BatchRow]:
        """The files of batches that are still there, by name."""
        query = select(batches).where(batches.c.file.is_not(None), batches.c.removed_at.is_(None))
        with self.database.read() as connection:
            rows = [batch_row(row) for row in connection.execute(query).mappings()]
        return {row.file: row for row in rows if row.file is not None}

    def removed(self, numbers: Sequence[int], *, fence: int, now: datetime) -> None:
        """Their files are gone; what they held stands in their lines."""
        with self.database.fenced(fence) as connection:
            connection.execute(
                update(batches).where(batches.c.id.in_(numbers)).values(removed_at=now)
            )


def settle(
    connection: Connection, run_id: int, verdicts: Sequence[NewVerdict], now: datetime
) -> None:
    """Write what a run says of lines, inside the transaction that shows its results."""
    if not verdicts:
        return
    c = batch_lines.c
    changed = (
        update(batch_lines)
        .where(c.batch_id == bindparam("its_batch"), c.seq == bindparam("its_seq"))
        .values(verdict=bindparam("said"), verdict_run=run_id, verdict_at=now)
    )
    connection.execute(
        changed,
        [{"its_batch": v.batch_id, "its_seq": v.seq, "said": v.verdict.value} for v in verdicts],
    )
    said = {"run_id": run_id, "at": now}
    connection.execute(
        insert(batch_verdicts),
        [
            {"batch_id": v.batch_id, "seq": v.seq, "verdict": v.verdict.value, **said}
            for v in verdicts
        ],
    )


def _add_lines(
    connection: Connection,
    actor: Actor,
    number: int,
    start: int,
    lines: Sequence[BatchLine],
    now: datetime,
) -> None:
    numbered = list(enumerate(lines, start + 1))
    rows = [{"batch_id": number, "seq": at, **vars(line)} for at, line in numbered]
    connection.execute(insert(batch_lines), rows)
    said = {"batch": number}
    connection.execute(
        insert(decisions),
        [
            {
                "finding_id": line.finding_id,
                "kind": "export",
                "actor": actor.name,
                "at": now,
                "payload": {**said, "line": at},
            }
            for at, line in numbered
        ],
    )


def batch_row(row: RowMapping | Mapping[str, Any]) -> BatchRow:
    departments = row["departments"]
    return BatchRow(
        **{
            **row,
            "kind": BatchKind(row["kind"]),
            "status": BatchStatus(row["status"]),
            "rights": tuple(row["rights"]),
            "departments": None if departments is None else tuple(departments),
            "left_out": row["left_out"] or {},
            "missed": tuple(row["missed"] or ()),
            "error_params": row["error_params"] or {},
        }
    )


def line_row(row: RowMapping) -> BatchLineRow:
    verdict = row["verdict"]
    return BatchLineRow(**{**row, "verdict": Verdict(verdict) if verdict else None})
