"""Which conditions are open, and which channel was told what; `governance.alerts` decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, insert, select, update

from governance.ledger.database import Database
from governance.ledger.rows import AlertRow
from governance.ledger.tables import alerts


@dataclass(frozen=True)
class Alerts:
    database: Database

    def open(
        self, subject: str, code: str, params: Mapping[str, str], *, fence: int, now: datetime
    ) -> bool:
        """Open an alert; False when one is open for this subject already, which stays as it is."""
        with self.database.fenced(fence) as connection:
            there = select(alerts.c.id).where(
                alerts.c.subject == subject, alerts.c.closed_at.is_(None)
            )
            if connection.scalar(there) is not None:
                return False
            connection.execute(
                insert(alerts).values(
                    subject=subject, opened_at=now, code=code, params=dict(params), notified={}
                )
            )
            return True

    def close(self, subject: str, *, fence: int, now: datetime) -> bool:
        """Close the subject's open alert; False when there was none."""
        with self.database.fenced(fence) as connection:
            done = connection.execute(
                update(alerts)
                .where(alerts.c.subject == subject, alerts.c.closed_at.is_(None))
                .values(closed_at=now)
            )
            return done.rowcount == 1

    def tell(self, alert_id: int, channel: str, word: str, *, fence: int) -> None:
        """Remember that `channel` was sent `word` about this alert."""
        with self.database.fenced(fence) as connection:
            told = connection.scalar(select(alerts.c.notified).where(alerts.c.id == alert_id))
            connection.execute(
                update(alerts)
                .where(alerts.c.id == alert_id)
                .values(notified={**(told or {}), channel: word})
            )

    def opened(self) -> tuple[AlertRow, ...]:
        """Open alerts, oldest first."""
        query = select(alerts).where(alerts.c.closed_at.is_(None)).order_by(alerts.c.id)
        with self.database.read() as connection:
            return fetch(connection, query)

    def recent(self, limit: int = 200) -> tuple[AlertRow, ...]:
        """Open and closed alerts, newest first."""
        query = select(alerts).order_by(alerts.c.id.desc()).limit(limit)
        with self.database.read() as connection:
            return fetch(connection, query)


def fetch(connection: Connection, query: Select[tuple[object, ...]]) -> tuple[AlertRow, ...]:
    return tuple(AlertRow(**row) for row in connection.execute(query).mappings())
