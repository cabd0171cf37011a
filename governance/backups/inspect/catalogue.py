"""What a tool printed about its backups, saved as JSON. It says, and proves little.

The readers of catalogues read it; the newest backup is judged as a run would judge it. A tool's own
word for a backup is no proof that it is complete, so only what is false is taken over, and what a
full verification says.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from checks.backups.case import Case
from checks.backups.expect import Expected
from checks.backups.model import Backup, Mark, Problem, Verdict
from checks.backups.verdicts import judge_backup
from governance.backups.gather import gather
from governance.backups.inspect.detect import CATALOGUE
from governance.backups.inspect.model import Asked, Seen, breaking, told, unknown
from governance.config.backups import CatalogueConfig, Place

LONG_AGO = timedelta(days=36_500)
MOST = 64 << 20
# The part of a reader that each output is, and the option that names what it tells of.
PARTS = {
    "pgbackrest": ("info", "stanza"),
    "barman": ("list", "server"),
    "walg": ("list", None),
    "restic": ("snapshots", None),
    "borg": ("list", None),
}


def catalogue(asked: Asked) -> Seen:
    kind, names = _kind(asked)
    only_told = unknown("backups.inspect.why.only_told")
    if kind is None:
        unread = (told("backups.inspect.not_known"),)
        return Seen(CATALOGUE, only_told, only_told, problems=unread)
    gathered = gather(_config(asked, kind, names), asked.now, asked.stop)
    if gathered.catalogue is None:
        error = gathered.error
        why = Verdict(None, error.code, error.params) if error else only_told
        return Seen(CATALOGUE, why, only_told)
    found = gathered.catalogue
    newest = max(found.backups, key=_order, default=None)
    if newest is None:
        problems = (*found.problems, breaking(Mark.COMPLETE, "backups.inspect.no_snapshot"))
        return Seen(CATALOGUE, only_told, only_told, problems=problems, is_held=True)
    case = Case(newest, replace(found, problems=()), Expected(rpo=LONG_AGO), asked.now)
    verdicts = judge_backup(case)
    return Seen(
        kind=CATALOGUE,
        ended=_at_most(verdicts[Mark.COMPLETE]),
        intact=verdicts[Mark.INTACT],
        fresh_at=newest.data_at,
        basis=newest.basis,
        problems=_of(newest, found.problems),
    )


def _config(asked: Asked, kind: str, names: tuple[str, ...]) -> CatalogueConfig:
    part, option = PARTS[kind]
    return CatalogueConfig(
        name=asked.path.name,
        kind=kind,
        place=Place(""),
        zone=asked.zone,
        files={part: asked.path},
        options={option: names[0]} if option and names else {},
        max_age=LONG_AGO,
    )


def _at_most(found: Verdict) -> Verdict:
    """A tool's word never makes a backup complete: nothing of it was looked at."""
    return unknown("backups.inspect.why.only_told") if found.value else found


def _of(newest: Backup, problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Problems of the newest backup and of the whole; those of others are only counted on pages."""
    return tuple(p for p in problems if p.backup in (None, newest.id) and p.mark is not Mark.FRESH)


def _order(backup: Backup) -> tuple[float, str]:
    at = backup.data_at or backup.finished_at or backup.started_at
    return (at.timestamp() if at else 0.0, backup.id)


def _kind(asked: Asked) -> tuple[str | None, tuple[str, ...]]:
    """Whose output it is, by its keys, and the names of what it tells of."""
    try:
        if asked.path.stat().st_size > MOST:
            return None, ()
        found: Any = json.loads(asked.path.read_bytes())
    except ValueError:
        return None, ()
    if isinstance(found, dict):
        if {"archives", "repository"} <= set(found):
            return "borg", ()
        servers = [n for n, value in found.items() if isinstance(value, list) and n[:1] != "_"]
        listed = [one for name in servers for one in found[name] if isinstance(one, dict)]
        is_barman = bool(listed) and all("backup_id" in one for one in listed)
        return ("barman", tuple(servers)) if is_barman else (None, ())
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        return None, ()
    return _of_list([set(one) for one in found]), tuple(
        str(one["name"]) for one in found if "name" in one
    )


def _of_list(keys: list[set[str]]) -> str | None:
    if not keys:
        return None
    for kind, wanted in (
        ("pgbackrest", {"backup", "name", "status"}),
        ("walg", {"backup_name", "wal_file_name"}),
        ("restic", {"tree", "paths", "id"}),
    ):
        if all(wanted <= one for one in keys):
            return kind
    return None
