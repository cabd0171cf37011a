"""What readers of the dashboard wait, over its real protocol, at a million findings.

    python benchmarks/pages.py [--findings 1000000] [--clients 1 10 30] [--think 5] [--home FOLDER]

The home is the demo company's with a week of history, and on top of it one sealed run that found
as many differences as asked for. A dashboard is started on it; the first visitor after the start
opens the overview, then every other page for the first time. Then visitors click from page to
page, each waiting half to one and a half of `--think` seconds before the next click. A click is
timed from asking until the script has sent its last word; the client's own work is in it. Wanted:
the first page within a second, and 95 of 100 clicks within 200 ms with 30 visitors.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dashboard import Dashboard, Visitor, dashboard, opened, visits

from governance.access import local_operator
from governance.config import load
from governance.ledger import open_ledger
from governance.ledger.rows import RunStatus, Trigger
from governance.runs.findings import FINDINGS, ROW_GROUP, SEALED_ORDER
from governance.store import attached, engine, open_home, seal

CHECK = "customer"
MADE = """
SELECT md5(i::VARCHAR) AS finding_id, 'customer' AS check_name, 'customer' AS entity,
  'crm' AS left_source, 'oa' AS right_source,
  'YF' || lpad((10000 + hash(i) % 300000)::VARCHAR, 7, '0') AS key_shown,
  key_shown AS record_key,
  ['name', 'phone', 'owner', 'credit_limit', 'credit_code', 'level', 'address'][(i % 7 + 1)::INT]
    AS field,
  'mismatch' AS kind, CASE WHEN i % 3 = 0 THEN 'null_vs_value' ELSE 'different' END AS class,
  '云帆科技' || i AS left_value, '云帆科技有限公司' || i AS right_value,
  'company_name' AS normalisers, 'crm' AS authority,
  ['critical', 'high', 'medium', 'low'][(i % 4 + 1)::INT] AS severity,
  (10 - i % 10)::INT AS weight,
  ['上海分公司', '总部', '成都分公司', '西安分公司', '武汉分公司'][(hash(i + 7) % 5 + 1)::INT]
    AS department,
  '客户 ' || i AS display, ['open', 'pending', 'gone', 'unchecked'][(hash(i + 3) % 4 + 1)::INT]
    AS state,
  TIMESTAMP '2026-10-01' + to_seconds(i::INT) AS first_seen, 1 AS first_run,
  TIMESTAMP '2026-11-01' AS last_seen, {run} AS last_run, 1 AS copies, false AS personal
