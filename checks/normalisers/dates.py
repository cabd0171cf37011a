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
from checks.normalisers.unicode import HALF_WIDTH, TRIMMED
from checks.sql import literal

ISO = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_SHORT = "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
_SLASHED = "^[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}([T ]|$)"
_DOTTED = r"^[0-9]{4}\.[0-9]{1,2}\.[0-9]{1,2}([T ]|$)"
_CHINESE = "^[0-9]{4} ?年 ?[0-9]{1,2} ?月 ?[0-9]{1,2} ?([日号號]|[T ]|$)"
_COMPACT = "^[0-9]{8}($|[T ]?[0-9])"
_MIDNIGHT = r"[T ] *0?0:00(?::00(?:\.0+)?)?$"
# Day 60 is the 29 February 1900 that never was; before it Excel counts one day less.
_LAST_SERIAL = 2958465


def dashed(text: str) -> str:
    """Rewrites the day at the front as `Y-M-D`; what follows stays, a blank before it."""
    dots = replaced(text, r"^([0-9]{4})\.([0-9]{1,2})\.", r"\1-\2-")
    chinese = replaced(
        text, "^([0-9]{4}) ?年 ?([0-9]{1,2}) ?月 ?([0-9]{1,2}) ?[日号號]? *", r"\1-\2-\3 "
    )
    compact = (
        f"left({text}, 4) || '-' || substr({text}, 5, 2) || '-' || substr({text}, 7, 2)"
        f" || substr({text}, 9)"
    )
    return cases(
        (matches(text, _SLASHED), f"replace({text}, '/', '-')"),
        (matches(text, _CHINESE), f"rtrim({chinese}, ' ')"),
        (matches(text, _DOTTED), dots),
        (matches(text, _COMPACT), compact),
        otherwise=text,
    )


def is_day(text: str) -> str:
    """Holds for an ISO date that is in the calendar, from the year 1 on."""
    return f"{full_match(text, ISO)} AND year(TRY_CAST({text} AS DATE)) >= 1"


def _is_tidy(text: str) -> str:
    return full_match(text, "[0-9年月日号./-]+(?: [0-9:.]+)?")


def _without_midnight(text: str) -> str:
    return f"regexp_replace({text}, {literal(_MIDNIGHT)}, '')"


def _day(text: str) -> str:
    """The ISO date; DuckDB pads and knows the calendar."""
    day = f"TRY_CAST({text} AS DATE)"
    valid = f"{full_match(text, _SHORT)} AND year({day}) >= 1"
    return cases((f"{text} = ''", "''"), (valid, f"CAST({day} AS VARCHAR)"))


def _strict_day(text: str) -> str:
    return cases((f"{text} = '' OR ({is_day(text)})", text))


def _from_serial(text: str) -> str:
    number = f"TRY_CAST(split_part({text}, '.', 1) AS INTEGER)"
    first = cases((f"{number} < 60", "DATE '1899-12-31'"), otherwise="DATE '1899-12-30'")
    valid = f"{number} BETWEEN 1 AND {_LAST_SERIAL} AND {number} <> 60"
    return cases((valid, f"CAST({first} + {number} AS VARCHAR)"), otherwise=text)


FORM = Step("date_form", dashed)
MIDNIGHT = Step("midnight", _without_midnight)
VALID = Step("padding", _day)
SERIAL = Step(
    "excel_serial",
    guarded(lambda text: full_match(text, r"[0-9]{1,7}(?:\.0*)?"), _from_serial),
)

DATE = Normaliser(
    "date",
    "date",
    (
        Stage((HALF_WIDTH, TRIMMED), _is_tidy),
        Stage(
            (FORM, MIDNIGHT, VALID),
        ),
    ),
    canonical=is_day,
)
EXCEL_DATE = Normaliser(
    "excel_date",
    "date",
    (
        Stage((HALF_WIDTH, TRIMMED), _is_tidy),
        Stage((SERIAL,)),
        Stage((FORM, MIDNIGHT, VALID), is_day),
    ),
    canonical=is_day,
)
ISO_DATE = Normaliser(
    "iso_date", "date", (Stage((TRIMMED, Step("calendar", _strict_day))),), canonical=is_day
)
