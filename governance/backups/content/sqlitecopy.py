"""A copy of an SQLite database: checked, counted and read like a source, but never written to."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from checks.backups.model import Mark, Problem
from checks.sql import quoted
from governance.backups.content.compressed import Stream
from governance.backups.content.model import Dump, Found, Progress, Stop, Wanted
from governance.backups.content.names import Asked
from governance.backups.content.scratch import unpacked
from governance.backups.content.tally import absent, place
from governance.sources.landing import landing_all
from governance.sources.values import append_rows, sized
from governance.sources.watch import Watch

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MAGIC = b"SQLite format 3\x00"
TABLES = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    " ORDER BY name"
)


class SqliteCopy:
    """Reads an SQLite file, compressed or not. Whether it ended is what the file's own check says.

    What a `-wal` beside the file holds is not read: it is told.
    """

    KIND = "sqlite"

    def read(
        self,
        path: Path,
        wanted: tuple[Wanted, ...],
        con: DuckDBPyConnection,
        progress: Progress,
        stop: Stop,
    ) -> Dump:
        begun = time.monotonic()
        stream = Stream(path, progress, stop)
        stream.check()
        look = Look(path.name, con, wanted)
        ended: bool | None = None
        with unpacked(stream, con) as copy:
            if copy is not None:
                wal = copy.with_name(f"{copy.name}-wal")
                if wal.exists() and wal.stat().st_size:
                    look.tell("backups.inside.wal")
                ended = look.through(copy, stop) and not stream.is_broken
                size = path.stat().st_size
                progress(size)
                stream.read = size
        return Dump(
            self.KIND,
            stream.read,
            time.monotonic() - begun,
            ended,
            tuple(look.found),
            (*stream.problems, *look.problems),
        )


@dataclass
class Look:
    """One look through a database file."""

    name: str
    con: DuckDBPyConnection
    wanted: tuple[Wanted, ...]
    found: list[Found] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def tell(self, code: str, breaks: bool = False, **params: str) -> None:
        mark = Mark.INTACT if breaks else None
        problem = Problem(code, {"file": self.name, **params}, mark, breaks)
        if problem not in self.problems:
            self.problems.append(problem)

    def through(self, path: Path, stop: Stop) -> bool:
        """Check and read the file; whether all of it was sound."""
        # Immutable: no lock, no journal and no `-shm` is ever made beside somebody's backup.
        uri = f"file:{quote(str(path))}?mode=ro&immutable=1"
        conn = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
        conn.text_factory = self._text
        watch = Watch(self.name, stop, conn.interrupt)
        into = {each.into: list(each.columns) for each in self.wanted}
        with closing(conn), watch, watch.over(sqlite3.Error), landing_all(self.con, into):
            sound = self._is_sound(conn, watch)
            try:
                tables = [str(name) for (name,) in conn.execute(TABLES)]
            except sqlite3.Error:
                watch.check()
                tables = []
            for table in tables:
                self.found.append(self._table(conn, table, tables, watch))
            landed = {each.into for each in self.wanted if self._has(each)}
            for each in self.wanted:
                if each.into not in landed:
                    self.con.execute(f"DROP TABLE {quoted(each.into)}")
        return sound and all(found.ended for found in self.found)

    def _has(self, wanted: Wanted) -> bool:
        ranks = [Asked.of(wanted.table).rank((found.table,), True) for found in self.found]
        return any(
            rank is not None and found.landed for rank, found in zip(ranks, self.found, strict=True)
        )

    def _text(self, value: bytes) -> str:
        try:
            return value.decode()
        except UnicodeDecodeError:
            self.tell("backups.inside.no_utf8")
            return value.decode("utf-8", "replace")

    def _is_sound(self, conn: sqlite3.Connection, watch: Watch) -> bool:
        try:
            said = [str(line) for (line,) in conn.execute("PRAGMA integrity_check(5)")]
        except sqlite3.Error as error:
            watch.check()
            said = [str(getattr(error, "sqlite_errorname", "") or "")]
        if said == ["ok"]:
            return True
        self.tell("backups.inside.not_sound", breaks=True, said=said[0][:200] if said else "")
        return False

    def _table(
        self, conn: sqlite3.Connection, table: str, tables: list[str], watch: Watch
    ) -> Found:
        names: tuple[str, ...] | None = None
        missing: tuple[str, ...] = ()
        rows, ended, newest, landed = 0, True, None, False
        try:
            listed = conn.execute("SELECT name FROM pragma_table_xinfo(?)", [table])
            names = tuple(str(name) for (name,) in listed)
            (rows,) = conn.execute(f"SELECT count(*) FROM {quoted(table)} NOT INDEXED").fetchone()
            for each in self._meant(table, tables):
                missing = absent(each, names, True)
                landed = len(missing) < len(each.columns)
                if landed:
                    self._land(conn, each, table, names, watch)
                newest = self._newest(conn, each, table, names)
        except sqlite3.Error:
            watch.check()
            self.tell("backups.inside.table_broken", breaks=True, table=table)
            ended = False
        return Found(table, rows, names, ended, newest, landed, missing)

    def _meant(self, table: str, tables: list[str]) -> Iterator[Wanted]:
        """The wanted tables that this one is; the same letters come before another case."""
        for each in self.wanted:
            asked = Asked.of(each.table)
            ranks = {
                name: rank for name in tables if (rank := asked.rank((name,), True)) is not None
            }
            if ranks and min(ranks, key=lambda name: ranks[name]) == table:
                yield each

    def _land(
        self,
        conn: sqlite3.Connection,
        wanted: Wanted,
        table: str,
        names: tuple[str, ...],
        watch: Watch,
    ) -> None:
        at = [place(column, names, True) for column in wanted.columns.values()]
        shown = ", ".join("NULL" if spot is None else quoted(names[spot]) for spot in at)
        with closing(conn.execute(f"SELECT {shown} FROM {quoted(table)}")) as cursor:
            append_rows(self.con, wanted.into, sized(cursor), lambda _: None, watch)

    def _newest(
        self, conn: sqlite3.Connection, wanted: Wanted, table: str, names: tuple[str, ...]
    ) -> str | None:
        spot = None if wanted.newest is None else place(wanted.newest, names, True)
        if spot is None:
            return None
        (most,) = conn.execute(
            f"SELECT max(CAST({quoted(names[spot])} AS TEXT)) FROM {quoted(table)}"
        ).fetchone()
        return None if most is None else str(most)
