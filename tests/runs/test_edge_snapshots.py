"""The edge tables as sealed snapshots: what no type can hold is counted, and stays as written."""

from __future__ import annotations

import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from governance.access import WORKER
from governance.config import load
from governance.ledger.rows import RunStatus, Trigger
from governance.runs import execute
from governance.store import open_home
from tests import edges
from tests.homes import fresh_ledger

NOW = datetime(2026, 3, 2, tzinfo=UTC)
POSTGRES = {
    "b": "boolean", "d": "date", "ts": "datetime", "tz": "datetime", "n18": "decimal",
    "n": "decimal", "nbig": "decimal", "f": "decimal", "dbl": "decimal", "e": "text", "en": "text",
    "lt": "text", "tm": "text", "j": "text",
}  # fmt: skip
MARIADB = {
    "flag": "boolean", "ti2": "integer", "d": "date", "dt": "datetime", "ts": "datetime",
    "tm": "text", "y": "integer", "b64": "integer", "dec65": "decimal", "dec38": "decimal",
    "bu": "integer", "f": "decimal", "dbl": "decimal", "g": "text", "l1": "text", "u4": "text",
    "e": "text", "js": "text", "lt": "text",
}  # fmt: skip
# By row: infinities, days before Christ or after 9999, NaN; zero dates, a day 0, a flag of 2.
UNREAD = {
    "pg": {"2": "d ts tz n f dbl", "3": "d ts", "4": "d ts tz"},
    "my": {"2": "flag d dt ts", "3": "d dt"},
}


def entity(name: str, source: str, types: dict[str, str]) -> str:
    fields = "".join(f"      {field}: {{type: {kind}}}\n" for field, kind in types.items())
    columns = ", ".join(f"{field}: {field}" for field in ("id", *types))
    return (
        f"  {name}:\n    title: {{zh: 边, en: Edge}}\n    key: id\n    authority: {source}\n"
        f"    fields:\n      id: {{type: integer}}\n{fields}"
        f"    sources:\n      {source}: {{table: e, columns: {{{columns}}}}}\n"
    )


@pytest.mark.servers
def test_what_no_type_can_hold_is_counted_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_url: str, mariadb_url: str
) -> None:
    monkeypatch.delenv("DUIQI_SECRET", raising=False)
    edges.build_postgres(postgres_url)
    edges.build_mariadb(mariadb_url)
    file = tmp_path / "governance.yaml"
    file.write_text(
        "version: 1\ncompany: {zh: 边, en: Edge}\nsources:\n"
        f"  pg: {{kind: postgresql, url: {postgres_url}}}\n"
        f"  my: {{kind: mariadb, url: {mariadb_url}}}\n"
        f"entities:\n{entity('edge_pg', 'pg', POSTGRES)}{entity('edge_my', 'my', MARIADB)}",
        "utf-8",
    )
    home = open_home(tmp_path / "home")
    ledger = fresh_ledger(home.path)
    fence = ledger.leases.acquire("tests", now=NOW, ttl=timedelta(days=1))
    assert fence is not None
    asked = ledger.runs.enqueue(WORKER, trigger=Trigger.MANUAL, now=NOW)
    config = load(file, environ=os.environ)
    run = execute(ledger, home, config, asked, fence=fence, clock=lambda: NOW, stop=lambda: False)
    assert run.status is RunStatus.SUCCEEDED
    for source, types in (("pg", POSTGRES), ("my", MARIADB)):
        snapshot = ledger.snapshots.newest(source, f"edge_{source}")
        assert snapshot is not None
        counted = Counter(" ".join(UNREAD[source].values()).split())
        assert (snapshot.rows, snapshot.unread) == (4, counted)
        names = list(types)
        query = f"SELECT {', '.join(names)} FROM rows ORDER BY id"
        with duckdb.connect(str(home.file(snapshot.file)), read_only=True) as con:
            sealed = con.execute(query).fetchall()
            where = "SELECT id, _unread FROM rows WHERE _unread IS NOT NULL"
            cells = {
                row: set(fields.split("\x1f")) for row, fields in con.execute(where).fetchall()
            }
        assert cells == {row: set(fields.split()) for row, fields in UNREAD[source].items()}
        shown = [printed(source, postgres_url, mariadb_url, name) for name in names]
        assert sealed == list(zip(*shown, strict=True))
    ledger.close()


def printed(source: str, postgres: str, mariadb: str, column: str) -> edges.Cells:
    """The column as the server's client prints it, in the form that docs/sources.md states."""
    if source == "pg":
        return edges.printed_by_postgres(postgres, edges.POSTGRES_FORMS.get(column, column))
    return edges.printed_by_mariadb(mariadb, edges.MARIADB_FORMS.get(column, column))
