"""How a pair of sources stood when it was last compared, and what was touched since.

Comparing only what was touched is right as long as the rules are the same and both snapshots grew
out of those compared then. Where that does not hold, the pair is compared whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from checks import at_once, cells, consistency, multiset, recheck, reconcile, residue, tolerance
from checks.consistency import PairPlan
from checks.dictionary import Entity
from checks.prepare import Side
from checks.reconcile import ColumnTotals, SideTotals, Totals
from checks.sql import only_row, quoted
from governance.ledger.rows import RunRow
from governance.runs import lags
from governance.runs.agreements import AGREED
from governance.runs.causes import CAUSES
from governance.runs.events import EVENTS
from governance.runs.findings import FINDINGS
from governance.runs.looks import LOOKS
from governance.runs.snapshots import fingerprint
from governance.store import attached

# Above this share of touched keys a whole comparison costs less.
MOST = 0.2

_SIDES = [
    f"{side}_{number}"
    for side in ("left", "right")
    for number in ("rows", "keys", "duplicate_keys", "null_keys")
]
_PAIR = ["matched", "mismatched", "only_left", "only_right"]
_CLASSES = ["equal", "normalized", "within_tolerance", "null_vs_value", "different"]


# What a run remembers of the run before, table by table; a file of an older form has less.
_REMEMBERED = {
    "findings": FINDINGS,
    "pairs": {
        **dict.fromkeys(("check_name", "left_source", "right_source", "basis"), "VARCHAR"),
        **dict.fromkeys(("left_snapshot", "right_snapshot", *_SIDES, *_PAIR), "BIGINT"),
        "strict": "DOUBLE",
    },
    "fields": {
        **dict.fromkeys(("check_name", "left_source", "right_source", "field"), "VARCHAR"),
        **dict.fromkeys(_CLASSES, "BIGINT"),
    },
    "agreed": AGREED,
    "causes": CAUSES,
    "events": EVENTS,
    "looks": LOOKS,
    **lags.TABLES,
}
_OF_PAIRS = ["pairs", "fields"]


def remember(con: Any, check: str, newest: Path | None, compared: Path | None) -> None:
    """Fill `previous`, `previous_agreed` and their like with what stood after the check's
    `newest` run, and `previous_pairs` and `previous_fields` with what the last run `compared` that
    could compare all.

    `previous` holds what stood, `closed` what was gone already and is still remembered.
    """
    of_pairs = compared or newest  # of one that could not compare all, those that it could
    of_run = [table for table in _REMEMBERED if table not in _OF_PAIRS]
    if newest == of_pairs:
        _load(con, check, newest, list(_REMEMBERED))
    else:
        _load(con, check, newest, of_run)
        _load(con, check, of_pairs, _OF_PAIRS)
    # A file of an older form does not say when or how they closed.
    con.execute(
        "CREATE OR REPLACE TABLE closed AS FROM previous"
        " WHERE state = 'gone' AND closed_at IS NOT NULL"
    )
    con.execute("DELETE FROM previous WHERE state = 'gone'")


def _load(con: Any, check: str, file: Path | None, tables: Sequence[str]) -> None:
    """Fill the tables from a run's file; without one they are empty."""
    if file is None:
        for table in tables:
            con.execute(f"CREATE OR REPLACE TABLE {_name(table)} ({_declared(table)})")
        return
    with attached(con, file, "before"):
        known = {
            (table, column)
            for table, column in con.execute(
                "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = $1",
                ["before"],
            ).fetchall()
        }
        for table in tables:
            columns = _REMEMBERED[table]
            if (table, "check_name") not in known:
                con.execute(f"CREATE OR REPLACE TABLE {_name(table)} ({_declared(table)})")
                continue
            there = ", ".join(
                f"CAST({quoted(name) if (table, name) in known else 'NULL'} AS {kind})"
                f" AS {quoted(name)}"
                for name, kind in columns.items()
            )
            con.execute(
                f"CREATE OR REPLACE TABLE {_name(table)} AS SELECT {there}"
                f" FROM before.main.{table} WHERE check_name = $1",
                [check],
            )


def _declared(table: str) -> str:
    return ", ".join(f"{quoted(name)} {kind}" for name, kind in _REMEMBERED[table].items())


def _name(table: str) -> str:
    return "previous" if table == "findings" else f"previous_{table}"


