"""Reading a file through DuckDB: one frame around every format."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checks.sql import quoted
from governance.config.model import SourceConfig
from governance.errors import GovernanceError, SourceRefused
from governance.sources.files import Stamp, found_file, stamp, unchanged
from governance.sources.landing import STEP, landing, where
from governance.sources.model import (
    Columns,
    Extract,
    Landed,
    Note,
    Progress,
    Reader,
    Source,
    Stop,
    TableInfo,
)
from governance.sources.names import resolve
from governance.sources.places import Places, damage_notes
from governance.sources.watch import EVERY, Watch

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Ask:
    """What a format is asked to open. `con` and `watch` are there when rows are to follow."""

    config: SourceConfig
    path: Path
    table: str | None = None
    wanted: tuple[str, ...] = ()
    con: duckdb.DuckDBPyConnection | None = None
    watch: Watch | None = None

    @property
    def named(self) -> dict[str, str]:
        """What every message about the file says of it."""
        return {"source": self.config.name, "file": self.path.name}


@dataclass(frozen=True)
class Opened:
    """An open table of a file.

    `pieces` gives relations (SQL and bound values) with the columns `c0`, `c1`, … in the order of
    `columns`, all text; a name may be empty, and then the column is not offered. `last` is what
    every cell of the closing row holds that the format added to prove that it read to the end.
    `remarks` gives the notes once all pieces were taken. `broken` tells what an error of
    DuckDB's means, and what it means (None) that the closing row did not arrive. `lines` is about
    how many rows there are, where that is known before they are read. `places` finds cells again.
    """

    columns: Columns
    pieces: Callable[[], Iterator[tuple[str, list[Any]]]]
    last: str | None = None
    remarks: Callable[[], tuple[Note, ...]] = field(default=tuple)
    broken: Callable[[Exception | None], GovernanceError] | None = None
    lines: int = 0
    places: Places | None = None


@dataclass(frozen=True)
class Format:
    """How one kind of file is opened, and the names of the tables it holds."""

    open: Callable[[Ask], AbstractContextManager[Opened]]
    tables: Callable[[Ask], list[str]]


class FileSource(Source):
    def __init__(self, config: SourceConfig, form: Format) -> None:
        self.config, self.form = config, form

    @contextmanager
    def snapshot(self) -> Iterator[Reader]:
        path = found_file(self.config)
        yield FileReader(self.config, path, stamp(path), self.form)


class FileReader(Reader):
    """`before` is what the file was when the snapshot began: all reads must still find it so."""

    def __init__(
        self,
        config: SourceConfig,
        path: Path,
        before: Stamp,
        form: Format,
        notes: tuple[Note, ...] = (),
    ) -> None:
        self.config, self.path, self.before = config, path, before
        self.form, self.notes = form, notes

    def columns(self, table: str | None = None, query: str | None = None) -> Columns:
        self._no_query(query)
        ask = Ask(self.config, self.path, table)
        with unchanged(self.path, self.before, self.config.name), self.form.open(ask) as opened:
            return offered(opened.columns)

    def read(
        self,
        extract: Extract,
        con: duckdb.DuckDBPyConnection,
        into: str,
        progress: Progress,
        stop: Stop,
    ) -> Landed:
        import duckdb

        self._no_query(extract.query)
        name = self.config.name
        watch = Watch(name, stop, con.interrupt, self.config.timeout)
        ask = Ask(self.config, self.path, extract.table, extract.wanted, con, watch)
        with unchanged(self.path, self.before, name), watch, self.form.open(ask) as opened:
            available = offered(opened.columns)
            resolve(name, extract.table or self.path.name, extract.wanted, available)
            with landing(con, into, list(extract.columns)):
                rows = land(opened, extract, con, into, progress, watch)
                said = self.notes + opened.remarks()
                with watch.over(duckdb.InterruptException):
                    said += damage_notes(
                        con, into, extract, ask.named, places(opened), opened.places, said
                    )
            types = dict(available)
            mapped = {canonical: types[column] for canonical, column in extract.columns.items()}
            return Landed(rows, mapped, available, said)

    def catalogue(self) -> tuple[TableInfo, ...]:
        ask = Ask(self.config, self.path)
        with unchanged(self.path, self.before, self.config.name):
            tables = self.form.tables(ask)
        return tuple(TableInfo(table, self.columns(table)) for table in tables)

    def _no_query(self, query: str | None) -> None:
        if query is not None:
            raise SourceRefused("source.query_on_file", source=self.config.name)


def offered(columns: Columns) -> Columns:
    """The columns that have a name."""
    return tuple((name, kind) for name, kind in columns if name)


def land(
    opened: Opened,
    extract: Extract,
    con: duckdb.DuckDBPyConnection,
    into: str,
    progress: Progress,
    watch: Watch,
) -> int:
    """Add the mapped columns of every row that passes the filter; how many rows those are."""
    import duckdb

    shown = ", ".join(places(opened)[column] for column in extract.columns.values())
    condition, values = where(extract.filter, places(opened))
    if opened.last is not None:
        condition, values = f"(({condition}) OR c0 = ?)", [*values, opened.last]
    total, told = 0, 0
    for relation, bound in opened.pieces():
        statement = f"INSERT INTO {quoted(into)} SELECT {shown} FROM {relation} WHERE {condition}"
        try:
            with watch.over(duckdb.InterruptException):
                total += insert(con, statement, [*bound, *values], opened.lines, progress)
        except duckdb.InvalidInputException as error:
            if opened.broken is None:
                raise
            raise opened.broken(error) from None
        watch.check()
        if total // STEP > told:
            told = total // STEP
            progress(total)
    return total - (closing_row(opened, extract, con, into) if opened.last else 0)


def places(opened: Opened) -> dict[str, str]:
    """Each offered column's name in the pieces."""
    return {name: f"c{at}" for at, (name, _) in enumerate(opened.columns) if name}


def insert(
    con: duckdb.DuckDBPyConnection,
    statement: str,
    values: list[Any],
    lines: int,
    progress: Progress,
) -> int:
    """Run one statement and tell, a few times a second, about how many of the `lines` it read.

    How many rows it added.
    """
    if lines < STEP:
        row = con.execute(statement, values).fetchone()
        return int(row[0]) if row else 0
    con.execute("SET enable_progress_bar = true; SET enable_progress_bar_print = false")
    with ThreadPoolExecutor(1, "duiqi-landing") as hand:
        running = hand.submit(lambda: con.execute(statement, values).fetchone())
        try:
            while not wait([running], EVERY).done:
                share = con.query_progress()
                if share > 0:
                    progress(int(lines * min(share, 100.0) / 100))
        except BaseException:
            while not wait([running], EVERY).done:
                con.interrupt()
            raise
    row = running.result()
    con.execute("SET enable_progress_bar = false")
    return int(row[0]) if row else 0


def closing_row(opened: Opened, extract: Extract, con: duckdb.DuckDBPyConnection, into: str) -> int:
    """Take the closing row out again. Raises what `opened.broken` says when it did not arrive."""
    column = quoted(next(iter(extract.columns)))
    statement = f"DELETE FROM {quoted(into)} WHERE {column} = ?"
    row = con.execute(statement, [opened.last]).fetchone()
    if row is None or row[0] != 1:
        assert opened.broken is not None
        raise opened.broken(None)
    return 1
