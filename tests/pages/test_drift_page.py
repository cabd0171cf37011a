"""The drift page: what stands open, one table's columns and fields over time, and who sees what."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from governance.i18n import LANGUAGES, t
from governance.ledger import open_ledger
from tests.cast import APPROVER, OUTSIDER
from tests.pages.app import acting, words
from tests.pages.app import opened as opened_page
from tests.ui.world import DAY, Built, edit, run

ROOT = Path(__file__).parents[2]
SHELL, PAGE = ROOT / "governance" / "ui" / "shell.py", ROOT / "pages" / "drift.py"
HOSTILE = "![x](http://example.invalid/x)"
Point = Callable[[Built], None]
opened = partial(opened_page, "drift")


@pytest.fixture(scope="module")
def drifted(history: Built, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The tiny worlds and one run more: a new column in the CRM, a renamed one in the OA."""
    folder = tmp_path_factory.mktemp("drifted") / "own"
    shutil.copytree(history.config.parent, folder)
    built = Built(folder / "home", folder / "governance.yaml", history.last + DAY)
    edit(folder / "crm.sqlite", f'ALTER TABLE customers ADD COLUMN "{HOSTILE}" TEXT')
    edit(folder / "crm.sqlite", "UPDATE customers SET level = ?, phone = '13800000001'", [HOSTILE])
    edit(folder / "oa.sqlite", "ALTER TABLE base_customer RENAME COLUMN khjb TO dengji")
    run(built, built.last)
    return built


def lines(app: AppTest, place: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = app.dataframe[place].value.to_dict("records")
    return rows


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_drifted_stands_first_gravest_on_top(
    language: str, drifted: Built, at_home: Point
) -> None:
    at_home(drifted)
    app = opened(language)
    assert not app.exception
    assert app.title[0].value == t("ui.nav.drift", language)
    told = [(r["what"], r["column"], r["before"], r["after"]) for r in lines(app, 0)]
    renamed = t("drift.kind.column_renamed", language)
    assert told[0] == (renamed, "khjb · level", "khjb", "dengji")
    assert told[1] == (t("drift.kind.column_added", language), HOSTILE, "–", "TEXT")
    remark = lines(app, 0)[0]["remark"]
    assert t("drift.remark.blocked", language) in remark
    assert t("drift.remark.overlap", language, share="100%") in remark


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_table_shows_its_columns_over_time_and_every_field(
    language: str, drifted: Built, at_home: Point
) -> None:
    at_home(drifted)
    app = opened(language, s__table="crm~customer")
    (event,) = lines(app, 1)
    assert (event["run"], event["column"], event["after"]) == ("#6", HOSTILE, "TEXT")
    fields = {row["column"]: row for row in lines(app, 2)}
    assert set(fields) == {"code", "name", "phone", "credit_limit", "level", "branch"}
    assert fields["level"]["top"] == f"{HOSTILE} ×13"
    assert (fields["credit_limit"]["low"], fields["credit_limit"]["high"]) == (
        "5000.00",
        "1200000.00",
    )
    assert fields["code"]["empty"] == "7.69%"
    assert list(fields["level"]["distinct_past"])[-2:] == [5, 1]  # A B C Z 07, then one


def test_values_of_a_source_are_never_markdown(drifted: Built, at_home: Point) -> None:
    at_home(drifted)
    app = opened("en", s__table="crm~customer", s__field="level")
    assert lines(app, 3)[0]["value"] == HOSTILE
    assert HOSTILE not in words(app)


def test_a_personal_field_shows_masks(drifted: Built, at_home: Point) -> None:
    at_home(drifted)
    app = opened("en", s__table="crm~customer", s__field="phone")
    assert [row["value"] for row in lines(app, 3)] == ["138****0001"]
    shown = repr([frame.value.to_dict() for frame in app.dataframe])
    assert "13800000001" not in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reader_of_one_branch_sees_counts_and_no_values(
    language: str, drifted: Built, at_home: Point, monkeypatch: pytest.MonkeyPatch
) -> None:
    acting(monkeypatch, APPROVER)
    at_home(drifted)
    app = opened(language, s__table="crm~customer", s__field="level")
    assert not app.exception
    assert t("drift.values.scope", language) in words(app)
    assert len(lines(app, 0)) == 2
    assert {row["low"] for row in lines(app, 2)} <= {None}
    assert {row["top"] for row in lines(app, 2)} == {""}
    assert len(app.dataframe) == 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_whoever_may_not_look_sees_nothing(
    language: str, drifted: Built, at_home: Point, monkeypatch: pytest.MonkeyPatch
) -> None:
    acting(monkeypatch, OUTSIDER)
    at_home(drifted)
    app = opened(language)
    assert t("ui.refused.title", language) in words(app)
    assert not app.dataframe


@pytest.mark.parametrize("language", LANGUAGES)
def test_before_the_first_read_the_page_says_what_will_be_there(
    language: str, unrun: Built, at_home: Point
) -> None:
    at_home(unrun)
    app = opened(language)
    assert not app.exception
    assert t("drift.empty.title", language) in words(app)
    assert not app.dataframe


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_nothing_drifted_the_page_says_so(
    language: str, history: Built, at_home: Point
) -> None:
    at_home(history)
    app = opened(language)
    assert not app.exception
    assert t("drift.open.none", language) in words(app)
    assert t("drift.events.none", language) in words(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_changed_snapshot_file_is_a_failure_and_no_data(
    language: str, own: Built, at_home: Point
) -> None:
    ledger = open_ledger(own.home)
    snapshot = ledger.snapshots.newest("crm", "customer")
    ledger.close()
    assert snapshot is not None
    file = own.home / snapshot.file
    file.chmod(0o600)
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    at_home(own)
    app = opened(language, s__table="crm~customer")
    assert not app.exception
    assert t("ui.failed.title", language) in words(app)
    assert not app.dataframe


def test_an_unknown_code_in_the_address_is_ignored(drifted: Built, at_home: Point) -> None:
    at_home(drifted)
    app = opened("en", s__table="crm~none", s__field=HOSTILE)
    assert not app.exception
    assert app.selectbox(key="s.table").value == "oa~customer"


def test_another_table_is_chosen_by_its_code_and_forgets_the_field(
    drifted: Built, at_home: Point
) -> None:
    at_home(drifted)
    app = opened("en", s__table="crm~customer", s__field="level")
    app.selectbox(key="s.table").set_value("oa~payment").run()
    assert not app.exception
    assert app.query_params["s.table"] == "oa~payment"
    assert "s.field" not in app.query_params


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_overview_leads_here_when_something_drifted(
    language: str, drifted: Built, history: Built, at_home: Point
) -> None:
    def linked(built: Built) -> bool:
        at_home(built)
        app = AppTest.from_file(str(SHELL), default_timeout=60)
        app.query_params["lang"] = language
        app.run()
        assert not app.exception
        labels = [link.proto.label for link in app.get("page_link")]
        return f":orange[{t('overview.drift.other', language, n='2')}]" in labels

    assert linked(drifted)
    assert not linked(history)
