"""What happened to one record in each source, run after run: only the changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from governance.ledger.rows import SnapshotRow
from governance.reading.cells import cell, names
from governance.reading.snapshots import Moment, Snapshots

LONGEST = 400


class What(StrEnum):
    """`first`: there when reading began. `copies`: the key became a duplicate, or no more. `void`:
    sealed with another secret from here on, so personal values cannot be held against earlier ones.
    """

    FIRST = "first"
    APPEARED = "appeared"
    VANISHED = "vanished"
    CHANGED = "changed"
    COPIES = "copies"
    VOID = "void"


@dataclass(frozen=True)
class Change:
    """One change of one record in one source, first seen by `run`.

    `before` and `after` are shown values (masks where personal: two masks may look the same though
    the values differ), or numbers of copies.
    """

    source: str
    run: int
    at: datetime
    what: What
    field: str | None = None
    before: str | None = None
    after: str | None = None


def changes(
    source: str, taken: tuple[SnapshotRow, ...], key: str, snapshots: Snapshots
) -> tuple[Change, ...]:
    """The changes of `key` over the newest chains, some `LONGEST` snapshots of them, newest first.

    The oldest of them only says what was there when the history begins.
    """
    found: list[Change] = []
    before: Moment | None = None
    for now in snapshots.through_time(taken, key, LONGEST):
        if before is not None:
            found += _between(source, before, now)
        elif now.rows:
            found.append(Change(source, now.snapshot.run_id, now.snapshot.taken_at, What.FIRST))
        before = now
    return tuple(reversed(found))


def _between(source: str, then: Moment, moment: Moment) -> list[Change]:
    before, now = then.rows, moment.rows
    run, at = moment.snapshot.run_id, moment.snapshot.taken_at
    if not before and not now:
        return []
    if not before:
        return [Change(source, run, at, What.APPEARED, after=str(len(now)))]
    if not now:
        return [Change(source, run, at, What.VANISHED, before=str(len(before)))]
    if len(before) != len(now):
        copies = str(len(before)), str(len(now))
        return [Change(source, run, at, What.COPIES, None, *copies)]
    if len(now) > 1:
        return []
    old, new = before[0], now[0]
    severed = then.keyed != moment.keyed
    masked = {name for name in names(new) if f"{name}__t" in new or f"{name}__t" in old}
    void = [Change(source, run, at, What.VOID)] if severed and masked else []
    pairs = (
        (name, cell(old, name), cell(new, name))
        for name in names(new)
        if name in old and not (severed and name in masked)
    )
    return void + [
        Change(source, run, at, What.CHANGED, name, was.shown, now_is.shown)
        for name, was, now_is in pairs
        if was.token != now_is.token
    ]
