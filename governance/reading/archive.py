"""Sealed snapshots kept open between calls: attaching a long chain is most of what a look costs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from governance.ledger.rows import SnapshotRow
from governance.store import Chains, Home, Index, Link, Opened, Proofs, engine

if TYPE_CHECKING:
    import duckdb

# A file attached costs a descriptor and some memory; so many are some four long chains.
MOST_FILES = 500
# Each chain looked into keeps a table of its changed keys; every run makes new chains.
MOST_CHAINS = 40
# A file that retention removed takes its room on the disk for as long as it is attached.
LONGEST_SECONDS = 3600.0


@dataclass
class Room:
    """One in-memory DuckDB with chains attached."""

    con: duckdb.DuckDBPyConnection
    chains: Chains
    lock: threading.Lock = field(default_factory=threading.Lock)
    born: float = field(default_factory=time.monotonic)
    readers: int = 0
    retired: bool = False

    def open(self, chain: Sequence[SnapshotRow]) -> Opened:
        """The snapshot that these make up, the base first. Raises EvidenceTampered."""
        with self.lock:
            return self.chains.open(_links(chain))

    def index(self, chain: Sequence[SnapshotRow]) -> Index:
        """Where to look for one key in that snapshot. Raises EvidenceTampered."""
        with self.lock:
            return self.chains.index(_links(chain))


def _links(chain: Sequence[SnapshotRow]) -> list[Link]:
    return [Link(snapshot.file, snapshot.sha256) for snapshot in chain]


class Archive:
    """Hands out rooms, a new one when the last is full or old. Safe for many threads."""

    def __init__(self, home: Home, proofs: Proofs, most: int = MOST_FILES) -> None:
        self._home, self._proofs, self._most = home, proofs, most
        self._room: Room | None = None
        self._lock = threading.Lock()

    @contextmanager
    def open(self) -> Iterator[Room]:
        """A room that stays open for as long as the block runs; query it through a cursor."""
        with self._lock:
            if self._room is not None and self._is_spent(self._room):
                self._retire()
            if self._room is None:
                con = engine(self._home)
                self._room = Room(con, Chains(con, self._home, self._proofs))
            room = self._room
            room.readers += 1
        try:
            yield room
        finally:
            with self._lock:
                room.readers -= 1
                if room.retired and room.readers == 0:
                    room.con.close()

    def _is_spent(self, room: Room) -> bool:
        full = room.chains.size >= self._most or room.chains.chains >= MOST_CHAINS
        return full or time.monotonic() - room.born > LONGEST_SECONDS

    def close(self) -> None:
        """Close once the last reader is done."""
        with self._lock:
            self._retire()

    def _retire(self) -> None:
        room, self._room = self._room, None
        if room is not None:
            room.retired = True
            if room.readers == 0:
                room.con.close()
