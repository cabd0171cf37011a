"""`inspect`: find out what a backup is, look at it as its form asks for, and judge."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from governance.backups.inspect import detect
from governance.backups.inspect.judge import judged
from governance.backups.inspect.model import UNKNOWN, Asked, Inspected, Seen
from governance.errors import ConfigError, SourceRefused

# Where each kind is looked at: a module of this package and its function, imported when needed.
LOOKS = {
    detect.MYSQLDUMP: ("textdump", "mysqldump"),
    detect.PG_DUMP: ("textdump", "pg_dump"),
    detect.PG_CUSTOM: ("pgarchive", "custom"),
    detect.PG_TAR: ("pgarchive", "tar"),
    detect.PG_DIRECTORY: ("pgarchive", "directory"),
    detect.SQLITE: ("sqlitecopy", "sqlite"),
    detect.XBSTREAM: ("xbstream", "xbstream"),
    detect.MARIABACKUP: ("mariabackup", "mariabackup"),
    detect.BASEBACKUP: ("basebackup", "basebackup"),
    detect.PGBACKREST: ("pgbackrest", "pgbackrest"),
    detect.RESTIC: ("restic", "restic"),
    detect.BORG: ("borg", "borg"),
    detect.WAL: ("walfolder", "wal"),
    detect.CATALOGUE: ("catalogue", "catalogue"),
    detect.FOLDER: ("folder", "folder"),
    UNKNOWN: ("plainfile", "plain"),
}


def inspect(asked: Asked) -> Inspected:
    """The verdicts on what lies at a path; nothing is restored and nothing there is changed.

    Raises ConfigError for a path where nothing is, or a kind that it is not; SourceRefused for
    what may not be read.
    """
    return judged(asked, look(asked))


def look(asked: Asked) -> Seen:
    """What looking shows, before it is held against what was expected."""
    path = asked.path
    if not path.is_file() and not path.is_dir():
        raise ConfigError("backups.inspect.no_path", path=path)
    try:
        found = detect.detect(path)
        kind = _agreed(asked.kind, found, path)
        return _looker(kind)(replace(asked, kind=kind))
    except OSError as error:
        raise SourceRefused(
            "backups.inspect.denied", path=error.filename or path, said=error.strerror or error
        ) from None


def _agreed(named: str | None, found: str, path: Path) -> str:
    """The kind to look for. One that was named counts where the content leaves it open."""
    if named is None or named == found:
        return found
    is_open = found in (UNKNOWN, detect.FOLDER)
    fits = named in (detect.FOLDERS if path.is_dir() else (*detect.FILES, detect.WAL))
    if named == UNKNOWN or (is_open and fits):
        return named if path.is_file() or named != UNKNOWN else detect.FOLDER
    raise ConfigError("backups.inspect.other_kind", kind=named, found=found, path=path)


def _looker(kind: str) -> Callable[[Asked], Seen]:
    module, function = LOOKS[kind]
    found: Callable[[Asked], Seen] = getattr(
        importlib.import_module(f"governance.backups.inspect.{module}"), function
    )
    return found
