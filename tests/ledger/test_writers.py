"""Writers queue, on every database: what one read before it writes stays true."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from governance.access import local_operator
from governance.errors import StoreError
from governance.ledger import Ledger, engine, open_ledger
from governance.ledger.rows import Trigger
from tests.ledger.processes import NOW

ME = local_operator()


def test_a_writer_waits_for_the_one_before_it(ledger: Ledger) -> None:
    made: list[int] = []

    def decide() -> None:
        made.append(ledger.decisions.add(ME, "f", "comment", {}, now=NOW))

    thread = threading.Thread(target=decide)
    with ledger.database.write():
        thread.start()
        thread.join(0.3)
        assert thread.is_alive(), "the other did not wait"
        assert ledger.decisions.counter() == 0, "who reads does not wait"
    thread.join()
    assert made == [1]


def test_one_wish_of_many_people_is_one_run(ledger: Ledger) -> None:
    """Each looks for an equal wish that waits, and asks anew where there is none."""

    def wish(_number: int) -> int:
        return ledger.runs.enqueue(ME, trigger=Trigger.PAGE, now=NOW)

    with ThreadPoolExecutor(4) as people:
        runs = list(people.map(wish, range(40)))
    assert set(runs) == {1}


def test_a_ledger_locked_for_long_is_said_and_works_again_afterwards(
    tmp_path: Path, url: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.3)
    first, second = open_ledger(tmp_path, url), open_ledger(tmp_path, url)
    with first.database.write():
        with pytest.raises(StoreError) as refused:
            second.runs.enqueue(ME, trigger=Trigger.PAGE, now=NOW)
        assert refused.value.code == "ledger.unavailable"
        assert refused.value.retryable
        assert "lock" in refused.value.params["reason"]
        assert second.runs.recent() == ()
    assert second.runs.enqueue(ME, trigger=Trigger.PAGE, now=NOW) == 1
    for ledger in (first, second):
        ledger.close()
