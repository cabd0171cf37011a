"""How long a page of findings takes at a million: `python benchmarks/paging.py [findings]`.

Builds a sealed run file of the real schema in a temporary folder and asks for pages the way the
consistency page does. Prints CPU and wall milliseconds, the best of five; a count is remembered
after the first call, so it is measured on a fresh handle.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from checks.outcome import Outcome
from governance.access import Actor, Right
from governance.ledger import open_ledger
from governance.ledger.rows import CheckResult, RunStatus, Trigger
from governance.reading import Desk, Facet, Filters, Findings, Order
from governance.runs.findings import ROW_GROUP, SEALED_ORDER
from governance.store import Home, engine, open_home, seal

NOW = datetime(2026, 11, 1, tzinfo=UTC)
READER = Actor("reader", frozenset(Right))

FINDINGS = """
SELECT md5(i::VARCHAR) AS finding_id, 'customers' AS check_name, 'customer' AS entity,
  'crm' AS left_source, 'oa' AS right_source,
  'C' || lpad((hash(i) % 300000)::VARCHAR, 6, '0') AS key_shown, key_shown AS record_key,
  ['name', 'phone', 'owner', 'amount', 'city', 'status', 'level', 'address'][(i % 8 + 1)::INT]
    AS field,
  'mismatch' AS kind, CASE WHEN i % 3 = 0 THEN 'null_vs_value' ELSE 'different' END AS class,
  '云帆科技' || i AS left_value, '云帆科技有限公司' || i AS right_value,
  'company_name' AS normalisers, 'crm' AS authority,
  ['critical', 'high', 'medium', 'low'][(i % 4 + 1)::INT] AS severity,
  (10 - i % 10)::INT AS weight,
  ['华东', '华南', '华北', '西南', '总部'][(hash(i + 7) % 5 + 1)::INT] AS department,
  '客户 ' || i AS display, ['open', 'pending', 'gone', 'unchecked'][(hash(i + 3) % 4 + 1)::INT]
    AS state,
  TIMESTAMP '2026-10-01' + to_seconds(i::INT) AS first_seen, 1 AS first_run,
  TIMESTAMP '2026-11-01' AS last_seen, 30 AS last_run, 1 AS copies, false AS personal
FROM range({rows}) AS numbers(i)
ORDER BY {order}
"""
PAIRS = """
SELECT 'customers' AS check_name, 'customer' AS entity, 'crm' AS left_source,
  'oa' AS right_source, 0.9 AS strict, 0.9 AS adjusted, 'failed' AS outcome, NULL AS reason
"""


def built(home: Home, rows: int) -> Desk:
    ledger = open_ledger(home.path)
    fence = ledger.leases.acquire("benchmark", now=NOW, ttl=timedelta(hours=1))
    assert fence is not None
    run = ledger.runs.enqueue(READER, trigger=Trigger.MANUAL, now=NOW)
    ledger.runs.start(run, fence=fence, now=NOW, config_digest="")
    con = engine(home)
    tables = [
        ("findings", FINDINGS.format(rows=rows, order=SEALED_ORDER)),
        ("pairs", PAIRS),
        ("fields", "SELECT 'customers' AS check_name"),
        ("unread", "SELECT 'crm' AS source"),
    ]
    made = seal(con, home, f"runs/{run}.duckdb", tables, fence=fence, rows=rows, group=ROW_GROUP)
    con.close()
    ledger.runs.finish(
        run,
        fence=fence,
        now=NOW,
        status=RunStatus.SUCCEEDED,
        as_of=NOW,
        sealed=made,
        results=[CheckResult("customers", Outcome.FAILED)],
    )
    print(f"{rows:,} findings, {made.bytes / 1e6:.0f} MB sealed")
    return Desk(home, ledger.database)


def measure(name: str, desk: Desk, ask: Callable[[Findings], object], times: int = 5) -> None:
    best = (float("inf"), float("inf"))
    for _ in range(times):
        view = desk.view(READER)
        with desk.shelf.open(view.reading) as handle:
            handle.known.clear()
        cpu, wall = time.process_time(), time.perf_counter()
        ask(view)
        best = min(best, (time.process_time() - cpu, time.perf_counter() - wall))
    told(name, *best)


def opening(desk: Desk) -> None:
    cpu, wall = time.process_time(), time.perf_counter()
    desk.view(READER).count(Filters(state=()))
    told("open and prove the file, count", time.process_time() - cpu, time.perf_counter() - wall)


def told(name: str, cpu: float, wall: float) -> None:
    print(f"{name:<44} {cpu * 1000:7.0f} CPU ms {wall * 1000:7.0f} ms")


def main(rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        desk = built(open_home(Path(folder)), rows)
        some = Filters(severity=("high",), department=("华东", "华南"), field=("phone", "status"))
        text = Filters(text="9991")
        opening(desk)
        measure("page 1 and count", desk, lambda v: v.page(Filters()))
        measure("page 1 and count, four filters", desk, lambda v: v.page(some))
        measure("page 1 by key", desk, lambda v: v.page(Filters(), order=Order.KEY))
        measure("page in the middle", desk, lambda v: v.page(Filters(), offset=rows // 3))
        measure("first search (builds its table)", desk, lambda v: v.page(text), times=1)
        measure("search, page 1 and count", desk, lambda v: v.page(text))
        measure("counts by field", desk, lambda v: v.counts(Filters(), Facet.FIELD))
        measure("counts per field and class", desk, lambda v: v.per_field(Filters()))
        measure("one finding", desk, lambda v: v.finding("fa246d0262c3925617b0c72bb20eeb1d"))
        measure("one record", desk, lambda v: v.of_record("customer", "crm~oa", "C000042"))
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
