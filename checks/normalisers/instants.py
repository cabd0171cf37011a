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
_WRITTEN = (
    "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
    rf"(?:[T ] *[0-9]{{1,2}}:[0-9]{{2}}(?::[0-9]{{2}}(?:\.[0-9]+)?)? *{_OFFSET}?)?"
)
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
    return replaced(seconds, " *(?:UTC|GMT)$", "Z")


def _seconds(offset: str) -> str:
    digits = f"rpad(replace(substr({offset}, 2), ':', ''), 6, '0')"
    hours, minutes, seconds = (
        f"TRY_CAST(substr({digits}, {place}, 2) AS INTEGER)" for place in (1, 3, 5)
    )
    size = f"(3600 * {hours} + 60 * {minutes} + {seconds})"
    sign = cases((f"starts_with({offset}, '-')", "-1"), otherwise="1")
    return f"{sign} * {size}"


def _local(moment: str) -> str:
    """A clock's reading in the business zone as a UTC timestamp."""
    return f"timezone('UTC', timezone(duiqi_zone(), {moment}))"


def _printed(utc: str, fraction: str) -> str:
    def text(moment: str) -> str:
        # Other years print differently, so they could not be read back.
        iso = f"replace(CAST({moment} AS VARCHAR), ' ', 'T') || {fraction} || 'Z'"
        return cases((f"year({moment}) BETWEEN 1 AND 9999", iso))

    return bound(utc, text)


def _read(text: str) -> str:
    """The instant in UTC. DuckDB pads and knows the calendar; fractions keep all their digits."""
    clock = f"regexp_extract({text}, '^[0-9-]+(?:[T ] *[0-9:]+)?')"
    moment = f"TRY_CAST({clock} AS TIMESTAMP)"
    fraction = f"rtrim(regexp_extract({text}, '[.][0-9]*'), '0.')"
    offset = f"regexp_extract({text}, '[0-9]:[0-9.:]+ *([Z+-].*)$', 1)"
    utc = cases(
        (f"suffix({text}, 'Z')", moment),
        (f"{offset} = ''", _local(moment)),
        otherwise=f"{moment} - to_seconds({_seconds(offset)})",
    )
    return cases(
        (f"{text} = ''", "''"),
        (_is_second(text), _printed(_local(f"TRY_CAST({text} AS TIMESTAMP)"), "''")),
        (_is_written(text), _printed(utc, fraction)),
    )


CLOCK = Step("time_form", guarded(lambda text: f"NOT {_is_written(text)}", _clocked))
FORM = Step("date_form", dashed)
ZONE = Step("utc", _read)

DATETIME = Normaliser(
    "datetime",
    "instant",
    (Stage((HALF_WIDTH, TRIMMED, FORM, CLOCK), _is_second), Stage((ZONE,))),
    frozenset({"zone"}),
    canonical=_is_utc,
)
ISO_DATETIME = Normaliser(
    "iso_datetime",
    "instant",
    (Stage((TRIMMED, CLOCK), _is_second), Stage((ZONE,))),
    frozenset({"zone"}),
    canonical=_is_utc,
)
