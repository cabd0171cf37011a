"""The overview's numbers, held against worlds in which every difference is counted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from checks.outcome import Severity
from governance.config import Config, load
from governance.errors import PermissionRefused
from governance.i18n import formats
from governance.ledger import Ledger, open_ledger
from governance.reading import Desk
from governance.store import open_home
from governance.views.causes import causes
from governance.views.overview import Overview, compared, overview
from tests.cast import APPROVER, LEADER, OUTSIDER
from tests.ui.world import LAST, Built
from tests.worlds import CUSTOMERS, PAYMENTS

Open = tuple[Desk, Ledger, Config]


@pytest.fixture
def opened(history: Built) -> Iterator[Open]:
    home = open_home(history.home)
    ledger = open_ledger(history.home)
    desk = Desk(home, ledger.database)
    yield desk, ledger, load(history.config, environ={})
    desk.close()
    ledger.close()


@pytest.fixture
def seen(opened: Open) -> Overview:
    found = overview(LEADER, *opened, LAST)
    assert found is not None
    return found


def test_every_planted_difference_needs_somebody_and_nothing_else(seen: Overview) -> None:
    planted = sum(f.copies for w in (CUSTOMERS, PAYMENTS) for f in w.expected.findings)
    edited = 1  # C001's level, between the first run and the second
    assert seen.findings == planted + edited
    assert sum(seen.by_severity.values()) == seen.findings
    assert sum(line.open for line in seen.pairs) == seen.findings


def test_a_record_with_two_findings_needs_somebody_once(seen: Overview) -> None:
    records = {(w.entity, f.key or (f.kind,)) for w in (CUSTOMERS, PAYMENTS)
               for f in w.expected.findings}  # fmt: skip
    assert seen.records == len(records) + 1


def test_the_scores_weigh_each_entity_by_its_records(seen: Overview) -> None:
    aligned = whole = 0
    for world in (CUSTOMERS, PAYMENTS):
        e = world.expected
        aligned += e.aligned
        alone = e.only_left + e.only_right + e.left.null_keys + e.right.null_keys
        whole += e.matched + alone
    assert seen.strict is not None
    assert seen.strict.now == pytest.approx((aligned - 1) / whole)


def test_the_largest_cause_comes_first(seen: Overview) -> None:
    records = [cause.records for cause in seen.causes]
    assert records == sorted(records, reverse=True)
    first = seen.causes[0]
    assert (first.entity, first.field, first.what) == ("customer", "level", "different")
    assert (first.records, first.severity) == (3, Severity.HIGH)


def test_a_cause_names_the_side_that_is_empty(opened: Open) -> None:
    desk, _, config = opened
    found = causes(desk.view(LEADER, [check.name for check in config.checks]), most=99)
    empty = {c.field: c.empty for c in found if c.what == "null_vs_value"}
    assert empty == {"phone": "oa", "note": "oa"}


def test_a_day_on_which_a_source_was_away_is_a_gap_and_keeps_its_findings(seen: Overview) -> None:
    assert [day.strict is None for day in seen.history] == [False, False, True, False, False]
    away = seen.history[2]
    assert sum(away.open.values()) == seen.findings


def test_a_reader_of_one_branch_sees_only_that_branch(opened: Open) -> None:
    whole, part = overview(LEADER, *opened, LAST), overview(APPROVER, *opened, LAST)
    assert whole is not None
    assert part is not None
    assert 0 < part.findings < whole.findings


def test_whoever_may_not_look_gets_no_number(opened: Open) -> None:
    with pytest.raises(PermissionRefused):
        overview(OUTSIDER, *opened, LAST)


def test_a_score_is_compared_with_a_week_before_or_the_oldest_known() -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    past = [(start + timedelta(days=n), 0.90 + n / 100) for n in range(10)]
    score = compared(0.99, past)
    assert score is not None
    assert score.since == start + timedelta(days=2)
    young = compared(0.99, past[-3:])
    assert young is not None
    assert young.since == start + timedelta(days=7)
    assert compared(0.99, past[:1]) == compared(0.99, [])
    assert compared(None, past) is None


@pytest.mark.parametrize(
    ("value", "shown"), [(0.999999, "99.99%"), (1.0, "100.00%"), (0.0, "0.00%"), (None, "–")]
)
def test_a_share_is_never_rounded_up(value: float | None, shown: str) -> None:
    for language in ("zh", "en"):
        assert formats.share(value, language) == shown
