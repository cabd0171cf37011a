"""The dictionary's what-if: empty until something is asked, refused with a reason, and answered."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from governance.i18n import LANGUAGES, t
from tests.ui.test_pages import Point, opened, words
from tests.ui.world import Built


def asked(language: str, **query: str) -> AppTest:
    app = opened("dictionary", language, **{f"d__{key}": value for key, value in query.items()})
    assert not app.exception
    return app


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_claimed_before_another_rule_is_named(
    language: str, history: Built, at_home: Point
) -> None:
    at_home(history)
    app = asked(language, entity="customer")
    assert t("whatif.empty.body", language) in words(app)
    assert not app.metric


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_link_shows_what_the_rule_in_it_would_have_meant(
    language: str, history: Built, at_home: Point
) -> None:
    at_home(history)
    app = asked(language, entity="customer", field="credit_limit", part="tolerance", value="0.05")
    cards = {metric.label: metric.value for metric in app.metric}
    assert cards[t("whatif.card.lost", language)] == "1"  # two hundredths apart
    assert cards[t("whatif.card.gained", language)] == "0"
    assert t("whatif.real.none", language) in words(app)
    assert '      credit_limit:\n        tolerance: "0.05"' in app.code[0].value
    before = history.config.read_text("utf-8")
    assert "0.05" not in before  # nothing is written


def test_no_tolerance_at_all_is_a_rule_too(history: Built, at_home: Point) -> None:
    at_home(history)
    app = asked("en", entity="customer", field="credit_limit", part="tolerance", value="-")
    cards = {metric.label: metric.value for metric in app.metric}
    assert cards[t("whatif.card.gained", "en")] == "1"  # one hundredth apart
    assert "tolerance: null" in app.code[0].value


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"field": "credit_limit", "part": "tolerance", "value": "a bit"}, "config.bad_number"),
        ({"field": "name", "part": "tolerance", "value": "5"}, "config.tolerance_on_text"),
    ],
)
def test_a_rule_that_cannot_be_is_told_why(
    query: dict[str, str], code: str, history: Built, at_home: Point
) -> None:
    at_home(history)
    app = asked("en", entity="customer", **query)
    said = t(code, "en", value="a bit")[:30].replace("'", "")
    assert said.split("{")[0][-20:] in words(app).replace("\\", "").replace("'", "")
    assert not app.metric


def test_of_a_personal_field_only_the_authority_can_be_tried(
    history: Built, at_home: Point
) -> None:
    at_home(history)
    app = asked("en", entity="customer", field="phone", part="normalize", value="text")
    assert t("whatif.only_authority", "en") in words(app)
    assert not app.metric
    app = asked("en", entity="customer", field="phone", part="authority", value="oa")
    assert [metric.value for metric in app.metric[2:4]] == ["0", "0"]


def test_before_the_first_run_there_is_nothing_to_live_again(unrun: Built, at_home: Point) -> None:
    at_home(unrun)
    app = asked("zh", entity="customer", field="name", part="normalize", value="text")
    assert t("whatif.none.title", "zh") in words(app)
