"""Sealed run files opened for reading: verified, attached read-only, kept for a while.

A handle is one in-memory DuckDB with the run files of one `Reading` attached. It is immutable, as
the files are, so any number of threads may read it, each through a cursor of its own.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from checks.sql import literal, quoted
from governance.reading.archive import Archive
from governance.reading.model import Reading
from governance.reading.query import CASES, COLUMNS
from governance.reading.voices import SAID, Heard
from governance.runs.causes import CAUSES
from governance.runs.events import EVENTS
from governance.runs.findings import FINDINGS
from governance.store import Home, Proofs, attach, engine

if TYPE_CHECKING:
    import duckdb

KEPT = 3
REMEMBERED = 500
SEARCHED = 1000
T = TypeVar("T")


@dataclass
class Handle:
    """One `Reading`, attached. `known` remembers counts, which sealed files never change."""

    con: duckdb.DuckDBPyConnection
    reading: Reading
    known: dict[object, Any] = field(default_factory=dict)
    readers: int = 0
    retired: bool = False
    heard: Heard = field(default_factory=Heard)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _searchable: bool = False

    def remembered(self, name: object, ask: Callable[[], T]) -> T:
        """What `ask` said the first time for this name."""
        if name not in self.known:
            answer = ask()
            if len(self.known) >= REMEMBERED:
                self.known.clear()
            self.known[name] = answer
            return answer
        made: T = self.known[name]
        return made

    def searchable(self) -> None:
        """Build the table that text search reads; the first search over a reading pays for it.

        1M findings: 0.7 CPU seconds once, then 50 ms a search instead of 700.
        """
        with self._lock:
            if self._searchable:
                return
            texts = ("key_shown", "display", "left_value", "right_value")
            sought = ", ".join(f"left({column}, {SEARCHED})" for column in texts)
            self.con.cursor().execute(
                "CREATE TABLE hay AS SELECT part, pos, "
                f"lower(concat_ws(chr(31), {sought})) AS text FROM findings"
            )
            self._searchable = True


class Shelf:
    """Hands out handles and keeps the newest few. Safe for many threads."""

    def __init__(self, home: Home, kept: int = KEPT) -> None:
        self.home = home
        self.proofs = Proofs()
        self.archive = Archive(home, self.proofs)
        self._kept = kept
        self._handles: OrderedDict[tuple[object, ...], Handle] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def open(self, reading: Reading) -> Iterator[Handle]:
        """A handle on `reading`, which stays open for as long as the block runs.

        Raises EvidenceTampered where a run file is not what the ledger recorded.
        """
        with self._lock:
            handle = self._handles.get(reading.parts)
            if handle is None:
                handle = Handle(attached(self.home, self.proofs, reading), reading)
                self._handles[reading.parts] = handle
            self._handles.move_to_end(reading.parts)
            handle.readers += 1
            self._shed()
        try:
            yield handle
        finally:
            with self._lock:
                handle.readers -= 1
                if handle.retired and handle.readers == 0:
                    handle.con.close()

    def close(self) -> None:
        """Close every handle once its last reader is done."""
        self.archive.close()
        with self._lock:
            self._shed(everything=True)

    def _shed(self, everything: bool = False) -> None:
        while len(self._handles) > (0 if everything else self._kept):
            _, oldest = self._handles.popitem(last=False)
            oldest.retired = True
            if oldest.readers == 0:
                oldest.con.close()


def attached(home: Home, proofs: Proofs, reading: Reading) -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB with views `findings`, `causes`, `pairs` and `fields` of run files."""
    con = engine(home)
    try:
        for statement in SAID:
            con.execute(statement)
        files = {s.file: s for p in reading.parts for s in (p.newest, p.earlier) if s}
        names = {file: f"run_{sealed.run}" for file, sealed in files.items()}
        for file, sealed in files.items():
            attach(con, proofs.prove(home, file, sealed.sha256), names[file])
        if reading.parts:
            _views(con, reading, names)
    except BaseException:
        con.close()
        raise
    return con


