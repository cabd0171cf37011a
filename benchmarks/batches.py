"""What handing out costs, and what the lines that were handed out cost each later run.

    python benchmarks/batches.py [--rows 200000] [--lines 2000,100000] [--runs 3]

Two SQLite systems of so many customers, of which as many differ in one field as lines are asked
for. Told in CPU seconds: a run that compares, handing its lines out (both systems read again), and
the share of the next run that judges them. The floor is reading and sealing both tables once.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from governance.access import WORKER, local_operator
from governance.batches.making import MOST, Maker
from governance.config import load
from governance.ledger import open_ledger
from governance.ledger.batches import NewBatch
from governance.ledger.rows import BatchKind, Trigger
from governance.reading import Desk
from governance.runs import execute
from governance.runs.verdicts import Verdicts
from governance.store import open_home

START = datetime(2026, 3, 2, tzinfo=UTC)
CONFIG = """
version: 1
company: Bench
sources:
  crm: {kind: sqlite, path: crm.sqlite}
  oa: {kind: sqlite, path: oa.sqlite}
entities:
  customer:
    key: code
    authority: crm
    fields: {code: {type: code}, name: {normalize: text}, phone: {normalize: phone}, level: {}}
    sources:
      crm: {table: t, columns: {code: code, name: name, phone: phone, level: level}}
      oa: {table: t, columns: {code: code, name: name, phone: phone, level: level}}
"""


def fill(folder: Path, rows: int, lines: int) -> None:
    for name in ("crm", "oa"):
        with closing(sqlite3.connect(folder / f"{name}.sqlite")) as con, con:
            con.execute("CREATE TABLE t (code TEXT PRIMARY KEY, name TEXT, phone TEXT, level TEXT)")
            every = rows // lines
            con.executemany(
                "INSERT INTO t VALUES (?, ?, ?, ?)",
                (
                    (f"C{n:07}", f"客户 {n}", f"138{n:08}", "B" if name == "oa" and n % every == 0
                     else "A")
                    for n in range(rows)
                ),
            )  # fmt: skip
    (folder / "governance.yaml").write_text(CONFIG, "utf-8")


class Company:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = open_home(folder / "home")
        self.ledger = open_ledger(self.home.path)
        self.config = load(folder / "governance.yaml", environ=os.environ)
        fence = self.ledger.leases.acquire("bench", now=START, ttl=timedelta(days=900))
        assert fence is not None
        self.fence, self.day = fence, 0
        self.judging = 0.0

    def run(self, **asked: Any) -> float:
        now = START + timedelta(days=self.day)
        self.day += 1
        number = self.ledger.runs.enqueue(WORKER, trigger=Trigger.MANUAL, now=now, **asked)
        began = time.process_time()
        execute(self.ledger, self.home, self.config, number, fence=self.fence, clock=lambda: now,
                stop=lambda: False)  # fmt: skip
        return time.process_time() - began

    def hand_out(self, kind: BatchKind, form: str, system: str | None) -> tuple[float, int]:
        desk = Desk(self.home, self.ledger.database)
        began = time.process_time()
        view = desk.view(local_operator())
        maker = Maker(view, self.config, self.ledger, self.home)
        new = NewBatch(kind, form, "en", {}, system)
        now = START + timedelta(days=self.day - 1, minutes=5)
        made = maker.make(new, self.folder / f"out.{form}", now=now)
        took = time.process_time() - began
        desk.close()
        return took, made.lines


def judged(company: Company) -> None:
    """Count what a run spends on the lines of batches."""
    settle, start = Verdicts.settle, Verdicts.__post_init__

    def timed(function: Any) -> Any:
        def call(*words: Any) -> None:
            began = time.process_time()
            function(*words)
            company.judging += time.process_time() - began

        return call

    Verdicts.settle, Verdicts.__post_init__ = timed(settle), timed(start)  # type: ignore[method-assign]


def measure(rows: int, lines: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill(folder, rows, lines)
        company = Company(folder)
        found = {"read and seal both (floor)": company.run(sources=["crm", "oa"], checks=[])}
        found["the run that finds them"] = company.run()
        found["hand out a checklist"], made = company.hand_out(BatchKind.CHECKLIST, "csv", None)
        assert made == lines, made
        found["hand out a patch"], _ = company.hand_out(BatchKind.SQL, "sql", "oa")
        with closing(sqlite3.connect(folder / "oa.sqlite")) as con, con:
            con.execute("UPDATE t SET level = 'A'")
        settle, start = Verdicts.settle, Verdicts.__post_init__
        judged(company)
        found["the next run"] = company.run()
        found["of it judging both batches"] = company.judging
        Verdicts.settle, Verdicts.__post_init__ = settle, start  # type: ignore[method-assign]
        company.ledger.close()
        return found


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    words.add_argument("--rows", type=int, default=200_000)
    words.add_argument("--lines", default=f"2000,{MOST}")
    words.add_argument("--runs", type=int, default=3)
    asked = words.parse_args()
    for lines in map(int, asked.lines.split(",")):
        print(f"{asked.rows:,} rows a side, {lines:,} lines")
        rounds = [measure(asked.rows, lines) for _ in range(asked.runs)]
        for name in rounds[0]:
            print(f"  {name:<30} {median([r[name] for r in rounds]):7.2f} CPU s", flush=True)


if __name__ == "__main__":
    main()
