"""The two sides of a comparison, opened and prepared: files and database tables alike."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from checks.at_once import Lines
from governance.config.model import SourceConfig
from governance.errors import ConfigError, SourceRefused
from governance.sources import Extract, open_source, split_target
from governance.sources.files import Stamp, stamp, unchanged
from governance.sources.model import Columns, Note, Reader

if TYPE_CHECKING:
    import duckdb

MARKS = (b"\xff\xfe", b"\xfe\xff")
UNIT = b"\x1f"
HEAD = 1 << 16


@dataclass(frozen=True)
class Straight:
    """A CSV file that DuckDB can read where it lies: its header and what parts the cells."""

    header: tuple[str, ...]
    delimiter: str
    whole_lines: bool
    stamp: Stamp


@dataclass(frozen=True)
class Side:
    """One opened side: its columns with their type names, and how to read them."""

    config: SourceConfig
    table: str | None
    reader: Reader
    columns: Columns
    straight: Straight | None = None


def shown_target(target: str) -> str:
    """How a side is called in a message: never with what may hold a password."""
    if "://" not in target:
        return target
    config, table = split_target(target)
    return f"{config.name}#{table}" if table else config.name


@contextmanager
def opened(target: str, zone: str) -> Iterator[Side]:
    """Open a file or a database table. Raises GovernanceError in plain words."""
    config, table = split_target(target)
    if table is None and (config.url is not None or config.kind == "sqlite"):
        raise ConfigError("compare.no_table", side=config.name)
    source = open_source(config, zone=ZoneInfo(zone))
    with source.snapshot() as reader:
        straight = _straight(config)
        if straight is not None:
            columns: Columns = tuple((name, "text") for name in straight.header if name)
        else:
            columns = _columns(config, table, reader)
        yield Side(config, table, reader, columns, straight)


def _columns(config: SourceConfig, table: str | None, reader: Reader) -> Columns:
    if config.kind in ("csv", "tsv") and config.path is not None:
        return _header(config, config.path) or reader.columns(table)
    if config.kind != "jsonl" or config.path is None:
        return reader.columns(table)
    # A name may turn up in the last object only.
    from governance.sources.jsontext import records

    names: dict[str, None] = {}
    for record in records(config.path, config.name):
        names.update(dict.fromkeys(record))
    return tuple((name, "json") for name in names)


def _header(config: SourceConfig, path: Path) -> Columns | None:
    """The columns of a file whose start is UTF-8; the reader would look through all of it."""
    from governance.sources.csvfile import columns, head
    from governance.sources.encoding import detect
    from governance.sources.filereader import Ask

    try:
        if not detect(path, HEAD).startswith("utf-8"):
            return None
        header, _ = head(Ask(config, path), path)
    except SourceRefused:
        return None
    return tuple((name, kind) for name, kind in columns(Ask(config, path), header) if name)


def _straight(config: SourceConfig) -> Straight | None:
    """How to read a CSV file without a copy; None where that is not safe.

    Safe is a file without a quotation mark, in UTF-8 as far as its head shows: DuckDB may cut it
    among threads, which with quoted line ends it gets wrong, and no open quotation can swallow
    the file's end.
    """
    path = config.path
    if config.kind not in ("csv", "tsv") or path is None or not _plain(path):
        return None
    from governance.sources.csvfile import columns, head
    from governance.sources.filereader import Ask

    before = stamp(path)
    ask = Ask(config, path)
    try:
        header, delimiter = head(ask, path)
    except SourceRefused:
        return None
    columns(ask, header)
    # One cell a line is another matter: there an empty line is a row.
    whole_lines = len(header) > 1 and not _holds(path, UNIT)
    return Straight(tuple(header), delimiter, whole_lines, before)


def _plain(path: Path) -> bool:
    if path.stat().st_size == 0 or _holds(path, b'"'):
        return False
    with path.open("rb") as file:
        start = file.read(4096)
    return start[:2] not in MARKS and b"\0" not in start


def _holds(path: Path, mark: bytes) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        return text.find(mark) >= 0


@dataclass(frozen=True)
class Way:
    """How DuckDB reads a CSV file where it lies: cell by cell, or by whole lines if it can."""

    cells: str
    lines: Lines | None


@contextmanager
def straight(side: Side, names: Mapping[str, str], link: Path) -> Iterator[Way | None]:
    """The way to read a CSV file where it lies; None for a side that must be landed first.

    `names` leads from engine name to source name. Raises SourceUnavailable on leaving when the
    file was changed meanwhile.
    """
    path = side.config.path
    if side.straight is None or path is None:
        yield None
        return
    # The link's name holds nothing that DuckDB takes for a pattern or SQL for a quotation mark.
    link.symlink_to(path)
    with unchanged(path, side.straight.stamp, side.config.name):
        lines = _lines(side.straight, names, link) if side.straight.whole_lines else None
        yield Way(_csv_query(side.straight, names, link), lines)


def land(
    side: Side, names: Mapping[str, str], con: duckdb.DuckDBPyConnection, into: str
) -> tuple[Note, ...]:
    """Read the columns `names` (engine name to source name) into the table `into`.

    Raises GovernanceError in plain words.
    """
    # Looking through a text file costs a third of comparing it, and here it is compared as it is.
    extract = Extract(side.config.name, names, side.table, inspected=side.config.kind == "xlsx")
    return side.reader.read(extract, con, into, lambda _: None, lambda: False).notes


def _csv_query(straight: Straight, names: Mapping[str, str], link: Path) -> str:
    place = {name: f"c{at}" for at, name in enumerate(straight.header)}
    kinds = {f"c{at}": "VARCHAR" for at in range(len(straight.header))}
    shown = ", ".join(f"{place[source]} AS {name}" for name, source in names.items())
    return (
        f"(SELECT {shown} FROM read_csv('{link}', columns = {kinds}, auto_detect = false,"
        f" header = true, delim = '{straight.delimiter}', quote = '\"', escape = '\"',"
        " nullstr = ''))"
    )


def _lines(straight: Straight, names: Mapping[str, str], link: Path) -> Lines:
    """The file as lines: parted by a character that it does not hold, they stay whole."""
    relation = (
        f"read_csv('{link}', columns = {{'line': 'VARCHAR'}}, auto_detect = false, header = true,"
        f" delim = '{UNIT.decode()}', quote = '', escape = '', nullstr = '')"
    )
    places = {name: straight.header.index(source) + 1 for name, source in names.items()}
    return Lines(relation, straight.delimiter, len(straight.header), places)
