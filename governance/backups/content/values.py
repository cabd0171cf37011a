"""The rows of INSERT statements: many at once where the text is plain, else one by one."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from checks.backups.model import Mark
from governance.backups.content.cells import Block, tuples
from governance.backups.content.literals import Literals, Taken, literal
from governance.backups.content.tally import Table, Tally
from governance.backups.content.text import END_OF, QUOTES, SPACE, Dialect, Passing, Text

FIRST_WINDOW, LARGEST_WINDOW = 1 << 15, 1 << 19
# So much is read one by one after a window that is no plain list, before the next is tried.
CAREFUL = 1 << 16
# Rows that were read one by one are handed on together.
BATCH_BYTES, BATCH_ROWS = 1 << 20, 5000
OUTSIDE = re.compile(rb"['\"`(),]|--|/\*|#")

# Gets rows and what gives one of their columns by its place.
Take = Callable[[int, Callable[[int], Taken]], None]


@dataclass
class Rows:
    """The values behind one INSERT's VALUES, and of the statements of the same kind after it.

    `between` is what stands between two such statements. `width` is how many cells a row has; None:
    rows are only counted. `wanted` are the places of the cells that `take` may ask for.
    """

    text: Text
    dialect: Dialect
    between: bytes
    width: int | None
    wanted: frozenset[int]
    take: Take
    window: int = FIRST_WINDOW
    ragged: int = 0
    _careful: int = 0
    _held: list[dict[int, bytes | None]] = field(default_factory=list)
    _size: int = 0

    def read(self) -> bool:
        """Read to behind the last row's parenthesis; False where the text ends before it."""
        try:
            while self._is_at(b"("):
                if self._careful > 0 or not self._at_once():
                    before = self.text.at
                    if not self._one():
                        return False
                    self._careful = max(self._careful, 1) - max(self.text.at - before, 0)
                if not self._is_at(b","):
                    return bool(self.text.data[self.text.at : self.text.at + 1])
                self.text.at += 1
        finally:
            self._flush()
        return bool(self.text.data[self.text.at : self.text.at + 1])

    def _is_at(self, byte: bytes) -> bool:
        """Whether this byte comes next, white space aside."""
        text = self.text
        while text.there(1):
            found = SPACE.match(text.data, text.at)
            assert found is not None
            text.at = found.end()
            if text.at < len(text.data):
                return text.data[text.at : text.at + 1] == byte
        return False

    def _at_once(self) -> bool:
        """Take all rows that stand whole in the next window; whether there were any."""
        block = None
        while block is None:
            self.text.there(self.window)
            data = self.text.data[self.text.at : self.text.at + self.window]
            block = tuples(data, self.between, self.width, self.dialect.escapes)
            if block is None and (self.window == LARGEST_WINDOW or len(data) < self.window):
                self._careful = CAREFUL
                return False
            if block is None or block.end * 2 > self.window:
                self.window = min(self.window * 4, LARGEST_WINDOW)
        self._flush()
        self._hand_on(block)
        self.text.at += block.end
        return True

    def _hand_on(self, block: Block) -> None:
        made: list[Literals] = []

        def column(place: int) -> Taken:
            if not made:
                made.append(Literals(block, self.dialect.escapes, self.dialect.hashes))
            return made[0].column(place)

        self.take(block.rows, column)

    def _one(self) -> bool:
        """Read one row, however long or odd; False where the text ends inside it."""
        row = Careful(self.text, self.dialect, self.wanted)
        if not row.read():
            return False
        if self.width is not None and row.width != self.width:
            self.ragged += 1
        mysql = self.dialect.hashes
        self._held.append(
            {place: literal(raw, self.dialect.escapes, mysql) for place, raw in row.raw()}
        )
        self._size += row.size
        if self._size >= BATCH_BYTES or len(self._held) >= BATCH_ROWS:
            self._flush()
        return True

    def _flush(self) -> None:
        rows = self._held
        if not rows:
            return
        self._held, self._size = [], 0

        def column(place: int) -> Taken:
            return Taken(pa.array([row.get(place) for row in rows], pa.binary()))

        self.take(len(rows), column)


