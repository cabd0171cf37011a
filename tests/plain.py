"""A second opinion on what differs between two stores, found with plain Python only.

Nothing of `checks` is used beyond the dictionary's own types, so an error there cannot hide itself
here. Slow and short on purpose.
"""

from __future__ import annotations

import csv
import re
import sqlite3
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple

from openpyxl import load_workbook

from checks.dictionary import Entity, Field, Mapping
from governance.config.model import Config, SourceConfig
from governance.demo.faults import Fault
from governance.demo.notation import BUSINESS_ZONE

Row = dict[str, str | None]
SIMPLIFIED = str.maketrans("機電設備貿醫療車鐵軌", "机电设备贸医疗车铁轨")
LEGAL_FORMS = re.compile("(集团|股份|有限|责任|公司)+$")


class Difference(NamedTuple):
    """One finding; `key` is normalised, empty for a row without one."""

    entity: str
    left: str
    right: str
    key: tuple[str, ...]
    kind: str
    field: str | None
    cell_class: str | None


def told(faults: Iterable[Fault]) -> Counter[Difference]:
    """Planted faults in the words of this module."""
    found: Counter[Difference] = Counter()
    for f in faults:
        key = Difference(f.entity, f.left, f.right, f.key, f.kind, f.field, f.cell_class)
        found[key] += f.copies
    return found


