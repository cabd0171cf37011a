"""The `permissions` section: the tables of each system, and the policy they are held against."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from checks.dictionary import Entity, Title
from checks.permissions import CODE
from checks.permissions.kinds import KINDS, SEMANTICS, AccessKind, dictionary_field
from checks.permissions.model import RefersTo
from checks.permissions.policy import Policy
from governance.config.cron import schedule
from governance.config.document import Node, text_of
from governance.config.merge import found, shown
from governance.config.model import SourceConfig
from governance.config.permissions import AccessTable, PermissionsConfig, SystemAccess
from governance.config.problems import Problems
from governance.config.read_mapping import KEYS as MAPPING_KEYS
from governance.config.read_mapping import read_mapping
from governance.config.read_policy import bound, read_policy
from governance.config.read_reviews import read_reviews
from governance.config.section import Section, check_name, entries, items, parsed
from governance.config.values import choice, title

KEYS = ("policy", "schedule", "systems", "reviews")
OF_SYSTEM = ("source", "semantics", "title", "functions", "actions")
OF_TABLE = ("source", "values", "constants", "refers")
SHIPPED_POLICY = "data/policies/company.yaml"
REFERS = tuple(r.value for r in RefersTo)


def read_permissions(
    node: Node | None,
    sources: Mapping[str, SourceConfig],
    names: Mapping[str, str],
    path: Path,
    zone: ZoneInfo,
    problems: Problems,
) -> PermissionsConfig | None:
    """The section, None where it is left out. `names` are all stated sources with their kinds,
    `sources` those that could be read."""
    if node is None:
        return None
    section = Section(node, problems, KEYS)
    children = entries(section.need("systems"), problems)
    policy, place = _policy(section, path, tuple(children), problems)
    systems = tuple(
        _SystemReader(name, child, names, sources, policy, problems).read()
        for name, child in children.items()
    )
    return PermissionsConfig(
        systems=systems,
        policy=bound(
            policy, {s.name: s.functions for s in systems}, {s.name: s.actions for s in systems}
        ),
        policy_path=place,
        schedule=section.read("schedule", lambda n: schedule(n, zone), None),
        reviews=read_reviews(section.get("reviews"), tuple(children), problems),
    )


def _policy(
    section: Section, path: Path, systems: Collection[str], problems: Problems
) -> tuple[Policy, Path]:
    def file(node: Node) -> Path:
        return found(text_of(node), path)

    stated = section.get("policy")
    place = section.read("policy", file, None) if stated else found(SHIPPED_POLICY, path)
    if place is None:
        return Policy(), path
    return read_policy(place, shown(place, path), systems, problems), place


@dataclass(frozen=True)
class _SystemReader:
    """Reads one system; whatever is wrong with a part is noted, and the rest is read."""

    name: str
    node: Node
    names: Mapping[str, str]
    sources: Mapping[str, SourceConfig]
    policy: Policy
    problems: Problems

    def read(self) -> SystemAccess:
        check_name(self.node, self.name, self.problems)
        section = Section(self.node, self.problems, (*OF_SYSTEM, *KINDS))
        usual = self._source(section, self.name)
        tables = [
            table
            for kind in KINDS.values()
            for number, item in enumerate(self._tables(section, kind), 1)
            for table in self._table(kind, number, item, usual)
        ]
        known = self.sources.get(usual)
        named = known.title if known else Title(zh=self.name, en=self.name)
        return SystemAccess(
            name=self.name,
            title=section.read("title", title, named),
            semantics=section.read(
                "semantics", choice("permissions.unknown_semantics", SEMANTICS), "plain"
            ),
            tables=tuple(tables),
            functions=self._bindings(section, "functions"),
            actions=self._bindings(section, "actions"),
        )

    def _source(self, section: Section, usual: str) -> str:
        """The source that is read; where none is stated, the one that is called like the system."""
        if section.get("source") is None:
            return usual
        return section.read("source", choice("config.unknown_source", self.names), usual)

    def _tables(self, section: Section, kind: AccessKind) -> tuple[Node, ...]:
        node = section.get(kind.name)
        return () if node is None else items(node)

    def _table(
        self, kind: AccessKind, number: int, node: Node, usual: str
    ) -> tuple[AccessTable, ...]:
        keys = (*MAPPING_KEYS[:-1], *OF_TABLE)
        section = Section(node, self.problems, keys)
        source = self._source(section, usual)
        if source not in self.names:
            self.problems.unknown(node, "config.unknown_source", source, self.names)
            return ()
        fields = tuple(f.name for f in kind.fields)
        before = len(self.problems)
        mapping = read_mapping(source, self.names[source], node, fields, self.problems, keys)
        constants = self._constants(section, kind, mapping.columns if mapping else ())
        values = self._values(section, kind)
        refers = self._refers(section, kind)
        held = {*(mapping.columns if mapping else ()), *constants}
        for name in kind.needed:
            if name not in held and len(self.problems) == before:
                self.problems.add(node, "permissions.field_needed", name=name, kind=kind.name)
        if mapping is None:
            return ()
        columns = [n for n in kind.key if n in mapping.columns] or list(mapping.columns)
        suffix = "" if number == 1 else f"_{number}"
        entity = Entity(
            name=f"access_{self.name}_{kind.name}{suffix}",
            title=kind.title,
            key=tuple(columns),
            fields=tuple(
                dictionary_field(f, required=f.name in kind.needed)
                for f in kind.fields
                if f.name in mapping.columns
            ),
            authority=source,
            mappings=(mapping,),
        )
        table = AccessTable(self.name, kind.name, source, entity, values, constants, refers)
        return (table,)

    def _constants(
        self, section: Section, kind: AccessKind, mapped: Collection[str]
    ) -> dict[str, str]:
        constants = {}
        for name, child in entries(section.get("constants"), self.problems).items():
            if not self._is_field(child, name, kind):
                continue
            if name in mapped:
                self.problems.add(child, "permissions.constant_mapped", name=name)
            words = kind.field(name).words
            read = choice("permissions.unknown_word", words) if words else text_of
            constants[name] = parsed(child, read, "", self.problems)
        return constants

    def _values(self, section: Section, kind: AccessKind) -> dict[str, dict[str, str]]:
        """By field, from the source's code to our word."""
        values: dict[str, dict[str, str]] = {}
        coded = [f.name for f in kind.fields if f.words]
        for name, child in entries(section.get("values"), self.problems).items():
            if name not in coded:
                self.problems.unknown(child, "permissions.no_words", name, coded)
                continue
            words = kind.field(name).words
            for word, codes in entries(child, self.problems).items():
                if word not in words:
                    self.problems.unknown(codes, "permissions.unknown_word", word, words)
                    continue
                for item in items(codes):
                    code = parsed(item, text_of, "", self.problems)
                    values.setdefault(name, {})[code] = word
        return values

    def _refers(self, section: Section, kind: AccessKind) -> dict[str, RefersTo]:
        refers = {}
        naming = [f.name for f in kind.fields if f.refers]
        for name, child in entries(section.get("refers"), self.problems).items():
            if name not in naming:
                self.problems.unknown(child, "permissions.names_nobody", name, naming)
                continue
            read = choice("permissions.unknown_reference", REFERS)
            refers[name] = RefersTo(parsed(child, read, "", self.problems) or RefersTo.ACCOUNT)
        return refers

    def _bindings(self, section: Section, key: str) -> dict[str, tuple[str, ...]]:
        bindings = {}
        for name, child in entries(section.get(key), self.problems).items():
            if self.policy.functions and name not in self.policy.functions:
                known = self.policy.functions
                self.problems.unknown(child, "permissions.unknown_function", name, known)
                continue
            read = (parsed(item, text_of, "", self.problems) for item in items(child))
            bindings[name] = tuple(text for text in read if text)
        return bindings

    def _is_field(self, node: Node, name: str, kind: AccessKind) -> bool:
        names = [f.name for f in kind.fields]
        if name not in names:
            self.problems.unknown(node, "config.unknown_field", name, names)
        return name in names


def is_reserved(name: str) -> bool:
    """Whether a check or entity may not bear `name`, since ours do."""
    return name == CODE or name.startswith("access_")
