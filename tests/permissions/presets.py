"""Facts straight from a source through a preset: read, prepared and understood, without a run."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from urllib.parse import urlsplit

import duckdb
import psycopg
import pymysql
from pymysql.constants import CLIENT

from checks.permissions.model import Facts, System
from checks.permissions.resolve import SystemResolver, resolver
from checks.prepare import Side, prepare, spec_of
from governance.config import Config, load
from governance.config.permissions import AccessTable
from governance.permissions.facts import load_facts
from governance.sources import open_source
from governance.sources.model import Extract
from tests.config.worlds import written

NOW = datetime(2026, 3, 3, 4, tzinfo=UTC)
PRESETS = Path(__file__).parents[2] / "data" / "presets" / "permissions"


def mysql(url: str, script: str) -> None:
    parts = urlsplit(url)
    con = pymysql.connect(
        host=parts.hostname or "",
        port=parts.port or 3306,
        user="root",
        database=parts.path[1:],
        charset="utf8mb4",
        client_flag=CLIENT.MULTI_STATEMENTS,
    )
    with con, con.cursor() as cursor:
        cursor.execute(script)
        while cursor.nextset():
            pass
        con.commit()


def postgresql(url: str, script: str) -> None:
    with psycopg.connect(url) as con:
        con.execute(script)


def sqlite(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path)) as con, con:
        con.executescript(script)


def facts_of(
    folder: Path, sources: str, use: Iterable[str], own: str = "", **environ: str
) -> Facts:
    """What the presets `use`, as the system `oa`, read from `sources`; `own` lies over them."""
    used = ", ".join(f"{{file: data/presets/permissions/{name}.yaml, as: oa}}" for name in use)
    text = f"version: 1\ncompany: X\nsources:\n{sources}\nuse: [{used}]\nentities: {{}}\n{own}"
    config = load(written(folder, text), environ=environ)
    access = config.permissions
    assert access is not None
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        landed = dict(_landed(con, config, access.tables))

        def opener(table: AccessTable) -> Side:
            return landed[table.entity.name]

        return load_facts(con, access, opener, as_of=NOW, zone="Asia/Shanghai")


def _landed(
    con: duckdb.DuckDBPyConnection, config: Config, tables: Iterable[AccessTable]
) -> Iterator[tuple[str, Side]]:
    for name, group in groupby(sorted(tables, key=lambda t: t.source), lambda t: t.source):
        source = open_source(config.source(name), zone=config.time_zone)
        with source.snapshot() as reader:
            for table in group:
                entity, of = table.entity, table.entity.mappings[0]
                extract = Extract(entity.name, of.columns, of.table, of.query, of.filter)
                landed = f"{entity.name}_landed"
                reader.read(extract, con, landed, lambda _: None, lambda: False)
                spec = spec_of(entity, of, secret=b"0" * 32, zone="Asia/Shanghai")
                yield entity.name, prepare(con, landed, f"{entity.name}_", spec).side()


def resolved(facts: Facts) -> tuple[System, SystemResolver]:
    system = facts.systems["oa"]
    assert system.blind == {}
    return system, resolver(system, as_of=NOW)


def reaches(asked: SystemResolver, account: str) -> dict[str, str]:
    """What an account may do and where, in a few letters: `*` all, `own`, departments, `?`."""
    found = {}
    for code in sorted(asked.codes(account)):
        reach = asked.reach(account, code)
        words = ["*"] * reach.is_all + ["own"] * reach.own + sorted(reach.departments)
        found[code] = " ".join([*words, *["?"] * reach.unknown])
    return found
