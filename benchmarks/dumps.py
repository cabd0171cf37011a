"""What reading a dump of customers costs, MB of dump a CPU second, counted only and landed.

    python benchmarks/dumps.py [--rows 500000] [--runs 3] [--json]

The dumps are made by `mariadb-dump` and `pg_dump` of one table of 12 columns with Chinese text,
escapes in every twentieth row and NULLs, in databases made anew and dropped again. Ours is the
reader as a run uses it, into a DuckDB in memory: counting only, with five columns landed, with all
twelve, and with all twelve into a DuckDB file. The floor is `wc -l` on the same file. `long` is one
row of 64 MB, for the peak of memory. Each in a process of its own; CPU is user and system time.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import metered, part, tell

NAME = "duiqi_bench_dumps"
POSTGRES = os.environ.get("DUIQI_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432")
HOST = os.environ.get("DUIQI_TEST_MARIADB_HOST", "127.0.0.1")
PORT = os.environ.get("DUIQI_TEST_MARIADB_PORT", "3306")
COLUMNS = [
    "id", "code", "name", "address", "phone", "credit", "level", "amount", "owner", "note",
    "created_at", "updated_at",
]  # fmt: skip
FEW = ["id", "code", "name", "phone", "owner"]
TABLE = """CREATE TABLE customer (id bigint PRIMARY KEY, code varchar(32), name varchar(100),
address varchar(200), phone varchar(20), credit varchar(18), level int, amount decimal(18,2),
owner varchar(20), note text, created_at {time}, updated_at {time});
INSERT INTO customer SELECT n, concat('KH', lpad({n}, 8, '0')), concat('北京市华信科技有限公司', n),
concat('上海市浦东新区世纪大道', n % 997, '号'), concat('138', lpad({n}, 8, '0')),
left(md5({n}), 18), n % 5, n * 3.17, concat('张', n % 50),
CASE WHEN n % 20 = 0 THEN concat('他说''好''', {feed}, 'C:', {slash}, n) WHEN n % 7 = 0 THEN NULL
ELSE '' END, {day} + interval {second}, {day} + interval {second} FROM {numbers};"""
FORMS = {
    "postgresql": {
        "time": "timestamp", "n": "n::text", "feed": "chr(10)", "slash": "chr(92)",
        "day": "timestamp '2026-01-01'", "second": "'1 second' * n",
        "numbers": "generate_series(1, {rows}) AS s(n)",
    },
    "mariadb": {
        "time": "datetime", "n": "n", "feed": "char(10)", "slash": "char(92)",
        "day": "timestamp '2026-01-01 00:00:00'", "second": "n second",
        "numbers": "(SELECT seq AS n FROM seq_1_to_{rows}) AS s",
    },
}  # fmt: skip


def run(*command: str, text: str = "", out: Path | None = None) -> None:
    with (out or Path(os.devnull)).open("wb") as file:
        subprocess.run(command, input=text.encode(), stdout=file, check=True)


def make(folder: Path, rows: int) -> dict[str, Path]:
    """The dumps of both servers, as statements of many rows and of one."""
    paths = {name: folder / f"{name}.sql" for name in ("copy", "inserts", "many", "single", "long")}
    sql = {
        server: TABLE.format(**{k: v.format(rows=rows) for k, v in form.items()})
        for server, form in FORMS.items()
    }
    run("psql", "-Xq", f"{POSTGRES}/postgres", text=f"CREATE DATABASE {NAME}")
    try:
        run("psql", "-Xq", f"{POSTGRES}/{NAME}", text=sql["postgresql"])
        run("pg_dump", f"{POSTGRES}/{NAME}", out=paths["copy"])
        run("pg_dump", "--inserts", f"{POSTGRES}/{NAME}", out=paths["inserts"])
    finally:
        run("psql", "-Xq", f"{POSTGRES}/postgres", text=f"DROP DATABASE {NAME}")
    where = ["-h", HOST, "-P", PORT, "-u", "root"]
    run("mariadb", *where, text=f"CREATE DATABASE {NAME} CHARACTER SET utf8mb4")
    try:
        run("mariadb", "--default-character-set=utf8mb4", *where, NAME, text=sql["mariadb"])
        run("mariadb-dump", *where, NAME, out=paths["many"])
        run("mariadb-dump", "--skip-extended-insert", *where, NAME, out=paths["single"])
    finally:
        run("mariadb", *where, text=f"DROP DATABASE {NAME}")
    with paths["long"].open("wb") as file:
        file.write(b"CREATE TABLE `customer` (`id` int, `note` longtext);\n")
        file.write(b"INSERT INTO `customer` VALUES (1,'")
        for _ in range(64):
            file.write(("长" * 349_525).encode())
        file.write(b"'),(2,'x');\n")
    return paths


def read(path: Path, what: str) -> None:
    import duckdb

    from governance.backups.content import mysqldump, open_reader, pgplain
    from governance.backups.content.model import Wanted

    assert mysqldump.Reading is not pgplain.Reading  # both are imported before the clock runs

    columns = {"counted": [], "five": FEW, "long": ["id", "note"]}.get(what, COLUMNS)
    wanted = (Wanted("customer", {c: c for c in columns}, "taken"),) if columns else ()
    with tempfile.TemporaryDirectory() as folder:
        con = duckdb.connect(f"{folder}/x.duckdb" if what == "file" else ":memory:")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        with metered() as meter:
            reader = open_reader(path)
            assert reader is not None
            dump = reader.read(path, wanted, con, lambda _: None, lambda: False)
        rows = sum(found.rows for found in dump.tables)
        meter.said = {"rows": rows, "ended": dump.ended, "before": before}
        tell(meter)


def floor(path: Path) -> None:
    with metered() as meter:
        subprocess.run(["wc", "-l", str(path)], check=True, capture_output=True)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
    meter.cpu = used.ru_utime + used.ru_stime
    tell(meter)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rows", type=int, default=500_000)
    words.add_argument("--runs", type=int, default=3)
    words.add_argument("--json", action="store_true")
    asked = words.parse_args()
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, path in make(Path(folder), asked.rows).items():
            ways = ["floor", "counted", "five", "all", "file"]
            for what in ways if name != "long" else ["floor", "counted", "long"]:
                costs = [part(__file__, "--part", path, what) for _ in range(asked.runs)]
                size = path.stat().st_size / 1e6
                cpu = statistics.median(cost.cpu for cost in costs)
                grown = statistics.median(c.rss - c.said.get("before", c.rss) for c in costs)
                found[f"{name} {what}"] = {
                    "MB": round(size), "MB/s": round(size / max(cpu, 1e-3)), "cpu": round(cpu, 2),
                    "memory": round(grown), "rows": costs[0].said.get("rows"),
                }  # fmt: skip
                if not asked.json:
                    print(f"{name:8} {what:8}", found[f"{name} {what}"], flush=True)
    if asked.json:
        print(json.dumps(found))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--part"]:
        path, what = Path(sys.argv[2]), sys.argv[3]
        floor(path) if what == "floor" else read(path, what)
    else:
        main()
