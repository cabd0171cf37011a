"""One source within one run: its entities taken, its steps in the ledger, its snapshots noted."""

from __future__ import annotations

import time
from datetime import datetime

from checks.dictionary import Entity
from checks.errors import CodedError
from governance.config.model import SourceConfig
from governance.errors import SourceUnavailable
from governance.ledger import LedgerRefused
from governance.ledger.rows import StepKind
from governance.ledger.snapshots import NewSnapshot
from governance.runs.clues import Clue
from governance.runs.context import Context
from governance.runs.snapshots import Failed, Reading, Taken, take
from governance.runs.work import Seen

PROGRESS_SECONDS = 0.5


class SourceRead:
    """The reading of one source within one run, with its steps in the ledger."""

    def __init__(self, context: Context, source: SourceConfig, as_of: datetime) -> None:
        self.context = context
        self.source = source
        self.as_of = as_of
        self.open_step: int | None = None
        self.done_steps: list[int] = []
        self.told = 0.0
        self.taken: list[Taken] = []
        self.failed: dict[str, CodedError] = {}
        self.clues: dict[str, Clue | None] = {}

    def read(self) -> dict[tuple[str, str], Seen]:
        """All of the source's entities, or a reason for each that could not be read."""
        entities = tuple(e for e in self.context.config.tables if e.mapping_of(self.source.name))
        try:
            self._take(entities)
        except LedgerRefused:
            raise
        except CodedError as error:
            # Not the whole source was read: what came before belongs to no consistent snapshot.
            self._close_failed(error)
            for step in self.done_steps:
                self._fail(step, error)
            self.taken.clear()
            self.clues.clear()
            for entity in entities:
                self.failed.setdefault(entity.name, error)
        return self._register()

    def _take(self, entities: tuple[Entity, ...]) -> None:
        reading = Reading(
            home=self.context.home,
            proofs=self.context.proofs,
            secret=self.context.home.secret().encode(),
            zone=self.context.config.time_zone,
            run_id=self.context.run.id,
            fence=self.context.fence,
            before=lambda entity: self.context.ledger.snapshots.newest(self.source.name, entity),
            chain=self.context.ledger.snapshots.chain,
            started=self._started,
            progress=self._progress,
            stop=self.context.stop,
        )
        for item in take(self.source, entities, reading):
            if isinstance(item, Failed):
                self._close_failed(item.error)
                self.failed[item.entity] = item.error
                self.clues[item.entity] = item.clue
            else:
                self._close_done(item)
                self.taken.append(item)

    def _register(self) -> dict[tuple[str, str], Seen]:
        """One commit shows all that was read of the source, since it is of one moment."""
        known = self.context.ledger.snapshots
        new = [
            NewSnapshot(
                source=self.source.name,
                entity=item.entity,
                run_id=self.context.run.id,
                sealed=item.sealed,
                rows=item.rows,
                taken_at=self.as_of,
                columns=item.columns,
                unread=item.unread,
                parent=item.parent,
                kind=item.kind,
                changes=item.changes,
            )
            for item in self.taken
        ]
        made = known.add_all(new, fence=self.context.fence) if new else ()
        seen = {
            (self.source.name, item.entity): Seen(snapshot=known.get(number))
            for item, number in zip(self.taken, made, strict=True)
        }
        for entity, error in self.failed.items():
            clue = self.clues.get(entity)
            seen[self.source.name, entity] = Seen(error=error, clue=clue)
        return seen

    def _started(self, entity: str) -> None:
        self.told = time.monotonic()
        self.open_step = self.context.ledger.steps.begin(
            self.context.run.id,
            StepKind.READ,
            fence=self.context.fence,
            now=self.context.clock(),
            source=self.source.name,
            entity=entity,
        )

    def _progress(self, rows: int) -> None:
        if self.open_step is None or time.monotonic() - self.told < PROGRESS_SECONDS:
            return
        self.told = time.monotonic()
        self.context.ledger.steps.progress(
            self.context.run.id, self.open_step, fence=self.context.fence, rows=rows
        )

    def _close_done(self, item: Taken) -> None:
        assert self.open_step is not None
        self.context.ledger.steps.done(
            self.context.run.id,
            self.open_step,
            fence=self.context.fence,
            now=self.context.clock(),
            rows=item.rows,
            notes=[{"code": note.code, "params": dict(note.params)} for note in item.notes],
        )
        self.done_steps.append(self.open_step)
        self.open_step = None

    def _close_failed(self, error: CodedError) -> None:
        step = self.open_step
        if step is None:  # the source could not even be opened
            step = self.context.ledger.steps.begin(
                self.context.run.id,
                StepKind.READ,
                fence=self.context.fence,
                now=self.context.clock(),
                source=self.source.name,
            )
        self._fail(step, error)
        self.open_step = None

    def _fail(self, step: int, error: CodedError) -> None:
        self.context.ledger.steps.failed(
            self.context.run.id,
            step,
            fence=self.context.fence,
            now=self.context.clock(),
            code=error.code,
            params=error.params,
            retryable=isinstance(error, SourceUnavailable),
        )
