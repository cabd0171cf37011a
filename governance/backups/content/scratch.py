"""A compressed file unpacked where a tool can open it, and gone afterwards."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from checks.backups.model import Problem
from governance.backups.content.compressed import Stream, compression, opened
from governance.sources.landing import scratch_file

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# So much of the free room is left to others.
SHARE = 2


@contextmanager
def unpacked(stream: Stream, con: DuckDBPyConnection) -> Iterator[Path | None]:
    """The file itself, or an unpacked copy that takes half of the free room at most.

    None where the room did not do, which `stream.problems` tells then.
    """
    with opened(stream.path) as file:
        kind = compression(file.read(6))
    if kind is None:
        yield stream.path
        return
    with scratch_file(con) as copy:
        room = shutil.disk_usage(copy.parent).free // SHARE
        fits = True
        with copy.open("wb") as out:
            for block in stream.blocks():
                room -= len(block)
                fits = room >= 0
                if not fits:
                    stream.problems.append(
                        Problem("backups.inside.no_room", {"file": stream.path.name})
                    )
                    break
                out.write(block)
        yield copy if fits else None
