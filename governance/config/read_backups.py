"""The `backups` section: what should be saved of which system, and where catalogues are read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from checks.backups import CODE
from checks.dictionary import Title
from governance.config.backups import (
    BackupsConfig,
    BackupSystem,
    CatalogueConfig,
    DrillConfig,
    Keep,
)
from governance.config.cron import schedule
from governance.config.document import Node, text_of
from governance.config.model import SourceConfig
from governance.config.problems import BadValue, Problems
from governance.config.read_catalogues import CatalogueReader
from governance.config.read_ownership import words
from governance.config.read_sources import absolute, read_address
from governance.config.secrets import Secrets
from governance.config.section import Section, check_name, entries, items, parsed
from governance.config.values import choice, positive_duration, title, whole

KEYS = ("schedule", "together", "systems")
OF_SYSTEM = (
    "source", "title", "rpo", "rto", "due", "grace", "keep", "databases", "tables", "timestamps",
    "catalogues", "drill", "drills", "delete", "restore", "erase",
)  # fmt: skip
KEEP = ("daily", "weekly", "monthly", "yearly")
DRILL = ("target", "password", "catalogue", "schedule", "max_age", "timeout")
MOST_KEPT = 3660


def read_backups(
    node: Node | None,
    sources: Mapping[str, SourceConfig],
    names: Collection[str],
    functions: Collection[str] | None,
    zone: ZoneInfo,
    secrets: Secrets,
    problems: Problems,
) -> BackupsConfig | None:
    """The section, None where it is left out. `names` are all stated sources, `functions` those of
    the permission policy (None: there is none)."""
    if node is None:
        return None
    section = Section(node, problems, KEYS)
    children = entries(section.need("systems"), problems)
    systems = tuple(
        _SystemReader(name, child, sources, names, functions, zone, secrets, problems).read()
        for name, child in children.items()
    )
    return BackupsConfig(
        systems=systems,
        schedule=section.read("schedule", lambda n: schedule(n, zone), None),
        together=_together(section, systems, tuple(children)),
    )


def _together(
    section: Section, systems: tuple[BackupSystem, ...], names: Collection[str]
) -> tuple[tuple[str, ...], ...]:
    """Groups of systems; where none is stated, all that save a watched source are one."""
    node = section.get("together")
    if node is None:
        of_sources = tuple(s.name for s in systems if s.source)
        return (of_sources,) if len(of_sources) > 1 else ()
    groups = items(node)
    if groups and not isinstance(groups[0].content, tuple):
        groups = (node,)  # one group may stand without its own brackets
    read = choice("backups.unknown_system", names)
    found = []
    for group in groups:
        named = tuple(parsed(item, read, "", section.problems) for item in items(group))
        if len(set(named)) < 2:
            section.problems.add(group, "backups.group_too_small")
        found.append(named)
    return tuple(found)


@dataclass(frozen=True)
class _SystemReader:
    """Reads one system; whatever is wrong with a part is noted, and the rest is read."""

    name: str
    node: Node
    sources: Mapping[str, SourceConfig]
    names: Collection[str]
    functions: Collection[str] | None
    zone: ZoneInfo
    secrets: Secrets
    problems: Problems

    def read(self) -> BackupSystem:
        check_name(self.node, self.name, self.problems, taken=CODE)
        section = Section(self.node, self.problems, OF_SYSTEM)
        source = self._source(section)
        known = self.sources.get(source or "")
        usual = BackupSystem(self.name, Title(zh=self.name, en=self.name), ())
        catalogues = self._catalogues(section)
        return BackupSystem(
            name=self.name,
            title=section.read("title", title, known.title if known else usual.title),
            catalogues=catalogues,
            source=source,
            rpo=section.read("rpo", positive_duration, usual.rpo),
            rto=section.read("rto", positive_duration, None),
            due=section.read("due", lambda n: schedule(n, self.zone), None),
            grace=section.read("grace", positive_duration, usual.grace),
            keep=self._keep(section),
            databases=self._texts(section, "databases"),
            tables=self._texts(section, "tables"),
            timestamps=self._timestamps(section),
            drill=self._drill(section, tuple(c.name for c in catalogues)),
            drills=section.read("drills", lambda n: absolute(text_of(n), self.secrets.base), None),
            delete=self._functions(section, "delete"),
            restore=self._functions(section, "restore"),
            erase=self._functions(section, "erase"),
        )

    def _source(self, section: Section) -> str | None:
        """The watched source; where none is stated, the one that is called like the system."""
        if section.get("source") is None:
            return self.name if self.name in self.names else None
        return section.read("source", choice("config.unknown_source", self.names), None)

    def _catalogues(self, section: Section) -> tuple[CatalogueConfig, ...]:
        node = section.need("catalogues")
        read = (
            CatalogueReader(name, child, self.zone, self.secrets, self.problems).read()
            for name, child in entries(node, self.problems).items()
        )
        return tuple(catalogue for catalogue in read if catalogue is not None)

    def _keep(self, section: Section) -> Keep:
        node = section.get("keep")
        if node is None:
            return Keep()
        rungs = Section(node, self.problems, KEEP)
        return Keep(**{name: rungs.read(name, whole(0, MOST_KEPT), 0) for name in KEEP})

    def _texts(self, section: Section, key: str) -> tuple[str, ...]:
        node = section.get(key)
        if node is None:
            return ()
        return tuple(parsed(item, words, "", self.problems) for item in items(node))

    def _timestamps(self, section: Section) -> dict[str, str]:
        children = entries(section.get("timestamps"), self.problems)
        return {name: parsed(n, words, "", self.problems) for name, n in children.items()}

    def _functions(self, section: Section, key: str) -> tuple[str, ...]:
        node = section.get(key)
        if node is None:
            return ()
        if self.functions is None:
            self.problems.add(node, "backups.no_policy", name=key)
            return ()
        read = choice("backups.unknown_function", self.functions)
        return tuple(parsed(item, read, "", self.problems) for item in items(node))

    def _drill(self, section: Section, catalogues: Collection[str]) -> DrillConfig | None:
        node = section.get("drill")
        if node is None:
            return None
        drill, usual = Section(node, self.problems, DRILL), DrillConfig("")
        return DrillConfig(
            target=self._target(drill),
            catalogue=drill.read(
                "catalogue", choice("backups.unknown_catalogue", catalogues), None
            ),
            schedule=drill.read("schedule", lambda n: schedule(n, self.zone), None),
            max_age=drill.read("max_age", positive_duration, usual.max_age),
            timeout=drill.read("timeout", positive_duration, usual.timeout),
        )

    def _target(self, drill: Section) -> str:
        """The address of a server, or a folder for copies of SQLite."""
        node = drill.need("target")
        if node is None:
            return ""
        if "://" in str(node.content) or isinstance(node.content, dict):
            target = drill.node.items["target"]
            at = Section(_address(drill.node, target), self.problems, ("url", "password"))
            return read_address(at, "sqlalchemy", self.secrets) or ""
        place = parsed(node, lambda n: _folder(n, self.secrets.base), None, self.problems)
        return str(place or "")


def _address(drill: Node, target: Node) -> Node:
    """The drill's target and password as a source has them."""
    held = {"url": target}
    if "password" in drill.items:
        held["password"] = drill.items["password"]
    return Node(drill.file, drill.line, drill.key, held)


def _folder(node: Node, base: Path) -> Path:
    place = absolute(text_of(node), base)
    if place == Path(place.anchor):
        raise BadValue("config.bad_path")
    return place
