"""A disk that is full at any stage: one plain reason, nothing half done, and the next run right."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import duckdb
import pytest

from governance.access import local_operator
from governance.cli import call
from governance.cli.common import load_config
from governance.errors import StoreError
from governance.i18n import explain, explain_code
from governance.ledger import Ledger
from governance.ledger.rows import RunRow, RunStatus, StepKind, StepStatus
from governance.runs import evaluate, snapshots
from governance.store import sealed
from governance.store.room import want_of_room
from governance.worker.holder import holding
from governance.worker.run_now import Watch, run_now
from governance.worker.tidy import ASIDE
from governance.worker.workbench import Bench
from tests.faults.small import Disk, mounted
from tests.faults.truth import Truth
from tests.faults.victims import Place

STEP = 32 << 10
WATCH = Watch(lambda _run: None, threading.Event())


@dataclass
class Site:
    """A home on a small disk; its ledger there too, or elsewhere."""

    place: Place
    disk: Disk
    ledger: Ledger
    bench: Bench
    changes: int = 0

    def run(self) -> RunRow:
        """One `duiqi run` over sources that changed since the last."""
        self.changes += 1
        with closing(sqlite3.connect(self.place.folder / "oa.sqlite")) as source, source:
            name = f"n{self.changes}"
            source.execute("UPDATE kh SET khmc = ? WHERE khbh = 'C1'", (name,))
            source.execute("UPDATE yg SET xm = ? WHERE gh = 'S1'", (name,))
        config = load_config(self.place.config)
        return run_now(self.bench, config, (), local_operator(), WATCH)

    def recover(self) -> None:
        """As the next start does."""
        self.place.clock.move(timedelta(seconds=31))
        with holding(self.ledger, "run", clock=self.place.clock) as held:
            assert held is not None
            self.bench.recover(held.fence)

    def need(self) -> int:
        """Bytes that a run takes for good."""
        self.run()
        before = self.disk.free()
        assert self.run().status is RunStatus.SUCCEEDED
        return before - self.disk.free()

    def half_written(self) -> list[str]:
        return [p.name for p in self.bench.home.tmp.rglob("*") if ASIDE.fullmatch(p.name)]


@pytest.fixture(params=["ledger elsewhere", "ledger on it"])
def site(request: pytest.FixtureRequest, place: Place) -> Iterator[Site]:
    elsewhere = None if request.param == "ledger on it" else f"sqlite:///{place.folder}/ledger"
    with mounted(place.folder / "var", "16m") as disk:
        put = Place(place.folder, place.clock, elsewhere)
        ledger, bench = put.bench()
        yield Site(put, disk, ledger, bench)
        ledger.close()


def test_a_disk_full_at_any_stage_fails_one_run_and_leaves_nothing(site: Site) -> None:
    truth, need = Truth(site.ledger, site.bench.home), site.need()
    told: Counter[str] = Counter()
    for room in range(0, need + 4 * STEP, STEP):
        with site.disk.left(room):
            refused = None
            try:
                ended = site.run()
                told[stage_of(site.ledger, ended)] += 1
            except StoreError as error:  # the ledger itself had no room for it
                refused = error
                told["ledger"] += 1
            assert refused is None or "free space" in explain(refused, "en"), refused
            assert site.half_written() == []
            assert truth.visible() == []
        site.recover()
        assert truth.settled() == []
    assert site.run().status is RunStatus.SUCCEEDED
    assert Truth(site.ledger, site.bench.home).settled() == []
    wanted = {"ledger"} if site.place.url is None else {"crm or oa", "results", "none"}
    assert wanted <= set(told), told


def stage_of(ledger: Ledger, run: RunRow) -> str:
    """What a run had no room for; its reasons are plain."""
    steps = [s for s in ledger.steps.of_run(run.id) if s.status is StepStatus.FAILED]
    for code, params in [(run.error_code, run.error_params), *((s.code, s.params) for s in steps)]:
        if code is not None:
            words = explain_code(code, params, "en")
            assert code in ("store.write", "ledger.unavailable", "store.no_room"), words
            assert params.get("reason", "full").removeprefix("database or disk is ") in (
                "full", os.strerror(28)), words  # fmt: skip
    if run.status is RunStatus.SUCCEEDED:
        return "none"
    assert run.status is RunStatus.FAILED
    return "crm or oa" if any(s.kind is StepKind.READ for s in steps) else "results"


ROWS = 60_000


@pytest.fixture
def tight(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """As a site, with more rows than the memory there is, so that a run spills."""
    for file, table in (("crm", "customers"), ("oa", "kh")):
        with closing(sqlite3.connect(place.folder / f"{file}.sqlite")) as source, source:
            rows = ((f"K{n:07}", f"name {n * 7919 % 1_000_003} {'x' * 40}") for n in range(ROWS))
            source.executemany(f"INSERT INTO {table} VALUES (?, ?)", rows)
    for module in (snapshots, evaluate):
        monkeypatch.setattr(module, "engine", partial(sealed.engine, memory="24MB"))
    with mounted(place.folder / "var", "100m") as disk:
        put = Place(place.folder, place.clock, f"sqlite:///{place.folder}/ledger")
        ledger, bench = put.bench()
        yield Site(put, disk, ledger, bench)
        ledger.close()


def test_no_room_to_spill_is_told_as_that_and_not_as_a_defect(tight: Site) -> None:
    truth = Truth(tight.ledger, tight.bench.home)
    tight.bench.home.secret()
    ends = []
    for room in (0, 4 << 20, 100 << 20):
        with tight.disk.left(room):
            ends.append(tight.run())
        tight.recover()
        assert truth.settled() == []
    *full, last = ends
    assert {run.error_code for run in full} <= {"store.no_room", "store.write"}
    assert (last.status, last.error_code) == (RunStatus.SUCCEEDED, None)


def test_a_query_that_finds_no_room_to_spill_lacked_room(tight: Site) -> None:
    con = sealed.engine(tight.bench.home, memory="24MB")
    with tight.disk.left(1 << 20), pytest.raises(duckdb.Error) as broken:
        con.execute("CREATE TABLE t AS SELECT i, md5(i::VARCHAR) AS h FROM range(3_000_000) t(i)")
    con.close()
    lacked = want_of_room(broken.value)
    assert lacked is not None
    assert lacked.code == "store.no_room"
    assert want_of_room(duckdb.BinderException("no such column")) is None


def test_no_room_for_quarantine_is_told_and_the_orphan_stays(place: Place) -> None:
    put = Place(place.folder, place.clock, f"sqlite:///{place.folder}/ledger")
    with mounted(place.folder / "var", "4m,nr_inodes=40") as disk:
        ledger, bench = put.bench()
        site = Site(put, disk, ledger, bench)
        orphan = bench.home.file("runs/77.duckdb")
        orphan.write_bytes(b"never committed")
        taken = list(every_name_taken(disk.path))
        with pytest.raises(StoreError) as refused:
            site.run()
        assert refused.value.params["reason"] == os.strerror(28)
        assert orphan.read_bytes() == b"never committed"
        for path in taken:
            path.unlink()
        site.recover()
        (aside,) = (bench.home.path / "quarantine").rglob("77.duckdb")
        assert aside.read_bytes() == b"never committed"
        assert site.run().status is RunStatus.SUCCEEDED
        ledger.close()


def every_name_taken(folder: Path) -> Iterator[Path]:
    """Empty files until the disk takes no more, nor a folder."""
    for number in range(1000):
        path = folder / f"full-{number}"
        try:
            path.touch()
        except OSError:
            return
        yield path


def test_a_command_on_a_full_disk_says_so_and_ends_with_2(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with mounted(place.folder / "var", "4m") as disk:
        monkeypatch.setenv("DUIQI_HOME", str(disk.path))
        monkeypatch.setenv("DUIQI_LANG", "en")
        words = ["--config", str(place.config)]
        for command in ("run", "status"):
            with disk.left(0):
                assert call(command, words) == 2
            _, said = capsys.readouterr()
            assert "space" in said
            assert len(said.splitlines()) == 1, said
        assert call("run", words) == 0
        with disk.left(0):
            assert call("run", words) == 2
        said = capsys.readouterr().err
        assert "free space" in said
        assert len(said.splitlines()) == 1, said
        assert call("status", words) == 0
