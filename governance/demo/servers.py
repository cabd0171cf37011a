"""The same world in real servers: the CRM in PostgreSQL, the OA in MariaDB, with natural types."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from governance.demo.books import Op
from governance.demo.drops import Sheet
from governance.demo.schema import TABLES, Alteration, alter_statements
from governance.demo.shapes import Dialect, Store, Table, create_statement
from governance.demo.stores import FileStores, statement
from governance.demo.world import Plan

if TYPE_CHECKING:
    import psycopg

BATCH = 2_000


class ServerStores:
    """A world whose CRM and OA lie in two empty databases; the drops stay files under `home`.

    The addresses are those of `governance.yaml`; the accounts must be allowed to create tables.
    """

    def __init__(self, crm_url: str, oa_url: str, home: Path) -> None:
        self.urls: dict[Store, str] = {"crm": crm_url, "oa": oa_url}
        self.files = FileStores(home)

    def create(self, plan: Plan) -> None:
        with postgresql(self.urls["crm"]) as connection, connection.cursor() as cursor:
            for shape in tables_of("crm"):
                copy_in(cursor, shape, plan)
        with mariadb(self.urls["oa"]) as connection, connection.cursor() as cursor:
            for shape in tables_of("oa"):
                insert_in(cursor, shape, plan)

    def alter(self, change: Alteration) -> None:
        dialect: Dialect = "postgresql" if change.store == "crm" else "mariadb"
        opened = postgresql if change.store == "crm" else mariadb
        with opened(self.urls[change.store]) as connection, connection.cursor() as cursor:
            for sql in alter_statements(change, dialect):
                cursor.execute(sql)

    def apply(self, ops: list[Op]) -> None:
        """Carry out one day's steps, all of a system's or none."""
        with postgresql(self.urls["crm"]) as connection, connection.cursor() as cursor:
            run(cursor, ops, "crm")
        with mariadb(self.urls["oa"]) as connection, connection.cursor() as cursor:
            run(cursor, ops, "oa")

    def drop(self, sheet: Sheet, on: date) -> None:
        self.files.drop(sheet, on)


def tables_of(store: Store) -> list[Table]:
    return [shape for shape in TABLES if shape.store == store]


@contextmanager
def postgresql(url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection in UTC; commits at the end, rolls back when something is raised."""
    import psycopg

    with psycopg.connect(url, options="-c TimeZone=UTC") as connection:
        yield connection


@contextmanager
def mariadb(url: str) -> Iterator[Any]:
    """A connection with four-byte characters; commits at the end, rolls back on an exception."""
    import pymysql

    parts = urlsplit(url)
    connection = pymysql.connect(
        host=parts.hostname or "127.0.0.1",
        port=parts.port or 3306,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        database=parts.path.lstrip("/"),
        charset="utf8mb4",
    )
    try:
        yield connection
        connection.commit()
    finally:
        connection.close()


def natural(value: object, dialect: Dialect) -> object:
    """MariaDB's datetime knows no zone: instants go in as UTC, wall clocks as they are."""
    if dialect == "mariadb" and isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    return value


def lines(shape: Table, plan: Plan, dialect: Dialect) -> Iterator[list[object]]:
    rows = plan.first_rows[shape.store, shape.entity]
    for number in sorted(rows):
        yield [number, *(natural(rows[number][field], dialect) for field in shape.fields)]


def copy_in(cursor: Any, shape: Table, plan: Plan) -> None:
    cursor.execute(create_statement(shape, "postgresql"))
    with cursor.copy(f"COPY {shape.name} FROM STDIN") as copy:
        for line in lines(shape, plan, "postgresql"):
            copy.write_row(line)


def insert_in(cursor: Any, shape: Table, plan: Plan) -> None:
    cursor.execute(create_statement(shape, "mariadb"))
    marks = ", ".join("%s" for _ in shape.columns)
    sql = f"INSERT INTO {shape.name} VALUES ({marks})"
    waiting = list(lines(shape, plan, "mariadb"))
    for start in range(0, len(waiting), BATCH):
        cursor.executemany(sql, waiting[start : start + BATCH])


def run(cursor: Any, ops: list[Op], store: Store) -> None:
    dialect: Dialect = "postgresql" if store == "crm" else "mariadb"
    for op in ops:
        if op.store == store:
            sql, values = statement(op, "%s")
            cursor.execute(sql, [natural(value, dialect) for value in values])
