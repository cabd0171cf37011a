"""Archives of pg_dump: custom, directory and tar, read to their last byte without pg_restore.

The table of contents says what should be there; only the data itself shows that it is. Data packed
with zlib bears a checksum, the table of contents none, so an archive alone is never called intact.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from checks.backups.model import Basis, Mark, Problem, Verdict
from governance.backups.inspect.clock import in_zone, told_time
from governance.backups.inspect.detect import PG_CUSTOM, PG_DIRECTORY, PG_TAR
from governance.backups.inspect.model import Asked, Seen, breaking, doubtful, no, told, unknown, yes
from governance.backups.inspect.packing import CHUNK, Damaged, Unpacked
from governance.backups.inspect.pgtoc import GZIP, Archive, BadToc, Entry, Toc
from governance.backups.inspect.tarwalk import BadTar, Member, members

DATA, BLOBS = 1, 3
# What closes the rows of a table in COPY form, with the empty lines that pg_dump adds.
CLOSING = b"\\.\n\n\n"
TABLE, TABLE_DATA = "TABLE", "TABLE DATA"


@dataclass
class Rows:
    """Counts the rows of one table's data as it passes, and sees whether it is closed."""

    lines: int = 0
    tail: bytes = b""

    def add(self, piece: bytes) -> None:
        self.lines += piece.count(b"\n")
        self.tail = (self.tail + piece)[-len(CLOSING) :]

    @property
    def closed(self) -> bool:
        return self.tail == CLOSING

    @property
    def rows(self) -> int:
        return self.lines - CLOSING.count(b"\n")


@dataclass
class Reading:
    """What was found so far. `bad` says why reading stopped: a problem's code and parameters."""

    toc: Toc | None = None
    seen: dict[int, Rows] = field(default_factory=dict)
    bad: tuple[str, dict[str, object]] | None = None
    corrupt: bool = False
    verified: int = 0
    unread: set[str] = field(default_factory=set)
    outer: bool | None = None

    def stop(self, code: str, *, corrupt: bool = False, **params: object) -> None:
        if self.bad is None:
            self.bad, self.corrupt = (f"backups.inspect.{code}", params), corrupt


class _Stop(Exception):
    pass


def custom(asked: Asked) -> Seen:
    return _seen(asked, PG_CUSTOM, _through(asked, _custom))


def tar(asked: Asked) -> Seen:
    return _seen(asked, PG_TAR, _through(asked, _tar))


def _through(asked: Asked, walk: Callable[[Unpacked, Reading], None]) -> Reading:
    """Walks one file to its end; what its compression says counts for all of it."""
    reading = Reading()
    with Unpacked(asked.path) as file:
        try:
            walk(file, reading)
            while file.read(CHUNK):  # what is left is padding, but its checksum counts
                asked.progress(file.taken)
        except BadToc as error:
            reading.stop("toc_cut" if error.ended else "toc_bad", corrupt=not error.ended)
        except BadTar as error:
            reading.stop("archive_cut" if error.ended else "tar_bad", corrupt=not error.ended)
        except Damaged as error:
            code = f"packing_{error.what}"
            reading.stop(code, corrupt=True, packing=file.packing, at=error.at)
        except _Stop:
            pass
        reading.outer = file.checked
    return reading


def _custom(file: Unpacked, reading: Reading) -> None:
    archive = Archive(file)
    toc = reading.toc = archive.toc()
    by_id = {entry.id: entry for entry in toc.entries}
    while kind := file.read(1):
        try:
            number = archive.integer()
            entry = by_id.get(number)
            if entry is None or kind[0] not in (DATA, BLOBS):
                reading.stop("block_bad", corrupt=True)
                raise _Stop
            if kind[0] == DATA:
                reading.seen[number] = _block(archive, toc, entry, reading)
            else:
                while archive.integer():
                    _block(archive, toc, entry, reading)
                reading.seen[number] = Rows()
        except BadToc as error:
            reading.stop("archive_cut" if error.ended else "block_bad", corrupt=not error.ended)
            raise _Stop from error


def _block(archive: Archive, toc: Toc, entry: Entry, reading: Reading) -> Rows:
    """One run of data: pieces with their lengths, a zero behind the last."""
    rows = Rows()
    inflating = zlib.decompressobj() if toc.packing == GZIP else None
    while size := archive.integer():
        if size < 0:
            raise BadToc(ended=False)
        while size:
            piece = archive.take(min(size, CHUNK))
            size -= len(piece)
            _feed(rows, piece, inflating, entry, reading)
    if inflating is not None:
        if not inflating.eof:
            reading.stop("data_bad", corrupt=True, table=entry.table)
            raise _Stop
        reading.verified += 1
    return rows


def _feed(
    rows: Rows, piece: bytes, inflating: zlib._Decompress | None, entry: Entry, reading: Reading
) -> None:
    if inflating is None:
        rows.add(piece)
        return
    try:
        while piece:
            rows.add(inflating.decompress(piece, CHUNK))
            piece = inflating.unconsumed_tail
    except zlib.error as error:
        reading.stop("data_bad", corrupt=True, table=entry.table)
        raise _Stop from error


def _tar(file: Unpacked, reading: Reading) -> None:
    files: dict[str, Entry] = {}
    for member in members(file):
        if member.name == "toc.dat":
            reading.toc = Archive(member).toc()
            files = {entry.file: entry for entry in reading.toc.entries if entry.file}
        elif member.name in files:
            entry = files[member.name]
            reading.seen[entry.id] = _counted(member)


def _counted(member: Member) -> Rows:
    rows = Rows()
    while member.left:
        rows.add(member.read(CHUNK))
    return rows


