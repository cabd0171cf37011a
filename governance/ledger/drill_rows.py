"""Restore drills as they go into the ledger and come out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from checks.backups.model import Problem, Restore


@dataclass(frozen=True)
class DrilledTable:
    """One table that was held against a snapshot. `unread` says why it was not (a message id);
    counts are None then. `is_settled`: a snapshot after the backup took part, so that what is
    missing or different is not only what changed since the one before."""

    entity: str
    rows: int | None = None
    missing: int | None = None
    extra: int | None = None
    different: int | None = None
    is_settled: bool = False
    unread: str | None = None


@dataclass(frozen=True)
class DrillRow:
    """One drill. `ok` None: it is under way, or was broken off. `log` is a file below the home,
    where it failed. `differs` counts missing and different keys, None where nobody can tell."""

    id: int
    system: str
    catalogue: str
    backup: str
    series: str
    started_at: datetime
    by: str
    finished_at: datetime | None = None
    ok: bool | None = None
    seconds: float | None = None
    compared: bool = False
    differs: int | None = None
    code: str | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    log: str | None = None
    problems: tuple[Problem, ...] = ()
    tables: tuple[DrilledTable, ...] = ()

    def restore(self) -> Restore:
        """The drill as verdicts take it."""
        return Restore(
            id=str(self.id),
            at=self.started_at,
            ok=self.ok,
            seconds=self.seconds,
            backup=self.backup,
            series=self.series,
            compared=self.compared,
            differs=self.differs,
            by=self.by,
            problems=self.problems,
        )


@dataclass(frozen=True)
class Ended:
    """How a drill came out."""

    ok: bool | None
    seconds: float | None = None
    compared: bool = False
    differs: int | None = None
    code: str | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    log: str | None = None
    problems: tuple[Problem, ...] = ()
    tables: tuple[DrilledTable, ...] = ()