@dataclass
class Careful:
    """One row read mark by mark. Only the wanted cells are kept: a row may be of any size."""

    text: Text
    dialect: Dialect
    wanted: frozenset[int]
    width: int = 1
    size: int = 0
    _cells: dict[int, list[bytes]] = field(default_factory=dict)

    def read(self) -> bool:
        text = self.text
        text.at += 1
        depth = 1
        while depth:
            mark = self._next()
            if mark is None:
                return False
            if mark in (b"(", b")"):
                depth += 1 if mark == b"(" else -1
                self._pass(len(mark), kept=depth > 0)
            elif mark == b"," and depth == 1:
                self._pass(1, kept=False)
                self.width += 1
            elif mark == b"," or not self._opens(mark):
                self._pass(len(mark))
            elif mark[0] in QUOTES:
                if not self._string(mark[0]):
                    return False
            elif not self._comment(mark):
                return False
        return True

    def raw(self) -> Sequence[tuple[int, bytes]]:
        """The wanted cells as they stand in the text."""
        return [(place, b"".join(pieces)) for place, pieces in self._cells.items()]

    def _next(self) -> bytes | None:
        text = self.text
        while True:
            found = OUTSIDE.search(text.data, text.at)
            if found and (found.end() < len(text.data) or text.ended):
                self._pass(found.start() - text.at)
                return found[0]
            self._pass((found.start() if found else max(len(text.data) - 1, text.at)) - text.at)
            if not text.more() and found is None:
                return None

    def _opens(self, mark: bytes) -> bool:
        if mark == b"#":
            return self.dialect.hashes
        if mark == b"--" and self.dialect.hashes:
            after = self.text.data[self.text.at + 2 : self.text.at + 3]
            return not after or after.isspace()
        return True

    def _comment(self, mark: bytes) -> bool:
        self._pass(len(mark), kept=False)
        return Passing(self.text, self.dialect).past(mark)

    def _string(self, quote: int) -> bool:
        text = self.text
        before = (b"".join(self._cells.get(self.width - 1, [])[-2:]))[-2:]
        marked = before[-1:] in (b"E", b"e") and not before[:-1].isalnum()
        escapes = self.dialect.escapes or (self.dialect.dollars and marked)
        pattern = END_OF[quote, escapes and quote != ord("`")]
        self._pass(1)
        while True:
            found = pattern.search(text.data, text.at)
            if found is None:
                self._pass(len(text.data) - text.at)
                if not text.more():
                    return False
            elif found[0] == b"\\":
                self._pass(found.start() - text.at)
                if not text.there(2):
                    return False
                self._pass(2)
            else:
                self._pass(found.end() - text.at)
                return True

    def _pass(self, size: int, kept: bool = True) -> None:
        text = self.text
        place = self.width - 1
        if size and kept and place in self.wanted:
            self._cells.setdefault(place, []).append(text.data[text.at : text.at + size])
            self.size += size
        text.at += size


class Inserts:
    """The INSERT statements of one dump, one run after another."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self._last: tuple[bytes, int] = (b"", FIRST_WINDOW)

    def read(
        self, text: Text, dialect: Dialect, table: Table, names: Sequence[str], words: bytes
    ) -> bool:
        """Read the rows behind `words`, which end with VALUES, and to behind the statement's `;`.

        False where the text ends before that.
        """
        places = self.tally.places(table, names)
        window = self._last[1] if self._last[0] == words else FIRST_WINDOW

        def take(rows: int, column: Callable[[int], Taken]) -> None:
            self.tally.add(table, names, rows, column)

        rows = Rows(
            text, dialect, b";\n" + words, len(names) if places else None, places, take, window
        )
        whole = rows.read() and Passing(text, dialect).statement()
        self._last = (words, rows.window)
        if rows.ragged:
            self.tally.tell("backups.inside.ragged", Mark.INTACT, True, table=table.name)
        table.ended &= whole
        return whole
