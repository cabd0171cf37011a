"""The pages of backups: a CRM whose dumps are nine days old inside, an OA that is late."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from checks.backups.faults import Fault, Sureness
from checks.backups.model import Basis, Mark, Method, State
from governance.access import Actor, Right
from governance.backups.reading import Reader
from governance.i18n import LANGUAGES, catalogue, t
from tests.backups.sealed import FINDING, LOG, YAML, Rows, seal, watched
from tests.cast import OUTSIDER
from tests.pages.app import ROOT, acting, opened, rendered, rows, words
from tests.ui.world import LAST, Built, build, run

Point = Callable[[Built], None]
PAGES = ("backups", "backup", "drills")
BAIT = '![x](http://evil.example/a) "]; n9 [label="<b>'


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return watched(tmp_path_factory.mktemp("backups"))


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The same, every word that a tool or a source can write made to trap a reader."""
    return watched(tmp_path_factory.mktemp("poisoned"), bait=BAIT)


def newest(bait: str = "") -> dict[str, str]:
    return {"system": "crm", "catalogue": "dumps", "backup": Rows(LAST, bait).dump(0)}


def bare(markdown: str) -> str:
    """What a reader sees of escaped words."""
    return markdown.replace("\\", "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_line_says_how_old_the_data_is_and_what_is_missing(
    language: str, saved: Built, at_home: Point
) -> None:
    at_home(saved)
    app = opened("backups", language)
    assert not app.exception
    first = bare(app.subheader[0].value)
    assert "2026-03-04 00:00" in first
    assert "312" in first
    assert first.startswith(":red[")
    assert t("backups.page.unseen.one", language, n=1) in words(app)


@pytest.mark.parametrize("language", ["zh"])
def test_every_verdict_stands_with_its_word_and_never_as_a_colour_alone(
    language: str, saved: Built, at_home: Point
) -> None:
    at_home(saved)
    said = bare(words(opened("backups", language)))
    for mark in Mark:
        name = t(f"backups.page.mark.{mark.value}", language)
        assert said.count(name) >= 2
    for code in ("yes", "no", "unknown"):
        fresh = t(f"backups.page.mark.{'intact' if code == 'unknown' else 'fresh'}", language)
        assert t(f"backups.page.answer.{code}", language, mark=fresh) in said


def test_what_could_not_be_read_is_never_shown_as_passed(saved: Built, at_home: Point) -> None:
    at_home(saved)
    app = opened("backups", k__system="crm")
    read = {row["catalogue"]: row["answer"] for row in rows(app, "catalogue", "zone")}
    assert read == {"copies": ["no"], "dumps": ["yes"]}
    digits = {row["digit"]: row["answer"] for row in rows(app, "digit", "proof")}
    assert digits[t("backups.page.digit.immutable", "en")] == ["unknown"]


def test_the_system_is_a_code_in_the_url_and_an_unknown_one_is_dropped(
    saved: Built, at_home: Point
) -> None:
    at_home(saved)
    app = opened("backups", k__system="oa")
    assert {row["catalogue"] for row in rows(app, "backup", "data_at")} == {"repo"}
    app = opened("backups", k__system="<b>")
    assert not app.exception
    assert {row["catalogue"] for row in rows(app, "backup", "data_at")} == {"dumps"}


@pytest.mark.parametrize("language", ["zh"])
def test_a_backup_shows_the_table_that_lacks_most_first(
    language: str, saved: Built, at_home: Point
) -> None:
    at_home(saved)
    app = opened("backup", language, **newest())
    assert not app.exception
    tables = rows(app, "table", "missing")
    assert (tables[0]["missing"], tables[0]["rows"]) == (312, 118_204)
    assert tables[0]["lost"] == "level"
    assert tables[2]["why"] == t("backups.page.tables.not_compared", language)
    problems = rows(app, "severity", "sure")
    assert [row["severity"] for row in problems] == [["critical"], ["critical"]]


def test_a_backup_shows_what_it_needs_and_the_hole_in_its_log(saved: Built, at_home: Point) -> None:
    at_home(saved)
    name = Rows(LAST).physical(1)
    app = opened("backup", system="oa", catalogue="repo", backup=name)
    assert not app.exception
    (picture,) = app.get("graphviz_chart")
    assert name in picture.proto.spec
    assert "->" in picture.proto.spec
    assert t("backups.page.logs.hole.one", "en", n=1) in words(app)
    assert len(rows(app, "first", "segments")) == 2


