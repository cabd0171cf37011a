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
    """Rows found in a block. `starts` and `ends` are (rows, width), None where only counted.

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
    outside = np.bitwise_xor.accumulate(quotes.view(np.uint8)) == 0
    marks = (room == OPEN) | (room == CLOSE) | (room == SEMICOLON)
    if width is not None:
        marks |= room == COMMA
    places = np.flatnonzero(marks & outside)
    places, joints = whole_statements(room, places, between, width is not None)
    found = counted(room, places) if width is None else in_rows(room, places, width)
    if found is None or not found[0]:
        return None
    rows, last, starts, ends = found
    if is_odd(data, outside, last + 1, joints, between, escapes, quotes):
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
    grid = grid[:rows]
    return rows, int(grid[-1, width]), grid[:, :width] + 1, grid[:, 1 : width + 1]


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
    outside: Flags,
    end: int,
    joints: Places,
    between: bytes,
    escapes: bool,
    quotes: Flags,
) -> bool:
    """Whether something outside strings is no plain value: a comment, a name, another quote."""
    inner = int(np.searchsorted(joints, end)) if joints.size else 0
    for mark in ODD:
        if data.find(mark, 0, end) < 0:
            continue
        room = np.frombuffer(data, np.uint8, end)
        there = room == mark[0]
        if len(mark) == 2:
            there[:-1] &= room[1:] == mark[1]
            there[-1] = False
        if np.count_nonzero(there & outside[:end]) != inner * between.count(mark):
            return True
    if not escapes and (data.find(b"E'", 0, end) >= 0 or data.find(b"e'", 0, end) >= 0):
        opening = np.flatnonzero(quotes[1:end] & ~outside[1:end])
        return bool((np.frombuffer(data, np.uint8)[opening] | 32 == ord("e")).any())
    return False


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
    starts = np.empty(places.size, np.int64)
    starts[0], starts[1:] = 0, places[:-1] + 1
    escaped = escaping(room) if b"\\" in data else None
    return Block(grid.shape[0], room.size, room, starts.reshape(-1, width), grid, escaped)


@dataclass(frozen=True)
class Plain:
    """A block whose strings stand as they are meant. `moved` says how many bytes before each place
    were taken out; None: nothing was."""

    room: Bytes
    moved: NDArray[np.int32] | None = None

    def at(self, places: Places) -> NDArray[np.int32]:
        places = places if self.moved is None else places - self.moved[places]
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
    if not any(places.size for places in gone):
        return Plain(room)
    drop = np.zeros(room.size + 1, np.bool_)
    for places in gone:
        drop[places] = True
    moved = np.cumsum(drop, dtype=np.int32)
    moved[drop] -= 1  # a place counts what was taken out before it
    return Plain(room[~drop[:-1]], moved)


def first_width(data: bytes, escapes: bool) -> int | None:
    """How many cells the row at the start of `data` has; None where it does not end in it."""
    room = np.frombuffer(data, np.uint8)
    quotes = room == QUOTE
    if escapes and b"\\" in data:
        after = escaping(room) + 1
        quotes[after[after < room.size]] = False
    outside = np.bitwise_xor.accumulate(quotes.view(np.uint8)) == 0
    marks = ((room == OPEN) | (room == CLOSE) | (room == COMMA)) & outside
    kinds = room[np.flatnonzero(marks)]
    depth = np.cumsum((kinds == OPEN).astype(np.int32) - (kinds == CLOSE))
    closed = np.flatnonzero(depth == 0)
    if not closed.size:
        return None
    return int(np.count_nonzero((kinds == COMMA)[: closed[0]] & (depth[: closed[0]] == 1))) + 1
