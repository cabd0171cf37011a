"""One system judged: verdicts of every backup and of the whole, and what is gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from checks.backups.case import Case
from checks.backups.expect import Expected
from checks.backups.model import Backup, Catalogue
from checks.backups.series import Vanished, vanished
from checks.backups.verdicts import Judged, Standing, Unseen, judge_system, judged
from governance.backups.looking import Seen, newest_of
from governance.backups.past import Past


@dataclass(frozen=True)
class Told:
    """What a run says of one system. `newest` and `vanished` are by catalogue."""

    seen: Seen
    expected: Expected
    backups: tuple[Judged, ...]
    standing: Standing
    newest: Mapping[str, frozenset[str]]
    vanished: Mapping[str, tuple[Vanished, ...]]


def judge(seen: Seen, expected: Expected, past: Past, now: datetime) -> Told:
    """Every backup by what is known of it, the whole by what would be restored today."""
    backups = tuple(
        judged(name, _case(seen, expected, now, name, catalogue, backup))
        for name, catalogue in seen.catalogues
        for backup in catalogue.backups
    )
    dark = tuple(name for name, g in seen.gathered.items() if g.catalogue is None)
    broken_off = tuple(name for name, c in seen.catalogues if not c.is_whole)
    keep = expected.rungs.daily
    return Told(
        seen=seen,
        expected=expected,
        backups=backups,
        standing=judge_system(backups, Unseen((*dark, *broken_off))),
        newest={name: frozenset(b.id for b in newest_of(c)) for name, c in seen.catalogues},
        vanished={
            name: vanished(
                past.known(seen.system.name, name),
                catalogue,
                now,
                timedelta(days=keep) if keep else None,
            )
            for name, catalogue in seen.catalogues
        },
    )


def _case(
    seen: Seen,
    expected: Expected,
    now: datetime,
    name: str,
    catalogue: Catalogue,
    backup: Backup,
) -> Case:
    known = seen.contents.get((name, backup.id))
    return Case(
        backup=backup,
        catalogue=catalogue,
        expected=expected,
        now=now,
        content=known[0] if known else None,
        restores=seen.restores,
    )
