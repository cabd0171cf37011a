"""Evaluate the checks of a run over sealed snapshots, and seal what came out.

One in-memory engine per run; snapshots are attached read-only, each proven by its digest first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType

from governance.config.model import CheckConfig, Config
from governance.ledger import Ledger
from governance.runs import agreements, causes, events, findings, lags, waivers
from governance.runs.sides import Sides
from governance.runs.work import Evaluation, Runner, Seen, Work
from governance.store import Home, Proofs, Sealed, engine, seal

# Filled whatever the kinds of the checks are, and sealed with every run.
SHARED = ("agreed", "causes", "events")


@dataclass
class Evaluator:
    """Evaluates the checks of one run and seals their results. Use it as a context manager."""

    ledger: Ledger
    home: Home
    config: Config
    run_id: int
    as_of: datetime
    proofs: Proofs = field(default_factory=Proofs)
    stop: Callable[[], bool] = lambda: False

    def __enter__(self) -> Evaluator:
        self.con = engine(self.home)
        sides = Sides(self.con, self.ledger, self.home, self.config, self.proofs)
        self.work = Work(
            self.con,
            self.ledger,
            self.home,
            self.config,
            self.run_id,
            self.as_of,
            self.proofs,
            sides,
            self.stop,
        )
        findings.create(self.con)
        agreements.create(self.con)
        causes.create(self.con)
        events.create(self.con)
        waivers.load(self.con, self.ledger)
        lags.create(self.con)
        for runner in runners().values():
            for statement in runner.TABLES.values():
                self.con.execute(statement)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.con.close()

    def evaluate(self, check: CheckConfig, seen: Mapping[tuple[str, str], Seen]) -> Evaluation:
        """What a check came to over what this run has seen, or before it over what was not read."""
        return runners()[check.kind](self.work).evaluate(check, seen)

    def seal(self, fence: int) -> Sealed:
        """Write the run's results to their sealed file."""
        own = [name for runner in runners().values() for name in runner.TABLES]
        tables = [
            ("findings", f"SELECT * FROM findings ORDER BY check_name, {findings.SEALED_ORDER}"),
            *((name, f"SELECT * FROM {name}") for name in [*SHARED, *lags.TABLES, *own]),
        ]
        rows = int(self.con.execute("SELECT count(*) FROM findings").fetchall()[0][0])
        file = f"runs/{self.run_id}.duckdb"
        group = findings.ROW_GROUP
        return seal(self.con, self.home, file, tables, fence=fence, rows=rows, group=group)


def runners() -> Mapping[str, type[Runner]]:
    """By kind of check. Imported when needed: they stand on this package themselves."""
    from governance.runs.kinds import RUNNERS

    return RUNNERS
