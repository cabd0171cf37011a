"""A comparison told: as one JSON object for machines, as a short page for people."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

from checks.reconcile import SideTotals
from governance.compare.run import Comparison
from governance.compare.terminal import shown

WIDTH = 40
VALUE = 32


def as_json(found: Comparison, language: str) -> str:
    """One object; the keys up to `columns_only_right` (and `direction`) are the stable contract."""
    totals, plan = found.totals, found.plan
    names = {p.column.name: p.name for p in plan.compared}
    answer: dict[str, Any] = {
        "left": _side(totals.left),
        "right": _side(totals.right),
        "matched": totals.matched,
        "aligned": totals.aligned,
        "mismatched": totals.mismatched,
        "only_left": totals.only_left,
        "only_right": totals.only_right,
        "columns": [
            {
                "name": names[c.name],
                "normalized": c.normalized,
                "within_tolerance": c.within_tolerance,
                "null_vs_value": c.null_vs_value,
                "different": c.different,
            }
            for c in totals.columns
        ],
        "columns_only_left": list(plan.only_left),
        "columns_only_right": list(plan.only_right),
    }
    if found.direction is not None:
        answer["direction"] = found.direction
    answer["unread"] = {"left": found.unread[0], "right": found.unread[1]}
    if found.notes:
        answer["notes"] = [
            {"side": side, "code": note.code, "text": text}
            for (side, note), text in zip(found.notes, _notes(found, language), strict=True)
        ]
    return json.dumps(answer, ensure_ascii=False)


def _side(side: SideTotals) -> dict[str, int]:
    return {
        "rows": side.rows,
        "keys": side.keys,
        "duplicate_keys": side.duplicate_keys,
        "null_keys": side.null_keys,
    }


def as_text(found: Comparison, language: str) -> str:
    """The page for people. Control characters in values are shown, never obeyed."""
    from governance.i18n import t

    def say(name: str, **params: object) -> str:
        return t(f"compare.{name}", language, **params)

    totals, plan = found.totals, found.plan
    lines = [say("all_aligned" if found.aligned else "not_aligned")]
    for name, side in (("left", totals.left), ("right", totals.right)):
        lines.append("  " + say(f"rows_{name}", rows=f"{side.rows:,}", keys=f"{side.keys:,}"))
        for part in ("duplicate_keys", "null_keys"):
            if getattr(side, part):
                lines.append("    " + say(part, count=f"{getattr(side, part):,}"))
    for part in ("matched", "aligned", "mismatched", "only_left", "only_right"):
        lines.append(f"  {_padded(say(part), 20)} {getattr(totals, part):>12,}")
    for side_name, names in (("left", plan.only_left), ("right", plan.only_right)):
        if names:
            lines.append("  " + say(f"columns_{side_name}", columns=", ".join(map(shown, names))))
    lines += _column_lines(found, say) + _direction_lines(found, say)
    lines += _unread_lines(found, say) + ["  " + text for text in _notes(found, language)]
    return "\n".join([*lines, *_first_lines(found, say)]) + "\n"


def _column_lines(found: Comparison, say: Any) -> list[str]:
    classes = ("normalized", "within_tolerance", "null_vs_value", "different")
    told = [c for c in found.totals.columns if any(getattr(c, name) for name in classes)]
    if not told:
        return []
    names = {p.column.name: shown(p.name) for p in found.plan.compared}
    width = max(_width(name) for name in (*(names[c.name] for c in told), say("column_name")))
    heads = [say(name) for name in classes]
    lines = ["", f"  {_padded(say('column_name'), width)}  " + "  ".join(heads)]
    for column in told:
        cells = [
            " " * max(0, _width(head) - len(f"{getattr(column, name):,}"))
            + f"{getattr(column, name):,}"
            for head, name in zip(heads, classes, strict=True)
        ]
        lines.append(f"  {_padded(names[column.name], width)}  " + "  ".join(cells))
    return lines


def _direction_lines(found: Comparison, say: Any) -> list[str]:
    if found.direction is None:
        return []
    counts = [f"  {_padded(say(name), 20)} {n:>12,}" for name, n in found.direction.items()]
    return ["", *counts]


def _unread_lines(found: Comparison, say: Any) -> list[str]:
    lines = []
    for side, cells in zip(("left", "right"), found.unread, strict=True):
        for column, count in cells.items():
            words = {"column": shown(column), "count": f"{count:,}", "side": say(f"side_{side}")}
            lines.append("  " + say("unread", **words))
    return lines


def _first_lines(found: Comparison, say: Any) -> list[str]:
    if not found.first:
        return []
    lines = ["", "  " + say("first")]
    keys = len(found.plan.key)
    for row in found.first:
        key = ", ".join(value(part) for part in row[:keys])
        kind, column, left, right = row[keys : keys + 4]
        if kind == "mismatch":
            lines.append(f"    {key}  {shown(column or '')}: {value(left)} ≠ {value(right)}")
        else:
            lines.append(f"    {key}  {say(f'kind_{kind}')}")
    return lines


def _notes(found: Comparison, language: str) -> list[str]:
    from governance.i18n import explain_code

    return [shown(explain_code(n.code, n.params, language)) for _, n in found.notes]


def value(text: str | None) -> str:
    """A cell as a person sees it: quoted, short, null apart from empty."""
    if text is None:
        return "∅"
    cut = text if len(text) <= VALUE else text[: VALUE - 1] + "…"
    return f"“{shown(cut)}”"


def _width(text: str) -> int:
    """Places on a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _padded(text: str, width: int) -> str:
    return text + " " * max(0, width - _width(text))
