"""How much a rule says: bits, by the length of the shortest description.

A rule is worth telling when the findings it explains would, by accident, have been so much less
likely than they are that it pays for naming the rule. A bit is one halving of that chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log2

# What a rule must say beyond its own name: by accident it would stand there once in a thousand
# times.
MARGIN = 10.0
# Fewer findings than this are a handful, whatever they have in common; a rule that is known from
# the run before may shrink to the second number while its findings are being put right.
LEAST, LEAST_KNOWN = 5, 2

Stem = tuple[str, ...]


@dataclass(frozen=True)
class Known:
    """A cause of the run before. A span of time or keys may have moved since: the bins say where
    it lay, 0 for a cause without one."""

    cause: str
    stem: Stem
    first: int = 0
    last: int = 0


def binomial(n: float, whole: float, share: float) -> float:
    """Bits by which `n` of `whole` surprise where a `share` of them was to be expected.

    0 where there are no more than that.
    """
    if whole <= 0 or n <= 0:
        return 0.0
    share = min(max(share, 1e-9), 1.0)
    found = min(n / whole, 1.0)
    if found <= share:
        return 0.0
    rest = 0.0 if found >= 1 else (whole - n) * log2((1 - found) / (1 - share))
    return n * log2(found / share) + rest


def binomial_sql(n: str, whole: str, share: str) -> str:
    """The same as SQL."""
    found, s = f"(({n}) / CAST({whole} AS DOUBLE))", f"least(greatest({share}, 1e-9), 1.0)"
    rest = f"CASE WHEN {found} >= 1 THEN 0 ELSE ({whole} - ({n})) * log2((1 - {found}) / (1 - {s}))"
    return (
        f"CASE WHEN {whole} <= 0 OR {n} <= 0 OR {found} <= {s} THEN 0.0"
        f" ELSE ({n}) * log2({found} / {s}) + {rest} END END"
    )


def cost(choices: float, *, known: bool = False) -> float:
    """Bits that naming one of so many possible rules takes; one that is known needs no naming."""
    return MARGIN / 2 if known else MARGIN + log2(max(choices, 1.0))
