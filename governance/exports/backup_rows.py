"""What the evidence of backups is made of: its parts, each a list of rows with values as sealed.

A row holds codes, moments and numbers; where it has a reason, `code` and `params` are what it was
told by. Nothing is left out that could not be seen: that is a part of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from governance.backups.evidence import CONTROLS, Evidence, Facts, evidence
from governance.backups.reading import Reader
from governance.backups.restores import restores
from governance.backups.seen import BackupRow, SystemRow
from governance.config.backups import BackupsConfig
from governance.config.model import Config
from governance.ledger import Ledger
from governance.permissions.controls import shipped_controls
from governance.views.backup_words import MARKS
from governance.views.drills import drills

Row = dict[str, Any]

# Each part with the columns it fills, in their order.
PARTS: dict[str, tuple[str, ...]] = {
    "about": ("what", "value"),
    "evidence": ("standard", "clause", "says", "standing", "control", "system", "outcome",
                 "sentence", "reason", "note"),
    "verdicts": ("system", "mark", "answer", "reason", "at", "catalogue", "backup"),
    "backups": ("system", "catalogue", "backup", "ended", "data_at", "basis", "fresh", "complete",
                "intact", "restorable", "state", "method", "series", "kind", "place", "size",
                "encrypted", "locked_until", "digest", "path", "needs"),
    "contents": ("system", "catalogue", "backup", "table", "entity", "rows", "snapshot_rows",
                 "missing", "extra", "different", "newest", "lost", "snapshot", "snapshot_at",
                 "unread"),
    "drills": ("system", "at", "answer", "seconds", "compared", "differs", "told", "by",
               "catalogue", "backup", "drill", "reason"),
    "holes": ("system", "what", "day", "at"),
    "together": ("system", "at", "answer", "torn", "good", "reason"),
    "keepers": ("system", "person", "name", "can_delete", "can_restore", "also"),
    "files": ("what", "file", "sha256"),
    "not_seen": ("system", "catalogue", "backup", "what", "reason"),
}  # fmt: skip


@dataclass(frozen=True)
class Evidenced:
    """Rows of one run for a reader who sees all of it."""

    config: Config
    section: BackupsConfig
    reader: Reader
    ledger: Ledger

    def parts(self) -> Iterator[tuple[str, list[Row]]]:
        """Every part but the first, which tells of the file itself."""
        systems = self.reader.systems()
        listed = {row.system: self.reader.backups(row.system) for row in systems}
        newest = {row.system: _newest(row, listed[row.system]) for row in systems}
        yield "evidence", [*self._evidence(systems, newest)]
        yield "verdicts", [*self._verdicts(systems)]
        yield "backups", [self._backup(b) for backups in listed.values() for b in backups]
        yield "contents", [*self._contents()]
        yield "drills", [*self._drills()]
        yield "holes", [*self._holes()]
        yield "together", [*self._together()]
        yield "keepers", [*self._keepers()]
        yield "files", [*self._files()]
        yield "not_seen", [*self._not_seen(systems)]

    def judged(
        self, systems: tuple[SystemRow, ...], newest: dict[str, BackupRow | None]
    ) -> tuple[Evidence, ...]:
        assert self.reader.run is not None
        at, days, keepers = self.reader.run.at, self.reader.days(), self.reader.keepers()
        facts = [
            Facts(
                at,
                row,
                newest[row.system],
                tuple(day for day in days if day.system == row.system),
                tuple(keeper for keeper in keepers if keeper.system == row.system),
            )
            for row in systems
        ]
        saved = (system.source for system in self.section.systems if system.source)
        return evidence(facts, (source.name for source in self.config.sources), saved)

    def _evidence(
        self, systems: tuple[SystemRow, ...], newest: dict[str, BackupRow | None]
    ) -> Iterator[Row]:
        controls = {control.id: control for control in shipped_controls().of(CONTROLS)}
        for found in self.judged(systems, newest):
            control = controls[found.control]
            for clause in control.clauses:
                yield {
                    "control": control.id,
                    "title": control.title,
                    "standard": clause.source_title,
                    "clause": clause.clause,
                    "says": clause.says,
                    "standing": clause.standing.value,
                    "note": clause.note,
                    "system": found.system,
                    "outcome": found.outcome.value,
                    "code": found.code,
                    "params": dict(found.params),
                }

    def _verdicts(self, systems: tuple[SystemRow, ...]) -> Iterator[Row]:
        for row in systems:
            for mark in MARKS:
                verdict = row.verdicts[mark]
                place = row.today or row.newest or (row.system, None, None)
                yield {
                    "system": row.system,
                    "mark": mark,
                    "answer": verdict.value,
                    "at": verdict.at,
                    "catalogue": place[1],
                    "backup": place[2],
                    "code": verdict.code or None,
                    "params": dict(verdict.params),
                }

    def _backup(self, backup: BackupRow) -> Row:
        names = ("system", "catalogue", "backup", "ended", "data_at", "basis", "state", "method",
                 "series", "kind", "place", "size", "encrypted", "locked_until", "digest",
                 "path")  # fmt: skip
        told = {name: getattr(backup, name) for name in names}
        marks = {mark: backup.verdicts[mark].value for mark in MARKS}
        return told | marks | {"needs": list(backup.needs)}

    def _contents(self) -> Iterator[Row]:
        names = ("table", "entity", "rows", "snapshot_rows", "missing", "extra", "different",
                 "newest", "snapshot", "snapshot_at", "unread")  # fmt: skip
        for table in self.reader.inside():
            place = dict(zip(("system", "catalogue", "backup"), table.place, strict=True))
            told = {name: getattr(table, name) for name in names}
            yield {**place, **told, "lost": list(table.lost_columns)}

    def _drills(self) -> Iterator[Row]:
        for one in restores(self.reader):
            names = ("system", "at", "seconds", "compared", "differs", "catalogue", "backup",
                     "drill", "code")  # fmt: skip
            told = {name: getattr(one, name) for name in names}
            rest = {"answer": one.ok, "told": one.is_told, "by": one.by or None}
            yield told | rest | {"params": dict(one.params)}

    def _holes(self) -> Iterator[Row]:
        for day in self.reader.days():
            if day.state == "hole":
                yield {"system": day.system, "what": "hole.day", "day": day.day.isoformat()}
        for one in drills(self.reader.actor, self.reader.desk, self.section).holes:
            last = one.good.at if one.good else None
            yield {"system": one.row.system, "what": "hole.drill", "at": last}

    def _together(self) -> Iterator[Row]:
        for point in self.reader.points():
            yield {
                "system": point.group,
                "at": point.at,
                "answer": point.consistent,
                "torn": point.torn,
                "good": point.is_last_good,
                "code": point.code or None,
                "params": dict(point.params),
            }

    def _keepers(self) -> Iterator[Row]:
        for one in self.reader.keepers():
            yield {
                "system": one.system,
                "person": one.human,
                "name": one.name,
                "can_delete": one.can_delete,
                "can_restore": one.can_restore,
                "also": list(one.also),
            }

    def _files(self) -> Iterator[Row]:
        """The run's file and the snapshots that contents were held against: what a later look must
        find unchanged."""
        run = self.reader.run
        assert run is not None
        yield {"what": "file.run", "file": run.file, "sha256": run.sha256}
        held = {table.snapshot for table in self.reader.inside() if table.snapshot is not None}
        for number in sorted(held):
            snapshot = self.ledger.snapshots.get(number)
            if snapshot is not None:
                yield {"what": "file.snapshot", "file": snapshot.file, "sha256": snapshot.sha256}

    def _not_seen(self, systems: tuple[SystemRow, ...]) -> Iterator[Row]:
        if self.reader.is_stale:
            yield {"what": "unseen.stale"}
        for one in self.reader.catalogues():
            if not one.ok or not one.is_whole:
                what = "unseen.catalogue" if not one.ok else "unseen.part"
                yield {"system": one.system, "catalogue": one.catalogue, "what": what,
                       "code": one.code, "params": dict(one.params)}  # fmt: skip
        for row in systems:
            for mark in MARKS:
                verdict = row.verdicts[mark]
                if verdict.value is None:
                    yield {"system": row.system, "what": "unseen.mark", "mark": mark,
                           "code": verdict.code, "params": dict(verdict.params)}  # fmt: skip
        for table in self.reader.inside():
            if table.unread:
                yield {"system": table.place[0], "catalogue": table.place[1],
                       "backup": table.place[2], "what": "unseen.table", "table": table.table,
                       "code": table.unread, "params": {}}  # fmt: skip


def _newest(row: SystemRow, listed: tuple[BackupRow, ...]) -> BackupRow | None:
    return next((backup for backup in listed if backup.at == row.newest), None)
