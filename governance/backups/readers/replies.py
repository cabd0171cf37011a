"""What readers of tools share: text and JSON out of replies, and notes of all that is odd."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from checks.backups.model import Backup, Catalogue, LogArchive, Mark, Problem, State, Verification
from governance.backups.commands import without
from governance.backups.readers.model import Asked, Reply
from governance.backups.readers.values import written

T = TypeVar("T")

# A clock may be a little ahead of ours.
_AHEAD = timedelta(minutes=5)
# How much of a tool's own words is kept, and how many of its lines are tried for the first of JSON.
_QUOTED, _TRIED = 200, 200
_CODE = re.compile(r"\s*^rc=(-?\d{1,5})\s*\Z", re.MULTILINE)


class Notes:
    """What is odd in one catalogue, and the zone that was assumed while reading it."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.problems: list[Problem] = []
        # Parts that are not all that was asked for.
        self.cut: set[str] = set()
        self.zone: str | None = None

    def tell(
        self,
        code: str,
        mark: Mark | None = None,
        *,
        breaks: bool = False,
        backup: str | None = None,
        **params: object,
    ) -> None:
        said = {name: self.quote(value) for name, value in params.items()}
        problem = Problem(code, said, mark, breaks, backup)
        if problem not in self.problems[-50:]:
            self.problems.append(problem)

    def odd(self, field: str, mark: Mark | None, backup: str | None = None) -> None:
        """Tell of a field that is missing or not of the kind it should be."""
        self.tell("backups.read.field", mark, backup=backup, field=field)

    def need(self, value: T | None, field: str, mark: Mark | None, backup: str) -> T | None:
        """`value`; where there is none, that is told."""
        if value is None:
            self.odd(field, mark, backup)
        return value

    def quote(self, value: object) -> str:
        """A tool's words on one line, cut short, without the secrets that it was given."""
        words = " ".join(without(str(value), self.asked.catalogue.environment.values()).split())
        return words if len(words) <= _QUOTED else words[: _QUOTED - 1] + "…"

    def moment(self, value: object) -> datetime | None:
        """ISO 8601 or ctime as aware UTC. A local time is taken in the catalogue's zone, which is
        noted. The hour that comes twice in autumn is taken as the first: data is never newer."""
        found = written(value)
        if found is not None and found.tzinfo is None:
            found = found.replace(tzinfo=self.asked.catalogue.zone)
            self.zone = str(self.asked.catalogue.zone)
        try:
            return found and found.astimezone(UTC)
        except OverflowError:
            return None

    def printed(
        self,
        part: str,
        mark: Mark | None,
        good: Sequence[int] = (0,),
        *,
        may_be_empty: bool = False,
    ) -> Reply | None:
        """The reply of a part, its exit code known where its text ends in `rc=0`.

        Told with `mark`: that it is missing or empty, or an exit code that is not `good`.
        """
        reply = self.asked.replies.get(part)
        if reply is None:
            self._short(part, "backups.read.part", mark)
            return None
        ended = _CODE.search(reply.text)
        if ended and reply.code is None:
            reply = replace(reply, text=reply.text[: ended.start()], code=int(ended[1]))
        if reply.code is not None and reply.code not in good:
            said = reply.errors or reply.text[-_QUOTED:]
            self._short(part, "backups.read.code", mark, said, reply.code)
        if not reply.text.strip() and not (may_be_empty and reply.code is not None):
            self._short(part, "backups.read.empty", mark, reply.errors)
        return reply

    def documents(self, part: str, reply: Reply, mark: Mark | None) -> list[Any]:
        """The JSON documents that a reply holds, one after another. Told with `mark`: that there is
        none, or that something else stands before or behind."""
        found, before, behind = _documents(reply.text)
        if not found and reply.text.strip():
            self._short(part, "backups.read.no_json", mark, reply.text[:_QUOTED])
        if before:
            self.tell("backups.read.before", mark, part=part, said=before)
        if behind:
            self._short(part, "backups.read.behind", mark, behind)
        return found

    def _short(
        self, part: str, code: str, mark: Mark | None, said: str = "", ended: int | None = None
    ) -> None:
        self.cut.add(part)
        self.tell(code, mark, part=part, said=said, exit="–" if ended is None else ended)

    def catalogue(
        self,
        kind: str,
        backups: Iterable[Backup],
        *,
        logs: tuple[LogArchive, ...] = (),
        verifications: tuple[Verification, ...] = (),
        tool: str | None = None,
        is_whole: bool = True,
    ) -> Catalogue:
        """What was read, after what holds for every kind was looked at: an id is there once, what
        is done has a moment, no moment is to come, an unknown state is told, and so is nothing."""
        once: dict[str, Backup] = {}
        for backup in backups:
            if backup.id in once:
                self.tell("backups.read.twice", Mark.COMPLETE, backup=backup.id)
            once.setdefault(backup.id, backup)
        for backup in once.values():
            self._look(backup)
        if not once:
            self.tell("backups.read.nothing", Mark.COMPLETE, breaks=is_whole)
        at = min((r.at for r in self.asked.replies.values()), default=self.asked.now)
        return Catalogue(
            kind=kind,
            read_at=at,
            backups=tuple(once.values()),
            logs=logs,
            verifications=verifications,
            problems=tuple(self.problems),
            zone=self.zone,
            tool=tool,
            is_whole=is_whole,
        )

    def _look(self, backup: Backup) -> None:
        if backup.state is State.UNKNOWN:
            self.tell("backups.read.state", Mark.COMPLETE, backup=backup.id, word=backup.said)
        if backup.state is State.DONE and backup.data_at is None:
            self.tell("backups.read.no_moment", Mark.FRESH, backup=backup.id)
        latest = max(filter(None, (backup.data_at, backup.finished_at)), default=None)
        if latest is not None and latest > self.asked.now + _AHEAD:
            at = latest.isoformat(timespec="seconds")
            self.tell("backups.read.to_come", Mark.FRESH, backup=backup.id, at=at)


def json_lines(text: str) -> Iterator[Any]:
    """The JSON objects of a log that stand on lines of their own, among whatever else it says."""
    for line in text.splitlines():
        value, end = _decoded(line, 0) if line.startswith("{") else (None, 0)
        if end:
            yield value


def json_documents(text: str) -> list[Any]:
    """The JSON documents in a text, whatever stands around them."""
    return _documents(text)[0]


def _documents(text: str) -> tuple[list[Any], str, str]:
    """The JSON in a text, and what stands before and behind it."""
    for start in _starts(text):
        found, end = _all_from(text, start)
        if found:
            return found, text[:start].strip(), text[end:].strip()
    return [], "", ""


def _all_from(text: str, start: int) -> tuple[list[Any], int]:
    """Every document from `start` on, and where the first that is none begins."""
    found = []
    while text.startswith(("[", "{"), start):
        value, end = _decoded(text, start)
        if end == start:
            break
        found.append(value)
        start = end + len(text[end:]) - len(text[end:].lstrip())
    return found, start


def _starts(text: str) -> Iterator[int]:
    """Where a document may begin: at a bracket that stands first in its line."""
    for number, line in enumerate(re.finditer(r"^[ \t]*(?=[\[{])", text, re.MULTILINE)):
        if number == _TRIED:
            return
        yield line.end()


def _decoded(text: str, start: int) -> tuple[Any, int]:
    """The value that begins there and where it ends; the same place where none does."""
    try:
        return _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None, start


def _refuse(word: str) -> None:
    raise ValueError(word)


_DECODER = json.JSONDecoder(parse_constant=_refuse)
