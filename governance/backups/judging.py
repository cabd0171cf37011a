"""One system judged: verdicts of every backup and of the whole, and what is gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from checks.backups.case import Case
from checks.backups.expect import Expected
from checks.backups.model import Backup, Catalogue, Content
from checks.backups.series import Vanished, vanished
from checks.backups.verdicts import Judged, Standing, Unseen, judge_system, judged
from governance.backups.looking import Seen, newest_of
from governance.backups.past import Past

# A backup that is byte for byte the one before it.
SAME = "backups.store.same_content"


@dataclass(frozen=True)
class Told:
    """What a run says of one system. `newest` and `vanished` are by catalogue."""

    seen: Seen
    expected: Expected
    backups: tuple[Judged, ...]
    standing: Standing
    newest: Mapping[str, frozenset[str]]
    vanished: Mapping[str, tuple[Vanished, ...]]

    @property
    def is_dark(self) -> bool:
        """Whether a catalogue could not be read, so that a backup may be there unseen."""
        return bool(self.seen.dark)


def judge(seen: Seen, expected: Expected, past: Past, now: datetime) -> Told:
    """Every backup by what is known of it, the whole by what would be restored today."""
    backups = tuple(
        judged(name, _case(seen, expected, now, name, catalogue, backup))
        for name, catalogue in seen.catalogues
        for backup in catalogue.backups
    )
    broken_off = (name for name, c in seen.catalogues if not c.is_whole)
    unseen = tuple(dict.fromkeys((*seen.dark, *broken_off)))
    keep = expected.rungs.daily
    return Told(
        seen=seen,
        expected=expected,
        backups=backups,
        standing=judge_system(backups, Unseen(unseen, seen.problems)),
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
    if known is not None:
        catalogue = _with(catalogue, backup, known[0])
    return Case(
        backup=backup,
        catalogue=catalogue,
        expected=expected,
        now=now,
        content=known[0] if known else None,
        restores=seen.restores,
    )


def _with(catalogue: Catalogue, backup: Backup, content: Content) -> Catalogue:
    """The catalogue with what a look inside adds: bits that were held against checksums, and that a
    file like last night's is no riddle where our snapshots say what it should hold."""
    is_held = any(table.compared is not None for table in content.tables)
    return replace(
        catalogue,
        verifications=(
            *catalogue.verifications,
            *((content.verified,) if content.verified is not None else ()),
        ),
        problems=tuple(
            p
            for p in catalogue.problems
            if not (is_held and p.backup == backup.id and p.code == SAME)
        ),
    )
