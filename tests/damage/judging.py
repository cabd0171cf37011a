"""What inspecting says of a backup, held against what a real restore brings back."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from governance.backups.inspect.looking import inspect
from governance.backups.inspect.model import Asked, Inspected
from tests.conftest import missing

ROOT = os.geteuid() == 0
# By table its rows, ordered; None: the table did not come back.
Rows = Mapping[str, Sequence[object] | None]


@dataclass(frozen=True)
class Truth:
    """What a restore came to. `ran`: its tool ended well. `rows`: what was there afterwards."""

    ran: bool
    rows: Rows


def tool(name: str, *places: str) -> str:
    """The program, by name or at one of the places; else the test cannot run."""
    found = shutil.which(name, path=os.pathsep.join([os.environ["PATH"], *places]))
    return found or missing(f"the program {name} is not installed")


def said(path: Path, **asked: object) -> Inspected:
    """What inspecting says, with times in UTC."""
    return inspect(Asked(path, ZoneInfo("UTC"), datetime.now(UTC), **asked))  # type: ignore[arg-type]


def run(
    command: Sequence[str | Path],
    *,
    user: str | None = None,
    environment: Mapping[str, str] | None = None,
    stdin: Path | None = None,
    cwd: Path | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """A command, as `user` where we are root. Servers refuse to run as root."""
    words = [str(word) for word in command]
    if user and ROOT:
        words = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", *words]
    around = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC", **(environment or {})}
    with (stdin or Path(os.devnull)).open("rb") as given:
        return subprocess.run(
            words, stdin=given, capture_output=True, check=False, env=around, cwd=cwd
        )


def must(done: subprocess.CompletedProcess[bytes]) -> str:
    """What a command printed that has to end well."""
    assert done.returncode == 0, (done.args, done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout.decode("utf-8", "replace")


def hold(found: Inspected, truth: Truth, original: Rows) -> None:
    """No verdict is true that the restore belies, and none is false where the restore is right.

    `complete` promises that no row is missing, `intact` that none is different. Nothing was
    restored by inspecting, so `restorable` is never true.
    """
    assert found.restorable.value is not True
    counts = {table: None if rows is None else len(rows) for table, rows in truth.rows.items()}
    wanted = {table: None if rows is None else len(rows) for table, rows in original.items()}
    is_same = truth.ran and truth.rows == original
    if found.complete.value is True:
        assert truth.ran, found
        assert counts == wanted, found
    if found.intact.value is True and found.complete.value is True:
        assert is_same, found
    if is_same:
        assert [n for n, v in found.verdicts.items() if v.value is False] == [], found


def codes(found: Inspected) -> set[str]:
    """The last words of every code that was told."""
    verdicts = [verdict.code for verdict in found.verdicts.values()]
    return {code.rsplit(".", 1)[-1] for code in (*verdicts, *(p.code for p in found.problems))}


def marks(found: Inspected) -> tuple[bool | None, bool | None, bool | None]:
    return found.complete.value, found.intact.value, found.restorable.value


def cut(path: Path, to: Path, at: int) -> Path:
    """The first `at` bytes of a file."""
    to.write_bytes(path.read_bytes()[:at])
    return to


def flipped(path: Path, to: Path, at: int, bit: int = 0) -> Path:
    """A file with one bit changed."""
    data = bytearray(path.read_bytes())
    data[at] ^= 1 << bit
    to.write_bytes(bytes(data))
    return to
