"""The same two tables compared by datacompy, pandas, reladiff and by us, side by side.

    python benchmarks/peers.py [--rows 1000000] [--runs 3] [--only NAME ...] [--environment FOLDER]

The peers run in an environment of their own, which `uv` makes (in a temporary folder unless one is
named) and which is no dependency of ours. They do not normalise, so the tables hold no value that
is only written another way. Each run is a process of its own that reads its input (Parquet, or
tables of a DuckDB file) and counts what differs. Ours is shown twice: comparing sealed sides, as
every run does, and with preparing and sealing both, as the first does.

Copies of a repeated key are counted differently, so the numbers do not match to the last row: we
pair equal copies off and count what is left over as rows of one side. datacompy numbers the copies
in the order they come and pairs first with first. pandas pairs every copy with every copy.
reladiff, told not to insist on unique keys, shows every copy that another side lacks.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from measuring import Meter, alternating, metered, part, show, tell

WANTED = ("datacompy>=1.1,<2", "pandas", "polars", "pyarrow", "reladiff[duckdb]>=0.6,<1", "duckdb")
KEY = "customer_no"
TABLES = "tables.duckdb"


def datacompy_polars(folder: Path) -> dict[str, int]:
    import datacompy
    import polars as pl

    sides = [pl.read_parquet(folder / f"{side}.parquet") for side in ("left", "right")]
    return _datacompy(datacompy.PolarsCompare(*sides, join_columns=KEY))


def datacompy_pandas(folder: Path) -> dict[str, int]:
    import datacompy
    import pandas as pd

    sides = [pd.read_parquet(folder / f"{side}.parquet") for side in ("left", "right")]
    return _datacompy(datacompy.PandasCompare(*sides, join_columns=KEY))


def _datacompy(compared: Any) -> dict[str, int]:
    cells = sum(int(column["unequal_cnt"]) for column in compared.column_stats)
    matched = len(compared.intersect_rows)
    return {
        "matched": matched,
        "mismatched": matched - int(compared.count_matching_rows()),
        "cells": cells,
        "only_left": len(compared.df1_unq_rows),
        "only_right": len(compared.df2_unq_rows),
    }


def pandas_merge(folder: Path) -> dict[str, int]:
    import pandas as pd

    left, right = (pd.read_parquet(folder / f"{side}.parquet") for side in ("left", "right"))
    both = left.merge(right, on=KEY, how="outer", indicator=True, suffixes=("_l", "_r"))
    matched = both[both["_merge"] == "both"]
    names = [name for name in left.columns if name != KEY]
    unlike = pd.DataFrame({n: matched[f"{n}_l"].ne(matched[f"{n}_r"]) for n in names})
    return {
        "matched": len(matched),
        "mismatched": int(unlike.any(axis=1).sum()),
        "cells": int(unlike.to_numpy().sum()),
        "only_left": int((both["_merge"] == "left_only").sum()),
        "only_right": int((both["_merge"] == "right_only").sum()),
    }


def _reladiff(folder: Path, algorithm: str) -> dict[str, int]:
    import reladiff

    path = f"duckdb://{folder / TABLES}"
    tables = [reladiff.connect_to_table(path, side, KEY) for side in ("left_side", "right_side")]
    columns = (folder / "columns").read_text().split()
    how = {"algorithm": reladiff.Algorithm(algorithm), "validate_unique_key": False}
    found = list(reladiff.diff_tables(*tables, extra_columns=tuple(columns), **how))
    keys = {sign: {row[0] for at, row in found if at == sign} for sign in "-+"}
    rows = {sign: sum(at == sign for at, _ in found) for sign in "-+"}
    return {
        "mismatched": len(keys["-"] & keys["+"]),
        "only_left": rows["-"] - len(keys["-"] & keys["+"]),
        "only_right": rows["+"] - len(keys["-"] & keys["+"]),
    }


PEERS = {
    "datacompy-polars": datacompy_polars,
    "datacompy-pandas": datacompy_pandas,
    "pandas-merge": pandas_merge,
    "reladiff-joindiff": partial(_reladiff, algorithm="joindiff"),
    "reladiff-hashdiff": partial(_reladiff, algorithm="hashdiff"),
}


def make(folder: Path, rows: int) -> None:
    """Both tables as Parquet and in one DuckDB file."""
    import duckdb
    from customers import COMPARED, LEFT, RIGHT, table

    with duckdb.connect(str(folder / TABLES)) as con:
        for side, source in (("left", LEFT), ("right", RIGHT)):
            con.execute(f"CREATE TABLE {side}_side AS {table(source, rows, noise=False)}")
            con.execute(f"COPY {side}_side TO '{folder / side}.parquet'")
    (folder / "columns").write_text(" ".join(COMPARED))


def ours(folder: Path, *, seal: bool) -> Meter:
    from customers import LEFT, RIGHT, seal_landed
    from sealed_compare import compare

    from checks.sql import only_row
    from governance.store import engine, open_home

    home = open_home(folder / "home")
    sealing = Meter()
    if seal:
        with metered() as sealing:
            for source, side in ((LEFT, "left"), (RIGHT, "right")):
                con = engine(home)
                con.execute(f"CREATE TABLE landed AS FROM '{folder / side}.parquet'")
                (rows,) = only_row(con, "SELECT count(*) FROM landed")
                seal_landed(con, home, source, rows)
                con.close()
    meter = compare(home)
    meter.cpu, meter.wall = meter.cpu + sealing.cpu, meter.wall + sealing.wall
    return meter


OURS = {"duiqi-seal-and-compare": True, "duiqi-compare": False}


def run_part(name: str, folder: Path) -> Meter:
    if name in OURS:
        return ours(folder, seal=OURS[name])
    with metered() as meter:
        meter.said.update(PEERS[name](folder))
    return meter


def environment(folder: Path) -> str:
    """The Python of an environment with the peers, made at need. Raises CalledProcessError."""
    python = folder / "bin" / "python"
    if not python.exists():
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        subprocess.run(["uv", "venv", "-q", "--python", version, folder], check=True)
        install = ["uv", "pip", "install", "-q", "--python", python, *WANTED]
        subprocess.run(install, check=True)
    return str(python)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    words.add_argument("--rows", type=int, default=1_000_000)
    words.add_argument("--runs", type=int, default=3)
    words.add_argument("--only", nargs="+", choices=(*OURS, *PEERS), default=[*OURS, *PEERS])
    words.add_argument("--environment", type=Path, help="where the peers are, or will be kept")
    words.add_argument("--part", choices=(*OURS, *PEERS), help=argparse.SUPPRESS)
    words.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = words.parse_args()
    if asked.part:
        tell(run_part(asked.part, asked.folder))
        return
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="duiqi-bench-")))
        make(folder, asked.rows)
        theirs = environment((asked.environment or folder / "peers").absolute())
        names = [
            "duiqi-seal-and-compare",
            *(n for n in asked.only if n != "duiqi-seal-and-compare"),
        ]
        parts = [
            partial(
                part, __file__, "--folder", folder, "--rows", asked.rows, "--part", name,
                python=sys.executable if name in OURS else theirs,
            )
            for name in names
        ]  # fmt: skip
        print(f"{asked.rows:,} rows x 12 a side")
        for name, costs in zip(names, alternating(asked.runs, *parts), strict=True):
            show(name, costs)
            print(f"    {costs[0].said}")


if __name__ == "__main__":
    main()
