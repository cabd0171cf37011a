"""One human, or one account, as a sealed run has them: accounts, rights with paths, grants."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from typing import Any

from checks.permissions.verdict import GrantPath, Hop
from governance.permissions.reader import Reader
from governance.permissions.told import read_hops

Place = tuple[str, str]  # system, account


@dataclass(frozen=True)
class PersonRow:
    """Somebody of the staff list."""

    human: str
    name: str | None
    status: str | None
    department: str | None
    job: str | None
    family: str | None
    manager: str | None
    left_on: date | None


@dataclass(frozen=True)
class AccountRow:
    """An account and how it stands to a human. `confidence` runs from 0 to 1."""

    system: str
    account: str
    login: str | None
    name: str | None
    kind: str
    is_enabled: bool | None
    is_admin: bool
    department: str | None
    last_login: datetime | None
    link: str
    human: str | None
    confidence: float
    reason: str
    candidates: tuple[str, ...]
    is_second: bool


@dataclass(frozen=True)
class HoldingRow:
    """One function in the hands of one account. `paths` begin with the shortest. `used` is `used`,
    `unused` or `not_evaluable` with `why` (a message code and its parameters)."""

    system: str
    account: str
    human: str | None
    function: str
    is_all: bool
    own: bool
    departments: tuple[str, ...]
    words: tuple[str, ...]
    is_bypass: bool
    allowed: str | None
    beyond: bool | None
    paths: tuple[tuple[Hop, ...], ...]
    used: str | None
    used_count: int | None
    used_at: datetime | None
    why: tuple[str, Mapping[str, str]] | None

    @property
    def scope(self) -> str:
        """The widest word for its reach."""
        if self.is_all:
            return "all"
        order = ("none", "own", "custom", "department", "subtree", "all")
        return max(self.words, key=order.index, default="custom" if self.departments else "none")

    def grants(self) -> tuple[GrantPath, ...]:
        """Its paths as a witness has them."""
        return tuple(
            GrantPath(self.system, self.account, self.function, self.scope, path)
            for path in self.paths
        )


@dataclass(frozen=True)
class GrantRow:
    """An account in a role or group, or an own grant, and since when a run has seen it."""

    system: str
    account: str
    into: str
    node: str
    name: str | None
    until: datetime | None
    granted_by: str | None
    granted_at: datetime | None
    first_seen: datetime
    first_run: int

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.system, self.account, self.node, self.into


_PEOPLE = "human, name, status, department, job, family, manager, left_on"
_ACCOUNT = (
    "system, account, login, name, kind, is_enabled, is_admin, department, last_login, link, "
    "human, confidence, reason, candidates, is_second"
)
HOLDING = (
    "h.system, h.account, h.human, h.function, h.is_all, h.own, h.departments, h.words, "
    "h.is_bypass, h.allowed, h.beyond, h.paths, h.used, h.used_count, h.used_at, h.used_reason, "
    "h.used_params"
)
_GRANT = (
    'system, account, "into", into_node, name, until, granted_by, granted_at, first_seen, first_run'
)
_PLACES = "(SELECT unnest($places::VARCHAR[]))"
_AT = "(system || chr(31) || account)"


def person(reader: Reader, human: str) -> PersonRow | None:
    rows = reader.ask(f"SELECT {_PEOPLE} FROM {{people}} WHERE human = $human", {"human": human})
    return PersonRow(*rows[0]) if rows else None


def search(reader: Reader, text: str, limit: int = 12) -> tuple[PersonRow, ...]:
    """People whose number begins with the text or whose name holds it."""
    query = (
        f"SELECT {_PEOPLE} FROM {{people}} WHERE starts_with(lower(human), lower($text))"
        " OR contains(lower(coalesce(name, '')), lower($text))"
        " ORDER BY lower(human) <> lower($text), name, human LIMIT $limit"
    )
    found = reader.ask(query, {"text": text.strip(), "limit": limit})
    return tuple(PersonRow(*row) for row in found)


def accounts_of(reader: Reader, human: str) -> tuple[AccountRow, ...]:
    """The human's accounts, then those that may be theirs."""
    query = (
        f"SELECT {_ACCOUNT} FROM {{accounts}} WHERE human = $human"
        " OR (link = 'unsure' AND contains(candidates, $told))"
        " ORDER BY human IS NULL, system, account"
    )
    return _accounts(reader, query, {"human": human, "told": json.dumps(human, ensure_ascii=False)})


def account(reader: Reader, place: Place) -> AccountRow | None:
    query = f"SELECT {_ACCOUNT} FROM {{accounts}} WHERE system = $system AND account = $account"
    found = _accounts(reader, query, {"system": place[0], "account": place[1]})
    return found[0] if found else None


def _accounts(reader: Reader, query: str, values: dict[str, object]) -> tuple[AccountRow, ...]:
    found = []
    for row in reader.ask(query, values):
        told = _named(AccountRow, row)
        told["last_login"] = _aware(told["last_login"])
        told["candidates"] = tuple(json.loads(told["candidates"]))
        found.append(AccountRow(**told))
    return tuple(found)


def holdings(reader: Reader, places: Iterable[Place]) -> tuple[HoldingRow, ...]:
    """What these accounts hold, what is beyond need first."""
    query = (
        f"SELECT {HOLDING} FROM {{holdings}} AS h WHERE {_AT} IN {_PLACES}"
        " ORDER BY coalesce(NOT beyond, true), beyond IS NULL, function, system, account"
    )
    return tuple(holding(row) for row in _of(reader, query, places))


def holding(row: tuple[Any, ...]) -> HoldingRow:
    """A row of `HOLDING`'s columns."""
    *values, reason, params = row
    told = _named(HoldingRow, (*values, None))
    for name in ("departments", "words"):
        told[name] = tuple(json.loads(told[name]))
    told["paths"] = tuple(read_hops(path) for path in json.loads(told["paths"]))
    told["used_at"] = _aware(told["used_at"])
    told["why"] = (reason, json.loads(params or "{}")) if reason else None
    return HoldingRow(**told)


def grants(reader: Reader, places: Iterable[Place]) -> tuple[GrantRow, ...]:
    query = (
        f"SELECT {_GRANT} FROM {{grants}} WHERE {_AT} IN {_PLACES}"
        " ORDER BY first_seen DESC, system, account, name"
    )
    found = []
    for row in _of(reader, query, places):
        told = _named(GrantRow, row)
        told |= {n: _aware(told[n]) for n in ("until", "granted_at", "first_seen")}
        found.append(GrantRow(**told))
    return tuple(found)


def moves(reader: Reader, human: str) -> tuple[tuple[str, str, datetime], ...]:
    """Changes of department: from, to, and when."""
    query = 'SELECT before, after, "at" FROM {moves} WHERE person = $human ORDER BY "at" DESC'
    rows = reader.ask(query, {"human": human})
    return tuple((before, after, at.replace(tzinfo=UTC)) for before, after, at in rows)


def _of(reader: Reader, query: str, places: Iterable[Place]) -> list[tuple[Any, ...]]:
    wanted = sorted(chr(31).join(place) for place in places)
    return reader.ask(query, {"places": wanted}) if wanted else []


def _named(kind: type, row: Iterable[Any]) -> dict[str, Any]:
    return dict(zip((field.name for field in fields(kind)), row, strict=True))


def _aware(value: datetime | None) -> Any:
    return None if value is None else value.replace(tzinfo=UTC)
