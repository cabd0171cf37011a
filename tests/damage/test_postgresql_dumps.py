"""Dumps of PostgreSQL, damaged, inspected, and restored into a scratch database."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import random
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
import zstandard

from governance.backups.inspect.model import Inspected
from tests.conftest import missing
from tests.damage.judging import (
    Rows,
    Truth,
    codes,
    cut,
    flipped,
    hold,
    marks,
    must,
    run,
    said,
    tool,
)
from tests.thorough import some

ADDRESS = os.environ.get("DUIQI_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432")
TABLES = ("customers", "contracts", "regions")
SCHEMA = """
CREATE TABLE customers (id integer PRIMARY KEY, name text NOT NULL, changed timestamp);
CREATE TABLE contracts (no text PRIMARY KEY, customer integer REFERENCES customers, amount numeric);
CREATE TABLE regions (code text);
CREATE INDEX ON contracts (customer);
CREATE VIEW big AS SELECT * FROM contracts WHERE amount > 900;
"""
ROWS = """
INSERT INTO customers SELECT g, '客户 ' || md5(g::text) || E'\\t; --\\n', '2026-11-01'::timestamp
 + g * interval '1 minute' FROM generate_series(1, 800) g;
INSERT INTO contracts SELECT 'HT' || g, 1 + g % 800, g * 1.5 FROM generate_series(1, 1500) g;
"""


@dataclass(frozen=True)
class Server:
    """A server, and the dumps of one database of it by name."""

    dumps: dict[str, Path]
    database: str
    rows: Rows
    began: datetime


def admin() -> psycopg.Connection:
    try:
        return psycopg.connect(f"{ADDRESS}/postgres", autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        missing(f"PostgreSQL does not answer at {ADDRESS}: {error}")


def rows_of(database: str) -> Rows:
    found: dict[str, list[object] | None] = {}
    with psycopg.connect(f"{ADDRESS}/{database}", autocommit=True) as con:
        for table in TABLES:
            try:
                found[table] = list(con.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall())
            except psycopg.errors.UndefinedTable:
                found[table] = None
    return found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder, name = tmp_path_factory.mktemp("dumps"), f"duiqi_damage_{uuid.uuid4().hex[:10]}"
    with admin() as con:
        con.execute(f'CREATE DATABASE "{name}"')
    try:
        with psycopg.connect(f"{ADDRESS}/{name}", autocommit=True) as con:
            con.execute(SCHEMA)
            con.execute(ROWS)
        began = datetime.now(UTC).replace(microsecond=0)
        yield Server(made(name, folder), name, rows_of(name), began)
    finally:
        with admin() as con:
            con.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def made(database: str, folder: Path) -> dict[str, Path]:
    """The dumps that the tool itself makes, and packed copies of two of them."""
    forms = {
        "custom": ("-Fc",),
        "custom_unpacked": ("-Fc", "-Z0"),
        "directory": ("-Fd",),
        "tar": ("-Ft",),
        "plain": (),
        "plain_packed": ("-Z5",),
        "plain_inserts": ("--inserts",),
        "plain_verbose": ("--verbose",),
        "schema_only": ("--schema-only",),
    }
    dumps = {name: folder / name for name in forms}
    for name, words in forms.items():
        url = f"{ADDRESS}/{database}"
        must(run([tool("pg_dump"), *words, "-f", dumps[name], "-d", url]))
    plain, custom = dumps["plain"].read_bytes(), dumps["custom"].read_bytes()
    packers: dict[str, Callable[[bytes], bytes]] = {
        "gz": gzip.compress,
        "xz": lzma.compress,
        "bz2": bz2.compress,
        "zst": zstandard.ZstdCompressor(write_checksum=True).compress,
        "zst_unchecked": zstandard.ZstdCompressor(write_checksum=False).compress,
    }
    for name, pack in packers.items():
        dumps[name] = folder / f"plain.{name}"
        dumps[name].write_bytes(pack(plain))
    dumps["custom_gz"] = folder / "custom.gz"
    dumps["custom_gz"].write_bytes(gzip.compress(custom))
    return dumps


def restored(path: Path, folder: Path) -> Truth:
    """What the tools bring back into an empty database."""
    name = f"duiqi_damage_{uuid.uuid4().hex[:10]}"
    with admin() as con:
        con.execute(f'CREATE DATABASE "{name}"')
    try:
        ran = _restore(path, f"{ADDRESS}/{name}", folder)
        return Truth(ran, rows_of(name))
    finally:
        with admin() as con:
            con.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _restore(path: Path, url: str, folder: Path) -> bool:
    plain = path if path.is_dir() else unpacked(path, folder / f"{uuid.uuid4().hex}.unpacked")
    if plain is None:
        return False
    is_text = plain.is_file() and not _is_archive(plain)
    if is_text:
        words = [tool("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", plain]
    else:
        words = [tool("pg_restore"), "--exit-on-error", "-d", url, plain]
    return run(words).returncode == 0


def _is_archive(path: Path) -> bool:
    head = path.read_bytes()[:262]
    return head.startswith(b"PGDMP") or head[257:262] == b"ustar"


def unpacked(path: Path, to: Path) -> Path | None:
    """By the programs that people use for it; None where they refuse."""
    head = path.read_bytes()[:6]
    programs = {b"\x1f\x8b": "gzip", b"\xfd7zXZ\0": "xz", b"BZh": "bzip2", b"(\xb5/\xfd": "zstd"}
    name = next((name for magic, name in programs.items() if head.startswith(magic)), None)
    if name is None:
        return path
    done = run([tool(name), "-dc"], stdin=path)
    to.write_bytes(done.stdout)
    return to if done.returncode == 0 else None


HEALTHY = {
    "custom": (True, None),
    "custom_unpacked": (True, None),
    "directory": (True, None),
    "tar": (True, None),
    "plain": (True, None),
    "plain_packed": (True, True),
    "plain_inserts": (True, None),
    "plain_verbose": (True, None),
    "gz": (True, True),
    "xz": (True, True),
    "bz2": (True, True),
    "zst": (True, True),
    "zst_unchecked": (True, None),
    "custom_gz": (True, True),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_dump_is_complete_and_intact_only_where_it_bears_checksums(
    server: Server, name: str, tmp_path: Path
) -> None:
    found = said(server.dumps[name], tables=TABLES)
    assert marks(found) == (*HEALTHY[name], None)
    hold(found, restored(server.dumps[name], tmp_path), server.rows)


@pytest.mark.parametrize("name", ["custom", "directory", "tar", "plain_verbose"])
def test_the_moment_is_that_of_the_start(server: Server, name: str) -> None:
    at = said(server.dumps[name]).fresh_at
    assert at is not None
    assert timedelta(0) <= at - server.began < timedelta(minutes=5)


def test_a_plain_dump_has_no_moment(server: Server) -> None:
    found = said(server.dumps["plain"])
    assert found.fresh_at is None
    assert "no_time" in codes(found)


def test_a_custom_dump_cut_at_seventy_percent_is_not_complete(
    server: Server, tmp_path: Path
) -> None:
    whole = server.dumps["custom"]
    path = cut(whole, tmp_path / "cut", whole.stat().st_size * 7 // 10)
    assert run([tool("pg_restore"), "-l", path]).returncode == 0  # its contents list is whole
    found = said(path)
    assert marks(found) == (False, None, False)
    hold(found, restored(path, tmp_path), server.rows)


@pytest.mark.parametrize("name", ["custom", "custom_unpacked", "tar", "plain", "plain_inserts"])
def test_no_dump_that_was_cut_anywhere_is_called_complete(
    server: Server, name: str, tmp_path: Path
) -> None:
    whole, tries = server.dumps[name], some(60, 6)
    size = whole.stat().st_size
    chance = random.Random(name)
    for _ in range(tries):
        path = cut(whole, tmp_path / "cut", chance.randrange(1, size * 19 // 20))
        assert said(path).complete.value is not True
        assert said(path).restorable.value is not True


@pytest.mark.parametrize("ends", [b"\n", b"\t"], ids=["at_a_line", "inside_a_row"])
def test_a_plain_dump_cut_among_its_rows_is_not_complete(
    server: Server, ends: bytes, tmp_path: Path
) -> None:
    data = server.dumps["plain"].read_bytes()
    at = data.index(ends, data.index(b"COPY public.customers") + 9000) + 1
    path = cut(server.dumps["plain"], tmp_path / "cut", at)
    found = said(path)
    assert marks(found) == (False, None, False)
    hold(found, restored(path, tmp_path), server.rows)


@pytest.mark.parametrize("name", ["gz", "xz", "bz2", "zst", "zst_unchecked", "custom_gz"])
def test_a_packed_dump_that_was_cut_is_not_complete(
    server: Server, name: str, tmp_path: Path
) -> None:
    whole = server.dumps[name]
    for share in (3, 10, 19):
        path = cut(whole, tmp_path / "cut", whole.stat().st_size * share // 20)
        found = said(path)
        assert found.complete.value is False
        assert found.intact.value is False
        assert found.restorable.value is False
    hold(found, restored(path, tmp_path), server.rows)


@pytest.mark.parametrize("name", ["gz", "xz", "bz2", "zst", "custom_gz"])
def test_one_flipped_bit_in_a_packed_dump_is_never_called_intact(
    server: Server, name: str, tmp_path: Path
) -> None:
    whole, chance = server.dumps[name], random.Random(name)
    for _ in range(some(200, 12)):
        at = chance.randrange(16, whole.stat().st_size)
        path = flipped(whole, tmp_path / "flipped", at, chance.randrange(8))
        found = said(path, content=False)
        unpacks = unpacked(path, tmp_path / "out")
        same = unpacks is not None and unpacks.read_bytes() == _plain_of(server, name)
        assert same or found.intact.value is False, at
        assert same or found.complete.value is not True, at


def _plain_of(server: Server, name: str) -> bytes:
    return server.dumps["custom" if name == "custom_gz" else "plain"].read_bytes()


def test_one_flipped_bit_in_the_data_of_a_custom_dump_is_found(
    server: Server, tmp_path: Path
) -> None:
    whole = server.dumps["custom"]
    size = whole.stat().st_size
    for at in range(size // 2, size - 600, max(1, size // some(60, 8))):
        path = flipped(whole, tmp_path / "flipped", at)
        found = said(path)
        assert marks(found)[0] is not True, at
        assert marks(found)[1] is not True, at
    assert marks(found)[2] is False
    hold(found, restored(path, tmp_path), server.rows)


def test_a_flipped_letter_in_a_plain_dump_makes_it_neither_intact_nor_broken(
    server: Server, tmp_path: Path
) -> None:
    data = server.dumps["plain"].read_bytes()
    at = data.index("客户 ".encode(), data.index(b"COPY public.customers") + 5000) + 10
    path = flipped(server.dumps["plain"], tmp_path / "flipped", at)
    found, truth = said(path), restored(path, tmp_path)
    assert truth.ran
    assert truth.rows != server.rows
    assert marks(found) == (True, None, None)
    hold(found, truth, server.rows)


@pytest.mark.parametrize("suffix", ["3.dat.gz", "toc.dat"])
def test_a_folder_that_lost_a_file_is_not_complete(
    server: Server, suffix: str, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(server.dumps["directory"], copy)
    victim = next(p for p in sorted(copy.iterdir()) if p.name.endswith((suffix, ".dat.gz")))
    victim = copy / "toc.dat" if suffix == "toc.dat" else victim
    victim.unlink()
    found = said(copy)
    assert marks(found) == (False, None, False)
    hold(found, restored(copy, tmp_path), server.rows)


def test_a_folder_with_a_damaged_file_is_not_intact(server: Server, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(server.dumps["directory"], copy)
    victim = max(copy.glob("*.dat.gz"), key=lambda p: p.stat().st_size)
    flipped(victim, victim, victim.stat().st_size // 2)
    found = said(copy)
    assert found.intact.value is False
    assert found.complete.value is not True
    hold(found, restored(copy, tmp_path), server.rows)


@pytest.mark.parametrize("name", ["custom", "plain", "gz", "directory", "tar"])
def test_a_table_that_was_expected_and_is_not_there_is_told(server: Server, name: str) -> None:
    found = said(server.dumps[name], tables=("customers", "payments"))
    assert found.complete.value is False
    assert found.restorable.value is None
    assert [p.params for p in found.problems if p.code.endswith("table_missing")] == [
        {"table": "payments"}
    ]


def test_a_dump_without_one_table_is_not_complete(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "lacking"
    url = f"{ADDRESS}/{server.database}"
    must(run([tool("pg_dump"), "-Fc", "-T", "contracts", "-f", path, "-d", url]))
    assert said(path).complete.value is True  # nobody said what should be in it
    found = said(path, tables=TABLES)
    assert found.complete.value is False
    hold(found, restored(path, tmp_path), server.rows)


@pytest.mark.parametrize("name", ["custom", "directory", "tar"])
def test_another_database_than_was_expected_is_told(server: Server, name: str) -> None:
    assert said(server.dumps[name], database=server.database).complete.value is True
    found = said(server.dumps[name], database="crm")
    assert found.complete.value is False
    assert "other_database" in codes(found)


def test_a_plain_dump_does_not_say_of_which_database_it_is(server: Server) -> None:
    found = said(server.dumps["plain"], database=server.database)
    assert found.complete.value is None
    assert "database_unseen" in codes(found)


def test_an_empty_dump_is_told_and_false_where_tables_were_expected(tmp_path: Path) -> None:
    for form in ("-Fc", "-Fp"):
        path = tmp_path / f"empty{form}"
        url = f"{ADDRESS}/template1"
        must(run([tool("pg_dump"), form, "-f", path, "-d", url]))
        assert "no_tables" in codes(said(path))
        assert said(path, tables=TABLES).complete.value is False


def test_tables_without_a_single_row_are_told(server: Server, tmp_path: Path) -> None:
    name = f"duiqi_damage_{uuid.uuid4().hex[:10]}"
    with admin() as con:
        con.execute(f'CREATE DATABASE "{name}"')
    try:
        with psycopg.connect(f"{ADDRESS}/{name}", autocommit=True) as con:
            con.execute(SCHEMA)
        for form in ("-Fc", "-Fp", "-Fd", "-Ft"):
            path = tmp_path / f"bare{form}"
            must(run([tool("pg_dump"), form, "-f", path, "-d", f"{ADDRESS}/{name}"]))
            found: Inspected = said(path)
            assert "no_rows" in codes(found), form
            assert found.complete.value is True, form
            assert said(path, tables=TABLES).complete.value is False, form
    finally:
        with admin() as con:
            con.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_one_empty_table_among_others_is_nothing_special(server: Server) -> None:
    assert "no_rows" not in codes(said(server.dumps["custom"], tables=("regions", "customers")))


def test_a_file_of_no_bytes_cannot_be_restored(tmp_path: Path) -> None:
    for name, data in (("none.sql", b""), ("none.sql.gz", gzip.compress(b""))):
        path = tmp_path / name
        path.write_bytes(data)
        found = said(path)
        assert (found.complete.value, found.restorable.value) == (False, False)


def test_every_database_at_once_ends_with_a_line_of_its_own(tmp_path: Path) -> None:
    url = f"{ADDRESS}/postgres"
    whole = tmp_path / "all.sql"
    must(run([tool("pg_dumpall"), "--globals-only", "-f", whole, "-d", url]))
    assert said(whole).complete.value is True
    text = whole.read_text()
    path = tmp_path / "cut.sql"
    path.write_text(text[: text.rindex("-- PostgreSQL database cluster dump complete")])
    assert said(path).complete.value is False
