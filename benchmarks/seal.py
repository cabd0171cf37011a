"""Preparing and sealing a table, against a plain copy of it into a DuckDB file.

    python benchmarks/seal.py [--rows 1000000] [--runs 3] [--line]

Twelve columns of text as they were read, all of them normalised, two of them personal; 5 % of the
values are written another way than they are compared, and once more none. Measured is
what follows reading: normalise, tokens and masks, key and hashes, profile, sort, write, count
again, sync, SHA-256. The floor is `CREATE TABLE AS` of the same table into a file, and CHECKPOINT.
Both get 1 GB for the engine. Wanted: at most 3 x the floor. `--line` seals a hundred thousand, a
million and ten million rows once each and shows the cost per million rows, which should stay.
"""

from __future__ import annotations

import argparse
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from customers import LEFT, RIGHT, seal_landed, spec_for, table
from measuring import Meter, alternating, metered, part, show, tell

from checks.prepare import prepare
from governance.store import Home, engine, open_home

LINE = (100_000, 1_000_000, 10_000_000)


def _landed(home: Home, source: str, rows: int) -> Any:
    con = engine(home)
    con.execute(f"CREATE TABLE landed AS {table(source, rows)}")
    return con


def copy(home: Home, rows: int) -> Meter:
    con = _landed(home, RIGHT, rows)
    target = home.path / "copy.duckdb"
    with metered() as meter:
        con.execute(f"ATTACH '{target}' AS copied")
        con.execute("CREATE TABLE copied.landed AS SELECT * FROM landed")
        con.execute("CHECKPOINT copied")
        con.execute("DETACH copied")
    meter.said["bytes"] = target.stat().st_size
    return meter


def seal(home: Home, rows: int, source: str) -> Meter:
    con = _landed(home, source, rows)
    con.execute("CREATE TABLE few AS SELECT * FROM landed LIMIT 10")
    prepare(con, "few", "few_", spec_for(source))  # imports what the first of a process imports
    with metered() as meter:
        meter.said["bytes"] = seal_landed(con, home, source, rows).bytes
    return meter


PARTS = {"copy": copy, "seal": partial(seal, source=RIGHT), "tidy": partial(seal, source=LEFT)}


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    words.add_argument("--rows", type=int, default=1_000_000)
    words.add_argument("--runs", type=int, default=3)
    words.add_argument("--line", action="store_true")
    words.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    asked = words.parse_args()
    if asked.part:
        with tempfile.TemporaryDirectory(prefix="duiqi-bench-") as name:
            tell(PARTS[asked.part](open_home(Path(name)), asked.rows))
        return
    for rows in LINE if asked.line else (asked.rows,):
        here = partial(part, __file__, "--rows", rows, "--part")
        runs = 1 if asked.line else asked.runs
        names = ("copy", "seal") if asked.line else ("copy", "seal", "tidy")
        copied, sealed, *tidy = alternating(runs, *(partial(here, name) for name in names))
        show(f"plain copy, {rows:,} rows", copied)
        show(f"seal, {rows:,} rows, 5 % written otherwise", sealed, copied)
        for costs in tidy:
            show(f"seal, {rows:,} rows, all as they should be", costs, copied)
        sizes = (c[0].said["bytes"] / 1e6 for c in (sealed, copied))
        per = sealed[0].cpu / rows * 1e6
        print("{:.0f} MB sealed, {:.0f} MB copied; {:.2f} CPU s a million".format(*sizes, per))


if __name__ == "__main__":
    main()
