"""The edge tables of `fixtures/extraction`, and what the servers' own clients print of them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from tests.conftest import missing

SCRIPTS = Path(__file__).parent / "fixtures" / "extraction"
ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}

# What docs/sources.md says lands otherwise than the client prints it, as SQL for the client.
POSTGRES_FORMS = {"b": "b::text"}
MARIADB_FORMS = {
    "ts": "IF(ts LIKE '0000%', ts, CONCAT(ts, '+00:00'))",
    # all the digits it holds: the client prints six
    "f": "f + 0e0",
    "b1": "b1 + 0",
    "b8": "b8 + 0",
    "b64": "b64 + 0",
    "bin16": "HEX(bin16)",
}

Cells = list[str | None]


def client(name: str, *arguments: str, text: str | None = None) -> str:
    """What the server's own command answers."""
    return answer(name, *arguments, text=text).decode()


def answer(name: str, *arguments: str, text: str | None = None) -> bytes:
    """The same as it came."""
    command = shutil.which(name)
    if command is None:
        missing(f"the command {name} is not installed")
    environ = {**os.environ, "PGTZ": "UTC", "PGCLIENTENCODING": "UTF8", "PGOPTIONS": ""}
    done = subprocess.run(
        [command, *arguments], input=(text or "").encode(), env=environ, capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def psql(url: str, statement: str) -> str:
    return client("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", statement, url)


def mariadb(url: str, statement: str) -> str:
    """Statements of several lines go in as input: `--batch` prints what they answer."""
    parts = urlsplit(url)
    where = ["-h", parts.hostname or "", "-P", str(parts.port), "-u", "root", parts.path[1:]]
    return client(
        "mariadb", "--batch", "-N", "--default-character-set=utf8mb4", *where, text=statement
    )


def build_postgres(url: str) -> None:
    client("psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-f", str(SCRIPTS / "edge_pg.sql"), url)


def build_mariadb(url: str) -> None:
    """The script names a database of its own; here it fills the one of the test."""
    script = (SCRIPTS / "edge_my.sql").read_text("utf-8")
    own = "create database if not exists edge character set utf8mb4; use edge;"
    assert own in script
    mariadb(url, script.replace(own, ""))


def printed_by_postgres(url: str, expression: str) -> Cells:
    """One column of the edge table through COPY's text format, unescaped here."""
    answer = psql(url, f"COPY (SELECT {expression} FROM e ORDER BY id) TO STDOUT")
    return [None if line == r"\N" else _unescaped(line) for line in answer.split("\n")[:-1]]


def _unescaped(line: str) -> str:
    return re.sub(r"\\(.)", lambda found: ESCAPES[found[1]], line)


def printed_by_mariadb(url: str, expression: str) -> Cells:
    """One column of the edge table: its text as hexadecimal digits, so nothing is escaped."""
    statement = (
        "SET time_zone = '+00:00';"
        f"SELECT HEX(CONVERT({expression} USING utf8mb4)) FROM e ORDER BY id"
    )
    answer = mariadb(url, statement).split("\n")[:-1]
    return [None if cell == "NULL" else bytes.fromhex(cell).decode() for cell in answer]
