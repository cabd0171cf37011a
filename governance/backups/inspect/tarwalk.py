"""The members of a tar one after another, off a stream that cannot be wound back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from governance.backups.inspect.pgtoc import Stream

BLOCK = 512


class BadTar(Exception):
    """A header is none (`ended` False), or the stream breaks off."""

    def __init__(self, ended: bool) -> None:
        super().__init__(ended)
        self.ended = ended


@dataclass
class Member:
    """A member and its bytes, to be read before the next is asked for."""

    name: str
    size: int
    is_file: bool
    _stream: Stream
    left: int

    def read(self, size: int = 1 << 20, /) -> bytes:
        wanted = min(size, self.left)
        data = self._stream.read(wanted)
        self.left -= len(data)
        if len(data) < wanted:
            raise BadTar(ended=True)
        return data


def members(stream: Stream) -> Iterator[Member]:
    """Every member. Raises BadTar; a tar without its closing empty blocks breaks off too."""
    long_name = None
    while True:
        head = stream.read(BLOCK)
        if len(head) < BLOCK:
            raise BadTar(ended=True)
        if not head.strip(b"\0"):
            return
        member = _member(head, stream)
        kind = head[156:157]
        if kind in (b"L", b"x"):
            long_name = _long(member.read(member.size), kind) or long_name
        else:
            member.name, long_name = long_name or member.name, None
            if kind != b"g":
                yield member
        while member.left:
            member.read()
        padding = -member.size % BLOCK
        if len(stream.read(padding)) < padding:
            raise BadTar(ended=True)


def _member(head: bytes, stream: Stream) -> Member:
    found = sum(head[:148]) + sum(head[156:]) + 8 * 32
    if found != _number(head[148:156]):
        raise BadTar(ended=False)
    size = _number(head[124:136])
    name = head[:100].split(b"\0")[0]
    if head[257:263] == b"ustar\0" and head[345:500].strip(b"\0"):
        name = head[345:500].split(b"\0")[0] + b"/" + name
    is_file = head[156:157] in (b"0", b"\0")
    size = size if is_file or head[156:157] in (b"L", b"x", b"g") else 0
    return Member(name.decode("utf-8", "replace").removeprefix("./"), size, is_file, stream, size)


def _number(field: bytes) -> int:
    if field[0] & 0x80:  # too large for octal digits
        return int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
    try:
        return int(field.strip(b"\0 ") or b"0", 8)
    except ValueError:
        raise BadTar(ended=False) from None


def _long(data: bytes, kind: bytes) -> str | None:
    """The name in a GNU or a pax header."""
    if kind == b"L":
        return data.rstrip(b"\0").decode("utf-8", "replace")
    for line in data.split(b"\n"):
        key, _, value = line.partition(b" ")[2].partition(b"=")
        if key == b"path":
            return value.decode("utf-8", "replace")
    return None
