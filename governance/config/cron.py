"""Schedules: a five-field cron line, or an interval."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo

from governance.config.document import Node, text_of
from governance.config.model import Schedule
from governance.config.problems import BadValue, unknown
from governance.config.values import positive_duration

WEEK = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
MONDAY_FIRST = (*WEEK[1:], WEEK[0])
PART = re.compile(r"(\*|[a-z]{3}|[0-7])(?:-([a-z]{3}|[0-7]))?(?:/([1-7]))?")


def schedule(node: Node, zone: tzinfo) -> Schedule:
    """`"0 2 * * *"` or `{every: 1h}`. A cron line comes back in the scheduler's spelling."""
    if isinstance(node.content, dict):
        for name in node.content:
            if name != "every":
                raise unknown("config.unknown_key", name, ("every",))
        if "every" not in node.content:
            raise BadValue("config.missing", name="every")
        return Schedule(every=positive_duration(node.content["every"]))
    return Schedule(cron=cron_line(text_of(node), zone))


def cron_line(text: str, zone: tzinfo) -> str:
    """The line with days of the week spelled out.

    The scheduler counts days from Monday and cron from Sunday; names mean the same to both. It
    also wants day and weekday to hold together where cron takes either, so a line that limits
    both is refused. Raises BadValue for that, for what is no cron line, and for a date that never
    comes.
    """
    from apscheduler.triggers.cron import CronTrigger

    fields = text.lower().split()
    if len(fields) != 5:
        raise BadValue("config.bad_cron", value=text)
    fields[4] = weekdays(fields[4], text)
    if fields[2] != "*" and fields[4] != "*":
        raise BadValue("config.cron_both_days", value=text)
    line = " ".join(fields)
    try:
        CronTrigger.from_crontab(line, timezone=zone)
    except ValueError:
        raise BadValue("config.bad_cron", value=text) from None
    if never_comes(fields[2], fields[3]):
        raise BadValue("config.cron_never", value=text)
    return line


def weekdays(field: str, text: str) -> str:
    """The weekday field as names, Sunday being 0 and 7."""
    if field == "*":
        return field
    days: list[str] = []
    for part in field.split(","):
        match = PART.fullmatch(part)
        if match is None:
            raise BadValue("config.bad_cron", value=text)
        first, last, step = match.groups()
        if first == "*":
            low, high = 0, 6
        else:
            low = number_of(first, text)
            high = number_of(last, text) if last else (6 if step else low)
        if last in ("0", "7", "sun") and high < low:
            high = 7
        if high < low:
            raise BadValue("config.bad_cron", value=text)
        days += [WEEK[day % 7] for day in range(low, high + 1, int(step or 1))]
    return as_range(sorted({MONDAY_FIRST.index(day) for day in days}))


def as_range(days: list[int]) -> str:
    """Days as the scheduler reads them, Monday first: `mon-fri` where they adjoin."""
    if len(days) == 7:
        return "*"
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"{MONDAY_FIRST[days[0]]}-{MONDAY_FIRST[days[-1]]}"
    return ",".join(MONDAY_FIRST[day] for day in days)


def number_of(day: str, text: str) -> int:
    if day.isdigit():
        return int(day)
    if day not in WEEK:
        raise BadValue("config.bad_cron", value=text)
    return WEEK.index(day)


def never_comes(day: str, month: str) -> bool:
    """True where every named day is past the end of every named month, as 31 February is."""
    if not re.fullmatch(r"[\d,]+", day) or not re.fullmatch(r"[\d,]+", month):
        return False
    for one in filter(None, month.split(",")):
        for number in filter(None, day.split(",")):
            try:
                datetime(2024, int(one), int(number), tzinfo=UTC)
            except ValueError:
                continue
            return False
    return True
