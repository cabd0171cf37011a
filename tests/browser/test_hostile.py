"""What a source writes stays words: no picture is fetched, no script runs, no formula is meant."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.browser.harness import Server, reading, serving
from tests.ui.world import LAST, Built, build, run

BEACON = "http://beacon.invalid/x.png"
HOSTILE = (
    f"![x]({BEACON})",
    f"<img src='{BEACON}' onerror='alert(1)'><script>alert(2)</script>",
    f'=HYPERLINK("{BEACON}";"x")',
    f"[click]({BEACON}) :red[danger] $$\\frac{{1}}{{2}}$$ ![y]({BEACON})",
    "+cmd|' /C calc'!A0",
    "x" * 1_000_000,
)
PAGES = (
    "",
    "findings",
    "consistency",
    "runs",
    "dictionary",
    "lag",
    "drift",
    "remediation",
    "reviews",
)


def poison(folder: Path) -> None:
    """Hostile words in every place that a source can write to: values, names, columns, branches."""
    for file, table, name, key, branch in (
        ("crm.sqlite", "customers", "name", "code", "branch"),
        ("oa.sqlite", "base_customer", "khmc", "khbh", "ssfb"),
    ):
        with closing(sqlite3.connect(folder / file)) as connection, connection:
            for number, words in enumerate(HOSTILE):
                side = "" if file == "crm.sqlite" else " other"
                connection.execute(
                    f"INSERT INTO {table} ({key}, {name}, {branch}) VALUES (?, ?, ?)",
                    [f"X{number}{words[:200] if number < 3 else ''}", words + side, words[:300]],
                )
            connection.execute(f'ALTER TABLE {table} ADD COLUMN "![c]({BEACON})" TEXT')


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("poisoned")
    built = build(folder, runs=False)
    text = built.config.read_text("utf-8")
    title = f"{{zh: '![z]({BEACON})', en: '![e]({BEACON}) <b>'}}"
    text = text.replace("company: {zh: 小世界, en: Tiny world}", f"company: {title}")
    text = text.replace("crm: {kind: sqlite,", f"crm: {{title: {title}, kind: sqlite,")
    text = text.replace("title: {zh: 客户, en: Customer}", f"title: {title}")
    built.config.write_text(text, encoding="utf-8")
    poison(folder)
    run(built, LAST)
    (folder / "oa.sqlite").rename(folder / "oa-gone.sqlite")
    run(built, LAST.replace(hour=19))
    return built


@pytest.fixture(scope="module")
def dashboard(poisoned: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("log") / "dashboard.log"
    with serving(poisoned.home, poisoned.config, log) as running:
        yield running


@pytest.mark.parametrize("language", ["zh", "en"])
def test_hostile_values_are_inert_on_every_page(
    browser: Any, dashboard: Server, language: str
) -> None:
    with reading(browser, dashboard) as reader:
        for page in PAGES:
            reader.open(page, lang=language)
            inert(reader.page)
            assert not reader.strays, page


def test_hostile_values_are_inert_on_the_record_page(
    browser: Any, dashboard: Server, poisoned: Built
) -> None:
    with reading(browser, dashboard) as reader:
        for finding in findings(poisoned):
            reader.open("record", lang="en", r__finding=finding)
            inert(reader.page)
            assert not reader.strays, finding


def inert(page: Any) -> None:
    """Nothing of a source became a picture, a link, a script or a colour."""
    assert page.locator("img[src*='beacon']").count() == 0
    assert page.locator("a[href*='beacon']").count() == 0
    assert page.locator("[data-testid=stAppViewContainer] script").count() == 0


def findings(built: Built) -> list[str]:
    """The findings about customers, as their file names them."""
    import duckdb

    with duckdb.connect(str(built.home / "runs" / "1.duckdb"), read_only=True) as con:
        query = "SELECT finding_id FROM findings WHERE entity = 'customer' AND key_shown LIKE 'X%'"
        return [row[0] for row in con.execute(query).fetchall()]
