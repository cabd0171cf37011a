"""Where a drill restores to: a database of our own, made empty and dropped again.

Whatever a dump holds runs with the rights of an account that owns nothing but this database.
"""

from __future__ import annotations

import hashlib
import re
import socket
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from governance.config.model import Config, SourceConfig
from governance.errors import ConfigError
from governance.sources.target import SCHEMES

PREFIX = "duiqi_drill_"
PORTS = {"postgresql": 5432, "mysql": 3306, "mariadb": 3306}
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", ""})


@dataclass(frozen=True)
class Names:
    """What our scratch databases of one system are called. `mark` is this home's and this
    system's alone, so that a leftover is known for our own and another home's is left alone."""

    prefix: str
    mark: str

    @classmethod
    def of(cls, system: str, secret: str) -> Names:
        mark = hashlib.sha256(f"drill\x1f{secret}\x1f{system}".encode()).hexdigest()[:8]
        plain = re.sub(r"[^a-z0-9]+", "_", system.lower())[:20]
        return cls(f"{PREFIX}{plain}_{mark}_", mark)

    def at(self, now: datetime) -> str:
        return f"{self.prefix}{now:%Y%m%d%H%M%S}"


@dataclass(frozen=True)
class Made:
    """A scratch database. `source` reads it with the account that restored into it, `secrets` are
    struck out of every log."""

    name: str
    source: SourceConfig
    secrets: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Limits:
    """How long a restore may take, and who may end it sooner."""

    timeout: timedelta
    stop: Callable[[], bool]


@dataclass(frozen=True)
class Restored:
    """How a restore ended; `log` is what the tool said, without secrets."""

    ok: bool
    log: str = ""
    code: str | None = None
    params: Mapping[str, str] = field(default_factory=dict)


class Scratch(Protocol):
    """One target, opened."""

    def leftovers(self, names: Names) -> tuple[str, ...]:
        """Drop what earlier drills of ours left, and say what it was."""
        ...

    def make(self, name: str, names: Names) -> Made:
        """A new, empty database. Raises GovernanceError where that cannot be had."""
        ...

    def restore(self, made: Made, path: Path, limits: Limits) -> Restored:
        """Bring the backup at `path` back into it. Raises GovernanceError for a backup that this
        target cannot take, or one that reaches outside."""
        ...

    def drop(self, made: Made) -> None: ...


def opened(target: str, config: Config) -> AbstractContextManager[Scratch]:
    """The target, checked. Raises ConfigError for one that must not be used: a watched source, a
    database that is not empty, an account that could do harm and cannot be narrowed."""
    if "://" not in target:
        from governance.backups.drills.copies import opened as in_folder

        return in_folder(Path(target), config)
    kind = SCHEMES.get(target.partition("://")[0].partition("+")[0].lower())
    if kind not in PORTS:
        raise ConfigError("backups.drill.target", allowed="postgresql, mysql, mariadb, sqlite")
    refuse_watched(target, config)
    if kind == "postgresql":
        from governance.backups.drills.postgres import opened as in_postgres

        return in_postgres(target)
    from governance.backups.drills.mariadb import opened as in_mariadb

    return in_mariadb(target)


def refuse_watched(target: str, config: Config) -> None:
    """Raises ConfigError where `target` is the database of a watched source."""
    wanted = _place(target)
    for source in config.sources:
        if source.url is not None and _is_same(wanted, _place(source.url)):
            raise ConfigError("backups.drill.watched", source=source.name)


@dataclass(frozen=True)
class _Place:
    kind: str
    host: str
    port: int
    database: str


def _place(url: str) -> _Place:
    scheme = url.partition("://")[0].partition("+")[0].lower()
    kind = SCHEMES.get(scheme, scheme).replace("mariadb", "mysql")
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(kind, 0)
    except ValueError:
        raise ConfigError("backups.drill.address") from None
    return _Place(kind, (parts.hostname or "").lower(), port, unquote(parts.path.strip("/")))


def _is_same(one: _Place, other: _Place) -> bool:
    alike = (one.kind, one.port, one.database) == (other.kind, other.port, other.database)
    return alike and bool(one.database) and bool(_addresses(one.host) & _addresses(other.host))


def _addresses(host: str) -> frozenset[str]:
    """All that a name stands for. One that nobody knows stands for itself."""
    if host in LOOPBACK:
        return LOOPBACK
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, None)}
    except OSError:
        found = set()
    return LOOPBACK | found if found & LOOPBACK else frozenset({host, *found})
