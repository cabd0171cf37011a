"""SQL literals: whole columns of them at once, or one by one where they are unusual."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from governance.backups.content.cells import (
    COPY_ESCAPES,
    MYSQL_ESCAPES,
    QUOTE,
    SPACE,
    Block,
    Plain,
    unescaped,
)
from governance.sources.arrow import copied

if TYPE_CHECKING:
    from governance.backups.content.cells import Bytes, Flags, Places

BINARY_MARK = b"_binary '"
INTRODUCED = re.compile(rb"_\w+\s*(?=['0xXbB])")
HEX = re.compile(rb"0x([0-9A-Fa-f]*)\Z|[xX]'([0-9A-Fa-f]*)'\Z")
BITS = re.compile(rb"0b([01]*)\Z|[bB]'([01]*)'\Z")
STRING = re.compile(rb"(?P<kind>[EeNn]?)'(?P<text>.*)'(?:::.*)?\Z", re.S)
BACKSLASHED = re.compile(rb"\\(.)", re.S)
COPIED = re.compile(rb"\\(x[0-9A-Fa-f]{1,2}|[0-7]{1,3}|.)", re.S)
C_ESCAPES = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
ZERO, LETTER_X = b"0x"


@dataclass(frozen=True)
class Taken:
    """One column of a block. `cells` is binary, NULL apart. `is_hex`: every cell that is not NULL
    stands as the hexadecimal digits of its bytes."""

    cells: pa.Array
    is_hex: bool = False


class Literals:
    """The columns of a block of tuples."""

    def __init__(self, block: Block, escapes: bool, mysql: bool) -> None:
        assert block.starts is not None
        assert block.ends is not None
        self.block, self.escapes, self.mysql = block, escapes, mysql
        self.starts, self.ends = block.starts, block.ends
        letters = MYSQL_ESCAPES if mysql else COPY_ESCAPES
        self.plain: Plain = unescaped(block, letters, b"%_" if mysql else b"")

    def column(self, place: int) -> Taken:
        room, starts, ends = self.block.room, self.starts[place], self.ends[place]
        first, last = room[starts], room[ends - 1]
        if (first == SPACE).any():
            starts = starts + (first == SPACE)
            first = room[starts]
        quoted = first == QUOTE
        if quoted.all() and (last == QUOTE).all():
            return Taken(self._copied(starts + 1, ends - 1, None))
        return self._mixed(starts, ends, first, last)

    def _mixed(self, starts: Places, ends: Places, first: Bytes, last: Bytes) -> Taken:
        """A column of strings and others: numbers, words, NULL, bytes."""
        quoted, marked = first == QUOTE, self._marked(starts, first)
        there = ~is_null(self.block.room, starts, ends, first)
        hexed = self._hexed(starts, ends, first)
        all_hex = bool(hexed.any()) and not bool((there & ~hexed).any())
        strings = quoted | marked
        closed = strings & (last == QUOTE) & (ends - starts > 1)
        bare = ~strings & (last != QUOTE) & (ends > starts) & (all_hex | ~hexed)
        odd = np.flatnonzero(there & ~closed & ~bare)
        at = starts + quoted
        at[marked] += len(BINARY_MARK)
        if all_hex:
            at += 2 * hexed
        to = ends - closed
        cells = self._copied(np.minimum(at, to), to, None if there.all() else there)
        return Taken(self._with(cells, odd, starts, ends) if odd.size else cells, all_hex)

    def _copied(self, at: Places, to: Places, there: Flags | None) -> pa.Array:
        return copied(self.plain.room, self.plain.at(at), self.plain.at(to), there)

    def _hexed(self, starts: Places, ends: Places, first: Bytes) -> Flags:
        """Which cells are `0x…`."""
        found: Flags = first == ZERO
        rows = np.flatnonzero(found)
        if rows.size:
            found[rows] = ends[rows] - starts[rows] > 1
            rows = np.flatnonzero(found)
            found[rows] = self.block.room[starts[rows] + 1] == LETTER_X
        return found

    def _marked(self, starts: Places, first: Bytes) -> Flags:
        """Which cells begin with `_binary '`."""
        found: Flags = first == BINARY_MARK[0]
        if found.any():
            for offset, byte in enumerate(BINARY_MARK):
                places = np.minimum(starts + offset, self.block.room.size - 1)
                found &= self.block.room[places] == byte
        return found

    def _with(self, cells: pa.Array, odd: Places, starts: Places, ends: Places) -> pa.Array:
        """The column with the cells in place that are read one by one."""
        values = cells.to_pylist()
        for row in odd.tolist():
            raw = self.block.room[starts[row] : ends[row]].tobytes()
            values[row] = literal(raw, self.escapes, self.mysql)
        return pa.array(values, pa.binary())


def is_null(room: Bytes, starts: Places, ends: Places, first: Bytes) -> Flags:
    """Which cells are NULL, or DEFAULT, as pg_dump writes what the server computes: nothing else
    of as many letters begins so unquoted."""
    size = ends - starts
    found: Flags = ((first | 32) == ord("n")) & (size == 4)
    rows = np.flatnonzero(found)
    if rows.size:
        found[rows] &= (room[starts[rows] + 1] | 32) == ord("u")
    found |= ((first | 32) == ord("d")) & (size == len(b"DEFAULT"))
    return found


def literal(raw: bytes, escapes: bool, mysql: bool) -> bytes | None:
    """The bytes that a literal stands for; a word or number stands for itself."""
    raw = raw.strip()
    if raw.upper() in (b"NULL", b"DEFAULT"):
        return None
    raw = INTRODUCED.sub(b"", raw, count=1) if raw.startswith(b"_") else raw
    hexed = HEX.match(raw)
    if hexed and mysql:
        digits = hexed[1] if hexed[1] is not None else hexed[2]
        return bytes.fromhex(("0" * (len(digits) % 2)) + digits.decode())
    bits = BITS.match(raw)
    if bits:
        digits = bits[1] if bits[1] is not None else bits[2]
        if not mysql:
            return digits
        return int(digits or b"0", 2).to_bytes(max(1, (len(digits) + 7) // 8), "big")
    string = STRING.match(raw)
    if string is None:
        return raw
    text = string["text"]
    if escapes or string["kind"] in (b"E", b"e"):
        return unquoted(text, mysql)
    return text.replace(b"''", b"'")


def unquoted(text: bytes, mysql: bool) -> bytes:
    """A string's inside without escapes and doubled quotes."""
    pieces = []
    at = 0
    for found in re.finditer(rb"\\|''", text):
        if found.start() < at:
            continue
        pieces.append(text[at : found.start()])
        if found[0] == b"''":
            pieces.append(b"'")
            at = found.end()
            continue
        escape = (
            BACKSLASHED.match(text, found.start()) if mysql else COPIED.match(text, found.start())
        )
        if escape is None:
            at = found.start()
            break
        pieces.append(mysql_escape(escape[1]) if mysql else c_escape(escape[1]))
        at = escape.end()
    return b"".join([*pieces, text[at:]])


