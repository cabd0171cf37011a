"""Who did what: every change a person makes leaves an event in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from governance.access import Actor
from governance.ledger.database import Database
from governance.ledger.rows import AuditEvent
from governance.ledger.tables import audit_events


def record(
    connection: Connection,
    actor: Actor,
    action: str,
    subject: str,
    detail: Mapping[str, object],
    now: datetime,
) -> None:
    """Write one event inside the caller's transaction."""
    connection.execute(
        insert(audit_events).values(
            at=now, actor=actor.name, action=action, object=subject, detail=dict(detail)
        )
    )


@dataclass(frozen=True)
class Audit:
    database: Database

    def record(
        self,
        actor: Actor,
        action: str,
        subject: str,
        *,
        now: datetime,
        detail: Mapping[str, object] | None = None,
    ) -> None:
        """Write one event of its own, for looks and downloads that change nothing else."""
        with self.database.write() as connection:
            record(connection, actor, action, subject, detail or {}, now)

    def recent(self, limit: int = 100, action: str | None = None) -> tuple[AuditEvent, ...]:
        """The newest events first."""
        query = select(audit_events).order_by(audit_events.c.id.desc()).limit(limit)
        if action is not None:
            query = query.where(audit_events.c.action == action)
        with self.database.read() as connection:
            return tuple(AuditEvent(**row) for row in connection.execute(query).mappings())
