"""Identifiers that a spreadsheet has spoilt: found and counted, never repaired.

Excel keeps fifteen digits of a number, shows long ones as powers of ten and drops leading zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

LONG = r"^[0-9]{16,}$"
SCIENTIFIC = r"^-?[0-9](\.[0-9]+)?[eE]\+?[0-9]{1,3}$"
DIGITS = r"^[0-9]+$"

# A column counts as codes of one width, or as checked codes, from these shares on.
MOSTLY = 0.9
HALF = 0.5

CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CREDIT_WEIGHTS = [pow(3, place, 31) for place in range(17)]
PERSON_WEIGHTS = [pow(2, 17 - place, 11) for place in range(17)]


def damage(cells: Any, numbers: Callable[[], Any]) -> Iterator[tuple[str, int]]:
    """A note's code and how many cells of the column it concerns.

    `cells` is an Arrow text column, `numbers` tells per cell whether the sheet holds a number.
    """
    import pyarrow.compute as pc

    filled = cells.drop_null()
    if not len(filled):
        return
    long = pc.fill_null(pc.match_substring_regex(cells, LONG), False)
    if pc.any(long).as_py():
        count = pc.sum(pc.and_(long, numbers())).as_py() or 0
        if count:
            yield "source.damaged_long", int(count)
    powers = pc.sum(pc.match_substring_regex(filled, SCIENTIFIC)).as_py() or 0
    if powers:
        yield "source.damaged_power", int(powers)
    lost = lost_zeros(filled)
    if lost:
        yield "source.damaged_width", lost
    wrong = wrong_codes(filled)
    if wrong:
        yield "source.damaged_check", wrong


def lost_zeros(filled: Any) -> int:
    """Digits shorter than the one width that nearly all have: leading zeros may be gone."""
    import pyarrow.compute as pc

    digits = filled.filter(pc.match_substring_regex(filled, DIGITS))
    if len(digits) < HALF * len(filled):
        return 0
    widths = pc.value_counts(pc.utf8_length(digits)).to_pylist()
    most = max(widths, key=lambda entry: entry["counts"])
    if most["values"] < 4 or most["counts"] < MOSTLY * len(filled):
        return 0
    return sum(entry["counts"] for entry in widths if entry["values"] < most["values"])


def wrong_codes(filled: Any) -> int:
    """Eighteen-character codes whose last character fails both checks: as a credit code
    (GB 32100) and as an identity number (GB 11643)."""
    import pyarrow.compute as pc

    shaped = filled.filter(pc.match_substring_regex(filled, "^[0-9]{17}[0-9Xx]$|^[0-9A-Z]{18}$"))
    if len(shaped) < HALF * len(filled):
        return 0
    return sum(not passes(code.upper()) for code in shaped.to_pylist())


def passes(code: str) -> bool:
    """Whether an eighteen-character code may be a credit code or an identity number."""
    if code[:17].isdigit():
        total = sum(
            int(digit) * weight for digit, weight in zip(code, PERSON_WEIGHTS, strict=False)
        )
        if code[17] == "10X98765432"[total % 11]:
            return True
    if any(character not in CREDIT for character in code):
        return False
    total = sum(CREDIT.index(c) * weight for c, weight in zip(code, CREDIT_WEIGHTS, strict=False))
    return CREDIT.index(code[17]) == -total % 31