def _views(con: duckdb.DuckDBPyConnection, reading: Reading, names: dict[str, str]) -> None:
    selects = []
    for number, part in enumerate(reading.parts):
        spoken, state = part.newest, "state"
        if part.earlier and not _carried(con, names[part.newest.file], part.check):
            spoken, state = part.earlier, "CASE WHEN state = 'gone' THEN state ELSE 'unchecked' END"
        known = _columns(con, names[spoken.file])
        columns = ", ".join(
            f"{state} AS state"
            if c == "state"
            else c
            if c in known
            else f"CAST(NULL AS {FINDINGS[c]}) AS {c}"
            for c in COLUMNS
        )
        selects.append(
            f"SELECT {columns}, {number} AS part, rowid AS pos, {spoken.run} AS run "
            f"FROM {names[spoken.file]}.main.findings WHERE check_name = {literal(part.check)}"
        )
    con.execute("CREATE VIEW findings AS " + " UNION ALL ".join(selects))
    con.execute(CASES)
    con.execute("CREATE VIEW events AS " + _events(con, reading, names))
    _causes(con, reading, names)
    for table in ("pairs", "fields"):
        of_checks = (
            f"SELECT *, {part.newest.run} AS run FROM {names[part.newest.file]}.main.{table} "
            f"WHERE check_name = {literal(part.check)}"
            for part in reading.parts
        )
        con.execute(f"CREATE VIEW {table} AS " + " UNION ALL ".join(of_checks))


def _events(con: duckdb.DuckDBPyConnection, reading: Reading, names: dict[str, str]) -> str:
    """What happened to the findings, as the newest run of each check has it."""
    columns = ", ".join(quoted(name) for name in EVENTS)
    nothing = ", ".join(f"CAST(NULL AS {kind}) AS {quoted(n)}" for n, kind in EVENTS.items())
    selects = [f"SELECT {nothing} WHERE false"]
    known = "SELECT 1 FROM duckdb_tables() WHERE database_name = ? AND table_name = 'events'"
    for part in reading.parts:
        name = names[part.newest.file]
        if con.execute(known, [name]).fetchall():
            mine = f"check_name = {literal(part.check)}"
            selects.append(f"SELECT {columns} FROM {name}.main.events WHERE {mine}")
    return " UNION ALL ".join(selects)


def _causes(con: duckdb.DuckDBPyConnection, reading: Reading, names: dict[str, str]) -> None:
    """The view `causes`: of the run whose findings speak, none for a run of an older form."""
    declared = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in CAUSES.items())
    selects = [f"SELECT {declared}, 0 AS part WHERE false"]
    for number, part in enumerate(reading.parts):
        spoken = part.newest
        if part.earlier and not _carried(con, names[part.newest.file], part.check):
            spoken = part.earlier
        if "cause" in _columns(con, names[spoken.file], "causes"):
            selects.append(
                f"SELECT {', '.join(CAUSES)}, {number} FROM {names[spoken.file]}.main.causes"
                f" WHERE check_name = {literal(part.check)}"
            )
    con.execute("CREATE VIEW causes AS " + " UNION ALL ".join(selects))


def _columns(con: duckdb.DuckDBPyConnection, name: str, table: str = "findings") -> frozenset[str]:
    """The columns of a run file's table: one sealed by an older version may lack some."""
    query = "SELECT column_name FROM duckdb_columns() WHERE database_name = ? AND table_name = ?"
    return frozenset(column for (column,) in con.execute(query, [name, table]).fetchall())


def _carried(con: duckdb.DuckDBPyConnection, name: str, check: str) -> bool:
    """Whether a run that could not evaluate a check carried its earlier findings on."""
    query = f"SELECT 1 FROM {name}.main.findings WHERE check_name = ? LIMIT 1"
    return con.execute(query, [check]).fetchone() is not None
