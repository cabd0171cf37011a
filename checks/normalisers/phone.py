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
)
from checks.normalisers.unicode import HALF_WIDTH, NO_SPACE

_MOBILE = "1[3-9][0-9]{9}"
_AREA = "10|2[0-9]|[3-9][0-9]{2}"
_LINE = "[0-9]{7,8}"
# What is dialled the same from anywhere in the country: trunk zero written out, 400 and 800.
_NATIONAL = "(?:0[0-9]{9,11}|[48]00[0-9]{7})"
_EXTENSION = r"(?:转|轉|分机号?|分機號?|内线|內線|extension|ext\.?|#|x|,)[:.]?([0-9]{1,6})$"
_DASHED = rf"^((?:(?:\+|00)?86-?)?\(?0?(?:{_AREA})\)?-?{_LINE})-([0-9]{{1,6}})$"


def _extended(text: str) -> str:
    marked = replaced(f"lower({text})", _EXTENSION, r"x\1")
    return replaced(marked, _DASHED, r"\1x\2")


def _domestic(text: str) -> str:
    plus = replaced(text, r"^00([1-9])", r"+\1")
    mobile = replaced(plus, rf"^(?:\+?86)?0?({_MOBILE}(?:x.*)?)$", r"\1")
    whole = replaced(mobile, rf"^\+?86({_NATIONAL}(?:x.*)?)$", r"\1")
    # Written with the country code a landline loses its trunk zero: it gets it back.
    return replaced(whole, rf"^\+?86((?:{_AREA}){_LINE}(?:x.*)?)$", r"0\1")


def _read(text: str) -> str:
    shape = full_match(text, r"(?:\+[1-9])?[0-9]{3,15}(?:x[0-9]{1,6})?")
    return cases((f"{text} = '' OR {shape}", text))


PHONE = Normaliser(
    "phone",
    "text",
    (
        Stage(
            (
                HALF_WIDTH,
                NO_SPACE,
                Step("extension", guarded(lambda text: matches(text, "[^0-9+-]|-.*-"), _extended)),
                Step(
                    "separators",
                    guarded(
                        lambda text: matches(text, r"[-.()\[\]·_]"),
                        lambda text: replaced(text, r"[-.()\[\]·_]"),
                    ),
                ),
                Step(
                    "country_code",
                    guarded(lambda text: f"NOT {full_match(text, _MOBILE)}", _domestic),
                ),
                Step("number", _read),
            ),
            lambda text: full_match(text, f"{_MOBILE}|0(?:{_AREA}){_LINE}"),
        ),
    ),
)
