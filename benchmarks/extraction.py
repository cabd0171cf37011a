"""What reading a table of 2,000,000 x 12 costs, against the server's own client doing no more.

    python benchmarks/extraction.py [--rows 2000000] [--runs 3] [--server postgresql|mariadb|both]
                                    [--memory 1GB] [--json]

The floor prints the table to a file: `psql` with COPY, `mariadb --quick`. Ours is the reader as a
run uses it, into the same DuckDB. Floor and ours in turn, each in a process of its own, so that
peak memory is its own and a machine whose speed drifts treats both alike; one turn more is made
first, for the caches. CPU is user and system time: of the process, and of the one server process
or thread that served it, where this machine can see it. Medians of each and of the ratios turn by
turn. The database is made anew and dropped again; `--keep` leaves it for the next time.

The servers: DUIQI_TEST_POSTGRES, DUIQI_TEST_MARIADB_HOST and _PORT, as for the tests.
"""

import argparse
import contextlib
import dataclasses
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

NAME = "duiqi_bench_extraction"
POSTGRES = os.environ.get("DUIQI_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432")
HOST = os.environ.get("DUIQI_TEST_MARIADB_HOST", "127.0.0.1")
PORT = os.environ.get("DUIQI_TEST_MARIADB_PORT", "3306")
URLS = {"postgresql": f"{POSTGRES}/{NAME}", "mariadb": f"mariadb://root@{HOST}:{PORT}/{NAME}"}

# One text for both servers; what they write differently stands in braces.
TABLE = """
CREATE TABLE customers (id bigint PRIMARY KEY, customer_code varchar(20), name varchar(100),
  credit_code varchar(18), phone varchar(20), amount decimal(18,2), rate decimal(20,6),
  signed_on date, updated_at {moment}, city varchar(20), note varchar(400), active {boolean})
"""
ROWS = """
INSERT INTO customers SELECT i, concat('C', lpad(concat(i), 8, '0')),
  concat('客户', i * 7919 % 90001, '科技有限公司'),
  concat('91', lpad(concat(i * 104729 % 100000007), 16, '3')),
  concat('138', lpad(concat(i * 15485863 % 100000007), 8, '0')),
  i * 7907 % 100000000 / 100.0, i * 7901 % 1000003 / 7.0,
  {day} '2020-01-01' + {days}, CASE WHEN i % 20 > 0 THEN {start} + {seconds} END,
  CASE i % 4 WHEN 0 THEN '上海' WHEN 1 THEN '杭州市' WHEN 2 THEN '苏州' ELSE '呼和浩特' END,
  CASE WHEN i % 10 > 0 THEN
    concat('备注', i, '，', repeat('合同续签待确认', CAST(1 + i % 5 AS integer))) END, {truth}
FROM {numbers}
"""
WORDS = {
    "postgresql": {
        "moment": "timestamp(3)", "boolean": "boolean", "day": "DATE",
        "days": "CAST(i % 2000 AS integer)", "start": "TIMESTAMP '2024-01-01 00:00:00.123'",
        "seconds": "i % 50000000 * INTERVAL '1 second'", "truth": "i % 2 = 0",
        "numbers": "generate_series(CAST(1 AS bigint), {rows}) AS t(i)",
    },
    "mariadb": {
        "moment": "datetime(3)", "boolean": "tinyint(1)", "day": "DATE",
        "days": "INTERVAL i % 2000 DAY", "start": "TIMESTAMP '2024-01-01 00:00:00.123'",
        "seconds": "INTERVAL i % 50000000 SECOND", "truth": "i % 2 = 0",
        "numbers": "(SELECT CAST(seq AS signed) AS i FROM seq_1_to_{rows}) AS t",
    },
}  # fmt: skip
TICKS = os.sysconf("SC_CLK_TCK")


@dataclasses.dataclass(frozen=True)
class Cost:
    """Seconds of wall clock and of CPU; `server` is None where it cannot be seen. Peak in MB; the
    clients', which hold one row, is not looked at."""

    wall: float
    cpu: float
    server: float | None
    peak: float = 0.0

    @property
    def both(self) -> float:
        return self.cpu + (self.server or 0.0)


