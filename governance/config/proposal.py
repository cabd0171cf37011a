"""A first configuration out of what two systems hold."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace

from governance.config.document import Node, parse
from governance.config.merge import SHIPPED
from governance.config.pairing import Column, Pair, Table, pairs, prepared
from governance.config.problems import ConfigProblems, Problems
from governance.config.sampling import Looked
from governance.config.synonyms import field_of
from governance.config.values import NAME, NAME_LENGTH

DICTIONARY = SHIPPED / "data" / "dictionaries" / "company.yaml"
SENSITIVE = re.compile(r"salary|wage|bank|card_?no|身份证|工资|薪|银行|卡号|xz$|gz$", re.IGNORECASE)
# What a shape says about a field that the dictionary does not know.
BY_SHAPE: dict[str | None, dict[str, str]] = {
    "email": {"normalize": "email", "sensitivity": "personal"},
    "phone": {"normalize": "phone", "sensitivity": "personal"},
    "id_number": {"normalize": "id_number", "sensitivity": "sensitive"},
    "credit_code": {"normalize": "credit_code", "weight": "8"},
    "date": {"normalize": "date"},
    "datetime": {"normalize": "datetime"},
    "percent": {"normalize": "percent"},
    "amount": {"normalize": "amount", "weight": "7"},
    "integer": {"type": "integer"},
    "code": {"type": "code"},
    None: {"normalize": "text"},
}


@dataclass(frozen=True)
class ProposedField:
    """A field with its keys as they will be written, and each source's column."""

    name: str
    zh: str
    en: str
    settings: dict[str, str]
    columns: dict[str, str]


@dataclass(frozen=True)
class ProposedTable:
    """One source's part: its table, and columns that nothing is proposed for."""

    source: str
    table: str | None
    unmapped: tuple[str, ...]


@dataclass(frozen=True)
class Proposed:
    """One entity. `overlap` is the share of key values found on both sides, None for one side."""

    name: str
    zh: str
    en: str
    fields: tuple[ProposedField, ...]
    tables: tuple[ProposedTable, ...]
    overlap: float | None = None

    @property
    def key(self) -> str:
        return self.fields[0].name

    def has(self, field: str) -> bool:
        return any(one.name == field for one in self.fields)


def propose(looked: tuple[Looked, ...]) -> tuple[Proposed, ...]:
    """Entities that two systems share, or, of one system alone, those its tables look like."""
    known = dictionary()
    if len(looked) > 1:
        found = [
            entity_of_pair(pair, known) for pair in pairs(looked[0].samples, looked[1].samples)
        ]
    else:
        found = [
            entity
            for sample in looked[0].samples
            if (entity := entity_of_table(prepared(sample), known)) is not None
        ]
    return distinct(found)


def dictionary() -> dict[str, Node]:
    """The entities of the dictionary that ships."""
    problems = Problems()
    tree = parse(DICTIONARY, str(DICTIONARY), problems)
    if tree is None:
        raise ConfigProblems(str(DICTIONARY), problems)
    return tree.items["entities"].items


def distinct(found: Iterable[Proposed]) -> tuple[Proposed, ...]:
    """The same entities, no two of one name."""
    names: set[str] = set()
    kept = []
    for entity in found:
        name = free(entity.name, names)
        names.add(name)
        kept.append(replace(entity, name=name))
    return tuple(kept)


def free(name: str, taken: Iterable[str]) -> str:
    """`name`, or `name_2` and so on where that is taken."""
    used = set(taken)
    number = 1
    candidate = name
    while candidate in used:
        number += 1
        candidate = f"{name}_{number}"
    return candidate


def entity_of_pair(pair: Pair, known: dict[str, Node]) -> Proposed:
    left, right = pair.left, pair.right
    fields: list[ProposedField] = []
    for one, other in pair.columns:
        both = {left.sample.source: left.column(one), right.sample.source: right.column(other)}
        fields.append(field(pair.entity, both, fields, known))
    sides = (left, tuple(a for a, _ in pair.columns)), (right, tuple(b for _, b in pair.columns))
    tables = tuple(table_part(table, used) for table, used in sides)
    name, zh, en = titled(pair.entity, left.sample.name, known)
    return Proposed(name, zh, en, tuple(fields), tables, pair.overlap)


