"""What a source offers and hands over, whatever its kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from checks.dictionary import Condition

if TYPE_CHECKING:
    import duckdb

Columns = tuple[tuple[str, str], ...]
Progress = Callable[[int], None]
Stop = Callable[[], bool]


@dataclass(frozen=True)
class Note:
    """Something a reader of the result should know that did not stop the reading."""

    code: str
    params: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Extract:
    """What to read: canonical names and the source columns they come from.

    `table` is a table or a sheet; `query` a reading statement instead of it. A file without sheets
    needs neither. `inspected` says whether a file is looked through for what a spreadsheet did.
    """

    entity: str
    columns: Mapping[str, str]
    table: str | None = None
    query: str | None = None
    filter: tuple[Condition, ...] = ()
    inspected: bool = True

    @property
    def wanted(self) -> tuple[str, ...]:
        """Every source column that is named, each once."""
        named = [*self.columns.values(), *(condition.column for condition in self.filter)]
        return tuple(dict.fromkeys(named))


@dataclass(frozen=True)
class Landed:
    """What was read. `types` are the source's own type names by canonical name, `available` every
    column that the table or file has."""

    rows: int
    types: dict[str, str]
    available: Columns
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class TableInfo:
    """A table, view or sheet. `readable` is false where the account may read no column of it;
    `hidden` are the columns it may not read."""

    name: str
    columns: Columns
    readable: bool = True
    hidden: tuple[str, ...] = ()


class Reader(ABC):
    """One consistent view of a source. Not for use by two threads at once."""

    @abstractmethod
    def read(
        self,
        extract: Extract,
        con: duckdb.DuckDBPyConnection,
        into: str,
        progress: Progress,
        stop: Stop,
    ) -> Landed:
        """Land every row as text in the new table `into`, columns named canonically.

        The text is what the source prints, NULL kept apart from empty text. `progress` gets the
        rows read so far, now and then. `stop` is asked several times a second, from a helper
        thread too; once it says so the read is abandoned. All or nothing: when this raises there
        is no table.

        Raises SourceUnavailable, SourceRefused or SchemaDrift. After the last two the reader can
        go on with other tables.
        """

    @abstractmethod
    def columns(self, table: str | None = None, query: str | None = None) -> Columns:
        """Name and source type of each column. Raises like `read`."""

    @abstractmethod
    def catalogue(self) -> tuple[TableInfo, ...]:
        """The tables (or sheets) that the account can see, and whether it may read them."""


class Source(ABC):
    """One configured system. Nothing is opened before `snapshot`."""

    @abstractmethod
    def snapshot(self) -> AbstractContextManager[Reader]:
        """Open the source: all reads inside see one moment, as far as the source can give that.

        Where it cannot, every result has a note. Raises SourceUnavailable or SourceRefused.
        """
