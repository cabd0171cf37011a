"""What a tool printed about its backups, saved as JSON. It says, and proves nothing."""

from __future__ import annotations

from governance.backups.inspect.detect import CATALOGUE
from governance.backups.inspect.model import Asked, Seen, unknown
from governance.backups.inspect.textdump import damage, ends_of


def catalogue(asked: Asked) -> Seen:
    only_told = unknown("backups.inspect.why.only_told")
    return Seen(CATALOGUE, only_told, only_told, problems=tuple(damage(ends_of(asked))))
