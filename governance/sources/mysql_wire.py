"""Row packets of a MySQL result, taken off the line in blocks and cut into columns at once.

A row is one packet: three bytes of length, one of sequence, then each cell with its own length in
front. The driver makes Python objects of every packet and cell, which costs four times what the
server's client does. Here only the packets are counted off one by one; the cells of a column are
found for all rows of a block together, and Arrow copies them out.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pymysql
from pymysql.constants import CR

from governance.sources.arrow import copied
from governance.sources.watch import Watch

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK = 1 << 20
PIECE = 1 << 19
LARGEST = 0xFFFFFF  # a packet of this length goes on in the next one
NULL, TWO, THREE, EIGHT = 251, 252, 253, 254
END, ERROR = 0xFE, 0xFF

header = struct.Struct("<I").unpack_from


class Broken(pymysql.err.OperationalError):
    """The line ended, or what came over it is no result: nothing of it can be trusted."""

    def __init__(self) -> None:
        super().__init__(CR.CR_SERVER_LOST, "")


class Line:
    """The rows of one result, from where the driver has read the description of its columns.

    For a result without columns there is nothing to read. `blocks` raises the error that the
    server ends the result with, Broken, or what `watch` says.
    """

    def __init__(self, conn: Any, width: int, watch: Watch, block: int = 0) -> None:
        self.width, self.watch, self.block = width, watch, block or BLOCK
        self._number = conn._next_seq_id
        # Not a bytearray: memory that no row ever reaches is never touched.
        self._room: NDArray[np.uint8] = np.empty(self.block + LARGEST + 4, np.uint8)
        self._bytes = memoryview(self._room.data)
        self._from = 0
        # What the driver has read ahead comes first; from then on its buffer stays empty.
        ahead = conn._rfile.read(len(conn._rfile.peek()))
        self._bytes[: len(ahead)] = ahead
        self._filled = len(ahead)
        self._line = conn._rfile.raw

    def blocks(self) -> Iterator[list[pa.Array]]:
        """All rows in their order, some megabytes of them at a time: one binary array per column.

        What a block holds is its own.
        """
        done = False
        while not done:
            starts, end, done = self._next()
            if starts:
                yield self._columns(np.array(starts, np.int32), end)
            if not done and self._goes_on(end):
                yield [pa.array([cell], pa.binary()) for cell in self._long_row()]

    def _next(self) -> tuple[list[int], int, bool]:
        """Where the next packets start and the last one ends, and whether the result does."""
        rest = self._filled - self._from
        self._room[:rest] = self._room[self._from : self._filled]
        self._filled, self._from = rest, 0
        starts: list[int] = []
        end = self._count_off(starts, 0)
        while True:
            if end == self._filled and starts and self._is_end(starts[-1], end):
                self._check_order(starts)
                return starts[:-1], starts[-1], True
            if end >= self.block or self._goes_on(end):
                break
            self._receive()
            end = self._count_off(starts, end)
        self._check_order(starts)
        self._from = end
        return starts, end, False

    def _count_off(self, starts: list[int], place: int) -> int:
        """Add the start of every packet that is there whole; where the last one ends."""
        room, filled = self._bytes, self._filled
        while place + 4 <= filled:
            size = header(room, place)[0] & LARGEST
            after: int = place + 4 + size
            if after > filled or size == LARGEST:
                break
            starts.append(place)
            place = after
        return place

    def _goes_on(self, place: int) -> bool:
        """Whether a row begins here that is too long for one packet."""
        return place + 4 <= self._filled and header(self._bytes, place)[0] & LARGEST == LARGEST

    def _is_end(self, start: int, end: int) -> bool:
        """Whether the packet is the last. No row starts so: its length would belong to a cell of
        16 MB. Raises the server's error."""
        size = end - start - 4
        if not size:
            raise Broken
        first = self._bytes[start + 4]
        if first == ERROR:
            pymysql.err.raise_mysql_exception(bytes(self._bytes[start + 4 : end]))
        return bool(first == END and size < 9)

    def _receive(self) -> None:
        self._filled += self._read(self._bytes[self._filled : self._filled + PIECE])

    def _read(self, into: memoryview) -> int:
        got: int = self._line.readinto(into)
        self.watch.check()
        if not got:
            raise Broken
        return got

    def _check_order(self, starts: list[int]) -> None:
        """Packets carry their number, so that none can be missing between two."""
        numbers = self._room[np.array(starts, np.int64) + 3]
        wanted = (self._number + np.arange(len(starts))) & 255
        if not np.array_equal(numbers, wanted):
            raise Broken
        self._number = (self._number + len(starts)) & 255

    def _columns(self, starts: NDArray[np.int32], end: int) -> list[pa.Array]:
        ends = np.append(starts[1:], np.int32(end))
        found, at = [], starts + 4
        for _ in range(self.width):
            try:
                size = self._room[at].astype(np.int32)
                at = at + 1
                there = self._longer(size, at)
            except IndexError:
                raise Broken from None
            found.append((at, at + size, there))
            at = at + size
        # Lengths are never negative: where the last cell ends with its row, all lie inside.
        if not np.array_equal(at, ends):
            raise Broken
        return [copied(self._room, *cells) for cells in found]

    def _longer(self, size: NDArray[np.int32], at: NDArray[np.int32]) -> NDArray[np.bool_] | None:
        """Put the lengths of cells beyond 250 bytes in place; which cells are not NULL."""
        rows = np.flatnonzero(size >= NULL)
        if not rows.size:
            return None
        kinds = size[rows]
        there = np.ones(len(size), np.bool_)
        there[rows[kinds == NULL]] = False
        size[rows] = 0
        for kind, width in ((TWO, 2), (THREE, 3)):
            those = rows[kinds == kind]
            for place in range(width):
                size[those] |= self._room[at[those]].astype(np.int32) << (8 * place)
                at[those] += 1
        if (kinds > THREE).any():
            raise Broken
        return there

    def _long_row(self) -> tuple[bytes | None, ...]:
        parts, size = [], LARGEST
        while size == LARGEST:
            head = self._exactly(4)
            size = int.from_bytes(head[:3], "little")
            if head[3] != self._number:
                raise Broken
            self._number = (self._number + 1) & 255
            parts.append(self._exactly(size))
        return cells(b"".join(parts), self.width)

    def _exactly(self, size: int) -> bytes:
        """The next bytes, from the room and then from the line."""
        data = bytearray(size)
        there = min(size, self._filled - self._from)
        data[:there] = self._bytes[self._from : self._from + there]
        self._from += there
        while there < size:
            there += self._read(memoryview(data)[there:])
        return bytes(data)


def cells(row: bytes, width: int) -> tuple[bytes | None, ...]:
    """The cells of a single row."""
    found: list[bytes | None] = []
    place = 0
    for _ in range(width):
        size = row[place] if place < len(row) else ERROR
        place += 1
        if size == ERROR:
            raise Broken
        if size == NULL:
            found.append(None)
            continue
        if size > NULL:
            bytes_of_length = {TWO: 2, THREE: 3, EIGHT: 8}[size]
            size = int.from_bytes(row[place : place + bytes_of_length], "little")
            place += bytes_of_length
        found.append(row[place : place + size])
        place += size
    if place != len(row):
        raise Broken
    return tuple(found)
