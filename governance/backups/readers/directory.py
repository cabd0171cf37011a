"""A folder of backups: files, or folders, whose names say what and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from checks.backups.model import Catalogue, Problem, State
from governance.backups.readers.checksums import Checksums
from governance.backups.readers.model import Asked, Part
from governance.backups.readers.options import choice, span
from governance.backups.readers.sidecars import is_sidecar
from governance.backups.readers.stored import OPTIONS, Item, Listed, Rules, listed
from governance.backups.readers.walk import DEEPEST, Walk
from governance.errors import ConfigError, SourceRefused, SourceUnavailable

_FLAGS = ("yes", "no", "true", "false")


class Directory:
    """Lists `path`. Symbolic links are left alone. Checksums beside files are held against them,
    under the catalogue's `timeout`."""

    KIND = "directory"
    PARTS: tuple[Part, ...] = ()
    OPTIONS: Mapping[str, bool] = {
        **OPTIONS,
        "entries": False,
        "checksums": False,
        "again": False,
    }

    def read(self, asked: Asked) -> Catalogue:
        config = asked.catalogue
        rules = Rules.of(config)
        entries = choice(config.options, "entries", "files", ("files", "folders"))
        checksums = choice(config.options, "checksums", "yes", _FLAGS) in ("yes", "true")
        again = span(config.options, "again", timedelta(days=30))
        items, walk = _items(asked, rules, entries)
        is_whole = not (walk.is_cut or walk.unread)
        found = listed(items, rules, asked.now, is_whole=is_whole)
        problems = []
        verifications = []
        if checksums and entries == "files":
            look = Checksums(asked, again)
            look.look(found.backups, _dated(found, rules))
            found = _again(items, rules, asked, look, is_whole)
            problems, verifications = look.problems, look.verifications
        return Catalogue(
            kind=self.KIND,
            read_at=asked.now,
            backups=found.backups,
            verifications=tuple(verifications),
            problems=(*found.problems, *problems, *_unseen(walk)),
            zone=config.zone.key,
            is_whole=is_whole,
        )


def _items(asked: Asked, rules: Rules, entries: str) -> tuple[list[Item], Walk]:
    config = asked.catalogue
    if config.path is None:
        raise ConfigError("backups.store.no_path", catalogue=config.name)
    walk = Walk(Path(config.path), asked.stop)
    depth = DEEPEST if rules.pattern.depth is None else rules.pattern.depth
    try:
        found = walk.files(depth) if entries == "files" else walk.folders(depth)
        items = [item for item in found if not is_sidecar(item.path.rpartition("/")[2])]
    except (FileNotFoundError, NotADirectoryError):
        raise SourceUnavailable(
            "backups.store.no_folder", catalogue=config.name, folder=config.path.name
        ) from None
    except OSError as error:
        raise SourceRefused(
            "backups.store.file_denied",
            catalogue=config.name,
            file=config.path.name,
            reason=error.strerror or type(error).__name__,
        ) from None
    if asked.stop():
        raise SourceUnavailable("backups.store.stopped", command=config.name)
    return items, walk


def _dated(found: Listed, rules: Rules) -> frozenset[str]:
    named = ((backup.id, rules.pattern.read(backup.id)) for backup in found.backups)
    return frozenset(name for name, said in named if said is not None and said.begins)


def _again(
    items: list[Item], rules: Rules, asked: Asked, look: Checksums, is_whole: bool
) -> Listed:
    """The listing with what the bytes told: hashes, and files that are still growing."""
    hashes = [replace(item, digest=look.digests.get(item.path)) for item in items]
    found = listed(hashes, rules, asked.now, is_whole=is_whole)
    return replace(
        found,
        backups=tuple(
            replace(backup, state=State.RUNNING) if backup.id in look.moving else backup
            for backup in found.backups
        ),
    )


def _unseen(walk: Walk) -> list[Problem]:
    problems = [
        Problem("backups.store.folder_denied", {"folder": folder}) for folder in walk.unread
    ]
    if walk.is_cut:
        problems.append(Problem("backups.store.cut_listing", {"seen": str(walk.seen)}))
    return problems


READER = Directory()
