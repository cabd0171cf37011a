"""Times as dumps print them: local, in a zone that the configuration knows."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

PRINTED = re.compile(
    r"(\d{4})-(\d\d?)-\s?(\d\d?)(?:[T ]+(\d\d?):(\d\d):(\d\d)(?:\.(\d{1,9}))?)?\s*"
    r"(Z|UTC|[+-]\d\d(?::?\d\d)?)?"
)


def moment_of(text: str | None, zone: ZoneInfo) -> datetime | None:
    """Aware UTC; None for no time, and for what is not one. A day alone is its first moment.

    Days and hours may be padded with a space, as mysqldump prints them.
    """
    found = PRINTED.fullmatch(text.strip()) if text else None
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    try:
        clock = time(int(hour or 0), int(minute or 0), int(second or 0))
        local = datetime.combine(date(int(year), int(month), int(day)), clock)
    except ValueError:  # zero dates and the 31st of April
        return None
    local = local.replace(microsecond=int((fraction or "0")[:6].ljust(6, "0")))
    if offset is None:
        return local.replace(tzinfo=zone).astimezone(UTC)
    if offset in ("Z", "UTC"):
        return local.replace(tzinfo=UTC)
    signed = offset if len(offset) > 3 else f"{offset}:00"
    return datetime.fromisoformat(f"{local.isoformat()}{signed}").astimezone(UTC)
