"""How old is the data inside: what the tool says of itself, held against what is inside.

The claim is the tool's `data_at` with what it rests on. The inside speaks by the newest business
row, and by our own history: a table that holds all that we saw at a moment is not older, one that
lacks what was there is not younger. Where the two disagree the inside is right: a dump of a replica
that stopped nine days ago is nine days old whenever it was made.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from checks.backups.case import CLOCKS, Case, said
from checks.backups.chain import reach
from checks.backups.model import Backup, Basis, Method, TableContent, Verdict

# What can be read without a server, and so must have been dated from the inside.
READABLE = frozenset({Method.DUMP, Method.COPY})
# What a claim must rest on to be the moment of the data; the others overstate it.
SOUND = frozenset({Basis.CONTENT, Basis.STOP, Basis.START, Basis.NAME})


@dataclass(frozen=True, slots=True)
class Dated:
    """The moment of the data. `at` is the best that is known, resting on `basis`.

    It lies from `not_before` to `before`; None: nothing bounds it. `why` names what `not_before`
    rests on, or else why there is none. `table` is the one that is behind what the tool claims, and
    `missing` counts the keys of all tables that the backup lacks.
    """

    at: datetime | None
    basis: Basis | None
    why: str
    not_before: datetime | None = None
    before: datetime | None = None
    table: str | None = None
    missing: int = 0


@dataclass(frozen=True, slots=True)
class _Inside:
    """What the inside says. `seen`: the data is not older. `behind`: the table that lacks what was
    there at `before`; `since`: what it holds was there then. `unplaced`: rows are missing, and
    nobody knows since when they were there."""

    seen: datetime | None = None
    behind: TableContent | None = None
    since: datetime | None = None
    before: datetime | None = None
    missing: int = 0
    unplaced: bool = False


def claimed_at(backup: Backup) -> datetime | None:
    """The moment the tool claims; its end, or else its start, where it claims none."""
    return backup.data_at or backup.finished_at or backup.started_at


def dated(case: Case) -> Dated:
    """The moment of the data of one backup, by the strongest that is known of it."""
    claim, forward = claimed_at(case.backup), _rolled_to(case)
    if forward is not None and (claim is None or forward > claim):
        return Dated(forward, Basis.STOP, "logs", forward, forward)
    inside = _inside(case)
    if inside is not None and inside.behind is not None:
        at, table = inside.since or inside.before, inside.behind.entity or inside.behind.table
        return Dated(
            at, Basis.CONTENT, "inside" if inside.since else "behind", inside.since, inside.before,
            table, inside.missing,
        )  # fmt: skip
    why, lower = _lower(case, claim, inside)
    missing = inside.missing if inside is not None else 0
    if lower is not None and not _is_sound(case.backup):
        return Dated(lower, case.backup.basis, why, lower, claim, None, missing)
    return Dated(claim, case.backup.basis, why, lower, claim, None, missing)


def judge_fresh(case: Case) -> Verdict:
    """Whether the data is no older than the RPO. The boundary is within.

    False only where the data is surely too old. A dump whose inside could be dated and was not,
    or that rests on the time of a file, is not known to be fresh.
    """
    found = dated(case)
    if found.at is None or found.before is None:
        return said(None, "fresh.no_moment")
    told: dict[str, object] = {
        "finished_at": case.backup.finished_at or claimed_at(case.backup),
        "data_at": found.at,
        "age_span": max(case.now - found.at, case.now - case.now),
        "rpo_span": case.expected.rpo,
        "table": found.table,
        "missing": found.missing,
    }
    if found.before > case.now + CLOCKS:
        return said(None, "fresh.future", **told)
    if _is_old(case, found.before):
        return said(False, "fresh.stale" if found.table else "fresh.old", found.at, **told)
    if found.not_before is not None and not _is_old(case, found.not_before):
        return said(True, f"fresh.{found.why}", found.at, **told)
    if found.table is not None:
        return said(None, "fresh.behind", **told)
    if found.not_before is not None:
        why = "newest_old" if found.why == "inside" else "between"
        return said(None, f"fresh.{why}", **{**told, "seen_at": found.not_before})
    return said(None, f"fresh.{found.why}", **told)


def _lower(
    case: Case, claim: datetime | None, inside: _Inside | None
) -> tuple[str, datetime | None]:
    """What the data is not older than, and the name of why."""
    if inside is not None and inside.unplaced:
        return "missing", None
    if inside is not None and inside.seen is not None:
        return "inside", min(inside.seen, claim) if claim else inside.seen
    if case.backup.method in READABLE and case.expected.is_dated:
        return "not_dated", None
    if _is_sound(case.backup):
        return "claimed", claim
    if case.backup.basis is Basis.FINISH and case.backup.started_at is not None:
        return "claimed", min(case.backup.started_at, claim or case.backup.started_at)
    return "weak", None


def _inside(case: Case) -> _Inside | None:
    """What the content says, None where nothing was read. Rows that are dated after the backup
    itself (a business date in the future) say nothing."""
    if case.content is None:
        return None
    claim = claimed_at(case.backup)
    latest = (claim or case.now) + CLOCKS
    tables = case.content.tables
    held = [_latest(_held(t, latest), _whole_at(case, t, latest)) for t in tables]
    missing = sum(t.compared.missing for t in tables if t.compared is not None)
    lacking = [t for t in tables if _lacks(case, t)]
    # Rows that stand as they were long ago date a table just as rows that it lacks.
    stale = [t for t in tables if t not in lacking and t.compared and t.compared.different]
    behind = [t for t in (*lacking, *stale) if _is_behind(t, claim, latest)]
    unplaced = any(t.compared is not None and t.compared.before is None for t in lacking)
    if not behind:
        return _Inside(_latest(*held), missing=missing, unplaced=unplaced)
    table = min(behind, key=lambda t: (_before(t), t.table))
    return _Inside(None, table, _held(table, latest), _before(table), missing)


def _held(table: TableContent, latest: datetime) -> datetime | None:
    """The latest moment of which the table holds something."""
    not_before = table.compared.not_before if table.compared is not None else None
    return _latest(*(m for m in (table.newest, not_before) if m is not None and m <= latest))


def _whole_at(case: Case, table: TableContent, latest: datetime) -> datetime | None:
    """The moment of our snapshot, where the table holds all of it."""
    compared = table.compared
    if compared is None or _lacks(case, table) or compared.snapshot_at > latest:
        return None
    # An empty snapshot is held by every table.
    return compared.snapshot_at if compared.rows else None


def _lacks(case: Case, table: TableContent) -> bool:
    compared = table.compared
    return compared is not None and compared.missing > case.expected.tolerated(compared.rows)


def _is_behind(table: TableContent, claim: datetime | None, latest: datetime) -> bool:
    """Whether all that the table lacks is younger than all that it holds, and was there before the
    backup ran. Otherwise rows are lost in the middle, which says nothing of its age."""
    assert table.compared is not None
    before, held = table.compared.before, _held(table, latest)
    if before is None or (claim is not None and before > claim):
        return False
    return held is None or held < before


def _before(table: TableContent) -> datetime:
    assert table.compared is not None
    assert table.compared.before is not None
    return table.compared.before


def _rolled_to(case: Case) -> datetime | None:
    told = reach(case.backup, case.catalogue)
    return told.until if told.value else None


def _is_sound(backup: Backup) -> bool:
    return backup.data_at is not None and backup.basis in SOUND


def _is_old(case: Case, at: datetime) -> bool:
    return case.now - at > case.expected.rpo


def _latest(*moments: datetime | None) -> datetime | None:
    return max((m for m in moments if m is not None), default=None)
