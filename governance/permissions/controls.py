"""The clauses that rules give evidence for, out of `data/controls.yaml`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path

from checks.dictionary import Title
from governance.config.document import Node, parse, text_of
from governance.config.merge import SHIPPED
from governance.config.problems import ConfigProblems, Problems
from governance.config.read_rules import day
from governance.config.section import Section, entries, items
from governance.config.values import choice, title

FILE = SHIPPED / "data" / "controls.yaml"
KEYS = ("version", "revised", "reviewed_by", "sources", "controls")
CLAUSE = ("in", "clause", "standing", "says", "note")


class Standing(StrEnum):
    """How well number and wording are known: by two public sources or an official text, by one
    source, or by hearsay."""

    VERIFIED = "V"
    ONE_SOURCE = "v1"
    UNVERIFIED = "U"


@dataclass(frozen=True)
class Clause:
    """One clause of a law or standard, in our own words. `note` limits what is known of it."""

    source: str
    source_title: Title
    clause: str
    says: Title
    standing: Standing
    note: str | None = None


@dataclass(frozen=True)
class Control:
    """What a check of ours looks at, and the clauses it gives evidence for."""

    id: str
    title: Title
    clauses: tuple[Clause, ...]


@dataclass(frozen=True)
class Controls:
    """All of them, as of the day the file was revised. `reviewed_by` is who held it against the
    standards themselves; None: nobody."""

    revised: date
    reviewed_by: str | None
    controls: Mapping[str, Control]

    def of(self, ids: Iterable[str]) -> tuple[Control, ...]:
        return tuple(self.controls[name] for name in ids if name in self.controls)


@cache
def shipped_controls() -> Controls:
    return read_controls(FILE)


def read_controls(path: Path) -> Controls:
    """The file's controls. Raises ConfigProblems with everything that is wrong with it."""
    problems = Problems()
    root = parse(path, path.name, problems)
    if root is not None:
        section = Section(root, problems, KEYS)
        sources = _sources(section.need("sources"), problems)
        found = Controls(
            section.read("revised", day, date.min),
            section.read("reviewed_by", text_of, None),
            {
                name: _control(name, node, sources, problems)
                for name, node in entries(section.need("controls"), problems).items()
            },
        )
        if not len(problems):
            return found
    raise ConfigProblems(str(path), problems)


def _sources(node: Node | None, problems: Problems) -> dict[str, Title]:
    return {
        name: Section(child, problems, ("title",)).read("title", title, Title(name, name))
        for name, child in entries(node, problems).items()
    }


def _control(name: str, node: Node, sources: Mapping[str, Title], problems: Problems) -> Control:
    section = Section(node, problems, ("title", "clauses"))
    stated = section.need("clauses")
    clauses = [_clause(item, sources, problems) for item in (items(stated) if stated else ())]
    return Control(name, section.read("title", title, Title(name, name)), tuple(clauses))


def _clause(node: Node, sources: Mapping[str, Title], problems: Problems) -> Clause:
    section = Section(node, problems, CLAUSE)
    for key in CLAUSE[:-1]:
        section.need(key)
    source = section.read("in", choice("config.unknown_source", sources), "")
    words = tuple(s.value for s in Standing)
    standing = section.read("standing", choice("policy.unknown_standing", words), "U")
    return Clause(
        source,
        sources.get(source, Title(source, source)),
        section.read("clause", text_of, ""),
        section.read("says", title, Title("", "")),
        Standing(standing),
        section.read("note", text_of, None),
    )
