"""A base backup of PostgreSQL: a folder or tar files with the manifest that pg_basebackup wrote.

Every file is held against its size and checksum in `backup_manifest`, the manifest against its own
SHA-256, and the log that it needs against the segments that lie in `pg_wal`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from checks.backups.model import Basis, Mark, Problem, Verdict
from governance.backups.inspect.clock import in_zone, told_time
from governance.backups.inspect.detect import BASEBACKUP
from governance.backups.inspect.digests import digest
from governance.backups.inspect.manifest import BadManifest, Manifest, read_manifest
from governance.backups.inspect.model import Asked, Seen, breaking, doubtful, no, told, unknown, yes
from governance.backups.inspect.packing import CHUNK, CUT, Damaged, Unpacked
from governance.backups.inspect.pgwal import segment_problems
from governance.backups.inspect.tarwalk import BadTar, members

LABEL, MANIFEST = "backup_label", "backup_manifest"
# pg_basebackup leaves these out of the manifest or writes them later.
UNLISTED = (
    "backup_manifest",
    "pg_wal/",
    "postgresql.auto.conf",
    "standby.signal",
    "recovery.signal",
)
STARTED = re.compile(r"^START TIME: (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?: (\S+))?", re.MULTILINE)
TAR = re.compile(r"(base|pg_wal|\d+)\.tar(\.\w+)?")
NAMED = 5


@dataclass
class Tree:
    """What was found below the backup, by its path there. `digests` as the manifest's algorithm
    makes them; `log` holds the first bytes and the size of each segment."""

    sizes: dict[str, int] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    log: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    label: str = ""
    problems: list[Problem] = field(default_factory=list)
    is_tar: bool = False


def basebackup(asked: Asked) -> Seen:
    place = asked.path if asked.path.is_dir() else asked.path.parent
    problems: list[Problem] = []
    manifest = None
    try:
        manifest = read_manifest(place / MANIFEST)
    except FileNotFoundError:
        problems.append(doubtful(Mark.COMPLETE, "backups.inspect.no_manifest"))
    except BadManifest as error:
        problems.append(breaking(Mark.INTACT, f"backups.inspect.manifest_{error.what}"))
    tree = _tree(asked, manifest)
    problems += tree.problems
    if manifest is not None:
        problems += _held(manifest, tree)
        problems += segment_problems(manifest.log, tree.log)
    elif LABEL not in tree.sizes:
        problems.append(doubtful(Mark.COMPLETE, "backups.inspect.no_label"))
    started = STARTED.search(tree.label)
    fresh, assumed = _moment(started, asked)
    problems += told_time(asked, fresh, assumed)
    return _seen(manifest, tree, fresh, problems)


def _moment(started: re.Match[str] | None, asked: Asked) -> tuple[datetime | None, bool]:
    if started is None:
        return None, False
    return in_zone(started.group(1), started.group(2), asked.zone)


def _seen(
    manifest: Manifest | None, tree: Tree, fresh: datetime | None, problems: list[Problem]
) -> Seen:
    missing = next((p for p in problems if p.breaks and p.mark is Mark.COMPLETE), None)
    whole = (
        yes("backups.inspect.why.manifest") if manifest else unknown("backups.inspect.no_manifest")
    )
    return Seen(
        kind=BASEBACKUP,
        ended=whole,
        intact=_intact(manifest, tree),
        fresh_at=fresh,
        basis=Basis.START if fresh else None,
        lost=no(missing.code, **missing.params) if missing else None,
        problems=tuple(problems),
    )


def _intact(manifest: Manifest | None, tree: Tree) -> Verdict:
    """The manifest does not cover the log, whose records bear checksums that are not read here."""
    if manifest is None:
        return unknown("backups.inspect.no_manifest")
    if not all(file.algorithm for file in manifest.files.values()):
        return unknown("backups.inspect.why.manifest_unchecked")
    if tree.log:
        return unknown("backups.inspect.why.log_unchecked")
    return yes("backups.inspect.why.manifest_held")


def _held(manifest: Manifest, tree: Tree) -> Iterator[Problem]:
    """Each file of the manifest against what was found."""
    missing = [name for name in manifest.files if name not in tree.sizes]
    short = [n for n, f in manifest.files.items() if n in tree.sizes and tree.sizes[n] < f.size]
    changed = [
        n
        for n, f in manifest.files.items()
        if n in tree.digests
        and n not in short
        and (tree.sizes[n] != f.size or tree.digests[n] != f.checksum)
    ]
    for names, mark, code in (
        (missing, Mark.COMPLETE, "file_missing"),
        (short, Mark.COMPLETE, "file_short"),
        (changed, Mark.INTACT, "file_changed"),
    ):
        for name in names[:NAMED]:
            yield breaking(mark, f"backups.inspect.{code}", file=name)
        if len(names) > NAMED:
            yield breaking(mark, f"backups.inspect.{code}_more", count=len(names) - NAMED)
    extra = [n for n in tree.sizes if n not in manifest.files and not n.startswith(UNLISTED)]
    if extra:
        yield told("backups.inspect.file_extra", file=extra[0], count=len(extra))


def _tree(asked: Asked, manifest: Manifest | None) -> Tree:
    tree = Tree()
    if asked.path.is_file():
        tree.is_tar = True
        _tar(asked, asked.path, "", manifest, tree)
        return tree
    tars = sorted(p for p in asked.path.iterdir() if TAR.fullmatch(p.name))
    if not tars:
        _folder(asked, manifest, tree)
    tree.is_tar = bool(tars)
    for path in tars:
        stem = path.name.split(".")[0]
        inner = {"base": "", "pg_wal": "pg_wal/"}.get(stem, f"pg_tblspc/{stem}/")
        _tar(asked, path, inner, manifest, tree)
    return tree


def _folder(asked: Asked, manifest: Manifest | None, tree: Tree) -> None:
    for path in _files(asked.path):
        name = path.relative_to(asked.path).as_posix()
        with path.open("rb") as file:
            _add(name, path.stat().st_size, file.read, manifest, tree)


def _files(folder: Path) -> Iterator[Path]:
    """Every file below; links to folders are tablespaces and followed one step."""
    for entry in sorted(folder.iterdir()):
        if entry.is_dir():
            yield from _files(entry)
        elif entry.is_file():
            yield entry


def _tar(asked: Asked, path: Path, inner: str, manifest: Manifest | None, tree: Tree) -> None:
    with Unpacked(path) as file:
        try:
            for member in members(file):
                if member.is_file:
                    _add(inner + member.name, member.size, member.read, manifest, tree)
                asked.progress(file.taken)
            while file.read(CHUNK):
                pass
        except BadTar as error:
            code = "archive_cut" if error.ended else "tar_bad"
            mark = Mark.COMPLETE if error.ended else Mark.INTACT
            tree.problems.append(breaking(mark, f"backups.inspect.{code}"))
        except Damaged as error:
            mark = Mark.COMPLETE if error.what == CUT else Mark.INTACT
            code = f"backups.inspect.packing_{error.what}"
            tree.problems.append(breaking(mark, code, packing=file.packing, at=error.at))
            tree.problems.append(breaking(Mark.RESTORABLE, code, packing=file.packing, at=error.at))


def _add(name: str, size: int, read: object, manifest: Manifest | None, tree: Tree) -> None:
    tree.sizes[name] = size
    reader = read if callable(read) else None
    assert reader is not None
    if name.startswith("pg_wal/"):
        tree.log[name.removeprefix("pg_wal/")] = (size, reader(40) if size else b"")
        return
    if name == LABEL:
        data = reader(1 << 20)
        tree.label = data.decode("utf-8", "replace")
        pieces: Iterator[bytes] = iter([data])
    else:
        pieces = iter(lambda: reader(CHUNK), b"")
    listed = manifest.files.get(name) if manifest else None
    if listed is not None and listed.algorithm:
        tree.digests[name] = digest(listed.algorithm, pieces)
    else:
        for _ in pieces:
            pass