def entity_of_table(table: Table, known: dict[str, Node]) -> Proposed | None:
    """A table of one system; None where no column could be its key."""
    entity = table.entity
    keys = [column for column in table.columns if column.may_be_key]
    named = [c for c in keys if entity and field_of(entity, c.name) == f"{entity}_no"]
    if not keys:
        return None
    key = (named or keys)[0]
    source = table.sample.source
    fields: list[ProposedField] = []
    for column in (key, *(c for c in table.columns if c is not key)):
        fields.append(field(entity, {source: column}, fields, known))
    name, zh, en = titled(entity, table.sample.name, known)
    part = table_part(table, tuple(column.name for column in table.columns))
    return Proposed(name, zh, en, tuple(fields), (part,))


def table_part(table: Table, used: tuple[str, ...]) -> ProposedTable:
    unmapped = tuple(name for name in table.sample.columns if name not in used)
    return ProposedTable(table.sample.source, table.sample.table, unmapped)


def titled(entity: str | None, table: str, known: dict[str, Node]) -> tuple[str, str, str]:
    if entity is not None:
        title = known[entity].items["title"].items
        return entity, str(title["zh"].content), str(title["en"].content)
    last = table.rpartition(".")[2]
    return slug(last) or "records", last, last


def field(
    entity: str | None,
    columns: dict[str, Column],
    before: list[ProposedField],
    known: dict[str, Node],
) -> ProposedField:
    """The field that these columns hold. The first one of an entity is its key."""
    names = [column.name for column in columns.values()]
    taken = {one.name for one in before}
    meant = next((f for n in names if (f := field_of(entity or "", n)) and f not in taken), None)
    if not before and entity is not None and meant is None:
        meant = f"{entity}_no"
    of = {source: column.name for source, column in columns.items()}
    form = common_shape(columns.values())
    if entity is not None and meant is not None:
        stated = known[entity].items["fields"].items[meant].items
        title = stated["title"].items
        settings = {k: str(n.content) for k, n in stated.items() if isinstance(n.content, str)}
        return ProposedField(
            meant,
            str(title["zh"].content),
            str(title["en"].content),
            as_key(fitting(settings, form), not before),
            of,
        )
    slugs = [s for s in map(slug, names) if s]
    name = free(slugs[0] if slugs else "field", taken)
    zh = next((n for n in names if not n.isascii()), names[0])
    settings = as_key(dict(by_values(names, columns.values(), form)), not before)
    return ProposedField(name, zh, names[0], settings, of)


def as_key(settings: dict[str, str], key: bool) -> dict[str, str]:
    """A key is a code, whatever else its values could be, and must be there."""
    if not key:
        return settings
    kept = {k: v for k, v in settings.items() if k in ("sensitivity", "normalize")}
    if kept.get("normalize") not in ("phone", "email", "id_number", "credit_code"):
        kept.pop("normalize", None)
    start = {} if "normalize" in kept else {"type": "code"}
    return start | kept | {"required": "true", "weight": "10"}


def common_shape(columns: Iterable[Column]) -> str | None:
    """The shape of all columns, or the wider one where whole numbers meet amounts or codes."""
    shapes = {column.shape for column in columns if column.distinct}
    if len(shapes) == 1:
        return shapes.pop()
    for wider in ("amount", "code", "datetime"):
        if shapes <= {"integer", "date", wider} and wider in shapes:
            return wider
    return None


def fitting(settings: dict[str, str], form: str | None) -> dict[str, str]:
    """The dictionary's settings; those that the values contradict give way to plain text."""
    rest = {k: v for k, v in settings.items() if k not in ("type", "normalize", "tolerance")}
    if settings.get("type") == "integer" and form != "integer":
        return {"normalize": "text"} | rest
    if settings.get("normalize") == "person_name" and form in ("code", "integer"):
        return {"type": "code"} | rest
    return settings


def by_values(
    names: list[str], columns: Iterable[Column], form: str | None
) -> Iterable[tuple[str, str]]:
    values = [value for column in columns for value in list(column.distinct)[:200]]
    companies = sum(bool(re.search(r"公司|集团|工厂|厂$|ltd|inc\.?$", value)) for value in values)
    chosen = dict(BY_SHAPE.get(form, BY_SHAPE[None]))
    if form is None and values and companies > 0.3 * len(values):
        chosen = {"normalize": "company_name", "weight": "8"}
    if any(SENSITIVE.search(name) for name in names):
        chosen["sensitivity"] = "sensitive"
    return chosen.items()


def slug(name: str) -> str:
    """A name as the format allows it; empty where nothing is left."""
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", unicodedata.normalize("NFKC", name))
    text = re.sub(r"[^a-z0-9]+", "_", text.casefold()).strip("_")[: NAME_LENGTH - 4].strip("_")
    text = f"f_{text}" if text[:1].isdigit() else text
    return text if NAME.fullmatch(text) else ""
