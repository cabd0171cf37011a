"""A repository of borg 1.x. Its segments hold entries with a CRC-32 each.

That shows what was damaged since it was written. Whether everything is there, only borg can tell,
with the passphrase: it reads the newest archive to its end without writing it anywhere.
"""

from __future__ import annotations

import json
import struct
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, BinaryIO

from checks.backups.model import Basis, Mark, Problem, Verdict
from checks.errors import CodedError
from governance.backups.commands import Printed, run
from governance.backups.inspect.clock import in_zone, told_time
from governance.backups.inspect.detect import BORG
from governance.backups.inspect.model import Asked, Seen, breaking, doubtful, no, unknown, yes

PASSWORDS = ("BORG_PASSPHRASE", "BORG_PASSCOMMAND", "BORG_PASSPHRASE_FD", "BORG_KEY_FILE")
MAGIC = b"BORG_SEG"
HEAD = struct.Struct("<IIB")
PUT, DELETE, COMMIT, PUT2 = range(4)
KEY = 32
LARGEST = 1 << 29
NAMED = 5
QUICK, LONG = timedelta(minutes=5), timedelta(hours=6)
UNFINISHED = (".checkpoint", ".failed")


@dataclass(frozen=True)
class Answer:
    """What borg said. `read` None: it was not asked or could not answer."""

    archives: tuple[str, ...] | None = None
    started: str = ""
    read: bool | None = None
    why: Verdict | None = None


def borg(asked: Asked) -> Seen:
    problems = list(_wrong(asked))
    answer = _asked(asked, trust=not problems)
    fresh, assumed = in_zone(answer.started, None, asked.zone) if answer.started else (None, False)
    problems += told_time(asked, fresh, assumed)
    if answer.archives == ():
        problems.append(breaking(Mark.COMPLETE, "backups.inspect.no_snapshot"))
    if answer.archives and answer.archives[-1].endswith(UNFINISHED):
        name = answer.archives[-1]
        problems.append(breaking(Mark.COMPLETE, "backups.inspect.archive_unfinished", archive=name))
    if answer.read is False:
        problems.append(breaking(Mark.COMPLETE, "backups.inspect.check_failed", tool="borg"))
        problems.append(breaking(Mark.RESTORABLE, "backups.inspect.check_failed", tool="borg"))
    if answer.archives and len(answer.archives) > 1:
        # Every entry's checksum was held, but only the newest archive was read through.
        problems.append(doubtful(Mark.INTACT, "backups.inspect.newest_only"))
    closed = answer.why or unknown("backups.inspect.why.not_read")
    good = yes("backups.inspect.why.check_data", tool="borg")
    return Seen(
        kind=BORG,
        ended=good if answer.read else closed,
        intact=good if answer.read else closed,
        fresh_at=fresh,
        basis=Basis.START if fresh else None,
        lost=no("backups.inspect.no_snapshot") if answer.archives == () else None,
        problems=tuple(problems),
    )


def _wrong(asked: Asked) -> Iterator[Problem]:
    """Segments with an entry that is cut or is not what its checksum says."""
    found = 0
    paths = [p for p in (asked.path / "data").rglob("*") if p.is_file() and p.name.isdigit()]
    if not paths:
        yield breaking(Mark.COMPLETE, "backups.inspect.part_missing", file="data")
    for path in sorted(paths, key=lambda p: int(p.name)):
        with path.open("rb") as file:
            right = _segment(file)
        asked.progress(path.stat().st_size)
        if not right:
            found += 1
            if found <= NAMED:
                name = path.relative_to(asked.path).as_posix()
                yield breaking(Mark.INTACT, "backups.inspect.file_changed", file=name)


def _segment(file: BinaryIO) -> bool:
    """borg's `LoggedIO`: checksum, size with this head, tag; a key, and data behind a PUT.

    The checksum of a PUT2 covers head and key and a hash of the whole; the hash the data.
    """
    if file.read(len(MAGIC)) != MAGIC:
        return False
    while head := file.read(HEAD.size):
        if len(head) < HEAD.size:
            return False
        crc, size, tag = HEAD.unpack(head)
        if not HEAD.size <= size <= LARGEST or tag > PUT2:
            return False
        rest = file.read(size - HEAD.size)
        if len(rest) < size - HEAD.size:
            return False
        covered = rest[: KEY + 8] if tag == PUT2 else rest
        if zlib.crc32(covered, zlib.crc32(head[4:])) != crc:
            return False
    return True


def _asked(asked: Asked, *, trust: bool) -> Answer:
    """What borg says, without taking its lock and with its cache in a folder of our own."""
    secret = {name: asked.environment[name] for name in PASSWORDS if asked.environment.get(name)}
    with tempfile.TemporaryDirectory(prefix="duiqi-borg-") as scratch:
        around = {
            **secret,
            "BORG_BASE_DIR": scratch,
            "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes",
            "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes",
        }
        try:
            return _told(asked, around, trust=trust, has_password=bool(secret))
        except CodedError as error:
            return Answer(why=Verdict(None, error.code, error.params))
        except (ValueError, KeyError, TypeError):
            return Answer(why=unknown("backups.inspect.tool_odd", tool="borg"))


def _told(asked: Asked, around: dict[str, str], *, trust: bool, has_password: bool) -> Answer:
    place = str(asked.path.absolute())
    listed = _run(asked, around, "list", "--bypass-lock", "--json", place, timeout=QUICK)
    if listed.code != 0:
        names = ", ".join(PASSWORDS)
        failed = unknown("backups.inspect.tool_failed", tool="borg", exit=listed.code)
        return Answer(
            why=failed if has_password else unknown("backups.inspect.no_password", names=names)
        )
    archives: list[dict[str, Any]] = json.loads(listed.output)["archives"]
    archives.sort(key=lambda one: str(one["start"]))
    held = tuple(str(one["name"]) for one in archives)
    if not held:
        return Answer(held)
    started = _plain(str(archives[-1]["start"]))
    if not asked.content or not trust:
        return Answer(held, started, None, unknown("backups.inspect.why.not_read"))
    words = ("extract", "--bypass-lock", "--dry-run", f"{place}::{held[-1]}")
    read = _run(asked, around, *words, timeout=LONG)
    return Answer(held, started, read.code == 0)


def _run(asked: Asked, around: dict[str, str], *words: str, timeout: timedelta) -> Printed:
    return run(("borg", *words), around, timeout, asked.stop)


def _plain(text: str) -> str:
    """`2026-11-21T19:25:17.000000` without its fraction."""
    return text.partition(".")[0].replace("T", " ")
