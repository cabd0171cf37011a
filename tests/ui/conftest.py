"""Homes for the pages under test: built once, copied for tests that change them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.ui.world import Built, build


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Five days of the tiny worlds; on the third the OA could not be read."""
    return build(tmp_path_factory.mktemp("history"), days=5)


@pytest.fixture
def unrun(tmp_path: Path) -> Built:
    """A configuration that has never run."""
    return build(tmp_path, runs=False)


@pytest.fixture
def own(history: Built, tmp_path: Path) -> Built:
    """A copy of `history` that a test may change."""
    folder = tmp_path / "own"
    shutil.copytree(history.config.parent, folder)
    return Built(folder / "home", folder / "governance.yaml", history.last)


@pytest.fixture
def at_home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Built], None]]:
    """Point the dashboard at a built home; its handles are closed afterwards."""
    from governance.ui import workspace

    def point(built: Built) -> None:
        monkeypatch.setenv("DUIQI_HOME", str(built.home))
        monkeypatch.setenv("DUIQI_CONFIG", str(built.config))
        monkeypatch.delenv("DUIQI_LEDGER_URL", raising=False)

    yield point
    workspace.release()


@pytest.fixture
def world(history: Built) -> Built:
    """`history` under another name, for tests that also import a function of that name."""
    return history
