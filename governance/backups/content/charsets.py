"""The character sets that dumps declare, and their text as UTF-8."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator

# What the servers call them, and who reads them here. In most of these a character's last byte may
# look like a backslash, so that nothing can be told of the text before it is read as characters.
CODECS = {
    "gbk": "gb18030", "gb2312": "gb18030", "gb18030": "gb18030", "euccn": "gb18030",
    "big5": "big5hkscs", "sjis": "cp932", "cp932": "cp932", "eucjp": "euc_jp", "euckr": "cp949",
    "uhc": "cp949", "latin1": "cp1252", "latin2": "iso8859-2", "win1252": "cp1252",
}  # fmt: skip
PLAIN = {"utf8mb4", "utf8", "utf8mb3", "binary", "ascii", "sqlascii"}


def codec_of(charset: str) -> str | None:
    """Who reads a declared character set. None: it is UTF-8 already.

    Raises LookupError for one that nobody here reads.
    """
    name = charset.lower().replace("_", "").replace("-", "")
    if name in PLAIN:
        return None
    return CODECS.get(name) or codecs.lookup(charset).name


def as_utf8(codec: str) -> Callable[[bytes, bool], bytes]:
    """Turns one block after another into UTF-8. Bytes that are no character stay as they are."""
    decoder = codecs.getincrementaldecoder(codec)("surrogateescape")

    def change(block: bytes, final: bool) -> bytes:
        return decoder.decode(block, final).encode("utf-8", "surrogateescape")

    return change


def changed(blocks: Iterator[bytes], change: Callable[[bytes, bool], bytes]) -> Iterator[bytes]:
    for block in blocks:
        yield change(block, False)
    rest = change(b"", True)
    if rest:
        yield rest