def mysql_escape(letter: bytes) -> bytes:
    if letter in (b"%", b"_"):
        return b"\\" + letter
    return bytes([int(MYSQL_ESCAPES[letter[0]])])


def c_escape(letters: bytes) -> bytes:
    """`\\n`, `\\101` and `\\x41` as PostgreSQL reads them."""
    if letters[:1] == b"x" and len(letters) > 1:
        return bytes([int(letters[1:], 16)])
    if letters[:1].isdigit() and letters[:1] < b"8":
        return bytes([int(letters, 8) & 255])
    return C_ESCAPES.get(letters, letters)


class Copied:
    """The columns of a block of COPY's lines."""

    def __init__(self, block: Block) -> None:
        assert block.starts is not None
        assert block.ends is not None
        self.block, self.starts, self.ends = block, block.starts, block.ends
        self.plain = unescaped(block, COPY_ESCAPES, b"")
        # `\101` and `\x41` are allowed, though no server writes them.
        self._numbers: Places | None = None
        if block.escapes is not None and block.escapes.size:
            after = block.room[block.escapes + 1]
            number = ((after >= ord("0")) & (after < ord("8"))) | (after == LETTER_X)
            self._numbers = block.escapes[number] if number.any() else None

    def column(self, place: int) -> Taken:
        room, starts, ends = self.block.room, self.starts[place], self.ends[place]
        null = ends - starts == 2
        rows = np.flatnonzero(null)
        if rows.size:
            at = starts[rows]
            null[rows] = (room[at] == ord("\\")) & (room[at + 1] == ord("N"))
        there = None if not null.any() else ~null
        cells = copied(self.plain.room, self.plain.at(starts), self.plain.at(ends), there)
        if self._numbers is None:
            return Taken(cells)
        values = cells.to_pylist()
        for row in np.unique(np.searchsorted(ends, self._numbers)).tolist():
            if row < len(values) and values[row] is not None:
                raw = room[starts[row] : ends[row]].tobytes()
                values[row] = COPIED.sub(lambda found: c_escape(found[1]), raw)
        return Taken(pa.array(values, pa.binary()))
