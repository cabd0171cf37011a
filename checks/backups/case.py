"""One backup with everything that is known of it, and how reasons come to one answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from checks.backups.expect import Expected
from checks.backups.model import Backup, Catalogue, Content, Mark, Problem, Restore, Verdict

# Clocks of two machines are no nearer than this.
CLOCKS = timedelta(minutes=5)


@dataclass(frozen=True)
class Case:
    """A backup of `catalogue` as of `now`. `content`: what a look inside found, None: nobody
    looked. `restores` are those of the system, ours and told; the catalogue's own are added."""

    backup: Backup
    catalogue: Catalogue
    expected: Expected
    now: datetime
    content: Content | None = None
    restores: tuple[Restore, ...] = ()

    @property
    def every_restore(self) -> tuple[Restore, ...]:
        return (*self.restores, *self.catalogue.restores)

    def problems(self, mark: Mark) -> tuple[Problem, ...]:
        """Those that bear on this question: of the backup, of all of the catalogue, of what is
        inside, and of restores of this very backup."""
        of_catalogue = [p for p in self.catalogue.problems if p.backup in (None, self.backup.id)]
        inside = self.content.problems if self.content is not None else ()
        drills = [r for r in self.every_restore if r.backup == self.backup.id]
        of_drills = [p for r in drills for p in r.problems]
        return tuple(p for p in (*of_catalogue, *inside, *of_drills) if p.mark is mark)


def moment_text(at: datetime | None) -> str:
    """A moment for the parameters of a reason; pages show it in the reader's zone."""
    return "" if at is None else at.astimezone(UTC).isoformat(timespec="seconds")


def span_text(length: timedelta) -> str:
    """A length for the parameters of a reason: whole seconds."""
    return str(int(length.total_seconds()))


def said(value: bool | None, why: str, at: datetime | None = None, /, **params: object) -> Verdict:
    """A verdict by the name of its reason below `backups.why`. Moments and lengths become texts:
    names of the first end in `_at`, names of the second in `_span`."""
    told: dict[str, str] = {}
    for name, given in params.items():
        if isinstance(given, datetime):
            told[name] = moment_text(given)
        elif isinstance(given, timedelta):
            told[name] = span_text(given)
        else:
            told[name] = "" if given is None else str(given)
    return Verdict(value, f"backups.why.{why}", told, at)


def of_problem(problem: Problem) -> Verdict:
    return Verdict(False if problem.breaks else None, problem.code, dict(problem.params))


def worst(reasons: Iterable[Verdict]) -> Verdict:
    """The answer that several reasons come to: False before None before True.

    Of equals the one that stands first, so state the telling ones first. `at` of a good answer is
    the oldest, as each of them had to be seen. Raises ValueError for no reasons.
    """
    told = list(reasons)
    if not told:
        raise ValueError("an answer needs a reason")
    for value in (False, None):
        bad = next((v for v in told if v.value is value), None)
        if bad is not None:
            return bad
    seen = [v.at for v in told if v.at is not None]
    return replace(told[0], at=min(seen)) if seen else told[0]


def with_problems(verdict: Verdict, problems: Iterable[Problem]) -> Verdict:
    """The verdict that these problems leave. They never better it; of several of one weight the
    first by code is told, so that their order does not matter."""
    ordered = sorted(problems, key=lambda p: (not p.breaks, p.code, _key(p.params)))
    return worst([verdict, *(of_problem(p) for p in ordered)])


def _key(params: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted(params.items())
