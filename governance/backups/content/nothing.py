"""A file of which nothing can be read: empty, or damaged from its start."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from checks.backups.model import Mark, Problem
from governance.backups.content.compressed import Stream
from governance.backups.content.model import Dump, Progress, Stop, Wanted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class Nothing:
    """Says what keeps a file from being read. It holds no table."""

    KIND = "unreadable"

    def read(
        self,
        path: Path,
        wanted: tuple[Wanted, ...],  # noqa: ARG002
        con: DuckDBPyConnection,  # noqa: ARG002
        progress: Progress,
        stop: Stop,
    ) -> Dump:
        begun = time.monotonic()
        stream = Stream(path, progress, stop)
        size = sum(len(block) for block in stream.blocks())
        problems = list(stream.problems)
        if not size:
            params = {"file": path.name}
            problems.append(Problem("backups.inside.empty", params, Mark.COMPLETE, True))
        seconds = time.monotonic() - begun
        return Dump(self.KIND, stream.read, seconds, False, (), tuple(problems))
