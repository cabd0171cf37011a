"""Faults of backups as findings, so that somebody owns them, and so that an end is noticed.

A fault of the whole system speaks of what would be restored today; one of a series, of its newest
backup where that is another. Kept backups of last year raise nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from checks.backups import BACKUP
from checks.backups.faults import Fault, Sureness, severity
from checks.backups.model import Mark, Problem, Verdict
from checks.backups.verdicts import Judged
from governance.backups.judging import Told
from governance.backups.past import Past
from governance.runs.faults import End, Faults, Row, Stated, fault_id

# Ages grow with every run; what was waived is the fault, not its age.
MOVING = ("_span", "_at", "now")


@dataclass(frozen=True)
class Standing:
    """One fault that stands, and why. `place` is system, catalogue, series as far as it is about
    them; `source` the watched source, empty where none is."""

    fault: Fault
    sureness: Sureness
    place: tuple[str, ...]
    source: str
    reasons: tuple[Problem, ...]
    backup: str | None = None
    catalogue: str | None = None

    @property
    def subject(self) -> str:
        return "/".join(self.place)


def finding_id(check: str, standing: Standing) -> str:
    return fault_id(check, standing.fault.value, *standing.place)


def standing_of(told: Told) -> Iterator[Standing]:
    """Every fault of one system."""
    yield from _of_system(told)
    yield from _of_series(told)
    yield from _of_catalogues(told)


def settled(
    faults: Faults, every: Sequence[Standing], told: Iterable[Told], past: Past
) -> list[Row]:
    """Every finding of the check, also those closed lately."""
    stated = {finding_id(faults.check, s): _stated(s) for s in every}
    dark = {
        t.seen.system.name: {n for n, g in t.seen.gathered.items() if g.catalogue is None}
        for t in told
    }

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
    today = told.standing.today
    for mark, verdict in told.standing.verdicts.items():
        sureness = _sureness(told, mark, verdict)
        if sureness is not None:
            yield Standing(
                Fault(mark.value),
                sureness,
                (told.seen.system.name,),
                told.seen.system.source or "",
                (reason(mark, verdict, today),),
                today.backup.id if today else None,
                today.catalogue if today else None,
            )


def _sureness(told: Told, mark: Mark, verdict: Verdict) -> Sureness | None:
    if verdict.value is False:
        return Sureness.BROKEN
    is_wanted = mark is Mark.RESTORABLE and told.seen.system.drill is not None
    return Sureness.UNKNOWN if is_wanted and verdict.value is None else None


def _of_series(told: Told) -> Iterator[Standing]:
    system, today = told.seen.system, told.standing.today
    for judged in told.backups:
        if judged.backup.id not in told.newest[judged.catalogue]:
            continue
        if today is not None and _is_same(judged, today):
            continue
        for mark, verdict in judged.verdicts.items():
            # How old another series is, its own limits would have to say; there are none.
            if verdict.value is False and mark is not Mark.FRESH:
                yield Standing(
                    Fault(mark.value),
                    Sureness.BROKEN,
                    (system.name, judged.catalogue, judged.backup.series),
                    system.source or "",
                    (reason(mark, verdict, judged),),
                    judged.backup.id,
                    judged.catalogue,
                )


def _of_catalogues(told: Told) -> Iterator[Standing]:
    system = told.seen.system
    for name, gathered in told.seen.gathered.items():
        if gathered.error is not None:
            why = Problem(gathered.error.code, gathered.error.params)
            yield Standing(
                Fault.UNREAD,
                Sureness.BROKEN,
                (system.name, name),
                system.source or "",
                (why,),
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
