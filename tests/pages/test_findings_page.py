"""The queue of cases and the page of one: tabs, bulk actions, waivers by two people."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from governance.access import Actor, Right
from governance.i18n import LANGUAGES, t
from governance.ui.text import plain
from tests.cast import APPROVER, BRANCH, LEADER, OUTSIDER, STEWARD
from tests.pages.app import acting, words
from tests.pages.app import opened as opened_page
from tests.ui.world import Built, edit, run

ROOT = Path(__file__).parents[2]
SHELL = ROOT / "governance" / "ui" / "shell.py"
Point = Callable[[Built], None]
HOSTILE = "=![x](http://a.b/c) <b>:red[bad]"
SECOND = Actor("qian", frozenset(Right))


def opened(page: str = "findings", language: str = "en", **query: str | list[str]) -> AppTest:
    return opened_page(page, language, **query)


def listed(app: AppTest) -> Any:
    return app.dataframe[-1].value


@pytest.fixture
def steward(own: Built, at_home: Point, monkeypatch: pytest.MonkeyPatch) -> Built:
    acting(monkeypatch, STEWARD)
    at_home(own)
    return own


def pick(app: AppTest, action: str, page: str = "q") -> AppTest:
    return app.button(key=f"{page}.do.{action}").click().run()


def send(app: AppTest) -> AppTest:
    """Send the one form that stands open."""
    (button,) = [b for b in app.button if b.form_id]
    return button.click().run()


def statuses(app: AppTest) -> set[str]:
    return {code for cell in listed(app)["status"] for code in cell}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("tab", ["todo", "cause", "age", "waivers", "closed", "mine"])
def test_every_tab_opens_in_both_languages(
    tab: str, language: str, history: Built, at_home: Point
) -> None:
    at_home(history)
    app = opened(language=language, q__tab=tab)
    assert not app.exception
    assert app.title[0].value == t("ui.nav.findings", language)
    assert app.segmented_control(key="q.tab").value == tab
    if tab in ("todo", "cause", "age"):
        assert len(listed(app)) >= 15
        assert statuses(app) <= {"open", "assigned", "reopened", "bounced", "exported"}


def test_nothing_on_ones_desk_leads_to_all_that_is_to_do(history: Built, at_home: Point) -> None:
    at_home(history)
    app = opened(q__tab="mine")
    assert t("findings.none.mine.title", "en") in words(app)
    app.button(key="q.all").click().run()
    assert app.query_params["q.tab"] in ("todo", ["todo"])
    assert len(listed(app)) >= 15


def test_filters_of_the_address_narrow_the_queue_and_codes_nobody_knows_are_dropped(
    history: Built, at_home: Point
) -> None:
    at_home(history)
    everything = len(listed(opened(q__tab="todo")))
    one = opened(q__tab="todo", q__entity="customer", q__field="level")
    assert 0 < len(listed(one)) < everything
    odd = opened(q__tab="<b>", q__status="' OR 1=1", q__age="yesterday", q__dir="up")
    assert not odd.exception
    assert len(listed(odd)) == everything
    assert t("findings.none.title", "en") in words(opened(q__tab="todo", q__q="nobody has this"))


def test_an_age_narrows_the_list(history: Built, at_home: Point) -> None:
    at_home(history)
    app = opened(q__tab="age")
    whole = len(listed(app))
    app.pills(key="q.age").set_value(["older"]).run()
    assert app.query_params["q.age"] in ("older", ["older"])
    assert len(listed(app)) <= whole


def test_all_that_a_filter_shows_is_handed_over_at_once(steward: Built) -> None:
    app = opened(q__tab="todo", q__entity="customer", q__field="level")
    shown = len(listed(app))
    pick(app, "assign")
    assert t("findings.preview.assign.other", "en", n=shown) in words(app)
    app.selectbox(key="q.assign.owner").set_value("wang")
    send(app)
    assert not app.exception
    assert [toast.value for toast in app.toast] == [t("findings.done.assign.other", "en", n=shown)]
    assert set(listed(app)["owner"]) == {"wang"}
    assert len(listed(opened(q__tab="mine"))) == shown


def test_a_form_without_its_words_says_what_is_missing(steward: Built) -> None:
    app = send(pick(opened(q__tab="todo"), "comment"))
    assert plain(t("cases.comment_empty", "en")) in words(app)
    assert not app.toast


def test_a_waiver_is_asked_for_by_one_and_granted_by_another(
    steward: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = pick(opened(q__tab="todo", q__entity="customer", q__field="level"), "ask")
    app.text_area(key="q.ask.text").set_value(HOSTILE)
    send(app)
    waiting = opened(q__tab="waivers")
    asked = len(listed(waiting))
    assert asked == 3
    assert set(listed(waiting)["requester"]) == {"wang"}
    assert set(listed(waiting)["reason"]) == {HOSTILE}
    refused = send(pick(waiting, "grant"))
    assert plain(t("cases.own_request", "en", actor="wang")) in words(refused)
    acting(monkeypatch, SECOND)
    granted = send(pick(opened(q__tab="waivers"), "grant"))
    assert [toast.value for toast in granted.toast] == [
        t("findings.done.grant.other", "en", n=asked)
    ]
    held = opened(q__tab="waivers", q__waiver="granted")
    assert statuses(held) == {"waived"}
    assert ":red[bad]" not in words(held)


def test_nothing_is_done_where_the_number_shown_is_no_longer_true(steward: Built) -> None:
    app = pick(opened(q__tab="todo", q__entity="customer", q__field="level"), "assign")
    app.selectbox(key="q.assign.owner").set_value("wang")
    edit(steward.home.parent / "crm.sqlite", "UPDATE customers SET level = '?' WHERE code = 'C002'")
    run(steward, steward.last.replace(day=14))
    send(app)
    assert "Nothing was done" in words(app)
    assert "wang" not in set(listed(opened(q__tab="todo"))["owner"])


def test_who_may_only_look_is_told_why_the_buttons_rest(
    history: Built, at_home: Point, monkeypatch: pytest.MonkeyPatch
) -> None:
    acting(monkeypatch, LEADER)
    at_home(history)
    app = opened(q__tab="todo")
    buttons = [b for b in app.button if (b.key or "").startswith("q.do.")]
    assert buttons
    assert all(button.disabled for button in buttons)
    assert {button.help for button in buttons} == {t("findings.refused.decide", "en")}
    acting(monkeypatch, APPROVER)
    mine = opened(q__tab="todo")
    assert not mine.button(key="q.do.assign").disabled
    assert mine.button(key="q.do.grant").disabled


def test_a_reader_sees_the_cases_of_their_branch_alone(
    history: Built, at_home: Point, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_home(history)
    foreign = opened(q__tab="todo", q__q="C005")
    everything = len(listed(opened(q__tab="todo")))
    acting(monkeypatch, APPROVER)
    app = opened(q__tab="todo", q__dept=BRANCH)
    assert 0 < len(listed(app)) < everything
    assert len(listed(foreign)) > 0
    assert t("findings.none.title", "en") in words(opened(q__tab="todo", q__q="C005"))
    acting(monkeypatch, OUTSIDER)
    assert t("ui.refused.title", "en") in words(opened(q__tab="todo"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_before_the_first_run_the_queue_says_what_to_do(
    language: str, unrun: Built, at_home: Point
) -> None:
    at_home(unrun)
    app = opened(language=language)
    assert t("ui.empty.title", language) in words(app)
    assert not app.dataframe


def first_case(**query: str | list[str]) -> str:
    """The address of the case at the top of a list."""
    app = opened(**query)
    links = [link.proto for link in app.get("page_link")]
    return next(p.query_string for p in links if "finding=" in p.query_string).split("finding=")[1]


def test_a_case_shows_both_values_what_to_do_and_its_time_line(steward: Built) -> None:
    code = first_case(q__tab="todo", q__entity="customer", q__field="level", q__q="C001")
    for language in LANGUAGES:
        app = opened("finding", language, finding=code)
        assert not app.exception
        (line,) = app.dataframe[0].value.to_dict("records")
        assert (line["left"], line["right"]) == ("Z", "A")
        assert t("findings.event.found", language) in words(app)
        assert t("findings.by_data", language, run=2) in words(app)


def test_what_people_say_of_a_case_stands_in_its_time_line_and_is_never_rendered(
    steward: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = first_case(q__tab="todo", q__entity="customer", q__field="level")
    app = pick(opened("finding", finding=code), "comment", "f")
    app.text_area(key="f.comment.text").set_value(HOSTILE)
    send(app)
    assert HOSTILE in [text.value for text in app.text]
    assert not [m for m in app.markdown if ":red[bad]" in m.value]
    pick(app, "ask", "f")
    app.text_area(key="f.ask.text").set_value("until the contract is signed")
    send(app)
    assert t("findings.word.waive_approve", "en") not in words(app)
    for action in ("grant", "reject"):
        button = app.button(key=f"f.do.{action}")
        assert (button.disabled, button.help) == (True, t("findings.refused.own", "en"))
    assert not app.button(key="f.do.withdraw").disabled
    acting(monkeypatch, SECOND)
    granted = send(pick(opened("finding", finding=code), "grant", "f"))
    assert t("findings.word.waive_approve", "en") in words(granted)
    assert t("findings.status.waived", "en") in words(granted)
    (mark,) = [m for m in granted.markdown if m.value.startswith(":material/front_hand: It may")]
    assert "qian" in mark.value
    assert "change “" not in words(granted)
    assert mark.value.split(": ", 1)[1] in words(opened("record", r__finding=code))
    assert not [b for b in granted.button if b.key in ("f.do.ask", "f.do.grant")]
    tabs = opened(q__tab="waivers").segmented_control(key="q.tab").options
    assert t("findings.tab.waivers.counted", "en", asked="0", granted="1") in tabs
    same = listed(opened("consistency", c__entity="customer", c__field="level"))
    assert sum(cell == ["waived"] for cell in same["state"]) == 1


def test_a_closed_case_is_remembered_and_takes_no_more_words(own: Built, at_home: Point) -> None:
    at_home(own)
    code = first_case(q__tab="todo", q__entity="customer", q__field="level", q__q="C001")
    folder = own.home.parent
    level = "UPDATE customers SET level = 'A' WHERE code = 'C001'"
    edit(folder / "crm.sqlite", level)
    run(own, own.last.replace(day=14))
    assert code not in words(opened(q__tab="todo"))
    closed = opened(q__tab="closed", q__q="C001")
    assert statuses(closed) <= {"fixed", "reverted"}
    app = opened("finding", finding=code)
    assert not [b for b in app.button if (b.key or "").startswith("f.do.")]
    assert t("findings.closed_at", "en") in words(app)
    assert t("direction.never_agreed", "en") not in words(app)
    assert ":material/call_split:" not in words(app)
    assert "moved" not in app.dataframe[0].value


@pytest.mark.parametrize(("code", "picture"), [("", "choose"), ("<b>nothing", "missing")])
def test_a_case_that_is_not_there_is_said_to_be_missing(
    code: str, picture: str, history: Built, at_home: Point
) -> None:
    at_home(history)
    app = opened("finding", **({"finding": code} if code else {}))
    assert not app.exception
    assert t(f"findings.{picture}.title", "en") in words(app)


def test_a_case_of_another_branch_is_refused(
    history: Built, at_home: Point, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_home(history)
    code = first_case(q__tab="todo", q__q="C005")
    acting(monkeypatch, APPROVER)
    app = opened("finding", finding=code)
    assert t("ui.refused.title", "en") in words(app)
    assert not app.dataframe


def test_the_record_leads_to_its_cases_and_tells_them_as_one(
    history: Built, at_home: Point
) -> None:
    at_home(history)
    code = first_case(q__tab="todo", q__entity="customer", q__field="level", q__q="C001")
    app = opened("record", r__finding=code)
    assert not app.exception
    assert any(code in link.proto.query_string for link in app.get("page_link"))
    assert t("findings.time_line.record", "en") in words(app)


def test_outside_a_demo_nobody_acts_as_somebody_else(steward: Built) -> None:
    text = steward.config.read_text("utf-8")
    owned = text + "\nowners:\n  - {owner: 周海燕}\n"
    steward.config.write_text(owned, encoding="utf-8")
    app = opened(q__tab="mine", **{"as": "周海燕"})
    assert not [box for box in app.selectbox if box.key == "as"]
    assert app.session_state["_here"].actor == STEWARD
    steward.config.write_text(owned + "\ndemo: true\n", encoding="utf-8")
    demo = opened(q__tab="mine", **{"as": "周海燕"})
    assert demo.session_state["_here"].actor.name == "周海燕"
    unknown = opened(q__tab="mine", **{"as": "somebody"})
    assert unknown.session_state["_here"].actor == STEWARD
    demo.selectbox(key="as").set_value(STEWARD.name).run()
    assert demo.session_state["_here"].actor == STEWARD
    assert "as" not in demo.query_params
