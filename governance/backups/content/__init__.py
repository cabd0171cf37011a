"""What is inside a dump, read as a stream without a server."""

from __future__ import annotations

from pathlib import Path

from governance.backups.content.model import DumpReader


def open_reader(path: Path) -> DumpReader | None:
    """The reader for a file or folder, told by what is in it; None: it is no dump that we know.

    Raises SourceUnavailable or SourceRefused where it cannot be opened.
    """
    from governance.backups.content.kinds import reader_of

    return reader_of(path)
