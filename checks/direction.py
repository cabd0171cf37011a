"""Which side moved: what both say now against what they said when they last agreed.

Codes and SQL alone. A run takes the agreed values from its own past, `duiqi compare` from a third
file; both mean the same by them.
"""

from __future__ import annotations

from collections.abc import Sequence

from checks import tolerance
from checks.prepare import Column

LEFT_MOVED, RIGHT_MOVED, BOTH_MOVED = "left_moved", "right_moved", "both_moved"
NEVER_AGREED = "never_agreed"
# Of cells, in the order in which they are told.
CELLS = (LEFT_MOVED, RIGHT_MOVED, BOTH_MOVED, NEVER_AGREED)
# Of records that one side lacks: both had it; it came to one side since; it was never on the other.
DELETED, NOT_YET_CREATED, NEVER_THERE = "deleted", "not_yet_created", "never_there"
ROWS = (DELETED, NOT_YET_CREATED, NEVER_THERE)
# What was agreed, if anything was, cannot be told under the rules of today.
VOID = "void"


def moved(
    left: str, right: str, base_left: str, base_right: str, near_left: str, near_right: str
) -> str:
    """SQL for who moved away from an agreement: `left_moved`, `right_moved` or `both_moved`.

    All are SQL: the values that tell cells apart, those agreed on, and whether each side lies
    within tolerance of its own. A side that says exactly what was agreed has not moved, whatever
    the other does; one within tolerance has not moved either, unless both are: then it takes both
    to be too far apart.
    """
    return (
        f"CASE WHEN {left} IS NOT DISTINCT FROM {base_left} THEN '{RIGHT_MOVED}'"
        f" WHEN {right} IS NOT DISTINCT FROM {base_right} THEN '{LEFT_MOVED}'"
        f" WHEN {near_left} AND NOT {near_right} THEN '{RIGHT_MOVED}'"
        f" WHEN {near_right} AND NOT {near_left} THEN '{LEFT_MOVED}'"
        f" ELSE '{BOTH_MOVED}' END"
    )


def near(columns: Sequence[Column], value: str, base: str, place: str = "place") -> str:
    """SQL: whether `value` is within tolerance of `base`, for the column at `place`. Never NULL."""
    conditions = [tolerance.condition(column, value, base) for column in columns]
    arms = [f"WHEN {n} THEN {test}" for n, test in enumerate(conditions) if test]
    return f"CASE {place} {' '.join(arms)} ELSE false END" if arms else "false"


def agree(column: Column, left: str, right: str) -> str:
    """SQL: whether two values of a column agree, as a comparison would find it. Never NULL."""
    within = tolerance.condition(column, left, right)
    same = f"{left} IS NOT DISTINCT FROM {right}"
    return f"({same} OR {within})" if within else f"({same})"


def hashed(value: str) -> str:
    """SQL for the hash by which findings know a value; NULL for NULL."""
    return f"substr(sha256({value}), 1, 16)"
