"""What a click in the queue of cases costs, at 100,000 open findings and 20,000 decisions.

    python benchmarks/cases.py [--findings 100000] [--decisions 20000] [--clicks 60]

One sealed run, and people who said something of a part of it. Each click asks all that the page
asks of its view: the tally of the tabs, the counts beside every filter, how many there are, and one
page of fifty. Clicks differ in tab, filters, order and page; half of them come right after somebody
decided something, when nothing remembered holds any more. Wanted: 95 of 100 clicks within 200 ms.
The floor is reading the columns that a filter needs off the same file, once a count.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from checks.outcome import Outcome
from governance.access import Actor, Right
from governance.cases.said import Word
from governance.ledger import Ledger, open_ledger
from governance.ledger.rows import CheckResult, RunStatus, Trigger
from governance.reading import Desk, Facet, Filters, Findings
from governance.runs.events import EVENTS
from governance.runs.findings import FINDINGS, ROW_GROUP, SEALED_ORDER
from governance.store import engine, open_home, seal
from governance.views import cases
from governance.views.cases import Tab

OWNERS = tuple(f"同事{n}" for n in range(12))
WANG, ZHAO = Actor(OWNERS[0], frozenset(Right)), Actor(OWNERS[1], frozenset(Right))
MADE = """
SELECT md5(i::VARCHAR) AS finding_id, 'customer' AS check_name, 'customer' AS entity,
  'crm' AS left_source, 'oa' AS right_source, 'YF' || lpad(i::VARCHAR, 7, '0') AS key_shown,
  key_shown AS record_key,
  ['name', 'phone', 'owner', 'credit_limit', 'credit_code', 'level', 'address'][(i % 7 + 1)::INT]
    AS field,
  'mismatch' AS kind, CASE WHEN i % 3 = 0 THEN 'null_vs_value' ELSE 'different' END AS class,
  '云帆科技' || i AS left_value, '云帆科技有限公司' || i AS right_value,
  'company_name' AS normalisers, 'crm' AS authority,
  ['critical', 'high', 'medium', 'low'][(i % 4 + 1)::INT] AS severity, (10 - i % 10)::INT AS weight,
  ['上海分公司', '总部', '成都分公司', '西安分公司'][(hash(i + 7) % 4 + 1)::INT] AS department,
  '客户 ' || i AS display, 'open' AS state,
  $now::TIMESTAMP - to_hours((hash(i + 3) % 3000)::INT) AS first_seen, 1 AS first_run,
  $now::TIMESTAMP AS last_seen, 1 AS last_run, 1 AS copies, false AS personal,
  left(md5('l' || i), 16) AS left_hash, left(md5('r' || i), 16) AS right_hash,
  first_seen AS since, first_seen AS opened_at,
  CASE i % 9 WHEN 0 THEN 'bounced' WHEN 1 THEN 'reopened' ELSE 'new' END AS turn,
  ['left_moved', 'right_moved', 'both_moved', 'never_agreed'][(i % 4 + 1)::INT] AS direction,
  list_extract($owners::VARCHAR[], (hash(i) % 12 + 1)::INT) AS owner,
  first_seen + INTERVAL 30 DAY AS due_at, (hash(i) % 900000)::DECIMAL(38, 2) AS money,
  CASE WHEN i % 5 < 4 THEN left(md5((i % 12)::VARCHAR), 16) END AS cause
