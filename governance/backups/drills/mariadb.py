"""A scratch database in MariaDB or MySQL, restored into with its own client."""

from __future__ import annotations

import os
import secrets as chance
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit, urlunsplit

import pymysql

from checks.dictionary import Title
from governance.backups.content.compressed import Stream, head_of
from governance.backups.drills.plain import for_mysql
from governance.backups.drills.process import restore
from governance.backups.drills.scratch import PREFIX, Limits, Made, Names, Restored
from governance.config.model import SourceConfig
from governance.errors import ConfigError, SourceRefused, SourceUnavailable

CONNECT_SECONDS = 10
CLIENTS = ("mariadb", "mysql")
TLS = {"ssl_ca": "ssl-ca", "ssl_cert": "ssl-cert", "ssl_key": "ssl-key"}
# Rights on everything that let nobody do harm.
HARMLESS = ("USAGE", "PROXY")


@contextmanager
def opened(url: str) -> Iterator[MariaDB]:
    """Raises ConfigError for a server that must not be used, SourceUnavailable for one that does
    not answer."""
    try:
        parts = urlsplit(url)
        port = parts.port or 3306
    except ValueError:
        raise ConfigError("backups.drill.address") from None
    options = dict(parse_qsl(parts.query))
    try:
        admin = pymysql.connect(
            host=parts.hostname or "localhost",
            port=port,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            database=unquote(parts.path.strip("/")) or None,
            unix_socket=options.get("unix_socket"),
            ssl_ca=options.get("ssl_ca"),
            connect_timeout=CONNECT_SECONDS,
            autocommit=True,
            charset="utf8mb4",
            # It says nothing for as long as a restore takes.
            init_command="SET SESSION wait_timeout = 604800",
        )
    except (pymysql.err.Error, OSError, RuntimeError):
        raise SourceUnavailable("backups.drill.unreachable", host=parts.hostname or "") from None
    try:
        server = MariaDB(url, admin, False)
        server.refuse_full(unquote(parts.path.strip("/")))
        yield MariaDB(url, admin, server.reaches_far())
    finally:
        admin.close()


