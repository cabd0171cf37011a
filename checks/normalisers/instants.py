"""Instants: a moment in time, written in UTC however its source wrote it."""

from __future__ import annotations

from checks.normalisers.base import (
    Normaliser,
    Stage,
    Step,
    bound,
    cases,
    full_match,
    guarded,
    replaced,
)
from checks.normalisers.dates import ISO, dashed
from checks.normalisers.unicode import HALF_WIDTH, TRIMMED

_OFFSET = "(?:Z|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9](?::?[0-5][0-9])?)?)"
_CLOCK = "[0-9]{2}:[0-9]{2}:[0-9]{2}"
_SECOND = f"{ISO}[T ]{_CLOCK}"
_DAY = "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
_CLOCKED = rf"{_DAY}[T ] *[0-9]{{1,2}}:[0-9]{{2}}(?::[0-9]{{2}}(?:\.[0-9]+)?)?"
_WRITTEN = f"{_DAY}|{_CLOCKED}{_OFFSET}?"
_UTC = rf"{ISO}T{_CLOCK}(?:\.[0-9]*[1-9])?Z"


def _is_written(text: str) -> str:
    return full_match(text, _WRITTEN)


def _is_utc(text: str) -> str:
    moment = f"TRY_CAST(left({text}, 19) AS TIMESTAMP)"
    return f"{full_match(text, _UTC)} AND year({moment}) >= 1"


def _is_second(text: str) -> str:
    return full_match(text, _SECOND)


def _clocked(text: str) -> str:
    """Sets colons into a time of six digits and turns Chinese and named parts into ISO."""
    compact = replaced(
        text, "^([0-9-]{10})[T ]?([0-9]{2})([0-9]{2})([0-9]{2})($|[Z.+-])", r"\1 \2:\3:\4\5"
    )
    chinese = replaced(compact, " *([0-9]{1,2}) ?[时時点點] ?([0-9]{1,2}) ?分", r" \1:\2")
    seconds = replaced(chinese, "(:[0-9]{2}) ?([0-9]{1,2}) ?秒$", r"\1:\2")
    named = replaced(seconds, " *(?:UTC|GMT)$", "Z")
    return replaced(named, f"(:[0-9.]+) +({_OFFSET})$", r"\1\2")


def _local(moment: str) -> str:
    """A clock's reading in the business zone as a UTC timestamp."""
    return f"timezone('UTC', timezone(duiqi_zone(), {moment}))"


def _printed(utc: str) -> str:
    def text(moment: str) -> str:
        # Other years print differently, so they could not be read back.
        iso = f"replace(CAST({moment} AS VARCHAR), ' ', 'T')"
        return cases((f"year({moment}) BETWEEN 1 AND 9999", iso))

    return bound(utc, text)


def _read(text: str) -> str:
    """The instant in UTC. DuckDB pads, and knows the calendar and the offsets.

    It would round the fraction to microseconds, so that goes round it with all its digits.
    """
    fraction = f"regexp_extract({text}, '[.][0-9]*')"
    pointed = f"contains({text}, '.')"
    whole = cases((pointed, f"replace({text}, {fraction}, '')"), otherwise=text)
    digits = cases((pointed, f"rtrim({fraction}, '0.')"), otherwise="''")
    utc = cases(
        (full_match(text, f"{_CLOCKED}{_OFFSET}"), _instant(whole)),
        (full_match(text, f"(?:{_CLOCKED}|{_DAY})"), _local(_timestamp(whole))),
    )
    return cases(
        (f"{text} = ''", "''"),
        (_is_second(text), f"{_printed(_local(_timestamp(text)))} || 'Z'"),
        otherwise=f"{_printed(utc)} || {digits} || 'Z'",
    )


def _timestamp(text: str) -> str:
    return f"TRY_CAST({text} AS TIMESTAMP)"


def _instant(text: str) -> str:
    return f"timezone('UTC', TRY_CAST({text} AS TIMESTAMPTZ))"


CLOCK = Step("time_form", guarded(lambda text: f"NOT {_is_written(text)}", _clocked))
FORM = Step("date_form", dashed)
ZONE = Step("utc", _read)

DATETIME = Normaliser(
    "datetime",
    "instant",
    (Stage((HALF_WIDTH, TRIMMED, FORM, CLOCK), _is_written), Stage((ZONE,))),
    frozenset({"zone"}),
    canonical=_is_utc,
)
ISO_DATETIME = Normaliser(
    "iso_datetime",
    "instant",
    (Stage((TRIMMED, CLOCK), _is_written), Stage((ZONE,))),
    frozenset({"zone"}),
    canonical=_is_utc,
)
