"""The data dictionary: what a company calls its records and fields, and where they live.

Plain frozen values without behaviour. The loader in `governance.config` builds them from
`governance.yaml` and has checked every name by the time they exist.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum


class FieldType(StrEnum):
    """What a field holds. Codes stay text: `007` is not `7`."""

    TEXT = "text"
    CODE = "code"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"


class Sensitivity(StrEnum):
    """Who may see a value. `personal` and `sensitive` values are never stored in the clear."""

    PUBLIC = "public"
    INTERNAL = "internal"
    PERSONAL = "personal"
    SENSITIVE = "sensitive"

    @property
    def is_masked(self) -> bool:
        return self in (Sensitivity.PERSONAL, Sensitivity.SENSITIVE)


@dataclass(frozen=True)
class Title:
    """A name in both languages."""

    zh: str
    en: str

    def in_language(self, language: str) -> str:
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True)
class Tolerance:
    """How far two values may lie apart and still be aligned; exactly one part is set.

    `absolute` is in the field's unit, `relative` is a fraction of the larger magnitude (0.01 is
    1 %), `time` applies to dates and instants. The boundary itself is within.
    """

    absolute: Decimal | None = None
    relative: Decimal | None = None
    time: timedelta | None = None


@dataclass(frozen=True)
class Field:
    """One canonical field of an entity. `weight` runs from 1 (cosmetic) to 10 (vital)."""

    name: str
    title: Title
    type: FieldType = FieldType.TEXT
    normalizer: str | None = None
    required: bool = False
    sensitivity: Sensitivity = Sensitivity.INTERNAL
    tolerance: Tolerance | None = None
    weight: int = 3
    authority: str | None = None

    @property
    def reader(self) -> str | None:
        """The normaliser that makes values comparable; None where text is compared as written."""
        if self.normalizer is not None:
            return self.normalizer
        return None if self.type is FieldType.TEXT else self.type.value


@dataclass(frozen=True)
class Condition:
    """One line of a mapping's filter: the source column's value is (or is not) among `values`.

    None stands for NULL. Values are bound, never pasted into SQL.
    """

    column: str
    values: tuple[str | None, ...]
    negated: bool = False


@dataclass(frozen=True)
class Mapping:
    """Where one source keeps an entity: a table (or a sheet, or a query) and its columns.

    `import_template` names the columns that the source's own import expects, by field and in order;
    empty where they are those of the table.
    """

    source: str
    columns: dict[str, str]
    table: str | None = None
    query: str | None = None
    filter: tuple[Condition, ...] = ()
    import_template: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Money:
    """Where the money that hangs on a record stands: in its own `field`, or in that of another
    `entity` whose fields `by` hold this record's key, part by part."""

    field: str
    entity: str | None = None
    by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Matching:
    """How records of an entity are paired that share no key: by the likeness of `fields` (none
    named: all that can be compared). Pairs of at least `accept` are one record, pairs of at least
    `review` wait for a person. Each source's own key names its records."""

    fields: tuple[str, ...] = ()
    accept: float = 0.99
    review: float = 0.5


@dataclass(frozen=True)
class Entity:
    """One kind of record that several sources should agree on.

    `authority` is the source whose word counts, unless a field names another. `display` is the
    field that names a record to people, `department` the field that says who looks after it.
    Differences younger than `lag` are pending.
    """

    name: str
    title: Title
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    authority: str
    mappings: tuple[Mapping, ...]
    display: str | None = None
    department: str | None = None
    weight: int = 5
    lag: timedelta = field(default_factory=timedelta)
    money: tuple[Money, ...] = ()
    match: Matching | None = None

    def field_named(self, name: str) -> Field:
        return next(f for f in self.fields if f.name == name)

    def mapping_of(self, source: str) -> Mapping | None:
        return next((m for m in self.mappings if m.source == source), None)

    def authority_of(self, field_name: str) -> str:
        return self.field_named(field_name).authority or self.authority
