"""Dumps as SQL text: mysqldump, mariadb-dump, pg_dump and pg_dumpall.

What ends such a dump is written last by the tool itself, so its header without its footer proves
that the file was cut. A dump made without comments has neither, and then nobody can tell a cut at
the end of a statement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from checks.backups.model import Basis, Mark, Problem, Verdict
from governance.backups.inspect.clock import in_zone, told_time
from governance.backups.inspect.detect import HEAD, MYSQLDUMP, PG_DUMP
from governance.backups.inspect.inside import Inside, look_inside
from governance.backups.inspect.model import (
    Asked,
    Seen,
    breaking,
    doubtful,
    no,
    told,
    unknown,
    yes,
)
from governance.backups.inspect.packing import CHUNK, CUT, Damaged, Unpacked

MY_HEADER = re.compile(rb"^-- (MySQL|MariaDB) dump ", re.MULTILINE)
MY_FOOTER = re.compile(
    rb"^-- Dump completed(?: on (\d{4}-\d\d-\d\d +\d{1,2}:\d\d:\d\d))?\s*$", re.MULTILINE
)
MY_OPENING, MY_CLOSING = b"SET @OLD_SQL_NOTES=@@SQL_NOTES", b"SET SQL_NOTES=@OLD_SQL_NOTES"
SANDBOX = re.compile(rb"\A\s*/\*M?!999999\\- enable the sandbox mode \*/")
MY_SPILT = re.compile(rb"\A(?:mysqldump|mariadb-dump): ")
MY_DATABASE = re.compile(rb"^-- Host: .*?    Database: ([^\r\n]*?)\s*$", re.MULTILINE)
PG_HEADER = re.compile(rb"^-- PostgreSQL database (cluster )?dump\s*$", re.MULTILINE)
PG_FOOTER = re.compile(rb"^-- PostgreSQL database (cluster )?dump complete\s*$", re.MULTILINE)
PG_BEHIND = re.compile(rb"^(--.*|\\unrestrict .*)$", re.MULTILINE)
PG_STARTED = re.compile(rb"^-- Started on (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?: (\S+))?\s*$", re.M)
PG_RESTRICT = re.compile(rb"^\\restrict ", re.MULTILINE)


@dataclass(frozen=True)
class Ends:
    """The first and the last bytes of a text, and what its compression says of the bits."""

    head: bytes
    tail: bytes
    size: int
    packing: str | None
    checked: bool | None
    damage: str | None
    at: int = 0
    trailing: int = 0


def ends_of(asked: Asked) -> Ends:
    """Reads all of it once, so that the checksums of the compression are held against it."""
    with Unpacked(asked.path) as file:
        head = tail = b""
        damage, at = None, 0
        try:
            while piece := file.read(CHUNK):
                head = head if len(head) >= HEAD else (head + piece)[:HEAD]
                tail = (tail + piece)[-HEAD:]
                asked.progress(file.taken)
        except Damaged as error:
            damage, at = error.what, error.at
            head = head if len(head) >= HEAD else (head + file.rest)[:HEAD]
            tail = (tail + file.rest)[-HEAD:]
        size = file.given + len(file.rest)
        return Ends(head, tail, size, file.packing, file.checked, damage, at, file.trailing)


def intact(ends: Ends) -> Verdict:
    """True only where the compression bears checksums and all of them hold."""
    if ends.damage is not None:
        code = f"backups.inspect.packing_{ends.damage}"
        return no(code, packing=ends.packing, at=ends.at)
    if ends.checked:
        return yes("backups.inspect.why.checksum", packing=ends.packing)
    if ends.packing:
        return unknown("backups.inspect.why.packing_unchecked", packing=ends.packing)
    return unknown("backups.inspect.why.no_checksum")


def damage(ends: Ends) -> Iterator[Problem]:
    """What damaged compression means for the rest: a cut loses what comes after it."""
    if ends.damage is not None:
        code = f"backups.inspect.packing_{ends.damage}"
        params = {"packing": ends.packing, "at": ends.at}
        mark = breaking if ends.damage == CUT else doubtful
        yield mark(Mark.COMPLETE, code, **params)
        yield breaking(Mark.RESTORABLE, code, **params)
    elif ends.trailing:
        yield doubtful(Mark.COMPLETE, "backups.inspect.trailing", bytes=ends.trailing)
    if ends.damage is None and not ends.size:
        yield breaking(Mark.COMPLETE, "backups.inspect.empty")
        yield breaking(Mark.RESTORABLE, "backups.inspect.empty")


def mysqldump(asked: Asked) -> Seen:
    """A dump of MySQL or MariaDB as text, perhaps compressed."""
    ends = ends_of(asked)
    inside = look_inside(asked, readable=ends.damage is None)
    ended = _my_ended(ends, inside)
    footer = _last(MY_FOOTER, ends.tail)
    written = footer.group(1) if footer else None
    fresh, assumed = _moment(asked, written, None)
    problems = [*damage(ends), *_my_traps(ends), *inside.problems]
    problems += told_time(asked, fresh, assumed)
    if fresh is not None:
        problems.append(told("backups.inspect.end_time"))
    return _seen(MYSQLDUMP, ends, inside, ended, fresh, Basis.FINISH, problems)


def pg_dump(asked: Asked) -> Seen:
    """A dump of PostgreSQL as text, perhaps compressed."""
    ends = ends_of(asked)
    inside = look_inside(asked, readable=ends.damage is None)
    ended = _pg_ended(ends, inside)
    started = PG_STARTED.search(ends.head)
    zone = started.group(2) if started else None
    fresh, assumed = _moment(asked, started.group(1) if started else None, zone)
    problems = [*damage(ends), *inside.problems, *told_time(asked, fresh, assumed)]
    if PG_RESTRICT.search(ends.head):
        problems.append(told("backups.inspect.restrict"))
    return _seen(PG_DUMP, ends, inside, ended, fresh, Basis.START, problems)


def _seen(
    kind: str,
    ends: Ends,
    inside: Inside,
    ended: Verdict,
    fresh: datetime | None,
    basis: Basis,
    problems: list[Problem],
) -> Seen:
    return Seen(
        kind=kind,
        ended=ended,
        intact=intact(ends),
        fresh_at=fresh,
        basis=basis if fresh else None,
        lost=no(ended.code, **ended.params) if ended.value is False else None,
        tables=inside.tables,
        rows=inside.rows,
        databases=inside.databases or _my_databases(ends, kind),
        problems=tuple(problems),
    )


def _my_databases(ends: Ends, kind: str) -> tuple[str, ...] | None:
    """The database that the header names; a dump of several names none there."""
    found = MY_DATABASE.search(ends.head) if kind == MYSQLDUMP else None
    return (found.group(1).decode("utf-8", "replace"),) if found and found.group(1) else None


def _last(pattern: re.Pattern[bytes], text: bytes) -> re.Match[bytes] | None:
    found = None
    for found in pattern.finditer(text):  # noqa: B007 - the last one is wanted
        pass
    return found


def _my_ended(ends: Ends, inside: Inside) -> Verdict:
    footer = _last(MY_FOOTER, ends.tail)
    if footer and not ends.tail[footer.end() :].strip():
        return inside.unless_cut(yes("backups.inspect.why.footer"))
    if ends.damage is not None or not ends.size:
        return unknown("backups.inspect.why.not_read")
    if not ends.tail.rstrip().endswith(b";") and not _is_comment_end(ends.tail):
        return no("backups.inspect.cut_statement")
    closed = MY_CLOSING in ends.tail
    if MY_OPENING in ends.head and not closed:
        return no("backups.inspect.cut_closing")
    if MY_HEADER.search(ends.head) and not closed:
        return no("backups.inspect.cut_footer")
    # Everything that follows the tables is there; only the line that says so is not.
    has_header = MY_HEADER.search(ends.head) is not None
    if inside.is_open and not has_header:
        return no("backups.inspect.cut_statement")
    code = "backups.inspect.why.footer_lost" if has_header else "backups.inspect.why.no_footer"
    return inside.unless_cut(unknown(code))


def _is_comment_end(tail: bytes) -> bool:
    """A dump may end in a comment or an empty line between statements."""
    last = tail.rstrip().rsplit(b"\n", 1)[-1]
    return last.startswith(b"--") or last.endswith(b"*/")


def _pg_ended(ends: Ends, inside: Inside) -> Verdict:
    if ends.damage is not None or not ends.size:
        return unknown("backups.inspect.why.not_read")
    header, footer = PG_HEADER.search(ends.head), _last(PG_FOOTER, ends.tail)
    if header is None:
        last = ends.tail.rstrip()
        ends_well = last.endswith((b";", b"\\.")) or _is_comment_end(ends.tail)
        whole = unknown("backups.inspect.why.no_footer")
        return inside.unless_cut(whole if ends_well else no("backups.inspect.cut_statement"))
    if footer is None or (header.group(1) and not footer.group(1)):
        return no("backups.inspect.cut_footer")
    behind = PG_BEHIND.sub(b"", ends.tail[footer.end() :])
    if behind.strip():  # another dump, or something else that nobody has looked for an end of
        return inside.unless_cut(unknown("backups.inspect.why.behind"))
    return inside.unless_cut(yes("backups.inspect.why.footer"))


def _my_traps(ends: Ends) -> Iterator[Problem]:
    if SANDBOX.search(ends.head):
        yield told("backups.inspect.sandbox")
    if MY_SPILT.search(ends.head):
        yield breaking(Mark.RESTORABLE, "backups.inspect.spilt")


def _moment(asked: Asked, text: bytes | None, zone: bytes | None) -> tuple[datetime | None, bool]:
    """The moment printed, and whether its zone had to be assumed."""
    if text is None:
        return None, False
    return in_zone(text.decode(), zone.decode("ascii", "replace") if zone else None, asked.zone)
