"""The log of a drill that failed: without secrets, short, and for its owner alone."""

from __future__ import annotations

import os

from governance.store import Home

FOLDER = "drills"
LONGEST = 256 * 2**10
CUT = "\n…\n"


def keep(home: Home, drill: int, text: str) -> str:
    """Write the log of a drill; returns its name below the home."""
    folder = home.path / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    name = f"{FOLDER}/{drill}.log"
    path = home.file(name)
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text if len(text) <= LONGEST else _short(text))
    return name


def _short(text: str) -> str:
    half = LONGEST // 2
    return f"{text[:half]}{CUT}{text[-half:]}"


def read(home: Home, name: str) -> str | None:
    """The log, as hostile as any text of a source; None where it is gone.

    Raises StoreError for a name that leads out of the home.
    """
    path = home.file(name)
    if not path.is_file():
        return None
    return path.read_text("utf-8", errors="replace")[: LONGEST * 2]
