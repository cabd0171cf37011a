"""A repository of restic. Every file but one bears the SHA-256 of its content as its name.

Without the password only that can be held against it: a wrong file is found, a missing one is not.
With it, restic itself reads all of the data (`check --read-data`); its plain `check` passes over a
corrupted pack (measured with 0.14).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from checks.backups.model import Basis, Mark, Problem, Verdict
from checks.errors import CodedError
from governance.backups.commands import Printed, run
from governance.backups.inspect.detect import RESTIC
from governance.backups.inspect.model import Asked, Seen, breaking, no, told, unknown, yes
from governance.backups.inspect.packing import CHUNK

PASSWORDS = ("RESTIC_PASSWORD", "RESTIC_PASSWORD_FILE", "RESTIC_PASSWORD_COMMAND")
NAMED_BY_HASH = ("data", "index", "snapshots", "keys")
HEX = 64
NAMED = 5
QUICK, LONG = timedelta(minutes=5), timedelta(hours=6)


@dataclass(frozen=True)
class Answer:
    """What restic said. `checked` None: it was not asked or could not answer."""

    newest: datetime | None = None
    snapshots: int | None = None
    checked: bool | None = None
    why: Verdict | None = None


def restic(asked: Asked) -> Seen:
    problems = list(_wrong(asked))
    answer = _asked(asked, trust=not problems)
    snapshots = [p for p in (asked.path / "snapshots").iterdir() if len(p.name) == HEX]
    if not snapshots or answer.snapshots == 0:
        problems.append(breaking(Mark.COMPLETE, "backups.inspect.no_snapshot"))
    if answer.checked is False:
        problems.append(breaking(Mark.INTACT, "backups.inspect.check_failed", tool="restic"))
    closed = answer.why or unknown("backups.inspect.why.not_read")
    good = answer.checked is True
    return Seen(
        kind=RESTIC,
        ended=yes("backups.inspect.why.check_data", tool="restic") if good else closed,
        intact=yes("backups.inspect.why.check_data", tool="restic") if good else closed,
        fresh_at=answer.newest,
        basis=Basis.START if answer.newest else None,
        lost=no("backups.inspect.no_snapshot") if not snapshots else None,
        problems=(*problems, *([] if answer.newest else [told("backups.inspect.no_time")])),
    )


def _wrong(asked: Asked) -> Iterator[Problem]:
    """Files whose content is not what their name says."""
    found = 0
    for part in NAMED_BY_HASH:
        for path in sorted((asked.path / part).rglob("*")):
            if len(path.name) == HEX and path.is_file() and _sha256(path) != path.name:
                found += 1
                if found <= NAMED:
                    name = f"{part}/{path.name[:12]}"
                    yield breaking(Mark.INTACT, "backups.inspect.file_changed", file=name)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        hashed = hashlib.sha256()
        while piece := file.read(CHUNK):
            hashed.update(piece)
    return hashed.hexdigest()


def _asked(asked: Asked, *, trust: bool) -> Answer:
    """What restic says, without a lock or a cache: nothing in the repository is changed."""
    secret = {name: asked.environment[name] for name in PASSWORDS if asked.environment.get(name)}
    if not secret:
        return Answer(why=unknown("backups.inspect.no_password", names=", ".join(PASSWORDS)))
    try:
        listed = _run(asked, secret, "snapshots", "--json", timeout=QUICK)
        if listed.code != 0:
            return Answer(
                why=unknown("backups.inspect.tool_failed", tool="restic", exit=listed.code)
            )
        times = [_moment(one["time"]) for one in json.loads(listed.output)]
        newest = max((at for at in times if at is not None), default=None)
        if not trust or not asked.content:
            why = unknown("backups.inspect.why.not_read")
            return Answer(newest, len(times), None, why)
        checked = _run(asked, secret, "check", "--read-data", timeout=LONG)
    except CodedError as error:
        return Answer(why=Verdict(None, error.code, error.params))
    except (ValueError, KeyError, TypeError):
        return Answer(why=unknown("backups.inspect.tool_odd", tool="restic"))
    return Answer(newest, len(times), checked.code == 0)


def _run(asked: Asked, secret: Mapping[str, str], *words: str, timeout: timedelta) -> Printed:
    command = ("restic", "-r", str(asked.path.absolute()), "--no-lock", "--no-cache", *words)
    return run(command, secret, timeout, asked.stop)


def _moment(text: str) -> datetime | None:
    """restic prints nine digits of a second; Python reads six."""
    head, dot, rest = text.partition(".")
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    try:
        found = datetime.fromisoformat(f"{head}{dot}{digits[:6]}{rest[len(digits) :]}")
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else None
