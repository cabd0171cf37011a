"""A campaign: what it freezes, who reviews what, who may decide, and how it may end."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from governance.access import Actor, Right
from governance.alerts.reviews import pressing
from governance.errors import ConfigError, PermissionRefused
from governance.exports.reviews import ReviewFiles
from governance.ledger.review_rows import Change, Decision, ReviewStatus
from governance.reviews import closing, progress
from governance.reviews.acts import preview
from governance.reviews.opening import Wish
from governance.reviews.population import digest
from governance.views.reviews import one_view
from tests.reviews.conftest import CHEN, DAY, LIN, RIGHTS, SIGNER, ZHOU, Desk, at

INTERN, SELLER = ("u3", "intern"), ("u3", "seller")


def decide_all(desk: Desk, number: int, decision: Decision = Decision.KEEP) -> None:
    for actor in (LIN, ZHOU):
        seqs = [line.seq for line in desk.lines(number).values()]
        desk.acts(actor, number).decide(seqs, decision, "looked at")


def test_every_grant_is_a_line_and_one_to_nobody_is_an_orphan(desk: Desk) -> None:
    number = desk.open()
    lines = desk.lines(number)
    assert len(lines) == 8
    assert {key for key, line in lines.items() if line.facts["orphan"]} == {("gone", "seller")}
    intern = lines[INTERN].facts
    assert (intern["human"], intern["name"], intern["scope"]) == ("1003", "赵敏", ["all"])
    assert intern["functions"] == ["CUST_VIEW"]
    assert [hop["what"] for hop in intern["path"]] == ["account", "role", "permission", "scope"]
    assert lines[("u1", "leader")].facts["last_used"] == "2026-02-27T01:00:00Z"
    assert {"R13", "R15"} <= {*lines[("u2", "seller")].failing}  # Wang has left, long ago
    assert "R08" in lines[("u4", "admin")].failing


def test_what_is_frozen_is_what_its_hash_says(desk: Desk) -> None:
    number = desk.open()
    row = desk.company.ledger.reviews.get(number)
    assert row is not None
    facts = [line.facts for line in desk.lines(number).values()]
    assert digest(facts) == digest(reversed(facts)) == row.population
    assert digest([facts[0] | {"scope": ["none"]}, *facts[1:]]) != row.population


def test_the_manager_reviews_and_nobody_reviews_themselves(desk: Desk) -> None:
    number = desk.open()
    found = {key: (line.reviewer, line.reviewer_rule) for key, line in desk.lines(number).items()}
    assert found[INTERN] == ("1001", "manager")
    assert found["u1", "leader"] == ("周海", "fallback")  # nobody manages Lin
    assert found["gone", "seller"] == ("周海", "fallback")
    named = desk.lines(desk.open(rules=("person:林静",), fallback="林静"))
    own = [line for line in named.values() if line.human == "1001"]
    assert {(line.reviewer, line.reviewer_rule) for line in own} == {(None, "nobody")}
    assert all(line.reviewer == "1001" for line in named.values() if line.human != "1001")


def test_only_the_reviewer_or_the_delegate_decides(desk: Desk) -> None:
    number = desk.open()
    seqs = desk.seqs(number, INTERN)
    with pytest.raises(PermissionRefused) as refused:
        desk.acts(ZHOU, number).decide(seqs, Decision.REVOKE)
    assert refused.value.code == "reviews.not_yours_other"
    with pytest.raises(PermissionRefused):
        desk.acts(Actor("1001", frozenset({Right.VIEW})), number).decide(seqs, Decision.REVOKE)
    people = desk.opener.population().people
    done = desk.acts(LIN, number).delegate("赵敏", people)
    assert (done.changed, done.passed) == (1, {"own": 2})  # not her own two
    wang = desk.seqs(number, ("u2", "seller"))
    zhao = Actor("赵敏", RIGHTS)
    assert desk.acts(zhao, number).decide(wang, Decision.REVOKE).changed == 1
    line = desk.lines(number)["u2", "seller"]
    assert (line.decided_by, line.on_behalf_of) == ("赵敏", "1001")
    with pytest.raises(PermissionRefused) as own:
        desk.acts(zhao, number).decide(seqs, Decision.KEEP, "mine")
    assert own.value.code == "reviews.not_yours_own"


def test_a_reviewer_is_known_by_number_and_by_name(desk: Desk) -> None:
    number = desk.open()
    by_name = desk.acts(Actor("林静", RIGHTS), number).decide(
        desk.seqs(number, SELLER), Decision.REVOKE
    )
    by_number = desk.acts(LIN, number).decide(desk.seqs(number, INTERN), Decision.REVOKE)
    assert by_name.changed == by_number.changed == 1


def test_keeping_what_fails_and_changing_anything_needs_a_reason(desk: Desk) -> None:
    number = desk.open()
    acts, lines = desk.acts(LIN, number), desk.lines(number)
    failing = [line.seq for line in lines.values() if line.failing and line.reviewer == "1001"]
    assert failing
    with pytest.raises(ConfigError) as lenient:
        acts.decide(failing, Decision.KEEP)
    assert lenient.value.code == "reviews.reason_keep"
    with pytest.raises(ConfigError) as vague:
        acts.decide(desk.seqs(number, SELLER), Decision.CHANGE, " ")
    assert vague.value.code == "reviews.reason_change"
    assert acts.decide(failing, Decision.KEEP, "until April").changed == len(failing)


def test_a_preview_counts_what_a_decision_would_touch(desk: Desk) -> None:
    number = desk.open()
    row = desk.company.ledger.reviews.get(number)
    assert row is not None
    told = preview(LIN, row, desk.lines(number).values())
    assert (told.lines, told.by_system) == (3, {"crm": 3})
    assert told.by_role == {"销售": 2, "实习": 1}
    mine = [line for line in desk.lines(number).values() if line.reviewer == "1001"]
    assert told.rules == Counter(rule for line in mine for rule in line.failing)
    assert told.failing == sum(bool(line.failing) for line in mine) > 0
    assert told.refused == {"other": 3, "own": 2}
    with pytest.raises(ConfigError) as moved:
        desk.acts(LIN, number).decide([1, 2, 3, 4, 5, 6, 7, 8], Decision.REVOKE, expected=99)
    assert moved.value.code == "reviews.moved_on"


def test_a_changed_mind_keeps_its_history(desk: Desk) -> None:
    number = desk.open()
    seqs = desk.seqs(number, INTERN)
    desk.acts(LIN, number, 0.2).decide(seqs, Decision.REVOKE)
    desk.acts(LIN, number, 0.3).decide(seqs, Decision.CHANGE, "own rows only")
    told = [e.detail["decision"] for e in desk.company.ledger.reviews.events(number) if e.seq]
    assert told == ["revoke", "change"]
    actions = [e.action for e in desk.company.ledger.audit.recent(3)]
    assert actions == ["review.decide", "review.decide", "review.open"]


def test_another_than_the_sole_reviewer_signs_and_only_once_all_is_decided(desk: Desk) -> None:
    ledger = desk.company.ledger.reviews
    number = desk.open(rules=("person:周海",))
    with pytest.raises(ConfigError) as open_:
        closing.sign(ledger, SIGNER, number, now=at(0.4))
    assert open_.value.code == "reviews.sign_open"
    desk.acts(ZHOU, number).decide([*range(1, 9)], Decision.KEEP, "looked at")
    with pytest.raises(PermissionRefused) as own:
        closing.sign(ledger, ZHOU, number, now=at(0.4))
    assert own.value.code == "reviews.sign_own"
    closing.sign(ledger, SIGNER, number, now=at(0.4))
    row = ledger.get(number)
    assert row is not None
    assert (row.status, row.closed_by) == (ReviewStatus.SIGNED, "顾怡")
    with pytest.raises(ConfigError) as over:
        desk.acts(ZHOU, number, 0.5).decide([1], Decision.REVOKE)
    assert over.value.code == "reviews.closed"


def test_a_campaign_over_stale_sources_is_never_signed_as_complete(desk: Desk) -> None:
    ledger = desk.company.ledger.reviews
    number = desk.open(days=5, rules=("person:周海",))
    row = ledger.get(number)
    assert row is not None
    assert {gap.system for gap in row.gaps} == {"crm", "oa"}
    desk.acts(ZHOU, number, 5.1).decide([*range(1, 9)], Decision.KEEP, "looked at")
    with pytest.raises(ConfigError) as stale:
        closing.sign(ledger, SIGNER, number, now=at(5.2))
    assert stale.value.code == "reviews.sign_gap"
    assert stale.value.params["since"] == "2026-03-02T18:05+00:00"
    closing.close_incomplete(ledger, SIGNER, number, "sources were away", now=at(5.2))
    closed = ledger.get(number)
    assert closed is not None
    assert closed.status is ReviewStatus.INCOMPLETE


def test_lines_of_nobody_can_be_handed_to_somebody(desk: Desk) -> None:
    number = desk.open(rules=("manager",), fallback=None)
    people = desk.opener.population().people
    none = [line.seq for line in desk.lines(number).values() if line.reviewer is None]
    done = desk.acts(SIGNER, number).assign(none, "1001", people)
    assert (done.changed, done.passed) == (len(none) - 2, {"own": 2})
    weak = replace(CHEN, rights=frozenset({Right.VIEW, Right.DECIDE}))
    with pytest.raises(PermissionRefused):
        desk.acts(weak, number).assign(none, "1001", people)
    with pytest.raises(ConfigError) as left:
        desk.acts(SIGNER, number).assign(none, "王磊", people)
    assert left.value.code == "reviews.has_left"


def test_a_campaign_may_be_narrowed_and_a_cancelled_one_counts_for_nothing(desk: Desk) -> None:
    ledger = desk.company.ledger
    number = desk.open(filters={"functions": ("CUST_EXPORT",)})
    assert set(desk.lines(number)) == {("u1", "leader")}
    closing.cancel(ledger.reviews, SIGNER, number, "opened by mistake", now=at(0.3))
    cancelled = ledger.reviews.get(number)
    assert cancelled is not None
    assert cancelled.status is ReviewStatus.CANCELLED
    with pytest.raises(ConfigError) as nothing:
        desk.open(filters={"systems": ("oa",), "roles": ("seller",)})
    assert nothing.value.code == "reviews.no_lines"


def test_after_a_signed_review_only_what_is_new_needs_a_look(desk: Desk) -> None:
    ledger = desk.company.ledger.reviews
    number = desk.open(rules=("person:周海",))
    desk.acts(ZHOU, number).decide([*range(1, 9)], Decision.KEEP, "looked at")
    closing.sign(ledger, SIGNER, number, now=at(0.5))
    draft = desk.opener.draft(Wish("next", at(1) + DAY), now=at(0.6))
    assert draft.before is not None
    assert draft.before.review == number
    assert draft.difference.count(Change.SAME) == 8
    with pytest.raises(ConfigError) as nothing:
        desk.open(days=0.6, only_differences=True)
    assert nothing.value.code == "reviews.no_lines"


def test_who_has_open_lines_is_told_soon_before_the_day_or_when_asked_to(desk: Desk) -> None:
    ledger, config = desk.company.ledger, desk.company.config
    number = desk.open()
    subject = f"review:{number}"
    assert subject not in dict(pressing(ledger, config, at(1)))
    assert progress.remind(ledger.reviews, SIGNER, number, now=at(1)) == 2
    told = dict(pressing(ledger, config, at(1)))[subject]
    assert (told[0], told[1]["lines"]) == ("alert.review_due", "8")
    assert "林静 (3)" in told[1]["people"]
    later = desk.open()
    assert f"review:{later}" in dict(pressing(ledger, config, at(5)))
    closing.cancel(ledger.reviews, SIGNER, number, "over", now=at(2))
    assert subject not in dict(pressing(ledger, config, at(5)))


def test_progress_tells_how_many_at_once_and_how_long_after(desk: Desk) -> None:
    number = desk.open(days=0.1)
    desk.acts(LIN, number, 0.2).decide(desk.seqs(number, INTERN), Decision.REVOKE)
    desk.acts(LIN, number, 0.3).decide(
        desk.seqs(number, SELLER, ("u2", "seller")), Decision.KEEP, "needed"
    )
    row = desk.company.ledger.reviews.get(number)
    assert row is not None
    found = {p.reviewer: p for p in progress.paces(row, desk.lines(number).values())}
    lin = found["1001"]
    assert (lin.lines, lin.decided, lin.kept, lin.acts, lin.largest) == (3, 3, 2, 2, 2)
    assert (lin.first, lin.last) == (0.1 * DAY, at(0.3) - at(0.1))
    assert lin.failing_kept == 1
    assert not lin.is_hasty
    assert found["周海"].is_open


def test_many_kept_in_one_go_are_marked_as_hasty(desk: Desk) -> None:
    number = desk.open(rules=("person:周海",))
    row = desk.company.ledger.reviews.get(number)
    assert row is not None
    line = next(iter(desk.lines(number).values()))
    many = [
        replace(line, seq=n, decision=Decision.KEEP, decided_at=at(0.2), batch=1)
        for n in range(progress.HASTY_LINES)
    ]
    (pace,) = progress.paces(row, many)
    assert pace.is_hasty
    (fewer,) = progress.paces(row, many[1:])
    assert not fewer.is_hasty


def test_a_branch_sees_its_own_lines_and_takes_no_campaign_out(desk: Desk, tmp_path: Path) -> None:
    company = desk.company
    number = desk.open()
    branch = Actor("ma", RIGHTS, departments=frozenset({"d3"}))
    view = one_view(branch, company.ledger, number)
    assert view is not None
    assert {line.facts["department"] for line in view.lines} == {"d3"}
    with pytest.raises(PermissionRefused):
        desk.opener.open(branch, Wish("own", at(3)), now=at(0.2))
    files = ReviewFiles(company.ledger, company.config, branch, "zh", at(1))
    with pytest.raises(PermissionRefused):
        files.evidence(tmp_path / "all.json", view.row)
    assert not list(tmp_path.iterdir())
