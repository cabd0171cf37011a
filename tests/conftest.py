"""Servers and browsers that the tests may use. Missing ones skip here and fail in CI."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import settings

from tests.thorough import some

settings.register_profile("ours", settings(), max_examples=some(100, 30))
settings.load_profile("ours")
os.environ["TZ"] = "UTC"
# Where no bytecode may be written beside the sources, each of the many processes that tests start
# would compile Streamlit, pandas and the rest anew: 3 CPU s. They share it below the cache instead.
if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
    bytecode = Path(__file__).parents[1] / ".pytest_cache" / "bytecode"
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix = str(bytecode)
    sys.dont_write_bytecode = False

# What takes longest begins first, so that no process is left with it at the end.
LONGEST = (
    "faults/test_kill.py", "demo/", "faults/", "test_adding.py", "runs/", "matching/", "whatif/",
    "browser/", "test_month.py", "batches/", "pages/", "ui/", "worker/",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        path = item.nodeid.removeprefix("tests/")
        return next((n for n, long in enumerate(LONGEST) if path.startswith(long)), len(LONGEST))

    items.sort(key=place)


def missing(reason: str) -> NoReturn:
    """Skip with the reason on a developer's machine; fail where `CI=true`."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must have this: {reason}")
    pytest.skip(reason)


@pytest.fixture
def postgres_url() -> Iterator[str]:
    with postgres_database() as url:
        yield url


@pytest.fixture
def mariadb_url() -> Iterator[str]:
    with mariadb_database() as url:
        yield url


@contextmanager
def postgres_database() -> Iterator[str]:
    """A fresh PostgreSQL database, dropped afterwards."""
    import psycopg

    name = f"duiqi_test_{uuid.uuid4().hex[:12]}"
    address = os.environ.get("DUIQI_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432")
    try:
        admin = psycopg.connect(f"{address}/postgres", autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        missing(f"PostgreSQL does not answer at {address}: {error}")
    with admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        yield f"{address}/{name}"
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def mariadb_database() -> Iterator[str]:
    """A fresh MariaDB database, dropped afterwards."""
    import pymysql

    name = f"duiqi_test_{uuid.uuid4().hex[:12]}"
    host = os.environ.get("DUIQI_TEST_MARIADB_HOST", "127.0.0.1")
    port = int(os.environ.get("DUIQI_TEST_MARIADB_PORT", "3306"))
    try:
        admin = pymysql.connect(host=host, port=port, user="root", connect_timeout=3)
    except pymysql.err.OperationalError as error:
        missing(f"MariaDB does not answer at {host}:{port}: {error}")
    try:
        with admin.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
        yield f"mysql://root@{host}:{port}/{name}"
        with admin.cursor() as cursor:
            cursor.execute(f"DROP DATABASE `{name}`")
    finally:
        admin.close()