FROM range({rows}) AS numbers(i)
"""


def build(home: Path, asked: argparse.Namespace) -> None:
    """The demo company, and a run after its last with that many findings."""
    if asked.demo:
        shutil.copytree(asked.demo, home)
    else:
        duiqi = Path(sys.executable).with_name("duiqi")
        words = ["demo", "--no-serve", "--days", str(asked.days), "--size", str(asked.size)]
        subprocess.run([duiqi, *words, "--home", home], check=True, stdout=subprocess.DEVNULL)
    _add_run(home, asked.findings)


def _add_run(home: Path, findings: int) -> None:
    store, ledger = open_home(home), open_ledger(home)
    now = datetime.now(UTC)
    last = ledger.runs.last_sealed()
    assert last is not None
    assert last.file is not None
    fence = ledger.leases.acquire("benchmark", now=now, ttl=timedelta(hours=1))
    assert fence is not None
    run = ledger.runs.enqueue(local_operator(), trigger=Trigger.MANUAL, now=now)
    ledger.runs.start(run, fence=fence, now=now, config_digest=last.config_digest or "")
    con = engine(store)
    columns = ", ".join(FINDINGS)
    with attached(con, store.file(last.file), "last"):
        rows = (
            f"SELECT {columns} FROM last.findings WHERE check_name <> '{CHECK}' UNION ALL BY NAME"
            f" SELECT * FROM ({MADE.format(run=run, rows=findings)})"
        )
        tables = [("findings", f"SELECT * FROM ({rows}) ORDER BY check_name, {SEALED_ORDER}")]
        others = "SELECT table_name FROM duckdb_tables() WHERE database_name = 'last'"
        names = [name for (name,) in con.execute(others).fetchall() if name != "findings"]
        tables += [(name, f"FROM last.{name}") for name in names]
        file = f"runs/{run}.duckdb"
        sealed = seal(con, store, file, tables, fence=fence, rows=findings, group=ROW_GROUP)
    con.close()
    ledger.runs.finish(
        run,
        fence=fence,
        now=now,
        status=RunStatus.SUCCEEDED,
        as_of=now,
        sealed=sealed,
        results=ledger.results.of_run(last.id),
        measured=ledger.results.metrics_of_run(last.id),
    )
    ledger.leases.release(fence, now=now)
    ledger.close()


def clicks(home: Path) -> list[tuple[str, str]]:
    """What a visitor clicks, page and query: the list in several shapes, records, the rest."""
    config = load(home / "governance.yaml", environ={}, secrets=False)
    assert config is not None
    ledger = open_ledger(home)
    run = ledger.runs.last_sealed()
    assert run is not None
    assert run.file is not None
    con = engine(open_home(home))
    with attached(con, home / run.file, "last"):
        records = con.execute(
            "SELECT finding_id, record_key FROM last.findings WHERE check_name = $1"
            " AND record_key < 'YF0015000' ORDER BY finding_id LIMIT 20",
            [CHECK],
        ).fetchall()
    con.close()
    ledger.close()
    lists = [
        "",
        "c.page=2",
        "c.sev=high",
        "c.entity=customer",
        "c.entity=customer&c.field=phone",
        "c.dept=%E6%80%BB%E9%83%A8&c.sev=critical",
        "c.entity=customer&c.page=400",
        "c.sort=newest",
    ]
    record = "r.finding={}&r.entity=customer&r.pair=crm~oa&r.key={}"
    made: list[tuple[str, str]] = []
    for at, found in enumerate(records):
        made.append(("consistency", lists[at % len(lists)]))
        made.append(("record", record.format(*found)))
        made.append((("", "consistency", "runs", "dictionary")[at % 4], ""))
    return made


async def first(server: Dashboard, found: list[tuple[str, str]]) -> None:
    """The first visitor after the start: the overview, then each other page once."""
    async with opened(server.url) as stream:
        visitor = Visitor(stream)
        seconds = {"overview": await visitor.visit("")}
        for page in ("consistency", "record", "runs", "dictionary"):
            query = next(q for name, q in found if name == page)
            seconds[page] = await visitor.visit(page, query)
    told = "  ".join(f"{page} {taken * 1000:.0f}" for page, taken in seconds.items())
    print(f"healthy after {server.healthy_after:.1f} s; first visits, ms: {told}", flush=True)


def show(
    server: Dashboard, found: list[tuple[str, str]], clients: int, asked: argparse.Namespace
) -> None:
    """Let `clients` visitors click, and print what they waited."""
    before = server.cpu()
    taken = asyncio.run(visits(server.url, found, clients, asked.clicks, asked.think))
    every = [seconds for page in taken.values() for seconds in page]
    cpu = (server.cpu() - before) / (len(every) + clients)
    print(
        f"{clients:3} visitors: p50 {_at(every, 0.5)} p95 {_at(every, 0.95)} "
        f"max {_at(every, 1)} ms; {cpu * 1000:.0f} CPU ms a script run, {len(every)} clicks, "
        f"{server.rss():.0f} MB"
    )
    each = (f"{p or 'overview'} {_at(s, 0.5)}/{_at(s, 0.95)}" for p, s in sorted(taken.items()))
    print("     p50/p95: " + "  ".join(each), flush=True)


def _at(values: list[float], share: float) -> str:
    """The value that `share` of all do not exceed, in ms."""
    return f"{sorted(values)[max(0, round(share * len(values)) - 1)] * 1000:.0f}"


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    words.add_argument("--findings", type=int, default=1_000_000)
    words.add_argument("--clients", type=int, nargs="+", default=[1, 10, 30])
    words.add_argument("--think", type=float, default=5.0)
    words.add_argument("--clicks", type=int, default=12)
    words.add_argument("--days", type=int, default=7, help="of the demo company's history")
    words.add_argument("--size", type=int, default=5000, help="of the demo company")
    words.add_argument("--demo", type=Path, help="a built demo to begin with instead of a new one")
    words.add_argument("--home", type=Path, help="keep the home here for another time")
    asked = words.parse_args()
    with ExitStack() as stack:
        name = asked.home or stack.enter_context(tempfile.TemporaryDirectory(prefix="duiqi-bench-"))
        home = Path(name).absolute() / "home"
        if not home.exists():
            build(home, asked)
        found = clicks(home)
        server = stack.enter_context(dashboard(home))
        print(f"{asked.findings:,} findings, think {asked.think:g} s")
        asyncio.run(first(server, found))
        for clients in asked.clients:
            show(server, found, clients, asked)


if __name__ == "__main__":
    main()
