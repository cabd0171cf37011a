"""What columns and tables are usually called, and which of them nobody may look into."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from governance.config.document import Node, parse
from governance.config.merge import SHIPPED
from governance.config.problems import ConfigProblems, Problems

WORDS = SHIPPED / "data" / "synonyms.yaml"
# Columns that no proposal may read, let alone map.
FORBIDDEN = re.compile(r"pass(word|wd)?$|^pwd|pwd$|passw|salt$|secret|token|private_?key|密码|口令")


@dataclass(frozen=True)
class Words:
    """Words of each entity's tables and fields, and leading parts of names that say nothing."""

    tables: dict[str, frozenset[str]]
    fields: dict[str, dict[str, frozenset[str]]]
    prefixes: frozenset[str]


@cache
def shipped() -> Words:
    """The words that ship. Raises ConfigProblems where their file is broken."""
    problems = Problems()
    tree = parse(WORDS, str(WORDS), problems)
    if tree is None:
        raise ConfigProblems(str(WORDS), problems)
    fields = {entity: split(node) for entity, node in tree.items["fields"].items.items()}
    prefixes = frozenset(str(tree.items["prefixes"].content).split())
    return Words(split(tree.items["tables"]), fields, prefixes)


def split(node: Node) -> dict[str, frozenset[str]]:
    return {name: frozenset(str(child.content).split()) for name, child in node.items.items()}


def compact(name: str) -> str:
    """A name without case, separators and width."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(letter for letter in folded if letter.isalnum())


def parts(name: str) -> list[str]:
    """The words of a name: `CustNo`, `cust_no` and `cust-no` are cust and no."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", unicodedata.normalize("NFKC", name))
    return [part.casefold() for part in re.split(r"[\W_]+", spaced) if part]


def spellings(column: str) -> list[str]:
    """A column's name as the words are spelled, then without what only says its table."""
    found = [compact(column)]
    words_of_name = parts(column)
    if len(words_of_name) > 1 and words_of_name[0] in shipped().prefixes:
        found.append("".join(words_of_name[1:]))
    return found


def field_of(entity: str, column: str) -> str | None:
    """The dictionary field that a column of an `entity` table most likely holds."""
    known = shipped().fields.get(entity, {})
    for spelling in spellings(column):
        for field, names in known.items():
            if spelling in names:
                return field
    return None


def entity_of(table: str) -> str | None:
    """The entity that a table of this name most likely keeps."""
    last = parts(table.rpartition(".")[2])
    for start in range(min(3, len(last))):
        spelling = "".join(last[start:])
        for entity, names in shipped().tables.items():
            if spelling in names:
                return entity
    return None


def may_be_read(column: str) -> bool:
    """False for what looks like a password or a token."""
    return FORBIDDEN.search(column.casefold()) is None
