"""Rows of one key out of sealed snapshots, now and through time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from governance.errors import EvidenceTampered
from governance.ledger.rows import SnapshotKind, SnapshotRow
from governance.ledger.snapshots import Snapshots as Known
from governance.reading.archive import Archive, Room
from governance.reading.cells import Row

if TYPE_CHECKING:
    from governance.reading.model import Finding

MOST_COPIES = 20
# A key with more lines than this in one file is told as far as these.
MOST_LINES = 10_000

# A row without a key is known by its hash, of which the id of its finding is made.
_OF_FINDING = (
    "_key IS NULL AND substr(sha256(concat_ws(chr(31), ?, ?, ?, ?, ?, '', "
    "CAST(_raw_hash AS VARCHAR))), 1, 32) = ?"
)


@dataclass(frozen=True)
class Moment:
    """The rows of a key in one snapshot: none, one, or the copies of a duplicate.

    `keyed` stands for the secret it was sealed with: tokens of different ones say nothing of each
    other.
    """

    snapshot: SnapshotRow
    rows: tuple[Row, ...]
    keyed: str


@dataclass
class _State:
    """What a chain has said so far of one key."""

    single: Row | None = None
    odd: dict[int, tuple[Row, int]] = field(default_factory=dict)

    def take_base(self, rows: Sequence[Row], odd: Sequence[Row]) -> None:
        self.single = rows[0] if rows else None
        for row in odd:
            _, copies = self.odd.get(row["_raw_hash"], (row, 0))
            self.odd[row["_raw_hash"]] = (row, copies + 1)

    def take_delta(self, rows: Sequence[Row], odd: Sequence[Row]) -> None:
        for row in rows:
            self.single = None if row.pop("_op") == "delete" else row
        for row in odd:
            copies = row.pop("_copies")
            if copies:
                self.odd[row["_raw_hash"]] = (row, copies)
            else:
                self.odd.pop(row["_raw_hash"], None)

    @property
    def rows(self) -> tuple[Row, ...]:
        single = () if self.single is None else (self.single,)
        copies = (row for row, number in self.odd.values() for _ in range(number))
        return (*single, *copies)[:MOST_COPIES]


class Snapshots:
    """Looks into sealed snapshots. Methods raise EvidenceTampered for a damaged file, but for
    `through_time`, which stops there and leaves its name in `damaged`."""

    def __init__(self, room: Room, known: Known) -> None:
        self._room, self._known = room, known
        self._con = room.con.cursor()
        self.damaged: str | None = None

    def of_key(self, snapshot: SnapshotRow, key: str) -> tuple[Row, ...]:
        """The rows with this normalised key: none, one, or the copies of a duplicate."""
        *_, last = self._moments(self._known.chain(snapshot), key)
        return last.rows

    def of_finding(self, snapshot: SnapshotRow, finding: Finding) -> tuple[Row, ...]:
        """The rows without a key that a finding is about."""
        opened = self._room.open(self._known.chain(snapshot))
        names = (finding.check, finding.entity, finding.left_source, finding.right_source)
        values = [*names, finding.kind, finding.finding_id]
        return tuple(self._rows(opened.odd, _OF_FINDING, values)[:MOST_COPIES])

    def through_time(self, taken: Sequence[SnapshotRow], key: str, most: int) -> Iterator[Moment]:
        """The key at every place of the newest chains among `taken` (oldest first) at which
        something is said of it, and at each chain's beginning, in order.

        Chains are told whole, so there may be somewhat more than `most` snapshots. Nothing is told
        of what lies before a damaged file, which `damaged` then names.
        """
        chains = [list(chain) for _, chain in groupby(taken, lambda s: s.base_id)]
        told: list[list[SnapshotRow]] = []
        count = 0
        for chain in reversed(chains):
            files = [s for s in chain if s.kind is not SnapshotKind.SAME]
            if count >= most or not self._is_sound(files):
                break
            told.append(files)
            count += len(chain)
        for files in reversed(told):
            yield from self._moments(files, key)

    def _is_sound(self, chain: Sequence[SnapshotRow]) -> bool:
        try:
            self._room.index(chain)
        except EvidenceTampered as error:
            self.damaged = error.params["file"]
            return False
        return True

    def _moments(self, chain: Sequence[SnapshotRow], key: str) -> Iterator[Moment]:
        """The key at the beginning of one chain and wherever something is said of it."""
        index = self._room.index(chain)
        keyed = self._keyed(index.files[0])
        state = _State()
        state.take_base(*self._said(index.files[0], key))
        places = self._places(index.said, key)
        yield Moment(chain[0], state.rows, keyed)
        for place in places:
            state.take_delta(*self._said(index.files[place], key))
            yield Moment(chain[place], state.rows, keyed)

    def _places(self, said: str, key: str) -> list[int]:
        if not said:
            return []
        query = f"SELECT DISTINCT _at FROM {said} WHERE _key = ? ORDER BY _at"
        return [int(at) for (at,) in self._con.execute(query, [key]).fetchall()]

    def _said(self, file: str, key: str) -> tuple[list[Row], list[Row]]:
        rows, odd = (self._rows(f"{file}.main.{t}", "_key = ?", [key]) for t in ("rows", "odd"))
        return rows, odd

    def _keyed(self, file: str) -> str:
        found = self._con.execute(f"SELECT fingerprint FROM {file}.main.meta").fetchall()
        return str(found[0][0]).split("|")[2] if found else ""

    def _rows(self, relation: str, condition: str, values: list[str]) -> list[Row]:
        query = f"SELECT * FROM {relation} WHERE {condition} LIMIT {MOST_LINES}"
        result = self._con.execute(query, values)
        columns = [column[0] for column in result.description]
        return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


@contextmanager
def opened(archive: Archive, known: Known) -> Iterator[Snapshots]:
    with archive.open() as room:
        yield Snapshots(room, known)
