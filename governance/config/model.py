"""The configuration as frozen values. `loader` builds them; nothing else reads YAML."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from checks.dictionary import Entity, Title
from checks.ownership import Levels, OwnerRule, Terms

if TYPE_CHECKING:
    from governance.config.backups import BackupsConfig
    from governance.config.permissions import PermissionsConfig


@dataclass(frozen=True)
class Schedule:
    """Exactly one part is set: a five-field cron line in the business time zone, or an interval."""

    cron: str | None = None
    every: timedelta | None = None


@dataclass(frozen=True)
class SourceConfig:
    """One system that is read. `url` holds resolved secrets: never log, store or show it.

    `url` is set for databases (None when loaded without secrets), `path` for files, folders and
    SQLite (absolute). `pattern` picks the files of a folder and holds `{date}` once.
    """

    name: str
    kind: str
    title: Title
    url: str | None = None
    path: Path | None = None
    pattern: str | None = None
    encoding: str | None = None
    schedule: Schedule | None = None
    timeout: timedelta = timedelta(seconds=300)

    def __repr__(self) -> str:
        return f"SourceConfig(name={self.name!r}, kind={self.kind!r})"


@dataclass(frozen=True)
class Thresholds:
    """The least share of aligned record pairs (0 to 1) that passes; None is not judged."""

    strict: Decimal | None = None
    adjusted: Decimal | None = None


@dataclass(frozen=True)
class CheckConfig:
    """One check of one entity. `sources` is in configuration order and holds at least two."""

    name: str
    kind: str
    entity: str
    sources: tuple[str, ...]
    title: Title
    thresholds: Thresholds = field(default_factory=Thresholds)
    schedule: Schedule | None = None


@dataclass(frozen=True)
class Retention:
    snapshots: timedelta = timedelta(days=90)
    runs: timedelta = timedelta(days=400)


@dataclass(frozen=True)
class Config:
    """A checked `governance.yaml`. `digest` names its content; runs remember it.

    `files` are all that it was read from, used ones too: whoever watches for changes watches them.
    """

    path: Path
    company: Title
    locale: str
    time_zone: ZoneInfo
    schedule: Schedule | None
    retention: Retention
    sources: tuple[SourceConfig, ...]
    entities: tuple[Entity, ...]
    checks: tuple[CheckConfig, ...]
    alert_urls: tuple[str, ...] = field(repr=False)  # they carry tokens
    digest: str
    demo: bool = False
    files: tuple[Path, ...] = ()
    owners: tuple[OwnerRule, ...] = ()
    due: Terms = field(default_factory=Terms)
    money_at_risk: Levels = field(default_factory=Levels)
    permissions: PermissionsConfig | None = None
    backups: BackupsConfig | None = None

    @property
    def tables(self) -> tuple[Entity, ...]:
        """All that is read: the entities, and the tables of permissions."""
        of_access = self.permissions.tables if self.permissions else ()
        return (*self.entities, *(table.entity for table in of_access))

    @property
    def every_check(self) -> tuple[CheckConfig, ...]:
        """The checks of entities, and those of permissions and backups where they are watched.

        Backups come last: who can delete them is told by the permissions of the same run.
        """
        watched = (self.permissions, self.backups)
        return (*self.checks, *(part.check for part in watched if part is not None))

    def source(self, name: str) -> SourceConfig:
        return next(s for s in self.sources if s.name == name)

    def entity(self, name: str) -> Entity:
        return next(e for e in self.tables if e.name == name)

    def check(self, name: str) -> CheckConfig:
        return next(c for c in self.every_check if c.name == name)
