"""A copy of a SQLite file.

SQLite keeps no checksum of its values: a changed letter in a text passes its own integrity check.
So a good check proves that the copy is whole, and leaves open whether its bits are right.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from checks.backups.model import Mark, Problem
from governance.backups.inspect.detect import SQLITE
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
from governance.backups.inspect.packing import CHUNK, Unpacked
from governance.backups.inspect.textdump import Ends, damage, ends_of, intact
from governance.errors import SourceUnavailable

HEADER = 100
# Where the header holds them: bytes of a page, pages, and the two counters of changes that agree
# when the number of pages can be trusted (sqlite.org/fileformat2.html §1.3).
PAGE, CHANGED, PAGES, VALID_FOR, WRITES = 16, 24, 28, 92, 18
SAID = 3


def sqlite(asked: Asked) -> Seen:
    ends = ends_of(asked)
    problems = list(damage(ends))
    if not problems:
        problems += _size(ends)
    tables: tuple[str, ...] | None = None
    rows: dict[str, int | None] = {}
    checked = False
    if not any(p.breaks for p in problems):
        with plain(asked, ends) as path:
            tables, rows, found = _look(asked, path)
        problems += found
        checked = not any(p.breaks for p in found)
    problems += [*_beside(asked, ends), told("backups.inspect.no_time")]
    broken = next((p for p in problems if p.breaks and p.mark is Mark.COMPLETE), None)
    wrong = any(p.mark is Mark.INTACT for p in problems)
    bits = intact(ends)
    if checked and bits.value is None:
        bits = unknown("backups.inspect.why.structure_only")
    return Seen(
        kind=SQLITE,
        ended=yes("backups.inspect.why.sqlite_whole")
        if checked
        else unknown("backups.inspect.why.not_read"),
        intact=bits,
        lost=no(broken.code, **broken.params) if broken and not wrong else None,
        tables=tables,
        rows=rows,
        problems=tuple(problems),
    )


def _size(ends: Ends) -> Iterator[Problem]:
    """A file shorter than its header says was cut."""
    head = ends.head
    if len(head) < HEADER:
        yield breaking(Mark.COMPLETE, "backups.inspect.archive_cut")
        return
    page = int.from_bytes(head[PAGE : PAGE + 2], "big")
    page = 65536 if page == 1 else page
    pages = int.from_bytes(head[PAGES : PAGES + 4], "big")
    trusted = head[CHANGED : CHANGED + 4] == head[VALID_FOR : VALID_FOR + 4]
    if trusted and ends.size < page * pages:
        yield breaking(
            Mark.COMPLETE, "backups.inspect.too_short", size=ends.size, expected=page * pages
        )
    elif page and ends.size % page:
        yield breaking(Mark.COMPLETE, "backups.inspect.archive_cut")


@contextmanager
def plain(asked: Asked, ends: Ends) -> Iterator[Path]:
    """The file itself, or a copy that was unpacked and is removed afterwards."""
    if ends.packing is None:
        yield asked.path
        return
    # The name tells the process, so that what a killed one left is known for what it is.
    name = f"duiqi-{os.getpid()}-"
    with tempfile.NamedTemporaryFile(prefix=name, dir=asked.scratch) as copy:
        with Unpacked(asked.path) as packed:
            while block := packed.read(CHUNK):
                if asked.stop():
                    raise SourceUnavailable("source.stopped", source=asked.path.name)
                copy.write(block)
        copy.flush()
        yield Path(copy.name)


def _look(
    asked: Asked, path: Path
) -> tuple[tuple[str, ...] | None, dict[str, int | None], list[Problem]]:
    """Every page by SQLite's own check. `immutable`: no lock, no journal, nothing is written."""
    uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as con:
            con.set_progress_handler(lambda: int(asked.stop()), 100_000)
            said = [str(row[0]) for row in con.execute(f"PRAGMA integrity_check({SAID})")]
            if said != ["ok"]:
                return None, {}, [_broken("; ".join(said))]
            named = con.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%'"
                " ESCAPE '\\' ORDER BY name"
            )
            tables = tuple(str(row[0]) for row in named)
            rows = {name: _count(con, name) for name in tables} if asked.content else {}
    except (sqlite3.Error, UnicodeDecodeError) as error:
        return None, {}, [_broken(str(error))]
    return tables, rows, []


def _broken(said: str) -> Problem:
    return breaking(Mark.INTACT, "backups.inspect.sqlite_broken", said=said[:300])


def _count(con: sqlite3.Connection, table: str) -> int | None:
    name = table.replace('"', '""')
    try:
        return int(con.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0])
    except sqlite3.Error:  # a virtual table whose module is not here
        return None


def _beside(asked: Asked, ends: Ends) -> Iterator[Problem]:
    """A log or journal beside the copy holds what the copy lacks, or must still take back."""
    if ends.packing is not None:
        return
    for suffix, code in (("-wal", "sqlite_wal"), ("-journal", "sqlite_journal")):
        beside = asked.path.with_name(asked.path.name + suffix)
        if beside.is_file() and beside.stat().st_size:
            yield doubtful(Mark.COMPLETE, f"backups.inspect.{code}", file=beside.name)
