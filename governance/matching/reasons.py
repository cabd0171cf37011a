"""Why a pair is held to be one record: what each field says and what that weighs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from checks.matching import DIFFERS, MISSING, Matched, levels
from checks.sql import literal
from governance.i18n import t


@dataclass(frozen=True)
class Part:
    """One field's share in a pair. `weight` is in bits: 1 doubles the odds, -1 halves them."""

    field: str
    level: str
    weight: float


def level_of(field: Matched, value: int) -> str:
    """The code of a comparison level as Splink numbers it: -1 missing, 0 differs, then upwards."""
    known = levels(field)
    if value < 0:
        return MISSING
    return DIFFERS if value == 0 else known[len(known) - value].code


def pairs_query(shown: Sequence[tuple[str, Matched]], where: str, language: str) -> str:
    """SQL for left_id, right_id, probability and reason of the judged pairs that `where` takes.

    The reason names the fields in the order of their weight.
    """
    parts = ", ".join(
        f"{{'w': w_{field.name}, 't': {literal(name)} || ' ' || {_words(field, language)}"
        f" || ' (' || format('{{:+.1f}}', w_{field.name}) || ')', 'g': g_{field.name}}}"
        for name, field in shown
    )
    alone = literal("; " + t("match.one_branch", language))
    return (
        "SELECT l.id AS left_id, r.id AS right_id, round(probability, 6) AS probability,"
        " array_to_string(list_transform(list_reverse_sort(list_filter("
        f"[{parts}], lambda p: p.g >= 0)), lambda p: p.t), '; ')"
        f" || CASE WHEN one_branch THEN {alone} ELSE '' END AS reason"
        " FROM judged AS j JOIN ids_left AS l ON j.left_id = l.unique_id"
        f" JOIN ids_right AS r ON j.right_id = r.unique_id WHERE {where}"
        " ORDER BY j.left_id, j.probability DESC, j.right_id"
    )


def _words(field: Matched, language: str) -> str:
    cases = " ".join(
        f"WHEN {value} THEN {literal(t(f'match.level.{level_of(field, value)}', language))}"
        for value in range(len(levels(field)) + 1)
    )
    return f"CASE g_{field.name} {cases} ELSE '' END"
