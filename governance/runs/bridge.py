"""What leads from the last look at a pair to today's: which old values still mean something.

A value agreed on under other rules is read again by the rules of today where its text is known,
and said to be void where it is not. A column that was swapped for another is the same one if
nearly all records hold the same in both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from checks.consistency import PairPlan
from checks.dictionary import Entity
from checks.prepare import Column, Side, Spec
from checks.sql import only_row, quoted
from governance.runs.looks import Look, Made

# Of the records that both snapshots hold, how many must agree for a column to be the same one.
NEARLY_ALL = 0.9


class How(StrEnum):
    """`kept`: told apart as then. `reread`: to be read again. `new`: not compared then."""

    KEPT = "kept"
    REREAD = "reread"
    NEW = "new"
    VOID = "void"


@dataclass(frozen=True)
class Now:
    """One side of today: its sealed rows, and by which rules its snapshot was made."""

    side: Side
    made: Made


@dataclass(frozen=True)
class Then:
    """One side of the last look as it can still be read, under its own rules; its keys may have
    to be read again."""

    side: Side


@dataclass(frozen=True)
class Bridge:
    """`look` is None for a pair that was never compared, or nobody knows how; a side is None where
    its snapshot is gone. `same` says that no rule has changed. `rows` says, for left and right,
    whether the same records were asked for."""

    look: Look | None
    left: Then | None = None
    right: Then | None = None
    same: bool = False
    key: How = How.VOID
    fields: dict[str, How] = field(default_factory=dict)
    rows: tuple[bool, bool] = (False, False)

    @property
    def is_readable(self) -> bool:
        """Whether the values of then can be looked up."""
        return self.left is not None and self.right is not None and self.key is not How.VOID

    def of(self, name: str | None) -> How:
        """What became of a field; None speaks of whole records."""
        if self.key is How.VOID or name is None:
            return self.key
        return self.fields.get(name, How.NEW)


def between(
    con: Any,
    entity: Entity,
    plan: PairPlan,
    look: Look | None,
    then: tuple[Then | None, Then | None],
    now: tuple[Now, Now],
    basis: str,
) -> Bridge:
    """The way from the `look` to `now`; `basis` stands for all rules of today together."""
    if look is None:
        return Bridge(None)
    sides = (
        _Way(con, look.left, then[0], now[0], entity.key),
        _Way(con, look.right, then[1], now[1], entity.key),
    )
    same = look.basis == basis and all(way.is_same for way in sides)
    if same:
        kept = dict.fromkeys(plan.fields, How.KEPT)
        return Bridge(look, *then, True, How.KEPT, kept, (True, True))
    key = _worst([way.of_key() for way in sides])
    if key is How.REREAD and entity.match is not None:
        key = How.VOID  # joint keys are given, not read
    ways = {name: _worst([way.of(name) for way in sides]) for name in plan.fields}
    rows = sides[0].has_same_rows, sides[1].has_same_rows
    return Bridge(look, *then, False, key, ways, rows)


def _worst(ways: Sequence[How]) -> How:
    return next(way for way in (How.VOID, How.NEW, How.REREAD, How.KEPT) if way in ways)


class _Way:
    """One side, then and now."""

    def __init__(
        self, con: Any, old: Made, then: Then | None, now: Now, key: Sequence[str]
    ) -> None:
        self.con, self.old, self.then, self.now, self.key = con, old, then, now, key
        self.spec = old.spec
        self._shares: dict[str, float] | None = None

    @property
    def is_same(self) -> bool:
        return self.old == self.now.made and None not in (self.old.form, self.old.read)

    @property
    def has_same_rows(self) -> bool:
        return self.old.rows is not None and self.old.rows == self.now.made.rows

    def of_key(self) -> How:
        """Whether the keys of then can be held against those of today."""
        if self.spec is None or self.spec.key != self.now.side.spec.key:
            return How.VOID
        return _worst([self._read(name) for name in self.key] + [self._same_keys()])

    def _same_keys(self) -> How:
        if all(self._is_mapped_alike(name) for name in self.key):
            return How.KEPT
        if self.then is None or any(self._read(name) is not How.KEPT for name in self.key):
            return How.VOID
        old, new = self.then.side.rows, self.now.side.rows
        rows, found = only_row(
            self.con,
            f"SELECT count(*), count(n._key) FROM {old} AS o LEFT JOIN {new} AS n"
            " ON o._key = n._key",
        )
        return How.KEPT if rows and found >= NEARLY_ALL * rows else How.VOID

    def of(self, name: str) -> How:
        """What became of one field."""
        if self.spec is None:
            return How.VOID
        if all(column.name != name for column in self.spec.columns):
            return How.NEW
        if not self._is_mapped_alike(name) and self._share(name) < NEARLY_ALL:
            return How.VOID
        return self._read(name)

    def _read(self, name: str) -> How:
        """As if it came from the same column."""
        assert self.spec is not None
        known = {column.name: column for column in self.spec.columns}
        old, new = known.get(name), self.now.side.spec.column(name)
        if old is None:
            return How.VOID
        alike = old.reader == new.reader and (old.reader is None or self._is_same_edition)
        if old.masked:
            kept = new.masked and alike and self.old.keyed == self.now.made.keyed
            return How.KEPT if kept else How.VOID
        return How.KEPT if alike and not new.masked else How.REREAD

    @property
    def _is_same_edition(self) -> bool:
        assert self.spec is not None
        same_zone = self.spec.zone == self.now.side.spec.zone
        return same_zone and self.old.edition == self.now.made.edition

    def _is_mapped_alike(self, name: str) -> bool:
        old, new = self.old.column(name), self.now.made.column(name)
        return old is not None and old == new

    def _share(self, name: str) -> float:
        """Of the records of both snapshots, how many hold the same text in this field."""
        if self._shares is None:
            self._shares = self._counted()
        return self._shares.get(name, 0.0)

    def _counted(self) -> dict[str, float]:
        if self.then is None or self.of_key() is not How.KEPT:
            return {}
        old, new = self.then.side, self.now.side
        names = [c.name for c in old.spec.columns if self._can_be_held(c, new.spec)]
        sums = []
        for name in names:
            raws = [f"{a}.{quoted(s.spec.column(name).raw)}" for a, s in (("o", old), ("n", new))]
            there = f"coalesce({raws[0]}, {raws[1]}) IS NOT NULL"
            sums.append(f"count(*) FILTER ({there}), count(*) FILTER ({raws[0]} = {raws[1]})")
        if not sums:
            return {}
        numbers = only_row(
            self.con,
            f"SELECT {', '.join(sums)} FROM {old.rows} AS o JOIN {new.rows} AS n"
            " ON o._key = n._key",
        )
        pairs = zip(names, numbers[::2], numbers[1::2], strict=True)
        return {name: equal / there for name, there, equal in pairs if there}

    def _can_be_held(self, old: Column, new: Spec) -> bool:
        """Whether what is kept of a column then and now can be told apart at all."""
        match = next((column for column in new.columns if column.name == old.name), None)
        if match is None or match.masked != old.masked:
            return False
        return not old.masked or self.old.keyed == self.now.made.keyed
