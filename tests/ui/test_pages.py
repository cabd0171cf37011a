"""Each page in its four states and both languages, driven without a browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from governance.access import Actor
from governance.i18n import LANGUAGES, t
from governance.ledger import open_ledger
from tests.cast import OUTSIDER
from tests.ui.world import Built

SHELL = Path(__file__).parents[2] / "governance" / "ui" / "shell.py"
PAGES = Path(__file__).parents[2] / "pages"
NAMES = (
    "overview",
    "findings",
    "matching",
    "runs",
    "dictionary",
    "lag",
    "drift",
    "remediation",
    "reviews",
    "overreach",
    "reach",
    "backups",
    "drills",
)
Point = Callable[[Built], None]


def opened(name: str, language: str, **query: str | list[str]) -> AppTest:
    """The page after its first run."""
    app = AppTest.from_file(str(SHELL), default_timeout=60)
    app.query_params["lang"] = language
    for key, value in query.items():
        app.query_params[key.replace("__", ".")] = value
    app.run()
    if name != "overview":
        app.switch_page(str(PAGES / f"{name}.py")).run()
    return app


def words(app: AppTest) -> str:
    """Everything the page says outside of tables and charts."""
    spoken = [*app.title, *app.header, *app.subheader, *app.markdown, *app.caption]
    return "\n".join(str(element.value) for element in spoken)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_opens_with_its_title_and_says_how_fresh_it_is(
    name: str, language: str, history: Built, at_home: Point
) -> None:
    at_home(history)
    app = opened(name, language)
    assert not app.exception
    assert app.title[0].value == t(f"ui.nav.{name}", language)
    caption = app.caption[2].value if app.sidebar.caption else app.caption[0].value
    assert t("ui.caption.run", language, run=5) in words(app)
    assert "2026-03-13 02:05" in words(app), caption


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["overview", "runs"])
def test_before_the_first_run_a_page_says_what_to_do(
    name: str, language: str, unrun: Built, at_home: Point
) -> None:
    at_home(unrun)
    app = opened(name, language)
    assert not app.exception
    area = "ui" if name == "overview" else "runs"
    assert t(f"{area}.empty.title", language) in words(app)
    assert t(f"{area}.empty.body", language) in words(app)
    assert not app.metric


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_whoever_may_not_look_is_told_so_and_sees_nothing(
    name: str, language: str, history: Built, at_home: Point, monkeypatch: pytest.MonkeyPatch
) -> None:
    def outsider() -> Actor:
        return OUTSIDER

    monkeypatch.setattr("governance.ui.here.local_operator", outsider)
    at_home(history)
    app = opened(name, language)
    assert not app.exception
    assert t("ui.refused.title", language) in words(app)
    assert not app.metric
    assert not app.dataframe


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_changed_run_file_is_a_failure_and_no_data(
    language: str, own: Built, at_home: Point
) -> None:
    with (own.home / "runs" / "5.duckdb").open("r+b") as file:
        file.seek(5000)
        file.write(b"not what was sealed")
    at_home(own)
    app = opened("overview", language)
    assert not app.exception
    assert t("ui.failed.title", language) in words(app)
    assert not app.metric


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_broken_configuration_is_a_failure_on_every_page(
    name: str, language: str, own: Built, at_home: Point
) -> None:
    own.config.write_text("version: 1\nsources: {crm: {kind: typewriter}}\n", encoding="utf-8")
    at_home(own)
    app = opened("overview", language)
    assert not app.exception
    assert t("ui.failed.title", language) in words(app)


def test_the_overview_names_how_many_records_need_someone(history: Built, at_home: Point) -> None:
    at_home(history)
    app = opened("overview", "en")
    assert app.subheader[0].value == t("overview.need.other", "en", n="19")
    assert [metric.label for metric in app.metric] == [
        t("overview.tile.strict", "en"),
        t("overview.tile.adjusted", "en"),
        *(t(f"flow.{name}", "en") for name in ("opened", "closed", "fix", "overdue", "money")),
    ]
    assert t("overview.need.findings.other", "en", n="22") in words(app)


def test_what_is_not_connected_shows_no_number(history: Built, at_home: Point) -> None:
    at_home(history)
    app = opened("overview", "en")
    said = [m.value for m in app.markdown if t("overview.not_connected", "en") in m.value]
    assert len(said) == 3
    assert not any(character.isdigit() for line in said for character in line)


def test_a_source_that_could_not_be_read_is_told_on_the_run_that_met_it(
    history: Built, at_home: Point
) -> None:
    at_home(history)
    app = opened("runs", "en", n__run="3")
    assert "Run #3" in words(app)
    assert t("runs.heals.no", "en") in words(app) or t("runs.heals.yes", "en") in words(app)


def test_run_now_queues_one_run_and_shows_it(own: Built, at_home: Point) -> None:
    at_home(own)
    app = opened("runs", "en")
    app.button(key="run-now").click().run()
    assert not app.exception
    ledger = open_ledger(own.home)
    try:
        waiting = ledger.runs.active()
    finally:
        ledger.close()
    assert [run.requested_by for run in waiting] != []
    assert len(waiting) == 1
    assert t("runs.queued", "en", run=waiting[0].id) in words(app)
    assert app.button(key="run-now").disabled


def test_the_language_switch_keeps_the_rest_of_the_address(history: Built, at_home: Point) -> None:
    at_home(history)
    app = opened("dictionary", "zh", d__entity="payment")
    app.segmented_control(key="lang").set_value("en").run()
    assert app.query_params["lang"] == "en"
    assert app.query_params["d.entity"] == "payment"
    assert app.segmented_control(key="d.entity").value == "payment"
    assert app.title[0].value == t("ui.nav.dictionary", "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_dictionary_names_each_cell_that_could_not_be_read(
    language: str, history: Built, at_home: Point
) -> None:
    at_home(history)
    app = opened("dictionary", language, d__entity="payment")
    assert not app.exception
    (row,) = app.dataframe[1].value.to_dict("records")
    assert (row["record"], row["value"]) == ("HT5 · 1", "待定")
    sound = opened("dictionary", language, d__entity="customer")
    assert not any("record" in frame.value for frame in sound.dataframe)


def test_an_unknown_code_in_the_address_is_ignored(history: Built, at_home: Point) -> None:
    at_home(history)
    app = opened("dictionary", "en", d__entity="![x](http://example.invalid/)")
    assert not app.exception
    assert app.segmented_control(key="d.entity").value == "customer"


def test_the_browser_decides_the_language_of_a_first_visit(history: Built, at_home: Point) -> None:
    at_home(history)
    for locale, title in (("zh-CN", "总览"), ("de-DE", "Overview")):
        app = AppTest.from_file(str(SHELL), default_timeout=60)
        app.context = {"locale": locale}
        app.run()
        assert app.title[0].value == title
