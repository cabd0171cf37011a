"""Numbers, times and plurals as people of each language write them.

Shown times are in the zone the caller names (the business zone) and say so only where a page's
caption does. Nothing here knows what a number means.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal

from governance.i18n import t


def number(value: int | float | Decimal, language: str) -> str:
    """With thousands separators: 12,345."""
    return str(format_decimal(value, locale=language))


def share(value: float | None, language: str, digits: int = 2) -> str:
    """A share of 1 as a percentage, cut and never rounded up: 0.99999 is 99.99 %, not 100 %.

    None, a share of nothing, is a dash.
    """
    if value is None:
        return "–"
    step = Decimal(1).scaleb(-digits)
    cut = (Decimal(str(value)) * 100).quantize(step, rounding=ROUND_FLOOR)
    pattern = f"#,##0.{'0' * digits}" if digits else "#,##0"
    return f"{format_decimal(cut, format=pattern, locale=language)}%"


def points(change: float, language: str, digits: int = 2) -> str:
    """The difference of two shares in percentage points, always with its sign: +0.14."""
    scaled = round(change * 100, digits)
    if scaled == 0:
        scaled = 0.0
    pattern = f"+#,##0.{'0' * digits};-#,##0.{'0' * digits}"
    return str(format_decimal(scaled, format=pattern, locale=language))


def signed(change: int, language: str) -> str:
    """A whole number with its sign: +18, -312, 0."""
    if change == 0:
        return "0"
    return str(format_decimal(change, format="+#,##0;-#,##0", locale=language))


def moment(when: datetime | None, zone: ZoneInfo) -> str:
    """A minute in `zone`, the same in both languages: 2026-11-13 03:59. None is a dash."""
    return "–" if when is None else when.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def clock(when: datetime, zone: ZoneInfo) -> str:
    """Hour, minute and second in `zone`."""
    return when.astimezone(zone).strftime("%H:%M:%S")


def span(length: timedelta, language: str) -> str:
    """A duration in its largest fitting unit: 0.4 s, 12 s, 3 min, 5 h, 2 days."""
    seconds = max(length.total_seconds(), 0.0)
    if seconds < 9.95:
        return t("ui.span.seconds", language, n=f"{seconds:.1f}")
    if seconds < 90:
        return t("ui.span.seconds", language, n=f"{seconds:.0f}")
    if seconds < 90 * 60:
        return t("ui.span.minutes", language, n=f"{seconds / 60:.0f}")
    if seconds < 48 * 3600:
        return t("ui.span.hours", language, n=f"{seconds / 3600:.0f}")
    return t("ui.span.days", language, n=f"{seconds / 86400:.0f}")


def distance(when: datetime, now: datetime, language: str) -> str:
    """How far `when` lies from `now`: 5 min ago, in 3 h."""
    if when <= now:
        return t("ui.span.ago", language, span=span(now - when, language))
    return t("ui.span.ahead", language, span=span(when - now, language))


def plural(name: str, count: int, language: str, **params: object) -> str:
    """The words `name.one` or `name.other` with `{n}` filled in; Chinese needs only `.other`.

    Both forms exist in both catalogues, so that the catalogues stay each other's mirror.
    """
    form = "one" if count == 1 else "other"
    return t(f"{name}.{form}", language, n=number(count, language), **params)