def was_compared(con: Any, check: str, plan: PairPlan) -> bool:
    """Whether the remembered runs compared the pair, on whatever basis, or left findings of it."""
    (known,) = only_row(
        con,
        "SELECT EXISTS (FROM previous_pairs WHERE check_name = $1 AND left_source = $2"
        " AND right_source = $3 AND strict IS NOT NULL) OR EXISTS (FROM previous"
        " WHERE check_name = $1 AND left_source = $2 AND right_source = $3)",
        [check, plan.left, plan.right],
    )
    return bool(known)


@dataclass(frozen=True)
class Last:
    """The last comparison of a pair: the snapshots it looked at, its run, and what it counted."""

    left: int
    right: int
    run: int
    at: datetime
    totals: Totals


@dataclass(frozen=True)
class Past:
    """The two sides as they were then. The links are the catalogues of the files that lead to
    today's snapshots, None where no chain does."""

    last: Last
    left: Side
    right: Side
    left_links: tuple[str, ...] | None
    right_links: tuple[str, ...] | None

    def touched(self, con: Any) -> str | None:
        """The name of a table of the keys touched since, on either side, with a NULL for rows
        without a key; None where a whole comparison is due."""
        if self.left_links is None or self.right_links is None:
            return None
        parts = [
            f"SELECT _key FROM {file}.main.{table}"
            for file in (*self.left_links, *self.right_links)
            for table in ("rows", "odd")
        ]
        every = " UNION ALL ".join(parts) or "SELECT NULL::VARCHAR AS _key WHERE false"
        con.execute(f"CREATE OR REPLACE TABLE touched_keys AS SELECT DISTINCT _key FROM ({every})")
        (number,) = only_row(con, "SELECT count(*) FROM touched_keys")
        most = MOST * (self.last.totals.left.rows + self.last.totals.right.rows)
        return None if number > most else "touched_keys"


def basis_of(entity: Entity, plan: PairPlan, left: Side, right: Side) -> str:
    """One text for everything that decides what a comparison finds, besides the rows."""
    facts = (
        entity.key,
        [
            (f.name, f.reader, f.sensitivity, f.tolerance, f.weight, f.authority)
            for f in entity.fields
        ],
        (entity.authority, entity.display, entity.department, entity.weight),
        (plan.left, plan.right, plan.fields, plan.presence),
        (fingerprint(left.spec), fingerprint(right.spec)),
        _edition(),
    )
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:32]


@cache
def _edition() -> str:
    """Another text once the comparison's own code is another: old sums are not added to then."""
    modules = (at_once, cells, consistency, multiset, recheck, reconcile, residue, tolerance)
    sources = (Path(str(module.__file__)).read_bytes() for module in modules)
    return hashlib.sha256(b"\0".join(sources)).hexdigest()[:16]


def last_compared(
    con: Any, check: str, plan: PairPlan, basis: str, run: RunRow | None
) -> Last | None:
    """The pair in the `run` before, remembered in `previous_pairs` and `previous_fields`, if it was
    compared there on the same basis.

    A file of before that noted no look did not hash the values of its findings either, so the pair
    is compared whole once.
    """
    if run is None:
        return None
    names = [check, plan.left, plan.right]
    found = con.execute(
        f"SELECT left_snapshot, right_snapshot, {', '.join([*_SIDES, *_PAIR])}"
        " FROM previous_pairs WHERE check_name = $1 AND left_source = $2 AND right_source = $3"
        " AND basis = $4 AND strict IS NOT NULL AND EXISTS (FROM previous_looks"
        " WHERE check_name = $1 AND left_source = $2 AND right_source = $3)",
        [*names, basis],
    ).fetchall()
    if not found:
        return None
    left, right, *numbers = found[0]
    counted = con.execute(
        f"SELECT field, {', '.join(_CLASSES)} FROM previous_fields"
        " WHERE check_name = $1 AND left_source = $2 AND right_source = $3",
        names,
    ).fetchall()
    columns = {row[0]: ColumnTotals(*row) for row in counted}
    if not columns.keys() >= set(plan.fields):
        return None
    totals = Totals(
        left=SideTotals(*numbers[:4]),
        right=SideTotals(*numbers[4:8]),
        columns=tuple(columns[name] for name in plan.fields),
        **dict(zip(_PAIR, numbers[8:], strict=True)),
    )
    return Last(left, right, run.id, run.as_of or run.requested_at, totals)
