"""Values as people write them: durations, shares, tolerances, schedules, titles.

Every reader takes a node and raises BadValue with a message that shows how to write it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from checks.dictionary import Title, Tolerance
from governance.config.document import Node, text_of
from governance.config.problems import BadValue, unknown

# One underscore between parts at most: sealed columns append `__t` and `__n` to a field's name.
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
NAME_LENGTH = 48
UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 604800}
DURATION = re.compile(r"(\d+)\s*(min|s|m|h|d|w)")
LONGEST = timedelta(days=36525)


def name_of(text: str) -> str:
    """`text` if it may name a source, entity, field or check."""
    if not NAME.fullmatch(text) or len(text) > NAME_LENGTH:
        raise BadValue("config.bad_name", name=text, length=NAME_LENGTH)
    return text


def duration(text: str) -> timedelta:
    """`90d`, `1h30m`, `5min`, `0s`. Raises BadValue otherwise."""
    compact = text.strip().lower()
    parts = DURATION.findall(compact)
    if not parts or DURATION.sub("", compact).strip():
        raise BadValue("config.bad_duration", value=text)
    seconds = sum(int(number[:12]) * UNITS[unit] for number, unit in parts)
    if seconds > LONGEST.total_seconds():
        raise BadValue("config.bad_duration", value=text)
    return timedelta(seconds=seconds)


def any_duration(node: Node) -> timedelta:
    return duration(text_of(node))


def positive_duration(node: Node) -> timedelta:
    span = duration(text_of(node))
    if not span:
        raise BadValue("config.zero_duration")
    return span


def number(text: str) -> Decimal:
    """A plain finite decimal number. Raises BadValue otherwise."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        raise BadValue("config.bad_number", value=text) from None
    if not value.is_finite() or abs(value.adjusted()) > 30:
        raise BadValue("config.bad_number", value=text)
    return value


def share(node: Node) -> Decimal:
    """`98%` or `0.98`, from 0 to 1."""
    text = text_of(node).strip()
    value = number(text[:-1]) / 100 if text.endswith("%") else number(text)
    if not 0 <= value <= 1:
        raise BadValue("config.bad_share", value=text)
    return value


def tolerance(node: Node) -> Tolerance:
    """`0.01` in the field's unit, `1%` of the larger magnitude, or a time such as `5min`."""
    text = text_of(node).strip()
    if DURATION.search(text.lower()):
        return Tolerance(time=duration(text))
    value = number(text[:-1]) / 100 if text.endswith("%") else number(text)
    if value < 0:
        raise BadValue("config.negative_tolerance")
    return Tolerance(relative=value) if text.endswith("%") else Tolerance(absolute=value)


def whole(low: int, high: int) -> Callable[[Node], int]:
    """A reader of whole numbers from `low` to `high`."""

    def read(node: Node) -> int:
        text = text_of(node)
        if not re.fullmatch(r"-?\d{1,9}", text) or not low <= int(text) <= high:
            raise BadValue("config.bad_whole", value=text, low=low, high=high)
        return int(text)

    return read


def flag(node: Node) -> bool:
    text = text_of(node).lower()
    if text not in ("true", "false"):
        raise BadValue("config.bad_flag", value=text)
    return text == "true"


def choice(code: str, allowed: Iterable[str]) -> Callable[[Node], str]:
    """A reader of one of `allowed`; `code` is the message for anything else."""
    names = tuple(allowed)

    def read(node: Node) -> str:
        text = text_of(node)
        if text not in names:
            raise unknown(code, text, names)
        return text

    return read


def title(node: Node) -> Title:
    """`{zh: .., en: ..}`, or one text for both languages."""
    if isinstance(node.content, dict):
        stray = [name for name in node.content if name not in ("zh", "en")]
        if stray:
            raise unknown("config.unknown_key", stray[0], ("zh", "en"))
        words = {name: text_of(child) for name, child in node.content.items() if child.content}
        if not words:
            raise BadValue("config.bad_title")
        return Title(zh=words.get("zh") or words["en"], en=words.get("en") or words["zh"])
    return Title(zh=text_of(node), en=text_of(node))


def time_zone(node: Node) -> ZoneInfo:
    from zoneinfo import available_timezones

    text = text_of(node)
    try:
        return ZoneInfo(text)
    except (ValueError, OSError, LookupError):
        bad = unknown("config.bad_zone", text, sorted(available_timezones()))
        raise BadValue(bad.code, **{**bad.params, "allowed": "Asia/Shanghai, UTC"}) from None
