"""Which column stands for which, and how each is read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from checks import tolerance
from checks.normalisers import NORMALISERS, TYPES
from checks.prepare import Column, Spec
from governance.compare.request import Request
from governance.compare.terminal import shown
from governance.errors import ConfigError

Columns = Sequence[tuple[str, str]]

# Databases and files name their types in many ways; these are the ones with a form of their own.
FAMILIES = (
    ("boolean", r"bool(ean)?\b|bit\(1\)"),
    ("integer", r"u?(tiny|small|medium|big|huge)?int(eger)?[248]?(64|32|16|8)?\b(?!erval)|serial"),
    ("decimal", r"numeric|dec(imal)?\b|number\b|float[48]?|double|real\b|money"),
    ("datetime", r"timestamp|datetime|smalldatetime"),
    ("date", r"date\b"),
)
_FAMILIES = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in FAMILIES)


@dataclass(frozen=True)
class Pairing:
    """One column on both sides. `column` is its place inside the engine, with a plain name."""

    name: str
    right: str
    column: Column


@dataclass(frozen=True)
class Plan:
    """All pairings, key first, and the columns that the other side lacks."""

    pairings: tuple[Pairing, ...]
    key: tuple[str, ...]
    only_left: tuple[str, ...]
    only_right: tuple[str, ...]
    zone: str

    @property
    def compared(self) -> tuple[Pairing, ...]:
        return self.pairings[len(self.key) :]

    @property
    def spec(self) -> Spec:
        columns = tuple(p.column for p in self.pairings)
        hashed = tuple(p.column.name for p in self.compared)
        return Spec(columns, tuple(c.name for c in columns[: len(self.key)]), hashed, self.zone)


def align(request: Request, left: Columns, right: Columns) -> Plan:
    """Pair the columns of two sides by name.

    Raises ConfigError with the names there are for a name that neither side has, and CodedError
    for a tolerance on what is neither a number nor a time.
    """
    lefts, rights = dict(left), dict(right)
    _known(request, lefts, rights)
    renamed = set(request.renames.values())
    partner = {
        name: request.renames.get(name, name)
        for name in lefts
        if name in request.renames or (name in rights and name not in renamed)
    }
    taken = set(partner.values())
    wanted = [n for n in partner if n not in request.ignore and n not in request.key]
    pairings = tuple(
        Pairing(
            name,
            partner[name],
            _column(request, f"c{place}", name, lefts[name], rights[partner[name]]),
        )
        for place, name in enumerate([*request.key, *wanted])
    )
    return Plan(
        tuple(pairings),
        request.key,
        tuple(n for n in lefts if n not in partner and n not in request.ignore),
        tuple(n for n in rights if n not in taken and n not in request.ignore),
        request.zone,
    )


def _known(request: Request, lefts: Mapping[str, str], rights: Mapping[str, str]) -> None:
    for name in request.key:
        _among("compare.key_missing", "--key", name, lefts, request.left)
        _among(
            "compare.key_missing", "--key", request.renames.get(name, name), rights, request.right
        )
    for left, right in request.renames.items():
        _among("compare.column", "--map", left, lefts, request.left)
        _among("compare.column", "--map", right, rights, request.right)
    either = {**lefts, **rights}
    for option, names in (
        ("--ignore", request.ignore),
        ("--type", request.types),
        ("--normalize", request.normalizers),
        ("--tolerance", request.tolerances),
    ):
        for name in sorted(names):
            _among("compare.column_anywhere", option, name, either, "")
    for name in request.key:
        if name in request.ignore:
            raise ConfigError("compare.key_ignored", column=name)
        if name in request.tolerances:
            raise ConfigError("compare.key_tolerance", column=name)


def _among(code: str, option: str, name: str, known: Iterable[str], side: str) -> None:
    if name not in known:
        from governance.compare.sides import shown_target

        words = {"allowed": shown(", ".join(known)), "side": shown_target(side)}
        raise ConfigError(code, option=option, column=shown(name), **words)


def _column(request: Request, place: str, name: str, left: str, right: str) -> Column:
    limit = request.tolerances.get(name)
    reading = _reading(request, name, left, right)
    if limit is not None:
        stated = name in request.normalizers or name in request.types
        if reading is None and not stated:
            # A tolerance says by itself what the values must be.
            reading = TYPES["datetime" if limit.time is not None else "decimal"].name
        tolerance.check(name, reading, limit)
    return Column(place, reading, tolerance=limit)


def _reading(request: Request, name: str, left: str, right: str) -> str | None:
    if name in request.normalizers:
        return NORMALISERS[request.normalizers[name]].name
    if name in request.types:
        declared = request.types[name]
        return None if declared == "text" else TYPES[declared].name
    family = common_family(left, right)
    exact = left == right and name not in request.tolerances and family != "decimal"
    return TYPES[family].name if family and not exact else None


def common_family(left: str, right: str) -> str | None:
    """The type that a typed store gives a column, for both sides; None compares as text."""
    families = {family_of(left), family_of(right)} - {None}
    if len(families) == 1:
        return families.pop()
    if families == {"integer", "decimal"}:
        return "decimal"
    if families == {"integer", "boolean"}:
        return "boolean"
    return "datetime" if families == {"date", "datetime"} else None


def family_of(kind: str) -> str | None:
    """The family of a source's type name; None for text, JSON, lists and the like."""
    if kind.endswith("]"):
        return None
    return next((name for name, pattern in _FAMILIES if pattern.match(kind.strip())), None)
