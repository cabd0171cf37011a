"""What has to change, where, and why: findings turned into lines somebody can work off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING

from checks.outcome import Kind
from governance.reading.model import Filters, Finding, Order, State

if TYPE_CHECKING:
    from governance.reading.findings import Findings

# A difference that is still on its way heals by itself, and one that is gone needs nobody.
TO_DO = (State.OPEN.value, State.UNCHECKED.value)


class Action(StrEnum):
    """What to do. `decide` and `confirm` carry no proposal: a person must look first."""

    CHANGE = "change"
    CONFIRM = "confirm"
    DECIDE = "decide"
    CREATE = "create"
    REMOVE = "remove"
    MERGE = "merge"
    FILL_KEY = "fill_key"


class Why(StrEnum):
    """The reason in one code; `remediation.why.<code>` words it."""

    AUTHORITY = "authority"
    AUTHORITY_EMPTY = "authority_empty"
    PERSONAL = "personal"
    NO_AUTHORITY = "no_authority"
    CONTRADICTION = "contradiction"
    MISSING = "missing"
    UNKNOWN_THERE = "unknown_there"
    DUPLICATE = "duplicate"
    NULL_KEY = "null_key"


@dataclass(frozen=True)
class Fix:
    """One line of work in one system.

    `other` is the system it is compared with. `proposed` is None where there is nothing to put in
    by rote: personal values are never written out, and a contradiction is never settled by us.
    """

    system: str
    other: str
    action: Action
    why: Why
    finding: Finding
    current: str | None = None
    proposed: str | None = None


def fixes(view: Findings, filters: Filters | None = None) -> Iterator[Fix]:
    """Every line of work for the findings of `filters` (all that are to do by default).

    No two lines ask one cell of one system to become two different things. Memory does not grow
    with the list. Raises PermissionRefused where the actor may not view.
    """
    asked = Filters(state=TO_DO) if filters is None else filters
    rows = view.every(asked, Order.KEY)
    for _, of_record in groupby(rows, key=lambda row: (row.entity, row.key)):
        yield from fixes_of(of_record)


def fixes_of(findings: Iterable[Finding]) -> list[Fix]:
    """The lines of work for the findings of one record."""
    made = [fix_of(finding) for finding in findings]
    # Rows without a key are records of their own; there is nothing to reconcile among them.
    keyless = any(line.finding.key is None for line in made)
    return made if keyless else without_contradiction(made)


def fix_of(finding: Finding) -> Fix:
    """The line of work that one finding asks for."""
    kind = Kind(finding.kind)
    left, right = finding.left_source, finding.right_source
    on_left = kind in (Kind.DUPLICATE_LEFT, Kind.NULL_KEY_LEFT, Kind.ONLY_LEFT)
    here, there = (left, right) if on_left else (right, left)
    if kind is Kind.MISMATCH:
        return _mismatch(finding)
    if kind in (Kind.DUPLICATE_LEFT, Kind.DUPLICATE_RIGHT):
        return Fix(here, there, Action.MERGE, Why.DUPLICATE, finding, finding.key_shown)
    if kind in (Kind.NULL_KEY_LEFT, Kind.NULL_KEY_RIGHT):
        return Fix(here, there, Action.FILL_KEY, Why.NULL_KEY, finding)
    if finding.authority == there:
        return Fix(here, there, Action.REMOVE, Why.UNKNOWN_THERE, finding, finding.key_shown)
    return Fix(there, here, Action.CREATE, Why.MISSING, finding, None, finding.key_shown)


def _mismatch(finding: Finding) -> Fix:
    left, right = finding.left_source, finding.right_source
    values = {left: finding.left_value, right: finding.right_value}
    if finding.authority not in values:
        return Fix(
            right, left, Action.DECIDE, Why.NO_AUTHORITY, finding, current=finding.right_value
        )
    system = right if finding.authority == left else left
    current, word = values[system], values[finding.authority]
    if finding.personal:
        why = Why.PERSONAL
        return Fix(system, finding.authority, Action.CHANGE, why, finding, current)
    if word is None or not word.strip():
        why = Why.AUTHORITY_EMPTY
        return Fix(system, finding.authority, Action.CONFIRM, why, finding, current)
    return Fix(system, finding.authority, Action.CHANGE, Why.AUTHORITY, finding, current, word)


def without_contradiction(made: Iterable[Fix]) -> list[Fix]:
    """The fixes of one record; where two would put different things into one cell, neither does."""
    lines = list(made)
    wanted: dict[tuple[str, str | None], set[str]] = {}
    for line in lines:
        if line.action is Action.CHANGE and line.proposed is not None:
            wanted.setdefault((line.system, line.finding.field), set()).add(line.proposed)
    return [
        replace(line, action=Action.DECIDE, why=Why.CONTRADICTION, proposed=None)
        if len(wanted.get((line.system, line.finding.field), ())) > 1
        and line.action is Action.CHANGE
        else line
        for line in lines
    ]
