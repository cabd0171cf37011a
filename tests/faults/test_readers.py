"""Eight dashboards read while runs seal: no error, and never data of two runs in one look."""

from __future__ import annotations

import threading
import time

from governance.access import local_operator
from governance.cli.common import load_config
from governance.ledger.rows import RunStatus
from governance.worker.run_now import Watch, run_now
from tests.faults.killing import change
from tests.faults.readers import Readers
from tests.faults.victims import Place

SECONDS, RUNS = 8.0, 6


def test_eight_readers_see_whole_runs_while_others_are_sealed(place: Place) -> None:
    ledger, bench = place.bench()
    config, watch = load_config(place.config), Watch(lambda _run: None, threading.Event())
    sealed = 0

    def seal() -> None:
        nonlocal sealed
        sealed += 1
        change(place.folder / "oa.sqlite", sealed)
        run = run_now(bench, config, (), local_operator(), watch)
        assert run.status is RunStatus.SUCCEEDED

    seal()
    with Readers(place, 8) as readers:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end or sealed < RUNS:
            seal()
    ledger.close()
    assert readers.wrong() == []
    for told in readers.told():
        assert len(told["runs"]) >= 2, "this one never saw a newer run"
