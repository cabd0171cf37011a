"""Numbers as text, exact to the last digit: no binary fraction and no width limit anywhere."""

from __future__ import annotations

from checks.normalisers.base import Normaliser, Stage, Step, bound, cases, full_match
from checks.normalisers.unicode import TRIMMED

PLAIN = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]*[1-9])?"
WRITTEN = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)"
_EXPONENT = r"[eE][+-]?0*[0-9]{1,3}"


def is_plain(text: str) -> str:
    """Holds for a number in its canonical form."""
    return f"{full_match(text, PLAIN)} AND {text} <> '-0'"


def is_written(text: str) -> str:
    """Holds for a number of nothing but digits, sign and point."""
    return full_match(text, WRITTEN)


def plain(text: str) -> str:
    """Canonical form of a number written with digits, sign and point: no zeros to spare."""
    digits = f"ltrim({text}, '+-0')"
    pointed = f"contains({text}, '.')"
    short = cases((pointed, f"rtrim(rtrim({digits}, '0'), '.')"), otherwise=digits)
    return bound(short, lambda short: _signed(text, short))


def _signed(text: str, short: str) -> str:
    zero = cases((f"starts_with({short}, '.')", "'0'"), otherwise="''")
    return cases((f"{short} = ''", "'0'"), otherwise=f"{_minus(text)} || {zero} || {short}")


def _minus(text: str) -> str:
    return cases((f"starts_with({text}, '-')", "'-'"), otherwise="''")


def shifted(text: str, places: str) -> str:
    """A written number times ten to the power of `places`, by moving the point in the text."""
    whole = f"split_part(ltrim({text}, '+-'), '.', 1)"
    part = f"split_part({text}, '.', 2)"
    filled = f"left({part} || repeat('0', {places}), {places})"
    up = f"{whole} || {filled} || '.' || substr({part}, {places} + 1)"
    padded = f"(repeat('0', -({places})) || {whole})"
    cut = f"left({padded}, length({padded}) + {places})"
    down = f"{cut} || '.' || right({padded}, -({places})) || {part}"
    return f"{_minus(text)} || {cases((f'{places} >= 0', up), otherwise=down)}"


def _decimal(text: str) -> str:
    places = f"TRY_CAST(regexp_extract({text}, '[eE](.*)$', 1) AS INTEGER)"
    return cases(
        (f"{text} = ''", "''"),
        (full_match(text, WRITTEN), plain(text)),
        (
            full_match(text, WRITTEN + _EXPONENT),
            bound(shifted(f"regexp_extract({text}, '^[^eE]*')", places), plain),
        ),
    )


def _integer(text: str) -> str:
    written = full_match(text, r"[+-]?[0-9]+(?:\.0*)?")
    return cases((f"{text} = ''", "''"), (written, plain(text)))


_TRUE = "'true', 't', 'yes', 'y', '1', '是'"
_FALSE = "'false', 'f', 'no', 'n', '0', '否'"


def _boolean(text: str) -> str:
    return cases(
        (f"{text} = ''", "''"),
        (f"lower({text}) IN ({_TRUE})", "'true'"),
        (f"lower({text}) IN ({_FALSE})", "'false'"),
    )


def _is_integer(text: str) -> str:
    return full_match(text, "0|-?[1-9][0-9]*")


INTEGER = Normaliser(
    "integer", "number", (Stage((TRIMMED, Step("number", _integer))),), canonical=_is_integer
)
DECIMAL = Normaliser(
    "decimal", "number", (Stage((TRIMMED, Step("number", _decimal))),), canonical=is_plain
)
BOOLEAN = Normaliser("boolean", "text", (Stage((TRIMMED, Step("boolean", _boolean))),))
