"""What linking two lists costs, and how right it is, beside the least that could do it.

    python benchmarks/matching.py --size 20000

The demo's customers and a trade fair's list of about as many lines. The floor is one join by the
normalised name alone: what it costs to read both and look for equals.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import duckdb
from measuring import metered, part, tell

from checks.normalisers import expression, install
from governance.demo import leads
from governance.demo.company import Maker


def link(folder: Path) -> None:
    from governance.matching.request import Request
    from governance.matching.run import match

    out = folder / "out.csv"
    with metered() as meter:
        match(Request(str(folder / "customers.csv"), str(folder / "leads.csv"), out), "en")
    truth, found = read(folder / "pairs.csv"), read(out)
    right = len(truth & found)
    meter.said = {"precision": right / max(1, len(found)), "recall": right / max(1, len(truth))}
    tell(meter)


def floor(folder: Path) -> None:
    with metered() as meter, duckdb.connect() as con:
        install(con, ["company_name"], "UTC")
        names = {"customers": "客户名称", "leads": "单位"}
        sides = [
            f"(SELECT {expression('company_name', chr(34) + column + chr(34))} AS n FROM"
            f" read_csv('{folder / name}.csv', all_varchar = true, header = true))"
            for name, column in names.items()
        ]
        count = con.execute(f"SELECT count(*) FROM {sides[0]} JOIN {sides[1]} USING (n)")
        meter.said = {"equal": count.fetchall()[0][0]}
    tell(meter)


def read(path: Path) -> set[tuple[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {(row["left_id"], row["right_id"]) for row in csv.DictReader(file)}


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("--size", type=int, default=20_000)
    words.add_argument("--part", choices=("link", "floor"))
    words.add_argument("--folder", type=Path)
    asked = words.parse_args()
    if asked.part:
        {"link": link, "floor": floor}[asked.part](asked.folder)
        return
    with tempfile.TemporaryDirectory(prefix="duiqi-") as folder:
        maker = Maker(7, date(2026, 11, 1))
        made = leads.lists(maker.customers(asked.size, maker.staff(40)))
        leads.write(made, Path(folder))
        print(f"{len(made.customers):,} x {len(made.leads):,} rows, {len(made.pairs):,} true pairs")
        for name in ("floor", "link"):
            cost = part(__file__, "--part", name, "--folder", folder)
            said = ", ".join(f"{k} {v:.4g}" for k, v in cost.said.items())
            print(f"{name}: {cost.cpu:.1f} CPU s, {cost.wall:.0f} s, {cost.rss:.0f} MB; {said}")


if __name__ == "__main__":
    main()
