"""Which snapshots and runs retention may mark, on either ledger."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from governance.access import WORKER
from governance.ledger import Ledger, LedgerRefused
from governance.ledger.retention import Aged
from governance.ledger.rows import RunStatus, SnapshotKind, SnapshotRow, Trigger
from governance.ledger.snapshots import NewSnapshot
from governance.store import Sealed
from tests.ledger.processes import NOW

DAY = timedelta(days=1)


def run(ledger: Ledger, fence: int, day: int, kind: SnapshotKind) -> SnapshotRow:
    """A run of that day with one snapshot, which it looked at."""
    now = NOW + day * DAY
    number = ledger.runs.enqueue(WORKER, trigger=Trigger.SCHEDULE, now=now)
    ledger.runs.start(number, fence=fence, now=now, config_digest="d")
    before = ledger.snapshots.newest("crm", "customer")
    parent = None if kind is SnapshotKind.BASE else before
    file = before.file if before and kind is SnapshotKind.SAME else f"snapshots/{number}.duckdb"
    made = ledger.snapshots.add(
        NewSnapshot(
            source="crm",
            entity="customer",
            run_id=number,
            sealed=Sealed(file, "0" * 64, 1),
            rows=1,
            taken_at=now,
            columns=[("code", "text")],
            unread={},
            parent=parent,
            kind=kind,
            changes=int(kind is SnapshotKind.DELTA),
        ),
        fence=fence,
    )
    ledger.runs.finish(
        number,
        fence=fence,
        now=now,
        status=RunStatus.SUCCEEDED,
        as_of=now,
        sealed=Sealed(f"runs/{number}.duckdb", "0" * 64, 1),
        used_snapshots=[made],
    )
    found = ledger.snapshots.get(made)
    assert found is not None
    return found


@pytest.fixture
def taken(ledger: Ledger, fence: int) -> list[SnapshotRow]:
    """Two chains, of four days and of two: base, delta, same, delta; base, same."""
    kinds = ["base", "delta", "same", "delta", "base", "same"]
    return [run(ledger, fence, day, SnapshotKind(kind)) for day, kind in enumerate(kinds)]


def mark(ledger: Ledger, fence: int, day: int, *referred: int) -> Aged:
    before = NOW + day * DAY
    return ledger.retention.mark(
        WORKER,
        fence=fence,
        snapshots_before=before,
        runs_before=before,
        referred=referred,
        now=before,
    )


def test_a_chain_is_read_base_first_and_only_as_far_as_the_snapshot(
    ledger: Ledger, taken: list[SnapshotRow]
) -> None:
    first = taken[0].id
    chains = [[s.id - first for s in ledger.snapshots.chain(snapshot)] for snapshot in taken]
    assert chains == [[0], [0, 1], [0, 1], [0, 1, 3], [4], [4]]


def test_a_chain_is_as_old_as_its_newest_snapshot(
    ledger: Ledger, fence: int, taken: list[SnapshotRow]
) -> None:
    assert mark(ledger, fence, 3).chains == ()
    assert mark(ledger, fence, 4).chains == (taken[0].id,)
    assert [s.id for s in ledger.snapshots.history("crm", "customer")] == [s.id for s in taken[4:]]


def test_the_newest_chain_stays_however_old(
    ledger: Ledger, fence: int, taken: list[SnapshotRow]
) -> None:
    aged = mark(ledger, fence, 5000)
    assert aged.chains == (taken[0].id,)
    assert ledger.snapshots.newest("crm", "customer") == taken[5]
    assert aged.runs == tuple(s.run_id for s in taken)
    assert ledger.runs.sealed() == ()


def test_what_is_referred_to_keeps_the_chains_it_looked_at(
    ledger: Ledger, fence: int, taken: list[SnapshotRow]
) -> None:
    aged = mark(ledger, fence, 5000, taken[2].run_id)
    assert aged.chains == ()
    assert taken[2].run_id not in aged.runs


def test_a_file_is_due_once_and_known_until_it_is_gone(
    ledger: Ledger, fence: int, taken: list[SnapshotRow]
) -> None:
    mark(ledger, fence, 4)
    assert ledger.retention.due(NOW + 3 * DAY) == ()
    due = ledger.retention.due(NOW + 4 * DAY)
    assert due == (
        *sorted({s.file for s in taken[:4]}),
        *(f"runs/{s.run_id}.duckdb" for s in taken[:4]),
    )
    assert ledger.snapshots.files() == {s.file for s in taken}
    ledger.retention.removed(WORKER, due, fence=fence, now=NOW)
    assert ledger.retention.due(NOW + 4 * DAY) == ()
    assert ledger.snapshots.files() == {taken[4].file}
    assert ledger.runs.files() == {f"runs/{s.run_id}.duckdb" for s in taken[4:]}


def test_an_old_fence_marks_nothing(ledger: Ledger, fence: int, taken: list[SnapshotRow]) -> None:
    with pytest.raises(LedgerRefused):
        mark(ledger, fence - 1, 5000)
    assert ledger.snapshots.newest("crm", "customer") == taken[5]


def test_a_snapshot_that_builds_on_nothing_is_refused(ledger: Ledger, fence: int) -> None:
    with pytest.raises(ValueError, match="parent"):
        run(ledger, fence, 0, SnapshotKind.DELTA)


def test_times_come_back_aware(ledger: Ledger, fence: int, taken: list[SnapshotRow]) -> None:
    mark(ledger, fence, 4)
    pruned = ledger.snapshots.get(taken[0].id)
    assert pruned is not None
    assert pruned.pruned_at == NOW + 4 * DAY
    last = ledger.retention.last_pruned("crm", "customer")
    assert isinstance(last, datetime)
    assert last == taken[3].taken_at
