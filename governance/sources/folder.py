"""A folder into which someone drops a dated file now and then; the newest one counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from governance.config.model import SourceConfig
from governance.errors import ConfigError, SourceRefused, SourceUnavailable
from governance.sources.filereader import FileReader, Format
from governance.sources.files import found_file, stamp
from governance.sources.model import Note, Reader, Source

DATE = r"(\d{4})[-_.年]?(\d{1,2})[-_.月]?(\d{1,2})日?"


@dataclass(frozen=True)
class Drop:
    """One dated file."""

    date: date
    path: Path


def drops(folder: Path, pattern: str) -> list[Drop]:
    """The files whose name fits, oldest first. A date that no calendar has does not fit."""
    before, _, after = pattern.partition("{date}")
    shape = re.compile(re.escape(before) + DATE + re.escape(after), re.IGNORECASE)
    found = []
    for path in folder.iterdir():
        match = shape.fullmatch(path.name)
        if match is None or not path.is_file():
            continue
        try:
            found.append(Drop(date(*map(int, match.groups())), path))
        except ValueError:
            continue
    return sorted(found, key=lambda drop: (drop.date, drop.path.name))


class Folder(Source):
    """`form` gives the format of a file by its kind."""

    def __init__(self, config: SourceConfig, form: Callable[[str], Format], kind: str) -> None:
        self.config, self.form, self.kind = config, form, kind

    @contextmanager
    def snapshot(self) -> Iterator[Reader]:
        config = self.config
        if config.path is None or not config.pattern:
            raise ConfigError("source.pattern", source=config.name)
        try:
            found = drops(config.path, config.pattern)
        except (FileNotFoundError, NotADirectoryError):
            raise SourceUnavailable(
                "source.file_missing", source=config.name, file=config.path.name
            ) from None
        except OSError:
            raise SourceRefused(
                "source.file_denied", source=config.name, file=config.path.name
            ) from None
        if not found:
            raise SourceUnavailable(
                "source.no_drop",
                source=config.name,
                folder=config.path.name,
                pattern=config.pattern,
            )
        newest = found[-1]
        path = found_file(config, newest.path)
        params = {"source": config.name, "file": path.name, "date": newest.date.isoformat()}
        note = Note("source.drop_read", params)
        inner = replace(config, kind=self.kind, path=path)
        yield FileReader(inner, path, stamp(path), self.form(self.kind), (note,))
