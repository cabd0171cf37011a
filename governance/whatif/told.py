"""The findings of a replay under both rules: what stands, what differs, what was real.

`was` and `findings` hold one pair of one run under today's rules and under the others; `stood` what
stood under the others after the run before; `gained` and `lost` what differed, run by run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from checks import ownership
from checks.dictionary import Entity
from checks.sql import literal, only_row, quoted
from governance.access import Actor
from governance.cases.said import WAIVING, Word
from governance.config import Config
from governance.ledger.decisions import Decisions
from governance.runs import findings
from governance.runs.findings import FINDINGS, WORST_FIRST, PairRun
from governance.whatif.model import Example, Real

MOST = 50
MOST_REAL = 200
CHUNK = 500

_TOLD = (
    "finding_id", "key_shown", "display", "department", "left_source", "right_source", "field",
    "kind", "left_value", "right_value", "severity",
)  # fmt: skip
_MINE = "left_source = $left AND right_source = $right"
_STANDS = "state IN ('open', 'pending')"
_SHOWN = ", ".join(_TOLD)
# What a person did to a finding that says: this mattered.
_PERSON = {
    Word.ASSIGN: "assign",
    Word.DUE: "due",
    Word.EXPORT: "export",
    **dict.fromkeys(WAIVING, "waiver"),
}


def create(con: Any) -> None:
    declared = ", ".join(f"{quoted(name)} {kind}" for name, kind in FINDINGS.items())
    for table in ("was", "stood"):
        con.execute(f"CREATE TABLE {table} ({declared})")
    shown = ", ".join(f"{name} {FINDINGS[name]}" for name in _TOLD)
    for table in ("gained", "lost"):
        con.execute(f"CREATE TABLE {table} ({shown}, run INTEGER)")
    con.execute("CREATE TABLE later (finding_id VARCHAR, event VARCHAR, run INTEGER)")
    con.execute("CREATE TABLE standing (run INTEGER, was BIGINT, would BIGINT)")
    con.execute(f"CREATE TABLE newest_was ({declared})")
    con.execute(f"CREATE TABLE newest_would ({declared})")


def begin(con: Any) -> None:
    """A run begins: `sealed` is what it found, and nothing of it is known as newest yet."""
    con.execute(f"CREATE OR REPLACE TABLE sealed AS FROM previous WHERE {_STANDS}")
    con.execute("CREATE OR REPLACE TABLE later AS FROM previous_events")
    con.execute("DELETE FROM closed")
    for table in ("newest_was", "newest_would"):
        con.execute(f"DELETE FROM {table}")


def clear(con: Any) -> None:
    for table in ("was", "findings"):
        con.execute(f"DELETE FROM {table}")


def take_sealed(con: Any, pair: PairRun) -> None:
    """What the run sealed of the pair is how it was."""
    con.execute(f"INSERT INTO was FROM sealed WHERE {_MINE}", pair.names)
    con.execute("INSERT INTO findings FROM was")


def take_found(con: Any, pair: PairRun) -> None:
    """What was found anew under today's rules, in the state that the run knew it in."""
    known = ", ".join(f"coalesce(s.{c}, f.{c}) AS {c}" for c in ("state", "since", "opened_at"))
    con.execute(
        f"INSERT INTO was SELECT f.* REPLACE ({known}, s.waiver AS waiver) FROM fresh AS f"
        f" LEFT JOIN (FROM sealed WHERE {_MINE}) AS s ON s.finding_id = f.finding_id",
        pair.names,
    )
    con.execute("INSERT INTO findings FROM was")


def take_nothing(con: Any) -> None:
    """The pair would not be compared."""
    con.execute("DELETE FROM findings")


def take_same(con: Any, would: Entity) -> None:
    """The same findings, but for whose word counts."""
    words = [(f.name, would.authority_of(f.name)) for f in would.fields]
    con.execute("CREATE OR REPLACE TEMP TABLE words (field VARCHAR, authority VARCHAR)")
    con.executemany("INSERT INTO words VALUES (?, ?)", words)
    con.execute(
        "UPDATE findings SET authority = w.authority FROM words AS w WHERE w.field = findings.field"
    )


def settle(con: Any, pair: PairRun, field: str, touched: str | None) -> None:
    """Fill `findings` with what would have stood: `fresh`, and what of `was` was not touched.

    At the first run nobody knows how old a gained finding is, so it counts as open. What the rule
    does not speak of, or what stands as long as it did, is in the state that the run knew it in.
    """
    is_first = only_row(con, "SELECT count(*) FROM standing")[0] == 0
    con.execute("DELETE FROM findings")
    con.execute("DELETE FROM previous")
    known = "was" if is_first else "stood"
    con.execute(f"INSERT INTO previous FROM {known} WHERE {_MINE}", pair.names)
    findings.settle(con, pair)
    if is_first:
        con.execute(
            "UPDATE findings SET state = 'open', opened_at = since WHERE state = 'pending'"
            " AND finding_id NOT IN (SELECT finding_id FROM was)"
        )
    con.execute(
        "UPDATE findings SET state = w.state, opened_at = w.opened_at, since = w.since,"
        " waiver = w.waiver FROM was AS w WHERE w.finding_id = findings.finding_id"
        " AND (w.since = findings.since OR w.field <> $field)",
        {"field": field},
    )
    if touched is not None:
        con.execute(
            f"INSERT INTO findings FROM was AS w WHERE NOT EXISTS (FROM {touched} AS t"
            " WHERE t._key IS NOT DISTINCT FROM w.record_key)"
        )


