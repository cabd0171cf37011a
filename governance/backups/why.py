"""The reasons of verdicts in words: moments in the business zone, spans in a fitting unit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from governance.i18n import explain_code
from governance.i18n.formats import moment, number, span

COUNTS = frozenset({"missing", "missed", "count", "rows", "differs", "seen", "usual"})
NOTHING = "–"


def reason(code: str, params: Mapping[str, str], language: str, zone: ZoneInfo) -> str:
    """What a verdict says and why, as plain text. It may hold words of a source: never markdown.

    Parameters whose names end in `_at` hold moments, those in `_span` seconds; what is not known is
    a dash.
    """
    told = {name: _shown(name, value, language, zone) for name, value in params.items()}
    return explain_code(code, told, language)


def _shown(name: str, value: str, language: str, zone: ZoneInfo) -> str:
    if not value:
        return NOTHING
    if name.endswith("_at"):
        return moment(datetime.fromisoformat(value), zone)
    if name.endswith("_span"):
        return span(timedelta(seconds=float(value)), language)
    return number(int(value), language) if name in COUNTS and value.isdecimal() else value
