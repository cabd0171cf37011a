"""The dead man's switch: an expected backup that does not come is the alarm.

The states are those of healthchecks: the first due moment after the last success is the deadline;
from it on the backup is late, and after the grace it is down. One that failed is down at once, one
that started is down when it runs for longer than the grace. Due moments are given: they were
reckoned in the business zone, where the clocks may change.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from checks.backups.case import said
from checks.backups.model import Backup, State, Verdict


class DueState(StrEnum):
    NEW = "new"  # nothing came yet, and nothing was due yet
    UP = "up"
    LATE = "late"  # due, within the grace
    DOWN = "down"
    PAUSED = "paused"
    UNWATCHED = "unwatched"  # nothing says when one is due


@dataclass(frozen=True, slots=True)
class Signals:
    """What was heard of a series. `since`: when watching began, so that one which never came can
    be missed. `started` is the start of one that still runs, `failed` the end of the last failure.
    """

    succeeded: datetime | None = None
    started: datetime | None = None
    failed: datetime | None = None
    since: datetime | None = None
    is_paused: bool = False


@dataclass(frozen=True, slots=True)
class Deadline:
    """Where the switch stands. `due_at` is the moment that counts, `down_at` that after which it is
    down, `missed` how many due moments passed with their grace. `is_running`: one has begun."""

    state: DueState
    verdict: Verdict
    due_at: datetime | None = None
    down_at: datetime | None = None
    missed: int = 0
    is_running: bool = False


def signals_of(backups: Iterable[Backup], since: datetime | None = None) -> Signals:
    """What a catalogue lets us hear. A backup is heard at its end; one that is done and has no end
    is heard at its start, or else at the moment of its data."""
    known = list(backups)
    heard = {state: [_heard(b) for b in known if b.state is state] for state in State}
    running = [b.started_at for b in known if b.state is State.RUNNING]
    return Signals(
        succeeded=_last(heard[State.DONE]),
        started=_last(running),
        failed=_last([*heard[State.FAILED], *heard[State.PARTIAL]]),
        since=since,
    )


def deadline(
    due: Iterable[datetime], grace: timedelta, signals: Signals, now: datetime
) -> Deadline:
    """Where the switch stands at `now`; the order of `due` does not matter.

    It is late from the due moment on, and down from `due_at + grace` on, both included. Moments
    that lie in the future were not heard yet.
    """
    moments = sorted(set(due))
    last = signals.succeeded if _is_heard(signals.succeeded, None, now) else None
    running = signals.started if _is_heard(signals.started, last, now) else None
    failed = signals.failed if _is_heard(signals.failed, last, now) else None
    wait = _wait(moments, grace, last or signals.since, now, is_running=running is not None)
    if signals.is_paused:
        return wait.stands(DueState.PAUSED)
    if not moments:
        return wait.stands(DueState.UNWATCHED)
    if failed is not None and (running is None or failed > running):
        return wait.stands(DueState.DOWN, "failed", failed, failed)
    if running is not None and now >= running + grace:
        return wait.stands(DueState.DOWN, "stuck", running, running + grace)
    if wait.down_at is not None and now >= wait.down_at:
        return wait.stands(DueState.DOWN, "down", last)
    if wait.due_at is not None and now >= wait.due_at:
        return wait.stands(DueState.LATE, "late", last)
    return wait.stands(DueState.UP if last else DueState.NEW, None, last)


@dataclass(frozen=True, slots=True)
class _Wait:
    """What is waited for."""

    due_at: datetime | None
    down_at: datetime | None
    missed: int
    is_running: bool

    def stands(
        self,
        state: DueState,
        why: str | None = None,
        at: datetime | None = None,
        down_at: datetime | None = None,
    ) -> Deadline:
        values: dict[DueState, bool | None] = {DueState.UP: True, DueState.DOWN: False}
        down_at = down_at or self.down_at
        verdict = said(
            values.get(state), f"due.{why or state.value}", at,
            due_at=self.due_at, heard_at=at, down_at=down_at, missed=self.missed,
        )  # fmt: skip
        return Deadline(state, verdict, self.due_at, down_at, self.missed, self.is_running)


def _wait(
    moments: Sequence[datetime],
    grace: timedelta,
    base: datetime | None,
    now: datetime,
    *,
    is_running: bool,
) -> _Wait:
    """The first due moment after `base`. Where nobody knows since when it is watched, only what is
    still to come can be missed."""
    after = [m for m in moments if m > (base or now)]
    due_at = after[0] if after else None
    missed = sum(m + grace <= now for m in after)
    return _Wait(due_at, due_at + grace if due_at else None, missed, is_running)


def _heard(backup: Backup) -> datetime | None:
    return backup.finished_at or backup.started_at or backup.data_at


def _is_heard(moment: datetime | None, last: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now and (last is None or moment > last)


def _last(moments: Iterable[datetime | None]) -> datetime | None:
    return max((m for m in moments if m is not None), default=None)