def compare(con: Any, pair: PairRun) -> None:
    """Note what the pair's findings under both rules differ in, and keep them for the next run."""
    for table, one, other in (("gained", "findings", "was"), ("lost", "was", "findings")):
        con.execute(
            f"INSERT INTO {table} SELECT {_SHOWN}, $run FROM {one} AS f WHERE {_STANDS}"
            f" AND NOT EXISTS (FROM {other} AS o WHERE o.finding_id = f.finding_id)",
            {"run": pair.run},
        )
    con.execute(f"INSERT INTO newest_was FROM was WHERE {_STANDS}")
    con.execute(f"INSERT INTO newest_would FROM findings WHERE {_STANDS}")


@dataclass(frozen=True)
class Counted:
    was: int
    would: int
    gained: int
    lost: int


def count(con: Any, run: int) -> Counted:
    """The findings of a whole run, which is over then."""
    numbers = only_row(
        con,
        "SELECT (SELECT count(*) FROM newest_was), (SELECT count(*) FROM newest_would),"
        " (SELECT count(*) FROM gained WHERE run = $1), (SELECT count(*) FROM lost WHERE run = $1)",
        [run],
    )
    con.execute("INSERT INTO standing VALUES (?, ?, ?)", [run, *numbers[:2]])
    for table in ("was", "would"):
        con.execute(f"CREATE OR REPLACE TABLE last_{table} AS FROM newest_{table}")
    con.execute("CREATE OR REPLACE TABLE stood AS FROM newest_would")
    return Counted(*numbers)


def undo(con: Any, run: int) -> None:
    """A run that could not be looked at whole says nothing."""
    for table in ("gained", "lost"):
        con.execute(f"DELETE FROM {table} WHERE run = $1", [run])


@dataclass(frozen=True)
class Summed:
    """As `Outcome` has it."""

    gained: int
    lost: int
    gained_examples: tuple[Example, ...]
    lost_examples: tuple[Example, ...]
    real: tuple[Real, ...]
    real_count: int


def summed(con: Any, actor: Actor, decisions: Decisions) -> Summed:
    """What all runs come to, within the actor's scope."""
    gained, lost = (_distinct(con, table, actor) for table in ("gained", "lost"))
    reasons = _reasons(con, lost, decisions)
    real = [Real(e, tuple(sorted(reasons[e.finding_id]))) for e in lost if e.finding_id in reasons]
    return Summed(
        len(gained), len(lost), gained[:MOST], lost[:MOST], tuple(real[:MOST_REAL]), len(real)
    )


def _distinct(con: Any, table: str, actor: Actor) -> tuple[Example, ...]:
    """Every finding once, as its last run has it, worst first."""
    within, values = "true", []
    if actor.departments is not None:
        within, values = "list_contains($1, department)", [sorted(filter(None, actor.departments))]
    rows = con.execute(
        f"SELECT {_SHOWN}, min(run) OVER (PARTITION BY finding_id) AS first_run, run"
        f" FROM {table} WHERE {within}"
        " QUALIFY row_number() OVER (PARTITION BY finding_id ORDER BY run DESC) = 1"
        f" ORDER BY {WORST_FIRST}, run DESC, finding_id",
        values,
    ).fetchall()
    return tuple(Example(*row) for row in rows)


def _reasons(con: Any, lost: Sequence[Example], decisions: Decisions) -> dict[str, set[str]]:
    """Why lost findings were real, by their ids: only those for which something says so."""
    first = {example.finding_id: example.first_run for example in lost}
    found: dict[str, set[str]] = {}
    told = con.execute(
        "SELECT finding_id, event, max(run) FROM later"
        " WHERE event IN ('fixed', 'reverted', 'bounced') GROUP BY ALL"
    ).fetchall()
    for name, event, run in told:
        if name in first and run > first[name]:
            found.setdefault(name, set()).add(event)
    names = list(first)
    for at in range(0, len(names), CHUNK):
        for row in decisions.of_findings(names[at : at + CHUNK]):
            if row.kind in _PERSON:
                found.setdefault(row.finding_id, set()).add(_PERSON[Word(row.kind)])
    return found


def handed_over(
    con: Any, actor: Actor, config: Config, was: Entity, would: Entity
) -> tuple[int, int]:
    """In the newest run: findings whose side to be changed would be the other, and those that
    would have another owner."""
    if only_row(con, "SELECT count(*) FROM standing")[0] == 0:
        return 0, 0
    owner = ownership.owner(config.owners, was.name)
    sides = []
    for table, entity in (("last_was", was), ("last_would", would)):
        system = ownership.SYSTEM.format(chief=literal(entity.authority))
        sides.append(
            f"(SELECT *, {owner.sql} AS rule_owner FROM"
            f" (SELECT *, {system} AS system FROM {table} AS f) AS x)"
        )
    within, values = "true", dict(owner.values)
    if actor.departments is not None:
        within = "list_contains($within, w.department)"
        values["within"] = sorted(filter(None, actor.departments))
    row = only_row_named(
        con,
        "SELECT count(*) FILTER (w.system <> n.system),"
        " count(*) FILTER (w.rule_owner IS DISTINCT FROM n.rule_owner)"
        f" FROM {sides[0]} AS w JOIN {sides[1]} AS n ON w.finding_id = n.finding_id"
        f" WHERE {within}",
        values,
    )
    return int(row[0]), int(row[1])


def only_row_named(con: Any, query: str, values: dict[str, object]) -> tuple[Any, ...]:
    (row,) = con.execute(query, values).fetchall()
    return tuple(row)
