"""Repositories of restic and borg, and copies of SQLite: damaged, inspected, brought back."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from governance.backups.inspect.model import Inspected
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

RESTIC = {"RESTIC_PASSWORD": "correct horse"}
BORG = {"BORG_PASSPHRASE": "correct horse", "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes"}


@dataclass(frozen=True)
class Made:
    """Both repositories of the same files, and what is in these."""

    restic: Path
    borg: Path
    source: Path
    rows: Rows
    began: datetime


def files(folder: Path) -> Rows:
    return {p.name: [p.read_bytes()] for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("repositories")
    source = folder / "source"
    source.mkdir()
    data = random.Random(1)
    for number in range(3):
        (source / f"crm_{number}.sql").write_bytes(data.randbytes(200_000))
    began = datetime.now(UTC).replace(microsecond=0)
    restic, borg = folder / "restic", folder / "borg"
    around = {**RESTIC, "XDG_CACHE_HOME": str(folder)}
    for words in (("init",), ("backup", str(source))):
        must(run([tool("restic"), "-r", restic, "--no-cache", *words], environment=around))
    around = {**BORG, "BORG_BASE_DIR": str(folder)}
    must(run([tool("borg"), "init", "-e", "repokey", borg], environment=around))
    must(run([tool("borg"), "create", f"{borg}::nightly", "."], environment=around, cwd=source))
    return Made(restic, borg, source, files(source), began)


def from_restic(repo: Path, to: Path) -> Truth:
    words = [tool("restic"), "-r", repo, "--no-cache", "restore", "latest", "--target", to]
    done = run(words, environment=RESTIC)
    return Truth(done.returncode == 0, files(to) if to.is_dir() else {})


def from_borg(repo: Path, to: Path) -> Truth:
    to.mkdir()
    around = {**BORG, "BORG_BASE_DIR": str(to.parent)}
    done = run([tool("borg"), "extract", f"{repo}::nightly"], environment=around, cwd=to)
    return Truth(done.returncode == 0, files(to))


def looked(path: Path, environment: Mapping[str, str]) -> Inspected:
    return said(path, environment=environment)


def test_a_healthy_repository_is_intact_once_its_tool_has_read_it(
    made: Made, tmp_path: Path
) -> None:
    found = looked(made.restic, RESTIC)
    assert marks(found) == (True, True, None)
    assert found.fresh_at is not None
    assert timedelta(0) <= found.fresh_at - made.began < timedelta(minutes=5)
    hold(found, from_restic(made.restic, tmp_path / "restic"), made.rows)
    found = looked(made.borg, BORG)
    assert marks(found) == (True, True, None)
    assert found.fresh_at is not None
    hold(found, from_borg(made.borg, tmp_path / "borg"), made.rows)


def test_inspecting_changes_nothing_in_a_repository(made: Made) -> None:
    for path, environment in ((made.restic, RESTIC), (made.borg, BORG)):
        before = {p: p.stat().st_mtime_ns for p in path.rglob("*")}
        looked(path, environment)
        assert {p: p.stat().st_mtime_ns for p in path.rglob("*")} == before


@pytest.mark.parametrize("environment", [{}, {"RESTIC_PASSWORD": "x", "BORG_PASSPHRASE": "x"}])
def test_without_its_password_nothing_is_known_of_a_repository(
    made: Made, environment: dict[str, str]
) -> None:
    assert marks(looked(made.restic, environment)) == (None, None, None)
    assert marks(looked(made.borg, environment)) == (None, None, None)


def largest(folder: Path) -> Path:
    return max((p for p in folder.rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)


@pytest.mark.parametrize("environment", [RESTIC, {}], ids=["password", "no_password"])
def test_a_corrupted_pack_is_found_that_the_plain_check_passes_over(
    made: Made, tmp_path: Path, environment: dict[str, str]
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(made.restic, copy)
    victim = largest(copy / "data")
    victim.chmod(0o600)
    flipped(victim, victim, victim.stat().st_size // 2)
    plain = [tool("restic"), "-r", copy, "--no-cache", "check"]
    assert run(plain, environment=RESTIC).returncode == 0
    found = looked(copy, environment)
    assert found.intact.value is False
    assert found.complete.value is not True
    hold(found, from_restic(copy, tmp_path / "out"), made.rows)


def test_a_lost_pack_is_found_with_the_password_and_open_without(
    made: Made, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(made.restic, copy)
    largest(copy / "data").unlink()
    assert marks(looked(copy, {})) == (None, None, None)
    found = looked(copy, RESTIC)
    assert found.intact.value is False
    assert found.complete.value is not True
    hold(found, from_restic(copy, tmp_path / "out"), made.rows)


def test_a_repository_without_a_snapshot_is_no_backup(tmp_path: Path) -> None:
    repo = tmp_path / "restic"
    must(run([tool("restic"), "-r", repo, "--no-cache", "init"], environment=RESTIC))
    assert marks(looked(repo, RESTIC))[0] is False


@pytest.mark.parametrize("environment", [BORG, {}], ids=["passphrase", "no_passphrase"])
def test_a_corrupted_chunk_of_borg_is_found(
    made: Made, tmp_path: Path, environment: dict[str, str]
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(made.borg, copy)
    victim = largest(copy / "data")
    flipped(victim, victim, victim.stat().st_size // 2)
    found = looked(copy, environment)
    assert found.intact.value is False
    assert found.complete.value is not True
    hold(found, from_borg(copy, tmp_path / "out"), made.rows)


def test_a_lost_segment_of_borg_is_found(made: Made, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(made.borg, copy)
    largest(copy / "data").unlink()
    found = looked(copy, BORG)
    assert found.complete.value is not True
    assert found.intact.value is not True
    hold(found, from_borg(copy, tmp_path / "out"), made.rows)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of a SQLite file, made with its own backup function."""
    path = tmp_path / "crm.sqlite"
    with closing(sqlite3.connect(tmp_path / "live")) as live, live:
        live.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT)")
        live.execute("CREATE TABLE regions (code TEXT)")
        live.execute("CREATE INDEX by_name ON customers (name)")
        rows = [(n, f"name {n} {os.urandom(20).hex()}") for n in range(2000)]
        live.executemany("INSERT INTO customers VALUES (?, ?)", rows)
        live.commit()
        with closing(sqlite3.connect(path)) as to:
            live.backup(to)
    return path


