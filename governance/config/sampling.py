"""Looking into a system for `duiqi init`: its tables, and some rows of the likely ones."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from checks.dictionary import Title
from checks.errors import CodedError
from governance.config.model import SourceConfig
from governance.config.synonyms import entity_of, field_of, may_be_read
from governance.sources.kinds import FILE_FORMATS

if TYPE_CHECKING:
    from governance.sources.model import Reader, TableInfo

ROWS = 5_000
PATIENCE = timedelta(minutes=1)
TABLES = 30
QUOTES = {"mysql": "`", "mariadb": "`"}


@dataclass(frozen=True)
class Sample:
    """Some rows of one table. `table` is what a mapping calls it, None for a file without sheets.

    `left_out` are columns that were not read because they look like passwords or tokens.
    """

    source: str
    table: str | None
    name: str
    columns: tuple[str, ...]
    types: dict[str, str]
    rows: tuple[tuple[str | None, ...], ...]
    left_out: tuple[str, ...] = ()

    def values(self, column: str) -> list[str | None]:
        place = self.columns.index(column)
        return [row[place] for row in self.rows]


@dataclass(frozen=True)
class Looked:
    """What a look at one system gave. `passed_over` are tables not looked into, with the reason."""

    config: SourceConfig
    samples: tuple[Sample, ...]
    passed_over: tuple[tuple[str, str], ...] = ()


def source_of(name: str, where: str) -> SourceConfig:
    """The source that an address or a file name means. Raises ConfigError for neither."""
    from governance.sources import source_config_for

    title = Title(zh=name.upper(), en=name.upper())
    return replace(source_config_for(where), name=name, title=title, timeout=PATIENCE)


def look(config: SourceConfig, zone: ZoneInfo, progress: Callable[[str], None]) -> Looked:
    """Read the catalogue and some rows of the likeliest tables. Raises like a source."""
    from governance.sources import open_source

    samples: list[Sample] = []
    passed_over: list[tuple[str, str]] = []
    with open_source(config, zone=zone).snapshot() as reader:
        tables = sorted(reader.catalogue(), key=likely, reverse=True)
        for table in tables:
            if not table.readable or len(samples) >= TABLES:
                passed_over.append((table.name, "refused" if not table.readable else "many"))
                continue
            progress(table.name)
            try:
                samples.append(sample(reader, config, table))
            except CodedError:
                passed_over.append((table.name, "failed"))
    return Looked(config, tuple(samples), tuple(passed_over))


def likely(table: TableInfo) -> int:
    """How much a table looks like one of the dictionary's entities."""
    entity = entity_of(table.name)
    if entity is None:
        return 0
    return 10 + sum(field_of(entity, column) is not None for column, _ in table.columns)


def sample(reader: Reader, config: SourceConfig, table: TableInfo) -> Sample:
    import duckdb

    from governance.sources.model import Extract

    listed = [name for name, _ in table.columns if name not in table.hidden]
    named = config.kind == "xlsx" or config.kind not in FILE_FORMATS
    if not listed:
        listed = [name for name, _ in reader.columns(table.name if named else None)]
    columns = tuple(name for name in listed if may_be_read(name))
    safe = {f"c{place}": column for place, column in enumerate(columns)}
    query = head_of(table.name, columns, config.kind)
    extract = Extract(
        entity=table.name,
        columns=safe,
        table=None if query or not named else table.name,
        query=query,
    )
    into = f"t{uuid.uuid4().hex}"
    with duckdb.connect(config={"autoinstall_known_extensions": "false",
                                "autoload_known_extensions": "false"}) as con:  # fmt: skip
        landed = reader.read(extract, con, into, lambda _: None, lambda: False)
        names = ", ".join(safe)
        rows = con.execute(f"SELECT {names} FROM {into} LIMIT {ROWS}").fetchall()
    types = {column: landed.types.get(name, "") for name, column in safe.items()}
    return Sample(
        config.name,
        table.name if named else None,
        table.name if named else Path(str(config.path)).stem,
        columns,
        types,
        tuple(rows),
        tuple(name for name in listed if name not in columns),
    )


def head_of(table: str, columns: tuple[str, ...], kind: str) -> str | None:
    """The first rows by key, so that two samples hold the same records; None where all is read."""
    if kind in FILE_FORMATS or kind == "folder":
        return None
    mark = QUOTES.get(kind, '"')

    def quoted(name: str) -> str:
        return mark + name.replace(mark, mark * 2) + mark

    place = ".".join(quoted(part) for part in table.split("."))
    wanted = ", ".join(quoted(column) for column in columns)
    entity = entity_of(table) or ""
    keys = [c for c in columns if (field_of(entity, c) or "").removesuffix("_no") == entity]
    order = f" ORDER BY {quoted(keys[0])}" if keys else ""
    return f"SELECT {wanted} FROM {place}{order} LIMIT {ROWS}"
