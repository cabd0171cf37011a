"""Values of doubtful kind, as tools print them: each function gives the value where it is of the
kind it should be, and None where it is not."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d{1,12})?\s?(Z|UTC|GMT|[+-]\d\d:?\d\d)?"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CTIME = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d:\d\d:\d\d) (\d{4})")


def at(value: object, *path: str) -> Any:
    """What stands at a path of names; None where it leads nowhere."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def text(value: object) -> str | None:
    """A text that is not empty."""
    return value if isinstance(value, str) and value else None


def whole(value: object) -> int | None:
    """A number of things or bytes; some tools write it as text. Never through a float: numbers of
    clusters are larger than 2^53."""
    if isinstance(value, str) and re.fullmatch(r"\d{1,25}", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def texts(value: object) -> tuple[str, ...] | None:
    """A list of nothing but texts."""
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return None
    return tuple(value)


def epoch(value: object) -> datetime | None:
    """Seconds since 1970 as aware UTC."""
    seconds = whole(value)
    try:
        return None if not seconds else datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def written(value: object) -> datetime | None:
    """A moment in ISO 8601 or as ctime writes it, aware only where it says its zone."""
    said = value.strip() if isinstance(value, str) else ""
    try:
        return _iso(said) or _ctime(said)
    except ValueError:
        return None


def _iso(text: str) -> datetime | None:
    found = _ISO.fullmatch(text)
    if not found:
        return None
    # Python keeps six digits of a second, tools write up to nine.
    part, zone = (found[3] or "")[:7], found[4] or ""
    zone = "+00:00" if zone in ("Z", "UTC", "GMT") else zone
    return datetime.fromisoformat(f"{found[1]}T{found[2]}{part}{zone}")


def _ctime(text: str) -> datetime | None:
    found = _CTIME.fullmatch(text)
    if not found or found[1] not in _MONTHS:
        return None
    month = _MONTHS.index(found[1]) + 1
    return datetime.fromisoformat(f"{found[4]}-{month:02}-{int(found[2]):02}T{found[3]}")
