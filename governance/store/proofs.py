"""Proving sealed files once, not every time they are read."""

from __future__ import annotations

from pathlib import Path

from governance.errors import EvidenceTampered, StoreError
from governance.store.home import Home
from governance.store.sealed import verify


class Proofs:
    """Remembers which files were proved, so that reading the same bytes twice hashes them once.

    A file counts as the same while its inode, size and change time are; a change time cannot be
    set back the way a modification time can.
    """

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], tuple[int, int, int]] = {}

    def prove(self, home: Home, file: str, sha256: str) -> Path:
        """The path of an unchanged sealed file. Raises EvidenceTampered as `verify` does."""
        try:
            stat = home.file(file).stat()
        except FileNotFoundError:
            raise EvidenceTampered("store.missing", file=file) from None
        except OSError as error:
            raise StoreError("store.home", path=home.path, reason=error.strerror) from error
        mark = (stat.st_ino, stat.st_size, stat.st_ctime_ns)
        if self._seen.get((file, sha256)) == mark:
            return home.file(file)
        path = verify(home, file, sha256)
        self._seen[(file, sha256)] = mark
        return path
