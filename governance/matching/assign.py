"""From weights to decisions: how probable each pair is, given every other pair it competes with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from checks.matching import Matched

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ROUNDS = 8
WIDEST = 250.0  # 2 to its power, a million times over, is still a number
LEAST = 0.001
# Of the accepted pairs, at most so many may be wrong if the probabilities are right.
WRONG = 0.005
SURE = 0.5
# What a record without a branch against one with a branch is at most: a case for a person.
ONE_BRANCH = 0.5
ONE_BRANCH_WEIGHT = -10.0


def judge(
    con: DuckDBPyConnection, fields: Sequence[Matched], prior: float | None = None, settled: int = 0
) -> float:
    """Build `judged`: the columns of `scored` and `probability`, pairs above LEAST.

    One record has at most one partner, so with odds o the probability of a pair is
    o / (1 + what its left record's pairs have + what its right record's pairs have): two equally
    good candidates get a half at most, and no record is in two pairs above a half. The share of
    true pairs is what they add up to, besides those `settled` before, found by repetition unless
    the `prior` odds are given; the odds are returned. Different branches of a company are
    different records, whatever else agrees.
    """
    _without_branches(con, fields)
    odds = _prior(con, settled) if prior is None else prior
    con.execute(
        "CREATE OR REPLACE TEMP TABLE judged AS SELECT * REPLACE (CASE WHEN one_branch THEN"
        f" least(probability, {ONE_BRANCH}) ELSE probability END AS probability)"
        f" FROM ({_probable('weighed')}) WHERE probability >= {LEAST}",
        [odds],
    )
    return odds


def _prior(con: DuckDBPyConnection, settled: int) -> float:
    ((left, right),) = con.execute(
        "SELECT (SELECT count(*) FROM match_left), (SELECT count(*) FROM match_right)"
    ).fetchall()
    total = float(max(left * right, 1))
    expected = 0.7 * min(left, right)
    prior = 1.0 / total
    for _ in range(ROUNDS):
        prior = max(expected, 0.5) / max(total - expected, 0.5)
        ((found,),) = con.execute(
            f"SELECT coalesce(sum(probability), 0) FROM ({_probable('weighed')})", [prior]
        ).fetchall()
        found = min(float(found) + settled, 0.999 * total)
        if abs(found - expected) < 0.01:
            break
        expected = found
    return float(prior)


def _without_branches(con: DuckDBPyConnection, fields: Sequence[Matched]) -> None:
    names = [f"{f.name}_branch" for f in fields if f.kind == "company_name"]
    differ = [f"(l.{n} IS NOT NULL AND r.{n} IS NOT NULL AND l.{n} <> r.{n})" for n in names]
    alone = [f"((l.{n} IS NULL) <> (r.{n} IS NULL))" for n in names]
    con.execute(
        "CREATE OR REPLACE TEMP TABLE weighed AS SELECT * REPLACE ("
        f"greatest(-{WIDEST}, least({WIDEST}, weight"
        f" + CASE WHEN one_branch THEN {ONE_BRANCH_WEIGHT} ELSE 0 END)) AS weight)"
        f" FROM (SELECT s.*, {' OR '.join(alone) or 'false'} AS one_branch FROM scored AS s"
        " JOIN match_left AS l ON s.left_id = l.unique_id"
        " JOIN match_right AS r ON s.right_id = r.unique_id"
        f" WHERE NOT ({' OR '.join(differ) or 'false'}))"
    )


def _probable(table: str) -> str:
    return (
        "SELECT * EXCLUDE (odds), odds / (1 + sum(odds) OVER (PARTITION BY left_id)"
        " + sum(odds) OVER (PARTITION BY right_id) - odds) AS probability"
        f" FROM (SELECT *, pow(2, weight) * CAST(? AS DOUBLE) AS odds FROM {table})"
    )


def threshold(con: DuckDBPyConnection) -> float:
    """The least probability above a half at which few enough of the accepted are wrong."""
    ((found,),) = con.execute(
        "SELECT min(probability) FROM (SELECT probability, avg(1 - probability) OVER"
        " (ORDER BY probability DESC RANGE UNBOUNDED PRECEDING) AS wrong FROM judged"
        f" WHERE probability > {SURE}) WHERE wrong <= {WRONG}"
    ).fetchall()
    return 1.0 if found is None else float(found)
