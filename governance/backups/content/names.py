"""Names in dumps: how they are written, and whether a wanted one is meant."""

from __future__ import annotations

import re
from dataclasses import dataclass

NAME = rb"(?:`(?:[^`]|``)*`|\"(?:[^\"]|\"\")*\"|[\w$\x80-\xff]+)"
PATH = NAME + rb"(?:\s*\.\s*" + NAME + rb")*"
EACH = re.compile(NAME)
SQL_SERVER = re.compile(r"\[((?:[^\]]|\]\])*)\]")


def plain(name: bytes, fold: bool = False) -> str:
    """A name without its quotes; `fold`: the server folds a bare one to lower case."""
    quote = name[:1]
    if quote in (b"`", b'"'):
        return name[1:-1].replace(quote * 2, quote).decode("utf-8", "replace")
    text = name.decode("utf-8", "replace")
    return text.lower() if fold else text


def parts(path: bytes, fold: bool = False) -> tuple[str, ...]:
    """`"crm"."a.b"` is crm and a.b."""
    return tuple(plain(found[0], fold) for found in EACH.finditer(path))


@dataclass(frozen=True)
class Asked:
    """A table's name as a mapping writes it: with or without schema or database, and quotes."""

    parts: tuple[str, ...]

    @classmethod
    def of(cls, name: str) -> Asked:
        if not any(mark in name for mark in '`"['):
            return cls(tuple(name.split(".")))
        quoted = SQL_SERVER.sub(lambda found: '"' + found[1].replace('"', '""') + '"', name)
        return cls(parts(quoted.encode()))

    def rank(self, table: tuple[str, ...], fold: bool) -> int | None:
        """How well a table fits, 0 best; None: it is another one.

        Where the server may ignore case the same letters come first. A name without a schema means
        the one in `public` before any other.
        """
        tail = table[-len(self.parts) :]
        if tail == self.parts:
            worse = 0
        elif fold and tuple(map(str.casefold, tail)) == tuple(map(str.casefold, self.parts)):
            worse = 4
        else:
            return None
        rest = table[: -len(self.parts)]
        return worse + (0 if not rest else 1 if rest[-1] == "public" else 2)