@dataclass(frozen=True)
class MariaDB:
    """`is_strong`: the account has rights beyond single databases, so that restores run as one that
    we make."""

    url: str
    admin: Any
    is_strong: bool

    def refuse_full(self, database: str) -> None:
        query = "SELECT count(*) FROM information_schema.tables WHERE table_schema = %s"
        if database and self._ask(query, database)[0][0]:
            raise ConfigError("backups.drill.not_empty", database=database)

    def reaches_far(self) -> bool:
        grants = [str(row[0]).upper() for row in self._ask("SHOW GRANTS")]
        ours = f"`{PREFIX}".upper().replace("_", "\\_")

        def is_narrow(grant: str) -> bool:
            rights, _, where = grant.removeprefix("GRANT ").partition(" ON ")
            return rights in HARMLESS or where.startswith((ours, ours.replace("\\_", "_")))

        return not all(is_narrow(grant) for grant in grants)

    def leftovers(self, names: Names) -> tuple[str, ...]:
        asked = "SELECT schema_name FROM information_schema.schemata"
        found = [str(n) for (n,) in self._ask(asked) if str(n).startswith(names.prefix)]
        for name in found:
            self._ask(f"DROP DATABASE IF EXISTS {_quoted(name)}")
        if self.is_strong:
            start = _account(names, "")
            for user, host in self._ask("SELECT user, host FROM mysql.user"):
                if str(user).startswith(start):
                    self._ask("DROP USER IF EXISTS %s@%s", user, host)
        return tuple(found)

    def make(self, name: str, names: Names) -> Made:
        parts = urlsplit(self.url)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        try:
            self._ask(f"CREATE DATABASE {_quoted(name)} CHARACTER SET utf8mb4")
            if self.is_strong:
                user, password = _account(names, name), chance.token_hex(24)
                self._ask("CREATE USER %s@'%%' IDENTIFIED BY %s", user, password)
                # In a grant an underscore stands for any character.
                only = _quoted(name.replace("_", "\\_"))
                self._ask(f"GRANT ALL PRIVILEGES ON {only}.* TO %s@'%%'", user)
        except pymysql.err.Error as error:
            self._undo(name, user)
            raise SourceRefused("backups.drill.not_made", reason=_said(error)) from None
        host = parts.netloc.rpartition("@")[2]
        login = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
        url = urlunsplit(parts._replace(scheme="mysql", netloc=f"{login}@{host}", path=f"/{name}"))
        source = SourceConfig(name, "mysql", Title(name, name), url=url, timeout=timedelta(hours=1))
        secrets = tuple({password, unquote(parts.password or ""), parts.password or ""} - {""})
        return Made(name, source, secrets)

    def restore(self, made: Made, path: Path, limits: Limits) -> Restored:
        head = b"" if path.is_dir() else head_of(path)
        if (
            path.is_dir()
            or head.startswith((b"PGDMP", b"SQLite format 3"))
            or (b"-- PostgreSQL database dump" in head[:400])
        ):
            raise SourceRefused("backups.drill.other_kind", file=path.name, kind="mysql")
        client = next((name for name in CLIENTS if shutil.which(name)), None)
        if client is None:
            raise SourceRefused("backups.drill.no_client", client=CLIENTS[0])
        with _defaults(made) as defaults:
            command = (
                # Binary mode: no command of the client itself is carried out, be it `\!` or
                # `source`; the server alone decides what the rest may do.
                client, f"--defaults-file={defaults}", "--binary-mode", "--local-infile=0",
                "--batch", "--silent", "--max-allowed-packet=1G", f"--database={made.name}",
            )  # fmt: skip
            return restore(command, {}, limits, made.secrets, _whole(path, limits))

    def drop(self, made: Made) -> None:
        user = unquote(urlsplit(made.source.url or "").username or "")
        self._undo(made.name, user)

    def _undo(self, name: str, user: str) -> None:
        self._ask(f"DROP DATABASE IF EXISTS {_quoted(name)}")
        if self.is_strong and user.startswith(PREFIX):
            self._ask("DROP USER IF EXISTS %s@'%%'", user)

    def _ask(self, query: str, *values: object) -> tuple[tuple[Any, ...], ...]:
        with self.admin.cursor() as cursor:
            cursor.execute(query, values or None)
            return tuple(cursor.fetchall())


def _whole(path: Path, limits: Limits) -> Iterator[bytes]:
    stream = Stream(path, lambda _: None, limits.stop)
    yield from for_mysql(stream.blocks(), path.name)
    for problem in stream.problems:
        if problem.breaks:
            raise SourceRefused(problem.code, **problem.params)


@contextmanager
def _defaults(made: Made) -> Iterator[str]:
    """The client's options in a file for this user alone: a command line is for all to read."""
    parts = urlsplit(made.source.url or "")
    options = dict(parse_qsl(parts.query))
    lines = {
        "host": parts.hostname or "localhost",
        "port": str(parts.port or 3306),
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        **{TLS[name]: value for name, value in options.items() if name in TLS},
    }
    if "unix_socket" in options:
        lines["socket"] = options["unix_socket"]
    else:
        lines["protocol"] = "tcp"
    handle, path = tempfile.mkstemp(prefix="duiqi-drill-")  # 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("[client]\n")
            file.writelines(f"{name}={_escaped(value)}\n" for name, value in lines.items())
        yield path
    finally:
        Path(path).unlink(missing_ok=True)


def _escaped(value: str) -> str:
    kept = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{kept}"'


def _account(names: Names, name: str) -> str:
    """An account's name has 32 characters at most."""
    return f"{PREFIX}{names.mark}_{name[-10:]}"


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _said(error: pymysql.err.Error) -> str:
    return str(error.args[1]) if len(error.args) > 1 else type(error).__name__
