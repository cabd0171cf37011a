"""Compressed files read to their end, and what their own checksums say.

gzip holds a CRC-32 and the length of each member (RFC 1952), xz a check of each block where it was
not switched off, bzip2 a CRC of each block, zstd an XXH64 of each frame where the writer asked for
it (RFC 8878 §3.1.1). Memory stays bounded however far a file unpacks.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

import zstandard

CHUNK = 1 << 20
MOST = 4 * CHUNK
MAGIC = {
    b"\x1f\x8b": "gz",
    b"\xfd7zXZ\x00": "xz",
    b"BZh": "bz2",
    b"\x28\xb5\x2f\xfd": "zst",
    b"\x04\x22\x4d\x18": "lz4",
}
CUT, CORRUPT = "cut", "corrupt"


class Damaged(Exception):
    """The compressed stream breaks off (`cut`) or its bits are wrong (`corrupt`)."""

    def __init__(self, what: str, at: int) -> None:
        super().__init__(what, at)
        self.what, self.at = what, at


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def needs_input(self) -> bool: ...
    def decompress(self, data: bytes, max_length: int = ...) -> bytes: ...


class _Gzip:
    """zlib's decompressor with the manners of the others."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(31)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    def decompress(self, data: bytes, max_length: int = MOST) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


def packing_of(head: bytes) -> str | None:
    """How a file is compressed, by its first bytes; None: not in a way that is known here."""
    return next((name for magic, name in MAGIC.items() if head.startswith(magic)), None)


class Unpacked:
    """A file read through its compression, once, from start to end.

    `checked` is known after the last byte: True where checksums covered everything, None where the
    form bears none. `trailing` counts bytes behind the end. `read` raises Damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = path.stat().st_size
        self.taken = self.given = self.trailing = 0
        self.checked: bool | None = None
        self._file = path.open("rb")
        head = self._file.read(8)
        self._file.seek(0)
        self.packing = packing_of(head)
        self._pieces = self._unpack()
        self._rest = b""
        self._at = 0

    def __enter__(self) -> Unpacked:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def rest(self) -> bytes:
        """What was unpacked and not given yet, when damage stopped it."""
        return self._rest[self._at :]

    def read(self, size: int = CHUNK) -> bytes:
        """Exactly `size` bytes, fewer only at the end."""
        if len(self._rest) - self._at < size:
            self._fill(size)
        piece = self._rest[self._at : self._at + size]
        self._at += len(piece)
        self.given += len(piece)
        return piece

    def _fill(self, size: int) -> None:
        parts, have = [self.rest], len(self._rest) - self._at
        self._at = 0
        try:
            while have < size and (piece := next(self._pieces, None)) is not None:
                parts.append(piece)
                have += len(piece)
        finally:
            self._rest = b"".join(parts)

    def _raw(self) -> bytes:
        data = self._file.read(CHUNK)
        self.taken += len(data)
        return data

    def _unpack(self) -> Iterator[bytes]:
        if self.packing == "zst":
            yield from self._zstd()
        elif self.packing in ("gz", "xz", "bz2"):
            yield from self._members(self.packing)
        else:
            while piece := self._raw():
                yield piece

    def _members(self, packing: str) -> Iterator[bytes]:
        checked, data = True, self._raw()
        while data:
            if packing_of(data[:8]) != packing:
                self._behind(data, packing)
                break
            one = _new(packing)
            while not one.eof:
                if one.needs_input and not data:
                    data = self._raw()
                    if not data:
                        raise Damaged(CUT, self.taken)
                try:
                    piece = one.decompress(data, MOST)
                except (zlib.error, lzma.LZMAError, OSError, ValueError) as error:
                    raise Damaged(CORRUPT, self.taken) from error
                data = b""
                if piece:
                    yield piece
            if isinstance(one, lzma.LZMADecompressor) and one.check == lzma.CHECK_NONE:
                checked = False
            data = one.unused_data or self._raw()
        self.checked = True if checked else None

    def _behind(self, data: bytes, packing: str) -> None:
        """What stands behind the last member: padding is none of it. A damaged header of a later
        member looks the same, and then its data is missing."""
        padding = True
        while data:
            padding = padding and not data.strip(b"\0")
            self.trailing += len(data)
            data = self._raw()
        if padding:
            self.trailing = 0
        elif packing != "gz":  # the tools of the others refuse it
            raise Damaged(CORRUPT, self.taken)

    def _zstd(self) -> Iterator[bytes]:
        frames = zstd_frames(self._file)
        self._file.seek(0)
        reader = zstandard.ZstdDecompressor(max_window_size=1 << 31).stream_reader(
            self._file, read_size=CHUNK, read_across_frames=True, closefd=False
        )
        while True:
            try:
                piece = reader.read(CHUNK)
            except (zstandard.ZstdError, MemoryError) as error:
                raise Damaged(CORRUPT, self._file.tell()) from error
            self.taken = self._file.tell()
            if not piece:
                break
            yield piece
        if frames is None:
            raise Damaged(CUT, self.taken)
        self.checked = True if frames else None


def _new(packing: str) -> _Decompressor:
    if packing == "gz":
        return _Gzip()
    return bz2.BZ2Decompressor() if packing == "bz2" else lzma.LZMADecompressor(lzma.FORMAT_XZ)


def zstd_frames(file: BinaryIO) -> bool | None:
    """Whether each frame bears a checksum; None: the last frame breaks off (RFC 8878 §3.1).

    The decompressor itself is silent about a stream that ends too early.
    """
    checked = True
    while head := file.read(4):
        number = int.from_bytes(head, "little")
        if number & 0xFFFFFFF0 == 0x184D2A50:
            if not _skipped(file, int.from_bytes(file.read(4), "little")):
                return None
            continue
        if head != b"\x28\xb5\x2f\xfd":
            return checked if len(head) == 4 else None  # the decompressor will say
        flags = file.read(1)
        if not flags:
            return None
        dictionary = (0, 1, 2, 4)[flags[0] & 3]
        single = flags[0] >> 5 & 1
        length = (1 if single else 0, 2, 4, 8)[flags[0] >> 6]
        if not _skipped(file, (0 if single else 1) + dictionary + length):
            return None
        has_checksum = bool(flags[0] & 4)
        checked = checked and has_checksum
        if not _blocks(file) or not _skipped(file, 4 if has_checksum else 0):
            return None
    return checked


def _blocks(file: BinaryIO) -> bool:
    while True:
        head = file.read(3)
        if len(head) < 3:
            return False
        number = int.from_bytes(head, "little")
        if not _skipped(file, 1 if number >> 1 & 3 == 1 else number >> 3):
            return False
        if number & 1:
            return True


def _skipped(file: BinaryIO, size: int) -> bool:
    return len(file.read(size)) == size
