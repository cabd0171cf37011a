"""The lag page: what arrived and how fast, what says how long a difference is pending, and until
when one is."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from governance.access import Actor
from governance.i18n import LANGUAGES, t
from tests.cast import OUTSIDER
from tests.pages.app import opened as opened_page
from tests.pages.app import words
from tests.ui.world import DAY, Built, edit, run

ROOT = Path(__file__).parents[2]
SHELL = ROOT / "governance" / "ui" / "shell.py"
Point = Callable[[Built], None]
CUSTOMER = "customer~crm~oa"


def opened(page: str = "lag", language: str = "en", **query: str | list[str]) -> AppTest:
    return opened_page(page, language, **query)


@pytest.fixture(scope="module")
def travelled(history: Built, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The tiny worlds with a lag of 36 hours, and two days more: on the first the level of C001
    arrives, on the second C005 gets another phone."""
    folder = tmp_path_factory.mktemp("travelled") / "own"
    shutil.copytree(history.config.parent, folder)
    path = folder / "governance.yaml"
    text = path.read_text("utf-8").replace("    weight: 8\n", "    weight: 8\n    lag: 36h\n", 1)
    path.write_text(text, "utf-8")
    built = Built(folder / "home", path, history.last + 2 * DAY)
    edit(folder / "oa.sqlite", "UPDATE base_customer SET khjb = 'Z' WHERE khbh = 'C001'")
    run(built, history.last + DAY)
    edit(folder / "crm.sqlite", "UPDATE customers SET phone = '13900000005' WHERE code = 'C005'")
    run(built, built.last)
    return built


def lines(app: AppTest, place: int = 0) -> dict[str, dict[str, Any]]:
    return {row["field"]: row for row in app.dataframe[place].value.to_dict("records")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_field_has_its_pace_and_says_what_that_is_known_from(
    language: str, travelled: Built, at_home: Point
) -> None:
    at_home(travelled)
    app = opened(language=language, l__pair=CUSTOMER)
    assert not app.exception
    assert app.title[0].value == t("ui.nav.lag", language)
    level = lines(app)["level"]
    assert level["arrived"] == 1
    assert level["how"] == t("lag.how.declared", language)
    assert lines(app)["phone"]["pending"] == 1
    assert lines(app)[t("lag.all", language)]["arrived"] == 1


def test_the_url_names_pair_and_field(travelled: Built, at_home: Point) -> None:
    at_home(travelled)
    app = opened(l__pair=CUSTOMER, l__field="level")
    assert "**level**" in words(app)
    assert t("lag.why.enough", "en", n="1", most=299) in words(app)
    assert len(app.get("plotly_chart")) == 2
    app = opened(l__pair="payment~crm~oa", l__field="-")
    assert f"**{t('lag.rows', 'en')}**" in words(app)
    assert t("lag.curve.none", "en") in words(app)


def test_a_code_that_means_nothing_shows_the_first_field_of_the_best_known_pair(
    travelled: Built, at_home: Point
) -> None:
    at_home(travelled)
    app = opened(l__pair="<b>", l__field="../..")
    assert not app.exception
    assert app.selectbox[0].value == CUSTOMER
    assert f"**{t('lag.all', 'en')}**" in words(app)


def test_the_side_that_moved_first_is_told_where_it_is_known(
    travelled: Built, at_home: Point
) -> None:
    at_home(travelled)
    app = opened(l__pair=CUSTOMER, l__field="level")
    rows = app.dataframe[1].value.to_dict("records")
    assert [(row["way"], row["arrived"]) for row in rows] == [("crm → oa", 1)]


def test_a_record_says_until_when_its_difference_is_pending(
    travelled: Built, at_home: Point
) -> None:
    at_home(travelled)
    app = opened("record", r__entity="customer", r__pair="crm~oa", r__key="C005")
    assert not app.exception
    links = [link.proto.label for link in app.get("page_link")]
    # 36 hours after the look that showed it first, in the company's zone
    assert t("lag.until", "en", field="phone", when="2026-03-16 14:05") in links


def test_before_anything_was_compared_the_page_says_so(unrun: Built, at_home: Point) -> None:
    at_home(unrun)
    app = opened()
    assert not app.exception
    assert t("lag.empty.title", "en") in words(app)


def test_whoever_may_not_look_sees_no_number(
    travelled: Built, at_home: Point, monkeypatch: pytest.MonkeyPatch
) -> None:
    def outsider() -> Actor:
        return OUTSIDER

    monkeypatch.setattr("governance.ui.here.local_operator", outsider)
    at_home(travelled)
    app = opened()
    assert t("ui.refused.title", "en") in words(app)
    assert not app.dataframe
