"""The four verdicts on one backup, and on a system: what would be restored today.

No verdict leans on another: a backup may be fresh and torn, or proved and old. What is not known is
None with the reason why. Reasons are codes below `backups.why` with parameters; names of parameters
that end in `_at` hold moments (ISO, UTC), those in `_span` whole seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from checks.backups.case import Case, said, with_problems
from checks.backups.completeness import judge_complete
from checks.backups.freshness import Dated, claimed_at, dated, judge_fresh
from checks.backups.model import Backup, Mark, Method, Problem, State, Verdict
from checks.backups.proofs import judge_intact, judge_restorable

Verdicts = Mapping[Mark, Verdict]

_JUDGES = {
    Mark.FRESH: judge_fresh,
    Mark.COMPLETE: judge_complete,
    Mark.INTACT: judge_intact,
    Mark.RESTORABLE: judge_restorable,
}
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Judged:
    """A backup of the catalogue called `catalogue`, its verdicts, and the moment of its data."""

    catalogue: str
    backup: Backup
    verdicts: Verdicts
    dated: Dated

    def is_not(self, *marks: Mark) -> bool:
        """Whether one of these is known to be false."""
        return any(self.verdicts[m].value is False for m in marks)

    @property
    def order(self) -> tuple[datetime, datetime, int, str, str]:
        """By the moment of the data, then by when it was made; what has none comes first. Of two
        copies of one moment the one comes last of which more is proved."""
        made = claimed_at(self.backup) or _NEVER
        proved = sum(verdict.value is True for verdict in self.verdicts.values())
        return self.dated.at or _NEVER, made, proved, self.catalogue, self.backup.id


@dataclass(frozen=True)
class Standing:
    """A system. `today` is what would be restored, `last_good` the newest none of whose verdicts
    is false; each may be the same, or none. `verdicts` are those of `today`, by all that was seen.
    """

    verdicts: Verdicts
    today: Judged | None = None
    last_good: Judged | None = None


@dataclass(frozen=True)
class Unseen:
    """What could not be looked at: catalogues that could not be read, or broke off."""

    catalogues: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = field(default=())


def judge_backup(case: Case) -> dict[Mark, Verdict]:
    """The four verdicts. A problem with a mark bears on its verdict and never betters it."""
    return {
        mark: with_problems(judge(case), case.problems(mark)) for mark, judge in _JUDGES.items()
    }


def judged(catalogue: str, case: Case) -> Judged:
    """A backup with its verdicts, under the name of its catalogue."""
    return Judged(catalogue, case.backup, judge_backup(case), dated(case))


def judge_system(backups: Iterable[Judged], unseen: Unseen | None = None) -> Standing:
    """What holds of a system whose backups are these.

    Today's is the newest that can be restored as far as is known: done, neither incomplete nor
    damaged; if there is none, the newest of all. While a catalogue is unseen, "too old" and "there
    is none" are not known: it may hold a newer one.
    """
    unseen = unseen or Unseen()
    known = sorted((j for j in backups if j.backup.method is not Method.LOG), key=lambda j: j.order)
    today = _today(known)
    good = [j for j in known if j.backup.state is State.DONE and not j.is_not(*Mark)]
    verdicts = dict(today.verdicts) if today is not None else _none()
    if unseen.catalogues:
        verdicts = _blurred(verdicts, unseen, is_empty=today is None)
    for mark in Mark:
        problems = [p for p in unseen.problems if p.mark is mark]
        verdicts[mark] = with_problems(verdicts[mark], problems)
    return Standing(verdicts, today, good[-1] if good else None)


def _today(known: Sequence[Judged]) -> Judged | None:
    usable = [
        j for j in known
        if j.backup.state is State.DONE and not j.is_not(Mark.COMPLETE, Mark.INTACT)
    ]  # fmt: skip
    finished = [j for j in known if j.backup.state in (State.DONE, State.PARTIAL, State.UNKNOWN)]
    found = usable or finished or known
    return found[-1] if found else None


def _none() -> dict[Mark, Verdict]:
    """No backup at all: there is nothing whose bits could be right or wrong."""
    return {mark: said(None if mark is Mark.INTACT else False, "none") for mark in Mark}


def _blurred(verdicts: Verdicts, unseen: Unseen, *, is_empty: bool) -> dict[Mark, Verdict]:
    names = ", ".join(sorted(unseen.catalogues))
    hidden = frozenset(Mark) if is_empty else frozenset({Mark.FRESH})
    return {
        mark: said(None, "unseen", catalogues=names)
        if mark in hidden and verdict.value is not True
        else verdict
        for mark, verdict in verdicts.items()
    }
