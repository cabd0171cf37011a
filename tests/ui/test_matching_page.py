"""The page of matched records: what waits, what is one, and what its buttons do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from governance.access import Right, local_operator
from governance.i18n import LANGUAGES, t
from governance.ledger import Ledger, open_ledger
from governance.ledger.walks import Between, End, Found, Model, Status
from tests.cast import OUTSIDER
from tests.ui.test_pages import opened, words
from tests.ui.world import Built

NOW = datetime(2026, 3, 12, 18, 5, tzinfo=UTC)
BETWEEN = Between("customer", "crm", "oa")
Point = Callable[[Built], None]
HOSTILE = "![x](http://evil.example/p.png) <b>C001</b>"


@pytest.fixture
def paired(own: Built) -> Built:
    """The tiny worlds with an entity to match: two pairs wait, one is held to be one."""
    text = own.config.read_text("utf-8")
    head = "  customer:\n"
    assert head in text
    own.config.write_text(text.replace(head, f"{head}    match: {{accept: 0.9}}\n", 1), "utf-8")
    ledger = open_ledger(own.home)
    made = [
        Found(End("C001", HOSTILE), End("C001", "二"), 0.8, (("name", "near", 5.5),)),
        Found(End("C002"), End("C003"), 0.6, (("name", "differs", -3.0),)),
        Found(End("C004"), End("C004"), 0.99, (), accepted=True),
    ]
    model = Model("rules", 10, {}, "seen")
    ledger.crosswalk.take(BETWEEN, made, model, run_id=5, now=NOW)
    ledger.close()
    return own


def walk(built: Built) -> Ledger:
    return open_ledger(built.home)


def press(app: AppTest, key: str) -> AppTest:
    return app.button(key=key).click().run()


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_a_matched_entity_the_page_says_how_to_get_one(
    language: str, history: Built, at_home: Point
) -> None:
    at_home(history)
    app = opened("matching", language)
    assert not app.exception
    assert t("matching.empty.title", language) in words(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_records_stand_beside_each_other_with_what_speaks_for_them(
    language: str, paired: Built, at_home: Point
) -> None:
    at_home(paired)
    app = opened("matching", language)
    assert not app.exception
    first = app.dataframe[0].value
    assert next(iter(first["level"])) == t("match.level.near", language)
    assert first["left"].notna().all()
    # What a source wrote is never markdown of ours.
    assert "![x](http" not in words(app)


def test_one_record_is_said_and_counts_from_then_on(paired: Built, at_home: Point) -> None:
    at_home(paired)
    app = press(opened("matching", "en"), "m.accepted.2")
    assert not app.exception
    assert "are one record" in app.success[0].value
    assert ("C001", "C001") in walk(paired).crosswalk.accepted(BETWEEN)


def test_many_are_accepted_after_saying_how_many(paired: Built, at_home: Point) -> None:
    at_home(paired)
    app = opened("matching", "en")
    app.slider(key="m.least").set_value(70).run()
    assert "1 pair waits with 70 % or more." in words(app)
    app = press(app, "m.bulk")
    assert "1 pair is one record" in app.success[0].value
    assert len(walk(paired).crosswalk.accepted(BETWEEN)) == 2


def test_two_records_are_merged_by_hand_and_a_key_that_is_not_there_is_told(
    paired: Built, at_home: Point
) -> None:
    at_home(paired)
    app = opened("matching", "en")
    app.text_input(key="m.left").input("C002")
    app.text_input(key="m.right").input("nobody")
    submit = next(b for b in app.button if b.label == t("matching.button.merged", "en"))
    submit.click().run()
    assert "no single record with the key nobody" in app.error[0].value.replace("\\", "")
    assert len(walk(paired).crosswalk.accepted(BETWEEN)) == 1


def test_whoever_may_only_look_is_told_and_nothing_changes(
    paired: Built, at_home: Point, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = replace(local_operator(), rights=frozenset({Right.VIEW}))
    monkeypatch.setattr("governance.ui.here.local_operator", lambda: reader)
    at_home(paired)
    app = press(opened("matching", "en"), "m.accepted.2")
    assert app.error
    assert not app.exception
    assert walk(paired).crosswalk.count(reader, BETWEEN, Status.PROPOSED) == 2


def test_an_outsider_sees_nothing(
    paired: Built, at_home: Point, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("governance.ui.here.local_operator", lambda: OUTSIDER)
    at_home(paired)
    app = opened("matching", "en")
    assert t("ui.refused.title", "en") in words(app)
    assert not app.dataframe
