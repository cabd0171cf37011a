"""The pages of permission overreach, on two days of a tiny company."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from streamlit.testing.v1 import AppTest

from governance.access import Actor, Right
from governance.i18n import LANGUAGES, catalogue, t
from governance.permissions.reader import Reader
from governance.permissions.seen import Narrow
from governance.reading import Desk
from tests.cast import OUTSIDER
from tests.pages.app import opened as opened_page
from tests.pages.app import rendered, rows, words
from tests.permissions.home import company
from tests.runs.conftest import START
from tests.ui.world import Built

ROOT = Path(__file__).parents[2]
SHELL = ROOT / "governance" / "ui" / "shell.py"
Point = Callable[[Built], None]


def opened(page: str = "overreach", language: str = "en", **query: str | list[str]) -> AppTest:
    return opened_page(page, language, **query)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Two nights: as it stands; the approvals cannot be read any more."""
    made = company(tmp_path_factory.mktemp("overreach"))
    made.run()
    made.change("oa", "ALTER TABLE steps RENAME TO hidden")
    made.run()
    made.ledger.close()
    last = START + timedelta(days=1)
    return Built(made.home.path, made.folder / "governance.yaml", last)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_could_not_be_seen_stands_before_the_numbers(
    language: str, watched: Built, at_home: Point
) -> None:
    at_home(watched)
    app = opened(language=language)
    assert not app.exception
    assert app.title[0].value == t("ui.nav.overreach", language)
    assert t("overreach.blind.one", language, n=1) in words(app)
    rules = {row["rule"]: row for row in rows(app, "rule", "title", "why")}
    assert rules["R04"]["status"] == ["not_evaluable"]
    assert rules["R01"]["status"] == ["failed"]
    assert [metric.label for metric in app.metric] == [
        t(f"overreach.card.{name}", language)
        for name in ("failed", "nobody", "unsure", "not_evaluable", "excepted")
    ]


def test_filters_are_codes_in_the_url_and_unknown_ones_are_dropped(
    watched: Built, at_home: Point
) -> None:
    at_home(watched)
    app = opened(o__ruling=["failed", "<b>"], o__rule="R01")
    assert not app.exception
    assert {row["status"][0] for row in rows(app, "subject", "reason")} == {"failed"}
    assert [row["rule"] for row in rows(app, "rule", "title")] == ["R01"]


def test_a_cell_of_the_matrix_names_its_people(watched: Built, at_home: Point) -> None:
    at_home(watched)
    app = opened(o__cell="sales_rep*CUST_VIEW")
    assert not app.exception
    people = rows(app, "person", "need")
    assert [(row["person"], row["need"]) for row in people] == [("赵敏 1003", ["beyond"])]


def test_whoever_sees_one_department_sees_its_people_only(watched: Built, at_home: Point) -> None:
    at_home(watched)
    from governance.ui.workspace import workspace

    desk = workspace().desk
    rights = frozenset({Right.VIEW})
    reader = Reader(desk, Actor("chen", rights, departments=frozenset({"d3"})))
    assert {tally.department for tally in reader.tallies()} <= {"d3"}
    assert all(rule.population is None for rule in reader.rules())
    people = reader.ask("SELECT human FROM {people} ORDER BY human")
    assert people == [("1004",)]
    accounts = reader.ask("SELECT DISTINCT account FROM {holdings} ORDER BY account")
    assert accounts == [("5",), ("u4",)]
    assert reader.ask("SELECT count(*) FROM {grants} WHERE account = 'u3'") == [(0,)]


def test_whoever_may_not_look_sees_nothing(
    watched: Built, at_home: Point, monkeypatch: pytest.MonkeyPatch
) -> None:
    def outsider() -> Actor:
        return OUTSIDER

    monkeypatch.setattr("governance.ui.here.local_operator", outsider)
    at_home(watched)
    for page in ("overreach", "rule", "person", "reach"):
        app = opened(page, rule="R01", person="1003")
        assert t("ui.refused.title", "en") in words(app)
        assert not app.dataframe
        assert not app.metric


