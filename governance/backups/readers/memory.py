"""What readers computed of files, kept between runs: a hash is good while the file is the same."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Seen:
    """A file as it was: its size, its time, and the hashes computed `at` (ISO, UTC). `rewritten`:
    when we noticed that it had become another file under the same name, empty if never."""

    size: int
    mtime_ns: int
    at: str
    digests: dict[str, str]
    rewritten: str = ""

    @property
    def hashed_at(self) -> datetime:
        return datetime.fromisoformat(self.at)


class Memory:
    """The files of one catalogue by name. What cannot be read back is computed anew, what cannot
    be written is forgotten: neither is an error."""

    def __init__(self, folder: Path | None, catalogue: str) -> None:
        self.path = None if folder is None else folder / f"{catalogue}.json"
        self.before = self._load()
        self.now: dict[str, Seen] = {}

    def save(self) -> None:
        """Write down what was seen this time; what is gone is forgotten."""
        if self.path is None:
            return
        text = json.dumps({name: asdict(seen) for name, seen in sorted(self.now.items())})
        aside = self.path.with_name(f"{self.path.name}.{os.getpid()}.new")
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            aside.write_text(text, "utf-8")
            aside.replace(self.path)

    def _load(self) -> dict[str, Seen]:
        if self.path is None:
            return {}
        try:
            entries: dict[str, Any] = json.loads(self.path.read_text("utf-8"))
            return {name: _seen(entry) for name, entry in entries.items()}
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return {}


def _seen(entry: dict[str, Any]) -> Seen:
    seen = Seen(int(entry["size"]), int(entry["mtime_ns"]), str(entry["at"]),
                {str(k): str(v) for k, v in entry["digests"].items()},
                str(entry["rewritten"]))  # fmt: skip
    if seen.hashed_at.tzinfo is None:
        raise ValueError(entry)
    return seen
