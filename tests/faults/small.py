"""A disk of a few megabytes, mounted for one test, that can be filled to the last page."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import missing


@dataclass(frozen=True)
class Disk:
    path: Path

    def free(self) -> int:
        """Bytes."""
        found = os.statvfs(self.path)
        return found.f_bavail * found.f_frsize

    @contextmanager
    def left(self, room: int) -> Iterator[None]:
        """All of it taken but for about `room` bytes, for the length of a block."""
        filler = self.path / "filler"
        with filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(1, self.free() - room))
        try:
            yield
        finally:
            filler.unlink()


@contextmanager
def mounted(path: Path, size: str) -> Iterator[Disk]:
    """A tmpfs at `path`. Skips for want of the right, and fails where CI is root and cannot."""
    path.mkdir(mode=0o700)
    if os.geteuid() != 0:
        pytest.skip("to mount a small disk takes root")
    command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "none", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        missing(f"no small disk can be mounted: {done.stderr.strip()}")
    try:
        yield Disk(path)
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)
