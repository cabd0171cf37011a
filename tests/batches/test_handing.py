"""What the page asks for is made by whoever holds the lease, as whoever asked."""

from __future__ import annotations

import os
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from governance.access import Actor, Right
from governance.errors import PermissionRefused
from governance.ledger.batches import NewBatch
from governance.ledger.rows import BatchKind, BatchRow, BatchStatus
from governance.reading import Desk
from governance.views import remediation as views
from governance.worker.handing import KEPT, hand_out, sweep
from tests.batches.conftest import Office
from tests.cast import BRANCH, LEADER, OUTSIDER, STEWARD

BRANCH_CLERK = Actor("branch", frozenset({Right.VIEW, Right.EXPORT}), frozenset({BRANCH}))
CHECKLIST = NewBatch(BatchKind.CHECKLIST, "csv", "en", {"entity": ["customer"]})


def ask(office: Office, actor: Actor = STEWARD, new: NewBatch = CHECKLIST) -> int:
    return views.request(actor, office.company.ledger, office.company.config, new, office.now)


def work(office: Office) -> bool:
    company = office.company
    return hand_out(
        company.ledger, company.home, company.config, fence=company.fence, now=office.now
    )


def batch(office: Office, number: int) -> BatchRow:
    row = office.company.ledger.batches.get(number)
    assert row is not None
    return row


def test_batches_are_made_in_the_order_they_were_asked_for(office: Office) -> None:
    office.company.run()
    assert not work(office)
    first, second = ask(office), ask(office)
    assert work(office)
    assert batch(office, first).status is BatchStatus.MADE
    assert batch(office, second).status is BatchStatus.REQUESTED
    assert work(office)
    assert not work(office)
    row = batch(office, second)
    assert row.lines == 11
    path = office.company.home.file(str(row.file))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_batch_holds_what_its_asker_may_see(office: Office) -> None:
    office.company.run()
    number = ask(office, BRANCH_CLERK)
    work(office)
    lines = office.company.ledger.batches.lines(number)
    assert {line.key_shown for line in lines}.isdisjoint({"C005"})
    assert 0 < len(lines) < 11
    assert office.company.ledger.audit.recent(action="export.remediation")[0].actor == "branch"
    mine = views.batches_view(BRANCH_CLERK, office.company.ledger)
    other = ask(office)
    assert [b.row.id for b in mine.batches] == [number]
    with pytest.raises(PermissionRefused):
        views.lines_view(BRANCH_CLERK, office.company.ledger, other)


@pytest.mark.parametrize("actor", [LEADER, OUTSIDER])
def test_who_may_not_export_cannot_ask_nor_fetch(office: Office, actor: Actor) -> None:
    office.company.run()
    number = ask(office)
    work(office)
    with pytest.raises(PermissionRefused):
        ask(office, actor)
    with pytest.raises(PermissionRefused):
        views.fetch(actor, office.company.ledger, office.company.home, number, office.now)


def test_each_download_is_an_audit_event_and_a_revealed_one_needs_the_right(
    office: Office,
) -> None:
    company = office.company
    company.run()
    number = ask(office, new=NewBatch(BatchKind.CHECKLIST, "csv", "en", {}, reveal=True))
    work(office)
    content = views.fetch(STEWARD, company.ledger, company.home, number, office.now)
    assert b"13800000006" in content
    event = company.ledger.audit.recent(action="batch.download")[0]
    assert (event.actor, event.object) == (STEWARD.name, str(number))
    exporter = Actor("clerk", frozenset({Right.VIEW, Right.EXPORT}))
    with pytest.raises(PermissionRefused):
        views.fetch(exporter, company.ledger, company.home, number, office.now)
    with pytest.raises(PermissionRefused):
        ask(office, exporter, NewBatch(BatchKind.CHECKLIST, "csv", "en", {}, reveal=True))


def test_a_system_that_is_away_refuses_the_batch_and_the_worker_goes_on(office: Office) -> None:
    office.company.run()
    number = ask(office)
    away = office.company.folder / "crm.sqlite"
    away.rename(office.company.folder / "away")
    assert work(office)
    row = batch(office, number)
    assert (row.status, row.error_code) == (BatchStatus.REFUSED, "source.file_missing")
    assert not (office.company.home.path / str(row.file)).exists()


def test_what_a_dead_worker_was_making_is_refused_and_said_so(office: Office) -> None:
    company = office.company
    company.run()
    number = ask(office)
    assert company.ledger.batches.claim(fence=company.fence) is not None
    company.ledger.batches.abandoned(fence=company.fence, now=office.now)
    row = batch(office, number)
    assert (row.status, row.error_code) == (BatchStatus.REFUSED, "batch.abandoned")
    assert not work(office)


def test_files_go_after_a_week_and_their_lines_stay(office: Office) -> None:
    company = office.company
    company.run()
    number = ask(office)
    work(office)
    path = company.home.file(str(batch(office, number).file))
    stray = Path(path.parent / ".batch-9.csv.part")
    stray.write_text("half")
    old = (office.now - timedelta(days=2)).timestamp()
    os.utime(stray, (old, old))
    for age, there in ((KEPT, True), (KEPT + timedelta(minutes=1), False)):
        sweep(company.ledger, company.home, fence=company.fence, now=office.now + age)
        assert path.exists() is there
    assert not stray.exists()
    assert batch(office, number).removed_at is not None
    assert len(company.ledger.batches.lines(number)) == 11


def test_the_preview_counts_what_is_then_handed_out(office: Office) -> None:
    company = office.company
    company.run()
    desk = Desk(company.home, company.ledger.database)
    try:
        for kind, form in ((BatchKind.CHECKLIST, "json"), (BatchKind.SQL, "sql")):
            new = NewBatch(kind, form, "en", {"entity": ["customer"]}, system="oa")
            seen = views.preview(STEWARD, desk, company.ledger, company.config, new, office.now)
            made, _ = office.make(kind.value, form, system="oa")
            assert (seen.total, seen.left_out) == (made.lines, made.left_out)
    finally:
        desk.close()


def test_the_score_is_the_fixed_share_of_what_is_decided(office: Office) -> None:
    company = office.company
    company.run()
    number = ask(office)
    work(office)
    company.change("oa", "UPDATE base_customer SET khjb = 'A' WHERE khbh = 'C005'")
    company.change("oa", "UPDATE base_customer SET khmc = '第三个' WHERE khbh = 'C011'")
    company.run()
    view = views.batches_view(STEWARD, company.ledger)
    (made,) = view.batches
    assert made.row.id == number
    assert (made.decided, made.score) == (2, 0.5)
    assert (view.lines, view.decided, view.fixed) == (11, 2, 1)
    assert view.seconds == pytest.approx(timedelta(days=1, minutes=-5).total_seconds())
