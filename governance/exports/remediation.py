"""What has to change, where, and why: findings turned into lines somebody can work off.

What is proposed is the authority's value. Where the authority has nothing to say it is the value
of the side that moved since both last agreed. Anything else is for a person.
"""

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

# Where a difference comes from, as the run found it by the last agreement.
LEFT_MOVED, RIGHT_MOVED, BOTH_MOVED, DELETED = "left_moved", "right_moved", "both_moved", "deleted"


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
    MOVED = "moved"
    PERSONAL = "personal"
    NO_AUTHORITY = "no_authority"
    BOTH_MOVED = "both_moved"
    DELETED = "deleted"
    CONTRADICTION = "contradiction"
    MISSING = "missing"
    UNKNOWN_THERE = "unknown_there"
    DUPLICATE = "duplicate"
    DUPLICATE_EITHER = "duplicate_either"
    DUPLICATE_THERE = "duplicate_there"
    NULL_KEY = "null_key"


@dataclass(frozen=True)
class Fix:
    """One line of work in one system.

    `other` is the system it is compared with, and where a proposed value comes from. `proposed` is
    None where there is nothing to put in by rote: a finding knows personal values masked alone, and
    a contradiction is never settled by us. `current` and `proposed` are those of the finding until
    both systems were read again.
    """

    system: str
    other: str
    action: Action
    why: Why
    finding: Finding
    current: str | None = None
    proposed: str | None = None

    @property
    def current_hash(self) -> str | None:
        """The hash of what `system` held when it was compared."""
        on_left = self.system == self.finding.left_source
        return self.finding.left_hash if on_left else self.finding.right_hash

    @property
    def target_moved(self) -> bool:
        """Whether `system` alone was changed since both last agreed: maybe for a good reason."""
        on_left = self.system == self.finding.left_source
        return self.finding.direction == (LEFT_MOVED if on_left else RIGHT_MOVED)

    @property
    def wanted_hash(self) -> str | None:
        """The hash of what the other side held, which a change would put in."""
        on_left = self.system == self.finding.left_source
        return self.finding.right_hash if on_left else self.finding.left_hash


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
    made = without_misplaced_copies([fix_of(finding) for finding in findings])
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
    if finding.authority != here and finding.direction == DELETED:
        return Fix(there, here, Action.DECIDE, Why.DELETED, finding)
    return Fix(there, here, Action.CREATE, Why.MISSING, finding, None, finding.key_shown)


def _mismatch(finding: Finding) -> Fix:
    left, right = finding.left_source, finding.right_source
    values = {left: finding.left_value, right: finding.right_value}
    moved = {LEFT_MOVED: left, RIGHT_MOVED: right}.get(finding.direction or "")
    word = values.get(finding.authority)
    if word is not None and word.strip():
        return _change(finding, finding.authority, Why.AUTHORITY)
    # A side that was emptied proposes nothing: nobody is told to empty the other by rote.
    if moved is not None and (values[moved] or "").strip():
        return _change(finding, moved, Why.MOVED)
    if finding.authority not in values:
        why = Why.BOTH_MOVED if finding.direction == BOTH_MOVED else Why.NO_AUTHORITY
        return Fix(right, left, Action.DECIDE, why, finding, current=finding.right_value)
    system = right if finding.authority == left else left
    why = Why.AUTHORITY_EMPTY
    return Fix(system, finding.authority, Action.CONFIRM, why, finding, values[system])


def _change(finding: Finding, source: str, why: Why) -> Fix:
    """Put what `source` holds into the other side."""
    left, right = finding.left_source, finding.right_source
    values = {left: finding.left_value, right: finding.right_value}
    system = right if source == left else left
    if finding.personal:
        return Fix(system, source, Action.CHANGE, Why.PERSONAL, finding, values[system])
    return Fix(system, source, Action.CHANGE, why, finding, values[system], values[source])


def without_misplaced_copies(made: list[Fix]) -> list[Fix]:
    """No system is told to merge copies of which it may hold one alone.

    A key that is repeated in one system leaves the other's single row unpaired as well. Where both
    have rows left over, a side with one of them may have no other.
    """
    left: dict[tuple[str, str, str | None], int] = {}
    for line in made:
        if line.action is Action.MERGE:
            at = (line.system, line.other, line.finding.key)
            left[at] = left.get(at, 0) + line.finding.copies
    return [
        replace(line, why=Why.DUPLICATE_EITHER)
        if line.action is Action.MERGE
        and left[line.system, line.other, line.finding.key] == 1
        and (line.other, line.system, line.finding.key) in left
        else line
        for line in made
    ]


def without_contradiction(made: Iterable[Fix]) -> list[Fix]:
    """The fixes of one record; where two would put different things into one cell, neither does.

    Personal values are told apart by their hashes.
    """
    lines = list(made)
    wanted: dict[tuple[str, str | None], set[str]] = {}
    for line in lines:
        if line.action is Action.CHANGE:
            wanted.setdefault((line.system, line.finding.field), set()).add(_told_apart(line))
    return [
        replace(line, action=Action.DECIDE, why=Why.CONTRADICTION, proposed=None)
        if len(wanted.get((line.system, line.finding.field), ())) > 1
        and line.action is Action.CHANGE
        else line
        for line in lines
    ]


def _told_apart(line: Fix) -> str:
    if not line.finding.personal:
        return line.proposed or ""
    return line.wanted_hash or line.other
