"""A scratch database in PostgreSQL, restored into with `psql` or `pg_restore`."""

from __future__ import annotations

import secrets as chance
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from checks.dictionary import Title
from governance.backups.content.compressed import Stream, compression, head_of
from governance.backups.content.compressed import opened as file
from governance.backups.drills.plain import for_psql
from governance.backups.drills.process import restore
from governance.backups.drills.scratch import Limits, Made, Names, Restored
from governance.config.model import SourceConfig
from governance.errors import ConfigError, SourceRefused, SourceUnavailable

CONNECT_SECONDS = 10
MAINTENANCE = "postgres"
# Who is one of these may run programs and read files of the server.
STRONG = ("pg_execute_server_program", "pg_read_server_files", "pg_write_server_files")
_RIGHTS = """
SELECT rolsuper, rolcreatedb OR rolsuper,
    EXISTS (SELECT FROM pg_roles AS s WHERE s.rolname = ANY(%s)
        AND pg_has_role(r.oid, s.oid, 'MEMBER'))
FROM pg_roles AS r WHERE rolname = current_user
"""
_TABLES = """
SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND n.nspname NOT LIKE 'pg\\_%'
    AND n.nspname <> 'information_schema'
"""
# What libpq takes from the environment, by the name it has in an address.
SETTINGS = {
    "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY", "connect_timeout": "PGCONNECT_TIMEOUT",
}  # fmt: skip


@contextmanager
def opened(url: str) -> Iterator[Postgres]:
    """Raises ConfigError for a server that must not be used, SourceUnavailable for one that does
    not answer."""
    scheme, _, rest = url.partition("://")
    address = f"{scheme.partition('+')[0]}://{rest}"
    parts = urlsplit(address)
    if not parts.path.strip("/"):
        address = urlunsplit(parts._replace(path=f"/{MAINTENANCE}"))
    try:
        admin = psycopg.connect(address, autocommit=True, connect_timeout=CONNECT_SECONDS)
    except psycopg.ProgrammingError:
        raise ConfigError("backups.drill.address") from None
    except psycopg.Error:
        raise SourceUnavailable("backups.drill.unreachable", host=parts.hostname or "") from None
    with admin:
        yield Postgres(address, admin, _is_strong(admin))


def _is_strong(admin: psycopg.Connection[Any]) -> bool:
    row = admin.execute(_RIGHTS, [list(STRONG)]).fetchone()
    assert row is not None
    is_super, may_create, is_strong = row
    (tables,) = admin.execute(_TABLES).fetchone() or (0,)
    if tables:
        raise ConfigError("backups.drill.not_empty", database=admin.info.dbname)
    if not may_create:
        raise ConfigError("backups.drill.may_not_create", account=admin.info.user)
    if is_strong and not is_super:
        raise ConfigError("backups.drill.too_strong", account=admin.info.user)
    return bool(is_super)


