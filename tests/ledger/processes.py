"""What the tests do in processes of their own. Each opens the ledger for itself."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from governance.access import WORKER, local_operator
from governance.ledger import open_ledger

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
DEADLINE = 120.0


def together(work: Callable[..., Any], arguments: list[tuple[Any, ...]]) -> list[Any]:
    """Run `work` in one process per tuple of arguments, all let go at once; their results."""
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    gate = context.Barrier(len(arguments))
    children = [
        context.Process(target=report, args=(work, gate, results, one), daemon=True)
        for one in arguments
    ]
    for child in children:
        child.start()
    found = [results.get(timeout=DEADLINE) for _ in children]
    for child in children:
        child.join(DEADLINE)
    results.close()
    results.join_thread()
    failures = [error for _, error in found if error is not None]
    assert not failures, failures
    return [value for value, _ in found]


def report(work: Callable[..., Any], gate: Any, results: Any, arguments: tuple[Any, ...]) -> None:
    try:
        results.put((work(gate, *arguments), None))
    except BaseException as error:  # noqa: BLE001 - told in the process that waits
        gate.abort()
        results.put((None, f"{type(error).__name__}: {error}"))


def open_once(gate: Any, home: Path, url: str | None) -> bool:
    gate.wait()
    ledger = open_ledger(home, url)
    alive = ledger.runs.next_queued() is None
    ledger.close()
    return alive


def take_turns(gate: Any, home: Path, url: str | None, count: int, turns: int) -> list[int]:
    """Take the lease `turns` times, each time adding one to a plain file; the fences held."""
    ledger, fences = open_ledger(home, url), []
    counter = home / "counter"
    gate.wait()
    while len(fences) < turns:
        fence = ledger.leases.acquire(f"p{count}", now=datetime.now(UTC), ttl=timedelta(minutes=5))
        if fence is None:
            continue
        counter.write_text(str(int(counter.read_text()) + 1))
        fences.append(fence)
        ledger.leases.release(fence, now=datetime.now(UTC))
    ledger.close()
    return fences


def claim_slots(gate: Any, home: Path, url: str | None, fence: int, slots: int) -> list[int]:
    """Claim the same minutes as everybody else; the runs that fell to this process."""
    ledger, won = open_ledger(home, url), []
    gate.wait()
    for minute in range(slots):
        run = ledger.slots.claim(
            "source:crm every 60s",
            NOW + timedelta(minutes=minute),
            actor=WORKER,
            fence=fence,
            now=NOW,
            sources=("crm",),
            checks=(),
        )
        if run is not None:
            won.append(run)
    ledger.close()
    return won


def decide(gate: Any, home: Path, url: str | None, name: str, count: int) -> None:
    """Add decisions, and a word about one alert after each, as fast as the ledger takes them."""
    ledger, actor = open_ledger(home, url), local_operator()
    gate.wait()
    for number in range(count):
        ledger.decisions.add(actor, f"{name}-{number}", "comment", {"n": number}, now=NOW)
        ledger.alerts.tell(1, f"{name}-{number}", "opened", fence=1)
    ledger.close()