def directory(asked: Asked) -> Seen:
    """A folder: `toc.dat`, and a file for each table, mostly packed with gzip."""
    reading = Reading()
    path = asked.path / "toc.dat"
    if not path.is_file():
        reading.stop("part_missing", file="toc.dat")
        return _seen(asked, PG_DIRECTORY, reading)
    try:
        with Unpacked(path) as file:
            toc = reading.toc = Archive(file).toc()
    except (BadToc, Damaged):
        reading.stop("toc_cut")
        return _seen(asked, PG_DIRECTORY, reading)
    for entry in toc.entries:
        if entry.file:
            reading.seen[entry.id] = _file_of(asked, entry, reading)
    _blob_files(asked, reading)
    return _seen(asked, PG_DIRECTORY, reading)


def _file_of(asked: Asked, entry: Entry, reading: Reading) -> Rows:
    rows = Rows()
    name = Path(entry.file or "").name  # a hostile name leads nowhere else
    found = _found(asked.path, name)
    if found is None:
        reading.stop("part_missing", file=name)
        return rows
    if found.suffix == ".lz4":  # nothing here unpacks it
        reading.unread.add(entry.table)
        return rows
    with Unpacked(found) as file:
        try:
            while piece := file.read(CHUNK):
                rows.add(piece)
                asked.progress(file.taken)
        except Damaged:
            reading.stop("part_bad", corrupt=True, file=found.name)
        reading.verified += file.checked is True
    return rows


def _found(folder: Path, name: str) -> Path | None:
    tried = (folder / f"{name}{suffix}" for suffix in ("", ".gz", ".lz4", ".zst"))
    return next((path for path in tried if path.is_file()), None)


def _blob_files(asked: Asked, reading: Reading) -> None:
    """Large objects lie in files of their own, which a list names."""
    for listing in sorted(asked.path.glob("blobs*.toc")):
        for line in listing.read_text("utf-8", "replace").splitlines():
            name = Path(line.partition(" ")[2]).name
            if name and _found(asked.path, name) is None:
                reading.stop("part_missing", file=name)


def _seen(asked: Asked, kind: str, reading: Reading) -> Seen:
    toc = reading.toc
    problems = [*_unread(reading)] if toc else []
    if reading.bad is not None:
        problems.insert(0, breaking(Mark.COMPLETE, reading.bad[0], **reading.bad[1]))
    problems += _traps(toc)
    fresh, assumed = (
        in_zone(toc.created, None, asked.zone) if toc and toc.created else (None, False)
    )
    problems += told_time(asked, fresh, assumed)
    broken = next((p for p in problems if p.breaks), None)
    ended = (
        yes("backups.inspect.why.read_whole") if toc else unknown("backups.inspect.why.not_read")
    )
    return Seen(
        kind=kind,
        ended=no(broken.code, **broken.params) if broken else ended,
        intact=_intact(reading),
        fresh_at=fresh,
        basis=Basis.START if fresh else None,
        lost=no(broken.code, **broken.params) if broken else None,
        tables=_tables(toc) if toc else None,
        rows=_rows(reading),
        databases=(toc.database,) if toc and toc.database else None,
        problems=tuple(problems),
    )


def _unread(reading: Reading) -> Iterator[Problem]:
    """Data that the table of contents promises and that is not there or breaks off."""
    assert reading.toc is not None
    if reading.bad is not None:
        return
    for entry in reading.toc.entries:
        if not entry.has_data and not entry.file:
            continue
        rows = reading.seen.get(entry.id)
        if rows is None and (entry.has_data or entry.what == TABLE_DATA):
            yield breaking(Mark.COMPLETE, "backups.inspect.data_missing", table=entry.table)
        elif rows is not None and _counts(reading, entry) and not rows.closed:
            yield breaking(Mark.COMPLETE, "backups.inspect.data_cut", table=entry.table)
    if reading.unread:
        yield doubtful(Mark.COMPLETE, "backups.inspect.not_unpacked", packing="lz4")


def _counts(reading: Reading, entry: Entry) -> bool:
    """Whether the data of a table was seen as text."""
    assert reading.toc is not None
    readable = reading.toc.packing <= GZIP or reading.toc.form != 1
    return (
        entry.what == TABLE_DATA and entry.copies and readable and entry.table not in reading.unread
    )


def _rows(reading: Reading) -> dict[str, int | None]:
    if reading.toc is None:
        return {}
    return {
        entry.table: reading.seen[entry.id].rows if _counts(reading, entry) else None
        for entry in reading.toc.entries
        if entry.what == TABLE_DATA and entry.id in reading.seen
    }


def _tables(toc: Toc) -> tuple[str, ...]:
    """Tables whose data is in it; one that is only defined would come back empty."""
    return tuple(dict.fromkeys(e.table for e in toc.entries if e.what == TABLE_DATA))


def _intact(reading: Reading) -> Verdict:
    if reading.bad is not None:
        code, params = reading.bad
        return no(code, **params) if reading.corrupt else unknown("backups.inspect.why.not_read")
    if reading.outer:
        return yes("backups.inspect.why.checksum_outer")
    if reading.verified:
        return unknown("backups.inspect.why.toc_unchecked")
    return unknown("backups.inspect.why.no_checksum")


def _traps(toc: Toc | None) -> Iterator[Problem]:
    if toc is None:
        return
    if any(entry.what == TABLE for entry in toc.entries) and not _tables(toc):
        yield told("backups.inspect.schema_only")
    if not any(entry.what == TABLE for entry in toc.entries) and _tables(toc):
        yield told("backups.inspect.data_only")
