"""What a change would have meant is what it does mean once it is made, run for run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from checks.dictionary import Tolerance
from governance.access import Actor, Right
from governance.errors import ConfigError, PermissionRefused
from governance.ledger.rows import RunRow
from governance.whatif import Change, Outcome, lines_of
from tests.cast import BRANCH
from tests.runs.conftest import START
from tests.thorough import THOROUGH
from tests.whatif.conftest import LAG, Under, World, standing

CREDIT = 'credit_limit: {normalize: amount, tolerance: "0.01", weight: 9, authority: oa}'
WIDER = Change("customer", "credit_limit", "tolerance", tolerance=Tolerance(Decimal(50)))
Lived = list[tuple[RunRow, RunRow]]

# Amounts drift apart and together, names change, copies come and go.
DAYS = (
    (),
    ("UPDATE base_customer SET sxed = '50040.00' WHERE khbh = 'C002'",
     "UPDATE base_customer SET sxed = '80090.00' WHERE khbh = 'C003'",
     "UPDATE base_customer SET khmc = '无锡恒泰机床 ' WHERE khbh = 'C001'",
     "UPDATE base_customer SET sxed = '90030.00' WHERE khbh = 'C004'",
     "INSERT INTO base_customer SELECT * FROM base_customer WHERE khbh = 'C006'"),
    ("UPDATE base_customer SET sxed = '80040.00' WHERE khbh = 'C003'",
     "UPDATE base_customer SET khmc = '天津金隆特种钢材' WHERE khbh = 'C006'"),
    ("UPDATE base_customer SET sxed = '50000.00' WHERE khbh = 'C002'",
     "UPDATE base_customer SET sxed = '7万' WHERE khbh = 'C005'",
     "UPDATE base_customer SET khmc = '苏州瑞达模具有限公司（筹）' WHERE khbh = 'C002'"),
    ("DELETE FROM base_customer WHERE khbh = 'C010'",
     "UPDATE base_customer SET sxed = '80090.00' WHERE khbh = 'C003'",
     "UPDATE base_customer SET khmc = '无锡恒泰机床有限公司' WHERE khbh = 'C001'"),
)  # fmt: skip


@pytest.fixture(scope="module")
def world(worlds: Callable[..., World]) -> World:
    return worlds("customers", DAYS)


def same(first: Under, second: Under, lived: Lived, outcome: Outcome) -> None:
    """Scores and findings of every run are those that the other home really has."""
    assert [p.run for p in outcome.points] == [one.id for one, _ in lived]
    ever: tuple[set[str], set[str]] = (set(), set())
    for point, (one, other) in zip(outcome.points, lived, strict=True):
        for side, company, run in (
            (point.was, first, one),
            (point.would, second, other),
        ):
            (result,) = company.ledger.results.of_run(run.id)
            assert side.strict == pytest.approx(result.strict), run.id
            assert side.adjusted == pytest.approx(result.adjusted), run.id
            assert side.standing == result.open_findings
        was, would = standing(first, one, "customer"), standing(second, other, "customer")
        assert (point.gained, point.lost) == (len(would - was), len(was - would))
        ever[0].update(would - was)
        ever[1].update(was - would)
    assert {e.finding_id for e in outcome.gained_examples} == ever[0]
    assert {e.finding_id for e in outcome.lost_examples} == ever[1]
    assert (outcome.gained, outcome.lost) == (len(ever[0]), len(ever[1]))
    assert outcome.left_out == ()


NONE = Change("customer", "credit_limit", "tolerance")
SHARE = Change("customer", "credit_limit", "tolerance", tolerance=Tolerance(None, Decimal("0.01")))
NAME = "name: {normalize: company_name"
RULES = {
    "wider": (WIDER, ('"0.01"', '"50"'), True),
    "wider, without a lag": (WIDER, ('"0.01"', '"50"'), False),
    "a share": (SHARE, ('"0.01"', "1%"), True),
    "no tolerance": (NONE, ('tolerance: "0.01", ', ""), True),
    "another normaliser": (
        Change("customer", "name", "normalize", normalizer="text"),
        (NAME, "name: {normalize: text"), True),
    "no normaliser": (
        Change("customer", "name", "normalize"), (NAME, "name: {required: false"), True),
    "a first normaliser": (
        Change("customer", "branch", "normalize", normalizer="text"),
        ("branch: {weight: 2}", "branch: {normalize: text, weight: 2}"), False),
}  # fmt: skip


# Each takes a home of its own and five nights.
FEW = ("wider", "wider, without a lag", "another normaliser", "a first normaliser")


@pytest.mark.parametrize("rule", RULES if THOROUGH else FEW)
def test_a_change_would_have_meant_what_it_means_once_it_is_made(world: World, rule: str) -> None:
    change, (old, new), with_lag = RULES[rule]
    lag = (LAG,) if with_lag else ()
    first, before = world.live(f"first_{with_lag}", *lag)
    second, after = world.live(rule.replace(" ", "_"), (old, new), *lag)
    same(first, second, list(zip(before, after, strict=True)), first.asked(change))


def test_rules_that_were_others_then_are_held_against_those_of_today(world: World) -> None:
    """The older runs were made with another weight, so they are compared anew as well."""
    first, before = world.live("first_True", LAG)
    second, after = world.live("wider", ('"0.01"', '"50"'), LAG)
    path = world.folder / "first_True.yaml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("branch: {weight: 2}", "branch: {weight: 4}"), encoding="utf-8")
    try:
        same(first, second, list(zip(before, after, strict=True)), first.asked(WIDER))
    finally:
        path.write_text(text, encoding="utf-8")


def test_another_authority_of_two_changes_no_score_but_who_has_to_act(world: World) -> None:
    first, before = world.live("first_False")
    second, after = world.live("owned_other", ("authority: oa}\n", "authority: crm}\n"))
    outcome = first.asked(Change("customer", "credit_limit", "authority", authority="crm"))
    same(first, second, list(zip(before, after, strict=True)), outcome)
    assert (outcome.gained, outcome.lost) == (0, 0)
    query = "SELECT finding_id, owner FROM findings WHERE state = 'open'"
    was, would = dict(first.query(before[-1], query)), dict(second.query(after[-1], query))
    assert outcome.owners == sum(was[name] != would[name] for name in was) > 0
    assert outcome.hands == outcome.owners


def test_only_the_last_runs_are_looked_at_and_progress_is_told(world: World) -> None:
    first, before = world.live("first_False")
    second, after = world.live("wider,_without_a_lag", ('"0.01"', '"50"'))
    heard: list[tuple[int, int]] = []
    outcome = first.asked(WIDER, runs=3, tell=lambda done, all_: heard.append((done, all_)))
    same(first, second, list(zip(before, after, strict=True))[-3:], outcome)
    assert heard == [(1, 3), (2, 3), (3, 3)]


def test_real_breaks_that_would_have_been_hidden_are_named(world: World) -> None:
    first, runs = world.live("first_False")
    outcome = first.asked(WIDER)
    names = {str(e.key_shown).strip().upper(): e.finding_id for e in outcome.lost_examples}
    real = {r.example.key_shown: r.why for r in outcome.real}
    assert real == {"C002": ("reverted",)}  # 40 apart for two days, then as it was
    assert "C010" in names  # two hundredths apart until the record left
    boss = Actor("zhao", frozenset({Right.VIEW, Right.DECIDE}))
    left, say = names["C010"], first.ledger.decisions.add
    say(boss, left, "comment", {"text": "?"}, now=START)
    assert {r.example.key_shown for r in first.asked(WIDER).real} == set(real)
    say(boss, left, "assign", {"owner": "王芳"}, now=START)
    again = first.asked(WIDER)
    assert {str(r.example.key_shown).strip().upper(): r.why for r in again.real} == {
        **real,
        "C010": ("assign",),
    }
    assert again.real_count == len(again.real)
    (example,) = [e for e in again.lost_examples if e.key_shown == "C002"]
    assert (example.left_value, example.right_value) == ("50000.00", "50040.00")
    assert (example.first_run, example.last_run) == (runs[1].id, runs[2].id)


def test_a_reader_sees_the_findings_of_their_departments_alone(world: World) -> None:
    first, _ = world.live("first_False")
    mine = Actor("zhao", frozenset({Right.VIEW}), departments=frozenset({BRANCH}))
    whole, part = first.asked(WIDER), first.asked(WIDER, mine)
    assert {e.department for e in part.lost_examples} == {BRANCH}
    assert 0 < part.lost < whole.lost
    assert [p.would.strict for p in part.points] == [p.would.strict for p in whole.points]
    with pytest.raises(PermissionRefused):
        first.asked(WIDER, Actor("he", frozenset({Right.DECIDE})))


def test_runs_of_another_reading_are_left_out_and_said_so(worlds: Callable[..., World]) -> None:
    world = worlds("two days", DAYS[:2])
    first, runs = world.live("left", ("phone: {normalize: phone, ", "phone: {"))
    path = world.folder / "left.yaml"
    path.write_text(world.text(), encoding="utf-8")
    newest = first.run()
    outcome = first.asked(WIDER)
    assert [p.run for p in outcome.points] == [newest.id]
    assert [left.run for left in outcome.left_out] == [run.id for run in runs]
    assert {left.code for left in outcome.left_out} == {"store.mapping_changed"}
    assert outcome.points[0].would.adjusted is not None


REFUSED = {
    "a personal field": (Change("customer", "phone", "normalize", normalizer="text"), "masked"),
    "a personal field's tolerance": (
        Change("customer", "phone", "tolerance", tolerance=Tolerance(Decimal(1))), "masked"),
    "a key": (Change("customer", "code", "normalize", normalizer="text"), "key"),
    "no change": (
        Change("customer", "credit_limit", "tolerance", tolerance=Tolerance(Decimal("0.01"))),
        "no_change"),
    "the same authority": (
        Change("customer", "level", "authority", authority="crm"), "no_change"),
}  # fmt: skip


@pytest.mark.parametrize("wish", REFUSED)
def test_what_cannot_be_looked_at_is_refused_with_its_reason(world: World, wish: str) -> None:
    change, code = REFUSED[wish]
    first, _ = world.live("first_False")
    with pytest.raises(ConfigError) as caught:
        first.asked(change)
    assert caught.value.code == f"whatif.{code}"


def test_rules_that_contradict_each_other_are_refused_as_the_configuration_does(
    world: World,
) -> None:
    first, _ = world.live("first_False")
    wishes = {
        "config.tolerance_on_text": Change("customer", "name", "tolerance",
                                           tolerance=Tolerance(Decimal(1))),
        "config.tolerance_number": Change("customer", "credit_limit", "tolerance",
                                          tolerance=Tolerance(time=timedelta(minutes=5))),
        "config.unknown_authority": Change("customer", "level", "authority", authority="erp"),
    }  # fmt: skip
    for code, change in wishes.items():
        with pytest.raises(ConfigError) as caught:
            first.asked(change)
        assert caught.value.code == code


def test_the_lines_to_write_make_the_change_come_true(world: World) -> None:
    first, _ = world.live("first_False")
    config = first.config
    for change, value in (
        (
            Change("customer", "credit_limit", "tolerance", tolerance=Tolerance(Decimal("0.5"))),
            '"0.5"',
        ),
        (Change("customer", "name", "normalize"), "null"),
        (Change("customer", "level", "authority", authority="oa"), "oa"),
    ):
        lines = lines_of(config, change)
        assert lines.file == "first_False.yaml"
        assert not lines.is_over
        stated = config.path.read_text("utf-8").splitlines()[lines.line - 1]
        assert stated.strip().startswith(f"{change.field}:")
        assert lines.text.splitlines()[-1].strip() == f"{change.part}: {value}"
