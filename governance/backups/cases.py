"""Faults of backups as findings, so that somebody owns them, and so that an end is noticed.

A fault of the whole system speaks of what would be restored today; one of a series, of its newest
backup where that is another. Kept backups of last year raise nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from checks.backups import BACKUP
from checks.backups.faults import Fault, Sureness, severity
from checks.backups.model import Mark, Problem, Verdict
from checks.backups.verdicts import Judged
from governance.backups.found import Found
from governance.backups.judging import Told
from governance.backups.past import Past
from governance.backups.standing import Standing, of_fit, of_keeping, of_whole
from governance.runs.faults import End, Faults, Row, Stated, fault_id

# Ages grow with every run; what was waived is the fault, not its age.
MOVING = ("_span", "_at", "now")


def finding_id(check: str, standing: Standing) -> str:
    return fault_id(check, standing.fault.value, *standing.place)


def standing_of(found: Found) -> Iterator[Standing]:
    """Every fault, system by system, then of those that belong together."""
    for told in found.told:
        yield from _of_system(told)
        yield from _of_series(told)
        yield from _of_catalogues(told)
        yield from of_whole(told, found.wholes[told.seen.system.name])
        yield from of_keeping(told, found.keepings[told.seen.system.name])
    for fit in found.fits:
        yield from of_fit(fit)


def settled(
    faults: Faults, every: Sequence[Standing], told: Iterable[Told], past: Past
) -> list[Row]:
    """Every finding of the check, also those closed lately."""
    stated = {finding_id(faults.check, s): _stated(s) for s in every}
    dark = {t.seen.system.name: set(t.seen.dark) for t in told}

    def end(_: str, old: Row) -> End:
        system, _, rest = old["record_key"].partition("/")
        if not any(part in dark for part in system.split("+")):
            return End.WITHDRAWN
        unseen = dark.get(system, set())
        if unseen and (not rest or rest.partition("/")[0] in unseen):
            return End.FIXED if old["field"] == Fault.UNREAD.value else End.UNCHECKED
        return End.FIXED

    return faults.settled(stated, past.findings, end)


def _of_system(told: Told) -> Iterator[Standing]:
    today, system = told.standing.today, told.seen.system
    for mark, verdict in told.standing.verdicts.items():
        sureness = _sureness(told, mark, verdict)
        if sureness is None:
            continue
        reasons = [reason(mark, verdict, today)]
        if mark is Mark.FRESH:
            # Newer ones that hold old data are why there is nothing newer to restore.
            reasons = [*(r for stale in _stale(told) for r in _why_stale(stale)), *reasons]
        yield Standing(
            Fault(mark.value),
            sureness,
            (system.name,),
            system.source or "",
            tuple(reasons),
            today.backup.id if today else None,
            today.catalogue if today else None,
        )


def _sureness(told: Told, mark: Mark, verdict: Verdict) -> Sureness | None:
    if verdict.value is False:
        return Sureness.BROKEN
    is_wanted = mark is Mark.RESTORABLE and told.seen.system.drill is not None
    return Sureness.UNKNOWN if is_wanted and verdict.value is None else None


def _others(told: Told) -> Iterator[Judged]:
    """The newest of each series, without what the system itself is judged by."""
    today = told.standing.today
    for judged in told.backups:
        is_newest = judged.backup.id in told.newest[judged.catalogue]
        if is_newest and (today is None or not _is_same(judged, today)):
            yield judged


def _stale(told: Told) -> Iterator[Judged]:
    """Those whose inside is older than their tool says, and older than allowed."""
    for judged in _others(told):
        if judged.dated.table is not None and judged.is_not(Mark.FRESH):
            yield judged


def _why_stale(judged: Judged) -> Iterator[Problem]:
    for mark in (Mark.FRESH, Mark.COMPLETE):
        if judged.verdicts[mark].value is False:
            yield reason(mark, judged.verdicts[mark], judged)


def _of_series(told: Told) -> Iterator[Standing]:
    """One finding for each backup and question; old data and the rows that it lacks are one."""
    system = told.seen.system
    is_told = told.standing.verdicts[Mark.FRESH].value is False
    stale = {(j.catalogue, j.backup.id) for j in _stale(told)}
    for judged in _others(told):
        place = (system.name, judged.catalogue, judged.backup.series)
        is_stale = (judged.catalogue, judged.backup.id) in stale
        for mark, verdict in judged.verdicts.items():
            if verdict.value is not False or (is_stale and mark is Mark.COMPLETE):
                continue
            # How old another series may be, its own limits would have to say; there are none.
            if mark is Mark.FRESH and (is_told or not is_stale):
                continue
            reasons = _why_stale(judged) if mark is Mark.FRESH else (reason(mark, verdict, judged),)
            yield Standing(
                Fault(mark.value),
                Sureness.BROKEN,
                place,
                system.source or "",
                tuple(reasons),
                judged.backup.id,
                judged.catalogue,
            )


def _of_catalogues(told: Told) -> Iterator[Standing]:
    system = told.seen.system
    for name, reasons in told.seen.dark.items():
        yield Standing(
            Fault.UNREAD,
            Sureness.BROKEN,
            (system.name, name),
            system.source or "",
            reasons,
            catalogue=name,
        )
    for name, gone in told.vanished.items():
        for each in gone:
            why = Problem(
                f"backups.gone.{each.why}",
                {"backup": each.backup.id, "seen_at": each.last_seen.isoformat()},
                backup=each.backup.id,
            )
            yield Standing(
                Fault.VANISHED,
                Sureness.BROKEN,
                (system.name, name, each.backup.id),
                system.source or "",
                (why,),
                each.backup.id,
                name,
            )


def reason(mark: Mark, verdict: Verdict, judged: Judged | None) -> Problem:
    """Why a verdict is what it is, as a problem of the backup it speaks of."""
    backup = judged.backup.id if judged else None
    return Problem(verdict.code, verdict.params, mark, verdict.value is False, backup)


def _is_same(one: Judged, other: Judged) -> bool:
    return one.catalogue == other.catalogue and one.backup.id == other.backup.id


def _stated(standing: Standing) -> Stated:
    return Stated(
        subject=standing.subject,
        shown=standing.subject,
        field=standing.fault.value,
        kind=BACKUP,
        cls=standing.sureness.value,
        severity=severity(standing.fault, standing.sureness),
        source=standing.source,
        proof=_proof(standing),
        display=standing.backup,
    )


def _proof(standing: Standing) -> object:
    """What a waiver was granted for: another backup or another reason is another matter."""
    return standing.sureness, sorted(
        (p.code, sorted(_still(p.params).items())) for p in standing.reasons
    )


def _still(params: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in params.items() if not name.endswith(MOVING)}
