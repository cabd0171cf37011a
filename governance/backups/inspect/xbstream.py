"""A stream of mariabackup or xtrabackup: pieces of files, each with a CRC-32.

A piece is `XBSTCK01`, flags, a type, the file's name, and for a payload its length, its place and
the checksum of its bytes; the last piece of each file says that it ends there.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field

from checks.backups.model import Basis, Mark, Problem, Verdict
from governance.backups.inspect.clock import in_zone, told_time
from governance.backups.inspect.detect import XBSTREAM
from governance.backups.inspect.mariabackup import CHECKPOINTS, INFO, LINE
from governance.backups.inspect.model import Asked, Seen, breaking, doubtful, no, told, unknown, yes
from governance.backups.inspect.packing import CHUNK, CUT, Damaged, Unpacked

MAGIC = b"XBSTCK01"
PAYLOAD, SPARSE, END = b"P", b"S", b"E"
SMALL = 1 << 16
MOST_HOLES = 1 << 20


@dataclass
class Pieces:
    """What passed by. `open` are files whose end has not come."""

    open: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    small: dict[str, bytes] = field(default_factory=dict)
    bad: tuple[Mark, str] | None = None


def xbstream(asked: Asked) -> Seen:
    pieces = Pieces()
    with Unpacked(asked.path) as file:
        try:
            while pieces.bad is None and _piece(file, pieces):
                asked.progress(file.taken)
        except Damaged as error:
            mark = Mark.COMPLETE if error.what == CUT else Mark.INTACT
            pieces.bad = (mark, f"packing_{error.what}")
        packing, at = file.packing or "xbstream", file.taken
    problems: list[Problem] = []
    if pieces.bad is not None:
        mark, code = pieces.bad
        problems.append(breaking(mark, f"backups.inspect.{code}", packing=packing, at=at))
        problems.append(
            breaking(Mark.RESTORABLE, f"backups.inspect.{code}", packing=packing, at=at)
        )
    for name in sorted(pieces.open)[:3] if pieces.bad is None else []:
        problems.append(breaking(Mark.COMPLETE, "backups.inspect.file_short", file=name))
    return _seen(asked, pieces, problems)


def _seen(asked: Asked, pieces: Pieces, problems: list[Problem]) -> Seen:
    points, info = (_small(pieces, names) for names in (CHECKPOINTS, INFO))
    if pieces.bad is None and "backup_type" not in points:
        problems.append(
            breaking(Mark.COMPLETE, "backups.inspect.not_finished", file=CHECKPOINTS[0])
        )
    if points.get("backup_type") == "incremental":
        problems.append(doubtful(Mark.COMPLETE, "backups.inspect.base_elsewhere"))
    problems.append(told("backups.inspect.not_prepared"))
    fresh, assumed = in_zone(info.get("end_time", ""), None, asked.zone)
    problems += told_time(asked, fresh, assumed)
    tables = {
        "{}.{}".format(*name.removeprefix("./").split("/")).rsplit(".", 1)[0]
        for name in pieces.ended
        if name.removeprefix("./").count("/") == 1 and name.endswith((".ibd", ".frm"))
    }
    broken = next((p for p in problems if p.breaks and p.mark is Mark.COMPLETE), None)
    return Seen(
        kind=XBSTREAM,
        ended=yes("backups.inspect.why.tool_ended"),
        intact=_intact(pieces),
        fresh_at=fresh,
        basis=Basis.STOP if fresh else None,
        lost=no(broken.code, **broken.params) if broken else None,
        tables=tuple(sorted(tables)) if pieces.bad is None else None,
        problems=tuple(problems),
    )


def _intact(pieces: Pieces) -> Verdict:
    if pieces.bad is not None:
        return unknown("backups.inspect.why.not_read")
    return yes("backups.inspect.why.pieces_checked")


def _small(pieces: Pieces, names: tuple[str, ...]) -> dict[str, str]:
    data = next((d for n, d in pieces.small.items() if n.removeprefix("./") in names), b"")
    return dict(LINE.findall(data.decode("utf-8", "replace")))


def _piece(file: Unpacked, pieces: Pieces) -> bool:
    """One piece; False at the end of the stream."""
    head = file.read(len(MAGIC) + 6)
    if not head:
        return False
    if not head.startswith(MAGIC[: len(head)]):
        pieces.bad = (Mark.INTACT, "stream_bad")
        return False
    if len(head) < len(MAGIC) + 6:
        return _cut(pieces)
    kind, (length,) = head[9:10], struct.unpack_from("<I", head, 10)
    if length > 4096 or kind not in (PAYLOAD, SPARSE, END):
        pieces.bad = (Mark.INTACT, "stream_bad")
        return False
    name = file.read(length).decode("utf-8", "replace")
    if kind == END:
        pieces.ended.add(name)
        pieces.open.discard(name)
        return True
    pieces.open.add(name)
    return _payload(file, pieces, name, sparse=kind == SPARSE)


def _payload(file: Unpacked, pieces: Pieces, name: str, *, sparse: bool) -> bool:
    count = int.from_bytes(file.read(4), "little") if sparse else 0
    fixed = file.read(20)
    if len(fixed) < 20 or count > MOST_HOLES:
        return _cut(pieces)
    size, _, expected = struct.unpack("<QQI", fixed)
    file.read(8 * count)
    crc, kept, left = 0, pieces.small.get(name, b""), size
    while left:
        data = file.read(min(left, CHUNK))
        if not data:
            return _cut(pieces)
        crc = zlib.crc32(data, crc)
        left -= len(data)
        if len(kept) < SMALL and name.removeprefix("./") in (*CHECKPOINTS, *INFO):
            kept = pieces.small[name] = kept + data
    if crc == expected:
        return True
    pieces.bad = (Mark.INTACT, "stream_bad")
    return False


def _cut(pieces: Pieces) -> bool:
    pieces.bad = (Mark.COMPLETE, "archive_cut")
    return False
