"""A small night: one dump of a CRM at 02:00, looked at in the morning, with all that proves it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from checks.backups.case import Case
from checks.backups.expect import Expected, ExpectedTable
from checks.backups.model import (
    Backup,
    Basis,
    Catalogue,
    Compared,
    Content,
    Depth,
    LogArchive,
    LogRun,
    Mark,
    Method,
    Restore,
    State,
    TableContent,
    Verdict,
    Verification,
)
from checks.backups.verdicts import judge_backup

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

EXPECTED = Expected(
    rpo=timedelta(hours=26),
    rto=timedelta(hours=2),
    databases=("crm",),
    tables=(ExpectedTable("crm.customer", "customer"), ExpectedTable("crm.note")),
)


def dump(**changes: Any) -> Backup:
    made = Backup(
        "n22", "crm nightly", Method.DUMP, State.DONE, "ok", started_at=NIGHT,
        finished_at=NIGHT + HOUR / 4, data_at=NIGHT, basis=Basis.START, size=1000,
    )  # fmt: skip
    return replace(made, **changes)


def full(**changes: Any) -> Backup:
    made = Backup(
        "20261122F", "crm cluster", Method.FULL, State.DONE, "ok", started_at=NIGHT - HOUR,
        finished_at=NIGHT, data_at=NIGHT, basis=Basis.STOP, size=9000,
        log_from=wal(5), log_to=wal(6), databases=("crm",),
    )  # fmt: skip
    return replace(made, **changes)


def wal(number: int, timeline: int = 1) -> str:
    return f"{timeline:08X}{0:08X}{number:08X}"


def archive(*runs: tuple[int, int], listed: bool = True, at: datetime | None = None) -> LogArchive:
    told = tuple(
        LogRun(wal(a), wal(b), b - a + 1 if listed else None, at or NOW - HOUR) for a, b in runs
    )
    return LogArchive("15-1", told, 16 << 20, listed)


def compared(**changes: Any) -> Compared:
    made = Compared(
        7, NIGHT - HOUR, rows=3000, missing=0, extra=2, not_before=NIGHT - 3 * HOUR, next_at=NOW
    )
    return replace(made, **changes)


def content(*, customer: TableContent | None = None, **changes: Any) -> Content:
    made = Content(
        "n22", "mysqldump", NOW - HOUR, 1000, 1.0, True, databases=("crm",),
        tables=(
            customer or TableContent("customer", 3002, "customer", compared=compared()),
            TableContent("note", 12),
        ),
    )  # fmt: skip
    return replace(made, **changes)


def verified(**changes: Any) -> Verification:
    return replace(Verification(Depth.FULL, True, NOW - HOUR), **changes)


def restored(**changes: Any) -> Restore:
    made = Restore("d1", NOW - DAY, True, 1800.0, series="crm nightly", compared=True, differs=0)
    return replace(made, **changes)


def case(
    backup: Backup | None = None,
    *others: Backup,
    inside: Content | None = None,
    expected: Expected = EXPECTED,
    restores: tuple[Restore, ...] = (),
    now: datetime = NOW,
    **catalogue: Any,
) -> Case:
    backup = backup or dump()
    told = Catalogue("directory", NOW, (backup, *others), **catalogue)
    return Case(backup, told, expected, now, inside, restores)


def proved(**changes: Any) -> Case:
    """The dump that passes all four."""
    whole: dict[str, Any] = {
        "inside": content(), "verifications": (verified(),), "restores": (restored(),)
    }  # fmt: skip
    return case(**{**whole, **changes})


def rolling(**changes: Any) -> Case:
    """The physical backup that passes all four."""
    whole: dict[str, Any] = {
        "backup": full(), "logs": (archive((1, 40)),), "verifications": (verified(),),
        "restores": (restored(series="crm cluster"),),
    }  # fmt: skip
    return case(**{**whole, **changes})


def verdict(of: Case, mark: Mark) -> Verdict:
    return judge_backup(of)[mark]


def told(of: Case, mark: Mark) -> tuple[bool | None, str]:
    """The value and the reason, without what all reasons begin with."""
    found = verdict(of, mark)
    return found.value, found.code.removeprefix("backups.why.")
