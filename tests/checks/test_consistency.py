"""Which pairs are compared, and how they are judged."""

from __future__ import annotations

from decimal import Decimal

import pytest

from checks import CHECKS
from checks.consistency import Excused, PairPlan, judge, pairs, unseen
from checks.dictionary import Entity, Field, Mapping, Title
from checks.outcome import Outcome
from checks.reconcile import ColumnTotals, SideTotals, Totals
from governance.i18n import t

TITLE = Title("客户", "customer")


def entity(
    authority: str = "crm", sources: dict[str, str] | None = None, **fields: str | None
) -> Entity:
    """Fields by name with their own authority; `sources` name the fields each of them maps."""
    names = {"code": None, "name": None, "tel": None} | fields
    kept = sources or dict.fromkeys(("crm", "oa"), " ".join(names))
    return Entity(
        "customer",
        TITLE,
        ("code",),
        tuple(Field(name, TITLE, authority=word) for name, word in names.items()),
        authority,
        tuple(Mapping(s, {n: n for n in kept[s].split()}) for s in kept),
    )


def test_two_sources_give_one_pair_in_configuration_order():
    for authority in ("crm", "oa"):
        plan = pairs(entity(authority, tel="oa"), ("crm", "oa"))
        assert plan == (PairPlan("crm", "oa", ("name", "tel"), presence=True),)


def test_every_system_is_held_against_the_authority():
    kept = dict.fromkeys(("crm", "oa", "erp"), "code name tel")
    plan = pairs(entity("oa", kept), ("crm", "oa", "erp"))
    assert [(p.left, p.right, p.fields) for p in plan] == [
        ("crm", "oa", ("name", "tel")),
        ("oa", "erp", ("name", "tel")),
    ]
    assert all(p.presence for p in plan)


def test_a_field_with_its_own_authority_is_held_against_that():
    kept = dict.fromkeys(("crm", "oa", "erp"), "code name tel")
    plan = pairs(entity("crm", kept, tel="erp"), ("crm", "oa", "erp"))
    assert plan == (
        PairPlan("crm", "oa", ("name",), presence=True),
        PairPlan("crm", "erp", ("name", "tel"), presence=True),
        PairPlan("oa", "erp", ("tel",), presence=False),
    )


def test_a_field_is_compared_only_where_it_is_mapped():
    kept = {"crm": "code name", "oa": "code name tel", "erp": "code tel"}
    plan = pairs(entity("crm", kept), ("crm", "oa", "erp"))
    assert plan == (
        PairPlan("crm", "oa", ("name",), presence=True),
        PairPlan("crm", "erp", (), presence=True),
        PairPlan("oa", "erp", ("tel",), presence=False),
    )


def test_an_authority_that_takes_no_part_is_replaced():
    kept = dict.fromkeys(("crm", "oa", "erp"), "code name tel")
    plan = pairs(entity("erp", kept, tel="erp"), ("oa", "crm"))
    assert plan == (PairPlan("oa", "crm", ("name", "tel"), presence=True),)


PLAN = PairPlan("crm", "oa", ("name",), presence=True)


def totals(
    matched: int = 0,
    mismatched: int = 0,
    only: tuple[int, int] = (0, 0),
    null: tuple[int, int] = (0, 0),
) -> Totals:
    sides = [
        SideTotals(matched + o + n, matched + o, 0, n) for o, n in zip(only, null, strict=True)
    ]
    cells = ColumnTotals("name", matched - mismatched, 0, 0, 0, mismatched)
    return Totals(*sides, matched, mismatched, *only, (cells,))


def test_the_strict_score_counts_pairs_lone_rows_and_null_keys():
    verdict = judge(PLAN, totals(6, 2, (1, 2), (1, 0)))
    assert verdict.strict == 4 / 10
    assert verdict.fields[0].strict == 4 / 6
    assert verdict.outcome is Outcome.FAILED


def test_lone_rows_do_not_count_where_presence_is_told_elsewhere():
    plan = PairPlan("oa", "erp", ("tel",), presence=False)
    assert judge(plan, totals(4, 1, (5, 5), (1, 1))).strict == 3 / 4
    nothing = judge(plan, totals(0, 0, (5, 5)))
    assert (nothing.outcome, nothing.strict) == (Outcome.NOT_EVALUABLE, None)


def test_pending_ones_lift_the_adjusted_score_alone():
    excused = Excused(pairs=1, lone=1, cells={"name": 1})
    verdict = judge(PLAN, totals(8, 2, (2, 0)), excused=excused)
    assert (verdict.strict, verdict.adjusted) == (6 / 10, 8 / 10)
    assert (verdict.fields[0].strict, verdict.fields[0].adjusted) == (6 / 8, 7 / 8)


def test_no_score_rises_above_one():
    verdict = judge(PLAN, totals(2, 1), excused=Excused(pairs=9, lone=9, cells={"name": 9}))
    assert (verdict.adjusted, verdict.fields[0].adjusted) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("strict", "adjusted", "outcome"),
    [
        (None, None, Outcome.FAILED),
        (Decimal("0.75"), None, Outcome.PASSED),
        (Decimal("0.7500001"), None, Outcome.FAILED),
        (None, Decimal(1), Outcome.PASSED),
        (Decimal("0.7"), Decimal(1), Outcome.PASSED),
        (Decimal("0.8"), Decimal(1), Outcome.FAILED),
    ],
)
def test_thresholds_are_exact_and_all_must_hold(strict, adjusted, outcome):
    verdict = judge(
        PLAN,
        totals(4, 1),
        excused=Excused(pairs=1),
        strict_at_least=strict,
        adjusted_at_least=adjusted,
    )
    assert verdict.outcome is outcome


def test_a_third_is_enough_for_a_threshold_of_a_third_or_less():
    third = totals(3, 2)
    assert judge(PLAN, third, strict_at_least=Decimal("0.3333")).outcome is Outcome.PASSED
    assert judge(PLAN, third, strict_at_least=Decimal("0.3334")).outcome is Outcome.FAILED


def test_fully_aligned_passes_without_thresholds():
    assert judge(PLAN, totals(3)).outcome is Outcome.PASSED


def test_empty_on_both_sides_is_not_evaluable():
    verdict = judge(PLAN, totals())
    assert (verdict.outcome, verdict.reason) == (Outcome.NOT_EVALUABLE, "consistency.empty")
    assert (verdict.strict, verdict.adjusted) == (None, None)


def test_empty_on_one_side_fails():
    verdict = judge(PLAN, totals(0, 0, (3, 0)))
    assert (verdict.outcome, verdict.strict) == (Outcome.FAILED, 0.0)


def test_a_source_that_was_not_read_is_not_evaluable():
    verdict = unseen(PLAN, {"oa": "down"})
    assert verdict is not None
    assert verdict.outcome is Outcome.NOT_EVALUABLE
    assert unseen(PLAN, {"erp": "down"}) is None


@pytest.mark.parametrize("language", ["zh", "en"])
def test_checks_are_registered_with_titles(language):
    assert "consistency" in [c.code for c in CHECKS]
    assert all(t(c.title, language) for c in CHECKS)
    for code in ("consistency.empty", "consistency.nothing_matched"):
        assert t(code, language, left="CRM", right="OA")
