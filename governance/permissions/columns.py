"""One access table of a sealed snapshot as rows of Python values, in our words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from checks.dictionary import FieldType
from checks.permissions.kinds import KINDS
from checks.permissions.model import Ref, RefersTo
from checks.prepare import Side
from checks.sql import quoted
from governance.config.permissions import AccessTable

Row = dict[str, Any]
BATCH = 10_000
# What a prepared text becomes; anything that does not fit is not known.
_CASTS = {
    FieldType.DATETIME: "TRY_CAST({} AS TIMESTAMPTZ) AT TIME ZONE 'UTC'",
    FieldType.DATE: "TRY_CAST({} AS DATE)",
    FieldType.DECIMAL: "TRY_CAST({} AS DECIMAL(38, 8))",
    FieldType.INTEGER: "TRY_CAST({} AS BIGINT)",
}


@dataclass(frozen=True)
class AccessRows:
    """The rows of one table. `side` is its snapshot, opened on the connection `con`."""

    con: Any
    table: AccessTable
    side: Side

    def expression(self, name: str) -> str:
        """SQL for a field of a prepared row: typed, NULL where nothing is there."""
        kind = KINDS[self.table.kind]
        if name not in {c.name for c in self.side.spec.columns}:
            return "NULL"
        text = f"nullif({self.side.spec.column(name).compared()}, '')"
        cast = _CASTS.get(kind.field(name).type)
        return text if cast is None else cast.format(text)

    def relation(self, *names: str) -> str:
        """SQL for these fields of every row, copies and rows without a key as well."""
        columns = ", ".join(f"{self.expression(n)} AS {quoted(n)}" for n in names)
        return (
            f"(SELECT {columns} FROM {self.side.rows} UNION ALL"
            f" SELECT {columns} FROM {self.side.odd})"
        )

    def __iter__(self) -> Iterator[Row]:
        """Every row by field, in no certain order. A row that lacks what is needed is left out."""
        kind = KINDS[self.table.kind]
        names = [f.name for f in kind.fields]
        found = self.con.execute(f"SELECT * FROM {self.relation(*names)}")
        while batch := found.fetchmany(BATCH):
            for values in batch:
                row = self.meant(dict(zip(names, values, strict=True)))
                if all(row[name] is not None for name in kind.needed):
                    yield row

    def meant(self, row: Row) -> Row:
        """The row in our words: codes translated, constants filled in, names as references."""
        kind = KINDS[self.table.kind]
        for field in kind.fields:
            value = row[field.name]
            if field.name in self.table.constants:
                value = self.table.constants[field.name]
            elif field.words and value is not None:
                value = self.word(field.name, value)
            if field.words[:1] == ("true",):
                value = None if value is None else value == "true"
            elif field.refers and value is not None:
                value = self.reference(field.name, value)
            elif isinstance(value, datetime):
                value = value.replace(tzinfo=UTC)
            row[field.name] = value
        return row

    def word(self, field: str, code: str) -> str | None:
        """Our word for a source's code; None for one that nothing translates."""
        known = self.table.values.get(field)
        if known is not None:
            return known.get(code)
        words = KINDS[self.table.kind].field(field).words
        return code.lower() if code.lower() in words else None

    def reference(self, field: str, value: str) -> Ref:
        to = self.table.refers.get(field, RefersTo.ACCOUNT)
        return Ref(value.upper() if to is RefersTo.PERSON else value, to)
