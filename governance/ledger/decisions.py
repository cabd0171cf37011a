"""What people say about findings: owner, waiver, comment. Only ever added to, never rewritten."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, insert, select

from governance.access import Actor, Right
from governance.ledger import audit
from governance.ledger.database import Database
from governance.ledger.rows import DecisionRow
from governance.ledger.tables import decisions


@dataclass(frozen=True)
class Decisions:
    database: Database

    def add(
        self,
        actor: Actor,
        finding_id: str,
        kind: str,
        payload: Mapping[str, object],
        *,
        now: datetime,
    ) -> int:
        """Add one decision and return its id. Raises PermissionRefused without the right."""
        actor.require(Right.DECIDE)
        with self.database.write() as connection:
            made: int = connection.execute(
                insert(decisions)
                .values(
                    finding_id=finding_id,
                    kind=kind,
                    actor=actor.name,
                    at=now,
                    payload=dict(payload),
                )
                .returning(decisions.c.id)
            ).scalar_one()
            audit.record(connection, actor, f"decision.{kind}", finding_id, {"id": made}, now)
        return made

    def add_all(
        self,
        actor: Actor,
        said: Iterable[tuple[str, str, Mapping[str, object]]],
        *,
        now: datetime,
        told: Mapping[str, object],
    ) -> int:
        """Add many decisions, each (finding, kind, payload), all or none, with one audit event.

        `told` says in that event what was asked for. Returns how many there were.
        Raises PermissionRefused without the right.
        """
        actor.require(Right.DECIDE)
        with self.database.write() as connection:
            rows = [
                {"finding_id": name, "kind": kind, "actor": actor.name, "at": now,
                 "payload": dict(payload)}
                for name, kind, payload in said
            ]  # fmt: skip
            if rows:
                connection.execute(insert(decisions), rows)
                kinds = ",".join(sorted({str(row["kind"]) for row in rows}))
                detail = {"findings": len(rows), **told}
                audit.record(connection, actor, f"decision.{kinds}", "many", detail, now)
        return len(rows)

    def of_kinds(self, kinds: Sequence[str]) -> tuple[DecisionRow, ...]:
        """Every decision of these kinds, oldest first."""
        return self._rows(select(decisions).where(decisions.c.kind.in_(kinds)))

    def of_findings(self, finding_ids: Sequence[str]) -> tuple[DecisionRow, ...]:
        """Everything said about these findings, oldest first."""
        return self._rows(select(decisions).where(decisions.c.finding_id.in_(finding_ids)))

    def counter(self) -> int:
        """Grows with every decision; a reader that knows this number has them all."""
        with self.database.read() as connection:
            return connection.scalar(select(func.max(decisions.c.id))) or 0

    def after(self, counter: int = 0) -> tuple[DecisionRow, ...]:
        """Decisions made after `counter`, oldest first."""
        return self._rows(select(decisions).where(decisions.c.id > counter))

    def _rows(self, query: Select[Any]) -> tuple[DecisionRow, ...]:
        with self.database.read() as connection:
            rows = connection.execute(query.order_by(decisions.c.id)).mappings()
            return tuple(DecisionRow(**row) for row in rows)
