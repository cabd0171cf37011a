"""What `duiqi compare` was asked to do, read from its words."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from checks.dictionary import Tolerance
from governance.errors import ConfigError

ZONE = "Asia/Shanghai"
FINDINGS = (".csv", ".jsonl", ".parquet", ".xlsx")


@dataclass(frozen=True)
class Request:
    """One comparison. Names are those of the left side; `renames` leads from them to the right's.

    `zone` is the business time zone, for times that are written without one.
    """

    left: str
    right: str
    key: tuple[str, ...]
    renames: dict[str, str] = field(default_factory=dict)
    ignore: frozenset[str] = frozenset()
    types: dict[str, str] = field(default_factory=dict)
    normalizers: dict[str, str] = field(default_factory=dict)
    tolerances: dict[str, Tolerance] = field(default_factory=dict)
    base: str | None = None
    findings: Path | None = None
    zone: str = ZONE


def business_zone() -> str:
    """`DUIQI_TIME_ZONE`, else Asia/Shanghai. Raises ConfigError for what is no time zone."""
    zone = os.environ.get("DUIQI_TIME_ZONE") or ZONE
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError("compare.zone", zone=zone) from None
    return zone


def names_in(options: Iterable[str]) -> tuple[str, ...]:
    """Column names parted by commas; one that holds a comma is written in quotation marks."""
    return tuple(name for row in csv.reader(options, skipinitialspace=True) for name in row if name)


def keys_of(
    key: Sequence[str], left: Sequence[str], right: Sequence[str]
) -> tuple[tuple[str, ...], dict[str, str]]:
    """The key's left names, and where the right calls them otherwise. Raises ConfigError."""
    both, lefts, rights = names_in(key), names_in(left), names_in(right)
    lefts, rights = lefts or both, rights or both
    if not lefts or not rights:
        raise ConfigError("compare.no_key")
    for names in (lefts, rights):
        if len(set(names)) < len(names):
            raise ConfigError("compare.key_repeated", column=max(names, key=names.count))
    if len(lefts) != len(rights):
        raise ConfigError("compare.key_lengths", left=",".join(lefts), right=",".join(rights))
    return lefts, {one: other for one, other in zip(lefts, rights, strict=True) if one != other}


def renames_in(options: Iterable[str], keys: dict[str, str]) -> dict[str, str]:
    """`--map l=r,..` and the key's renames in one. Raises ConfigError for what is no pair."""
    found = dict(keys)
    for text in names_in(options):
        left, other = _pair(text, "--map")
        if found.get(left, other) != other or other in (
            r for name, r in found.items() if name != left
        ):
            raise ConfigError("compare.map_twice", text=text)
        found[left] = other
    return found


def assigned(options: Iterable[str], option: str, allowed: Sequence[str]) -> dict[str, str]:
    """`c=name` options. Raises ConfigError with the allowed names for an unknown one."""
    found: dict[str, str] = {}
    for text in options:
        column, name = _pair(text, option)
        if name not in allowed:
            raise ConfigError(
                "compare.name", option=option, name=name, allowed=", ".join(sorted(allowed))
            )
        found[column] = name
    return found


def tolerances_in(options: Iterable[str]) -> dict[str, Tolerance]:
    """`c=0.01`, `c=1%`, `c=5min`. Raises CodedError for a wording that says no distance."""
    from checks import tolerance

    pairs = (_pair(text, "--tolerance") for text in options)
    return {column: tolerance.parse(words) for column, words in pairs}


def _pair(text: str, option: str) -> tuple[str, str]:
    name, mark, value = text.rpartition("=") if option != "--map" else text.partition("=")
    if not (name and mark and value):
        raise ConfigError("compare.pair", option=option, text=text)
    return name.strip(), value.strip()
