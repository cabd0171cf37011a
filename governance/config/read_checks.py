"""The `checks` section. Without one, each entity with two or more sources gets its check."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from checks import CHECKS
from checks.dictionary import Entity
from checks.outcome import DRIFT
from governance.config.cron import schedule
from governance.config.document import Node
from governance.config.model import CheckConfig, Thresholds
from governance.config.problems import Problems
from governance.config.section import Section, check_name, entries, items, parsed
from governance.config.values import choice, share, title

KINDS = tuple(check.code for check in CHECKS)
KEYS = ("kind", "entity", "sources", "thresholds", "title", "schedule")
THRESHOLDS = ("strict", "adjusted")


def read_checks(
    node: Node | None,
    entities: dict[str, Entity],
    stated: tuple[str, ...],
    zone: ZoneInfo,
    problems: Problems,
) -> tuple[CheckConfig, ...]:
    """Every check that could be read. `stated` are all entities of the file, readable or not."""
    if node is None:
        return tuple(standard_check(e) for e in entities.values() if len(e.mappings) > 1)
    found = []
    for name, child in entries(node, problems).items():
        check_name(child, name, problems, taken=DRIFT)
        section = Section(child, problems, KEYS)
        kind = section.read("kind", choice("config.unknown_check_kind", KINDS), KINDS[0])
        if section.need("entity") is None:
            continue
        entity = section.read("entity", choice("config.unknown_entity", stated), "")
        if entity in entities:
            found.append(read_check(name, kind, section, entities[entity], zone))
    return tuple(found)


def standard_check(entity: Entity) -> CheckConfig:
    sources = tuple(mapping.source for mapping in entity.mappings)
    return CheckConfig(entity.name, KINDS[0], entity.name, sources, entity.title)


def read_check(
    name: str, kind: str, section: Section, entity: Entity, zone: ZoneInfo
) -> CheckConfig:
    return CheckConfig(
        name=name,
        kind=kind,
        entity=entity.name,
        sources=read_pair(section, entity),
        title=section.read("title", title, entity.title),
        thresholds=read_thresholds(section),
        schedule=section.read("schedule", lambda n: schedule(n, zone), None),
    )


def read_pair(section: Section, entity: Entity) -> tuple[str, ...]:
    """The sources to compare, in the order of the `sources` section; all that map the entity
    where none are named. Fewer than two is a problem."""
    known = tuple(mapping.source for mapping in entity.mappings)
    node = section.get("sources")
    named = list(known)
    if node is not None:
        read = choice("config.unknown_source", known)
        named = [parsed(item, read, "", section.problems) for item in items(node)]
        for name in {n for n in named if n and named.count(n) > 1}:
            section.problems.add(node, "config.repeated", name=name)
    if len(named) < 2:
        section.problems.add(node or section.node, "config.two_sources", entity=entity.name)
    return tuple(source for source in known if source in named)


def read_thresholds(section: Section) -> Thresholds:
    node = section.get("thresholds")
    if node is None:
        return Thresholds()
    limits = Section(node, section.problems, THRESHOLDS)
    return Thresholds(
        strict=limits.read("strict", share, None), adjusted=limits.read("adjusted", share, None)
    )
