"""Faults of a system as a whole, and of systems together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from checks.backups.deadlines import DueState
from checks.backups.faults import Fault, Sureness
from checks.backups.keepers import Keeping
from checks.backups.model import Problem, Verdict
from governance.backups.fitting import Fit
from governance.backups.judging import Told
from governance.backups.whole import Whole


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


def of_whole(told: Told, whole: Whole) -> Iterator[Standing]:
    """A backup that did not come, sizes and rows that are not usual, copies that are too few."""
    system = told.seen.system
    place, source = (system.name,), system.source or ""
    if whole.deadline.state is DueState.DOWN and not told.is_dark:
        why = _why(whole.deadline.verdict)
        yield Standing(Fault.OVERDUE, Sureness.BROKEN, place, source, (why,))
    for odd in whole.odd:
        verdict = odd.measured.verdict
        why = Problem(verdict.code, {**verdict.params, "what": odd.what}, backup=odd.backup)
        yield Standing(
            Fault.ANOMALY,
            Sureness.BROKEN,
            (system.name, odd.catalogue, odd.series, odd.what),
            source,
            (why,),
            odd.backup,
            odd.catalogue,
        )
    lacking = [d.verdict for d in whole.score.digits[:-1] if d.verdict.value is False]
    if lacking:
        reasons = tuple(_why(verdict) for verdict in lacking)
        yield Standing(Fault.COPIES, Sureness.BROKEN, place, source, reasons)


def of_keeping(told: Told, keeping: Keeping) -> Iterator[Standing]:
    """One human over both the records and their backups, or alone able to restore."""
    system = told.seen.system
    broken = [v for v in (keeping.separated, keeping.shared) if v.value is False]
    if broken:
        reasons = tuple(_why(verdict) for verdict in broken)
        yield Standing(Fault.KEEPERS, Sureness.BROKEN, (system.name,), system.source or "", reasons)


def of_fit(fit: Fit) -> Iterator[Standing]:
    """Newest backups that do not fit, or lie too far apart for anybody to know."""
    verdict = fit.newest.verdict
    if verdict.value is not True and len(fit.newest.parts) == len(fit.systems):
        sureness = Sureness.BROKEN if verdict.value is False else Sureness.UNKNOWN
        place = ("+".join(fit.systems),)
        yield Standing(Fault.TOGETHER, sureness, place, "", (_why(verdict),))


def _why(verdict: Verdict) -> Problem:
    return Problem(verdict.code, verdict.params, None, verdict.value is False)
