"""Telling want of room, on disk or in memory, from a defect of ours."""

from __future__ import annotations

import errno
import os
import re

from governance.errors import StoreError

FULL = (errno.ENOSPC, errno.EDQUOT)
NO_BLOCK = re.compile(
    rf"failed to (pin|offload|allocate)|could not allocate|{os.strerror(errno.ENOSPC)}", re.I
)
# What a disk may answer; the words are the system's own, wherever in a longer text they stand.
ANSWERS = tuple(os.strerror(n) for n in (*FULL, errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM))


def want_of_room(error: BaseException) -> StoreError | None:
    """The plain error that `error` stands for; None where room was not what it lacked."""
    import duckdb

    full = isinstance(error, OSError) and error.errno in FULL
    if full or isinstance(error, MemoryError | duckdb.OutOfMemoryException):
        return StoreError("store.no_room")
    # A commit that finds no room hides that in an error of its own kind.
    if isinstance(error, duckdb.Error) and NO_BLOCK.search(str(error)):
        return StoreError("store.no_room")
    return None


def reason(error: BaseException) -> str:
    """Why something could not be written, in the system's few words where it gave any.

    An engine that fails while it cleans up after a failure hides the first one behind its own.
    """
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    told, seen = [], error
    while True:
        told.append(str(seen))
        if seen.__context__ is None:
            break
        seen = seen.__context__
    for answer in ANSWERS:
        if any(answer in text for text in told):
            return answer
    return next(iter(told[-1].splitlines()), type(error).__name__)
