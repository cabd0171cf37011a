"""The consistency page: its filters, its pages, its pictures. Driven without a browser."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from governance.access import Right
from governance.i18n import LANGUAGES, t
from tests.cast import APPROVER, BRANCH, LEADER, OUTSIDER
from tests.pages.app import acting, words
from tests.pages.app import opened as opened_page
from tests.ui.world import Built, build, edit, run

ROOT = Path(__file__).parents[2]
SHELL, PAGE = ROOT / "governance" / "ui" / "shell.py", ROOT / "pages" / "consistency.py"
Point = Callable[[Built], None]
HOSTILE = "=![x](http://a.b/c) <b>:red[bad]"
opened = partial(opened_page, "consistency")


def listed(app: AppTest) -> Any:
    """The table of findings, which is the last one."""
    return app.dataframe[-1].value


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_lists_every_finding_that_stands(
    language: str, history: Built, at_home: Point
) -> None:
    at_home(history)
    app = opened(language)
    assert not app.exception
    total = len(listed(app))
    assert total >= 20
    assert t("consistency.span", language, first=1, last=total, total=total) in words(app)
    assert app.title[0].value == t("ui.nav.consistency", language)


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ({"c__entity": "customer", "c__field": "level"}, {"C001", "C005", "C011"}),
        ({"c__entity": "customer", "c__class": "null_vs_value"}, {"C006"}),
        ({"c__entity": "customer", "c__class": "only_left"}, {"C007"}),
        ({"c__entity": "customer", "c__q": "云帆科贸"}, {"C011"}),
        ({"c__entity": "customer", "c__q": "c012"}, {"C012"}),
        ({"c__entity": "customer", "c__dept": "苏州分公司"}, {"C005"}),
        ({"c__entity": "payment", "c__field": "serial"}, {"HT3 · 1"}),
        ({"c__entity": "customer", "c__field": ["phone", "credit_limit"]}, {"C006", " c010"}),
        ({"c__entity": "customer", "c__sev": "critical", "c__field": "name"}, {"C011"}),
    ],
)
def test_a_link_with_filters_shows_just_those(
    query: dict[str, Any], keys: set[str], history: Built, at_home: Point
) -> None:
    at_home(history)
    app = opened(**query)
    assert not app.exception
    assert set(listed(app)["key"]) == keys


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_link_means_the_same_in_both_languages(
    language: str, history: Built, at_home: Point
) -> None:
    at_home(history)
    app = opened(language, c__entity="customer", c__class="different", c__sev="critical")
    assert set(listed(app)["key"]) == {" c010", "C011"}


def test_codes_nobody_knows_are_dropped(history: Built, at_home: Point) -> None:
    at_home(history)
    everything = len(listed(opened()))
    app = opened(c__entity="nothing", c__class="' OR 1=1", c__sev="<b>", c__page="-7")
    assert not app.exception
    assert len(listed(app)) == everything


def test_choosing_a_filter_writes_its_code_into_the_address(history: Built, at_home: Point) -> None:
    at_home(history)
    app = opened(c__entity="customer", c__page="2")
    app.multiselect(key="c.field").set_value(["level"]).run()
    assert app.query_params["c.field"] in ("level", ["level"])
    assert "c.page" not in app.query_params
    assert set(listed(app)["field"]) == {"level"}
    app.button(key="c.clear").click().run()
    assert not [key for key in app.query_params if key.startswith("c.")]


def test_nothing_matches_is_said_with_a_way_out(history: Built, at_home: Point) -> None:
    at_home(history)
    app = opened(c__q="nobody has this")
    assert t("consistency.none.title", "en") in words(app)
    app.button(key="c.clear2").click().run()
    assert len(listed(app)) >= 20


@pytest.mark.parametrize("language", LANGUAGES)
def test_before_the_first_run_the_page_says_what_to_do(
    language: str, unrun: Built, at_home: Point
) -> None:
    at_home(unrun)
    app = opened(language)
    assert not app.exception
    assert t("ui.empty.title", language) in words(app)
    assert not app.dataframe


@pytest.mark.parametrize("language", LANGUAGES)
def test_whoever_may_not_look_sees_nothing(
    language: str, history: Built, at_home: Point, monkeypatch: pytest.MonkeyPatch
) -> None:
    acting(monkeypatch, OUTSIDER)
    at_home(history)
    app = opened(language)
    assert not app.exception
    assert t("ui.refused.title", language) in words(app)
    assert not app.dataframe


def test_a_reader_sees_the_rows_of_their_branch_alone(
    history: Built, at_home: Point, monkeypatch: pytest.MonkeyPatch
) -> None:
    acting(monkeypatch, APPROVER)
    at_home(history)
    app = opened()
    assert set(listed(app)["department"]) == {BRANCH}
    assert t("consistency.none.title", "en") in words(opened(c__q="C005"))


def test_who_may_not_export_is_offered_no_file(
    history: Built, at_home: Point, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_home(history)
    assert len(opened().get("download_button")) == 2
    assert Right.EXPORT not in LEADER.rights
    acting(monkeypatch, LEADER)
    assert len(opened().get("download_button")) == 0


def test_a_changed_run_file_is_a_failure_and_no_data(own: Built, at_home: Point) -> None:
    file = own.home / "runs" / "5.duckdb"
    file.chmod(0o600)
    with file.open("r+b") as stream:
        stream.seek(5000)
        stream.write(b"not what was sealed")
    at_home(own)
    app = opened()
    assert not app.exception
    assert t("ui.failed.title", "en") in words(app)
    assert not app.dataframe


def test_what_could_not_be_compared_is_kept_and_marked(tmp_path: Path, at_home: Point) -> None:
    built = build(tmp_path, days=1)
    (tmp_path / "oa.sqlite").rename(tmp_path / "away.sqlite")
    run(built, built.last)
    at_home(built)
    app = opened(c__entity="customer")
    assert not app.exception
    assert {state for cell in listed(app)["state"] for state in cell} == {"unchecked"}
    assert len(listed(app)) == 11
    assert "could not be compared in the newest run" in words(app)


def test_hostile_cells_stay_in_text_columns(tmp_path: Path, at_home: Point) -> None:
    built = build(tmp_path, runs=False)
    edit(
        tmp_path / "oa.sqlite",
        "UPDATE base_customer SET khmc = ?, ssfb = ? WHERE khbh = 'C005'",
        (HOSTILE, HOSTILE),
    )
    edit(
        tmp_path / "crm.sqlite",
        "UPDATE customers SET name = ?, branch = ? WHERE code = 'C005'",
        (HOSTILE * 20_000, HOSTILE),
    )
    run(built, built.last)
    at_home(built)
    app = opened(c__entity="customer", c__q="http")
    assert not app.exception
    assert HOSTILE in set(listed(app)["right"])
    assert max(len(value or "") for value in listed(app)["left"]) <= 301
    assert "![x](" not in words(app)
    assert ":red[bad]" not in words(app)
