"""The least that finds the differences: one full join in DuckDB, the differing rows as CSV.

    python benchmarks/bare_full_join.py LEFT.csv RIGHT.csv KEY OUT.csv

It says nothing of repeated keys, null keys, classes or counts; it is the floor that
`duiqi compare` is measured against, see compare_csv.py.
"""

import sys
from pathlib import Path

import duckdb


def main() -> None:
    left, right, key, out = sys.argv[1:5]
    with Path(left).open(encoding="utf-8") as file:
        names = [name.strip('"') for name in file.readline().rstrip("\n").split(",")]
    columns = [name for name in names if name != key]
    shown = ", ".join(f'l."{c}" AS "left_{c}", r."{c}" AS "right_{c}"' for c in columns)
    differs = " OR ".join(f'l."{c}" IS DISTINCT FROM r."{c}"' for c in columns)
    sides = [f"read_csv('{path}', all_varchar = true, header = true)" for path in (left, right)]
    with duckdb.connect() as con:
        con.execute(
            f'COPY (SELECT coalesce(l."{key}", r."{key}") AS "{key}", {shown} FROM {sides[0]} AS l'
            f' FULL JOIN {sides[1]} AS r ON l."{key}" = r."{key}" WHERE {differs})'
            f" TO '{out}' (HEADER)"
        )


main()
