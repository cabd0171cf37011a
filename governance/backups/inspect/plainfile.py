"""What lies there is nothing that is known: its compression can still be checked."""

from __future__ import annotations

from checks.backups.model import Problem
from governance.backups.inspect.detect import is_encrypted
from governance.backups.inspect.model import UNKNOWN, Asked, Seen, told, unknown
from governance.backups.inspect.textdump import damage, ends_of, intact


def plain(asked: Asked) -> Seen:
    ends = ends_of(asked)
    problems: list[Problem] = list(damage(ends))
    if ends.head.startswith(b"\x04\x22\x4d\x18"):
        problems.append(told("backups.inspect.not_unpacked", packing="lz4"))
    elif is_encrypted(ends.head):
        problems.append(told("backups.inspect.encrypted"))
    elif ends.size:
        problems.append(told("backups.inspect.not_known"))
    return Seen(
        kind=UNKNOWN,
        ended=unknown("backups.inspect.why.unknown_kind"),
        intact=intact(ends),
        problems=tuple(problems),
    )
