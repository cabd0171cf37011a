"""Amounts of money and percentages as people type them."""

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
from checks.normalisers.numbers import WRITTEN, is_plain, is_written, plain, shifted
from checks.normalisers.unicode import HALF_WIDTH, INVISIBLE, SPACE
from checks.sql import literal

_CURRENCY = "¥|(?i:rmb|cny)|人民币|人民幣"
_POWERS = {
    "十": 1,
    "拾": 1,
    "百": 2,
    "佰": 2,
    "千": 3,
    "仟": 3,
    "万": 4,
    "萬": 4,
    "亿": 8,
    "億": 8,
}
_UNIT = "[十拾百佰千仟]?(?:[万萬]?[亿億]|[万萬])|[十拾百佰千仟]"
_EXPONENT = "[eE][+-]?0*[0-9]{1,3}"


def _spaced(text: str) -> str:
    # A blank between digits is a separator and judged as one; any other means nothing.
    shrunk = f"trim({replaced(text, f'[{SPACE}{INVISIBLE}]+', ' ')})"
    return bound(
        shrunk,
        guarded(
            lambda text: f"contains({text}, ' ')",
            lambda text: replaced(text, " *([^0-9 ]) *", r"\1"),
        ),
    )


def _without_currency(text: str) -> str:
    signed = f"left({text}, 1) IN ('+', '-')"
    amount = cases((signed, f"substr({text}, 2)"), otherwise=text)
    front = f"regexp_replace({amount}, '^(?:{_CURRENCY})', '')"
    bare = f"regexp_replace({front}, '(?:{_CURRENCY}|[元圆圓][整正]?)$', '')"
    # A currency alone is no amount: what would be left empty stays, and is not read.
    unsigned = f"coalesce(nullif({bare}, ''), {text})"
    return cases((signed, f"left({text}, 1) || {bare}"), otherwise=unsigned)


def _signed(text: str) -> str:
    inner = replaced(text, r"^\(([^()+-]*)\)$", r"-\1")
    return replaced(inner, r"^([^+-]*)-$", r"-\1")


def _joined(text: str) -> str:
    grouped = full_match(
        text, r"[+-]?[0-9]{1,3}(?:(?:,[0-9]{3})+|(?: [0-9]{3})+)(?:\.[0-9]*)?[^0-9, ]*"
    )
    return cases((grouped, replaced(text, "[, ]")))


def _scaled(text: str) -> str:
    # At most one of each rank, so the powers simply add up: 百 and 万 make a million.
    powers = " + ".join(
        cases((f"contains({text}, {literal(unit)})", str(power)), otherwise="0")
        for unit, power in _POWERS.items()
    )
    exponent = f"TRY_CAST(regexp_extract({text}, '[eE](.*)$', 1) AS INTEGER)"
    places = cases(
        (full_match(text, f"{WRITTEN}万"), "4"),
        (full_match(text, f"{WRITTEN}(?:{_UNIT})"), powers),
        (full_match(text, WRITTEN + _EXPONENT), exponent),
    )
    number = f"regexp_extract({text}, '^[0-9.+-]*')"
    return bound(places, lambda places: bound(number, lambda number: shifted(number, places)))


def _number(text: str) -> str:
    return cases((f"{text} = ''", "''"), (full_match(text, WRITTEN), plain(text)))


def _fraction(text: str) -> str:
    number = f"left({text}, length({text}) - 1)"
    return cases(
        (full_match(text, f"{WRITTEN}%"), shifted(number, "-2")),
        (full_match(text, f"{WRITTEN}‰"), shifted(number, "-3")),
    )


def _is_tidy(text: str) -> str:
    return full_match(text, r"[!-~¥元万亿]+")


def _is_odd(text: str) -> str:
    return matches(text, "[^0-9.-]")


SPACES = Step("white_space", guarded(lambda text: matches(text, f"[{SPACE}{INVISIBLE}]"), _spaced))
CURRENCY = Step("currency", guarded(_is_odd, _without_currency))
SIGN = Step("sign", guarded(lambda text: matches(text, r"\(|-$"), _signed))
SEPARATORS = Step("separators", guarded(lambda text: matches(text, "[, ]"), _joined))
UNIT = Step(
    "unit", guarded(lambda text: matches(text, "[^0-9.+-]"), lambda text: bound(text, _scaled))
)
PERCENT_SIGN = Step("percent_sign", guarded(lambda text: matches(text, "[%‰]$"), _fraction))
NUMBER = Step("number", _number)

AMOUNT = Normaliser(
    "amount",
    "number",
    (
        Stage((HALF_WIDTH, SPACES), _is_tidy),
        Stage((SIGN, CURRENCY, SEPARATORS, UNIT), is_written),
        Stage((NUMBER,), is_plain),
    ),
    canonical=is_plain,
)
PERCENT = Normaliser(
    "percent",
    "number",
    (
        Stage((HALF_WIDTH, SPACES), _is_tidy),
        Stage((SIGN, SEPARATORS, PERCENT_SIGN), is_written),
        Stage((NUMBER,), is_plain),
    ),
    canonical=is_plain,
)
