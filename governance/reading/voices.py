"""What people said, kept folded in memory, and laid beside the findings of a reading.

The ledger's counter of decisions tells whether there is more; only what is new is read.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from governance.cases.said import NOTHING, Said, folded
from governance.ledger.decisions import Decisions

if TYPE_CHECKING:
    import duckdb

    from governance.ledger.database import Database

_COLUMNS = {
    "finding_id": "VARCHAR",
    "owner": "VARCHAR",
    "owned_at": "TIMESTAMP",
    "due_at": "TIMESTAMP",
    "request": "BIGINT",
    "is_granted": "BOOLEAN",
    "expires_at": "TIMESTAMP",
    "left_hash": "VARCHAR",
    "right_hash": "VARCHAR",
    "exported_at": "TIMESTAMP",
}
# Where the finding lies, and whether it still holds the two values that a waiver was asked for.
_PLACE = "part INTEGER, pos BIGINT, holds BOOLEAN"
SAID = (
    f"CREATE TABLE said ({', '.join(f'{n} {kind}' for n, kind in _COLUMNS.items())}, {_PLACE})",
    "CREATE TABLE clock AS SELECT CAST('1970-01-01' AS TIMESTAMP) AS now",
)

_LAY = """
INSERT INTO said
SELECT n.*, f.part, f.pos, n.left_hash IS NOT DISTINCT FROM f.left_hash
    AND n.right_hash IS NOT DISTINCT FROM f.right_hash
FROM news AS n JOIN findings AS f USING (finding_id)
"""


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Heard:
    """How far a reading has heard: up to which decision, and what minute it takes it to be."""

    counter: int = 0
    minute: datetime | None = None

    @property
    def mark(self) -> tuple[int, datetime | None]:
        """Another one as soon as what holds of a case may be another."""
        return self.counter, self.minute


class Voices:
    """One per process. Safe for many threads."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self.clock = clock
        self._decisions = Decisions(database)
        self._known: dict[str, Said] = {}
        self._since: dict[str, int] = {}
        self._counter = 0
        self._lock = threading.Lock()

    def of(self, finding_id: str) -> Said:
        """What was said of a finding, as far as was heard."""
        return self._known.get(finding_id, NOTHING)

    def listen(self) -> int:
        """Hear what is new; returns the counter up to which all is known."""
        with self._lock:
            rows = self._decisions.after(self._counter)
            if rows:
                changed = folded(rows, self._known)
                newest = rows[-1].id
                self._since |= dict.fromkeys(changed, newest)
                # A new dictionary: readers go on with the one they hold.
                self._known = self._known | changed
                self._counter = newest
            return self._counter

    def tell(self, con: duckdb.DuckDBPyConnection, heard: Heard) -> None:
        """Bring the tables `said` and `clock` of a reading up to date."""
        counter = self.listen()
        minute = self.clock().astimezone(UTC).replace(second=0, microsecond=0, tzinfo=None)
        with self._lock:
            if heard.counter < counter:
                self._lay(con, heard.counter)
                heard.counter = counter
            if heard.minute != minute:
                con.cursor().execute("UPDATE clock SET now = $1", [minute])
                heard.minute = minute

    def _lay(self, con: duckdb.DuckDBPyConnection, counter: int) -> None:
        import pyarrow as pa

        names = [name for name, since in self._since.items() if since > counter]
        rows = [_row(name, self._known[name]) for name in names]
        columns = dict(zip(_COLUMNS, zip(*rows, strict=True), strict=True))
        types = {"VARCHAR": pa.string(), "TIMESTAMP": pa.timestamp("us"), "BIGINT": pa.int64(),
                 "BOOLEAN": pa.bool_()}  # fmt: skip
        news = pa.table({n: pa.array(columns[n], types[k]) for n, k in _COLUMNS.items()})
        cursor = con.cursor()
        cursor.begin()
        cursor.register("news", news)
        if counter:
            cursor.execute("DELETE FROM said WHERE finding_id IN (SELECT finding_id FROM news)")
        cursor.execute(_LAY)
        cursor.commit()
        cursor.unregister("news")


def _row(name: str, said: Said) -> tuple[object, ...]:
    waiver = said.waiver
    asked: tuple[object, ...] = (None, False, None, None, None)
    if waiver is not None:
        granted = waiver.decision is not None
        ends = _naive(waiver.expires_at)
        asked = (waiver.request, granted, ends, waiver.left_hash, waiver.right_hash)
    return (
        name,
        said.owner,
        _naive(said.owned_at),
        _naive(said.due_at),
        *asked,
        _naive(said.exported_at),
    )


def _naive(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None)