@contextlib.contextmanager
def postgres(database: str) -> Iterator[Any]:
    import psycopg

    with psycopg.connect(f"{POSTGRES}/{database}", autocommit=True) as conn:
        yield conn


@contextlib.contextmanager
def mariadb(database: str | None) -> Iterator[Any]:
    import pymysql

    options = {"host": HOST, "port": int(PORT), "user": "root", "autocommit": True}
    with (
        contextlib.closing(pymysql.connect(database=database, **options)) as conn,
        conn.cursor() as cursor,
    ):
        yield cursor


def make(server: str, rows: int) -> None:
    """A fresh database with the table, ready to be read."""
    words = {key: word.format(rows=rows) for key, word in WORDS[server].items()}
    drop(server)
    if server == "postgresql":
        with postgres("postgres") as conn:
            conn.execute(f"CREATE DATABASE {NAME}")
        with postgres(NAME) as conn:
            for statement in (TABLE, ROWS):
                conn.execute(statement.format(**words))
            conn.execute("VACUUM (ANALYZE) customers")
        return
    with mariadb(None) as cursor:
        cursor.execute(f"CREATE DATABASE {NAME} CHARACTER SET utf8mb4")
        cursor.execute(f"USE {NAME}")
        for statement in (TABLE, ROWS):
            cursor.execute(statement.format(**words))


def drop(server: str) -> None:
    if server == "postgresql":
        with postgres("postgres") as conn:
            conn.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
    else:
        with mariadb(None) as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {NAME}")


def rows_in(server: str) -> int:
    """How many rows the table has; 0 where there is none."""
    with (
        contextlib.suppress(Exception),
        postgres(NAME) if server == "postgresql" else mariadb(NAME) as session,
    ):
        found = session.execute("SELECT count(*) FROM customers")
        return int((found if server == "postgresql" else session).fetchone()[0])
    return 0


def spent(stat: str) -> float | None:
    """User and system seconds in one line of /proc/.../stat."""
    words = stat.rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / TICKS if len(words) > 12 else None


def thread_spent(thread: int | None) -> float | None:
    """What one thread of the server has used; None where it is not on this machine."""
    for path in Path("/proc").glob(f"[0-9]*/task/{thread}/stat") if thread else ():
        with contextlib.suppress(OSError):
            return spent(path.read_text())
    return None


def floor(server: str, file: Path) -> Cost:
    """The server's own client prints the table into a file."""
    parts = urlsplit(URLS[server])
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    used = psql(URLS[server], file) if server == "postgresql" else client(parts, file)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall, cpu, used)


def psql(url: str, file: Path) -> float | None:
    with file.open("wb") as out:
        subprocess.run(
            ["psql", "-Xqc", "COPY customers TO STDOUT (FORMAT csv)",
             "-Atc", "SELECT pg_read_file('/proc/self/stat')", url],
            stdout=out, check=True,
        )  # fmt: skip
    with file.open("rb") as lines:
        lines.seek(-1000, os.SEEK_END)
        return spent(lines.read().decode("utf-8", "replace"))


def client(parts: Any, file: Path) -> float | None:
    """The thread lives on in the server's cache for a while: what it used is read afterwards."""
    ask = "SELECT tid FROM information_schema.processlist WHERE id = connection_id()"
    with file.open("wb") as out:
        process = subprocess.Popen(
            ["mariadb", "--no-defaults", "-h", parts.hostname, "-P", str(parts.port), "-u", "root",
             "--quick", "--batch", "--skip-column-names", "--unbuffered",
             "--default-character-set=utf8mb4", NAME],
            stdin=subprocess.PIPE, stdout=out,
        )  # fmt: skip
        assert process.stdin is not None
        process.stdin.write(f"{ask};\n".encode())
        process.stdin.flush()
        while not (first := file.read_bytes()).endswith(b"\n"):
            time.sleep(0.001)
        thread = int(first)
        before = thread_spent(thread)
        process.stdin.write(b"SELECT * FROM customers;\n")
        process.stdin.close()
        assert process.wait() == 0
    after = thread_spent(thread)
    return None if before is None or after is None else after - before