def test_where_permissions_are_not_watched_neither_good_nor_bad_is_claimed(
    history: Built, at_home: Point
) -> None:
    at_home(history)
    app = opened()
    assert not app.exception
    assert t("overreach.off.title", "en") in words(app)
    assert not app.metric


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_rule_tells_its_failures_with_a_path(
    language: str, watched: Built, at_home: Point
) -> None:
    at_home(watched)
    app = opened("rule", language, rule="R01")
    assert not app.exception
    (failure,) = rows(app, "subject", "witness")
    assert failure["subject"] == "赵敏 1003"
    assert "实习" in failure["witness"]  # the role that reaches too far
    assert not any(t("overreach.rule.unasked", language) in line for line in words(app))


def test_a_rule_that_nobody_knows_is_said_to_be_none(watched: Built, at_home: Point) -> None:
    at_home(watched)
    app = opened("rule", rule="<script>")
    assert not app.exception
    assert t("overreach.rule.missing.title", "en") in words(app)


def failed(built: Built, rule: str) -> str:
    """The id of the only finding of a rule."""
    from governance.ui.workspace import workspace

    reader = Reader(workspace().desk, Actor("auditor", frozenset({Right.VIEW})))
    (row,) = reader.verdicts(Narrow(rule=(rule,), ruling=("failed",)))
    return row.finding_id


