"""Scores of pairs and fields as the newest runs sealed them: the whole company's, not a scope's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checks.outcome import CellClass
from governance.reading.model import FieldScore, PairScore
from governance.reading.query import scoped

if TYPE_CHECKING:
    from governance.reading.findings import Findings

NUMBERS = (
    "left_rows",
    "left_keys",
    "left_duplicate_keys",
    "left_null_keys",
    "right_rows",
    "right_keys",
    "right_duplicate_keys",
    "right_null_keys",
    "matched",
    "aligned",
    "mismatched",
    "only_left",
    "only_right",
)
CLASSES = tuple(value.value for value in CellClass)

_HEAD = ["check_name", "entity", "left_source", "right_source", "strict", "adjusted", "outcome"]
_PAIRS = [*_HEAD, "reason", "run", *NUMBERS]
_FIELDS = [
    "check_name", "left_source", "right_source", "field", "compared", "strict", "adjusted",
    *CLASSES,
]  # fmt: skip


def pairs(view: Findings) -> tuple[PairScore, ...]:
    """Every pair of every entity. Raises PermissionRefused without the right to view."""
    return tuple(
        PairScore(
            check=row["check_name"],
            numbers={name: row[name] or 0 for name in NUMBERS},
            **{name: row[name] for name in (*_HEAD[1:], "reason", "run")},
        )
        for row in _table(view, "pairs", _PAIRS, "entity, left_source, right_source")
    )


def fields(view: Findings) -> tuple[FieldScore, ...]:
    """Every compared field of every pair, worst first."""
    return tuple(
        FieldScore(
            check=row["check_name"],
            counts={name: row[name] or 0 for name in CLASSES},
            **{name: row[name] for name in _FIELDS[1:7]},
        )
        for row in _table(view, "fields", _FIELDS, "strict NULLS LAST, check_name, field")
    )


def _table(view: Findings, table: str, columns: list[str], order: str) -> list[dict[str, Any]]:
    scoped(view.actor)
    if not view.reading.parts:
        return []
    with view.shelf.open(view.reading) as handle:
        query = f"SELECT {', '.join(columns)} FROM {table} ORDER BY {order}"
        rows = handle.con.cursor().execute(query).fetchall()
    return [dict(zip(columns, row, strict=True)) for row in rows]
