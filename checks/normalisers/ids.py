"""Numbers with a check character: unified social credit code (GB 32100), citizen id (GB 11643)."""

from __future__ import annotations

from checks.normalisers.base import Normaliser, Stage, Step, bound, cases, full_match, guarded, swap
from checks.normalisers.unicode import HALF_WIDTH, INVISIBLE, SPACE, UPPER
from checks.sql import literal

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_SHAPE = rf"[{_ALPHABET}]{{2}}[0-9]{{6}}[{_ALPHABET}]{{10}}"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


def _credit_sum(text: str) -> str:
    """Weighted sum of the first 17 characters, weights 3**n mod 31; the region is all digits."""
    region = f"TRY_CAST(substr({text}, 3, 6) AS INTEGER)"
    digits = (f"{pow(3, n, 31)} * ({region} // {10 ** (7 - n)} % 10)" for n in range(2, 8))
    letters = (
        f"{pow(3, n, 31)} * (strpos({literal(_ALPHABET)}, substr({text}, {n + 1}, 1)) - 1)"
        for n in (0, 1, *range(8, 17))
    )
    return " + ".join((*digits, *letters))


def _credit_code(text: str) -> str:
    check = f"substr({literal(_ALPHABET)}, (31 - ({_credit_sum(text)}) % 31) % 31 + 1, 1)"
    valid = f"{full_match(text, _SHAPE)} AND {check} = substr({text}, 18, 1)"
    return cases((f"{text} = '' OR {valid}", text))


def _check_of(number: str) -> str:
    """The check character of the first 17 digits, given as a BIGINT."""
    terms = " + ".join(
        f"{weight} * ({number} // {10 ** (16 - place)} % 10)"
        for place, weight in enumerate(_WEIGHTS)
    )
    return f"substr({literal(_CHECKS)}, ({terms}) % 11 + 1, 1)"


def _lengthened(text: str) -> str:
    body = f"left({text}, 6) || '19' || right({text}, 9)"
    return bound(body, lambda long: f"{long} || " + bound(f"TRY_CAST({long} AS BIGINT)", _check_of))


def _id_number(text: str) -> str:
    born = f"try_strptime(substr({text}, 7, 8), '%Y%m%d')"
    check = bound(f"TRY_CAST(left({text}, 17) AS BIGINT)", _check_of)
    shape = full_match(text, "[1-9][0-9]{16}[0-9X]")
    valid = f"{shape} AND {born} IS NOT NULL AND {check} = substr({text}, 18, 1)"
    return cases((f"{text} = '' OR {valid}", text))


COMPACT = swap("separators", rf"[{SPACE}{INVISIBLE}-]+")
CREDIT_CODE = Normaliser(
    "credit_code",
    "text",
    (
        Stage((HALF_WIDTH, COMPACT, UPPER), lambda text: full_match(text, "[0-9A-Z]+")),
        Stage((Step("check_character", _credit_code),)),
    ),
)
ID_NUMBER = Normaliser(
    "id_number",
    "text",
    (
        Stage((HALF_WIDTH, COMPACT, UPPER), lambda text: full_match(text, "[0-9]+X?")),
        Stage(
            (
                Step(
                    "fifteen_digits",
                    guarded(lambda text: full_match(text, "[1-9][0-9]{14}"), _lengthened),
                ),
                Step("check_character", _id_number),
            )
        ),
    ),
)
