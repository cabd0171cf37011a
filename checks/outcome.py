"""How a check ends. What could not be seen is never green."""

from __future__ import annotations

from enum import StrEnum

# The name under which drift is kept beside the checks'; no check may bear it.
DRIFT = "drift"


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_EVALUABLE = "not_evaluable"
    ERROR = "error"


class CellClass(StrEnum):
    """How two cells of one record pair compare; the first three are aligned."""

    EQUAL = "equal"
    NORMALIZED = "normalized"
    WITHIN_TOLERANCE = "within_tolerance"
    NULL_VS_VALUE = "null_vs_value"
    DIFFERENT = "different"


class Kind(StrEnum):
    """What a finding is about: a cell of a pair, or a row that stands alone."""

    MISMATCH = "mismatch"
    ONLY_LEFT = "only_left"
    ONLY_RIGHT = "only_right"
    DUPLICATE_LEFT = "duplicate_left"
    DUPLICATE_RIGHT = "duplicate_right"
    NULL_KEY_LEFT = "null_key_left"
    NULL_KEY_RIGHT = "null_key_right"


class Severity(StrEnum):
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


def severity_of(weight: int) -> Severity:
    """Severity from the dictionary's weight (1 to 10)."""
    if weight >= 9:
        return Severity.CRITICAL
    if weight >= 6:
        return Severity.HIGH
    return Severity.MEDIUM if weight >= 3 else Severity.LOW
