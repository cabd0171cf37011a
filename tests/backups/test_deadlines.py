"""The dead man's switch: new, up, late, down, and what is heard of a catalogue."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.backups.deadlines import DueState, Signals, deadline, signals_of
from checks.backups.model import State
from tests.backups.small import DAY, HOUR, NIGHT, NOW, dump

GRACE = 2 * HOUR
NIGHTS = [NIGHT + n * DAY for n in range(-5, 2)]
SECOND = timedelta(seconds=1)


def stands(signals: Signals, now: datetime = NOW, due: list[datetime] = NIGHTS) -> DueState:
    return deadline(due, GRACE, signals, now).state


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (NIGHT - SECOND, DueState.UP),
        (NIGHT, DueState.LATE),
        (NIGHT + GRACE - SECOND, DueState.LATE),
        (NIGHT + GRACE, DueState.DOWN),
    ],
)
def test_a_backup_is_late_from_its_moment_on_and_down_after_the_grace(
    now: datetime, state: DueState
) -> None:
    yesterday = Signals(succeeded=NIGHT - DAY + HOUR)
    found = deadline(NIGHTS, GRACE, yesterday, now)
    assert (found.state, found.due_at, found.down_at) == (state, NIGHT, NIGHT + GRACE)
    values = {DueState.UP: True, DueState.LATE: None, DueState.DOWN: False}
    assert found.verdict.value is values[state]


def test_every_night_that_passed_with_its_grace_is_counted() -> None:
    found = deadline(NIGHTS, GRACE, Signals(succeeded=NIGHT - 3 * DAY + HOUR), NOW)
    assert (found.state, found.missed) == (DueState.DOWN, 3)


def test_what_never_came_is_new_until_it_was_due_since_watching_began() -> None:
    assert stands(Signals(since=NIGHT + SECOND)) is DueState.NEW
    assert stands(Signals(since=NIGHT - HOUR)) is DueState.DOWN
    assert stands(Signals(since=NIGHT - HOUR), NIGHT + HOUR) is DueState.LATE
    assert stands(Signals()) is DueState.NEW


def test_a_failure_is_down_at_once_and_until_the_next_success() -> None:
    failed = Signals(succeeded=NIGHT - HOUR, failed=NIGHT)
    assert stands(failed, NIGHT) is DueState.DOWN
    assert stands(Signals(succeeded=NIGHT + HOUR, failed=NIGHT)) is DueState.UP
    again = Signals(succeeded=NIGHT - HOUR, failed=NIGHT, started=NIGHT + HOUR / 2)
    assert stands(again, NIGHT + HOUR) is DueState.LATE


def test_one_that_runs_for_longer_than_the_grace_is_down() -> None:
    running = Signals(succeeded=NIGHT - HOUR, started=NIGHT - HOUR / 2)
    before = deadline(NIGHTS, GRACE, running, NIGHT - SECOND)
    assert (before.state, before.is_running) == (DueState.UP, True)
    assert stands(running, NIGHT - HOUR / 2 + GRACE - SECOND) is DueState.LATE
    assert stands(running, NIGHT - HOUR / 2 + GRACE) is DueState.DOWN


def test_without_a_schedule_nothing_is_watched_and_a_pause_watches_nothing() -> None:
    assert stands(Signals(), due=[]) is DueState.UNWATCHED
    assert deadline([], GRACE, Signals(failed=NIGHT), NOW).verdict.value is None
    assert stands(Signals(failed=NIGHT, is_paused=True)) is DueState.PAUSED


def test_a_signal_from_the_future_was_not_heard() -> None:
    assert stands(Signals(succeeded=NOW + HOUR, since=NIGHT - HOUR)) is DueState.DOWN


def test_a_catalogue_is_heard_at_the_ends_of_its_backups() -> None:
    backups = [
        dump(),
        dump(id="y", finished_at=NIGHT - DAY),
        dump(id="f", state=State.FAILED, finished_at=NIGHT + HOUR),
        dump(id="r", state=State.RUNNING, started_at=NOW, finished_at=None),
        dump(id="u", state=State.UNKNOWN, finished_at=NOW),
    ]
    found = signals_of(backups)
    assert found == Signals(succeeded=NIGHT + HOUR / 4, started=NOW, failed=NIGHT + HOUR)
    assert signals_of(backups[::-1]) == found


RANKS = [DueState.UP, DueState.NEW, DueState.LATE, DueState.DOWN]
hours = st.integers(-200, 60).map(lambda n: NIGHT + n * HOUR)
maybe = st.none() | hours


@given(hours, maybe, st.integers(0, 50), st.randoms())
@settings(max_examples=60, deadline=None)
def test_without_news_it_only_gets_worse(
    succeeded: datetime, failed: datetime | None, later: int, shuffle: object
) -> None:
    signals = Signals(succeeded=succeeded, failed=failed, since=NIGHTS[0])
    start = max(succeeded, failed or succeeded)
    due = list(NIGHTS)
    shuffle.shuffle(due)  # type: ignore[attr-defined]
    one, other = stands(signals, start, due), stands(signals, start + later * HOUR)
    assert RANKS.index(one) <= RANKS.index(other)
