"""Telephone numbers, with Chinese habits: trunk zero, country code 86, extensions."""

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
    swap,
)
from checks.normalisers.unicode import HALF_WIDTH, NO_SPACE

_MOBILE = "1[3-9][0-9]{9}"
_AREA = "10|2[0-9]|[3-9][0-9]{2}"
_LINE = "[0-9]{7,8}"
# What is dialled the same from anywhere in the country: trunk zero written out, 400 and 800.
_NATIONAL = "(?:0[0-9]{9,11}|[48]00[0-9]{7})"
_TAIL = "(?:x[0-9]{1,6})?"
_EXTENSION = r"(?:转|轉|分机号?|分機號?|内线|內線|extension|ext\.?|#|x|,)[:.]?([0-9]{1,6})$"
_DASHED = rf"^((?:(?:\+|00)?86-?)?\(?0?(?:{_AREA})\)?-?{_LINE})-([0-9]{{1,6}})$"


def _extended(text: str) -> str:
    marked = replaced(f"lower({text})", _EXTENSION, r"x\1")
    return replaced(marked, _DASHED, r"\1x\2")


def _domestic(text: str) -> str:
    body = rf"regexp_replace({text}, '^(?:\+|00)?86', '')"
    foreign = cases((f"starts_with({text}, '00')", f"'+' || substr({text}, 3)"), otherwise=text)
    return cases(
        (full_match(text, rf"(?:(?:\+|00)?86)?0?{_MOBILE}{_TAIL}"), f"ltrim({body}, '0')"),
        (full_match(text, rf"(?:\+|00)?86{_NATIONAL}{_TAIL}"), body),
        # Written with the country code a landline loses its trunk zero: it gets it back.
        (full_match(text, rf"(?:\+|00)?86(?:{_AREA}){_LINE}{_TAIL}"), f"'0' || {body}"),
        otherwise=foreign,
    )


def _is_domestic(text: str) -> str:
    return full_match(text, rf"(?:{_MOBILE}|0(?:{_AREA}){_LINE}|[48]00[0-9]{{7}}){_TAIL}")


def _read(text: str) -> str:
    shape = full_match(text, r"(?:\+[1-9])?[0-9]{3,15}(?:x[0-9]{1,6})?")
    return cases((f"{text} = '' OR {shape}", text))


def _is_dialled(text: str) -> str:
    return full_match(text, rf"{_MOBILE}|0(?:{_AREA}){_LINE}")


EXTENSION = Step("extension", guarded(lambda text: matches(text, "[^0-9()+-]|-.*-"), _extended))
SEPARATORS = swap("separators", r"[-.()\[\]·_]+")
COUNTRY_CODE = Step("country_code", guarded(lambda text: f"NOT {_is_domestic(text)}", _domestic))

PHONE = Normaliser(
    "phone",
    "text",
    (
        Stage((HALF_WIDTH, NO_SPACE), lambda text: full_match(text, "[0-9()+-]+")),
        Stage((EXTENSION, SEPARATORS), lambda text: full_match(text, r"\+?[0-9]+")),
        Stage((COUNTRY_CODE, Step("number", _read))),
    ),
    canonical=_is_dialled,
)
