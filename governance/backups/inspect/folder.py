"""A folder in which backups lie side by side: each is looked at, the newest is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from checks.backups.model import Mark, Problem, Verdict
from governance.backups.inspect import detect
from governance.backups.inspect.model import (
    UNKNOWN,
    Asked,
    Inspected,
    Seen,
    breaking,
    doubtful,
    told,
    unknown,
    yes,
)

SIDECARS = (".sha256", ".sha1", ".md5", ".sha512", ".log", ".txt", ".asc", ".sig")


def folder(asked: Asked) -> Seen:
    """Worst of all of them: where one is false, the folder is."""
    from governance.backups.inspect.looking import inspect

    found: list[tuple[str, Inspected, datetime]] = []
    others = 0
    for path in sorted(asked.path.iterdir()):
        if path.suffix in SIDECARS or path.name.startswith("."):
            continue
        kind = detect.detect(path)
        if kind in (UNKNOWN, detect.FOLDER) and not _is_empty(path):
            others += 1
            continue
        one = inspect(replace(asked, path=path, kind=None))
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        found.append((path.name, one, one.fresh_at or written))
    problems = [*_each(found)]
    if others:
        problems.append(told("backups.inspect.others", count=others))
    if not found:
        problems.append(doubtful(Mark.COMPLETE, "backups.inspect.nothing_here"))
        nothing = unknown("backups.inspect.nothing_here")
        return Seen(detect.FOLDER, nothing, nothing, problems=tuple(problems), is_held=True)
    name, newest, _ = max(found, key=lambda one: one[2])
    problems.insert(0, told("backups.inspect.newest", file=name, count=len(found)))
    return Seen(
        kind=detect.FOLDER,
        ended=_all([one.complete for _, one, _ in found]),
        intact=_all([one.intact for _, one, _ in found]),
        fresh_at=newest.fresh_at,
        basis=newest.basis,
        problems=tuple(problems),
        is_held=True,
    )


def _is_empty(path: Path) -> bool:
    """A file without content is a backup that failed, whatever it should have been."""
    return path.is_file() and not detect.head_of(path)


def _all(verdicts: list[Verdict]) -> Verdict:
    worst = next((v for v in verdicts if v.value is False), None)
    open_ = next((v for v in verdicts if v.value is None), None)
    return worst or open_ or yes("backups.inspect.why.each")


def _each(found: list[tuple[str, Inspected, datetime]]) -> Iterator[Problem]:
    for name, one, _ in found:
        for mark in (Mark.COMPLETE, Mark.INTACT, Mark.RESTORABLE):
            if one.verdicts[mark.value].value is False:
                yield breaking(mark, f"backups.inspect.one_{mark.value}", file=name)
