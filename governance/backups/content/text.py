"""SQL text as it streams by: a window on it, and how to pass over comments and statements."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache

from governance.backups.content.charsets import as_utf8, changed, codec_of

# What is kept of a statement that is passed over, enough for any CREATE TABLE.
KEPT = 1 << 20
# The longest thing that says what follows: `$tag$` with 63 letters.
LONGEST_MARK = 130
LONGEST_LINE = 1 << 16
QUOTES = {ord("'"), ord('"'), ord("`")}


class Text:
    """What of a stream was fetched and not yet read: `data` from `at` on."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self.data, self.at, self.ended = b"", 0, False
        self._codec: str | None = None

    def more(self, size: int = 1) -> bool:
        """Fetch at least so many bytes; whether there were any. What is read is let go."""
        pieces = [self.data[self.at :]]
        got = 0
        while got < size and not self.ended:
            block = next(self._blocks, None)
            if block is None:
                self.ended = True
            else:
                pieces.append(block)
                got += len(block)
        self.data, self.at = b"".join(pieces), 0
        return got > 0

    def there(self, size: int) -> bool:
        """Whether so many bytes are ahead, after fetching them."""
        missing = size - (len(self.data) - self.at)
        if missing > 0:
            self.more(missing)
        return len(self.data) - self.at >= size

    def charset(self, name: str) -> bool:
        """Read what follows as of this character set, as UTF-8; False where nobody here can."""
        try:
            codec = codec_of(name)
        except LookupError:
            return False
        if codec is not None and codec != self._codec:
            change = as_utf8(codec)
            self.data, self.at = change(self.data[self.at :], False), 0
            self._blocks = changed(self._blocks, change)
            # What was fetched may have ended inside a character.
            self.ended = False
        self._codec = codec
        return True

    def line(self) -> bytes | None:
        """Read to the next line end; the line's first bytes. None at the end of the text."""
        if not self.there(1):
            return None
        kept = b""
        while True:
            end = self.data.find(b"\n", self.at)
            piece = self.data[self.at : end if end >= 0 else len(self.data)]
            kept += piece[: LONGEST_LINE - len(kept)]
            self.at += len(piece)
            if end >= 0:
                self.at += 1
                return kept.rstrip(b"\r")
            if not self.more(LONGEST_LINE):
                return kept

    def match(self, pattern: re.Pattern[bytes], room: int) -> re.Match[bytes] | None:
        """The pattern here, fetching up to `room` bytes until it is there whole."""
        while True:
            found = pattern.match(self.data, self.at)
            ahead = len(self.data) - self.at
            if found or ahead >= room or not self.more(ahead + 1):
                return found


@dataclass(frozen=True)
class Dialect:
    """What a server's client takes for quotes and comments.

    `escapes`: a backslash in plain quotes takes the next byte with it.
    """

    escapes: bool
    hashes: bool = False  # `#` begins a comment, and `--` needs a space
    dollars: bool = False  # $tag$ … $tag$, nested comments, E'…', parentheses hold `;`


MYSQL = Dialect(escapes=True, hashes=True)
MYSQL_PLAIN = Dialect(escapes=False, hashes=True)
POSTGRESQL = Dialect(escapes=False, dollars=True)
POSTGRESQL_OLD = Dialect(escapes=True, dollars=True)

# MariaDB's first line looks like code, but ends without a `;`.
SANDBOX = (b"/*M!999999", b"/*!999999")
SPACE = re.compile(rb"\s*")
END_OF = {
    (quote, escapes): re.compile(b"[" + bytes([quote]) + (rb"\\" if escapes else b"") + b"]")
    for quote in QUOTES
    for escapes in (True, False)
}
ROUTINE = re.compile(rb"CREATE\s+(OR\s+REPLACE\s+)?(FUNCTION|PROCEDURE)\b", re.I)
ATOMIC = re.compile(rb"\bBEGIN\s+ATOMIC\b", re.I)
BLOCK_WORDS = re.compile(rb"\b(BEGIN|CASE|END)\b", re.I)


@cache
def marks(dialect: Dialect, delimiter: bytes) -> re.Pattern[bytes]:
    """What changes how the text goes on."""
    # `/*!` and `/*M!` hold code that the server runs: their quotes count, so they are no comments.
    parts = [re.escape(delimiter), rb"['\"]", rb"/\*(?!M?!)"]
    if dialect.hashes:
        parts += [rb"`", rb"#", rb"--(?=\s)"]
    if dialect.dollars:
        parts += [rb"--", rb"\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*)?\$", rb"[()]"]
    return re.compile(b"|".join(parts))


