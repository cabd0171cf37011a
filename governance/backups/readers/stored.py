"""Backups of which only a listing tells: name, size and time of files, wherever they lie."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Self

from checks.backups.model import Backup, Basis, Mark, Method, Problem, State
from governance.backups.readers.names import Named, Pattern
from governance.backups.readers.options import choice, size, span
from governance.config.backups import CatalogueConfig
from governance.errors import ConfigError

# What the options of every kind of listing may say.
OPTIONS: Mapping[str, bool] = {
    "pattern": False,
    "regex": False,
    "format": False,
    "method": False,
    "min_size": False,
    "tolerance": False,
    "settle": False,
    "database": False,
}
# Endings under which files are written before they get their name.
UNFINISHED = (".part", ".tmp", ".partial", ".incomplete", ".filepart", ".crdownload", ".writing")
RSYNC = re.compile(r"\.(.+)\.[A-Za-z0-9]{6}$")
ENCRYPTED = (".gpg", ".pgp", ".age", ".enc", ".aes", ".asc")
# Nothing that holds a table is smaller; an empty stream that is compressed has 13 to 40 bytes.
SMALLEST = 128
# How far the clocks of two machines may differ before it is worth a word.
CLOCKS = timedelta(minutes=5)
# A file that is still unfinished after so long was left behind.
STUCK = timedelta(hours=24)
METHODS = tuple(method.value for method in Method)


@dataclass(frozen=True)
class Item:
    """A file or folder of a listing. `path` is relative, with `/`. `at` is when it was changed, or
    with `is_upload` when it was put there: then it says nothing of the data. `where` is where we
    can read it."""

    path: str
    size: int | None
    at: datetime | None
    is_upload: bool = False
    digest: str | None = None
    where: str | None = None


@dataclass(frozen=True)
class Rules:
    """How a listing is read, as the options say."""

    pattern: Pattern
    method: Method
    min_size: int
    tolerance: timedelta
    settle: timedelta
    database: str | None

    @classmethod
    def of(cls, config: CatalogueConfig) -> Self:
        """Raises ConfigError for an option that cannot be read."""
        options = config.options
        text, regex = options.get("pattern"), options.get("regex")
        if (text is None) == (regex is None):
            raise ConfigError("backups.store.one_pattern", catalogue=config.name)
        return cls(
            Pattern(
                text or regex or "",
                config.zone,
                regex=regex is not None,
                form=options.get("format", ""),
            ),
            Method(choice(options, "method", Method.DUMP.value, METHODS)),
            size(options, "min_size", SMALLEST),
            span(options, "tolerance", timedelta(hours=6)),
            span(options, "settle", timedelta(minutes=2)),
            options.get("database"),
        )


@dataclass(frozen=True)
class Listed:
    """The items whose names fit, as backups, oldest first, with what is odd of each."""

    backups: tuple[Backup, ...]
    problems: tuple[Problem, ...]
    others: int

    @property
    def newest(self) -> dict[str, list[Backup]]:
        """The backups of each series that are done, newest first."""
        series: dict[str, list[Backup]] = {}
        for backup in reversed(self.backups):
            if backup.state is State.DONE:
                series.setdefault(backup.series, []).append(backup)
        return series


def listed(items: Iterable[Item], rules: Rules, now: datetime, *, is_whole: bool = True) -> Listed:
    """The backups among `items`, in whatever order they come. Same items, same result.

    Of two that bear one name, which some stores allow, the older counts.
    """
    backups: list[Backup] = []
    problems: list[Problem] = []
    others = 0
    names: set[str] = set()
    for item in sorted(items, key=_place):
        final, ending = finished_name(item.path)
        named = rules.pattern.read(final)
        if named is None:
            others += 1
            continue
        if item.path in names:
            problems.append(Problem("backups.read.twice", {}, Mark.COMPLETE, backup=item.path))
            continue
        names.add(item.path)
        backup, odd = _backup(item, named, ending, rules, now)
        backups.append(backup)
        problems += odd
    backups.sort(key=_order)
    problems += _repeated(backups)
    if not backups:
        params = {"pattern": rules.pattern.text, "others": str(others)}
        problems.append(Problem("backups.store.nothing", params, Mark.FRESH, is_whole))
    problems.sort(key=lambda p: (p.backup or "", p.code))
    return Listed(tuple(backups), tuple(problems), others)


def finished_name(path: str) -> tuple[str, str]:
    """The name a file will have once it is finished, and the ending it has until then."""
    folder, slash, name = path.rpartition("/")
    for ending in UNFINISHED:
        if name.lower().endswith(ending):
            return f"{folder}{slash}{name[: -len(ending)]}", ending
    match = RSYNC.fullmatch(name)
    return (f"{folder}{slash}{match[1]}", ".rsync") if match else (path, "")


def _place(item: Item) -> tuple[str, float, int, str]:
    at = item.at.timestamp() if item.at else 0.0
    return item.path, at, item.size or 0, item.digest or ""


def _order(backup: Backup) -> tuple[float, str]:
    at = backup.data_at or backup.finished_at
    return (at.timestamp() if at else float("-inf"), backup.id)


def _backup(
    item: Item, named: Named, ending: str, rules: Rules, now: datetime
) -> tuple[Backup, list[Problem]]:
    data_at, basis, odd = dated(item, named, rules, now)
    state, said = _state(item, ending, rules, now)
    database = named.database or rules.database
    backup = Backup(
        id=item.path,
        series=named.series,
        method=rules.method,
        state=state,
        said=said,
        finished_at=item.at,
        data_at=data_at,
        basis=basis,
        size=item.size,
        encrypted=True if item.path.lower().endswith(ENCRYPTED) else None,
        databases=(database,) if database else None,
        path=item.where,
        digest=item.digest,
    )
    if ending and state is State.FAILED:
        odd.append(Problem("backups.store.left_behind", {"ending": ending}, Mark.COMPLETE, True))
    if not ending and item.size is None:
        odd.append(Problem("backups.store.no_size", {}, Mark.COMPLETE))
    elif not ending and item.size == 0:
        odd.append(Problem("backups.store.empty_file", {}, Mark.COMPLETE, True))
    elif not ending and (item.size or 0) < rules.min_size:
        params = {"size": str(item.size), "least": str(rules.min_size)}
        odd.append(Problem("backups.store.tiny", params, Mark.COMPLETE, True))
    return backup, [replace(problem, backup=item.path) for problem in odd]


def _state(item: Item, ending: str, rules: Rules, now: datetime) -> tuple[State, str]:
    """A listing knows no word of the tool; only its end can be seen."""
    age = None if item.at is None else now - item.at
    if ending:
        left_behind = age is not None and age > STUCK
        return (State.FAILED if left_behind else State.RUNNING), ending
    if item.size == 0:
        return State.FAILED, "0"
    if not item.is_upload and age is not None and age < rules.settle:
        return State.RUNNING, ""
    return State.DONE, ""


def dated(
    item: Item, named: Named, rules: Rules, now: datetime
) -> tuple[datetime | None, Basis | None, list[Problem]]:
    """The moment of the data, what it rests on, and where name and file time disagree.

    Data is never newer than the file that holds it: the earlier of both counts. A time to come
    dates nothing.
    """
    at, begins, ends = item.at, named.begins, named.ends
    odd: list[Problem] = []
    if begins is None or ends is None:
        if item.is_upload or at is None:
            return None, None, [Problem("backups.store.no_time", {}, Mark.FRESH)]
        data_at, basis = at, Basis.FILE
    elif at is None:
        data_at, basis = begins, Basis.NAME
    else:
        said = {"name": _said(begins), "file": _said(at)}
        if at < begins - rules.tolerance:
            odd.append(Problem("backups.store.name_ahead", said, Mark.FRESH))
        elif at > ends + rules.tolerance and not item.is_upload:
            odd.append(Problem("backups.store.file_later", said))
        # A name with a day only: the file's time says when on that day, if it was then.
        of_that_day = named.is_day and at <= ends + rules.tolerance
        named_at = min(at, ends) if of_that_day else begins
        data_at, basis = (
            (min(at, named_at), Basis.FILE) if of_that_day or at < begins else (begins, Basis.NAME)
        )
    if data_at > now + CLOCKS:
        odd.append(Problem("backups.store.ahead", {"at": _said(data_at)}, Mark.FRESH))
        return None, None, odd
    return data_at, basis, odd


def _repeated(backups: Iterable[Backup]) -> list[Problem]:
    """Backups that are byte for byte the one before: a source at rest, or a copy that stands still.
    Which of them, the listing cannot tell."""
    series: dict[str, list[Backup]] = {}
    for backup in backups:
        if backup.state is State.DONE:
            series.setdefault(backup.series, []).append(backup)
    return [
        Problem("backups.store.same_content", {"before": before.id}, Mark.FRESH, backup=after.id)
        for following in series.values()
        for before, after in pairwise(following)
        if before.digest and before.digest == after.digest and before.size == after.size
    ]


def _said(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
