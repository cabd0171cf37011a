"""Dumps by the real tools, as if they had been made at another moment."""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from governance.backups.content.pgheader import NAMED_COMPRESSION
from tests import edges

SHANGHAI = ZoneInfo("Asia/Shanghai")
COMPLETED = re.compile(rb"(-- Dump completed on )[^\n]*")


def archive(url: str, *flags: str) -> bytes:
    """The database of `url` in PostgreSQL's custom form."""
    return edges.answer("pg_dump", "-Fc", *flags, url)


def script(url: str, *flags: str) -> bytes:
    """The database of `url` as SQL, whichever server it is in, compressed."""
    parts = urlsplit(url)
    if parts.scheme == "postgresql":
        return gzip.compress(edges.answer("pg_dump", *flags, url), 1)
    where = ["-h", parts.hostname or "", "-P", str(parts.port), "-u", "root"]
    flags = ("--single-transaction", *flags)
    return gzip.compress(edges.answer("mariadb-dump", *where, *flags, parts.path[1:]), 1)


def put(content: bytes, folder: Path, name: str, at: datetime) -> Path:
    """A dump of `at` in `folder`: the moment stands in its name, in its text, and in its file."""
    path = folder / at.astimezone(SHANGHAI).strftime(f"{name}_%Y%m%d_%H%M%S.dump")
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(redated(content, at))
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def redated(content: bytes, at: datetime) -> bytes:
    """The dump as it would be had it been made at `at` by a machine in Shanghai."""
    local = at.astimezone(SHANGHAI)
    if content.startswith(b"PGDMP"):
        return _archive_of(content, local)
    ended = (local + timedelta(seconds=2)).strftime("%Y-%m-%d %H:%M:%S").encode()
    text = COMPLETED.sub(rb"\g<1>" + ended, gzip.decompress(content))
    return gzip.compress(text, 1)


def _archive_of(content: bytes, local: datetime) -> bytes:
    """The seven numbers of the moment stand behind the way of compression."""
    width = content[8]
    is_named = (content[5], content[6]) >= NAMED_COMPRESSION
    start = 11 + (1 if is_named else 1 + width)
    numbers: Sequence[int] = (
        local.second, local.minute, local.hour, local.day, local.month - 1, local.year - 1900, 0,
    )  # fmt: skip
    told = b"".join(b"\0" + n.to_bytes(width, "little") for n in numbers)
    return content[:start] + told + content[start + len(told) :]
