"""Which backup a drill restores: the newest whose file we can read, or the one that is named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from checks.backups.model import Backup, Method, State
from checks.errors import CodedError
from governance.backups.gather import gather
from governance.config.backups import BackupSystem, CatalogueConfig
from governance.errors import ConfigError

RESTORED = (Method.DUMP, Method.COPY)
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Chosen:
    """A backup that can be restored here, and where it lies."""

    catalogue: str
    backup: Backup
    path: Path


def choose(
    system: BackupSystem,
    now: datetime,
    stop: Callable[[], bool],
    catalogue: str | None = None,
    backup: str | None = None,
) -> Chosen:
    """The backup to restore. Raises ConfigError where there is none, or none that is so named,
    and the reason where a catalogue could not be read."""
    wanted = catalogue or (system.drill.catalogue if system.drill else None)
    names = [c.name for c in system.catalogues]
    if wanted is not None and wanted not in names:
        allowed = ", ".join(names)
        raise ConfigError("backups.unknown_catalogue", name=wanted, allowed=allowed)
    asked = [c for c in system.catalogues if wanted in (None, c.name)]
    errors: list[CodedError] = []
    for found in _candidates(asked, now, stop, errors):
        newest = _newest(found, backup)
        if newest is not None:
            return newest
    if errors:
        raise errors[0]
    if backup is not None:
        raise ConfigError("backups.drill.unknown_backup", backup=backup, system=system.name)
    raise ConfigError("backups.drill.none", system=system.name)


def _candidates(
    catalogues: Iterable[CatalogueConfig],
    now: datetime,
    stop: Callable[[], bool],
    errors: list[CodedError],
) -> Iterator[list[Chosen]]:
    for config in catalogues:
        gathered = gather(config, now, stop)
        if gathered.error is not None:
            errors.append(gathered.error)
        if gathered.catalogue is None:
            continue
        yield [
            Chosen(config.name, backup, Path(backup.path))
            for backup in gathered.catalogue.backups
            if backup.path is not None and backup.method in RESTORED
        ]


def _newest(found: list[Chosen], named: str | None) -> Chosen | None:
    """A backup that is named is taken as it is; else the newest that its tool calls done, and of
    which something is there: a drill of an older one would say nothing of it."""
    if named is not None:
        return next((c for c in found if c.backup.id == named), None)
    fit = [c for c in found if c.backup.state in (State.DONE, State.UNKNOWN) and c.path.exists()]
    return max(fit, key=_time, default=None)


def _time(chosen: Chosen) -> datetime:
    backup = chosen.backup
    return backup.data_at or backup.finished_at or backup.started_at or LONG_AGO
