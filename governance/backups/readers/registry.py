"""The kinds of catalogue: how each is found, what it wants printed, what it can be told."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from governance.backups.readers.model import Part, Reader

# Ways to find a catalogue, as the configuration names them.
PRINTED = ("commands", "files")


@dataclass(frozen=True)
class Kind:
    """One kind of catalogue. `takes` are the entries of a catalogue that say where it is; without
    commands and files the first of them must be there."""

    module: str
    takes: tuple[str, ...]

    @property
    def reader(self) -> Reader:
        """Its reader; the module is imported now."""
        module = importlib.import_module(f"governance.backups.readers.{self.module}")
        return cast("Reader", module.READER)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The outputs that it wants; `commands` and `files` name them."""
        return self.reader.PARTS

    @property
    def options(self) -> Mapping[str, bool]:
        """What `options` may say; True where it must."""
        return self.reader.OPTIONS


KINDS: dict[str, Kind] = {
    "barman": Kind("barman", PRINTED),
    "borg": Kind("borg", PRINTED),
    "directory": Kind("directory", ("path",)),
    "feed": Kind("feed", (*PRINTED, "path")),
    "mariabackup": Kind("mariabackup", ("path",)),
    "msdb": Kind("msdb", ("url",)),
    "pgbackrest": Kind("pgbackrest", PRINTED),
    "rclone": Kind("rclone", PRINTED),
    "restic": Kind("restic", PRINTED),
    "rman": Kind("rman", ("url",)),
    "s3": Kind("s3", ("url", "environment")),
    "walg": Kind("walg", PRINTED),
}


def reader_of(kind: str) -> Reader:
    """The reader of a kind. Raises KeyError for one that is not registered."""
    return KINDS[kind].reader
