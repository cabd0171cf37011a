"""Times as backups print them, mostly without a zone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from checks.backups.model import Problem
from governance.backups.inspect.model import Asked, told

# Abbreviations that mean one offset only. CST is China and Chicago both, so it says nothing.
SURE = {"UTC": UTC, "GMT": UTC, "Z": UTC}
OFFSET = re.compile(r"[+-]\d\d(:?\d\d)?")


def in_zone(text: str, named: str | None, zone: ZoneInfo) -> tuple[datetime | None, bool]:
    """The instant in UTC, None for what is no time, and whether `zone` had to be assumed."""
    plain = " ".join(text.split())
    try:
        found = datetime.strptime(plain, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - the zone follows
    except ValueError:
        return None, False
    if named in SURE:
        return found.replace(tzinfo=UTC), False
    if named and OFFSET.fullmatch(named):
        return datetime.fromisoformat(f"{found.isoformat()}{named}").astimezone(UTC), False
    return found.replace(tzinfo=zone).astimezone(UTC), True


def told_time(asked: Asked, fresh: datetime | None, assumed: bool) -> Iterator[Problem]:
    """What a reader must know of the moment: that there is none, its zone, that it lies ahead."""
    if fresh is None:
        yield told("backups.inspect.no_time")
        return
    if assumed:
        yield told("backups.inspect.zone", zone=asked.zone.key)
    if fresh > asked.now:
        yield told("backups.inspect.future")
