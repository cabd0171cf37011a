"""One Chromium for the session, one small demo company, one dashboard on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.browser.harness import Server, chromium, serving
from tests.conftest import missing

SIZE, DAYS = 200, 4


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium without a window. Missing: skipped here, a failure in CI."""
    from playwright.sync_api import sync_playwright

    path = chromium()
    if path is None:
        missing("Chromium is not installed; set DUIQI_CHROMIUM or install the chromium package")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield running
        running.close()


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small demo company with a few days behind it."""
    from governance.demo import home as demo

    place = tmp_path_factory.mktemp("company") / "home"
    now = datetime.now(UTC)
    wish = demo.wish_of(place, SIZE, DAYS, now)
    demo.ensure(place, wish, now, fresh=False, tell=lambda _done, _days: None)
    return place


@pytest.fixture(scope="session")
def server(company: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("log") / "dashboard.log"
    with serving(company, company / "governance.yaml", log) as running:
        yield running
