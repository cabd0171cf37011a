"""Copies of SQLite databases: a drill opens one in a folder of ours and reads all of it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from checks.dictionary import Title
from governance.backups.content.compressed import Stream, head_of
from governance.backups.drills.scratch import PREFIX, Limits, Made, Names, Restored
from governance.config.model import Config, SourceConfig
from governance.errors import ConfigError, SourceRefused

SUFFIX = ".sqlite"
MAGIC = b"SQLite format 3\0"
# Instructions of SQLite between two looks at the clock.
STEPS = 100_000


@contextmanager
def opened(folder: Path, config: Config) -> Iterator[Folder]:
    """Raises ConfigError for a folder that holds anything but leftovers of drills."""
    for source in config.sources:
        if source.path is not None and source.path.resolve().is_relative_to(folder.resolve()):
            raise ConfigError("backups.drill.watched", source=source.name)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        strange = [p.name for p in folder.iterdir() if not p.name.startswith(PREFIX)]
    except OSError as error:
        raise ConfigError("backups.drill.folder", reason=error.strerror or "") from None
    if strange:
        raise ConfigError("backups.drill.not_empty", database=folder.name)
    yield Folder(folder)


@dataclass(frozen=True)
class Folder:
    folder: Path

    def leftovers(self, names: Names) -> tuple[str, ...]:
        found = sorted(p for p in self.folder.iterdir() if p.name.startswith(names.prefix))
        for path in found:
            path.unlink(missing_ok=True)
        return tuple(path.name for path in found)

    def make(self, name: str, names: Names) -> Made:  # noqa: ARG002 - a server needs them
        path = self.folder / f"{name}{SUFFIX}"
        return Made(name, SourceConfig(name, "sqlite", Title(name, name), path=path))

    def restore(self, made: Made, path: Path, limits: Limits) -> Restored:
        if path.is_dir() or not head_of(path).startswith(MAGIC):
            raise SourceRefused("backups.drill.other_kind", file=path.name, kind="sqlite")
        target = made.source.path
        assert target is not None
        deadline = time.monotonic() + limits.timeout.total_seconds()

        def is_over() -> bool:
            return limits.stop() or time.monotonic() > deadline

        stream = Stream(path, lambda _: None, limits.stop)
        with target.open("xb") as file:
            target.chmod(0o600)
            for block in stream.blocks():
                file.write(block)
                if is_over():
                    return Restored(False, code=_why(limits))
        broken = next((p for p in stream.problems if p.breaks), None)
        if broken is not None:
            return Restored(False, broken.code, "backups.drill.failed")
        try:
            said = _checked(target, is_over)
        except sqlite3.Error as error:
            if is_over():
                return Restored(False, code=_why(limits))
            said = [str(error)]
        ok = said == ["ok"]
        return Restored(ok, "\n".join(said), None if ok else "backups.drill.failed")

    def drop(self, made: Made) -> None:
        target = made.source.path
        assert target is not None
        for path in (target, *(target.with_name(target.name + end) for end in ("-wal", "-shm"))):
            path.unlink(missing_ok=True)


def _why(limits: Limits) -> str:
    return "backups.drill.stopped" if limits.stop() else "backups.drill.timeout"


def _checked(path: Path, is_over: object) -> list[str]:
    """What SQLite says of every page and index."""
    with closing(sqlite3.connect(path)) as connection:
        connection.set_progress_handler(is_over, STEPS)  # type: ignore[arg-type]
        return [str(line) for (line,) in connection.execute("PRAGMA integrity_check").fetchall()]