FROM range($rows) AS numbers(i)
"""
FACETS = (Facet.ENTITY, Facet.FIELD, Facet.OWNER, Facet.CLASS, Facet.SEVERITY, Facet.STATUS,
          Facet.DUE)  # fmt: skip


def build(home: Path, findings: int, now: datetime) -> Ledger:
    """A home whose only run found that much."""
    store, ledger = open_home(home), open_ledger(home)
    fence = ledger.leases.acquire("benchmark", now=now, ttl=timedelta(hours=1))
    assert fence is not None
    run = ledger.runs.enqueue(WANG, trigger=Trigger.MANUAL, now=now)
    ledger.runs.start(run, fence=fence, now=now, config_digest="")
    con = engine(store)
    values = {"rows": findings, "owners": list(OWNERS), "now": now.replace(tzinfo=None)}
    con.execute(f"CREATE TEMP TABLE made AS {MADE}", values)
    known = {name for name, *_ in con.execute("DESCRIBE made").fetchall()}
    columns = ", ".join(
        c if c in known else f"CAST(NULL AS {k}) AS {c}" for c, k in FINDINGS.items()
    )
    nothing = ", ".join(f'CAST(NULL AS {kind}) AS "{name}"' for name, kind in EVENTS.items())
    tables = [
        ("findings", f"SELECT {columns} FROM made ORDER BY {SEALED_ORDER}"),
        ("events", f"SELECT {nothing} WHERE false"),
        ("pairs", "SELECT 'customer' AS check_name WHERE false"),
        ("fields", "SELECT 'customer' AS check_name WHERE false"),
    ]
    file = f"runs/{run}.duckdb"
    sealed = seal(con, store, file, tables, fence=fence, rows=findings, group=ROW_GROUP)
    con.close()
    ledger.runs.finish(
        run, fence=fence, now=now, status=RunStatus.SUCCEEDED, as_of=now, sealed=sealed,
        results=[CheckResult("customer", Outcome.FAILED)], measured=[],
    )  # fmt: skip
    ledger.leases.release(fence, now=now)
    return ledger


def decide(ledger: Ledger, view: Findings, number: int, now: datetime) -> None:
    """Owners, terms and waivers by hand; a third each."""
    found = list(itertools.islice(view.every(Filters()), number))
    said: list[tuple[str, str, dict[str, object]]] = []
    for at, row in enumerate(found):
        if at % 3 == 0:
            said.append((row.finding_id, Word.ASSIGN.value, {"owner": OWNERS[at % 12]}))
        elif at % 3 == 1:
            until = (now + timedelta(days=at % 30)).isoformat()
            said.append((row.finding_id, Word.DUE.value, {"due_at": until}))
        else:
            ends = (now + timedelta(days=30)).isoformat()
            asked = {"reason": "known", "expires_at": ends, "left_hash": row.left_hash,
                     "right_hash": row.right_hash}  # fmt: skip
            said.append((row.finding_id, Word.WAIVE_REQUEST.value, asked))
    ledger.decisions.add_all(WANG, said, now=now, told={})


def clicks() -> list[tuple[Tab, Filters, int]]:
    """What people look at, and on which page."""
    some = (
        Filters(),
        Filters(severity=("critical",)),
        Filters(field=("phone",)),
        Filters(owner=(OWNERS[3],), due=("overdue",)),
        Filters(department=("总部",), severity=("high", "critical")),
        Filters(direction=("left_moved",)),
        Filters(text="99"),
    )
    tabs = (Tab.TODO, Tab.MINE, Tab.AGE, Tab.CAUSE, Tab.WAIVERS, Tab.CLOSED)
    return [
        (tab, chosen, page)
        for page in (0, 3)
        for chosen in some
        for tab in tabs
        if not (page and tab is Tab.CLOSED)
    ]


def click(view: Findings, tab: Tab, chosen: Filters, page: int, turn: int) -> None:
    """All that the page asks."""
    cases.tally(view)
    filters = cases.within(tab, chosen, view.actor)
    view.count_ahead(filters, FACETS)
    for facet in FACETS:
        view.counts(filters, facet)
    if tab is Tab.AGE:
        cases.ages(view, filters)
    if tab is Tab.CAUSE:
        view.counts(filters, Facet.CAUSE)
    if view.count(filters):
        orders = cases.orders(tab)
        view.page(filters, order=orders[turn % len(orders)], offset=page * 50)


def floor(desk: Desk, view: Findings) -> float:
    """CPU ms of nothing but counting by as many columns off the file."""
    with desk.shelf.open(view.reading) as handle:
        cursor = handle.con.cursor()
        names = ("entity", "field", "owner", "class", "severity", "turn", "due_at", "state")
        before = time.process_time()
        for name in names:
            cursor.execute(f"SELECT {name}, count(*) FROM findings GROUP BY 1").fetchall()
        return (time.process_time() - before) * 1000


def at(values: list[float], share: float) -> str:
    return f"{sorted(values)[max(0, round(share * len(values)) - 1)]:.0f}"


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    words.add_argument("--findings", type=int, default=100_000)
    words.add_argument("--decisions", type=int, default=20_000)
    words.add_argument("--clicks", type=int, default=72)
    asked = words.parse_args()
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="duiqi-bench-") as folder:
        ledger = build(Path(folder) / "home", asked.findings, now)
        desk = Desk(open_home(Path(folder) / "home"), ledger.database)
        view = desk.view(WANG)
        decide(ledger, view, asked.decisions, now)
        began = time.process_time()
        click(desk.view(WANG), Tab.TODO, Filters(), 0, 0)
        print(f"{asked.findings:,} findings, {asked.decisions:,} decisions; "
              f"first click {(time.process_time() - began) * 1000:.0f} CPU ms, "
              f"floor {floor(desk, view):.0f} CPU ms")  # fmt: skip
        for name, anew in (("same minute", False), ("after a decision", True)):
            wall, cpu = [], []
            for turn, (tab, chosen, page) in enumerate(
                itertools.islice(itertools.cycle(clicks()), asked.clicks)
            ):
                if anew:
                    ledger.decisions.add(
                        ZHAO, f"{turn:032d}", Word.COMMENT.value, {"text": "x"}, now=now
                    )
                start, used = time.perf_counter(), time.process_time()
                click(desk.view(WANG), tab, chosen, page, turn)
                wall.append((time.perf_counter() - start) * 1000)
                cpu.append((time.process_time() - used) * 1000)
            print(f"{name:18} wall p50 {at(wall, 0.5)} p95 {at(wall, 0.95)} max {at(wall, 1)} ms; "
                  f"CPU p50 {at(cpu, 0.5)} p95 {at(cpu, 0.95)} ms")  # fmt: skip
        desk.close()
        ledger.close()


if __name__ == "__main__":
    main()
