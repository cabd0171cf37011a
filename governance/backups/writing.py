"""What one run seals of backups: the rows of its tables, made of what was judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from checks.backups.faults import severity
from checks.backups.freshness import claimed_at
from checks.backups.model import Backup, LogArchive, Mark, Problem
from checks.backups.verdicts import Judged
from governance.backups.cases import finding_id
from governance.backups.found import Found
from governance.backups.judging import Told
from governance.backups.past import Past
from governance.backups.rows import (
    Row,
    backup_row,
    bare,
    content_row,
    problems_text,
    table_row,
    told,
    verdict_cells,
)
from governance.backups.standing import Standing
from governance.backups.writing_whole import baseline_text, days, keepers, score_text, together
from governance.ledger.rows import Metric
from governance.runs.work import Work


class Writer:
    """What the tables of one run hold."""

    def __init__(
        self,
        work: Work,
        check: str,
        found: Found,
        standing: Sequence[Standing],
        past: Past,
    ) -> None:
        self.work, self.check, self.past = work, check, past
        self.found, self.systems, self.standing = found, found.told, standing
        self.now = bare(work.as_of)

    def rows(self) -> dict[str, Iterable[Row]]:
        """By table; a column that is not named is NULL."""
        return {
            "backup_systems": [self._system(t) for t in self.systems],
            "backup_catalogues": self._catalogues(),
            "backup_list": self._list(),
            "backup_contents": self._contents(),
            "backup_tables": self._tables(),
            "backup_logs": self._logs(),
            "backup_problems": self._problems(),
            "backup_restores": self._restores(),
            "backup_days": days(self.found),
            "backup_together": together(self.found),
            "backup_keepers": keepers(self.found),
        }

    def _system(self, told: Told) -> Row:
        system, standing = told.seen.system, told.standing
        today, good = standing.today, standing.last_good
        newest = max(told.backups, key=lambda j: j.order, default=None)
        whole = self.found.wholes[system.name]
        return {
            "system": system.name,
            "source": system.source,
            "rpo": system.rpo.total_seconds(),
            "rto": system.rto.total_seconds() if system.rto else None,
            "newest": newest.backup.id if newest else None,
            "newest_catalogue": newest.catalogue if newest else None,
            "today": today.backup.id if today else None,
            "today_catalogue": today.catalogue if today else None,
            "passed_over": len(_passed_over(told)),
            "last_good": good.backup.id if good else None,
            "last_good_catalogue": good.catalogue if good else None,
            "last_good_at": bare(good.dated.at) if good else None,
            "data_at": bare(today.dated.at) if today else None,
            "basis": today.dated.basis.value if today and today.dated.basis else None,
            "restore_seconds": _restore_seconds(told),
            "due_state": None if told.is_dark else whole.deadline.state.value,
            "due_at": bare(whole.deadline.due_at),
            "score": whole.score.proved,
            "score_json": score_text(whole.score),
            "baseline_json": baseline_text(told, whole),
            **verdict_cells(standing.verdicts),
        }

    def _catalogues(self) -> Iterator[Row]:
        for t in self.systems:
            for name, gathered in t.seen.gathered.items():
                config, found = t.seen.system.catalogue(name), gathered.catalogue
                why = next(iter(t.seen.dark.get(name, ())), None)
                yield {
                    "system": t.seen.system.name,
                    "catalogue": name,
                    "kind": config.kind,
                    "place": config.place.name,
                    "tool": found.tool if found else None,
                    "read_at": bare(found.read_at) if found else None,
                    "ok": name not in t.seen.dark,
                    "code": why.code if why else None,
                    "params": told(dict(why.params)) if why else None,
                    "zone": found.zone if found else None,
                    "is_whole": found.is_whole if found else None,
                    "backups": len(found.backups) if found else None,
                }

    def _list(self) -> Iterator[Row]:
        for t in self.systems:
            for judged in t.backups:
                yield self._backup(t, judged)
            for name, gone in t.vanished.items():
                for each in gone:
                    yield {
                        **self._listed(t, name, each.backup),
                        "last_seen": bare(each.last_seen),
                        "is_newest": False,
                        "is_vanished": True,
                        "problems_json": told([]),
                    }
            yield from self._unread(t)

    def _unread(self, t: Told) -> Iterator[Row]:
        """What was known of catalogues that could not be read now: else all would seem new, and
        nothing could ever be missed."""
        read = {name for name, catalogue in t.seen.catalogues if catalogue.is_whole}
        listed = {(j.catalogue, j.backup.id) for j in t.backups}
        for (system, catalogue, backup), known in self.past.seen.items():
            configured = any(c.name == catalogue for c in t.seen.system.catalogues)
            if system != t.seen.system.name or catalogue in read or not configured:
                continue
            if (catalogue, backup) not in listed:
                yield {
                    **self._listed(t, catalogue, known.backup),
                    "last_seen": bare(known.last_seen),
                    "is_newest": False,
                    "is_vanished": False,
                    "problems_json": told([]),
                }

    def _listed(self, t: Told, catalogue: str, backup: Backup) -> Row:
        place = (t.seen.system.name, catalogue, backup.id)
        config = t.seen.system.catalogue(catalogue)
        first = self.past.first.get(place, (self.now, self.work.run_id))
        return {
            "system": t.seen.system.name,
            "catalogue": catalogue,
            "kind": config.kind,
            "place": config.place.name,
            **backup_row(backup),
            "first_seen": first[0],
            "first_run": first[1],
        }

    def _backup(self, t: Told, judged: Judged) -> Row:
        catalogue = t.seen.catalogue(judged.catalogue)
        known = t.seen.contents.get((judged.catalogue, judged.backup.id))
        assert catalogue is not None
        problems = [p for p in catalogue.problems if p.backup == judged.backup.id]
        return {
            **self._listed(t, judged.catalogue, judged.backup),
            "data_at": bare(judged.dated.at),
            "basis": judged.dated.basis.value if judged.dated.basis else None,
            "last_seen": self.now,
            "is_newest": judged.backup.id in t.newest[judged.catalogue],
            "is_vanished": False,
            "problems_json": problems_text([*problems, *(known[0].problems if known else ())]),
            **verdict_cells(judged.verdicts),
        }

    def _contents(self) -> Iterator[Row]:
        for t in self.systems:
            for (catalogue, _), (content, stamp) in t.seen.contents.items():
                row = content_row(content, stamp)
                yield {"system": t.seen.system.name, "catalogue": catalogue, **row}

    def _tables(self) -> Iterator[Row]:
        for t in self.systems:
            for (catalogue, backup), (content, _) in t.seen.contents.items():
                place = {"system": t.seen.system.name, "catalogue": catalogue, "backup": backup}
                for table in content.tables:
                    yield {**place, **table_row(table)}

    def _logs(self) -> Iterator[Row]:
        for t in self.systems:
            for name, catalogue in t.seen.catalogues:
                for archive in catalogue.logs:
                    yield from _runs(t.seen.system.name, name, archive)

    def _problems(self) -> Iterator[Row]:
        """Why findings stand, and what else the catalogues told."""
        for standing in self.standing:
            for why in standing.reasons:
                yield {
                    **_problem(why),
                    "system": standing.place[0],
                    "catalogue": standing.catalogue,
                    "backup": why.backup or standing.backup,
                    "severity": severity(standing.fault, standing.sureness).value,
                    "finding_id": finding_id(self.check, standing),
                }
        for t in self.systems:
            for problem in t.seen.problems:
                yield {**_problem(problem), "system": t.seen.system.name}
            for name, catalogue in t.seen.catalogues:
                for problem in catalogue.problems:
                    row = {"system": t.seen.system.name, "catalogue": name}
                    yield {**_problem(problem), **row, "backup": problem.backup}

    def _restores(self) -> Iterator[Row]:
        for t in self.systems:
            of_catalogues = [(n, r) for n, c in t.seen.catalogues for r in c.restores]
            for name, restore in [*((None, r) for r in t.seen.restores), *of_catalogues]:
                yield {
                    "system": t.seen.system.name,
                    "drill": restore.id,
                    "by_whom": restore.by,
                    "at": bare(restore.at),
                    "ok": restore.ok,
                    "seconds": restore.seconds,
                    "catalogue": name,
                    "backup": restore.backup,
                    "compared": restore.compared,
                    "differs": restore.differs,
                    "code": restore.problems[0].code if restore.problems else None,
                    "params": told(dict(restore.problems[0].params)) if restore.problems else None,
                }


def metrics(check: str, every: Found, work: Work) -> tuple[Metric, ...]:
    """By system: the age of its data and the size of its newest backup, and the four answers."""
    found = []
    for t in every.told:
        name, today = t.seen.system.name, t.standing.today
        values: dict[str, float | None] = {}
        if today is not None:
            if today.dated.at is not None:
                values["data_age"] = (work.as_of - today.dated.at).total_seconds()
            values["newest_size"] = today.backup.size
        values["restore_seconds"] = _restore_seconds(t)
        values["score"] = float(every.wholes[name].score.proved)
        for mark, verdict in t.standing.verdicts.items():
            values[mark.value] = None if verdict.value is None else float(verdict.value)
        found += [Metric(check, name, "", k, v) for k, v in values.items() if v is not None]
    return tuple(found)


def _passed_over(told: Told) -> list[Judged]:
    """Backups newer than what would be restored today, and known to be no use."""
    today = told.standing.today
    if today is None:
        return []
    made = _made(today)
    return [j for j in told.backups if _made(j) > made and j.is_not(Mark.COMPLETE, Mark.INTACT)]


def _made(judged: Judged) -> datetime:
    """When it was made, whatever the age of its data."""
    return claimed_at(judged.backup) or datetime.min.replace(tzinfo=UTC)


def _restore_seconds(told: Told) -> float | None:
    """How long the newest restore took that came to a good end."""
    every = [*told.seen.restores, *(r for _, c in told.seen.catalogues for r in c.restores)]
    good = [r for r in every if r.ok and r.seconds is not None]
    return max(good, key=lambda r: r.at).seconds if good else None


def _problem(problem: Problem) -> Row:
    return {
        "code": problem.code,
        "params": told(dict(problem.params)),
        "mark": problem.mark.value if problem.mark else None,
        "breaks": problem.breaks,
    }


def _runs(system: str, catalogue: str, archive: LogArchive) -> Iterator[Row]:
    for run in archive.runs:
        yield {
            "system": system,
            "catalogue": catalogue,
            "archive": archive.id,
            "first": run.first,
            "last": run.last,
            "segments": run.count,
            "last_at": bare(run.last_at),
            "segment_size": archive.segment_size,
            "listed": archive.listed,
        }
