"""What people say of findings: who sees to them, until when, and which may stand as they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from governance.access import Actor, Right
from governance.cases.actions import Actions, Selection
from governance.cases.said import Word
from governance.cases.timeline import timeline
from governance.errors import ConfigError, PermissionRefused
from governance.reading import Filters, Finding, Findings
from governance.reading.model import Facet, Order
from tests.reading.build import ALICE, BOB, START, World, finding

QIAN = Actor("qian", frozenset(Right))
SUN = Actor("sun", frozenset(Right))
LOOKS = Actor("zhou", frozenset({Right.VIEW}))
CLERK = Actor("li", frozenset({Right.VIEW, Right.DECIDE}))
NAIVE = START.replace(tzinfo=None)
ALL = Filters(state=())


def now() -> datetime:
    return datetime.now(UTC)


def stood(number: int, **changed: object) -> dict[str, object]:
    facts = {"left_hash": "aa", "right_hash": "bb", "since": NAIVE, "opened_at": NAIVE}
    return finding(number, **{"turn": "new", **facts, **changed})


def by(view: Findings, actor: Actor) -> Actions:
    mine = Findings(view.shelf, view.database, view.reading, actor, view.voices)
    return Actions(mine, now())


def one(number: int) -> Selection:
    return Selection(finding_ids=(f"f{number:06d}",))


def seen(view: Findings, number: int = 1) -> Finding:
    found = view.finding(f"f{number:06d}")
    assert found is not None
    return found


def statuses(view: Findings) -> dict[str, int]:
    return view.counts(ALL, Facet.STATUS)


def test_what_the_data_says_is_the_status_until_somebody_speaks(store: World) -> None:
    store.run(
        [
            stood(1),
            stood(2, state="pending", opened_at=None),
            stood(3, turn="bounced"),
            stood(4, turn="reopened"),
            stood(5, owner="王芳"),
            stood(6, state="gone", turn="fixed"),
            stood(7, state="gone", turn="reverted"),
            stood(8, state="gone", turn="withdrawn"),
            stood(9, state="unchecked"),
        ]
    )
    assert statuses(store.desk.view(ALICE)) == {
        "open": 2, "pending": 1, "bounced": 1, "reopened": 1, "assigned": 1, "fixed": 1,
        "reverted": 1, "withdrawn": 1,
    }  # fmt: skip


def test_an_owner_by_hand_goes_before_the_rule_and_can_be_taken_back(store: World) -> None:
    store.run([stood(1, owner="王芳"), stood(2, turn="bounced")])
    view = store.desk.view(ALICE)
    assert by(view, CLERK).assign(one(1), "李强") == 1
    assert (seen(view).owner_now, seen(view).status) == ("李强", "assigned")
    assert view.counts(ALL, Facet.OWNER) == {"": 1, "李强": 1}
    by(view, CLERK).assign(one(1), None)
    assert seen(view).owner_now == "王芳"
    by(view, CLERK).assign(one(2), "赵敏")
    assert seen(view, 2).status == "assigned"


def test_all_that_a_filter_shows_is_assigned_at_once_and_audited_once(store: World) -> None:
    store.run([stood(n, department="华东" if n % 2 else "华南") for n in range(1, 41)])
    view = store.desk.view(ALICE)
    east = Selection(Filters(department=("华东",)), expected=20)
    assert by(view, CLERK).preview(east).touched == 20
    assert by(view, CLERK).assign(east, "李强") == 20
    assert view.count(Filters(owner=("李强",))) == 20
    events = store.ledger.audit.recent(action="decision.assign")
    assert [e.detail["findings"] for e in events] == [20]


def test_nothing_is_done_where_the_number_shown_is_no_longer_true(store: World) -> None:
    store.run([stood(1), stood(2)])
    view = store.desk.view(ALICE)
    with pytest.raises(ConfigError, match="moved_on"):
        by(view, CLERK).assign(Selection(Filters(), expected=1), "李强")
    assert statuses(view) == {"open": 2}


def test_nobody_reaches_beyond_his_department_or_without_the_right(store: World) -> None:
    store.run([stood(1, department="华南"), stood(2, department="华东")])
    view = store.desk.view(ALICE)
    assert by(view, BOB).assign(Selection(Filters()), "李强") == 1
    assert seen(view, 1).owner_now is None
    with pytest.raises(PermissionRefused):
        by(view, BOB).assign(one(1), "李强")
    with pytest.raises(PermissionRefused):
        by(view, LOOKS).assign(one(2), "李强")
    with pytest.raises(PermissionRefused):
        by(view, CLERK).grant(one(2))


def test_a_waiver_takes_two_people(store: World) -> None:
    store.run([stood(1), stood(2)])
    view = store.desk.view(ALICE)
    until = now() + timedelta(days=30)
    both = Selection(Filters())
    assert by(view, QIAN).ask_waiver(both, "合同盖章前以纸质为准", until) == 2
    assert statuses(view) == {"open": 2}
    assert view.counts(ALL, Facet.WAIVER) == {"asked": 2}
    with pytest.raises(ConfigError, match="own_request"):
        by(view, QIAN).grant(both)
    assert by(view, SUN).grant(one(1)) == 1
    assert statuses(view) == {"open": 1, "waived": 1}
    assert by(view, SUN).reject(one(2), "no") == 1
    assert view.counts(ALL, Facet.WAIVER) == {"": 1, "granted": 1}
    by(view, QIAN).withdraw(one(1), "solved otherwise")
    assert statuses(view) == {"open": 2}


def test_a_waiver_does_not_outlive_the_values_it_was_granted_for(store: World) -> None:
    store.run([stood(1)])
    view = store.desk.view(ALICE)
    by(view, QIAN).ask_waiver(one(1), "known", now() + timedelta(days=30))
    by(view, SUN).grant(one(1))
    store.run([stood(1, right_hash="cc")])
    moved = store.desk.view(ALICE)
    assert (seen(moved).status, moved.counts(ALL, Facet.WAIVER)) == ("open", {"": 1})


def test_a_request_must_say_why_and_for_how_long(store: World) -> None:
    store.run([stood(1)])
    actions = by(store.desk.view(ALICE), QIAN)
    for reason, until in (("  ", 3), ("known", -1), ("known", 400)):
        with pytest.raises(ConfigError):
            actions.ask_waiver(one(1), reason, now() + timedelta(days=until))


def test_a_waiver_that_ran_out_waives_nothing(store: World) -> None:
    store.run([stood(1)])
    view = store.desk.view(ALICE)
    asked = replace(by(view, QIAN), now=START)
    asked.ask_waiver(one(1), "known", START + timedelta(days=2))
    assert replace(by(view, SUN), now=START + timedelta(hours=1)).grant(one(1)) == 1
    assert seen(view).status == "open"


def test_an_export_waits_for_its_fix_and_a_later_fall_counts_anew(store: World) -> None:
    store.run([stood(1)])
    view = store.desk.view(ALICE)
    store.ledger.decisions.add(ALICE, "f000001", Word.EXPORT, {"batch": 7}, now=now())
    assert (seen(view).status, seen(view).said.batch) == ("exported", 7)
    later = (now() + timedelta(days=1)).replace(tzinfo=None)
    store.run([stood(1, turn="bounced", since=later, opened_at=later)])
    assert seen(store.desk.view(ALICE)).status == "bounced"


def test_age_and_due_are_told_in_buckets_of_today(store: World) -> None:
    today = now().replace(tzinfo=None)
    days = (0.5, 3.5, 10, 60, 200)
    rows = [
        stood(n, opened_at=today - timedelta(days=d), due_at=today + timedelta(days=5 - d))
        for n, d in enumerate(days)
    ]
    store.run(rows)
    view = store.desk.view(ALICE)
    assert view.counts(ALL, Facet.AGE) == dict.fromkeys(
        ("day", "week", "month", "quarter", "older"), 1
    )
    assert view.counts(ALL, Facet.DUE) == {"overdue": 3, "later": 1, "soon": 1}
    first = view.page(ALL, order=Order.DUE).rows[0]
    assert first.finding_id == "f000004"
    by(view, CLERK).due(Selection(finding_ids=("f000004",)), now() + timedelta(days=9))
    assert view.counts(ALL, Facet.DUE) == {"overdue": 2, "later": 2, "soon": 1}


def test_what_may_stand_is_not_due(store: World) -> None:
    long_ago = (now() - timedelta(days=3)).replace(tzinfo=None)
    store.run([stood(1, due_at=long_ago), stood(2, due_at=long_ago)])
    view = store.desk.view(ALICE)
    by(view, QIAN).ask_waiver(one(1), "known", now() + timedelta(days=30))
    assert view.counts(ALL, Facet.DUE) == {"overdue": 2}
    by(view, SUN).grant(one(1))
    assert view.counts(ALL, Facet.DUE) == {"": 1, "overdue": 1}
    assert view.count(Filters(status=("waived",), due=("overdue",))) == 0


def test_the_time_line_tells_data_and_people_in_order(store: World) -> None:
    store.run([stood(1)])
    view = store.desk.view(ALICE)
    by(view, QIAN).assign(one(1), "李强")
    by(view, QIAN).comment(one(1), "asked the branch")
    told = timeline(view, seen(view))
    assert [(m.what, m.by_data, m.actor) for m in told] == [
        ("found", True, None), ("assign", False, "qian"), ("comment", False, "qian"),
    ]  # fmt: skip
    assert (told[0].left_hash, told[0].right_hash) == ("aa", "bb")


def test_closed_findings_take_no_more_decisions(store: World) -> None:
    store.run([stood(1, state="gone", turn="fixed")])
    with pytest.raises(ConfigError, match="nothing"):
        by(store.desk.view(ALICE), QIAN).assign(one(1), "李强")
