"""What a run spends on learning how long changes take.

    python benchmarks/lag.py [--findings 100000] [--runs 3]

One pair of sources with twenty fields, findings that began at any of 90 daily looks, a hundredth of
them gone now, and what 13 weeks of arrivals left in three directions. `collect` counts what ended
and what stands, `learn` makes the curves. The floor writes the findings to another table once.
Wanted: well below a CPU second at 100,000 findings.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta

import duckdb
from measuring import Meter, metered, part, show, tell

from checks.consistency import PairPlan
from checks.dictionary import Entity, Field, Title
from governance.runs import events, findings, lags
from governance.runs.findings import PairRun
from governance.runs.past import remember

NOW = datetime(2026, 3, 30, 2, tzinfo=UTC)
LOOKS, WEEKS, PACES = 90, 13, 15
NAMES = tuple(f"field_{n:02}" for n in range(20))
TITLE = Title("x", "x")
ENTITY = Entity("customer", TITLE, ("code",), tuple(Field(n, TITLE) for n in NAMES), "crm", ())
PAIR = PairRun("customer", ENTITY, "crm", "oa", LOOKS + 1, NOW)
DIRECTIONS = "['left_moved', 'right_moved', NULL]"


def founded(rows: int) -> duckdb.DuckDBPyConnection:
    """A connection as a run has it once the findings of a pair are settled."""
    con = duckdb.connect()
    con.execute("SET threads TO 2")
    findings.create(con)
    events.create(con)
    lags.create(con)
    remember(con, PAIR.check, None, None)
    start = PAIR.moment - timedelta(days=LOOKS)
    con.execute(
        "INSERT INTO previous_lag_looks SELECT 'customer', 'crm', 'oa', day, day, day,"
        " day - INTERVAL 1 DAY FROM (SELECT unnest(range($1, $2, INTERVAL 1 DAY)) AS day)",
        [start, PAIR.moment],
    )
    con.execute(
        "INSERT INTO previous_lag_times SELECT 'customer', 'crm', 'oa', f.field, d.direction,"
        " $now - to_days(w.week * 7), p.pace * 3600 * (1 + w.week % 3), (p.pace + 24) * 3600, 3"
        " FROM (SELECT unnest($fields) AS field) AS f,"
        f" (SELECT unnest({DIRECTIONS}) AS direction) AS d,"
        f" range({WEEKS}) AS w(week), range({PACES}) AS p(pace)",
        {"now": PAIR.moment, "fields": list(NAMES)},
    )
    con.execute(
        "INSERT INTO previous BY NAME SELECT md5(CAST(n AS VARCHAR)) AS finding_id,"
        " 'customer' AS check_name, 'crm' AS left_source, 'oa' AS right_source,"
        " 'K' || n AS record_key, $fields[1 + n % 20] AS field, 'mismatch' AS kind,"
        " 'open' AS state, $start + to_days(CAST(n % $looks AS INTEGER)) AS first_seen,"
        f" 'new' AS turn, $now - INTERVAL 1 DAY AS last_seen, {DIRECTIONS}[1 + n % 3] AS direction"
        " FROM range($rows) AS r(n)",
        {"now": PAIR.moment, "start": start, "looks": LOOKS, "rows": rows, "fields": list(NAMES)},
    )
    con.execute(
        "INSERT INTO findings SELECT * REPLACE ("
        " CASE WHEN hash(finding_id) % 100 = 0 THEN 'gone' ELSE 'open' END AS state,"
        " CASE WHEN hash(finding_id) % 100 = 0 THEN 'fixed' ELSE turn END AS turn,"
        " $1 AS last_seen) FROM previous",
        [PAIR.moment],
    )
    return con


def floor(rows: int) -> Meter:
    con = founded(rows)
    with metered() as meter:
        con.execute("CREATE TABLE again AS FROM findings")
    return meter


def step(rows: int) -> Meter:
    con = founded(rows)
    lags.curve([lags.Times(0, 1)])  # what the first curve of a process imports
    with metered() as meter:
        lags.arrivals.keep(con, PAIR, PAIR.moment - lags.WINDOW, standing=False)
        lags.arrivals.look(con, PAIR, PAIR.moment, PAIR.moment, is_known=True)
        lags.arrivals.collect(con, PAIR)
        plan = PairPlan("crm", "oa", NAMES, presence=True)
        metrics = lags.learn(con, PAIR.check, ENTITY, [plan])
        lags.expected(con, PAIR)
    (times,) = con.execute("SELECT count(*) FROM lag_times").fetchall()[0]
    (arrived,) = con.execute(
        "SELECT arrived FROM lag_learned WHERE field = '' AND direction IS NULL"
    ).fetchall()[0]
    meter.said |= {"times": times, "metrics": len(metrics), "arrived": round(arrived)}
    return meter


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--findings", type=int, default=100_000)
    words.add_argument("--runs", type=int, default=3)
    words.add_argument("--part", choices=["floor", "step"])
    said = words.parse_args()
    if said.part:
        tell({"floor": floor, "step": step}[said.part](said.findings))
        return
    print(f"{said.findings:,} findings")
    for name in ("floor", "step"):
        options = ("--part", name, "--findings", said.findings)
        costs = [part(__file__, *options) for _ in range(said.runs)]
        show(name, costs)


if __name__ == "__main__":
    main()
