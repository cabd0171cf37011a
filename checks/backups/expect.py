"""What must hold of the backups of one system, as plain values: what verdicts are measured by."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class ExpectedTable:
    """A table that must be inside. `name` as the mapping has it, perhaps with its schema; `entity`
    where we have snapshots of it, so that its rows must have been held against one. Without rows it
    is a question, unless it `may_be_empty`: then only the anomalies tell of rows that are gone."""

    name: str
    entity: str | None = None
    may_be_empty: bool = False


@dataclass(frozen=True, slots=True)
class Rungs:
    """How many business days, weeks, months and years back a good backup must exist for each:
    grandfather, father, son. The running day, week, month and year count as the first."""

    daily: int = 0
    weekly: int = 0
    monthly: int = 0
    yearly: int = 0


@dataclass(frozen=True, slots=True)
class Expected:
    """All of it. Every limit is within: data exactly as old as `rpo` is fresh.

    `due` are the moments at which a backup was or will be expected, in any order; `grace` is how
    late it may be. A drill proves nothing once it is older than `drill_max_age`, a verification
    once older than `verified_max_age`. So many keys of a snapshot may be missing in a table, or
    differ after a restore: `missing_rows`, or that share of the snapshot's rows if it is more.
    `is_dated`: the inside of a dump can be dated, by a time column or by our snapshots; then its
    own word for its age is not enough.
    """

    rpo: timedelta
    rto: timedelta | None = None
    databases: tuple[str, ...] = ()
    tables: tuple[ExpectedTable, ...] = ()
    rungs: Rungs = field(default_factory=Rungs)
    due: tuple[datetime, ...] = ()
    grace: timedelta = timedelta(hours=2)
    drill_max_age: timedelta = timedelta(days=90)
    verified_max_age: timedelta = timedelta(days=90)
    missing_rows: int = 0
    missing_share: float = 0.0
    is_dated: bool = True

    def tolerated(self, rows: int) -> int:
        """How many of so many rows may be missing."""
        return max(self.missing_rows, int(rows * self.missing_share))
