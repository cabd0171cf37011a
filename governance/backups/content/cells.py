"""Cells found in a block of text for all its rows at once, and taken out as columns.

Every byte is looked at a few times by NumPy instead of once by Python, which is a hundred times
faster. A quote that is not escaped turns the text's inside out, so the parity of quotes says of
each byte whether it stands in a string.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]
    Places = NDArray[np.int64]
    Flags = NDArray[np.bool_]

QUOTE, BACKSLASH, OPEN, CLOSE, COMMA, SEMICOLON = b"'\\(),;"
TAB, NEWLINE, SPACE = b"\t\n "
# Between two rows of one statement stand a comma and white space, no more than this together.
GAP = 8
# Outside strings these begin something that is no plain value.
ODD = (b'"', b"`", b"#", b"--", b"/*", b"$")


def mapped(pairs: dict[str, int]) -> Bytes:
    found = np.arange(256, dtype=np.uint8)
    for letter, byte in pairs.items():
        found[ord(letter)] = byte
    return found


MYSQL_ESCAPES = mapped({"0": 0, "b": 8, "n": 10, "r": 13, "t": 9, "Z": 26})
COPY_ESCAPES = mapped({"b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11})


@dataclass(frozen=True)
class Block:
    """Rows found in a block. `starts` and `ends` are (width, rows), None where only counted.

    `room` are the bytes up to the end of the last row, `escapes` the places of backslashes that
    take the next byte with them, `quotes` those that open or close a string. `end` is the first
    byte that was not read.
    """

    rows: int
    end: int
    room: Bytes
    starts: Places | None = None
    ends: Places | None = None
    escapes: Places | None = None
    quotes: Places | None = None


def escaping(room: Bytes) -> Places:
    """Backslashes that take the next byte with them: every second of a run, from its first."""
    found = np.flatnonzero(room == BACKSLASH)
    if found.size < 2:
        return found
    order = np.arange(found.size)
    new = np.empty(found.size, np.bool_)
    new[0] = True
    np.not_equal(found[1:], found[:-1] + 1, out=new[1:])
    first = np.maximum.accumulate(np.where(new, order, 0))
    every_second: Places = found[(order - first) & 1 == 0]
    return every_second


def odd_up_to() -> Bytes:
    """For each byte, which of its bits have an odd number of ones up to them, from the lowest."""
    bits = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1, bitorder="little")
    return np.packbits(np.bitwise_xor.accumulate(bits, axis=1), axis=1, bitorder="little")[:, 0]


ODD_UP_TO = odd_up_to()


def parity(marks: Flags) -> Flags:
    """Whether the number of marks up to each place, itself included, is odd."""
    bits = ODD_UP_TO[np.packbits(marks, bitorder="little")]
    before = np.bitwise_xor.accumulate(bits >> 7)
    bits[1:] ^= np.where(before[:-1], np.uint8(255), np.uint8(0))
    return np.unpackbits(bits, count=marks.size, bitorder="little").view(np.bool_)


def tuples(data: bytes, between: bytes, width: int | None, escapes: bool) -> Block | None:
    """The rows `(…),(…)` at the start of `data`, as far as they are whole.

    `between` is what separates the last row of a statement from the first of the next one to the
    same table, `;` first; empty: the statement's end is the block's. Rows must have `width` cells;
    None: they are only counted. None is returned where the text is no plain list of values: what
    that is must be read with more care.
    """
    room = np.frombuffer(data, np.uint8)
    quotes = room == QUOTE
    escaped = escaping(room) if escapes and b"\\" in data else None
    if escaped is not None:
        after = escaped + 1
        quotes[after[after < room.size]] = False
    # The closing quote counts as outside, which for what is looked for makes no difference.
    inside = parity(quotes)
    marks = room == OPEN
    for letter in (CLOSE, SEMICOLON) if width is None else (CLOSE, SEMICOLON, COMMA):
        marks |= room == letter
    marks &= ~inside
    places = np.flatnonzero(marks)
    places, joints = whole_statements(room, places, between, width is not None)
    found = counted(room, places) if width is None else in_rows(room, places, width)
    if found is None or not found[0]:
        return None
    rows, last, starts, ends = found
    if is_odd(data, room, inside, last + 1, joints, between, escapes):
        return None
    spots = None if width is None else np.flatnonzero(quotes[:last])
    return Block(rows, last + 1, room[: last + 1], starts, ends, escaped, spots)


def whole_statements(
    room: Bytes, places: Places, between: bytes, with_commas: bool
) -> tuple[Places, Places]:
    """The marks up to the first `;` that no statement of the same kind follows, without those that
    stand between two statements; and where statements meet."""
    semis = np.flatnonzero(room[places] == SEMICOLON)
    if not semis.size:
        return places, semis
    at = places[semis]
    size = len(between)
    if not size or b"'" in between:
        return places[: semis[0] + 1], semis[:0]
    fits = at + size <= room.size
    same = np.zeros(at.size, np.bool_)
    if fits.any():
        views = np.lib.stride_tricks.sliding_window_view(room, size)
        same[fits] = (views[at[fits]] == np.frombuffer(between, np.uint8)).all(axis=1)
    wrong = np.flatnonzero(~same)
    if wrong.size:
        places, semis = places[: semis[wrong[0]] + 1], semis[: wrong[0]]
    letters = b"()," if with_commas else b"()"
    inner = sum(between.count(bytes([letter])) for letter in letters)
    if inner and semis.size:
        keep = np.ones(places.size, np.bool_)
        drop = (semis[:, None] + np.arange(1, inner + 1)).ravel()
        keep[drop[drop < places.size]] = False
        return places[keep], at[: semis.size]
    return places, at[: semis.size]


Rows = tuple[int, int, "Places | None", "Places | None"]


def counted(room: Bytes, places: Places) -> Rows | None:
    """How many rows there are and where the last one closes."""
    places = places[room[places] != SEMICOLON]
    pairs = places.size // 2
    if not pairs:
        return None
    opens, closes = places[: 2 * pairs : 2], places[1 : 2 * pairs : 2]
    right = (room[opens] == OPEN) & (room[closes] == CLOSE)
    right[1:] &= follows(room, closes[:-1], opens[1:])
    pairs = until_wrong(right)
    return (pairs, int(closes[pairs - 1]), None, None) if pairs else None


def in_rows(room: Bytes, places: Places, width: int) -> Rows | None:
    """The edges of every cell. The marks of a row are `(`, its commas, `)` and what follows it."""
    step = width + 2
    rows = (places.size + 1) // step
    if not rows:
        return None
    if rows * step > places.size:
        places = np.append(places, places[-1])
    grid = places[: rows * step].reshape(rows, step)
    kinds = room[grid]
    right = (kinds[:, 0] == OPEN) & (kinds[:, width] == CLOSE)
    right &= (kinds[:, 1:width] == COMMA).all(axis=1)
    right[1:] &= follows(room, grid[:-1, width], grid[1:, 0])
    rows = until_wrong(right)
    if not rows:
        return None
    columns = np.ascontiguousarray(grid[:rows].T)
    return rows, int(columns[width, -1]), columns[:width] + 1, columns[1 : width + 1]


def follows(room: Bytes, closes: Places, opens: Places) -> Flags:
    """Whether a row comes after another as a row does."""
    after = room[closes + 1]
    right: Flags = ((after == COMMA) & (opens - closes <= GAP)) | (after == SEMICOLON)
    return right


def until_wrong(right: Flags) -> int:
    wrong = np.flatnonzero(~right)
    return int(wrong[0]) if wrong.size else right.size


def is_odd(
    data: bytes,
    room: Bytes,
    inside: Flags,
    end: int,
    joints: Places,
    between: bytes,
    escapes: bool,
) -> bool:
    """Whether something outside strings is no plain value: a comment, a name, another quote."""
    room, inside = room[:end], inside[:end]
    joined = int(np.searchsorted(joints, end))
    for mark in ODD:
        # What is rare is looked for first; dashes are in every date.
        if mark != b"--" and data.find(mark[-1:], 0, end) < 0:
            continue
        there = room == mark[0]
        if len(mark) == 2:
            there[:-1] &= room[1:] == mark[1]
            there[-1:] = False
        there &= ~inside
        if np.count_nonzero(there) != joined * between.count(mark):
            return True
    if escapes or (data.find(b"E'", 0, end) < 0 and data.find(b"e'", 0, end) < 0):
        return False
    marked = (room[:-1] | 32) == ord("e")
    marked &= (room[1:] == QUOTE) & inside[1:] & ~inside[:-1]
    return bool(marked.any())


def lines(data: bytes, width: int | None) -> Block | None:
    """The rows of COPY's text format in `data`, which ends with a line's end.

    None where a line has another number of cells than `width`.
    """
    room = np.frombuffer(data, np.uint8)
    if width is None:
        return Block(data.count(b"\n"), room.size, room)
    places = np.flatnonzero((room == NEWLINE) | (room == TAB) if width > 1 else room == NEWLINE)
    if places.size % width:
        return None
    grid = places.reshape(-1, width)
    kinds = room[grid]
    if (kinds[:, -1] != NEWLINE).any() or (kinds[:, :-1] != TAB).any():
        return None
    ends = np.ascontiguousarray(grid.T)
    starts = np.empty_like(ends)
    starts[1:] = ends[:-1] + 1
    starts[0, 0], starts[0, 1:] = 0, ends[-1, :-1] + 1
    escaped = escaping(room) if b"\\" in data else None
    return Block(grid.shape[0], room.size, room, starts, ends, escaped)


@dataclass(frozen=True)
class Plain:
    """A block whose strings stand as they are meant. `gone` are the places, in order, of the bytes
    that were taken out; `before` says for each row how many there are before it, `touched` which
    rows have any themselves."""

    room: Bytes
    gone: Places
    before: Places
    touched: Places

    def at(self, places: Places) -> NDArray[np.int32]:
        """The same places, one for each row, after that."""
        if self.gone.size:
            there = places[self.touched]
            places = places - self.before
            places[self.touched] = there - np.searchsorted(self.gone, there)
        return places.astype(np.int32)


def unescaped(block: Block, letters: Bytes, kept: bytes) -> Plain:
    """The block without escapes and doubled quotes. `kept` are letters whose backslash stays."""
    gone = []
    room = block.room
    escapes = block.escapes
    if escapes is not None:
        escapes = escapes[escapes + 1 < room.size]
        if escapes.size:
            room = room.copy()
            after = room[escapes + 1]
            room[escapes + 1] = letters[after]
            stay = np.isin(after, np.frombuffer(kept, np.uint8)) if kept else None
            gone.append(escapes if stay is None else escapes[~stay])
    if block.quotes is not None and block.quotes.size:
        closing, opening = block.quotes[1:-1:2], block.quotes[2::2]
        gone.append(opening[opening == closing[: opening.size] + 1])
    out = np.sort(np.concatenate(gone)) if gone else np.empty(0, np.int64)
    if not out.size:
        return Plain(room, out, out, out)
    assert block.starts is not None
    assert block.ends is not None
    keep = np.ones(room.size, np.bool_)
    keep[out] = False
    before = np.searchsorted(out, block.starts[0])
    touched = np.flatnonzero(np.searchsorted(out, block.ends[-1]) > before)
    return Plain(room[keep], out, before, touched)


def first_width(data: bytes, escapes: bool) -> int | None:
    """How many cells the row at the start of `data` has; None where it does not end in it."""
    room = np.frombuffer(data, np.uint8)
    quotes = room == QUOTE
    if escapes and b"\\" in data:
        after = escaping(room) + 1
        quotes[after[after < room.size]] = False
    marks = ((room == OPEN) | (room == CLOSE) | (room == COMMA)) & ~parity(quotes)
    kinds = room[np.flatnonzero(marks)]
    depth = np.cumsum((kinds == OPEN).astype(np.int32) - (kinds == CLOSE))
    closed = np.flatnonzero(depth == 0)
    if not closed.size:
        return None
    return int(np.count_nonzero((kinds == COMMA)[: closed[0]] & (depth[: closed[0]] == 1))) + 1
