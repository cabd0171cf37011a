"""Archives of pg_dump and copies of SQLite are read whole, or say what kept them from it."""

from __future__ import annotations

import gzip
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from governance.backups.content.model import Wanted
from governance.errors import SourceUnavailable
from tests.backups.content.conftest import SAMPLES, Hand
from tests.conftest import missing

CUSTOM = SAMPLES / "pgdump-custom-ok.dump"
CUSTOMER = Wanted("customer", {"key": "id", "name": "name"}, "taken", "updated_at")
ROWS = {"public.contract": 480, "public.customer": 2000}


@pytest.fixture(autouse=True)
def _tools() -> None:
    if shutil.which("pg_restore") is None:
        missing("the command pg_restore is not installed")


def test_a_custom_archive_is_counted_and_landed(hand: Hand) -> None:
    dump = hand.read(CUSTOM, CUSTOMER)
    assert (dump.kind, dump.ended, dump.problems) == ("pg_archive", True, ())
    assert {found.table: found.rows for found in dump.tables} == ROWS
    assert (dump.started, dump.databases) == ("2026-11-21 19:29:24", ("crm",))
    assert dump.bytes_read == CUSTOM.stat().st_size
    assert len(hand.rows("taken")) == 2000


def test_a_compressed_archive_is_unpacked_first(hand: Hand) -> None:
    dump = hand.read(gzip.compress(CUSTOM.read_bytes()))
    assert dump.ended is True
    assert {found.table: found.rows for found in dump.tables} == ROWS


def test_a_cut_archive_is_broken_although_its_list_is_whole(hand: Hand) -> None:
    dump = hand.read(SAMPLES / "pgdump-custom-truncated.dump")
    assert dump.ended is False
    assert [problem.code for problem in dump.problems] == [
        "backups.inside.restore_failed", "backups.inside.cut",
    ]  # fmt: skip
    assert {found.table: found.ended for found in dump.tables} == {
        "public.contract": True, "public.customer": False,
    }  # fmt: skip


def test_a_cut_before_any_data_still_names_the_tables_that_should_follow(hand: Hand) -> None:
    whole = CUSTOM.read_bytes()
    dump = hand.read(whole[: whole.index(b"PGDMP") + 4200])
    assert dump.ended is False
    assert not all(found.ended for found in dump.tables)


def test_without_pg_restore_only_the_header_is_known(
    hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(hand.folder))
    dump = hand.read(CUSTOM)
    assert (dump.ended, dump.tables, dump.server) == (None, (), "15.18")
    assert [problem.code for problem in dump.problems] == ["backups.inside.no_tool"]
    assert not dump.problems[0].breaks


def test_an_archive_of_a_newer_version_is_not_called_broken(hand: Hand) -> None:
    newer = bytearray(CUSTOM.read_bytes())
    newer[6] = 99
    dump = hand.read(bytes(newer))
    assert dump.ended is None
    assert [problem.code for problem in dump.problems] == ["backups.inside.tool_too_old"]


@pytest.mark.parametrize("form", ["directory", "tar"])
def test_the_other_forms_are_read_alike(hand: Hand, postgres_url: str, form: str) -> None:
    plain = SAMPLES / "pgdump-plain-full.sql"
    psql = shutil.which("psql")
    assert psql is not None
    subprocess.run([psql, "-Xq", "-f", str(plain), postgres_url], check=True, capture_output=True)
    out = hand.folder / "archive"
    subprocess.run(["pg_dump", "-F", form, "-f", str(out), postgres_url], check=True)
    dump = hand.read(out, CUSTOMER)
    assert dump.ended is True
    assert {found.table: found.rows for found in dump.tables} == ROWS
    assert dump.bytes_read > 0
    assert dump.started is not None
    if form == "directory":
        next(out.glob("[0-9]*.dat*")).unlink()
        assert hand.read(out).ended is False


def test_a_stop_ends_pg_restore(hand: Hand) -> None:
    asked: list[int] = []

    def stop() -> bool:
        asked.append(1)
        return len(asked) > 1

    with pytest.raises(SourceUnavailable, match="stopped"):
        hand.read(CUSTOM, CUSTOMER, stop=stop)
    assert hand.con.execute("SHOW TABLES").fetchall() == []


def database(path: Path) -> Path:
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("CREATE TABLE Customer (id INTEGER PRIMARY KEY, name TEXT, at TEXT, x BLOB)")
        conn.executemany(
            "INSERT INTO Customer VALUES (?, ?, ?, ?)",
            [
                (n, f"张{n}" if n % 3 else None, f"2026-01-{n % 28 + 1:02}", b"\0\xff")
                for n in range(900)
            ],
        )
        conn.execute("CREATE TABLE empty (a)")
        conn.commit()
    return path


ASKED = Wanted("customer", {"key": "id", "name": "NAME", "x": "x", "no": "gone"}, "taken", "at")


def test_a_copy_of_sqlite_is_counted_and_landed(hand: Hand) -> None:
    path = database(hand.folder / "copy.db")
    before = sorted(hand.folder.iterdir())
    dump = hand.read(path, ASKED)
    assert (dump.kind, dump.ended, dump.problems) == ("sqlite", True, ())
    customer, empty = dump.tables
    assert (customer.table, customer.rows, customer.newest) == ("Customer", 900, "2026-01-28")
    assert (customer.missing, empty.rows) == (("gone",), 0)
    assert hand.rows("taken")[:2] == [("0", None, "00FF", None), ("1", "张1", "00FF", None)]
    assert sorted(hand.folder.iterdir()) == before
    packed = hand.read(gzip.compress(path.read_bytes()), ASKED)
    assert (packed.ended, packed.tables) == (True, dump.tables)


def test_a_damaged_copy_of_sqlite_is_told(hand: Hand) -> None:
    data = bytearray(database(hand.folder / "copy.db").read_bytes())
    data[4096 * 2 : 4096 * 3] = b"\x55" * 4096
    dump = hand.read(bytes(data), ASKED)
    assert dump.ended is False
    assert any(problem.breaks for problem in dump.problems)
    cut = hand.read(bytes(data[: len(data) // 2]))
    assert cut.ended is False


def test_a_log_beside_a_copy_of_sqlite_is_told(hand: Hand) -> None:
    path = database(hand.folder / "copy.db")
    (hand.folder / "copy.db-wal").write_bytes(b"something")
    assert [problem.code for problem in hand.read(path).problems] == ["backups.inside.wal"]
