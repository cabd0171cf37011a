"""A flipped byte in a sealed file is found and the file named, wherever it is and whoever reads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from governance.access import local_operator
from governance.cli import call
from governance.cli.common import load_config
from governance.errors import EvidenceTampered
from governance.ledger.rows import RunRow, RunStatus, SnapshotKind
from governance.reading import Desk, Filters, Record, record
from governance.worker.run_now import Watch, run_now
from governance.worker.workbench import Bench
from tests.faults.killing import change
from tests.faults.truth import Truth
from tests.faults.victims import Place

EVERYTHING = Filters(state=())
ME = local_operator()


class Site:
    """A company with a few runs behind it."""

    def __init__(self, place: Place, bench: Bench) -> None:
        self.place, self.bench, self.ledger, self.changes = place, bench, bench.ledger, 0

    def run(self, runs: int = 1) -> RunRow:
        for _ in range(runs):
            self.changes += 1
            change(self.place.folder / "oa.sqlite", self.changes)
            watch = Watch(lambda _run: None, threading.Event())
            ended = run_now(self.bench, load_config(self.place.config), (), ME, watch)
        return ended

    def read(self) -> Record:
        """As every page does that shows findings and one record."""
        desk = Desk(self.bench.home, self.ledger.database)
        try:
            view = desk.view(ME)
            (row, *_) = [r for r in view.page(EVERYTHING).rows if r.key_shown == "C1"]
            config = load_config(self.place.config)
            assert row.key is not None
            one = record(view, config.entity("customer"), "crm~oa", row.key, config.time_zone)
            assert one is not None
            return one
        finally:
            desk.close()

    def files(self) -> dict[str, str]:
        """What is read now: a run's file, a base and the deltas after it, by kind."""
        run = self.ledger.runs.last_sealed()
        newest = self.ledger.snapshots.newest("oa", "customer")
        assert run is not None
        assert newest is not None
        base, *deltas = self.ledger.snapshots.chain(newest)
        assert [delta.kind for delta in deltas] == [SnapshotKind.DELTA] * 2
        return {"run": str(run.file), "base": base.file, "delta": deltas[0].file}


@pytest.fixture
def site(place: Place) -> Iterator[Site]:
    ledger, bench = place.bench()
    made = Site(place, bench)
    assert made.run(3).status is RunStatus.SUCCEEDED
    made.read()
    yield made
    ledger.close()


def flip(path: Path, share: float) -> bytes:
    """Another byte at a place given as a share of the file's length; the file as it was."""
    was = path.read_bytes()
    broken = bytearray(was)
    broken[min(int(len(was) * share), len(was) - 1)] ^= 1
    path.chmod(0o600)
    path.write_bytes(broken)
    return was


@pytest.mark.parametrize("kind", ["run", "base", "delta"])
def test_whoever_reads_a_damaged_file_is_told_its_name(site: Site, kind: str) -> None:
    file = site.files()[kind]
    path = site.bench.home.file(file)
    for share in (0.0, 0.01, 0.3, 0.6, 0.9, 1.0):
        was = flip(path, share)
        with pytest.raises(EvidenceTampered) as refused:
            site.read()
        assert refused.value.params == {"file": file}
        path.write_bytes(was)
    site.read()


def test_a_damaged_file_of_results_is_told_once_and_does_not_stop_what_follows(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a backup there would be no way on: each run builds on the results before it."""
    monkeypatch.setenv("DUIQI_HOME", str(site.bench.home.path))
    monkeypatch.setenv("DUIQI_LANG", "en")
    file = site.files()["run"]
    flip(site.bench.home.file(file), 0.5)
    words = ["--config", str(site.place.config)]
    call("run", words)
    assert file in capsys.readouterr().out
    told = site.ledger.runs.last_over()
    assert told is not None
    assert (told.status, told.error_code) == (RunStatus.PARTIAL, "store.tampered")
    (alert,) = [alert for alert in site.ledger.alerts.opened() if alert.subject == "run"]
    assert alert.params == {"file": file}
    site.read()
    assert site.run().status is RunStatus.SUCCEEDED
    assert site.ledger.alerts.opened() == ()
    damaged = [
        wrong for wrong in Truth(site.ledger, site.bench.home).settled() if file not in wrong
    ]
    assert damaged == []


def test_results_after_a_damaged_file_are_the_differences_that_there_are(site: Site) -> None:
    """What stood before the damaged run keeps its past; the rest begins anew."""
    first = site.ledger.runs.sealed()[-1]
    flip(site.bench.home.file(site.files()["run"]), 0.5)
    run = site.run()
    desk = Desk(site.bench.home, site.ledger.database)
    rows = desk.view(ME).page(EVERYTHING, limit=100).rows
    desk.close()
    standing = {row.key_shown: row.first_run for row in rows if row.state != "gone"}
    customers = {f"C{1000 + number}" for number in range(2, 5)}  # those that came last
    assert customers | {"C1", "S1"} == set(standing)
    assert standing["C1"] == first.id
    assert standing["C1004"] == run.id


@pytest.mark.parametrize("kind", ["base", "delta"])
def test_a_damaged_snapshot_is_named_and_the_table_sealed_whole_again(
    site: Site, kind: str
) -> None:
    file = site.files()[kind]
    flip(site.bench.home.file(file), 0.5)
    run = site.run()
    assert run.status is RunStatus.SUCCEEDED
    (newest,) = [s for s in site.ledger.snapshots.of_run(run.id)
                 if (s.source, s.entity) == ("oa", "customer")]  # fmt: skip
    assert newest.kind is SnapshotKind.BASE
    notes = [note for step in site.ledger.steps.of_run(run.id) for note in step.notes]
    assert {"code": "store.tampered", "params": {"file": file}} in notes


def test_a_record_is_shown_though_an_older_chain_of_its_history_is_damaged(site: Site) -> None:
    file = site.files()["base"]
    flip(site.bench.home.file(file), 0.5)
    site.run(2)
    one = site.read()
    assert one.damaged == file
    assert [change.after for change in one.changes if change.source == "oa"] == ["n5", None]
    assert one.findings[0].right_value == "n5"
