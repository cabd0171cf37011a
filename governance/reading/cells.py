"""How the two cells of one field stand to each other on a record's page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from checks.dictionary import Field
from checks.outcome import CellClass


@dataclass(frozen=True)
class Cell:
    """One value: as the source wrote it (or its mask), and as it is compared.

    `token` tells values apart without showing them; `normalised` is None for personal values and
    where the value is compared as written. `fired` names the normaliser's rules that changed it.
    """

    shown: str | None
    token: str | None
    compared: str | None
    normalised: str | None = None
    fired: tuple[str, ...] = ()


Row = dict[str, Any]


def names(row: Row) -> tuple[str, ...]:
    """The canonical fields of a sealed row, in the order they were sealed."""
    return tuple(name for name in row if not name.startswith("_") and "__" not in name)


def cell(row: Row, name: str) -> Cell:
    """The cell `name` of a sealed row: shown text, raw token, normalised text or token."""
    shown = row[name]
    personal = f"{name}__t" in row
    token = row[f"{name}__t"] if personal else shown
    normalised = row.get(f"{name}__n")
    compared = token if normalised is None else normalised
    return Cell(shown, token, compared, None if personal else normalised)


def class_of(left: Cell, right: Cell, field: Field | None) -> CellClass:
    """The class of a pair of cells that no finding speaks of.

    The check has passed over such a pair, so two readable values that differ in a field with a
    tolerance lie within it.
    """
    if left.token == right.token:
        return CellClass.EQUAL
    if left.token is None or right.token is None:
        return CellClass.NULL_VS_VALUE
    if left.compared == right.compared:
        return CellClass.NORMALIZED
    within = field is not None and field.tolerance is not None
    return CellClass.WITHIN_TOLERANCE if within else CellClass.DIFFERENT
