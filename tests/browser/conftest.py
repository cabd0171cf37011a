"""One Chromium for the session, one small demo company, one dashboard on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.harness import Server, chromium, serving
from tests.conftest import missing
from tests.homes import demo_company


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
    return demo_company(tmp_path_factory)


@pytest.fixture(scope="session")
def server(company: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("log") / "dashboard.log"
    with serving(company, company / "governance.yaml", log) as running:
        yield running
