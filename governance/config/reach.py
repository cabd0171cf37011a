"""What each source's account can and cannot read of what the configuration maps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from checks.dictionary import Mapping
from checks.errors import CodedError
from governance.config.model import Config, SourceConfig
from governance.errors import SchemaDrift, SourceRefused, SourceUnavailable

if TYPE_CHECKING:
    from governance.sources.model import Reader, TableInfo

PATIENCE = timedelta(seconds=20)
# Databases that take `NAME` for `name`.
FOLDING = ("mysql", "mariadb", "sqlite")


class State(StrEnum):
    READABLE = "readable"
    LACKING = "lacking"  # there, but mapped columns are missing or hidden
    MISSING = "missing"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True)
class Told:
    """An error as data: a message id and its parameters."""

    code: str
    params: dict[str, str]


@dataclass(frozen=True)
class TableReach:
    """One mapped table (empty for a file that is itself the table) or query of one entity."""

    entity: str
    table: str
    state: State
    missing: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    unmapped: tuple[str, ...] = ()
    error: Told | None = None


@dataclass(frozen=True)
class SourceReach:
    """One source. `spare` are tables that the account may read though nothing maps them."""

    source: str
    kind: str
    state: State
    tables: tuple[TableReach, ...] = ()
    spare: tuple[str, ...] = ()
    error: Told | None = None

    @property
    def fine(self) -> bool:
        tables = all(table.state is State.READABLE for table in self.tables)
        return tables and self.state is State.READABLE


def reach(config: Config) -> Iterator[SourceReach]:
    """Connect to each source in turn and look at its catalogue; no row is read."""
    for source in config.sources:
        mapped = [
            (entity.name, mapping)
            for entity in config.tables
            if (mapping := entity.mapping_of(source.name)) is not None
        ]
        yield reach_source(source, mapped, config)


def reach_source(
    source: SourceConfig, mapped: list[tuple[str, Mapping]], config: Config
) -> SourceReach:
    from governance.sources import open_source

    hurried = replace(source, timeout=min(source.timeout, PATIENCE))
    try:
        with open_source(hurried, zone=config.time_zone).snapshot() as reader:
            catalogue = reader.catalogue()
            tables = tuple(
                reach_table(reader, entity, mapping, source.kind, catalogue)
                for entity, mapping in mapped
            )
    except (SourceUnavailable, SourceRefused, SchemaDrift) as error:
        return SourceReach(source.name, source.kind, state_of(error), error=told(error))
    spare = spare_tables(catalogue, [mapping for _, mapping in mapped])
    return SourceReach(source.name, source.kind, State.READABLE, tables, spare)


def reach_table(
    reader: Reader, entity: str, mapping: Mapping, kind: str, catalogue: tuple[TableInfo, ...]
) -> TableReach:
    shown = mapping.table or ("" if mapping.query is None else "query")
    try:
        available = [name for name, _ in reader.columns(mapping.table, mapping.query)]
    except (SourceUnavailable, SourceRefused, SchemaDrift) as error:
        return TableReach(entity, shown, state_of(error), error=told(error))
    info = next((table for table in catalogue if same_table(table.name, mapping.table)), None)
    if info is not None and not info.readable:
        return TableReach(entity, shown, State.REFUSED)
    fold = str.casefold if kind in FOLDING else str
    known = {fold(name) for name in available}
    closed = {fold(name) for name in (info.hidden if info else ())}
    conditions = [condition.column for condition in mapping.filter]
    wanted = list(dict.fromkeys([*mapping.columns.values(), *conditions]))
    used = {fold(name) for name in wanted}
    hidden = tuple(name for name in wanted if fold(name) in closed)
    missing = tuple(n for n in wanted if fold(n) not in known and n not in hidden)
    return TableReach(
        entity,
        shown,
        State.LACKING if missing or hidden else State.READABLE,
        missing,
        hidden,
        tuple(name for name in available if fold(name) not in used),
    )


def same_table(name: str, mapped: str | None) -> bool:
    """True where a catalogue's `schema.table` is what the mapping calls `table`."""
    if mapped is None:
        return False
    left, right = name.casefold(), mapped.casefold()
    return left == right or left.endswith(f".{right}") or right.endswith(f".{left}")


def spare_tables(catalogue: tuple[TableInfo, ...], mapped: list[Mapping]) -> tuple[str, ...]:
    """Nothing where a query may use any of them, or a file is its own only table."""
    if any(mapping.table is None for mapping in mapped):
        return ()
    return tuple(
        table.name
        for table in catalogue
        if table.readable and not any(same_table(table.name, m.table) for m in mapped)
    )


def state_of(error: CodedError) -> State:
    if isinstance(error, SourceUnavailable):
        return State.UNAVAILABLE
    return State.MISSING if isinstance(error, SchemaDrift) else State.REFUSED


def told(error: CodedError) -> Told:
    return Told(error.code, error.params)
