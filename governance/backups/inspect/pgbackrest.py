"""A repository of pgBackRest, read as it lies: its books, every stored file, the archived log.

The tool's own `info` and `verify` are content with a log that has a hole (measured with 2.45), so
segments are counted here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from checks.backups.model import Basis, Mark, Problem
from checks.backups.wal import Hole, holes, listing, name_of, runs, segment
from governance.backups.inspect.detect import PGBACKREST
from governance.backups.inspect.model import Asked, Seen, breaking, doubtful, no, told, unknown, yes
from governance.backups.inspect.packing import CHUNK, Damaged, Unpacked
from governance.backups.inspect.pgbackrest_files import BadBook, Stored, book, stored_files
from governance.backups.inspect.pgwal import HEADER, first_page, size_told
from governance.backups.inspect.walfolder import segments

NAMED = 5


@dataclass
class Found:
    """What was seen of a repository. `lost`: the newest backup itself cannot come back."""

    problems: list[Problem] = field(default_factory=list)
    unverified: int = 0
    verified: int = 0
    newest: datetime | None = None
    lost: Problem | None = None
    is_open: bool = True


def pgbackrest(asked: Asked) -> Seen:
    found = Found()
    stanzas = sorted(
        {p.name for part in ("backup", "archive") for p in (asked.path / part).glob("*")}
    )
    for stanza in stanzas:
        try:
            _stanza(asked, stanza, found)
        except (KeyError, ValueError, TypeError, AttributeError):  # another version's books
            found.problems.append(doubtful(Mark.COMPLETE, "backups.inspect.odd", file=stanza))
            found.unverified += 1
    if not found.is_open:
        intact = unknown("backups.inspect.encrypted")
    elif found.unverified or not found.verified:
        intact = unknown("backups.inspect.why.partly", count=found.unverified)
    else:
        intact = yes("backups.inspect.why.repository", count=found.verified)
    return Seen(
        kind=PGBACKREST,
        ended=yes("backups.inspect.why.chain_whole"),
        intact=intact,
        fresh_at=found.newest,
        basis=Basis.STOP if found.newest else None,
        lost=no(found.lost.code, **found.lost.params) if found.lost else None,
        problems=tuple(found.problems),
    )


def _stanza(asked: Asked, stanza: str, found: Found) -> None:
    folder = asked.path / "backup" / stanza
    try:
        backups: Mapping[str, Any] = book(folder / "backup.info").get("backup:current", {})
    except BadBook as error:
        _bad_book(error, f"backup/{stanza}/backup.info", found)
        return
    if not backups:
        found.problems.append(breaking(Mark.COMPLETE, "backups.inspect.no_backup", stanza=stanza))
        return
    labels = sorted(backups, key=lambda name: backups[name]["backup-timestamp-stop"])
    newest = labels[-1]
    stopped = datetime.fromtimestamp(backups[newest]["backup-timestamp-stop"], UTC)
    found.newest = max(stopped, found.newest or stopped)
    if backups[newest].get("backup-error"):
        found.problems.append(breaking(Mark.INTACT, "backups.inspect.page_errors", backup=newest))
    seen: set[tuple[Path, int]] = set()
    for label in reversed(labels):
        before = len(found.problems)
        _backup(folder, label, backups, found, seen)
        new = found.problems[before:]
        if label == newest and found.lost is None:
            found.lost = next((p for p in new if p.breaks and p.mark is Mark.COMPLETE), None)
        asked.progress(len(seen))
    _log(asked.path / "archive" / stanza, [backups[label] for label in labels], found)


def _bad_book(error: BadBook, name: str, found: Found) -> None:
    if error.what == "encrypted":
        found.is_open = False
        found.problems.append(doubtful(Mark.COMPLETE, "backups.inspect.encrypted"))
    elif error.what == "missing":
        found.problems.append(breaking(Mark.COMPLETE, "backups.inspect.file_missing", file=name))
    else:
        found.problems.append(breaking(Mark.INTACT, "backups.inspect.file_changed", file=name))
        found.problems.append(doubtful(Mark.COMPLETE, "backups.inspect.file_changed", file=name))


def _backup(
    folder: Path,
    label: str,
    backups: Mapping[str, Any],
    found: Found,
    seen: set[tuple[Path, int]],
) -> None:
    """One backup: what it builds on, and every file of it, each stored part once."""
    needs = backups[label].get("backup-reference") or []
    for other in needs:
        if other not in backups or not (folder / other).is_dir():
            found.problems.append(
                breaking(
                    Mark.COMPLETE, "backups.inspect.reference_missing", backup=label, needs=other
                )
            )
    try:
        files = stored_files(folder, label)
    except BadBook as error:
        _bad_book(error, f"{label}/backup.manifest", found)
        return
    except (KeyError, ValueError, TypeError):
        found.problems.append(doubtful(Mark.COMPLETE, "backups.inspect.odd", file=label))
        found.unverified += 1
        return
    gone = wrong = 0
    for stored in files:
        state = _state(stored, seen, found)
        gone, wrong = gone + (state == "missing"), wrong + (state == "changed")
        if state and (gone if state == "missing" else wrong) <= NAMED:
            mark = Mark.COMPLETE if state == "missing" else Mark.INTACT
            name = f"{label}/{stored.name}"
            found.problems.append(breaking(mark, f"backups.inspect.file_{state}", file=name))


def _state(stored: Stored, seen: set[tuple[Path, int]], found: Found) -> str | None:
    """`missing`, `changed` (shorter too), or None for what is right or was looked at before."""
    if not stored.place.is_file():
        return "missing"
    key = (stored.place, stored.offset)
    if key in seen:
        return None
    seen.add(key)
    if stored.packed is not None:
        right = _packed_hash(stored) == stored.packed
    elif stored.length is None and stored.plain and stored.place.suffix != ".lz4":
        right = _plain_hash(stored.place) == stored.plain
    else:
        found.unverified += 1
        return None
    found.verified += 1
    return None if right else "changed"


def _packed_hash(stored: Stored) -> str:
    hashed = hashlib.sha1(usedforsecurity=False)
    with stored.place.open("rb") as file:
        file.seek(stored.offset)
        left = stored.length if stored.length is not None else stored.place.stat().st_size
        while left > 0 and (piece := file.read(min(left, CHUNK))):
            hashed.update(piece)
            left -= len(piece)
    return hashed.hexdigest()


def _plain_hash(path: Path) -> str | None:
    hashed = hashlib.sha1(usedforsecurity=False)
    with Unpacked(path) as file:
        try:
            while piece := file.read(CHUNK):
                hashed.update(piece)
        except Damaged:
            return None
    return hashed.hexdigest()


def _log(folder: Path, backups: list[Mapping[str, Any]], found: Found) -> None:
    """The log of each cluster: each segment against the hash in its name, then holes."""
    newest = backups[-1]
    if not newest.get("backup-archive-start"):
        return  # an offline backup needs no log
    places = [p for p in sorted(folder.glob("*-*")) if p.is_dir()]
    names: set[str] = set()
    size = size_told({})
    for place in places:
        if not place.name.endswith(f"-{newest['db-id']}"):
            continue
        files = {path.name[:24]: path for path in segments(place)}
        names |= listing(path.name for path in files.values()).segments
        size = _segments(files, found) or size
    for problem in gaps(backups, names, size):
        found.problems.append(problem)
        if problem.code.endswith("log_missing") and found.lost is None:
            found.lost = problem


def _segments(files: Mapping[str, Path], found: Found) -> int | None:
    pages = {}
    for name, path in files.items():
        hashed = hashlib.sha1(usedforsecurity=False)
        told_hash = path.name.partition("-")[2].partition(".")[0]
        if path.suffix == ".lz4" or not told_hash:
            found.unverified += 1
            continue
        right = False
        with Unpacked(path) as file:
            try:
                pages[name] = first_page(start := file.read(HEADER))
                hashed.update(start)
                while piece := file.read(CHUNK):
                    hashed.update(piece)
                right = hashed.hexdigest() == told_hash
            except Damaged:
                pass
        found.verified += 1
        if not right:
            found.problems.append(
                breaking(Mark.INTACT, "backups.inspect.segment_wrong", segment=name)
            )
    return size_told(pages) if pages else None


def gaps(backups: list[Mapping[str, Any]], names: set[str], size: int) -> Iterator[Problem]:
    """What of the log is missing. `backups` in their order.

    Each backup needs the log from its start to its stop; from the newest on there may be no hole.
    Between older ones the log may have been let go on purpose, but then all of it up to the next.
    """
    newest = backups[-1]
    for one in reversed(backups):
        first, last = one.get("backup-archive-start"), one.get("backup-archive-stop")
        if first and last:
            lost = [name for name in _span(first, last, size) if name not in names]
            for name in lost[:NAMED]:
                code = (
                    "backups.inspect.log_missing" if one is newest else "backups.inspect.log_lost"
                )
                yield breaking(Mark.COMPLETE, code, segment=name)
    begins = newest["backup-archive-start"]
    for hole in holes(runs(names, size), size):
        params = {"first": hole.first, "last": hole.last, "count": hole.count}
        if hole.last >= begins or not _let_go(hole, backups, size):
            yield breaking(Mark.COMPLETE, "backups.inspect.hole", **params)
        else:
            yield told("backups.inspect.hole_old", **params)


def _span(first: str, last: str, size: int) -> list[str]:
    start, end = segment(first, size), segment(last, size)
    return [
        name_of(start._replace(number=number), size)
        for number in range(start.number, end.number + 1)
    ]


def _let_go(hole: Hole, backups: list[Mapping[str, Any]], size: int) -> bool:
    """Whether a hole goes right up to where a later backup begins, as expiry leaves it."""
    after = segment(hole.last, size).number + 1
    begins = {
        segment(one["backup-archive-start"], size).number
        for one in backups
        if one.get("backup-archive-start")
    }
    return after in begins
