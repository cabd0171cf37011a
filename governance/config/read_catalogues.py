"""One catalogue of the `backups` section: which tool's, and how its words are had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from governance.backups.readers.registry import KINDS, PRINTED, Kind
from governance.config.backups import CatalogueConfig, Place
from governance.config.document import Node, text_of
from governance.config.problems import BadValue, Problems
from governance.config.read_ownership import words
from governance.config.read_sources import absolute, read_address
from governance.config.secrets import REFERENCE, Secrets
from governance.config.section import Section, check_name, entries, items, parsed
from governance.config.values import choice, flag, positive_duration, time_zone

KEYS = (
    "kind", "place", "zone", "commands", "files", "path", "url", "password", "options",
    "environment", "timeout", "content", "max_age",
)  # fmt: skip
PLACE = ("name", "medium", "off_site", "immutable", "encrypted")
# Keys of which each kind takes its own.
PARTICULAR = (*PRINTED, "path", "url", "password", "environment")


@dataclass(frozen=True)
class CatalogueReader:
    """Reads one catalogue; whatever is wrong with a part is noted, and the rest is read."""

    name: str
    node: Node
    zone: ZoneInfo
    secrets: Secrets
    problems: Problems

    def read(self) -> CatalogueConfig | None:
        check_name(self.node, self.name, self.problems)
        section = Section(self.node, self.problems, KEYS)
        if section.need("kind") is None:
            return None
        named = section.read("kind", choice("backups.unknown_kind", KINDS), "")
        if not named:
            return None
        kind = KINDS[named]
        self._refuse_strangers(section, named, kind)
        return CatalogueConfig(
            name=self.name,
            kind=named,
            place=read_place(section.get("place"), self.name, self.problems),
            zone=section.read("zone", time_zone, self.zone),
            commands=self._commands(section, kind),
            files=self._files(section, kind),
            path=self._path(section, kind),
            url=self._url(section, kind),
            options=self._options(section, kind),
            environment=self._environment(section),
            timeout=section.read("timeout", positive_duration, timedelta(minutes=2)),
            content=section.read("content", flag, True),
            max_age=section.read("max_age", positive_duration, timedelta(hours=26)),
        )

    def _refuse_strangers(self, section: Section, name: str, kind: Kind) -> None:
        """A key that this kind does not use is a mistake, not a decoration."""
        used = [key for key in KEYS if key not in PARTICULAR or key in _taken(kind)]
        for key, child in section.node.items.items():
            if key in KEYS and key not in used:
                self.problems.add(
                    child, "config.not_for_kind", name=key, kind=name, allowed=", ".join(used)
                )

    def _commands(self, section: Section, kind: Kind) -> dict[str, tuple[str, ...]]:
        found = {}
        for name, child in entries(section.get("commands"), self.problems).items():
            if name not in _parts(kind):
                self.problems.unknown(child, "backups.unknown_part", name, _parts(kind))
                continue
            if not isinstance(child.content, tuple):
                # A line would have to go through a shell, and so would whatever is in it.
                self.problems.add(child, "backups.command_is_a_list")
                continue
            found[name] = tuple(parsed(item, words, "", self.problems) for item in items(child))
        return found

    def _files(self, section: Section, kind: Kind) -> dict[str, Path]:
        found = {}
        for name, child in entries(section.get("files"), self.problems).items():
            if name not in _parts(kind):
                self.problems.unknown(child, "backups.unknown_part", name, _parts(kind))
                continue
            place = parsed(child, self._absolute, None, self.problems)
            if place is not None:
                found[name] = place
        return found

    def _path(self, section: Section, kind: Kind) -> Path | None:
        if "path" not in kind.takes:
            return None
        if _is_needed("path", kind):
            section.need("path")
        return section.read("path", self._absolute, None)

    def _url(self, section: Section, kind: Kind) -> str | None:
        if "url" not in kind.takes:
            return None
        if section.get("url") is None and not _is_needed("url", kind):
            return None
        return read_address(section, "sqlalchemy", self.secrets)

    def _options(self, section: Section, kind: Kind) -> dict[str, str]:
        children = entries(section.get("options"), self.problems)
        found = {}
        for name, child in children.items():
            if name not in kind.options:
                self.problems.unknown(child, "backups.unknown_option", name, kind.options)
                continue
            found[name] = parsed(child, words, "", self.problems)
        for name, is_needed in kind.options.items():
            if is_needed and name not in children:
                self.problems.add(self.node, "backups.option_needed", name=name)
        return found

    def _environment(self, section: Section) -> Mapping[str, str]:
        """Variables of the commands. Secrets among them must be references."""
        found = {}
        for name, child in entries(section.get("environment"), self.problems).items():
            value = parsed(child, self._variable, None, self.problems)
            if value is not None:
                found[name] = value
        return found

    def _variable(self, node: Node) -> str | None:
        if isinstance(node.content, dict) or REFERENCE.search(text_of(node)):
            return self.secrets.secret(node)
        name = node.key.rpartition(".")[2].upper()
        # RESTIC_PASSWORD_FILE and BORG_PASSCOMMAND say where a secret is, and are none themselves.
        says_where = name.endswith(("_FILE", "COMMAND", "_PATH"))
        if not says_where and any(word in name for word in ("PASS", "SECRET", "TOKEN", "KEY")):
            raise BadValue("config.literal_secret")
        return text_of(node)

    def _absolute(self, node: Node) -> Path:
        return absolute(text_of(node), self.secrets.base)


def _parts(kind: Kind) -> tuple[str, ...]:
    return tuple(part.name for part in kind.parts)


def _taken(kind: Kind) -> tuple[str, ...]:
    """What says where it is, and what goes along: a password with an address, variables with
    commands."""
    along = {"url": "password", "commands": "environment"}
    return (*kind.takes, *(along[way] for way in kind.takes if way in along))


def _is_needed(key: str, kind: Kind) -> bool:
    """A kind that prints nothing is found by the first of its ways."""
    return not set(PRINTED) & set(kind.takes) and kind.takes[0] == key


def read_place(node: Node | None, name: str, problems: Problems) -> Place:
    """Where copies lie; without the entry a place that is called like the catalogue."""
    if node is None:
        return Place(name)
    section = Section(node, problems, PLACE)
    return Place(
        name=section.read("name", words, name),
        medium=section.read("medium", words, "disk"),
        off_site=section.read("off_site", flag, None),
        immutable=section.read("immutable", flag, None),
        encrypted=section.read("encrypted", flag, None),
    )
