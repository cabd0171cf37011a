"""What is wanted of a dump, and what reading it found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from checks.backups.model import Problem

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Bytes of the file read so far.
Progress = Callable[[int], None]
Stop = Callable[[], bool]


@dataclass(frozen=True)
class Wanted:
    """A table whose rows are landed as text: canonical names and the dump's columns they come from.

    `table` as the mapping names it, perhaps with its schema. `newest` is a column whose greatest
    value is wanted.
    """

    table: str
    columns: Mapping[str, str]
    into: str
    newest: str | None = None


@dataclass(frozen=True)
class Found:
    """A table that the dump holds. `columns` None: the dump does not say. `ended` False: its data
    breaks off. `newest` is the greatest text of the wanted column as the dump prints it."""

    table: str
    rows: int
    columns: tuple[str, ...] | None = None
    ended: bool = True
    newest: str | None = None
    landed: bool = False
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dump:
    """What a whole reading came to. Times are texts as printed, without a zone.

    `ended` as in `checks.backups.model.Content`. `tables` are all that the dump defines or fills.
    """

    kind: str
    bytes_read: int
    seconds: float
    ended: bool | None
    tables: tuple[Found, ...]
    problems: tuple[Problem, ...] = ()
    tool: str | None = None
    server: str | None = None
    databases: tuple[str, ...] = ()
    started: str | None = None
    finished: str | None = None


class DumpReader(Protocol):
    """Reads one form of dump in one pass, in bounded memory."""

    KIND: str

    def read(
        self,
        path: Path,
        wanted: tuple[Wanted, ...],
        con: DuckDBPyConnection,
        progress: Progress,
        stop: Stop,
    ) -> Dump:
        """Count every table's rows and land those that are wanted.

        Damage is a problem of the result, not an exception: what stands before it is counted.
        Raises SourceUnavailable where the file cannot be opened, and stops soon after `stop` says
        so by raising the same as `governance.sources` does.
        """
        ...
