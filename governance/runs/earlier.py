"""What a check may build on: the newest snapshots that were read whole, and its own last runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from checks.errors import CodedError
from checks.outcome import Outcome
from governance.errors import EvidenceTampered, GovernanceError
from governance.ledger.rows import RunRow, StepKind, StepStatus
from governance.runs.work import Seen, Work

# How many results back a run is looked for that could evaluate everything.
LOOK_BACK = 60


@dataclass
class Earlier:
    """Looks back for one check. `damaged` is the first file that was not what the ledger says."""

    work: Work
    damaged: EvidenceTampered | None = None

    def seen(self, source: str, entity: str) -> Seen:
        """For a source this run did not read: its newest snapshot, if its last read was whole."""
        for steps in self.work.ledger.steps.last_reads(source, limit=1):
            for step in steps:
                # A source that broke off was not read whole, whichever entity it was at.
                mine = step.entity in (entity, None) or step.retryable
                if step.kind is StepKind.READ and step.status is StepStatus.FAILED and mine:
                    return Seen(error=CodedError(step.code or "store.never_read", **step.params))
        newest = self.work.ledger.snapshots.newest(source, entity)
        if newest is None:
            return Seen(error=GovernanceError("store.never_read", source=source))
        return Seen(snapshot=newest)

    def runs(self, check: str) -> tuple[RunRow | None, RunRow | None]:
        """The last run of the check, and the last that could evaluate all of it.

        A day on which a source was away keeps every finding, so what was touched since the day
        before it can still be told. A run whose file is damaged is passed over, or no run could
        ever follow it: what it was the first to find begins anew.
        """
        newest = None
        for result in self.work.ledger.results.history(check, limit=LOOK_BACK):
            run = self.work.ledger.runs.get(result.run_id)
            if self._is_damaged(run):
                continue
            newest = newest or run
            if result.outcome in (Outcome.PASSED, Outcome.FAILED):
                return newest, run
        return newest, None

    def file(self, run: RunRow | None) -> Path | None:
        """The run's sealed file. Raises EvidenceTampered where it is not what the ledger says."""
        if run is None or run.file is None or run.sha256 is None or run.pruned_at is not None:
            return None
        return self.work.proofs.prove(self.work.home, run.file, run.sha256)

    def _is_damaged(self, run: RunRow | None) -> bool:
        try:
            self.file(run)
        except EvidenceTampered as error:
            self.damaged = self.damaged or error
            return True
        return False