def squeezed(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def text(value: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", value).split())


def company_name(value: str) -> str:
    return LEGAL_FORMS.sub("", squeezed(value).translate(SIMPLIFIED))


def phone(value: str) -> str:
    return re.sub(r"\D", "", value)[-11:]


def amount(value: str) -> str | Decimal:
    plain = squeezed(value).replace(",", "").strip("¥元")
    try:
        return Decimal(plain[:-1]) * 10_000 if plain.endswith("万") else Decimal(plain)
    except InvalidOperation:
        return value


def percent(value: str) -> Decimal:
    return Decimal(value[:-1]) / 100 if value.endswith("%") else Decimal(value)


def day(value: str) -> str | date:
    numbers = [int(number) for number in re.findall(r"\d+", value)]
    return date(*numbers) if len(numbers) == 3 else value


def moment(value: str) -> datetime:
    read = datetime.fromisoformat(value.replace("Z", "+00:00"))
    return (read if read.tzinfo else read.replace(tzinfo=BUSINESS_ZONE)).astimezone(UTC)


NORMALISERS: dict[str, Callable[[str], object]] = {
    "text": text,
    "code": lambda value: text(value).upper(),
    "company_name": company_name,
    "person_name": squeezed,
    "phone": phone,
    "email": lambda value: text(value).lower(),
    "credit_code": lambda value: squeezed(value).upper(),
    "id_number": lambda value: squeezed(value).upper(),
    "amount": amount,
    "percent": percent,
    "date": day,
    "datetime": moment,
    "integer": lambda value: str(int(value)),
    "boolean": lambda value: value.lower() in ("1", "t", "true"),
}


def read(source: SourceConfig, mapping: Mapping) -> list[Row]:
    """All rows of one mapping, canonical names, everything as text."""
    assert source.path is not None
    if source.kind == "sqlite":
        rows = from_sqlite(source.path, str(mapping.table))
    else:
        newest = max(source.path.iterdir())
        rows = from_csv(newest) if newest.suffix == ".csv" else from_workbook(newest)
    kept = [
        row for row in rows if all((row[c.column] in c.values) != c.negated for c in mapping.filter)
    ]
    return [{name: row[column] for name, column in mapping.columns.items()} for row in kept]


def from_sqlite(path: Path, table: str) -> list[Row]:
    with closing(sqlite3.connect(path)) as connection:
        cursor = connection.execute(f"SELECT * FROM {table}")
        names = [column[0] for column in cursor.description]
        return [
            {n: None if v is None else str(v) for n, v in zip(names, line, strict=True)}
            for line in cursor
        ]


def from_csv(path: Path) -> list[Row]:
    with path.open(encoding="gb18030", newline="") as stream:
        return [{n: v or None for n, v in row.items()} for row in csv.DictReader(stream)]


def from_workbook(path: Path) -> list[Row]:
    book = load_workbook(path, read_only=True)
    lines = list(book.worksheets[0].iter_rows(values_only=True))
    book.close()
    names = [str(name) for name in lines[0]]
    return [
        {n: None if v is None else str(v) for n, v in zip(names, line, strict=True)}
        for line in lines[1:]
    ]


def normalised(field: Field, value: str | None) -> object:
    if value is None or field.reader is None:
        return value
    return NORMALISERS[field.reader](value)


def within(field: Field, left: object, right: object) -> bool:
    tolerance = field.tolerance
    if tolerance is None or type(left) is not type(right):
        return False
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        largest = max(abs(left), abs(right))
        return abs(left - right) <= (tolerance.absolute or (tolerance.relative or 0) * largest)
    if isinstance(left, datetime) and isinstance(right, datetime):
        return abs(left - right) <= (tolerance.time or timedelta())
    return False


class Comparison:
    """Both sides of one entity, cell by cell."""

    def __init__(self, config: Config, entity: Entity) -> None:
        self.entity = entity
        self.left, self.right = (mapping.source for mapping in entity.mappings)
        self.found: Counter[Difference] = Counter()
        self.aligned: Counter[Difference] = Counter()
        sides = [
            self.by_key(read(config.source(m.source), m), side)
            for m, side in zip(entity.mappings, ("left", "right"), strict=True)
        ]
        for key in sides[0].keys() | sides[1].keys():
            self.compare(key, sides[0].get(key, []), sides[1].get(key, []))

    def note(self, key: tuple[str, ...], kind: str, field: str | None = None,
             how: str | None = None) -> None:  # fmt: skip
        pile = self.aligned if how in ("normalized", "within_tolerance") else self.found
        pile[Difference(self.entity.name, self.left, self.right, key, kind, field, how)] += 1

    def by_key(self, rows: list[Row], side: str) -> dict[tuple[str, ...], list[Row]]:
        found: dict[tuple[str, ...], list[Row]] = defaultdict(list)
        for row in rows:
            parts = [normalised(self.entity.field_named(n), row[n]) for n in self.entity.key]
            if None in parts:
                self.note((), f"null_key_{side}")
            else:
                found[tuple(str(part) for part in parts)].append(row)
        return found

    def compare(self, key: tuple[str, ...], left: list[Row], right: list[Row]) -> None:
        if not left or not right:
            for _ in left or right:
                self.note(key, "only_left" if left else "only_right")
        elif len(left) > 1 or len(right) > 1:
            self.compare_copies(key, left, right)
        else:
            for field in self.entity.fields:
                if field.name not in self.entity.key:
                    self.compare_cells(key, field, left[0][field.name], right[0][field.name])

    def compare_copies(self, key: tuple[str, ...], left: list[Row], right: list[Row]) -> None:
        def whole(rows: list[Row]) -> Counter[tuple[object, ...]]:
            fields = self.entity.fields
            return Counter(tuple(normalised(f, row[f.name]) for f in fields) for row in rows)

        for _ in (whole(left) - whole(right)).elements():
            self.note(key, "duplicate_left")
        for _ in (whole(right) - whole(left)).elements():
            self.note(key, "duplicate_right")

    def compare_cells(
        self, key: tuple[str, ...], field: Field, left: str | None, right: str | None
    ) -> None:
        if left == right:
            return
        if left is None or right is None:
            self.note(key, "mismatch", field.name, "null_vs_value")
            return
        mine, theirs = normalised(field, left), normalised(field, right)
        how = "normalized" if mine == theirs else "different"
        if how == "different" and within(field, mine, theirs):
            how = "within_tolerance"
        self.note(key, "mismatch", field.name, how)


def compare_all(config: Config) -> tuple[Counter[Difference], Counter[Difference]]:
    """Findings, and differences in writing only, of every entity."""
    found: Counter[Difference] = Counter()
    aligned: Counter[Difference] = Counter()
    for entity in config.entities:
        comparison = Comparison(config, entity)
        found += comparison.found
        aligned += comparison.aligned
    return found, aligned
