"""Runs over dumps that are interrupted, repeated, or laid down for a moment on the way."""

from __future__ import annotations

import gzip
import os
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from governance.backups.contents import Contents
from governance.ledger.rows import RunRow, RunStatus
from tests.backups.company import Saved, saved
from tests.runs.conftest import settled
from tests.worlds import CUSTOMERS

MEGABYTE = 1 << 20
LINE = b"INSERT INTO `notes` VALUES " + b",".join([b"(1,'nothing')"] * 4000) + b";\n"


@pytest.fixture
def copies(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Saved:
    monkeypatch.delenv("DUIQI_SECRET", raising=False)
    company = settled(tmp_path, tmp_path_factory, (CUSTOMERS,))
    company.looked = None
    return saved(company)


def reach(path: Path) -> int | None:
    """How far this process has read the file, None while it is not open."""
    for entry in Path("/proc/self/fd").iterdir():
        try:
            if entry.readlink() == path:
                told = Path(f"/proc/self/fdinfo/{entry.name}").read_text("utf-8")
                return int(told.split()[1])
        except OSError:
            continue
    return None


def read_at(made: Saved, run: RunRow) -> list[datetime]:
    query = "SELECT read_at FROM backup_contents WHERE system = 'oa'"
    return [at for (at,) in made.company.query(run, query)]


def laid_down(folder: Path) -> list[str]:
    return [p.name for p in folder.rglob("*") if p.is_file()] if folder.is_dir() else []


def test_a_run_that_is_stopped_amid_a_large_dump_leaves_nothing(copies: Saved) -> None:
    dump = copies.copied("oa")
    dump.write_bytes(b"-- MariaDB dump 10.19\n" + LINE * (48 * MEGABYTE // len(LINE)))
    seen: list[int] = []

    def stop() -> bool:
        at = reach(dump)
        if at is not None and at > MEGABYTE:
            seen.append(at)
        return bool(seen)

    copies.company.stop = stop
    run = copies.company.run(checks=("backups",))
    assert (run.status, run.error_code, run.file) == (RunStatus.STOPPED, "run.stopped", None)
    assert seen[0] < 24 * MEGABYTE
    assert reach(dump) is None
    assert laid_down(copies.company.home.tmp) == []
    copies.company.stop = lambda: False
    assert copies.company.run(checks=("backups",)).status is RunStatus.SUCCEEDED


def test_a_dump_is_read_again_only_once_it_has_changed(copies: Saved) -> None:
    dump = copies.copied("oa")
    first, second = (copies.company.run(checks=("backups",)) for _ in range(2))
    assert read_at(copies, first) == read_at(copies, second) != []
    stat = dump.stat()
    os.utime(dump, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    third = copies.company.run(checks=("backups",))
    assert read_at(copies, third) > read_at(copies, second)


def test_what_is_unpacked_lies_below_the_home_for_a_moment(
    copies: Saved, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(elsewhere))
    copy = copies.copied("oa")
    stat = copy.stat()
    copy.write_bytes(gzip.compress(copy.read_bytes()))
    os.utime(copy, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    inside: set[str] = set()
    outside: set[str] = set()

    def stop() -> bool:
        inside.update(laid_down(copies.company.home.spill))
        outside.update(laid_down(elsewhere))
        return False

    copies.company.stop = stop
    run = copies.company.run(checks=("backups",))
    ((kind, ended),) = copies.company.query(run, "SELECT kind, ended FROM backup_contents")
    assert (kind, ended) == ("sqlite", True)
    # The worker knows by the number of the process what a killed one left (worker/tidy.py).
    assert inside
    assert all(name.startswith((f"duiqi-{os.getpid()}-", "duckdb_temp_")) for name in inside)
    assert outside == set()
    assert laid_down(copies.company.home.spill) == []


def test_a_dump_that_breaks_its_reader_is_told_and_the_others_are_judged(
    copies: Saved, monkeypatch: pytest.MonkeyPatch
) -> None:
    for system in ("crm", "oa"):
        copies.copied(system)
    real = Contents._content

    def broken(self: Contents, system: Any, *rest: Any) -> Any:
        if system.name == "oa":
            raise ZeroDivisionError
        return real(self, system, *rest)

    monkeypatch.setattr(Contents, "_content", broken)
    run = copies.company.run(checks=("backups",))
    assert run.status is RunStatus.SUCCEEDED
    query = "SELECT system, complete_code FROM backup_list ORDER BY system"
    codes = dict(copies.company.query(run, query))
    assert codes["oa"] != codes["crm"]
    told = "SELECT problems_json FROM backup_contents WHERE system = 'oa'"
    assert "backups.inside.broke" in copies.company.query(run, told)[0][0]
