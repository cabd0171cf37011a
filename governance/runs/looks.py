"""The last look at a pair: when it was compared last, over which snapshots, made by which rules.

Carried from run to run with the findings, so a pair that could not be compared for a while is
still known to have been.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from checks.consistency import PairPlan
from checks.dictionary import Mapping
from checks.prepare import Column, Spec
from checks.sql import quoted
from governance.runs.findings import PairRun, naive

if TYPE_CHECKING:
    from governance.ledger.rows import RunRow

LOOKS = {
    "check_name": "VARCHAR",
    "left_source": "VARCHAR",
    "right_source": "VARCHAR",
    "run": "INTEGER",
    "at": "TIMESTAMP",
    "left_snapshot": "BIGINT",
    "right_snapshot": "BIGINT",
    "basis": "VARCHAR",
    "left_made": "VARCHAR",
    "right_made": "VARCHAR",
    "left_read": "VARCHAR",
    "right_read": "VARCHAR",
}
TABLE = f"CREATE TABLE looks ({', '.join(f'{quoted(n)} {kind}' for n, kind in LOOKS.items())})"

_OF_PAIR = "check_name = $1 AND left_source = $2 AND right_source = $3"


@dataclass(frozen=True)
class Made:
    """How a snapshot was made: `form` as `governance.runs.snapshots.fingerprint` writes it, `read`
    as `read_from` does. None where a file of before does not say."""

    form: str | None = None
    read: str | None = None

    @property
    def spec(self) -> Spec | None:
        """How it was prepared, but for the secret; None where that is not known."""
        parts = (self.form or "").split("|")
        if len(parts) != 7:
            return None
        *_, key, hashed, zone, columns = parts
        cells = [column.split(":") for column in columns.split(";")]
        if any(len(cell) != 3 for cell in cells):
            return None
        made = tuple(Column(name, reader or None, masked == "1") for name, reader, masked in cells)
        return Spec(made, tuple(key.split(",")), tuple(filter(None, hashed.split(","))), zone)

    @property
    def edition(self) -> str | None:
        return self._part(1)

    @property
    def keyed(self) -> str | None:
        """Another text where it was another secret."""
        return self._part(2)

    def _part(self, at: int) -> str | None:
        parts = (self.form or "").split("|")
        return parts[at] if len(parts) == 7 else None

    @property
    def rows(self) -> str | None:
        """Another text where other rows may have been read, whatever their columns are called."""
        return None if self.read is None else str(json.loads(self.read)["rows"])

    def column(self, field: str) -> tuple[str, str] | None:
        """Which table and which column of it a field came from."""
        told = {} if self.read is None else json.loads(self.read)
        name = told.get("columns", {}).get(field)
        return None if name is None else (str(told["table"]), str(name))


@dataclass(frozen=True)
class Look:
    """One comparison of a pair. `basis` stands for all rules together."""

    run: int
    at: datetime
    left_snapshot: int
    right_snapshot: int
    basis: str | None
    left: Made
    right: Made


def read_from(mapping: Mapping) -> str:
    """One text for where values come from: the columns, and digests of table, query and filter.

    Digests, since a query or a filter may hold what is nobody's business.
    """
    table = (mapping.table, mapping.query)
    told = {
        "table": _digest(table),
        "rows": _digest((*table, mapping.filter)),
        "columns": mapping.columns,
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True)


def _digest(facts: object) -> str:
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:32]


def last(con: Any, check: str, plan: PairPlan, compared: RunRow | None) -> Look | None:
    """The last look at a pair. A run of before wrote none down; then it is the one in the run
    `compared`, without its rules. None where nothing is known of one."""
    names = [check, plan.left, plan.right]
    found = con.execute(
        'SELECT run, "at", left_snapshot, right_snapshot, basis, left_made, right_made, left_read,'
        f" right_read FROM previous_looks WHERE {_OF_PAIR}",
        names,
    ).fetchall()
    if found:
        run, at, left, right, basis, *made = found[0]
        here, there = Made(made[0], made[2]), Made(made[1], made[3])
        return Look(run, at.replace(tzinfo=UTC), left, right, basis, here, there)
    found = con.execute(
        "SELECT left_snapshot, right_snapshot, basis FROM previous_pairs"
        f" WHERE {_OF_PAIR} AND strict IS NOT NULL AND left_snapshot IS NOT NULL"
        " AND right_snapshot IS NOT NULL",
        names,
    ).fetchall()
    if not found or compared is None:
        return None
    at = compared.as_of or compared.requested_at
    left, right, basis = found[0]
    return Look(compared.id, at, left, right, basis, Made(), Made())


def note(con: Any, pair: PairRun, look: Look) -> None:
    """Write down the look that was taken just now."""
    values = [pair.check, pair.left, pair.right, look.run, naive(look.at)]
    values += [look.left_snapshot, look.right_snapshot, look.basis]
    values += [look.left.form, look.right.form, look.left.read, look.right.read]
    con.execute(f"INSERT INTO looks VALUES ({', '.join('?' for _ in values)})", values)


def keep(con: Any, pair: PairRun) -> None:
    """Carry the last look at a pair on, which could not be compared."""
    con.execute(
        f"INSERT INTO looks BY NAME FROM previous_looks WHERE {_OF_PAIR}",
        [pair.check, pair.left, pair.right],
    )
