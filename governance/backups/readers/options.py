"""Options of a catalogue as their readers take them. Each raises ConfigError naming the option."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TypeVar

from governance.config.problems import BadValue
from governance.config.values import duration
from governance.errors import ConfigError

T = TypeVar("T")
SIZE = re.compile(r"(\d{1,15})\s*([kmgt]?)i?b?", re.IGNORECASE)
POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def span(options: Mapping[str, str], name: str, default: timedelta) -> timedelta:
    """A duration such as `6h`."""
    return _read(options, name, default, duration)


def size(options: Mapping[str, str], name: str, default: int) -> int:
    """A number of bytes: `512`, `10 MB`; a kilobyte has 1024."""
    return _read(options, name, default, _size)


def count(options: Mapping[str, str], name: str, default: int) -> int:
    """A whole number from nought on."""
    return _read(options, name, default, _count)


def choice(options: Mapping[str, str], name: str, default: str, allowed: tuple[str, ...]) -> str:
    """One of `allowed`."""
    found = options.get(name, default)
    if found not in allowed:
        raise ConfigError(
            "backups.store.bad_choice", option=name, value=found, allowed=", ".join(allowed)
        )
    return found


def _read(options: Mapping[str, str], name: str, default: T, parser: Callable[[str], T]) -> T:
    if name not in options:
        return default
    try:
        return parser(options[name])
    except (BadValue, ValueError):
        raise ConfigError("backups.store.bad_option", option=name, value=options[name]) from None


def _size(text: str) -> int:
    match = SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    return int(match[1]) * int(1024 ** POWERS[match[2].lower()])


def _count(text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text.strip()):
        raise ValueError(text)
    return int(text)
