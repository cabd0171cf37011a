"""A folder of archived segments of PostgreSQL's log, packed or plain, here or a level below."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from checks.backups.model import Mark, Problem
from checks.backups.wal import SIZES, holes, listing, runs, segment
from governance.backups.inspect.detect import WAL, WAL_NAME
from governance.backups.inspect.model import Asked, Seen, breaking, doubtful, told, unknown, yes
from governance.backups.inspect.packing import CHUNK, Damaged, Unpacked
from governance.backups.inspect.pgwal import HEADER, WIDTH, Page, first_page, held, size_told

NAMED = 5


def wal(asked: Asked) -> Seen:
    files = {path.name[:WIDTH]: path for path in segments(asked.path)}
    problems: list[Problem] = []
    pages, sizes, packed, checked = _read(asked, files, problems)
    size = size_told(pages)
    problems += _gaps(files, size)
    for name in files:
        if name in sizes:
            problems += held(name, _address(name, size), size, sizes[name], pages.get(name))
    problems.append(told("backups.inspect.no_time"))
    verified = files and packed == len(files) == checked
    return Seen(
        kind=WAL,
        ended=yes("backups.inspect.why.no_holes", count=len(files)),
        intact=(
            yes("backups.inspect.why.checksum_each")
            if verified
            else unknown("backups.inspect.why.log_unchecked")
        ),
        problems=tuple(problems),
    )


def segments(path: Path) -> Iterator[Path]:
    """Whole segments, by their names."""
    if path.is_file():
        yield path
        return
    for entry in sorted(path.rglob("*")):
        if entry.is_file() and WAL_NAME.fullmatch(entry.name):
            yield entry


def _read(
    asked: Asked, files: dict[str, Path], problems: list[Problem]
) -> tuple[dict[str, Page | None], dict[str, int], int, int]:
    """Each segment to its end: first page, unpacked size, how many were packed and how many of
    these bear checksums that hold."""
    pages: dict[str, Page | None] = {}
    sizes: dict[str, int] = {}
    packed = checked = 0
    for name, path in files.items():
        if path.suffix in (".lz4", ".br", ".lzo"):
            problems.append(
                doubtful(Mark.COMPLETE, "backups.inspect.not_unpacked", packing=path.suffix[1:])
            )
            continue
        with Unpacked(path) as file:
            packed += file.packing is not None
            try:
                pages[name] = first_page(file.read(HEADER))
                while file.read(CHUNK):
                    pass
                sizes[name] = file.given
                checked += file.checked is True
            except Damaged:
                problems.append(
                    breaking(Mark.INTACT, "backups.inspect.segment_wrong", segment=name)
                )
            asked.progress(file.taken)
    return pages, sizes, packed, checked


def _gaps(files: dict[str, Path], size: int) -> Iterator[Problem]:
    names = listing(path.name for path in files.values()).segments
    try:
        found = holes(runs(names, size), size)
    except ValueError:
        yield doubtful(Mark.COMPLETE, "backups.inspect.segment_names", size=size)
        return
    for hole in found[:NAMED]:
        yield breaking(
            Mark.COMPLETE,
            "backups.inspect.hole",
            first=hole.first,
            last=hole.last,
            count=hole.count,
        )


def _address(name: str, size: int) -> int:
    try:
        return segment(name, size).number * size if size in SIZES else 0
    except ValueError:
        return 0
