"""What the data say of one line of a batch, after a run has seen both systems again.

- **fixed**: both agree on what was proposed, or on anything where nothing was proposed.
- **reverted**: both agree on what the target held before: the other side took its change back, or
  both went back after a fix.
- **bounced**: it had been fixed, they differ again, and the target holds its old value.
- **partly**: what was asked for was done, and yet they do not agree: the proposed value is in but
  the other side has moved on; the record was created but differs; copies were merged, not all.
- **overtaken**: either side moved, to something else than was proposed; or the record is gone.
- **open**: nothing has happened.

What comes after a fix and is not its undoing is another story: the line stays fixed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from checks.outcome import Kind
from governance.exports.remediation import Action
from governance.ledger.rows import BatchLine, Verdict

Lies = Literal["row", "odd", "none"]


@dataclass(frozen=True)
class Sight:
    """What a run saw of a line: whether the finding stands, and what lies in the target and on the
    other side, a row of its own, copies, or nothing. `related`: other findings of the record stand.
    """

    standing: bool
    own_lies: Lies = "none"
    other_lies: Lies = "none"
    own: str | None = None
    other: str | None = None
    related: bool = False


def judged(line: BatchLine, sight: Sight, *, was_fixed: bool) -> Verdict:
    """The verdict; `was_fixed` says that an earlier run saw the line fixed."""
    if line.kind == Kind.MISMATCH:
        if sight.own_lies != "row" or sight.other_lies != "row":
            return Verdict.FIXED if was_fixed else Verdict.OVERTAKEN
        if sight.standing:
            return _differing(line, sight, was_fixed)
        return _agreeing(line, sight, was_fixed)
    if sight.standing:
        return Verdict.BOUNCED if was_fixed else Verdict.OPEN
    if was_fixed:
        return Verdict.FIXED
    if line.kind in (Kind.ONLY_LEFT, Kind.ONLY_RIGHT):
        return _alone(line, sight)
    still = line.kind in (Kind.DUPLICATE_LEFT, Kind.DUPLICATE_RIGHT) and sight.own_lies == "odd"
    return Verdict.PARTLY if still else Verdict.FIXED


def _agreeing(line: BatchLine, sight: Sight, was_fixed: bool) -> Verdict:
    if line.new_hash is None or sight.own == line.new_hash:
        return Verdict.FIXED
    if sight.own == line.old_hash:
        # With the proposed value over there it is a tolerance that changed, and nobody's value.
        return Verdict.OVERTAKEN if sight.other == line.new_hash else Verdict.REVERTED
    # Equal within the tolerance to what was proposed is what was proposed.
    return Verdict.FIXED if was_fixed or sight.other == line.new_hash else Verdict.OVERTAKEN


def _differing(line: BatchLine, sight: Sight, was_fixed: bool) -> Verdict:
    stayed = sight.other == line.other_hash
    if sight.own == line.old_hash:
        if was_fixed:
            return Verdict.BOUNCED
        return Verdict.OPEN if stayed or line.new_hash is None else Verdict.OVERTAKEN
    if line.new_hash is None:
        return Verdict.OPEN
    if sight.own == line.new_hash:
        return Verdict.FIXED if was_fixed else Verdict.PARTLY
    return Verdict.FIXED if was_fixed and not stayed else Verdict.OVERTAKEN


def _alone(line: BatchLine, sight: Sight) -> Verdict:
    if line.action == Action.REMOVE:
        return Verdict.FIXED
    if sight.own_lies == sight.other_lies == "none":
        return Verdict.OVERTAKEN
    whole = sight.own_lies == sight.other_lies == "row" and not sight.related
    return Verdict.FIXED if whole else Verdict.PARTLY
