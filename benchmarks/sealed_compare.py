"""Comparing two sealed sides of twelve columns, against scanning them.

    python benchmarks/sealed_compare.py [--rows 1000000] [--runs 3] [--home FOLDER]

The sides are prepared and sealed as the worker does it, once. Measured is what the worker does
with them: attach them, reconcile, and turn what is left into findings. The floor reads all that is
stored of both sides and folds it into one number, `bit_xor(hash(...))`; beside it the same over the
twelve columns as they are shown alone. Each run in a process of its own, in turn. Wanted: at most
2.5 x the floor at a million rows, 3.0 x at ten, within 1.2 GB. `--home` keeps the sealed sides for
another time.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from customers import COMPARED, CUSTOMER, LEFT, NAMES, RIGHT, sealed, spec_for
from measuring import Meter, alternating, metered, part, show, tell

from checks import tolerance
from checks.prepare import Side
from checks.reconcile import reconcile
from governance.runs import findings
from governance.runs.findings import PairRun
from governance.runs.past import remember
from governance.store import Home, engine, open_home

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def _attached(con: Any, home: Home) -> list[str]:
    names = []
    for source in (LEFT, RIGHT):
        path = home.file(f"snapshots/{source}/customer/1.duckdb")
        con.execute(f"ATTACH '{path}' AS {source} (READ_ONLY)")
        names.append(f"{source}.main")
    return names


def floor(home: Home, _rows: int = 0) -> Meter:
    """Read all that is stored of both sides."""
    return _scanned(home, "*COLUMNS(*)")


def twelve(home: Home, _rows: int = 0) -> Meter:
    """Read the twelve columns as they are shown."""
    return _scanned(home, ", ".join(NAMES))


def _scanned(home: Home, columns: str) -> Meter:
    with metered() as meter:
        con = engine(home)
        for name in _attached(con, home):
            con.execute(f"SELECT bit_xor(hash({columns})) FROM {name}.rows").fetchall()
    return meter


def compare(home: Home, _rows: int = 0) -> Meter:
    """Reconcile and collect, as a run does."""
    with engine(home) as con:  # imports what the first comparison of a process imports
        tolerance.install(con, spec_for(LEFT).columns)
    with metered() as meter:
        began = time.process_time()
        con = engine(home)
        findings.create(con)
        remember(con, "customers", None, None)
        run = PairRun("customers", CUSTOMER, LEFT, RIGHT, 1, NOW, is_first=True)
        sides = [
            Side(f"{name}.rows", f"{name}.odd", spec_for(source))
            for name, source in zip(_attached(con, home), (LEFT, RIGHT), strict=True)
        ]
        totals = reconcile(con, *sides, COMPARED, carry=findings.carry_of(CUSTOMER))
        meter.said["reconcile_cpu"] = round(time.process_time() - began, 2)
        findings.collect(con, run, "cells", "lone")
        findings.excused(con, run)
        (count,) = con.execute("SELECT count(*) FROM findings").fetchone()
    meter.said |= {
        "matched": totals.matched,
        "mismatched": totals.mismatched,
        "cells": sum(c.null_vs_value + c.different for c in totals.columns),
        "only_left": totals.only_left,
        "only_right": totals.only_right,
        "findings": count,
    }
    return meter


def make(home: Home, rows: int) -> Meter:
    with metered() as meter:
        for source in (LEFT, RIGHT):
            meter.said[source] = sealed(home, source, rows).bytes
    return meter


PARTS = {"make": make, "floor": floor, "twelve": twelve, "compare": compare}


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    words.add_argument("--rows", type=int, default=1_000_000)
    words.add_argument("--runs", type=int, default=3)
    words.add_argument("--home", type=Path)
    words.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    asked = words.parse_args()
    if asked.part:
        tell(PARTS[asked.part](open_home(asked.home), asked.rows))
        return
    with ExitStack() as stack:
        home = asked.home or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        here = partial(part, __file__, "--home", home, "--rows", asked.rows, "--part")
        if not (home / f"snapshots/{RIGHT}").exists():
            show("making and sealing both", [here("make")])
        parts = (partial(here, name) for name in ("compare", "floor", "twelve"))
        ours, floors, narrow = alternating(asked.runs, *parts)
        show(f"scan of 2 x {asked.rows:,} rows, all that is stored", floors)
        show("the same, the twelve columns as shown", narrow, floors)
        show("compare and findings", ours, floors)
        only = [replace(cost, cpu=cost.said["reconcile_cpu"]) for cost in ours]
        show("compare alone", only, floors)
        print(ours[0].said)


if __name__ == "__main__":
    main()
