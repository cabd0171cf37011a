"""A worker in a process of its own, with a lease short enough for a test to outwait.

`python -m tests.worker.child CONFIG SECONDS`; `$DUIQI_HOME` says where it works.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEADLINE = 240.0
SPAWNED: list[subprocess.Popen[bytes]] = []


def until(
    condition: Callable[[], object], what: str, deadline: float = DEADLINE, look: float = 0.05
) -> None:
    """Look for a condition every `look` seconds; fails, saying what was waited for, without it."""
    end = time.monotonic() + deadline
    while not condition():
        assert time.monotonic() < end, f"waited {deadline:.0f} s for {what}"
        time.sleep(look)


@contextmanager
def no_leftovers() -> Iterator[None]:
    """Whatever was spawned inside is gone afterwards, also where a test failed before its end."""
    before = len(SPAWNED)
    try:
        yield
    finally:
        while len(SPAWNED) > before:
            child = SPAWNED.pop()
            if child.poll() is None:
                child.kill()
            child.communicate()


def start_worker(config: Path, *, seconds: float = 2.0) -> subprocess.Popen[bytes]:
    return spawn("tests.worker.child", str(config), str(seconds))


def duiqi(*words: str) -> subprocess.Popen[bytes]:
    """The command itself, as a person would call it."""
    return spawn("governance.cli", *words)


def spawn(module: str, *words: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    child = subprocess.Popen(
        [sys.executable, "-m", module, *words],
        env={**environment, "DUIQI_LANG": "en"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    SPAWNED.append(child)
    return child


def main() -> None:
    from governance.cli import common
    from governance.ledger import open_ledger
    from governance.store import open_home
    from governance.worker.loop import Settings, Worker

    common.log_to_stderr()
    home, path = open_home(), Path(sys.argv[1])
    ledger = open_ledger(home.path)
    Worker(
        common.bench_of(ledger, home),
        Settings(path, common.load_config, common.load_config(path)),
        common.stop_on_signals(),
        ttl=timedelta(seconds=float(sys.argv[2])),
        standby=0.2,
    ).work()
    ledger.close()


if __name__ == "__main__":
    main()
