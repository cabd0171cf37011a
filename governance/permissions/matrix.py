"""Job families against functions: how many hold what, and how many of them more than they need.

Only accounts that can be used count. Whoever has left makes a family of their own, of whom nobody
needs anything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from governance.permissions.reader import Reader

# Stand for families that the policy does not name.
LEFT, UNKNOWN = "~left", "~unknown"

_FAMILY = (
    f"CASE WHEN p.status = 'left' THEN '{LEFT}' WHEN p.family IS NULL THEN '{UNKNOWN}'"
    " ELSE p.family END"
)
_HELD = (
    f"SELECT {_FAMILY} AS family, h.function, h.human, p.name, h.system, h.account, h.is_all,"
    " h.words, h.allowed, CASE WHEN p.status = 'left' THEN true ELSE h.beyond END AS beyond"
    " FROM {holdings} AS h JOIN {people} AS p ON p.human = h.human"
    " JOIN {accounts} AS a ON a.system = h.system AND a.account = h.account"
    " WHERE a.is_enabled IS DISTINCT FROM false"
)


@dataclass(frozen=True)
class Cell:
    """People of one family who hold one function: all, those beyond need, those nobody can tell."""

    held: int
    beyond: int
    unclear: int


@dataclass(frozen=True)
class Matrix:
    """`families` are numbers of people by family. `cells` has those that are not empty."""

    families: Mapping[str, int]
    cells: Mapping[tuple[str, str], Cell]


@dataclass(frozen=True)
class Holder:
    """One account of a cell. `words` are the scopes as declared, `allowed` what the family may."""

    human: str
    name: str | None
    system: str
    account: str
    is_all: bool
    words: tuple[str, ...]
    allowed: str | None
    beyond: bool | None


def matrix(reader: Reader) -> Matrix:
    families = reader.ask(f"SELECT {_FAMILY} AS family, count(*) FROM {{people}} AS p GROUP BY ALL")
    rows = reader.ask(
        "SELECT family, function, count(DISTINCT human),"
        " count(DISTINCT human) FILTER (beyond),"
        " count(DISTINCT human) FILTER (beyond IS NULL)"
        f" FROM ({_HELD}) GROUP BY ALL"
    )
    return Matrix(dict(families), {(f, name): Cell(*numbers) for f, name, *numbers in rows})


def holders(reader: Reader, family: str, function: str, limit: int = 200) -> tuple[Holder, ...]:
    """Who is in a cell, those beyond need first."""
    rows = reader.ask(
        "SELECT human, name, system, account, is_all, words, allowed, beyond"
        f" FROM ({_HELD}) WHERE family = $family AND function = $function"
        " ORDER BY coalesce(NOT beyond, true), beyond IS NULL, human, system, account LIMIT $limit",
        {"family": family, "function": function, "limit": limit},
    )
    return tuple(
        Holder(human, name, system, account, is_all, tuple(json.loads(words)), allowed, beyond)
        for human, name, system, account, is_all, words, allowed, beyond in rows
    )
