"""A CRM in a real server, what our snapshots hold of it, its dump, and a place to restore to."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pymysql
import pytest

from governance.access import WORKER
from governance.backups.drills.drilling import Drilling, Wish
from governance.config import Config, load
from governance.ledger import Ledger
from governance.ledger.drill_rows import DrillRow
from governance.ledger.rows import Trigger
from governance.runs import execute
from governance.store import Home, open_home
from tests.conftest import missing
from tests.homes import fresh_ledger

POSTGRES = os.environ.get("DUIQI_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432")
MARIADB = (
    f"mysql://root@{os.environ.get('DUIQI_TEST_MARIADB_HOST', '127.0.0.1')}"
    f":{os.environ.get('DUIQI_TEST_MARIADB_PORT', '3306')}"
)
NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)
ROWS = 300
NIGHT = timedelta(days=1)

CONFIG = """\
version: 1
company: {{zh: 演练, en: Drill}}
time_zone: Asia/Shanghai
sources:
  crm: {source}
  oa: {{kind: csv, path: oa.csv}}
entities:
  client:
    title: {{zh: 客户, en: Client}}
    key: code
    authority: crm
    fields:
      code: {{type: code, required: true}}
      name: {{}}
      phone: {{normalize: phone, sensitivity: personal}}
      paid: {{normalize: amount}}
      seen_at: {{type: datetime}}
    sources:
      crm: {{table: {table}, columns: {{code: code, name: name, phone: phone, paid: paid,
        seen_at: seen_at}}}}
      oa: {{columns: {{code: code}}}}
backups:
  systems:
    crm:
      catalogues:
        dumps: {{kind: directory, path: dumps, options: {{pattern: '{pattern}'}}}}
      drill: {{target: '{target}', timeout: 2m}}
"""


@dataclass
class World:
    """`dumps` is the folder that the catalogue lists."""

    folder: Path
    home: Home
    ledger: Ledger
    url: str

    @property
    def config(self) -> Config:
        return load(self.folder / "governance.yaml", environ={})

    @property
    def dumps(self) -> Path:
        return self.folder / "dumps"

    def read(self, now: datetime) -> None:
        """One night's run over the CRM."""
        made = self.ledger.runs.enqueue(
            WORKER, trigger=Trigger.MANUAL, now=now, sources=("crm",), checks=()
        )
        fence = self.ledger.leases.acquire("tests", now=now, ttl=NIGHT)
        assert fence is not None
        execute(
            self.ledger, self.home, self.config, made,
            fence=fence, clock=lambda: now, stop=lambda: False,
        )  # fmt: skip
        self.ledger.leases.release(fence, now=now)

    def dump(self, form: str) -> Path:
        """Where the catalogue finds the only dump, taken at `NOW`."""
        for path in self.dumps.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        return self.dumps / f"crm_20261121_020000.{form}"

    def drill(self, now: datetime = NOW + NIGHT, **wish: Any) -> DrillRow:
        written = (NOW + timedelta(minutes=20)).timestamp()
        for path in self.dumps.iterdir():
            os.utime(path, (written, written))
        drilling = Drilling(self.ledger, self.home, self.config, WORKER, lambda: now, lambda: False)
        return drilling.drill(Wish("crm", **wish))


def tool(command: list[str], **more: Any) -> bytes:
    if shutil.which(command[0]) is None:
        missing(f"{command[0]} is not installed")
    return subprocess.run(command, check=True, capture_output=True, **more).stdout


def fill(execute: Any) -> None:
    """Clients with values that dumps print in their own ways."""
    for n in range(ROWS):
        values = (f"C{n:04d}", f"公司'{n}\\ \t\n;", f"138{n:08d}", f"{n}.50")
        execute("INSERT INTO clients VALUES (%s, %s, %s, %s, '2026-11-01 08:00:00')", values)


COLUMNS = "code varchar(20) primary key, name varchar(60), phone varchar(20), paid decimal(12,2)"


@contextmanager
def settled(folder: Path, source: str, target: str, table: str, pattern: str) -> Iterator[World]:
    folder.mkdir(exist_ok=True)
    (folder / "dumps").mkdir()
    (folder / "oa.csv").write_text("code\nC0001\n", encoding="utf-8")
    text = CONFIG.format(source=source, target=target, table=table, pattern=pattern)
    (folder / "governance.yaml").write_text(text, encoding="utf-8")
    home = open_home(folder / "home")
    world = World(folder, home, fresh_ledger(home.path), target)
    world.read(NOW - NIGHT)
    world.read(NOW + timedelta(hours=1))
    yield world
    world.ledger.close()


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A CRM in PostgreSQL, with a view, a function and a role that owns them."""
    name = f"duiqi_test_{uuid.uuid4().hex[:12]}"
    try:
        admin = psycopg.connect(f"{POSTGRES}/postgres", autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        missing(f"PostgreSQL does not answer: {error}")
    with admin, pytest.MonkeyPatch.context() as patch:
        patch.delenv("DUIQI_SECRET", raising=False)
        admin.execute(f'CREATE DATABASE "{name}"')
        admin.execute(f'CREATE ROLE "{name}"')
        try:
            with psycopg.connect(f"{POSTGRES}/{name}", autocommit=True) as crm:
                crm.execute(f"CREATE TABLE clients ({COLUMNS}, seen_at timestamptz)")
                fill(crm.execute)
                crm.execute("CREATE VIEW v AS SELECT code FROM clients")
                crm.execute(
                    "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS"
                    " $a$ SELECT 'it''s; -- \\! ' $a$"
                )
                crm.execute(f'ALTER TABLE clients OWNER TO "{name}"')
                crm.execute(f'GRANT SELECT ON clients TO "{name}"')
            source = f"{{kind: postgresql, url: '{POSTGRES}/{name}'}}"
            folder = tmp_path_factory.mktemp("postgres")
            with settled(folder, source, POSTGRES, "clients", "crm_{date}_{time}.{any}") as world:
                world.url = f"{POSTGRES}/{name}"
                yield world
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
            admin.execute(f'DROP ROLE "{name}"')


@pytest.fixture(scope="module")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The same in MariaDB, its table named with its database."""
    name = f"duiqi_test_{uuid.uuid4().hex[:12]}"
    parts = urlsplit(MARIADB)
    try:
        admin = pymysql.connect(
            host=parts.hostname or "", port=parts.port or 3306, user="root", connect_timeout=3,
            autocommit=True,
        )  # fmt: skip
    except pymysql.err.OperationalError as error:
        missing(f"MariaDB does not answer: {error}")
    with closing(admin), admin.cursor() as cursor, pytest.MonkeyPatch.context() as patch:
        patch.delenv("DUIQI_SECRET", raising=False)
        cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        try:
            cursor.execute(f"USE {name}")
            cursor.execute(f"CREATE TABLE clients ({COLUMNS}, seen_at timestamp)")
            fill(cursor.execute)
            cursor.execute("CREATE VIEW v AS SELECT code FROM clients")
            source = f"{{kind: mariadb, url: '{MARIADB}/{name}'}}"
            folder = tmp_path_factory.mktemp("mariadb")
            with settled(
                folder, source, MARIADB, f"{name}.clients", "crm_{date}_{time}.{any}"
            ) as world:
                world.url = f"{MARIADB}/{name}"
                yield world
        finally:
            cursor.execute(f"DROP DATABASE {name}")