@pytest.mark.parametrize("language", LANGUAGES)
def test_overreach_is_work_in_the_queue_like_any_other(
    language: str, watched: Built, at_home: Point
) -> None:
    at_home(watched)
    app = opened("findings", language, q__tab="todo", q__entity="permissions", q__field="R01")
    assert not app.exception
    (row,) = rows(app, "status", "record", "left")
    assert row["record"] == "1003 赵敏"
    assert row["field"] == f"R01 {t('rules.r01.title', language)}"
    assert row["left"] == t(
        "rules.reach.all", language, system="CRM" if language == "en" else "客户系统"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_finding_of_overreach_shows_its_proof_and_the_ways_on(
    language: str, watched: Built, at_home: Point
) -> None:
    at_home(watched)
    app = opened("finding", language, finding=failed(watched, "R01"))
    assert not app.exception
    (picture,) = app.get("graphviz_chart")
    assert "实习" in picture.proto.spec
    links = [link.proto.label for link in app.get("page_link")]
    assert t("overreach.to_rule", language) in links
    assert t("overreach.to_person", language) in links
    assert t("findings.to_record", language) not in links
    assert t("overreach.no_batch", language) in words(app)
    buttons = {button.label for button in app.button}
    assert {t("findings.do.assign", language), t("findings.do.ask", language)} <= buttons


def test_a_waiver_of_overreach_holds_for_the_path_it_was_granted_for(
    watched: Built, at_home: Point
) -> None:
    at_home(watched)
    from governance.cases.actions import Actions, Selection
    from governance.ui.workspace import workspace

    now = watched.last + timedelta(hours=1)
    desk = Desk(workspace().home, workspace().ledger.database, clock=lambda: now)
    mine = failed(watched, "R15")
    everything = frozenset(Right)
    lin, wu = (desk.view(Actor(name, everything), ("permissions",)) for name in ("lin", "wu"))
    one = Selection(finding_ids=(mine,))
    Actions(lin, now).assign(one, "lin")
    Actions(lin, now).comment(one, "handing over next week")
    Actions(lin, now).ask_waiver(one, "handover agreed", now + timedelta(days=20))
    Actions(wu, now).grant(one)
    finding = wu.finding(mine)
    assert finding is not None
    assert (finding.status, finding.owner_now, finding.comments) == ("waived", "lin", 1)
    desk.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_person_has_all_accounts_rights_with_paths_and_a_past(
    language: str, watched: Built, at_home: Point
) -> None:
    at_home(watched)
    app = opened("person", language, person="1004")
    assert not app.exception
    assert app.subheader[0].value == "陈晨 1004"
    accounts = {(row["system"], row["account"]) for row in rows(app, "link", "confidence")}
    assert len(accounts) == 3
    rights = {row["function"]: row["need"] for row in rows(app, "need", "function", "scope")}
    assert rights == {
        "Administer users" if language == "en" else "管理用户": ["beyond"],
        "Approve contracts" if language == "en" else "审批合同": ["beyond"],
    }
    assert len(app.get("graphviz_chart")) == 1


def test_a_person_can_be_seen_as_of_an_earlier_day(watched: Built, at_home: Point) -> None:
    at_home(watched)
    first = START.astimezone(ZoneInfo("Asia/Shanghai")).date().isoformat()
    app = opened("person", person="1003", p__on=first)
    assert not app.exception
    assert any("run #1" in line for line in words(app).splitlines())
    assert t("person.changes.first", "en") in words(app)
    app = opened("person", person="1003", p__on="<b>")
    assert not app.exception
    assert t("person.changes.none", "en") in words(app)


def test_an_account_of_nobody_has_a_page(watched: Built, at_home: Point) -> None:
    at_home(watched)
    app = opened("person", account="crm~u9")
    assert not app.exception
    assert "Account job" in app.subheader[0].value
    assert t("identity.nobody", "en").rstrip(".") in words(app)


def test_nobody_is_found_for_a_number_that_is_unknown(watched: Built, at_home: Point) -> None:
    at_home(watched)
    app = opened("person", person="![x](http://example.com)", p__q="赵")
    assert not app.exception
    assert t("person.missing.title", "en") in words(app)
    assert any("赵敏" in link.proto.label for link in app.get("page_link"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_whether_a_person_sees_a_customer_is_answered_with_the_path(
    language: str, watched: Built, at_home: Point
) -> None:
    at_home(watched)
    app = opened("reach", language, person="1003", record="crm~customer~C1")
    assert not app.exception
    said = t("reach.answer.yes", language, person="赵敏 1003", record="云帆科技")
    assert said in app.subheader[0].value
    assert t("overreach.need.beyond", language) in app.subheader[0].value
    (picture,) = app.get("graphviz_chart")
    assert "实习" in picture.proto.spec  # reaches everything
    assert "仅本人" not in picture.proto.spec  # the seller's own scope does not reach it
    app = opened("reach", language, person="1002", record="crm~customer~C1")
    assert t("reach.answer.no", language, person="王磊 1002", record="云帆科技") in words(app)
    (row,) = rows(app, "answer", "why")
    assert row["answer"] == t("reach.no", language)


def test_everybody_who_sees_a_customer_is_told_with_the_role(
    watched: Built, at_home: Point
) -> None:
    at_home(watched)
    app = opened("reach", record="crm~customer~C1")
    assert not app.exception
    assert [metric.value for metric in app.metric] == ["2", "1", "0"]
    through = {row["role"]: (row["people"], row["beyond"]) for row in rows(app, "role", "people")}
    assert through == {"role 实习": (1, 1), "role 销售主管": (1, 0)}
    everybody = {(row["person"], row["need"][0]) for row in rows(app, "person", "path")}
    assert everybody == {("赵敏 1003", "beyond"), ("林静 1001", "within")}


def test_customers_are_found_by_name_and_unknown_ones_are_said_to_be(
    watched: Built, at_home: Point
) -> None:
    at_home(watched)
    app = opened("reach", person="1001", record="crm~customer~C9", w__r="物流")
    assert not app.exception
    assert t("reach.record.unknown", "en") in words(app)
    assert any("远山物流" in link.proto.label for link in app.get("page_link"))
    app = opened("reach", w__r="nothing is called so")
    assert t("reach.search.none", "en") in words(app)


def test_a_reader_of_one_department_finds_no_customer_of_another(
    watched: Built, at_home: Point
) -> None:
    at_home(watched)
    from governance.ui.workspace import workspace
    from governance.views.reach import choices, reach

    open_ = workspace()
    assert open_.config is not None
    assert open_.config.permissions is not None
    access = open_.config.permissions
    chen = Actor("chen", frozenset({Right.VIEW}), departments=frozenset({"d3"}))
    assert choices(chen, open_.desk, access, "王", "C").people == ()
    assert choices(chen, open_.desk, access, "王", "C").records == ()
    seen = reach(chen, open_.desk, access, None, "crm~customer~C1")
    assert seen is not None
    assert seen.record is None
    assert seen.reached == ()


def test_what_lies_open_and_what_is_used_is_told_beside_what_is_not_known(
    watched: Built, at_home: Point
) -> None:
    at_home(watched)
    app = opened()
    used = {row["function"]: row for row in rows(app, "granted", "used", "unused")}
    assert (used["View customers"]["granted"], used["View customers"]["used"]) == (3, 1)
    assert used["Create contracts"]["not_evaluable"] == used["Create contracts"]["granted"]
    assert used["Create contracts"]["why"]
    (open_,) = [row for row in rows(app, "department", "phones") if row["department"] == "销售部"]
    assert (open_["accounts"], open_["rows"], open_["phones"]) == (1, 2, 2)


def test_clauses_are_evidence_with_a_mark_and_never_compliance(
    watched: Built, at_home: Point
) -> None:
    at_home(watched)
    app = opened("rule", rule="R13")
    marks = {row["standing"][0] for row in rows(app, "clause", "standing")}
    assert marks <= {"V", "v1", "U"}
    assert "V" in marks
    assert "complian" not in words(app).lower()


def test_what_the_overview_says_of_overreach_is_never_more_than_was_seen(
    watched: Built, at_home: Point
) -> None:
    at_home(watched)
    from governance.ui.workspace import workspace
    from governance.views.overreach import glance

    open_ = workspace()
    assert open_.config is not None
    said = glance(Actor("auditor", frozenset({Right.VIEW})), open_.desk, open_.config)
    assert said is not None
    assert said.is_blind
    assert said.failed >= said.grave > 0
    assert said.unclear > 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_setting_of_a_rule_has_words(language: str) -> None:
    from checks.permissions.rules import SPECS

    known = catalogue(language)
    names = {setting.name for spec in SPECS.values() for setting in spec.settings}
    assert {name for name in names if f"overreach.setting.{name}" not in known} == set()


BAIT = '![x](http://evil.example/a) "]; n9 [label="<b>'


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The company once more, its names, roles and customers made to trap a reader."""
    made = company(tmp_path_factory.mktemp("poisoned"))
    for table, column in (("users", "name"), ("roles", "name"), ("departments", "name"),
                          ("customers", "name"), ("users", "login")):  # fmt: skip
        made.change("crm", f"UPDATE {table} SET {column} = ? || coalesce({column}, '')", BAIT)
    made.change("oa", "UPDATE staff SET name = ? || name", BAIT)
    made.change("oa", "UPDATE staff SET job = ? || job WHERE no = '1004'", BAIT)
    made.run()
    made.ledger.close()
    return Built(made.home.path, made.folder / "governance.yaml", START)


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("overreach", {"o__cell": "sales_rep*CUST_VIEW"}),
        ("rule", {"rule": "R01"}),
        ("person", {"person": "1003", "p__q": "x"}),
        ("reach", {"person": "1003", "record": "crm~customer~C1", "w__p": "x", "w__r": "x"}),
        ("reach", {"record": "crm~customer~C1"}),
        ("finding", {}),
    ],
)
def test_words_of_a_source_are_shown_and_never_rendered(
    page: str, query: dict[str, str | list[str]], poisoned: Built, at_home: Point
) -> None:
    at_home(poisoned)
    asked = query or {"finding": failed(poisoned, "R01")}
    app = opened(page, **asked)
    assert not app.exception
    assert [line for line in rendered(app) if "](http" in line or "//evil" in line] == []
    for picture in app.get("graphviz_chart"):
        labels = re.findall(r'label="([^"]*)"', picture.proto.spec)
        # Every quote opens or closes a label of ours or an attribute: none came from a name.
        assert picture.proto.spec.count("label=") == len(labels)
        assert "<" not in "".join(labels)
        assert "n9 [label=" not in "".join(labels)
