"""What a reader of catalogues is asked, what it is given, and what it must do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from checks.backups.model import Catalogue
from governance.config.backups import CatalogueConfig


@dataclass(frozen=True)
class Part:
    """One output that a reader wants. `command` is run unless the configuration names another or a
    saved file; words like `{stanza}` are filled from the catalogue's options, and a word whose
    option is not set is left out. An empty `command` (a look that reads the whole repository) is
    run only where the configuration names one. One that is not `needed` may be missing: then what
    it would have proved is unknown."""

    name: str
    command: tuple[str, ...]
    needed: bool = True


@dataclass(frozen=True)
class Reply:
    """What a command printed, or a saved file holds. `code` None: saved, nobody knows it, unless
    the text ends in a line `rc=0`. `at` is when it was printed."""

    text: str
    at: datetime
    code: int | None = None
    errors: str = ""


@dataclass(frozen=True)
class Asked:
    """One catalogue to read, as of `now` (aware UTC).

    `stop` is asked in long readings. `memory` is a folder of ours in which a reader may keep what
    it computed (hashes of files); None: it computes anew.
    """

    catalogue: CatalogueConfig
    now: datetime
    replies: Mapping[str, Reply] = field(default_factory=dict)
    stop: Callable[[], bool] = lambda: False
    memory: Path | None = None


class Reader(Protocol):
    """Reads one kind of catalogue. A module of `governance.backups.readers` holds one of them,
    as `READER`, and has a line in its registry."""

    KIND: str
    # What it wants printed; none: it looks for itself, at `path` or `url`.
    PARTS: tuple[Part, ...]
    # What `options` may say, by name; True where it must.
    OPTIONS: Mapping[str, bool]

    def read(self, asked: Asked) -> Catalogue:
        """What the catalogue holds.

        Whatever is odd in it is a problem of the catalogue: an unknown status, exit code or word,
        empty output, text before the JSON, a part that is missing. Raises SourceUnavailable or
        SourceRefused only where it looks for itself and nothing could be read.
        """
        ...
