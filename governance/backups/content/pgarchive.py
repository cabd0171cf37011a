"""pg_dump's custom, directory and tar forms, turned into SQL text by pg_restore as it runs."""

from __future__ import annotations

import os
import re
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

from checks.backups.model import Mark, Problem
from governance.backups.content.compressed import Stream
from governance.backups.content.model import Dump, Progress, Stop, Wanted
from governance.backups.content.pgheader import MAGIC, Header, header
from governance.backups.content.pgplain import Reading
from governance.backups.content.scratch import unpacked
from governance.backups.content.text import Text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

BLOCK = 1 << 20
PATIENCE = 0.2
LISTING_SECONDS = 60
# What pg_restore says of an archive that another version could read.
NOT_FOR_US = re.compile(rb"unsupported version|does not support compression|not built with")
DATA = re.compile(r"^\d+; \d+ \d+ TABLE DATA (\S+) (\S+) \S+$", re.M)
TOC = "toc.dat"
TAR_BLOCK = 512


class PostgresArchive:
    """Reads what pg_restore makes of an archive. Without pg_restore only its header is known."""

    KIND = "pg_archive"

    def read(
        self,
        path: Path,
        wanted: tuple[Wanted, ...],
        con: DuckDBPyConnection,
        progress: Progress,
        stop: Stop,
    ) -> Dump:
        begun = time.monotonic()
        stream = Stream(path, progress, stop)
        stream.check()
        if path.is_dir():
            dump = self._restored(path, path, stream, wanted, con, progress)
        else:
            with unpacked(stream, con) as copy:
                if copy is None:
                    dump = Dump(self.KIND, stream.read, 0.0, None, (), tuple(stream.problems))
                else:
                    dump = self._restored(copy, path, stream, wanted, con, progress)
        size = stream.read or size_of(path)
        progress(size)
        return replace(dump, bytes_read=size, seconds=time.monotonic() - begun)

    def _restored(
        self,
        archive: Path,
        path: Path,
        stream: Stream,
        wanted: tuple[Wanted, ...],
        con: DuckDBPyConnection,
        progress: Progress,
    ) -> Dump:
        known = header_of(archive)
        tool = shutil.which("pg_restore")
        if tool is None:
            stream.problems.append(Problem("backups.inside.no_tool", {"file": path.name}))
            dump = Dump(self.KIND, 0, 0.0, False if stream.is_broken else None, ())
            return told(replace(dump, problems=tuple(stream.problems)), known)
        running = Restoring(tool, archive, stream, progress)
        reading = Reading(Text(running.blocks()), wanted, con)
        with reading.tally.landing():
            reading.read()
        failed = running.problem(path.name)
        if failed is not None:
            for name in contents(tool, archive):
                if name not in reading.filled:
                    reading.tally.table(name).ended = False
        problems = [*stream.problems, *([failed] if failed else [])]
        if failed is not None and not failed.breaks:
            unread = Dump(self.KIND, 0, 0.0, None, reading.tally.found(), tuple(problems))
            return told(unread, known)
        dump = reading.dump(self.KIND, 0, problems, path.name, 0.0)
        return told(dump, known)


class Restoring:
    """pg_restore at work. Raises what `stream.check` does, soon after it would."""

    def __init__(self, tool: str, archive: Path, stream: Stream, progress: Progress) -> None:
        self._command = [tool, "-f", "-", str(archive.absolute())]
        self._stream, self._progress = stream, progress
        self._said = b""
        self._code: int | None = None

    def blocks(self) -> Iterator[bytes]:
        with tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(  # noqa: S603 - a fixed tool, an absolute path
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**os.environ, "LC_ALL": "C"},
            )
            assert process.stdout is not None
            try:
                yield from self._output(process.stdout)
                self._code = process.wait()
            finally:
                process.kill()
                process.wait()
                process.stdout.close()
                errors.seek(0)
                self._said = errors.read(1 << 12)

    def _output(self, pipe: IO[bytes]) -> Iterator[bytes]:
        held: list[bytes] = []
        size = 0
        while True:
            self._stream.check()
            if not select.select([pipe], [], [], PATIENCE)[0]:
                continue
            piece = os.read(pipe.fileno(), 1 << 16)
            held.append(piece)
            size += len(piece)
            if size >= BLOCK or not piece:
                yield b"".join(held)
                held, size = [], 0
            if not piece:
                return

    def problem(self, file: str) -> Problem | None:
        """What went wrong. An archive that is only too new for this pg_restore is not broken."""
        if self._code == 0 and not self._said.strip():
            return None
        first = self._said.decode("utf-8", "replace").strip().partition("\n")[0][:200]
        params = {"file": file, "said": first, "code": str(self._code)}
        if NOT_FOR_US.search(self._said):
            return Problem("backups.inside.tool_too_old", params)
        if self._code == 0:
            return Problem("backups.inside.tool_warned", params)
        return Problem("backups.inside.restore_failed", params, Mark.INTACT, True)


def contents(tool: str, archive: Path) -> list[tuple[str, ...]]:
    """The tables whose data the archive's own list promises; none where it has no list."""
    try:
        done = subprocess.run(  # noqa: S603 - a fixed tool, an absolute path
            [tool, "-l", str(archive.absolute())],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LISTING_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return []
    return [(found[1], found[2]) for found in DATA.finditer(done.stdout.decode("utf-8", "replace"))]


def told(dump: Dump, known: Header | None) -> Dump:
    """The result with what the archive's header says."""
    if known is None:
        return dump
    tool = f"pg_dump {known.tool.partition(' ')[0]}" if known.tool else dump.tool
    server = known.server.partition(" ")[0] if known.server else dump.server
    databases = (known.database,) if known.database else ()
    return replace(
        dump, tool=tool, server=server, databases=databases, started=known.started or dump.started
    )


def header_of(archive: Path) -> Header | None:
    path = archive / TOC if archive.is_dir() else archive
    try:
        with path.open("rb") as file:
            start = file.read(1 << 14)
    except OSError:
        return None
    return header(start if start.startswith(MAGIC) else start[TAR_BLOCK:])


def size_of(path: Path) -> int:
    if not path.is_dir():
        return path.stat().st_size
    return sum(each.stat().st_size for each in path.iterdir() if each.is_file())
