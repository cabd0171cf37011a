"""What the checks of one run share: the engine, what was seen, and how a result is handed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from checks.errors import CodedError
from checks.outcome import Severity
from checks.sql import quoted
from governance.config.model import CheckConfig, Config
from governance.ledger import Ledger
from governance.ledger.review_rows import NewOutcome
from governance.ledger.rows import CheckResult, Metric, NewVerdict, SnapshotRow
from governance.runs.clues import Clue
from governance.runs.sides import Sides
from governance.store import Home, Proofs

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True)
class Seen:
    """What is known of one (source, entity): a snapshot read whole, or why there is none.

    `clue` tells of columns that vanished, where that is why.
    """

    snapshot: SnapshotRow | None = None
    error: CodedError | None = None
    clue: Clue | None = None


@dataclass(frozen=True)
class Evaluation:
    """How a check ended, its numbers, the snapshots it looked at, and how many findings stand.

    `error` tells of something on the way that a person must see to, whatever the outcome;
    `verdicts` are what the run says of lines that were handed out, `outcomes` of grants that a
    review was to take away, where that is new.
    """

    result: CheckResult
    metrics: tuple[Metric, ...]
    snapshots: tuple[int, ...]
    findings: int
    error: CodedError | None = None
    verdicts: tuple[NewVerdict, ...] = ()
    outcomes: tuple[NewOutcome, ...] = ()


@dataclass(frozen=True)
class Work:
    """One run's evaluation. `con` holds the tables that its file will hold, `findings` and
    `agreed` and those of each kind of check; `sides` opens sealed snapshots on it. What takes
    long asks `stop`: once it says so, nothing of the run is kept."""

    con: DuckDBPyConnection
    ledger: Ledger
    home: Home
    config: Config
    run_id: int
    as_of: datetime
    proofs: Proofs
    sides: Sides
    stop: Callable[[], bool] = lambda: False

    def insert(self, table: str, *rows: Sequence[object]) -> None:
        """Add rows to a table of the run's file."""
        if not rows:
            return
        marks = ", ".join(f"({', '.join('?' for _ in row)})" for row in rows)
        values = [value for row in rows for value in row]
        self.con.execute(f"INSERT INTO {quoted(table)} VALUES {marks}", values)

    def standing(self, check: str) -> int:
        """How many findings of a check are not gone."""
        query = "SELECT count(*) FROM findings WHERE check_name = $1 AND state <> 'gone'"
        return int(self.con.execute(query, [check]).fetchall()[0][0])

    def open_by_severity(self, check: str) -> list[Metric]:
        """How many findings need somebody, for the whole check: no pair of sources is named."""
        found = self.con.execute(
            "SELECT severity, count(*) FROM findings "
            "WHERE check_name = $1 AND state IN ('open', 'unchecked') AND waiver IS NULL"
            " GROUP BY severity",
            [check],
        ).fetchall()
        counts = dict.fromkeys((s.value for s in Severity), 0) | dict(found)
        return [Metric(check, "", "", f"open_{name}", n) for name, n in counts.items()]


class Runner(Protocol):
    """How a run carries out one kind of check. `TABLES` are created, and sealed with the run."""

    TABLES: Mapping[str, str]

    def __init__(self, work: Work) -> None: ...

    def evaluate(self, check: CheckConfig, seen: Mapping[tuple[str, str], Seen]) -> Evaluation:
        """What the check came to. Never raises for a source that was not read: that is a result."""
        ...
