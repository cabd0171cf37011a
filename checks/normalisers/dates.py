"""Calendar days."""

from __future__ import annotations

from checks.normalisers.base import (
    Normaliser,
    Stage,
    Step,
    cases,
    full_match,
    guarded,
    matches,
    replaced,
)
from checks.normalisers.unicode import HALF_WIDTH, INVISIBLE, SPACE, TRIMMED

_MONTH = _DATE = "([0-9]{1,2})"
# Eight groups: the year, then month and day once for each way to write them.
DAY = (
    rf"([0-9]{{4}})(?:-{_MONTH}-{_DATE}|/{_MONTH}/{_DATE}|\.{_MONTH}\.{_DATE}"
    rf"| ?年 ?{_MONTH} ?月 ?{_DATE} ?[日号號]?)"
)
DASHED = r"\1-\2\4\6\8-\3\5\7\9"
_BLANK = SPACE + INVISIBLE
ISO = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_MIDNIGHT = r"(?:[T ] *0?0:00(?::00(?:\.0+)?)?)?"
# Day 60 is the 29 February 1900 that never was; before it Excel counts one day less.
_LAST_SERIAL = 2958465


def is_day(text: str) -> str:
    """Holds for an ISO date that is in the calendar, from the year 1 on."""
    return f"{full_match(text, ISO)} AND year(TRY_CAST({text} AS DATE)) >= 1"


def _is_iso(text: str) -> str:
    return full_match(text, ISO)


def _dashed(text: str) -> str:
    return replaced(
        replaced(text, rf"^{DAY}{_MIDNIGHT}$", DASHED),
        "^([0-9]{4})([0-9]{2})([0-9]{2})$",
        r"\1-\2-\3",
    )


def _padded(text: str) -> str:
    month = replaced(text, "^([0-9]{4})-([0-9])-", r"\1-0\2-")
    return replaced(month, "^([0-9]{4}-[0-9]{2})-([0-9])$", r"\1-0\2")


def _day(text: str) -> str:
    return cases((f"{text} = '' OR {is_day(text)}", text))


def _from_serial(text: str) -> str:
    number = f"TRY_CAST(split_part({text}, '.', 1) AS INTEGER)"
    first = cases((f"{number} < 60", "DATE '1899-12-31'"), otherwise="DATE '1899-12-30'")
    valid = f"{number} BETWEEN 1 AND {_LAST_SERIAL} AND {number} <> 60"
    return cases((valid, f"CAST({first} + {number} AS VARCHAR)"), otherwise=text)


CLEANED = Step(
    "white_space",
    guarded(
        lambda text: matches(text, f"^[{_BLANK}]|[{_BLANK}]$"),
        lambda text: replaced(text, f"^[{_BLANK}]+|[{_BLANK}]+$"),
    ),
)
FORM = Step(
    "date_form",
    guarded(lambda text: f"NOT {full_match(text, ISO)}", lambda text: _padded(_dashed(text))),
)
VALID = Step("calendar", _day)
SERIAL = Step(
    "excel_serial", guarded(lambda text: full_match(text, r"[0-9]{1,7}(?:\.0*)?"), _from_serial)
)

DATE = Normaliser("date", "date", (Stage((HALF_WIDTH, CLEANED, FORM, VALID)),), canonical=is_day)
EXCEL_DATE = Normaliser(
    "excel_date",
    "date",
    (Stage((SERIAL,)), Stage((HALF_WIDTH, CLEANED, SERIAL, FORM), _is_iso), Stage((VALID,))),
    canonical=is_day,
)
ISO_DATE = Normaliser("iso_date", "date", (Stage((TRIMMED, VALID)),), canonical=is_day)
