"""What `duiqi match` was asked to do, checked before any work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from governance.compare.request import FINDINGS
from governance.errors import ConfigError


@dataclass(frozen=True)
class Request:
    """One linkage of two files or tables. Ids are found in the data where they are not named.

    `told` leads from left to right columns that a person paired. `accept` is the least probability
    of a pair in `out`; None lets the data say. Less sure pairs down to `review` go to `uncertain`.
    """

    left: str
    right: str
    out: Path
    left_id: str | None = None
    right_id: str | None = None
    told: dict[str, str] = field(default_factory=dict)
    ignore: frozenset[str] = frozenset()
    accept: float | None = None
    review: float = 0.1
    uncertain: Path | None = None
    zone: str = "UTC"


def probability(text: str | None, option: str) -> float | None:
    """A number above a half and up to 1. Raises ConfigError for anything else."""
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0.5 < number <= 1.0:
        raise ConfigError("match.probability", option=option, text=text)
    return number


def check_out(option: str, out: Path, others: Sequence[Path]) -> None:
    """Refuse a place that cannot take the pairs or that is one of the `others`."""
    if out.suffix.lower() not in FINDINGS:
        raise ConfigError("match.suffix", option=option, file=out.name, allowed=" ".join(FINDINGS))
    if not out.parent.is_dir() or out.is_dir():
        raise ConfigError("match.folder", option=option, file=str(out))
    if any(_same(out, path) for path in others):
        raise ConfigError("match.overwrites", option=option, file=out.name)


def _same(one: Path, other: Path) -> bool:
    if one.exists() and other.exists():
        return one.samefile(other)
    return one.resolve() == other.resolve()


def among(option: str, name: str, known: Iterable[str], side: str) -> None:
    """Raises ConfigError with the names there are for a column that is not among them."""
    names = list(known)
    if name not in names:
        allowed = ", ".join(names)
        raise ConfigError("match.column", option=option, column=name, side=side, allowed=allowed)
