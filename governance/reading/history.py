"""What happened to one record in each source, run after run: only the changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from governance.ledger.rows import SnapshotRow
from governance.reading.cells import Row, cell, names
from governance.reading.snapshots import Snapshots

LONGEST = 200


class What(StrEnum):
    """`first`: there when reading began. `copies`: the key became a duplicate, or no more."""

    FIRST = "first"
    APPEARED = "appeared"
    VANISHED = "vanished"
    CHANGED = "changed"
    COPIES = "copies"


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
    """The changes of `key` over the newest `LONGEST` snapshots, newest first.

    The oldest of them only says what was there when the history begins.
    """
    found: list[Change] = []
    before: tuple[Row, ...] | None = None
    for snapshot in taken[-LONGEST:]:
        now = snapshots.of_key(snapshot, key)
        if before is not None:
            found += _between(source, snapshot, before, now)
        elif now:
            found.append(Change(source, snapshot.run_id, snapshot.taken_at, What.FIRST))
        before = now
    return tuple(reversed(found))


def _between(
    source: str, snapshot: SnapshotRow, before: tuple[Row, ...], now: tuple[Row, ...]
) -> list[Change]:
    run, at = snapshot.run_id, snapshot.taken_at
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
    pairs = ((name, cell(old, name), cell(new, name)) for name in names(new) if name in old)
    return [
        Change(source, run, at, What.CHANGED, name, was.shown, now_is.shown)
        for name, was, now_is in pairs
        if was.token != now_is.token
    ]