@dataclass(frozen=True)
class Postgres:
    """`is_strong`: the account is a superuser, so that restores run as one that we make."""

    url: str
    admin: psycopg.Connection[Any]
    is_strong: bool

    def leftovers(self, names: Names) -> tuple[str, ...]:
        query = "SELECT {} FROM {} WHERE starts_with({}, %s)"

        def ours(column: str, table: str) -> list[str]:
            column_, table_ = sql.Identifier(column), sql.Identifier(table)
            asked = sql.SQL(query).format(column_, table_, column_)
            return [str(n) for (n,) in self.admin.execute(asked, [names.prefix]).fetchall()]

        databases = ours("datname", "pg_database")
        for name in databases:
            self._drop_database(name)
        roles = ours("rolname", "pg_roles")
        if self.is_strong:
            for name in roles:
                self._drop_role(name)
        return tuple(databases)

    def make(self, name: str, names: Names) -> Made:  # noqa: ARG002 - another server needs them
        parts = urlsplit(self.url)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        ours = sql.Identifier(name)
        owner: sql.Composable = sql.SQL("")
        try:
            if self.is_strong:
                user, password = name, chance.token_hex(24)
                self._make_role(name, password)
                owner = sql.SQL(" OWNER {}").format(ours)
            self.admin.execute(
                sql.SQL("CREATE DATABASE {}{} TEMPLATE template0 ENCODING 'UTF8'").format(
                    ours, owner
                )
            )
        except psycopg.Error as error:
            if self.is_strong:
                self._drop_role(name)
            raise SourceRefused("backups.drill.not_made", reason=_said(error)) from None
        host = parts.netloc.rpartition("@")[2]
        login = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
        at = f"{login}@{host}" if login else host
        url = urlunsplit(parts._replace(netloc=at, path=f"/{name}"))
        source = SourceConfig(
            name, "postgresql", Title(name, name), url=url, timeout=timedelta(hours=1)
        )
        secrets = tuple({password, unquote(parts.password or ""), parts.password or ""} - {""})
        return Made(name, source, secrets)

    def restore(self, made: Made, path: Path, limits: Limits) -> Restored:
        environment = _environment(made)
        if path.is_dir():
            return restore(_archive(made.name, str(path)), environment, limits, made.secrets)
        head = head_of(path)
        if head.startswith(b"PGDMP") or head[257:262] == b"ustar":
            with file(path) as raw:
                is_packed = compression(raw.read(6)) is not None
            if not is_packed:
                return restore(_archive(made.name, str(path)), environment, limits, made.secrets)
            blocks = Stream(path, lambda _: None, limits.stop).blocks()
            return restore(_archive(made.name), environment, limits, made.secrets, blocks)
        if (
            head.startswith(b"SQLite format 3")
            or b"-- MySQL dump" in head[:400]
            or (b"-- MariaDB dump" in head[:400])
        ):
            raise SourceRefused("backups.drill.other_kind", file=path.name, kind="postgresql")
        command = (
            "psql", "--no-psqlrc", "--quiet", "--no-password", "--single-transaction",
            "--set=ON_ERROR_STOP=1", f"--dbname={made.name}", "--file=-",
        )  # fmt: skip
        return restore(command, environment, limits, made.secrets, _whole(path, limits))

    def drop(self, made: Made) -> None:
        self._drop_database(made.name)
        if self.is_strong:
            self._drop_role(made.name)

    def _make_role(self, name: str, password: str) -> None:
        # As the server keeps it, so that no log of statements ever holds the password.
        kept = self.admin.pgconn.encrypt_password(
            password.encode(), name.encode(), b"scram-sha-256"
        )
        self.admin.execute(
            sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}").format(
                sql.Identifier(name), sql.Literal(kept.decode())
            )
        )

    def _drop_database(self, name: str) -> None:
        query = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        self.admin.execute(query.format(sql.Identifier(name)))

    def _drop_role(self, name: str) -> None:
        self.admin.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name)))


def _whole(path: Path, limits: Limits) -> Iterator[bytes]:
    """The dump for `psql`; damage on the way ends the restore before it is committed."""
    stream = Stream(path, lambda _: None, limits.stop)
    yield from for_psql(stream.blocks())
    for problem in stream.problems:
        if problem.breaks:
            raise SourceRefused(problem.code, **problem.params)


def _archive(name: str, *path: str) -> tuple[str, ...]:
    return (
        "pg_restore", "--no-password", "--no-owner", "--no-acl", "--exit-on-error",
        "--single-transaction", f"--dbname={name}", *path,
    )  # fmt: skip


def _environment(made: Made) -> dict[str, str]:
    parts = urlsplit(made.source.url or "")
    options = dict(parse_qsl(parts.query))
    found = {SETTINGS[name]: value for name, value in options.items() if name in SETTINGS}
    found |= {
        "PGHOST": options.get("host") or unquote(parts.hostname or "localhost"),
        "PGPORT": str(parts.port or options.get("port") or 5432),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGAPPNAME": "duiqi drill",
        "PGCLIENTENCODING": "UTF8",
    }
    return {name: value for name, value in found.items() if value}


def _said(error: psycopg.Error) -> str:
    return str(error.diag.message_primary or type(error).__name__)
