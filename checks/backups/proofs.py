"""What was proved of a backup: its bits, by a verification; itself, by a restore that ran."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from checks.backups.case import CLOCKS, Case, said, worst
from checks.backups.chain import BUILDING, needed
from checks.backups.model import (
    Backup,
    Depth,
    Method,
    Restore,
    Verdict,
    Verification,
)

# Only these show that the bits are right.
DEEP = frozenset({Depth.FULL, Depth.RESTORE})
_DEPTHS = tuple(Depth)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def judge_intact(case: Case) -> Verdict:
    """Whether the bits were read and held against checksums since the backup was made, of it and of
    all that it builds on.

    A check of the structure, of a part, or while copying leaves it unknown, and says so. A failed
    one of any depth is False until a deep one passes after it; one without a moment or an end
    voids what was proved before.
    """
    members, gone = needed(case.backup, case.catalogue.backups)
    looked = [_bits(case, member) for member in members]
    if gone or any(m.method in BUILDING and not m.needs for m in members):
        looked.append(said(None, "intact.chain_unknown"))
    return worst(looked)


def judge_restorable(case: Case) -> Verdict:
    """Whether a restore of this backup, or of another of its series, ran within the limit of age,
    in time, and its data was that of our snapshot.

    The newest of each counts. One that was never held against a snapshot, or nobody knows how it
    ended, leaves it unknown.
    """
    told = [r for r in case.every_restore if _is_of(r, case)]
    own = _newest([r for r in told if r.backup == case.backup.id])
    newest = _newest(told)
    if newest is None:
        return said(None, "restore.never")
    looked = [_restore(case, r) for r in (own, newest) if r is not None]
    return worst(looked)


def _bits(case: Case, backup: Backup) -> Verdict:
    told = [v for v in _verifications(case) if v.backup in (None, backup.id)]
    made = backup.finished_at or backup.data_at or backup.started_at
    # One of everything that ran before the backup was made speaks of other bits; but blocks that
    # are shared stay broken.
    told = [
        v for v in told
        if v.backup == backup.id or v.at is None or made is None or v.at + CLOCKS >= made
        or (v.ok is not True and backup.method is Method.ARCHIVE)
    ]  # fmt: skip
    proofs = [
        v for v in told
        if v.ok and v.depth in DEEP and v.at is not None and v.at <= case.now + CLOCKS
        and (v.backup is not None or made is not None)
    ]  # fmt: skip
    proved = max((v.at for v in proofs if v.at is not None), default=None)
    against = [v for v in told if v.ok is not True and _is_since(v, proved)]
    failed = [v for v in against if v.ok is False]
    if failed:
        return _verified(case, backup, _last(failed), False, "failed")
    if against:
        return _verified(case, backup, _last(against), None, "end_unknown")
    if proofs:
        old = proved is not None and case.now - proved > case.expected.verified_max_age
        return _verified(
            case, backup, _last(proofs), None if old else True, "old" if old else "verified"
        )
    if not told:
        return said(None, "intact.never", backup=backup.id)
    best = max(told, key=lambda v: (_DEPTHS.index(v.depth), v.at or _LONG_AGO, v.said))
    undated = best.depth in DEEP
    return _verified(case, backup, best, None, "undated" if undated else f"only_{best.depth}")


def _verifications(case: Case) -> tuple[Verification, ...]:
    """Those of the catalogue, and restores that succeeded: all was read to bring it back."""
    restored = tuple(
        Verification(Depth.RESTORE, True, r.at, r.backup)
        for r in case.every_restore
        if r.ok and r.backup is not None and not (r.differs or 0) > case.expected.missing_rows
    )
    return (*case.catalogue.verifications, *restored)


def _is_since(verification: Verification, proved: datetime | None) -> bool:
    """Whether it ran after the last proof, as far as is known. At the same moment it counts."""
    return verification.at is None or proved is None or verification.at >= proved


def _last(told: Sequence[Verification]) -> Verification:
    return max(told, key=lambda v: (v.at or _LONG_AGO, _DEPTHS.index(v.depth), v.said))


def _verified(
    case: Case, backup: Backup, by: Verification, value: bool | None, why: str
) -> Verdict:
    share = "" if by.share is None else f"{by.share * 100:.0f}"
    age = max(case.now - by.at, case.now - case.now) if by.at else None
    return said(
        value, f"intact.{why}", by.at, backup=backup.id, depth=by.depth.value, verified_at=by.at,
        age_span=age, share=share, said=by.said,
    )  # fmt: skip


def _is_of(restore: Restore, case: Case) -> bool:
    if restore.at > case.now + CLOCKS:
        return False
    if restore.backup == case.backup.id or restore.series == case.backup.series:
        return True
    series = {b.id: b.series for b in case.catalogue.backups}
    return restore.backup is not None and series.get(restore.backup) == case.backup.series


def _newest(restores: Sequence[Restore]) -> Restore | None:
    """The last one; of several at one moment the worst."""
    return max(restores, key=lambda r: (r.at, _badness(r), r.id), default=None)


def _badness(restore: Restore) -> tuple[int, int, int, float]:
    ends = {True: 0, None: 1, False: 2}
    seconds = float("inf") if restore.seconds is None else restore.seconds
    return ends[restore.ok], restore.differs or 0, int(not restore.compared), seconds


def _restore(case: Case, restore: Restore) -> Verdict:
    """What one restore proves."""
    expected, seconds = case.expected, restore.seconds
    told = {
        "restored_at": restore.at,
        "age_span": max(case.now - restore.at, case.now - case.now),
        "seconds_span": "" if seconds is None else str(int(seconds)),
        "rto_span": expected.rto,
        "differs": restore.differs,
        "by": restore.by,
        "backup": restore.backup or "",
    }
    if restore.ok is False:
        return said(False, "restore.failed", restore.at, **told)
    if restore.compared and (restore.differs or 0) > expected.missing_rows:
        return said(False, "restore.differs", restore.at, **told)
    if restore.ok is None:
        return said(None, "restore.end_unknown", restore.at, **told)
    if expected.rto is not None and seconds is not None and seconds > expected.rto.total_seconds():
        return said(False, "restore.slow", restore.at, **told)
    if case.now - restore.at > expected.drill_max_age:
        return said(None, "restore.old", restore.at, **told)
    if expected.rto is not None and seconds is None:
        return said(None, "restore.not_timed", restore.at, **told)
    if not restore.compared or restore.differs is None:
        return said(None, "restore.not_compared", restore.at, **told)
    return said(True, "restore.proved", restore.at, **told)
