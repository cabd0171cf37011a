"""PostgreSQL and MariaDB are filled with the very rows that SQLite gets."""

from __future__ import annotations

from datetime import UTC, date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from governance.demo.schema import TABLES
from governance.demo.servers import ServerStores, mariadb, postgresql
from governance.demo.shapes import Table
from governance.demo.stores import FileStores
from governance.demo.world import World, plan
from tests.plain import from_sqlite

pytestmark = pytest.mark.servers


def as_sqlite(value: Any, kind: str) -> str | None:
    """A server's typed value in the writing of the SQLite stores."""
    if value is None:
        return None
    if kind == "instant":
        return str(value.astimezone(UTC)).replace("+00:00", "Z")
    if kind in ("money", "share"):
        return str(value.normalize())
    return str(int(value)) if kind == "flag" else str(value)


def plain_number(value: str | None, kind: str) -> str | None:
    is_number = value is not None and kind in ("money", "share")
    return str(Decimal(str(value)).normalize()) if is_number else value


def rows_of(cursor: Any, shape: Table) -> list[tuple[str | None, ...]]:
    cursor.execute(f"SELECT {', '.join(shape.names)} FROM {shape.name} ORDER BY id")
    return [
        tuple(as_sqlite(v, c.type) for v, c in zip(row, shape.columns, strict=True))
        for row in cursor.fetchall()
    ]


def test_a_week_in_servers_leaves_the_rows_of_a_week_in_files(
    postgres_url: str, mariadb_url: str, tmp_path: Path
) -> None:
    small = plan(date(2026, 11, 21), size=200, days=7)
    files = World(small, FileStores(tmp_path / "files"))
    servers = World(small, ServerStores(postgres_url, mariadb_url, tmp_path / "servers"))
    for world in (files, servers):
        world.build()
        for day in range(1, 8):
            world.advance(day)
    with postgresql(postgres_url) as crm, mariadb(mariadb_url) as oa:
        for shape in TABLES:
            with (crm if shape.store == "crm" else oa).cursor() as cursor:
                found = rows_of(cursor, shape)
            path = tmp_path / "files" / f"{shape.store}.sqlite"
            expected = sorted(from_sqlite(path, shape.name), key=lambda row: int(str(row["id"])))
            assert found == [
                tuple(plain_number(row[c.name], c.type) for c in shape.columns) for row in expected
            ]
    drops = [sorted(p.name for p in (tmp_path / n).rglob("*.[xc]*")) for n in ("files", "servers")]
    assert drops[1] == [name for name in drops[0] if not name.endswith(".sqlite")]
