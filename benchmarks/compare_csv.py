"""CPU time of `duiqi compare` on two CSV files against a bare full join of the same files.

    python benchmarks/compare_csv.py [--rows 1000000] [--runs 3] [--quoted]

Whole processes, start-up counted, user and system time, in turn so that a machine whose speed
drifts treats both alike; the median of each and of the ratios pair by pair. The files are made
anew, always the same: ten columns, 1 % of the fields changed, 0.5 % of the rows missing on each
side, 0.1 % of the keys twice. `--quoted` puts the names in quotation marks, so that the careful
road of reading is measured.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

HERE = Path(__file__).parent
ROWS = """
CREATE TABLE base AS SELECT i, 'C' || lpad(CAST(i AS VARCHAR), 8, '0') AS customer_code,
  '客户' || (hash(i) % 90000) || '科技有限公司' AS name,
  '138' || lpad(CAST(hash(i, 1) % 100000000 AS VARCHAR), 8, '0') AS phone,
  printf('%.2f', (hash(i, 2) % 1000000) / 100.0) AS amount,
  CAST(DATE '2020-01-01' + CAST(hash(i, 3) % 2000 AS INTEGER) AS VARCHAR) AS signed_on,
  '城市' || (hash(i, 4) % 6) AS city,
  CASE WHEN hash(i, 5) % 20 > 0 THEN '备注 ' || hash(i, 6) END AS note,
  'L' || (hash(i, 7) % 3) AS level, 'u' || (hash(i, 8) % 500) AS owner,
  CAST(hash(i, 9) % 2 AS VARCHAR) AS active
FROM range(?) AS t(i)
"""
COLUMNS = ["name", "phone", "amount", "signed_on", "city", "note", "level", "owner", "active"]


def make(folder: Path, rows: int, quoted: bool) -> tuple[Path, Path]:
    changed = [
        f"CASE WHEN hash(i, {100 + at}) % 100 = 0 THEN concat({c}, 'x') ELSE {c} END AS {c}"
        for at, c in enumerate(COLUMNS)
    ]
    files = folder / "left.csv", folder / "right.csv"
    options = "HEADER, FORCE_QUOTE (name)" if quoted else "HEADER"
    with duckdb.connect() as con:
        con.execute(ROWS, [rows])
        for file, values, salt in ((files[0], COLUMNS, 11), (files[1], changed, 12)):
            kept = f"FROM base WHERE hash(i, {salt}) % 1000 >= 5"
            one = f"SELECT customer_code, {', '.join(values)} {kept}"
            again = f"{one} AND hash(i, {salt + 20}) % 1000 = 0"
            con.execute(f"COPY ({one} UNION ALL {again}) TO '{file}' ({options})")
    return files


def cpu(command: list[str], expected: int) -> float:
    """User and system seconds of one process. Raises RuntimeError for another exit code."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    code = subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if code != expected:
        raise RuntimeError(f"{command[:3]} left with {code}, not {expected}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--rows", type=int, default=1_000_000)
    words.add_argument("--runs", type=int, default=3)
    words.add_argument("--quoted", action="store_true")
    asked = words.parse_args()
    duiqi = Path(sys.executable).with_name("duiqi")
    with tempfile.TemporaryDirectory(prefix="duiqi-bench-") as name:
        folder = Path(name)
        left, right = map(str, make(folder, asked.rows, asked.quoted))
        ours = [str(duiqi), "compare", left, right, "--key", "customer_code", "--format", "json"]
        ours += ["--findings", str(folder / "ours.csv")]
        bare = [sys.executable, str(HERE / "bare_full_join.py"), left, right, "customer_code"]
        bare += [str(folder / "bare.csv")]
        pairs = []
        for turn in range(asked.runs + 1):
            pair = cpu(ours, 1), cpu(bare, 0)
            if turn:  # the first turn fills the file cache
                pairs.append(pair)
                print(f"duiqi {pair[0]:.2f} s  bare {pair[1]:.2f} s  ratio {pair[0] / pair[1]:.2f}")
    mine, floor = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratio = statistics.median(one / other for one, other in pairs)
    print(f"{asked.rows:,} rows x {1 + len(COLUMNS)} columns, {os.cpu_count()} processors")
    print(f"median CPU: duiqi {mine:.2f} s, bare {floor:.2f} s, ratio {ratio:.2f}")


main()
