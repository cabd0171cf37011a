"""Which encoding a text file is written in, and a UTF-8 copy of one that is not UTF-8.

Detection never guesses through damage: UTF-8 text with a broken byte is refused with the byte's
place, not read as something else. Only the standard library is imported here.
"""

from __future__ import annotations

import codecs
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from governance.errors import SourceRefused

UTF8 = "utf-8"
CHUNK = 1 << 20

# Longest mark first: UTF-32's begins with UTF-16's.
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# GB18030 holds both of its ancestors, and files called GBK often use its longer codes.
WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "cp936": "gb18030"}

# GBK text passes for UTF-8 over a few characters at most; so many whole three-byte characters
# before the first fault mean UTF-8 that was damaged.
SURE = 8


def detect(path: Path, limit: int | None = None) -> str:
    """The codec of a text file: `utf-8`, `utf-8-sig`, `utf-16` (-le, -be), `utf-32` or `gb18030`.

    Reads the whole file, or its first `limit` bytes. Raises SourceRefused `source.encoding_unknown`
    for what is none of these, `source.encoding_damaged` (with the byte's offset) for UTF-8 that
    holds a broken byte.
    """
    with path.open("rb") as stream:
        head = stream.read(CHUNK if limit is None else min(limit, CHUNK))
        for mark, name in MARKS:
            if head.startswith(mark):
                return name
        wide = _unmarked_utf16(head)
        if wide is not None:
            return wide
        stream.seek(0)
        fault = _utf8_fault(stream, limit)
        if fault is None:
            return UTF8
        offset, sure = fault
        if sure:
            raise SourceRefused("source.encoding_damaged", file=path.name, offset=offset)
        stream.seek(0)
        if _decodes(stream, "gb18030", limit):
            return "gb18030"
    raise SourceRefused("source.encoding_unknown", file=path.name)


def _unmarked_utf16(head: bytes) -> str | None:
    """UTF-16 without a mark: its ASCII characters leave zero bytes at every other place."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if even + odd == 0 or min(even, odd) * 20 > max(even, odd):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _pieces(stream: BinaryIO, limit: int | None) -> Iterator[bytes]:
    left = limit
    while left is None or left > 0:
        piece = stream.read(CHUNK if left is None else min(CHUNK, left))
        if not piece:
            return
        if left is not None:
            left -= len(piece)
        yield piece


def _utf8_fault(stream: BinaryIO, limit: int | None) -> tuple[int, bool] | None:
    """Where the first byte lies that is not UTF-8, and whether the text before it surely was."""
    decoder = codecs.getincrementaldecoder(UTF8)()
    read, wide = 0, 0
    for piece in _pieces(stream, limit):
        pending = len(decoder.getstate()[0])
        if not pending and piece.isascii():
            read += len(piece)
            continue
        try:
            text = decoder.decode(piece)
        except UnicodeDecodeError as error:
            wide += _wide_characters(error.object[: error.start].decode(UTF8))
            return read - pending + error.start, wide >= SURE
        if wide < SURE:
            wide += _wide_characters(text)
        read += len(piece)
    rest = len(decoder.getstate()[0])
    # A limit may cut a character in two; the end of the file may not.
    if rest and (limit is None or read < limit):
        return read - rest, wide >= SURE
    return None


def _wide_characters(text: str) -> int:
    return sum(1 for character in text if character >= "\u0800")


def _decodes(stream: BinaryIO, encoding: str, limit: int | None) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for piece in _pieces(stream, limit):
            decoder.decode(piece)
        if limit is None:
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def known(encoding: str) -> str:
    """The codec for a declared name. Raises SourceRefused `source.encoding_name`."""
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        raise SourceRefused("source.encoding_name", encoding=encoding) from None
    return WIDER.get(name, name)


def transcode(
    path: Path, out: BinaryIO, encoding: str, stop: Callable[[], bool] | None = None
) -> None:
    """Write the file's text as UTF-8 without a mark, piece by piece; line ends stay as they are.

    Raises SourceRefused `source.encoding_damaged` at the first byte that is not `encoding`.
    Ends early, the copy unfinished, once `stop` says so.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    offset = 0
    try:
        with path.open("rb") as stream:
            for piece in _pieces(stream, None):
                if stop is not None and stop():
                    return
                out.write(decoder.decode(piece).encode(UTF8))
                offset += len(piece)
            out.write(decoder.decode(b"", final=True).encode(UTF8))
    except UnicodeError as error:
        start = error.start if isinstance(error, UnicodeDecodeError) else 0
        raise SourceRefused(
            "source.encoding_damaged", file=path.name, offset=offset + start
        ) from None


@contextmanager
def as_utf8(
    path: Path,
    encoding: str | None = None,
    folder: Path | None = None,
    stop: Callable[[], bool] | None = None,
) -> Iterator[Path]:
    """A path whose content is UTF-8 (perhaps with a mark): the file itself, or a copy of it.

    The copy lies in `folder` (default: the system's), readable to this user alone, and is gone
    afterwards. `encoding` is the declared one; without it, it is detected.
    """
    name = known(encoding) if encoding else detect(path)
    if name in (UTF8, "utf-8-sig"):
        yield path
        return
    handle, copy = tempfile.mkstemp(prefix="duiqi-", suffix=".utf8", dir=folder)
    try:
        with os.fdopen(handle, "wb") as out:
            transcode(path, out, name, stop)
        yield Path(copy)
    finally:
        Path(copy).unlink(missing_ok=True)
