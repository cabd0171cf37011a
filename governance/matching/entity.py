"""Matching the records of an entity from run to run.

What a person or an earlier run decided stays. Only records without a partner are looked at again,
by the weights learned once, and nothing at all where neither rows, rules nor decisions are new.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import checks.matching
from checks.consistency import PairPlan
from checks.dictionary import Entity, FieldType, Matching
from checks.matching import KINDS, Matched
from checks.normalisers import edition
from checks.prepare import Column, Side, digest
from checks.sql import quoted
from governance.ledger import Ledger
from governance.ledger.walks import Between, End, Found, Model
from governance.matching.assign import judge
from governance.matching.linkage import link
from governance.matching.reasons import level_of
from governance.matching.roles import kind_of, look

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SAMPLE = 2_000
# A model learned from so many rows serves until there are half as many again, or half are gone.
GROWN = 1.5
SCRATCH = (
    "raw_left", "raw_right", "match_left", "match_right", "settled_left", "settled_right",
    "apart", "candidates", "scored", "weighed", "judged", "walk_pairs",
)  # fmt: skip


@dataclass(frozen=True)
class Task:
    """One pair of sources to match, as the run sees it."""

    con: DuckDBPyConnection
    ledger: Ledger
    entity: Entity
    match: Matching
    between: Between
    left: Side
    right: Side
    zone: str
    run_id: int
    now: datetime
    fence: int | None


def task_of(
    con: DuckDBPyConnection,
    ledger: Ledger,
    entity: Entity,
    plan: PairPlan,
    sides: tuple[Side, Side],
    zone: str,
    run_id: int,
    now: datetime,
) -> Task:
    """Raises ValueError for an entity with a shared key."""
    if entity.match is None:
        raise ValueError("the entity has a shared key")
    run = ledger.runs.get(run_id)
    fence = run.fence if run is not None else None
    between = Between(entity.name, plan.left, plan.right)
    return Task(
        con, ledger, entity, entity.match, between, *sides, zone=zone, run_id=run_id, now=now,
        fence=fence,
    )  # fmt: skip


def update(task: Task) -> None:
    """Bring the cross-walk up to what both sides hold now."""
    fields = _fields(task)
    known = before = task.ledger.crosswalk.model(task.between)
    rules = _rules(task, fields)
    seen = _seen(task, rules)
    if not fields or (known is not None and known.seen == seen):
        return
    with _scratch(task.con):
        rows = _raw(task, fields)
        if known is not None and not (
            known.rules == rules and known.rows / GROWN <= rows <= known.rows * GROWN
        ):
            known = None
        matched = [Matched(f"c{at}", kind) for at, (_, kind) in enumerate(fields)]
        found, learned = _found(task, [c.name for c, _ in fields], matched, known)
    model = Model(rules, known.rows if known else rows, learned, seen)
    if not learned["weights"] and before is not None:  # an empty side teaches nothing
        model = replace(before, seen=seen)
    task.ledger.crosswalk.take(
        task.between, found, model, run_id=task.run_id, now=task.now, fence=task.fence
    )


@contextmanager
def _scratch(con: DuckDBPyConnection) -> Iterator[None]:
    try:
        yield
    finally:
        for name in SCRATCH:
            con.execute(f"DROP TABLE IF EXISTS temp.{name}")


def _fields(task: Task) -> list[tuple[Column, str]]:
    """What both sides can be compared by, each with its kind."""
    asked = task.match.fields
    others = {column.name: column for column in task.right.spec.columns}
    found = []
    for column in task.left.spec.columns:
        wanted = column.name in asked if asked else column.name not in task.entity.key
        if not wanted or column.name not in others:
            continue
        kind = _kind(task, column, others[column.name])
        if kind is not None:
            found.append((column, kind))
    return found


def _kind(task: Task, left: Column, right: Column) -> str | None:
    if left.masked or right.masked:
        return "token"
    field = task.entity.field_named(left.name)
    if field.normalizer in KINDS:
        return field.normalizer
    if field.type in (FieldType.CODE, FieldType.INTEGER):
        return "code"
    if field.type in (FieldType.DATE, FieldType.DECIMAL):
        return "date" if field.type is FieldType.DATE else "amount"
    if field.type in (FieldType.BOOLEAN, FieldType.DATETIME):
        return None
    return kind_of(*(look(left.name, _sample(task.con, side, c)) for side, c in
                     ((task.left, left), (task.right, right))))  # fmt: skip


def _sample(con: DuckDBPyConnection, side: Side, column: Column) -> list[str | None]:
    query = f"SELECT {column.compared()} FROM {side.rows} ORDER BY _key LIMIT {SAMPLE}"
    return [value for (value,) in con.execute(query).fetchall()]


def _rules(task: Task, fields: Sequence[tuple[Column, str]]) -> str:
    code = Path(str(checks.matching.__file__)).read_bytes()
    facts = [(column.name, column.reader, kind) for column, kind in fields]
    told = (facts, edition(), task.zone, hashlib.sha256(code).hexdigest())
    return hashlib.sha256(repr(told).encode()).hexdigest()[:32]


def _seen(task: Task, rules: str) -> str:
    rows = [digest(task.con, side.rows, side.odd) for side in (task.left, task.right)]
    decided = task.ledger.crosswalk.counter(task.between)
    told = (rules, rows, decided, task.match.accept, task.match.review)
    return hashlib.sha256(repr(told).encode()).hexdigest()[:32]


def _raw(task: Task, fields: Sequence[tuple[Column, str]]) -> int:
    """Build what a linkage reads; the number of rows on both sides."""
    count = 0
    for name, side in (("left", task.left), ("right", task.right)):
        here = {column.name: column for column in side.spec.columns}
        cells = [
            f"{here[column.name].compared('s.')} AS c{at}" for at, (column, _) in enumerate(fields)
        ]
        shown = [
            f"{f's.{quoted(here[field].shown)}' if field in here else 'NULL'} AS {alias}"
            for alias, field in (
                ("shown", task.entity.display or ""), ("department", task.entity.department or ""),
            )
        ]  # fmt: skip
        task.con.execute(
            f"CREATE OR REPLACE TEMP TABLE raw_{name} AS SELECT row_number() OVER (ORDER BY _key)"
            f" - 1 AS unique_id, _key AS own, {', '.join([*cells, *shown])} FROM {side.rows} AS s"
        )
        ((rows,),) = task.con.execute(f"SELECT count(*) FROM raw_{name}").fetchall()
        count += int(rows)
    return count


def _found(
    task: Task, names: Sequence[str], fields: Sequence[Matched], known: Model | None
) -> tuple[list[Found], dict[str, object]]:
    settled = _settle(task)
    told = known.model if known else {}
    splink = told.get("weights")
    splink = splink if isinstance(splink, dict) and splink else None
    weights = link(
        task.con,
        fields,
        task.zone,
        splink,
        settled=True,
    )
    prior = told.get("prior") if splink else None
    known_odds = float(str(prior)) if prior is not None else None
    odds = judge(task.con, fields, known_odds, settled=settled)
    accepted = _accepted(task, fields, odds)
    proposed = _rows(task.con, fields, "probability >= $1", [task.match.review])
    found = [_as_found(row, names, fields, accepted=True) for row in accepted]
    found += [_as_found(row, names, fields, accepted=False) for row in proposed]
    return found, {"weights": dict(weights), "prior": odds}


def _settle(task: Task) -> int:
    """Build `settled_*` and `apart` of what is decided already; how many pairs are one record."""
    con, walk = task.con, task.ledger.crosswalk
    accepted = walk.accepted(task.between)
    pairs(con, "walk_pairs", accepted)
    for name in ("left", "right"):
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE settled_{name} AS SELECT unique_id FROM raw_{name}"
            f" WHERE own IN (SELECT {name}_key FROM walk_pairs)"
        )
    pairs(con, "walk_pairs", walk.rejected(task.between))
    con.execute(
        "CREATE OR REPLACE TEMP TABLE apart AS SELECT l.unique_id AS left_id,"
        " r.unique_id AS right_id FROM walk_pairs AS w JOIN raw_left AS l ON l.own = w.left_key"
        " JOIN raw_right AS r ON r.own = w.right_key"
    )
    return len(accepted)


def pairs(con: DuckDBPyConnection, name: str, keys: Sequence[tuple[str, str]]) -> None:
    """A temporary table of (left_key, right_key)."""
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT unnest(CAST($1 AS VARCHAR[])) AS left_key,"
        " unnest(CAST($2 AS VARCHAR[])) AS right_key",
        [[left for left, _ in keys], [right for _, right in keys]],
    )


def _accepted(task: Task, fields: Sequence[Matched], odds: float) -> list[tuple[object, ...]]:
    """The pairs that are sure, and those that are once the sure ones are out of the way."""
    con, found = task.con, []
    while rows := _rows(con, fields, "probability >= $1", [task.match.accept]):
        found += rows
        for side in ("left", "right"):
            con.execute(
                f"DELETE FROM scored WHERE {side}_id IN (SELECT {side}_id FROM judged"
                " WHERE probability >= $1)",
                [task.match.accept],
            )
        judge(con, fields, odds)
    return found


def _rows(
    con: DuckDBPyConnection, fields: Sequence[Matched], where: str, bound: list[float]
) -> list[tuple[object, ...]]:
    parts = ", ".join(f"g_{f.name}, w_{f.name}" for f in fields)
    query = (
        "SELECT l.own, l.shown, l.department, r.own, r.shown, r.department, probability,"
        f" {parts} FROM judged JOIN raw_left AS l ON l.unique_id = left_id"
        f" JOIN raw_right AS r ON r.unique_id = right_id WHERE {where}"
        " ORDER BY probability DESC, l.own, r.own"
    )
    return con.execute(query, bound).fetchall()


def _as_found(
    row: tuple[object, ...], names: Sequence[str], fields: Sequence[Matched], *, accepted: bool
) -> Found:
    ends = [End(*(None if v is None else str(v) for v in row[at : at + 3])) for at in (0, 3)]  # type: ignore[arg-type]
    cells = [float(str(value)) for value in row[7:]]
    reason = tuple(
        (name, level_of(field, int(cells[2 * at])), round(cells[2 * at + 1], 2))
        for at, (name, field) in enumerate(zip(names, fields, strict=True))
    )
    return Found(ends[0], ends[1], round(float(str(row[6])), 6), reason, accepted)
