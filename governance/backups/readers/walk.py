"""What lies in a folder: files and folders with their sizes and times, links left alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from governance.backups.readers.stored import Item

MOST = 100_000
DEEPEST = 16


@dataclass
class Walk:
    """One look at a folder. `unread` are folders inside that could not be opened; `is_cut`: there
    was more than we look at, or we were told to stop."""

    root: Path
    stop: Callable[[], bool]
    unread: list[str] = field(default_factory=list)
    is_cut: bool = False
    seen: int = 0

    def files(self, depth: int) -> Iterator[Item]:
        """The files, `depth` folders deep at most."""
        for entry, path in self._entries(self.root, "", depth):
            if entry.is_file(follow_symlinks=False):
                yield self._item(entry, path)

    def folders(self, depth: int) -> Iterator[Item]:
        """The folders `depth` deep at most, each with the size of all in it and its newest time."""
        for entry, path in self._entries(self.root, "", depth):
            if entry.is_dir(follow_symlinks=False):
                inside = [
                    self._item(below, name)
                    for below, name in self._entries(Path(entry.path), f"{path}/", DEEPEST)
                    if below.is_file(follow_symlinks=False)
                ]
                times = [item.at for item in inside if item.at]
                own = self._item(entry, path)
                yield Item(
                    own.path,
                    sum(item.size or 0 for item in inside),
                    max(times, default=own.at),
                    where=own.where,
                )

    def _entries(
        self, folder: Path, prefix: str, depth: int
    ) -> Iterator[tuple[os.DirEntry[str], str]]:
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError:
            if folder == self.root:
                raise
            self.unread.append(shown(prefix))
            return
        for entry in entries:
            self.seen += 1
            if self.seen > MOST or self.stop():
                self.is_cut = True
                return
            yield entry, prefix + entry.name
            if depth and entry.is_dir(follow_symlinks=False):
                yield from self._entries(Path(entry.path), f"{prefix}{entry.name}/", depth - 1)

    @staticmethod
    def _item(entry: os.DirEntry[str], path: str) -> Item:
        try:
            found = entry.stat(follow_symlinks=False)
        except OSError:
            # Gone or refused since it was listed.
            return Item(shown(path), None, None)
        at = moment(found.st_mtime)
        # A name that is no text cannot be kept, so nobody is led to the file by it.
        where = entry.path if shown(path) == path else None
        return Item(shown(path), found.st_size, at, where=where)


def shown(name: str) -> str:
    """A file's name as text that can be stored."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def moment(seconds: float) -> datetime | None:
    """A file's time; None for one that no calendar has."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
