"""The `entities` section: the data dictionary and where each source keeps it.

Entities and fields that come out of a `use` file and that no source maps are left out: a
dictionary offers more than one company needs. What the file itself states must be complete.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from checks.dictionary import Entity, Field, FieldType, Mapping, Sensitivity, Title
from checks.normalisers import NORMALISERS
from checks.outcome import DRIFT
from governance.config.document import Node, text_of
from governance.config.problems import Problems
from governance.config.read_mapping import read_mapping
from governance.config.read_match import read_match
from governance.config.section import Section, check_name, entries, items, parsed
from governance.config.values import any_duration, choice, flag, title, tolerance, whole

ENTITY_KEYS = (
    "title", "key", "authority", "display", "department", "lag", "weight", "fields", "sources",
    "money", "match",
)  # fmt: skip
FIELD_KEYS = (
    "title", "type", "normalize", "required", "sensitivity", "tolerance", "weight", "authority",
)  # fmt: skip
TYPES = tuple(kind.value for kind in FieldType)
SENSITIVITIES = tuple(level.value for level in Sensitivity)
# What a normaliser's kind says about the type, where no type is stated.
IMPLIED = {"number": FieldType.DECIMAL, "date": FieldType.DATE, "instant": FieldType.DATETIME}
KIND_OF_TYPE = {
    FieldType.INTEGER: "number",
    FieldType.DECIMAL: "number",
    FieldType.DATE: "date",
    FieldType.DATETIME: "instant",
}


def read_entities(
    node: Node | None, kinds: dict[str, str], main: str, problems: Problems
) -> tuple[Entity, ...]:
    """Every entity that could be read.

    `kinds` is each source's kind (empty where it has none), `main` the user's own file.
    """
    found = []
    for name, child in entries(node, problems).items():
        if child.file != main and not mapped_anywhere(child):
            continue
        check_name(child, name, problems, taken=DRIFT)  # its check may bear its name
        entity = EntityReader(name, child, kinds, main, problems).read()
        if entity is not None:
            found.append(entity)
    return tuple(found)


def mapped_anywhere(node: Node) -> bool:
    sources = node.items.get("sources")
    return sources is not None and bool(sources.items)


class EntityReader:
    """Reads one entity; the names it may refer to are known by then."""

    def __init__(
        self, name: str, node: Node, kinds: dict[str, str], main: str, problems: Problems
    ) -> None:
        self.name = name
        self.kinds = kinds
        self.main = main
        self.problems = problems
        self.section = Section(node, problems, ENTITY_KEYS)
        self.sources = entries(self.section.need("sources"), problems)
        self.field_nodes = entries(self.section.need("fields"), problems)

    def read(self) -> Entity | None:
        mappings = self.mappings()
        used = {field for mapping in mappings for field in mapping.columns}
        fields = self.fields(used)
        if not mappings or not fields:
            return None
        section = self.section
        return Entity(
            name=self.name,
            title=section.read("title", title, Title(zh=self.name, en=self.name)),
            key=self.key(mappings, used),
            fields=tuple(self.field_authority(field, mappings) for field in fields),
            authority=self.authority(mappings),
            mappings=mappings,
            display=self.field_reference("display", used),
            department=self.field_reference("department", used),
            weight=section.read("weight", whole(1, 10), 5),
            lag=section.read("lag", any_duration, timedelta()),
            match=read_match(section.get("match"), mappings, self.field_nodes, self.problems),
        )

    def mappings(self) -> tuple[Mapping, ...]:
        """In the order of the `sources` section, so that left and right are the same everywhere."""
        found: dict[str, Mapping] = {}
        for source, child in self.sources.items():
            if source not in self.kinds:
                self.problems.unknown(child, "config.unknown_source", source, self.kinds)
                continue
            mapping = read_mapping(
                source, self.kinds[source], child, tuple(self.field_nodes), self.problems
            )
            if mapping is not None:
                found[source] = mapping
        return tuple(found[source] for source in self.kinds if source in found)

    def fields(self, used: set[str]) -> tuple[Field, ...]:
        found = []
        for name, child in self.field_nodes.items():
            if name not in used and child.file != self.main:
                continue
            check_name(child, name, self.problems)
            if name not in used and self.sources:
                self.problems.add(child, "config.field_unmapped", name=name)
            found.append(read_field(name, Section(child, self.problems, FIELD_KEYS)))
        return tuple(found)

    def key(self, mappings: Sequence[Mapping], used: set[str]) -> tuple[str, ...]:
        node = self.section.need("key")
        names = []
        for item in items(node) if node else ():
            name = parsed(item, text_of, "", self.problems)
            if name and name not in self.field_nodes:
                self.problems.unknown(item, "config.unknown_field", name, self.field_nodes)
            elif name in names:
                self.problems.add(item, "config.repeated", name=name)
            elif name:
                names.append(name)
                self.key_in_every_source(name, mappings)
        if node and not items(node):
            self.problems.add(node, "config.empty_list")
        for name in names:
            tolerance = self.field_nodes[name].items.get("tolerance")
            if tolerance is not None:
                self.problems.add(tolerance, "config.tolerance_on_key")
        return tuple(name for name in names if name in used)

    def key_in_every_source(self, name: str, mappings: Sequence[Mapping]) -> None:
        for mapping in mappings:
            if name not in mapping.columns:
                place = self.sources[mapping.source]
                self.problems.add(place, "config.key_unmapped", name=name, source=mapping.source)
            elif mapping.import_template and name not in mapping.import_template:
                place = self.sources[mapping.source].items["import_template"]
                self.problems.add(
                    place, "config.key_not_in_template", name=name, source=mapping.source
                )

    def authority(self, mappings: Sequence[Mapping]) -> str:
        """The source whose word counts; need not be said where there is one source only."""
        names = [mapping.source for mapping in mappings]
        if len(self.sources) > 1 and self.section.need("authority") is None:
            return names[0]
        return self.section.read("authority", choice("config.unknown_authority", names), names[0])

    def field_authority(self, field: Field, mappings: Sequence[Mapping]) -> Field:
        node = self.field_nodes[field.name].items.get("authority")
        if node is None or node.content is None:
            return field
        names = [mapping.source for mapping in mappings if field.name in mapping.columns]
        read = choice("config.unknown_authority", names)
        return replace(field, authority=parsed(node, read, "", self.problems) or None)

    def field_reference(self, key: str, used: set[str]) -> str | None:
        """The field that `display` or `department` names; one that a used file names may lack."""
        node = self.section.get(key)
        if node is None:
            return None
        known = self.field_nodes
        name = parsed(node, choice("config.unknown_field", known), "", self.problems)
        return name if name in used else None


def read_field(name: str, section: Section) -> Field:
    normalizer = section.read("normalize", choice("config.unknown_normalizer", NORMALISERS), "")
    stated = section.read("type", choice("config.unknown_type", TYPES), "")
    kind = NORMALISERS[normalizer].kind if normalizer else "text"
    field = Field(
        name=name,
        title=section.read("title", title, Title(zh=name, en=name)),
        type=FieldType(stated) if stated else IMPLIED.get(kind, FieldType.TEXT),
        normalizer=normalizer or None,
        required=section.read("required", flag, False),
        sensitivity=Sensitivity(
            section.read("sensitivity", choice("config.unknown_sensitivity", SENSITIVITIES), "")
            or Sensitivity.INTERNAL
        ),
        tolerance=section.read("tolerance", tolerance, None),
        weight=section.read("weight", whole(1, 10), 3),
    )
    if bool(normalizer) == bool(section.get("normalize")) and bool(stated) == bool(
        section.get("type")
    ):  # otherwise one mistake would draw another
        check_field(field, section, kind)
    return field


def check_field(field: Field, section: Section, normalizer_kind: str) -> None:
    """Type, normaliser, tolerance and sensitivity must go together."""
    problems, nodes = section.problems, section.node.items
    type_kind = KIND_OF_TYPE.get(field.type)
    if field.normalizer and type_kind and type_kind != normalizer_kind:
        problems.add(
            nodes["type"], "config.type_conflict", type=field.type.value, name=field.normalizer
        )
    if field.tolerance is None:
        return
    place = nodes["tolerance"]
    kind = normalizer_kind if field.normalizer else type_kind
    if field.sensitivity.is_masked:
        problems.add(place, "config.tolerance_masked", level=field.sensitivity.value)
    if kind not in ("number", "date", "instant"):
        problems.add(place, "config.tolerance_on_text")
    elif (field.tolerance.time is not None) != (kind != "number"):
        problems.add(
            place, "config.tolerance_number" if kind == "number" else "config.tolerance_time"
        )
