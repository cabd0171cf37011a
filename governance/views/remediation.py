"""Batches as a page draws them: what one would hold, what was handed out, and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from governance.access import Actor, Right
from governance.cases.said import WAIVING, folded
from governance.config import Config
from governance.errors import PermissionRefused
from governance.exports.remediation import TO_DO, Action, fixes
from governance.ledger import Ledger
from governance.ledger.batches import NewBatch
from governance.ledger.rows import BatchKind, BatchLineRow, BatchRow, BatchStatus, Verdict
from governance.reading import STANDING, Desk, Filters
from governance.store import Home

WAITING = (BatchStatus.REQUESTED, BatchStatus.MAKING)
# What a run has said the last word of, for now.
DECIDED = tuple(verdict for verdict in Verdict if verdict is not Verdict.OPEN)


@dataclass(frozen=True)
class Batch:
    """One batch. `counts` holds lines by newest verdict, None for those no run has seen since."""

    row: BatchRow
    counts: dict[Verdict | None, int]

    @property
    def decided(self) -> int:
        return sum(self.counts.get(verdict, 0) for verdict in DECIDED)

    @property
    def score(self) -> float | None:
        """Fixed lines as a share of those decided; None while none is."""
        return self.counts.get(Verdict.FIXED, 0) / self.decided if self.decided else None


@dataclass(frozen=True)
class BatchesView:
    """The newest batches first. `seconds` is the median from handing out to seen fixed, over all
    lines that were; None where none was."""

    batches: tuple[Batch, ...]
    lines: int
    decided: int
    fixed: int
    seconds: float | None

    @property
    def is_waiting(self) -> bool:
        return any(batch.row.status in WAITING for batch in self.batches)


@dataclass(frozen=True)
class Preview:
    """What a batch would hold by the newest run, before both systems are read again.

    `lines` counts by system and action; `left_out` by reason; `unchecked` are lines that the newest
    run could not check.
    """

    lines: dict[tuple[str, str], int]
    left_out: dict[str, int]
    unchecked: int
    personal: int

    @property
    def total(self) -> int:
        return sum(self.lines.values())


def batches_view(actor: Actor, ledger: Ledger, limit: int = 100) -> BatchesView:
    """What `actor` may see: whoever sees some departments alone sees the batches they asked for.

    Raises PermissionRefused without the right to view.
    """
    actor.require(Right.VIEW)
    rows = [row for row in ledger.batches.recent(limit) if is_theirs(actor, row)]
    counts = ledger.batches.counts(row.id for row in rows)
    found = tuple(Batch(row, counts.get(row.id, {})) for row in rows)
    took = ledger.batches.fix_seconds()
    seconds = [second for row in rows for second in took.get(row.id, ())]
    return BatchesView(
        found,
        lines=sum(row.lines or 0 for row in rows),
        decided=sum(batch.decided for batch in found),
        fixed=sum(batch.counts.get(Verdict.FIXED, 0) for batch in found),
        seconds=median(seconds) if seconds else None,
    )


def is_theirs(actor: Actor, row: BatchRow) -> bool:
    return actor.departments is None or row.requested_by == actor.name


@dataclass(frozen=True)
class LinesView:
    """One batch with its lines and, per line, every verdict as (run, verdict), oldest first."""

    batch: BatchRow
    lines: tuple[BatchLineRow, ...]
    history: dict[int, tuple[tuple[int, Verdict], ...]]


def lines_view(actor: Actor, ledger: Ledger, number: int) -> LinesView | None:
    """Raises PermissionRefused for a batch that `actor` may not see; None where there is none."""
    actor.require(Right.VIEW)
    row = ledger.batches.get(number)
    if row is None:
        return None
    if not is_theirs(actor, row):
        raise PermissionRefused("record.outside", actor=actor.name)
    return LinesView(row, ledger.batches.lines(number), ledger.batches.judged(number))


def preview(
    actor: Actor, desk: Desk, ledger: Ledger, config: Config, new: NewBatch, now: datetime
) -> Preview:
    """Count what a batch would hold. Raises PermissionRefused without the right to export."""
    from governance.batches.making import asked, waived

    actor.require(Right.EXPORT)
    view = desk.view(actor, [check.name for check in config.checks])
    filters = asked(new.filters)
    said = folded(ledger.decisions.of_kinds([word.value for word in WAIVING]))
    lines: Counter[tuple[str, str]] = Counter()
    left_out: Counter[str] = Counter()
    unchecked = personal = 0
    for fix in fixes(view, filters):
        finding = fix.finding
        if new.system is not None and fix.system != new.system:
            continue
        if waived(said.get(finding.finding_id), finding, now):
            left_out["waived"] += 1
            continue
        if new.kind is not BatchKind.CHECKLIST:
            if fix.action is not Action.CHANGE:
                left_out["for_person"] += 1
                continue
            if finding.personal and not new.reveal:
                left_out["personal"] += 1
                continue
        lines[fix.system, fix.action.value] += 1
        unchecked += finding.state == "unchecked"
        personal += finding.personal
    others = tuple(state for state in STANDING if state not in TO_DO)
    pending = view.count(Filters(**{**vars(filters), "state": others}))
    if pending:
        left_out["pending"] = pending
    return Preview(dict(lines), dict(left_out), unchecked, personal)


def request(actor: Actor, ledger: Ledger, config: Config, new: NewBatch, now: datetime) -> int:
    """Ask for a batch; whoever may read the systems makes it. Raises ConfigError for what cannot be
    made, PermissionRefused without the rights."""
    from governance.batches.making import check

    check(new, config)
    return ledger.batches.request(actor, new, now=now)


def fetch(actor: Actor, ledger: Ledger, home: Home, number: int, now: datetime) -> bytes:
    """The file of a batch, each time with an audit event.

    Raises PermissionRefused without the rights that it took to ask for it, FileNotFoundError where
    retention has taken it.
    """
    actor.require(Right.EXPORT)
    row = ledger.batches.get(number)
    if row is None or row.file is None or not is_theirs(actor, row):
        raise PermissionRefused("record.outside", actor=actor.name)
    if row.reveal:
        actor.require(Right.REVEAL)
    content = home.file(row.file).read_bytes()
    ledger.audit.record(actor, "batch.download", str(number), now=now)
    return content


def systems_of(config: Config, kind: BatchKind) -> tuple[str, ...]:
    """The systems that a kind of batch can be made for."""
    from governance.exports.sqlpatch import DIALECTS

    mapped = {mapping.source for entity in config.entities for mapping in entity.mappings}
    names: Iterable[str] = (s.name for s in config.sources if s.name in mapped)
    if kind is BatchKind.SQL:
        names = (n for n in names if config.source(n).kind in DIALECTS)
    return tuple(names)
