"""What a reader of backups gets back: frozen values, codes instead of words, times aware UTC.

Spans are seconds, sizes bytes. What nobody knows is None, and None is never good.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from checks.backups.model import Problem, Verdict

# System, catalogue and backup: what names one backup everywhere.
Place = tuple[str, str, str]
Params = Mapping[str, str]
Verdicts = Mapping[str, Verdict]


@dataclass(frozen=True)
class Digit:
    """One digit of 3-2-1-1-0. `proof` says how it is known; None: nobody says."""

    digit: str
    value: bool | None
    proof: str | None
    code: str
    params: Params


@dataclass(frozen=True)
class SystemRow:
    """A system as of the run. `verdicts` by mark are those of `today`, what would be restored
    today; `passed_over` counts newer ones that are no use."""

    system: str
    source: str | None
    rpo: float
    rto: float | None
    newest: Place | None
    today: Place | None
    passed_over: int
    last_good: Place | None
    last_good_at: datetime | None
    data_at: datetime | None
    basis: str | None
    restore_seconds: float | None
    due_state: str
    due_at: datetime | None
    score: int | None
    digits: tuple[Digit, ...]
    baseline: Mapping[str, object]
    verdicts: Verdicts

    @property
    def is_bad(self) -> bool:
        broken = any(verdict.value is False for verdict in self.verdicts.values())
        return broken or self.passed_over > 0

    @property
    def is_unclear(self) -> bool:
        return any(verdict.value is None for verdict in self.verdicts.values())


@dataclass(frozen=True)
class CatalogueRow:
    """A catalogue, and whether it could be read."""

    system: str
    catalogue: str
    kind: str
    place: str | None
    tool: str | None
    read_at: datetime | None
    ok: bool
    code: str | None
    params: Params
    zone: str | None
    is_whole: bool
    backups: int


@dataclass(frozen=True)
class BackupRow:
    """A backup as its catalogue lists it, with its verdicts."""

    system: str
    catalogue: str
    backup: str
    series: str
    kind: str
    place: str | None
    method: str
    state: str
    said: str | None
    started_at: datetime | None
    finished_at: datetime | None
    data_at: datetime | None
    basis: str | None
    size: int | None
    data_size: int | None
    needs: tuple[str, ...]
    log_from: str | None
    log_to: str | None
    encrypted: bool | None
    path: str | None
    digest: str | None
    locked_until: datetime | None
    expires_at: datetime | None
    first_seen: datetime | None
    first_run: int | None
    is_newest: bool
    is_vanished: bool
    problems: tuple[Problem, ...]
    verdicts: Verdicts

    @property
    def at(self) -> Place:
        return self.system, self.catalogue, self.backup

    @property
    def ended(self) -> datetime | None:
        """When it was made, as far as anybody says."""
        return self.finished_at or self.started_at or self.data_at


@dataclass(frozen=True)
class ContentRow:
    """How a backup's content was read."""

    kind: str
    read_at: datetime
    bytes_read: int
    seconds: float
    ended: bool | None
    tool: str | None
    server: str | None
    newest: datetime | None
    stamp: str | None


@dataclass(frozen=True)
class TableRow:
    """A table inside a backup beside our snapshot. `examples` are keys that are missing; empty for
    whoever sees some departments only, for nobody can tell whose they are."""

    place: Place
    table: str
    entity: str | None
    rows: int | None
    newest: datetime | None
    lost_columns: tuple[str, ...]
    unread: str | None
    snapshot: int | None
    snapshot_at: datetime | None
    snapshot_rows: int | None
    missing: int | None
    extra: int | None
    different: int | None
    examples: tuple[str, ...]
    not_before: datetime | None
    before: datetime | None


@dataclass(frozen=True)
class LogRow:
    """Archived log segments without a hole between them."""

    catalogue: str
    archive: str
    first: str
    last: str
    segments: int | None
    last_at: datetime | None
    segment_size: int | None
    listed: bool


@dataclass(frozen=True)
class ProblemRow:
    """Something wrong or unknown; `finding_id` where it is somebody's case."""

    system: str
    catalogue: str | None
    backup: str | None
    code: str
    params: Params
    mark: str | None
    breaks: bool
    severity: str | None
    finding_id: str | None


@dataclass(frozen=True)
class DayRow:
    """A business day of one system in the calendar."""

    system: str
    day: date
    state: str
    place: Place | None
    size: int | None
    rungs: Mapping[str, object]


@dataclass(frozen=True)
class PointRow:
    """A moment that several systems could be brought back to. `backups` are by system."""

    group: str
    at: datetime | None
    spread: float | None
    consistent: bool | None
    code: str
    params: Params
    is_newest: bool
    is_last_good: bool
    backups: Mapping[str, Place]
    torn: int | None


@dataclass(frozen=True)
class KeeperRow:
    """Somebody who can delete or restore the backups of a system."""

    system: str
    human: str
    name: str | None
    can_delete: bool
    can_restore: bool
    also: tuple[str, ...]


@dataclass(frozen=True)
class RestoreRow:
    """A restore that ran. `by` says who drilled, or who told of it; `is_told`: it was done
    elsewhere, and nobody of ours saw it."""

    system: str
    drill: str
    by: str
    at: datetime
    ok: bool | None
    seconds: float | None
    catalogue: str | None
    backup: str | None
    compared: bool
    differs: int | None
    code: str | None
    params: Params
    is_told: bool = True
    has_log: bool = False
