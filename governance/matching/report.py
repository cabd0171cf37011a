"""A linkage told: as one JSON object for machines, as a few lines for people."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import Any

from governance.compare.terminal import shown
from governance.i18n import t
from governance.matching.run import Linked


def as_object(found: Linked) -> dict[str, Any]:
    """The numbers and the fields compared."""
    return {
        "left": {"rows": found.left_rows, "id": found.left_id},
        "right": {"rows": found.right_rows, "id": found.right_id},
        "fields": [{"left": f.left, "right": f.right, "kind": f.kind} for f in found.fields],
        "accept": round(found.accept, 6),
        "accepted": found.accepted,
        "uncertain": found.uncertain,
        "only_left": found.left_rows - found.accepted,
        "only_right": found.right_rows - found.accepted,
    }


def at_least(probability: float) -> str:
    """Rounded down to as many digits as tell it from 1, three at least and six at most: no pair
    is accepted below what is printed, and 1 means 1."""
    exact = Decimal(repr(probability))
    for digits in range(3, 7):
        shown = exact.quantize(Decimal(1).scaleb(-digits), ROUND_DOWN)
        if shown == exact or 1 - shown >= 10 * Decimal(1).scaleb(-digits):
            break
    return str(shown)


def as_text(found: Linked, language: str) -> str:
    """A short page for people."""
    numbers = as_object(found)
    lines = [
        t("match.accepted", language, count=found.accepted, accept=at_least(found.accept)),
        t("match.uncertain", language, count=found.uncertain),
        t(
            "match.alone",
            language,
            left=numbers["only_left"],
            right=numbers["only_right"],
        ),
        t("match.ids", language, left=shown(found.left_id), right=shown(found.right_id)),
        t("match.fields", language),
    ]
    for role in found.fields:
        kind = t(f"match.kind.{role.kind}", language)
        both = role.left if role.left == role.right else f"{role.left} = {role.right}"
        lines.append(f"  {shown(both)}: {kind}")
    return "\n".join(lines) + "\n"