def ours(server: str, folder: Path, memory: str) -> Cost:
    """The reader as a run uses it. For a process of its own."""
    from zoneinfo import ZoneInfo

    from governance.sources import Extract, open_source, source_config_for
    from governance.store import engine, open_home

    home = open_home(folder)
    con = engine(home, memory=memory)
    with open_source(source_config_for(URLS[server]), zone=ZoneInfo("UTC")).snapshot() as reader:
        columns = {name: name for name, _ in reader.columns("customers")}
        extract, told = Extract("customers", columns, "customers"), list[int]()
        before, start = server_spent(server, reader), time.perf_counter()
        used = resource.getrusage(resource.RUSAGE_SELF)
        reader.read(extract, con, "landed", told.append, lambda: False)
        wall, after = time.perf_counter() - start, server_spent(server, reader)
    now = resource.getrusage(resource.RUSAGE_SELF)
    con.close()
    cpu = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    peak = int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024
    return Cost(wall, cpu, None if before is None or after is None else after - before, peak)


def server_spent(server: str, reader: Any) -> float | None:
    if server == "postgresql":
        return thread_spent(reader.conn.info.backend_pid)
    with reader.conn.cursor() as cursor:
        cursor.execute("SELECT tid FROM information_schema.processlist WHERE id = connection_id()")
        return thread_spent(int(cursor.fetchone()[0]))


def apart(server: str, asked: argparse.Namespace) -> Cost:
    """`ours` in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="duiqi-bench-") as folder:
        command = [sys.executable, __file__, "--inside", folder, "--server", server]
        command += ["--memory", asked.memory]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return Cost(**json.loads(done.stdout))


def measured(server: str, asked: argparse.Namespace) -> dict[str, Any]:
    """Every turn's costs and what they come to."""
    pairs = []
    with tempfile.TemporaryDirectory(prefix="duiqi-bench-") as folder:
        file = Path(folder) / "floor.txt"
        for turn in range(asked.runs + 1):
            pair = floor(server, file), apart(server, asked)
            size = file.stat().st_size
            if turn:
                pairs.append(pair)
    found: dict[str, Any] = {"server": server, "rows": asked.rows, "text_bytes": size}
    for place, who in enumerate(("floor", "ours")):
        costs = [pair[place] for pair in pairs]
        found[who] = {
            "wall": statistics.median(c.wall for c in costs),
            "cpu": statistics.median(c.cpu for c in costs),
            "server": statistics.median(c.server or 0.0 for c in costs),
            "peak": max(c.peak for c in costs),
        }
    for name in ("wall", "cpu", "both"):
        ratios = [getattr(mine, name) / getattr(bare, name) for bare, mine in pairs]
        found[f"ratio_{name}"] = statistics.median(ratios)
    return found


def show(found: dict[str, Any]) -> None:
    megabytes = found["text_bytes"] / 1e6
    print(f"{found['server']}: {found['rows']:,} rows x 12, {megabytes:.0f} MB as text")
    print(f"{'':8}{'wall s':>8}{'CPU s':>8}{'server s':>10}{'peak MB':>9}")
    for who in ("floor", "ours"):
        cost = found[who]
        peak = f"{cost['peak']:9.0f}" if cost["peak"] else f"{'-':>9}"
        print(f"{who:8}{cost['wall']:8.2f}{cost['cpu']:8.2f}{cost['server']:10.2f}{peak}")
    print(
        f"ratio: wall {found['ratio_wall']:.2f}, own CPU {found['ratio_cpu']:.2f},"
        f" with the server's {found['ratio_both']:.2f}"
    )


def main() -> None:
    words = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    words.add_argument("--rows", type=int, default=2_000_000)
    words.add_argument("--runs", type=int, default=3)
    words.add_argument("--server", choices=(*URLS, "both"), default="both")
    words.add_argument("--memory", default="1GB", help="what DuckDB may use")
    words.add_argument("--json", action="store_true")
    words.add_argument("--keep", action="store_true", help="leave the database for the next time")
    words.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    asked = words.parse_args()
    if asked.inside is not None:
        print(json.dumps(dataclasses.asdict(ours(asked.server, asked.inside, asked.memory))))
        return
    for server in URLS if asked.server == "both" else (asked.server,):
        try:
            if rows_in(server) != asked.rows:
                make(server, asked.rows)
            found = measured(server, asked)
        finally:
            if not asked.keep:
                drop(server)
        print(json.dumps(found)) if asked.json else show(found)


main()
