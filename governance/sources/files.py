"""A file as a source: found, and not changed while it is read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from governance.config.model import SourceConfig
from governance.errors import GovernanceError, SourceRefused, SourceUnavailable


@dataclass(frozen=True)
class Stamp:
    """What changes when someone writes to a file or puts another in its place."""

    size: int
    changed: int
    node: int


def stamp(path: Path) -> Stamp:
    status = path.stat()
    return Stamp(status.st_size, status.st_mtime_ns, status.st_ino)


def found_file(config: SourceConfig, path: Path | None = None) -> Path:
    """The file, there and readable.

    Raises SourceUnavailable `source.file_missing` (it may yet come), SourceRefused
    `source.file_denied`.
    """
    path = path or config.path
    if path is None:
        raise SourceRefused("source.address", source=config.name)
    try:
        if not path.is_file():
            raise SourceUnavailable("source.file_missing", source=config.name, file=path.name)
    except OSError:
        raise SourceRefused("source.file_denied", source=config.name, file=path.name) from None
    if not os.access(path, os.R_OK):
        raise SourceRefused("source.file_denied", source=config.name, file=path.name)
    return path


@contextmanager
def unchanged(path: Path, before: Stamp, source: str) -> Iterator[None]:
    """Raises SourceUnavailable `source.changing` when the file is not what it was at `before`.

    A file that is being written may also look broken: then that, too, is no fault of the file.
    """

    def same() -> bool:
        try:
            return stamp(path) == before
        except OSError:
            return False

    changing = SourceUnavailable("source.changing", source=source, file=path.name)
    try:
        yield
    except GovernanceError as error:
        if not error.retryable and not same():
            raise changing from None
        raise
    except OSError:
        if not same():
            raise changing from None
        raise SourceRefused("source.file_denied", source=source, file=path.name) from None
    if not same():
        raise changing
