"""A home, its ledger, and the tools of whoever holds the lease."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from governance.cli.common import bench_of
from governance.store import Home, open_home
from governance.worker.workbench import Bench
from tests.homes import fresh_ledger
from tests.worker.child import no_leftovers
from tests.worker.inbox import Inbox, listening

with warnings.catch_warnings():
    # Its plugins import modules that this Python is about to drop, and it copes without them.
    warnings.simplefilter("ignore", DeprecationWarning)
    import apprise

    apprise.Apprise().add("json://127.0.0.1")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("DUIQI_HOME", str(tmp_path / "var"))
    monkeypatch.delenv("DUIQI_LEDGER_URL", raising=False)
    return open_home()


@pytest.fixture
def bench(home: Home) -> Iterator[Bench]:
    ledger = fresh_ledger(home.path)
    yield bench_of(ledger, home)
    ledger.close()


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """No process outlives its test."""
    with no_leftovers():
        yield


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with listening() as found:
        yield found
