"""A ledger on SQLite, and on PostgreSQL where a test says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from governance.ledger import Ledger, open_ledger
from tests.homes import fresh_ledger


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str | None:
    """Where the ledger lies: None is the file in the home."""
    if request.param == "sqlite":
        return None
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def ledger(tmp_path: Path, url: str | None) -> Iterator[Ledger]:
    opened = fresh_ledger(tmp_path) if url is None else open_ledger(tmp_path, url)
    yield opened
    opened.close()


@pytest.fixture
def fence(ledger: Ledger) -> int:
    from tests.ledger.processes import NOW

    held = ledger.leases.acquire("tests", now=NOW)
    assert held == 1
    return held
