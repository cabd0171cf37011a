"""What reading a dump has come to so far: tables, rows, what was landed, what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from checks.backups.model import Mark, Problem
from checks.sql import quoted
from governance.backups.content.columns import Column
from governance.backups.content.model import Found, Wanted
from governance.backups.content.names import Asked
from governance.sources.landing import append, landing_all

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from governance.backups.content.forms import Form
    from governance.backups.content.literals import Taken

# Gives one column of a block by its place.
ColumnAt = Callable[[int], "Taken"]


HELD_BYTES, HELD_BLOCKS = 16 << 20, 1000


@dataclass
class Table:
    """A table met in a dump. `path` is its name with database and schema as far as they are told,
    of which the first `inside` are the database.

    `listed` are the columns that the data names itself, in its order.
    """

    path: tuple[str, ...]
    inside: int = 0
    rows: int = 0
    columns: tuple[Column, ...] | None = None
    listed: tuple[str, ...] | None = None
    ended: bool = True
    newest: str | None = None
    landings: list[Landing] = field(default_factory=list)
    parent: Table | None = None

    @property
    def name(self) -> str:
        return ".".join(self.path)

    @property
    def names(self) -> tuple[str, ...] | None:
        if self.columns is not None:
            return tuple(column.name for column in self.columns)
        return self.listed

    def kind(self, name: str) -> str | None:
        """The type of a column; None: the dump does not say."""
        same = [column.kind for column in self.columns or () if column.name == name]
        return same[0] if same else None


@dataclass
class Landing:
    """A wanted table and the one of the dump that it turned out to be."""

    wanted: Wanted
    asked: Asked
    table: Table | None = None
    rank: int | None = None
    rows: int = 0
    newest: str | None = None
    missing: tuple[str, ...] = ()
    # What waits to be added, and its bytes: every single addition costs DuckDB some.
    held: list[list[pa.Array]] = field(default_factory=list)
    size: int = 0


class Tally:
    """The tables of one dump, and the landing of those that are wanted.

    `fold`: the server may take names that differ in case for the same. `form` says how a column of
    a type is brought to text.
    """

    def __init__(
        self,
        wanted: tuple[Wanted, ...],
        con: DuckDBPyConnection,
        fold: bool,
        form: Callable[[Table, str], Form | None],
    ) -> None:
        self._con, self._fold, self._form = con, fold, form
        self.tables: dict[tuple[str, ...], Table] = {}
        self.landings = [Landing(each, Asked.of(each.table)) for each in wanted]
        self.problems: list[Problem] = []

    @contextmanager
    def landing(self) -> Iterator[None]:
        """The wanted tables, empty at first; those that the dump does not hold are dropped."""
        tables = {each.wanted.into: list(each.wanted.columns) for each in self.landings}
        with landing_all(self._con, tables):
            yield
            for each in self.landings:
                self._flush(each)
                names = each.table.names if each.table is not None else None
                if not each.rows and names is not None:
                    each.missing = absent(each.wanted, names, self._fold)
                if each.table is None or len(each.missing) == len(each.wanted.columns):
                    self._con.execute(f"DROP TABLE {quoted(each.wanted.into)}")

    def table(self, path: tuple[str, ...], inside: int = 0) -> Table:
        """The table of that name, from now on known."""
        found = self.tables.get(path)
        if found is None:
            found = self.tables[path] = Table(path, inside)
            self._bind(found)
        return found

    def _bind(self, table: Table) -> None:
        for each in self.landings:
            rank = each.asked.rank(table.path, self._fold)
            if rank is None:
                continue
            if each.rank is not None:
                names = [known.name for known in (each.table, table) if known is not None]
                self.tell(
                    "backups.inside.table_twice", table=each.wanted.table, names=", ".join(names)
                )
                if rank >= each.rank:
                    continue
                assert each.table is not None
                each.table.landings.remove(each)
                self._con.execute(f"DELETE FROM {quoted(each.wanted.into)}")
                each.rows, each.newest, each.held, each.size = 0, None, [], 0
            each.table, each.rank = table, rank
            table.landings.append(each)

    def tell(
        self, code: str, mark: Mark | None = None, breaks: bool = False, **params: str
    ) -> None:
        """Keep a problem, each once."""
        problem = Problem(code, params, mark, breaks)
        if problem not in self.problems:
            self.problems.append(problem)

    def add(self, table: Table, names: Sequence[str], rows: int, column: ColumnAt) -> None:
        """Count rows, and land them where they are wanted. `names` are the columns of the data."""
        table.rows += rows
        for each in self.wanting(table):
            self._land(each, table, names, rows, column)

    def places(self, table: Table, names: Sequence[str]) -> frozenset[int]:
        """Which of the data's columns are wanted of a table."""
        asked = (
            name
            for each in self.wanting(table)
            for name in (*each.wanted.columns.values(), each.wanted.newest)
            if name is not None
        )
        found = (place(name, names, self._fold) for name in asked)
        return frozenset(at for at in found if at is not None)

    def wanting(self, table: Table) -> list[Landing]:
        """Who takes the rows of a table: a partition's belong to the whole table too."""
        found = list(table.landings)
        parent = table.parent
        while parent is not None:
            found += parent.landings
            parent = parent.parent
        return found

    def _land(
        self, each: Landing, table: Table, names: Sequence[str], rows: int, column: ColumnAt
    ) -> None:
        import pyarrow as pa

        texts: dict[str, pa.Array] = {}

        def text(name: str) -> pa.Array | None:
            real = place(name, names, self._fold)
            if real is None:
                return None
            if name not in texts:
                texts[name] = self._text(table, names[real], column(real))
            return texts[name]

        arrays = {canonical: text(name) for canonical, name in each.wanted.columns.items()}
        each.missing = absent(each.wanted, names, self._fold)
        nothing = pa.nulls(rows, pa.string())
        each.held.append([nothing if array is None else array for array in arrays.values()])
        each.size += sum(array.nbytes for array in each.held[-1])
        if each.size >= HELD_BYTES or len(each.held) >= HELD_BLOCKS:
            self._flush(each)
        each.rows += rows
        if each.wanted.newest:
            found = text(each.wanted.newest)
            each.newest = greatest(each.newest, found)

    def _flush(self, each: Landing) -> None:
        import pyarrow as pa

        if each.held:
            columns = zip(*each.held, strict=True)
            append(self._con, each.wanted.into, [pa.chunked_array(column) for column in columns])
            each.held, each.size = [], 0

    def _text(self, table: Table, name: str, taken: Taken) -> pa.Array:
        import pyarrow as pa

        from governance.backups.content.forms import Form, formed

        form = self._form(table, name)
        if form is None:
            form = Form.BYTES if taken.is_hex else Form.TEXT
        if form is Form.SINGLE:
            self.tell("backups.inside.float", table=table.name, column=name)
        try:
            return formed(taken, form)
        except pa.ArrowInvalid:
            self.tell("backups.inside.not_text", table=table.name, column=name)
            values = taken.cells.to_pylist()
            return pa.array([None if v is None else v.decode("utf-8", "replace") for v in values])

    def found(self) -> tuple[Found, ...]:
        """Every table. Its name holds the database only where there are several."""
        several = len({table.path[: table.inside] for table in self.tables.values()}) > 1
        return tuple(self._found(table, several) for table in self.tables.values())

    def _found(self, table: Table, several: bool) -> Found:
        landed = [each for each in self.landings if each.table is table]
        newest = [each.newest for each in landed if each.newest is not None]
        missing = {name for each in landed for name in each.missing}
        names = table.names
        return Found(
            ".".join(table.path[0 if several else table.inside :]),
            table.rows + sum(t.rows for t in self.tables.values() if self._is_part(t, table)),
            names,
            table.ended,
            max(newest) if newest else None,
            any(len(each.missing) < len(each.wanted.columns) for each in landed),
            tuple(sorted(missing)),
        )

    def _is_part(self, part: Table, whole: Table) -> bool:
        while part.parent is not None:
            part = part.parent
            if part is whole:
                return True
        return False


def place(name: str, names: Sequence[str], fold: bool) -> int | None:
    """Where a wanted column stands among those of the data."""
    if name in names:
        return list(names).index(name)
    folded = [known.casefold() for known in names]
    return folded.index(name.casefold()) if fold and name.casefold() in folded else None


def absent(wanted: Wanted, names: Sequence[str], fold: bool) -> tuple[str, ...]:
    """The wanted columns that are not among those of the data."""
    return tuple(c for c in wanted.columns.values() if place(c, names, fold) is None)


def greatest(known: str | None, column: pa.Array | None) -> str | None:
    import pyarrow.compute as pc

    if column is None:
        return known
    most = pc.max(column).as_py()
    if most is None or known is None:
        return known if most is None else str(most)
    return max(known, str(most))
