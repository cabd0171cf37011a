"""Sealed files: written aside, verified, then moved into place. Nobody ever sees half of one.

A file cut short by a full disk can open cleanly and hold no tables, so "it opens" proves nothing:
row counts are compared before the move, and the SHA-256 in the ledger proves the file afterwards.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from checks.sql import literal, only_row, quoted
from governance.errors import EvidenceTampered, StoreError
from governance.store.home import Home
from governance.store.room import reason

if TYPE_CHECKING:
    import duckdb

# What DuckDB counts itself; the process needs a third more, and shall stay within 1.2 GB: at
# 10M x 10M rows 1,149 MB with this, 1,305 with 1 GB, at the same cost.
MEMORY = "850MB"
SMALL_ROWS = 200_000
ROW_GROUP = 122_880
STORAGE = "v1.5.0"


@dataclass(frozen=True)
class Sealed:
    """A file in its final place: name relative to the home, hex SHA-256, size in bytes."""

    file: str
    sha256: str
    bytes: int


def engine(home: Home, *, memory: str = MEMORY) -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB that spills into the home and loads nothing from the network."""
    import duckdb

    con = duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "temp_directory": str(home.spill),
            "memory_limit": memory,
        }
    )
    con.execute("SET TimeZone = 'UTC'")  # known only once the time zones are loaded
    return con


def seal(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    relative: str,
    tables: Iterable[tuple[str, str]],
    *,
    fence: int,
    rows: int,
    group: int = ROW_GROUP,
) -> Sealed:
    """Copy relations of `con` into a new sealed file.

    `tables` names each table of the file and the query that fills it; `rows` is about how many the
    largest will hold, which decides the block size. `group` is how many rows DuckDB keeps together:
    fewer make single rows quick to fetch and the file larger. Raises StoreError when the
    disk is full or a count differs; then nothing is left behind. A file that already has the name
    is put aside, never overwritten.
    """
    import duckdb

    aside = home.tmp / f"{fence}-{uuid.uuid4().hex}.duckdb"
    try:
        _write(con, aside, list(tables), rows, group)
        _fsync(aside)
        target = home.file(relative)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        sealed = Sealed(relative, digest(aside), aside.stat().st_size)
        aside.chmod(0o400)
        if target.exists():  # of a ledger that was put back since and gives its numbers again
            put_aside(home, target, str(fence))
        aside.replace(target)
        _fsync(target.parent)
    except (OSError, duckdb.IOException) as error:
        raise StoreError("store.write", file=relative, reason=reason(error)) from error
    finally:
        for left in (aside, aside.with_name(aside.name + ".wal")):
            left.unlink(missing_ok=True)
    return sealed


def _write(
    con: duckdb.DuckDBPyConnection,
    aside: Path,
    tables: list[tuple[str, str]],
    rows: int,
    group: int,
) -> None:
    # Small blocks keep a small snapshot small: 225 KB instead of 1.5 MB for 5,000 rows.
    block = 16_384 if rows < SMALL_ROWS else 262_144
    # Choosing a compression costs five times more than a small table is worth (5,000 rows x 31:
    # 0.13 CPU s against 0.03, 1.2 MB against 1.8); a large one repays it.
    con.execute(f"SET force_compression = '{'zstd' if rows < SMALL_ROWS else 'auto'}'")
    counts: dict[str, int] = {}
    options = f"BLOCK_SIZE {block}, ROW_GROUP_SIZE {group}, STORAGE_VERSION '{STORAGE}'"
    con.execute(f"ATTACH {literal(str(aside))} AS sealing ({options})")
    try:
        for name, query in tables:
            counts[name] = _number(con, f"CREATE TABLE sealing.{quoted(name)} AS {query}")
        con.execute("CHECKPOINT sealing")
    finally:
        con.execute("DETACH sealing")
    with attached(con, aside, "sealing"):
        each = ", ".join(f"(SELECT count(*) FROM sealing.{quoted(name)})" for name in counts)
        for (name, expected), found in zip(
            counts.items(), only_row(con, f"SELECT {each}"), strict=True
        ):
            if found != expected:
                raise StoreError("store.short", table=name, expected=expected, found=found)


def attach(con: duckdb.DuckDBPyConnection, path: Path, name: str) -> None:
    """Attach a sealed file read-only. Raises EvidenceTampered where it is no DuckDB file."""
    import duckdb

    try:
        con.execute(f"ATTACH {literal(str(path))} AS {quoted(name)} (READ_ONLY)")
    except (duckdb.IOException, duckdb.SerializationException) as error:
        raise EvidenceTampered("store.tampered", file=path.name) from error


@contextmanager
def attached(con: duckdb.DuckDBPyConnection, path: Path, name: str) -> Iterator[None]:
    """A sealed file as the catalog `name` of `con`, read-only, for the length of a block."""
    attach(con, path, name)
    try:
        yield
    finally:
        con.execute(f"DETACH {quoted(name)}")


def put_aside(home: Home, path: Path, group: str) -> Path:
    """Move a file of the home to `quarantine/<group>/` under its own name, and say where it is.

    What lies there is never overwritten: a second file of the same name gets a number.
    """
    below = path.resolve().relative_to(home.path.resolve())  # the home may be a link
    wanted = home.path / "quarantine" / group / below
    wanted.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    target, number = wanted, 1
    while target.exists():
        number += 1
        target = wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}")
    path.replace(target)
    return target


def verify(home: Home, file: str, sha256: str) -> Path:
    """The path of a sealed file whose bytes are what the ledger says.

    Raises EvidenceTampered for a changed file and for a missing one.
    """
    path = home.file(file)
    if not path.is_file():
        raise EvidenceTampered("store.missing", file=file)
    if digest(path) != sha256:
        raise EvidenceTampered("store.tampered", file=file)
    return path


def digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _number(con: duckdb.DuckDBPyConnection, statement: str) -> int:
    row = con.execute(statement).fetchone()
    assert row is not None
    return int(row[0])


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