def lead(text: Text, dialect: Dialect, comment: Callable[[bytes], None]) -> bool:
    """Read white space and comments up to the next statement; whether there is one.

    Every comment line is handed over.
    """
    while True:
        text.at = SPACE.match(text.data, text.at).end()  # type: ignore[union-attr]
        if not text.there(1):
            return False
        text.there(10)
        here = text.data[text.at : text.at + 10]
        if here[:1].isspace():
            continue
        line = here.startswith(b"--") and (dialect.dollars or here[2:3].isspace() or here == b"--")
        line |= here.startswith(SANDBOX)
        if line or (dialect.hashes and here.startswith(b"#")):
            comment(text.line() or b"")
        elif here.startswith(b"/*") and not here.startswith((b"/*!", b"/*M!")):
            text.at += 2
            if not Passing(text, dialect).comment():
                return False
        else:
            return True


@dataclass
class Passing:
    """Passes over one statement, keeping its first bytes in `kept`."""

    text: Text
    dialect: Dialect
    kept: bytearray = field(default_factory=bytearray)

    def statement(self, delimiter: bytes = b";") -> bool:
        """Read to behind the delimiter; False where the text ends before it."""
        depth = 0
        pattern = marks(self.dialect, delimiter)
        while True:
            mark = self._next(pattern)
            if mark is None:
                return False
            if mark == delimiter:
                if depth <= 0 and not self._is_inside_routine():
                    return True
            elif mark in (b"(", b")"):
                depth += 1 if mark == b"(" else -1
            elif not self.past(mark):
                return False

    def _next(self, pattern: re.Pattern[bytes]) -> bytes | None:
        """Read to behind the next mark, and it."""
        text = self.text
        while True:
            found = pattern.search(text.data, text.at)
            # What stands close to the end of what was fetched may go on behind it.
            sure = len(text.data) if text.ended else len(text.data) - LONGEST_MARK
            if found and (text.ended or found.end() <= sure):
                self._keep(found.end())
                return found[0]
            # Two bytes before a quote say what kind it is.
            self._keep(max(min(sure, found.start() - 2 if found else sure), text.at))
            if not text.more(LONGEST_MARK + 1) and found is None:
                self._keep(len(text.data))
                return None

    def past(self, mark: bytes) -> bool:
        """Read to behind what the mark opened."""
        if mark[0] in QUOTES:
            return self._quoted(mark[0])
        if mark.startswith(b"/*"):
            return self.comment()
        if mark.startswith(b"$"):
            return self._until(mark)
        self._until(b"\n")  # a comment that ends with the text ends nothing too early
        return True

    def _quoted(self, quote: int) -> bool:
        text = self.text
        before = text.data[max(text.at - 3, 0) : text.at - 1]
        escapes = self.dialect.escapes and quote == ord("'")
        if self.dialect.hashes:
            escapes = self.dialect.escapes and quote != ord("`")
        elif before[-1:] in (b"E", b"e") and not before[:-1].isalnum():
            escapes = quote == ord("'")
        pattern = END_OF[quote, escapes]
        while True:
            found = pattern.search(text.data, text.at)
            if found is None:
                self._keep(len(text.data))
                if not text.more():
                    return False
            elif found[0] == b"\\":
                self._keep(found.start())
                if not text.there(2):
                    self._keep(len(text.data))
                    return False
                self._keep(text.at + 2)
            else:
                self._keep(found.end())
                return True

    def comment(self) -> bool:
        """Read to behind the end of a comment, which may hold others in PostgreSQL."""
        depth = 1
        pattern = re.compile(rb"\*/|/\*") if self.dialect.dollars else re.compile(rb"\*/")
        while depth:
            mark = self._next(pattern)
            if mark is None:
                return False
            depth += 1 if mark == b"/*" else -1
        return True

    def _until(self, mark: bytes) -> bool:
        text = self.text
        while True:
            found = text.data.find(mark, text.at)
            if found >= 0:
                self._keep(found + len(mark))
                return True
            self._keep(max(len(text.data) - len(mark) + 1, text.at))
            if not text.more():
                self._keep(len(text.data))
                return False

    def _keep(self, to: int) -> None:
        room = KEPT - len(self.kept)
        if room > 0:
            self.kept += self.text.data[self.text.at : min(to, self.text.at + room)]
        self.text.at = to

    def _is_inside_routine(self) -> bool:
        """Whether the statement is a function whose body is SQL and has not ended yet."""
        if not self.dialect.dollars or not ROUTINE.match(self.kept):
            return False
        body = ATOMIC.search(self.kept)
        if body is None:
            return False
        depth = 1
        for word in BLOCK_WORDS.findall(self.kept, body.end()):
            depth += -1 if word.upper() == b"END" else 1
        return depth > 0
