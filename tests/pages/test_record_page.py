"""The record page: both sides, what to do, how it came about, what people wrote."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from checks.normalisers import NORMALISERS, TYPES
from governance.access import local_operator
from governance.i18n import LANGUAGES, t
from governance.ledger import open_ledger
from governance.reading import Desk, Filters
from governance.store import open_home
from tests.cast import APPROVER, LEADER, OUTSIDER
from tests.pages.app import acting, words
from tests.pages.app import opened as opened_page
from tests.ui.world import DAY, Built, edit, run

ROOT = Path(__file__).parents[2]
SHELL, PAGE = ROOT / "governance" / "ui" / "shell.py", ROOT / "pages" / "record.py"
Point = Callable[[Built], None]
opened = partial(opened_page, "record")


def customer(key: str, language: str = "en") -> AppTest:
    return opened(language, r__entity="customer", r__pair="crm~oa", r__key=key)


def lines(app: AppTest) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = app.dataframe[0].value.to_dict("records")
    return rows


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_sides_stand_field_by_field_differing_first(
    language: str, history: Built, at_home: Point
) -> None:
    at_home(history)
    app = customer("C011", language)
    assert not app.exception
    marks = [row["mark"][0] for row in lines(app)]
    assert marks == ["different", "different", "equal", "equal", "equal", "equal"]
    assert {row["field"]: (row["left"], row["right"]) for row in lines(app)[:2]} == {
        "name": ("云帆科技有限公司", "云帆科贸有限公司"),
        "level": ("07", "7"),
    }
    assert app.subheader[0].value.startswith("云帆科技有限公司")


def test_what_was_rewritten_says_by_which_rule(history: Built, at_home: Point) -> None:
    at_home(history)
    app = customer("C002")
    assert lines(app)[0]["mark"] == ["normalized"]
    assert "left_as" not in app.dataframe[0].value
    app.toggle(key="r.compared").set_value(True).run()
    name = lines(app)[0]
    assert name["left_as"] == name["right_as"]
    assert t("record.rule.legal_form", "en") in name["rules"]


def test_every_rule_of_every_reader_has_words() -> None:
    readers = [*NORMALISERS.values(), *TYPES.values()]
    for step in {step.name for reader in readers for step in reader.steps}:
        assert t(f"record.rule.{step}", "en")


def test_within_tolerance_is_told_apart_from_equal(history: Built, at_home: Point) -> None:
    at_home(history)
    assert lines(customer("C004"))[0]["mark"] == ["within_tolerance"]


def test_personal_values_are_masked_on_both_sides_and_in_history(
    history: Built, at_home: Point
) -> None:
    at_home(history)
    app = customer("C003")
    app.toggle(key="r.compared").set_value(True).run()
    phone = next(row for row in lines(app) if row["field"] == "phone")
    assert phone["left"] == "138****0003"
    assert pd.isna(phone["left_as"])
    everything = str([frame.value.to_dict() for frame in app.dataframe])
    assert "13800000003" not in everything


def test_a_personal_value_is_to_be_looked_up_where_it_is_right(own: Built, at_home: Point) -> None:
    edit(own.config.parent / "crm.sqlite", "UPDATE customers SET phone = '1' WHERE code = 'C003'")
    run(own, own.last + DAY)
    at_home(own)
    said = words(customer("C003"))
    assert ", change phone to what" in said
    assert "the values are masked here" in said


def test_the_page_says_what_to_do_and_why(history: Built, at_home: Point) -> None:
    at_home(history)
    said = words(customer("C010"))
    assert t("remediation.action.change", "en") in said or "change" in said
    assert "40000\\.02" in said, "the authority for this field is the OA"


def test_the_history_of_both_sides_lists_only_changes(history: Built, at_home: Point) -> None:
    at_home(history)
    app = customer("C001")
    told = app.dataframe[1].value.to_dict("records")
    changed = [row for row in told if row["what"] == t("record.what.changed", "en")]
    assert [(row["field"], row["before"], row["after"]) for row in changed] == [("level", "A", "Z")]
    assert changed[0]["run"] == "#2"
    assert len(told) == 3, "the other two say that each side was there from the start"


def test_a_repeated_key_shows_every_copy(history: Built, at_home: Point) -> None:
    at_home(history)
    app = customer("C009")
    level = next(row for row in lines(app) if row["field"] == "level")
    assert sorted([level["left1"], level["left2"]]) == ["A", "B"]
    assert level["right1"] == "B"


@pytest.mark.parametrize(("key", "empty"), [("C007", "right"), ("C012", "left")])
def test_a_record_of_one_side_says_where_it_is_missing(
    key: str, empty: str, history: Built, at_home: Point
) -> None:
    at_home(history)
    app = customer(key)
    assert {row[empty] for row in lines(app)} == {None}
    assert "has no such record" in words(app)


def test_a_row_without_a_key_opens_by_its_finding(history: Built, at_home: Point) -> None:
    at_home(history)
    ledger = open_ledger(history.home)
    desk = Desk(open_home(history.home), ledger.database)
    asked = Filters(entity=("customer",), kind=("null_key_right",))
    (found,) = desk.view(local_operator()).page(asked).rows
    desk.close()
    ledger.close()
    app = opened(r__finding=found.finding_id)
    assert not app.exception
    assert "补录的客户" in {row["right"] for row in lines(app)}
    assert {row["left"] for row in lines(app)} == {None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_record_that_nobody_knows_is_said_to_be_missing(
    language: str, history: Built, at_home: Point
) -> None:
    at_home(history)
    for app in (customer("C999", language), opened(language, r__finding="f" * 32)):
        assert not app.exception
        assert t("record.missing.title", language) in words(app)
        assert not app.dataframe
    assert t("record.choose.title", language) in words(opened(language))


def test_whoever_may_not_look_sees_nothing(
    history: Built, at_home: Point, monkeypatch: pytest.MonkeyPatch
) -> None:
    acting(monkeypatch, OUTSIDER)
    at_home(history)
    app = customer("C001")
    assert t("ui.refused.title", "en") in words(app)
    assert not app.dataframe


@pytest.mark.parametrize("key", ["C005", "C004"])
def test_a_record_of_another_branch_is_refused_with_or_without_findings(
    key: str, history: Built, at_home: Point, monkeypatch: pytest.MonkeyPatch
) -> None:
    acting(monkeypatch, APPROVER)
    at_home(history)
    app = customer(key)
    assert t("ui.refused.title", "en") in words(app)
    assert not app.dataframe
    assert customer("C002").dataframe


def test_the_link_to_send_opens_the_same_record(history: Built, at_home: Point) -> None:
    at_home(history)
    (link,) = [code.value for code in customer("C011").code]
    assert link.endswith("?r.entity=customer&r.pair=crm~oa&r.key=C011")


def test_a_comment_is_kept_and_shown_as_it_was_typed(own: Built, at_home: Point) -> None:
    at_home(own)
    app = customer("C010")
    app.text_area(key="r.text").set_value("![x](http://a.b) asked the OA team")
    app.button[0].click().run()
    assert not app.exception
    assert "![x](http://a.b) asked the OA team" in [text.value for text in app.text]


def test_who_may_not_decide_gets_no_form(
    history: Built, at_home: Point, monkeypatch: pytest.MonkeyPatch
) -> None:
    acting(monkeypatch, LEADER)
    at_home(history)
    app = customer("C010")
    assert not app.text_area
    assert t("record.comments.refused", "en") in words(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_difference_says_who_moved_and_when(language: str, own: Built, at_home: Point) -> None:
    """C001 moved in the CRM on the second day; C011 has differed from the first."""
    edit(own.config.parent / "oa.sqlite", "DELETE FROM base_customer WHERE khbh = 'C002'")
    run(own, own.last + DAY)
    at_home(own)
    app = customer("C001", language)
    level = lines(app)[0]
    assert level["moved"].startswith("crm 2026-")
    assert "{" not in words(app)
    agreed = t("direction.agreed", language, when="", run=1).split(":")[0].split("：")[0]
    assert agreed in words(app)
    assert lines(customer("C011", language))[0]["moved"] == t(
        "direction.short.never_agreed", language
    )
    gone = words(customer("C002", language))
    assert t("direction.deleted", language, there="oa", there_when="\0").split("\0")[0] in gone
