"""A file's bytes as a stream of bounded blocks, unpacked where it is compressed."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from checks.backups.model import Mark, Problem
from governance.backups.content.model import Progress, Stop
from governance.errors import SourceRefused, SourceUnavailable

BLOCK = 1 << 20
PIECE = 1 << 16
# A decoder that fails gives nothing of what the same call unpacked before the damage.
OUT = 1 << 16
# One kilobyte of zstd opens into 32 MB at most: its decoder takes no limit for what it gives.
ZSTD_PIECE = 1 << 10
ZSTD_WINDOW = 1 << 27
XZ_MEMORY = 1 << 27
MARKS = {
    "gz": b"\x1f\x8b",
    "zst": b"\x28\xb5\x2f\xfd",
    "xz": b"\xfd7zXZ\x00",
    "bz2": b"BZh",
}
# Pieces of compressed data that hold nothing but metadata (zstd).
SKIPPABLE = tuple(bytes([0x50 + kind]) + b"\x2a\x4d\x18" for kind in range(16))


class Opener(Protocol):
    """Unpacks one member. `unused` is what follows it."""

    eof: bool
    unused: bytes

    def take(self, data: bytes) -> Iterator[bytes]: ...


class Gzip:
    """zlib holds the checksum and the length in the trailer against what it unpacked."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(31)
        self.eof, self.unused = False, b""

    def take(self, data: bytes) -> Iterator[bytes]:
        inner = self._inner
        while data and not inner.eof:
            yield inner.decompress(data, OUT)
            data = inner.unconsumed_tail
        if inner.eof:
            self.eof, self.unused = True, inner.unused_data


class Limited:
    """xz and bz2, whose decoders take a limit for what they give."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.eof, self.unused = False, b""

    def take(self, data: bytes) -> Iterator[bytes]:
        inner = self._inner
        yield inner.decompress(data, OUT)
        while not inner.eof and not inner.needs_input:
            yield inner.decompress(b"", OUT)
        if inner.eof:
            self.eof, self.unused = True, inner.unused_data


class Zstd:
    def __init__(self) -> None:
        import zstandard

        inner = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW)
        self._inner = inner.decompressobj()
        self.eof, self.unused = False, b""

    def take(self, data: bytes) -> Iterator[bytes]:
        for at in range(0, len(data), ZSTD_PIECE):
            yield self._inner.decompress(data[at : at + ZSTD_PIECE])
            if self._inner.eof:
                self.eof = True
                self.unused = self._inner.unused_data + data[at + ZSTD_PIECE :]
                return


def opener(kind: str) -> Opener:
    if kind == "gz":
        return Gzip()
    if kind == "zst":
        return Zstd()
    if kind == "xz":
        return Limited(lzma.LZMADecompressor(memlimit=XZ_MEMORY))
    return Limited(bz2.BZ2Decompressor())


def compression(head: bytes) -> str | None:
    """gz, zst, xz or bz2; None for what is none of them."""
    if head.startswith(SKIPPABLE):
        return "zst"
    return next((kind for kind, mark in MARKS.items() if head.startswith(mark)), None)


class Stream:
    """One file's content in blocks of about a megabyte.

    `read` are the bytes of the file taken so far. `problems` holds, at the end, what was damaged:
    all that could be unpacked before the damage has been handed out then. Raises SourceUnavailable
    `source.file_missing` or `source.stopped`, SourceRefused `source.file_denied`.
    """

    def __init__(self, path: Path, progress: Progress, stop: Stop) -> None:
        self.path, self._progress, self._stop = path, progress, stop
        self.read = 0
        self.problems: list[Problem] = []

    @property
    def is_broken(self) -> bool:
        return any(problem.breaks for problem in self.problems)

    def check(self) -> None:
        """Raises once the reading is to be abandoned."""
        if self._stop():
            raise SourceUnavailable("source.stopped", source=self.path.name)

    def blocks(self) -> Iterator[bytes]:
        with opened(self.path) as file:
            head = file.read(6)
            file.seek(0)
            kind = compression(head)
            pieces = self._pieces(file, BLOCK if kind is None else PIECE)
            yield from pieces if kind is None else joined(self._unpacked(kind, pieces))

    def _pieces(self, file: BinaryIO, size: int) -> Iterator[bytes]:
        while True:
            self.check()
            try:
                piece = file.read(size)
            except OSError:
                self._tell("backups.inside.unreadable", Mark.INTACT)
                return
            if not piece:
                return
            self.read += len(piece)
            self._progress(self.read)
            yield piece

    def _unpacked(self, kind: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
        import zstandard

        try:
            yield from self._members(kind, pieces)
        except (zlib.error, lzma.LZMAError, OSError, ValueError, zstandard.ZstdError):
            self._tell("backups.inside.corrupt", Mark.INTACT, form=kind)

    def _members(self, kind: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Every member's content, one after another, and nothing else between them."""
        current: Opener | None = opener(kind)
        rest = b""
        for piece in pieces:
            data = rest + piece
            rest = b""
            while data:
                if current is None:
                    data = data.lstrip(b"\0")
                    if 0 < len(data) < 6:
                        rest = data
                        break
                    if not data:
                        break
                    if compression(data) != kind:
                        self._tell("backups.inside.trailing", None, form=kind, breaks=False)
                        return
                    current = opener(kind)
                for block in current.take(data):
                    self.check()
                    yield block
                data = current.unused if current.eof else b""
                current = None if current.eof else current
        if rest:
            self._tell("backups.inside.trailing", None, form=kind, breaks=False)
        elif current is not None:
            self._tell("backups.inside.truncated", Mark.INTACT, form=kind)

    def _tell(self, code: str, mark: Mark | None, breaks: bool = True, **params: str) -> None:
        params["file"] = self.path.name
        self.problems.append(Problem(code, params, mark, breaks))


def opened(path: Path) -> BinaryIO:
    """The file for reading. Raises SourceUnavailable or SourceRefused."""
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise SourceUnavailable(
            "source.file_missing", source=path.parent.name, file=path.name
        ) from None
    except OSError:
        raise SourceRefused("source.file_denied", source=path.parent.name, file=path.name) from None


def joined(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Small pieces put together, so that each block is worth looking at."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= BLOCK:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


def head_of(path: Path, size: int = 1 << 16) -> bytes:
    """The first bytes of the content, unpacked; fewer where the stream is damaged."""
    held = b""
    for block in Stream(path, lambda _: None, lambda: False).blocks():
        held += block
        if len(held) >= size:
            break
    return held[:size]
