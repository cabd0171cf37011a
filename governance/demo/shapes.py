"""What a table of the demo is: its columns, their types in each dialect, how it is created."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Store = Literal["crm", "oa"]
Dialect = Literal["sqlite", "postgresql", "mariadb"]

TYPES: dict[str, dict[Dialect, str]] = {
    "id": {
        "sqlite": "INTEGER PRIMARY KEY",
        "postgresql": "bigint PRIMARY KEY",
        "mariadb": "bigint PRIMARY KEY",
    },
    "text": {
        "sqlite": "VARCHAR(200)",
        "postgresql": "varchar(200)",
        "mariadb": "varchar(200)",
    },
    "line": {"sqlite": "VARCHAR(120)", "postgresql": "varchar(120)", "mariadb": "varchar(120)"},
    "integer": {"sqlite": "INTEGER", "postgresql": "integer", "mariadb": "int"},
    "money": {
        "sqlite": "DECIMAL(16,2)",
        "postgresql": "numeric(16,2)",
        "mariadb": "decimal(16,2)",
    },
    "share": {"sqlite": "DECIMAL(6,4)", "postgresql": "numeric(6,4)", "mariadb": "decimal(6,4)"},
    "date": {"sqlite": "DATE", "postgresql": "date", "mariadb": "date"},
    "instant": {"sqlite": "TIMESTAMP", "postgresql": "timestamptz", "mariadb": "datetime"},
    "local": {"sqlite": "DATETIME", "postgresql": "timestamp", "mariadb": "datetime"},
    "flag": {"sqlite": "BOOLEAN", "postgresql": "boolean", "mariadb": "tinyint(1)"},
}


@dataclass(frozen=True)
class Column:
    """One column and the canonical field it holds, which need not be one that is compared."""

    name: str
    type: str
    field: str


@dataclass(frozen=True)
class Table:
    """One table; its first column is the row's own number."""

    store: Store
    name: str
    entity: str
    columns: tuple[Column, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(column.field for column in self.columns[1:])

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def column_of(self, field: str) -> str:
        return next(column.name for column in self.columns if column.field == field)


def table(store: Store, name: str, entity: str, text: str) -> Table:
    """A table from lines of `column type field`."""
    columns = [Column("id", "id", "id")]
    for line in text.strip().splitlines():
        column, kind, field = line.split()
        columns.append(Column(column, kind, field))
    return Table(store, name, entity, tuple(columns))


def create_statement(shape: Table, dialect: Dialect) -> str:
    """The CREATE TABLE of one dialect; no constraints, as copies and lost keys must fit in."""
    lines = ", ".join(f"{c.name} {TYPES[c.type][dialect]}" for c in shape.columns)
    return f"CREATE TABLE {shape.name} ({lines})"
