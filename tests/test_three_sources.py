"""Three systems of one entity, each with the word on some fields: findings, scores, pages."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from checks.consistency import pairs
from governance import reading
from governance.access import local_operator
from governance.config import load
from governance.exports.remediation import fixes, fixes_of
from governance.ledger import Ledger, open_ledger
from governance.reading import Desk
from governance.store import open_home
from governance.views.overview import overview
from tests.three import CHIEF, PLAN, Three
from tests.ui.conftest import at_home
from tests.ui.world import LAST, Built, run

__all__ = ["at_home"]

ROOT = Path(__file__).parents[1]
SHELL = ROOT / "governance" / "ui" / "shell.py"
ME = local_operator()
QUIET = ("equal", "none")


def spoil(three: Three) -> None:
    """Something of every kind, in every pair."""
    three.row("oa", "C01")["name"] = "云帆一"
    three.row("erp", "C02")["name"] = "云帆二"
    three.row("crm", "C03")["phone"] = "1"  # the OA's word
    three.row("oa", "C04")["phone"] = None  # both others differ from the word
    three.row("oa", "C05")["credit"] = "1"  # the ERP's word, which the CRM has too
    three.row("erp", "C06")["credit"] = "9"
    three.row("oa", "C07")["level"] = "B"
    three.row("oa", "C08")["terms"] = "60"
    three.row("erp", "C08")["remark"] = "新"
    three.drop("oa", "C09")
    three.drop("erp", "C10")
    three.drop("crm", "C11")  # known to the other two alone
    three.rows["erp"].append(dict(three.row("erp", "C12"), name="云帆十二"))
    three.rows["oa"].append(dict(three.row("oa", "C12"), code=None))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Three, Built]:
    three = Three.sound(tmp_path_factory.mktemp("three"))
    spoil(three)
    built = Built(three.folder / "home", three.write(), LAST)
    open_home(built.home)
    run(built, LAST - timedelta(days=1))
    return three, built


def findings(built: Built) -> dict[tuple[Any, ...], str]:
    """What the newest run sealed: left, right, key, field and kind to state."""
    ledger = open_ledger(built.home)
    newest = max(ledger.runs.recent(limit=1), key=lambda r: r.id)
    ledger.close()
    with duckdb.connect(str(open_home(built.home).file(newest.file or "")), read_only=True) as con:
        sql = "SELECT left_source, right_source, record_key, field, kind, state FROM findings"
        rows = con.execute(sql).fetchall()
    return {row[:5]: row[5] for row in rows}


def test_each_field_is_held_against_the_system_whose_word_counts(
    told: tuple[Three, Built],
) -> None:
    config = load(told[1].config, environ=os.environ)
    planned = pairs(config.entity("customer"), [s.name for s in config.sources])
    assert {(p.left, p.right): p.fields for p in planned} == PLAN
    assert {(p.left, p.right) for p in planned if p.presence} == {p for p in PLAN if CHIEF in p}


def test_all_that_was_planted_in_three_systems_is_found_and_no_more(
    told: tuple[Three, Built],
) -> None:
    three, built = told
    assert findings(built).keys() == three.expected()
    assert {key[:2] for key in three.expected()} == set(PLAN)


@contextmanager
def opened(built: Built) -> Iterator[tuple[Desk, Ledger]]:
    ledger = open_ledger(built.home)
    desk = Desk(open_home(built.home), ledger.database)
    yield desk, ledger
    desk.close()
    ledger.close()


def test_every_pair_has_its_own_score(told: tuple[Three, Built]) -> None:
    three, built = told
    with opened(built) as (desk, _):
        shown = {(p.left_source, p.right_source): p for p in reading.pairs(desk.view(ME))}
    for pair, (aligned, whole) in three.scores().items():
        assert shown[pair].numbers["aligned"] == aligned, pair
        assert shown[pair].strict == pytest.approx(aligned / whole), pair
        assert shown[pair].adjusted == shown[pair].strict, "a first look leaves nothing pending"


def test_the_company_weighs_each_pair_by_what_it_is_a_share_of(
    told: tuple[Three, Built],
) -> None:
    three, built = told
    scores = three.scores().values()
    wanted = sum(aligned for aligned, _ in scores) / sum(whole for _, whole in scores)
    config = load(built.config, environ={})
    with opened(built) as (desk, ledger):
        seen = overview(ME, desk, ledger, config, LAST)
        (result,) = ledger.results.history(config.checks[0].name, limit=1)
    assert result.strict == pytest.approx(wanted)
    assert seen is not None
    assert seen.strict is not None
    assert seen.strict.now == pytest.approx(wanted)
    open_ = {(p.score.left_source, p.score.right_source): p.open for p in seen.pairs}
    assert open_ == Counter(key[:2] for key in three.expected())


def test_each_fix_goes_to_a_system_without_the_word(told: tuple[Three, Built]) -> None:
    with opened(told[1]) as (desk, _):
        made = list(fixes(desk.view(ME)))
    asked = {
        (f.finding.key, f.finding.field, f.system, f.other, f.action.value, f.proposed)
        for f in made
        if f.finding.field is not None
    }
    assert asked == {
        ("C01", "name", "oa", "crm", "change", "云帆1"),
        ("C02", "name", "erp", "crm", "change", "云帆2"),
        ("C03", "phone", "crm", "oa", "change", "13800000003"),
        ("C04", "phone", "crm", "oa", "confirm", None),
        ("C04", "phone", "erp", "oa", "confirm", None),
        ("C05", "credit", "oa", "erp", "change", "5000"),
        ("C06", "credit", "crm", "erp", "change", "9"),
        ("C06", "credit", "oa", "erp", "change", "9"),
        ("C07", "level", "oa", "crm", "change", "A"),
        ("C08", "terms", "oa", "erp", "change", "30"),
        ("C08", "remark", "erp", "oa", "decide", None),
    }
    alone = {(f.finding.key, f.system, f.action.value) for f in made if f.finding.field is None}
    assert alone == {
        ("C09", "oa", "create"),
        ("C10", "erp", "create"),
        ("C11", "oa", "remove"),
        ("C11", "erp", "remove"),
        ("C12", "erp", "merge"),
        (None, "oa", "fill_key"),
    }


def page(name: str, **query: str) -> AppTest:
    app = AppTest.from_file(str(SHELL), default_timeout=60)
    app.query_params["lang"] = "en"
    for key, value in query.items():
        app.query_params[key.replace("__", ".")] = value
    app.run()
    return app.switch_page(str(ROOT / "pages" / f"{name}.py")).run()


def test_the_page_lists_all_three_pairs_and_the_findings_of_each(
    told: tuple[Three, Built], at_home: Callable[[Built], None]
) -> None:
    three, built = told
    at_home(built)
    app = page("consistency")
    assert not app.exception
    scores = app.dataframe[0].value
    assert len(scores) == len(PLAN)
    assert len(app.dataframe[-1].value) == len(three.expected())
    for left, right in PLAN:
        app = page("consistency", c__entity="customer", c__pair=f"{left}~{right}")
        assert not app.exception
        wanted = [key for key in three.expected() if key[:2] == (left, right)]
        assert len(app.dataframe[-1].value) == len(wanted)
        assert len(app.dataframe[0].value) == len(PLAN[left, right]), "a line for each field"


@pytest.mark.parametrize(
    ("pair", "key", "marks", "asked"),
    [
        ("crm~oa", "C01", {"name": "different"}, ["oa"]),
        ("crm~erp", "C06", {"credit": "different"}, ["crm"]),
        ("oa~erp", "C06", {"credit": "different"}, ["oa"]),
        ("oa~erp", "C08", {"terms": "different", "remark": "different"}, ["oa", "erp"]),
        ("oa~erp", "C04", {"phone": "null_vs_value"}, ["erp"]),
        ("crm~oa", "C02", {}, []),
        # not the OA's word nor the CRM's: the difference shows, and is told beside the ERP
        ("crm~oa", "C05", {"credit": "different"}, []),
    ],
)
def test_a_record_shows_the_two_systems_of_its_pair(
    pair: str,
    key: str,
    marks: dict[str, str],
    asked: list[str],
    told: tuple[Three, Built],
    at_home: Callable[[Built], None],
) -> None:
    three, built = told
    at_home(built)
    app = page("record", r__entity="customer", r__pair=pair, r__key=key)
    assert not app.exception
    shown = app.dataframe[0].value.astype(object)
    lines = {r["field"]: r for r in shown.where(shown.notna(), None).to_dict("records")}
    left, right = (three.row(source, key) for source in pair.split("~"))
    assert {f: (row["left"], row["right"]) for f, row in lines.items()} == {
        f: (left.get(f), right.get(f)) for f in lines
    }
    differing = {f: row["mark"][0] for f, row in lines.items() if row["mark"][0] not in QUIET}
    assert differing == marks
    with opened(built) as (desk, _):
        found = desk.view(ME).of_record("customer", pair, key)
    assert sorted(fix.system for fix in fixes_of(found)) == sorted(asked)


def test_the_second_day_counts_what_moved_in_one_system_alone(tmp_path: Path) -> None:
    """The others' snapshots serve again; what stands, goes and comes is right in every pair."""
    three = Three.sound(tmp_path, count=40)
    spoil(three)
    built = Built(tmp_path / "home", three.write(), LAST)
    open_home(built.home)
    run(built, LAST - timedelta(days=1))
    before = three.expected()
    three.row("erp", "C06")["credit"] = "6000"  # mended
    three.row("erp", "C20")["credit"] = "7"  # the word moves: two systems are wrong now
    three.row("erp", "C21")["phone"] = "2"
    three.drop("erp", "C22")
    three.write()
    run(built, LAST)
    after = three.expected()
    assert after != before
    assert findings(built) == {
        **dict.fromkeys(before - after, "gone"),
        **dict.fromkeys(after, "open"),
    }
    with opened(built) as (desk, _):
        shown = {(p.left_source, p.right_source): p for p in reading.pairs(desk.view(ME))}
    for pair, (aligned, whole) in three.scores().items():
        assert shown[pair].strict == pytest.approx(aligned / whole), pair


def test_a_third_system_that_is_away_leaves_the_other_pair_judged(tmp_path: Path) -> None:
    three = Three.sound(tmp_path)
    spoil(three)
    built = Built(tmp_path / "home", three.write(), LAST)
    open_home(built.home)
    run(built, LAST - timedelta(days=1))
    (tmp_path / "erp.csv").rename(tmp_path / "away.csv")
    run(built, LAST)
    assert findings(built) == {
        key: "unchecked" if "erp" in key[:2] else "open" for key in three.expected()
    }
    with opened(built) as (desk, _):
        outcomes = {
            (p.left_source, p.right_source): p.outcome for p in reading.pairs(desk.view(ME))
        }
    assert outcomes == {pair: "not_evaluable" if "erp" in pair else "failed" for pair in PLAN}