def test_a_backup_nobody_knows_is_said_to_be_none(saved: Built, at_home: Point) -> None:
    at_home(saved)
    app = opened("backup", system="crm", catalogue="dumps", backup="<script>")
    assert not app.exception
    assert t("backups.page.missing.title", "en") in words(app)
    assert t("backups.page.choose.title", "en") in words(opened("backup"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_drills_tell_the_failed_one_the_told_one_and_who_may(
    language: str, saved: Built, at_home: Point
) -> None:
    at_home(saved)
    app = opened("drills", language)
    assert not app.exception
    crm = "CRM" if language == "en" else "客户系统"
    assert t("backups.page.drills.broken", language, names=crm) in app.subheader[0].value
    found = rows(app, "who", "took")
    assert [row["who"] for row in found] == [["ours"], ["ours"], ["told"]]
    assert [row["answer"] for row in found] == [["no"], ["yes"], ["yes"]]
    both = t("backups.page.keepers.both", language, names="林静 1001")
    assert both in words(app)


def test_a_failed_drill_shows_its_log_to_whoever_sees_the_whole_company(
    saved: Built, at_home: Point, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_home(saved)
    app = opened("drills", d__drill="2")
    assert not app.exception
    assert [code.value for code in app.code] == [LOG]
    one = Actor("chen", frozenset({Right.VIEW}), departments=frozenset({"d3"}))
    acting(monkeypatch, one)
    app = opened("drills", d__drill="2")
    assert not app.exception
    assert not app.code


def test_a_system_without_a_young_restore_is_a_hole(
    saved: Built, at_home: Point, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_home(saved)
    monkeypatch.setattr("governance.views.drills.MAX_AGE", timedelta(days=18))
    app = opened("drills")
    assert t("backups.page.drills.missing.one", "en", n=1, names="OA") in app.subheader[1].value


def test_whoever_sees_one_department_sees_no_key_and_no_name(
    saved: Built, at_home: Point, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_home(saved)
    one = Actor("chen", frozenset({Right.VIEW, Right.EXPORT}), departments=frozenset({"d3"}))
    acting(monkeypatch, one)
    app = opened("backup", **newest())
    assert "examples" not in app.dataframe[0].value.columns or not any(
        row["examples"] for row in rows(app, "table", "missing")
    )
    assert t("backups.page.part", "en") in words(app)
    app = opened("drills")
    assert "林静" not in words(app)
    assert not any("can_delete" in frame.value.columns for frame in app.dataframe)
    assert not opened("backups").get("download_button")


def test_whoever_may_not_look_sees_nothing(
    saved: Built, at_home: Point, monkeypatch: pytest.MonkeyPatch
) -> None:
    acting(monkeypatch, OUTSIDER)
    at_home(saved)
    for page in PAGES:
        app = opened(page, **newest())
        assert t("ui.refused.title", "en") in words(app)
        assert not app.dataframe


@pytest.mark.parametrize("page", PAGES)
def test_where_backups_are_not_watched_neither_good_nor_bad_is_claimed(
    page: str, history: Built, at_home: Point
) -> None:
    at_home(history)
    app = opened(page)
    assert not app.exception
    assert t("backups.page.off.title", "en") in words(app)
    assert not app.dataframe


@pytest.mark.parametrize("page", ["backups", "drills"])
def test_before_a_run_looked_the_page_says_what_comes(
    page: str, tmp_path: Path, at_home: Point
) -> None:
    built = build(tmp_path, runs=False)
    built.config.write_text(built.config.read_text("utf-8") + YAML, encoding="utf-8")
    at_home(built)
    app = opened(page)
    assert not app.exception
    assert t("backups.page.empty.title", "en") in words(app)


def copied(built: Built, tmp_path: Path) -> Built:
    shutil.copytree(built.config.parent, tmp_path / "copy")
    return replace(
        built, home=tmp_path / "copy" / "home", config=tmp_path / "copy" / "governance.yaml"
    )


@pytest.mark.parametrize("page", PAGES)
def test_a_changed_run_file_is_a_failure_and_no_data(
    page: str, saved: Built, tmp_path: Path, at_home: Point
) -> None:
    own = copied(saved, tmp_path)
    (file,) = (own.home / "runs").glob("*.duckdb")
    file.chmod(0o600)
    with file.open("r+b") as stream:
        stream.seek(5000)
        stream.write(b"not what was sealed")
    at_home(own)
    app = opened(page, **newest())
    assert not app.exception
    assert t("ui.failed.title", "en") in words(app)
    assert not app.dataframe


def test_a_newer_run_that_could_not_look_leaves_the_old_one_and_says_so(
    saved: Built, tmp_path: Path, at_home: Point
) -> None:
    own = replace(copied(saved, tmp_path), last=LAST + timedelta(days=1))
    seal(own, None)
    at_home(own)
    app = opened("backups")
    assert not app.exception
    assert t("backups.page.stale", "en", when="2026-03-13 02:05", run=30) in words(app)
    assert "312" in app.subheader[0].value


@pytest.mark.parametrize("page", PAGES)
def test_words_of_tools_and_sources_stay_words(page: str, poisoned: Built, at_home: Point) -> None:
    at_home(poisoned)
    app = opened(page, **newest(BAIT))
    assert not app.exception
    assert app.dataframe
    assert not any("](http" in line for line in rendered(app))
    for picture in app.get("graphviz_chart"):
        assert '"]' not in picture.proto.spec.replace('" fillcolor', "").replace('label="', "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_faults_of_backups_are_work_in_the_queue_like_any_other(
    language: str, saved: Built, at_home: Point
) -> None:
    at_home(saved)
    app = opened("findings", language, q__tab="todo", q__entity="backups", q__field="fresh")
    assert not app.exception
    (row,) = rows(app, "status", "record", "left")
    assert row["field"] == t("backups.page.fault.fresh", language)
    assert "312" in row["left"]
    assert "right" not in row


@pytest.mark.parametrize("language", ["zh"])
def test_a_fault_says_why_and_leads_to_the_backup(
    language: str, saved: Built, at_home: Point
) -> None:
    at_home(saved)
    app = opened("finding", language, finding=FINDING)
    assert not app.exception
    links = [link.proto.label for link in app.get("page_link")]
    assert t("backups.page.to_backup", language) in links
    assert t("findings.to_record", language) not in links
    assert "312" in words(app)
    assert t("backups.page.case.no_batch", language) in words(app)
    assert t("findings.event.found_backup", language) in words(app)


@pytest.mark.parametrize("language", ["en"])
def test_the_overview_says_what_would_not_come_back(
    language: str, saved: Built, tmp_path: Path, at_home: Point
) -> None:
    own = replace(copied(saved, tmp_path), last=LAST + timedelta(days=1))
    own.config.write_text(
        own.config.read_text("utf-8").partition("\nbackups:")[0] + "\n", encoding="utf-8"
    )
    run(own, own.last)  # the records, so that the whole overview is there
    own.config.write_text(own.config.read_text("utf-8") + YAML, encoding="utf-8")
    at_home(own)
    from tests.ui.test_pages import opened as first_page

    app = first_page("overview", language)
    assert not app.exception
    crm = "CRM" if language == "en" else "客户系统"
    assert t("backups.page.tile.bad", language, systems=crm) in words(app)


def test_a_reader_of_backups_refuses_whoever_may_not_look(saved: Built, at_home: Point) -> None:
    at_home(saved)
    from governance.errors import PermissionRefused
    from governance.ui.workspace import workspace

    with pytest.raises(PermissionRefused):
        Reader(workspace().desk, OUTSIDER)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_and_every_word_that_is_asked_for_exists(language: str) -> None:
    known = catalogue(language)
    coded = {
        "fault": Fault, "sureness": Sureness, "todo": Fault, "basis": Basis, "mark": Mark,
        "method": Method, "state": State,
    }  # fmt: skip
    names = {f"{area}.{code.value}" for area, codes in coded.items() for code in codes}
    for folder in ("governance/ui", "governance/views", "governance/exports", "pages"):
        for path in (ROOT / folder).glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr == "page"
                    and node.args
                    and isinstance(node.args[0], ast.Constant)
                ):
                    names.add(str(node.args[0].value))
    assert {name for name in names if f"backups.page.{name}" not in known} == set()
