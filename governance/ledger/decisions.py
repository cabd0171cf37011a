"""What people say about findings: owner, waiver, comment. Only ever added to, never rewritten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select

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

    def counter(self) -> int:
        """Grows with every decision; a reader that knows this number has them all."""
        with self.database.read() as connection:
            return connection.scalar(select(func.max(decisions.c.id))) or 0

    def after(self, counter: int = 0) -> tuple[DecisionRow, ...]:
        """Decisions made after `counter`, oldest first."""
        query = select(decisions).where(decisions.c.id > counter).order_by(decisions.c.id)
        with self.database.read() as connection:
            return tuple(DecisionRow(**row) for row in connection.execute(query).mappings())
