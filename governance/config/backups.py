"""The `backups` section as frozen values: what should be saved, how often, where, and who proves
it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from checks.backups import CODE
from checks.dictionary import Title
from governance.config.model import CheckConfig, Schedule

TITLE = Title(zh="备份可恢复性", en="Backups")


@dataclass(frozen=True)
class Place:
    """Where copies lie, as the configuration claims it; None: it does not say."""

    name: str
    medium: str = "disk"
    off_site: bool | None = None
    immutable: bool | None = None
    encrypted: bool | None = None


@dataclass(frozen=True)
class CatalogueConfig:
    """One catalogue of backups and how to read it.

    Where the kind reads a tool's output, each part comes from `commands` (run as it stands, never
    through a shell) or from `files` (output that was saved). Otherwise `path` or `url` says where
    to look. `url` and `environment` hold resolved secrets: never log, store or show them.
    `options` are the kind's own settings, checked by name. `zone` is that of times that come
    without one. `content`: dumps that we can reach are read. Saved output older than `max_age`
    is a problem: then the catalogue itself is stale.
    """

    name: str
    kind: str
    place: Place
    zone: ZoneInfo
    commands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)
    path: Path | None = None
    url: str | None = field(default=None, repr=False)
    options: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: timedelta = timedelta(seconds=120)
    content: bool = True
    max_age: timedelta = timedelta(hours=26)


@dataclass(frozen=True)
class Keep:
    """How many backups of each rung must exist (grandfather, father, son)."""

    daily: int = 0
    weekly: int = 0
    monthly: int = 0
    yearly: int = 0


@dataclass(frozen=True)
class DrillConfig:
    """Where a drill restores to, and when. `target` is the address of an empty scratch server or
    folder (resolved secrets); `catalogue` names whose newest backup is taken, None: the first that
    can be restored here. `max_age`: how old the last good drill may be."""

    target: str = field(repr=False)
    catalogue: str | None = None
    schedule: Schedule | None = None
    max_age: timedelta = timedelta(days=90)
    timeout: timedelta = timedelta(hours=4)


@dataclass(frozen=True)
class BackupSystem:
    """What must hold for the backups of one system.

    `source` is the watched source whose data is saved: its mapped tables are expected, and its
    snapshots are what contents are held against. `rpo` is how old the data may be at most, `rto`
    how long a restore may take. `due` says when a new backup is expected, `grace` how late it may
    be. `timestamps` names by table the column that says when a row was last changed. `delete` and
    `restore` are functions of the permission policy over its backups, `erase` over its records.
    """

    name: str
    title: Title
    catalogues: tuple[CatalogueConfig, ...]
    source: str | None = None
    rpo: timedelta = timedelta(hours=26)
    rto: timedelta | None = None
    due: Schedule | None = None
    grace: timedelta = timedelta(hours=2)
    keep: Keep = field(default_factory=Keep)
    databases: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    timestamps: Mapping[str, str] = field(default_factory=dict)
    drill: DrillConfig | None = None
    drills: Path | None = None
    delete: tuple[str, ...] = ()
    restore: tuple[str, ...] = ()
    erase: tuple[str, ...] = ()

    def catalogue(self, name: str) -> CatalogueConfig:
        return next(c for c in self.catalogues if c.name == name)


@dataclass(frozen=True)
class BackupsConfig:
    """All of it. `together` names systems whose backups must be consistent with one another."""

    systems: tuple[BackupSystem, ...]
    schedule: Schedule | None = None
    together: tuple[tuple[str, ...], ...] = ()

    @property
    def check(self) -> CheckConfig:
        """The one check that looks at backups."""
        sources = tuple(dict.fromkeys(s.source for s in self.systems if s.source))
        return CheckConfig(CODE, CODE, CODE, sources, TITLE, schedule=self.schedule)

    def system(self, name: str) -> BackupSystem:
        return next(s for s in self.systems if s.name == name)
