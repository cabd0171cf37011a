"""What is asked about one backup, what looking at it showed, and what that comes to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from checks.backups.model import Basis, Mark, Problem, Verdict

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Asked:
    """A backup to look at. `kind` None: its content says. `zone` is that of times without one.

    `tables` and `database` are expected in it. `content`: everything in it is read, not only what
    its form needs. `base` is what an incremental stands on, where it is not beside it.
    `environment` holds the passwords of repositories: never log, store or show it. `scratch` is
    where something may be unpacked for a moment, None: the system's place.
    """

    path: Path
    zone: ZoneInfo
    now: datetime
    kind: str | None = None
    tables: tuple[str, ...] = ()
    database: str | None = None
    content: bool = True
    base: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    progress: Callable[[int], None] = lambda _: None
    stop: Callable[[], bool] = lambda: False
    scratch: Path | None = None


@dataclass(frozen=True)
class Seen:
    """What looking showed, before it is held against what was expected.

    `ended`: nothing is missing as far as the form can prove. `intact`: the bits were verified.
    `lost` says why it can surely not be restored as it is. `tables` and `databases` None: the
    form does not name them. `rows` None for a table: not counted. `is_held`: it was held against
    what was expected already.
    """

    kind: str
    ended: Verdict
    intact: Verdict
    fresh_at: datetime | None = None
    basis: Basis | None = None
    lost: Verdict | None = None
    tables: tuple[str, ...] | None = None
    rows: Mapping[str, int | None] = field(default_factory=dict)
    databases: tuple[str, ...] | None = None
    problems: tuple[Problem, ...] = ()
    is_held: bool = False


@dataclass(frozen=True)
class Inspected:
    """The verdicts. None is never passed: each carries the reason."""

    kind: str
    fresh_at: datetime | None
    basis: Basis | None
    complete: Verdict
    intact: Verdict
    restorable: Verdict
    problems: tuple[Problem, ...] = ()

    @property
    def verdicts(self) -> dict[str, Verdict]:
        return {
            Mark.COMPLETE.value: self.complete,
            Mark.INTACT.value: self.intact,
            Mark.RESTORABLE.value: self.restorable,
        }


def yes(code: str, **params: object) -> Verdict:
    return Verdict(True, code, {name: str(value) for name, value in params.items()})


def no(code: str, **params: object) -> Verdict:
    return Verdict(False, code, {name: str(value) for name, value in params.items()})


def unknown(code: str, **params: object) -> Verdict:
    return Verdict(None, code, {name: str(value) for name, value in params.items()})


def told(code: str, **params: object) -> Problem:
    """Something to know that bears on none of the verdicts."""
    return Problem(code, {name: str(value) for name, value in params.items()})


def breaking(mark: Mark, code: str, **params: object) -> Problem:
    """Something that makes one verdict false."""
    return Problem(code, {name: str(value) for name, value in params.items()}, mark, breaks=True)


def doubtful(mark: Mark, code: str, **params: object) -> Problem:
    """Something that keeps one verdict from being true."""
    return Problem(code, {name: str(value) for name, value in params.items()}, mark)
