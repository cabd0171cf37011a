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
    matches,
    replaced,
)
from checks.normalisers.dates import CLEANED, DASHED, DAY, ISO
from checks.normalisers.unicode import HALF_WIDTH, TRIMMED

_OFFSET = "(?:Z|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9](?::?[0-5][0-9])?)?)"
_CLOCK = "[0-9]{2}:[0-9]{2}:[0-9]{2}"
_WRITTEN = rf"{ISO}[T ]{_CLOCK}(?:\.[0-9]+)?{_OFFSET}?"
_UTC = rf"{ISO}T{_CLOCK}(?:\.[0-9]*[1-9])?Z"


def _moment(text: str) -> str:
    """The clock's reading without fraction and offset; NULL if no calendar has it."""
    return f"TRY_CAST(left({text}, 19) AS TIMESTAMP)"


def _is_written(text: str) -> str:
    return full_match(text, _WRITTEN)


def _is_utc(text: str) -> str:
    return f"{full_match(text, _UTC)} AND year({_moment(text)}) >= 1"


def _dashed(text: str) -> str:
    compact = replaced(
        text,
        "^([0-9]{4})([0-9]{2})([0-9]{2})(?:[T ]?([0-9]{2}):?([0-9]{2}):?([0-9]{2})([Z.+-].*)?)?$",
        r"\1-\2-\3 \4:\5:\6\7",
    )
    # Spaces set the time apart from a Chinese date, which needs none, before the date is read.
    apart = replaced(compact, r"([日号號]) *([0-9])", r"\1 \2")
    day = replaced(apart, rf"^{DAY}(?:$|[T ] *)", rf"{DASHED} ")
    padded = replaced(day, r"^([0-9]{4})-([0-9])-", r"\1-0\2-")
    return replaced(padded, r"^([0-9]{4}-[0-9]{2})-([0-9]) ", r"\1-0\2 ")


def _clocked(text: str) -> str:
    """Fills a time up to `hh:mm:ss`; a day alone begins at midnight."""
    midnight = replaced(text, rf"^({ISO})[ :]*$", r"\1 00:00:00")
    padded = replaced(midnight, rf"^({ISO})[T ] *([0-9]):", r"\1 0\2:")
    whole = replaced(padded, rf"^({ISO}[T ][0-9]{{2}}:[0-9]{{2}})($|[ Z+-])", r"\1:00\2")
    named = replaced(whole, " *(?:UTC|GMT)$", "Z")
    return replaced(named, rf"^({ISO}[T ]{_CLOCK}(?:\.[0-9]+)?) +({_OFFSET})$", r"\1\2")


def _seconds(offset: str) -> str:
    digits = f"rpad(replace(substr({offset}, 2), ':', ''), 6, '0')"
    size = (
        f"(3600 * TRY_CAST(left({digits}, 2) AS INTEGER) + 60 * TRY_CAST(substr({digits}, 3, 2) AS INTEGER)"
        f" + TRY_CAST(right({digits}, 2) AS INTEGER))"
    )
    sign = cases((f"starts_with({offset}, '-')", "-1"), otherwise="1")
    return f"{sign} * {size}"


def _in_utc(text: str) -> str:
    """The moment as a UTC timestamp without its fraction; NULL if no calendar has it."""
    offset = f"regexp_extract(substr({text}, 20), '[Z+-].*$')"
    moment = _moment(text)
    local = f"timezone('UTC', timezone(duiqi_zone(), {moment}))"
    return cases(
        (f"strlen({text}) = 19", local),
        (f"suffix({text}, 'Z')", moment),
        (f"{offset} = ''", local),
        otherwise=f"{moment} - to_seconds({_seconds(offset)})",
    )


def _read(text: str) -> str:
    fraction = cases(
        (f"strlen({text}) = 19", "''"),
        otherwise=f"rtrim(regexp_extract({text}, '[.][0-9]*'), '0.')",
    )
    # Other years print differently, so they could not be read back.
    utc = bound(
        _in_utc(text),
        lambda found: cases(
            (
                f"year({found}) BETWEEN 1 AND 9999",
                f"replace(CAST({found} AS VARCHAR), ' ', 'T') || {fraction} || 'Z'",
            )
        ),
    )
    return cases((f"{text} = ''", "''"), (_is_written(text), utc))


CLOCK = Step("time_form", guarded(lambda text: f"NOT {_is_written(text)}", _clocked))
FORM = Step("date_form", guarded(lambda text: f"NOT {matches(text, f'^{ISO}(?:[T ]|$)')}", _dashed))
ZONE = Step("utc", _read)

DATETIME = Normaliser(
    "datetime",
    "instant",
    (Stage((HALF_WIDTH, CLEANED, FORM, CLOCK), _is_written), Stage((ZONE,))),
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
