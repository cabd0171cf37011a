"""Owners, terms and money at risk: `owners`, `due`, `money_at_risk`, and an entity's `money`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from checks.dictionary import Entity, Field, FieldType, Money
from checks.normalisers import NORMALISERS
from checks.outcome import Severity
from checks.ownership import Levels, OwnerRule, Terms, keepers
from governance.config.document import Node, text_of
from governance.config.problems import BadValue, Problems
from governance.config.section import Section, items, parsed
from governance.config.values import choice, number, positive_duration

RULE = ("owner", "entity", "field", "department", "system")
DUE = tuple(level.value for level in Severity)
LEVELS = ("high", "critical")
MONEY = ("entity", "field", "by")


def read_owners(
    node: Node | None, entities: Node | None, sources: Collection[str], problems: Problems
) -> tuple[OwnerRule, ...]:
    """The rules in their order. An entity or field that a used file offers may be named, too."""
    if node is None:
        return ()
    if isinstance(node.content, str):
        problems.add(node, "ownership.want_rules")
        return ()
    stated = entities.items if entities is not None else {}
    rules = items(node)
    return tuple(_rule(Section(n, problems, RULE), stated, sources) for n in rules)


def _rule(section: Section, stated: Mapping[str, Node], sources: Collection[str]) -> OwnerRule:
    section.need("owner")
    entities = _names(section, "entity", "config.unknown_entity", stated)
    meant = [stated[name] for name in entities if name in stated] or list(stated.values())
    fields = {name for e in meant if "fields" in e.items for name in e.items["fields"].items}
    return OwnerRule(
        owner=section.read("owner", words, ""),
        entities=entities,
        fields=_names(section, "field", "config.unknown_field", sorted(fields)),
        departments=_names(section, "department", "", ()),
        systems=_names(section, "system", "config.unknown_source", sources),
    )


def _names(section: Section, key: str, code: str, known: Collection[str]) -> tuple[str, ...]:
    """One name or several; without a `code` any text will do."""
    node = section.get(key)
    if node is None:
        return ()
    if not items(node):
        section.problems.add(node, "config.empty_list")
    read = choice(code, known) if code else words
    return tuple(parsed(item, read, "", section.problems) for item in items(node))


def words(node: Node) -> str:
    text = text_of(node).strip()
    if not text:
        raise BadValue("config.want_text")
    return text


def read_due(section: Section) -> Terms:
    node = section.get("due")
    if node is None:
        return Terms()
    terms = Section(node, section.problems, DUE)
    usual = Terms()
    return Terms(**{s.value: terms.read(s.value, positive_duration, usual.of(s)) for s in Severity})


def read_levels(section: Section) -> Levels:
    node = section.get("money_at_risk")
    if node is None:
        return Levels()
    limits = Section(node, section.problems, LEVELS)
    high, critical = (limits.read(name, _amount, None) for name in LEVELS)
    if high is not None and critical is not None and critical < high:
        section.problems.add(node.items["critical"], "ownership.levels_order", high=high)
    return Levels(high=high, critical=critical)


def _amount(node: Node) -> Decimal | None:
    value = number(text_of(node))
    if value <= 0:
        raise BadValue("ownership.level_positive")
    return value


def read_money(
    entity: Entity,
    known: Mapping[str, Entity],
    entities: Node | None,
    main: str,
    problems: Problems,
) -> Entity:
    """`entity` with its money. What a used file says of entities and fields that no source maps is
    left out, as those are."""
    stated = entities.items if entities is not None else {}
    node = stated[entity.name].items.get("money") if entity.name in stated else None
    if node is None or node.content is None:
        return entity
    found = []
    for item in items(node):
        reader = _MoneyReader(item, entity, known, stated, problems, is_lenient=item.file != main)
        rule = reader.read()
        if rule is not None:
            found.append(rule)
    if not items(node):
        problems.add(node, "config.empty_list")
    return replace(entity, money=tuple(found))


@dataclass(frozen=True)
class _MoneyReader:
    """Reads one line of an entity's `money`. A lenient one takes unmapped names for left out."""

    item: Node
    entity: Entity
    known: Mapping[str, Entity]
    stated: Mapping[str, Node]
    problems: Problems
    is_lenient: bool

    def read(self) -> Money | None:
        if not isinstance(self.item.content, dict):
            return self._settled(Money(self._field(self.item, self.entity)), self.entity, self.item)
        section = Section(self.item, self.problems, MONEY)
        of, amount, by = (section.need(name) for name in MONEY)
        if of is None or amount is None or by is None:
            return None
        name = self._read(of, "config.unknown_entity", self.stated, self.known)
        if name not in self.known:  # what is wrong with it is told where it stands
            return None
        other = self.known[name]
        parts = tuple(self._field(part, other) for part in items(by))
        return self._settled(Money(self._field(amount, other), name, parts), other, amount, by)

    def _field(self, node: Node, of: Entity) -> str:
        names = [f.name for f in of.fields]
        return self._read(node, "config.unknown_field", names, names)

    def _read(
        self, node: Node, code: str, allowed: Collection[str], mapped: Collection[str]
    ) -> str:
        if self.is_lenient and node.content not in mapped:
            return ""
        return parsed(node, choice(code, allowed), "", self.problems)

    def _settled(
        self, rule: Money, other: Entity, amount: Node, by: Node | None = None
    ) -> Money | None:
        """The rule if its parts go together."""
        if not rule.field or not all(rule.by):
            return None
        before = len(self.problems)
        self._amount(other.field_named(rule.field), amount)
        if by is not None:
            self._reference(rule, other, by)
        if not keepers(rule, self.entity, other) and not self.is_lenient:
            self.problems.add(self.item, "ownership.no_source", entity=other.name)
        sound = len(self.problems) == before and keepers(rule, self.entity, other)
        return rule if sound else None

    def _amount(self, field: Field, place: Node) -> None:
        """Masks cannot be added up, nor can texts."""
        level = field.sensitivity
        if level.is_masked:
            self.problems.add(place, "ownership.masked", name=field.name, level=level.value)
        elif not _is_number(field):
            self.problems.add(place, "ownership.not_a_number", name=field.name)

    def _reference(self, rule: Money, other: Entity, place: Node) -> None:
        """The fields `by` must stand for the key part by part: normalised and kept alike."""
        key = self.entity.key
        if len(rule.by) != len(key):
            self.problems.add(place, "ownership.by_parts", key=", ".join(key))
            return
        for name, part in zip(rule.by, key, strict=True):
            if _kept(other.field_named(name)) != _kept(self.entity.field_named(part)):
                self.problems.add(place, "ownership.by_unlike", name=name, part=part)


def _is_number(field: Field) -> bool:
    if field.normalizer:
        return NORMALISERS[field.normalizer].kind == "number"
    return field.type in (FieldType.DECIMAL, FieldType.INTEGER)


def _kept(field: Field) -> tuple[str | None, bool]:
    return field.reader, field.sensitivity.is_masked
