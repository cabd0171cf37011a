"""A sealed file is whole and proven, or it is not there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from governance.errors import EvidenceTampered, StoreError
from governance.store import Home, engine, open_home, seal, verify

TABLES = [("numbers", "SELECT i AS n FROM range(1000) AS t(i)")]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home")


@pytest.fixture
def con(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = engine(home)
    yield connection
    connection.close()


def rows_of(path: Path) -> int:
    with duckdb.connect(str(path), read_only=True) as reader:
        found = reader.execute("SELECT count(*) FROM numbers").fetchone()
    assert found is not None
    return int(found[0])


def test_a_sealed_file_holds_its_rows_and_matches_its_digest(home: Home, con: object) -> None:
    sealed = seal(con, home, "runs/1.duckdb", TABLES, fence=1, rows=1000)
    assert rows_of(verify(home, sealed.file, sealed.sha256)) == 1000
    assert sealed.bytes == home.file(sealed.file).stat().st_size


def test_nothing_is_left_aside_after_sealing(home: Home, con: object) -> None:
    seal(con, home, "runs/1.duckdb", TABLES, fence=1, rows=1000)
    assert [p.name for p in home.tmp.iterdir() if p.name != "spill"] == []


def test_a_query_that_fails_leaves_no_file(home: Home, con: object) -> None:
    broken = [*TABLES, ("broken", "SELECT error('no') AS n FROM range(3)")]
    with pytest.raises(duckdb.Error):
        seal(con, home, "runs/1.duckdb", broken, fence=1, rows=1000)
    assert not home.file("runs/1.duckdb").exists()
    assert [p.name for p in home.tmp.iterdir() if p.name != "spill"] == []
    sealed = seal(con, home, "runs/1.duckdb", TABLES, fence=1, rows=1000)
    assert rows_of(home.file(sealed.file)) == 1000


@pytest.mark.parametrize("place", [0, 5000, -1])
def test_one_flipped_byte_is_found_and_the_file_is_named(
    home: Home, con: object, place: int
) -> None:
    sealed = seal(con, home, "runs/7.duckdb", TABLES, fence=1, rows=1000)
    path = home.file(sealed.file)
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)
    with pytest.raises(EvidenceTampered) as refused:
        verify(home, sealed.file, sealed.sha256)
    assert refused.value.params == {"file": "runs/7.duckdb"}


def test_a_missing_file_is_not_an_empty_one(home: Home) -> None:
    with pytest.raises(EvidenceTampered):
        verify(home, "runs/9.duckdb", "0" * 64)


def test_a_name_that_leads_out_of_the_home_is_refused(home: Home) -> None:
    with pytest.raises(StoreError):
        home.file("../outside.duckdb")


def test_a_path_with_a_quote_is_only_a_path(tmp_path: Path) -> None:
    home = open_home(tmp_path / "o'home")
    connection = engine(home)
    try:
        sealed = seal(connection, home, "runs/1.duckdb", TABLES, fence=1, rows=1000)
    finally:
        connection.close()
    assert rows_of(home.file(sealed.file)) == 1000


def test_a_file_of_the_same_name_is_put_aside_and_never_overwritten(
    home: Home, con: object
) -> None:
    lost = [seal(con, home, "runs/1.duckdb", TABLES, fence=1, rows=1000)]
    for _ in range(2):
        lost.append(seal(con, home, "runs/1.duckdb", TABLES, fence=1, rows=1000))
    (home.path / "runs" / "1.duckdb").unlink()
    aside = sorted(p.name for p in (home.path / "quarantine" / "1" / "runs").iterdir())
    assert aside == ["1-2.duckdb", "1.duckdb"]
    for name, sealed in zip(("1.duckdb", "1-2.duckdb"), lost, strict=False):
        verify(home, f"quarantine/1/runs/{name}", sealed.sha256)
