"""Tokens and masks: how a personal value is kept without keeping the value.

A token says whether two values are the same to those who hold the secret, and nothing to anybody
else. A mask lets a person recognise a value that they already know.
"""

from __future__ import annotations

VARIABLE = "duiqi_secret"
SEPARATOR = "chr(31)"
TOKEN_LENGTH = 32


def token(value: str) -> str:
    """SQL for the 128-bit token of `value`, as 32 hex digits; NULL for NULL.

    Reads the connection's variable `duiqi_secret`, which the caller sets.
    """
    return f"substr(sha256(getvariable('{VARIABLE}') || {SEPARATOR} || {value}), 1, {TOKEN_LENGTH})"


def mask(reader: str | None, raw: str, canonical: str) -> str:
    """SQL for the masked form; NULL stays NULL and blank stays blank.

    What is left tells the value to those who know it: four digits in the middle of a phone number
    are hidden, all but eight of an identity number, all but the first character of most others.
    """
    shaped = _SHAPES.get(reader or "", "NULL").format(v=canonical, raw=raw)
    first = f"CASE WHEN length({raw}) < 2 THEN '***' ELSE left({raw}, 1) || '***' END"
    return f"CASE WHEN trim({raw}) = '' THEN {raw} ELSE coalesce({shaped}, {first}) END"


# Each is NULL where a value does not have the shape, so that the first-character form steps in.
_SHAPES = {
    "phone": "CASE WHEN length({v}) >= 10 THEN left({v}, 3) || '****' || right({v}, 4) END",
    "person_name": "CASE WHEN length(trim({raw})) > 1 THEN left(trim({raw}), 1) || '*' END",
    "email": (
        "CASE WHEN instr({v}, '@') > 2 THEN left({v}, 1) || '***' || substr({v}, instr({v}, '@'))"
        " END"
    ),
    "id_number": (
        "CASE WHEN length({v}) >= 15 THEN left({v}, 4) || repeat('*', length({v}) - 8)"
        " || right({v}, 4) END"
    ),
}
