"""The columns that a CREATE TABLE statement names."""

from __future__ import annotations

import re
from dataclasses import dataclass

from governance.backups.content.names import EACH, NAME, PATH, parts, plain

CREATE = re.compile(
    rb"CREATE\s+(?:(?:OR\s+REPLACE|GLOBAL|LOCAL|TEMPORARY|TEMP|UNLOGGED|FOREIGN)\s+)*TABLE\s+"
    rb"(?:IF\s+NOT\s+EXISTS\s+)?(" + PATH + rb")\s*\(",
    re.I,
)
# Words that begin a part of the list which is no column.
OTHERS = {
    b"primary", b"key", b"unique", b"index", b"constraint", b"fulltext", b"spatial", b"check",
    b"foreign", b"period", b"exclude", b"like",
}  # fmt: skip
PIECE = re.compile(rb"'(?:[^'\\]|\\.|'')*'|`(?:[^`]|``)*`|\"(?:[^\"]|\"\")*\"|[(),]", re.S)
FIRST = re.compile(rb"\s*(" + NAME + rb")\s*(.*)", re.S)
STRINGS = re.compile(rb"'(?:[^'\\]|\\.|'')*'", re.S)
GENERATED = re.compile(rb"\bAS\s*\(", re.I)
INVISIBLE = re.compile(rb"\bINVISIBLE\b", re.I)
KIND = re.compile(
    rb"(?:double precision|character varying|bit varying|"
    rb"(?:timestamp|time)(?:\s*\(\d+\))? with(?:out)? time zone|"
    + NAME
    + rb"(?:\."
    + NAME
    + rb")?)(?:\s*\(.*?\))?(?:\[\])*",
    re.I | re.S,
)


@dataclass(frozen=True)
class Column:
    """`kind` is the type as written. `computed`: a plain INSERT may or may not name it."""

    name: str
    kind: str
    computed: bool = False
    invisible: bool = False


@dataclass(frozen=True)
class Created:
    table: tuple[str, ...]
    columns: tuple[Column, ...]


def created(statement: bytes, fold: bool = False) -> Created | None:
    """What a CREATE TABLE statement names; None for any other statement."""
    head = CREATE.match(statement)
    if head is None:
        return None
    found = []
    for piece in pieces(statement, head.end()):
        first = FIRST.match(piece)
        if first is None or first[1].lower() in OTHERS:
            continue
        rest = STRINGS.sub(b"''", first[2])
        kind = KIND.match(rest)
        found.append(
            Column(
                plain(first[1], fold),
                kind[0].decode("utf-8", "replace").lower() if kind else "",
                bool(GENERATED.search(rest)),
                bool(INVISIBLE.search(rest)),
            )
        )
    return Created(parts(head[1], fold), tuple(found))


def pieces(statement: bytes, at: int) -> list[bytes]:
    """What stands between the commas of the list that begins at `at`."""
    found: list[bytes] = []
    depth, start = 0, at
    for mark in PIECE.finditer(statement, at):
        byte = mark[0]
        if byte == b"(":
            depth += 1
        elif byte == b")" and depth == 0:
            return [*found, statement[start : mark.start()]]
        elif byte == b")":
            depth -= 1
        elif byte == b"," and depth == 0:
            found.append(statement[start : mark.start()])
            start = mark.end()
    return found


def listed(names: bytes | None, fold: bool = False) -> tuple[str, ...] | None:
    """The names of a column list without its parentheses."""
    if names is None:
        return None
    return tuple(plain(found[0], fold) for found in EACH.finditer(names))