def from_sqlite(path: Path) -> Truth:
    try:
        with closing(sqlite3.connect(path)) as con:
            rows = con.execute("SELECT * FROM customers NOT INDEXED ORDER BY id").fetchall()
            named = con.execute("SELECT name FROM customers INDEXED BY by_name ORDER BY name")
            return Truth(True, {"customers": rows, "by name": named.fetchall()})
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        return Truth(False, {"customers": None})


def test_a_copy_of_sqlite_is_complete_and_never_called_intact(copy: Path) -> None:
    found, truth = said(copy, tables=("customers", "regions")), from_sqlite(copy)
    assert marks(found) == (True, None, None)
    hold(found, truth, truth.rows)
    assert marks(said(copy, tables=("payments",)))[0] is False


def test_a_truncated_copy_of_sqlite_is_not_complete(copy: Path, tmp_path: Path) -> None:
    original = from_sqlite(copy).rows
    size = copy.stat().st_size
    for at in (size * 7 // 10, size - 4096, 5000, 60):
        path = cut(copy, tmp_path / "cut", at)
        found = said(path)
        assert found.complete.value is False, at
        assert found.restorable.value is False, at
        hold(found, from_sqlite(path), original)


def test_a_flipped_bit_in_a_copy_of_sqlite_is_never_called_intact(
    copy: Path, tmp_path: Path
) -> None:
    original, chance = from_sqlite(copy).rows, random.Random(5)
    for _ in range(some(200, 20)):
        at = chance.randrange(100, copy.stat().st_size)
        path = flipped(copy, tmp_path / "flipped", at, chance.randrange(8))
        hold(said(path), from_sqlite(path), original)


def test_a_flipped_letter_in_a_copy_of_sqlite_passes_its_own_check(
    copy: Path, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(copy)) as con:
        con.execute("INSERT INTO regions VALUES ('region north')")
        con.commit()
    path = flipped(copy, tmp_path / "flipped", copy.read_bytes().index(b"region north") + 8)
    with closing(sqlite3.connect(path)) as con:
        assert con.execute("SELECT code FROM regions").fetchall() != [("region north",)]
    found = said(path)
    assert marks(found) == (True, None, None)


def test_a_log_beside_a_copy_may_hold_what_the_copy_lacks(copy: Path) -> None:
    copy.with_name(copy.name + "-wal").write_bytes(b"x" * 40)
    found = said(copy)
    assert found.complete.value is None
    assert "sqlite_wal" in codes(found)
